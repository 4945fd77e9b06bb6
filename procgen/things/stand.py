"""A thing on its stand: one object of triangles in a box around the origin, lamps, and cameras all around (needs bpy)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import bpy
import numpy as np
from mathutils import Matrix

from ..blender import set_attribute
from ..geometry.mesh import Mesh
from ..light.light import GREY, build_light
from ..places.site import mesh_object
from ..places.things import dressed, thing_asset
from .families import FAMILIES
from .parts import part_of
from .thing import Thing, own_spec
from .views import places

HALF = 0.5  # half side of the box
FILL = 0.9  # of the box that the thing's longest extent takes
ROOM = 4.0  # a thing is so many times as large as the head that lamps are placed around
SENSOR = 36.0  # mm
COAT = 0.5  # of the length of hairs by which a coat is raised


class Stand:
    """What is built of a thing.

    ``mesh`` holds its triangles in metres as its generator made them; a vertex v lies at (v - centre) / metres in the box.
    ``parts`` are the classes of its surfaces.
    """

    def __init__(self, thing: Thing, views: int):
        self.spec = thing
        self.generator, self.own = own_spec(thing)
        self.objects: list[bpy.types.Object] = []
        self.cameras: list[bpy.types.Object] = []
        self.collection = bpy.data.collections.new("Thing")
        bpy.context.scene.collection.children.link(self.collection)
        asset = thing_asset(self.generator, self.own, FAMILIES[thing.family].detail)
        self.kind, self.surfaces = asset.kind, asset.surfaces
        self.mesh = triangulated(coated(asset.mesh, asset.surfaces))
        used = self.mesh.vertices[np.unique(self.mesh.faces[:, :3])]
        low, high = used.min(0), used.max(0)
        # To the nanometre: the last bits differ between releases of numpy.
        self.centre, self.extent = np.round((low + high) / 2, 9), np.round(high - low, 9)
        self.metres = float(np.round(self.extent.max() / (2 * HALF * FILL), 9))
        self.object = self._object()
        for lamp in build_light(thing.light, self):
            if lamp.data.type == "AREA":
                lamp.location *= ROOM
                lamp.data.size *= ROOM
                lamp.data.energy *= ROOM**2
        fill_in(bpy.context.scene.world, thing.fill)
        self._cameras(views, float(np.linalg.norm(used - self.centre, axis=1).max() / self.metres))

    def link(self, obj: bpy.types.Object, kind: str, parent: bool = False) -> bpy.types.Object:
        """Put an object into the stand's collection as one of a class."""
        self.collection.objects.link(obj)
        obj["class"], obj["part_of"] = kind, "light" if kind == "lamp" else "thing"
        self.objects.append(obj)
        return obj

    def _object(self) -> bpy.types.Object:
        site = SimpleNamespace(materials={})
        obj = mesh_object(self.spec.sort, self.mesh, [dressed(site, surface) for surface in self.surfaces])
        self.parts = np.array([part_of(surface.material, self.kind) for surface in self.surfaces], np.uint8)
        set_attribute(obj.data, "part", "FLOAT", "FACE", self.parts[self.mesh.slot].astype(np.float32))
        obj.pass_index = 1
        scale = Matrix.Diagonal((1 / self.metres,) * 3).to_4x4()
        obj.matrix_world = scale @ Matrix.Translation((-self.centre).tolist())
        return self.link(obj, self.kind)

    def _cameras(self, views: int, radius: float) -> None:
        around = self.spec.camera
        lens = SENSOR / 2 / np.tan(np.radians(around.field_of_view) / 2)
        for index, matrix in enumerate(places(around, views, radius)):
            data = bpy.data.cameras.new(f"Camera {index}")
            data.lens, data.sensor_width, data.sensor_height, data.sensor_fit = lens, SENSOR, SENSOR, "HORIZONTAL"
            data.clip_start, data.clip_end = 0.01, 100.0
            obj = bpy.data.objects.new(data.name, data)
            obj.matrix_world = Matrix(matrix.tolist())
            obj["rig"] = around.kind
            self.link(obj, "camera")
            self.cameras.append(obj)


def fill_in(world: bpy.types.World, share: float) -> None:
    """Add even light from all sides to a world, ``share`` of what makes a white card white."""
    tree = world.node_tree
    output = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputWorld")
    both, even = tree.nodes.new("ShaderNodeAddShader"), tree.nodes.new("ShaderNodeBackground")
    even.inputs["Strength"].default_value = share * GREY
    tree.links.new(output.inputs["Surface"].links[0].from_socket, both.inputs[0])
    tree.links.new(even.outputs[0], both.inputs[1])
    tree.links.new(both.outputs[0], output.inputs["Surface"])


def coated(mesh: Mesh, surfaces) -> Mesh:
    """The mesh with fur's volume: what strands would stand on is raised by a share of their length."""
    if "fur" not in mesh.attributes:
        return mesh
    furry = np.array([surface.material == "fur" for surface in surfaces])[mesh.slot]
    raised = np.zeros(len(mesh.vertices), bool)
    raised[mesh.faces[furry][:, :3]] = True
    return mesh.moved(mesh.normals() * (COAT * mesh.attributes["fur"] * raised)[:, None])


def triangulated(mesh: Mesh) -> Mesh:
    """The mesh as triangles that have an area, their slots and smoothness kept."""
    quad = mesh.faces[:, 3] >= 0
    corners = mesh.triangles()
    slot, smooth = (np.concatenate([values, values[quad]]) for values in (mesh.slot, mesh.smooth))
    a, b, c = (mesh.vertices[corner] for corner in corners.T)
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-12 * mesh.size.max() ** 2
    return replace(mesh, faces=np.pad(corners[solid], ((0, 0), (0, 1)), constant_values=-1), slot=slot[solid],
                   smooth=smooth[solid])  # fmt: skip
