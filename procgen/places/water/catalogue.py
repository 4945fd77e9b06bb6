"""The generators of water."""

from ...generator import Generator

WATER: tuple[Generator, ...] = (
    Generator("sea", "water", ".places.water.sea", "Sea", "sample_sea", "build_sea", "a sea under a wind"),
    Generator("waterfall", "water", ".places.water.waterfall", "Waterfall", "sample_waterfall", "build_waterfall",
              "a stream that falls into a pool, simulated, with its rock", alone=False),
    Generator("splash", "water", ".places.water.splash", "Splash", "sample_splash", "build_splash",
              "a ball of water that falls into a basin, simulated", alone=False),
)  # fmt: skip
