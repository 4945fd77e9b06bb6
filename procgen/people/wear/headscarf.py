"""Headscarf and hood: cloth over head and neck that leaves the face free and hangs in folds."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...materials.cloth import SEAM_REACH
from ...params import child
from ..parts import PART
from ..surface import vertex_normals
from .cuts import GARMENTS, neckline
from .drape import tented
from .scarf_folds import ridges, scarf_folds, step
from .tailor import (
    Piece,
    between,
    chains,
    coarse_surface,
    halved,
    keep_outside,
    resampled,
    section_sweep,
    smooth,
    tube,
)

SPANNED = (0.07, -0.10)  # heights between which cloth spans ears, metres
CLOSE, EDGE_ROOM = 0.006, 0.0030  # metres from the edge over which a headscarf comes down to the skin, and off it
HANGS_FROM, HANGS = 0.045, 0.75  # height from which it falls to the shoulders, metres; share of the straight way
OVER_COLLAR = 0.017  # metres more that it stands off where a garment lies below it
CHEEKS = 1.4  # times more that it stands off cheeks than off the brow
SEWN = 0.022  # metres from its garment over which a hood rises from it
BROW_POWER = 2.5  # of the superellipse that a headscarf's edge is over the brow: between a circle and a square
NO_SLACK = np.zeros(4)
HEM = (
    (-0.0006, 0.0),
    (-0.0008, 0.0008),
    (0.0004, 0.0016),
    (0.0045, 0.0017),
    (0.0064, 0.0014),
    (0.0072, 0.0008),
    (0.0070, -0.0004),
    (0.0004, -0.0006),
)  # its section: metres from the edge into the cloth, and out of it
CLOTH = {"headscarf": 0.0009, "hood": 0.0016}  # metres thick
HOOD_OVERLAP = 0.014  # metres that a hood reaches over the neckline of its garment


def _opening(kind: str, template: np.ndarray, slack: np.ndarray = NO_SLACK) -> np.ndarray:
    """Distance-like field (n,), negative inside the face's opening, metres; ``slack`` (4,) are phases of its uneven edge."""
    x, y, z = template.T
    if kind == "hood":
        wide, middle, tall, behind = 0.080, -0.020, 0.112, np.interp(z, [-0.165, -0.095], [0.100, 0.040])
        down = np.where(z < middle, 0.68, 1.0)  # its sides come together below the throat
    else:
        # Cloth comes forward under the chin, as far as its underside.
        wide, middle, tall, behind = 0.0625, -0.029, 0.0935, np.interp(z, [-0.106, -0.078], [0.0, 0.055])
        down = np.where(z < middle, 1.16, 1.0)
        uneven = 0.0022 if slack is not NO_SLACK else 0.0
        x = x + uneven * (np.sin(34 * z + slack[0]) + np.sign(x) * np.sin(55 * z + slack[1]))
        z = z + uneven * np.sin(38 * x + slack[2])
    # The opening is narrower at the forehead than at the cheeks, and comes to a soft point under the chin.
    below = np.clip((middle - z) / tall, 0, 1)
    # A straight edge of cloth does not bend as round as a hole over brow and temples.
    power = np.where(z < middle, 2.0, 2.0 if kind == "hood" else BROW_POWER)
    across, upward = np.abs(x / (wide * (1 - 0.10 * below))), np.abs(down * (z - middle) / tall)
    oval = (across**power + upward**power) ** (1 / power)
    return np.where(y < behind, (oval - 1) * 0.06, np.maximum((oval - 1) * 0.06, (y - behind) * 0.9 + 0.002))


def _sewn_line(template: np.ndarray) -> np.ndarray:
    """Distance (n,) of template places below the line where a hood is sewn on, metres."""
    return neckline(GARMENTS["hoodie"], template) - HOOD_OVERLAP


def build_headscarf(kind: str, person, material, trim, seed: int) -> list:
    """Build a headscarf, or a hood that is up, from the posed skin (needs bpy)."""
    from ...blender import mesh_object

    rng = child(seed, "headscarf")
    tree, surface = person.surface.bvh(), coarse_surface(person)
    slack = child(seed, "edge").uniform(0, 6.28, 4) if kind == "headscarf" else NO_SLACK
    x, y, z = surface.template.T
    if kind == "headscarf":
        hem = -0.272 - z - 0.045 * np.cos(x * 11) * (y < 0.09)
    else:  # a hood is sewn to the neckline
        hem = _sewn_line(surface.template)
    field = np.minimum(_opening(kind, surface.template, slack), -hem)
    inside = np.zeros(len(x), bool)
    inside[surface.triangles[surface.part == PART["mouth_interior"]].ravel()] = True
    field = np.where(inside & (np.abs(x) < 0.045) & (z < -0.02), -0.02, field)
    piece = Piece(surface, field, 0.003, 0, tree=tree)
    template, triangles = piece.template, piece.triangles
    depth = np.clip(_opening(kind, template, slack) / 0.03, 0, 1)
    positions = _spanned(kind, piece, depth)
    room = _room(kind, template, depth, rng)
    positions = positions + vertex_normals(positions, triangles) * room[:, None]
    positions = smooth(positions, triangles, 14)
    over = 0.010 if kind == "hood" else OVER_COLLAR
    least = np.minimum(0.004 + over * np.clip((-0.12 - template[:, 2]) / 0.05, 0, 1), room)
    if kind == "headscarf":
        # Between chin and shoulders the nearest skin is now here, now there: what that tears is evened out.
        apart = (depth < 0.3) | (template[:, 2] > -0.07) | (template[:, 2] < -0.21)
        positions = smooth(keep_outside(positions, tree, least), triangles, 10, fixed=apart)
        pairs, shares, triangles = halved(triangles)  # folds are finer than the skin's own mesh
        template, positions, skin = (between(each, pairs, shares) for each in (template, positions, piece.skin))
        positions = smooth(positions, triangles, 3)
        opened = _opening(kind, template, slack)
        folds = scarf_folds(positions, np.clip(opened / 0.03, 0, 1), rng)  # where cloth hangs, not what it was cut from
        positions = smooth(positions + vertex_normals(positions, triangles) * folds[:, None], triangles, 1)
        off = EDGE_ROOM * (1 + CHEEKS * step(-template[:, 2], -0.03, 0.03))
        positions = _brought_down(positions, skin, triangles, np.clip(opened, 0, 1) / CLOSE, off[:, None])
    else:
        positions = positions + vertex_normals(positions, triangles) * _drape(template, depth, rng)[:, None]
        positions = smooth(positions, triangles, 1)
        sewn = np.maximum(-_sewn_line(template), 0) / SEWN
        positions = _brought_down(positions, piece.skin, triangles, sewn, GARMENTS["hoodie"].room + 0.003)
        positions = keep_outside(positions, tree, least)
    positions = np.round(positions, 7)  # releases of numpy differ in the last bits
    objects = [_linked(person, mesh_object(
        kind.capitalize(), positions, triangles, part=PART["headwear"],
        attributes={"cloth": ("FLOAT_VECTOR", "POINT", _laid(kind, template))},
    ), material, CLOTH[kind], "skin", kind == "hood")]  # fmt: skip
    loops = [loop for loop in chains(triangles) if len(loop) > 60 and template[loop, 2].mean() > -0.12]
    for loop in loops[:1]:
        path = resampled(positions[loop], 0.003, closed=True, rounds=3)
        if kind == "headscarf":
            hem, cloth = _hem(path, positions[loop], vertex_normals(positions, triangles)[loop])
            sewn = mesh_object(
                "Hem", *hem, part=PART["headwear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)}
            )
        else:
            sewn = _plain(mesh_object, "Hem", *tube(path, 0.0040, 10, closed=True, flat=0.8))
        objects.append(_linked(person, sewn, material, 0.0, "skin"))
    if kind == "headscarf" and rng.random() < 0.6:
        objects.append(_linked(person, _undercap(mesh_object, surface, tree), trim, 0.0008, "skin"))
    return objects


def _spanned(kind: str, piece: Piece, depth: np.ndarray) -> np.ndarray:
    """Cloth (n, 3) that wraps ears flat and spans hollows between head, neck and shoulders."""
    triangles, (x, y, z) = piece.triangles, piece.template.T
    ear = np.exp(-(((np.abs(x) - 0.080) / 0.016) ** 2 + ((y - 0.072) / 0.034) ** 2 + ((z + 0.014) / 0.042) ** 2))
    positions = smooth(piece.positions, triangles, 90, fixed=ear < 0.12)
    neck = np.exp(-(((z + 0.145) / 0.050) ** 2)) * np.clip((0.12 - np.abs(x)) / 0.06, 0, 1)
    spread = positions - np.array([0, 0.085, 0]) * 1.0
    spread[:, 2] = 0
    spread /= np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1e-6)
    front = np.clip((0.10 - y) / 0.08, 0, 1)
    positions = positions + spread * (neck * (0.010 + 0.022 * front))[:, None]
    positions = smooth(positions, triangles, 70, fixed=(z > -0.080) | (depth < 0.3))
    # Ears do not show: cloth spans from cheek to ear and from ear to nape.
    positions = smooth(tented(positions, *SPANNED, 0.85 if kind == "hood" else 0.6), triangles, 6)
    if kind == "headscarf":  # and it falls from the ears and the chin to the shoulders
        for _ in range(2):
            positions = smooth(tented(positions, HANGS_FROM, positions[:, 2].min(), HANGS), triangles, 6)
        # What lay under the chin now stands in one place: it is spread out evenly, or folds would go through each other.
        positions = smooth(positions, triangles, 50, fixed=(depth < 0.3) | (z > -0.07) | (z < -0.21))
    return positions


def _room(kind: str, template: np.ndarray, depth: np.ndarray, rng) -> np.ndarray:
    """How far (n,) cloth stands off before it is folded, metres: there is hair under it, in a bun behind."""
    x, y, z = template.T
    scalp = np.clip((z + 0.03) / 0.06, 0, 1) * np.clip((y - 0.0) / 0.05, 0, 1)
    bun = np.exp(-(((y - 0.160) / 0.045) ** 2 + ((z - 0.015) / 0.050) ** 2 + (x / 0.060) ** 2)) * rng.uniform(0.2, 1.0)
    if kind == "hood":
        return 0.006 + 0.014 * depth + 0.012 * scalp + 0.020 * bun
    return 0.0035 + 0.009 * scalp * depth + 0.024 * bun + OVER_COLLAR * np.clip((-0.10 - z) / 0.04, 0, 1)


def _brought_down(positions, skin, triangles, away: np.ndarray, room) -> np.ndarray:
    """Cloth (n, 3) brought down to ``room`` metres (scalar or (n, 1)) over the skin (n, 3) near an edge, ``away`` (n,) reaches from it."""
    close = np.exp(-(away**2))[:, None]
    return positions * (1 - close) + (skin + vertex_normals(skin, triangles) * room) * close


def _laid(kind: str, template: np.ndarray) -> np.ndarray:
    """Places (n, 3) on the cloth, metres: a shawl lies over the head from side to side and hangs from there."""
    x, y, z = template.T
    around = arctan2(x, -(y - 0.07)) * 0.10
    hanging = np.column_stack([around, z + 0.3 * np.abs(x), np.zeros(len(x))])
    if kind == "hood":
        return hanging
    over = np.column_stack([arctan2(x, z + 0.03) * 0.085, y, np.zeros(len(x))])
    share = step(z, -0.02, 0.04)[:, None]
    return over * share + hanging * (1 - share)


def _hem(path: np.ndarray, rim: np.ndarray, normals: np.ndarray):
    """The hem along a path (k, 3) on a rim (n, 3) with its normals: a mesh (vertices, faces), and places on its cloth."""
    nearest = ((path[:, None] - rim[None]) ** 2).sum(2).argmin(1)
    out = normals[nearest]
    for _ in range(6):
        out = (np.roll(out, 1, 0) + 2 * out + np.roll(out, -1, 0)) / 4
    along = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    into = np.cross(along, out)
    into *= np.sign((into * (path - path.mean(0))).sum())  # away from the face
    into /= np.linalg.norm(into, axis=1, keepdims=True)
    out = np.cross(into, along)
    out *= np.sign((out * normals[nearest]).sum(1, keepdims=True))
    section = np.broadcast_to(np.array(HEM), (len(path), len(HEM), 2))
    mesh = section_sweep(path, into, out, section, closed=True)
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    u, across = np.repeat(run, len(HEM)), np.tile(np.array(HEM)[:, 0], len(path))
    return mesh, np.column_stack([u, across, SEAM_REACH - np.maximum(across, 0)])


def _drape(template: np.ndarray, depth: np.ndarray, rng) -> np.ndarray:
    """The height (n,) of a hood's folds over the cloth's surface, metres."""
    x, y, z = template.T
    warp = (
        sum(
            np.sin(k * 14 * x + p) * np.sin(k * 11 * z + q)
            for k, p, q in zip((1, 2, 3), rng.uniform(0, 6.28, 3), rng.uniform(0, 6.28, 3), strict=True)
        )
        / 3
    )
    lean = rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.55)
    # Below the chin folds hang from ear to ear, over the head they run from the temples back to the nape.
    swag = z + 2.2 * x**2 + lean * x - 0.25 * (y - 0.05)
    low = np.clip((-0.085 - z) / 0.05, 0, 1)
    height = low * 0.004 * (ridges(swag / 0.040 + 0.55 * warp) - 0.45)
    back = z * 0.75 + 0.55 * (y - 0.05) + 0.18 * lean * x
    high = (1 - low) * depth * np.clip((y - 0.01) / 0.06, 0, 1)
    height = height + high * 0.006 * (ridges(back / 0.042 + 0.8 * warp) - 0.5)
    # One or two soft layers around the face.
    height = height + (1 - low) * 0.0034 * ridges(np.clip(_opening("hood", template), 0, 0.05) / 0.020) * (
        1 - np.clip((y - 0.06) / 0.03, 0, 1)
    )
    return height


def _undercap(mesh_object, surface, tree):
    """The edge of a cap under the scarf, seen at the forehead."""
    template = surface.template
    oval = _opening("headscarf", template)
    field = np.minimum.reduce([oval + 0.0055, 0.006 - oval, template[:, 2] - 0.004, 0.03 - template[:, 1]])
    piece = Piece(surface, field, 0.0016, 3, tree=tree)
    cloth = np.column_stack([piece.template[:, 0], piece.template[:, 2], 0 * piece.template[:, 0]])
    return mesh_object(
        "Undercap",
        piece.positions,
        piece.triangles,
        part=PART["headwear"],
        attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)},
    )


def _plain(mesh_object, name: str, vertices: np.ndarray, faces):
    cloth = np.column_stack([vertices[:, 0], vertices[:, 2], np.zeros(len(vertices))])
    return mesh_object(
        name, vertices, faces, part=PART["headwear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)}
    )


def _linked(person, obj, material, thickness: float, follow: str, soft: bool = True):
    obj.data.materials.append(material)
    if thickness:
        thick = obj.modifiers.new("Thickness", "SOLIDIFY")
        thick.thickness, thick.offset = thickness, 1.0
    if thickness and soft:
        smoothed = obj.modifiers.new("Subdivision", "SUBSURF")
        smoothed.levels = smoothed.render_levels = 1
    obj["follow"], obj["hair_rule"] = follow, "hide_all"
    return person.link(obj, "headwear")
