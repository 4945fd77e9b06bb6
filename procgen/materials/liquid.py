"""Liquids as surfaces: water clear and muddy, oil, honey, milk and foam."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

WATERS = {"clear": (0.80, 0.90, 0.91), "blue": (0.50, 0.74, 0.82), "green": (0.55, 0.74, 0.62)}
MUDS = {"brown": (0.16, 0.108, 0.062), "green": (0.10, 0.108, 0.05), "grey": (0.19, 0.175, 0.15)}
OILS = {"golden": (0.78, 0.55, 0.10), "green": (0.52, 0.50, 0.10), "black": (0.012, 0.010, 0.009)}
HONEYS = {"amber": (0.74, 0.36, 0.045), "pale": (0.84, 0.62, 0.19), "dark": (0.38, 0.13, 0.022)}
MILKS = {"white": (0.82, 0.80, 0.74), "cream": (0.80, 0.72, 0.56), "cocoa": (0.23, 0.115, 0.065)}
FOAMS = {"white": (0.82, 0.83, 0.83), "yellowish": (0.72, 0.67, 0.55), "grey": (0.58, 0.59, 0.58)}


def ripples(f: Fields, p: Value, length: float) -> Value:
    """Small waves that cross, around 0, of height about 1."""
    return f.noise(p, length, 2.0, 0.5, stretch=(1.0, 0.6, 1.0)) + f.noise(p + 3.1, 0.45 * length, 2.0, 0.5) * 0.4 - 0.7


@spec
class Water(Material):
    """Clear water with ripples."""

    tones = WATERS
    tone: str = tone(WATERS, "water", clear=2.0)
    ripple: float = size(0.05, 0.4, "length of a ripple")
    steepness: float = share(0.005, 0.06, "height of ripples as a share of their length")
    roughness: float = rough(0.0, 0.05)


def water(spec: Water, f: Fields, p: Value, colour: Value) -> Look:
    """It refracts and reflects; what lies deep is tinted at the surface."""
    wave = ripples(f, f.moved(p, spec.seed), spec.ripple)
    return Look(
        colour,
        wave * (spec.steepness * spec.ripple),
        roughness=spec.roughness,
        specular=0.5,
        ior=1.333,
        transmission=1.0,
    )


@spec
class MuddyWater(Material):
    """Turbid water of a river or puddle."""

    tones = MUDS
    tone: str = tone(MUDS, "muddy water")
    ripple: float = size(0.05, 0.4, "length of a ripple")
    steepness: float = share(0.005, 0.05, "height of ripples as a share of their length")
    clearness: float = share(0.0, 0.35, "share of light that passes")


def muddy_water(spec: MuddyWater, f: Fields, p: Value, colour: Value) -> Look:
    """Clouds of silt under a shining surface."""
    p = f.moved(p, spec.seed)
    cloud = f.noise(f.warp(p, 0.2, 0.6, 2.0), 0.7, 4.0, 0.55)
    wave = ripples(f, p, spec.ripple)
    return Look(
        colour * (0.7 + 0.6 * cloud), wave * (spec.steepness * spec.ripple), roughness=0.04, specular=0.5, ior=1.333,
        transmission=spec.clearness, coat=0.3,
    )  # fmt: skip


@spec
class Oil(Material):
    """Oil, from cooking oil to crude."""

    tones = OILS
    tone: str = tone(OILS, "oil")
    clearness: float = share(0.2, 0.9, "share of light that passes")
    swirl: float = size(0.03, 0.12, "width of a swirl")
    roughness: float = rough(0.0, 0.06)


def oil(spec: Oil, f: Fields, p: Value, colour: Value) -> Look:
    """Smooth and viscous, with slow swirls."""
    p = f.moved(p, spec.seed)
    swirl = f.noise(f.warp(p, 0.6 * spec.swirl, 1.5 * spec.swirl), spec.swirl, 2.0, 0.4)
    return Look(
        colour * (0.85 + 0.3 * swirl), (swirl - 0.5) * (0.02 * spec.swirl), roughness=spec.roughness, specular=0.5,
        ior=1.47, transmission=spec.clearness, coat=0.2,
    )  # fmt: skip


@spec
class Honey(Material):
    """Honey or syrup."""

    tones = HONEYS
    tone: str = tone(HONEYS, "honey")
    clearness: float = share(0.3, 0.8, "share of light that passes")
    bubble: float = size(0.004, 0.012, "from bubble to bubble")
    crystals: float = share(0.0, 0.6, "how much it has set")


def honey(spec: Honey, f: Fields, p: Value, colour: Value) -> Look:
    """Amber and thick, with small bubbles and pale clouds where it sets."""
    p = f.moved(p, spec.seed)
    cloud = f.noise(p, 0.03, 5.0, 0.65).smooth(0.5, 0.7) * spec.crystals
    cell = f.cells(p, spec.bubble)
    bubble = cell.random.above(0.85) * cell.distance.smooth(0.2, 0.14)
    fold = f.noise(f.warp(p, 0.02, 0.05), 0.05, 1.0)
    tint = (cloud * 0.6 + bubble * 0.3).between(colour, colour * 0.5 + (0.38, 0.29, 0.12))
    return Look(
        tint.minimum(0.88), (fold - 0.5) * 0.003, bubble * 0.0003, roughness=0.03 + 0.3 * cloud, specular=0.5, ior=1.5,
        transmission=spec.clearness * (1.0 - cloud), subsurface=0.6, depth=0.008, coat=0.3,
    )  # fmt: skip


@spec
class Milk(Material):
    """Milk, cream or cocoa."""

    tones = MILKS
    tone: str = tone(MILKS, "milk")
    bubbles: float = share(0.0, 0.6, "how many bubbles float on it")
    bubble: float = size(0.002, 0.006, "width of a bubble")
    roughness: float = rough(0.03, 0.15)


def milk(spec: Milk, f: Fields, p: Value, colour: Value) -> Look:
    """White through scattering, with a few bubbles."""
    p = f.moved(p, spec.seed)
    patch = f.noise(p, 0.05, 3.0)
    cell = f.cells(p, spec.bubble)
    bubble = cell.distance.smooth(0.5, 0.1) * (patch + 0.2 * cell.random).smooth(0.78 - 0.2 * spec.bubbles, 0.82 - 0.2 * spec.bubbles)  # fmt: skip
    return Look(
        colour * (0.97 + 0.06 * patch), 0.0, bubble * (0.3 * spec.bubble) + (patch - 0.5) * 0.0008, roughness=spec.roughness,
        specular=0.5, ior=1.35, subsurface=0.7, depth=0.004,
    )  # fmt: skip


@spec
class Foam(Material):
    """Foam of waves or soap."""

    tones = FOAMS
    tone: str = tone(FOAMS, "foam", white=3.0)
    bubble: float = size(0.003, 0.012, "width of a bubble")
    lump: float = size(0.02, 0.08, "width of a lump")
    roughness: float = rough(0.2, 0.5)


def foam(spec: Foam, f: Fields, p: Value, colour: Value) -> Look:
    """Bubbles of two sizes in soft heaps."""
    p = f.moved(p, spec.seed)
    lump = f.noise(p, spec.lump, 3.0, 0.5)
    large, small = f.bumps(p, spec.bubble), f.bumps(p + 1.9, 0.4 * spec.bubble)
    rise = large.maximum(small * 0.6)
    tint = colour * (0.72 + 0.2 * rise + 0.16 * lump)
    return Look(
        tint.minimum(0.9), (lump - 0.5) * (0.6 * spec.lump), rise * (0.4 * spec.bubble), roughness=spec.roughness,
        specular=0.4, subsurface=0.25, depth=0.006,
    )  # fmt: skip


sample_water, build_water = generator("water", Water)
sample_muddy_water, build_muddy_water = generator("muddy_water", MuddyWater)
sample_oil, build_oil = generator("oil", Oil)
sample_honey, build_honey = generator("honey", Honey)
sample_milk, build_milk = generator("milk", Milk)
sample_foam, build_foam = generator("foam", Foam)
