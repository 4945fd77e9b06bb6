"""What is sewn on a neckline: bindings, shirt collars, stands, hoods, scarves, and the tie."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...materials.cloth import SEAM_REACH
from .tailor import keep_outside, section_sweep, tube

CLOTH_THICKNESS = 0.0018  # metres


def _frame(ring: np.ndarray):
    """Angle from the front (k,), outward (k, 3) and sideways away from the front (k, 3) of a neck ring."""
    middle = ring.mean(0)
    outward = ring - middle
    outward[:, 2] = 0
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    angle = arctan2(outward[:, 0], -outward[:, 1])
    away = np.stack([-outward[:, 1], outward[:, 0], 0 * angle], 1) * np.sign(angle)[:, None]
    return angle, outward, away


def _opened(ring: np.ndarray, gap: float, count: int = 121):
    """A neck ring opened in front by ±gap radians: points, outward, away (count, 3) and angle (count,)."""
    angle, _, _ = _frame(ring)
    order = np.argsort(angle)
    at = np.linspace(gap, 2 * np.pi - gap, count)
    angle_round = np.concatenate([angle[order], angle[order] + 2 * np.pi, angle[order] + 4 * np.pi])
    points = np.stack([np.interp(at + 2 * np.pi, angle_round, np.tile(ring[order, i], 3)) for i in range(3)], 1)
    middle = ring.mean(0)
    outward = (points - middle) * [1, 1, 0]
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    angle = np.where(at > np.pi, at - 2 * np.pi, at)
    away = np.stack([-outward[:, 1], outward[:, 0], 0 * angle], 1) * np.sign(angle + 1e-9)[:, None]
    return points, outward, away, angle


def _grid(rows: np.ndarray, closed: bool, edges: str = ""):
    """A mesh of rows (rows, k, 3) that run around the neck: vertices, faces, and places (m, 4, 3) on its cloth.

    ``edges`` names those that are stitched: last (the last row), ends (both ends of the rows).
    """
    rings, count = rows.shape[:2]
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(count if closed else count - 1), indexing="ij")
    after = (j + 1) % count
    faces = np.stack([i * count + j, i * count + after, (i + 1) * count + after, (i + 1) * count + j], -1)
    down = _length(rows)  # along each column
    along = _length(np.concatenate([rows, rows[:, :1]], 1).swapaxes(0, 1) if closed else rows.swapaxes(0, 1)).mean(1)
    u, v = np.stack([along[j], along[j + 1], along[j + 1], along[j]], -1), -down.ravel()[faces]
    near = np.zeros_like(u)
    if "last" in edges:
        near = np.maximum(near, SEAM_REACH - (down[-1:] - down).ravel()[faces])
    if "ends" in edges:
        near = np.maximum(near, SEAM_REACH - np.minimum(u, along[-1] - u))
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist(), np.stack([u, v, near], -1).reshape(-1, 4, 3)


def _length(rows: np.ndarray) -> np.ndarray:
    """Metres (n, k) along columns of points (n, k, 3)."""
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(np.linalg.norm(np.diff(rows, axis=0), axis=2), 0)])


def leaf(ring, cloth, skin, gap: float, fall: float = 0.046, stand: float = 0.032, spread: float = 0.03):
    """A collar that stands and turns down onto the garment, with points; ``gap`` radians half open in front."""
    points, outward, away, angle = _opened(ring, gap)
    front = np.clip(1 - (np.abs(angle) - gap) / 1.1, 0, 1)[:, None] ** 1.5
    up = np.array([0, 0, 1.0])
    height = stand * (1 - 0.30 * front)
    rows = [
        points + outward * 0.001 - up * 0.008,
        points + up * 0.4 * height,
        points + up * 0.9 * height,
        points + up * height + outward * 0.0025,
    ]
    rows = [keep_outside(row, skin, 0.0022) for row in rows]
    top = rows[-1]
    length = fall * (1 + 0.40 * front)
    for t in np.linspace(0, 1, 9)[1:]:
        roll = 0.006 + 0.010 * t + 0.004 * np.sin(np.pi * t)
        row = (
            top
            + outward * roll
            - up * length * t
            + away * (spread * t) * np.exp(-(((np.abs(angle) - gap) / 0.42) ** 2))[:, None]
        )
        row = keep_outside(row, skin, 0.006)
        rows.append(keep_outside(row, cloth, 0.0030))
    return _grid(np.array(rows), False, "last ends")


def stand(ring, skin, gap: float, tall: float):
    """A collar that stands up around the neck, open in front."""
    points, outward, _, angle = _opened(ring, gap)
    lean = np.clip(1 - (np.abs(angle) - gap) / 0.6, 0, 1)[:, None] ** 2
    rows = []
    for t in np.linspace(-0.3, 1, 8):
        row = (
            points + outward * (0.002 + 0.004 * max(t, 0) + 0.010 * lean * max(t, 0)) + np.array([0, 0, 1.0]) * tall * t
        )
        rows.append(keep_outside(row, skin, 0.005))
    return _grid(np.array(rows), False, "last ends")


def turtle(ring, skin):
    """A tall ribbed collar folded over once."""
    _, outward, _ = _frame(ring)
    profile = [
        (0.004, -0.014),
        (0.002, 0.0),
        (0.0, 0.016),
        (0.0, 0.030),
        (0.002, 0.038),
        (0.005, 0.040),
        (0.008, 0.036),
        (0.0095, 0.020),
        (0.0095, 0.004),
        (0.007, -0.004),
    ]
    slack = 0.0012 * np.sin(np.arange(len(ring)) * 0.55)[:, None]
    rows = []
    for out, lift in profile:
        row = ring + outward * (out + (slack if out > 0.006 else 0)) + np.array([0, 0, lift])
        rows.append(keep_outside(row, skin, 0.0025 + max(out - 0.001, 0)))
    return _grid(np.array(rows), True)


def hood(ring, skin, cloth, rng) -> list:
    """A hood that is down: two rolls of cloth behind the neck that flatten toward the throat, crumpled."""
    angle, outward, _ = _frame(ring)
    back = np.clip(np.abs(angle) / np.pi, 0, 1)[:, None]
    meshes = []
    for index, (size, lift, out) in enumerate(((0.021, 0.012, 0.006), (0.026, -0.006, 0.024))):
        turn = np.linspace(0, 2 * np.pi, 19)[:-1]
        phases = rng.uniform(0, 6.28, 3)
        radius = 0.0085 + size * (back**1.6) * (0.85 if index else 1.0)
        rows = []
        for a in turn:
            crumple = (
                1
                + 0.16 * np.sin(angle * 7 + 2 * a + phases[0]) * back[:, 0]
                + 0.10 * np.sin(angle * 13 - 3 * a + phases[1]) * back[:, 0]
            )
            r = radius * crumple[:, None]
            row = (
                ring
                + outward * (out * back + 0.004 + radius * 0.9 + r * np.cos(a))
                + np.array([0, 0, 1.0]) * (lift * back - 0.002 + r * 1.15 * np.sin(a))
            )
            rows.append(row)
        rows = np.array(rows)
        shape = rows.shape
        rows = keep_outside(rows.reshape(-1, 3), skin, 0.004).reshape(shape)
        meshes.append(_grid(np.concatenate([rows, rows[:1]]), True))
    return meshes


def drawstring(layer, side: float, rng):
    """A cord that hangs from the throat over the chest."""
    top, _ = layer.at(side * 0.026, layer.cut.front - 0.010)
    length, drift = rng.uniform(0.10, 0.16), rng.uniform(-0.008, 0.012)
    t = np.linspace(0, 1, 26)[:, None]
    path = top + np.array([side * drift, -0.006, -length]) * t + np.array([side * 0.004, 0, 0]) * np.sin(4 * t)
    path = keep_outside(path, layer.tree, 0.0035)
    return tube(path, np.where(t[:, 0] > 0.93, 0.0032, 0.0024), 8, up=(0.0, 1.0, 0.0))


def scarf(ring, skin, rng) -> list:
    """A scarf wound twice around the neck, flattened and gathered in irregular folds."""
    angle, outward, _ = _frame(ring)
    meshes = []
    for lift, out, width in ((-0.022, 0.020, 0.034), (0.014, 0.012, 0.029)):
        turn = np.linspace(0, 2 * np.pi, 49)[:-1]
        phases = rng.uniform(0, 6.28, 4)
        drop = 0.020 * np.cos(angle + phases[3] * 0.15)[:, None]
        rows = []
        for a in turn:
            wave = 1 + 0.14 * np.sin(angle * 2 + a * 3 + phases[0]) + 0.10 * np.sin(angle * 5 - a * 5 + phases[1])
            # Creases run along the cloth; they wander up and down around the neck.
            wander = 1.2 * np.sin(angle + phases[2]) + 0.5 * np.sin(angle * 3 + phases[1])
            crease = 0.30 * (1 - np.abs(np.sin(a * 3.5 + wander))) ** 2 + 0.10 * np.abs(np.sin(a * 8 - 1.5 * wander))
            r = width * (wave - crease)[:, None]
            rows.append(
                ring + outward * (out + 0.50 * r * np.cos(a)) + np.array([0, 0, 1.0]) * (lift - drop + r * np.sin(a))
            )
        rows = np.array(rows)
        rows = keep_outside(rows.reshape(-1, 3), skin, 0.003).reshape(rows.shape)
        meshes.append(_grid(np.concatenate([rows, rows[:1]]), True))
    return meshes


def scarf_end(layer, rng):
    """The end of a scarf that hangs over the chest: a piece gathered in pleats along it."""
    x, y, z = layer.template.T
    side, top = rng.choice([-1.0, 1.0]), layer.cut.front + 0.004
    down = np.clip(top - z, 0, 0.3)
    across = x - side * (0.022 + 0.10 * down)
    field = np.minimum.reduce([0.030 + 0.07 * down - np.abs(across), top - z, 0.08 - y])
    pleat = np.abs(np.sin(across / 0.0075 + 1.4 * np.sin(9 * z + rng.uniform(0, 6.28)))) ** 0.8
    return layer.patch(field, 0.008 + 0.0065 * pleat + 0.014 * np.exp(-down / 0.03), True)


def binding(path: np.ndarray, cloth, closed: bool, inside: float, outside: float, thickness: float):
    """A band along an edge: ``inside`` metres beyond it, ``outside`` metres onto the cloth."""
    found = [cloth.find_nearest(point) for point in path.tolist()]
    normal = np.array([hit[1] for hit in found])
    for _ in range(6):
        normal = (np.roll(normal, 1, 0) + 2 * normal + np.roll(normal, -1, 0)) / 4 if closed else normal
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    along = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    onto = np.cross(normal, along)
    onto /= np.maximum(np.linalg.norm(onto, axis=1, keepdims=True), 1e-9)
    gaps = [
        np.mean([cloth.find_nearest(point)[3] for point in (path + sign * 0.006 * onto)[::5].tolist()])
        for sign in (1, -1)
    ]
    onto = onto if gaps[0] < gaps[1] else -onto
    angle = 2 * np.pi * np.arange(14) / 14
    across = (outside - inside) / 2 + (outside + inside) / 2 * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.6
    height = CLOTH_THICKNESS * 0.75 + thickness * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.7
    section = np.broadcast_to(np.stack([across, height], 1), (len(path), 14, 2))
    vertices, faces = section_sweep(path, onto, normal, section, closed)
    ends = np.concatenate([path, path[:1]]) if closed else path
    along, count = _length(ends[:, None])[:, 0], len(path) if closed else len(path) - 1
    i, j = np.meshgrid(np.arange(count), np.arange(14), indexing="ij")
    u, v = along[np.stack([i, i + 1, i + 1, i], -1)], across[np.stack([j, j, (j + 1) % 14, (j + 1) % 14], -1)]
    near = np.where(height[np.stack([j, j, (j + 1) % 14, (j + 1) % 14], -1)] > 0, SEAM_REACH - (outside - v), 0)
    # The caps of an open band are out of sight, and left out.
    return vertices, faces[: count * 14], np.stack([u, v, near], -1).reshape(-1, 4, 3)


def tie(layer, ring) -> list:
    """A necktie: its knot at the collar and its blade down the front."""
    angle, outward, _ = _frame(ring)
    front = np.abs(angle).argmin()
    knot = ring[front] + outward[front] * 0.010 + np.array([0, 0, 0.004])
    z = np.linspace(0, 1, 9)
    rows = []
    for t in z:
        half = 0.019 * (1 - 0.35 * t)
        turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
        rows.append(
            knot
            + np.stack(
                [
                    half * np.sin(turn),
                    -0.009 * np.cos(turn) ** 0.6 * (1 - 0.2 * t) + 0.004 + 0.002 * t,
                    0.014 - 0.032 * t + 0 * turn,
                ],
                1,
            )
        )
    meshes = [_grid(np.array(rows), False)]
    x, y, height = layer.template.T
    low = layer.cut.front - 0.004
    blade = np.minimum.reduce(
        [0.013 + 0.085 * np.clip(low - height, 0, 0.3) - np.abs(x), low + 0.012 - height, 0.08 - y]
    )
    lift = 0.0045 + 0.004 * np.exp(-((x / 0.010) ** 2)) + 0.004 * np.exp(-np.clip(low - height, 0, 1) / 0.02)
    return [*meshes, layer.patch(blade, lift)]
