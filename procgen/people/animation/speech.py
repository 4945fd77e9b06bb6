"""Speech: visemes that run into each other, on the keys of the mouth alone.

Each viseme pulls at each key with a dominance that rises and falls around its moment, and the key is where the weighted
mean of all of them is: Cohen and Massaro, "Modeling coarticulation in synthetic visual speech" (1993). Lips that must
meet do: p, b and m close the mouth, and f and v bring the lower lip to the teeth, for a frame at least.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..expression import LIBRARY, expand
from .phonemes import SILENCE, VISEMES, Segment
from .track import COLUMN, Track, smooth

ROUNDING = ("mouthFunnel", "mouthPucker", "mouthStretch")
OPENING = ("jawOpen", "mouthLowerDown", "mouthUpperUp", "tongueOut", "mouthShrugLower")
CLOSING = ("mouthClose", "mouthPress", "mouthRollUpper", "mouthRollLower")
MOOD = ("mouthSmile",)  # is there when one speaks with a smile: the larger of both counts
# How strongly each viseme asks for its opening and its rounding; what is not listed asks as vowels do.
DOMINANCE = {
    "viseme_sil": (0.5, 0.5), "viseme_pp": (0.6, 0.1), "viseme_ff": (0.8, 0.2), "viseme_th": (0.8, 0.15), "viseme_dd": (0.5, 0.1),
    "viseme_kk": (0.35, 0.05), "viseme_ch": (0.8, 1.0), "viseme_ss": (0.9, 0.35), "viseme_nn": (0.5, 0.1), "viseme_rr": (0.6, 0.7),
}  # fmt: skip
# How much of its expression each shows where lips must meet: all of a pressed mouth is more than speech has. The last
# counts where two are within a frame.
MEETING = {"viseme_ff": 1.0, "viseme_pp": 0.6}
WIDTH, WIDER = 0.55, 0.025  # of a dominance: of the viseme's length, and s more
REACH = 3.0  # widths from its moment, beyond which a dominance is nothing
RAMP, HOLD = 0.065, 0.020  # s, in which lips meet, and half of how long they stay
BEFORE, AFTER = 0.15, 0.25  # s of silence around it all


def _columns(names) -> list[int]:
    return [COLUMN[name] for name in expand(dict.fromkeys(names, 0.0))]


GROUPS = {"opening": _columns(OPENING), "rounding": _columns(ROUNDING + MOOD), "closing": _columns(CLOSING)}
REPLACED = sorted({column for columns in GROUPS.values() for column in columns})  # columns of a track that speech sets
KEPT = _columns(MOOD)  # of these, where the larger counts
TARGETS = {name: np.zeros(len(COLUMN)) for name in VISEMES}
for _name, _target in TARGETS.items():
    for _action, _weight in expand(LIBRARY[_name]).items():
        _target[COLUMN[_action]] = _weight


class Spoken(NamedTuple):
    """A viseme by name, and when it begins and ends in seconds."""

    viseme: str
    start: float
    end: float


class Speech(NamedTuple):
    """What is spoken: the visemes in turn, and how much of each is shown."""

    visemes: list[Spoken]
    weights: list[float]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.visemes[-1].end


def speech(segments: list[Segment]) -> Speech:
    """When each viseme is spoken, from 0 s, with a moment of silence before and after."""
    every = [Segment(SILENCE, BEFORE), *segments, Segment(SILENCE, AFTER)]
    ends = np.cumsum([segment.seconds for segment in every])
    visemes = [Spoken(s.viseme, float(end - s.seconds), float(end)) for s, end in zip(every, ends, strict=True)]
    return Speech(visemes, [segment.weight for segment in every])


def mouth(times: np.ndarray, spoken: Speech, strength: float = 1.0) -> np.ndarray:
    """The weights (n, 52) of the mouth's keys at evenly spaced times (n,); ``strength`` scales all but what must meet."""
    result = np.zeros((len(times), len(COLUMN)))
    total = np.full((len(times), len(GROUPS)), 1e-9)
    for viseme, weight in zip(spoken.visemes, spoken.weights, strict=True):
        length = viseme.end - viseme.start
        width = WIDTH * length + WIDER
        near = _near(times, (viseme.start + viseme.end) / 2, REACH * width)
        pull = np.exp(-(((times[near] - (viseme.start + viseme.end) / 2) / width) ** 2))
        asks = (*DOMINANCE.get(viseme.viseme, (1.0, 1.0)), 1.0)  # of opening, rounding and closing
        for group, (columns, ask) in enumerate(zip(GROUPS.values(), asks, strict=True)):
            total[near, group] += ask * pull
            result[near, columns] += ask * pull[:, None] * TARGETS[viseme.viseme][columns] * weight
    for group, columns in enumerate(GROUPS.values()):
        result[:, columns] *= strength / total[:, group : group + 1]
    return _met(times, spoken, result)


def _near(times: np.ndarray, at: float, reach: float) -> slice:
    return slice(*np.searchsorted(times, (at - reach, at + reach)))


def _met(times: np.ndarray, spoken: Speech, weights: np.ndarray) -> np.ndarray:
    """Bring lips together where they must meet, for one of the times at least."""
    step = times[1] - times[0] if len(times) > 1 else 0.0
    hold = max(HOLD, 0.5001 * step)
    # A funnel would part them; a pucker may stay.
    columns = [*GROUPS["opening"], *GROUPS["closing"], COLUMN["mouthFunnel"]]
    meeting = [(viseme, met) for name, met in MEETING.items() for viseme in spoken.visemes if viseme.viseme == name]
    for viseme, met in meeting:
        at = (viseme.start + viseme.end) / 2
        near = _near(times, at, hold + RAMP)
        there = smooth((hold + RAMP - np.abs(times[near] - at)) / RAMP)[:, None]
        weights[near, columns] = (1 - there) * weights[near, columns] + there * met * TARGETS[viseme.viseme][columns]
    return weights


def with_speech(track: Track, spoken: Speech, strength: float = 1.0, start: float = 0.0) -> Track:
    """A track that also speaks from ``start`` s on: the mouth's keys are exchanged for that span, and blend at its ends."""
    inside = (track.times >= start) & (track.times <= start + spoken.seconds)
    times = track.times[inside] - start
    weights = track.weights.copy()
    said = mouth(times, spoken, strength)
    share = (smooth(times / BEFORE) * smooth((spoken.seconds - times) / AFTER))[:, None]
    before = weights[inside]
    said[:, KEPT] = np.maximum(said[:, KEPT], before[:, KEPT])
    before[:, REPLACED] = (1 - share) * before[:, REPLACED] + share * said[:, REPLACED]
    weights[inside] = before
    return track.replace(weights=np.clip(weights, 0, 1))
