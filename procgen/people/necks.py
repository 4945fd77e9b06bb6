"""The neck: its girth where a tape measures it and its length, and the targets that bring both to what people measure."""

from __future__ import annotations

from functools import cache

import numpy as np

from .warps import Moves, Warp

# Millimetres, men and women. Girths are of ANSUR II (neckcircumference, computed from its public data); lengths, from the
# chin to the notch of the breastbone upright, are its stature less its suprasternale height, less the height of a head.
GIRTHS, GIRTH_SPREADS = (397.6, 329.8), (25.8, 19.2)
LENGTHS, LENGTH_SPREADS = (88.0, 83.0), (10.5, 10.5)
# What heads have without these targets, and the genders that the figures are of.
DRAWN_GIRTHS, DRAWN_GIRTH_SPREADS = (389.5, 270.9), (28.7, 18.2)
DRAWN_LENGTHS, DRAWN_LENGTH_SPREADS = (94.4, 82.6), (12.3, 15.1)
GENDERS = (0.07, 0.935)
TAIL = 2.5  # deviations that the rarest necks come near and never reach
GIRTH, LENGTH = "own/neck_girth", "own/neck_length"  # about a millimetre of each at weight 1

# The tape lies under the larynx and rises to the nape; its plane goes through a place of the template (mm).
LARYNX, RISE = (0.0, 53.5, -135.3), np.radians(25.0)
REACH = 0.11  # m from the middle of the neck: what the plane meets farther away is no neck
MIDDLE = (0.0, 98.5, -135.3)  # mm
ALONG_TAPE = np.array([0.0, np.cos(RISE), np.sin(RISE)])  # backward in its plane
UPRIGHT = np.array([0.0, -np.sin(RISE), np.cos(RISE)])  # of its plane
WIDER: Moves = {"neck_side": (0.26, 0, 0), "neck_low": (0.27, 0, 0), "larynx": (0, -0.16, 0), "neck_front": (0, -0.16, 0),
                "neck_back": (0, 0.21, 0), "nape": (0, 0.08, 0), "throat": (0, -0.05, -0.03)}  # fmt: skip
SPAN = (-0.185, -0.105)  # m along the upright: the bust below moves as one, the head above stays


def neck_fields(template: np.ndarray, warp: Warp) -> dict[str, np.ndarray]:
    """The fields (n, 3) in metres of a thicker neck, and of a longer one, whose bust lies lower."""
    share = np.clip((template @ UPRIGHT - SPAN[0]) / (SPAN[1] - SPAN[0]), 0, 1)
    lower = np.zeros_like(template)
    lower[:, 2] = -(1 - share * share * (3 - 2 * share)) / 1000
    return {GIRTH: warp.field(WIDER) / 1000, LENGTH: lower}


def tape(template: np.ndarray, faces: np.ndarray) -> list[dict[int, float]]:
    """Where the tape crosses the edges of faces (f, 4): weights of two vertices of the template (n, 3) each."""
    height = (template - np.array(LARYNX) / 1000) @ UPRIGHT
    edges = np.unique(np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)), axis=0)
    low, high = height[edges].T
    edges, low, high = (each[low * high < 0] for each in (edges, low, high))
    share = low / (low - high)
    place = template[edges[:, 0]] + share[:, None] * (template[edges[:, 1]] - template[edges[:, 0]])
    near = np.linalg.norm(place - np.array(MIDDLE) / 1000, axis=1) < REACH
    return [{int(a): 1 - s, int(b): s} for (a, b), s in zip(edges[near], share[near].tolist(), strict=True)]


def necks(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Girth and length (…,) in millimetres of the necks of the probe's places (…, m, 3) in metres."""
    from .measures import DIRECTIONS, probe

    rows, angle = probe().rows, np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    around = places[..., rows["neck"], :]
    along = np.stack([around[..., 0], around @ ALONG_TAPE], -1) @ np.stack([np.cos(angle), np.sin(angle)])
    girth = (along.max(-2) - along.min(-2)).mean(-1) * np.pi * 1000  # Cauchy's formula for the hull's perimeter
    return girth, 1000 * (places[..., rows["menton"][0], 2] - places[..., rows["notch"][0], 2])


@cache
def _answers() -> np.ndarray:
    """What each of the two targets (2, 2) changes girth and length by at weight 1, millimetres."""
    from .sizes import effects

    places, moves = effects()
    return np.array([np.subtract(necks(places + moves[name]), necks(places)) for name in (GIRTH, LENGTH)])


def fitting(weights: dict[str, float], gender: float) -> dict[str, float]:
    """The weights of the targets that give a head with these weights of its targets, 0 male … 1 female, the neck it shall have."""
    from .sizes import places_of

    def of(figures: tuple[float, float]) -> float:
        return float(np.interp(gender, GENDERS, figures))

    wanted = []
    for now, drawn, spread, aimed, published in zip(
        necks(places_of(weights)),
        map(of, (DRAWN_GIRTHS, DRAWN_LENGTHS)),
        map(of, (DRAWN_GIRTH_SPREADS, DRAWN_LENGTH_SPREADS)),
        map(of, (GIRTHS, LENGTHS)),
        map(of, (GIRTH_SPREADS, LENGTH_SPREADS)),
        strict=True,
    ):
        score = (float(now) - drawn) / spread
        wanted.append(aimed + published * TAIL * np.tanh(score / TAIL) - float(now))
    amounts = np.linalg.solve(_answers().T, wanted)
    return dict(zip((GIRTH, LENGTH), amounts.tolist(), strict=True))
