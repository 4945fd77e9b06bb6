"""The kinds of places by name; each is a row that draws on the generators of ground, water, weather and life."""

from __future__ import annotations

from ...params import OneOf, Range
from .common import boulders, bushes, ferns, flowers, grass, pebbles, trees
from .layer import Animals, Layer, Recipe

DAY = {"sun_elevation": Range(9, 62)}
CLEAR = DAY | {"clouds": OneOf(("none", "cumulus", "cirrus", "altocumulus")), "precipitation": OneOf(("none",)), "fog": Range(0, 0.001),
               "overcast": Range(0, 0.35)}  # fmt: skip
MILD = DAY | {"precipitation": OneOf(("none", "leaves")), "overcast": Range(0, 0.7), "fog": Range(0, 0.004)}
SUBMERGED = {"sun_elevation": Range(30, 75), "precipitation": OneOf(("none",)), "clouds": OneOf(("none", "cumulus")), "fog": Range(0, 0),
             "overcast": Range(0, 0.2), "lightning": OneOf((False,)), "aurora": OneOf((False,))}  # fmt: skip

_SHORE = {"height": (0.4, 1e9)}


def _corals(density: float, **more) -> Layer:
    given = {"reach": (1.0, 45.0), "variants": 10, "scale": (0.6, 1.5), "tilt": 0.6, "sink": 0.05, "slope": 70.0, "clump": 4.0,
             "clumped": 0.3, "thin": 9.0, "details": ((7.0, 0.7), (1e9, 0.2))} | more  # fmt: skip
    return Layer("coral_colony", "sea_life", density, **given)


def _sea(generator: str, density: float, **more) -> Layer:
    given = {"reach": (0.8, 25.0), "variants": 3, "tilt": 0.7, "slope": 65.0, "clump": 3.0, "clumped": 0.5, "thin": 8.0,
             "details": ((5.0, 0.7), (1e9, 0.25))} | more  # fmt: skip
    return Layer(generator, "sea_life", density, **given)


RECIPES = {
    "arctic": Recipe(
        "an arctic shore", 1.0, {"kind": "glacier"},
        DAY | {"sun_elevation": Range(3, 28), "precipitation": OneOf(("none", "snow")), "fog": Range(0, 0.004)},
        layers=(
            Layer("iceberg", "stones", 0.002, (6.0, 500.0), variants=4, tilt=0.3, sink=0.2, thin=150.0, clump=40.0, clumped=0.6, scale=(0.4, 1.6),
                  details=((40.0, 1.0), (1e9, 0.2))),
            boulders(0.0012, masks={"rock": 1.0}, base=0.2), pebbles(0.4, masks={"rock": 1.0}, base=0.1),
        ),
        animals=(Animals("bird", 0.5, "air", "fly", (10.0, 40.0)), Animals("carnivore", 0.3, "ground", "walk", (6.0, 20.0))),
        water="sea", wet=0.2,
    ),
    "canyon": Recipe(
        "a canyon", 1.0, {"kind": "canyon"}, CLEAR | {"sun_elevation": Range(28, 66)},
        layers=(
            boulders(0.02), pebbles(4.0), bushes(0.01, settings={"habit": ("sage", "dry", "juniper")}, seasonal=False),
            grass(("tussock", "dune_grass"), 0.8, clumped=0.6), Layer("cactus", "undergrowth", 0.004, (5.0, 120.0), slope=25.0, thin=60.0),
        ),
        animals=(Animals("reptile", 0.3, "ground", "walk"), Animals("bird", 0.4, "air", "fly", (10.0, 40.0))),
        sky=(0.1, 0.4),
    ),
    "cave": Recipe(
        "inside a cave", 0.8, {"kind": "cave"}, DAY | {"precipitation": OneOf(("none",)), "fog": Range(0, 0)},
        shot={"motion": OneOf(("walk", "still")), "field_of_view": Range(55, 85)}, sky=(0.0, 1.0),
    ),
    "cliff": Recipe(
        "a cliff", 0.9, {"kind": "cliff"}, MILD,
        layers=(
            grass(("meadow", "tussock"), 7.0), bushes(0.02), boulders(0.008), pebbles(1.5, masks={"rock": 0.5}, base=0.3),
            flowers(0.4), trees(("pine", "oak", "birch"), 0.004),
        ),
        animals=(Animals("bird", 1.0, "air", "fly", (8.0, 40.0)), Animals("herbivore", 0.3, "ground", "walk")), water="sea",
    ),
    "coast": Recipe(
        "a sea shore", 1.2, {"kind": "coast", "water": True}, DAY | {"precipitation": OneOf(("none",)), "overcast": Range(0, 0.6), "fog": Range(0, 0.002)},
        layers=(
            pebbles(2.5, masks={"beach": 0.9}, base=0.15, height=(-0.4, 1e9)), boulders(0.006, masks={"rock": 0.8}, base=0.35, height=(-2.0, 1e9)),
            grass(("dune_grass", "tussock"), 5.0, height=(1.6, 1e9)), bushes(0.012, height=(2.5, 1e9)),
            Layer("shell", "sea_life", 0.25, (0.6, 14.0), variants=4, scale=(0.5, 1.3), tilt=1.0, base=0.0, masks={"beach": 1.0}, thin=4.0),
            trees(("pine", "palm"), 0.006, height=(4.0, 1e9)), Layer("seaweed", "sea_life", 0.12, (1.5, 18.0), base=0.0, masks={"beach": 1.0}, height=(0.0, 0.8)),
        ),
        animals=(Animals("bird", 1.2, "air", "fly", (8.0, 40.0)), Animals("crustacean", 0.5, "ground", "walk")), water="sea", wet=0.45, cover={"beach": "sand"},
    ),
    "coral_reef": Recipe(
        "a coral reef", 1.0, {"kind": "reef", "water": True}, SUBMERGED, shot={"motion": OneOf(("drone", "orbit", "still")), "altitude": Range(4, 5)},
        layers=(
            _corals(1.6), _sea("sea_fan", 0.15, variants=2), _sea("sea_worm", 0.1), _sea("sea_sponge", 0.12), _sea("anemone", 0.2), _sea("starfish", 0.08), _sea("urchin", 0.15), _sea("seaweed", 0.2),
            _sea("shell", 0.1), boulders(0.03, settings={}), pebbles(1.0),
        ),
        animals=(Animals("fish", 9.0, "water", "swim", (2.0, 9.0)), Animals("crustacean", 0.4, "ground", "walk")), water="sea", under=True, sky=(0.05, 0.6),
    ),
    "desert": Recipe(
        "a desert", 1.2, {"kind": OneOf(("dunes", "mesa"))}, CLEAR | {"sun_elevation": Range(10, 58), "precipitation": OneOf(("none", "none", "dust"))},
        layers=(
            boulders(0.0016, masks={"rock": 0.8}, base=0.15), pebbles(1.5, masks={"rock": 0.8}, base=0.25),
            grass(("dune_grass", "tussock"), 0.25, clump=14.0, clumped=0.75, reach=(1.5, 120.0)),
            Layer("cactus", "undergrowth", 0.0025, (6.0, 160.0), slope=20.0, thin=70.0, clump=30.0, clumped=0.6),
            bushes(0.003, settings={"habit": ("sage", "dry", "juniper")}, seasonal=False),
            Layer("succulent", "undergrowth", 0.004, (2.5, 50.0), slope=25.0, thin=30.0, clump=12.0, clumped=0.7),
        ),
        animals=(Animals("snake", 0.3, "ground", "slither", (2.0, 7.0)), Animals("reptile", 0.3, "ground", "walk"), Animals("beetle", 0.3, "ground", "walk", (12.0, 40.0))),
    ),
    "forest": Recipe(
        "a forest", 1.4, {"kind": "hills"}, MILD,
        layers=(
            trees(("oak", "beech", "birch", "maple", "spruce", "pine"), 0.035, clump=45.0, clumped=0.12, base=1.0),
            bushes(0.03), ferns(0.4), grass(("meadow", "meadow", "lawn"), 5.0, clumped=0.4, scale=(0.5, 1.0)), flowers(0.25),
            Layer("leaf_litter", "ground_cover", 0.5, (0.5, 30.0), variants=3, tilt=1.0, sink=0.0, thin=7.0, swell=1.6, slope=35.0),
            Layer("mushroom", "ground_cover", 0.12, (0.8, 16.0), variants=3, thin=6.0, clump=3.0, clumped=0.7, details=((5.0, 1.0), (1e9, 0.3))),
            Layer("fallen_log", "undergrowth", 0.006, (3.0, 80.0), tilt=1.0, sink=0.1, thin=40.0, slope=28.0),
            Layer("tree_stump", "undergrowth", 0.003, (3.0, 60.0), thin=40.0, slope=28.0), boulders(0.002), pebbles(0.5),
        ),
        animals=(Animals("herbivore", 0.6, "ground", "walk", (6.0, 18.0)), Animals("bird", 0.6, "air", "fly", (6.0, 25.0)), Animals("carnivore", 0.2, "ground", "walk")),
        sky=(0.05, 0.6), cover={"base": "forest_floor"},
    ),
    "kelp_forest": Recipe(
        "a kelp forest", 0.8, {"kind": "sea_floor", "water": True}, SUBMERGED, shot={"motion": OneOf(("drone", "still")), "altitude": Range(4, 6), "height": Range(1.5, 4)},
        layers=(
            _sea("kelp", 0.16, reach=(2.5, 45.0), variants=4, tilt=0.0, clump=9.0, clumped=0.3, thin=18.0, details=((9.0, 1.0), (1e9, 0.25))),
            _sea("seaweed", 0.9), _sea("urchin", 0.2), _sea("starfish", 0.08), boulders(0.03), pebbles(1.2), _sea("anemone", 0.05),
        ),
        animals=(Animals("fish", 7.0, "water", "swim", (2.0, 10.0)), Animals("crustacean", 0.3, "ground", "walk")), water="sea", under=True, sky=(0.05, 0.6),
    ),
    "mountain": Recipe(
        "mountains", 1.2, {"kind": "mountain"}, MILD,
        layers=(
            grass(("meadow", "tussock"), 6.0), trees(("spruce", "larch", "pine"), 0.02, base=0.8, masks={"rock": -1.5, "snow": -1.5}),
            bushes(0.01), flowers(0.5), boulders(0.008, masks={"rock": 0.6}, base=0.4), pebbles(1.5, masks={"rock": 0.7}, base=0.3),
        ),
        animals=(Animals("herbivore", 0.5, "ground", "walk"), Animals("bird", 0.5, "air", "fly", (10.0, 50.0))), sky=(0.12, 0.45),
    ),
    "plain": Recipe(
        "a plain", 1.0, {"kind": "plain", "snow": Range(0, 0)}, MILD,
        layers=(
            grass(("meadow", "meadow", "tussock", "tall", "meadow"), 14.0, clumped=0.1, scale=(0.45, 1.0)), flowers(1.2), trees(("oak", "acacia", "poplar"), 0.0012, clump=60.0, clumped=0.6),
            bushes(0.006), boulders(0.0008), pebbles(0.3),
        ),
        animals=(Animals("herbivore", 1.2, "ground", "walk", (7.0, 22.0)), Animals("carnivore", 0.3, "ground", "walk", (8.0, 22.0)),
                 Animals("dragonfly", 0.4, "air", "fly", (16.0, 40.0)), Animals("bird", 0.5, "air", "fly", (8.0, 40.0))),
        sky=(0.2, 0.6),
    ),
    "river": Recipe(
        "a river valley", 1.1, {"kind": "river_valley", "water": True}, MILD,
        layers=(
            trees(("willow", "poplar", "birch", "oak", "spruce"), 0.014, height=(0.8, 1e9)), grass(("meadow", "meadow", "tussock", "tall", "meadow"), 10.0, height=(0.5, 1e9), scale=(0.5, 1.0)),
            Layer("grass", "ground_cover", 3.0, (0.6, 70.0), settings={"habit": ("reed",)}, variants=3, height=(-0.15, 0.5), thin=14.0, swell=1.5,
                  clump=6.0, details=((9.0, 1.0), (1e9, 0.3)), slope=35.0),
            bushes(0.03, **_SHORE), flowers(0.5, **_SHORE), boulders(0.01, height=(-0.8, 1e9), masks={"flow": 0.5, "beach": 0.5}, base=0.4),
            pebbles(3.5, height=(-0.5, 1.2)), ferns(0.1, **_SHORE),
        ),
        animals=(Animals("herbivore", 0.5, "ground", "walk"), Animals("bird", 0.6, "air", "fly", (8.0, 30.0)), Animals("dragonfly", 0.5, "air", "fly", (16.0, 40.0))),
        water="lake", wet=0.35,
    ),
    "snowy_mountain": Recipe(
        "snowy mountains", 1.0, {"kind": "mountain", "snow": Range(1.0, 2.6), "snow_line": Range(0, 300)},
        DAY | {"precipitation": OneOf(("none", "snow")), "fog": Range(0, 0.003)},
        layers=(
            trees(("spruce", "pine", "larch"), 0.02, masks={"rock": -1.2}, seasonal=True), boulders(0.006, masks={"rock": 0.6}, base=0.4),
            pebbles(0.6, masks={"rock": 0.9}, base=0.0),
        ),
        animals=(Animals("carnivore", 0.3, "ground", "walk"), Animals("bird", 0.3, "air", "fly", (10.0, 50.0))), sky=(0.12, 0.45),
    ),
    "under_water": Recipe(
        "a sea bed", 0.9, {"kind": "sea_floor", "water": True}, SUBMERGED, shot={"motion": OneOf(("drone", "orbit", "still")), "altitude": Range(4, 5)},
        layers=(
            _corals(0.18, clumped=0.6), _sea("seaweed", 0.5), _sea("urchin", 0.12), _sea("starfish", 0.1), _sea("shell", 0.3), _sea("anemone", 0.06), _sea("sea_sponge", 0.05),
            boulders(0.04), pebbles(2.0),
        ),
        animals=(Animals("fish", 8.0, "water", "swim", (2.0, 10.0)), Animals("jellyfish", 1.0, "water", "", (3.0, 8.0)), Animals("crustacean", 0.6, "ground", "walk")),
        water="sea", under=True, sky=(0.05, 0.6),
    ),
}  # fmt: skip
