"""What a trained system is asked for, and what a prompt's words must be."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from ...datagen.errors import BadInput
from ..core.attributes import ATTRIBUTES
from ..vision.captions import vocabulary
from ..vision.lexicon import FILLER
from ..vision.prompts import parse, unknown_words
from ..vision.tokenizer import words

EXAMPLE = "'an old man with a grey beard and glasses'"


@dataclass(frozen=True)
class Request:
    """One result: from ``prompt``, from ``photo``, from ``edit`` (an avatar's file) with a prompt, or from nothing."""

    prompt: str = ""
    photo: Path | None = None
    edit: Path | None = None
    seed: int = 0
    guidance: float | None = None  # 1 is none; the system's own where it is not given
    steps: int | None = None  # of sampling; the system's own where it is not given
    draws: int | None = None  # of which the best is kept; 1 is a first draw; the system's own where it is not given
    drags: tuple[tuple[float, ...], ...] = ()  # places x, y, z and where they should go, in metres

    @property
    def mode(self) -> str:
        """The one of MODES that this is."""
        if self.edit is not None:
            return "edit"
        return "photo" if self.photo is not None else "prompt" if self.prompt else "unconditional"


def check_prompt(prompt: str) -> list[str]:
    """A warning for each word that says nothing, with the known ones near it; raises BadInput where none says anything."""
    strange = unknown_words(prompt)
    known = sorted(word for word in vocabulary() if word[0].isalpha() and word not in FILLER)
    near = {word: difflib.get_close_matches(word, known, 3, 0.6) for word in strange}
    if not parse(prompt) and (strange or not words(prompt)):
        some = ", ".join(dict.fromkeys(other for others in near.values() for other in others))
        raise BadInput(f"prompt: {prompt!r} holds no known word; known are {', '.join(ATTRIBUTES)}, as in {EXAMPLE}"
                       + (f"; near it are {some}" if some else ""))  # fmt: skip
    return [
        f"{word}: is no known word and says nothing"
        + (f"; known near it are {', '.join(near[word])}" if near[word] else "")
        for word in strange
    ]
