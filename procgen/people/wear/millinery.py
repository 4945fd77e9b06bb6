"""What hats are made of: blocked crowns, cuffs, visors, buttons, eyelets, and places on their cloth."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.angles import arctan2
from ...materials.cloth import SEAM_REACH
from .tailor import merged, tube

# Degrees that a hat may sit askew: to a side, about the neck, and back. Hair is cut at the straight rim.
TILTS = {"cap": (1.2, 5, 1.0), "cap_backwards": (1.2, 6, 1.0), "beanie": (1.2, 0, 1.0), "fedora": (1.6, 3, 1.0),
         "straw_hat": (1.6, 3, 1.0), "bucket_hat": (1.4, 0, 1.0), "beret": (1.5, 8, 0.8)}  # fmt: skip
VISOR_REACH, VISOR_HALF, VISOR_ROWS = 0.070, 1.08, 14  # metres, radians, rows of its grid
QUILTED = 0.004  # metres from one of its rows of stitches to where the next is as near
TOP = 0.8  # of the widest girth: what is narrower is the top
CUFF_RINGS = 10  # of the crown that a cuff covers
WINDINGS, WINDING = 9, 0.088  # turns of a turban, and from one to the next as a share of its height
TURNED, TURNED_UP = (
    0.11,
    0.0022,
)  # share of a bandana's height that is folded over in front, and metres that it stands out
FAN, FAN_HEIGHT = 0.24, 0.0050  # radians from fold to fold about its knot, and their height in metres
LAP = 0.0019  # metres that a turn adds
EYELET, EYELET_WIRE, EYELET_RING = (
    0.0030,
    0.0009,
    17,
)  # radius and wire in metres; the ring of the crown that they are on


def tilt(kind: str, rng: Generator) -> np.ndarray:
    """The turn (3, 3) by which a hat sits a little askew."""
    roll, yaw, pitch = (np.radians(most) * rng.uniform(-1, 1) for most in TILTS.get(kind, (0, 0, 0)))
    c, s = np.cos, np.sin
    x = np.array([[1, 0, 0], [0, c(pitch), -s(pitch)], [0, s(pitch), c(pitch)]])
    y = np.array([[c(roll), 0, s(roll)], [0, 1, 0], [-s(roll), 0, c(roll)]])
    z = np.array([[c(yaw), -s(yaw), 0], [s(yaw), c(yaw), 0], [0, 0, 1]])
    return z @ y @ x


def ring_cloth(rows: np.ndarray, capped: bool, gores: int = 0, edges: str = "") -> np.ndarray:
    """Places (corners, 3) on the cloth of rings (rings, around, 3) whose faces are those of ``grid_faces``.

    Sewn of gores, each lies flat by itself; 0 gores are a band with a top that is seen from above, -1 is knitted in the round.
    ``edges`` "both" has the first and the last ring stitched.
    """
    rings, around = rows.shape[:2]
    up = np.concatenate([np.zeros((1, around)), np.cumsum(np.linalg.norm(np.diff(rows, axis=0), axis=2), 0)])
    girth = np.linalg.norm(np.diff(np.concatenate([rows, rows[:, :1]], 1), axis=1), axis=2).mean(1)  # of a column
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    ring, column = np.stack([i, i, i + 1, i + 1], -1), np.stack([j, j + 1, j + 1, j], -1)
    near = np.zeros(ring.shape)
    if gores > 0:
        wide = around // gores
        u = (column - (j // wide * wide + wide / 2)[..., None]) * girth[ring]
        near = np.maximum(SEAM_REACH - np.maximum(wide / 2 * girth[ring] - np.abs(u), 0), 0)
    else:
        u = column * girth[0]
    v = up[ring, column % around]
    if gores == 0:  # the top is a piece of its own
        top = (girth[1:] < TOP * girth.max())[i][..., None]
        seen = rows[ring, column % around]
        u, v = np.where(top, seen[..., 0], u), np.where(top, seen[..., 1], v)
    if edges == "both":
        near = np.maximum(near, SEAM_REACH - np.minimum(v, up[-1][column % around] - v))
    cloth = np.stack([u, v, near], -1).reshape(-1, 3)
    if not capped:
        return cloth
    cap = np.column_stack([np.arange(around) * girth[-1] if gores < 0 else rows[-1, :, 0], up[-1], np.zeros(around)])
    return np.concatenate([cloth, cap])


def block(crown: np.ndarray, t: np.ndarray, rise: float, taper: float, crease: float) -> np.ndarray:
    """Make a dome (rings, around, 3) into a blocked hat: walls that lean in, and a top ``rise`` above the dome."""
    rim, middle = crown[0], crown[0].mean(0)
    flat = crown - middle
    reach = np.linalg.norm(flat[..., :2], axis=-1)
    widest = reach.max(0)
    outward = flat[0, :, :2] / reach[0][:, None]
    top = crown[..., 2].max() + rise
    wall = np.clip(t / 0.62, 0, 1)
    inward = np.clip((t - 0.62) / 0.38, 0, 1)
    corner = 1 - np.sqrt(np.clip(1 - np.clip((wall - 0.80) / 0.20, 0, 1) ** 2, 0, 1))
    radius = (
        (reach[0] + (widest - reach[0]) * np.clip(wall * 3, 0, 1)) * (1 - taper * wall - 0.05 * corner) * (1 - inward)
    )
    lean = 0.25 * (rim[:, 2] - middle[2])[None] * (1 - inward)
    edge = top + lean - 0.010 * (1 - inward) ** 2
    height = rim[None, :, 2] + (edge - rim[None, :, 2]) * wall
    result = np.concatenate([middle[:2] + outward[None] * radius[..., None], height[..., None]], -1)
    if crease:
        x, y = result[..., 0], result[..., 1] - middle[1]
        above = np.clip((wall - 0.55) / 0.45, 0, 1)
        # A crease from front to back and a pinch at both sides of the front.
        result[..., 2] -= crease * above * np.exp(-((x / 0.026) ** 2))
        pinch = np.exp(-(((y + 0.068) / 0.030) ** 2)) * above
        result[..., 0] -= np.sign(x) * 0.012 * pinch * np.clip(np.abs(x) / 0.03, 0, 1)
    return result


def beanie(crown: np.ndarray, rays: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """The cuff (rings, around, 3) of a beanie: its edge folded up, thick and a little uneven."""
    ring = np.arange(CUFF_RINGS)
    fold = np.interp(ring, [0, 1, 4, CUFF_RINGS - 2, CUFF_RINGS - 1], [0.0026, 0.0058, 0.0066, 0.0060, 0.0018])[:, None]
    return crown[:CUFF_RINGS] + rays[:CUFF_RINGS] * (fold + 0.0009 * wave[:CUFF_RINGS])[..., None]


def wound(t: np.ndarray, a: np.ndarray, wave: np.ndarray, rng: Generator) -> np.ndarray:
    """How far (rings, around) the cloth of a turban stands off, over t 0…1 from rim to top and azimuth ``a``; metres.

    Turns climb to either side by turns and cross over the forehead. Each lies on those before it, which show above its
    edge; the last one lies lowest and outermost.
    """
    lean, drift = rng.choice([-1.0, 1.0]), rng.uniform(-0.25, 0.25)
    outer, into = np.zeros(np.broadcast_shapes(t.shape, a.shape)), np.zeros(np.broadcast_shapes(t.shape, a.shape))
    for turn in range(WINDINGS):
        side = lean if turn % 2 else -lean
        climb = (0.15 + rng.uniform(-0.03, 0.03)) * np.sin(a + side * drift + rng.uniform(-0.2, 0.2))
        edge = 0.13 + WINDING * turn + side * climb + 0.012 * np.sin(2 * a + rng.uniform(0, 6.28))
        deep = np.clip((edge - t) / 0.022, 0, 1)  # an edge is a fold, round and soft
        height = (WINDINGS - turn) * LAP * np.sqrt(1 - (1 - deep) ** 2)
        into = np.where(height > outer, edge - t, into)
        outer = np.maximum(outer, height)
    pleat = np.abs(np.sin(np.pi * (into / 0.052 + 0.25 * wave))) ** 0.6  # gathered along its length
    under = np.sqrt(1 - (1 - np.clip(t / 0.20, 0, 1)) ** 2)  # it turns in at the rim
    body = 0.003 + 0.024 * np.clip(t / 0.8, 0, 1) ** 1.5 * (1 + 0.2 * lean * np.sin(a) * (1 - t))  # it is tall
    return under * (body + outer + 0.0022 * (pleat - 0.5) * np.clip(into / 0.03, 0, 1))


def tied(t: np.ndarray, a: np.ndarray, wave: np.ndarray, rng: Generator) -> np.ndarray:
    """How far (rings, around) a square of cloth that is tied behind stands off, over t 0…1 from rim to top and azimuth ``a``; metres.

    Its front edge is folded over twice, folds fan out from the knot at the nape, and shallow ones cross the crown.
    """
    turned = TURNED_UP * np.clip((TURNED - t - 0.02 * wave) / 0.02, 0, 1)
    along, up = 0.095 * (np.pi - np.abs(a)), 0.16 * t  # metres from the knot, about
    far, angle = np.hypot(along, up), arctan2(up + 0 * along, along + 0 * up)
    phase = angle / FAN + 0.4 * wave + np.where(a > 0, *rng.uniform(0, 1, 2))
    uneven = 0.6 + 0.4 * np.sin(1.9 * phase + rng.uniform(0, 6.28))
    pulled = np.clip((far - 0.012) / 0.03, 0, 1) * np.clip((0.26 - far) / 0.14, 0, 1)
    over = np.abs(np.sin(np.pi * (3.1 * a / np.pi + 1.5 * t + 0.7 * wave + rng.uniform(0, 1)))) ** 0.8
    return (
        turned
        + FAN_HEIGHT * pulled * uneven * np.abs(np.sin(np.pi * phase)) ** 0.7
        + 0.0022 * over * np.clip(3 * t, 0, 1)
    )


def visor(rim: np.ndarray, middle: float, backwards: bool):
    """A visor on the front of a rim (k, 3): vertices, faces and places on its cloth; it arches from side to side."""
    azimuth = arctan2(rim[:, 0], -(rim[:, 1] - middle) * (-1 if backwards else 1))
    order = np.argsort(azimuth)
    inner = rim[order][np.abs(azimuth[order]) < VISOR_HALF]
    t = np.linspace(0, 1, VISOR_ROWS)[:, None]
    across = inner[:, 0] / np.abs(inner[:, 0]).max()
    long = VISOR_REACH * np.sqrt(np.clip(1 - np.abs(across) ** 2.6, 0, 1))
    rows = np.repeat(inner[None], VISOR_ROWS, 0)
    rows[..., 0] += t * 0.04 * inner[:, 0]
    rows[..., 1] -= t * long * (-1 if backwards else 1)
    # Its middle stands higher than its sides, and it falls toward its edge.
    rows[..., 2] += (
        0.010 * np.sin(0.6 * np.pi * t) * (1 - across**2) - t * (0.010 + 0.036 * across**2) * long / VISOR_REACH
    )
    count = len(inner)
    i, j = np.meshgrid(np.arange(VISOR_ROWS - 1), np.arange(count - 1), indexing="ij")
    faces = np.stack([i * count + j, i * count + j + 1, (i + 1) * count + j + 1, (i + 1) * count + j], -1)
    # Every second row of the grid is a row of stitches through both layers.
    quilted = QUILTED * (np.arange(VISOR_ROWS) % 2 == VISOR_ROWS % 2)[:, None]
    edge = np.minimum((1 - t) * long, quilted + 0 * long)
    cloth = np.stack([rows[..., 0], rows[..., 1], SEAM_REACH - edge], -1).reshape(-1, 3)
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist(), cloth


def brim_cloth(vertices: np.ndarray, around: int) -> np.ndarray:
    """Places (n, 3) on the cloth of a brim (rows · around, 3): as seen from above, stitched along its edge."""
    rows = vertices.reshape(-1, around, 3)
    edge = np.minimum(np.linalg.norm(rows[-1:] - rows, axis=2), SEAM_REACH)
    return np.column_stack([vertices[:, :2], SEAM_REACH - edge.ravel()])


def button(place: np.ndarray):
    """The covered button on a cap: vertices and faces."""
    ring = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    path = place + 0.0035 * np.stack([np.cos(ring), np.sin(ring), 0 * ring], 1)
    return tube(path, 0.0035, 8, closed=True)


def eyelets(crown: np.ndarray, rays: np.ndarray):
    """The sewn eyelets of a cap (rings, around, 3), one in each of six panels: vertices and faces."""
    around = crown.shape[1]
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)[:, None]
    rings = []
    for column in range(around // 12, around, around // 6):
        out = rays[EYELET_RING, column]
        side = np.cross([0.0, 0.0, 1.0], out)
        side /= np.linalg.norm(side)
        path = (
            crown[EYELET_RING, column]
            + 0.0020 * out
            + EYELET * (np.cos(turn) * side + np.sin(turn) * np.cross(out, side))
        )
        rings.append(tube(path, EYELET_WIRE, 6, closed=True, up=tuple(out)))
    return merged(rings)
