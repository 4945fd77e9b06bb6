"""Loose ground: soil, litter, mud, clay, gravel, moss and ash."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

SOILS = {
    "brown": (0.13, 0.085, 0.052), "dark": (0.055, 0.039, 0.027), "red": (0.22, 0.085, 0.042),
    "ochre": (0.25, 0.165, 0.088), "grey": (0.17, 0.15, 0.125),
}  # fmt: skip
GREENS = {"fresh": (0.075, 0.13, 0.026), "deep": (0.035, 0.085, 0.022), "olive": (0.095, 0.105, 0.03), "yellowish": (0.16, 0.145, 0.04)}  # fmt: skip
LITTER = {"brown": (0.16, 0.085, 0.042), "orange": (0.27, 0.11, 0.035), "pale": (0.27, 0.19, 0.115), "dark": (0.08, 0.05, 0.032)}  # fmt: skip
CLAYS = {"red": (0.30, 0.12, 0.065), "ochre": (0.36, 0.23, 0.115), "grey": (0.26, 0.25, 0.225), "white": (0.52, 0.49, 0.43)}  # fmt: skip
STONES = {"grey": (0.23, 0.22, 0.205), "brown": (0.22, 0.16, 0.115), "pale": (0.42, 0.39, 0.34), "dark": (0.09, 0.088, 0.085)}  # fmt: skip
ASHES = {"grey": (0.24, 0.235, 0.23), "pale": (0.42, 0.41, 0.39), "dark": (0.08, 0.078, 0.076)}


def wetted(colour: Value, wet: Value | float) -> Value:
    """A porous surface darkens as water fills its pores."""
    return colour * (1.0 - 0.55 * wet)


@spec
class Soil(Material):
    """Bare soil with clods and small stones."""

    tones = SOILS
    tone: str = tone(SOILS, "soil")
    clod: float = size(0.012, 0.05, "width of a clod")
    stones: float = share(0.0, 0.6, "how stony")
    wetness: float = share(0.0, 0.7, "how wet")


def soil(spec: Soil, f: Fields, p: Value, colour: Value) -> Look:
    """Crumbs on clods, darker where deep."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.7, 4.0, 0.6)
    crumb = f.noise(p, spec.clod * 1.6, 6.0, 0.68)
    lump = f.bumps(f.warp(p, spec.clod * 0.4, spec.clod), spec.clod) * broad.smooth(0.3, 0.7)
    cell = f.cells(p, spec.clod * 0.9)
    stone = cell.random.above(1.0 - 0.3 * spec.stones) * cell.distance.smooth(0.42, 0.3)
    height = (crumb - 0.5) * (1.6 * spec.clod) + lump * (0.5 * spec.clod) + stone * (0.35 * spec.clod)
    shaded = colour * (0.55 + 0.5 * broad + 0.5 * crumb.smooth(0.3, 0.7)) * (0.8 + 0.25 * lump)
    shaded = wetted(stone.between(shaded, (0.4 + 0.6 * cell.second) * f.value((0.19, 0.17, 0.145))), spec.wetness)
    return Look(shaded, height, roughness=0.95 - 0.45 * spec.wetness * broad.smooth(0.6, 0.35), specular=0.2)


@spec
class GrassSoil(Material):
    """Short turf with bare patches of soil, for ground on which grass grows."""

    tones = GREENS
    tone: str = tone(GREENS, "turf")
    blade: float = size(0.006, 0.016, "width of a tuft")
    bare: float = share(0.1, 0.6, "share of bare soil")
    dry: float = share(0.0, 0.7, "share of dry stalks")


def grass_soil(spec: GrassSoil, f: Fields, p: Value, colour: Value) -> Look:
    """Tufts seen from above between patches of soil and straw."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 1.3, 5.0, 0.62)
    tuft = f.noise(p, spec.blade * 3.0, 5.0, 0.7, distortion=1.5)
    bare = (broad + (tuft - 0.5) * 0.5).smooth(0.33 + 0.2 * spec.bare, 0.23 + 0.2 * spec.bare)
    straw = f.noise(p, spec.blade, 3.0, 0.6, distortion=2.5).smooth(0.62 - 0.12 * spec.dry, 0.72 - 0.12 * spec.dry)
    green = colour * (0.35 + 1.3 * tuft.smooth(0.3, 0.72)) * (0.7 + 0.6 * broad)
    green = (straw * spec.dry).between(green, (0.34, 0.26, 0.11))
    earth = f.value((0.115, 0.078, 0.048)) * (0.5 + tuft)
    height = tuft * (3.0 * spec.blade) * (1.0 - 0.6 * bare)
    return Look(bare.between(green, earth), height, roughness=0.85, specular=0.15, sheen=0.15 * (1.0 - bare))


@spec
class ForestFloor(Material):
    """Fallen leaves over humus."""

    tones = LITTER
    tone: str = tone(LITTER, "leaf litter")
    leaf: float = size(0.035, 0.08, "width of a fallen leaf")
    cover: float = share(0.5, 1.0, "share of the ground that leaves cover")
    wetness: float = share(0.0, 0.6, "how wet")


def forest_floor(spec: ForestFloor, f: Fields, p: Value, colour: Value) -> Look:
    """Two layers of leaves of many browns, each a little tilted, with gaps of dark humus."""
    p = f.moved(p, spec.seed)
    crumpled = f.warp(p, 0.28 * spec.leaf, 0.6 * spec.leaf, 2.0)
    upper, lower = f.cells(crumpled * (1.5, 0.7, 1.0), spec.leaf), f.cells(crumpled * (0.7, 1.5, 1.1) + 7.3, spec.leaf)
    top = (0.9 * upper.random + 0.8 - 1.5 * upper.distance).maximum(0.0)
    under = (0.9 * lower.random + 0.7 - 1.5 * lower.distance).maximum(0.0)
    over = (top - under).smooth(-0.02, 0.02)
    random, hue = over.between(lower.second, upper.second), over.between(lower.random, upper.random)
    rise = top.maximum(under)
    crumb = f.noise(p, 0.02, 4.0, 0.65)
    leafy = rise.smooth(0.36 - 0.34 * spec.cover, 0.42 - 0.34 * spec.cover)
    leaf = colour * (0.35 + 1.15 * random) * (0.75 + 0.5 * crumb)
    # A leaf lies in the shade of the one over it.
    leaf = leaf * (0.35 + 0.65 * (top - under).absolute().smooth(0.0, 0.14))
    leaf = hue.smooth(0.72, 0.8).between(leaf, colour * f.value((1.6, 1.75, 1.4)) * (0.5 + random))
    humus = f.value((0.042, 0.03, 0.021)) * (0.5 + crumb)
    # Leaves are flat: each lies at its own height and curls only a little.
    height = leafy * (0.09 * random + 0.05 * rise) * spec.leaf + (crumb - 0.5) * 0.008
    damp = spec.wetness * crumb.smooth(0.35, 0.6)
    return Look(wetted(leafy.between(humus, leaf), damp), height, roughness=0.85 - 0.45 * damp, specular=0.3)


@spec
class Mud(Material):
    """Wet mud with puddles."""

    tones = SOILS
    tone: str = tone(SOILS, "mud", red=0.4)
    lump: float = size(0.03, 0.12, "width of a lump")
    puddles: float = share(0.0, 0.8, "share under water")
    roughness: float = rough(0.25, 0.55)


def mud(spec: Mud, f: Fields, p: Value, colour: Value) -> Look:
    """Smeared lumps; what lies low is water, still and dark."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.8, 3.0, 0.55)
    lump = f.noise(f.warp(p, spec.lump * 0.4, spec.lump * 1.4), spec.lump, 3.0, 0.5)
    level = broad * 0.6 + lump * 0.4
    shore = 0.36 + 0.16 * spec.puddles
    water = level.smooth(shore + 0.015, shore)
    height = (level.maximum(shore) - 0.5) * (1.3 * spec.lump)
    grain = f.noise(p, 0.008, 3.0, 0.6)
    wet = level.smooth(shore + 0.16, shore)
    earth = wetted(colour, 0.35 + 0.5 * wet) * (0.75 + 0.5 * grain)
    return Look(
        water.between(earth, f.value((0.03, 0.024, 0.017))), height, (1.0 - water) * (grain - 0.5) * 0.0035,
        roughness=water.between(spec.roughness + 0.3 * (1.0 - wet), 0.03), specular=0.5,
    )  # fmt: skip


@spec
class CrackedEarth(Material):
    """Dried mud that broke into plates with curled rims."""

    tones = CLAYS
    tone: str = tone(CLAYS, "cracked earth")
    plate: float = size(0.06, 0.3, "width of a plate")
    crack: float = share(0.03, 0.09, "width of a crack as a share of a plate")
    curl: float = share(0.1, 1.0, "how far the rims curl up")
    depth: float = uniform(0.08, 0.22, doc="depth of a crack as a share of a plate")


def cracked_earth(spec: CrackedEarth, f: Fields, p: Value, colour: Value) -> Look:
    """Plates bounded by cracks, with finer cracks in them."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.12 * spec.plate, 0.5 * spec.plate, 3.0)
    rim = f.edge(bent, spec.plate, 0.9)
    hair = f.edge(f.warp(p, 0.05 * spec.plate, 0.2 * spec.plate, 2.0), 0.34 * spec.plate)
    cell = f.cells(bent, spec.plate, 0.9)
    grain = f.noise(p, 0.03, 6.0, 0.65)
    body = rim.smooth(0.35 * spec.crack, 1.3 * spec.crack)
    fine = hair.smooth(0.0, 0.06)
    lift = rim.smooth(0.28, 0.04) * (0.05 * spec.curl)
    height = (body * (spec.depth + lift) - (1.0 - fine) * 0.03 * body + (cell.random - 0.5) * 0.03) * spec.plate
    tint = (0.78 + 0.3 * cell.second) * (0.7 + 0.6 * grain) * (0.85 + 0.25 * rim.smooth(0.3, 0.05))
    dusty = colour * tint * (0.55 + 0.45 * fine)
    return Look(body.between(colour * 0.14, dusty), height, (grain - 0.5) * 0.003, roughness=0.92, specular=0.2)


@spec
class Gravel(Material):
    """Pebbles of two sizes."""

    tones = STONES
    tone: str = tone(STONES, "gravel")
    pebble: float = size(0.012, 0.045, "width of a pebble")
    variety: float = share(0.2, 0.9, "how much pebbles differ in colour")
    wetness: float = share(0.0, 0.6, "how wet")


def gravel(spec: Gravel, f: Fields, p: Value, colour: Value) -> Look:
    """Rounded stones that fit together, small ones in the gaps."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.2 * spec.pebble, 0.9 * spec.pebble)
    big, rim = f.cells(bent, spec.pebble), f.edge(bent, spec.pebble)
    small, thin = f.cells(bent, 0.42 * spec.pebble), f.edge(bent, 0.42 * spec.pebble)
    # A quarter circle from the border up: steep at the foot, level on top.
    dome = (rim * (2.0 - rim * 2.4).maximum(0.4)).minimum(0.4).maximum(0.0).root()
    heap = (thin * (2.0 - thin * 2.4).maximum(0.4)).minimum(0.4).maximum(0.0).root()
    high = dome * (0.55 + 0.6 * big.random)
    low = heap * 0.42
    top = (high - low).smooth(-0.02, 0.02)
    grain = f.noise(p, 0.15 * spec.pebble, 4.0, 0.65)
    random, hue = top.between(small.random, big.random), top.between(small.second, big.second)
    stone = colour * (1.0 + spec.variety * (1.5 * random - 0.75)) * (0.75 + 0.5 * grain)
    warm = f.value((1.3, 0.95, 0.7)) * stone
    stone = (hue.smooth(0.6, 0.9) * spec.variety).between(stone, warm)
    rise = high.maximum(low)
    shade = 0.45 + 0.55 * rise.smooth(0.05, 0.35)
    return Look(
        wetted(stone * shade, spec.wetness), rise * (0.75 * spec.pebble), (grain - 0.5) * (0.05 * spec.pebble),
        roughness=0.8 - 0.45 * spec.wetness, specular=0.35,
    )  # fmt: skip


@spec
class Moss(Material):
    """A cushion of moss."""

    tones = GREENS
    tone: str = tone(GREENS, "moss")
    cushion: float = size(0.03, 0.1, "width of a cushion")
    shoot: float = size(0.0015, 0.004, "width of a shoot")
    dry: float = share(0.0, 0.5, "share that is dry and brown")


def moss(spec: Moss, f: Fields, p: Value, colour: Value) -> Look:
    """Cushions of tiny stars of leaves, paler at their tips."""
    p = f.moved(p, spec.seed)
    cushion = f.bumps(f.warp(p, 0.35 * spec.cushion, spec.cushion, 2.0), spec.cushion)
    broad = f.noise(p, 4.0 * spec.cushion, 4.0)
    shoot = f.bumps(p, spec.shoot)
    tuft = f.noise(p, 4.0 * spec.shoot, 3.0, 0.6)
    tip = shoot * tuft.smooth(0.3, 0.7)
    green = colour * (0.28 + 0.5 * cushion + 0.9 * tip)
    brown = (broad.smooth(0.5, 0.66) * spec.dry).between(green, f.value((0.19, 0.125, 0.045)) * (0.4 + tip))
    height = cushion * (0.28 * spec.cushion) + (tuft - 0.5) * (3.0 * spec.shoot)
    return Look(brown, height, shoot * (0.7 * spec.shoot), roughness=0.9, specular=0.1, sheen=0.3)


@spec
class Clay(Material):
    """Bare clay, smooth and finely cracked."""

    tones = CLAYS
    tone: str = tone(CLAYS, "clay")
    crack: float = size(0.03, 0.12, "from one hair crack to the next")
    wetness: float = share(0.0, 0.8, "how wet")
    roughness: float = rough(0.55, 0.85)


def clay(spec: Clay, f: Fields, p: Value, colour: Value) -> Look:
    """Smeared by water, with hair cracks where it dried."""
    p = f.moved(p, spec.seed)
    flow = f.noise(f.warp(p, 0.06, 0.2), 0.16, 4.0, 0.5)
    crack = f.edge(f.warp(p, 0.2 * spec.crack, 0.6 * spec.crack, 3.0), spec.crack).smooth(0.035, 0.0)
    crack = crack * (1.0 - spec.wetness) * flow.smooth(0.4, 0.6)
    grain = f.noise(p, 0.006, 3.0, 0.6)
    earth = wetted(colour, 0.7 * spec.wetness) * (0.72 + 0.4 * flow + 0.16 * grain)
    height = (flow - 0.5) * 0.05 - crack * (0.05 * spec.crack)
    shine = spec.roughness - 0.4 * spec.wetness * flow.smooth(0.6, 0.4)
    return Look(earth * (1.0 - 0.6 * crack), height, (grain - 0.5) * 0.0012, roughness=shine, specular=0.4)


@spec
class Ash(Material):
    """Volcanic ash or the ash of a fire."""

    tones = ASHES
    tone: str = tone(ASHES, "ash")
    flake: float = size(0.004, 0.015, "width of a flake")
    cinders: float = share(0.0, 0.6, "how many cinders lie in it")


def ash(spec: Ash, f: Fields, p: Value, colour: Value) -> Look:
    """Powder in soft heaps with flakes and black cinders."""
    p = f.moved(p, spec.seed)
    heap = f.noise(p, 0.3, 5.0, 0.55)
    flake = f.cells(f.warp(p, 0.4 * spec.flake, spec.flake), spec.flake)
    cinder = flake.second.above(1.0 - 0.22 * spec.cinders) * flake.distance.smooth(0.5, 0.4)
    dust = colour * (0.6 + 0.5 * heap + 0.3 * flake.random)
    height = (heap - 0.5) * 0.08 + cinder * (0.4 * spec.flake)
    fine = (flake.random - flake.distance) * (0.16 * spec.flake)
    return Look(cinder.between(dust, f.value((0.022, 0.02, 0.019))), height, fine, roughness=1.0, specular=0.1)


sample_soil, build_soil = generator("soil", Soil)
sample_grass_soil, build_grass_soil = generator("grass_soil", GrassSoil)
sample_forest_floor, build_forest_floor = generator("forest_floor", ForestFloor)
sample_mud, build_mud = generator("mud", Mud)
sample_cracked_earth, build_cracked_earth = generator("cracked_earth", CrackedEarth)
sample_gravel, build_gravel = generator("gravel", Gravel)
sample_moss, build_moss = generator("moss", Moss)
sample_clay, build_clay = generator("clay", Clay)
sample_ash, build_ash = generator("ash", Ash)
