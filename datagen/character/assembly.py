"""Makes a scene of plain objects of pieces: one skeleton, meshes with morph targets, simple materials (needs bpy)."""

from __future__ import annotations

from typing import NamedTuple

import bpy
import numpy as np
from mathutils import Matrix

from ...procgen.blender import mesh_data, new_material
from .piece import Piece
from .shapes import deform_bones

CUT = 0.4  # cover below which a card is not drawn


class Paint(NamedTuple):
    """What a material is painted with: images by channel, or plain values."""

    images: dict[str, bpy.types.Image]  # colour, normal, surface (roughness in green, metal in blue), roughness
    mode: str = "OPAQUE"  # OPAQUE, MASK or BLEND
    colour: tuple[float, float, float] = (0.8, 0.8, 0.8)  # linear Rec.709
    alpha: float = 1.0
    roughness: float = 0.5
    specular: float = 0.5
    metal: float = 0.0
    two_sided: bool = False


def material_of(name: str, paint: Paint, kind: str) -> bpy.types.Material:
    """A material that the exporter of a kind of file (glb, fbx, usd) understands."""
    material, tree = new_material(name, paint.colour, paint.alpha)
    material.use_backface_culling = not paint.two_sided
    shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(shader.outputs[0], output.inputs["Surface"])
    shader.inputs["Base Color"].default_value = (*paint.colour, 1)
    shader.inputs["Roughness"].default_value = paint.roughness
    shader.inputs["Metallic"].default_value = paint.metal
    shader.inputs["Alpha"].default_value = paint.alpha
    shader.inputs["Specular IOR Level"].default_value = paint.specular
    if paint.mode == "BLEND":
        material.surface_render_method = "BLENDED"

    def image_node(channel: str, space: str):
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = paint.images[channel]
        node.image.colorspace_settings.name = space
        return node

    if "colour" in paint.images:
        node = image_node("colour", "sRGB")
        tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
        if paint.mode != "OPAQUE":
            tree.links.new(_cover(tree, node, paint, kind), shader.inputs["Alpha"])
    if "surface" in paint.images and kind != "fbx":  # which knows one picture a channel
        split = tree.nodes.new("ShaderNodeSeparateColor")
        tree.links.new(image_node("surface", "Non-Color").outputs["Color"], split.inputs[0])
        tree.links.new(split.outputs["Green"], shader.inputs["Roughness"])
        tree.links.new(split.outputs["Blue"], shader.inputs["Metallic"])
    elif "roughness" in paint.images:
        tree.links.new(image_node("roughness", "Non-Color").outputs["Color"], shader.inputs["Roughness"])
    if "normal" in paint.images:
        bent = tree.nodes.new("ShaderNodeNormalMap")
        tree.links.new(image_node("normal", "Non-Color").outputs["Color"], bent.inputs["Color"])
        tree.links.new(bent.outputs[0], shader.inputs["Normal"])
    return material


def _cover(tree, node, paint: Paint, kind: str):
    """The socket of the cover: cut in two by the nodes that glTF's MASK is read from, or as it is."""
    if paint.mode != "MASK" or kind != "glb":
        return node.outputs["Alpha"]
    below = tree.nodes.new("ShaderNodeMath")
    below.operation = "LESS_THAN"
    tree.links.new(node.outputs["Alpha"], below.inputs[0])
    below.inputs[1].default_value = CUT
    above = tree.nodes.new("ShaderNodeMath")
    above.operation = "SUBTRACT"
    above.inputs[0].default_value = 1.0
    tree.links.new(below.outputs[0], above.inputs[1])
    return above.outputs[0]


def skeleton(rig, name: str) -> bpy.types.Object:
    """A rig of the bones that move points alone, at rest; a bone's parent is the nearest of them above it."""
    keep = set(deform_bones(rig))
    data = bpy.data.armatures.new(name)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in rig.data.bones:
        if bone.name not in keep:
            continue
        copy = data.edit_bones.new(bone.name)
        copy.head, copy.tail = bone.head_local, bone.tail_local
        copy.matrix = bone.matrix_local
        copy.length = bone.length
    for bone in rig.data.bones:
        above = bone.parent
        while above is not None and above.name not in keep:
            above = above.parent
        if bone.name in keep and above is not None:
            data.edit_bones[bone.name].parent = data.edit_bones[above.name]
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def mesh_of(piece: Piece, material: bpy.types.Material, armature, order: tuple[str, ...]) -> bpy.types.Object:
    """An object of a piece on a skeleton, with a shape key for each of its actions in order."""
    faces = piece.corners.reshape(len(piece.sizes), -1) if len(set(piece.sizes.tolist())) == 1 else np.split(
        piece.corners, piece.starts[1:]
    )  # fmt: skip
    mesh = mesh_data(piece.name, piece.positions, faces)
    if piece.texture:
        mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", piece.uv.astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(piece.sizes), bool))
    if piece.normals is not None:
        mesh.normals_split_custom_set_from_vertices(piece.normals.astype(np.float32))
    mesh.materials.append(material)
    obj = bpy.data.objects.new(piece.name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    if piece.deltas:
        obj.shape_key_add(name="Basis", from_mix=False)
        for action in order:
            if action in piece.deltas:
                key = obj.shape_key_add(name=action, from_mix=False)
                key.value = 0.0
                key.data.foreach_set("co", (piece.positions + piece.deltas[action]).astype(np.float32).ravel())
    _weigh(obj, piece)
    obj.parent = armature
    obj.matrix_parent_inverse = Matrix.Identity(4)
    obj.modifiers.new("Armature", "ARMATURE").object = armature
    return obj


def _weigh(obj, piece: Piece, most: int = 4) -> None:
    """Vertex groups with at most four bones a point, which all engines take."""
    names = list(piece.weights)
    values = np.stack([piece.weights[name] for name in names], 1)
    if values.shape[1] > most:
        least = np.sort(values, 1)[:, -most]
        values = np.where(values >= least[:, None], values, 0)
    values = np.where(values < 0.005, 0, values)
    values = np.round(values / values.sum(1, keepdims=True), 3)
    for index, name in enumerate(names):
        column = values[:, index]
        if not column.any():
            continue
        group = obj.vertex_groups.new(name=name)
        for weight in np.unique(column[column > 0]):
            group.add(np.nonzero(column == weight)[0].tolist(), float(weight), "REPLACE")
