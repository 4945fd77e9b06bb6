"""Materials of the eye: iris and sclera, cornea, tears and the inner corner."""

from __future__ import annotations

import bpy
import numpy as np

from ..blender import new_material, packed_image
from ..nodes.shader import Nodes

FILM = 0.03  # roughness of tears in EEVEE, whose lamps are points to a perfect mirror
LID_SHADE = (0.30, 0.17, 0.14)  # factor on what lies under a lid's edge
BOWL = 0.5  # sine of the tilt of the iris's rim, as a bowl that shows the light of the cornea's caustic
CORNEA, TEARS = 1.376, 1.33  # indices of refraction
# How the cornea tilts away from the eye's axis: distance from the axis in radii of the iris, sine of the tilt. From
# ``eye_geometry.outer_eye``; further out it is the eyeball's.
TILT = (
    (0.0, 0.0),
    (0.35, 0.264),
    (0.60, 0.402),
    (0.90, 0.507),
    (1.05, 0.522),
    (1.20, 0.501),
    (1.33, 0.531),
    (1.42, 0.594),
)


def eye_material(picture: np.ndarray, reach: float, side: str) -> bpy.types.Material:
    """Iris and sclera; the iris has no gloss of its own, so that nothing greys it but the cornea's reflection.

    ``picture`` (n, n, 3) uint8 sRGB, bottom row first, is the eye seen along its axis, ``reach`` radii of the iris to every
    side of it.
    """
    material, tree = new_material(f"Eye {side}", (0.75, 0.72, 0.70))
    g = Nodes(tree)
    direct = g.attribute("iris_place")
    place = g.add("ShaderNodeSeparateXYZ", {0: direct})
    x, z = place["X"], place["Z"]
    radius = g.math("SQRT", g.math("ADD", g.math("MULTIPLY", x, x), g.math("MULTIPLY", z, z)))
    safe = g.math("MAXIMUM", radius, 0.02)
    at = g.add("ShaderNodeCombineXYZ", {
        "X": g.math("MULTIPLY_ADD", x, 0.5 / reach, 0.5), "Y": g.math("MULTIPLY_ADD", z, 0.5 / reach, 0.5),
    }).out()  # fmt: skip
    image = packed_image(f"Eye {side}", picture, True)
    colour = g.add("ShaderNodeTexImage", {"Vector": at}, image=image, extension="EXTEND", label=image.name).out(0)
    is_sclera = g.map_range(radius, 0.965, 1.035, smooth=True)
    lid = g.attribute("lid_shade", "Fac")
    shaded = g.mix(g.math("MULTIPLY", lid, 0.80), colour, LID_SHADE, blend="MULTIPLY")

    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    values = {
        "Base Color": shaded, "Roughness": 0.5, "Specular IOR Level": 0.0, "Subsurface Weight": g.math("MULTIPLY", is_sclera, 0.7),
        "Subsurface Radius": (1.0, 0.45, 0.3), "Subsurface Scale": 0.0015, "Normal": _iris_normal(g, x, z, radius, safe),
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out(), target="CYCLES")
    coat = {"Coat Weight": g.math("SUBTRACT", 1.0, lid), "Coat Roughness": FILM, "Coat IOR": CORNEA,
            "Coat Normal": _cornea_normal(g, x, z, radius, safe)}  # fmt: skip
    coated = g.add("ShaderNodeBsdfPrincipled", values | coat, subsurface_method="RANDOM_WALK")
    g.surface(coated.out(), target="EEVEE")
    return material


def _turned(g: Nodes, x, z, aside, ahead):
    """The direction in the world of one in the eye's frame: ``aside`` times the place off the axis, ``ahead`` along it."""
    own = g.add("ShaderNodeCombineXYZ", {
        "X": g.math("MULTIPLY", x, aside), "Y": g.math("MULTIPLY", ahead, -1.0), "Z": g.math("MULTIPLY", z, aside),
    }).out()  # fmt: skip
    return g.add(
        "ShaderNodeVectorTransform", {0: own}, vector_type="NORMAL", convert_from="OBJECT", convert_to="WORLD"
    ).out()


def _iris_normal(g: Nodes, x, z, radius, safe):
    """The iris shaded as a bowl, since the cornea throws the light on the side that lies opposite to a lamp; then the eyeball."""
    sine = g.math("MULTIPLY", g.map_range(radius, 0.15, 0.95), BOWL)
    ahead = g.math("SQRT", g.math("SUBTRACT", 1.0, g.math("MULTIPLY", sine, sine)))
    bowl = _turned(g, x, z, g.math("DIVIDE", g.math("MULTIPLY", sine, -1.0), safe), ahead)
    is_eyeball = g.map_range(radius, 0.94, 1.06)
    return g.vector_math("NORMALIZE", g.mix(is_eyeball, bowl, g.add("ShaderNodeNewGeometry")["Normal"]))


def _cornea_normal(g: Nodes, x, z, radius, safe):
    """The normal in the world of the cornea above each point of the iris; that of the eyeball on the sclera."""
    reach = TILT[-1][0]
    stops = [(place / reach, (sine, sine, sine)) for place, sine in TILT]
    sine = g.add("ShaderNodeSeparateXYZ", {0: g.ramp(g.math("DIVIDE", radius, reach), stops)})["X"]
    aside = g.math("DIVIDE", sine, safe)
    ahead = g.math("SQRT", g.math("SUBTRACT", 1.0, g.math("MULTIPLY", sine, sine)))
    world = _turned(g, x, z, aside, ahead)
    is_eyeball = g.map_range(radius, 1.36, reach)
    normal = g.add("ShaderNodeNewGeometry")["Normal"]
    return g.vector_math("NORMALIZE", g.mix(is_eyeball, world, normal))


def _clear(name: str, ior: float, roughness: float) -> tuple[bpy.types.Material, Nodes]:
    """Glass that refracts what the camera sees, and lets light in as if it were not there (no caustics needed)."""
    material, tree = new_material(name, (1.0, 1.0, 1.0), 0.08)
    g = Nodes(tree)
    path = g.add("ShaderNodeLightPath")
    passing = g.math("MAXIMUM", path["Is Shadow Ray"], path["Is Diffuse Ray"])
    glass = g.add("ShaderNodeBsdfGlass", {"Roughness": roughness, "IOR": ior, "Color": (1, 1, 1)})
    clear = g.add("ShaderNodeBsdfTransparent")
    shader = g.add("ShaderNodeMixShader", {0: passing, 1: glass.out(), 2: clear.out()}).out()
    g.surface(shader, target="CYCLES")
    return material, g


def cornea_material() -> bpy.types.Material:
    """The cornea and tear film; EEVEE, which refracts what is on the screen only, sees none: its eye has a coat instead."""
    material, g = _clear("Cornea", CORNEA, 0.0)
    g.surface(g.add("ShaderNodeBsdfTransparent").out(), target="EEVEE")
    return material


def tear_material() -> bpy.types.Material:
    """The line of tears along the lids; in EEVEE only what it reflects."""
    material, g = _clear("Tears", TEARS, 0.02)
    shadow = g.add("ShaderNodeLightPath")["Is Shadow Ray"]
    share = g.math("MULTIPLY", g.add("ShaderNodeFresnel", {"IOR": TEARS}).out(), g.math("SUBTRACT", 1.0, shadow))
    clear = g.add("ShaderNodeBsdfTransparent").out()
    shiny = g.add("ShaderNodeBsdfGlossy", {"Roughness": FILM, "Color": (1, 1, 1)}).out()
    g.surface(g.add("ShaderNodeMixShader", {0: share, 1: clear, 2: shiny}).out(), target="EEVEE")
    # Dithered, a reflection of a fortieth would show in one sample of forty.
    material.surface_render_method = "BLENDED"
    material.use_backface_culling = True
    return material


def caruncle_material() -> bpy.types.Material:
    """Wet pink flesh."""
    material, tree = new_material("Caruncle", (0.55, 0.25, 0.22))
    g = Nodes(tree)
    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    values = {
        "Base Color": (0.50, 0.20, 0.17), "Roughness": 0.32, "Subsurface Weight": 0.8, "Subsurface Scale": 0.001,
        "Subsurface Radius": (1.0, 0.4, 0.3),
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out())
    return material
