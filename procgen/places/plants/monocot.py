"""Large monocots: banana plants, irises, cordylines and birds of paradise, from long blades in tufts or on a stem."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform
from .blades import FOLDED, ROUND, arcs, level_side, sweep
from .foliage import blossom, leaf_colours, placed
from .growth import unit
from .outlines import RIB, Arrays
from .wood import tubes


class Habit(NamedTuple):
    """How a monocot grows; shares are of its height."""

    says: str
    height: float  # metres
    stem: float  # length of the stem
    thick: float  # radius of the stem
    leaves: int
    leaf: float  # length of a leaf with its stalk
    stalk: float  # share of the leaf that is stalk
    width: float  # by the blade's length
    rise: tuple[float, float]  # degrees, outermost … innermost
    sag: float
    green: tuple[float, float, float]
    flower: tuple[float, float, float] | None = None


HABITS = {
    "banana": Habit("a banana plant", 2.8, 0.46, 0.038, 11, 0.74, 0.16, 0.30, (18, 84), 1.35, (0.085, 0.165, 0.030)),
    "iris": Habit("irises", 0.70, 0.0, 0.0, 26, 1.0, 0.0, 0.050, (66, 89), 0.45, (0.075, 0.135, 0.050), (0.20, 0.13, 0.50)),
    "cordyline": Habit("a cordyline", 1.8, 0.52, 0.030, 64, 0.52, 0.0, 0.075, (-35, 85), 0.75, (0.080, 0.115, 0.045)),
    "strelitzia": Habit("a bird of paradise", 1.3, 0.0, 0.0, 15, 0.98, 0.52, 0.40, (52, 86), 0.55, (0.060, 0.125, 0.045), (0.70, 0.24, 0.02)),
    "taro": Habit("a taro plant", 1.1, 0.0, 0.0, 11, 1.05, 0.62, 0.86, (48, 85), 0.95, (0.055, 0.130, 0.030)),
}  # fmt: skip


@spec
class Monocot:
    """A large-leaved plant without branches."""

    habit: str = choice(
        {name: 1.0 for name in HABITS}, doc="kind of plant", says={name: row.says for name, row in HABITS.items()}
    )
    height: float = uniform(0.2, 7, unit="m", doc="height; drawn around the habit's")
    leaves: int = integer(6, 90, doc="number of leaves; drawn around the habit's")
    width: float = lognormal(1.0, 0.12, 0.6, 1.6, doc="width of leaves, relative to the habit")
    torn: float = beta(2, 2, doc="how far the wind has torn wide leaves")
    dry: float = beta(1, 3, doc="share of dead leaves, which hang", says=((0.55, ""), (2, "with dry leaves")))
    flowers: float = beta(1, 1.4, doc="how much it flowers, where it does", says=((0.6, ""), (2, "in flower")))
    seed: int = seed()


def sample_monocot(rng: Generator, fixed=None) -> Monocot:
    """Draw a plant: height and leaves around those of its habit."""
    row = HABITS[draw(Monocot, rng, fixed).habit]
    return draw(Monocot, rng, fixed, height=lognormal(row.height, 0.2, 0.6 * row.height, 1.6 * row.height),
                leaves=integer(int(0.75 * row.leaves), int(1.3 * row.leaves)))  # fmt: skip


def _torn(mesh: Mesh, paths: np.ndarray, share: float, rng: Generator) -> Mesh:
    """Blades of three columns slit from the edge to the midrib: some segments droop by themselves, opening gaps."""
    count, steps, _ = paths.shape
    corners = mesh.vertices.reshape(count, steps, 3, 3)
    attributes = {name: values.reshape(count, steps, 3, *values.shape[1:]) for name, values in mesh.attributes.items()}
    parts = []
    for column in (0, 2):
        edge, rib = corners[:, :, column], corners[:, :, 1]
        # Each quad of this side has its own two edge corners, pulled together and down where it is torn free.
        a, b = edge[:, :-1].copy(), edge[:, 1:].copy()
        free = (rng.uniform(size=(count, steps - 1)) < 0.75 * share)[..., None]
        middle = (a + b) / 2
        shrink = free * rng.uniform(0.05, 0.40, (count, steps - 1, 1))
        drop = (
            free
            * np.abs(edge[:, 1:] - rib[:, 1:]).sum(-1, keepdims=True)
            * rng.uniform(0.05, 0.5, (count, steps - 1, 1))
        )
        a, b = a + (middle - a) * shrink - drop * [0, 0, 1], b + (middle - b) * shrink - drop * [0, 0, 1]
        quad = np.stack([rib[:, :-1], rib[:, 1:], b, a] if column == 0 else [rib[:, :-1], a, b, rib[:, 1:]], 2)
        numbers = np.arange(count * (steps - 1) * 4).reshape(-1, 4)
        values = {}
        for name, full in attributes.items():
            low_e, high_e, low_r, high_r = full[:, :-1, column], full[:, 1:, column], full[:, :-1, 1], full[:, 1:, 1]
            order = [low_r, high_r, high_e, low_e] if column == 0 else [low_r, low_e, high_e, high_r]
            values[name] = np.stack(order, 2).reshape(-1, *full.shape[3:])
        parts.append(Mesh(quad.reshape(-1, 3), numbers, mesh.slot[0] if len(mesh.slot) else 0, values))
    return merged(parts)


def build_monocot(plant: Monocot, detail: float = 1.0) -> Asset:
    """A banana plant, iris or the like; a lower ``detail`` has plainer and untorn leaves."""
    row, rng = HABITS[plant.habit], child(plant.seed, "leaves")
    count, height = plant.leaves, plant.height
    age = 1 - (np.arange(count) + 0.5) / count
    dead = rng.uniform(size=count) < plant.dry * np.clip(age * 2 - 0.8, 0, 1)
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5)) + rng.normal(0, 0.15, count)
    if plant.habit == "iris":  # fans in a few planes
        turn = (np.arange(count) % 2) * np.pi + (np.arange(count) % 5) * 0.5 + rng.normal(0, 0.1, count)
    rise = np.radians(row.rise[1] + (row.rise[0] - row.rise[1]) * age**1.2 + rng.normal(0, 4, count))
    rise = np.where(dead, np.radians(-62 if row.stem else 12), rise)
    length = row.leaf * height * np.where(age < 0.15, 0.75, 1) * rng.uniform(0.72, 1.0, count)
    steps = (26 if row.width > 0.2 else 12) if detail > 0.5 else 8 if detail > 0.12 else 5
    sag = np.where(dead, 0.2, row.sag * rng.uniform(0.6, 1.25, count))
    top = np.array([0, 0, row.stem * height])
    spot = 0.0 if row.stem else 0.07 * height * np.sqrt(rng.uniform(size=count))
    foot = (
        np.stack([spot * np.cos(turn * 1.7), spot * np.sin(turn * 1.7), np.zeros(count)], -1)
        if not row.stem
        else top - 0.10 * row.stem * height * age[:, None] * [0, 0, 1]
    )
    paths = arcs(length, rise, turn, sag, steps) + foot[:, None]
    paths[..., 2] = np.maximum(paths[..., 2], 0.004)
    t = np.linspace(0, 1, steps)
    inner = np.clip((t - row.stalk) / (1 - row.stalk), 0, 1)
    shape = (
        RIB["banana" if row.width > 0.2 else "lanceolate"](Arrays, np.clip(inner, 0.001, 1) * 0.985 + 0.01, 5.0)
        if row.stalk
        else np.minimum(0.6 + t, 1) * np.maximum(1 - t**3, 0.02)
    )
    if plant.habit == "taro":
        shape = np.minimum(1, 5 * inner) * (1 - inner) ** 0.65
    half = plant.width * row.width / 2 * (1 - row.stalk) * length[:, None] * np.maximum(shape, 0.012)
    colour = leaf_colours(
        rng, count, row.green, np.array(row.green) * [1.5, 1.2, 0.9], np.clip(0.9 - age, 0.01, 1), 0.09
    )
    colour = np.where(dead[:, None], leaf_colours(rng, count, (0.24, 0.155, 0.075)), colour)
    phase = rng.uniform(0, 1, count)
    sway = np.clip(foot[:, None, 2] / height, 0, 1) * 0.1 * height + 0.14 * length[:, None] * t**1.7
    blades = sweep(paths, level_side(turn), FOLDED, half, half * 0.32, colour=colour, sway=sway, phase=phase)
    if row.width > 0.2 and plant.habit == "banana" and detail > 0.5:
        blades = _torn(blades, paths, plant.torn, child(plant.seed, "tears"))
    parts = [blades]
    if row.width > 0.2:  # a midrib one sees
        rib = 0.012 * length[:, None] * (1.05 - t)
        parts.append(sweep(paths - [0, 0, 0.004 * height], level_side(turn), ROUND if detail > 0.5 else ROUND[[0, 2, 4]], rib, closed=True,
                           colour=colour * [1.7, 1.35, 1.4], sway=sway, phase=phase))  # fmt: skip
    surfaces = [Surface("leaf", plant.seed, painted=True)]
    if row.stem:
        path = np.column_stack([np.zeros((14, 2)), np.linspace(-0.02, 1, 14) * top[2]])
        radii = row.thick * height * np.linspace(1.15, 0.72, 14)
        vertices, faces, _owner = tubes(path, radii, [14], 14 if detail > 0.5 else 6, cap=True)
        share = np.clip(vertices[:, 2] / max(top[2], 1e-9), 0, 1)
        tone = np.array([0.13, 0.15, 0.05]) if plant.habit == "banana" else np.array([0.17, 0.135, 0.095])
        streak = 1 + 0.25 * np.sin(arctan2(vertices[:, 1], vertices[:, 0]) * 5 + 9 * share)
        parts.append(
            Mesh(
                vertices,
                faces,
                1,
                {
                    "colour": tone * streak[:, None],
                    "sway": 0.1 * top[2] * share**1.5,
                    "phase": np.full(len(share), 0.5),
                },
            )
        )
        surfaces.append(Surface("stem", plant.seed, painted=True))
    if row.flower and plant.flowers > 0.35:
        parts.append(_blooms(plant, row, child(plant.seed, "flowers"), detail).with_slot(len(surfaces)))
        surfaces.append(Surface("petal", plant.seed, painted=True))
    return Asset("bush" if row.stem else "flower" if row.flower else "bush", merged(parts), tuple(surfaces))


def _blooms(plant: Monocot, row: Habit, rng: Generator, detail: float) -> Mesh:
    """Stalks with blooms above the leaves: the iris's six petals, the bird of paradise's crest."""
    count = int(1 + 5 * plant.flowers)
    turn = rng.uniform(0, 2 * np.pi, count)
    length = plant.height * rng.uniform(0.85, 1.08, count)
    paths = arcs(length, np.radians(rng.uniform(80, 88, count)), turn, np.full(count, 0.15), 6)
    stalks = sweep(paths, level_side(turn), ROUND, np.full((count, 6), 0.007 * plant.height), closed=True, colour=np.array(row.green),
                   sway=0.12 * length[:, None] * np.linspace(0, 1, 6) ** 1.6, phase=0.5)  # fmt: skip
    end, size = paths[:, -1], 0.16 * plant.height if plant.habit == "iris" else 0.14 * plant.height
    petals = 3
    many, spin = np.repeat(np.arange(count), petals), np.tile(np.arange(petals) * 2 * np.pi / petals, count)
    meshes = [stalks]
    for rise, sag, wide in (
        ((0.5, 2.6, 0.55), (1.15, 0.5, 0.45)) if plant.habit == "iris" else ((0.85, 0.3, 0.16), (0.35, 0.4, 0.16))
    ):
        angle = spin + turn[many] + (1.05 if rise > 1 else 0)
        lines = (
            arcs(np.full(len(many), size), np.full(len(many), rise), angle, np.full(len(many), sag), 6)
            + end[many, None]
        )
        half = size * wide / 2 * np.array([0.3, 0.7, 1.0, 1.0, 0.7, 0.1])
        tone = np.asarray(row.flower) * (0.8 if rise > 1 else 1.0)
        meshes.append(sweep(lines, level_side(angle), FOLDED, np.tile(half, (len(many), 1)), 0.25 * np.tile(half, (len(many), 1)),
                            colour=leaf_colours(rng, len(many), tone, spread=0.08), sway=0.12 * length[many], phase=0.5))  # fmt: skip
    heart = placed(blossom(5, 0.6), end, np.tile(unit(np.array([1.0, 0.2, 0.1])), (count, 1)), np.tile([0.0, 0.0, 1.0], (count, 1)), 0.3 * size,
                   colour=np.tile([0.72, 0.50, 0.05], (count, 1)), sway=0.12 * length, phase=0.5)  # fmt: skip
    return merged([*meshes, heart]) if detail > 0.12 else merged(meshes)
