"""Bark and the wood of trees, dead or cut; the trunk stands along z."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

BARKS = {"grey": (0.16, 0.14, 0.115), "brown": (0.125, 0.082, 0.053), "dark": (0.07, 0.052, 0.04), "pale": (0.26, 0.225, 0.18)}  # fmt: skip
BIRCHES = {"white": (0.62, 0.60, 0.55), "silver": (0.48, 0.47, 0.45), "copper": (0.40, 0.24, 0.15)}
PINES = {"red": (0.23, 0.105, 0.058), "grey": (0.19, 0.15, 0.12), "orange": (0.32, 0.15, 0.07)}
PALMS = {"grey": (0.23, 0.20, 0.165), "brown": (0.165, 0.115, 0.075)}
WOODS = {"pale": (0.50, 0.36, 0.215), "golden": (0.40, 0.245, 0.12), "red": (0.27, 0.115, 0.06), "dark": (0.12, 0.067, 0.038), "grey": (0.27, 0.25, 0.225)}  # fmt: skip
ROTTEN = {"brown": (0.115, 0.066, 0.037), "grey": (0.165, 0.145, 0.12), "black": (0.042, 0.033, 0.027)}


def overgrown(f: Fields, p: Value, colour: Value, cover: float, where: Value) -> Value:
    """Green algae and moss on a share of a surface, first in its hollows."""
    patch = f.noise(p, 0.35, 5.0, 0.62) * 0.7 + where * 0.3
    coverage = patch.smooth(0.76 - 0.3 * cover, 0.88 - 0.3 * cover)
    return coverage.between(colour, f.value((0.075, 0.095, 0.028)) * (1.35 - 0.9 * where))


@spec
class Bark(Material):
    """Bark with deep furrows along the trunk."""

    tones = BARKS
    tone: str = tone(BARKS, "bark")
    ridge: float = size(0.018, 0.05, "from furrow to furrow")
    depth: float = uniform(0.15, 0.45, doc="depth of a furrow as a share of a ridge")
    length: float = uniform(3.0, 8.0, doc="length of a ridge in widths")
    moss: float = share(0.0, 0.7, "how much of it algae cover")


def bark(spec: Bark, f: Fields, p: Value, colour: Value) -> Look:
    """Flat ridges that join and part along the trunk, split across here and there."""
    p = f.moved(p, spec.seed)
    drawn = f.warp(p, 0.55 * spec.ridge, 2.2 * spec.ridge, 3.0) * (1.0, 1.0, 1.0 / spec.length)
    furrow = f.edge(drawn, spec.ridge)
    rough = f.noise(p, 0.6 * spec.ridge, 5.0, 0.66, stretch=(1.0, 1.0, 0.35))
    split = f.noise(p, 0.5 * spec.ridge, 3.0, 0.6, stretch=(0.4, 0.4, 1.2)).smooth(0.36, 0.30)
    ridge = (furrow + (rough - 0.5) * 0.16).smooth(0.02, 0.24)
    height = (ridge * spec.depth + (rough - 0.5) * 0.22 - split * ridge * 0.08) * spec.ridge
    tint = colour * (0.28 + 0.72 * ridge) * (0.62 + 0.76 * rough) * (1.0 - 0.3 * split)
    return Look(overgrown(f, p, tint, spec.moss, 1.0 - ridge), height, roughness=0.92, specular=0.15)


@spec
class BirchBark(Material):
    """Smooth pale bark with dark pores and peeling sheets."""

    tones = BIRCHES
    tone: str = tone(BIRCHES, "birch bark", white=2.0)
    pore: float = size(0.012, 0.035, "length of a pore around the trunk")
    scars: float = share(0.1, 0.7, "share that is black and broken")
    peel: float = share(0.1, 0.9, "how much it peels")


def birch_bark(spec: BirchBark, f: Fields, p: Value, colour: Value) -> Look:
    """Dashes of pores across the trunk, black scars, edges of peeling paper."""
    p = f.moved(p, spec.seed)
    around = p * (1.0, 1.0, 7.0)
    dash = f.noise(around, spec.pore, 2.0, 0.5).smooth(0.62, 0.70)
    scar = f.noise(p, 0.16, 6.0, 0.68, stretch=(0.6, 0.6, 1.3)).smooth(
        0.70 - 0.14 * spec.scars, 0.76 - 0.14 * spec.scars
    )
    sheet = f.noise(p, 0.09, 3.0, 0.55, stretch=(0.3, 0.3, 1.6)) * 7.0
    lip = sheet.fraction().smooth(0.0, 0.12) * spec.peel
    grain = f.noise(p, 0.02, 4.0, 0.6, stretch=(0.4, 0.4, 3.0))
    paper = colour * (0.8 + 0.35 * grain) * (0.85 + 0.15 * lip)
    paper = (sheet * 0.5).fraction().smooth(0.7, 1.0).between(paper, colour * (1.0, 0.82, 0.66))
    tint = dash.between(paper, (0.05, 0.042, 0.036))
    tint = scar.between(tint, f.value((0.03, 0.027, 0.025)) * (0.5 + grain))
    height = lip * 0.0012 + scar * (grain - 0.2) * 0.014 - dash * 0.0008
    return Look(tint, height, (grain - 0.5) * 0.0006, roughness=0.6 + 0.3 * scar, specular=0.3)


@spec
class PineBark(Material):
    """Thick plates of bark that flake in layers."""

    tones = PINES
    tone: str = tone(PINES, "pine bark")
    plate: float = size(0.04, 0.11, "width of a plate")
    depth: float = uniform(0.12, 0.3, doc="depth of a furrow as a share of a plate")
    flakes: float = share(0.3, 1.0, "how much plates flake")


def pine_bark(spec: PineBark, f: Fields, p: Value, colour: Value) -> Look:
    """Plates longer than wide with steps of flakes like a relief map, black in the furrows."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.16 * spec.plate, 0.5 * spec.plate, 3.0) * (1.0, 1.0, 0.5)
    rim, cell = f.edge(bent, spec.plate), f.cells(bent, spec.plate)
    layer = f.noise(p, 0.5 * spec.plate, 3.0, 0.55, stretch=(1.0, 1.0, 0.6)) * 9.0
    step = layer.floor() + layer.fraction().smooth(0.0, 0.25)
    grain = f.noise(p, 0.12 * spec.plate, 4.0, 0.65)
    body = (rim + (grain - 0.5) * 0.1).smooth(0.01, 0.11)
    height = (body * spec.depth + (step - 4.5) * (0.03 * spec.flakes) + (grain - 0.5) * 0.05) * spec.plate
    random = f.random(layer.floor().join(cell.random * 8.0, 0.5))
    tint = colour * (0.6 + 0.45 * random + 0.4 * cell.second) * (0.7 + 0.6 * grain)
    return Look(body.between(f.value((0.03, 0.022, 0.018)), tint), height, roughness=0.9, specular=0.18)


@spec
class PalmBark(Material):
    """The ringed trunk of a palm."""

    tones = PALMS
    tone: str = tone(PALMS, "palm bark")
    ring: float = size(0.03, 0.09, "from scar to scar")
    depth: float = uniform(0.08, 0.25, doc="depth of a scar as a share of a ring")
    fibre: float = share(0.2, 1.0, "how fibrous it is")


def palm_bark(spec: PalmBark, f: Fields, p: Value, colour: Value) -> Look:
    """Scars of old fronds around the trunk, fibres and clefts along it."""
    p = f.moved(p, spec.seed)
    _, _, z = p.split()
    wobble = f.noise(p, 0.16, 3.0)
    ring = ((z + (wobble - 0.5) * (1.4 * spec.ring)) / spec.ring).fraction()
    lip = ring.smooth(0.0, 0.1) * (1.0 - 0.6 * ring)
    fibre = f.noise(p, 0.006, 4.0, 0.6, stretch=(1.0, 1.0, 0.12))
    cleft = f.edge(f.warp(p, 0.01, 0.04, 2.0) * (1.0, 1.0, 0.22), 0.035).smooth(0.1, 0.0)
    height = (lip * spec.depth - cleft * 0.12) * spec.ring + (fibre - 0.5) * (0.006 * spec.fibre)
    tint = colour * (0.45 + 0.7 * lip) * (0.6 + 0.8 * fibre) * (1.0 - 0.6 * cleft) * (0.6 + 0.8 * wobble)
    return Look(tint, height, roughness=0.9, specular=0.15)


@spec
class Wood(Material):
    """Solid wood with its rings around z, sawn or worn."""

    tones = WOODS
    tone: str = tone(WOODS, "wood")
    ring: float = size(0.004, 0.014, "width of a year's ring")
    contrast: float = share(0.2, 0.7, "how dark late wood is")
    roughness: float = rough(0.4, 0.75)
    weathering: float = share(0.0, 0.6, "how grey and cracked it is")


def rings(f: Fields, p: Value, ring: float, knots: float = 0.35) -> Value:
    """Year rings around z as a rising wave 0…1, early wood to late wood."""
    x, y, _ = f.warp(p * (1.0, 1.0, 0.18), 3.0 * ring * knots, 16.0 * ring, 2.0).split()
    radius = (x.squared() + y.squared()).root()
    return (radius / ring).fraction()


def wood(spec: Wood, f: Fields, p: Value, colour: Value) -> Look:
    """Rings, pores and fibres along z, and cracks where it has weathered."""
    year = rings(f, p, spec.ring)
    p = f.moved(p, spec.seed)
    late = year.smooth(0.25, 0.92) * year.smooth(1.0, 0.95)
    fibre = f.noise(p, 0.0022, 4.0, 0.65, stretch=(1.0, 1.0, 0.035))
    broad = f.noise(p, 0.12, 3.0, 0.55, stretch=(1.0, 1.0, 0.2))
    pore = f.noise(p, 0.0014, 1.0, 0.5, stretch=(1.0, 1.0, 0.05)).smooth(0.38, 0.3)
    crack = f.edge(f.warp(p, 0.006, 0.03, 2.0) * (1.0, 1.0, 0.06), 0.035).smooth(0.05, 0.0) * spec.weathering
    tint = colour * (1.12 - spec.contrast * late) * (0.72 + 0.4 * fibre + 0.25 * broad) * (1.0 - 0.4 * pore)
    grey = (spec.weathering * broad.smooth(0.3, 0.6)).between(tint, f.value((0.27, 0.255, 0.235)) * (0.5 + fibre))
    height = -crack * 0.004 + late * (0.0006 * spec.weathering)
    return Look(
        grey * (1.0 - 0.8 * crack), height, (fibre - 0.5) * 0.0005 - pore * 0.0001, roughness=spec.roughness,
        specular=0.35,
    )  # fmt: skip


@spec
class RottenWood(Material):
    """Wood that rots: split into cubes, with moss."""

    tones = ROTTEN
    tone: str = tone(ROTTEN, "rotten wood")
    cube: float = size(0.015, 0.05, "from crack to crack")
    moss: float = share(0.1, 0.9, "how much moss grows on it")
    wetness: float = share(0.0, 0.7, "how wet")


def rotten_wood(spec: RottenWood, f: Fields, p: Value, colour: Value) -> Look:
    """Fibres along z, cracked across and along; moss settles in patches."""
    p = f.moved(p, spec.seed)
    fibre = f.noise(p, 0.006, 5.0, 0.66, stretch=(1.0, 1.0, 0.07))
    crack = f.edge(f.warp(p, 0.3 * spec.cube, 0.8 * spec.cube, 3.0) * (1.0, 1.0, 0.55), spec.cube)
    body = crack.smooth(0.0, 0.12)
    broad = f.noise(p, 0.12, 5.0, 0.62)
    height = (body * 0.22 + (broad - 0.5) * 1.2) * spec.cube + (fibre - 0.5) * 0.009
    tint = colour * (0.5 + fibre) * (0.3 + 0.7 * body) * (1.0 - 0.45 * spec.wetness)
    grown = broad.smooth(0.66 - 0.28 * spec.moss, 0.76 - 0.28 * spec.moss)
    tuft = f.bumps(p, 0.003)
    green = f.value((0.07, 0.105, 0.022)) * (0.3 + tuft)
    return Look(
        grown.between(tint, green), height + grown * 0.004, grown * tuft * 0.002,
        roughness=0.9 - 0.3 * spec.wetness, specular=0.25,
    )  # fmt: skip


sample_bark, build_bark = generator("bark", Bark)
sample_birch_bark, build_birch_bark = generator("birch_bark", BirchBark)
sample_pine_bark, build_pine_bark = generator("pine_bark", PineBark)
sample_palm_bark, build_palm_bark = generator("palm_bark", PalmBark)
sample_wood, build_wood = generator("wood", Wood)
sample_rotten_wood, build_rotten_wood = generator("rotten_wood", RottenWood)
