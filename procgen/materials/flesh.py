"""Flesh of plants and reefs: mushrooms, cactus, succulents, fruit, coral and sponge."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

MUSHROOMS = {"white": (0.66, 0.62, 0.54), "brown": (0.24, 0.135, 0.07), "tan": (0.46, 0.32, 0.19), "red": (0.44, 0.035, 0.02), "grey": (0.30, 0.275, 0.25)}  # fmt: skip
CACTI = {"green": (0.065, 0.115, 0.042), "blue": (0.115, 0.17, 0.135), "yellow green": (0.16, 0.18, 0.055)}
SUCCULENTS = {"green": (0.12, 0.19, 0.085), "blue": (0.19, 0.265, 0.245), "violet": (0.22, 0.15, 0.20), "pale": (0.34, 0.40, 0.30)}  # fmt: skip
FRUITS = {
    "red": (0.38, 0.022, 0.016), "green": (0.20, 0.30, 0.032), "yellow": (0.66, 0.44, 0.03), "orange": (0.66, 0.20, 0.012),
    "purple": (0.055, 0.014, 0.055), "brown": (0.24, 0.15, 0.06),
}  # fmt: skip
CORALS = {
    "orange": (0.62, 0.21, 0.05), "pink": (0.60, 0.21, 0.24), "violet": (0.26, 0.13, 0.36), "cream": (0.58, 0.47, 0.30),
    "green": (0.19, 0.31, 0.10), "brown": (0.26, 0.16, 0.075), "blue": (0.12, 0.20, 0.42),
}  # fmt: skip
SPONGES = {"yellow": (0.58, 0.38, 0.045), "orange": (0.56, 0.18, 0.03), "violet": (0.24, 0.10, 0.27), "brown": (0.22, 0.135, 0.07), "red": (0.36, 0.045, 0.03)}  # fmt: skip


@spec
class MushroomFlesh(Material):
    """The skin and flesh of mushrooms."""

    tones = MUSHROOMS
    tone: str = tone(MUSHROOMS, "mushrooms")
    fleck: float = size(0.004, 0.012, "width of a fleck")
    flecks: float = share(0.0, 0.7, "how many flecks")
    roughness: float = rough(0.4, 0.8)


def mushroom_flesh(spec: MushroomFlesh, f: Fields, p: Value, colour: Value) -> Look:
    """Waxy and fibrous, with paler flecks of veil."""
    p = f.moved(p, spec.seed)
    fibre = f.noise(p, 0.003, 4.0, 0.6, stretch=(1.0, 1.0, 0.25))
    broad = f.noise(p, 0.04, 3.0)
    cell = f.cells(f.warp(p, 0.3 * spec.fleck, 0.7 * spec.fleck, 2.0), spec.fleck)
    fleck = cell.random.above(1.0 - 0.6 * spec.flecks) * cell.distance.smooth(0.38, 0.28)
    tint = fleck.between(colour * (0.7 + 0.3 * fibre + 0.3 * broad), (0.64, 0.58, 0.47))
    fine = (fibre - 0.5) * 0.0006 + fleck * (0.12 * spec.fleck)
    return Look(tint, 0.0, fine, roughness=spec.roughness, specular=0.35, subsurface=0.25, depth=0.004)


@spec
class CactusSkin(Material):
    """The waxy skin of a cactus."""

    tones = CACTI
    tone: str = tone(CACTI, "cactus")
    areole: float = size(0.02, 0.045, "from areole to areole")
    scars: float = share(0.0, 0.6, "share that is corky")
    roughness: float = rough(0.4, 0.65)


def cactus_skin(spec: CactusSkin, f: Fields, p: Value, colour: Value) -> Look:
    """Bloom of wax, pale pads of felt, cork that climbs from below."""
    _, _, z = p.split()
    p = f.moved(p, spec.seed)
    cell = f.cells(p, spec.areole, 0.35)
    pad = cell.distance.smooth(0.15, 0.10)
    broad = f.noise(p, 0.08, 4.0, 0.6)
    cork = (broad - 0.4 * z).smooth(0.68 - 0.25 * spec.scars, 0.78 - 0.25 * spec.scars)
    grain = f.noise(p, 0.0025, 3.0, 0.6)
    tint = colour * (0.7 + 0.5 * broad + 0.15 * grain)
    tint = cork.between(tint, f.value((0.27, 0.20, 0.125)) * (0.5 + grain))
    tint = pad.between(tint, (0.46, 0.40, 0.29))
    rise = f.bumps(p, spec.areole, 0.35)
    return Look(
        tint, rise * (0.08 * spec.areole), pad * 0.001 + (grain - 0.5) * (0.0002 + 0.001 * cork),
        roughness=spec.roughness + 0.3 * cork, specular=0.35, subsurface=0.08, depth=0.004,
    )  # fmt: skip


@spec
class SucculentSkin(Material):
    """The fleshy leaves of succulents."""

    tones = SUCCULENTS
    tone: str = tone(SUCCULENTS, "succulent")
    bloom: float = share(0.1, 0.7, "how much wax powders it")
    blush: float = share(0.0, 0.7, "how red it is in places")
    roughness: float = rough(0.35, 0.6)


def succulent_skin(spec: SucculentSkin, f: Fields, p: Value, colour: Value) -> Look:
    """Pale powder of wax that has been wiped off here and there, and a blush."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.05, 4.0, 0.6)
    powder = f.noise(p, 0.014, 5.0, 0.68).smooth(0.35, 0.6) * spec.bloom
    tint = colour * (0.75 + 0.5 * broad)
    tint = (broad.smooth(0.48, 0.68) * spec.blush).between(tint, (0.32, 0.07, 0.06))
    tint = (powder * 0.55).between(tint, (0.50, 0.56, 0.55))
    fine = f.noise(p, 0.0012, 2.0) * 0.00006
    return Look(tint, 0.0, fine, roughness=spec.roughness + 0.2 * powder, specular=0.4, subsurface=0.22, depth=0.005)


@spec
class FruitSkin(Material):
    """The skin of fruit: waxy, with pores and a blush."""

    tones = FRUITS
    tone: str = tone(FRUITS, "fruit")
    pore: float = size(0.0025, 0.006, "from pore to pore")
    blush: float = share(0.0, 0.7, "share of another ripeness")
    roughness: float = rough(0.18, 0.45)


def fruit_skin(spec: FruitSkin, f: Fields, p: Value, colour: Value) -> Look:
    """Streaks of riper colour, pale pores, a coat of wax."""
    mine = f.chance("object")
    p = f.moved(p, spec.seed)
    streak = f.noise(p, 0.012, 4.0, 0.6, stretch=(1.0, 1.0, 0.25))
    broad = f.noise(p, 0.06, 2.0)
    pore = f.cells(p, spec.pore).distance.smooth(0.22, 0.12)
    ripe = (broad * 0.7 + streak * 0.3 + 0.15 * mine).smooth(0.5, 0.68) * spec.blush
    tint = ripe.between(colour * (0.75 + 0.5 * streak), colour * (1.5, 0.55, 0.5) + (0.10, 0.015, 0.005))
    tint = (pore * 0.35).between(tint, tint * 0.5 + (0.22, 0.18, 0.09))
    return Look(
        tint.minimum(0.85), 0.0, -pore * (0.02 * spec.pore) + (streak - 0.5) * 0.0003, roughness=spec.roughness,
        specular=0.5, subsurface=0.15, depth=0.004, coat=0.25,
    )  # fmt: skip


@spec
class Coral(Material):
    """Hard coral under living tissue."""

    tones = CORALS
    tone: str = tone(CORALS, "coral")
    polyp: float = size(0.003, 0.010, "from polyp to polyp")
    pale: float = share(0.1, 0.8, "how pale its heads are")
    bleached: float = share(0.0, 0.3, "share that is bleached")


def coral(spec: Coral, f: Fields, p: Value, colour: Value) -> Look:
    """Cups of polyps with a dark mouth and a pale rim."""
    p = f.moved(p, spec.seed)
    cell = f.cells(f.warp(p, 0.2 * spec.polyp, spec.polyp), spec.polyp, 0.7)
    cup = cell.distance.smooth(0.62, 0.34) * (1.0 - 0.85 * cell.distance.smooth(0.30, 0.06))
    mouth = cell.distance.smooth(0.24, 0.10)
    broad = f.noise(p, 0.06, 4.0, 0.6)
    tint = colour * (0.55 + 0.5 * broad + 0.3 * cell.random)
    tint = (cup * spec.pale).between(tint, tint * 0.6 + (0.30, 0.27, 0.22))
    tint = (mouth * 0.6).between(tint, colour * 0.25)
    bone = broad.smooth(0.78 - 0.4 * spec.bleached, 0.88 - 0.4 * spec.bleached)
    tint = bone.between(tint, (0.70, 0.67, 0.60))
    grain = f.noise(p, 0.2 * spec.polyp, 2.0, 0.6)
    return Look(
        tint.minimum(0.85), cup * (0.3 * spec.polyp), (grain - 0.5) * (0.06 * spec.polyp), roughness=0.6, specular=0.35,
        subsurface=0.15, depth=0.003,
    )  # fmt: skip


@spec
class Sponge(Material):
    """A sponge with large and small pores."""

    tones = SPONGES
    tone: str = tone(SPONGES, "sponge")
    pore: float = size(0.006, 0.018, "from pore to pore")
    openness: float = share(0.4, 0.9, "how wide pores are")
    softness: float = share(0.1, 0.4, "how much light enters")


def sponge(spec: Sponge, f: Fields, p: Value, colour: Value) -> Look:
    """Pits within pits between soft ridges."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.3 * spec.pore, 0.9 * spec.pore, 2.0)
    large = f.cells(bent, spec.pore).distance.smooth(0.5 * spec.openness, 0.0)
    small = f.cells(bent + 2.7, 0.33 * spec.pore).distance.smooth(0.55 * spec.openness, 0.0)
    lump = f.noise(p, 4.0 * spec.pore, 3.0)
    height = (lump - 0.5) * (1.5 * spec.pore) - large * (0.6 * spec.pore) - small * (0.14 * spec.pore)
    tint = colour * (1.0 - 0.75 * large) * (1.0 - 0.4 * small) * (0.7 + 0.6 * lump)
    return Look(tint, height, roughness=0.85, specular=0.2, subsurface=spec.softness, depth=0.004, sheen=0.2)


sample_mushroom_flesh, build_mushroom_flesh = generator("mushroom_flesh", MushroomFlesh)
sample_cactus_skin, build_cactus_skin = generator("cactus_skin", CactusSkin)
sample_succulent_skin, build_succulent_skin = generator("succulent_skin", SucculentSkin)
sample_fruit_skin, build_fruit_skin = generator("fruit_skin", FruitSkin)
sample_coral, build_coral = generator("coral", Coral)
sample_sponge, build_sponge = generator("sponge", Sponge)
