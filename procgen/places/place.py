"""Places: the spec of a natural world and the pictures taken of it, how it is drawn, and how it is built."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..geometry.angles import arctan2
from ..params import Constraint, choice, draw, fork, group, seed, spec, within
from .life import TURF, Life, Scene, build_life, sample_life
from .local import LocalGround, moved
from .scatter import View
from .scenes.recipes import RECIPES
from .shot import Shot, Way, Wish, build_cameras, build_lamps, find_way, level_way, sample_shot, way_from, way_through
from .terrain.spec import Terrain, sample_terrain
from .things import constraints
from .water.waves import Sea, sample_sea
from .weather.spec import Weather, sample_weather, towards

MARGIN = 1.12  # of the angle of view that is kept built
BUDGET = 600_000  # faces of the ground
FINEST = 1.5  # pixels across a face, which is seen aslant: about one face a pixel


@spec
class Place:
    """A natural world: its kind, ground, weather, sea, what lives in it, and the camera."""

    kind: str = choice({name: recipe.weight for name, recipe in RECIPES.items()}, doc="kind of place",
                       says={name: recipe.says for name, recipe in RECIPES.items()})  # fmt: skip
    terrain: Terrain = group(Terrain)
    weather: Weather = group(Weather)
    sea: Sea = group(Sea)
    life: Life = group(Life)
    camera: Shot = group(Shot)
    seed: int = seed(doc="child seed of materials")

    @property
    def exposure(self) -> float:
        """How far the exposure misses the meter, EV."""
        return self.weather.exposure


def sample_place(rng: Generator, fixed=None) -> Place:
    """Draw a place: its kind first, then each part within what its recipe and the user allow."""
    wish = {"kind": fixed["kind"]} if fixed and "kind" in fixed else None
    kind = choice_of_kind(rng, wish)
    recipe = RECIPES[kind]

    def each(name, sampler, recipe_wishes):
        return sampler(fork(rng, name), merged(recipe_wishes, within(fixed, name)))

    weather = each("weather", sample_weather, recipe.weather)
    sea = {"wind_speed": min(max(weather.wind_speed, 0.5), 20.0), "wind_heading": weather.wind_direction}
    if recipe.under:
        sea["depth"] = 12.0
    return draw(
        Place, rng, fixed, kind=choice({kind: 1.0}), terrain=each("terrain", sample_terrain, recipe.terrain), weather=weather,
        sea=each("sea", sample_sea, sea), life=each("life", sample_life, {}), camera=each("camera", sample_shot, recipe.shot),
    )  # fmt: skip


def choice_of_kind(rng: Generator, wish: dict[str, Constraint] | None) -> str:
    """The kind of place that a stream draws."""
    from ..params import fields

    declared = fields(Place)["kind"].distribution
    if wish:
        declared = declared.narrowed("kind", constraints(wish)["kind"], declared)
    return declared.draw(fork(rng, "kind"))


def merged(recipe_wishes, wishes) -> dict[str, Constraint]:
    """What a recipe narrows and what the user does: the user's word stands."""
    return constraints(recipe_wishes) | constraints(wishes)


def build_place(place: Place, frames: int = 1, eyes: int = 1, resolution: tuple[int, int] = (512, 512), stand=None):
    """Build a place in the open scene for a number of frames, one eye or a stereo pair, and a picture's size in pixels.

    ``stand`` (2, 3), where somebody stands (m, in the coordinates of the place) and which way they look, takes the place of
    the view that the place would choose. Returns its Site (needs bpy).
    """
    import bpy

    from ..blender import require_supported_blender
    from .air import build_air
    from .fauna import build_fauna
    from .land import build_land
    from .site import Site
    from .waters import build_waters

    require_supported_blender()
    recipe = RECIPES[place.kind]
    site = Site(place)
    bpy.context.scene.render.fps = 24
    aspect = resolution[0] / resolution[1]
    pixel = 2 * np.tan(np.radians(place.camera.field_of_view) / 2) / resolution[0]
    world = ground_of(place, recipe)
    way = world.way(place, recipe, frames, aspect, stand)
    view = view_of(way, place.camera, aspect)
    cover = dict(world.ground.cover) | dict(recipe.cover)
    build_land(site, world.mesh(way, place, resolution), cover, place.seed, TURF[place.life.season])
    wind = place.weather
    heading = towards(wind.wind_direction, 0.0)
    scene = Scene(
        world.ground, view, way, place.camera.nearest, pixel, 3.0 if recipe.under else wind.wind_speed,
        float(arctan2(heading[1], heading[0])), frames, 4.5 if recipe.under else 0.0,
    )  # fmt: skip
    if world.cave is None:
        build_life(site, recipe.layers, place.life, scene)
        build_fauna(site, recipe, place, scene)
        build_waters(site, recipe, place, scene, resolution)
    else:
        build_lamps(site, place.camera, way)
    build_cameras(site, place.camera, way, eyes, 60_000.0)
    build_air(site, recipe, place, scene, world.cave is None)
    return site


def view_of(way: Way, shot: Shot, aspect: float) -> View:
    """What the cameras of a way see on the plan, with a margin."""
    half = np.radians(shot.field_of_view) / 2
    diagonal = np.arctan(np.tan(half) * np.hypot(1, 1 / aspect))
    return View(way.eyes, way.forward, min(float(diagonal) * MARGIN, 1.5))


class OpenGround:
    """Ground under the open sky, or under water."""

    cave = None

    def __init__(self, place: Place):
        from .terrain.ground import build_ground

        self.ground = build_ground(place.terrain)

    def way(self, place: Place, recipe, frames: int, aspect: float, stand=None) -> Way:
        """The camera's way over it, from the origin of the coordinates that the place has from then on."""
        ground = self.ground
        sun = towards(place.weather.sun_azimuth, place.weather.sun_elevation)
        wish = Wish(recipe.sky, recipe.wet, sun=sun, under=ground.water_level if recipe.under else None,
                    around=_stands(ground, place, recipe))  # fmt: skip
        way = find_way(ground, place.camera, wish, frames, aspect)
        origin = np.round(way.eyes[0, :2])
        self.ground = LocalGround(ground, origin)
        if stand is not None:
            return way_from(self.ground, place.camera, stand, frames, wish.under)
        return moved(way, origin)

    def mesh(self, way: Way, place: Place, resolution: tuple[int, int]):
        """The ground's mesh as the cameras see it."""
        from .terrain.view_mesh import view_mesh

        angle = np.radians(place.camera.field_of_view)
        return view_mesh(self.ground, way.eyes, way.forward, angle, resolution, BUDGET, finest=FINEST)


class CaveGround:
    """The inside of a cave."""

    def __init__(self, place: Place):
        from .terrain.caves import build_cave
        from .terrain.ground import build_ground

        self.cave = build_cave(place.terrain)
        self.ground = build_ground(place.terrain)

    def way(self, place: Place, recipe, frames: int, aspect: float, stand=None) -> Way:
        """The camera's way through it; only who stands still may stand where they like, for what is free is the path."""
        if stand is not None and frames == 1:
            eye, toward = np.array(stand, float)
            return level_way(eye[None], (toward / np.linalg.norm(toward))[None], place.camera.roll)
        return way_through(self.cave.path, place.camera, frames, self.cave.distance)

    def mesh(self, way: Way, place: Place, resolution: tuple[int, int]):
        """The cave's walls as the cameras see them."""
        from .terrain.cave_mesh import cave_mesh

        return cave_mesh(self.cave, way.eyes, way.forward, np.radians(place.camera.field_of_view), resolution, BUDGET)


def ground_of(place: Place, recipe):
    """The ground of a place."""
    return CaveGround(place) if place.terrain.kind == "cave" and recipe.says == "inside a cave" else OpenGround(place)


def _stands(ground, place: Place, recipe) -> np.ndarray | None:
    """Points (k, 2) near which to stand: the shore, or the river of a valley or canyon; anywhere where that is None."""
    if recipe.wet:
        return _shore(ground, place)
    river = ground.river
    if river is None or recipe.under:
        return None
    middle = river[np.abs(river[:, :2]).max(1) < 0.4 * ground.size]
    return (middle if len(middle) else river)[:, :2]


def _shore(ground, place: Place) -> np.ndarray:
    """Points (k, 2) of dry land near water, found on a coarse lattice."""
    line = np.linspace(-0.42, 0.42, 160) * ground.size
    points = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    height = ground.rough_height(points) - (ground.water_level or 0.0)
    wet = (height < 0).reshape(160, 160)
    near = wet.copy()
    for _ in range(3):
        near[1:] |= near[:-1].copy()
        near[:-1] |= near[1:].copy()
        near[:, 1:] |= near[:, :-1].copy()
        near[:, :-1] |= near[:, 1:].copy()
    low = (height > 0.2) & (height < 6 + 0.1 * place.terrain.relief) & near.ravel()
    return points[low]
