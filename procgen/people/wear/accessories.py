"""Face masks and earrings."""

from __future__ import annotations

import numpy as np

from ..parts import PART
from .tailor import Piece, chains, coarse_surface, ellipsoid, keep_outside, merged, resampled, smooth, stretched, tube

MASKS = {"surgical": "a surgical mask", "cloth": "a cloth mask", "ffp2": "a respirator mask"}
EARRINGS = {
    "stud": "stud earrings", "hoop": "hoop earrings", "small_hoop": "small hoop earrings", "pearl": "pearl earrings",
    "drop": "drop earrings", "bar": "bar earrings",
}  # fmt: skip
ROOM = 0.0022  # between cloth and skin


def _mask_field(kind: str, template: np.ndarray) -> np.ndarray:
    """How far inside the mask's outline (n,) template places lie, metres."""
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    if kind == "surgical":
        top, bottom, side = -0.014 - 0.20 * x - 2.2 * x**2, -0.122 + 0.16 * x, 0.061
    elif kind == "cloth":
        top, bottom, side = -0.013 - 0.16 * x - 3.0 * x**2, -0.124 + 0.22 * x + 2.5 * x**2, 0.063
    else:
        top, bottom, side = -0.009 - 0.34 * x - 1.2 * x**2, -0.127 + 0.36 * x, 0.059
    return np.minimum.reduce([top - z, z - bottom, side - x, 0.034 - y])


def build_mask(kind: str, person, material) -> list:
    """Build a mask from nose to chin over the posed face (needs bpy)."""
    from ...blender import mesh_object

    tree, surface = person.surface.bvh(), coarse_surface(person)
    field = _mask_field(kind, surface.template)
    inside = np.zeros(len(field), bool)
    inside[surface.triangles[surface.part == PART["mouth_interior"]].ravel()] = True
    # What lies inside mouth and nostrils takes no part: its lips and rims do, and the cloth bridges them.
    field = np.where(inside & (surface.template[:, 1] > -0.028), -0.01, field)
    piece = Piece(surface, field, 0.004, 4, tree=tree)
    rings = chains(piece.triangles)
    # The hem lies smoothly on the skin.
    hem = rings[0]
    positions = piece.positions.copy()
    for _ in range(12):
        positions[hem] = (np.roll(positions[hem], 1, 0) + 2 * positions[hem] + np.roll(positions[hem], -1, 0)) / 4
    triangles = np.concatenate([piece.triangles, *(_filled(ring) for ring in rings[1:])])
    positions = keep_outside(positions, tree, ROOM)
    positions = stretched(positions, triangles, tree, ROOM, 4, 40)
    x, _, z = piece.template.T
    # A mask keeps its shape: between nose and chin it stands as a straight tent that no lips show through.
    front = person.head_matrix[:3, :3] @ [0.0, -1.0, 0.0]
    reach = positions @ front
    nose, chin = (reach[(np.abs(x) < 0.012) & (np.abs(z - height) < 0.007)].max() for height in (-0.034, -0.106))
    ridge = np.interp(z, [-0.106, -0.034], [chin, nose]) + 0.008
    share = np.exp(-((x / 0.036) ** 2)) * np.clip((z + 0.116) / 0.016, 0, 1) * np.clip((-0.026 - z) / 0.012, 0, 1)
    positions = positions + front * (np.maximum(ridge - reach, 0.0) * share)[:, None]
    positions = stretched(positions, triangles, tree, ROOM, 2, 12)
    ahead = person.head_matrix[:3, :3] @ [0.0, -1.0, -0.05]
    depth = np.clip(_mask_field(kind, piece.template) / 0.018, 0, 1)
    if kind == "ffp2":
        positions = (
            positions
            + ahead * (0.012 * depth * np.exp(-((x / 0.022) ** 2)) * np.clip((z + 0.135) / 0.05, 0, 1))[:, None]
        )
        seam = -0.0012 * np.exp(-((x / 0.0011) ** 2))
        relief = seam * depth
    elif kind == "surgical":
        # Three pleats, each cloth laid over the next one.
        phase = (z + 0.064) / 0.017 + 0.25 * np.abs(x) / 0.06
        saw = (phase - np.floor(phase)) ** 2
        relief = 0.0022 * depth * saw * (np.abs(z + 0.066) < 0.027) + 0.004 * depth
    else:
        relief = 0.005 * depth - 0.0010 * np.exp(-((x / 0.0010) ** 2)) * depth
    wrinkles = 0.0006 * np.sin(x * 260 + 5 * np.sin(z * 60)) * np.clip((np.abs(x) - 0.030) / 0.02, 0, 1) * depth
    positions = positions + ahead * (relief + wrinkles)[:, None]
    positions = smooth(positions, triangles, 2)
    positions = keep_outside(positions, tree, 0.0014)
    place = np.column_stack([x, z, np.zeros(len(x))])
    pieces = [("Mask", positions, triangles.tolist(), place)]
    band = resampled(positions[hem], 0.003, closed=True)
    pieces.append(("Hem", *_flat(band, 0.0011 if kind != "cloth" else 0.0014)))
    straps = []
    for side in (1.0, -1.0):
        ear = [surface.positions[((surface.template - np.array([side * a, b, c]) / 1000) ** 2).sum(1).argmin()]
               for a, b, c in ((72, 72, 10), (80, 90, -16), (72, 72, -40))]  # fmt: skip
        corners = [
            hem[((piece.template[hem] - [side * 0.062, 0.02, height]) ** 2).sum(1).argmin()]
            for height in (-0.030, -0.112)
        ]
        path = np.concatenate([positions[corners[:1]], ear, positions[corners[1:]]])
        path = resampled(path, 0.003, rounds=3)
        path = keep_outside(path, tree, 0.0013)
        straps.append(tube(path, 0.0010, 8))
    pieces.append(("Straps", *_placed(merged(straps))))
    objects = []
    for name, vertices, faces, cloth in pieces:
        obj = mesh_object(
            name, vertices, faces, part=PART["facewear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", cloth)}
        )
        obj.data.materials.append(material)
        if name == "Mask":
            thick = obj.modifiers.new("Thickness", "SOLIDIFY")
            thick.thickness, thick.offset = 0.0009, 1.0
        objects.append(person.link(obj, "facewear"))
    return objects


def _placed(mesh):
    vertices, faces = mesh
    return vertices, faces, np.column_stack([vertices[:, 0], vertices[:, 2], np.zeros(len(vertices))])


def _flat(path: np.ndarray, radius: float):
    return _placed(tube(path, radius, 8, closed=True, flat=0.6))


def _filled(ring: np.ndarray) -> np.ndarray:
    """Triangles over a hole: a strip that zigzags across it."""
    low, high, result = 0, len(ring) - 1, []
    while high - low > 1:
        result.append([ring[low], ring[low + 1], ring[high]])
        low += 1
        if high - low > 1:
            result.append([ring[low], ring[high - 1], ring[high]])
            high -= 1
    return np.array(result, int).reshape(-1, 3)


def build_earrings(kind: str, person, material) -> list:
    """Build earrings at both lobes (needs bpy)."""
    from ...blender import mesh_object

    objects = []
    surface = person.surface
    for side in (1.0, -1.0):
        index = ((surface.template - np.array([side * 77.5, 64, -41.5]) / 1000) ** 2).sum(1).argmin()
        lobe, normal = surface.positions[index], surface.normals[index]
        down = np.array([0, 0, -1.0])
        if kind in ("stud", "pearl"):
            size = 0.0022 if kind == "stud" else 0.0042
            pieces = [ellipsoid(lobe + normal * size * 0.8, (size, size, size), rings=11, around=16)]
        elif kind in ("hoop", "small_hoop"):
            big = 0.016 if kind == "hoop" else 0.0075
            angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
            ring = big * np.stack([0 * angle, np.sin(angle), np.cos(angle)], 1)
            thick = 0.0009 if kind == "hoop" else 0.0012
            pieces = [
                tube(lobe + normal * 0.001 + ring + down * (big - 0.002), thick, 8, closed=True, up=(1.0, 0.0, 0.0))
            ]
        else:
            drop = lobe + normal * 0.003
            hook = np.stack([lobe + normal * 0.0005, drop + [0, 0, 0.002], drop + down * 0.004])
            pieces = [tube(resampled(hook, 0.0008), 0.00045, 6, up=(1.0, 0.0, 0.0))]
            if kind == "drop":
                pieces.append(tube(np.linspace(drop, drop + down * 0.018, 6), 0.0004, 6, up=(1.0, 0.0, 0.0)))
                pieces.append(ellipsoid(drop + down * 0.023, (0.0036, 0.0036, 0.0052)))
            else:
                pieces.append(
                    tube(np.linspace(drop + down * 0.004, drop + down * 0.034, 8), 0.0011, 8, up=(1.0, 0.0, 0.0))
                )
        vertices, faces = merged(pieces)
        obj = mesh_object("Earring", vertices, faces, part=PART["ignore"])
        obj.data.materials.append(material)
        objects.append(person.link(obj, "earring"))
    return objects
