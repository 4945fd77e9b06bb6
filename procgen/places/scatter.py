"""Scattering: where things stand, by a lattice that no camera moves, and the nodes that put instances there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry.angles import arctan2
from ..geometry.noise import lattice_hash

SLOTS = 5  # independent numbers 0…1 that each cell of the lattice gives its thing


@dataclass(frozen=True)
class View:
    """What the cameras of a place see of the ground: eyes (k, 3), unit directions (k, 3), and half the widest angle."""

    eyes: np.ndarray
    directions: np.ndarray
    half_angle: float  # radians, of the picture's diagonal with a margin

    def distance(self, points: np.ndarray) -> np.ndarray:
        """From points (n, 2) to the nearest eye on the plan, metres."""
        return np.min([np.linalg.norm(points - eye[:2], axis=1) for eye in self.few(self.eyes)], axis=0)

    def sees(self, points: np.ndarray, around: float) -> np.ndarray:
        """Whether points (n, 2) lie in a camera's sector on the plan, or within ``around`` metres of it."""
        found = np.zeros(len(points), bool)
        for eye, direction in zip(self.few(self.eyes), self.few(self.directions), strict=True):
            away = points - eye[:2]
            length = np.linalg.norm(away, axis=1)
            flat = direction[:2] / max(np.linalg.norm(direction[:2]), 1e-9)
            steep = np.linalg.norm(direction[:2]) < np.sin(self.half_angle)  # looking down sees all around
            found |= (length < around) | steep | (away @ flat > np.cos(self.half_angle) * length)
        return found

    @staticmethod
    def few(values: np.ndarray, most: int = 12) -> np.ndarray:
        """At most so many of a way's values, evenly chosen with both ends."""
        return values[np.unique(np.linspace(0, len(values) - 1, min(most, len(values))).astype(int))]


@dataclass(frozen=True)
class Spots:
    """Where things of one layer stand: points (n, 2) m, and numbers (n, 5) of 0…1 that are each one's own."""

    points: np.ndarray
    numbers: np.ndarray

    def chosen(self, mask: np.ndarray) -> Spots:
        """Those for which a mask (n,) holds."""
        return Spots(self.points[mask], self.numbers[mask])


def lattice(density: float, reach: tuple[float, float], view: View, seed: int, keep: Callable | None = None,
            around: float = 60.0, most: int = 4_000_000) -> Spots:  # fmt: skip
    """Spots of ``density`` things a m² between the distances ``reach`` from the cameras, one to a jittered lattice cell.

    A place has the same spots whoever looks. ``keep`` maps distances (n,) to the share 0…1 that stays.
    """
    spacing = 1 / np.sqrt(density)
    near, far = reach
    low = view.eyes[:, :2].min(0) - far
    high = view.eyes[:, :2].max(0) + far
    first, last = np.floor(low / spacing).astype(int), np.ceil(high / spacing).astype(int)
    found = []
    rows = max(1, most // max(int(last[0] - first[0]), 1) // 8)  # rows of cells at a time: memory stays bounded
    for start in range(int(first[1]), int(last[1]) + 1, rows):
        x, y = np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(start, min(start + rows, int(last[1]) + 1)))
        cell = np.stack([x.ravel(), y.ravel()], 1)
        centre = (cell + 0.5) * spacing
        distance = view.distance(centre)
        cell = cell[(distance > near - spacing) & (distance < far + spacing) & view.sees(centre, around + spacing)]
        if not len(cell):
            continue
        numbers = np.stack([lattice_hash(cell, seed + 7919 * slot) for slot in range(SLOTS + 2)], 1) / 2.0**32
        points = (cell + numbers[:, SLOTS:]) * spacing
        distance = view.distance(points)
        inside = (distance >= near) & (distance < far) & view.sees(points, around)
        if keep is not None:
            inside &= numbers[:, 0] < keep(distance)
        found.append((points[inside], numbers[inside, :SLOTS]))
    if not found:
        return Spots(np.zeros((0, 2)), np.zeros((0, SLOTS)))
    return Spots(np.concatenate([points for points, _ in found]), np.concatenate([numbers for _, numbers in found]))


def upright(points: np.ndarray, yaw: np.ndarray, scale: np.ndarray, normals: np.ndarray | None = None,
            tilt: float = 0.0) -> np.ndarray:  # fmt: skip
    """Matrices (n, 4, 4) that stand things on points (n, 3), turned by ``yaw`` (n,) radians and scaled by ``scale`` (n,).

    ``tilt`` leans them from upright (0) to the normals (n, 3) of the ground (1).
    """
    up = np.zeros((len(points), 3)) + [0.0, 0.0, 1.0]
    if normals is not None and tilt:
        up = up * (1 - tilt) + normals * tilt
        up /= np.linalg.norm(up, axis=1, keepdims=True)
    side = np.stack([np.cos(yaw), np.sin(yaw), np.zeros_like(yaw)], 1)
    side -= up * (side * up).sum(1, keepdims=True)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    matrices = np.zeros((len(points), 4, 4))
    for column, axis in enumerate((side, np.cross(up, side), up)):
        matrices[:, :3, column] = axis * scale[:, None]
    matrices[:, :3, 3] = points
    matrices[:, 3, 3] = 1
    return matrices


def euler_of(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """XYZ Euler angles (n, 3) in radians and uniform scales (n,) of matrices (n, 4, 4)."""
    scale = np.linalg.norm(matrices[:, :3, 0], axis=1)
    r = matrices[:, :3, :3] / scale[:, None, None]
    flat = np.hypot(r[:, 0, 0], r[:, 1, 0])
    x = np.where(flat > 1e-6, arctan2(r[:, 2, 1], r[:, 2, 2]), arctan2(-r[:, 1, 2], r[:, 1, 1]))
    z = np.where(flat > 1e-6, arctan2(r[:, 1, 0], r[:, 0, 0]), 0.0)
    return np.stack([x, arctan2(-r[:, 2, 0], flat), z], 1), scale


def scatter(site, name: str, kind: str, part: str, variants: Sequence, matrices: np.ndarray, pick: np.ndarray):
    """Put instances of objects where matrices (n, 4, 4) say, ``pick`` (n,) which object each is (needs bpy).

    The instances are numbered one by one. Returns the object that holds them, or None where there are none.
    """
    import bpy

    from ..blender import set_attribute
    from .site import INSTANCE_ID

    if not len(matrices):
        return None
    crowd = site.number(len(matrices), kind, name, part, matrices=matrices, pick=pick, variants=tuple(variants))
    angles, scale = euler_of(matrices)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(matrices))
    mesh.vertices.foreach_set("co", matrices[:, :3, 3].astype(np.float32).ravel())
    set_attribute(mesh, "turn", "FLOAT_VECTOR", "POINT", angles)
    set_attribute(mesh, "size", "FLOAT", "POINT", scale)
    set_attribute(mesh, "pick", "INT", "POINT", pick)
    set_attribute(mesh, INSTANCE_ID, "INT", "POINT", crowd.first + np.arange(len(matrices)))
    obj = bpy.data.objects.new(name, mesh)
    collection = bpy.data.collections.new(f"{name} variants")
    site.sources.children.link(collection)
    for place, variant in enumerate(variants):
        variant.name = f"{name} {place:02d}"  # a collection gives its objects by name
        collection.objects.link(variant)
    obj.modifiers.new("Scatter", "NODES").node_group = _instancer(name, collection)
    site.collection.objects.link(obj)
    obj["part_of"], obj["class"] = part, kind
    site.objects.append(obj)
    return obj


def _instancer(name: str, collection):
    import bpy

    from ..nodes.shader import Nodes

    group = bpy.data.node_groups.new(f"Scatter {name}", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    g = Nodes(group)
    source, target = g.add("NodeGroupInput"), g.add("NodeGroupOutput")

    def named(attribute, kind):
        return g.add("GeometryNodeInputNamedAttribute", {"Name": attribute}, data_type=kind).out()

    points = g.add("GeometryNodeMeshToPoints", {"Mesh": source.out()})
    things = g.add("GeometryNodeCollectionInfo", {"Collection": collection, "Separate Children": True,
                                                  "Reset Children": True})  # fmt: skip
    turn = g.add("FunctionNodeEulerToRotation", {0: named("turn", "FLOAT_VECTOR")}).out()
    instances = g.add("GeometryNodeInstanceOnPoints", {
        "Points": points.out(), "Instance": things.out(), "Pick Instance": True, "Instance Index": named("pick", "INT"),
        "Rotation": turn, "Scale": named("size", "FLOAT"),
    })  # fmt: skip
    g.set(target, 0, instances.out())
    return group
