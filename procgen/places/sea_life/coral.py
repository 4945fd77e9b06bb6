"""Coral: colonies of fifteen kinds, grown by three processes: differential growth, Laplacian growth, reaction-diffusion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh
from ...geometry.noise import cells, fractal
from ...params import child, choice, draw, seed, spec, uniform
from . import coral_branching, coral_massive, coral_sheets, sea_fan
from .pigments import CORAL_COLOURS, CORAL_WEIGHTS, painted

# Kind: how it grows, how often it is drawn, and how much smaller its polyps are than the colony.
KINDS = {
    "staghorn": (coral_branching.staghorn, 3.0, 110),
    "elkhorn": (coral_branching.elkhorn, 2.0, 120),
    "bush": (coral_branching.bush, 2.0, 80),
    "twig": (coral_branching.twig, 1.5, 0),
    "fire": (coral_branching.fire, 1.0, 120),
    "pillar": (coral_branching.pillar, 1.0, 48),
    "brain": (coral_massive.brain, 3.0, 0),
    "maze": (coral_massive.maze, 1.0, 0),
    "star": (coral_massive.star, 2.0, 0),
    "honeycomb": (coral_massive.honeycomb, 2.0, 0),
    "mushroom": (coral_massive.mushroom, 1.0, 0),
    "lettuce": (coral_sheets.lettuce, 2.0, 0),
    "scroll": (coral_sheets.scroll, 1.5, 0),
    "table": (coral_sheets.table, 2.0, 0),
    "fan": (sea_fan.fan, 1.5, 0),
}

# The colours that each kind is mostly seen in; any other is rare.
DULL = ("tan", "brown", "olive", "mustard", "green")
USUAL = {
    "staghorn": ("tan", "brown", "blue", "violet", "cream"), "elkhorn": ("mustard", "tan", "brown"),
    "bush": ("rose", "violet", "brown", "green"), "twig": ("rose", "cream", "violet", "mustard"),
    "fire": ("mustard", "olive", "cream"), "pillar": ("brown", "tan", "mustard"), "brain": DULL, "maze": DULL,
    "star": ("green", "brown", "orange", "tan"), "honeycomb": DULL, "mushroom": ("orange", "rose", "violet", "green", "brown"),
    "lettuce": ("green", "tan", "violet", "brown"), "scroll": ("tan", "mustard", "olive", "brown"),
    "table": ("tan", "brown", "olive", "green", "blue"), "fan": ("violet", "red", "orange", "mustard", "rose"),
}  # fmt: skip
RARE = 0.015  # weight of a colour that is not usual


@spec
class Coral:
    """A coral colony."""

    kind: str = choice({name: row[1] for name, row in KINDS.items()}, says="{} coral", doc="how the colony grows")
    size: float = uniform(0.15, 1.2, unit="m", doc="its longest extent")
    colour: str = choice(CORAL_WEIGHTS, says="{}", doc="family of its colours")
    pale_tips: float = uniform(0.3, 1.0, doc="how pale its tips, rims and ridges are")
    relief: float = uniform(0.5, 1.3, doc="height of its polyps and ridges, as a share of the usual")
    bleached: float = uniform(
        0.0, 0.25, says=((0.2, ""), (1.1, "bleached")), doc="how far it has lost its algae, 1 white"
    )
    seed: int = seed()


def sample_coral(rng: np.random.Generator, fixed=None) -> Coral:
    """Draw a coral: its colours follow from its kind."""
    kind = draw(Coral, rng, fixed).kind
    weights = {name: 1.0 if name in USUAL[kind] else RARE for name in CORAL_WEIGHTS}
    return draw(Coral, rng, fixed, colour=choice(weights))


def build_coral(spec: Coral, detail: float = 1.0) -> Asset:
    """A colony on the ground; ``detail`` is the share of its faces, 1 seen from metres away."""
    grow, _, polyps = KINDS[spec.kind]
    mesh = grow(child(spec.seed, "growth"), detail)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    scale = spec.size / (high - low).max()
    pale, deep = mesh.attributes["pale"], mesh.attributes["deep"]
    if polyps:
        mesh, bump = _polyps(mesh, 1 / (scale * polyps / spec.size), spec, detail)
        pale, deep = np.clip(pale + 0.35 * bump, 0, 1), np.clip(deep + 0.25 * (0.4 - bump), 0, 1)
    vertices = (mesh.vertices - [*(low + high)[:2] / 2, 0]) * scale
    patches = fractal(vertices * (3 / spec.size) + 7, spec.seed % 65536, octaves=4)
    colour = painted(spec.colour, pale * spec.pale_tips, deep) * (1 + 0.22 * patches)[:, None]
    colour = colour + spec.bleached * (np.array([0.80, 0.76, 0.66]) - colour) * (1 - 0.6 * deep)[:, None]
    kept = {name: mesh.attributes[name] * scale if name == "sway" else mesh.attributes[name]
            for name in ("sway", "phase") if name in mesh.attributes}  # fmt: skip
    mesh = replace(mesh, vertices=vertices, attributes={"colour": np.clip(colour, 0, 1), **kept})
    return Asset("coral", mesh, (Surface("coral", spec.seed, CORAL_COLOURS[spec.colour][0], painted=True),))


def _polyps(mesh: Mesh, spacing: float, spec: Coral, detail: float) -> tuple[Mesh, np.ndarray]:
    """The mesh with small cups raised on its skin, and their height (n,) 0…1; a coarse mesh cannot show them."""
    first, _, _ = cells(mesh.vertices / spacing, spec.seed % 65536)
    bump = np.clip(1 - 1.5 * first, 0, 1)
    amount = 0.3 * spacing * spec.relief * min(detail, 1.0)
    return replace(mesh, vertices=mesh.vertices + mesh.normals() * (amount * bump)[:, None]), bump
