"""A site: the Blender side of a place that is being built, with every thing in it numbered and classed (needs bpy)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..blender import set_attribute
from ..geometry.mesh import Mesh

OBJECT_ID, INSTANCE_ID, FACE_ID = "object_id", "instance_id", "face_id"  # a thing's number is the sum of the three
LARGEST_ID = 2**24 - 1  # what a 32-bit float can count


@dataclass(frozen=True)
class Crowd:
    """Things with consecutive numbers: one object, or all instances of a scatter."""

    first: int
    count: int
    kind: str  # semantic class
    name: str
    part: str  # the path in the spec that made it
    matrices: np.ndarray | None = None  # (count, 4, 4) at rest, of instances
    pick: np.ndarray | None = None  # (count,) which of the variants
    variants: tuple[bpy.types.Object, ...] = ()


class Site:
    """What is built of a place: objects, cameras, and the crowds that number its things."""

    def __init__(self, spec: Any, name: str = "Place"):
        self.spec = spec
        self.collection = bpy.data.collections.new(name)
        bpy.context.scene.collection.children.link(self.collection)
        self.sources = bpy.data.collections.new(f"{name} variants")  # seen only through instances
        self.objects: list[bpy.types.Object] = []
        self.moving: list[bpy.types.Object] = []  # objects whose vertices move, variants of instances too
        self.cameras: list[bpy.types.Object] = []
        self.crowds: list[Crowd] = []
        self.laws: list[tuple[bpy.types.Object, Callable[[float], Mesh]]] = []  # the mesh at a time in seconds
        self.ground_materials: list[bpy.types.Material] = []
        self.quick = False  # many pictures count for more than clean ones
        self.next_id = 1
        self.materials: dict[tuple, bpy.types.Material] = {}  # by what they are drawn from
        self._boxes: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def number(self, count: int, kind: str, name: str, part: str, **of_instances) -> Crowd:
        """Give ``count`` things their numbers."""
        if self.next_id + count > LARGEST_ID:
            raise ValueError(f"{name}: {self.next_id + count} things are too many; allowed are {LARGEST_ID}")
        crowd = Crowd(self.next_id, count, kind, name, part, **of_instances)
        self.crowds.append(crowd)
        self.next_id += count
        return crowd

    def link(
        self, obj: bpy.types.Object, kind: str, part: str, count: int = 1, moves: bool = False
    ) -> bpy.types.Object:
        """Put an object into the place as a thing of a class, or as ``count`` things told apart by ``face_id``.

        An empty ``kind`` is for what no label shows: volumes, drops and flakes.
        """
        self.collection.objects.link(obj)
        obj["part_of"], obj["class"] = part, kind
        self.objects.append(obj)
        if kind:
            obj[OBJECT_ID] = self.number(count, kind, obj.name, part).first
        else:
            obj["label_hidden"] = True
        if moves:
            self.moving.append(obj)
        return obj

    def pose(self, scene, frame: int) -> None:
        """Put the scene to a frame; what moves by its own law is moved here."""
        scene.frame_set(frame)
        seconds = frame / (scene.render.fps / scene.render.fps_base)
        for obj, law in self.laws:
            mesh = law(seconds)
            obj.data.vertices.foreach_set("co", mesh.vertices.astype(np.float32).ravel())
            for name, values in mesh.attributes.items():
                _store(obj.data, name, values)
            obj.data.update()
        if self.laws:
            bpy.context.view_layer.update()

    def extent(self, crowd: Crowd, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The box of a thing at rest in its own space, low and high (3,), and its matrix (4, 4) to the world."""
        place = number - crowd.first
        obj = crowd.variants[crowd.pick[place]] if crowd.variants else bpy.data.objects[crowd.name]
        if obj.name not in self._boxes:
            corners = np.array(obj.bound_box)
            self._boxes[obj.name] = corners.min(0), corners.max(0)
        matrix = crowd.matrices[place] if crowd.variants else np.array(obj.matrix_world)
        return *self._boxes[obj.name], matrix

    def add_source(self, obj: bpy.types.Object, moves: bool) -> bpy.types.Object:
        """Keep an object that only instances show."""
        self.sources.objects.link(obj)
        if moves:
            self.moving.append(obj)
        return obj


def mesh_object(name: str, mesh: Mesh, materials: Sequence[bpy.types.Material] = ()) -> bpy.types.Object:
    """An object of a mesh of arrays with a material for each of its slots; attributes come along."""
    data = bpy.data.meshes.new(name)
    triangle = mesh.faces[:, 3] < 0
    sizes = np.where(triangle, 3, 4).astype(np.int32)
    corners = mesh.faces[mesh.faces >= 0].astype(np.int32)
    data.vertices.add(len(mesh.vertices))
    data.vertices.foreach_set("co", mesh.vertices.astype(np.float32).ravel())
    data.loops.add(len(corners))
    data.loops.foreach_set("vertex_index", corners)
    data.polygons.add(len(sizes))
    data.polygons.foreach_set("loop_start", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))
    for material in materials:
        data.materials.append(material)
    if len(materials) > 1:
        data.polygons.foreach_set("material_index", np.array(mesh.slot, np.int32))
    data.polygons.foreach_set("use_smooth", np.ascontiguousarray(mesh.smooth))
    data.update(calc_edges=True)
    for attribute, values in mesh.attributes.items():
        _store(data, attribute, values)
    return bpy.data.objects.new(name, data)


def _store(data: bpy.types.Mesh, attribute: str, values: np.ndarray) -> None:
    """Keep values (n,) or (n, 3) of the vertices on a mesh; ``colour`` as a colour."""
    if attribute == "colour":
        values = np.concatenate([values, np.ones((len(values), 1))], 1)
    kind = "FLOAT_COLOR" if attribute == "colour" else "FLOAT" if values.ndim == 1 else "FLOAT_VECTOR"
    set_attribute(data, attribute, kind, "POINT", values)


def evaluated_points(obj: bpy.types.Object) -> np.ndarray:
    """The vertices (n, 3) of an object as its modifiers leave them, in its own space, metres."""
    graph = bpy.context.evaluated_depsgraph_get()
    data = obj.evaluated_get(graph).data
    points = np.zeros(3 * len(data.vertices), np.float32)
    data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)
