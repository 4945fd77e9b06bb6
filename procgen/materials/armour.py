"""Scales, shells and chitin of animals; bodies face -y, so scales overlap toward +y."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

FISHES = {"silver": (0.46, 0.47, 0.48), "bronze": (0.29, 0.21, 0.10), "blue": (0.075, 0.145, 0.27), "green": (0.12, 0.165, 0.08), "orange": (0.56, 0.21, 0.04), "red": (0.42, 0.07, 0.05)}  # fmt: skip
REPTILES = {"green": (0.10, 0.135, 0.045), "brown": (0.16, 0.105, 0.06), "grey": (0.17, 0.16, 0.145), "sand": (0.36, 0.27, 0.16)}  # fmt: skip
SNAKES = {"olive": (0.12, 0.115, 0.05), "brown": (0.17, 0.105, 0.055), "black": (0.022, 0.02, 0.02), "sand": (0.40, 0.29, 0.165), "green": (0.065, 0.16, 0.04)}  # fmt: skip
CHITINS = {"black": (0.012, 0.011, 0.012), "brown": (0.085, 0.036, 0.016), "green": (0.02, 0.085, 0.028), "blue": (0.018, 0.045, 0.11), "red": (0.30, 0.03, 0.012), "bronze": (0.15, 0.085, 0.025)}  # fmt: skip
CRUSTACEANS = {"red": (0.36, 0.062, 0.03), "brown": (0.17, 0.098, 0.055), "blue": (0.045, 0.075, 0.125), "sand": (0.42, 0.30, 0.18), "green": (0.10, 0.11, 0.05)}  # fmt: skip
MOLLUSCS = {"cream": (0.64, 0.54, 0.40), "white": (0.72, 0.69, 0.64), "brown": (0.24, 0.135, 0.07), "pink": (0.62, 0.37, 0.32), "grey": (0.30, 0.285, 0.27)}  # fmt: skip


@spec
class FishScale(Material):
    """The scales of a fish, glossy and a little metallic."""

    tones = FISHES
    tone: str = tone(FISHES, "fish scales")
    scale: float = size(0.004, 0.014, "width of a scale")
    shimmer: float = share(0.2, 0.7, "how metallic it is")
    spots: float = share(0.0, 0.5, "how spotted it is")
    roughness: float = rough(0.18, 0.38)


def fish_scale(spec: FishScale, f: Fields, p: Value, colour: Value) -> Look:
    """Round scales in rows, pale at the belly's side of each, spotted in places."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(f.warp(p, 0.3 * spec.scale, 5.0 * spec.scale), "back")
    scale = f.scales(u, v, spec.scale, 0.9 * spec.scale)
    growth = (scale.rim * 6.0).turns() * 0.5 + 0.5
    blotch = f.noise(p, 0.02, 3.0).smooth(0.68 - 0.2 * spec.spots, 0.74 - 0.2 * spec.spots)
    edge = scale.rim.smooth(0.2, 0.0)
    tint = colour * (0.62 + 0.35 * scale.random + 0.4 * scale.rise) * (1.0 - 0.45 * edge)
    tint = (blotch * spec.spots).between(tint, tint * 0.25)
    height = (scale.rise * 0.16 - scale.side.squared() * 0.05) * spec.scale
    return Look(
        tint.minimum(0.85), height, growth * (0.004 * spec.scale), roughness=spec.roughness, specular=0.5,
        metallic=spec.shimmer * (1.0 - edge), coat=0.5,
    )  # fmt: skip


@spec
class ReptileScale(Material):
    """The pebbled scales of a lizard, tortoise or crocodile."""

    tones = REPTILES
    tone: str = tone(REPTILES, "scales")
    scale: float = size(0.004, 0.016, "width of a scale")
    keel: float = share(0.0, 1.0, "how far scales rise to a point")
    mottle: float = share(0.1, 0.8, "how mottled it is")
    roughness: float = rough(0.38, 0.62)


def reptile_scale(spec: ReptileScale, f: Fields, p: Value, colour: Value) -> Look:
    """Cobbled scales of two sizes with dark skin between."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 6.0 * spec.scale, 3.0, 0.6)
    drawn = p * (1.0, 0.8, 1.0)
    rim, cell = f.edge(drawn, spec.scale, 0.75), f.cells(drawn, spec.scale, 0.75)
    body = rim.smooth(0.0, 0.16)
    grain = f.noise(p, 0.12 * spec.scale, 3.0, 0.6)
    mottle = (broad + 0.25 * (cell.random - 0.5)).smooth(0.44, 0.56) * spec.mottle
    tint = colour * (0.65 + 0.55 * cell.random + 0.2 * grain)
    tint = mottle.between(tint, tint * (0.32, 0.3, 0.28)) * (0.3 + 0.7 * body)
    peak = (1.0 - cell.distance * 1.4).maximum(0.0)
    height = (body * 0.14 + peak * (0.24 * spec.keel)) * spec.scale
    return Look(tint, height, (grain - 0.5) * (0.035 * spec.scale), roughness=spec.roughness, specular=0.45)


@spec
class SnakeSkin(Material):
    """The keeled, overlapping scales of a snake, with a pattern of diamonds."""

    tones = SNAKES
    tone: str = tone(SNAKES, "snake skin")
    scale: float = size(0.003, 0.009, "width of a scale")
    diamond: float = size(0.03, 0.09, "length of a diamond of the pattern")
    contrast: float = share(0.0, 0.9, "how dark the pattern is")
    keel: float = share(0.0, 0.8, "how keeled the scales are")


def snake_skin(spec: SnakeSkin, f: Fields, p: Value, colour: Value) -> Look:
    """Whole scales take one tone of the pattern."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(p, "back")
    scale = f.scales(u, v, spec.scale, 1.7 * spec.scale)
    net = (u / spec.diamond).turns() + (v / (0.7 * spec.diamond)).turns() + 0.7 * (scale.random - 0.5)
    dark = net.smooth(-0.15, 0.15) * spec.contrast
    edge = scale.rim.smooth(0.16, 0.0)
    line = net.absolute().smooth(0.32, 0.12) * spec.contrast
    tint = dark.between(colour * (0.75 + 0.4 * scale.random), colour * (0.3, 0.26, 0.24))
    tint = (line * 0.7).between(tint, colour * 0.4 + (0.17, 0.145, 0.085)) * (1.0 - 0.55 * edge)
    keel = scale.side.smooth(0.16, 0.0)
    height = (scale.rise * 0.14 + keel * (0.07 * spec.keel) - scale.side.squared() * 0.06) * spec.scale
    return Look(tint, height, roughness=0.36, specular=0.5, coat=0.2)


@spec
class Chitin(Material):
    """The polished cuticle of an insect."""

    tones = CHITINS
    tone: str = tone(CHITINS, "chitin")
    pit: float = size(0.0006, 0.002, "from pit to pit")
    lustre: float = share(0.0, 0.8, "how metallic it is")
    roughness: float = rough(0.12, 0.35)


def chitin(spec: Chitin, f: Fields, p: Value, colour: Value) -> Look:
    """Rows of pits under a clear coat, with a metallic lustre."""
    p = f.moved(p, spec.seed)
    pit = f.cells(p, spec.pit, 0.5).distance.smooth(0.3, 0.08)
    broad = f.noise(p, 0.012, 3.0)
    tint = colour * (0.7 + 0.6 * broad) * (1.0 - 0.3 * pit)
    tint = (broad.smooth(0.35, 0.65) * spec.lustre).between(tint, colour * (0.8, 1.3, 1.1))
    fine = -pit * (0.16 * spec.pit) + (broad - 0.5) * 0.0006
    return Look(tint, 0.0, fine, roughness=spec.roughness, specular=0.5, metallic=0.5 * spec.lustre, coat=0.6)


@spec
class CrustaceanShell(Material):
    """The shell of a crab or lobster."""

    tones = CRUSTACEANS
    tone: str = tone(CRUSTACEANS, "shell")
    bump: float = size(0.002, 0.007, "from bump to bump")
    mottle: float = share(0.1, 0.7, "how mottled it is")
    roughness: float = rough(0.28, 0.5)


def crustacean_shell(spec: CrustaceanShell, f: Fields, p: Value, colour: Value) -> Look:
    """Grains and warts with pale tips on a mottled shell."""
    p = f.moved(p, spec.seed)
    cell = f.cells(p, spec.bump)
    wart = cell.distance.smooth(0.42, 0.05) * cell.random
    broad = f.noise(p, 0.025, 5.0, 0.65)
    grain = f.noise(p, 0.0012, 3.0, 0.6)
    blotch = broad.smooth(0.46, 0.6) * spec.mottle
    tint = blotch.between(colour * (0.65 + 0.7 * broad), colour * (0.4, 0.36, 0.42))
    tint = (wart * 0.45).between(tint, tint * 0.6 + (0.26, 0.19, 0.125))
    height = wart * (0.32 * spec.bump) + (broad - 0.5) * 0.004
    return Look(tint, height, (grain - 0.5) * 0.0003, roughness=spec.roughness, specular=0.5, coat=0.2)


@spec
class MolluscShell(Material):
    """The shell of a snail or mussel: growth lines and bands of colour."""

    tones = MOLLUSCS
    tone: str = tone(MOLLUSCS, "sea shell")
    line: float = size(0.0015, 0.005, "from growth line to growth line")
    bands: float = share(0.0, 0.8, "how clearly it is banded")
    spots: float = share(0.0, 0.7, "how spotted it is")
    roughness: float = rough(0.18, 0.5)


def mollusc_shell(spec: MolluscShell, f: Fields, p: Value, colour: Value) -> Look:
    """Fine lines of growth, bands and tents of pigment, a chalky bloom."""
    p = f.moved(p, spec.seed)
    _, _, z = p.split()
    flow = f.noise(p, 0.03, 3.0, 0.55)
    line = (z / spec.line + flow * 5.0).turns() * 0.5 + 0.5
    band = f.noise((flow * 0.01).join(0.0, z), 0.012, 2.0, 0.5).smooth(0.46, 0.54) * spec.bands
    cell = f.cells(f.warp(p, 0.004, 0.012, 2.0) * (1.0, 1.0, 0.6), 0.011)
    spot = cell.random.above(1.0 - 0.6 * spec.spots) * cell.distance.smooth(0.38, 0.32)
    tint = band.between(colour * (0.86 + 0.14 * line) * (0.85 + 0.3 * flow), colour * (0.55, 0.36, 0.24))
    tint = spot.between(tint, colour * (0.34, 0.19, 0.12))
    return Look(
        tint, 0.0, line * (0.06 * spec.line) + (flow - 0.5) * 0.0008, roughness=spec.roughness, specular=0.5,
        subsurface=0.1, depth=0.002, coat=0.25,
    )  # fmt: skip


sample_fish_scale, build_fish_scale = generator("fish_scale", FishScale)
sample_reptile_scale, build_reptile_scale = generator("reptile_scale", ReptileScale)
sample_snake_skin, build_snake_skin = generator("snake_skin", SnakeSkin)
sample_chitin, build_chitin = generator("chitin", Chitin)
sample_crustacean_shell, build_crustacean_shell = generator("crustacean_shell", CrustaceanShell)
sample_mollusc_shell, build_mollusc_shell = generator("mollusc_shell", MolluscShell)
