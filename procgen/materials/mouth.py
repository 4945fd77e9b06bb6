"""Materials of the mouth: enamel, gums, tongue and the wet inside."""

from __future__ import annotations

import bpy

from ..blender import new_material
from ..nodes.shader import Nodes

SALIVA = 0.10  # roughness of the film on gums, tongue and cheeks
# From the middle of a tooth to its neighbour -> how far it takes the colour of its neck: stain and shade gather where two meet.
BETWEEN = [(0.0, (0.0,) * 3), (0.72, (0.0,) * 3), (0.95, (0.85,) * 3)]
# From incisor to molar -> how far a tooth takes a darker colour: canines are the yellowest, and cheeks shade those behind them.
BACK = [(0.0, (0.0,) * 3), (0.17, (0.04,) * 3), (0.34, (0.34,) * 3), (0.5, (0.38,) * 3), (1.0, (0.8,) * 3)]
DEEPEST = 0.8  # of the colour of the neck
MOUTH_DEPTH = 0.05  # m: how far what hides light from a tooth may lie


def _flesh(name: str, colour: tuple, roughness: float, scale: float, bump: float) -> bpy.types.Material:
    material, tree = new_material(name, colour)
    g = Nodes(tree)
    place = g.add("ShaderNodeTexCoord")["Object"]
    noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": scale, "Detail": 3.0}).out(0)
    dark = tuple(0.65 * channel for channel in colour)
    relief = g.add("ShaderNodeBump", {"Strength": 1.0, "Distance": bump, "Height": noise}).out()
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    values = {
        "Base Color": g.mix(noise, dark, colour), "Roughness": roughness, "Normal": relief, "Subsurface Weight": 0.8,
        "Subsurface Radius": (1.0, 0.4, 0.3), "Subsurface Scale": 0.0012, "Specular IOR Level": 0.6,
        "Coat Weight": 0.5, "Coat Roughness": SALIVA, "Coat IOR": 1.33,
    }  # fmt: skip
    for key, value in values.items():
        g.set(principled, key, value)
    _surfaces(g, principled.out())
    return material


def _surfaces(g: Nodes, shader) -> None:
    """Cycles finds the dark of the mouth by itself; EEVEE's world shines into it, so that what is hidden is darkened there."""
    g.surface(shader, target="CYCLES")
    open_share = g.add("ShaderNodeAmbientOcclusion", {"Distance": MOUTH_DEPTH})["AO"]
    black = g.add("ShaderNodeBsdfDiffuse", {"Color": (0.0, 0.0, 0.0, 1.0)}).out()
    g.surface(g.add("ShaderNodeMixShader", {0: open_share, 1: black, 2: shader}).out(), target="EEVEE")


def enamel_material(mouth) -> bpy.types.Material:
    """Tooth: warm at the neck and toward its neighbours, greyer and clearer at the edge, glossy with saliva."""
    material, tree = new_material("Enamel", (0.72, 0.66, 0.54))
    g = Nodes(tree)
    w = mouth.whiteness
    neck = (0.54 + 0.10 * w, 0.42 + 0.15 * w, 0.27 + 0.20 * w)
    body = (0.60 + 0.10 * w, 0.51 + 0.16 * w, 0.37 + 0.20 * w)
    edge = (0.58, 0.56, 0.50)
    colour = g.ramp(g.attribute("enamel", "Fac"), [(0.0, neck), (0.35, body), (0.82, body), (1.0, edge)])
    colour = g.mix(g.ramp(g.attribute("between", "Fac"), BETWEEN), colour, neck)
    deep = tuple(DEEPEST * channel for channel in neck)
    colour = g.mix(g.ramp(g.attribute("back", "Fac"), BACK), colour, deep)
    place = g.add("ShaderNodeTexCoord")["Object"]
    noise = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 420.0, "Detail": 2.0}).out(0)
    relief = g.add("ShaderNodeBump", {"Strength": 0.6, "Distance": 0.00008, "Height": noise}).out()
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    values = {
        "Base Color": colour, "Roughness": 0.22, "Normal": relief, "IOR": 1.55, "Subsurface Weight": 0.85,
        "Subsurface Radius": (1.0, 0.8, 0.6), "Subsurface Scale": 0.0011, "Specular IOR Level": 0.5,
    }  # fmt: skip
    for key, value in values.items():
        g.set(principled, key, value)
    _surfaces(g, principled.out())
    return material


def gum_material(mouth) -> bpy.types.Material:
    """Gums, from pink to brown."""
    t = mouth.gums
    return _flesh("Gums", (0.52 - 0.26 * t, 0.20 - 0.10 * t, 0.17 - 0.07 * t), 0.30, 900.0, 0.0002)


def tongue_material() -> bpy.types.Material:
    """The tongue with its papillae."""
    return _flesh("Tongue", (0.48, 0.20, 0.18), 0.38, 1400.0, 0.0004)


def interior_material() -> bpy.types.Material:
    """Cheeks and throat: wet, and light enough for what falls in to come back red."""
    return _flesh("Inside of the mouth", (0.46, 0.15, 0.13), 0.30, 300.0, 0.0004)
