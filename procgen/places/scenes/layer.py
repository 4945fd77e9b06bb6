"""What a recipe of a place is made of: layers of scattered things, animals, and the wishes for its view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GROUPS = ("trees", "undergrowth", "ground_cover", "stones", "sea_life")  # each a density of the spec


@dataclass(frozen=True)
class Layer:
    """Things of one generator scattered over the ground.

    Where they stand is a product: of ``base`` plus the ground's masks by weight, of slope, height, clumps and distance.
    """

    generator: str  # of the registry
    group: str  # which density of the spec scales it
    density: float  # things a m² where all suits them
    reach: tuple[float, float] = (1.0, 200.0)  # m from the cameras
    settings: Mapping[str, Any] = field(default_factory=dict)  # fields of the thing's spec that are narrowed
    variants: int = 3
    scale: tuple[float, float] = (0.75, 1.25)
    base: float = 1.0
    masks: Mapping[str, float] = field(default_factory=dict)  # name of a mask -> what it adds to the base
    slope: float = 40.0  # degrees above which none stands
    height: tuple[float, float] = (-1e9, 1e9)  # m above the water, or above the origin where there is none
    clump: float = 0.0  # m, size of groups; 0 spreads evenly
    clumped: float = 0.5  # share of the ground that groups leave empty
    thin: float = 1e9  # m from which the density falls with the square of the distance
    swell: float = 1.0  # how much larger the last ones of a thinned layer are than the first
    tilt: float = 0.0  # 0 upright … 1 along the ground's normal
    sink: float = 0.02  # share of the height that is below the ground
    details: tuple[tuple[float, float], ...] = ((1e9, 1.0),)  # up to which distance which detail is built
    seasonal: bool = False  # whether the spec's season is set on it


@dataclass(frozen=True)
class Animals:
    """Animals of one generator, near enough to be seen."""

    generator: str
    count: float  # mean number
    where: str  # ground, air or water
    cycle: str
    distance: tuple[float, float] = (4.0, 25.0)  # m, of an animal of one metre; larger ones keep further off
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """A kind of place: what its ground, weather and water are drawn within, and what is put on it."""

    says: str
    weight: float
    terrain: Mapping[str, Any]
    weather: Mapping[str, Any] = field(default_factory=dict)
    shot: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    animals: tuple[Animals, ...] = ()
    water: str = ""  # sea, lake or none
    under: bool = False  # whether the camera is below the water
    sky: tuple[float, float] = (0.12, 0.5)  # share of the picture that the sky may take
    wet: float = 0.0  # share of looks that end on water
    cover: Mapping[str, str] = field(default_factory=dict)  # mask -> material in place of the ground's own
