"""Where facial hair stands and how it clears the skin: roots on outer skin, strands bent in steps, pushed off obstacles."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..parts import PART
from ..surface import vectors, vertex_normals
from .strands import unit
from .volumes import Volumes

BARE = ("nose", "right_eye", "left_eye", "mouth_interior", "top_lip", "bottom_lip", "right_ear", "left_ear")


def smooth_curve(places, values, at: np.ndarray) -> np.ndarray:
    """A smooth curve through knots, evaluated anywhere (n,): cubic Hermite with Catmull-Rom slopes, straight outside."""
    places, values = np.asarray(places, float), np.asarray(values, float)
    slope = np.gradient(values, places)
    index = np.clip(np.searchsorted(places, at) - 1, 0, len(places) - 2)
    width = places[index + 1] - places[index]
    t = np.clip((at - places[index]) / width, 0, 1)
    low, high, a, b = values[index], values[index + 1], slope[index] * width, slope[index + 1] * width
    return ((2 * t**3 - 3 * t**2 + 1) * low + (t**3 - 2 * t**2 + t) * a + (3 * t**2 - 2 * t**3) * high
            + (t**3 - t**2) * b)  # fmt: skip


def soft(value: np.ndarray, width: float) -> np.ndarray:
    """A step from 0 to 1 around value 0, about four widths broad."""
    return 1 / (1 + np.exp(np.clip(-value / width, -30, 30)))


def ragged(template: np.ndarray, rng: Generator, amount: float, scale: float = 0.009) -> np.ndarray:
    """Smooth noise (n,) over the template with a standard deviation of ``amount`` and features of ``scale`` metres."""
    wave = rng.normal(size=(6, 3)) * (2 * np.pi / scale / 2.2)
    return amount * np.sqrt(2 / 6) * np.sin(template @ wave.T + rng.uniform(0, 2 * np.pi, 6)).sum(1)


def scatter(surface, rng: Generator, count: int, density, within=None, bare: tuple[str, ...] = BARE):
    """Roots on skin that shows: none on the parts ``bare``, by default lips, nose, mouth and inner lids.

    ``density`` maps template coordinates to weights and ``within`` the template's normals to a mask (n,).
    Returns positions, normals and template coordinates, each (count, 3); no rows where nothing may grow.
    """
    facing = vertex_normals(surface.template, surface.triangles)
    weight = np.asarray(density(surface.template), float)
    if within is not None:
        weight = weight * within(facing)
    corners = weight[surface.triangles]
    weight = np.where(corners.min(1) > 0, corners.mean(1), 0.0) * surface.areas
    weight[np.isin(surface.part, [PART[name] for name in bare])] = 0
    total = weight.sum()
    if not total > 0:
        return (np.zeros((0, 3)),) * 3
    index = np.searchsorted(np.cumsum(weight) / total, rng.random(count), side="right")
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    barycentric = np.stack([1 - u, u * (1 - v), u * v], 1)
    return surface.at(np.minimum(index, len(weight) - 1), barycentric)


def along_skin(vectors: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Unit directions (n, 3): vectors with what leaves the skin taken out."""
    return unit(vectors - normals * np.einsum("ij,ij->i", vectors, normals)[:, None])


def bezier(roots, first, second, tip, points: int) -> np.ndarray:
    """Cubic strands (n, points, 3) from roots and three offsets (n, 3)."""
    t = np.linspace(0, 1, points)[None, :, None]
    return (
        roots[:, None]
        + 3 * t * (1 - t) ** 2 * first[:, None]
        + 3 * t**2 * (1 - t) * second[:, None]
        + t**3 * tip[:, None]
    )


class Obstacles:
    """The skin, and the clothes and masks over it, that strands stay outside of (needs bpy)."""

    def __init__(self, person, clothes: bool = False):
        objects = person.objects if clothes else []
        self.skin = person.surface.bvh()
        self.clothes = [_volumes(obj) for obj in objects if obj.get("class") == "garment"]
        self.masks = [_volumes(obj) for obj in objects if obj.get("class") == "facewear"]

    def cleared(self, places: np.ndarray, gap: np.ndarray) -> np.ndarray:
        """Places (n, 3) moved out to a gap (n,) from the skin and two millimetres from cloth."""
        places = _outside(self.skin, places, gap, 0.05)
        for cloth in self.clothes:
            near = cloth.near(places, 0.02)
            if len(near):
                places[near] = _outside(cloth.tree, places[near], np.full(len(near), 0.002), 0.02)
        return places

    def covered(self, roots: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """Which roots (n,) lie under a mask."""
        under = np.zeros(len(roots), bool)
        for mask in self.masks:
            near = mask.near(roots, 0.04)
            rays = zip(roots[near].tolist(), normals[near].tolist(), strict=True)
            under[near] |= np.array([mask.tree.ray_cast(*ray, 0.04)[0] is not None for ray in rays], bool)
        return under


def _volumes(obj) -> Volumes:
    """The bounding volumes of an object's evaluated mesh, in the world."""
    import bpy
    from mathutils import Matrix, Vector

    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    matrix = obj.matrix_world
    try:
        points = np.zeros(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        points = points.reshape(-1, 3)
        if matrix != Matrix.Identity(4):
            points = np.array([matrix @ Vector(point) for point in points.tolist()]).reshape(-1, 3)
        return Volumes(points, mesh)
    finally:
        evaluated.to_mesh_clear()


def _outside(tree, places: np.ndarray, gap: np.ndarray, reach: float) -> np.ndarray:
    found = [tree.find_nearest(place, reach) for place in places.tolist()]
    close = np.array([index for index, hit in enumerate(found) if hit[0] is not None], int)
    found = [found[index] for index in close]
    nearest, normal = vectors(found, 0), vectors(found, 1)
    distance = np.array([hit[3] for hit in found])
    height = np.einsum("ij,ij->i", places[close] - nearest, normal)
    # Off an edge the nearest point's normal says little, so only how far it is counts there.
    height = np.where(height > 0, distance, height)
    short = (height < gap[close]) & (distance < reach)
    result = places.copy()
    result[close[short]] = (nearest + normal * gap[close][:, None])[short]
    return result


def grow(obstacles: Obstacles, roots, normals, stages, length, gap, points: int) -> np.ndarray:
    """Strands (n, points, 3) that follow directions in stages, one step after the other, and slide along what they meet.

    ``stages`` are unit directions (n, 3) at even shares of the length (n,), metres; ``gap`` (n,) is how far strands
    keep from the skin once they are out of it.
    """
    strands = np.empty((len(roots), points, 3))
    strands[:, 0] = roots - normals * 0.0003
    step = (length / (points - 1))[:, None]
    for k in range(1, points):
        place = (k - 0.5) / (points - 1) * (len(stages) - 1)
        low = min(int(place), len(stages) - 2)
        part = place - low
        direction = unit(stages[low] * (1 - part) + stages[low + 1] * part)
        wanted = strands[:, k - 1] + direction * step
        room = np.minimum(gap, 0.6 * k * step[:, 0])
        free = obstacles.cleared(wanted, room)
        # A strand that slid keeps its length.
        moved = strands[:, k - 1] + unit(free - strands[:, k - 1]) * step
        strands[:, k] = np.where(np.abs(free - wanted).sum(1, keepdims=True) > 0, moved, wanted)
    return strands


def between_guides(guides: np.ndarray, guide_template: np.ndarray, guide_length, roots, normals, template, length):
    """Strands (n, k, 3) whose shape is that of the nearest guides, scaled to their own length (n,)."""
    from mathutils.kdtree import KDTree

    tree = KDTree(len(guides))
    for index, place in enumerate(guide_template.tolist()):
        tree.insert(place, index)
    tree.balance()
    found = [tree.find_n(place, min(4, len(guides))) for place in template.tolist()]
    index = np.array([[hit[1] for hit in hits] for hits in found])
    weight = 1 / (np.array([[hit[2] for hit in hits] for hits in found]) + 0.0015) ** 1.5
    weight /= weight.sum(1, keepdims=True)
    shapes = (guides - guides[:, :1]) / guide_length[:, None, None]
    shape = np.einsum("ng,ngki->nki", weight, shapes[index])
    return (roots - normals * 0.0003)[:, None] + shape * length[:, None, None]


def kept_out(obstacles: Obstacles, strands: np.ndarray, gap: float) -> np.ndarray:
    """Strands with about four of their points, the tip included, moved out of the skin; what is between follows."""
    strands = strands.copy()
    points = strands.shape[1]
    every = max(points // 4, 1)
    checked = sorted({*range(2 if points > 5 else 1, points, every), points - 1})
    moves = np.zeros_like(strands)
    for k in checked:
        moves[:, k] = obstacles.cleared(strands[:, k], np.full(len(strands), gap)) - strands[:, k]
    for k in range(1, points):
        if k not in checked:
            before = max((c for c in checked if c < k), default=0)
            after = min(c for c in checked if c > k)
            part = (k - before) / (after - before)
            moves[:, k] = moves[:, before] * (1 - part) + moves[:, after] * part
    return strands + moves
