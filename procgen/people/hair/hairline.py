"""Where scalp hair grows: a signed distance to the hairline in the side view of the template, and bald patches."""

from __future__ import annotations

import numpy as np

# The hairline seen from the side: (y, z) in mm, from the forehead over temple, sideburn and ear to the nape.
FRONT = [(-60, 63), (-2, 63), (8, 60), (21, 50), (31, 39), (38, 28), (38, 6), (41, -17), (54, -22), (58, 9), (75, 16), (92, 9),
         (98, -20), (108, -58), (124, -79), (260, -86), (260, 220), (-60, 220)]  # fmt: skip
EDGE = (-0.006, 0.024)  # m from the line to where hair begins, and to where it is dense
EDGE_OF_LONG = (-0.004, 0.010)  # that of hair which is combed away from it, and would bare the skin behind it


def _signed_distance(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Distance (n,) of points (n, 2) to a polygon (k, 2), positive inside."""
    x, y = np.ascontiguousarray(points.T)
    nearest = np.full(len(points), np.inf)  # squared
    inside = np.zeros(len(points), bool)
    for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        edge = b - a
        t = np.clip(((points - a) @ edge) / (edge @ edge), 0, 1)
        across, up = x - a[0] - t * edge[0], y - a[1] - t * edge[1]
        nearest = np.minimum(nearest, across * across + up * up)
        crosses = (a[1] > y) != (b[1] > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            at = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        inside ^= crosses & (x < at)
    nearest = np.sqrt(nearest)
    return np.where(inside, nearest, -nearest)


def _ragged(template: np.ndarray, own: float, recession: float) -> np.ndarray:
    """How far (n,) the line wanders, metres: a peak in the middle, corners over the eyes, tufts and teeth.

    The corners deepen with ``recession``; tufts and teeth lie elsewhere for every phase ``own``.
    """
    x, y, z = template.T
    front = np.clip((0.045 - y) / 0.02, 0, 1)
    corners = (0.0024 + 0.0100 * recession) * np.exp(-(((np.abs(x) - 0.038) / 0.013) ** 2))
    shape = (0.0010 + 0.0030 * (0.5 + 0.5 * np.sin(own))) * np.exp(-((x / 0.011) ** 2)) - corners
    teeth = (
        0.0016 * np.sin(130 * x + own + 60 * z)
        + 0.0013 * np.sin(290 * x + 1.7 * own + 120 * y)
        + 0.0010 * np.sin(610 * x + 2.3 * own - 170 * z)
        + 0.0010 * np.sin(530 * y + 0.6 * own + 410 * z)
    )
    return front * shape + teeth


def hairline(template: np.ndarray, height: float, recession: float) -> np.ndarray:
    """Signed distance (n,) in metres to the hairline, positive where hair grows.

    ``height`` lifts the forehead's line (m); ``recession`` 0…1 moves the temples back.
    """
    line = np.array(FRONT, float)
    line[:2, 1] += height * 1000 + 2 * recession
    line[2] += [3 * recession, height * 900 + 5 * recession]
    line[3] += [8 * recession, 16 * recession]
    line[4] += [5 * recession, 16 * recession]
    return _signed_distance(template[:, 1:] * 1000, line) / 1000 + _ragged(
        template, 2e3 * height + 40 * recession, recession
    )


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def coverage(
    template: np.ndarray, height: float, recession: float, balding: float, edge: tuple[float, float] = EDGE
) -> np.ndarray:
    """Density of hair (n,) in 0…1 from hairline, receding temples and a bald crown; it rises over ``edge`` (m)."""
    density = smoothstep(hairline(template, height, recession), *edge)
    density = density * (np.abs(template[:, 0]) < 0.105)
    if balding > 0.02:
        # Male pattern: a spot at the crown that grows to meet the receding front (Norwood 1975).
        crown = np.linalg.norm((template - [0, 0.125, 0.098]) / [0.052, 0.06, 0.07], axis=1)
        top = np.linalg.norm((template - [0, 0.055, 0.125]) / [0.058, 0.095, 0.06], axis=1)
        bare = np.maximum(1 - smoothstep(crown, 0.4 + 0.7 * balding, 0.8 + 0.9 * balding),
                          (1 - smoothstep(top, 0.75, 1.15)) * smoothstep(np.array(balding), 0.45, 0.8))  # fmt: skip
        density = density * (1 - 0.985 * np.clip(bare, 0, 1) * min(1.0, balding * 1.8))
    return density
