"""The skin of an animal: the smooth union of its swept parts, meshed by surface nets on a graded lattice; its weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...geometry.mesh import Mesh
from ...geometry.sdf import surface_nets
from .genome import Sweep, to_segment

FAR = 1e3
INFLUENCES = 4  # bones that may move a vertex, as game engines and glTF allow


def graded(low: float, high: float, base: float, fine: Iterable[tuple[float, float, float]] = ()) -> np.ndarray:
    """Coordinates (n,) from low to high in steps of ``base``, with shorter steps in regions (low, high, step)."""
    regions = tuple(fine)
    places = [low]
    while places[-1] < high:
        here = places[-1]
        step = base
        for start, stop, small in regions:
            away = max(start - here - small, here - stop, 0.0)
            step = min(step, small + 0.25 * away)  # steps grow by a quarter each
        places.append(here + step)
    return np.array(places)


def symmetric(high: float, base: float, fine: Iterable[tuple[float, float, float]] = ()) -> np.ndarray:
    """Coordinates (n,) on both sides of zero, the same on either."""
    right = graded(0.0, high, base, fine)
    return np.concatenate([-right[:0:-1], right])


def section_distance(across: np.ndarray, above: np.ndarray, beyond: np.ndarray | float, shape) -> np.ndarray:
    """Radial distance from the rim of a section, negative inside; ``beyond`` in units of the cap's length."""
    width, up, down, power, pear = shape
    height = above / np.where(above > 0, up, down)
    breadth = across / (width * np.maximum(1 + pear * np.clip(height, -1, 1), 0.05))
    if np.all(np.abs(np.asarray(power) - 2) < 1e-9):
        square = breadth * breadth + height * height
    else:
        square = (np.abs(breadth) ** power + np.abs(height) ** power + 1e-24) ** (2 / power)
    ratio = np.sqrt(square + beyond * beyond + 1e-12)
    return np.sqrt(across * across + above * above + (beyond * np.minimum(width, up)) ** 2 + 1e-12) * (1 - 1 / ratio)


def _bounds(sweep: Sweep, first: int, last: int, margin: float) -> tuple[np.ndarray, np.ndarray]:
    centre, shape = sweep.centre[first : last + 1], sweep.shape[first : last + 1]
    width = shape[:, :1] * (1 + np.abs(shape[:, 4:])) * np.abs(sweep.side[first : last + 1])
    height = np.maximum(shape[:, 1:2], shape[:, 2:3]) * np.abs(sweep.up[first : last + 1])
    reach = width + height + margin
    return (centre - reach).min(0), (centre + reach).max(0)


def part_distance(sweep: Sweep, axes: tuple[np.ndarray, ...], margin: float):
    """Slices of the lattice around a part and the distances (i, j, k) from its surface there."""
    count = len(sweep.centre)
    cap = [
        factor * min(sweep.shape[index, 0], sweep.shape[index, 1])
        for factor, index in zip(sweep.part.caps, (0, -1), strict=True)
    ]
    low, high = _bounds(sweep, 0, count - 1, margin + max(cap))
    start = [int(np.searchsorted(axis, bound)) for axis, bound in zip(axes, low, strict=True)]
    stop = [int(np.searchsorted(axis, bound, "right")) for axis, bound in zip(axes, high, strict=True)]
    if any(b - a < 1 for a, b in zip(start, stop, strict=True)):
        return None
    values = np.full([b - a for a, b in zip(start, stop, strict=True)], FAR)
    for index in range(-1, count):
        inner = 0 <= index < count - 1
        end = 0 if index < 0 else count - 1
        first, last = (index, index + 1) if inner else (end, end)
        low, high = _bounds(sweep, first, last, margin + (0 if inner else cap[0 if index < 0 else 1]))
        window = []
        for axis, a, b, bottom, top in zip(axes, start, stop, low, high, strict=True):
            i, j = int(np.searchsorted(axis, bottom)), int(np.searchsorted(axis, top, "right"))
            window.append(slice(max(i - a, 0), min(j, b) - a))
        if any(piece.stop <= piece.start for piece in window):
            continue
        points = [axis[a + piece.start : a + piece.stop] for axis, a, piece in zip(axes, start, window, strict=True)]

        def along(vector, origin, points=points):
            x, y, z = ((coordinate - o) * v for coordinate, o, v in zip(points, origin, vector, strict=True))
            return x[:, None, None] + y[None, :, None] + z[None, None, :]

        if inner:
            before = along(sweep.tangent[first], sweep.centre[first])
            after = along(sweep.tangent[last], sweep.centre[last])
            valid = (before >= 0) & (after <= 0)
            if not valid.any():
                continue
            t = before / np.where(valid, np.maximum(before - after, 1e-12), 1)
            across = (
                along(sweep.side[first], sweep.centre[first]) * (1 - t)
                + along(sweep.side[last], sweep.centre[last]) * t
            )
            above = (
                along(sweep.up[first], sweep.centre[first]) * (1 - t) + along(sweep.up[last], sweep.centre[last]) * t
            )
            one, two = sweep.shape[first], sweep.shape[last]
            shape = [a if a == b else a * (1 - t) + b * t for a, b in zip(one, two, strict=True)]
            found = section_distance(across, above, 0.0, shape)
        else:
            beyond = along(sweep.tangent[end], sweep.centre[end]) * (1 if end else -1)
            valid = beyond >= 0
            across, above = along(sweep.side[end], sweep.centre[end]), along(sweep.up[end], sweep.centre[end])
            length = max(cap[0 if index < 0 else 1], 1e-9)
            found = section_distance(across, above, beyond / length, list(sweep.shape[end]))
        block = values[tuple(window)]
        np.minimum(block, np.where(valid, found, FAR), out=block)
    return tuple(slice(a, b) for a, b in zip(start, stop, strict=True)), values


def smooth_union(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """The union of two distances, rounded over a width (the quadratic blend of Quilez)."""
    share = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - share * share * width / 4


def join(grown: Iterable[Sweep], axes: tuple[np.ndarray, ...], floor: float | None = 0.0) -> Mesh:
    """The closed skin of the joined parts, equal on both sides of x = 0; nothing of it is below ``floor``.

    axes: x symmetric about 0, y and z of the lattice.
    """
    sweeps = [sweep for sweep in grown if sweep.part.joined]
    middle = len(axes[0]) // 2
    half = (axes[0][middle - 2 :], axes[1], axes[2])  # the left, and two planes beyond the middle
    total = np.full([len(axis) for axis in half], FAR)
    cell = max(float(np.max(np.diff(axis))) for axis in axes)
    margin = max(sweep.part.blend for sweep in sweeps) + 2 * cell
    for sweep in [s for s in sweeps if not s.part.carved] + [s for s in sweeps if s.part.carved]:
        found = part_distance(sweep, half, margin)
        if found is None:
            continue
        where, values = found
        if sweep.part.carved:
            total[where] = -smooth_union(-total[where], values, sweep.part.blend)
        else:
            total[where] = smooth_union(total[where], values, sweep.part.blend)
    if floor is not None:
        total = np.maximum(total, floor - half[2][None, None, :])
    total = np.concatenate([total[:2:-1], total[2:]])
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    mesh = largest(surface_nets(well_composed(np.clip(total, -1, 1)), points))
    return replace(mesh, vertices=symmetrised(mesh.vertices))


def well_composed(values: np.ndarray) -> np.ndarray:
    """Values (i, j, k) without faces of the lattice that are inside at two opposite corners only.

    Four quads of a surface net would share an edge there (Latecki 1997 calls such pictures ill composed); the corner
    nearer to the surface is taken inside.
    """
    values = values.copy()
    for _ in range(12):
        changed = False
        for u, v in ((0, 1), (1, 2), (0, 2)):
            corner = {}
            for a in (0, 1):
                for b in (0, 1):
                    place = [slice(None)] * 3
                    place[u] = slice(a, values.shape[u] - 1 + a)
                    place[v] = slice(b, values.shape[v] - 1 + b)
                    corner[a, b] = values[tuple(place)]
            for one, two in (((0, 0), (1, 1)), ((0, 1), (1, 0))):
                other = [key for key in corner if key not in (one, two)]
                bad = (corner[one] < 0) & (corner[two] < 0) & (corner[other[0]] >= 0) & (corner[other[1]] >= 0)
                where = np.nonzero(bad)
                if not len(where[0]):
                    continue
                changed = True
                least = np.minimum(corner[other[0]][where], corner[other[1]][where])
                for key in other:
                    block = corner[key]
                    found = block[where]
                    block[where] = np.where(found <= least + 1e-12, -1e-6, found)
        if not changed:
            break
    return values


def symmetrised(vertices: np.ndarray) -> np.ndarray:
    """Vertices with numerical dust in the mirror plane swept away."""
    return np.where(np.abs(vertices) < 1e-12, 0.0, vertices)


def components(faces: np.ndarray, count: int) -> np.ndarray:
    """The number (n,) of the connected piece each vertex belongs to: the least vertex of it."""
    label = np.arange(count)
    quads = np.where(faces < 0, faces[:, [0]], faces)
    while True:
        least = label[quads].min(1)
        new = label.copy()
        for corner in quads.T:
            np.minimum.at(new, corner, least)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


def largest(mesh: Mesh) -> Mesh:
    """The largest connected piece of a mesh."""
    label = components(mesh.faces, len(mesh.vertices))
    keep = label == np.argmax(np.bincount(label))
    if keep.all():
        return mesh
    number = np.cumsum(keep) - 1
    faces = mesh.faces[keep[mesh.faces[:, 0]]]
    return Mesh(mesh.vertices[keep], np.where(faces < 0, faces, number[faces]))


def smooth_weights(vertices: np.ndarray, bones, radii: np.ndarray, sharpness: float = 5.0) -> np.ndarray:
    """Weights (n, bones) that fall with the distance from a bone in units of its radius; each row sums to one.

    Bones named .L and .R hold only their own side, so that one thigh does not carry the other.
    """
    weights = np.zeros((len(vertices), len(bones)))
    for index, bone in enumerate(bones):
        distance, t = to_segment(vertices, bone.head, bone.tail)
        radius = radii[index, 0] * (1 - t) + radii[index, 1] * t
        weight = np.maximum(distance / radius, 0.05) ** -sharpness
        side = 1 if bone.name.endswith(".L") else -1 if bone.name.endswith(".R") else 0
        if side:
            weight *= np.clip(0.5 + side * vertices[:, 0] / (0.8 * radius), 0, 1)
        weights[:, index] = weight
    return limited(weights)


def relaxed(weights: np.ndarray, mesh: Mesh, rounds: int = 4) -> np.ndarray:
    """Weights averaged over neighbouring vertices, a few times."""
    faces = mesh.faces
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 3]], faces[:, [3, 0]]])
    edges = edges[(edges >= 0).all(1)]
    degree = np.bincount(edges.ravel(), minlength=len(weights)).clip(1)
    for _ in range(rounds):
        total = np.stack([
            np.bincount(edges[:, 0], column[edges[:, 1]], len(weights)) + np.bincount(edges[:, 1], column[edges[:, 0]], len(weights))
            for column in weights.T
        ], 1)  # fmt: skip
        weights = 0.4 * weights + 0.6 * total / degree[:, None]
    return limited(weights)


def limited(weights: np.ndarray) -> np.ndarray:
    """The largest few weights of each row, scaled to sum to one."""
    if weights.shape[1] > INFLUENCES:
        bar = np.partition(weights, -INFLUENCES, axis=1)[:, [-INFLUENCES]]
        weights = np.where(weights >= bar, weights, 0.0)
    return weights / weights.sum(1, keepdims=True)
