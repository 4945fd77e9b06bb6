"""Reads a person's meshes as it rests and under each action: positions, weights and deltas (needs bpy)."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from ...procgen.people.expression import ACTIONS
from ...procgen.people.rig import FOLLOW, bone_name
from .anchors import Anchors
from .piece import Piece
from .source import Source

STILL = 1e-5  # metres: what an action moves less far it does not move


PROBES = 300  # points of what is worn that say which way it faces
SUBDIVISION = {0: 1, 1: 0, 2: 0}  # level of detail -> levels of Catmull-Clark


def rest(source: Source) -> None:
    """Bring a person to rest, and hide what need not be evaluated; the open file is ours to change."""
    keys = source.head.data.shape_keys
    if keys.animation_data:
        keys.animation_data_clear()
    if source.rig.animation_data:
        source.rig.animation_data.action, source.rig.animation_data.use_nla = None, False
    for block in keys.key_blocks:
        block.value, block.mute = 0.0, False
    for bone in source.rig.pose.bones:
        bone.matrix_basis = Matrix.Identity(4)
    look = source.rig.pose.bones.get(bone_name(source.rig, "look"))
    if look is not None and FOLLOW in look:
        look[FOLLOW] = 0.0
    source.head.show_only_shape_key = False
    for obj in source.objects:
        if obj.type == "CURVES":
            obj.hide_viewport = True
        for modifier in list(obj.modifiers):
            if modifier.type == "SOLIDIFY":
                _one_sheet(obj, modifier, source.head)
    bpy.context.view_layer.update()


def _one_sheet(obj, solidify, head) -> None:
    """Put the outer sheet of a shell in place of both: one sheet is drawn from both sides."""
    solidify.show_viewport = False
    side = 1.0 if _faces_away(obj, head) else -1.0
    outer = obj.modifiers.new("Outer sheet", "DISPLACE")
    outer.mid_level, outer.strength = 0.0, solidify.thickness * (solidify.offset + side) / 2
    obj.modifiers.move(len(obj.modifiers) - 1, list(obj.modifiers).index(solidify))


def _faces_away(obj, head) -> bool:
    """Whether the normals of what is worn point away from the skin; collars are sewn from inside and from outside."""
    into = head.matrix_world.inverted() @ obj.matrix_world
    found = 0.0
    for index in range(0, len(obj.data.vertices), max(len(obj.data.vertices) // PROBES, 1)):
        vertex = obj.data.vertices[index]
        place = into @ vertex.co
        hit, nearest, _, _ = head.closest_point_on_mesh(place)
        if hit:
            found += (place - nearest).normalized().dot((into.to_3x3() @ vertex.normal).normalized())
    return found >= 0


def subdivide(source: Source, levels: int) -> None:
    """Set the subdivision of all meshes, at most what each has."""
    for obj in source.objects:
        for modifier in obj.modifiers:
            if modifier.type == "SUBSURF":
                modifier.levels = min(levels, modifier.render_levels)
    bpy.context.view_layer.update()


def meshes_of(source: Source) -> list:
    """The mesh objects of a person that a render shows, head first."""
    found = [obj for obj in source.objects if obj.type == "MESH" and len(obj.data.polygons) and not obj.hide_render]
    return [source.head, *(obj for obj in found if obj is not source.head)]


def evaluated_meshes(source: Source, objects: list) -> dict[str, bpy.types.Mesh]:
    """Copies of the evaluated meshes, with all their attributes, by the name of their object."""
    graph = bpy.context.evaluated_depsgraph_get()
    return {
        obj.name: bpy.data.meshes.new_from_object(
            obj.evaluated_get(graph), preserve_all_data_layers=True, depsgraph=graph
        )
        for obj in objects
    }


def read_pieces(source: Source, objects: list, meshes: dict[str, bpy.types.Mesh]) -> list[Piece]:
    """The pieces of evaluated meshes at rest; their uv is that of the active layer, or zero."""
    into_rig = np.linalg.inv(np.array(source.rig.matrix_world))
    bones = deform_bones(source.rig)
    pieces = []
    for obj in objects:
        mesh = meshes[obj.name]
        positions = _read(mesh.vertices, "co", 3)
        matrix = into_rig @ np.array(obj.matrix_world)
        corners = np.zeros(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        sizes, slots = np.zeros(len(mesh.polygons), np.int32), np.zeros(len(mesh.polygons), np.int32)
        mesh.polygons.foreach_get("loop_total", sizes)
        mesh.polygons.foreach_get("material_index", slots)
        layer = mesh.uv_layers.active
        uv = _read(layer.uv, "vector", 2) if layer else np.zeros((len(corners), 2))
        piece = Piece(
            obj.name, obj.get("class", "other"), positions @ matrix[:3, :3].T + matrix[:3, 3], corners.astype(np.int64),
            sizes.astype(np.int64), uv, {}, slots=slots, source=obj.name,
        )  # fmt: skip
        piece.weights = _weights(obj, mesh, bones) or _weights_near(pieces[0], piece.positions)
        pieces.append(piece)
    return pieces


def deform_bones(rig) -> list[str]:
    """The names of the bones that move points."""
    return [bone.name for bone in rig.data.bones if bone.use_deform]


def _read(items, name: str, width: int) -> np.ndarray:
    values = np.zeros(len(items) * width, np.float32)
    items.foreach_get(name, values)
    return values.reshape(-1, width).astype(np.float64)


def _weights(obj, mesh, bones: list[str]) -> dict[str, np.ndarray] | None:
    """The weights of a mesh's points by groups or by the bone that it hangs on; None where it has neither."""
    if obj.parent_type == "BONE" and obj.parent_bone:
        bone = obj.parent.data.bones.get(obj.parent_bone)
        while bone is not None and bone.name not in bones:
            bone = bone.parent
        return {bone.name: np.ones(len(mesh.vertices))} if bone else None
    if not any(modifier.type == "ARMATURE" for modifier in obj.modifiers):
        follow = obj.get("follow")
        return {follow: np.ones(len(mesh.vertices))} if follow in bones else None
    names = {group.index: group.name for group in obj.vertex_groups if group.name in bones}
    weights = {name: np.zeros(len(mesh.vertices)) for name in names.values()}
    for index, vertex in enumerate(mesh.vertices):
        for member in vertex.groups:
            if member.group in names:
                weights[names[member.group]][index] = member.weight
    total = sum(weights.values()) if weights else np.zeros(len(mesh.vertices))
    if not (total > 0).any():
        return None
    first = next(iter(weights))
    weights[first] = np.where(total > 0, weights[first], 1.0)  # what no bone moves stays with the first
    total = np.where(total > 0, total, 1.0)
    return {name: weight / total for name, weight in weights.items() if weight.any()}


def _weights_near(skin: Piece, positions: np.ndarray) -> dict[str, np.ndarray]:
    return {bone: weight for bone, weight in Anchors(skin, positions).weights().items() if weight.any()}


def read_deltas(source: Source, objects: list, pieces: list[Piece]) -> None:
    """Give pieces the deltas of each action that moves them; the skin gets all of them."""
    into_rig = np.linalg.inv(np.array(source.rig.matrix_world))
    keys = source.head.data.shape_keys.key_blocks
    for action in ACTIONS:
        if action not in keys:
            continue
        keys[action].value = 1.0
        bpy.context.view_layer.update()
        graph = bpy.context.evaluated_depsgraph_get()
        for obj, piece in zip(objects, pieces, strict=True):
            evaluated = obj.evaluated_get(graph)
            matrix = into_rig @ np.array(evaluated.matrix_world)
            positions = _read(evaluated.data.vertices, "co", 3) @ matrix[:3, :3].T + matrix[:3, 3]
            delta = positions - piece.positions
            if obj is source.head or np.abs(delta).max(initial=0) > STILL:
                piece.deltas[action] = np.where(np.abs(delta) > STILL, delta, 0.0)
        keys[action].value = 0.0
    bpy.context.view_layer.update()
