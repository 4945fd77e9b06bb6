"""The background of floating things: a panorama of the library on walls or far away, over ground of our materials."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Surface
from ...geometry.mesh import Mesh
from ...geometry.noise import fractal
from ...geometry.primitives import icosphere, lattice_faces
from ...light.library import library, odds
from ...params import beta, child, choice, draw, lognormal, seed, spec, uniform

FLOORS = ("planks", "tiles", "concrete", "plywood", "marble", "wool_knit", "brick", "linen")
GROUNDS = (
    "soil",
    "grass_soil",
    "forest_floor",
    "gravel",
    "sand",
    "cracked_earth",
    "moss",
    "concrete",
    "brick",
    "snow",
    "granite",
    "mud",
)
WALLS = ("plaster", "brick", "planks", "concrete", "tiles", "plywood")
RINGS, SECTORS = 72, 128  # of the ground's mesh
SAYS = {name: row["says"] for name, row in library().items()}


@spec
class Stage:
    """The background."""

    panorama: str = choice(odds(), doc="panorama of the library, which lights everything", says=SAYS)
    turn: float = uniform(-180, 180, unit="deg", doc="turn of the panorama")
    size: float = lognormal(
        4.5, 0.5, 1.5, 60, unit="m", doc="from the camera to the walls; outdoors a tenth of the way to what is far"
    )
    wear: str = choice(
        {"panorama": 0.5, "paint": 0.3, "material": 0.2},
        doc="what walls and floor of a room wear; ground in the open is never a panorama",
    )
    relief: float = beta(1.2, 3.0, 0, 0.8, unit="m", doc="height of the ground's bumps; rooms are level")
    seed: int = seed(doc="child seed of materials and bumps")


def sample_stage(rng: Generator, fixed=None, indoors: bool | None = None) -> Stage:
    """Draw a background, indoors or not if that is said."""
    given = {}
    if indoors is not None:
        given["panorama"] = choice({name: p for name, p in odds().items() if library()[name]["indoors"] == indoors})
    if not (library()[draw(Stage, rng, fixed, **given).panorama]["indoors"]):
        given["size"] = lognormal(7.0, 0.6, 1.5, 60)
    return draw(Stage, rng, fixed, **given)


def is_room(stage: Stage) -> bool:
    """Whether there are walls around."""
    return bool(library()[stage.panorama]["indoors"])


def shell_mesh(stage: Stage, height: float) -> Mesh:
    """What closes the view: the walls of a room, or a ball far away; ``height`` is the camera's, which is at the origin."""
    if not is_room(stage):
        ball = icosphere(4, 10 * stage.size)
        return Mesh(ball.vertices, ball.faces[:, [0, 2, 1, 3]])  # seen from inside
    rng = fork_of(stage, "walls")
    x, y = stage.size * rng.uniform(0.7, 1.4, 2)
    low, high = -height, rng.uniform(0.8, 2.0)
    corners = np.array([(sx * x, sy * y, z) for z in (low, high) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    sides = np.array([(0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0), (4, 7, 6, 5)])
    turn = rng.uniform(-np.pi, np.pi)  # walls are seen aslant
    corners[:, :2] = corners[:, :2] @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    return Mesh(corners[sides.ravel()], np.arange(20).reshape(5, 4), smooth=False)


def ground_mesh(stage: Stage, height: float) -> Mesh:
    """The ground below the camera, finer where it is near, out to what closes the view."""
    far = 1.5 * stage.size * np.sqrt(2) if is_room(stage) else 10 * stage.size
    radius = np.concatenate([[1e-3], np.geomspace(0.2, far, RINGS - 1)])[:, None]
    turn = np.arange(SECTORS) * (2 * np.pi / SECTORS)
    x, y = radius * np.cos(turn), radius * np.sin(turn)
    places = np.stack([x, y], -1).reshape(-1, 2)
    bumps = np.zeros(len(places))
    if not is_room(stage):
        away = np.linalg.norm(places, axis=1)
        cell = np.maximum(away * (2 * np.pi / SECTORS), 0.02)
        bumps = stage.relief * fractal(places / 3.0, stage.seed % 65521, 6, cell=cell / 3.0)
        bumps *= np.clip(away / 2.0, 0.15, 1) * np.clip(1 + away / 25, 1, 6)  # level at the feet, hills far away
    faces = lattice_faces(RINGS, SECTORS, around=True)[:, ::-1]
    return Mesh(np.column_stack([places, bumps - height]), faces)


def reach(stage: Stage) -> float:
    """The depth in metres up to which things float."""
    return 0.6 * stage.size if is_room(stage) else 8.0 * stage.size


def fork_of(stage: Stage, name: str) -> Generator:
    """A stream of the background's own."""
    return child(stage.seed, name)


def build_stage(site, stage: Stage, height: float) -> None:
    """Put ground, walls or distance into a site, and light it by the panorama (needs bpy)."""
    import bpy

    from ...light.lamps import build_lamp
    from ...light.library import read_panorama
    from ..site import mesh_object

    radiance, lamps = read_panorama(stage.panorama, stage.turn)
    image = _light(radiance)
    floor, wall = (_worn(site, stage, names, image) for names in (FLOORS if is_room(stage) else GROUNDS, WALLS))
    ground = mesh_object("Ground", ground_mesh(stage, height), [floor])
    site.link(ground, "terrain", "stage")
    shell = mesh_object(
        "Walls" if is_room(stage) else "Distance",
        shell_mesh(stage, height),
        [wall if is_room(stage) else _shown(image)],
    )
    site.link(shell, "backdrop", "stage")
    # The light comes from beyond it.
    for way in ("diffuse", "glossy", "transmission", "volume_scatter", "shadow"):
        setattr(shell, f"visible_{way}", False)
    for number, lamp in enumerate(lamps):
        obj = build_lamp(lamp, number, np.ones(3))
        obj["part_of"] = "stage"
        site.collection.objects.link(obj)
    bpy.context.scene.view_settings.exposure = 0.0


def _worn(site, stage: Stage, names: tuple[str, ...], image):
    """The material of a floor or of walls (needs bpy)."""
    from ..things import dressed
    from .surfaces import draw_paint, painted

    rng = fork_of(stage, names[0])
    if stage.wear == "panorama" and is_room(stage):
        return _shown(image)
    if stage.wear == "material":
        return dressed(site, Surface(names[rng.integers(len(names))], int(rng.integers(2**31))))
    return painted(draw_paint(rng, ("noise", "noise", "cells", "spots", "checker", "stripes", "none"), 0.25))


def _light(radiance: np.ndarray):
    """The world of a panorama; its picture."""
    import bpy

    from ...blender import packed_panorama
    from ...light.light import SAMPLE_MAP
    from ...nodes.shader import Nodes

    world = bpy.data.worlds.new("Surroundings")
    world["part_of"] = "stage"
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", SAMPLE_MAP
    bpy.context.scene.world = world
    if world.node_tree is None:
        world.use_nodes = True
    world.node_tree.nodes.clear()
    g = Nodes(world.node_tree)
    image = packed_panorama("Surroundings", radiance)
    colour = g.add("ShaderNodeTexEnvironment", image=image).out()
    g.surface(g.add("ShaderNodeBackground", {"Color": colour, "Strength": 1.0}).out())
    return image


def _shown(image):
    """A material that shows a panorama as it is seen from the origin."""
    from ...blender import new_material
    from ...nodes.shader import Nodes

    material, tree = new_material("panorama")
    g = Nodes(tree)
    at = g.add("ShaderNodeTexCoord")["Object"]
    colour = g.add("ShaderNodeTexEnvironment", {"Vector": at}, image=image).out()
    g.surface(g.add("ShaderNodeEmission", {"Color": colour, "Strength": 1.0}).out())
    return material
