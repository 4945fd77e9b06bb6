"""What floating things wear: materials of the catalogue that let nothing through, and plain or patterned paint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Surface
from ...light.panorama import LUMINANCE

# Opaque and neither glowing nor mirror-like: what is behind or beside a thing is not seen on it.
MATERIALS = ("soil", "forest_floor", "cracked_earth", "gravel", "moss", "clay", "granite", "sandstone", "limestone", "basalt", "marble",
             "strata", "lichen_rock", "bark", "birch_bark", "pine_bark", "wood", "rotten_wood", "fish_scale", "reptile_scale", "snake_skin",
             "mollusc_shell", "bone", "rust", "patina", "cotton", "linen", "wool_knit", "denim", "leather", "terracotta", "tiles", "brick",
             "concrete", "plaster", "glossy_plastic", "rough_plastic", "rubber", "planks", "plywood", "coral", "feather")  # fmt: skip
PATTERNS = ("none", "none", "checker", "stripes", "spots", "noise", "cells")
SIZES = (0.12, 0.9)  # m that a thing's radius is for its material: how large the grain is on it


class Paint(NamedTuple):
    """Paint of one colour, or a pattern of two; ``scale`` is repeats a metre."""

    pattern: str
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    scale: float
    roughness: float


def draw_look(rng: Generator, plain: float) -> Paint | Surface:
    """A look; ``plain`` is the share of paint."""
    if rng.random() >= plain:
        return Surface(MATERIALS[rng.integers(len(MATERIALS))], int(rng.integers(2**31)))
    return draw_paint(rng, PATTERNS)


def draw_paint(rng: Generator, patterns: tuple[str, ...], least: float = 0.04) -> Paint:
    """Paint in one of some patterns, whose contrast is of every order from ``least`` of two colours that are drawn."""
    first, other = _colour(rng), _colour(rng)
    contrast = np.exp(rng.uniform(np.log(least), 0.0))
    second = first + contrast * (other - first)
    return Paint(patterns[rng.integers(len(patterns))], tuple(first.tolist()), tuple(second.tolist()),
                 float(np.exp(rng.uniform(np.log(2), np.log(24)))), float(rng.uniform(0.2, 0.95)))  # fmt: skip


def _colour(rng: Generator) -> np.ndarray:
    """A linear colour (3,): grey or not, dark or bright."""
    hue = np.exp(rng.normal(scale=rng.choice([0.05, 0.35, 1.0]), size=3))
    return np.clip(hue / (hue @ LUMINANCE) * np.exp(rng.uniform(np.log(0.02), np.log(0.8))), 0.004, 0.9)


def painted(paint: Paint):
    """The material of a paint (needs bpy)."""
    from ...blender import new_material
    from ...nodes.shader import Nodes

    material, tree = new_material("paint", paint.first)
    g = Nodes(tree)
    colour = paint.first
    if paint.pattern != "none":
        at = g.add("ShaderNodeTexCoord")["Object"]
        colour = g.mix(_pattern(g, paint, at), paint.first, paint.second)
    g.surface(g.add("ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": paint.roughness}).out())
    return material


def _pattern(g, paint: Paint, at):
    """How much of the second colour there is, 0…1."""
    if paint.pattern == "checker":
        return g.add("ShaderNodeTexChecker", {"Vector": at, "Scale": paint.scale}).out(1)
    if paint.pattern == "stripes":
        wave = g.add("ShaderNodeTexWave", {"Vector": at, "Scale": paint.scale / 2, "Distortion": 2.0})
        return g.map_range(wave.out(1), 0.45, 0.55)
    if paint.pattern == "noise":
        return g.map_range(
            g.add("ShaderNodeTexNoise", {"Vector": at, "Scale": paint.scale, "Detail": 8.0}).out(0), 0.35, 0.65
        )
    cells = g.add("ShaderNodeTexVoronoi", {"Vector": at, "Scale": paint.scale})
    if paint.pattern == "spots":
        return g.math("LESS_THAN", cells["Distance"], 0.35)
    return g.add("ShaderNodeSeparateColor", {0: cells["Color"]}).out()
