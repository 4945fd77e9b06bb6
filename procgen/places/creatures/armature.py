"""A creature in Blender: armature, vertex groups and the key frames of a cycle, equal on 4.5 and 5.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...assets import Asset
from .rig import frame, velocity

PART = 0.0  # of the attribute that tells faces of people apart; whoever places the creature sets its own labels


def creature_object(
    asset: Asset,
    cycle: str | None = None,
    frames: int = 24,
    fps: float = 24.0,
    materials: Sequence[Any] = (),
    name: str = "",
    start: int = 1,
):
    """Put a rigged animal into the open scene: its armature object and its list of mesh objects.

    With a ``cycle`` each of so many frames from ``start`` on has keys: the phase starts at 0 and the object goes at the
    cycle's speed from the origin. ``materials`` stand for the asset's surfaces in their order.
    """
    import bpy

    name = name or asset.kind
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(armature)
    _bones(armature, asset)
    body = _body(asset, name, materials)
    bpy.context.scene.collection.objects.link(body)
    body.parent = armature
    modifier = body.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    if cycle:
        animate(armature, asset, cycle, frames, fps, start)
    return armature, [body]


def _bones(armature, asset: Asset) -> None:
    import bpy
    from mathutils import Vector

    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    made = {}
    for bone in asset.rig.bones:
        edit = armature.data.edit_bones.new(bone.name)
        edit.head, edit.tail = bone.head, bone.tail
        edit.align_roll(Vector(frame(bone)[:3, 2]))
        if bone.parent:
            edit.parent = made[bone.parent]
        made[bone.name] = edit
    bpy.ops.object.mode_set(mode="OBJECT")


def _body(asset: Asset, name: str, materials: Sequence[Any]):
    import bmesh

    from ...blender import mesh_object, set_attribute

    mesh = asset.mesh
    quads = mesh.faces[:, 3] >= 0
    faces = [row if whole else row[:3] for row, whole in zip(mesh.faces, quads, strict=True)]
    body = mesh_object(f"{name} skin", mesh.vertices, faces, part=PART)
    body.data.polygons.foreach_set("use_smooth", mesh.smooth)
    for attribute, values in mesh.attributes.items():
        if values.ndim == 2:
            set_attribute(
                body.data, attribute, "FLOAT_COLOR", "POINT", np.concatenate([values, np.ones((len(values), 1))], 1)
            )
        else:
            set_attribute(body.data, attribute, "FLOAT", "POINT", values)
    for material in materials:
        body.data.materials.append(material)
    if materials:
        body.data.polygons.foreach_set("material_index", mesh.slot)
    for bone in asset.rig.bones:
        body.vertex_groups.new(name=bone.name)
    # The deform layer takes a vertex at a time what a group would take a weight at a time.
    edit = bmesh.new()
    edit.from_mesh(body.data)
    layer = edit.verts.layers.deform.verify()
    rows, columns = np.nonzero(asset.rig.weights)
    values = asset.rig.weights[rows, columns]
    edit.verts.ensure_lookup_table()
    vertices = edit.verts
    for row, column, value in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
        vertices[row][layer][column] = value
    edit.to_mesh(body.data)
    edit.free()
    return body


def animate(armature, asset: Asset, cycle: str, frames: int, fps: float, start: int = 1) -> None:
    """Key a cycle on an armature object of the animal, so many frames from ``start`` on."""
    rig = asset.rig
    rest = {bone.name: frame(bone)[:3, :3] for bone in rig.bones}
    roots = [bone.name for bone in rig.bones if not bone.parent]
    before: dict[str, np.ndarray] = {}
    for bone in armature.pose.bones:
        bone.rotation_mode = "QUATERNION"
    for index in range(frames):
        seconds = index / fps
        pose = rig.cycles[cycle]((seconds / rig.period[cycle]) % 1.0)
        armature.location = velocity(rig, cycle) * seconds
        armature.keyframe_insert("location", frame=index + start)
        moved = pose.get("", np.zeros(3))
        for name, rotation in pose.items():
            if not name:
                continue
            if name in before and rotation @ before[name] < 0:
                rotation = -rotation  # the nearer of the two quaternions, so that frames between do not spin
            before[name] = rotation
            bone = armature.pose.bones[name]
            bone.rotation_quaternion = rotation
            bone.keyframe_insert("rotation_quaternion", frame=index + start)
        for name in roots:
            bone = armature.pose.bones[name]
            bone.location = rest[name].T @ moved
            bone.keyframe_insert("location", frame=index + start)
