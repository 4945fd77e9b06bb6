"""Leaves, needles, blades, petals, stems and fronds: thin green things that light falls through."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

LEAVES = {
    "green": (0.055, 0.105, 0.022), "deep green": (0.028, 0.062, 0.018), "yellow green": (0.13, 0.16, 0.03),
    "autumn orange": (0.38, 0.125, 0.018), "autumn red": (0.27, 0.035, 0.018), "autumn yellow": (0.45, 0.28, 0.035),
}  # fmt: skip
NEEDLES = {"green": (0.042, 0.082, 0.025), "blue": (0.075, 0.115, 0.092), "dark": (0.022, 0.048, 0.018)}
GRASSES = {"green": (0.085, 0.135, 0.026), "fresh": (0.12, 0.185, 0.032), "dry": (0.38, 0.29, 0.125), "blue": (0.10, 0.135, 0.085)}  # fmt: skip
PETALS = {
    "white": (0.76, 0.75, 0.70), "yellow": (0.72, 0.46, 0.02), "red": (0.46, 0.018, 0.016), "pink": (0.62, 0.20, 0.27),
    "violet": (0.20, 0.06, 0.38), "blue": (0.09, 0.14, 0.50), "orange": (0.68, 0.22, 0.015),
}  # fmt: skip
STEMS = {"green": (0.085, 0.13, 0.035), "reddish": (0.165, 0.085, 0.045), "straw": (0.36, 0.28, 0.135)}
KELPS = {"olive": (0.088, 0.072, 0.018), "brown": (0.085, 0.045, 0.016), "green": (0.045, 0.085, 0.018)}


@spec
class Leaf(Material):
    """A leaf blade with veins, spots and a dry edge here and there."""

    tones = LEAVES
    tone: str = tone(LEAVES, "leaves", **{"green": 5.0, "deep green": 3.0, "yellow green": 2.0})
    variation: float = share(0.1, 0.5, "how much leaves differ from each other")
    dryness: float = share(0.0, 0.45, "share that is yellow or brown")
    vein: float = size(0.003, 0.009, "from vein to vein")
    translucency: float = share(0.28, 0.42, "share of light that falls through")
    roughness: float = rough(0.32, 0.6)


def leaf(spec: Leaf, f: Fields, p: Value, colour: Value) -> Look:
    """Every leaf a little other in lightness and hue; a net of paler veins; blotches of autumn."""
    mine, tree = f.chance("island"), f.chance("object")
    p = f.moved(p, spec.seed)
    net = f.edge(f.warp(p, 0.4 * spec.vein, 1.5 * spec.vein), spec.vein).smooth(0.10, 0.0)
    blotch = f.noise(p, 0.035, 4.0, 0.62)
    tint = colour * (1.0 - spec.variation + spec.variation * (1.3 * mine + 0.7 * tree)) * (0.78 + 0.44 * blotch)
    tint = (mine * spec.variation).between(tint, tint * (1.35, 1.08, 0.8))
    aged = (blotch + 0.5 * mine).smooth(1.02 - 0.5 * spec.dryness, 1.12 - 0.5 * spec.dryness)
    tint = aged.between(tint, f.value((0.23, 0.125, 0.035)) * (0.5 + blotch))
    tint = (net * 0.35).between(tint, tint * 1.7 + (0.012, 0.016, 0.004))
    return Look(
        tint.minimum(0.8), 0.0, (1.0 - net) * 0.00018 + (blotch - 0.5) * 0.001, roughness=spec.roughness + 0.3 * aged,
        specular=0.45, translucency=spec.translucency,
    )  # fmt: skip


@spec
class Needle(Material):
    """Needles of a conifer."""

    tones = NEEDLES
    tone: str = tone(NEEDLES, "needles")
    variation: float = share(0.1, 0.5, "how much needles differ from each other")
    dryness: float = share(0.0, 0.3, "share that is brown")
    roughness: float = rough(0.4, 0.65)


def needle(spec: Needle, f: Fields, p: Value, colour: Value) -> Look:
    """Waxy and dark, fresher in places."""
    mine, tree = f.chance("island"), f.chance("object")
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.5, 3.0)
    tint = colour * (1.0 - spec.variation + spec.variation * (1.2 * mine + 0.8 * tree)) * (0.6 + 0.8 * broad)
    brown = (mine + 0.4 * broad).smooth(1.25 - 0.4 * spec.dryness, 1.3 - 0.4 * spec.dryness)
    tint = brown.between(tint, (0.20, 0.105, 0.035))
    return Look(tint, roughness=spec.roughness, specular=0.4, translucency=0.15)


@spec
class GrassBlade(Material):
    """Blades of grass, paler at the root, dry at some tips."""

    tones = GRASSES
    tone: str = tone(GRASSES, "grass", dry=0.5)
    variation: float = share(0.15, 0.5, "how much blades differ from each other")
    dryness: float = share(0.0, 0.6, "share of dry blades")
    root: float = size(0.03, 0.12, "height to which blades are shaded and pale")
    translucency: float = share(0.28, 0.42, "share of light that falls through")


def grass_blade(spec: GrassBlade, f: Fields, p: Value, colour: Value) -> Look:
    """Darker between the roots; whole blades and tufts differ."""
    mine, tuft = f.chance("island"), f.chance("object")
    _, _, z = p.split()
    p = f.moved(p, spec.seed)
    streak = f.noise(p, 0.012, 2.0, 0.6, stretch=(1.0, 1.0, 0.08))
    tint = colour * (1.0 - spec.variation + spec.variation * (1.2 * mine + 0.8 * tuft)) * (0.75 + 0.5 * streak)
    dry = (mine + 0.25 * streak + 0.35 * tuft).smooth(1.25 - 0.75 * spec.dryness, 1.45 - 0.75 * spec.dryness)
    tint = dry.between(tint, f.value((0.36, 0.27, 0.115)) * (0.6 + 0.6 * streak))
    low = z.smooth(1.2 * spec.root, 0.0)
    tint = (low * 0.55).between(tint, (0.075, 0.068, 0.03))
    return Look(tint, roughness=0.5, specular=0.35, translucency=spec.translucency)


@spec
class Petal(Material):
    """Petals of a flower."""

    tones = PETALS
    tone: str = tone(PETALS, "petals")
    variation: float = share(0.05, 0.35, "how much flowers differ from each other")
    streaks: float = share(0.0, 0.6, "how clearly veins are drawn")
    fade: float = share(0.0, 0.4, "how pale blotches are")


def petal(spec: Petal, f: Fields, p: Value, colour: Value) -> Look:
    """Velvety and translucent, with darker veins."""
    mine = f.chance("object")
    p = f.moved(p, spec.seed)
    vein = f.noise(p, 0.0035, 3.0, 0.55, distortion=0.6, stretch=(1.0, 1.0, 0.3)).smooth(0.5, 0.66)
    blotch = f.noise(p, 0.02, 3.0)
    tint = colour * (1.0 - spec.variation + 2.0 * spec.variation * mine) * (0.85 + 0.3 * blotch)
    tint = (blotch.smooth(0.5, 0.75) * spec.fade).between(tint, tint * 0.5 + (0.35, 0.34, 0.33))
    tint = (vein * spec.streaks).between(tint, tint * (0.6, 0.4, 0.5))
    return Look(
        tint.minimum(0.85), 0.0, (vein - blotch) * 0.0002, roughness=0.6, specular=0.25, translucency=0.32, sheen=0.2
    )


@spec
class Stem(Material):
    """Green stems with ridges along them."""

    tones = STEMS
    tone: str = tone(STEMS, "stems", green=3.0)
    ridge: float = size(0.0012, 0.004, "from ridge to ridge")
    blush: float = share(0.0, 0.5, "how reddish it is in places")
    roughness: float = rough(0.4, 0.65)


def stem(spec: Stem, f: Fields, p: Value, colour: Value) -> Look:
    """Fine ridges along z and a blush."""
    p = f.moved(p, spec.seed)
    ridge = f.noise(p, spec.ridge, 2.0, 0.5, stretch=(1.0, 1.0, 0.06))
    broad = f.noise(p, 0.05, 3.0)
    tint = colour * (0.65 + 0.5 * ridge + 0.2 * broad)
    tint = (broad.smooth(0.5, 0.7) * spec.blush).between(tint, (0.19, 0.06, 0.042))
    return Look(tint, 0.0, (ridge - 0.5) * (0.5 * spec.ridge), roughness=spec.roughness, specular=0.35, subsurface=0.05, depth=0.002)  # fmt: skip


@spec
class KelpBlade(Material):
    """Blades of kelp: wet, leathery and puckered."""

    tones = KELPS
    tone: str = tone(KELPS, "kelp")
    pucker: float = size(0.012, 0.04, "from pucker to pucker")
    translucency: float = share(0.2, 0.4, "share of light that falls through")
    roughness: float = rough(0.15, 0.4)


def kelp_blade(spec: KelpBlade, f: Fields, p: Value, colour: Value) -> Look:
    """Olive against the light; puckers and growths of pale crust."""
    mine = f.chance("object")
    p = f.moved(p, spec.seed)
    pucker = f.noise(p, spec.pucker, 2.0, 0.45, distortion=0.8, stretch=(1.0, 1.0, 0.5))
    blotch = f.noise(p, 0.12, 4.0, 0.6)
    crust = f.noise(p, 0.02, 4.0, 0.65).smooth(0.66, 0.72)
    tint = colour * (0.6 + 0.8 * blotch) * (0.75 + 0.5 * mine)
    tint = (crust * 0.6).between(tint, (0.36, 0.34, 0.27))
    return Look(
        tint, (pucker - 0.5) * (0.12 * spec.pucker), crust * 0.0004, roughness=spec.roughness + 0.4 * crust, specular=0.5,
        translucency=spec.translucency,
    )  # fmt: skip


sample_leaf, build_leaf = generator("leaf", Leaf)
sample_needle, build_needle = generator("needle", Needle)
sample_grass_blade, build_grass_blade = generator("grass_blade", GrassBlade)
sample_petal, build_petal = generator("petal", Petal)
sample_stem, build_stem = generator("stem", Stem)
sample_kelp_blade, build_kelp_blade = generator("kelp_blade", KelpBlade)
