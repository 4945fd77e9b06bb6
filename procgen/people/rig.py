"""The rig of a person: bones at the joints, controls that animators expect, and drivers that join eyes and lids to the keys.

Bones stand in the rig's own space: metres, z up, the person faces -y, the midpoint of the eyes at the origin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..blender import on_its_own
from .expression import LOOK_LIMITS, action_weights
from .pose import JAW, eye_rotations, head_turns, joints
from .widgets import widget

LOOK_DISTANCE = 0.6  # metres from the eyes to the target that they may look at
EYE_LENGTH, JAW_LENGTH = 0.03, 0.07  # m
SIDES = {"L": "Left", "R": "Right"}  # side of a bone -> side of an action; the person's own
FOLLOW = "follow"  # property of the look target: how far the eyes look at it, 0…1
LID_KEYS = {  # key of the lids that follows the eye's own bone -> the action whose shape it has
    f"lids{direction}{side}": f"eyeLook{direction}{side}" for side in SIDES.values() for direction in LOOK_LIMITS
}


class Bone(NamedTuple):
    """One bone: its parent, the collection it is listed in, its widget and how large that is drawn."""

    parent: str | None
    collection: str
    shape: str | None = None
    size: float = 1.0


BONES = {
    "spine": Bone(None, "Controls", "ring", 1.1),
    "shoulder.L": Bone("spine", "Controls", "arrow", 0.6),
    "shoulder.R": Bone("spine", "Controls", "arrow", 0.6),
    "neck": Bone("spine", "Controls", "ring", 0.75),
    "head": Bone("neck", "Controls", "ring", 0.85),
    "jaw": Bone("head", "Controls", "arc", 1.0),
    "gaze.L": Bone("head", "Mechanism"),
    "gaze.R": Bone("head", "Mechanism"),
    "eye.L": Bone("gaze.L", "Controls", "ring", 0.5),
    "eye.R": Bone("gaze.R", "Controls", "ring", 0.5),
    "look": Bone(None, "Controls", "cross", 1.0),
}
# The names that a Rigify metarig of a human gives to these bones (rigify/metarigs/human.py and its face).
RIGIFY = {"spine": "spine.003", "neck": "spine.004", "head": "spine.006", "look": "eyes"}
DEFORM = ("spine", "shoulder.L", "shoulder.R", "neck", "head", "jaw", "eye.L", "eye.R")


def make_bones(rig: bpy.types.Object, rest: np.ndarray) -> None:
    """Make the bones of a rig that is linked, for a neutral shape (n, 3), with their collections and widgets."""
    data = rig.data
    groups = {name: data.collections.new(name) for name in ("Controls", "Deform", "Mechanism")}
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, row in BONES.items():
        bone = data.edit_bones.new(name)
        bone.parent = data.edit_bones[row.parent] if row.parent else None
        bone.use_deform = name in DEFORM
        groups[row.collection].assign(bone)
        if name in DEFORM:
            groups["Deform"].assign(bone)
    _place(data, rest)
    bpy.ops.object.mode_set(mode="OBJECT")
    groups["Mechanism"].is_visible = groups["Deform"].is_visible = False
    for name, row in BONES.items():
        bone = rig.pose.bones[name]
        if row.shape:
            bone.custom_shape, bone.custom_shape_scale_xyz = widget(row.shape), (row.size,) * 3
        if name.startswith("gaze"):
            bone.rotation_mode = "XYZ"
    rig.pose.bones["look"].rotation_mode = "XYZ"


def bone_name(rig, name: str) -> str:
    """What a rig calls a bone of ``BONES``: the name itself, or Rigify's where it was renamed."""
    return name if name in rig.data.bones else RIGIFY.get(name, name)


def rename_bones(rig, rigify: bool) -> None:
    """Give the bones the names of a Rigify metarig, or their own again; weights, drivers, children and keys go along."""
    for name, other in RIGIFY.items():
        bone = rig.data.bones[bone_name(rig, name)]
        bone.name = other if rigify else name


def place_bones(rig: bpy.types.Object, rest: np.ndarray) -> None:
    """Bring the rest bones of a rig to the joints of another neutral shape (n, 3)."""
    posed = [bone for bone in rig.pose.bones if not bone.name.startswith("gaze") and _is_turned(bone)]
    motions = [bone.bone.matrix_local @ bone.matrix_basis @ bone.bone.matrix_local.inverted() for bone in posed]
    turns = [(bone.name, motion.to_quaternion()) for bone, motion in zip(posed, motions, strict=True)]
    with on_its_own(rig):
        bpy.ops.object.mode_set(mode="EDIT")
        _place(rig.data, rest)
        bpy.ops.object.mode_set(mode="OBJECT")
    for name, turn in turns:  # a pose is one in the head's own axes, however the bone lies now
        bone = rig.pose.bones[name]
        axes = bone.bone.matrix_local.to_quaternion()
        place, scale = bone.location.copy(), bone.scale.copy()
        bone.matrix_basis = (axes.inverted() @ turn @ axes).to_matrix().to_4x4()
        bone.location, bone.scale = place, scale


def _is_turned(bone) -> bool:
    return bone.matrix_basis.to_quaternion().angle > 1e-6


def _places(rest: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The head and the tail (3,) of every bone, metres."""
    place = joints(rest)
    spine, neck, head, top = (place[f"joint-{name}"] for name in ("spine-1", "neck", "head", "head-2"))
    ahead = np.array([0.0, -1.0, 0.0])
    found = {
        "spine": (spine, neck), "neck": (neck, head), "head": (head, top),
        "jaw": (place[JAW], place[JAW] + JAW_LENGTH * np.array([0.0, -0.8, -0.6])),
        "look": (ahead * LOOK_DISTANCE, ahead * (LOOK_DISTANCE + 0.05)),
    }  # fmt: skip
    for side, joint, out in (("L", "joint-l-eye", 1.0), ("R", "joint-r-eye", -1.0)):
        found[f"eye.{side}"] = found[f"gaze.{side}"] = (place[joint], place[joint] + ahead * EYE_LENGTH)
        start = neck + np.array([0.02 * out, -0.03, -0.02])
        found[f"shoulder.{side}"] = (start, start + np.array([0.14 * out, 0.03, -0.02]))
    return found


def _place(data: bpy.types.Armature, rest: np.ndarray) -> None:
    for name, (head, tail) in _places(rest).items():
        bone = data.edit_bones[name if name in data.edit_bones else RIGIFY[name]]
        bone.head, bone.tail = head, tail
        if name.startswith(("eye", "gaze", "look")):
            bone.align_roll(Vector((0.0, 0.0, 1.0)))  # its x then lifts and its z turns to the person's left
        elif name == "jaw":
            bone.align_roll(Vector((0.0, 0.6, -0.8)))  # its x then opens the mouth


def channels(expression: Any) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """What an expression sets on a rig: the value of every key, and the turn (3, 3) of bones in the neutral frame.

    Each turn is about the bone's own joint, on top of what its parents do.
    """
    neck, head = head_turns(expression)
    turns = {"neck": neck, "head": head}
    for side, (by_keys, whole) in eye_rotations(expression).items():
        turns[f"eye.{'L' if side == 'left' else 'R'}"] = by_keys.T @ whole  # what the keys leave
    return action_weights(expression), turns


def set_expression(rig, head, expression: Any, frame: int | None = None) -> None:
    """Set the keys of a head and the bones of its rig to an expression, and key them on a frame if one is given."""
    weights, turns = channels(expression)
    keys = head.data.shape_keys.key_blocks
    for name, weight in weights.items():
        keys[name].value = weight
        if frame is not None:
            keys[name].keyframe_insert("value", frame=frame)
    for name, turn in turns.items():
        set_turn(rig, name, turn)
        if frame is not None:
            bone = rig.pose.bones[bone_name(rig, name)]
            quaternion = bone.rotation_mode == "QUATERNION"
            bone.keyframe_insert("rotation_quaternion" if quaternion else "rotation_euler", frame=frame)


def set_turn(rig, name: str, turn: np.ndarray) -> None:
    """Turn a bone by a (3, 3) rotation that is given in the rig's frame; its place and scale stay."""
    bone = rig.pose.bones[bone_name(rig, name)]
    axes = bone.bone.matrix_local.to_3x3()
    local = (axes.inverted() @ Matrix(turn.tolist()) @ axes).to_4x4()
    if bone.rotation_mode == "QUATERNION":
        bone.rotation_quaternion = local.to_quaternion()
    else:
        bone.rotation_euler = local.to_euler(bone.rotation_mode)


def set_neutral(rig, head) -> None:
    """Bring all keys to 0 and all bones to rest."""
    for key in head.data.shape_keys.key_blocks[1:]:
        if key.name not in LID_KEYS:
            key.value = 0.0
    for bone in rig.pose.bones:
        bone.matrix_basis = Matrix.Identity(4)


def drive(rig, head) -> None:
    """Join eyes, lids and the look target by drivers that need no extension and no script."""
    for side, action_side in SIDES.items():
        _drive_gaze(rig, head, side, action_side)
        _drive_lids(rig, head, side, action_side)
        bone = rig.pose.bones[f"eye.{side}"]
        track = bone.constraints.new("DAMPED_TRACK")
        track.name, track.target, track.subtarget, track.track_axis = "Look", rig, "look", "TRACK_Y"
        _driver(track, "influence", "var", {"var": (rig, f'pose.bones["look"]["{FOLLOW}"]')})
    look = rig.pose.bones["look"]
    look[FOLLOW] = 0.0
    look.id_properties_ui(FOLLOW).update(min=0.0, max=1.0, description="How far the eyes look at this target")


def _drive_gaze(rig, head, side: str, action_side: str) -> None:
    """The eyeLook keys turn the eye."""
    bone = rig.pose.bones[f"gaze.{side}"]

    def key(direction: str):
        return key_source(head, f"eyeLook{direction}{action_side}")

    outward = ("Out", "In") if side == "L" else ("In", "Out")  # toward the person's left, and back
    for axis, (more, less) in ((0, ("Up", "Down")), (2, outward)):
        formula = f"{LOOK_LIMITS[more]} * a - {LOOK_LIMITS[less]} * b"
        _driver(bone, "rotation_euler", formula, {"a": key(more), "b": key(less)}, axis)


def _drive_lids(rig, head, side: str, action_side: str) -> None:
    """Where a bone or the target turns the eye, the lids go along as the eyeLook keys take them."""
    keys = head.data.shape_keys.key_blocks
    left = side == "L"
    for direction, axis, sign in (("Up", "ROT_X", 1), ("Down", "ROT_X", -1), ("Out", "ROT_Z", 1 if left else -1),
                                  ("In", "ROT_Z", -1 if left else 1)):  # fmt: skip
        key = keys[f"lids{direction}{action_side}"]
        formula = f"min(max({sign / LOOK_LIMITS[direction]:.6f} * turn, 0), 1 - look)"
        look = (head.data.shape_keys, f'key_blocks["eyeLook{direction}{action_side}"].value')
        curve = _driver(key, "value", formula, {"look": look})
        turn = curve.driver.variables.new()
        turn.name, turn.type = "turn", "TRANSFORMS"
        target = turn.targets[0]
        target.id, target.bone_target = rig, f"eye.{side}"
        target.transform_type, target.transform_space, target.rotation_mode = axis, "LOCAL_SPACE", "XYZ"


def _driver(owner, path: str, formula: str, sources: dict, index: int = -1):
    """A driver on a property; ``sources`` maps a variable to a datablock and the path of a property of it."""
    curve = owner.driver_add(path, index) if index >= 0 else owner.driver_add(path)
    curve.driver.type, curve.driver.expression = "SCRIPTED", formula
    for name, (block, data_path) in sources.items():
        variable = curve.driver.variables.new()
        variable.name = name
        target = variable.targets[0]
        target.id_type = block.id_type
        target.id, target.data_path = block, data_path
    return curve


def key_source(head, key: str) -> tuple[bpy.types.Mesh, str]:
    """What a driver reads the value of a key of the head from.

    It names the mesh and not the datablock of its keys, which Blender loses when objects are pasted into another file.
    """
    return head.data, f'shape_keys.key_blocks["{key}"].value'


def drive_keys(obj, head) -> None:
    """Let the keys of a part follow the head's keys of the same names."""
    for key in obj.data.shape_keys.key_blocks[1:]:
        _driver(key, "value", "var", {"var": key_source(head, key.name)})
