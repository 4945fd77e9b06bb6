"""Bakes the materials of a set of pieces into shared pictures: base colour, normal, roughness and metal (needs bpy)."""

from __future__ import annotations

import bpy
import numpy as np

from ..rendering.bake_target import bake_into, standing_in
from ..rendering.scene_file import quiet
from .looks import look_of, output_of

UV = "Export"
SAMPLES = 4
MARGIN = 6  # pixels that each island is carried on at 1024
CHANNELS = {
    "Base Color": ("colour", "sRGB"),
    "Roughness": ("roughness", "Non-Color"),
    "Metallic": ("metal", "Non-Color"),
}
PLAIN = {"Roughness": 0.5, "Metallic": 0.0}  # of a material without a Principled node
FLAT = (0.5, 0.5, 1.0)


class Bench:
    """A scene of its own in Cycles, in which pieces are baked; ``with`` takes it away again."""

    def __enter__(self) -> Bench:
        self.before = bpy.context.window.scene
        self.scene = bpy.data.scenes.new("Bench")
        bpy.context.window.scene = self.scene
        self.scene.render.engine = "CYCLES"
        self.scene.cycles.samples = SAMPLES
        self.scene.cycles.use_denoising = False
        self.scene.cycles.device = "CPU"
        self.scene.view_settings.view_transform = "Raw"
        return self

    def __exit__(self, *_) -> None:
        bpy.context.window.scene = self.before
        for obj in list(self.scene.objects):
            bpy.data.objects.remove(obj)
        bpy.data.scenes.remove(self.scene)

    def place(self, mesh: bpy.types.Mesh, matrix) -> bpy.types.Object:
        """An object of a mesh in the scene."""
        obj = bpy.data.objects.new(mesh.name, mesh)
        self.scene.collection.objects.link(obj)
        obj.matrix_world = matrix
        return obj

    def select(self, objects: list) -> None:
        """Select objects alone, the first as active."""
        for obj in self.scene.objects:
            obj.select_set(obj in objects)
        bpy.context.view_layer.objects.active = objects[0]

    def joined(self, objects: list) -> list:
        """The objects, those that stand in the same place made one: each object baked costs as much as its pixels."""
        groups: dict[tuple, list] = {}
        for obj in objects:
            groups.setdefault(tuple(np.round(np.array(obj.matrix_world), 6).ravel()), []).append(obj)
        for group in groups.values():
            self.select(group)
            if len(group) > 1:
                bpy.ops.object.join()
        return [group[0] for group in groups.values()]

    def bake(self, objects: list, size: tuple[int, int]) -> dict[str, np.ndarray]:
        """The pictures (h, w, 3) float32 of objects that share their layer ``Export``: colour, normal, roughness, metal.

        Rows run from bottom to top as Blender has them; colour is sRGB, the others are linear.
        """
        self.select(objects)
        pictures = {"normal": self._channel(objects, size, "", "Non-Color")}
        materials = {slot.material for obj in objects for slot in obj.material_slots}
        for socket, (name, space) in CHANNELS.items():
            values = {_plain(material, socket) for material in materials} if socket in PLAIN else {None}
            value = values.pop() if len(values) == 1 else None
            if value is None:
                pictures[name] = self._channel(objects, size, socket, space)
            else:
                pictures[name] = np.full((size[1], size[0], 3), value, np.float32)
        return pictures

    def _channel(self, objects: list, size: tuple[int, int], socket: str, space: str) -> np.ndarray:
        image = bpy.data.images.new("Bake", *size, alpha=False)
        image.colorspace_settings.name = space
        if not socket:
            image.pixels.foreach_set(np.tile(np.float32([*FLAT, 1]), size[0] * size[1]))
        margin = max(2, MARGIN * size[0] // 1024)
        with standing_in(objects, lambda material: _stand_in(material, socket, image)), quiet():
            bpy.ops.object.bake(
                type="EMIT" if socket else "NORMAL",
                use_clear=False,
                margin=margin,
                target="IMAGE_TEXTURES",
                uv_layer=UV,
            )
        pixels = np.zeros(size[0] * size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
        return pixels.reshape(size[1], size[0], 4)[..., :3].copy()


def _plain(material, socket: str) -> float | None:
    """The one value of a material's socket; None where it has several."""
    principled = look_of(material).principled
    if principled is None:
        return PLAIN[socket]
    source = principled.inputs[socket]
    return None if source.is_linked else float(source.default_value)


def _stand_in(material, socket: str, image) -> bpy.types.Material:
    """A copy of a material that shines with what a socket of its Principled node gets, and is baked into an image."""
    copy = material.copy() if material is not None else bpy.data.materials.new("Bake")
    if copy.node_tree is None:
        copy.use_nodes = True
    tree = copy.node_tree
    if socket:
        look = look_of(copy)
        shine = tree.nodes.new("ShaderNodeEmission")
        source = look.principled.inputs[socket] if look.principled else None
        if source is not None and source.is_linked:
            tree.links.new(source.links[0].from_socket, shine.inputs["Color"])
        else:
            value = look.colour if source is None else source.default_value
            value = PLAIN[socket] if source is None and socket in PLAIN else value
            shine.inputs["Color"].default_value = (*np.broadcast_to(np.atleast_1d(value)[:3], 3).tolist(), 1.0)
        output = output_of(tree) or tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(shine.outputs[0], output.inputs["Surface"])
        for link in list(output.inputs["Displacement"].links):
            tree.links.remove(link)
    bake_into(tree, image)
    return copy
