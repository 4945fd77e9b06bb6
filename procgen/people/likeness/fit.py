"""Fits a head to landmarks of a picture: pose, camera, sliders, sizes and expression at once, the likeliest of all.

What is drawn is likely as the generator draws it, and landmarks lie off by as much as whoever found them says. Of such a sum of
squares the least is found by steps of Gauss and Newton within the bounds of every field: analysis by synthesis (Blanz and Vetter
1999) of landmarks alone.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from ...camera import HEAD_CENTRE
from ..expression import NEUTRAL, Expression
from ..identity import Identity
from .bounded import bounded_minimum
from .numbers import GAZE, SHIFT, VIEW, Prior, acted_moves, head_of, prior_of
from .places import acted_places, neutral_places, slider_moves
from .view import STEP, View, first_view, look_of, turned

OUTER = 36, 45  # landmarks: the outer corners of the right and the left eye, whose distance is the unit of errors
SEEN = (
    0.018  # deviation of landmarks that is expected at least, in unit: as far as fits stay off people's in photographs
)
ROUNDS, HALVINGS, STILL = 12, 5, 1e-4  # steps, and the share of the cost that ends them
LEAST = 1.0  # px of the unit


class Sighting(NamedTuple):
    """What a picture shows of a head: landmarks (70, 2) in px and their deviations (70,), 0 where none is told.

    ``rotation`` (3, 3) is the head's in the frame of a camera that looks at it (x right, y down), ``gaze`` (3,) where its eyes look,
    in that frame; None where they are not told.
    """

    points: np.ndarray
    spread: np.ndarray
    rotation: np.ndarray | None = None
    gaze: np.ndarray | None = None


class Fitted(NamedTuple):
    """A head as it was fitted: its landmarks (70, 2) in the picture, how far off they are in ``unit``, and what all of it costs.

    The cost is twice a negative log likelihood, but for a constant.
    """

    identity: Identity
    expression: Expression
    view: View
    points: np.ndarray
    error: float
    cost: float


def unit_of(points: np.ndarray) -> float:
    """The distance of the outer corners of the eyes, which errors are told in, px."""
    return float(np.linalg.norm(points[OUTER[0]] - points[OUTER[1]]))


def landmark_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """The mean distance of the 68 landmarks among (70, 2), in distances of the outer eye corners, as 300-W has it."""
    return float(np.linalg.norm(found[:68] - wanted[:68], axis=1).mean()) / unit_of(wanted)


class _State(NamedTuple):
    """Numbers, and the head that they make: its places (70, 3), and how far it is off (70, 2) in unit."""

    numbers: np.ndarray
    identity: Identity
    expression: Expression
    view: View
    places: np.ndarray
    off: np.ndarray
    cost: float


class _Problem:
    """One picture, and whom to begin with: what numbers cost, and how that changes with them."""

    def __init__(self, seen: Sighting, start: Identity, expression: str = "neutral"):
        self.seen, self.start, self.unit = seen, start, unit_of(seen.points)
        view = first_view(acted_places(neutral_places(start), NEUTRAL), seen.points)
        self.view = view if seen.rotation is None else view._replace(rotation=seen.rotation)
        look = None if seen.gaze is None else np.clip(look_of(seen.gaze, self.view.rotation), -np.array(GAZE), GAZE)
        self.prior: Prior = prior_of(start, seen.rotation is not None, look, expression)
        self.sure = self.unit / np.hypot(seen.spread, SEEN * self.unit)  # of each landmark, per unit

    def state(self, numbers: np.ndarray) -> _State:
        """What numbers make."""
        scale, distance = np.exp(numbers[5:VIEW])
        view = View(turned(numbers[:3]) @ self.view.rotation, self.view.centre + self.unit * numbers[SHIFT], self.view.scale * scale,
                    float(distance))  # fmt: skip
        identity, expression = head_of(numbers, self.start)
        places = acted_places(neutral_places(identity), expression)
        off = (view.seen(places) - self.seen.points) / self.unit
        unlikely = (numbers - self.prior.mean) / self.prior.spread
        cost = float(((off * self.sure[:, None]) ** 2).sum() + (unlikely**2).sum())
        return _State(numbers, identity, expression, view, places, off, cost)

    def target(self, now: _State) -> np.ndarray:
        """The numbers that would be the best ones if landmarks went straight."""
        prior, slopes = self.prior, self._slopes(now)
        weighed = (slopes * self.sure[:, None]).reshape(len(slopes), -1)
        wanted = weighed.T @ now.numbers - (now.off * self.sure[:, None]).ravel()
        certain = prior.spread**-2
        return bounded_minimum(
            weighed @ weighed.T + np.diag(certain), weighed @ wanted + certain * prior.mean, prior.low, prior.high
        )

    def _slopes(self, now: _State) -> np.ndarray:
        """How the landmarks in the picture (n, 70, 2), in unit, change with each number."""
        view, middle = now.view, now.places - HEAD_CENTRE
        camera = middle @ view.rotation.T
        depth = (1 + camera[:, 2] / view.distance)[:, None]
        flat = camera[:, :2] / depth

        def projected(moves: np.ndarray) -> np.ndarray:
            """The slopes of moves (…, 70, 3) in the camera's frame."""
            return view.scale / self.unit * (moves[..., :2] - flat * (moves[..., 2:] / view.distance)) / depth

        turns = [turned(now.numbers[:3] + STEP * axis) @ self.view.rotation - view.rotation for axis in np.eye(3)]
        neutral, looks = neutral_places(now.identity), []
        for name in ("gaze_yaw", "gaze_pitch"):
            ahead = dataclasses.replace(now.expression, **{name: getattr(now.expression, name) + STEP})
            looks.append((acted_places(neutral, ahead) - now.places) / STEP)
        moved = np.concatenate([slider_moves(now.identity), acted_moves(), looks])
        larger = view.scale * flat / self.unit
        return np.concatenate([
            projected(np.array([middle @ turn.T / STEP for turn in turns])), np.broadcast_to(np.eye(2)[:, None], (2, *flat.shape)),
            [larger, larger * camera[:, 2:] / view.distance / depth], projected(moved @ view.rotation.T),
        ])  # fmt: skip


def fit_head(seen: Sighting, start: Identity, expression: str = "neutral") -> Fitted:
    """The likeliest head of somebody like ``start`` that a picture shows with about a named expression.

    Raises ValueError where its landmarks are no face's.
    """
    if not np.isfinite(seen.points).all() or unit_of(seen.points) < LEAST:
        raise ValueError(
            f"landmarks: are no face's; allowed are finite ones, with outer eye corners {LEAST:g} px apart or more"
        )
    problem = _Problem(seen, start, expression)
    now = problem.state(np.clip(problem.prior.mean, problem.prior.low, problem.prior.high))
    for _ in range(ROUNDS):
        target = problem.target(now)
        trials = (problem.state(now.numbers + (target - now.numbers) * 0.5**halving) for halving in range(HALVINGS))
        better = next((trial for trial in trials if trial.cost < now.cost), None)
        if better is None:
            break
        gained, now = now.cost - better.cost, better
        if gained < STILL * now.cost:
            break
    points = seen.points + problem.unit * now.off
    return Fitted(now.identity, now.expression, now.view, points, landmark_error(points, seen.points), now.cost)
