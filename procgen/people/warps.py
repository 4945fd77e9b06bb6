"""Smooth displacement fields over the template, from a few moved points: what the head's own corrections of form are made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

Moves = Mapping[str, tuple[float, float, float]]

# Points in template millimetres that hold or move the head; those off the middle stand on both sides.
HANDLES = {
    # middle, from the brow down to the neck
    "glabella": (0, -28.9, 27), "sellion": (0, -26.2, 4), "bridge": (0, -31.7, -13.6), "nose_tip": (0, -43.6, -37.5),
    "subnasale": (0, -31.8, -49.5), "lip_top": (0, -35.2, -58.8), "stomion": (0, -31, -67.5),
    "lip_bottom": (0, -31.2, -79.5), "sublabiale": (0, -24.6, -85.4), "pogonion": (0, -25.4, -95.7),
    "menton": (0, -12, -112.0), "throat": (0, 30, -112), "larynx": (0, 52, -133), "neck_front": (0, 45, -180),
    # nose and mouth
    "columella": (0, -39.5, -43), "supratip": (0, -38.6, -25), "tip_side": (8.5, -38, -37),
    "ala": (17, -25.5, -38.5), "ala_base": (12.3, -26.6, -44.7), "cheilion": (24.6, -17.8, -67.7),
    "lip_peak": (6.7, -34.5, -57.1), "lip_edge": (15.5, -29.5, -59.2), "lip_under": (15.9, -24.1, -75.8),
    "philtrum": (10, -32, -53),
    # eye, its orbit and the brow
    "inner_corner": (18.9, -13.2, -0.7), "outer_corner": (43.8, -11.8, 1.6), "lid_top_in": (26.7, -15.6, 3.9),
    "lid_top_out": (36.2, -15.5, 4.9), "lid_low_in": (27.7, -15.3, -4.2), "lid_low_out": (37.2, -14.7, -4.0),
    "brow_in": (10.2, -26.4, 20.4), "brow_mid": (33.9, -17.8, 27.4), "brow_out": (56, 1.4, 19.4),
    "lid_fold": (31, -14.5, 12), "orbit_low": (31, -16, -20), "orbit_side": (55, 2, -2), "nose_side": (11, -22, -8),
    # cheek and jaw
    "apple": (36, -18, -33), "cheek": (50, -4, -34), "hollow": (47, -4, -56), "zygion": (69, 40, -8),
    "zygoma": (63, 18, -8), "gonion": (60, 40, -63), "jaw": (50, 10, -71), "jowl": (36, -2, -88),
    "chin_side": (20, -11, -106), "under_jaw": (40, 30, -85),
    # skull
    "frontotemporale": (53.5, 0, 33), "temple": (68, 32, 42), "forehead": (0, -20, 63), "forehead_side": (40, -7, 62),
    "euryon": (73, 92, 45), "euryon_high": (64, 105, 72), "crown": (0, 55, 120), "front_top": (0, -1, 93),
    "top_side": (42, 60, 105), "back_top": (0, 125, 105), "opisthocranion": (0, 164, 35), "back_side": (45, 145, 35),
    "parietal": (63, 122, 42),
    "nape": (0, 140, -50),
    # ear
    "tragion": (71, 55, -10), "ear": (82, 78, -12), "ear_top": (82, 80, 32), "lobe": (74, 60, -42),
    # what stays: neck and bust
    "neck_side": (50, 85, -85), "neck_low": (58, 85, -150), "neck_back": (0, 135, -110), "chest": (0, -10, -300),
    "shoulder": (120, 100, -230), "arm": (235, 110, -400), "spine": (0, 185, -230), "back_low": (60, 180, -400),
    "chest_side": (90, -10, -400),
}  # fmt: skip


@cache
def _handles() -> tuple[np.ndarray, np.ndarray, dict[str, list[tuple[int, int]]]]:
    """Places (k, 3) of the handles of both sides, steps (k, 3) of none, and for each name its rows with their sides."""
    places, steps, rows = [], [], {}
    for name, place in HANDLES.items():
        for side in (1, -1) if place[0] else (1,):
            rows.setdefault(name, []).append((len(places), side))
            places.append(np.array(place) * [side, 1, 1])
            steps.append(np.zeros(3) * [side, 1, 1])
    return np.array(places, float), np.array(steps, float), rows


def mirrored(moves: Moves) -> tuple[np.ndarray, np.ndarray]:
    """All handles and how far each moves: (k, 3) and (k, 3), both sides; a handle that is not named stays."""
    places, still, rows = _handles()
    steps = still.copy()
    for name in moves.keys() & rows.keys():
        for row, side in rows[name]:
            steps[row] = np.array(moves[name]) * [side, 1, 1]
    return places.copy(), steps


class Warp:
    """Biharmonic fields over template coordinates (n, 3) in metres: radial basis functions of kernel r and a constant (Duchon 1977)."""

    def __init__(self, template: np.ndarray):
        places, _ = mirrored({})
        count = len(places)
        system = np.zeros((count + 1, count + 1))
        system[:count, :count] = np.linalg.norm(places[:, None] - places[None], axis=-1)
        system[:count, count] = system[count, :count] = 1.0
        inverse = np.linalg.inv(system)[:, :count]
        square = (places**2).sum(1) + (template**2).sum(1)[:, None] * 1e6 - 2e3 * template @ places.T
        self.shares = np.sqrt(np.maximum(square, 0.0)) @ inverse[:count] + inverse[count]

    def field(self, moves: Moves) -> np.ndarray:
        """The field (n, 3) that takes handles where ``moves`` says, in its unit; a handle that is not named stays."""
        unknown = set(moves) - set(HANDLES)
        if unknown:
            raise KeyError(f"{', '.join(sorted(unknown))}: no such handle; allowed are {', '.join(HANDLES)}")
        return self.shares @ mirrored(moves)[1]


def bump(template: np.ndarray, centre, spread, move) -> np.ndarray:
    """A Gaussian push (n, 3) about a template place on both sides; millimetres, and ``move`` in any unit."""
    field = np.zeros_like(template)
    for side in (1, -1) if centre[0] else (1,):
        offset = (template * 1000 - np.array(centre) * [side, 1, 1]) / np.array(spread, float)
        field += np.exp(-0.5 * (offset**2).sum(1))[:, None] * (np.array(move) * [side, 1, 1])
    return field


def fold(template: np.ndarray, line, width: float, depth: float) -> np.ndarray:
    """A crease (n, 3) along a polyline of template millimetres on both sides, pushed in by ``depth`` with lips beside it."""
    points = np.array(line, float)
    field = np.zeros_like(template)
    for side in (1, -1):
        path = points * [side, 1, 1]
        nearest, place = np.full(len(template), np.inf), np.zeros(len(template))
        for index, (start, stop) in enumerate(zip(path[:-1], path[1:], strict=True)):
            along = stop - start
            share = np.clip(((template * 1000 - start) @ along) / (along @ along), 0, 1)
            distance = np.linalg.norm(template * 1000 - start - share[:, None] * along, axis=1)
            closer = distance < nearest
            nearest = np.where(closer, distance, nearest)
            place = np.where(closer, (index + share) / (len(path) - 1), place)
        ends = np.sin(np.pi * np.clip(place, 0.03, 0.97)) ** 0.5
        section = (1 - (nearest / width) ** 2) * np.exp(-0.5 * (nearest / width) ** 2)
        field[:, 1] += depth * section * ends
    return field
