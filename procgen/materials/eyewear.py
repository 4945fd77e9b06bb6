"""Materials of glasses and jewellery: metal, acetate, pearl, and lenses clear or tinted."""

from __future__ import annotations

import bpy

from ..blender import new_material
from ..nodes.shader import Nodes

METALS = {"gold": (0.95, 0.66, 0.30), "silver": (0.86, 0.86, 0.86), "gunmetal": (0.16, 0.16, 0.17)}


def solid_material(name: str, finish: str, colour: tuple) -> bpy.types.Material:
    """A metal of METALS, pearl, acetate or tortoise shell."""
    material, tree = new_material(name)
    g = Nodes(tree)
    principled = g.add("ShaderNodeBsdfPrincipled")
    values = {"Base Color": colour, "Roughness": 0.18, "Coat Weight": 0.4}
    if finish in METALS:
        values = {"Base Color": METALS[finish], "Metallic": 1.0, "Roughness": 0.22}
    elif finish == "pearl":
        values = {"Base Color": (0.82, 0.78, 0.72), "Roughness": 0.22, "Coat Weight": 0.6, "Sheen Weight": 0.3}
    elif finish == "tortoise":
        place = g.add("ShaderNodeTexCoord")["Object"]
        noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 85.0, "Detail": 2.0, "Distortion": 1.2}).out(0)
        values["Base Color"] = g.ramp(noise, [(0.42, (0.012, 0.005, 0.003)), (0.58, (0.26, 0.095, 0.022))])
    for key, value in values.items():
        g.set(principled, key, value)
    g.surface(principled.out())
    return material


def lens_material(name: str, tint: tuple, density: float) -> bpy.types.Material:
    """A thin lens: it reflects by Fresnel's law and lets the rest through, tinted; straight, so labels stay exact."""
    material, tree = new_material(name)
    g = Nodes(tree)
    through = tuple(1 - density * (1 - channel) for channel in tint)
    clear = g.add("ShaderNodeBsdfTransparent", {"Color": through}).out()
    shiny = g.add("ShaderNodeBsdfGlossy", {"Color": (1, 1, 1), "Roughness": 0.0}).out()
    fresnel = g.add("ShaderNodeFresnel", {"IOR": 1.5}).out()
    g.surface(g.add("ShaderNodeMixShader", {0: g.math("MULTIPLY", fresnel, 0.55 if density < 0.2 else 1.0), 1: clear, 2: shiny}).out())
    return material
