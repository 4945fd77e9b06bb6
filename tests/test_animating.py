"""Animating in the sidebar: Actions hold what tracks say, nothing is rebuilt, and an artist's own is kept."""

import bpy
import numpy as np
import pytest
from captures import COLUMNS, bvh, live_link

from simulacra.procgen.people.animation import channels, performance, phonemes, speech
from simulacra.procgen.people.expression import ACTIONS

pytestmark = pytest.mark.blender
OPTIONS = {"seconds": 1.0, "blinks": 1.0, "breath": 1.0, "saccades": 1.0, "idle": 1.0, "seed": 3, "start": 11}


@pytest.fixture
def face(sidebar):
    """A head on its rig, selected, and its spec; hair and clothes do not matter here."""
    person = sidebar("people.person")
    spec = sidebar("procgen.registry").sample("faces", 5)
    collection = bpy.data.collections.new("Person")
    bpy.context.scene.collection.children.link(collection)
    head = sidebar("procgen.people.head").Person(spec, collection)
    rig, scene = head.armature, bpy.context.scene
    person.store(rig, "faces", spec)
    bpy.context.view_layer.objects.active = rig
    scene.frame_start, scene.frame_end, scene.render.fps = 1, 50, 30
    head.keys = head.head.data.shape_keys
    return head


def values(face, frames):
    """The keys (n, 52) and the head bone's rotation (n, 4) as the scene has them on frames."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        turned = face.armature.pose.bones["head"].matrix_basis.to_quaternion()
        found.append([*(face.keys.key_blocks[name].value for name in ACTIONS), *turned])
    return np.array(found)


def turns(face, name, rotations):
    """Rotations of the rig's axes as quaternions (n, 4) of a bone."""
    from mathutils import Matrix

    rest = face.armature.pose.bones[name].bone.matrix_local.to_3x3()
    return np.array([(rest.inverted() @ Matrix(turn) @ rest).to_quaternion() for turn in rotations.tolist()])


def state():
    """What must be the same objects and meshes."""
    return {obj.name: (obj.as_pointer(), obj.data.as_pointer(), len(obj.modifiers)) for obj in bpy.data.objects}


def curves(face):
    """The data paths that the Action keys, by owner."""
    found = set()
    for owner in (face.armature, face.keys):
        data = owner.animation_data
        bag = data.action.layers[0].strips[0].channelbag(data.action_slot)
        found |= {curve.data_path for curve in bag.fcurves}
    return found


def test_an_action_goes_through_the_values_of_its_track_and_nothing_is_built(face):
    before, scene = state(), bpy.context.scene
    assert bpy.ops.simulacra.animate(**OPTIONS) == {"FINISHED"}
    spec = face.spec
    times = np.arange(31) / 30
    made = performance.perform(times, spec.expression, spec.motion, 3, performance.Life(1, 1, 1, 1))
    told = channels.channels(made)
    found = values(face, range(11, 42))
    assert np.abs(found[:, :52] - made.key_values()).max() < 1e-5
    expected = turns(face, "head", told.bones["head"])
    assert np.abs(np.abs((found[:, 52:] * expected).sum(1)) - 1).max() < 1e-5
    assert state() == before
    assert (scene.frame_start, scene.frame_end) == (1, 50)
    # One Action for both owners, with curves for what moves alone.
    action = face.armature.animation_data.action
    assert action == face.keys.animation_data.action and action.name == f"{face.armature.name} motion"
    moves = {
        f'key_blocks["{name}"].value'
        for name, row in zip(ACTIONS, made.key_values().T, strict=True)
        if np.ptp(row) > 1e-6
    }
    assert {path for path in curves(face) if path.startswith("key_blocks")} == moves


def test_curves_are_smooth_and_do_not_go_beyond_their_keys(face):
    bpy.ops.simulacra.animate(**OPTIONS)
    data = face.keys.animation_data
    for curve in data.action.layers[0].strips[0].channelbag(data.action_slot).fcurves:
        keys = np.array([point.co[:] for point in curve.keyframe_points])
        assert {point.interpolation for point in curve.keyframe_points} == {"BEZIER"}
        between = np.array([curve.evaluate(frame) for frame in np.linspace(11, 41, 301)])
        assert between.min() >= keys[:, 1].min() - 1e-6 and between.max() <= keys[:, 1].max() + 1e-6


def test_an_action_of_the_artist_is_kept(face):
    bone = face.armature.pose.bones["head"]
    bone.keyframe_insert("location", frame=1)
    mine = face.armature.animation_data.action
    bpy.ops.simulacra.animate(**OPTIONS)
    assert mine.use_fake_user and mine.name in bpy.data.actions
    assert face.armature.animation_data.action != mine


def test_speech_keys_the_mouth_alone_and_only_while_it_is_spoken(face):
    bpy.ops.simulacra.animate(**{**OPTIONS, "seconds": 4.0})
    before, paths = values(face, range(11, 131, 3)), curves(face)
    bpy.context.scene.frame_set(40)
    options = {"spoken": "M AA1 M AA0", "spelling": "PHONEMES", "strength": 1.0}
    assert bpy.ops.simulacra.speak(**options) == {"FINISHED"}
    after, frames = values(face, range(11, 131, 3)), np.arange(11, 131, 3)
    action = face.keys.animation_data.action
    named = [(marker.name, marker.frame) for marker in sorted(action.pose_markers, key=lambda m: m.frame)]
    assert [name.removeprefix("viseme_") for name, _ in named] == "sil pp aa pp aa sil".split()
    assert named[0][1] == 40
    last = 40 + np.ceil(30 * speech.speech(phonemes.segments(options["spoken"])).seconds)
    outside = (frames < 40) | (frames > last)
    mouth = np.isin(np.arange(56), speech.REPLACED)
    assert np.abs(after - before)[:, ~mouth].max() < 1e-5
    assert np.abs(after - before)[outside].max() < 1e-5
    assert np.abs(after - before)[np.ix_(~outside, mouth)].max() > 0.2
    assert paths <= curves(face)


def test_speech_needs_no_action_and_bad_phonemes_change_nothing(face):
    with pytest.raises(RuntimeError, match="QQ: is no phoneme"):
        bpy.ops.simulacra.speak(spoken="QQ", spelling="PHONEMES", start=1)
    assert face.keys.animation_data.action is None
    assert bpy.ops.simulacra.speak(spoken="Mama", start=1) == {"FINISHED"}
    assert face.keys.animation_data.action.name == f"{face.armature.name} speech"


def test_a_captured_face_is_played_on_the_frames_of_the_scene(face, tmp_path):
    lines, taken = live_link()
    path = tmp_path / "take.csv"
    path.write_text("\n".join(lines))
    assert bpy.ops.simulacra.import_face_capture(filepath=str(path), start=1, reference="FIRST") == {"FINISHED"}
    found = values(face, [1, 11])  # 0 and a third of a second in: rows 0 and 20 of 60 a second
    for name in ("JawOpen", "MouthPucker", "BrowInnerUp"):
        key = ACTIONS.index(name[0].lower() + name[1:])
        assert found[:, key] == pytest.approx(taken[[0, 20], COLUMNS.index(name)], abs=1e-5)
    assert found[0, 52:] == pytest.approx([1, 0, 0, 0], abs=1e-6)
    assert face.keys.animation_data.action.name == f"{face.armature.name} take"


def test_a_head_motion_goes_on_neck_and_head_alone(face, tmp_path):
    bpy.ops.simulacra.animate(**OPTIONS)
    before = values(face, range(11, 42))
    path = tmp_path / "walk.bvh"
    path.write_text("\n".join(bvh([[angle, 0, 0] for angle in range(0, 30)], "YXZ")))
    assert bpy.ops.simulacra.import_head_motion(filepath=str(path), start=11, flip=(True, False, False)) == {"FINISHED"}
    after = values(face, range(11, 42))
    assert np.abs(after - before)[:, :52].max() < 1e-5
    expected = turns(face, "head", channels.rotations(yaw=-0.6 * np.arange(30)))
    assert np.abs(np.abs((after[:30, 52:] * expected).sum(1)) - 1).max() < 1e-5
    path.write_text("HIERARCHY")
    with pytest.raises(RuntimeError, match=r"walk\.bvh: has no MOTION"):
        bpy.ops.simulacra.import_head_motion(filepath=str(path), start=11)


def test_what_is_no_person_cannot_be_animated(sidebar):
    assert not bpy.ops.simulacra.animate.poll() and not bpy.ops.simulacra.import_head_motion.poll()


def test_animating_is_one_step_back(face):
    bpy.ops.ed.undo_push(message="before")
    before = len(bpy.data.actions)
    bpy.ops.simulacra.animate("EXEC_DEFAULT", True, **OPTIONS)
    assert len(bpy.data.actions) == before + 1
    bpy.ops.ed.undo()
    assert len(bpy.data.actions) == before
