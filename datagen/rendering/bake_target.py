"""What bakes share: other materials in the place of an object's own, and the image that a material is baked into (needs bpy)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

import bpy


def bake_into(tree: bpy.types.NodeTree, image: bpy.types.Image) -> None:
    """Make an image the one that Blender bakes a material's tree into: that of the only selected node, the active one."""
    target = tree.nodes.new("ShaderNodeTexImage")
    target.image = image
    for node in tree.nodes:
        node.select = node == target
    tree.nodes.active = target


@contextlib.contextmanager
def standing_in(objects: Iterable[bpy.types.Object], make: Callable) -> Iterator[None]:
    """Objects with what ``make`` gives for each of their materials, or for an empty slot's None, in its place meanwhile."""
    kept = [(slot, slot.material) for obj in objects for slot in obj.material_slots]
    others = {material: make(material) for material in dict.fromkeys(material for _, material in kept)}
    for slot, material in kept:
        slot.material = others[material]
    try:
        yield
    finally:
        for slot, material in kept:
            slot.material = material
        bpy.data.batch_remove(list(others.values()))
