"""What a trained system is asked for, and what a prompt's words must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...datagen.errors import BadInput
from ..core.attributes import ATTRIBUTES
from ..vision import thing_hints
from ..vision.hints import foreign, hint, told
from ..vision.prompts import read
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
    becomes: str = ""  # another prompt, of whose picture all that both say stays as it is in that of the first
    weights: tuple[tuple[str, float], ...] = ()  # words of that and how much attention they get, 1 is as much as else

    @property
    def mode(self) -> str:
        """The one of MODES that this is."""
        if self.edit is not None:
            return "edit"
        return "photo" if self.photo is not None else "prompt" if self.prompt else "unconditional"


def check_prompt(prompt: str, things: bool = False) -> list[str]:
    """A warning for all that a prompt says in vain: words that say nothing, with what can be said, and contradictions.

    It is one for people, or with ``things`` for these. Raises BadInput where none of its words says anything.
    """
    if things:
        return _check_thing(prompt)
    reading = read(prompt)
    elsewhere = ["prompt: is read in English alone"] if foreign(list(reading.unknown)) else []
    if not reading.attributes and not reading.skin and (reading.unknown or not words(prompt)):
        some = "; ".join(dict.fromkeys(f"{word}: {text}" for word in reading.unknown if (text := hint(word))))
        raise BadInput(f"prompt: {prompt!r} holds no known word; known are {', '.join(ATTRIBUTES)}, skin, in English, as in {EXAMPLE}"
                       + (f"; {some}" if some else ""))  # fmt: skip
    return [
        *elsewhere,
        *map(told, reading.unknown),
        *(f"{row.words}: says {row.attribute.replace('_', ' ')} {row.value}, but {row.holds} says {row.held}, which holds"
          for row in reading.dropped),
    ]  # fmt: skip


def _check_thing(prompt: str) -> list[str]:
    lines, says = thing_hints.in_vain(prompt)
    if not says:
        raise BadInput(f"prompt: {prompt!r} holds no known word; known are {thing_hints.NAMED}, in English, as in {thing_hints.EXAMPLE}"
                       + (f"; {'; '.join(dict.fromkeys(lines))}" if lines else ""))  # fmt: skip
    return lines
