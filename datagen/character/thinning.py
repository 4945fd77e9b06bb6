"""Thins pieces out for lower levels of detail; uv, weights and deltas are carried along (needs bpy)."""

from __future__ import annotations

import bpy
import numpy as np

from ...procgen.blender import mesh_data, set_attribute
from .piece import Piece

LEAST = 60  # faces: smaller pieces stay as they are


def thinned(piece: Piece, share: float) -> Piece:
    """The piece with about a share of its triangles, by edge collapse."""
    if share >= 1 or len(piece.sizes) < LEAST:
        return piece
    faces = np.split(piece.corners, piece.starts[1:])
    mesh = mesh_data("Thin", piece.positions, faces)
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", piece.uv.astype(np.float32).ravel())
    for index, values in enumerate(piece.deltas.values()):
        set_attribute(mesh, f"delta_{index}", "FLOAT_VECTOR", "POINT", values)
    for index, values in enumerate(piece.weights.values()):
        set_attribute(mesh, f"weight_{index}", "FLOAT", "POINT", values)
    obj = bpy.data.objects.new("Thin", mesh)
    bpy.context.scene.collection.objects.link(obj)
    modifier = obj.modifiers.new("Decimate", "DECIMATE")
    modifier.ratio, modifier.use_collapse_triangulate = share, True
    bpy.context.view_layer.update()
    thin = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    corners, sizes = np.zeros(len(thin.loops), np.int32), np.zeros(len(thin.polygons), np.int32)
    thin.loops.foreach_get("vertex_index", corners)
    thin.polygons.foreach_get("loop_total", sizes)

    def read(items, name: str, width: int) -> np.ndarray:
        values = np.zeros(len(items) * width, np.float32)
        items.foreach_get(name, values)
        return (values.reshape(-1, width) if width > 1 else values).astype(np.float64)

    weights = {bone: read(thin.attributes[f"weight_{i}"].data, "value", 1) for i, bone in enumerate(piece.weights)}
    deltas = {action: read(thin.attributes[f"delta_{i}"].data, "vector", 3) for i, action in enumerate(piece.deltas)}
    total = sum(weights.values())
    result = Piece(
        piece.name, piece.kind, read(thin.vertices, "co", 3), corners.astype(np.int64), sizes.astype(np.int64),
        read(thin.uv_layers[0].uv, "vector", 2), {bone: values / total for bone, values in weights.items()}, deltas,
        piece.texture, source=piece.source,
    )  # fmt: skip
    bpy.data.objects.remove(obj)
    bpy.data.meshes.remove(mesh)
    return result
