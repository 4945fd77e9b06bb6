"""What pictures are of, people or things, and what may be said of them: what the models of this room are told apart by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.attributes import ATTRIBUTES
from ..core.data import People
from ..core.thing_attributes import THING_ATTRIBUTES
from ..core.things import Things
from . import captions, thing_captions, thing_prompts
from .captions import Caption
from .portraits import CROP, FRONT

ALL_AROUND = 181.0  # degrees from straight ahead


@dataclass(frozen=True)
class Subject:
    """A kind of what is seen: its ``attributes`` with their values, and what writes and reads sentences about them.

    ``crop`` is the central share of a view that shows it, ``limit`` how far from straight ahead views are used, in degrees;
    ``absent`` is whether pictures that show none are told from those that do.
    """

    name: str
    attributes: Mapping[str, tuple[str, ...]]
    say: Callable[[Mapping[str, str]], str]
    draw: Callable[..., list[Caption]]
    parse: Callable[[str], dict[str, str]]
    vocabulary: Callable[[], tuple[str, ...]]
    crop: float
    limit: float
    absent: bool


PEOPLE = Subject(
    "people", ATTRIBUTES, captions.say, captions.draw_captions, captions.parse, captions.vocabulary, CROP, FRONT, True
)
THINGS = Subject("things", THING_ATTRIBUTES, thing_captions.say, thing_captions.draw_captions, thing_prompts.parse,
                 thing_captions.vocabulary, 1.0, ALL_AROUND, False)  # fmt: skip
SUBJECTS = {subject.name: subject for subject in (PEOPLE, THINGS)}


def subject_of(samples: People | Things | Sequence) -> Subject:
    """What samples are of."""
    return THINGS if isinstance(samples, Things) else PEOPLE


def named(name: object) -> Subject:
    """The subject that a trained model names; people where it names none, as older ones do."""
    return SUBJECTS.get(name if isinstance(name, str) else "", PEOPLE)
