"""Rock: grained, layered, porous, polished and overgrown."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

GRANITES = {"grey": (0.34, 0.33, 0.32), "pink": (0.42, 0.265, 0.215), "white": (0.52, 0.50, 0.47), "dark": (0.16, 0.16, 0.165)}  # fmt: skip
SANDSTONES = {"buff": (0.42, 0.31, 0.19), "red": (0.36, 0.165, 0.088), "grey": (0.32, 0.30, 0.265), "yellow": (0.48, 0.34, 0.165)}  # fmt: skip
LIMESTONES = {"pale": (0.50, 0.475, 0.42), "grey": (0.33, 0.325, 0.305), "cream": (0.53, 0.465, 0.36)}
BASALTS = {"black": (0.045, 0.045, 0.047), "grey": (0.095, 0.093, 0.092), "brown": (0.10, 0.08, 0.066)}
SLATES = {"blue": (0.085, 0.095, 0.11), "grey": (0.125, 0.125, 0.125), "green": (0.092, 0.108, 0.092), "purple": (0.105, 0.082, 0.092)}  # fmt: skip
MARBLES = {"white": (0.74, 0.73, 0.71), "cream": (0.66, 0.58, 0.46), "green": (0.055, 0.105, 0.075), "black": (0.028, 0.028, 0.03), "rose": (0.56, 0.36, 0.31)}  # fmt: skip
STRATA = {"red": (0.40, 0.185, 0.10), "ochre": (0.45, 0.31, 0.165), "grey": (0.31, 0.29, 0.26)}
CHALKS = {"white": (0.76, 0.75, 0.70), "grey": (0.58, 0.57, 0.54), "cream": (0.68, 0.63, 0.52)}
OBSIDIANS = {"black": (0.008, 0.008, 0.009), "brown": (0.028, 0.013, 0.008), "green": (0.009, 0.014, 0.01)}


def fractured(f: Fields, p: Value, block: float) -> tuple[Value, Value]:
    """The height of broken rock as a share of ``block`` metres, and how far a place is from a joint 0…1."""
    bent = f.warp(p, 0.18 * block, 0.7 * block, 3.0)
    cell = f.cells(bent, block)
    rough = f.noise(p, 0.5 * block, 8.0, 0.64)
    # Joints open in some places and heal in others.
    joint = (f.edge(bent, block) + rough.smooth(0.42, 0.62) * 0.05).smooth(0.0, 0.03)
    # Facets: a ridged noise cut off makes planes that meet at edges, as breaks do.
    facet = (f.noise(bent, 0.6 * block, 1.0, 0.4) * 2.0 - 1.0).absolute()
    return 0.045 * cell.random + 0.02 * joint + 0.28 * (rough - 0.5) - 0.16 * facet, joint


@spec
class Granite(Material):
    """Granite: crystals of feldspar, quartz and mica."""

    tones = GRANITES
    tone: str = tone(GRANITES, "granite")
    crystal: float = size(0.003, 0.010, "width of a crystal")
    mica: float = share(0.1, 0.35, "share of dark mica")
    block: float = size(0.25, 0.7, "from joint to joint")
    weathering: float = share(0.0, 0.8, "how stained it is")


def granite(spec: Granite, f: Fields, p: Value, colour: Value) -> Look:
    """Crystals of three minerals on rounded, jointed blocks."""
    p = f.moved(p, spec.seed)
    broken, joint = fractured(f, p, spec.block)
    cell = f.cells(f.warp(p, 0.3 * spec.crystal, 0.8 * spec.crystal), spec.crystal)
    quartz = cell.random.smooth(0.62, 0.66)
    dark = cell.second.above(1.0 - spec.mica)
    mineral = quartz.between(colour * (0.75 + 0.5 * cell.second), f.value((0.33, 0.325, 0.32)))
    mineral = dark.between(mineral, (0.03, 0.029, 0.029))
    stain = f.noise(p, 0.5, 5.0, 0.65)
    mineral = mineral * (0.72 + 0.55 * stain)
    mineral = (stain.smooth(0.5, 0.72) * 0.6 * spec.weathering).between(mineral, (0.20, 0.125, 0.065))
    return Look(
        mineral * (0.62 + 0.38 * joint), broken * (0.8 * spec.block), (cell.random - 0.5) * (0.14 * spec.crystal),
        roughness=dark.between(0.72, 0.4), specular=0.4,
    )  # fmt: skip


@spec
class Sandstone(Material):
    """Sandstone with its bedding."""

    tones = SANDSTONES
    tone: str = tone(SANDSTONES, "sandstone")
    bed: float = size(0.04, 0.25, "thickness of a bed")
    grain: float = size(0.0012, 0.003, "width of a grain")
    relief: float = size(0.005, 0.03, "how far hard beds stand out")
    contrast: float = share(0.2, 0.7, "how much beds differ")


def bedding(f: Fields, p: Value, bed: float) -> Value:
    """A number 0…1 that is nearly constant along a bed and bends with the layers."""
    flow = f.noise(p, 6.0 * bed, 2.0)
    x, y, z = p.split()
    level = (x * 0.03).join(y * 0.03, z + flow * (1.6 * bed))
    return f.noise(level, bed, 5.0, 0.72)


def sandstone(spec: Sandstone, f: Fields, p: Value, colour: Value) -> Look:
    """Beds of differing hardness, worn back by the wind, with grains and pits."""
    p = f.moved(p, spec.seed)
    bed = bedding(f, p, spec.bed)
    rough = f.noise(p, 0.12, 6.0, 0.62)
    pit = f.bumps(f.warp(p, 0.02, 0.05), 0.06) * rough.smooth(0.5, 0.7)
    grain = f.noise(p, spec.grain, 2.0, 0.6)
    hard = bed.smooth(0.36, 0.64)
    tint = colour * (1.0 - 0.5 * spec.contrast + spec.contrast * hard) * (0.72 + 0.36 * rough + 0.2 * grain)
    tint = (bed.smooth(0.56, 0.7) * spec.contrast).between(tint, colour * (1.15, 0.85, 0.7))
    height = hard * spec.relief + (rough - 0.5) * (2.0 * spec.relief) - pit * (0.8 * spec.relief)
    return Look(tint, height, (grain - 0.5) * (0.9 * spec.grain), roughness=0.92, specular=0.2)


@spec
class Limestone(Material):
    """Limestone, pitted and fluted by rain."""

    tones = LIMESTONES
    tone: str = tone(LIMESTONES, "limestone")
    block: float = size(0.3, 0.8, "from joint to joint")
    pit: float = size(0.015, 0.05, "width of a pit")
    stain: float = share(0.1, 0.8, "how dark rain has stained it")


def limestone(spec: Limestone, f: Fields, p: Value, colour: Value) -> Look:
    """Pale blocks with solution pits and grey streaks down the wall."""
    p = f.moved(p, spec.seed)
    broken, joint = fractured(f, p, spec.block)
    cell = f.cells(f.warp(p, 0.4 * spec.pit, spec.pit, 2.0), spec.pit)
    pit = cell.random.smooth(0.45, 0.8) * cell.distance.smooth(0.5, 0.1)
    streak = f.noise(p, 0.16, 5.0, 0.62, stretch=(1.0, 1.0, 0.12))
    grain = f.noise(p, 0.01, 4.0, 0.65)
    tint = colour * (0.75 + 0.5 * grain) * (1.0 - 0.55 * spec.stain * streak.smooth(0.45, 0.66))
    tint = tint * (1.0 - 0.6 * pit) * (0.62 + 0.38 * joint)
    height = broken * (0.5 * spec.block) - pit * (0.35 * spec.pit)
    return Look(tint, height, (grain - 0.5) * 0.004, roughness=0.88, specular=0.3)


@spec
class Basalt(Material):
    """Basalt with gas bubbles."""

    tones = BASALTS
    tone: str = tone(BASALTS, "basalt")
    bubble: float = size(0.006, 0.025, "width of a bubble")
    porosity: float = share(0.1, 0.8, "share of bubbles")
    block: float = size(0.3, 0.8, "from joint to joint")


def basalt(spec: Basalt, f: Fields, p: Value, colour: Value) -> Look:
    """Dark, fine, full of holes where gas escaped, rusty in places."""
    p = f.moved(p, spec.seed)
    broken, joint = fractured(f, p, spec.block)
    cell = f.cells(p, spec.bubble)
    hole = cell.random.smooth(1.0 - spec.porosity, 1.1 - spec.porosity) * cell.distance.smooth(0.48, 0.15)
    grain = f.noise(p, 0.006, 4.0, 0.65)
    rust = f.noise(p, 0.3, 5.0, 0.65).smooth(0.58, 0.75)
    tint = (rust * 0.5).between(colour * (0.6 + 0.8 * grain), f.value((0.15, 0.075, 0.04)) * (0.5 + grain))
    height = broken * (0.6 * spec.block) - hole * (0.4 * spec.bubble)
    return Look(
        tint * (1.0 - 0.65 * hole) * (0.62 + 0.38 * joint), height, (grain - 0.5) * 0.002, roughness=0.8, specular=0.4
    )


@spec
class Slate(Material):
    """Slate that splits along thin sheets."""

    tones = SLATES
    tone: str = tone(SLATES, "slate")
    sheet: float = size(0.006, 0.03, "thickness of a sheet")
    rust: float = share(0.0, 0.6, "how rusty its joints are")
    roughness: float = rough(0.4, 0.65)


def slate(spec: Slate, f: Fields, p: Value, colour: Value) -> Look:
    """Sheets that end in steps; a silky shine on their faces."""
    p = f.moved(p, spec.seed)
    x, y, z = p.split()
    broad = f.noise(p, 0.22, 4.0, 0.6)
    stack = (z + x * 0.35 + broad * (3.0 * spec.sheet)) / spec.sheet
    sheet = stack.floor()
    side = f.random(sheet.join(3.0, 0.5))
    grain = f.noise(p, 0.02, 5.0, 0.65, stretch=(1.0, 1.0, 3.0))
    step = (broad * 22.0 + y * 4.0).floor() * 0.14
    rust = f.noise(p, 0.2, 5.0, 0.65).smooth(0.56, 0.7) * spec.rust
    tint = rust.between(colour * (0.7 + 0.35 * side + 0.35 * grain), f.value((0.21, 0.105, 0.045)) * (0.5 + grain))
    notch = (stack.fraction() - 0.5).absolute().smooth(0.5, 0.42)
    height = (side * 1.2 + step + 0.4 * notch + (grain - 0.5)) * (0.4 * spec.sheet)
    return Look(tint * (0.7 + 0.3 * notch), height, (grain - 0.5) * 0.001, roughness=spec.roughness, specular=0.5)


@spec
class Marble(Material):
    """Marble with veins, polished or sawn."""

    tones = MARBLES
    tone: str = tone(MARBLES, "marble", white=2.0)
    vein: float = size(0.1, 0.4, "from vein to vein")
    contrast: float = share(0.3, 1.0, "how dark the veins are")
    roughness: float = rough(0.06, 0.4)


def marble(spec: Marble, f: Fields, p: Value, colour: Value) -> Look:
    """Veins in folded layers: thin sharp ones in broad clouds."""
    p = f.moved(p, spec.seed)
    folded = f.warp(f.warp(p, 0.45 * spec.vein, 1.6 * spec.vein, 2.0), 0.14 * spec.vein, 0.4 * spec.vein, 3.0)
    broad = f.ridges(folded, 1.3 * spec.vein, 3.0, 0.5)
    thin = f.ridges(folded + 3.7, 0.7 * spec.vein, 2.0, 0.45)
    cloud = f.noise(p, spec.vein, 4.0, 0.6)
    line = (broad.smooth(0.86, 0.99) + thin.smooth(0.92, 1.0) * 0.6 + broad.smooth(0.2, 0.95) * 0.22).minimum(1.0)
    light = sum(spec.colour) > 0.45
    vein = colour * (0.30, 0.31, 0.34) if light else f.value((0.55, 0.54, 0.50))
    tint = (line * spec.contrast * cloud.smooth(0.25, 0.5)).between(colour * (0.9 + 0.2 * cloud), vein)
    polish = spec.roughness + 0.05 * line
    return Look(
        tint, 0.0, (cloud - 0.5) * 0.0008 * spec.roughness, roughness=polish, specular=0.5, subsurface=0.12, depth=0.006
    )


@spec
class Strata(Material):
    """Banded rock of a canyon wall, with desert varnish."""

    tones = STRATA
    tone: str = tone(STRATA, "banded rock")
    bed: float = uniform(0.4, 3.0, unit="m", doc="thickness of a bed")
    fold: float = uniform(0.0, 6.0, unit="m", doc="how far beds rise and fall")
    varnish: float = share(0.1, 0.7, "how dark water has streaked the walls")
    ledge: float = uniform(0.05, 0.3, doc="how far hard beds stand out as a share of their thickness")


def strata(spec: Strata, f: Fields, p: Value, colour: Value) -> Look:
    """Bands by height: a noise of height alone that broad folds bend, hard beds in front of soft ones."""
    p = f.moved(p, spec.seed)
    x, y, z = p.split()
    fold = f.noise(p, 50.0, 2.0)
    level = (x * 0.01).join(y * 0.01, z + (fold - 0.5) * (4.0 * spec.fold))
    band = f.noise(level, 4.0 * spec.bed, 6.0, 0.75)
    streak = f.noise(p, 1.2, 5.0, 0.65, stretch=(1.0, 1.0, 0.06))
    rough = f.noise(p, 0.7, 7.0, 0.62)
    bands = band.ramp((0.28, (0.30, 0.24, 0.22)), (0.38, (0.95, 0.85, 0.80)), (0.46, (0.62, 0.50, 0.46)), (0.54, (1.15, 1.2, 1.15)),
                      (0.62, (0.85, 0.72, 0.62)), (0.72, (1.4, 1.75, 2.0)))  # fmt: skip
    tint = (colour * bands) * (0.65 + 0.7 * rough)
    tint = (streak.smooth(0.48, 0.66) * spec.varnish).between(tint, colour * (0.24, 0.22, 0.22))
    hard = (band * 9.0).fraction().smooth(0.0, 0.35) * band.smooth(0.3, 0.6)
    height = hard * (spec.ledge * spec.bed) + (rough - 0.5) * (0.14 * spec.bed)
    return Look(tint.minimum(0.8), height, roughness=0.92, specular=0.18)


@spec
class LichenRock(Material):
    """Rock under patches of lichen."""

    tones = GRANITES
    tone: str = tone(GRANITES, "rock under lichen")
    lichen: float = size(0.03, 0.12, "width of a patch of lichen")
    cover: float = share(0.2, 0.8, "share that lichen covers")
    block: float = size(0.25, 0.7, "from joint to joint")


def lichen_rock(spec: LichenRock, f: Fields, p: Value, colour: Value) -> Look:
    """Crusts of lichen, orange and grey green, that grow outward in rings with ragged rims."""
    p = f.moved(p, spec.seed)
    broken, joint = fractured(f, p, spec.block)
    grain = f.noise(p, 0.008, 5.0, 0.68)
    broad = f.noise(p, 0.4, 4.0, 0.6)
    cell = f.cells(f.warp(p, 0.35 * spec.lichen, 0.35 * spec.lichen, 4.0), spec.lichen)
    reach = (
        (0.2 + 0.8 * cell.random)
        * (0.35 + 0.55 * spec.cover)
        * broad.smooth(0.54 - 0.3 * spec.cover, 0.64 - 0.3 * spec.cover)
    )
    crust = (reach - cell.distance).smooth(0.0, 0.03)
    ring = 0.75 + 0.25 * (cell.distance * 5.0 - grain).turns()
    orange, pale = f.value((0.42, 0.22, 0.03)), f.value((0.32, 0.35, 0.24))
    growth = cell.second.smooth(0.68, 0.7).between(pale, orange) * ring * (0.6 + 0.8 * grain)
    stone = colour * (0.55 + 0.5 * grain + 0.4 * broad) * (0.62 + 0.38 * joint)
    fine = (grain - 0.5) * 0.004 + crust * grain * 0.003
    return Look(crust.between(stone, growth), broken * (0.7 * spec.block), fine, roughness=0.92, specular=0.2)


@spec
class Chalk(Material):
    """Chalk with seams of flint."""

    tones = CHALKS
    tone: str = tone(CHALKS, "chalk", white=2.0)
    block: float = size(0.15, 0.5, "from joint to joint")
    flint: float = share(0.0, 0.7, "how much flint lies in it")
    bed: float = uniform(0.5, 1.5, unit="m", doc="from one seam of flint to the next")


def chalk(spec: Chalk, f: Fields, p: Value, colour: Value) -> Look:
    """Soft white blocks, grey and green where damp, with black knobs of flint along beds."""
    p = f.moved(p, spec.seed)
    broken, joint = fractured(f, p, spec.block)
    grain = f.noise(p, 0.02, 5.0, 0.65)
    damp = f.noise(p, 0.5, 5.0, 0.62)
    _, _, z = p.split()
    seam = ((z / spec.bed + 0.12 * damp).fraction() - 0.5).absolute().smooth(0.06, 0.03)
    knob = f.noise(p, 0.07, 2.0, 0.4).smooth(0.62 - 0.12 * spec.flint, 0.64 - 0.12 * spec.flint) * seam
    flint = knob if spec.flint > 0 else f.value(0.0)
    tint = colour * (0.8 + 0.3 * grain) * (0.6 + 0.4 * joint)
    tint = (damp.smooth(0.55, 0.75) * 0.5).between(tint, colour * (0.62, 0.66, 0.52))
    height = broken * (0.7 * spec.block) + flint * 0.015
    return Look(
        flint.between(tint, f.value((0.03, 0.03, 0.033))), height, (grain - 0.5) * 0.004,
        roughness=flint.between(0.95, 0.3), specular=0.25,
    )  # fmt: skip


@spec
class Obsidian(Material):
    """Volcanic glass with shell-shaped breaks."""

    tones = OBSIDIANS
    tone: str = tone(OBSIDIANS, "obsidian")
    flake: float = size(0.04, 0.14, "width of a break")
    bands: float = share(0.0, 1.0, "how clearly it is banded")
    roughness: float = rough(0.03, 0.15)


def obsidian(spec: Obsidian, f: Fields, p: Value, colour: Value) -> Look:
    """Hollow facets with ripples around where each flake was struck."""
    p = f.moved(p, spec.seed)
    cell = f.cells(f.warp(p, 0.1 * spec.flake, spec.flake), spec.flake)
    hollow = cell.distance.squared()
    ripple = (cell.distance * 9.0).turns() * cell.distance.smooth(0.1, 0.6)
    flow = f.noise(f.warp(p, 0.03, 0.1), 0.05, 3.0, 0.6, stretch=(0.2, 1.0, 2.0))
    band = flow.smooth(0.5, 0.62) * spec.bands
    tint = band.between(colour, colour * 2.0 + (0.012, 0.011, 0.011))
    height = (hollow * 0.34 + ripple * 0.006 + cell.random * 0.1) * spec.flake
    return Look(tint, height, roughness=spec.roughness + 0.1 * band, specular=0.5, coat=0.4)


sample_granite, build_granite = generator("granite", Granite)
sample_sandstone, build_sandstone = generator("sandstone", Sandstone)
sample_limestone, build_limestone = generator("limestone", Limestone)
sample_basalt, build_basalt = generator("basalt", Basalt)
sample_slate, build_slate = generator("slate", Slate)
sample_marble, build_marble = generator("marble", Marble)
sample_strata, build_strata = generator("strata", Strata)
sample_lichen_rock, build_lichen_rock = generator("lichen_rock", LichenRock)
sample_chalk, build_chalk = generator("chalk", Chalk)
sample_obsidian, build_obsidian = generator("obsidian", Obsidian)
