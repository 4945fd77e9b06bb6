"""A person in a saved file: it opens the same elsewhere, with and without the extension, and travels between files."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings

bpy = pytest.importorskip("bpy")
pytestmark = pytest.mark.blender

# In a fresh process that never heard of the extension: opens a file, or takes a person from one, renders, and prints what it saw.
PLAIN = """
import hashlib, json, sys
import bpy
import numpy as np
way, source, out = sys.argv[1:4]
if way in ("open", "paste"):
    bpy.ops.wm.open_mainfile(filepath=source, use_scripts=False)
if way == "paste":  # Ctrl+C here, Ctrl+V in another file; the world stays behind
    for obj in bpy.context.scene.objects:
        obj.select_set(True)
    bpy.ops.view3d.copybuffer()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.view3d.pastebuffer()
    with bpy.data.libraries.load(source) as (there, here):
        here.worlds = there.worlds
    bpy.context.scene.world = here.worlds[0]
elif way != "open":
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(source, link=way != "append") as (there, here):
        here.collections = [name for name in there.collections if name.startswith("Person")]
        here.worlds, here.cameras = there.worlds, []
    scene = bpy.context.scene
    collection = here.collections[0]
    if way == "override":
        copy = collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    else:
        scene.collection.children.link(collection)
    scene.world = here.worlds[0]
    if way == "local":
        bpy.context.view_layer.update()
        for obj in scene.objects:
            obj.select_set(True)
        bpy.ops.object.make_local(type="ALL")
scene = bpy.context.scene
scene.camera = next(obj for obj in scene.objects if obj.type == "CAMERA")
head = next(obj for obj in scene.objects if obj.get("class") == "skin")
rig = next(obj for obj in scene.objects if obj.get("class") == "rig")
def lower_teeth():
    bpy.context.view_layer.update()
    teeth = next(obj for obj in scene.objects if obj.get("class") == "teeth" and obj.parent_bone == "jaw")
    data = teeth.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return min(vertex.co.z for vertex in data.vertices)
still = lower_teeth()
editable = head.data.library is None or head.override_library is not None
moved = None
if head.data.shape_keys.library is None or way in ("open", "append", "local", "paste"):
    key = head.data.shape_keys.key_blocks["jawOpen"]
    before, key.value = key.value, 1.0
    moved = still - lower_teeth()
    key.value = before
bpy.context.view_layer.update()
scene.render.engine = "CYCLES"
scene.cycles.samples, scene.cycles.use_denoising = 2, False
scene.render.resolution_x = scene.render.resolution_y = 64
scene.render.filepath = out
bpy.ops.render.render(write_still=True)
image = bpy.data.images.load(out)
pixels = np.zeros(64 * 64 * 4, np.float32)
image.pixels.foreach_get(pixels)
missing = [item.name for item in bpy.data.images if item.source == "FILE" and not item.packed_file and item.name != image.name]
print("SAW" + json.dumps({"picture": hashlib.sha256(pixels.tobytes()).hexdigest(), "mean": float(pixels.reshape(-1, 4)[:, :3].mean()),
      "jaw": moved, "objects": len(scene.objects), "missing": missing}))
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The path of a saved person with surroundings, and what a fresh process saw in it before it was saved."""
    folder = tmp_path_factory.mktemp("saved")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    wishes = [
        "hair.groom=buzz",
        "hair.density=0.25",
        "beard.style=none",
        "beard.moustache=none",
        "wear.glasses=none",
        "wear.headwear.kind=none",
        "wear.garment.kind=crew_tee",
        "skin.makeup_on=true",
        "expression.name=smile",
        "light.kind=studio",
    ]
    person = registry.build("faces", registry.sample("faces", 5, parse_settings(wishes)))
    for obj in person.objects:
        if obj.parent is None and obj != person.armature:
            obj.parent = person.armature
    picture = render(folder / "before.png", person)
    path = folder / "person.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path, picture


def render(path, person):
    """The digest of a small picture of the open scene."""
    scene = bpy.context.scene
    scene.camera = person.cameras[0]
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 2, False
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.zeros(64 * 64 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def seen(way, source, folder):
    """What a fresh process saw."""
    result = subprocess.run(
        [sys.executable, "-c", PLAIN, way, str(source), str(Path(folder, f"{way}.png"))], capture_output=True, text=True,
        cwd=folder, env=os.environ | {"BLENDER_USER_RESOURCES": str(folder)},
    )  # fmt: skip
    lines = [line for line in result.stdout.splitlines() if line.startswith("SAW")]
    assert lines, result.stderr[-2000:] + result.stdout[-500:]
    return json.loads(lines[0][3:])


def test_a_saved_person_opens_elsewhere_as_it_was(saved, tmp_path):
    path, picture = saved
    elsewhere = tmp_path / "another folder" / "file.blend"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    try:
        found = seen("open", elsewhere, tmp_path)
    finally:
        elsewhere.rename(path)
    assert found["picture"] == picture
    assert found["missing"] == []
    assert found["jaw"] > 0.015  # the teeth still go with the key, without the extension and without scripts
    assert path.stat().st_size <= 12 << 20


@pytest.mark.slow
@pytest.mark.parametrize("way", ["append", "link", "override", "local", "paste"])
def test_a_person_travels_between_files(saved, tmp_path, way):
    path, picture = saved
    found = seen(way, path, tmp_path)
    assert found["picture"] == picture
    if way in ("append", "local", "paste"):
        assert found["jaw"] > 0.015
