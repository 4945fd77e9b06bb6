"""Headscarf and hood: cloth over head and neck that leaves the face free and hangs in folds."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...params import child
from ..parts import PART
from ..surface import vertex_normals
from .cuts import GARMENTS, neckline
from .drape import tented
from .tailor import Piece, chains, coarse_surface, keep_outside, resampled, smooth, tube

SPANNED = (0.07, -0.10)  # heights between which cloth spans ears, metres
CLOSE = 0.007  # metres from the edge over which a headscarf comes down to the skin
SEWN = 0.022  # metres from its garment over which a hood rises from it
HOOD_OVERLAP = 0.014  # metres that a hood reaches over the neckline of its garment


def _opening(kind: str, template: np.ndarray) -> np.ndarray:
    """Distance-like field (n,), negative inside the face's opening, metres."""
    x, y, z = template.T
    if kind == "hood":
        wide, middle, tall, behind = 0.080, -0.020, 0.112, np.interp(z, [-0.165, -0.095], [0.100, 0.040])
        down = np.where(z < middle, 0.68, 1.0)  # its sides come together below the throat
    else:
        # Cloth comes forward under the chin, as far as its underside.
        wide, middle, tall, behind = 0.0625, -0.029, 0.0935, np.interp(z, [-0.106, -0.078], [0.0, 0.055])
        down = np.where(z < middle, 1.16, 1.0)
    # The opening is narrower at the forehead than at the cheeks, and comes to a soft point under the chin.
    below = np.clip((middle - z) / tall, 0, 1)
    oval = np.sqrt((x / (wide * (1 - 0.10 * below))) ** 2 + (down * (z - middle) / tall) ** 2)
    return np.where(y < behind, (oval - 1) * 0.06, np.maximum((oval - 1) * 0.06, (y - behind) * 0.9 + 0.002))


def _sewn_line(template: np.ndarray) -> np.ndarray:
    """Distance (n,) of template places below the line where a hood is sewn on, metres."""
    return neckline(GARMENTS["hoodie"], template) - HOOD_OVERLAP


def _ridges(phase: np.ndarray) -> np.ndarray:
    """Folds of hanging cloth along a phase in periods: round crests, sharp valleys; 0…1."""
    return np.abs(np.sin(np.pi * (phase + 0.12 * np.sin(2 * np.pi * phase)))) ** 0.7


def build_headscarf(kind: str, person, material, trim, seed: int) -> list:
    """Build a headscarf, or a hood that is up, from the posed skin (needs bpy)."""
    from ...blender import mesh_object

    rng = child(seed, "headscarf")
    tree, surface = person.surface.bvh(), coarse_surface(person)
    x, y, z = surface.template.T
    if kind == "headscarf":
        hem = -0.262 - z - 0.045 * np.cos(x * 11) * (y < 0.09)
    else:  # a hood is sewn to the neckline
        hem = _sewn_line(surface.template)
    field = np.minimum(_opening(kind, surface.template), -hem)
    inside = np.zeros(len(x), bool)
    inside[surface.triangles[surface.part == PART["mouth_interior"]].ravel()] = True
    field = np.where(inside & (np.abs(x) < 0.045) & (z < -0.02), -0.02, field)
    piece = Piece(surface, field, 0.003, 0, tree=tree)
    template, triangles = piece.template, piece.triangles
    x, y, z = template.T
    depth = np.clip(_opening(kind, template) / 0.03, 0, 1)
    # Ears are wrapped flat, and the hollow between jaw, neck and shoulder is bridged.
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
    if kind == "headscarf":
        positions = smooth(tented(positions, -0.085, positions[:, 2].min(), 0.8), triangles, 6)
    scalp = np.clip((z + 0.03) / 0.06, 0, 1) * np.clip((y - 0.0) / 0.05, 0, 1)
    bun = np.exp(-(((y - 0.160) / 0.045) ** 2 + ((z - 0.015) / 0.050) ** 2 + (x / 0.060) ** 2)) * rng.uniform(0.2, 1.0)
    if kind == "hood":
        room = 0.006 + 0.014 * depth + 0.012 * scalp + 0.020 * bun
    else:
        room = 0.0035 + 0.006 * scalp * depth + 0.024 * bun + 0.012 * np.clip((-0.10 - z) / 0.05, 0, 1)
    normals = vertex_normals(positions, triangles)
    positions = positions + normals * room[:, None]
    positions = smooth(positions, triangles, 14)
    positions = positions + vertex_normals(positions, triangles) * _drape(kind, template, depth, rng)[:, None]
    positions = smooth(positions, triangles, 1)
    if kind == "headscarf":  # it lies close around the face
        close = np.exp(-((np.clip(_opening(kind, template), 0, 1) / CLOSE) ** 2))[:, None]
        on_skin = piece.skin + vertex_normals(piece.skin, triangles) * 0.0025
        positions = positions * (1 - close) + on_skin * close
    else:  # it is sewn on
        close = np.exp(-((np.maximum(-_sewn_line(template), 0) / SEWN) ** 2))[:, None]
        on_garment = piece.skin + vertex_normals(piece.skin, triangles) * (GARMENTS["hoodie"].room + 0.003)
        positions = positions * (1 - close) + on_garment * close
    positions = keep_outside(positions, tree, np.minimum(0.004 + 0.010 * np.clip((-0.12 - z) / 0.05, 0, 1), room))
    positions = np.round(positions, 7)  # releases of numpy differ in the last bits
    around = arctan2(x, -(y - 0.07)) * 0.10
    cloth = np.column_stack([around, z + 0.3 * np.abs(x), np.zeros(len(x))])
    objects = [_linked(person, mesh_object(
        kind.capitalize(), positions, triangles, part=PART["headwear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)},
    ), material, 0.0016, "skin")]  # fmt: skip
    loops = [loop for loop in chains(triangles) if len(loop) > 60 and template[loop, 2].mean() > -0.12]
    for loop in loops[:1]:
        path = resampled(positions[loop], 0.003, closed=True, rounds=3)
        vertices, faces = tube(path, 0.0040 if kind == "hood" else 0.0019, 10, closed=True, flat=0.8)
        objects.append(_linked(person, _plain(mesh_object, "Hem", vertices, faces), material, 0.0, "skin"))
    if kind == "headscarf" and rng.random() < 0.6:
        objects.append(_linked(person, _undercap(mesh_object, surface, tree), trim, 0.0008, "skin"))
    return objects


def _drape(kind: str, template: np.ndarray, depth: np.ndarray, rng) -> np.ndarray:
    """The height (n,) of folds over the cloth's surface, metres."""
    x, y, z = template.T
    warp = (
        sum(
            np.sin(k * 14 * x + p) * np.sin(k * 11 * z + q)
            for k, p, q in zip((1, 2, 3), rng.uniform(0, 6.28, 3), rng.uniform(0, 6.28, 3), strict=True)
        )
        / 3
    )
    lean = rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.55)
    # Below the chin folds hang from ear to ear, lower on one side where the end is thrown over the shoulder.
    swag = z + 2.2 * x**2 + lean * x - 0.25 * (y - 0.05)
    low = np.clip((-0.085 - z) / 0.05, 0, 1)
    height = low * (0.0170 if kind == "headscarf" else 0.004) * (_ridges(swag / 0.040 + 0.55 * warp) - 0.45)
    if kind == "headscarf":  # the end that is thrown over a shoulder lies on the rest
        edge = z + 0.150 + 0.9 * lean * x + 0.010 * warp
        height = height + low * 0.0070 * np.clip(edge / 0.006, 0, 1)
    # Over the head folds run from the temples back to the nape.
    back = z * 0.75 + 0.55 * (y - 0.05) + 0.18 * lean * x
    high = (1 - low) * depth * np.clip((y - 0.01) / 0.06, 0, 1)
    height = height + high * (0.0052 if kind == "headscarf" else 0.006) * (_ridges(back / 0.042 + 0.8 * warp) - 0.5)
    # One or two soft layers around the face.
    height = height + (1 - low) * 0.0034 * _ridges(np.clip(_opening(kind, template), 0, 0.05) / 0.020) * (
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


def _linked(person, obj, material, thickness: float, follow: str):
    obj.data.materials.append(material)
    if thickness:
        thick = obj.modifiers.new("Thickness", "SOLIDIFY")
        thick.thickness, thick.offset = thickness, 1.0
        soft = obj.modifiers.new("Subdivision", "SUBSURF")
        soft.levels = soft.render_levels = 1
    obj["follow"], obj["hair_rule"] = follow, "hide_all"
    return person.link(obj, "headwear")
