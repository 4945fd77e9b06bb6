"""The export of a character from end to end (needs bpy)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import bpy

from ...procgen.people.expression import ACTIONS
from . import shapes
from .assembly import material_of, mesh_of, skeleton
from .grooms import hair_pieces
from .painting import ASIDE, material_name, paint, paint_of, split
from .pictures import Pictures
from .piece import Piece
from .remarks import remarks_on
from .source import Source
from .thinning import thinned
from .writing import kind_of, write

LEVELS = (0, 1, 2)
STAGES = 3  # before the levels: shapes, pictures, actions
SHARES = {"skin": (1, 1, 0.4), "eye": (1, 0.5, 0.12), "garment": (1, 0.35, 0.08)}  # of the triangles at each level
OTHER_SHARES = (1, 0.4, 0.12)


class Wishes(NamedTuple):
    """What is asked of an export: pixels along the edge of the skin's pictures, levels, hair and how many cards of it."""

    texture: int = 2048
    levels: tuple[int, ...] = (0,)
    hair: str = "cards"  # cards, strips, none
    count: int = 0  # cards of the scalp at level 0; 0 takes the usual number


def path_of(out: Path, level: int, several: bool) -> Path:
    """The file of a level: OUT itself, or OUT_LOD1 where several are written."""
    return out.with_name(f"{out.stem}_LOD{level}{out.suffix}") if several else out


def export(
    source: Source, out: Path, wishes: Wishes, tell: Callable[[dict], None] = lambda event: None
) -> tuple[list[dict], list[str]]:
    """Write a person to OUT; what each file holds, and what they cannot carry. The open scene is used up."""
    kind = kind_of(out)
    stages = iter(range(STAGES + len(wishes.levels) + 1))

    def step() -> None:
        tell({"stage": "character", "done": next(stages), "total": STAGES + len(wishes.levels)})

    step()
    remarks = remarks_on(source, kind, wishes.hair)
    shapes.rest(source)
    _free_names(source)
    fine = min(wishes.levels)
    shapes.subdivide(source, shapes.SUBDIVISION[fine])
    objects = shapes.meshes_of(source)
    meshes = shapes.evaluated_meshes(source, objects)
    pieces = shapes.read_pieces(source, objects, meshes)
    for piece, obj in zip(pieces, objects, strict=True):
        piece.name = obj["export_name"]
    step()
    told = []
    with tempfile.TemporaryDirectory(prefix="simulacra-character-") as folder:
        pictures = Pictures(Path(folder))
        paint(objects, meshes, pieces, wishes.texture, pictures)
        step()
        shapes.read_deltas(source, objects, pieces)
        cage = _cage(source, pieces[0]) if fine == 0 and max(wishes.levels) else pieces[0]
        parts = [part for piece in pieces for part in split(piece)]
        step()
        for level in wishes.levels:
            skin = parts[0] if level == 0 else cage
            levelled = [thinned(skin, SHARES["skin"][level])]
            levelled += [thinned(part, SHARES.get(part.kind, OTHER_SHARES)[level]) for part in parts[1:]]
            levelled += hair_pieces(source, levelled[0], pictures, level, wishes.hair, wishes.count, wishes.texture)
            path = path_of(out, level, len(wishes.levels) > 1)
            told.append({"file": str(path), "level": level, **_write(source, levelled, pictures, level, path, kind)})
            step()
    return told, remarks


def _free_names(source: Source) -> None:
    """Set names aside for what is written; each object remembers its own."""
    for obj in source.objects:
        obj["export_name"] = obj.name
    for blocks in (bpy.data.objects, bpy.data.meshes, bpy.data.armatures, bpy.data.materials, bpy.data.images):
        for block in blocks:
            block.name = f"{block.name[:50]}{ASIDE}"


def _cage(source: Source, fine: Piece) -> Piece:
    """The skin without subdivision, painted as the fine one is."""
    shapes.subdivide(source, 0)
    (cage,) = shapes.read_pieces(source, [source.head], shapes.evaluated_meshes(source, [source.head]))
    shapes.read_deltas(source, [source.head], [cage])
    cage.texture, cage.name = fine.texture, fine.name
    return cage


def _write(source: Source, pieces: list[Piece], pictures: Pictures, level: int, path: Path, kind: str) -> dict:
    """Write the pieces of a level from a scene of their own; what the file holds."""
    before = bpy.context.window.scene
    scene = bpy.data.scenes.new("Character")
    bpy.context.window.scene = scene
    rows, materials = [], {}
    try:
        rig = skeleton(source.rig, source.rig["export_name"])
        for piece in pieces:
            name = material_name(piece)
            if name not in materials:
                look = paint_of(piece, pictures, level)
                materials[name] = material_of(name, look, kind), look
            material, look = materials[name]
            obj = mesh_of(piece, material, rig, ACTIONS)
            rows.append({
                "name": obj.name, "class": piece.kind, "vertices": len(piece.positions),
                "triangles": int((piece.sizes - 2).sum()), "targets": len(piece.deltas), "material": material.name,
                "alpha": look.mode, "bones": sorted(piece.weights),
            })  # fmt: skip
        write(path, kind)
        return {"bytes": path.stat().st_size, "meshes": rows}
    finally:
        bpy.context.window.scene = before
        for obj in list(scene.objects):
            data = obj.data
            bpy.data.objects.remove(obj)
            bpy.data.batch_remove([data])
        bpy.data.scenes.remove(scene)
        for material, look in materials.values():
            bpy.data.batch_remove([material, *look.images.values()])
