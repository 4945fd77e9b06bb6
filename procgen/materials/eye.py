"""Materials of the eye: iris and sclera, cornea, tears and the inner corner."""

from __future__ import annotations

import bpy

from ..blender import new_material
from ..nodes.shader import Nodes
from ..params import child
from .pigment import IRIS_COLOURS

FILM = 0.03  # roughness of tears in EEVEE, whose lamps are points to a perfect mirror
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


def _colour(base: tuple, shade: float, saturation: float) -> tuple:
    grey = 0.2126 * base[0] + 0.7152 * base[1] + 0.0722 * base[2]
    return tuple(max((grey + (channel - grey) * saturation) * shade, 0.001) for channel in base)


def eye_material(eyes, shade: float, side: str) -> bpy.types.Material:
    """Iris and sclera; the iris has no gloss of its own, so that nothing greys it but the cornea's reflection."""
    material, tree = new_material(f"Eye {side}", (0.75, 0.72, 0.70))
    g = Nodes(tree)
    offset = float(child(eyes.seed, side).uniform(0, 100))
    place = g.add("ShaderNodeSeparateXYZ", {0: g.attribute("iris_place")})
    x, z = place["X"], place["Z"]
    radius = g.math("SQRT", g.math("ADD", g.math("MULTIPLY", x, x), g.math("MULTIPLY", z, z)))
    safe = g.math("MAXIMUM", radius, 0.02)
    ring = g.add("ShaderNodeCombineXYZ", {
        "X": g.math("MULTIPLY", g.math("DIVIDE", x, safe), 9.0), "Y": g.math("MULTIPLY", g.math("DIVIDE", z, safe), 9.0),
        "Z": g.math("ADD", g.math("MULTIPLY", radius, 1.5), offset),
    }).out()  # fmt: skip

    def noise(scale, detail, vector=ring):
        return g.add("ShaderNodeTexNoise", {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": 0.6}).out(
            0
        )

    pupil = 0.5 * eyes.pupil / 0.0059  # the iris of an adult has a radius of 5.9 mm, whatever the eyeball's scale
    outer, inner = (_colour(c, eyes.shade * shade, eyes.saturation) for c in IRIS_COLOURS[eyes.iris])
    inner_reach = pupil + 0.10 + 0.25 * eyes.collarette
    wavy = g.math("ADD", radius, g.math("MULTIPLY", g.math("SUBTRACT", noise(1.4, 3), 0.5), 0.16))
    colour = g.mix(g.map_range(wavy, inner_reach, inner_reach + 0.16, smooth=True), inner, outer)
    fibre = g.map_range(noise(2.0, 5), 0.30, 0.70, 1 - 0.75 * eyes.fibres, 1 + 0.85 * eyes.fibres)
    crypts = g.map_range(noise(0.8, 2), 0.30, 0.42, 1 - 0.5 * eyes.fibres, 1.0, smooth=True)
    shading = g.product(fibre, crypts, g.map_range(radius, 0.80, 0.99, 1.0, 1 - 0.85 * eyes.limbal_ring, smooth=True))
    bright = g.add("ShaderNodeCombineXYZ", {0: shading, 1: shading, 2: shading}).out()
    colour = g.mix(1.0, colour, bright, blend="MULTIPLY")
    ruff = g.math("MULTIPLY", g.math("SUBTRACT", noise(3.5, 2), 0.5), 0.05)
    dark = g.map_range(g.math("ADD", radius, ruff), pupil, pupil + 0.035)
    colour = g.mix(dark, (0.0, 0.0, 0.0), colour)

    direct = g.attribute("iris_place")
    far = g.map_range(radius, 1.05, 1.9)
    white = (0.66, 0.615 - 0.03 * eyes.yellowing, 0.565 - 0.14 * eyes.yellowing)
    sclera = g.mix(g.math("MULTIPLY", far, 0.45 + 0.35 * eyes.redness), white, (0.52, 0.31, 0.26))
    warp = noise(2.2, 2, direct)
    warped = g.vector_math("ADD", direct, g.add("ShaderNodeCombineXYZ", {0: warp, 1: warp, 2: warp}).out())
    for scale, share in ((2.4, 1.0), (5.2, 0.7)):
        vein = g.math("ABSOLUTE", g.math("SUBTRACT", noise(scale, 3, warped), 0.5))
        line = g.product(g.map_range(vein, 0.022, 0.004), far, (0.15 + 0.7 * eyes.redness) * share)
        sclera = g.mix(line, sclera, (0.42, 0.06, 0.045))
    edge = g.math("ADD", radius, g.math("MULTIPLY", g.math("SUBTRACT", noise(2.5, 3), 0.5), 0.06))
    is_sclera = g.map_range(edge, 0.965, 1.035, smooth=True)
    lid = g.attribute("lid_shade", "Fac")
    shaded = g.mix(
        g.math("MULTIPLY", lid, 0.55), g.mix(is_sclera, colour, sclera), (0.30, 0.17, 0.14), blend="MULTIPLY"
    )

    principled = g.add("ShaderNodeBsdfPrincipled", subsurface_method="RANDOM_WALK")
    values = {
        "Base Color": shaded, "Roughness": 0.5, "Specular IOR Level": 0.0, "Subsurface Weight": g.math("MULTIPLY", is_sclera, 0.7),
        "Subsurface Radius": (1.0, 0.45, 0.3), "Subsurface Scale": 0.0015,
    }  # fmt: skip
    for name, value in values.items():
        g.set(principled, name, value)
    g.surface(principled.out(), target="CYCLES")
    coat = {"Coat Weight": g.math("SUBTRACT", 1.0, lid), "Coat Roughness": FILM, "Coat IOR": CORNEA,
            "Coat Normal": _cornea_normal(g, x, z, radius, safe)}  # fmt: skip
    coated = g.add("ShaderNodeBsdfPrincipled", values | coat, subsurface_method="RANDOM_WALK")
    g.surface(coated.out(), target="EEVEE")
    return material


def _cornea_normal(g: Nodes, x, z, radius, safe):
    """The normal in the world of the cornea above each point of the iris; that of the eyeball on the sclera."""
    reach = TILT[-1][0]
    stops = [(place / reach, (sine, sine, sine)) for place, sine in TILT]
    sine = g.add("ShaderNodeSeparateXYZ", {0: g.ramp(g.math("DIVIDE", radius, reach), stops)})["X"]
    aside = g.math("DIVIDE", sine, safe)
    ahead = g.math("SQRT", g.math("SUBTRACT", 1.0, g.math("MULTIPLY", sine, sine)))
    own = g.add("ShaderNodeCombineXYZ", {
        "X": g.math("MULTIPLY", x, aside), "Y": g.math("MULTIPLY", ahead, -1.0), "Z": g.math("MULTIPLY", z, aside),
    }).out()  # fmt: skip
    world = g.add(
        "ShaderNodeVectorTransform", {0: own}, vector_type="NORMAL", convert_from="OBJECT", convert_to="WORLD"
    )
    is_eyeball = g.map_range(radius, 1.36, reach)
    normal = g.add("ShaderNodeNewGeometry")["Normal"]
    return g.vector_math("NORMALIZE", g.mix(is_eyeball, world.out(), normal))


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
