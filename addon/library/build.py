"""Builds the preset library in a Blender of its own, and says how far it is in JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np

from ...datagen.formats.writing import replacing, write_whole
from ...procgen import registry
from .. import PACKAGE
from .contents import CATALOGUES, FILE, Item, catalogues_text, identity, items
from .drops import DROP

EVERY = 10  # assets between two lines


def say(**event) -> None:
    """Tell whoever follows."""
    print(json.dumps(event), flush=True)


def make(item: Item):
    """The data-block of an asset."""
    if item.what == "material":
        return _material(item)
    if item.what == "action":
        return _action(item)
    obj = bpy.data.objects.new(item.name, None)
    obj.empty_display_size = 0.1
    obj[DROP] = json.dumps({"what": item.what, "holds": item.holds})
    return obj


def _material(item: Item):
    from ...procgen.materials.build import build_material
    from ..materials import material as materials

    spec = materials.sampled(item.holds, 1)
    made = build_material(item.holds, spec)
    made[materials.SPEC] = json.dumps(registry.dump(item.holds, spec))
    materials.show(made.simulacra, item.holds, spec)  # its sliders are there where it is dropped
    made.name = item.name
    return made


def _action(item: Item):
    """An action with one key at frame 1 for each shape key; it is assigned to the head's shape keys."""
    action = bpy.data.actions.new(item.name)
    slot = action.slots.new(id_type="KEY", name="Expression")
    strip = action.layers.new("Expression").strips.new(type="KEYFRAME")
    bag = strip.channelbag(slot, ensure=True)
    for name, weight in item.holds.items():
        curve = bag.fcurves.new(f'key_blocks["{name}"].value')
        curve.keyframe_points.insert(1.0, weight)
    return action


def mark(block, item: Item) -> None:
    """Make an asset of a data-block, with its catalogue and picture."""
    block.asset_mark()
    block.use_fake_user = True
    about = block.asset_data
    about.catalog_id, about.description, about.author = identity(item.catalogue), item.about, "Simulacra"
    about.tags.new("simulacra")
    if not item.picture.is_file():
        return
    image = bpy.data.images.load(str(item.picture))
    pixels = np.zeros(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    preview = block.preview_ensure()
    preview.image_size = image.size[:]
    preview.image_pixels_float.foreach_set(pixels)
    bpy.data.images.remove(image)


def main(argv: list[str]) -> int:
    """Build the library into a folder: ``main([FOLDER])``."""
    import addon_utils

    folder = Path(argv[0])
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if not hasattr(bpy.types.Material, "simulacra") and addon_utils.enable(PACKAGE) is None:
        say(event="failed", reason="the extension cannot be enabled")
        return 1
    chosen = list(items())
    say(event="started", stage="library", done=0, total=len(chosen))
    blocks = set()
    for done, item in enumerate(chosen, 1):
        block = make(item)
        mark(block, item)
        blocks.add(block)
        if done % EVERY == 0:
            say(event="progress", stage="library", done=done, total=len(chosen))
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / FILE) as beside:
        bpy.data.libraries.write(str(beside), blocks, fake_user=True, compress=True)
    write_whole(folder / CATALOGUES, catalogues_text({item.catalogue for item in chosen}).encode())
    say(event="done", done=len(chosen), total=len(chosen), out=str(folder))
    return 0
