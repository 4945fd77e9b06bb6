"""The generators of ground and rocks."""

from ...generator import Generator

TERRAIN: tuple[Generator, ...] = (
    Generator("boulder", "terrain", ".places.terrain.rocks", "Boulder", "sample_boulder", "build_boulder",
              "A boulder that broke along planes, with beds and cracks"),
    Generator("pebble", "terrain", ".places.terrain.rocks", "Pebble", "sample_pebble", "build_pebble",
              "A small stone, worn round or a chip with edges"),
    Generator("arch", "terrain", ".places.terrain.standing", "Arch", "sample_arch", "build_arch", "A natural arch of rock"),
    Generator("sea_stack", "terrain", ".places.terrain.standing", "SeaStack", "sample_sea_stack", "build_sea_stack",
              "A pillar of rock that stands in the sea"),
    Generator("overhang", "terrain", ".places.terrain.standing", "Overhang", "sample_overhang", "build_overhang",
              "A wall of rock that leans out over a hollow"),
    Generator("iceberg", "terrain", ".places.terrain.standing", "Ice", "sample_ice", "build_ice", "A block of ice that floats"),
)  # fmt: skip
