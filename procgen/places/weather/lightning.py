"""Lightning: a channel that forks on its way down from a cloud, the light it casts and the glow it leaves in the clouds."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import tube
from ...params import child, draw, integer, lognormal, seed, spec, uniform
from .spec import Weather, towards


@spec
class Lightning:
    """One stroke from a cloud to the ground."""

    height: float = lognormal(1300, 0.3, 200, 4000, unit="m", doc="height of the cloud's base where the channel starts")
    drift: float = uniform(0.1, 0.5, doc="how far the channel ends aside, as a share of its height")
    crookedness: float = uniform(
        0.16, 0.3, doc="how far the channel strays between two points, as a share of their distance"
    )
    forks: int = integer(4, 16, doc="branches of the main channel")
    width: float = lognormal(
        3.0, 0.3, 0.3, 8, unit="m", doc="width that the channel shows; its glare makes it look wide"
    )
    seed: int = seed()


def sample_lightning(rng: Generator, fixed=None) -> Lightning:
    """Draw a stroke of lightning."""
    return draw(Lightning, rng, fixed)


def strike(weather: Weather) -> tuple[Lightning, np.ndarray]:
    """The stroke of a weather and where it meets the ground (3,), metres from the eye."""
    rng = child(weather.seed, "strike")
    away = rng.uniform(1200, 4200)
    # Before the camera's usual view (-y) rather than behind it.
    place = towards(rng.normal(0, 35), 0.0) * away
    height = float(np.clip(weather.cloud_height, 300, 1800))
    return sample_lightning(rng, {"height": height}), place


def strike_direction(weather: Weather) -> np.ndarray:
    """Unit vector (3,) to where the channel leaves the clouds."""
    stroke, place = strike(weather)
    top = place + [0, 0, stroke.height]
    return top / np.linalg.norm(top)


def _crooked(start: np.ndarray, end: np.ndarray, levels: int, amount: float, rng: Generator) -> np.ndarray:
    """A path (2^levels + 1, 3) between two points by random displacement of midpoints."""
    path = np.stack([start, end])
    for _ in range(levels):
        step = np.diff(path, axis=0)
        middle = (path[1:] + path[:-1]) / 2
        aside = rng.normal(size=middle.shape) * [1, 1, 0.45]
        middle += aside * (amount * np.linalg.norm(step, axis=1, keepdims=True))
        joined = np.empty((len(path) + len(middle), 3))
        joined[::2], joined[1::2] = path, middle
        path = joined
    return path


def channels(stroke: Lightning) -> list[tuple[np.ndarray, float]]:
    """The paths (k, 3) of the stroke with their brightness 0…1, the main channel first; it ends on the origin."""
    rng = child(stroke.seed, "channel")
    turn = rng.uniform(0, 2 * np.pi)
    start = np.array([np.cos(turn) * stroke.drift, np.sin(turn) * stroke.drift, 1.0]) * stroke.height
    paths = [(_crooked(start, np.zeros(3), 8, stroke.crookedness, rng), 1.0)]
    for _ in range(stroke.forks):
        # Forks leave any channel so far, weaker and shorter than it, downward and outward.
        parent, power = paths[int(rng.integers(min(len(paths), 6)))]
        at = int(rng.uniform(0.05, 0.75) * (len(parent) - 1))
        origin = parent[at]
        length = origin[2] * rng.uniform(0.15, 0.6) * (0.4 + 0.6 * power)
        heading = rng.normal(size=3) * [1, 1, 0.3] + [0, 0, -0.9]
        end = origin + heading / np.linalg.norm(heading) * length
        end[2] = max(end[2], 0.08 * stroke.height)
        path = _crooked(origin, end, 6, stroke.crookedness, rng)
        path[:, 2] = np.maximum(path[:, 2], 1.0)
        paths.append((path, power * rng.uniform(0.25, 0.6)))
    return paths


def bolt(stroke: Lightning) -> Mesh:
    """The stroke as a mesh of tubes with the attribute ``glow`` 0…1, its foot on the origin."""
    tubes = []
    for path, power in channels(stroke):
        taper = 1.0 if power == 1.0 else np.linspace(1, 0.3, len(path))
        mesh = tube(path, stroke.width / 2 * np.sqrt(power) * taper, 5)
        along = mesh.attributes["along"]
        tubes.append(mesh.with_attributes(glow=power * (1 - 0.6 * along * (power < 1))))
    return merged(tubes)


def build_lightning(stroke: Lightning, place=(0.0, 0.0, 0.0), strength: float = 60.0, flash: float = 1.0) -> list:
    """Build the stroke where it meets the ground: the glowing channel, and a lamp that gives ``flash`` (irradiance) 2 km off."""
    import bpy

    from ...blender import mesh_object, new_material
    from ...nodes.shader import Nodes

    mesh = bolt(stroke)
    faces = [face[face >= 0] for face in mesh.faces]
    attributes = {"glow": ("FLOAT", "POINT", mesh.attributes["glow"])}
    obj = mesh_object("Lightning", mesh.vertices, faces, part=0.0, attributes=attributes)
    material, tree = new_material("Lightning", (0.8, 0.85, 1.0))
    g = Nodes(tree)
    power = g.math("MULTIPLY", g.attribute("glow", "Fac"), float(strength))
    g.surface(g.add("ShaderNodeEmission", {"Color": (0.78, 0.82, 1.0), "Strength": power}).out())
    material.cycles.emission_sampling = "NONE"  # the lamp lights the place; the channel is only seen
    obj.data.materials.append(material)
    obj.visible_diffuse = obj.visible_shadow = False  # paths that hit it by chance would only be noise
    data = bpy.data.lights.new("Flash", "POINT")
    # A point of power P gives P / (4 π² d²) in Cycles' units of radiant flux per radiance.
    data.energy = flash * 4 * np.pi * 2000.0**2 * np.pi
    data.color = (0.78, 0.84, 1.0)
    data.shadow_soft_size = 20.0
    lamp = bpy.data.objects.new("Flash", data)
    obj.location = lamp.location = place
    lamp.location.z += 0.6 * stroke.height
    for item in (obj, lamp):
        item["part_of"] = "weather"
        bpy.context.scene.collection.objects.link(item)
    return [obj, lamp]
