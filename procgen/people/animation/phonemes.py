"""Phonemes of ARPAbet with the visemes they show, how long they last, and how a list of them is read."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..expression import LIBRARY

SILENCE = "viseme_sil"
VISEMES = tuple(name for name in LIBRARY if name.startswith("viseme_"))
LONGEST = 5.0  # s, of one phoneme
MOST = 5_000  # phonemes, some seven minutes
# Phoneme -> its visemes in turn, and how long all of it lasts in seconds at an ordinary pace. The means are rounded
# from Crystal and House, "Segmental durations in connected-speech signals" (JASA 83, 1988).
PHONEMES: dict[str, tuple[tuple[str, ...], float]] = {
    "P": (("pp",), 0.09), "B": (("pp",), 0.08), "M": (("pp",), 0.08), "F": (("ff",), 0.10), "V": (("ff",), 0.07),
    "TH": (("th",), 0.09), "DH": (("th",), 0.06), "T": (("dd",), 0.07), "D": (("dd",), 0.06), "K": (("kk",), 0.08),
    "G": (("kk",), 0.07), "NG": (("kk",), 0.08), "HH": (("kk",), 0.05), "CH": (("ch",), 0.11), "JH": (("ch",), 0.10),
    "SH": (("ch",), 0.11), "ZH": (("ch",), 0.09), "S": (("ss",), 0.10), "Z": (("ss",), 0.09), "N": (("nn",), 0.06),
    "L": (("nn",), 0.07), "R": (("rr",), 0.07), "ER": (("rr",), 0.12), "W": (("u",), 0.07), "Y": (("i",), 0.06),
    "AA": (("aa",), 0.13), "AE": (("aa",), 0.13), "AH": (("aa",), 0.09), "AO": (("o",), 0.13), "EH": (("e",), 0.10),
    "IH": (("i",), 0.09), "IY": (("i",), 0.11), "UH": (("u",), 0.09), "UW": (("u",), 0.12), "AY": (("aa", "i"), 0.16),
    "AW": (("aa", "u"), 0.17), "OY": (("o", "i"), 0.18), "EY": (("e", "i"), 0.14), "OW": (("o", "u"), 0.15),
    "SIL": (("sil",), 0.15), ",": (("sil",), 0.25), ".": (("sil",), 0.45),
}  # fmt: skip
NARROW = {"AH": 0.6, "IH": 0.8, "UH": 0.8, "HH": 0.5}  # of the opening of their viseme
UNSTRESSED = 0.7  # of the opening, and of the length
VISEME_LENGTH = 0.10  # s, of a viseme that is given by name
SPOKEN = re.compile(r"(?P<name>[A-Za-z_]+|[,.])(?P<stress>[0-2])?(?::(?P<seconds>\d{1,3}(?:\.\d{1,6})?))?")


class SpeechError(ValueError):
    """A phoneme that there is none of, or too many; the message says which, and what is allowed."""


class Segment(NamedTuple):
    """A viseme by its name in ``expression.LIBRARY``, for a length in seconds, with how much of it is shown."""

    viseme: str
    seconds: float
    weight: float = 1.0


def segments(listed: str, pace: float = 1.0) -> list[Segment]:
    """The visemes of a list of phonemes or of visemes; raises SpeechError.

    Words are apart by spaces: ARPAbet with or without stress (``HH AH0 L OW1``), ``,`` and ``.`` for pauses, or visemes
    (``viseme_pp`` or ``pp``). ``:0.12`` behind one gives its seconds, which ``pace`` does not change.
    """
    words = listed.split()
    if len(words) > MOST:
        raise SpeechError(f"{len(words)} phonemes; allowed are {MOST}")
    found: list[Segment] = []
    for word in words:
        match = SPOKEN.fullmatch(word)
        if match is None:
            raise SpeechError(
                f"{word[:20]}: is no phoneme; allowed is a name such as AA1 or viseme_aa, with :0.12 for its seconds"
            )
        found += _segments_of(match["name"], match["stress"], float(match["seconds"] or 0), pace)
    return found


def _segments_of(name: str, stress: str | None, seconds: float, pace: float) -> list[Segment]:
    if seconds > LONGEST:
        raise SpeechError(f"{name}: lasts {seconds:g} s; allowed are {LONGEST:g}")
    viseme = name if name in VISEMES else f"viseme_{name}"
    if viseme in VISEMES:  # written small: a phoneme is written large
        return [Segment(viseme, seconds or VISEME_LENGTH / pace)]
    if name.upper() not in PHONEMES:
        raise SpeechError(f"{name[:20]}: is no phoneme; allowed are {', '.join(PHONEMES)} and {', '.join(VISEMES)}")
    visemes, usual = PHONEMES[name.upper()]
    less = UNSTRESSED if stress == "0" else 1.0
    length = seconds or usual * less / pace
    weight = NARROW.get(name.upper(), 1.0) * less
    return [Segment(f"viseme_{each}", length / len(visemes), weight) for each in visemes]
