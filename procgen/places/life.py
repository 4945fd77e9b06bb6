"""Life: scatters the layers of a recipe over the ground, by slope, height, moisture, clumps and distance (needs bpy)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..geometry.noise import fractal
from ..params import Range, SpecError, child, choice, draw, fields, lognormal, seed, spec
from .scatter import Spots, View, lattice, scatter, upright
from .scenes.layer import Layer
from .shot import Way
from .things import asset_object, footprint, row_of, thing_asset, thing_spec
from .wind import add_wind

SEASONS = {"spring": 0.2, "summer": 0.45, "autumn": 0.2, "winter": 0.15}
DRY = {
    "spring": Range(0.0, 0.2),
    "summer": Range(0.05, 0.6),
    "autumn": Range(0.35, 0.9),
    "winter": Range(0.5, 0.95),
}  # of grass
TURF = {"spring": "fresh", "summer": "deep", "autumn": "olive", "winter": "yellowish"}
MOST = 400_000  # instances of one layer; beyond it every other one goes


@spec
class Life:
    """How much grows and lives in a place, as multiples of what is usual there."""

    trees: float = lognormal(1.0, 0.35, 0.0, 3.0, doc="density of trees")
    undergrowth: float = lognormal(1.0, 0.4, 0.0, 3.0, doc="density of bushes, ferns and cacti")
    ground_cover: float = lognormal(1.0, 0.35, 0.0, 2.5, doc="density of grass, flowers and litter")
    stones: float = lognormal(1.0, 0.5, 0.0, 4.0, doc="density of boulders and pebbles")
    sea_life: float = lognormal(1.0, 0.35, 0.0, 3.0, doc="density of corals, kelp and shells")
    animals: float = lognormal(1.0, 0.6, 0.0, 4.0, doc="number of animals")
    season: str = choice(SEASONS, doc="season of the plants", says={"spring": "in spring", "summer": "", "autumn": "in autumn", "winter": "in winter"})  # fmt: skip
    seed: int = seed()


def sample_life(rng: Generator, fixed=None) -> Life:
    """Draw how much lives."""
    return draw(Life, rng, fixed)


@dataclass(frozen=True)
class Scene:
    """What layers stand on: the ground, the view of it, the camera's way, and the angle of a pixel in radians."""

    ground: object
    view: View
    way: Way
    nearest: float  # m to keep free around the camera
    pixel: float
    wind: float  # m/s
    wind_direction: float  # radians from +x to +y
    frames: int
    current: float = 0.0  # seconds of the slowest swing under water; 0 in air


def build_life(site, layers: tuple[Layer, ...], life: Life, scene: Scene) -> None:
    """Scatter every layer; what stood in the camera's way is left out."""
    for number, layer in enumerate(layers):
        density = layer.density * getattr(life, layer.group)
        if density > 0:
            scatter_layer(site, layer, density, life, scene, int(child(life.seed, f"layer {number}").integers(2**31)))


def scatter_layer(site, layer: Layer, density: float, life: Life, scene: Scene, number: int) -> None:
    """Scatter one layer with ``density`` things a m² where all suits them."""
    spots = lattice(density, layer.reach, scene.view, number, keep=lambda away: _thinned(layer, away))
    distance = scene.view.distance(spots.points)
    height, masks = scene.ground.sample(spots.points, np.maximum(distance * scene.pixel * 2, 0.05))
    suited = spots.numbers[:, 1] < suitability(layer, scene.ground, spots.points, height, masks, number)
    spots, distance, height = spots.chosen(suited), distance[suited], height[suited]
    if len(spots.points) > MOST:
        every = slice(None, None, len(spots.points) // MOST + 1)
        spots, distance, height = Spots(spots.points[every], spots.numbers[every]), distance[every], height[every]
    pick = np.minimum((spots.numbers[:, 3] * layer.variants).astype(int), layer.variants - 1)
    scale = layer.scale[0] * (layer.scale[1] / layer.scale[0]) ** spots.numbers[:, 2]
    scale = scale * np.clip((distance / layer.thin), 1.0, layer.swell)
    yaw = spots.numbers[:, 4] * 2 * np.pi
    normals = _normals(scene.ground, spots.points, distance, scene.pixel) if layer.tilt else None
    specs = variant_specs(layer, life, number)
    near = 0.0
    for band, (far, detail) in enumerate(layer.details):
        inside = (distance >= near) & (distance < far)
        near = far
        used = np.unique(pick[inside])
        if not len(used):
            continue
        assets = [thing_asset(layer.generator, specs[index], detail) for index in used]
        which = np.searchsorted(used, pick[inside])
        radius = np.array([footprint(asset) for asset in assets])[which] * scale[inside]
        tall = np.array([asset.mesh.vertices[:, 2].max(initial=0.0) for asset in assets])[which] * scale[inside]
        free = _free(spots.points[inside], height[inside], radius, tall, scene)
        base = np.column_stack([spots.points[inside], height[inside] - layer.sink * np.minimum(tall, 3.0)])[free]
        if not len(base):
            continue
        matrices = upright(base, yaw[inside][free], scale[inside][free], None if normals is None else normals[inside][free],
                           layer.tilt)  # fmt: skip
        objects = []
        for asset in assets:
            obj = asset_object(site, layer.generator, asset)
            moves = "sway" in asset.mesh.attributes and scene.wind > 0.2 and scene.frames > 1
            site.add_source(obj, moves)
            if moves:
                add_wind(obj, scene.wind, scene.wind_direction, *([scene.current] if scene.current else []))
            objects.append(obj)
        scatter(
            site,
            f"{layer.generator} {number % 9973} {band}",
            assets[0].kind,
            f"life.{layer.group}",
            objects,
            matrices,
            which[free],
        )


def variant_specs(layer: Layer, life: Life, number: int) -> list:
    """The specs of a layer's variants, in the place's season where they know one; species take turns."""
    row = row_of(layer.generator)
    known = fields(row.load("spec"))
    specs = []
    for index in range(layer.variants):
        fixed = {path: wish for path, wish in layer.settings.items() if path in known}
        for path, wish in fixed.items():
            if isinstance(wish, tuple):
                fixed[path] = wish[index % len(wish)]
        if layer.seasonal and "season" in known:
            fixed["season"] = life.season
        if layer.seasonal and "dry" in known and "dry" not in fixed:
            fixed["dry"] = DRY[life.season]
        draw_seed = int(child(number, f"variant {index}").integers(2**31))
        try:
            specs.append(thing_spec(layer.generator, draw_seed, fixed))
        except SpecError as error:
            raise SpecError(f"{layer.generator}: {error}") from None
    return specs


def suitability(layer: Layer, ground, points: np.ndarray, height: np.ndarray, masks, number: int) -> np.ndarray:
    """How well (n,) 0…1 points of the ground suit a layer."""
    share = np.full(len(points), layer.base)
    for name, weight in layer.masks.items():
        share += weight * masks[name]
    slope = np.degrees(np.arctan(ground.slope(points, 1.5)))
    share = np.clip(share, 0, 1) * np.clip((layer.slope - slope) / 8.0 + 0.5, 0, 1)
    level = ground.water_level
    above = height - (level if level is not None else 0.0)
    low = (
        max(layer.height[0], 0.05)
        if level is not None and layer.group != "sea_life" and layer.height[0] == -1e9
        else layer.height[0]
    )
    share *= (above >= low) & (above <= layer.height[1])
    if layer.clump:
        crowd = fractal(points / layer.clump, number % 65521, 3)
        edge = np.quantile(_CLUMPS, layer.clumped)
        share *= np.clip((crowd - edge) / 0.15 + 0.5, 0, 1)
    return share


# Quantiles of the clump noise, over a plane.
_CLUMPS = np.sort(fractal(np.stack(np.meshgrid(np.arange(48), np.arange(48)), -1).reshape(-1, 2) * 0.37, 11, 3))


def _thinned(layer: Layer, distance: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, (layer.thin / np.maximum(distance, 1e-3)) ** 2)


def _normals(ground, points: np.ndarray, distance: np.ndarray, pixel: float) -> np.ndarray:
    step = np.maximum(distance * pixel * 3, 0.25)[:, None]
    rises = [(ground.height(points + way * step / 2, step[:, 0]) - ground.height(points - way * step / 2, step[:, 0]))
             / step[:, 0] for way in np.eye(2)]  # fmt: skip
    normals = np.stack([-rises[0], -rises[1], np.ones(len(points))], 1)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _free(points, height, radius, tall, scene: Scene) -> np.ndarray:
    """Whether things leave the camera room: none stands in its way, and what is below the eye may come nearer."""
    free = np.ones(len(points), bool)
    for eye in View.few(scene.way.eyes, 16):
        beside = np.linalg.norm(points - eye[:2], axis=1) - radius
        over = eye[2] - (height + tall)  # of the eye over its top
        free &= (beside > scene.nearest) | (over > np.maximum(0.5 * scene.nearest, 0.3))
    return free
