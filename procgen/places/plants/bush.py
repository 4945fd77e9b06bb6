"""Bushes: the same growth as trees from many stems, in several habits."""

from __future__ import annotations

from numpy.random import Generator

from ...assets import Asset
from ...params import beta, choice, draw, lognormal, seed, spec, uniform
from .species import GOLD, ORANGE, RED, YELLOW, Species
from .tree import grown

# A species of bush is a row as that of a tree is.
BUSHES = {
    "round": Species("a bush", "colonise", (0.7, 2.6), "oval", 0.055, (0.058, 0.110, 0.022), (ORANGE, GOLD), trunk=0.022, base=0.03,
                     spread=0.62, low=0.40, high=0.42, leader=0.0, tropism=0.08, wander=0.2, gaps=0.30, attractors=380, flare=0.0, twig=0.10,
                     leaves=9000, stems=11, faces=0.42, cover=4.6),
    "upright": Species("a tall shrub", "colonise", (1.4, 4.2), "broad", 0.07, (0.064, 0.120, 0.024), (YELLOW, GOLD), trunk=0.016, base=0.08, spread=0.34,
                       low=0.60, high=0.40, leader=0.0, tropism=0.35, wander=0.14, gaps=0.35, attractors=380, flare=0.0, twig=0.09, leaves=9000,
                       stems=14, faces=0.45, cover=4.4),
    "flowering": Species("a flowering bush", "colonise", (0.8, 2.4), "broad", 0.055, (0.050, 0.105, 0.026), (YELLOW, GOLD), trunk=0.02, base=0.04,
                         spread=0.56, low=0.45, high=0.42, leader=0.0, tropism=0.10, wander=0.2, gaps=0.35, attractors=340, flare=0.0, twig=0.11,
                         leaves=7000, stems=10, faces=0.45, blossom=(0.62, 0.16, 0.40), cover=4.2),
    "berry": Species("a berry bush", "colonise", (0.8, 2.2), "lobed", 0.06, (0.055, 0.110, 0.024), (RED, ORANGE), trunk=0.017, base=0.03, spread=0.55,
                     low=0.45, high=0.40, leader=0.0, tropism=0.05, wander=0.24, gaps=0.38, attractors=300, flare=0.0, twig=0.14, droop=-0.14,
                     leaves=5500, stems=9, faces=0.45, fruit=(0.45, 0.02, 0.02), cover=3.8),
    "heather": Species("heather", "colonise", (0.2, 0.6), "needle", 0.02, (0.050, 0.072, 0.030), None, trunk=0.02, base=0.02, spread=0.80, low=0.35,
                       high=0.35, leader=0.0, tropism=0.50, wander=0.16, gaps=0.15, attractors=420, flare=0.0, twig=0.30, leaves=22000, stems=16,
                       faces=0.38, blossom=(0.42, 0.13, 0.36), cover=2.6),
    "juniper": Species("a juniper", "colonise", (0.6, 2.6), "needle", 0.05, (0.034, 0.066, 0.036), None, trunk=0.026, base=0.02, spread=0.52, low=0.40,
                       high=0.50, leader=0.0, tropism=0.22, wander=0.18, gaps=0.30, attractors=420, flare=0.0, twig=0.10, leaves=22000, stems=9,
                       faces=0.42, cover=3.4),
    "sage": Species("a desert shrub", "colonise", (0.35, 1.2), "lance", 0.035, (0.16, 0.17, 0.10), None, wood=(0.17, 0.145, 0.115), trunk=0.026, base=0.02,
                    spread=0.66, low=0.45, high=0.35, leader=0.0, tropism=0.20, wander=0.24, gaps=0.40, attractors=320, flare=0.0, twig=0.13,
                    leaves=6500, stems=12, faces=0.35, cover=2.2),
    "dry": Species("a dry bush", "colonise", (0.3, 1.6), "lance", 0.03, (0.20, 0.16, 0.08), None, wood=(0.21, 0.175, 0.13), trunk=0.024, base=0.02,
                   spread=0.62, low=0.45, high=0.40, leader=0.0, tropism=0.05, wander=0.34, smooth=0, gaps=0.35, attractors=420, flare=0.0, twig=0.15,
                   leaves=500, stems=10, faces=0.35, cover=0.12),
}  # fmt: skip


@spec
class Bush:
    """A bush: its habit, its size, and the season it stands in."""

    habit: str = choice(
        {name: 1.0 for name in BUSHES}, doc="kind of bush", says={name: row.says for name, row in BUSHES.items()}
    )
    season: str = choice({"spring": 0.2, "summer": 0.45, "autumn": 0.2, "winter": 0.15}, doc="season of its leaves",
                         says={"spring": "in spring", "summer": "", "autumn": "in autumn", "winter": "in winter"})  # fmt: skip
    height: float = uniform(0.15, 6, unit="m", doc="height; drawn within what the habit reaches")
    age: float = beta(3, 1.6, doc="0 young … 1 old: thicker stems and more branches")
    spread: float = lognormal(1.0, 0.16, 0.6, 1.6, doc="width, relative to the habit")
    density: float = lognormal(1.0, 0.20, 0.4, 1.6, doc="number of leaves, relative to the habit")
    dead_wood: float = beta(0.8, 9, doc="share of branches that are dead and bare")
    turned: float = beta(2, 1.6, doc="how far the autumn's colours have spread, 0 green … 1 turned")
    lean: float = uniform(0, 6, unit="deg", doc="lean of the whole bush")
    snow: float = uniform(0, 1, doc="snow on the branches", says=((0.15, ""), (2, "under snow")))
    seed: int = seed()


def sample_bush(rng: Generator, fixed=None) -> Bush:
    """Draw a bush: its height within what its habit reaches, snow in winter only."""
    first = draw(Bush, rng, fixed)
    height = uniform(*BUSHES[first.habit].height)
    return draw(Bush, rng, fixed, height=height, snow=uniform(0, 1) if first.season == "winter" else 0.0)


def build_bush(bush: Bush, detail: float = 1.0) -> Asset:
    """A bush at rest; ``detail`` 0.25 has about a tenth of the faces, fewer and larger leaves."""
    return grown(bush, BUSHES[bush.habit], detail, "bush")
