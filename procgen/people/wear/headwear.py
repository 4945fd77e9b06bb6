"""Headwear: hats shaped over the skull, and where they cover the hair."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from ...geometry.angles import arctan2
from ...materials.cloth import SEAM_REACH
from ...params import child
from ..hair.hairline import smoothstep
from ..parts import PART
from ..pose import transform
from .beret import BAND, BAND_RINGS, beret, binding, disc_cloth
from .millinery import beanie, block, brim_cloth, button, eyelets, ring_cloth, tied, tilt, visor, wound
from .tailor import tube

CENTRE = np.array([0.0, 0.062, 0.020])  # of the skull in the template, metres
RIM_NEAR, RIM_BELOW = 0.003, 0.03  # metres of skin on both sides that say where a rim lies; radians that it lies below
DECIMALS = 7  # of metres and radians that are kept: releases of numpy differ in the last bits
EAR, RIM_LOWEST = 0.079, -0.03  # |x| and z of the template, metres: what is wider is an ear, what is lower no rim
HANGS = np.array([0.0, 0.8, 0.35])  # the way that the top of a beanie hangs: back, and stiff enough to stay up
NEAR_SKULL = 0.095  # metres from the centre to the skull above a rim, about
GRID = (96, 30)  # columns and rings of a crown
GRIDS = {
    "turban": (160, 60),
    "beanie": (192, 30),
    "bandana": (128, 36),
}  # columns and rings of those with finer folds or ribs
OPENING, OPENING_UP = 0.034, 0.036  # metres to each side and up of the opening over the strap of a cap
STRAP = 0.013  # metres that the strap is high


@dataclasses.dataclass(frozen=True)
class Hat:
    """A kind of headwear: the height of its rim in front and behind (template, metres), and its room over the skull.

    ``hair`` says what becomes of hair: hide_covered, hide_all, or over (it stays).
    """

    says: str
    front: float
    back: float
    room: float
    fabrics: tuple[str, ...]
    male: float = 1.0
    female: float = 1.0
    hair: str = "hide_covered"
    old: float = 1.0  # how much more often people of 70 wear it than people of 20
    plain: float = 0.75  # how often its cloth has no pattern
    opening: str = ""  # side on which it opens over a strap: front or back


HEADWEAR = {
    "cap": Hat("a baseball cap", 0.064, 0.012, 0.010, ("cotton", "denim"), 1.8, 0.6, old=0.5, opening="back"),
    "cap_backwards": Hat("a baseball cap worn backwards", 0.062, 0.020, 0.010, ("cotton", "denim"), 0.5, 0.2, old=0.05, opening="front"),
    "beanie": Hat("a beanie", 0.052, -0.010, 0.011, ("knit", "wool"), 1.3, 0.9, old=0.4),
    "headscarf": Hat("a headscarf", 0.0, 0.0, 0.012, ("silk", "cotton", "jersey"), 0.0, 1.9, "hide_all", old=1.3, plain=0.85),
    "fedora": Hat("a fedora", 0.056, 0.014, 0.010, ("wool",), 0.6, 0.5, old=2.5, plain=0.97),
    "straw_hat": Hat("a straw hat", 0.056, 0.014, 0.010, ("straw",), 0.3, 0.6, old=1.8),
    "bucket_hat": Hat("a bucket hat", 0.050, 0.004, 0.010, ("cotton", "denim"), 0.5, 0.6, old=0.5),
    "turban": Hat("a turban", 0.048, -0.016, 0.010, ("cotton", "silk"), 0.7, 0.3, "hide_all", old=1.2, plain=0.95),
    "hood": Hat("a hood", 0.0, 0.0, 0.020, ("jersey",), 0.5, 0.3, "hide_all", old=0.1),
    "headband": Hat("a headband", 0.066, 0.030, 0.005, ("jersey",), 0.2, 0.6, "over", old=0.3),
    "bandana": Hat("a bandana", 0.066, 0.016, 0.006, ("cotton",), 0.3, 0.3, old=0.4, plain=0.2),
    "beret": Hat("a beret", 0.066, 0.022, 0.009, ("wool",), 0.2, 0.6, old=2.0, plain=0.95),
}  # fmt: skip


def rim_height(hat: Hat, template: np.ndarray, wider: float = 1.0) -> np.ndarray:
    """Height (n,) of the rim at template places: a tilted plane, with an arch over an opening ``wider`` times as large."""
    t = np.clip((template[:, 1] + 0.03) / 0.20, 0, 1)
    height = hat.front + (hat.back - hat.front) * t
    if hat.opening:
        on = template[:, 1] < CENTRE[1] if hat.opening == "front" else template[:, 1] > CENTRE[1]
        arch = np.sqrt(np.clip(1 - (template[:, 0] / (wider * OPENING)) ** 2, 0, 1))
        height = height + on * wider * OPENING_UP * arch
    return height


def cover(kind: str):
    """The function of template coordinates (n, 3) that says how far hair is covered (n,) in 0…1."""
    hat = HEADWEAR[kind]
    if kind in ("headscarf", "hood"):
        return lambda template: np.ones(len(template))
    if hat.hair == "over":
        return lambda template: np.zeros(len(template))
    return lambda template: smoothstep(template[:, 2] - rim_height(hat, template, 1.3), -0.004, 0.002)


class SkullGrid:
    """The skull as a height over directions from its centre, in the head's neutral frame."""

    def __init__(self, person, around: int = 96):
        from mathutils.bvhtree import BVHTree

        inverse = np.linalg.inv(person.head_matrix)
        local, self.template = transform(inverse, person.surface.positions), person.surface.template
        self.away = local - CENTRE
        self.tree = BVHTree.FromPolygons(local.tolist(), person.surface.triangles.tolist())
        self.azimuth = 2 * np.pi * np.arange(around) / around

    def rim(self, hat: Hat) -> np.ndarray:
        """Elevation (around,) of a hat's rim over each azimuth: on this head it lies where hair is cut, and a little below."""
        height = self.template[:, 2] - rim_height(hat, self.template)
        near = (np.abs(height) < RIM_NEAR) & (np.abs(self.template[:, 0]) < EAR) & (self.template[:, 2] > RIM_LOWEST)
        x, y, z = self.away[near].T
        count = len(self.azimuth)
        column = np.round(arctan2(x, -y) / (2 * np.pi) * count).astype(int) % count
        found = np.bincount(column, minlength=count)
        mean = np.bincount(column, arctan2(z, np.hypot(x, y)), count) / np.maximum(found, 1)
        full = np.flatnonzero(found)
        low = np.interp(np.arange(count), full, mean[full], period=count)
        for _ in range(count // 12):
            low = (np.roll(low, 1) + 2 * low + np.roll(low, -1)) / 4
        return np.round(low - RIM_BELOW, DECIMALS)

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


def _dome(grid: SkullGrid, hat: Hat, rings: int):
    """Directions (rings, around, 3) over the skull from the rim to the crown, and the skull's radius along them."""
    azimuth, low = grid.azimuth, grid.rim(hat)
    t = np.linspace(0, 1, rings)[:, None] ** 0.85
    elevation = low[None] * (1 - t) + (np.pi / 2 - 0.02) * t
    radius = grid.radius(azimuth[None], elevation)
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(elevation)], -1), radius


def grid_faces(rings: int, around: int, capped: bool = True) -> list:
    """Quads of rings (rings × around), closed around, and a cap on the last ring."""
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    after = (j + 1) % around
    faces = np.stack([i * around + j, i * around + after, (i + 1) * around + after, (i + 1) * around + j], -1)
    return faces.reshape(-1, 4).tolist() + ([[(rings - 1) * around + k for k in range(around)]] if capped else [])


def build_headwear(kind: str, person, material, trim, seed: int) -> list:
    """Build headwear in the world (needs bpy); sets ``person.hat_cover`` for the hair."""
    hat = HEADWEAR[kind]
    person.hat_cover = cover(kind)
    if kind in ("headscarf", "hood"):
        from .headscarf import build_headscarf

        return build_headscarf(kind, person, material, trim, seed)
    pieces = _pieces(kind, hat, SkullGrid(person, GRIDS.get(kind, GRID)[0]), child(seed, "hat"))
    turn = tilt(kind, child(seed, "tilt"))
    return [
        _add(
            person,
            hat,
            piece.name,
            (piece.vertices - CENTRE) @ turn.T + CENTRE,
            piece.faces,
            piece.cloth,
            trim if piece.trim else material,
        )
        for piece in pieces
    ]


class Piece(NamedTuple):
    """A piece of a hat in the head's frame; ``cloth`` are places on its cloth, of corners or of vertices (n, 3)."""

    name: str
    vertices: np.ndarray
    faces: list
    cloth: np.ndarray | None = None
    trim: bool = False  # of the second cloth


def _rings(name: str, rows: np.ndarray, capped: bool, trim: bool = False, gores: int = 0, edges: str = "") -> Piece:
    """A piece of rings (rings, around, 3)."""
    cloth = ring_cloth(rows, capped, gores, edges)
    return Piece(name, rows.reshape(-1, 3), grid_faces(*rows.shape[:2], capped), cloth, trim)


def _pieces(kind: str, hat: Hat, grid: SkullGrid, rng) -> list[Piece]:
    """The pieces of a hat."""
    if kind == "beret":
        return _beret(hat, grid, rng)
    rings = GRIDS.get(kind, GRID)[1]
    rays, radius = _dome(grid, hat, rings)
    t = np.linspace(0, 1, rings)[:, None]
    a = np.where(grid.azimuth > np.pi, grid.azimuth - 2 * np.pi, grid.azimuth)[None]  # 0 in front
    wave = sum(
        np.sin(k * a + p) * np.sin(k * 1.3 * t * 3 + q) / k
        for k, p, q in zip((2, 3, 5, 7), rng.uniform(0, 6.28, 4), rng.uniform(0, 6.28, 4), strict=True)
    )
    extra = hat.room + 0.0006 * wave
    if kind == "headband":
        count = 11
        swell = 0.0012 * np.sin(np.pi * np.linspace(0, 1, count))[:, None] + 0.0008 * wave[:count]
        band = CENTRE + rays[:count] * (radius[:count] + extra[:count] + swell)[..., None]
        return [_rings("Headband", band, False, edges="both")]
    stands = _shape(kind, t, a, wave, rng)
    crown = CENTRE + rays * (radius + extra + stands)[..., None]
    if kind in ("fedora", "straw_hat"):
        crown = block(crown, t, 0.030, 0.12, crease=0.018)
    elif kind == "bucket_hat":
        crown = block(crown, t, 0.002, 0.15, crease=0.0) + rays * (0.0022 * wave * np.clip(t * 3, 0, 1))[..., None]
    if kind == "beanie":  # the sack hangs back
        crown = crown + rng.uniform(0.006, 0.030) * smoothstep(t, 0.25, 1.0)[..., None] * HANGS
    gores = {"cap": 6, "cap_backwards": 6, "beanie": -1}.get(kind, 0)
    pieces = [_rings(kind, crown, True, gores=gores)]
    if kind == "bandana":  # one square over all of the head
        pieces = [pieces[0]._replace(cloth=disc_cloth(crown, 0))]
    rim = crown[0]
    if kind == "beanie":
        pieces.append(_rings("Cuff", beanie(crown, rays, wave), False, trim=rng.random() < 0.15, gores=-1))
    if kind in ("cap", "cap_backwards"):
        back = kind == "cap_backwards"
        pieces.append(Piece("Visor", *visor(rim, CENTRE[1], back), bool(rng.random() < 0.3)))
        pieces.append(Piece("Button", *button(crown[-1].mean(0) + [0, 0, 0.001])))
        pieces.append(Piece("Eyelets", *eyelets(crown, rays)))
        pieces.append(_rings("Sweatband", _band(crown, rays, 3, -0.0016), False))
        pieces.append(Piece("Strap", *_strap(grid, hat, back)))
    if kind in ("fedora", "straw_hat", "bucket_hat"):
        width, fall = {"fedora": (0.056, 0.06), "straw_hat": (0.070, 0.10), "bucket_hat": (0.046, 0.75)}[kind]
        vertices, faces = _brim(rim, width, fall, kind != "bucket_hat", rng)
        pieces.append(Piece("Brim", vertices, faces, brim_cloth(vertices, len(rim))))
        if kind != "bucket_hat":
            pieces.append(_rings("Band", _band(crown, rays, 6, 0.0014), False, trim=True, edges="both"))
    if kind == "bandana":
        pieces += [Piece("Knot", *mesh) for mesh in _knot(crown, grid)]
    return pieces


def _beret(hat: Hat, grid: SkullGrid, rng) -> list[Piece]:
    """The pieces of a beret."""
    elevation = grid.rim(hat) + np.linspace(0, BAND / NEAR_SKULL, BAND_RINGS)[:, None]
    flat = np.cos(elevation)
    rays = np.stack([flat * np.sin(grid.azimuth), -flat * np.cos(grid.azimuth), np.sin(elevation)], -1)
    band = CENTRE + rays * (grid.radius(grid.azimuth[None], elevation) + hat.room)[..., None]
    crown, cloth = beret(grid, band, hat.room, rng)
    stem = Piece("Button", *button(crown[-1].mean(0) + [0, 0, 0.002]))
    whole = Piece("beret", crown.reshape(-1, 3), grid_faces(*crown.shape[:2]), cloth)
    return [whole, _rings("Band", binding(band), False, trim=True, edges="both"), stem]


def _shape(kind: str, t: np.ndarray, a: np.ndarray, wave: np.ndarray, rng) -> np.ndarray:
    """How far a crown stands off the skull beyond its room, over t 0…1 from rim to top and azimuth a; metres."""
    if kind in ("cap", "cap_backwards"):
        front = np.clip(np.cos(a if kind == "cap" else a + np.pi), 0, 1)
        # The front panels stand; the seams of the six panels sink in between them.
        seam = np.abs((((a / (np.pi / 3)) % 1) - 0.5) * 2)  # 1 on a seam
        puff = 0.0016 * (1 - seam**4) * np.sin(np.pi * np.clip(t, 0.02, 1)) ** 0.5
        dent = 0.0022 * wave * np.clip(1 - front * 1.6, 0, 1) * np.sin(np.pi * t)  # soft behind
        return 0.008 * np.sin(np.pi * t) ** 1.2 + 0.010 * front * np.sin(np.pi * np.clip(t * 1.5, 0, 1)) + puff + dent
    if kind == "beanie":
        behind = 0.5 - 0.5 * np.cos(a)
        sack = rng.uniform(0.002, 0.008) * np.exp(-(((t - 0.62) / 0.24) ** 2)) * (0.25 + 0.75 * behind)
        ribs = 0.0012 * np.cos(a * 48) * (1 - t**6)
        gathers = 0.0030 * np.abs(np.sin(a * 4 + 0.6 * np.sin(2 * a))) * smoothstep(t, 0.70, 0.97)
        folds = (
            0.0035
            * np.sin(t * 26 + 2.2 * np.sin(a + wave))
            * behind
            * smoothstep(t, 0.25, 0.5)
            * smoothstep(-t, -0.9, -0.6)
        )
        # It stands off the crown: knitted cloth spans from the widest part of the head, and its top is a soft sack.
        loft = 0.006 * np.sin(np.pi * np.clip(t, 0, 1)) ** 0.8 + 0.014 * smoothstep(t, 0.35, 0.95)
        return loft + sack + ribs - gathers + folds
    if kind == "turban":
        return wound(t, a, wave, rng)
    if kind == "bandana":
        return tied(t, a, wave, rng)
    return np.zeros(np.broadcast_shapes(t.shape, a.shape))


def _band(crown: np.ndarray, rays: np.ndarray, rows: int, lift: float) -> np.ndarray:
    """A band (rows, around, 3) around the lowest rings of a crown."""
    outward = rays[:rows] * [1, 1, 0]
    return crown[:rows] + lift * outward / np.linalg.norm(outward, axis=-1, keepdims=True)


def _strap(grid: SkullGrid, hat: Hat, front: bool):
    """The strap across the opening of a cap: vertices, faces and places on its cloth."""
    straight = dataclasses.replace(hat, opening="")
    azimuth = np.linspace(-0.52, 0.52, 25) + (0.0 if front else np.pi)
    low = np.interp(azimuth, grid.azimuth, grid.rim(straight), period=2 * np.pi)
    elevation = low + np.linspace(0, STRAP / 0.10, 5)[:, None]
    radius = grid.radius(azimuth[None], elevation) + hat.room
    flat = np.cos(elevation)
    rays = np.stack([flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(elevation)], -1)
    rows = CENTRE + rays * radius[..., None]
    rings, around = rows.shape[:2]
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around - 1), indexing="ij")
    faces = np.stack([i * around + j, i * around + j + 1, (i + 1) * around + j + 1, (i + 1) * around + j], -1)
    up = np.broadcast_to(np.linspace(0, STRAP, rings)[:, None], rows.shape[:2])
    along = np.broadcast_to(azimuth * 0.10, rows.shape[:2])
    cloth = np.stack([along, up, SEAM_REACH - np.minimum(up, STRAP - up)], -1).reshape(-1, 3)
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist(), cloth


def _knot(crown: np.ndarray, grid: SkullGrid) -> list:
    """The knot of a bandana at the back, and its two ends."""
    behind = np.argmax(-np.cos(grid.azimuth))
    place = crown[1, behind] + [0, 0.003, 0]
    result = []
    for side in (1.0, -1.0):
        t = np.linspace(0, 1, 12)[:, None]
        path = place + np.concatenate(
            [side * (0.004 + 0.018 * t), 0.006 + 0.006 * np.sin(3 * t), -0.055 * t + 0.006 * np.sin(6 * t)], 1
        )
        result.append(
            tube(
                path,
                0.010 * np.interp(t[:, 0], [0, 0.2, 0.8, 1], [0.6, 0.9, 1.2, 0.3]),
                10,
                flat=0.22,
                up=(1.0, 0.2, 0.0),
            )
        )
    ring = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    loop = place + np.stack([0.006 * np.cos(ring), 0.005 + 0 * ring, 0.006 * np.sin(ring)], 1)
    result.append(tube(loop, 0.0055, 8, closed=True, up=(0.0, 1.0, 0.0)))
    return result


def _brim(rim: np.ndarray, width: float, fall: float, curled: bool, rng):
    middle = rim.mean(0)
    outward = rim - middle
    outward[:, 2] = 0
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    t = np.linspace(0, 1, 12)[:, None, None]
    angle = arctan2(outward[:, 0], outward[:, 1])
    wavy = sum(np.sin(k * angle + p) / k for k, p in zip((2, 3, 5), rng.uniform(0, 6.28, 3), strict=True))
    rows = rim[None] + t * width * outward[None] + np.array([0, 0, -1.0]) * fall * width * t
    rows[..., 2] += (0.0025 if curled else 0.004) * wavy * t[..., 0] ** 1.5
    if curled:
        rows[..., 2] += 0.020 * t[..., 0] ** 2 * np.abs(outward[:, 0]) ** 2 - 0.012 * t[..., 0] ** 2 * np.clip(
            -outward[:, 1], 0, 1
        )
    count = len(rim)
    i, j = np.meshgrid(np.arange(11), np.arange(count), indexing="ij")
    after = (j + 1) % count
    faces = np.stack([i * count + j, (i + 1) * count + j, (i + 1) * count + after, i * count + after], -1)
    return rows.reshape(-1, 3), faces.reshape(-1, 4).tolist()


THICKNESS = {
    "Visor": 0.0032,
    "Cuff": 0.0032,
    "Band": 0.0009,
    "Brim": 0.0022,
    "beret": 0.0024,
}  # metres; 0.0018 of what is not named
WHOLE = ("Button", "Knot", "Eyelets")  # closed by themselves: nothing is thickened


def _add(person, hat: Hat, name: str, vertices: np.ndarray, faces, cloth, material):
    from ...blender import mesh_object

    if cloth is None:
        around = arctan2(vertices[:, 0], -(vertices[:, 1] - CENTRE[1])) * 0.10
        cloth = np.column_stack([around, vertices[:, 2], np.zeros(len(vertices))])
    placed = np.round(transform(person.head_matrix, vertices), DECIMALS)
    domain = "POINT" if len(cloth) == len(vertices) else "CORNER"
    obj = mesh_object(name, placed, faces, part=PART["headwear"], attributes={"cloth": ("FLOAT_VECTOR", domain, cloth)})
    obj.data.materials.append(material)
    if name not in WHOLE:
        thick = obj.modifiers.new("Thickness", "SOLIDIFY")
        thick.thickness = THICKNESS.get(name, 0.0018)
        thick.offset = 1.0 if name not in ("Visor", "Brim") else 0.0
        soft = obj.modifiers.new("Subdivision", "SUBSURF")
        soft.levels = soft.render_levels = 1
    obj["follow"], obj["hair_rule"] = "head", hat.hair
    return person.link(obj, "headwear")
