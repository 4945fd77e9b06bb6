"""The world of a solved sky in Blender: its panorama, the discs of sun and moon, the stars, and the lamp that casts shadows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...light.lamps import Lamp, build_lamp
from .atmosphere import SUN_RADIUS
from .night import MOON_RADIUS, moon_disc
from .sky import Sky, solve_sky
from .spec import Weather, is_night, towards

if TYPE_CHECKING:
    from ...nodes.shader import Nodes

STARS = 0.9  # radiance of a bright star in the metered picture of a dark night


def build_sky(weather: Weather, volumes: bool = False):
    """The scene's world, and the sun or moon as a lamp object (None where clouds or night leave nothing of it).

    With ``volumes`` the panorama has no clouds.
    """
    import bpy

    sky = solve_sky(weather, volumes)
    world = bpy.data.worlds.new("Sky")
    world["part_of"] = "weather"
    bpy.context.scene.world = world
    _world_nodes(world, weather, sky)
    if float(sky.beam.max()) < 1e-3 or sky.sun[2] < -0.01:
        return world, None
    # Thin cloud and haze widen the sun and soften its shadows.
    size = 2 * SUN_RADIUS + 0.08 * weather.overcast
    lamp = build_lamp(Lamp(sky.sun, sky.beam, size), 0, np.ones(3))
    lamp.name = lamp.data.name = "Moon" if is_night(weather) else "Sun"
    lamp.location = (sky.sun * 100).tolist()
    bpy.context.scene.collection.objects.link(lamp)
    return world, lamp


def _world_nodes(world, weather: Weather, sky: Sky) -> None:
    from ...blender import packed_panorama
    from ...nodes.shader import Nodes

    if world.node_tree is None:
        world.use_nodes = True
    world.node_tree.nodes.clear()
    g = Nodes(world.node_tree)
    toward = g.add("ShaderNodeTexCoord")["Generated"]
    colour = g.add("ShaderNodeTexEnvironment", {"Vector": toward}, image=packed_panorama("Sky", sky.radiance)).out()
    veil = packed_panorama("Sky through clouds", sky.through[::2, ::2])
    through = g.add(
        "ShaderNodeSeparateColor", {0: g.add("ShaderNodeTexEnvironment", {"Vector": toward}, image=veil).out()}
    ).out()
    camera = g.add("ShaderNodeLightPath")["Is Camera Ray"]
    discs = []
    if weather.sun_elevation > -1.5 and sky.disc.max() > 1e-6:
        direction = towards(weather.sun_azimuth, weather.sun_elevation)
        cosine = g.vector_math("DOT_PRODUCT", toward, tuple(direction))
        edge = np.cos(SUN_RADIUS)
        disc = g.map_range(cosine, edge - 2e-6, edge + 2e-6)
        # Thick cloud lets the disc through only where it has holes.
        discs.append(
            g.vector_math("SCALE", tuple(sky.disc), Scale=g.math("MULTIPLY", disc, g.math("POWER", through, 2.0)))
        )
    if weather.sun_elevation < -5:
        dark = float(np.clip((-5 - weather.sun_elevation) / 6, 0, 1)) ** 2
        discs.append(
            g.vector_math("SCALE", _stars(g, toward, weather), Scale=g.math("MULTIPLY", through, dark * STARS))
        )
    if weather.sun_elevation < 6 and weather.moon_elevation > -1 and weather.moon_phase > 0.01:
        veiled = g.math("POWER", through, 1.5)
        discs.append(g.vector_math("SCALE", _moon(g, toward, weather), Scale=veiled))
    light = g.add("ShaderNodeBackground", {"Color": colour, "Strength": 1.0}).out()
    if discs:
        total = discs[0]
        for disc in discs[1:]:
            total = g.vector_math("ADD", total, disc)
        # Two shaders, so that only what the camera sees pays for stars and discs.
        background = g.add(
            "ShaderNodeBackground", {"Color": g.vector_math("ADD", colour, total), "Strength": 1.0}
        ).out()
        light = g.add("ShaderNodeMixShader", {0: camera, 1: light, 2: background}).out()
    g.surface(light)
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 512  # the sky without the sun's disc is smooth


def _stars(g: Nodes, toward, weather: Weather):
    """Stars as sharp dots of many magnitudes; a lattice of cells whose points lie near the sphere by chance."""
    total = None
    for scale, radius, strength in ((38.0, 0.045, 1.0), (95.0, 0.075, 0.22)):
        place = g.vector_math("ADD", toward, (0.013 * (weather.seed % 97), 0.3, 0.7))
        cell = g.add("ShaderNodeTexVoronoi", {"Vector": place, "Scale": scale, "Randomness": 1.0})
        dot = g.map_range(cell["Distance"], radius, radius * 0.25)
        tone = g.add("ShaderNodeSeparateColor", {0: cell["Color"]})
        bright = g.math("MULTIPLY", g.math("POWER", dot, 1.5), g.math("POWER", tone.out(0), 3.0))
        tint = g.mix(tone.out(1), (1.0, 0.78, 0.6), (0.72, 0.84, 1.0))
        stars = g.vector_math("SCALE", tint, Scale=g.math("MULTIPLY", bright, 12.0 * strength))
        total = stars if total is None else g.vector_math("ADD", total, stars)
    up = g.add("ShaderNodeSeparateXYZ", {0: toward})["Z"]
    return g.vector_math("SCALE", total, Scale=g.map_range(up, 0.0, 0.35))


def _moon(g: Nodes, toward, weather: Weather):
    """The moon's disc with its phase, as a picture on the sky."""
    from ...blender import packed_panorama

    image = packed_panorama("Moon", moon_disc(weather))
    back = towards(weather.moon_azimuth, weather.moon_elevation)
    right = np.cross(back, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    above = np.cross(right, back)
    reach = 2 * MOON_RADIUS * 1.04
    u, v = (
        g.math("MULTIPLY_ADD", g.vector_math("DOT_PRODUCT", toward, tuple(axis)), 1 / reach, 0.5)
        for axis in (right, above)
    )
    place = g.add("ShaderNodeCombineXYZ", {"X": u, "Y": v}).out()
    picture = g.add("ShaderNodeTexImage", {"Vector": place}, image=image, extension="CLIP")
    front = g.math("GREATER_THAN", g.vector_math("DOT_PRODUCT", toward, tuple(back)), 0.0)
    # By day the moon is no brighter than the sky about it.
    shine = 6.0 if weather.sun_elevation < -4 else 0.35
    return g.vector_math("SCALE", picture["Color"], Scale=g.math("MULTIPLY", front, shine))
