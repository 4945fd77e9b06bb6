"""The life of a person in a Blender without a window: the steps of tests/window/character.py, on both releases."""

import bpy
import numpy as np
import pytest
from window.seen import differences, look, shown

pytestmark = [pytest.mark.slow, pytest.mark.blender]
WISHES = ("hair.groom=fade", "wear.glasses=browline", "wear.headwear.kind=none", "wear.mask=none")
# Whole tree or rig alone, linked data or not, and what is edited on the copy.
COPIES = {
    "Ada.001": (True, False, "identity.age", 71.0),
    "Ada.002": (True, True, "expression.actions.jawOpen", 0.7),
    "Ada.003": (False, False, "hair.groom", "bald"),
    "Ada.004": (False, True, "wear.glasses", "none"),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Where a person is kept once it was generated."""
    return tmp_path_factory.mktemp("life") / "ada.blend"


@pytest.fixture
def ada(saved, sidebar):
    """A person with short hair, a beard, glasses and a shirt, in a file that was opened."""
    if not saved.exists():
        spec = sidebar("procgen.registry").sample("faces", 35, sidebar("procgen.params").parse_settings(WISHES))
        sidebar("subjects.subject").make(bpy.context, "faces", spec, name="Ada")
        bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    return opened(saved)


def opened(path):
    """The rig of a file, with the extension as it is after a start."""
    import addon_utils

    bpy.ops.wm.open_mainfile(filepath=str(path))
    addon_utils.enable("bl_ext.user_default.simulacra", default_set=True)
    rig = bpy.data.objects["Ada"]
    bpy.context.view_layer.objects.active = rig
    return rig


@pytest.fixture
def parts_of(sidebar):
    """The function that gives the parts of a rig."""
    return sidebar("procgen.people.belonging").parts_of


def meshes(parts) -> list:
    """The parts that have points."""
    return [obj for obj in parts if obj.type in ("MESH", "CURVES")]


def seen(rig, parts_of) -> list:
    """What is seen of a person."""
    return look(parts_of(rig), rig.matrix_world.translation)


def copied(rig, tree: bool, linked: bool):
    """What Shift+D or Alt+D makes."""
    bpy.ops.object.select_all(action="DESELECT")
    for obj in (rig, *(rig.children_recursive if tree else ())):
        obj.select_set(True)
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.object.duplicate(linked=linked) == {"FINISHED"}
    return bpy.context.view_layer.objects.active


def moved(rig, path: str, value, live) -> None:
    """Move the slider of a field and let it go."""
    owner = rig.simulacra.faces
    *groups, name = path.split(".")
    for group in groups:
        owner = getattr(owner, group)
    assert getattr(owner, name) != value
    setattr(owner, name, value)
    live.settle(rig)


def step(name: str) -> None:
    """End an undo step."""
    bpy.ops.ed.undo_push(message=name)


def test_copies_are_edited_and_deleted_and_all_is_undone(ada, sidebar, parts_of):
    watch, live, person = sidebar("people.watch"), sidebar("people.live"), sidebar("people.person")
    bpy.context.preferences.edit.undo_steps = 64
    step("opened")
    first, count = seen(ada, parts_of), len(parts_of(ada))
    assert count > 15
    for name, (tree, linked, *_) in COPIES.items():
        copy = copied(bpy.data.objects["Ada"], tree, linked)
        assert watch.attend() == [name]
        copy.location.x += 1.0
        step(name)
        assert len(parts_of(copy)) == count and all(obj.name.startswith(f"{name} ") for obj in parts_of(copy))
        assert not differences(first, seen(copy, parts_of)), name
    assert not differences(first, seen(bpy.data.objects["Ada"], parts_of))

    for name, (*_, path, value) in COPIES.items():
        before = {rig.name: seen(rig, parts_of) for rig in person.people()}
        moved(bpy.data.objects[name], path, value, live)
        step(f"edit {name}")
        after = {rig.name: seen(rig, parts_of) for rig in person.people()}
        assert {rig for rig in after if differences(before[rig], after[rig])} == {name}
    assert len(parts_of(bpy.data.objects["Ada.003"])) < count and len(parts_of(bpy.data.objects["Ada.004"])) < count

    everything, gone = len(bpy.data.objects), len(parts_of(bpy.data.objects["Ada.001"])) + 1
    bpy.ops.object.select_all(action="DESELECT")
    bpy.data.objects["Ada.001"].select_set(True)
    assert bpy.ops.object.delete() == {"FINISHED"}
    watch.attend()
    step("deleted")
    assert len(bpy.data.objects) == everything - gone
    bpy.context.view_layer.objects.active = bpy.data.objects["Ada.002"]
    assert bpy.ops.simulacra.remove_person() == {"FINISHED"}
    step("removed")
    assert sorted(rig.name for rig in person.people()) == ["Ada", "Ada.003", "Ada.004"]

    for _ in range(2 * len(COPIES) + 2):
        assert bpy.ops.ed.undo() == {"FINISHED"}
        watch.attend()
    assert [rig.name for rig in person.people()] == ["Ada"] and not watch.half_done() and not live.stale_rigs()
    assert not differences(first, seen(bpy.data.objects["Ada"], parts_of))
    assert len(parts_of(bpy.data.objects["Ada"])) == count


def test_it_is_posed_keyed_animated_speaks_and_is_read_again(ada, sidebar, parts_of, tmp_path):
    scene, rest = bpy.context.scene, {obj.name: shown(obj) for obj in meshes(parts_of(ada))}
    pose(ada)
    now = {obj.name: shown(obj) for obj in meshes(parts_of(ada))}
    held = [name for name in rest if np.abs(now[name] - rest[name]).max() < 0.002 and "Button" not in name]
    assert not held, f"these parts stay where they were: {held}"

    scene.frame_set(1)
    assert bpy.ops.simulacra.animate(seconds=2.0, seed=3, start=20) == {"FINISHED"}
    assert bpy.ops.simulacra.speak(spoken="Hello, open the door.", spelling="TEXT", start=20) == {"FINISHED"}
    path = tmp_path / "animated.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    frames = film(ada, parts_of, (20, 28, 36, 44, 60))
    rig = opened(path)
    assert path.stat().st_size <= 12 << 20 or not bpy.context.preferences.filepaths.use_file_compression
    again = film(rig, parts_of, (20, 28, 36, 44, 60))
    for frame, points in frames.items():
        assert all(np.array_equal(points[name], again[frame][name]) for name in points), f"frame {frame} differs"
    head = next(obj.name for obj in parts_of(rig) if obj["class"] == "skin")
    assert np.ptp([points[head] for points in frames.values()], axis=0).max() > 0.004
    assert bpy.ops.simulacra.portrait_shot() == {"FINISHED"}
    pictures = [picture(tmp_path / f"{frame}.png", frame) for frame in (1, 36)]
    assert all(0.03 < found.mean() < 0.97 and found.std() > 0.05 for found in pictures)
    assert np.abs(pictures[0] - pictures[1]).mean() > 0.004
    written_and_read(rig, parts_of, tmp_path / "ada.glb")


def pose(rig) -> None:
    """Turn head and jaw, and let the eyes follow their target; all of it keyed."""
    bones = rig.pose.bones
    for name, axis, degrees in (("head", 1, 25.0), ("jaw", 0, 18.0)):
        bones[name].rotation_mode = "XYZ"
        bones[name].rotation_euler[axis] = np.radians(degrees)
        bones[name].keyframe_insert("rotation_euler", frame=1)
    bones["look"].location.x, bones["look"]["follow"] = 0.25, 1.0
    bones["look"].keyframe_insert("location", frame=1)
    bones["look"].keyframe_insert('["follow"]', frame=1)
    bpy.context.view_layer.update()


def film(rig, parts_of, frames) -> dict:
    """The points of a person's parts, by frame and name."""
    found = {}
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        found[frame] = {obj.name: shown(obj) for obj in meshes(parts_of(rig))}
    return found


def picture(path, frame: int) -> np.ndarray:
    """A small picture (64, 64, 3) of a frame, values of its file."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    scene.render.resolution_x = scene.render.resolution_y = 64
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.zeros(64 * 64 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(64, 64, 4)[..., :3]


def written_and_read(rig, parts_of, path) -> None:
    """Export the coarsest level, and read it beside the original."""
    bpy.context.scene.frame_set(1)
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.simulacra.export_character(filepath=str(path), level="2", texture="1024", wait=True) == {"FINISHED"}
    assert path.stat().st_size <= 3e6
    head = next(obj for obj in parts_of(rig) if obj["class"] == "skin")
    extent = np.ptp(shown(head), axis=0)
    there = set(bpy.data.objects)
    assert bpy.ops.import_scene.gltf(filepath=str(path)) == {"FINISHED"}
    new = [obj for obj in bpy.data.objects if obj not in there]
    skin = max(
        (obj for obj in new if obj.type == "MESH" and obj.data.shape_keys),
        key=lambda obj: len(obj.data.shape_keys.key_blocks),
    )
    keys = skin.data.shape_keys.key_blocks
    assert len(keys) == 53
    bones = next(obj for obj in new if obj.type == "ARMATURE").data.bones
    assert {"neck", "head", "jaw", "eye.L", "eye.R"} <= set(bones.keys())
    still = shown(skin)
    assert np.ptp(still, axis=0) == pytest.approx(extent, abs=0.06)
    keys["jawOpen"].value = 1.0
    assert np.abs(shown(skin) - still).max() > 0.01
    assert not [obj for obj in new if "part_of" in obj] and rig in bpy.data.objects.values()
