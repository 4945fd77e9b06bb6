"""What of a Blender file cannot be taken as it is, in a line each: what is missing, and what is left out (needs bpy)."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from .scene_file import plain_text

# Data that is read from a file: how it is called, and where it is listed.
READ = {"picture": "images", "library": "libraries", "font": "fonts", "volume": "volumes", "cache": "cache_files"}
DRIVERS = 8  # that are named
OWNERS = ("objects", "meshes", "curves", "materials", "worlds", "lights", "cameras", "node_groups", "shape_keys", "armatures",
          "scenes", "particles", "lattices", "metaballs", "grease_pencils", "textures")  # fmt: skip


def remarks(scene) -> list[str]:
    """The lines of the open file."""
    found = [
        line for kind, name in READ.items() for block in getattr(bpy.data, name) if (line := _missing(kind, block))
    ]
    if scene.render.use_freestyle:
        found.append("Freestyle: its lines are left out of the picture")
    drivers = unread_drivers()
    if drivers:
        more = f" and {len(drivers) - DRIVERS} more" if len(drivers) > DRIVERS else ""
        found.append(
            f"drivers: {', '.join(drivers[:DRIVERS])}{more} keep the value they were saved with; a file's scripts are not run"
        )
    return found


def _missing(kind: str, block) -> str:
    """A line about a file that is not there; empty where it is, or is packed."""
    if getattr(block, "packed_file", None) or not block.filepath or block.filepath == "<builtin>":
        return ""
    if kind == "picture" and (block.source not in ("FILE", "SEQUENCE", "MOVIE", "TILED") or block.packed_files):
        return ""
    if kind != "library" and not block.users:
        return ""
    path = Path(bpy.path.abspath(block.filepath, library=block.library))
    if (kind == "picture" and block.source == "TILED") or getattr(block, "is_sequence", False):
        there = path.parent.is_dir()  # the name stands for many files
    else:
        there = os.path.isfile(path)
    return "" if there else f"{kind}: {plain_text(block.name)} is missing ({plain_text(str(path))})"


def unread_drivers() -> list[str]:
    """The paths of drivers whose Python Blender did not evaluate, as a file's scripts are not run; the scene must have been
    evaluated. What Blender counts as harmless it evaluates."""
    found = []
    for name in OWNERS:
        for block in getattr(bpy.data, name, ()):
            for owner in {block, getattr(block, "node_tree", None)} - {None}:
                animation = getattr(owner, "animation_data", None)
                for curve in animation.drivers if animation else ():
                    if curve.driver.type == "SCRIPTED" and not curve.driver.is_valid:
                        found.append(f"{plain_text(block.name)} {curve.data_path}")
    return sorted(set(found))
