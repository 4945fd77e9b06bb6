"""The hair material: Cycles' principled hair with melanin, grey and dye that differ from strand to strand."""

from __future__ import annotations

import bpy

from ..blender import new_material
from ..nodes.shader import Nodes


def hair_material(
    name: str,
    colour,
    flat: tuple[float, float, float],
    dye: tuple[float, float, float] | None,
    roughness: float,
    darker: float,
) -> bpy.types.Material:
    """A material of strands; ``darker`` adds melanin (brows and lashes are darker than the scalp).

    ``colour`` has melanin, redness, grey and variation, 0…1; ``flat`` is what the viewport shows and ``dye`` the colour
    over the natural one, linear sRGB. Reads the curve attribute ``strand``: (random 0…1, lock's random 0…1, unused).
    """
    material, tree = new_material(name, flat)
    g = Nodes(tree)
    strand = g.add("ShaderNodeSeparateXYZ", {0: g.attribute("strand")})
    each, lock = strand["X"], strand["Y"]
    along = g.add("ShaderNodeHairInfo")["Intercept"]
    spread = 0.06 + 0.16 * colour.variation
    melanin = g.total(
        min(colour.melanin + darker, 1.0),
        g.math("MULTIPLY", g.math("SUBTRACT", lock, 0.5), spread), g.math("MULTIPLY", g.math("SUBTRACT", each, 0.5), spread),
        g.math("MULTIPLY", along, -0.07 * (1 - colour.melanin)),
    )  # fmt: skip
    grey = g.math("GREATER_THAN", each, 1.0 - colour.grey)
    melanin = g.math("MAXIMUM", g.lerp(grey, melanin, 0.06), 0.02)
    redness = g.lerp(grey, colour.redness, 0.1)

    def strand_shader(**inputs):
        node = g.add("ShaderNodeBsdfHairPrincipled", model="CHIANG", parametrization=inputs.pop("parametrization"))
        values = {"Roughness": roughness, "Radial Roughness": 0.36, "Coat": 0.0, "IOR": 1.55, "Offset": 0.035,
                  "Random Roughness": 0.25} | inputs  # fmt: skip
        for key, value in values.items():
            g.set(node, key, value)
        return node.out()

    names = {"Melanin": melanin, "Melanin Redness": redness, "Random Color": 0.12}
    shader = strand_shader(parametrization="MELANIN", **names)
    if dye is not None:
        grown_out = g.map_range(along, 0.02, 0.22)
        dyed = strand_shader(
            parametrization="COLOR", Color=g.mix(g.math("MULTIPLY", each, 0.4), dye, tuple(0.55 * c for c in dye))
        )
        shader = g.add("ShaderNodeMixShader", {0: g.math("MAXIMUM", grown_out, 0.25), 1: shader, 2: dyed}).out()
    g.surface(shader)
    return material
