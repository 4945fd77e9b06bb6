"""What is seen of objects: their points as the scene shows them, and whether two looks at them are the same."""

import re

import bpy
import numpy as np

CLOSE = 1e-5  # m; a float in the world is no finer a metre from the origin


def shown(obj) -> np.ndarray:
    """The points (n, 3) of a mesh or of curves as the scene shows them, world, metres."""
    seen = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    source, name = (seen.data.points, "position") if obj.type == "CURVES" else (seen.data.vertices, "co")
    flat = np.zeros(len(source) * 3, np.float32)
    source.foreach_get(name, flat)
    matrix = np.array(seen.matrix_world)
    return flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]


def bare(name: str) -> str:
    """A name without the number that Blender adds where it is taken."""
    return re.sub(r"\.\d{3,}$", "", name)


def look(parts, origin) -> list[tuple]:
    """For every mesh and curves of a person, its name, its points (n, 3) from an origin (3,) and its materials' bare names."""
    bpy.context.view_layer.update()
    return [
        (obj.name, shown(obj) - np.array(origin), [bare(material.name) for material in obj.data.materials])
        for obj in parts
        if obj.type in ("MESH", "CURVES")
    ]


def differences(one: list[tuple], other: list[tuple]) -> list[str]:
    """What differs between two looks, in words; the names of parts do not count."""
    if len(one) != len(other):
        return [f"{len(one)} parts, {len(other)} parts"]
    found = []
    for (name, points, materials), (_, others, other_materials) in zip(one, other, strict=True):
        if points.shape != others.shape:
            found.append(f"{name}: {len(points)} points, {len(others)} points")
        elif len(points) and np.abs(points - others).max() > CLOSE:
            found.append(f"{name}: {np.abs(points - others).max() * 1000:.3f} mm")
        if materials != other_materials:
            found.append(f"{name}: {materials}, {other_materials}")
    return found
