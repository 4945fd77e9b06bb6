"""One Action for a person: curves written in bulk on the keys of the head and the bones of the rig."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Matrix, Quaternion

from ..rig import bone_name
from .channels import Channels

STILL = 1e-6  # a value that moves less is not keyed
BEZIER, AUTO_CLAMPED = 2, 4  # of Blender's enumerations
KEPT = ("co", "handle_left", "handle_right")  # of the keys outside a span that is replaced
KEPT_KINDS = ("interpolation", "handle_left_type", "handle_right_type", "easing")


class Owners(NamedTuple):
    """What carries the animation of a person: the rig, and the shape keys of its head."""

    rig: bpy.types.Object
    keys: bpy.types.Key


def new_action(owners: Owners, name: str) -> list[str]:
    """Give a person a new, empty Action; returns the names of those it had, which the file keeps."""
    before = []
    action = bpy.data.actions.new(name)
    for owner in owners:
        data = owner.animation_data_create()
        if data.action is not None:
            data.action.use_fake_user = True
            before.append(data.action.name)
        _assign(owner, action)
    return list(dict.fromkeys(before))


def ensure_action(owners: Owners, name: str) -> None:
    """Give a person the Action that either of its owners has, or a new one where neither has one that can be changed."""
    found = [owner.animation_data.action for owner in owners if owner.animation_data and owner.animation_data.action]
    if any(action.library is not None for action in found):
        new_action(owners, name)
        return
    action = found[0] if found else bpy.data.actions.new(name)
    for owner in owners:
        if (
            owner.animation_data is None
            or owner.animation_data.action is None
            or owner.animation_data.action_slot is None
        ):
            _assign(owner, action)


def write(
    owners: Owners,
    moved: Channels,
    frames: np.ndarray,
    *,
    keys: Iterable[str] | None = None,
    bones: Iterable[str] | None = None,
) -> int:
    """Key channels on frames (n,), all or those named, in place of the keys that are there in that span.

    What does not move and has no curve is set and not keyed. Returns how many curves hold keys of it. The curve goes
    through each value, and is smooth between frames without going beyond them.
    """
    written = 0
    for name in moved.keys if keys is None else keys:
        block = owners.keys.key_blocks.get(name)
        if block is not None:
            written += _channel(owners.keys, block, "value", 0, "Keys", frames, moved.keys[name])
    for name in moved.bones if bones is None else bones:
        bone = owners.rig.pose.bones.get(bone_name(owners.rig, name))
        if bone is not None:
            path, values = _rotation(bone, moved.bones[name])
            still = np.ptp(values, axis=0).max() < STILL and not _has_curves(owners.rig, bone.path_from_id(path))
            for index in range(values.shape[1]):
                written += _channel(owners.rig, bone, path, index, name, frames, values[:, index], whole=not still)
    return written


def values_of(owners: Owners, names: Iterable[str], frames: np.ndarray) -> np.ndarray:
    """The values (n, k) that keys have on frames (n,): of their curves, or as they are."""
    result = []
    for name in names:
        block = owners.keys.key_blocks[name]
        curve = _curve(owners.keys, block.path_from_id("value"), 0)
        values = [curve.evaluate(frame) for frame in frames.tolist()] if curve else np.full(len(frames), block.value)
        result.append(np.asarray(values, float))
    return np.stack(result, 1)


def mark(owners: Owners, named: Iterable[tuple[str, int]]) -> None:
    """Put markers of a name and a frame onto the Action of the keys, in place of those between the first and the last."""
    named = list(named)
    action = owners.keys.animation_data.action
    first, last = named[0][1], named[-1][1]
    for marker in [marker for marker in action.pose_markers if first <= marker.frame <= last]:
        action.pose_markers.remove(marker)
    for name, frame in named:
        action.pose_markers.new(name).frame = frame


def _assign(owner, action: bpy.types.Action) -> None:
    kind = "OBJECT" if isinstance(owner, bpy.types.Object) else "KEY"
    slot = next((slot for slot in action.slots if slot.target_id_type == kind), None)
    data = owner.animation_data_create()
    data.action = action
    data.action_slot = slot or action.slots.new(id_type=kind, name=owner.name)


def _bag(owner, create: bool) -> bpy.types.ActionChannelbag | None:
    """Where the curves of an owner are; made in its Action where there is none if ``create``."""
    data = owner.animation_data
    action = data.action if data and data.action_slot else None
    if not create and not (action and action.layers and action.layers[0].strips):
        return None
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(data.action_slot, ensure=create)


def _curve(owner, path: str, index: int) -> bpy.types.FCurve | None:
    bag = _bag(owner, create=False)
    return bag.fcurves.find(path, index=index) if bag else None


def _has_curves(owner, path: str) -> bool:
    return any(_curve(owner, path, index) for index in range(4))


def _rotation(bone: bpy.types.PoseBone, matrices: np.ndarray) -> tuple[str, np.ndarray]:
    """The path and values (n, 3 or 4) that turn a bone by rotations (n, 3, 3) of the rig's axes, as it is rotated."""
    rest = bone.bone.matrix_local.to_3x3()
    inverse = rest.inverted()
    turns = [(inverse @ Matrix(matrix) @ rest).to_quaternion() for matrix in matrices.tolist()]
    if bone.rotation_mode in ("QUATERNION", "AXIS_ANGLE"):
        bone.rotation_mode = "QUATERNION"
        _same_side(turns)
        return "rotation_quaternion", np.array(turns)
    euler, values = None, []
    for turn in turns:
        euler = turn.to_euler(bone.rotation_mode, euler) if euler else turn.to_euler(bone.rotation_mode)
        values.append(tuple(euler))
    return "rotation_euler", np.array(values)


def _same_side(turns: list[Quaternion]) -> None:
    """Quaternions q and -q are one rotation: take the sign that is nearer to the one before."""
    for before, turn in zip(turns, turns[1:], strict=False):
        turn.make_compatible(before)


def _channel(
    owner, holder, prop: str, index: int, group: str, frames: np.ndarray, values: np.ndarray, whole: bool = False
) -> int:
    """Key one channel, or set it where it is still; ``whole`` keys it even so. Returns 1 if it is keyed."""
    path = holder.path_from_id(prop)
    curve = _curve(owner, path, index)
    if curve is None and not whole and np.ptp(values) < STILL:
        if prop == "value":
            holder.value = float(values[0])
        else:
            getattr(holder, prop)[index] = float(values[0])
        return 0
    if curve is None:
        bag = _bag(owner, create=True)
        curve = bag.fcurves.new(path, index=index)
        curve.group = bag.groups.get(group) or bag.groups.new(group)
    told = _told(values)
    _put(curve, frames[told], values[told])
    return 1


def _told(values: np.ndarray) -> np.ndarray:
    """Which of values (n,) need a key: inside a run that is still, none does."""
    same = np.abs(np.diff(values)) < STILL
    told = np.ones(len(values), bool)
    told[1:-1] = ~(same[:-1] & same[1:])
    return told


def _put(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Give a curve keys in place of those from the first to the last frame; the others stay as they are."""
    points = curve.keyframe_points
    old = {}
    for name, width, kind in [*((n, 2, np.float32) for n in KEPT), *((n, 1, np.int32) for n in KEPT_KINDS)]:
        flat = np.zeros(len(points) * width, kind)
        points.foreach_get(name, flat)
        old[name] = flat.reshape(-1, width)
    at = old["co"][:, 0]
    before, after = at < frames[0] - 0.5, at > frames[-1] + 0.5
    co = np.stack([frames, values], 1).astype(np.float32)
    new = dict.fromkeys(KEPT, co) | {
        "interpolation": np.full((len(co), 1), BEZIER), "handle_left_type": np.full((len(co), 1), AUTO_CLAMPED),
        "handle_right_type": np.full((len(co), 1), AUTO_CLAMPED), "easing": np.zeros((len(co), 1)),
    }  # fmt: skip
    points.clear()
    points.add(len(co) + int(before.sum() + after.sum()))
    for name, values_of_name in old.items():
        joined = np.concatenate([values_of_name[before], new[name], values_of_name[after]])
        points.foreach_set(name, joined.astype(values_of_name.dtype).ravel())
    curve.update()
