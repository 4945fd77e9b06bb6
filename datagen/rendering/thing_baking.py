"""Bakes a thing's materials into one picture, and dresses it in that: what is rendered is what its mesh file holds (needs bpy)."""

from __future__ import annotations

from typing import NamedTuple

import bpy
import numpy as np

from ...procgen.blender import new_material
from ...procgen.nodes.shader import Nodes
from .bake_target import bake_into, standing_in
from .scene_file import quiet

UV = "Baked"
GAP = 0.004  # between charts, of the picture's edge
CORNER = 1.15  # radians by which the faces of a chart may differ
MARGIN = 4  # px that charts are carried on in a picture of 512
ROUGH = 128  # px of the picture that roughness and metal are averaged from


class Surface(NamedTuple):
    """One surface as plain renderers have it; its colour is in the picture."""

    name: str
    part: int
    roughness: float
    metallic: float


class Baked(NamedTuple):
    """A dressed thing: texture coordinates (k, 3, 2) and normals (k, 3, 3) of its triangles' corners, as float32.

    ``picture`` (t, t, 3) uint8 sRGB has its first row on top, where the second texture coordinate is 1; ``slot`` (k,) is
    each triangle's place in ``surfaces``.
    """

    uv: np.ndarray
    normals: np.ndarray
    picture: np.ndarray
    slot: np.ndarray
    surfaces: tuple[Surface, ...]

    def colours(self, uv: np.ndarray) -> np.ndarray:
        """The colours (n, 3) uint8 sRGB at texture coordinates (n, 2), between the four nearest pixels."""
        edge = len(self.picture)
        x, y = uv[:, 0] * edge - 0.5, (1 - uv[:, 1]) * edge - 0.5
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        total = np.zeros((len(uv), 3))
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            weight = np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
            total += weight[:, None] * self.picture[np.clip(top + dy, 0, edge - 1), np.clip(left + dx, 0, edge - 1)]
        return np.rint(total).astype(np.uint8)


def bake(stand, edge: int) -> Baked:
    """Bake the thing of a stand into a picture of ``edge`` px a side, and put the baked materials on it."""
    obj, scene = stand.object, bpy.context.scene
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.device = 1, False, "CPU"
    scene.cycles.use_adaptive_sampling = False
    for other in scene.objects:
        other.select_set(other is obj)
    bpy.context.view_layer.objects.active = obj
    _chart(obj)
    image = _baked(obj, edge, lambda tree, principled: _socket(tree, principled, "Base Color"), "sRGB")
    pixels = np.zeros(edge * edge * 4, np.float32)
    image.pixels.foreach_get(pixels)
    picture = np.rint(pixels.reshape(edge, edge, 4)[::-1, :, :3] * 255).astype(np.uint8)
    uv, normals = _corners(obj.data)
    rough, weight, surfaces = _surface_values(obj, uv), _areas(stand), []
    for slot, (surface, part) in enumerate(zip(stand.surfaces, stand.parts, strict=True)):
        own = stand.mesh.slot == slot
        mean = np.average(rough[own], 0, weight[own]) if own.any() else (0.5, 0.0)
        surfaces.append(Surface(surface.material, int(part), *(round(float(value), 3) for value in mean)))
    for slot, surface in enumerate(surfaces):
        obj.material_slots[slot].material = _dressed(surface, image)
    return Baked(uv, normals, picture, np.asarray(stand.mesh.slot), tuple(surfaces))


def _areas(stand) -> np.ndarray:
    a, b, c = (stand.mesh.vertices[corner] for corner in stand.mesh.faces[:, :3].T)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1)


def _chart(obj) -> None:
    """Cut the mesh into charts and pack them into a square."""
    layer = obj.data.uv_layers.new(name=UV)
    obj.data.uv_layers.active = layer
    layer.active_render = True
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=CORNER, island_margin=GAP, correct_aspect=False, scale_to_bounds=False)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def _corners(mesh) -> tuple[np.ndarray, np.ndarray]:
    """Texture coordinates (k, 3, 2) and shading normals (k, 3, 3) of the corners of a mesh of triangles."""
    uv, normals = np.zeros(len(mesh.loops) * 2, np.float32), np.zeros(len(mesh.loops) * 3, np.float32)
    mesh.uv_layers[UV].uv.foreach_get("vector", uv)
    mesh.corner_normals.foreach_get("vector", normals)
    return uv.reshape(-1, 3, 2), normals.reshape(-1, 3, 3)


def _surface_values(obj, uv: np.ndarray) -> np.ndarray:
    """Roughness and metal (k, 2) at the middles of triangles."""

    def both(tree, principled):
        mixed = tree.nodes.new("ShaderNodeCombineColor")
        for name, socket in (("Red", "Roughness"), ("Green", "Metallic")):
            source = _socket(tree, principled, socket)
            if isinstance(source, bpy.types.NodeSocket):
                tree.links.new(source, mixed.inputs[name])
            else:
                mixed.inputs[name].default_value = source
        return mixed.outputs[0]

    image = _baked(obj, ROUGH, both, "Non-Color")
    pixels = np.zeros(ROUGH * ROUGH * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    place = np.clip((uv.mean(1) * ROUGH).astype(int), 0, ROUGH - 1)
    return pixels.reshape(ROUGH, ROUGH, 4)[place[:, 1], place[:, 0], :2]


def _socket(tree, principled, name: str):
    """What a socket gets: the socket that is linked to it, or its value."""
    socket = principled.inputs[name]
    return socket.links[0].from_socket if socket.is_linked else socket.default_value


def _baked(obj, edge: int, value, space: str):
    """An image into which the materials' ``value`` is baked over the thing's charts."""
    image = bpy.data.images.new("Baked", edge, edge, alpha=False)
    image.colorspace_settings.name = space
    with standing_in([obj], lambda material: _stand_in(material, image, value)), quiet():
        bpy.ops.object.bake(type="EMIT", use_clear=True, margin=max(2, MARGIN * edge // 512), margin_type="EXTEND",
                            target="IMAGE_TEXTURES", uv_layer=UV)  # fmt: skip
    return image


def _stand_in(material, image, value) -> bpy.types.Material:
    """A copy of a material that shines with a value of its Principled node, and is baked into an image."""
    copy = material.copy()
    tree = copy.node_tree
    principled = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    shine, source = tree.nodes.new("ShaderNodeEmission"), value(tree, principled)
    if isinstance(source, bpy.types.NodeSocket):
        tree.links.new(source, shine.inputs["Color"])
    else:
        shine.inputs["Color"].default_value = source
    output = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    tree.links.new(shine.outputs[0], output.inputs["Surface"])
    bake_into(tree, image)
    return copy


def _dressed(surface: Surface, image) -> bpy.types.Material:
    """The material that shows a surface's share of the picture."""
    material, tree = new_material(surface.name)
    g = Nodes(tree)
    colour = g.add("ShaderNodeTexImage", {"Vector": g.add("ShaderNodeUVMap", uv_map=UV).out()}, image=image)
    principled = g.add("ShaderNodeBsdfPrincipled", {"Base Color": colour["Color"], "Roughness": surface.roughness,
                                                    "Metallic": surface.metallic})  # fmt: skip
    g.surface(principled.out())
    return material
