"""Which pictures each piece is painted with, how they are baked, and the materials that show them (needs bpy)."""

from __future__ import annotations

import bpy
import numpy as np

from . import unwrap
from .assembly import Paint
from .baking import UV, Bench
from .grooms import STYLES
from .looks import look_of
from .pictures import Pictures
from .piece import Piece

# The set of pictures that each class of mesh is painted into, and its size over the one asked for (wide, high).
SETS = {"skin": "Skin", "eye": "Eyes", "teeth": "Mouth", "gums": "Mouth", "tongue": "Mouth", "caruncle": "Mouth"}
OTHER_SET = "Clothes"
SIZES = {"Skin": (1, 1), "Eyes": (1, 0.5), "Mouth": (0.5, 0.5), OTHER_SET: (1, 1)}
# Plain renderers do not refract, and a clear surface of theirs greys what lies behind it: a mirror of which so much is
# seen reflects as the film of tears does, and leaves the rest.
MIRROR = {"eye": 0.025, "wet_line": 0.06, "glasses": 0.05}
TINTED = 0.25  # of a lens that is dark rather than a mirror
ASIDE = "\N{REVERSED QUESTION MARK}"  # ends the names of what was in the file before
SHEEN = 0.12  # of hair: what lies between strands reflects nothing, and 0.5 greys what is dark
LEAST = 64  # pixels


def paint(objects: list, meshes: dict, pieces: list[Piece], texture: int, pictures: Pictures) -> None:
    """Bake the pictures of every set, and give pieces their places in them; what is wholly clear gets none."""
    with Bench() as bench:
        groups: dict[str, list] = {}
        for obj, piece in zip(objects, pieces, strict=True):
            mesh = meshes[obj.name]
            if not all(look_of(material).clear for material in mesh.materials or [None]):
                piece.texture = SETS.get(piece.kind, OTHER_SET)
                groups.setdefault(piece.texture, []).append((bench.place(mesh, obj.matrix_world.copy()), piece))
        for group, members in groups.items():
            placed = [obj for obj, _ in members]
            _lay_out(bench, group, placed)
            for obj, piece in members:
                values = np.zeros(len(obj.data.loops) * 2, np.float32)
                obj.data.uv_layers[UV].uv.foreach_get("vector", values)
                piece.uv = values.reshape(-1, 2).astype(np.float64)
            wide, high = (max(LEAST, int(texture * share)) for share in SIZES[group])
            baked = bench.bake(bench.joined(placed), (wide, high))
            surface = np.stack([np.ones((high, wide)), baked["roughness"][..., 0], baked["metal"][..., 0]], -1)
            pictures.put(group, "colour", baked["colour"])
            pictures.put(group, "normal", baked["normal"])
            pictures.put(group, "surface", surface.astype(np.float32))


def _lay_out(bench: Bench, group: str, placed: list) -> None:
    if group == "Skin":
        unwrap.keep_uv(placed[0].data)
    elif group == "Eyes":
        for column, obj in enumerate(placed):
            unwrap.eye_uv(obj.data, column, len(placed))
    else:
        unwrap.chart(bench, placed)


def split(piece: Piece) -> list[Piece]:
    """The piece, its clear faces apart from the others."""
    looks = [look_of(material) for material in _materials(piece)] or [look_of(None)]
    clear = np.array([look.clear for look in looks])[np.minimum(piece.slots, len(looks) - 1)]
    if not clear.any() or clear.all():
        return [piece]
    see_through = piece.of_faces(clear, f"{piece.name} clear")
    see_through.texture = ""
    return [piece.of_faces(~clear, piece.name), see_through]


def material_name(piece: Piece) -> str:
    """The name of the material that a piece gets: that of its pictures, or its own."""
    if piece.texture:
        return piece.texture
    return next((material.name.partition(ASIDE)[0] for material in _clear_first(piece)), piece.name)


def paint_of(piece: Piece, pictures: Pictures, level: int) -> Paint:
    """What a piece is painted with at a level of detail."""
    if piece.kind in STYLES:
        mode = STYLES[piece.kind].mode
        return Paint(pictures.images(piece.texture, 0), mode, roughness=0.45, specular=SHEEN, two_sided=True)
    if piece.texture:
        specular = 0.0 if piece.texture == "Eyes" else 0.5  # the cornea before the iris shines in its place
        return Paint(pictures.images(piece.texture, level), two_sided=piece.texture == OTHER_SET, specular=specular)
    look = look_of(next(iter(_clear_first(piece)), None))
    share = MIRROR.get(piece.kind)
    if share is None or (piece.kind == "glasses" and look.alpha > TINTED):
        return Paint({}, "BLEND", look.colour, min(max(look.alpha, 0.1), 0.95), roughness=0.05, two_sided=True)
    return Paint({}, "BLEND", (1.0, 1.0, 1.0), share, roughness=0.03, metal=1.0, two_sided=piece.kind == "glasses")


def _materials(piece: Piece) -> list:
    return [slot.material for slot in bpy.data.objects[piece.source].material_slots]


def _clear_first(piece: Piece) -> list:
    found = [material for material in _materials(piece) if material is not None]
    return sorted(found, key=lambda material: not look_of(material).clear)
