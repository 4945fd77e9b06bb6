"""Data-blocks that a tree refers to, as expressions."""

from __future__ import annotations

import bpy

from .errors import TranspileError
from .names import Ref, literal

LISTS = {
    "MATERIAL": "materials", "OBJECT": "objects", "COLLECTION": "collections", "IMAGE": "images", "TEXT": "texts",
    "FONT": "fonts", "TEXTURE": "textures", "SCENE": "scenes", "SOUND": "sounds", "MASK": "masks",
    "NODETREE": "node_groups", "WORLD": "worlds", "MESH": "meshes", "LIGHT": "lights", "CAMERA": "cameras",
}  # fmt: skip


def reference(block: bpy.types.ID, helpers: set) -> Ref:
    """A data-block by name; an image also by what it can be made again from."""
    if block.id_type not in LISTS:
        raise TranspileError(f"{block.name!r}: a {block.id_type.lower()} cannot be referred to by name")
    if isinstance(block, bpy.types.Image) and not block.packed_files:
        if block.source == "FILE" and block.filepath:
            helpers.add("image")
            path = bpy.path.abspath(block.filepath)
            return Ref(
                f"image({literal(block.name)}, {literal(path)}, {literal(block.colorspace_settings.name)})", block
            )
        if block.source == "GENERATED" and not block.is_dirty:
            helpers.add("drawn_image")
            about = {"generated_type": block.generated_type}
            if block.generated_type == "BLANK":
                about["generated_color"] = tuple(block.generated_color)
            if block.use_generated_float:
                about["use_generated_float"] = True
            named = "".join(f", {name}={literal(value)}" for name, value in about.items())
            size = f"{block.generated_width}, {block.generated_height}"
            space = literal(block.colorspace_settings.name)
            return Ref(f"drawn_image({literal(block.name)}, {size}, {space}{named})", block)
    helpers.add("data")
    return Ref(f"data({literal(LISTS[block.id_type])}, {literal(block.name)})", block)
