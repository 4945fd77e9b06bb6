"""Headwear: hats and scarves shaped over the head, and where they cover its hair."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..hair.hairline import smoothstep
from ..parts import PART
from ..pose import transform
from .tailor import Piece, folds, keep_outside, smooth, tube

CENTRE = np.array([0.0, 0.062, 0.020])  # of the skull in the template, metres


@dataclasses.dataclass(frozen=True)
class Hat:
    """A kind of headwear: the height of its rim in front and behind (template, metres), and its room over the skull."""

    says: str
    front: float
    back: float
    room: float
    fabrics: tuple[str, ...]
    male: float = 1.0
    female: float = 1.0


HEADWEAR = {
    "cap": Hat("a baseball cap", 0.066, 0.012, 0.010, ("cotton", "denim"), 1.6, 0.6),
    "beanie": Hat("a beanie", 0.052, -0.010, 0.012, ("knit",), 1.2, 0.9),
    "headscarf": Hat("a headscarf", 0.0, 0.0, 0.012, ("silk", "cotton"), 0.0, 1.8),
    "fedora": Hat("a fedora", 0.058, 0.010, 0.012, ("wool",), 0.6, 0.5),
    "bucket_hat": Hat("a bucket hat", 0.056, 0.004, 0.012, ("cotton",), 0.4, 0.6),
    "turban": Hat("a turban", 0.058, -0.004, 0.016, ("cotton", "silk"), 0.7, 0.3),
    "headband": Hat("a headband", 0.066, 0.03, 0.006, ("jersey",), 0.2, 0.6),
    "beret": Hat("a beret", 0.068, 0.030, 0.012, ("wool",), 0.2, 0.6),
}  # fmt: skip


def rim_height(hat: Hat, template: np.ndarray) -> np.ndarray:
    """Height (n,) of the rim at template places: a tilted plane."""
    t = np.clip((template[:, 1] + 0.03) / 0.20, 0, 1)
    return hat.front + (hat.back - hat.front) * t


def cover(kind: str):
    """The function of template coordinates (n, 3) that says how far hair is covered (n,) in 0…1."""
    hat = HEADWEAR[kind]
    if kind == "headscarf":
        return lambda template: np.ones(len(template))
    if kind == "headband":
        return lambda template: np.zeros(len(template))
    return lambda template: smoothstep(template[:, 2] - rim_height(hat, template), -0.004, 0.002)


class SkullGrid:
    """The skull as a height over directions from its centre, in the head's neutral frame."""

    def __init__(self, person, around: int = 96):
        from mathutils.bvhtree import BVHTree

        inverse = np.linalg.inv(person.head_matrix)
        local = transform(inverse, person.surface.positions)
        self.tree = BVHTree.FromPolygons(local.tolist(), person.surface.triangles.tolist())
        self.azimuth = 2 * np.pi * np.arange(around) / around

    def radius(self, azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
        """Distance from the centre to the outermost skin along each direction; ears are smoothed away."""
        shape = np.broadcast_shapes(azimuth.shape, elevation.shape)
        azimuth, elevation = np.broadcast_to(azimuth, shape), np.broadcast_to(elevation, shape)
        flat = np.cos(elevation)
        rays = np.stack([flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(elevation)], -1)
        result = np.zeros(shape)
        for index in np.ndindex(shape):
            start = CENTRE + rays[index] * 0.25
            hit = self.tree.ray_cast(start.tolist(), (-rays[index]).tolist(), 0.25)
            result[index] = 0.25 - hit[3] if hit[0] is not None else 0.10
        for _ in range(3):
            result = np.minimum(result, (np.roll(result, 1, -1) + np.roll(result, -1, -1)) / 2 + 0.0015)
        return result


def _dome(grid: SkullGrid, hat: Hat, rings: int, drop: float = 0.0):
    """Rings (rings, around, 3) over the skull from the rim to the crown, and the radii of the rim's circle."""
    azimuth = grid.azimuth
    rim_y = -np.cos(azimuth) * 0.09 + CENTRE[1]
    height = hat.front + (hat.back - hat.front) * np.clip((rim_y + 0.03) / 0.20, 0, 1) - drop
    low = np.arctan2(height - CENTRE[2], 0.095)
    t = np.linspace(0, 1, rings)[:, None] ** 0.85
    elevation = low[None] * (1 - t) + (np.pi / 2 - 0.02) * t
    radius = grid.radius(azimuth[None], elevation)
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(elevation)], -1), radius


def _grid_faces(rings: int, around: int) -> list:
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    after = (j + 1) % around
    faces = np.stack([i * around + j, i * around + after, (i + 1) * around + after, (i + 1) * around + j], -1)
    return faces.reshape(-1, 4).tolist() + [[(rings - 1) * around + k for k in range(around)]]


def build_headwear(kind: str, person, material, trim, seed: int) -> list:
    """Build headwear in the world (needs bpy); sets ``person.hat_cover`` for the hair."""
    hat = HEADWEAR[kind]
    person.hat_cover = cover(kind)
    if kind == "headscarf":
        return _headscarf(person, material, seed)
    grid = SkullGrid(person)
    around = len(grid.azimuth)
    pieces = []
    if kind == "headband":
        rays, radius = _dome(grid, hat, 30)
        band = CENTRE + rays[:9] * (radius[:9] + hat.room)[..., None]
        pieces.append(("Headband", band.reshape(-1, 3), _grid_faces(9, around)[:-1], material))
    else:
        rings = 26
        rays, radius = _dome(grid, hat, rings)
        t = np.linspace(0, 1, rings)[:, None]
        extra = np.full((rings, around), hat.room)
        a = grid.azimuth[None]
        if kind == "cap":
            extra = extra + 0.010 * np.sin(np.pi * t) ** 1.2
        elif kind == "beanie":
            extra = extra + 0.006 * np.sin(np.pi * t) + 0.020 * t**6
        elif kind == "turban":
            # Wound cloth: ridges that climb around, meeting in a V over the forehead.
            wind = 9 * t + 2.6 * np.abs(np.sin(a / 2))
            extra = extra + 0.010 * np.sin(np.pi * np.minimum(t * 1.15, 1)) + 0.006 * np.abs(np.sin(np.pi * wind)) * (1 - t**4)
        elif kind == "beret":
            extra = extra + 0.030 * np.sin(np.pi * np.clip(t * 1.4, 0, 1)) * (1 + 0.5 * np.sin(a + 0.9))
        crown = CENTRE + rays * (radius + extra)[..., None]
        if kind == "fedora":
            crown = _block(crown, t, 0.118)
        elif kind == "bucket_hat":
            crown = _block(crown, t, 0.100)
        pieces.append((kind, crown.reshape(-1, 3), _grid_faces(rings, around), material))
        rim = crown[0]
        if kind == "beanie":
            cuff = crown[:8] + rays[:8] * np.interp(np.arange(8), [0, 1, 6, 7], [0.001, 0.005, 0.005, 0.001])[:, None, None]
            pieces.append(("Cuff", cuff.reshape(-1, 3), _grid_faces(8, around)[:-1], trim))
        if kind == "cap":
            pieces.append(("Visor", *_visor(rim), material))
            button = crown[-1].mean(0) + [0, 0, 0.002]
            pieces.append(("Button", *_button(button), trim))
        if kind in ("fedora", "bucket_hat"):
            width, fall = (0.058, 0.10) if kind == "fedora" else (0.050, 0.85)
            pieces.append(("Brim", *_brim(rim, width, fall, kind == "fedora"), material))
        if kind == "fedora":
            band = CENTRE + rays[:5] * (np.linalg.norm(crown[:5] - CENTRE, axis=-1) + 0.0012)[..., None]
            pieces.append(("Band", band.reshape(-1, 3), _grid_faces(5, around)[:-1], trim))
    return [_add(person, name, vertices, faces, fabric) for name, vertices, faces, fabric in pieces]


def _block(crown: np.ndarray, t: np.ndarray, height: float) -> np.ndarray:
    """Make a dome into a blocked hat: straight walls, flat top with a crease."""
    rim, crown = crown[0], crown.copy()
    wall = np.clip(t / 0.55, 0, 1)[..., None]
    top = np.clip((t - 0.55) / 0.45, 0, 1)[..., None]
    middle = rim.mean(0)
    walls = rim[None] * (1 - 0.10 * wall) + middle[None] * 0.10 * wall
    walls = walls + np.array([0, 0, 1.0]) * (height * wall * 0.9)
    inward = walls * (1 - top) + (middle + [0, 0, height * 0.9]) * top
    crease = 0.020 * np.exp(-((inward[..., 0:1] / 0.022) ** 2)) * top**0.3 * (top > 0)
    return inward + np.array([0, 0, 1.0]) * (0.012 * np.sin(np.pi * np.clip(top, 0, 1) / 2) - crease)


def _visor(rim: np.ndarray):
    azimuth = np.arctan2(rim[:, 0], -(rim[:, 1] - CENTRE[1]))
    order = np.argsort(azimuth)
    inner = rim[order][np.abs(azimuth[order]) < 1.08]
    t = np.linspace(0, 1, 12)[:, None, None]
    across = inner[:, 0] / np.abs(inner[:, 0]).max()
    reach = 0.064 * np.sqrt(np.clip(1 - across**2, 0, 1))
    rows = inner[None] + t * np.stack([0.02 * inner[:, 0], -reach, -0.010 - 0.006 * across**2], 1)[None]
    rows[..., 2] += 0.012 * np.sin(np.pi * t[..., 0] * 0.6) * (1 - across**2)
    count = len(inner)
    i, j = np.meshgrid(np.arange(11), np.arange(count - 1), indexing="ij")
    faces = np.stack([i * count + j, i * count + j + 1, (i + 1) * count + j + 1, (i + 1) * count + j], -1)
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist()


def _button(place: np.ndarray):
    ring = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    path = place + 0.004 * np.stack([np.cos(ring), np.sin(ring), 0 * ring], 1)
    return tube(path, 0.004, 8, closed=True)


def _brim(rim: np.ndarray, width: float, fall: float, curled: bool):
    middle = rim.mean(0)
    outward = rim - middle
    outward[:, 2] = 0
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    t = np.linspace(0, 1, 10)[:, None, None]
    rows = rim[None] + t * width * outward[None] + np.array([0, 0, -1.0]) * fall * width * t
    if curled:
        rows[..., 2] += 0.022 * t[..., 0] ** 2 * np.abs(outward[:, 0]) ** 2 - 0.010 * t[..., 0] ** 2 * np.clip(-outward[:, 1], 0, 1)
    count = len(rim)
    i, j = np.meshgrid(np.arange(9), np.arange(count), indexing="ij")
    after = (j + 1) % count
    faces = np.stack([i * count + j, i * count + after, (i + 1) * count + after, (i + 1) * count + j], -1)
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist()


def _headscarf(person, material, seed: int) -> list:
    """A scarf over head, neck and shoulders that leaves the face free."""
    surface = person.surface
    x, y, z = surface.template.T
    # The opening: an oval around the face, closed under the chin.
    oval = np.sqrt((x / 0.061) ** 2 + ((z + 0.026) / 0.093) ** 2)
    field = np.where(y < 0.052, (oval - 1) * 0.06, 0.05)
    field = np.minimum(field, z + 0.30 + 0.05 * np.cos(x * 12))
    mouth = (np.abs(x) < 0.04) & (y > -0.03) & (z > -0.12) & (z < -0.03) & (y < 0.08)
    field = np.where(mouth, -0.05, field)  # nothing inside the mouth
    piece = Piece(surface, field, 0.013, 60)
    positions = smooth(piece.positions, piece.triangles, 30)
    room = 0.005 + 0.008 * np.clip((piece.template[:, 1] - 0.0) / 0.06, 0, 1)
    positions = keep_outside(positions, surface.bvh(), room)
    draped = folds(positions, piece.triangles, 0.012, 17.0, seed % 10007)
    share = 0.15 + 0.85 * np.clip((-0.05 - piece.template[:, 2]) / 0.08, 0, 1)[:, None]
    positions = positions * (1 - share) + draped * share
    return [_add(person, "Headscarf", positions, piece.triangles, material, head=False)]


def _add(person, name: str, vertices: np.ndarray, faces, material, head: bool = True):
    from ...blender import mesh_object

    around = np.arctan2(vertices[:, 0], -(vertices[:, 1] - CENTRE[1])) * 0.10
    uv = np.column_stack([around, vertices[:, 2], np.zeros(len(vertices))])
    if head:
        vertices = transform(person.head_matrix, vertices)
    obj = mesh_object(name, vertices, faces, part=PART["headwear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", uv)})
    obj.data.materials.append(material)
    thick = obj.modifiers.new("Thickness", "SOLIDIFY")
    thick.thickness, thick.offset = 0.0022, 1.0
    soft = obj.modifiers.new("Subdivision", "SUBSURF")
    soft.levels = soft.render_levels = 1
    obj["follow"] = "head" if head else "skin"
    return person.link(obj, "headwear")
