"""The species of trees: one row each. A new tree is a new row."""

from __future__ import annotations

from typing import NamedTuple

Colour = tuple[float, float, float]

# Linear albedo of leaves by season, and what the warm ones of the crown turn to.
YELLOW, GOLD, ORANGE, RED, RUST = (
    (0.52, 0.36, 0.03),
    (0.45, 0.24, 0.02),
    (0.42, 0.13, 0.018),
    (0.30, 0.035, 0.016),
    (0.20, 0.085, 0.03),
)
GREY_BARK, BROWN_BARK, DARK_BARK, RED_BARK = (
    (0.16, 0.14, 0.115),
    (0.11, 0.078, 0.052),
    (0.062, 0.048, 0.036),
    (0.20, 0.095, 0.052),
)


class Species(NamedTuple):
    """How a tree grows and what it wears; lengths that are shares are shares of the tree's height."""

    says: str
    habit: str  # colonise, whorls, palm
    height: tuple[float, float]  # metres, young … old
    leaf: str  # a stencil of foliage.STENCILS
    length: float  # of a leaf or spray, metres
    green: Colour
    autumn: tuple[Colour, Colour] | None = None  # None keeps its leaves
    bark: str = "bark"
    wood: Colour = BROWN_BARK
    trunk: float = 0.022  # radius of the foot
    base: float = 0.25  # where the crown begins
    spread: float = 0.32  # greatest radius of the crown
    low: float = 0.4  # exponents of the crown's outline: t^low (1-t)^high over its height
    high: float = 0.5
    leader: float = 0.3  # how far into the crown the trunk runs on
    tropism: float = 0.10  # how strongly branches turn up
    wander: float = 0.14  # crookedness of branches
    smooth: int = 1
    gaps: float = 0.45  # share of the crown that is air between boughs
    attractors: int = 1100
    exponent: float = 2.1  # of the pipe model
    flare: float = 0.7
    twig: float = 0.045  # length of a twig
    droop: float = 0.0  # how fast twigs turn down
    leaves: int = 20000  # of a full crown in summer
    cover: float = 7.5  # area of the leaves for the area of the crown seen from the side
    whorls: int = 34
    angle: float = 95.0  # of boughs from straight up at the foot of the crown, degrees
    bend: float = 0.06  # how boughs turn up (or down) along their way
    boughs: int = 6  # of a whorl
    blossom: Colour | None = None
    fruit: Colour | None = None
    rough: float = 0.06
    holds: float = 0.0  # share of its leaves that stay on it dead in winter
    bottle: bool = False  # the trunk swells and is drawn in below the boughs
    broken: bool = False  # the top is broken off
    stems: int = 0  # of a bush, from the ground up
    faces: float = 1.0  # of what a tree may have
    weight: float = 1.0  # how often it is drawn


SPECIES = {
    "oak": Species("an oak", "colonise", (7, 24), "lobed", 0.17, (0.060, 0.112, 0.023), (RUST, GOLD), wood=GREY_BARK, trunk=0.030, base=0.20,
                   spread=0.46, low=0.30, high=0.45, leader=0.15, tropism=0.05, wander=0.26, smooth=0, gaps=0.40, exponent=2.2, flare=0.9,
                   leaves=14500, rough=0.09, twig=0.055, holds=0.03),
    "maple": Species("a maple", "colonise", (6, 20), "palmate", 0.17, (0.060, 0.125, 0.022), (ORANGE, RED), wood=GREY_BARK, trunk=0.021, base=0.20,
                     spread=0.34, low=0.38, high=0.55, leader=0.45, tropism=0.14, gaps=0.32, leaves=12000, twig=0.055),
    "birch": Species("a birch", "colonise", (7, 20), "oval", 0.10, (0.085, 0.145, 0.028), (YELLOW, YELLOW), "birch_bark", (0.62, 0.60, 0.55),
                     trunk=0.0115, base=0.20, spread=0.20, low=0.45, high=0.75, leader=0.93, tropism=0.16, gaps=0.55, attractors=900, exponent=2.2,
                     flare=0.35, twig=0.095, droop=-0.30, leaves=27000, rough=0.03),
    "beech": Species("a beech", "colonise", (9, 28), "oval", 0.16, (0.057, 0.120, 0.023), (ORANGE, RUST), wood=(0.22, 0.205, 0.185), trunk=0.021,
                     base=0.16, spread=0.34, low=0.32, high=0.55, leader=0.65, tropism=0.12, gaps=0.24, attractors=1400, leaves=28000, rough=0.02, twig=0.052, holds=0.05),
    "willow": Species("a weeping willow", "colonise", (6, 14), "lance", 0.20, (0.115, 0.165, 0.040), (YELLOW, YELLOW), wood=GREY_BARK, trunk=0.036,
                      base=0.28, spread=0.34, low=0.55, high=0.35, leader=0.10, tropism=0.20, wander=0.20, gaps=0.35, attractors=560, flare=0.8,
                      twig=0.46, droop=-0.85, leaves=28000, cover=5.5, rough=0.09),
    "poplar": Species("a poplar", "colonise", (10, 28), "broad", 0.13, (0.070, 0.125, 0.024), (YELLOW, GOLD), wood=GREY_BARK, trunk=0.017,
                      base=0.07, spread=0.105, low=0.30, high=0.60, leader=0.95, tropism=0.75, wander=0.08, gaps=0.12, attractors=1500,
                      twig=0.036, droop=0.30, leaves=24000),
    "acacia": Species("an umbrella acacia", "colonise", (5, 14), "pinnate", 0.19, (0.085, 0.115, 0.030), None, wood=DARK_BARK, trunk=0.026, base=0.72,
                      spread=0.62, low=0.30, high=0.28, leader=0.0, tropism=0.02, wander=0.16, gaps=0.34, attractors=950, exponent=2.3, flare=0.4,
                      twig=0.055, droop=0.10, leaves=6000, cover=5.5),
    "apple": Species("an apple tree", "colonise", (2.8, 7), "oval", 0.11, (0.070, 0.120, 0.026), (YELLOW, RUST), wood=GREY_BARK, trunk=0.031, base=0.28,
                     spread=0.50, low=0.45, high=0.50, leader=0.05, tropism=0.06, wander=0.26, smooth=0, gaps=0.30, attractors=750, flare=0.45,
                     twig=0.085, leaves=18000, blossom=(0.80, 0.62, 0.62), fruit=(0.42, 0.045, 0.022), rough=0.08),
    "cherry": Species("a cherry tree", "colonise", (3.5, 11), "oval", 0.12, (0.062, 0.115, 0.024), (ORANGE, RED), wood=(0.085, 0.050, 0.040), trunk=0.024,
                      base=0.22, spread=0.46, low=0.50, high=0.45, leader=0.05, tropism=0.10, gaps=0.34, attractors=800, flare=0.4, twig=0.07,
                      leaves=18000, blossom=(0.82, 0.52, 0.58)),
    "pine": Species("a pine", "colonise", (8, 26), "needle", 0.16, (0.052, 0.088, 0.034), None, "pine_bark", RED_BARK, trunk=0.0165, base=0.45,
                    spread=0.23, low=0.45, high=0.45, leader=0.88, tropism=0.03, wander=0.20, gaps=0.38, attractors=850, exponent=2.2, flare=0.3,
                    twig=0.055, droop=0.16, leaves=56000, cover=6.0),
    "spruce": Species("a spruce", "whorls", (6, 32), "needle", 0.11, (0.040, 0.078, 0.031), None, "pine_bark", BROWN_BARK, trunk=0.016, base=0.05,
                      spread=0.19, low=0.05, high=1.0, whorls=34, angle=102, bend=0.07, exponent=2.0, flare=0.4, leaves=52000, cover=6.5, boughs=6),
    "larch": Species("a larch", "whorls", (7, 28), "needle", 0.085, (0.090, 0.135, 0.036), (GOLD, YELLOW), "pine_bark", BROWN_BARK, trunk=0.014,
                     base=0.12, spread=0.19, low=0.12, high=0.9, whorls=27, angle=96, bend=0.09, exponent=2.0, flare=0.4, leaves=46000, cover=6.5, boughs=5),
    "cypress": Species("a cypress", "whorls", (4, 20), "needle", 0.10, (0.044, 0.078, 0.029), None, "bark", GREY_BARK, trunk=0.016, base=0.02,
                       spread=0.082, low=0.22, high=0.55, whorls=46, angle=34, bend=0.20, exponent=2.0, flare=0.3, leaves=52000, cover=6.5, boughs=7),
    "palm": Species("a coconut palm", "palm", (4, 18), "lance", 0.62, (0.135, 0.195, 0.040), None, "palm_bark", (0.22, 0.185, 0.14), trunk=0.017, flare=0.5,
                    leaves=30, fruit=(0.20, 0.15, 0.04), weight=0.8),
    "fan_palm": Species("a fan palm", "palm", (3, 14), "lance", 0.55, (0.095, 0.150, 0.045), None, "palm_bark", (0.14, 0.105, 0.07), trunk=0.026, flare=0.3,
                        leaves=34, weight=0.6),
    "baobab": Species("a baobab", "colonise", (8, 20), "palmate", 0.17, (0.065, 0.110, 0.028), (YELLOW, RUST), wood=(0.20, 0.155, 0.12), trunk=0.125,
                      base=0.55, spread=0.42, low=0.40, high=0.45, leader=0.10, tropism=0.04, wander=0.26, smooth=0, gaps=0.55, attractors=420, exponent=1.75,
                      flare=0.25, twig=0.045, leaves=7000, cover=6.5, rough=0.07, bottle=True, weight=0.5),
    "snag": Species("a dead tree", "colonise", (4, 16), "oval", 0.1, (0.1, 0.1, 0.05), None, "rotten_wood", (0.22, 0.20, 0.175), trunk=0.028, base=0.30,
                    spread=0.30, low=0.40, high=0.50, leader=0.75, tropism=0.06, wander=0.24, smooth=0, gaps=0.65, attractors=130, exponent=2.2, flare=0.7,
                    twig=0.03, leaves=0, rough=0.11, broken=True, weight=0.4),
}  # fmt: skip
