"""The panels that a garment is sewn from, front, back and sleeves, and how each lies flat on the cloth that it is cut from."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...materials.cloth import SEAM_REACH

SHOULDER_SEAM, SIDE_SEAM, UNDERARM_SEAM = 0.122, 0.075, 0.112  # y of the seams in the template, metres
ARMHOLE, ARMHOLE_DEPTH = (
    0.164,
    0.016,
)  # |x| of the seam of a sleeve at its ends, and how much farther in it runs between
ARM_START, ARM_ALONG = np.array([0.160, 0.112, -0.225]), np.array([0.68, 0.0, -0.73])  # axis of the left upper arm
ARM_RADIUS = 0.05  # metres, of a sleeve that is not yet flattened
CELL = 0.04  # metres of the groups of vertices that the solver moves as one
DECIMALS = 6  # of metres that are kept: releases of numpy differ in the last bits
ROUNDS, STEPS = 7, 12  # of turning triangles, and of the solver in each


def armhole(template: np.ndarray) -> np.ndarray:
    """Distance (n,) of template places from the seam of the sleeve, positive on the sleeve; metres."""
    down = np.clip((-0.155 - template[:, 2]) / 0.135, 0, 1)
    return np.abs(template[:, 0]) - ARMHOLE + ARMHOLE_DEPTH * np.sin(np.pi * down)


def backward(template: np.ndarray) -> np.ndarray:
    """Distance (n,) of template places from the seams of shoulder and side, positive on the back; metres."""
    x, y, z = template.T
    torso = np.interp(-z, [0.20, 0.29], [SHOULDER_SEAM, SIDE_SEAM])
    sleeve = np.clip((np.abs(x) - 0.125) / 0.035, 0, 1)
    return y - torso * (1 - sleeve) - UNDERARM_SEAM * sleeve


SEAMS = (armhole, backward)


def panel_of(template: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The panel (m,) of triangles that no seam crosses: 0 front, 1 back, 2 left sleeve, 3 right sleeve."""
    sleeve = armhole(template)[triangles].sum(1) > 0
    back = backward(template)[triangles].sum(1) > 0
    return np.where(sleeve, 2 + (template[triangles, 0].sum(1) < 0), back)


def along_arm(template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Metres (n,) along the axis of the nearer upper arm, and the angle (n,) around it: 0 above, ±π below, negative in front."""
    away = np.column_stack([np.abs(template[:, 0]), template[:, 1], template[:, 2]]) - ARM_START
    above = away @ np.array([-ARM_ALONG[2], 0.0, ARM_ALONG[0]])
    return away @ ARM_ALONG, arctan2(away[:, 1], above)


def seam_nearness(template: np.ndarray) -> np.ndarray:
    """How near (n,) the next seam of a garment is: SEAM_REACH on it, 0 from SEAM_REACH metres on."""
    return np.maximum(SEAM_REACH - np.minimum.reduce([np.abs(seam(template)) for seam in SEAMS]), 0)


def cloth_of(positions: np.ndarray, triangles: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Places (m, 3, 3) on the cloth of the corners of triangles: metres across and along its grain, and how near a seam is.

    Each panel lies flat by itself: upright in the middle of front and back, along the arm on sleeves.
    """
    panel, count = panel_of(template, triangles), len(positions)
    along, angle = along_arm(template)
    back, below = backward(template), np.abs(angle) > np.pi / 2
    result = np.zeros((*triangles.shape, 3))
    result[..., 2] = seam_nearness(template)[triangles]
    for which in np.unique(panel):
        mine = panel == which
        corners = triangles[mine]
        if which >= 2:  # a sleeve opens along the seam below the arm: its vertices are doubled there
            behind = (back[corners].sum(1) > 0)[:, None]
            corners = corners + count * (behind & below[corners])
        used, faces = np.unique(corners, return_inverse=True)
        faces, places = faces.reshape(-1, 3), used % count
        if which >= 2:
            turn = np.where((used >= count) | (back[places] > 1e-9), 1, -1) * np.abs(angle[places])
            start = ARM_RADIUS * turn - 1j * along[places]
        else:
            start = _facing(template[places], which == 1)
        flat = flattened(positions[places], faces, start)
        if which < 2:
            flat = _upright(flat, template[places])
        result[mine, :, 0], result[mine, :, 1] = flat.real[faces], flat.imag[faces]
    return np.round(result, DECIMALS)


def patch_cloth(positions: np.ndarray, triangles: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Places (m, 3, 3) on the cloth of a piece laid on the front of a garment, by itself flat and upright."""
    result = np.zeros((*triangles.shape, 3))
    for side in (True, False):  # both sides of an open front, each by itself
        mine = (template[triangles, 0].mean(1) > 0) == side
        if mine.any():
            used, faces = np.unique(triangles[mine], return_inverse=True)
            faces = faces.reshape(-1, 3)
            flat = flattened(positions[used], faces, _facing(template[used], False))[faces]
            result[mine, :, 0], result[mine, :, 1] = flat.real, flat.imag
    return np.round(result, DECIMALS)


def _facing(template: np.ndarray, back: bool) -> np.ndarray:
    """A first guess of a front's or a back's flat places (n,): as it is seen, its sides and shoulders laid open."""
    x, y, z = template.T
    depth = np.maximum(0.16 - y if back else y, 0)
    above = np.clip((z + 0.24) / 0.06, 0, 1)
    across = x + np.sign(x) * 0.9 * depth * (1 - above)
    return (-across if back else across) + 1j * (z + 0.8 * depth * above)


def _upright(flat: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Turn a flat panel so that its middle hangs straight, and lay that on the line of 0."""
    middle = np.abs(template[:, 0]) < 0.04
    if not middle.any():
        return flat
    seen = 1j * template[middle, 2]
    turn = ((flat[middle] - flat[middle].mean()) * np.conj(seen - seen.mean())).sum()
    flat = flat * np.conj(turn) / max(np.abs(turn), 1e-12)
    line = np.abs(template[:, 0]) < 0.012
    line = line if line.any() else middle
    return flat - flat.real[line].mean() - 1j * (flat.imag[line] - template[line, 2]).mean()


def flattened(points: np.ndarray, faces: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Lay a surface of points (n, 3) and triangles (m, 3) flat, from a first guess (n,), and keep its metres.

    Places are complex numbers. As rigid as possible: L. Liu, L. Zhang, Y. Xu, C. Gotsman and S. J. Gortler, "A local/global
    approach to mesh parameterization", Symposium on Geometry Processing 2008.
    """
    rest, weight = _laid(points, faces)
    a, b = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    sides = (rest[:, [0, 1, 2]] - rest[:, [1, 2, 0]]).ravel()
    guess = start[faces]
    edges = guess[:, 1:] - guess[:, :1]
    if (np.conj(edges[:, 0]) * edges[:, 1]).imag.sum() < 0:
        start = -np.conj(start)
    solve = _Solver(a, b, weight, len(points), start)
    flat = start
    for _ in range(ROUNDS):
        turn = (weight * (flat[a] - flat[b]) * np.conj(sides)).reshape(-1, 3).sum(1)
        turn /= np.maximum(np.abs(turn), 1e-20)
        pull = weight * np.repeat(turn, 3) * sides
        flat = solve(_summed(a, pull, len(points)) - _summed(b, pull, len(points)), flat)
    return flat


def _laid(points: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each triangle's corners (m, 3) in its own plane, and the weights (3 m,) of its sides: clamped cotangents."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    long = np.maximum(np.linalg.norm(b - a, axis=1), 1e-9)
    along = (b - a) / long[:, None]
    across = np.cross(np.cross(b - a, c - a), along)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-20)
    tip = np.einsum("ij,ij->i", c - a, along) + 1j * np.einsum("ij,ij->i", c - a, across)
    rest = np.stack([0 * tip, long + 0j, tip], 1)
    opposite = rest[:, [2, 0, 1]]
    one, other = rest - opposite, rest[:, [1, 2, 0]] - opposite
    angle = np.conj(one) * other
    return rest, np.clip(angle.real / np.maximum(np.abs(angle.imag), 1e-12), 0.05, 4.0).ravel()


def _summed(index: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(index, values.real, count) + 1j * np.bincount(index, values.imag, count)


class _Solver:
    """Conjugate gradients for a mesh's Laplacian; groups of vertices are brought into place first."""

    def __init__(self, a: np.ndarray, b: np.ndarray, weight: np.ndarray, count: int, start: np.ndarray):
        pairs, where = np.unique(np.minimum(a, b) * count + np.maximum(a, b), return_inverse=True)
        a, b, weight = pairs // count, pairs % count, np.bincount(where.ravel(), weight)
        self.diagonal = np.bincount(a, weight, count) + np.bincount(b, weight, count)
        cells = np.floor(start.real / CELL) * 4096 + np.floor(start.imag / CELL)
        group = np.unique(cells, return_inverse=True)[1].ravel()
        groups = group.max() + 1
        coarse = -np.bincount(group[a] * groups + group[b], weight, groups**2).reshape(groups, groups)
        coarse = coarse + coarse.T
        np.fill_diagonal(coarse, 0)
        np.fill_diagonal(coarse, -coarse.sum(1) + 1e-6)
        self.inverse, self.group = np.linalg.inv(coarse), group
        # Both directions of each edge, row by row: a row's sum is then one stretch of a list.
        rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
        order = np.argsort(rows, kind="stable")
        self.columns, self.weight = columns[order], np.concatenate([weight, weight])[order]
        self.first = np.searchsorted(rows[order], np.arange(count))
        self.members = np.argsort(group, kind="stable")
        self.first_member = np.searchsorted(group[self.members], np.arange(groups))

    def _smoothed(self, residual: np.ndarray) -> np.ndarray:
        gathered = np.add.reduceat(residual[self.members], self.first_member)
        whole = self.inverse @ gathered.view(float).reshape(-1, 2)  # a complex vector would make the matrix complex
        return residual / self.diagonal + whole.view(complex)[self.group, 0]

    def _applied(self, places: np.ndarray) -> np.ndarray:
        return self.diagonal * places - np.add.reduceat(self.weight * places[self.columns], self.first)

    def __call__(self, target: np.ndarray, places: np.ndarray) -> np.ndarray:
        residual = target - self._applied(places)
        step = smoothed = self._smoothed(residual)
        size = np.vdot(residual, smoothed).real
        for _ in range(STEPS):
            if size < 1e-18:
                break
            applied = self._applied(step)
            share = size / max(np.vdot(step, applied).real, 1e-30)
            places, residual = places + share * step, residual - share * applied
            smoothed = self._smoothed(residual)
            size, before = np.vdot(residual, smoothed).real, size
            step = smoothed + size / max(before, 1e-30) * step
        return places
