"""Words to numbers and back: one token per word, a fixed vocabulary, unknown words reported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SPECIAL = ("[pad]", "[unknown]", "[class]", "[encode]", "[decode]", "[end]")
PAD, UNKNOWN, CLASS, ENCODE, DECODE, END = range(len(SPECIAL))
SPELLING = {"blonde": "blond", "gray": "grey", "greyish": "grey", "grayish": "grey", "graying": "greying",
            "mustache": "moustache", "mustached": "moustached", "moustachioed": "moustached", "haircolor": "haircolour",
            "color": "colour", "colored": "coloured", "colorful": "colourful", "aging": "ageing", "isnt": "isn't",
            "headshot": "portrait", "photograph": "photo", "mustachioed": "moustached"}  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text in lower case and British spelling; hyphens part words, marks that part phrases are a comma."""
    text = text.lower().replace("’", "'")
    found = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:st|nd|rd|th|s)?|[,.;:()]", text)
    return [SPELLING.get(word, "," if word in ".;:()" else word) for word in found]


class Tokenizer:
    """Numbers for the words of a vocabulary; the first six are padding, unknown, and the marks of the three modes."""

    def __init__(self, vocabulary: Iterable[str]):
        self.vocabulary = (*SPECIAL, *sorted(set(vocabulary) - set(SPECIAL)))
        self.number = {word: i for i, word in enumerate(self.vocabulary)}

    def __len__(self) -> int:
        return len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's words, without marks."""
        return [self.number.get(word, UNKNOWN) for word in words(text)]

    def decode(self, numbers: Sequence[int]) -> str:
        """The text of numbers up to the first end mark; commas lean on the word before."""
        kept = []
        for number in numbers:
            if number == END:
                break
            if number in (UNKNOWN, *range(END + 1, len(self))):
                kept.append(self.vocabulary[number])
        return " ".join(kept).replace(" ,", ",")

    def unknown(self, text: str) -> list[str]:
        """The words of a text that the vocabulary lacks, in order, each once."""
        return list(dict.fromkeys(word for word in words(text) if word not in self.number))

    def batch(self, texts: Sequence[str], length: int, mark: int = CLASS):
        """Token numbers long (B, length): a mark, the words, an end mark, padding; longer texts lose their last words."""
        import torch

        rows = torch.full((len(texts), length), PAD)
        for row, text in zip(rows, texts, strict=True):
            numbers = [mark, *self.encode(text)[: length - 2], END]
            row[: len(numbers)] = torch.tensor(numbers)
        return rows
