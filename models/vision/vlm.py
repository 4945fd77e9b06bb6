"""The picture-text model: embeds both in one space, tells whether they match, and writes captions (BLIP, arXiv 2201.12086)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.checkpoint import load_model, read_about, read_trained
from ..core.things import Things
from .portraits import CROP, focus
from .subject import PEOPLE, Subject, named
from .tokenizer import CLASS, DECODE, ENCODE, END, PAD, UNKNOWN, Tokenizer
from .transformer import PictureTower, TextTransformer

SYSTEM = "vlm"
WORDS = 100_000  # of a vocabulary at most
CELLS = 4  # a side
CAPTIONS = 24  # of each thing, by which other networks are told of it
COLDEST, HOTTEST = 0.001, 0.5  # bounds of the temperature


@dataclass(frozen=True)
class VLMConfig:
    """The model's shape; ``crop`` is the central share of a picture that it looks at."""

    size: int = 64  # pixels; a multiple of 8
    crop: float = CROP
    width: int = 128
    heads: int = 4
    feed: int = 2  # width of feed-forward layers in widths
    picture_depth: int = 2
    text_depth: int = 2
    embedding: int = 48
    length: int = 32  # tokens, marks included
    temperature: float = 0.07  # at the start

    def __post_init__(self):
        if self.size % 8 or self.size < 16:
            raise BadInput(f"size: is {self.size}; allowed are multiples of 8 from 16")
        if self.width % 32:
            raise BadInput(f"width: is {self.width}; allowed are multiples of 32")


class VLM(nn.Module):
    """A picture tower and a text transformer with three modes: text alone, text with picture, and captioner.

    Pictures are [-1, 1] (B, 3, H, H) in the framing of the dataset's views and of any size; texts are strings, of which
    unknown words are read as one unknown word. ``subject`` is what the pictures are of.
    """

    def __init__(self, config: VLMConfig | None = None, tokenizer: Tokenizer | None = None, subject: Subject = PEOPLE):
        super().__init__()
        self.config, self.subject = config or VLMConfig(crop=subject.crop), subject
        c = self.config
        self.tokenizer = tokenizer or Tokenizer(subject.vocabulary())
        self.tower = PictureTower(c.size, c.width, c.picture_depth, c.heads, c.feed)
        self.text = TextTransformer(len(self.tokenizer), c.length, c.width, c.text_depth, c.heads, c.feed)
        cells = min(c.size // 8, CELLS)
        self.project_picture = nn.Linear(c.width * (1 + cells**2), c.embedding)
        self.project_text = nn.Linear(c.width, c.embedding)
        self.match = nn.Linear(c.width, 2)
        self.log_temperature = nn.Parameter(torch.tensor(c.temperature).log())

    @property
    def temperature(self) -> Tensor:
        """The temperature of the contrastive loss, within 0.001 … 0.5."""
        return self.log_temperature.exp().clamp(COLDEST, HOTTEST)

    def look(self, images: Tensor) -> Tensor:
        """Picture tokens (B, N, D)."""
        return self.tower(focus(images, self.config.size, self.config.crop))

    def embed_picture(self, tokens: Tensor) -> Tensor:
        """Unit embeddings (B, E) of picture tokens.

        BLIP projects the first token alone; a coarse grid of the others beside it learns from far fewer pictures, as
        where something is tells what it is in a portrait.
        """
        side = self.config.size // 8
        grid = tokens[:, 1:].transpose(1, 2).unflatten(2, (side, side))
        cells = F.adaptive_avg_pool2d(grid, min(side, CELLS)).flatten(1)
        return F.normalize(self.project_picture(torch.cat([tokens[:, 0], cells], 1)), dim=-1)

    def embed_text(self, numbers: Tensor) -> Tensor:
        """Unit embeddings (B, E) of token numbers (B, L)."""
        return F.normalize(self.project_text(self.text(marked(numbers, CLASS))[:, 0]), dim=-1)

    def match_logits(self, picture: Tensor, numbers: Tensor) -> Tensor:
        """Logits (B, 2) that texts mismatch or match the picture tokens."""
        return self.match(self.text(marked(numbers, ENCODE), picture)[:, 0])

    def next_words(self, picture: Tensor, numbers: Tensor) -> Tensor:
        """Logits (B, L, V) of the word after each token."""
        return self.text.logits(self.text(marked(numbers, DECODE), picture, causal=True))

    def numbers(self, texts: Sequence[str]) -> Tensor:
        """Token numbers (B, length) of texts."""
        return self.tokenizer.batch(list(texts), self.config.length).to(self.match.weight.device)

    def encode_image(self, images: Tensor) -> Tensor:
        """Unit embeddings (B, E) of pictures; differentiable."""
        return self.embed_picture(self.look(images))

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Unit embeddings (B, E) of texts."""
        return self.embed_text(self.numbers(texts))

    def score(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        """The probability (B,) that each text matches its picture, by attention between the two."""
        return self.match_logits(self.look(images), self.numbers(texts)).softmax(-1)[:, 1]

    def attribute_scores(self, embedded: Tensor) -> dict[str, Tensor]:
        """Of each attribute the logarithms (B, values) of its values' probabilities in picture embeddings (B, E).

        A value's score is the likeness to the plain sentence that says it and nothing else.
        """
        scores = {}
        for name, values in self.subject.attributes.items():
            sentences = self.encode_text([self.subject.say({name: value}) for value in values])
            scores[name] = (embedded @ sentences.T / self.temperature).log_softmax(-1)
        return scores

    @torch.no_grad()
    def predict(self, images: Tensor) -> list[dict[str, str]]:
        """The attributes of each picture (B, 3, H, H)."""
        scores = self.attribute_scores(self.encode_image(images))
        best = {name: score.argmax(1).tolist() for name, score in scores.items()}
        table = self.subject.attributes
        return [{name: table[name][best[name][i]] for name in table} for i in range(len(images))]

    @torch.no_grad()
    def caption(self, images: Tensor, generator: torch.Generator | None = None, top_p: float = 0.9) -> list[str]:
        """Captions of pictures: the likeliest words, or with a generator drawn from the nucleus ``top_p`` (arXiv 1904.09751)."""
        return self.write(self.look(images), generator, top_p)

    @torch.no_grad()
    def write(self, picture: Tensor, generator: torch.Generator | None = None, top_p: float = 0.9) -> list[str]:
        """Captions of picture tokens (B, N, D), as ``caption`` writes them."""
        numbers = torch.full((len(picture), 1), DECODE, device=picture.device)
        open_ = torch.ones(len(picture), dtype=torch.bool, device=picture.device)
        while numbers.shape[1] < self.config.length and open_.any():
            logits = self.next_words(picture, numbers)[:, -1]
            logits[:, [PAD, UNKNOWN, CLASS, ENCODE, DECODE]] = -torch.inf
            chosen = logits.argmax(-1) if generator is None else nucleus(logits.softmax(-1), top_p, generator)
            numbers = torch.cat([numbers, torch.where(open_, chosen, PAD)[:, None]], 1)
            open_ = open_ & (chosen != END)
        return [self.tokenizer.decode(row) for row in numbers.tolist()]


def marked(numbers: Tensor, mark: int) -> Tensor:
    """Token numbers with their first replaced by a mode's mark."""
    return torch.cat([torch.full_like(numbers[:, :1], mark), numbers[:, 1:]], 1)


def nucleus(probabilities: Tensor, top_p: float, generator: torch.Generator) -> Tensor:
    """Draw from each row (B, V) among the fewest values whose probabilities reach ``top_p``."""
    ordered, index = probabilities.sort(descending=True)
    kept = torch.where(ordered.cumsum(-1) - ordered < top_p, ordered, torch.zeros_like(ordered))
    return index.gather(1, torch.multinomial(kept, 1, generator=generator))[:, 0]


def load(folder: Path) -> VLM:
    """The model of a folder that was trained or saved; raises BadInput where it holds another."""
    config, _ = read_trained(folder, SYSTEM, VLMConfig())
    about = read_about(folder)
    listed = about.get("vocabulary")
    if not isinstance(listed, list) or len(listed) > WORDS or not all(isinstance(word, str) for word in listed):
        raise BadInput(f"{folder}: holds no vocabulary; allowed is a list of at most {WORDS} words")
    tokenizer, subject = Tokenizer(listed), named(about.get("subject"))
    return load_model(folder, SYSTEM, lambda: VLM(config, tokenizer, subject), lambda model: {"vlm": model})


@torch.no_grad()
def embedded_captions(vlm: VLM, things: Things, seed: int) -> Tensor:
    """Embeddings (T, CAPTIONS, E) of what is so of each thing: what its dataset says first, then captions drawn from a seed."""
    drawn, found = np.random.default_rng([seed, 3]), []
    for thing in things:
        texts = [*thing.captions, *(caption.text for caption in vlm.subject.draw(thing.attributes, drawn, CAPTIONS))]
        found.append(vlm.encode_text(texts[:CAPTIONS]))
    return torch.stack(found)
