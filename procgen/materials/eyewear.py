"""Materials of glasses and jewellery: metal, acetate, pearl, and lenses clear or tinted."""

from __future__ import annotations

import bpy

from ..blender import new_material
from ..nodes.shader import Nodes

METALS = {
    "gold": (0.80, 0.50, 0.20),
    "rose_gold": (0.80, 0.45, 0.32),
    "silver": (0.74, 0.74, 0.75),
    "gunmetal": (0.10, 0.10, 0.11),
}
TINTS = {
    "grey": (0.10, 0.10, 0.11),
    "brown": (0.20, 0.095, 0.04),
    "green": (0.085, 0.12, 0.075),
    "blue": (0.05, 0.08, 0.16),
}


def solid_material(name: str, finish: str, colour: tuple) -> bpy.types.Material:
    """A metal of METALS, pearl, clear plastic, tortoise shell, or acetate of a colour."""
    material, tree = new_material(name, METALS.get(finish, colour))
    g = Nodes(tree)
    principled = g.add("ShaderNodeBsdfPrincipled")
    values = {"Base Color": colour, "Roughness": 0.16, "Coat Weight": 0.35, "Coat Roughness": 0.05}
    if finish in METALS:
        values = {"Base Color": METALS[finish], "Metallic": 1.0, "Roughness": 0.24}
    elif finish == "pearl":
        values = {"Base Color": (0.82, 0.78, 0.72), "Roughness": 0.22, "Coat Weight": 0.6, "Sheen Weight": 0.3}
    elif finish == "clear":
        values = {"Base Color": (0.80, 0.78, 0.74), "Roughness": 0.12, "Alpha": 0.42}
        material.surface_render_method = "BLENDED"  # EEVEE's dither is grain
    elif finish == "tortoise":
        place = g.add("ShaderNodeTexCoord")["Object"]
        noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 85.0, "Detail": 2.0, "Distortion": 1.2}).out(0)
        values["Base Color"] = g.ramp(noise, [(0.42, (0.012, 0.005, 0.003)), (0.58, (0.26, 0.095, 0.022))])
    for key, value in values.items():
        g.set(principled, key, value)
    g.surface(principled.out())
    return material


def lens_material(name: str, tint: tuple, density: float, gradient: float = 0.0) -> bpy.types.Material:
    """A thin lens: it reflects by Fresnel's law and lets the rest through, tinted; straight, so labels stay exact.

    ``gradient`` 0…1 fades the tint toward the lower edge; it reads the point attribute ``lens`` (metres from the middle).
    """
    material, tree = new_material(name, tint, 0.15 + 0.6 * density)
    g = Nodes(tree)
    whole = [1 - density * (1 - channel) for channel in tint]
    # Light passes both faces of a lens, each takes its half.
    through, paler = (tuple(channel**0.5 for channel in of) for of in (whole, [0.75 + 0.25 * c for c in whole]))
    colour = through
    if gradient:
        height = g.add("ShaderNodeSeparateXYZ", {0: g.attribute("lens")})["Y"]
        colour = g.mix(g.map_range(height, 0.014, -0.022, 0.0, gradient), through, paler)
    clear = g.add("ShaderNodeBsdfTransparent", {"Color": colour}).out()
    # A clear lens is coated: the mirror of each of its faces is weaker and a little green.
    shine = (0.42, 0.55, 0.50) if density < 0.2 else (0.85, 0.85, 0.9)
    shiny = g.add("ShaderNodeBsdfGlossy", {"Color": shine, "Roughness": 0.0}).out()
    # The node takes the index upside down at back faces; a lens reflects alike from both sides.
    behind = g.add("ShaderNodeNewGeometry")["Backfacing"]
    fresnel = g.add("ShaderNodeFresnel", {"IOR": g.lerp(behind, 1.55, 1 / 1.55)}).out()
    # Light that only falls through meets no mirror: shadows stay soft and free of noise.
    straight = g.add("ShaderNodeLightPath")["Is Camera Ray"]
    g.surface(g.add("ShaderNodeMixShader", {0: g.math("MULTIPLY", fresnel, straight), 1: clear, 2: shiny}).out())
    # EEVEE's dither would make grain of the reflection and grey of the tint.
    material.surface_render_method = "BLENDED"
    return material
