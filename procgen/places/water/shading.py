"""Materials of water and of what it wets, as Cycles nodes."""

from __future__ import annotations

import numpy as np

from .optics import INDEX, water

# Ripples that the material adds: wavelength in metres, and share of the slope that the mesh leaves out.
RIPPLES = ((0.61, 0.2), (0.23, 0.3), (0.085, 0.3))
NOISE_SLOPE = 0.75  # root mean square slope of Blender's noise along one axis, over its height and for cells of a unit
LEAVING = 0.42  # albedo of a surface that sends as much to the eye as deep water of reflectance 1 (Gordon et al. 1975)
FOAM = (0.72, 0.75, 0.76)


def water_material(
    jerlov: str = "II",
    *,
    name: str = "water",
    absorb: bool = True,
    seconds: float = 0.0,
    pixel: float = 1e-3,
    foam: bool = True,
    body: tuple[float, float, float] | None = None,
):
    """The material of a water surface built by ``water_mesh``, ``lake_mesh`` or ``river_mesh``.

    ``jerlov`` is its water type; ``body`` linear Rec.709 takes the place of its albedo seen from straight above;
    ``absorb`` tints what lies below by the attribute ``depth`` (leave it to ``add_water_column`` where that is used);
    ``pixel`` rad is the angle of a pixel, below which ripples are roughness. Its back is the surface seen from below.
    """
    from ...blender import new_material
    from ...nodes.shader import Nodes

    kind = water(jerlov)
    albedo = np.clip(LEAVING * kind.reflectance, 0, 0.6) if body is None else np.asarray(body, float)
    material, tree = new_material(name, tuple(float(c) for c in np.clip(albedo * 4, 0.02, 1)), 0.8)
    n = Nodes(tree)
    geometry, path = n.add("ShaderNodeNewGeometry"), n.add("ShaderNodeLightPath")
    back = geometry["Backfacing"]
    rest = n.attribute("rest")
    slope = n.attribute("rough", "Fac")
    facing = n.math("ABSOLUTE", _dot(n, geometry["Incoming"], geometry["Normal"]))
    width = n.math("MULTIPLY", path["Ray Length"], pixel)
    footprint = n.math("DIVIDE", width, n.math("SQRT", n.math("MAXIMUM", facing, 0.01)))
    left, height = slope, None
    for index, (length, share) in enumerate(RIPPLES):
        seen = n.math("SUBTRACT", n.math("DIVIDE", length / 2, n.math("MAXIMUM", footprint, 1e-6)), 1.0, clamp=True)
        held = n.product(slope, seen, share)
        left = n.math("SUBTRACT", left, held)
        # Each length runs at its own speed, and changes as it goes.
        speed = np.sqrt(9.81 * length / (2 * np.pi))
        place = n.vector_math("ADD", n.vector_math("SCALE", rest, Scale=1 / length),
                              (seconds * speed / length, 7.1 * index, 0.35 * seconds * speed / length))  # fmt: skip
        wave = n.add("ShaderNodeTexNoise", Vector=place, Scale=1.0, Detail=1.0, Roughness=0.4).out(0)
        size = n.math("MULTIPLY", n.math("SQRT", n.math("MULTIPLY", held, 0.5)), length / NOISE_SLOPE)
        term = n.math("MULTIPLY", wave, size)
        height = term if height is None else n.math("ADD", height, term)
    bump = n.add("ShaderNodeBump", Height=height, Strength=1.0, Distance=1.0).out()
    left = n.math("MAXIMUM", left, 1e-5)
    # A Beckmann surface of width α has a mean square slope of α², and Blender's roughness is √α.
    roughness = n.math("POWER", left, 0.25)
    cosine = n.math("MAXIMUM", _dot(n, geometry["Incoming"], bump), 0.02)
    share = n.lerp(back, _rough_fresnel(n, cosine, left), n.add("ShaderNodeFresnel", IOR=INDEX, Normal=bump).out())

    sine = n.math("SUBTRACT", 1.0, n.math("MULTIPLY", cosine, cosine))  # squared; Snell's law gives the cosine below
    inside = n.math("SQRT", n.math("SUBTRACT", 1.0, n.math("DIVIDE", sine, INDEX**2)))
    depth = n.attribute("depth", "Fac")
    down = _beer(n, kind.attenuation, depth)
    up = _beer(n, kind.attenuation, n.math("DIVIDE", depth, inside))
    white = (1.0, 1.0, 1.0, 1.0)
    below = n.mix(back, up, white) if absorb else white
    bottom = n.add("ShaderNodeBsdfRefraction", Color=below, Roughness=0.0, IOR=INDEX, Normal=bump).out()
    # What comes back from the water itself: less where the bottom cuts the water short, none seen from below.
    short = n.vector_math("SUBTRACT", (1.0, 1.0, 1.0), n.mix(1.0, up, down, "MULTIPLY"))
    deep = n.mix(1.0, tuple(albedo), short, "MULTIPLY")
    if foam:
        cover = n.attribute("foam", "Fac")
        # Bubbles under and around foam brighten the water.
        milky = n.vector_math("SCALE", (0.066, 0.114, 0.108), Scale=n.math("MULTIPLY", cover, cover))
        deep = n.mix(1.0, deep, milky, "ADD")
    deep = n.mix(back, deep, (0.0, 0.0, 0.0, 1.0))
    # Its light comes from within: the slope of a ripple does not shade it as it would a wall.
    up_normal = n.vector_math("NORMALIZE", n.vector_math("ADD", geometry["Normal"], (0.0, 0.0, 1.5)))
    body_shader = n.add("ShaderNodeBsdfDiffuse", Color=deep, Roughness=0.0, Normal=up_normal).out()
    mirror = n.add("ShaderNodeBsdfGlossy", Color=white, Roughness=roughness, Normal=bump)
    mirror.node.distribution = "BECKMANN"
    under = n.add("ShaderNodeAddShader", {0: bottom, 1: body_shader}).out()
    surface = n.add("ShaderNodeMixShader", {0: share, 1: under, 2: mirror.out()}).out()
    if foam:
        white_foam = n.add("ShaderNodeBsdfDiffuse", Color=FOAM, Roughness=1.0).out()
        mask = _foam_mask(n, cover, rest, footprint)
        surface = n.add("ShaderNodeMixShader", {0: mask, 1: surface, 2: white_foam}).out()
    # Lamps and the light between things under water pass straight through; the bend is in the caustics.
    bounced = n.math("MULTIPLY", path["Is Diffuse Ray"], back)
    passing = n.math("MAXIMUM", path["Is Shadow Ray"], bounced)
    tint = n.mix(1.0, down, (0.96, 0.96, 0.96), "MULTIPLY") if absorb else (0.96, 0.96, 0.96, 1.0)
    through = n.add("ShaderNodeBsdfTransparent", Color=tint).out()
    n.surface(n.add("ShaderNodeMixShader", {0: passing, 1: surface, 2: through}).out())
    return material


def wet_shore(material, level: float, reach: float = 0.35, darkness: float = 0.55) -> None:
    """Darken and smooth a material's surface near the water: fully at ``level`` metres, not at all ``reach`` above it.

    ``darkness`` is what is left of the colour (Lekner and Dorf 1988 tell why wet ground is dark).
    """
    from ...nodes.shader import Nodes

    n = Nodes(material.node_tree)
    place = n.add("ShaderNodeNewGeometry")["Position"]
    wobble = n.add("ShaderNodeTexNoise", Vector=place, Scale=0.45, Detail=4.0).out(0)
    height = n.math("ADD", n.add("ShaderNodeSeparateXYZ", Vector=place)["Z"], n.math("MULTIPLY", wobble, 0.7 * reach))
    wet = n.map_range(height, level + reach * 1.35, level + reach * 0.75, smooth=True)
    for node in list(material.node_tree.nodes):
        if node.bl_idname == "ShaderNodeBsdfPrincipled":
            _rewire(n, node, "Roughness", lambda old: n.lerp(wet, old, n.math("MULTIPLY", old, 0.45)))
    tint_surface(n, n.mix(wet, (1.0, 1.0, 1.0), (darkness, darkness, darkness)), ("Base Color", "Color"))


TINTED = ("Base Color", "Specular Tint", "Coat Tint", "Sheen Tint", "Color", "Tint")
SHEENS = ("Specular IOR Level", "Coat Weight", "Sheen Weight")  # what Principled keeps white at grazing angles


def tint_surface(n, colour, names: tuple[str, ...] = TINTED, glow=None, sheen=None) -> None:
    """Multiply what every shader of a tree (``Nodes``) reflects or passes by a colour socket, and what it emits by ``glow``.

    ``sheen``, a float socket, scales the dielectric gloss of Principled shaders, whose grazing part takes no tint.
    """
    for node in list(n.tree.nodes):
        if node.bl_idname.startswith(("ShaderNodeBsdf", "ShaderNodeSubsurface")):
            for name in names:
                _rewire(n, node, name, lambda old: n.mix(1.0, old, colour, "MULTIPLY"))
        if glow is not None and node.bl_idname in ("ShaderNodeEmission", "ShaderNodeBsdfPrincipled"):
            name = "Color" if node.bl_idname == "ShaderNodeEmission" else "Emission Color"
            _rewire(n, node, name, lambda old: n.mix(1.0, old, glow, "MULTIPLY"))
        if sheen is not None and node.bl_idname == "ShaderNodeBsdfPrincipled":
            for name in SHEENS:
                _rewire(n, node, name, lambda old: n.math("MULTIPLY", old, sheen))


def _rewire(n, node, name, change) -> None:
    socket = node.inputs.get(name)
    if socket is None or not socket.enabled:
        return
    old = socket.links[0].from_socket if socket.is_linked else socket.default_value
    if not socket.is_linked:
        old = float(old) if isinstance(old, float) else tuple(old)
    n.tree.links.new(change(old), socket)


def _dot(n, a, b):
    return n.add("ShaderNodeVectorMath", {0: a, 1: b}, operation="DOT_PRODUCT")["Value"]


def _beer(n, attenuation, metres):
    """The colour that is left after a path in metres (socket)."""
    parts = {index: n.math("EXPONENT", n.math("MULTIPLY", metres, -float(k))) for index, k in enumerate(attenuation)}
    return n.add("ShaderNodeCombineColor", parts).out()


def _rough_fresnel(n, cosine, slope):
    """Mean reflectance of a rough sea (Bruneton, Neyret and Holzschuch 2010) of a mean square slope, for air to water."""
    sigma = n.math("SQRT", n.math("MULTIPLY", slope, 0.5))
    power = n.math("MULTIPLY", n.math("EXPONENT", n.math("MULTIPLY", sigma, -2.69)), 5.0)
    lobe = n.math("POWER", n.math("SUBTRACT", 1.0, cosine, clamp=True), power)
    lobe = n.math("DIVIDE", lobe, n.math("ADD", 1.0, n.math("MULTIPLY", n.math("POWER", sigma, 1.5), 22.7)))
    return n.math("ADD", 0.02, n.math("MULTIPLY", lobe, 0.98), clamp=True)


def _foam_mask(n, cover, rest, footprint):
    """Foam 0…1: its cover broken into lace where a pixel shows it, and even where it does not."""
    stray = n.add("ShaderNodeTexNoise", Vector=rest, Scale=1.7, Detail=3.0)["Color"]
    bent = n.vector_math("ADD", rest, n.vector_math("SCALE", stray, Scale=0.45))
    lace = n.add("ShaderNodeTexVoronoi", Vector=bent, Scale=3.1, feature="DISTANCE_TO_EDGE").out(0)
    fine = n.add("ShaderNodeTexVoronoi", Vector=bent, Scale=11.0, feature="DISTANCE_TO_EDGE").out(0)
    grain = n.add("ShaderNodeTexNoise", Vector=rest, Scale=2.6, Detail=6.0, Roughness=0.65).out(0)
    # Threads between holes: thick foam has small holes, thin foam is threads alone, and its rim is bubbles.
    pattern = n.total(n.math("MULTIPLY", grain, 0.75), n.math("MULTIPLY", lace, -1.5), n.math("MULTIPLY", fine, -0.7))
    height = n.math("ADD", n.math("MULTIPLY", cover, 1.05), pattern)
    thick = n.map_range(height, 0.72, 1.15, smooth=True)
    thin = n.map_range(height, 0.45, 0.85, smooth=True)
    broken = n.math("ADD", n.math("MULTIPLY", thick, 0.68), n.math("MULTIPLY", thin, 0.3))
    broken = n.math("MULTIPLY", broken, n.map_range(cover, 0.02, 0.15))
    near = n.math("SUBTRACT", n.math("DIVIDE", 0.5, n.math("MAXIMUM", footprint, 1e-6)), 1.0, clamp=True)
    return n.lerp(near, n.math("MULTIPLY", cover, 0.7), n.math("MULTIPLY", broken, 0.95))
