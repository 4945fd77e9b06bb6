"""The life of a person: copied in four ways, each edited, some deleted, all undone, saved, posed, animated, exported, read again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import bpy
import numpy as np
from seen import differences, look, shown
from stage import PLACE, facts, open_panels, run

SEED = 35  # a man of short hair with a beard, glasses and a shirt
COPIES = (("D", {"shift": True}), ("D", {"alt": True}))
EDITS = {  # what each person's slider is called, the end of its path, and how far it is dragged, pixels
    "Person 35": ("jaw open", ".jawOpen", 70),
    "Person 35.001": ("age", ".age", 90),
    "Person 35.002": ("weight", "identity.weight", -60),
    "Person 35.003": ("head yaw", ".head_yaw", 60),
    "Person 35.004": ("mouth smile left", ".mouthSmileLeft", -60),
}


def module(name):
    """A module of the extension."""
    return sys.modules[f"bl_ext.user_default.simulacra.{'' if name.startswith('procgen') else 'addon.'}{name}"]


def people():
    """All people, by name."""
    return {rig.name: rig for rig in module("people.person").people() if rig.users_collection}


def parts(rig):
    """The parts of a person."""
    return module("procgen.people.belonging").parts_of(rig)


def head_of(rig):
    """The skin of a person."""
    return next(obj for obj in parts(rig) if obj["class"] == "skin")


def state(rig) -> list:
    """What is seen of a person."""
    return look(parts(rig), rig.matrix_world.translation)


def settled(stage, what):
    """Wait until nothing is left to be built, and nothing went wrong."""
    settling, watch = module("fields.settling"), module("people.watch")
    yield from stage.wait(4)
    yield from stage.until(lambda: not settling.is_waiting("people") and not settling.is_waiting("kin"), 180, what)
    left = [thing.name for thing in watch.half_done()]
    assert not settling.message and not left, (what, settling.message, left)
    yield from stage.wait(4)


def view3d(stage):
    """What operators of the viewport are called with."""
    area = stage.area
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=stage.window, area=area, region=region)


def choose(stage, rig, tree=False):
    """Select a rig, or its whole tree, as an undo step of its own."""
    with view3d(stage):
        bpy.ops.simulacra.select("EXEC_DEFAULT", True, subject=rig.name, family="people")
        if tree:
            bpy.ops.object.select_grouped("EXEC_DEFAULT", True, extend=True, type="CHILDREN_RECURSIVE")
    yield from stage.wait(4)


def copied(stage, tree, key, modifiers, metres):
    """Copy a person by keys and put the copy aside by typing how far."""
    before = set(people())
    yield from choose(stage, people()["Person 35"], tree)
    yield from stage.key(key, **modifiers)
    yield from stage.key("X")
    yield from stage.number(metres)
    yield from settled(stage, "a copy")
    made = set(people()) - before
    assert len(made) == 1, (before, list(people()))
    name = made.pop()
    facts[f"copy {name}"] = {"tree": tree, "parts": len(parts(people()[name]))}
    assert len(parts(people()[name])) == len(parts(people()["Person 35"])), facts
    assert all(obj.name.startswith(f"{name} ") for obj in parts(people()[name])), [
        o.name for o in parts(people()[name])
    ]
    assert abs(people()[name].location.x - float(metres)) < 1e-4, people()[name].location


def edited(stage, name):
    """Drag a slider of a person; it changes, the others do not, and the slider says what the scene shows."""
    words, end, pixels = EDITS[name]
    before = {other: state(rig) for other, rig in people().items()}
    spec = people()[name]["spec"]
    yield from choose(stage, people()[name])
    bpy.context.scene.simulacra.generate.search = words
    yield from stage.wait(6)
    yield from stage.find(end, column=0.72)
    yield from stage.drag(stage.x - 20, stage.y, stage.x - 20 + pixels, stage.y)
    yield from settled(stage, f"{name} edited")
    bpy.context.scene.simulacra.generate.search = ""
    after = {other: state(rig) for other, rig in people().items()}
    assert people()[name]["spec"] != spec, f"{name}: its slider {words!r} does nothing"
    changed = {other for other in after if differences(before[other], after[other])}
    assert changed == {name}, f"{name} was edited, and {changed} changed"
    assert [row[0] for row in after[name]] == [row[0] for row in before[name]]


def copies_and_undo(stage):
    """Four copies, five edits, two ends, and all of it taken back."""
    first = state(people()["Person 35"])
    facts["parts"] = len(parts(people()["Person 35"]))
    for tree, ((key, modifiers), metres) in zip(
        (1, 1, 0, 0), zip(COPIES * 2, ("0.5", "-0.5", "-1", "-1.5"), strict=True), strict=True
    ):
        yield from copied(stage, bool(tree), key, modifiers, metres)
    assert not differences(first, state(people()["Person 35"]))
    yield from stage.face_front(2.0, x=-0.4)
    yield from stage.picture("2_copies")
    for name in EDITS:
        yield from edited(stage, name)
    yield from stage.picture("3_each_edited")

    objects = len(bpy.data.objects)
    gone = people()["Person 35.002"]
    count = len(parts(gone)) + 1
    yield from choose(stage, gone)
    yield from stage.key("DEL")
    yield from settled(stage, "what was deleted")
    assert "Person 35.002" not in people() and len(bpy.data.objects) == objects - count, len(bpy.data.objects)
    yield from choose(stage, people()["Person 35.003"])
    yield from stage.press("simulacra.remove_person", column=0.83)
    yield from settled(stage, "who was removed")
    assert sorted(people()) == ["Person 35", "Person 35.001", "Person 35.004"], list(people())
    yield from stage.picture("4_two_gone")

    steps = 0
    while len(people()) != 1 or differences(first, state(people()["Person 35"])):
        steps += 1
        assert steps < 80, f"undo never came back: {list(people())}"
        yield from stage.key("Z", ctrl=True)
        yield from settled(stage, "undo")
        if not people():
            raise AssertionError(f"undo {steps} went past the person")
    facts["undo steps"] = steps
    assert len(parts(people()["Person 35"])) == facts["parts"]
    assert not [
        obj.name
        for obj in bpy.data.objects
        if obj.users_collection and "part_of" in obj and obj not in parts(people()["Person 35"])
    ]
    yield from stage.face_front()
    yield from stage.picture("5_all_undone")
    assert not differences(first, state(people()["Person 35"]))


def saved_and_opened(stage):
    """The file is closed and opened again; the person is the same."""
    first = state(people()["Person 35"])
    path = str(PLACE / "person.blend")
    with view3d(stage):
        bpy.ops.wm.save_as_mainfile(filepath=path, compress=True)
    facts["file MB"] = round(Path(path).stat().st_size / 1e6, 1)
    yield
    with view3d(stage):
        bpy.ops.wm.read_homefile(use_factory_startup=False)
    yield from stage.wait(10)
    assert not people()
    with view3d(stage):
        bpy.ops.wm.open_mainfile(filepath=path)
    yield from stage.wait(20)
    stage.spare()
    assert not differences(first, state(people()["Person 35"]))
    lost = [image.name for image in bpy.data.images if image.source == "FILE" and not image.packed_file]
    assert not lost, lost
    yield from stage.picture("6_opened")


def posed(stage):
    """Bones turned by keys, the eyes on the target, keyed by I."""
    rig = people()["Person 35"]
    yield from choose(stage, rig)
    before = {obj.name: shown(obj) for obj in parts(rig) if obj.type in ("MESH", "CURVES")}
    with view3d(stage):
        bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="POSE")
    yield from stage.wait(4)
    yield from stage.picture("7_pose_mode")
    for name, keys, number in (("head", "RZ", "25"), ("jaw", "RXX", "18"), ("look", "GX", "0.25")):
        bone = rig.pose.bones[name]
        for other in rig.pose.bones:
            (other if bpy.app.version >= (5, 0, 0) else other.bone).select = other == bone
        rig.data.bones.active = bone.bone
        if name == "look":
            bone["follow"] = 1.0
            yield from stage.wait(2)
        for key in keys:
            yield from stage.key(key)
        facts[f"modal {name}"] = [operator.bl_idname for operator in stage.window.modal_operators]
        yield from stage.number(number)
        assert bone.matrix_basis != type(bone.matrix_basis)(), f"{name} did not move"
        yield from stage.key("I")
    bone.keyframe_insert('["follow"]')
    yield from stage.wait(6)
    moved = {obj.name: float(np.abs(shown(obj) - before[obj.name]).max()) for obj in parts(rig) if obj.name in before}
    facts["posed, mm"] = {name: round(value * 1000, 1) for name, value in moved.items()}
    held = [name for name, value in moved.items() if value < 0.002 and "Button" not in name]  # those sit on the chest
    assert not held, f"these parts stay where they were: {held}"
    action = rig.animation_data.action
    assert action is not None and len(module("people.person").people()) == 1
    yield from stage.picture("8_posed")
    yield from stage.face_front(0.9, "LEFT")
    yield from stage.picture("9_posed_from_the_side")
    yield from stage.face_front()
    with view3d(stage):
        bpy.ops.object.mode_set("EXEC_DEFAULT", True, mode="OBJECT")
    yield from stage.wait(4)


def animated(stage):
    """The motion, then a text, by the panel's buttons; the meshes move."""
    rig, scene = people()["Person 35"], bpy.context.scene
    yield from stage.open_only("animate", ("generate", "person"))
    scene.simulacra.animate.seconds, scene.simulacra.animate.seed = 2.0, 3
    yield from stage.press("simulacra.animate(")
    yield from stage.until(lambda: rig.animation_data.action.name == "Person 35 motion", 60, "an Action")
    yield from stage.wait(6)
    scene.simulacra.animate.spoken = "Hello, open the door."
    yield from stage.press("simulacra.speak(")
    yield from stage.until(lambda: rig.animation_data.action.pose_markers, 60, "what is spoken")
    yield from stage.wait(6)
    head, teeth = head_of(rig), [obj for obj in parts(rig) if obj["class"] == "teeth"]
    path, jaws = [], []
    for frame in range(1, 49, 4):
        scene.frame_set(frame)
        path.append(shown(head))
        jaws.append(max(float(np.ptp([shown(obj)[:, 2].min() for obj in teeth])), 0))
        if frame in (13, 29, 41):
            yield from stage.picture(f"10_frame_{frame}")
    facts["animated, mm"] = round(float(np.abs(np.ptp(path, axis=0)).max()) * 1000, 1)
    facts["markers"] = len(rig.animation_data.action.pose_markers)
    assert facts["animated, mm"] > 4 and np.ptp(jaws) > 0.002, (facts, jaws)


def exported_and_read(stage):
    """The coarsest level by the worker, followed in the panel, then read by Blender's own importer."""
    rig = people()["Person 35"]
    jobs = module("worker.jobs")
    bpy.context.scene.frame_set(1)
    yield from choose(stage, rig)
    yield from stage.toggle("animate")
    yield from stage.find("simulacra.export_character")
    out = PLACE / "person.glb"
    with view3d(stage):
        bpy.ops.simulacra.export_character(filepath=str(out), kind=".glb", level="2", texture="1024")
    yield from stage.move(stage.area.x + 300, stage.area.y + 300)  # away from what would tell of itself
    yield from stage.wait(6)
    yield from stage.picture("11_exporting", region=True)
    job = jobs.current("character")
    yield from stage.until(lambda: job.state != "running", 400, "the export")
    assert job.state == "finished" and out.is_file(), (job.state, job.error, list(job.lines)[-8:])
    yield from stage.wait(6)
    yield from stage.picture("12_exported", region=True)
    facts["glb MB"] = round(out.stat().st_size / 1e6, 2)
    facts["told"] = [text.as_string() for text in bpy.data.texts]
    there = set(bpy.data.objects)
    with view3d(stage):
        bpy.ops.import_scene.gltf(filepath=str(out))
    new = [obj for obj in bpy.data.objects if obj not in there]
    root = next(obj for obj in new if obj.type == "ARMATURE")
    assert rig.name in people() and len(people()) == 1, "what was read took itself for a person"
    skin = max(
        (obj for obj in new if obj.type == "MESH" and obj.data.shape_keys),
        key=lambda obj: len(obj.data.shape_keys.key_blocks),
    )
    keys = skin.data.shape_keys.key_blocks
    assert len(keys) == 53 and "jawOpen" in keys, list(keys.keys())
    still = shown(skin)
    keys["jawOpen"].value = 1.0
    assert np.abs(shown(skin) - still).max() > 0.01
    keys["jawOpen"].value = 0.0
    # The head may turn; whatever it does, it is as large as the original.
    sizes = np.ptp(shown(skin), axis=0), np.ptp(shown(head_of(rig)), axis=0)
    assert np.abs(sizes[0] - sizes[1]).max() < 0.05, sizes
    root.location.x += 0.5
    yield from stage.face_front(1.3, x=0.3)
    yield from stage.picture("13_read_beside_the_original")


def scenario(stage):
    """Each step asserts what a user would see."""
    bpy.context.preferences.edit.undo_steps = 128
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
    open_panels("SIMULACRA_PT_generate", "SIMULACRA_PT_person", "SIMULACRA_PT_export")  # the last is below the edge
    yield from stage.open_tab()
    stage.spare()
    bpy.context.scene.simulacra.generate.seed = SEED
    yield from stage.press("simulacra.generate(")
    yield from stage.until(people, 180, "a person")
    yield from settled(stage, "a person")
    yield from stage.picture("0_framed")
    yield from stage.face_front()
    yield from stage.picture("1_generated")
    yield from copies_and_undo(stage)
    yield from saved_and_opened(stage)
    yield from posed(stage)
    yield from animated(stage)
    yield from exported_and_read(stage)


run(scenario)
