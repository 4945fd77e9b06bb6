"""Face masks and earrings."""

from __future__ import annotations

import numpy as np

from ..parts import PART
from .tailor import Piece, folds, keep_outside, smooth, tube

MASKS = {"surgical": "a surgical mask", "cloth": "a cloth mask", "ffp2": "a respirator mask"}
EARRINGS = {"stud": "stud earrings", "hoop": "hoop earrings", "pearl": "pearl earrings", "drop": "drop earrings"}


def build_mask(kind: str, person, material) -> list:
    """Build a mask from nose to chin over the posed face (needs bpy)."""
    from ...blender import mesh_object

    surface = person.surface
    x, y, z = surface.template.T
    top = -0.018 - 0.20 * np.abs(x)
    bottom = -0.117 + 0.28 * np.abs(x)
    field = np.minimum.reduce([top - z, z - bottom, 0.056 - np.abs(x), 0.028 - y])
    inside = surface.part == PART["mouth_interior"]
    hidden = np.zeros(len(x), bool)
    hidden[surface.triangles[inside].ravel()] = True
    field = np.where(hidden, -0.05, field)
    piece = Piece(surface, field, 0.009, 20)
    # Bridge the lips and nostrils: cloth is stretched from nose to chin.
    positions = smooth(piece.positions, piece.triangles, 500)
    if kind == "ffp2":
        ridge = np.exp(-((piece.template[:, 0] / 0.008) ** 2))
        positions[:, :] += (person.head_matrix[:3, :3] @ [0.0, -0.010, 0.0]) * ridge[:, None]
    positions = keep_outside(positions, surface.bvh(), 0.0020)
    if kind != "ffp2":
        positions = folds(positions, piece.triangles, 0.0015, 40.0, 5)
    pleats = np.column_stack([piece.template[:, 0], piece.template[:, 2], np.zeros(len(positions))])
    mask = mesh_object(
        "Mask", positions, piece.triangles, part=PART["facewear"], attributes={"cloth": ("FLOAT_VECTOR", "POINT", pleats)}
    )
    mask.data.materials.append(material)
    thick = mask.modifiers.new("Thickness", "SOLIDIFY")
    thick.thickness, thick.offset = 0.0012, 1.0
    objects = [person.link(mask, "facewear")]
    rim = piece.template
    for side in (1.0, -1.0):
        ear = surface.positions[((surface.template - np.array([side * 76, 76, -18]) / 1000) ** 2).sum(1).argmin()]
        for height in (-0.030, -0.098):
            start = positions[((rim - [side * 0.054, 0.012, height]) ** 2).sum(1).argmin()]
            t = np.linspace(0, 1, 16)[:, None]
            path = start * (1 - t) + ear * t
            path = keep_outside(path, surface.bvh(), 0.0015)
            vertices, faces = tube(path, 0.0011, 6)
            strap = mesh_object("Strap", vertices, faces, part=PART["facewear"],
                                attributes={"cloth": ("FLOAT_VECTOR", "POINT", vertices)})  # fmt: skip
            strap.data.materials.append(material)
            objects.append(person.link(strap, "facewear"))
    return objects


def build_earrings(kind: str, person, material) -> list:
    """Build earrings at both lobes (needs bpy)."""
    from ...blender import mesh_object

    objects = []
    surface = person.surface
    for side in (1.0, -1.0):
        index = ((surface.template - np.array([side * 77.5, 64, -41.5]) / 1000) ** 2).sum(1).argmin()
        lobe, normal = surface.positions[index], surface.normals[index]
        pieces = []
        if kind in ("stud", "pearl"):
            size = 0.0022 if kind == "stud" else 0.0042
            pieces.append(_ball(lobe + normal * size * 0.8, size))
        elif kind == "hoop":
            angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
            ring = 0.013 * np.stack([0 * angle, np.sin(angle), np.cos(angle)], 1)
            pieces.append(tube(lobe + normal * 0.001 + ring - [0, 0, 0.0115], 0.0009, 8, closed=True, up=(1.0, 0.0, 0.0)))
        else:
            drop = lobe + normal * 0.003
            pieces.append(tube(np.linspace(drop, drop - [0, 0, 0.018], 6), 0.0006, 6, up=(1.0, 0.0, 0.0)))
            pieces.append(_ball(drop - [0, 0, 0.021], 0.0040))
        for vertices, faces in pieces:
            obj = mesh_object("Earring", vertices, faces, part=PART["ignore"])
            obj.data.materials.append(material)
            objects.append(person.link(obj, "earring"))
    return objects


def _ball(centre: np.ndarray, radius: float):
    u, v = np.meshgrid(np.linspace(0, np.pi, 11), np.linspace(0, 2 * np.pi, 17)[:-1], indexing="ij")
    vertices = centre + radius * np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(10), np.arange(16), indexing="ij")
    after = (j + 1) % 16
    faces = np.stack([i * 16 + j, (i + 1) * 16 + j, (i + 1) * 16 + after, i * 16 + after], -1).reshape(-1, 4)
    return vertices, faces.tolist()
