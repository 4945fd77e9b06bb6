"""Light: the spec of a picture's surroundings, and the world and lamps built from it at a metered exposure."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..params import beta, choice, draw, fork, lognormal, normal, seed, spec, text, uniform
from . import interiors, night, outdoors
from .environment import read_environment
from .lamps import Lamp, build_lamp, lamp_irradiance
from .library import library, odds, read_panorama
from .panorama import LUMINANCE, irradiance

# Each kind of surroundings: light, rng -> (panorama, lamps, defocus of what is far, radians).
SURROUNDINGS = {
    "street": outdoors.street, "park": outdoors.park, "beach": outdoors.beach, "country": outdoors.country,
    "studio": interiors.studio, "window": interiors.window, "room": interiors.room,
    "night_street": night.night_street, "neon": night.neon, "tent": interiors.tent,
}  # fmt: skip
PANORAMA = "panorama"  # the kind that shows one of the library
WEIGHTS = {"street": 0.03, "park": 0.03, "beach": 0.02, "country": 0.03, "studio": 0.20, "window": 0.05, "room": 0.03,
           "night_street": 0.02, "neon": 0.02, "tent": 0.0, PANORAMA: 0.57}  # fmt: skip
SAYS = {
    "street": "on a street in daylight", "park": "in a park", "beach": "on a beach", "country": "in the countryside",
    "studio": "in a photo studio", "window": "by a window", "room": "in a room", "night_street": "on a street at night",
    "neon": "in neon light", "tent": "in even light", PANORAMA: "",
}  # fmt: skip
SAMPLE_MAP = 512  # px across the map by which Cycles aims at the bright parts of the surroundings
GREY = 1.22  # radiance of a white card at the face that the meter aims at; tone curves put skin in its place from there
BALANCE = 0.72  # how far the camera's white balance follows the light's colour


@spec
class Light:
    """Where the person is and what lights them."""

    kind: str = choice(WEIGHTS, doc="kind of surroundings", says=SAYS)
    sun_elevation: float = beta(1.6, 1.9, 4, 70, unit="deg", doc="height of the sun")
    sun_azimuth: float = uniform(-180, 180, unit="deg", doc="sun from straight ahead to the person's left")
    turbidity: float = lognormal(2.8, 0.3, 2, 8, doc="haze in the air, 2 clear … 8 hazy")
    overcast: float = beta(0.7, 0.9, doc="0 clear … 1 overcast")
    studio: str = choice({name: 1.0 for name in interiors.STUDIO}, doc="portrait set-up of a studio")
    key_side: float = uniform(-1, 1, doc="side of the key light, +1 the person's left; its size scales the angle")
    key_azimuth: float = normal(45, 22, 5, 110, unit="deg", doc="key light from straight ahead")
    key_elevation: float = normal(25, 13, -5, 65, unit="deg", doc="height of the key light")
    key_size: float = lognormal(1.0, 0.35, 0.4, 2.2, doc="softness of the key light, relative")
    warmth: float = lognormal(4900, 0.22, 2600, 9000, unit="K", doc="colour temperature of lamps")
    exposure: float = normal(0.0, 0.22, -1.2, 1.2, unit="EV", doc="how far the exposure misses the meter")
    hdri: str = text("", doc="an environment picture (.exr or .hdr) in place of the kind")
    hdri_rotation: float = uniform(-180, 180, unit="deg", doc="turn of the environment picture")
    panorama: str = choice(odds(), doc="panorama of the library, where that is the kind", absent=next(iter(odds())))
    panorama_rotation: float = normal(
        0, 75, -180, 180, unit="deg", doc="turn of the panorama; at 0 most light comes from ahead", absent=0.0
    )
    seed: int = seed()


def sample_light(rng: Generator, fixed=None) -> Light:
    """Draw light; the key stands clearly on one side, and who asks for a panorama gets it."""
    if fixed and any(name.startswith("panorama") for name in fixed) and "kind" not in fixed:
        fixed = {**fixed, "kind": PANORAMA}
    side = 1.0 if fork(rng, "side").random() < 0.5 else -1.0
    return draw(Light, rng, fixed, key_side=normal(0.9 * side, 0.1, -1, 1))


def whereabouts(light: Light) -> str:
    """The words that say where somebody is."""
    return library()[light.panorama]["says"] if light.kind == PANORAMA else SAYS[light.kind]


def _meter(radiance: np.ndarray, lamps: list[Lamp], tone: float, exposure: float) -> np.ndarray:
    """The gain (3,) that brings the light on a face to the aim, with most of its colour balanced away."""
    yaw, pitch = np.radians([0, 35, -35, 60, -60, 0]), np.radians([0, 0, 0, 10, 10, 40])
    normals = np.stack([np.cos(pitch) * np.sin(yaw), -np.cos(pitch) * np.cos(yaw), np.sin(pitch)], 1)
    falling = (irradiance(radiance, normals) + lamp_irradiance(lamps, normals)) / np.pi
    bright = falling @ LUMINANCE
    level = 0.6 * np.exp(np.log(np.maximum(bright, 1e-9)).mean()) + 0.4 * np.quantile(bright, 0.85)
    colour = falling.mean(0) / max(float(falling.mean(0) @ LUMINANCE), 1e-9)
    balance = np.maximum(colour, 0.05) ** -BALANCE
    balance /= max(float((balance * colour) @ LUMINANCE), 1e-9)
    return GREY * tone * 2.0**exposure / level * balance


def skin_compensation(person) -> float:
    """Photographers open up for dark skin and close for pale skin, by two fifths of the difference."""
    tone = getattr(person, "skin_luminance", None)
    return float(np.clip((0.42 / tone) ** 0.40, 0.8, 1.8)) if tone else 1.0


def build_light(light: Light, person) -> list:
    """Build the scene's world and lamps; the light is metered on the face analytically, before any render."""
    import bpy

    if light.hdri:
        picture, bad = read_environment(light.hdri)
        # What the file holds is shown from the file; what is mended is not in it.
        radiance, lamps, image = turned(picture, light.hdri_rotation), [], picture if bad else None
    elif light.kind == PANORAMA:
        radiance, lamps = read_panorama(light.panorama, light.panorama_rotation)
        image = radiance
    else:
        panorama, lamps, defocus = SURROUNDINGS[light.kind](light, _stream(light))
        panorama.defocus(defocus)
        radiance, image = panorama.radiance, panorama.radiance
    gain = _meter(radiance, lamps, skin_compensation(person), light.exposure)
    world = bpy.data.worlds.new("Surroundings")
    world["part_of"] = "light"
    # By itself Cycles samples the picture's every pixel for its map of where light comes from: a fifth of a small render.
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", SAMPLE_MAP
    bpy.context.scene.world = world
    _world_nodes(world, light, image, gain)
    return [person.link(build_lamp(lamp, index, gain), "lamp", parent=False) for index, lamp in enumerate(lamps)]


def _stream(light: Light) -> Generator:
    from ..params import child

    return child(light.seed, light.kind)


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """An environment picture (h, w, 3) as the world shows it."""
    return np.roll(picture, round(degrees / 360 * picture.shape[1]), axis=1)


def _world_nodes(world, light: Light, image, gain: np.ndarray) -> None:
    import bpy

    from ..blender import packed_panorama
    from ..nodes.shader import Nodes

    if world.node_tree is None:
        world.use_nodes = True
    world.node_tree.nodes.clear()
    g = Nodes(world.node_tree)
    vector = None
    if light.hdri:
        coordinates = g.add("ShaderNodeTexCoord")["Generated"]
        turn = (0.0, 0.0, np.radians(light.hdri_rotation))
        vector = g.add("ShaderNodeMapping", {"Vector": coordinates, "Rotation": turn}).out()
    if image is None:
        picture = bpy.data.images.load(light.hdri, check_existing=True)
    else:
        picture = packed_panorama("Surroundings", image, exact=bool(light.hdri))
    texture = g.add("ShaderNodeTexEnvironment", {"Vector": vector}, image=picture)
    colour = g.mix(1.0, texture.out(), tuple(float(c) for c in gain), blend="MULTIPLY")
    g.surface(g.add("ShaderNodeBackground", {"Color": colour, "Strength": 1.0}).out())
