"""What being under water does to a picture: light that fades with depth, haze that grows with distance, caustics."""

from __future__ import annotations

import numpy as np

from .optics import FORWARD, refracted, transmittance, water
from .shading import _beer, _dot, tint_surface

PHASE = 0.55  # asymmetry of the scattering that is not straight forward (Henyey and Greenstein 1941)
SOLID_GLOSS = 0.09
SUNLIT = 0.6  # share of daylight that comes from the sun's side
ENDLESS = 1e3  # metres of water that nothing is seen through
DEFAULT_SUN = (0.3, 0.2, 0.93)


def inscatter(
    jerlov: str, rays: np.ndarray, metres, depth: float, irradiance=(1.0, 1.0, 1.0), sun=DEFAULT_SUN
) -> np.ndarray:
    """Light (n, 3) scattered into unit rays (n, 3) over (n,) metres that start ``depth`` metres below the surface.

    ``irradiance`` (3,) falls on the surface; ``sun`` (3,) points to the sun above it. Scattering once in closed form:
    daylight fades by depth with K while the beam fades by distance with c; later scattering adds to the source.
    """
    kind = water(jerlov)
    rays = np.asarray(rays, float)
    rate = np.maximum(kind.beam - kind.attenuation * rays[..., 2:], 1e-3)
    source = _source(kind) * transmittance(kind.attenuation, depth) * np.asarray(irradiance)
    cosine = rays @ _sun_below(sun)
    return (
        source * phase_function(cosine)[..., None] * (1 - np.exp(-rate * np.asarray(metres, float)[..., None])) / rate
    )


def phase_function(cosine) -> np.ndarray:
    """Share (…,) 1/sr of scattered light that goes to a viewer who looks at a cosine (…,) from the sun under water."""
    lobe = (1 - PHASE**2) / (1 + PHASE**2 - 2 * PHASE * np.asarray(cosine, float)) ** 1.5
    return (SUNLIT * lobe + 1 - SUNLIT) / (4 * np.pi)


def _source(kind) -> np.ndarray:
    """Scattering (3,) 1/m that brightens a ray: half of the light that is scattered again goes on to be seen."""
    once = (1 - FORWARD) * kind.scattering
    return once / (1 - 0.5 * once / kind.beam)


def _sun_below(sun) -> np.ndarray:
    direction = np.asarray(sun, float) / np.linalg.norm(sun)
    return -refracted(-direction, np.array([0.0, 0.0, 1.0]))


def add_water_column(
    material,
    jerlov: str = "II",
    level: float = 0.0,
    irradiance: tuple[float, float, float] = (3.0, 3.0, 3.0),
    sun=DEFAULT_SUN,
    caustics=None,
    tile: float = 5.0,
    strength: float = 0.8,
    surface: bool = False,
) -> None:
    """Put a material under water: wrap it once, whatever it is, and every part below ``level`` metres is seen through water.

    Light fades by depth, the picture by the length of the ray under water, and daylight scattered on the way is added;
    ``irradiance`` (3,) is what falls on the surface in the scene's units, ``sun`` (3,) points to the sun. ``caustics`` is
    an image of ``caustics_image`` that repeats after ``tile`` metres. ``surface`` marks the water's own material, which
    is under water where its back is seen. What is above the level stays as it is.
    """
    from ...nodes.shader import Nodes

    n = Nodes(material.node_tree)
    kind = water(jerlov)
    output = next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    if not output.inputs["Surface"].is_linked:
        return
    geometry, path = n.add("ShaderNodeNewGeometry"), n.add("ShaderNodeLightPath")
    depth = n.math("SUBTRACT", level, n.add("ShaderNodeSeparateXYZ", Vector=geometry["Position"])["Z"])
    if surface:
        inside, depth = geometry["Backfacing"], n.math("MAXIMUM", depth, 0.0)
    else:
        inside, depth = n.math("GREATER_THAN", depth, 0.0), n.math("MAXIMUM", depth, 0.0)
    # A ray under water starts there too: at the eye, at the surface that bent it, or at something else below.
    lit = n.math("SUBTRACT", 1.0, path["Is Shadow Ray"])
    length = n.product(path["Ray Length"], inside, lit)
    seen = _beer(n, kind.beam, length)
    colour = seen if surface else n.mix(1.0, seen, _beer(n, kind.attenuation, depth), "MULTIPLY")
    if caustics is not None and not surface:
        gathered = _caustic_factor(n, geometry["Position"], depth, caustics, tile, sun, strength)
        colour = n.mix(1.0, colour, gathered, "MULTIPLY")
    # Between water and a solid the index changes less than in air, so gloss all but goes (1.5 : 1.33 against 1.5 : 1).
    brightest = n.math("MAXIMUM", *(n.add("ShaderNodeSeparateColor", Color=colour).out(i) for i in (1, 2)))
    tint_surface(n, colour, glow=seen, sheen=n.lerp(inside, 1.0, n.math("MULTIPLY", brightest, SOLID_GLOSS)))
    ray = n.vector_math("SCALE", geometry["Incoming"], Scale=-1.0)
    # At the far end the ray lies at ``depth``; the formula starts at the eye's end.
    up = n.add("ShaderNodeSeparateXYZ", Vector=ray)["Z"]
    start = n.math("MAXIMUM", n.math("ADD", depth, n.math("MULTIPLY", up, length)), 0.0)
    glow = _glow(n, kind, ray, up, start, length, irradiance, sun)
    haze = n.add("ShaderNodeEmission", Color=glow, Strength=n.math("MULTIPLY", inside, path["Is Camera Ray"])).out()
    old = output.inputs["Surface"].links[0].from_socket
    n.tree.links.new(n.add("ShaderNodeAddShader", {0: old, 1: haze}).out(), output.inputs["Surface"])


def add_water_backdrop(world, jerlov: str, depth: float, irradiance=(3.0, 3.0, 3.0), sun=DEFAULT_SUN) -> None:
    """Let a world show endless water to an eye ``depth`` metres below the surface where nothing else is seen.

    What reaches it through the surface still sees the sky, as does all that lights the scene from above.
    """
    from ...nodes.shader import Nodes

    n = Nodes(world.node_tree)
    kind = water(jerlov)
    output = next(node for node in world.node_tree.nodes if node.bl_idname == "ShaderNodeOutputWorld")
    path = n.add("ShaderNodeLightPath")
    ray = n.vector_math("SCALE", n.add("ShaderNodeNewGeometry")["Incoming"], Scale=-1.0)
    up = n.add("ShaderNodeSeparateXYZ", Vector=ray)["Z"]
    # Looking up, endless water would shine without end: the surface ends it.
    glow = _glow(n, kind, ray, n.math("MINIMUM", up, 0.3), depth, ENDLESS, irradiance, sun)
    here = n.math("MAXIMUM", path["Is Camera Ray"], n.math("LESS_THAN", up, 0.0))
    old = output.inputs["Surface"].links[0].from_socket
    background = n.add("ShaderNodeBackground", Color=glow, Strength=1.0).out()
    n.tree.links.new(n.add("ShaderNodeMixShader", {0: here, 1: old, 2: background}).out(), output.inputs["Surface"])


def _glow(n, kind, ray, up, depth, length, irradiance, sun):
    """Nodes of ``inscatter``."""
    cosine = _dot(n, ray, tuple(float(c) for c in _sun_below(sun)))
    base = n.math("SUBTRACT", 1 + PHASE**2, n.math("MULTIPLY", cosine, 2 * PHASE))
    lobe = n.math("DIVIDE", 1 - PHASE**2, n.math("POWER", base, 1.5))
    phase = n.math("DIVIDE", n.math("ADD", n.math("MULTIPLY", lobe, SUNLIT), 1 - SUNLIT), 4 * np.pi)
    parts = {}
    for channel in range(3):
        fade, beam = float(kind.attenuation[channel]), float(kind.beam[channel])
        rate = n.math("MAXIMUM", n.math("SUBTRACT", beam, n.math("MULTIPLY", up, fade)), 1e-3)
        gathered = n.math("DIVIDE", n.math("SUBTRACT", 1.0, n.math("EXPONENT", n.product(rate, length, -1.0))), rate)
        source = float(_source(kind)[channel] * irradiance[channel])
        parts[channel] = n.product(gathered, n.math("EXPONENT", n.math("MULTIPLY", depth, -fade)), phase, source)
    return n.add("ShaderNodeCombineColor", parts).out()


def _caustic_factor(n, position, depth, image, tile, sun, strength):
    """Light gathered by waves: 1 on the mean, looked up where the ray that arrives entered the water."""
    below = _sun_below(sun)
    drift = n.vector_math("SCALE", (float(below[0] / below[2]), float(below[1] / below[2]), 0.0), Scale=depth)
    place = n.vector_math("SCALE", n.vector_math("ADD", position, drift), Scale=1 / tile)
    light = n.add("ShaderNodeTexImage", Vector=place, image=image, extension="REPEAT", interpolation="Linear")["Color"]
    # At the very edge of the water waves have no room to gather light; far below it is blurred.
    near = n.math("MULTIPLY", n.map_range(depth, 0.02, 0.5), n.math("EXPONENT", n.math("MULTIPLY", depth, -1 / 14.0)))
    return n.mix(n.math("MULTIPLY", near, strength), (1.0, 1.0, 1.0), light)
