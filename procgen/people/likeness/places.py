"""Where the landmarks of a head are, by its identity and its expression: what a fit compares with a photograph."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..expression import Expression, action_weights
from ..eye_geometry import iris_y
from ..head_data import head_data
from ..identity import Identity, asymmetry_names, target_weights
from ..measures import probe
from ..own_targets import BASE
from ..pose import eye_rotations
from ..sizes import LIMITS, effects, places_of

SIDES = ("right", "left")  # of the last two landmarks, the pupils


@cache
def rows() -> np.ndarray:
    """The rows (70,) of the probe's places: 68 landmarks and the centres of both eyes."""
    found = probe().rows
    return np.concatenate([found["landmarks"], found["pupil_r"], found["pupil_l"]])


@cache
def action_moves() -> dict[str, np.ndarray]:
    """How each action moves the landmarks (70, 3) at weight 1, metres; eyes are turned, not moved."""
    data, found = head_data(), probe()
    moves = {}
    for name, (indices, deltas) in data.targets.items():
        if name.startswith("action/"):
            dense = np.zeros_like(data.template)
            dense[indices] = deltas
            moved = np.einsum("mk,mki->mi", found.weights[rows()], dense[found.indices[rows()]])
            moved[-2:] = 0
            moves[name.removeprefix("action/")] = moved
    return moves


@cache
def pupil_reach() -> float:
    """How far a pupil lies before its eye's centre, metres; all eyes are nearly of one size."""
    data = head_data()
    indices, deltas = data.targets[BASE]
    points = data.template.copy()
    points[indices] += deltas
    ball = points[data.groups["helper-l-eye"]]
    return -float(iris_y()) * float(np.linalg.norm(ball - ball.mean(0), axis=1).mean())


def neutral_places(identity: Identity) -> np.ndarray:
    """The landmarks (70, 3) of a neutral head, of which the last two are its eyes' centres; their middle is the origin."""
    places = places_of(target_weights(identity))[rows()]
    return places - places[-2:].mean(0)


def acted_places(neutral: np.ndarray, expression: Expression) -> np.ndarray:
    """The landmarks (70, 3) of a head that acts and looks somewhere, in the head's own frame, metres."""
    moves, places = action_moves(), neutral.copy()
    for name, weight in action_weights(expression).items():
        if weight:
            places += weight * moves[name]
    for row, side in enumerate(SIDES, len(places) - 2):
        places[row] -= pupil_reach() * eye_rotations(expression)[side][1][:, 1]
    return places


def slider_moves(identity: Identity) -> np.ndarray:
    """How the landmarks (n, 70, 3) of a head move with each of its sliders, its asymmetry and its sizes, in that order.

    Of a slider that is 0 it is the mean of both its ends; how brows and lips are set right after it is left out.
    """
    data, moves = head_data(), effects()[1]
    found = []

    def two(plus: str, minus: str, value: float) -> None:
        ends = (moves[plus], -moves[minus]) if minus in moves else (moves[plus],)
        found.append(ends[0] if value > 0 else ends[-1] if value < 0 else sum(ends) / len(ends))

    for name, value in zip(data.sliders, identity.shape, strict=True):
        two(f"slider/{name}/+", f"slider/{name}/-", value)
    for name, value in zip(asymmetry_names(data), identity.asymmetry, strict=True):
        two(f"asym/{name}-l", f"asym/{name}-r", value)
    found += [moves[f"size/{name}"] for name in LIMITS]
    chosen = np.array(found)[:, rows()]
    return chosen - chosen[:, -2:].mean(1, keepdims=True)
