"""What a piece of ground is: its kind of land, its size, and what weather and water made of it."""

from __future__ import annotations

from numpy.random import Generator

from ...params import beta, choice, draw, flag, lognormal, seed, spec, uniform

KINDS = {
    "mountain": 1.2, "canyon": 1.0, "cliff": 0.8, "mesa": 0.8, "dunes": 0.8, "plain": 0.8, "river_valley": 1.0, "coast": 1.0,
    "islands": 0.7, "volcano": 0.5, "cave": 0.6, "glacier": 0.7, "hills": 1.0, "sea_floor": 0.6, "reef": 0.6,
}  # fmt: skip
SAYS = {
    "mountain": "mountains", "canyon": "a canyon", "cliff": "a cliff", "mesa": "mesas", "dunes": "sand dunes", "plain": "a plain",
    "river_valley": "a river valley", "coast": "a sea shore", "islands": "islands", "volcano": "a volcano",
    "cave": "a rocky hillside with a cave", "glacier": "pack ice below snowy mountains", "hills": "hills", "sea_floor": "a sea bed",
    "reef": "a reef",
}  # fmt: skip


@spec
class Terrain:
    """A square of ground around the origin; where water stands, its surface is at the height 0."""

    kind: str = choice(KINDS, says=SAYS, doc="kind of land")
    size: float = uniform(200, 12000, unit="m", doc="edge of the modelled square")
    relief: float = uniform(0.5, 2600, unit="m", doc="height from the lowest to the highest ground")
    roughness: float = beta(3, 3, doc="how rough rock is below the scale of landforms")
    erosion: float = beta(4, 3, doc="how far rivers and rain have cut into the land")
    strata: float = beta(2, 3, doc="how far hard beds of rock stand out as ledges")
    bed: float = lognormal(8, 0.5, 1, 40, unit="m", doc="thickness of the beds of rock")
    snow: float = uniform(0, 3, unit="m", doc="depth of the snow on flat ground above the snow line")
    snow_line: float = uniform(0, 2600, unit="m", doc="height above which snow lies")
    water: bool = flag(0.5, says={True: "with water"}, doc="whether water fills what lies below the height 0")
    depth: float = lognormal(8, 0.5, 0.5, 60, unit="m", doc="depth of the water away from the shore")
    river: float = lognormal(25, 0.5, 2, 120, unit="m", doc="width of the river of a valley or canyon")
    wind: float = uniform(-3.1416, 3.1416, unit="rad", doc="direction that the wind blows to, from +x towards +y")
    spacing: float = lognormal(140, 0.4, 40, 400, unit="m", doc="distance between the crests of dunes")
    seed: int = seed()


# What the kinds differ in: size and relief as (median, sigma of the logarithm), strata and roughness as (a, b) of a beta
# distribution, snow as metres and as the share of the relief where it begins, and the odds of water.
_SHAPES = {
    "mountain": ((6500, 0.2), (1300, 0.25), (2, 4), (4, 2), (0.0, 2.5), (0.25, 0.8), 0.0),
    "canyon": ((3600, 0.15), (260, 0.2), (6, 2), (3, 3), (0.0, 0.0), (1.0, 1.0), 0.6),
    "cliff": ((1600, 0.15), (90, 0.3), (4, 2), (4, 2), (0.0, 0.0), (1.0, 1.0), 0.6),
    "mesa": ((4500, 0.2), (190, 0.25), (6, 2), (3, 3), (0.0, 0.0), (1.0, 1.0), 0.0),
    "dunes": ((2400, 0.2), (25, 0.3), (1, 6), (2, 4), (0.0, 0.0), (1.0, 1.0), 0.0),
    "plain": ((3000, 0.2), (16, 0.35), (1, 6), (2, 4), (0.0, 0.3), (0.0, 1.0), 0.0),
    "river_valley": ((3000, 0.15), (240, 0.3), (2, 5), (2, 3), (0.0, 0.0), (1.0, 1.0), 1.0),
    "coast": ((2200, 0.15), (60, 0.4), (3, 3), (3, 2), (0.0, 0.0), (1.0, 1.0), 1.0),
    "islands": ((5000, 0.2), (190, 0.4), (2, 4), (3, 2), (0.0, 0.0), (1.0, 1.0), 1.0),
    "volcano": ((7000, 0.2), (1200, 0.25), (1, 6), (4, 2), (0.0, 1.5), (0.45, 1.0), 0.0),
    "cave": ((700, 0.15), (60, 0.25), (5, 2), (4, 2), (0.0, 0.0), (1.0, 1.0), 0.0),
    "glacier": ((4000, 0.2), (800, 0.25), (2, 4), (3, 2), (0.8, 3.0), (0.0, 0.05), 1.0),
    "hills": ((3500, 0.2), (280, 0.3), (1, 6), (2, 4), (0.0, 0.0), (1.0, 1.0), 0.0),
    "sea_floor": ((600, 0.2), (9, 0.4), (2, 4), (3, 3), (0.0, 0.0), (1.0, 1.0), 1.0),
    "reef": ((420, 0.2), (6, 0.3), (1, 6), (4, 2), (0.0, 0.0), (1.0, 1.0), 1.0),
}  # fmt: skip
_DEPTH = {"sea_floor": (16, 0.35), "reef": (9, 0.3), "coast": (14, 0.3), "islands": (30, 0.3), "river_valley": (3, 0.3),
          "canyon": (2.5, 0.3)}  # fmt: skip


def _around(median: float, sigma: float, low: float, high: float):
    """Log-normal within two sigma of the median and within [low, high]."""
    spread = 2.718281828 ** (2 * sigma)
    return lognormal(median, sigma, max(median / spread, low), min(median * spread, high))


def sample_terrain(rng: Generator, fixed=None) -> Terrain:
    """Draw a terrain: the kind first, then what lies within its habits."""
    wish = {"kind": fixed["kind"]} if fixed and "kind" in fixed else None
    kind = draw(Terrain, rng, wish).kind
    size, relief, strata, roughness, snow, line, water = _SHAPES[kind]
    height = relief[0]
    return draw(
        Terrain, rng, fixed, kind=choice({kind: 1.0}),
        size=_around(*size, 200, 12000), relief=_around(*relief, 0.5, 2600), strata=beta(*strata), roughness=beta(*roughness),
        snow=uniform(*snow), snow_line=uniform(line[0] * height, line[1] * height), water=flag(water),
        depth=_around(*_DEPTH.get(kind, (8, 0.5)), 0.5, 60),
    )  # fmt: skip
