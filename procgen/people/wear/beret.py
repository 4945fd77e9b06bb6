"""A beret: a band close around the head, and a wide soft crown of felt that stands over it and falls to one side."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

BAND, BAND_RINGS = 0.020, 5  # metres that the band is high, and its rings
UNDER, FOLD, TOP = 4, 5, 14  # rings of the crown's underside, of the fold at its edge, and of its top
REACH = (0.014, 0.052)  # metres that the crown stands out over the band: on the high side and where it falls
RISE, DROP = 0.014, 0.020  # metres that its edge stands over the band on the high side, and hangs below on the other
FOLD_RADIUS = 0.0080  # of the bend at its edge, metres
SETTLING = 80  # rounds in which the top sinks onto the head
LOFT = 0.014  # metres that felt stands up by itself inside of its edge


def beret(grid, band: np.ndarray, room: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rings (rings, around, 3) of a beret over a band (BAND_RINGS, around, 3), and places (corners, 3) on its cloth; metres.

    The crown is a disc wider than the head whose middle lies towards the side that it falls to: its underside leaves the band
    outward, its edge is a bend, and its top spans from there over the skull, which carries it.
    """
    azimuth = grid.azimuth
    falls = rng.choice([-1.0, 1.0]) * (np.pi / 2 + rng.uniform(-0.15, 0.45))
    down = (0.5 + 0.5 * np.cos(azimuth - falls)) ** 1.2  # 1 where it falls
    uneven = sum(np.sin(k * azimuth + p) / k for k, p in zip((2, 3, 5), rng.uniform(0, 6.28, 3), strict=True))
    reach = (REACH[0] + (REACH[1] - REACH[0]) * down) * rng.uniform(0.9, 1.15) + 0.0022 * uneven
    level = RISE * (1 - down) - DROP * rng.uniform(0.6, 1.2) * down + 0.0015 * np.roll(uneven, 17)
    lip = band[-1]
    outward = lip - lip.mean(0)
    outward[:, 2] = 0
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0])
    # The underside leaves the band level and then falls or rises to the edge.
    t = np.linspace(0, 1, UNDER + 1)[1:, None, None]
    under = lip + t * (reach - FOLD_RADIUS)[:, None] * outward + (level[:, None] * t**1.6) * up
    gathers = 0.0010 * np.cos(31 * azimuth + 3 * uneven)[:, None] * np.sin(np.pi * t)  # it is drawn in at the band
    under = under + gathers * up
    edge = under[-1]
    bend = np.linspace(-np.pi / 2, np.pi / 2, FOLD + 2)[1:, None, None]
    fold = edge + FOLD_RADIUS * (np.cos(bend) * outward + (1 + np.sin(bend)) * up)
    top = _settled(grid, fold[-1], room, falls, uneven, rng)
    rows = np.concatenate([band, under, fold, top])
    for _ in range(2):  # no kink where one part meets the next
        soft = (np.roll(rows, 1, 0) + 2 * rows + np.roll(rows, -1, 0)) / 4
        rows[BAND_RINGS + 1 : -2] = soft[BAND_RINGS + 1 : -2]
    return rows, disc_cloth(rows, BAND_RINGS)


def _settled(grid, edge: np.ndarray, room: float, falls: float, uneven: np.ndarray, rng: Generator) -> np.ndarray:
    """The top (TOP, around, 3) within its edge (around, 3): taut between edge and skull, then lofty and creased."""
    middle = edge.mean(0)
    inward = np.linspace(1, 0.03, TOP + 1)[1:, None]  # of the way from the middle to the edge
    flat = middle[:2] + inward[..., None] * (edge[:, :2] - middle[:2])
    skull = np.array([[_under(grid.tree, place) for place in ring] for ring in flat.tolist()]) + room
    height = np.concatenate([edge[None, :, 2], np.broadcast_to(edge[:, 2], skull.shape)])
    for _ in range(SETTLING):
        beside = (np.roll(height, 1, 1) + np.roll(height, -1, 1)) / 2
        below = np.concatenate([height[2:], np.broadcast_to(height[-1].mean(), (1, len(edge)))])
        height[1:] = np.maximum(skull, 0.35 * beside[1:] + 0.325 * (height[:-1] + below))
    height = height[1:]
    # Felt is stiff: it stands up inside of its edge, most on the high side, and creases run to where it is pulled down.
    away = flat - middle[:2]
    along = away @ [np.sin(falls), -np.cos(falls)]
    across = away @ [np.cos(falls), np.sin(falls)]
    loft = LOFT * np.sin(np.pi * inward**1.6) * (1 + 0.35 * uneven)
    phase = across / rng.uniform(0.042, 0.055) + 2.2 * along + 0.20 * uneven + rng.uniform(0, 1)
    crease = np.abs(np.sin(np.pi * phase)) ** 0.8 - 0.6
    pulled = np.clip((along + 0.03) / 0.07, 0, 1) * np.clip(inward * 1.5, 0, 1) * np.clip((1.02 - inward) * 6, 0, 1)
    height = height + loft + 0.0050 * crease * pulled
    return np.concatenate([flat, np.maximum(height, skull - 0.001)[..., None]], -1)


def _under(tree, place: list[float]) -> float:
    """The height of the skull at a place seen from above, metres; far below where there is none."""
    hit = tree.ray_cast((*place, 0.3), (0.0, 0.0, -1.0), 0.3)[0]
    return hit[2] if hit else -1.0


def disc_cloth(rows: np.ndarray, banded: int) -> np.ndarray:
    """Places (corners, 3) on the cloth of rings (rings, around, 3): around the first ``banded``, then as on a disc that lay flat."""
    rings, around = rows.shape[:2]
    step = np.linalg.norm(np.diff(rows, axis=0), axis=2)
    run = np.concatenate([np.zeros((1, around)), np.cumsum(step, 0)])
    girth = np.linalg.norm(np.diff(np.concatenate([rows[:1], rows[:1, :1]], 1), axis=1), axis=2).mean()
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    ring, column = np.stack([i, i, i + 1, i + 1], -1), np.stack([j, j + 1, j + 1, j], -1)
    turn = 2 * np.pi * column / around
    from_middle = (run[-1] - run)[ring, column % around]
    band = (i < banded - 1)[..., None]
    u = np.where(band, column * girth, from_middle * np.sin(turn))
    v = np.where(band, run[ring, column % around], from_middle * np.cos(turn))
    cloth = np.stack([u, v, np.zeros(u.shape)], -1).reshape(-1, 3)
    return np.concatenate([cloth, np.zeros((around, 3))])  # and of the cap in its middle


def binding(band: np.ndarray) -> np.ndarray:
    """A narrow binding (3, around, 3) sewn around the lower edge of a band."""
    outward = band[:3] - band[:3].mean(1, keepdims=True)
    outward[..., 2] = 0
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    return band[:3] + 0.0011 * outward
