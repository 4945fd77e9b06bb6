"""Gives pieces that share pictures a place in them each: eyes seen from the front, all else in charts (needs bpy)."""

from __future__ import annotations

import bpy
import numpy as np

from .baking import UV, Bench

FRONT = 0.62  # power of the polar angle: the iris gets more pixels than the back of the eye
GAP = 0.004  # between charts, of the picture's edge


def eye_uv(mesh: bpy.types.Mesh, column: int, columns: int) -> None:
    """Lay an eye, whose front is -y in its own frame, out as a disc in one of ``columns`` squares side by side."""
    places = np.zeros(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    places = places.reshape(-1, 3).astype(np.float64)
    corners = np.zeros(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    length = np.maximum(np.linalg.norm(places, axis=1), 1e-9)
    polar = np.arccos(np.clip(-places[:, 1] / length, -1, 1)) / np.pi
    across = np.maximum(np.hypot(places[:, 0], places[:, 2]), 1e-9)
    radius = 0.49 * polar**FRONT
    disc = 0.5 + radius[:, None] * np.stack([places[:, 0], places[:, 2]], 1) / across[:, None]
    disc[:, 0] = (disc[:, 0] + column) / columns
    _layer(mesh).uv.foreach_set("vector", disc[corners].astype(np.float32).ravel())


def keep_uv(mesh: bpy.types.Mesh) -> None:
    """Take over the layer that a mesh has."""
    first = mesh.uv_layers[0]
    values = np.zeros(len(mesh.loops) * 2, np.float32)
    first.uv.foreach_get("vector", values)
    _layer(mesh).uv.foreach_set("vector", values)


def chart(bench: Bench, objects: list) -> None:
    """Cut meshes into charts and pack those of all of them into one square."""
    for obj in objects:
        _layer(obj.data)
    bench.select(objects)
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=GAP, correct_aspect=False, scale_to_bounds=False)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def _layer(mesh: bpy.types.Mesh):
    layer = mesh.uv_layers.get(UV) or mesh.uv_layers.new(name=UV)
    mesh.uv_layers.active = layer
    layer.active_render = True
    return layer
