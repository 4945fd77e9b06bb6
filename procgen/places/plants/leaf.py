"""Leaves seen close: a spec of fourteen shapes, built by numpy or by geometry nodes from the same closed forms."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import lattice_faces
from ...params import beta, child, choice, draw, integer, lognormal, normal, seed, spec, uniform
from .outlines import COMPOUND, FAN, Arrays, blade, leaflet_place, shaped
from .weld import welded
from .wood import tubes

GREEN, AUTUMN = np.array([0.070, 0.125, 0.026]), np.array([0.40, 0.17, 0.025])
# Length of the blade in metres, its width by its length, and how many lobes, teeth or pairs of leaflets.
SHAPES = {
    "oak": (0.12, 0.62, 4), "maple": (0.11, 1.35, 5), "birch": (0.06, 0.75, 5), "willow": (0.11, 0.16, 4), "beech": (0.09, 0.62, 5),
    "ginkgo": (0.08, 1.5, 3), "ivy": (0.08, 1.25, 5), "palm": (1.8, 0.13, 26), "fern": (0.55, 0.20, 20), "lanceolate": (0.10, 0.30, 4),
    "heart": (0.09, 1.15, 3), "compound": (0.25, 0.42, 6), "needle": (0.06, 0.045, 2), "banana": (1.6, 0.34, 8),
}  # fmt: skip


@spec
class Leaf:
    """A single leaf: its outline, how it is folded and bent, and its colour."""

    shape: str = choice({name: 1.0 for name in SHAPES}, doc="outline",
                        says={"oak": "an oak leaf", "maple": "a maple leaf", "birch": "a birch leaf", "willow": "a willow leaf",
                              "beech": "a beech leaf", "ginkgo": "a ginkgo leaf", "ivy": "an ivy leaf", "palm": "a palm frond",
                              "fern": "a fern frond", "lanceolate": "a leaf", "heart": "a heart-shaped leaf",
                              "compound": "a pinnate leaf", "needle": "a needle", "banana": "a banana leaf"})  # fmt: skip
    length: float = uniform(0.02, 3.0, unit="m", doc="length of the blade; drawn around what the shape has")
    width: float = uniform(
        0.02, 2.0, doc="width of the blade (or leaflet) by its length; drawn around what the shape has"
    )
    lobes: int = integer(2, 40, doc="lobes, teeth or pairs of leaflets")
    fold: float = normal(14, 8, 0, 50, unit="deg", doc="how far each half stands up from flat")
    curl: float = normal(28, 18, 0, 110, unit="deg", doc="how far the blade bends down over its length")
    wave: float = beta(1.5, 4, 0, 0.6, doc="waviness of the edge")
    petiole: float = uniform(0.05, 0.7, doc="length of the stalk by the blade's")
    turned: float = beta(0.7, 1.8, doc="0 green … 1 autumn colour", says=((0.6, ""), (2, "in autumn colour")))
    tint: float = normal(0, 0.25, -0.7, 0.7, doc="darker or paler than usual, natural logarithm")
    seed: int = seed()


def sample_leaf(rng: Generator, fixed=None) -> Leaf:
    """Draw a leaf: length, width and lobes around what its shape has."""
    shape = draw(Leaf, rng, fixed).shape
    length, width, lobes = SHAPES[shape]
    spread = 0 if lobes < 6 else round(lobes * 0.2)
    # A blade with veins from one point is wide: the same fold would stand its lobes upright.
    fold = normal(5, 3, 0, 16) if shape in FAN else normal(14, 8, 0, 50)
    return draw(Leaf, rng, fixed, fold=fold, length=lognormal(length, 0.18, 0.6 * length, 1.6 * length), width=lognormal(width, 0.08, 0.8 * width, 1.25 * width),
                lobes=integer(lobes - spread, lobes + spread))  # fmt: skip


def resolution(leaf: Leaf, detail: float = 1.0) -> tuple[int, int]:
    """Columns across and rows along of the lattice of a blade; columns are odd, so that one runs along the midrib."""
    if leaf.shape in FAN:
        return 2 * max(round(40 * detail), 4) + 1, max(round(7 * detail), 2)
    if leaf.shape in COMPOUND:
        return 3, max(round(9 * detail), 4)
    return 2 * max(round(3 * detail), 1) + 1, max(round(72 * detail), 8)


def _blade(shape: str, columns: int, rows: int, width: float, lobes: int):
    """A flat blade of length one: vertices (k, 2), faces, and the lattice places u, v of the vertices."""
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    x, y = blade(Arrays, shape, u, v, width, float(lobes))
    return np.stack([x, y], -1).reshape(-1, 2), lattice_faces(rows, columns), u.ravel(), v.ravel()


def flat_outline(leaf: Leaf, detail: float = 1.0):
    """The leaf pressed flat, at length one: vertices (k, 2), faces (m, 4), the places u (k,) across and v (k,) outwards."""
    columns, rows = resolution(leaf, detail)
    if leaf.shape not in COMPOUND:
        return _blade(leaf.shape, columns, rows, leaf.width, leaf.lobes)
    inner, span, lean = COMPOUND[leaf.shape]
    flat, faces, u, v = _blade(inner, columns, rows, leaf.width, 4)
    points, corners = [], []
    for sign in (-1.0, 1.0):
        i = np.arange(leaf.lobes)
        along, size, angle = leaflet_place(Arrays, i, leaf.lobes, sign, span, lean)
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        x, y = flat[None, :, 0] * size[:, None], flat[None, :, 1] * size[:, None]
        points.append(np.stack([c * x + s * y, along[:, None] - s * x + c * y], -1).reshape(-1, 2))
        corners.append((faces[None] + (i * len(flat))[:, None, None]).reshape(-1, 4))
    count = len(points[0])
    return (
        np.concatenate(points),
        np.concatenate([corners[0], corners[1] + count]),
        np.tile(u, 2 * leaf.lobes),
        np.tile(v, 2 * leaf.lobes),
    )


def build_leaf(leaf: Leaf, detail: float = 1.0) -> Asset:
    """A leaf whose stalk stands on the origin and whose blade looks along -y, bent and folded; attribute ``vein`` 0…1."""
    flat, faces, u, v = flat_outline(leaf, detail)
    position = np.stack(
        shaped(Arrays, flat[:, 0], flat[:, 1], np.radians(leaf.fold), np.radians(leaf.curl), leaf.wave), 1
    )
    if leaf.shape in FAN:
        side = np.maximum(np.abs(np.cos(u * leaf.lobes * np.pi / 2)) ** 60 * (v < 0.97), np.exp(-((v / 0.04) ** 2)))
    else:
        side = 0.6 * np.maximum(np.cos((v - 0.5 * np.abs(u)) * 9 * 2 * np.pi), 0) ** 12
    vein = np.clip(np.maximum(np.exp(-((u / 0.10) ** 2)), side), 0, 1)
    rng = child(leaf.seed, "colour")
    turned = np.clip(leaf.turned * 1.3 - 0.3 + 0.5 * np.abs(u) * leaf.turned + 0.25 * leaf.turned * v, 0, 1)[:, None]
    autumn = AUTUMN * np.exp(rng.normal(0, 0.3) * np.array([0.2, 1.0, 0.3]))
    colour = (GREEN * (1 - turned) + autumn * turned) * np.exp(leaf.tint * 0.6) * (1 + 0.55 * vein[:, None])
    stand = 0.35 * leaf.length * leaf.petiole
    lift = np.array([0.0, 0.0, stand])
    # The blade rises from its stalk, then bends down: +y of the blade is -y of the leaf.
    tilt = np.array([[-1, 0, 0], [0, -0.80, 0.60], [0, 0.60, 0.80]])
    blade_mesh = welded(Mesh(leaf.length * position @ tilt.T + lift, faces, 0,
                             {"colour": colour, "vein": vein, "sway": 0.02 * leaf.length * (1 + 4 * v), "phase": np.full(len(v), 0.5)}))  # fmt: skip
    return Asset("leaf", merged([blade_mesh, _stalk(leaf, stand, tilt)]), (Surface("leaf", leaf.seed, painted=True),))


def _stalk(leaf: Leaf, stand: float, tilt: np.ndarray) -> Mesh:
    """The stalk from the ground to the blade, and along the rib of a compound leaf."""
    rib = np.linspace(0, 0.98, 9) if leaf.shape in COMPOUND else np.array([0.0, 0.02])
    over = np.stack(shaped(Arrays, np.zeros(len(rib)), rib, 0.0, np.radians(leaf.curl), 0.0), 1) * leaf.length @ tilt.T
    foot = np.array([[0, 0.12 * stand, -stand], [0, 0.10 * stand, -0.5 * stand]])
    path = np.concatenate([foot, over - [0, 0, 0.004 * leaf.length]]) + [0, 0, stand]
    radii = leaf.length * np.concatenate([[0.012, 0.009], np.linspace(0.008, 0.002, len(rib))])
    vertices, faces, _ = tubes(path, radii, [len(path)], 6, cap=True)
    colour = np.tile(GREEN * [1.5, 1.2, 1.2], (len(vertices), 1))
    share = np.clip(vertices[:, 2] / max(float(vertices[:, 2].max()), 1e-9), 0, 1)
    return Mesh(vertices, faces, 0, {"colour": colour, "vein": np.ones(len(vertices)), "sway": 0.02 * leaf.length * share,
                                     "phase": np.full(len(vertices), 0.5)})  # fmt: skip


def leaf_object(leaf: Leaf):
    """A Blender object whose geometry the leaf's node group makes: the blade from the origin along +y, metres."""
    from .leaf_nodes import blade_object

    return blade_object(leaf)
