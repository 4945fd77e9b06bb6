"""The coarse avatar that a running job shows: which object it is, and whether it is still as it came."""

from __future__ import annotations

import zlib

import bpy
import numpy as np

Print = tuple[object, ...]


class Shown:
    """The object of a coarse avatar as it was brought; found again after an undo, which may move it in memory."""

    def __init__(self, source: str):
        self.source, self.uid = source, 0  # the file, as the object says it
        obj = self.object()
        self.uid, self.print = (obj.session_uid, print_of(obj)) if obj else (0, ())

    def object(self) -> bpy.types.Object | None:
        """The object, or a copy of it where it is gone; None where neither is there."""
        found = [obj for obj in bpy.data.objects if self.source and obj.get("avatar_source") == self.source]
        return min(found, key=lambda obj: obj.session_uid != self.uid, default=None)

    @property
    def untouched(self) -> bool:
        """Whether the object is there and nobody has changed it since."""
        obj = self.object()
        return obj is not None and obj.session_uid == self.uid and print_of(obj) == self.print


def print_of(obj: bpy.types.Object) -> Print:
    """All of an object that a user may have changed, as values that are equal where nothing was: its place, name, mesh, materials,
    modifiers, constraints, properties, animation, mode, and what else uses it, children and collections among them."""
    mesh, users = obj.data, bpy.data.user_map(subset=[obj, obj.data])
    place = obj.matrix_basis, obj.matrix_parent_inverse
    return (
        obj.name, mesh.name, obj.mode, obj.parent and obj.parent.name, obj.use_fake_user, obj.animation_data is None,
        tuple(value for matrix in place for row in matrix for value in row),
        tuple((modifier.type, modifier.name) for modifier in obj.modifiers),
        tuple((constraint.type, constraint.name) for constraint in obj.constraints),
        tuple(sorted((key, str(value)) for key, value in obj.items())), tuple(group.name for group in obj.vertex_groups),
        tuple(_material(slot.material) for slot in obj.material_slots), _geometry(mesh),
        tuple(sorted((kind.name_full, user.id_type, user.name_full) for kind, of in users.items() for user in of)),
    )  # fmt: skip


def _geometry(mesh: bpy.types.Mesh) -> Print:
    """Checksums of points, corners and colours, and the names of the attributes and shape keys."""
    found: list[object] = [len(mesh.vertices), len(mesh.polygons), mesh.shape_keys is None]
    found += [attribute.name for attribute in mesh.attributes]
    for rows, name, kind in ((mesh.vertices, "co", np.float32), (mesh.loops, "vertex_index", np.int32)):
        values = np.empty(len(rows) * (3 if name == "co" else 1), kind)
        rows.foreach_get(name, values)
        found.append(zlib.crc32(values))
    for attribute in mesh.color_attributes:
        values = np.empty(4 * len(attribute.data), np.float32)
        attribute.data.foreach_get("color", values)
        found.append(zlib.crc32(values))
    return tuple(found)


def _material(material: bpy.types.Material | None) -> Print:
    """A material's name, its nodes with the values of their inputs, and the links between them."""
    if material is None or material.node_tree is None:
        return (material and material.name,)
    nodes = [
        (node.bl_idname, node.name, *(_value(getattr(socket, "default_value", None)) for socket in node.inputs))
        for node in material.node_tree.nodes
    ]
    links = [(link.from_node.name, link.to_node.name, link.to_socket.name) for link in material.node_tree.links]
    return material.name, *sorted(nodes, key=repr), *sorted(links)


def _value(value: object) -> object:
    """A socket's value as what can be compared: a tuple where it has several numbers."""
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else str(value)
