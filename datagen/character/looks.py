"""What the materials of a person say: which are clear, and the sockets of those that are not (needs bpy)."""

from __future__ import annotations

from typing import NamedTuple

import bpy

CLEAR_NODES = {"ShaderNodeBsdfTransparent", "ShaderNodeBsdfGlass", "ShaderNodeBsdfRefraction"}


class Look(NamedTuple):
    """A material as plain renderers see it: see-through or not, and its Principled node, if it has one."""

    clear: bool
    principled: bpy.types.Node | None
    colour: tuple[float, float, float]  # linear Rec.709
    alpha: float


def output_of(tree) -> bpy.types.Node | None:
    """The output that Cycles draws."""
    outputs = [node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"]
    order = {"CYCLES": 0, "ALL": 1, "EEVEE": 2}
    outputs.sort(key=lambda node: (order[node.target], not node.is_active_output))
    return outputs[0] if outputs else None


def look_of(material: bpy.types.Material | None) -> Look:
    """The look of a material; grey where there is none."""
    if material is None or material.node_tree is None:
        return Look(False, None, (0.8, 0.8, 0.8), 1.0)
    nodes = _behind(output_of(material.node_tree))
    principled = next((node for node in nodes if node.bl_idname == "ShaderNodeBsdfPrincipled"), None)
    colour = tuple(material.diffuse_color[:3])
    if principled is None:
        clear = any(node.bl_idname in CLEAR_NODES for node in nodes)
        return Look(clear, None, colour, material.diffuse_color[3] if clear else 1.0)
    alpha = principled.inputs["Alpha"]
    see_through = not alpha.is_linked and alpha.default_value < 0.99
    glass = (
        not principled.inputs["Transmission Weight"].is_linked
        and principled.inputs["Transmission Weight"].default_value > 0.5
    )
    share = alpha.default_value if see_through else 0.15 if glass else 1.0
    return Look(see_through or glass, principled, colour, share)


def _behind(node) -> list:
    """The shader nodes behind an output, nearest first."""
    if node is None:
        return []
    found, queue, seen = [], [node], set()
    while queue:
        at = queue.pop(0)
        for socket in at.inputs:
            if socket.type != "SHADER" or socket.name in ("Volume", "Displacement"):
                continue
            for link in socket.links:
                if link.from_node.name not in seen:
                    seen.add(link.from_node.name)
                    found.append(link.from_node)
                    queue.append(link.from_node)
    return found
