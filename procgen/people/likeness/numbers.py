"""The numbers that a fit looks for: which fields of a person they are, how likely, and within what bounds."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import NamedTuple

import numpy as np

from ..expression import ACTIONS, LIBRARY, NEUTRAL, Expression, expand
from ..head_data import head_data
from ..identity import LIMIT, RESTRAINED, SPREAD, TRANSLATION, Identity, asymmetry_names
from ..sizes import LIMITS
from .places import action_moves
from .view import AWAY

VIEW, SHIFT = (
    7,
    slice(3, 5),
)  # numbers of the view come first: a turn, the picture's centre, the logarithms of scale and distance
# What landmarks tell of an expression.
ACTED = tuple(expand(dict.fromkeys((
    "jawOpen", "mouthSmile", "mouthFrown", "mouthStretch", "mouthPucker", "mouthFunnel", "mouthUpperUp", "mouthLowerDown",
    "browInnerUp", "browOuterUp", "browDown", "eyeBlink", "eyeWide", "eyeSquint",
), 1.0)))  # fmt: skip
CHEEKS = 0.5  # of the smile: cheeks rise with it, which no landmark tells
# Deviations that are expected, choices of ours where the generator has none.
TURNED = 8.0  # degrees, of a head's rotation that a net says
LOOKS, LOOKED = (10.0, 6.0), 4.0  # degrees: gaze yaw and pitch of anybody, and both that a net says
ACTS = 0.25
ONE_SIDED, MOST_ONE_SIDED = 0.16, 0.5  # asymmetry, as it is drawn
SIZED = 0.2  # of a size's limit
FAR = 0.3  # of the logarithm of the distance
NEAREST, FARTHEST = 0.25, 5.0  # metres
GAZE = 30.0, 20.0  # degrees of yaw and pitch, most
FREE = 1e3  # of what is not held


class Prior(NamedTuple):
    """The likeliest numbers (n,), their deviations, and their bounds."""

    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray


def prior_of(start: Identity, turned: bool, look: np.ndarray | None, expression: str = "neutral") -> Prior:
    """What is likely of somebody like ``start`` with a named expression.

    ``turned`` is whether a net has told the rotation, ``look`` the gaze (2,) in degrees if one has.
    """
    data = head_data()
    bases = [name[2:] if name[:2] in ("l-", "r-") else name for name in data.sliders]
    shape = [SPREAD[section] * RESTRAINED.get(base, 1.0) * (TRANSLATION if "-trans-" in base else 1.0)
             for base, (section, _) in zip(bases, data.sliders.values(), strict=True)]  # fmt: skip
    two_sided = np.array([two for _, two in data.sliders.values()])
    lean, sizes = np.ones(len(asymmetry_names(data))), np.array(list(LIMITS.values()))
    acts, far = np.ones(len(ACTED)), np.log([NEAREST, FARTHEST])
    named = expand(LIBRARY[expression])
    meant = np.array([named.get(action, 0.0) for action in ACTED])
    blocks = [  # mean, deviation, low, high
        (np.zeros(3), np.full(3, np.radians(TURNED) if turned else FREE), np.full(3, -FREE), np.full(3, FREE)),
        (np.zeros(3), np.full(3, FREE), np.full(3, -FREE), np.full(3, FREE)),
        (np.log([AWAY]), np.array([FAR]), far[:1], far[1:]),
        (np.array(start.shape), np.array(shape), -LIMIT * two_sided, np.full(len(shape), LIMIT)),
        (np.array(start.asymmetry), ONE_SIDED * lean, -MOST_ONE_SIDED * lean, MOST_ONE_SIDED * lean),
        (np.array(start.size), SIZED * sizes, -sizes, sizes),
        (meant, ACTS * acts, 0 * acts, acts),
        (np.zeros(2) if look is None else look, np.array(LOOKS) if look is None else np.full(2, LOOKED), -np.array(GAZE), np.array(GAZE)),
    ]  # fmt: skip
    mean, spread, low, high = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return Prior(mean, spread, np.minimum(low, mean), np.maximum(high, mean))


def _with_cheeks(actions: dict[str, float]) -> dict[str, float]:
    cheeks = {f"cheekSquint{side}": CHEEKS * actions.get(f"mouthSmile{side}", 0.0) for side in ("Left", "Right")}
    return actions | cheeks


@cache
def acted_moves() -> np.ndarray:
    """How the landmarks (k, 70, 3) move with each of ACTED, and with what rises with it."""
    moves = action_moves()
    return np.array([sum(w * moves[name] for name, w in _with_cheeks({action: 1.0}).items()) for action in ACTED])


def head_of(numbers: np.ndarray, start: Identity) -> tuple[Identity, Expression]:
    """The identity and the expression that numbers say, as specs keep them."""
    counts = [VIEW, len(start.shape), len(start.asymmetry), len(start.size), len(ACTED)]
    _, shape, lean, size, acts, gaze = (
        [float(f"{value:.6g}") for value in part] for part in np.split(numbers, np.cumsum(counts))
    )
    actions = _with_cheeks(dict(zip(ACTED, acts, strict=True)))
    identity = dataclasses.replace(start, shape=tuple(shape), asymmetry=tuple(lean), size=tuple(size))
    values = tuple(float(f"{actions.get(name, 0.0):.6g}") for name in ACTIONS)
    return identity, dataclasses.replace(NEUTRAL, actions=values, gaze_yaw=gaze[0], gaze_pitch=gaze[1])
