"""Fired and cast materials: porcelain, terracotta, tiles, brick, concrete and plaster."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

GLAZES = {"white": (0.74, 0.74, 0.72), "celadon": (0.44, 0.56, 0.46), "blue": (0.06, 0.13, 0.36), "ivory": (0.70, 0.65, 0.54)}  # fmt: skip
TERRACOTTAS = {"red": (0.40, 0.155, 0.078), "orange": (0.50, 0.235, 0.115), "brown": (0.245, 0.12, 0.07), "buff": (0.52, 0.37, 0.235)}  # fmt: skip
TILES = {"white": (0.70, 0.69, 0.66), "blue": (0.07, 0.165, 0.34), "green": (0.06, 0.19, 0.135), "terracotta": (0.36, 0.15, 0.08), "black": (0.025, 0.025, 0.027)}  # fmt: skip
BRICKS = {"red": (0.30, 0.095, 0.055), "brown": (0.185, 0.088, 0.055), "yellow": (0.46, 0.33, 0.18), "grey": (0.25, 0.235, 0.215)}  # fmt: skip
CONCRETES = {"grey": (0.33, 0.325, 0.31), "pale": (0.47, 0.46, 0.435), "dark": (0.19, 0.188, 0.182)}
PLASTERS = {"white": (0.74, 0.725, 0.69), "ochre": (0.56, 0.38, 0.185), "rose": (0.55, 0.33, 0.26), "grey": (0.46, 0.45, 0.43)}  # fmt: skip


@spec
class Porcelain(Material):
    """Glazed porcelain."""

    tones = GLAZES
    tone: str = tone(GLAZES, "porcelain", white=2.0)
    crackle: float = size(0.006, 0.025, "from crack to crack of the glaze")
    crazing: float = share(0.0, 0.6, "how clearly the glaze has cracked")
    roughness: float = rough(0.03, 0.14)


def porcelain(spec: Porcelain, f: Fields, p: Value, colour: Value) -> Look:
    """Thick clear glaze over a white body, a net of fine cracks."""
    p = f.moved(p, spec.seed)
    crack = f.edge(f.warp(p, 0.15 * spec.crackle, spec.crackle, 2.0), spec.crackle).smooth(0.022, 0.0) * spec.crazing
    pool = f.noise(p, 0.05, 2.0, 0.45)
    tint = (crack * 0.7).between(colour * (0.92 + 0.16 * pool), colour * (0.42, 0.36, 0.29))
    return Look(
        tint, 0.0, (pool - 0.5) * 0.0006, roughness=spec.roughness, specular=0.5, subsurface=0.12, depth=0.003, coat=0.7
    )


@spec
class Terracotta(Material):
    """Unglazed terracotta with turning marks and lime."""

    tones = TERRACOTTAS
    tone: str = tone(TERRACOTTAS, "terracotta")
    groove: float = size(0.003, 0.009, "from turning mark to turning mark")
    lime: float = share(0.0, 0.7, "how much lime has come out")
    roughness: float = rough(0.7, 0.92)


def terracotta(spec: Terracotta, f: Fields, p: Value, colour: Value) -> Look:
    """Faint grooves of the wheel around z, grit, white bloom."""
    p = f.moved(p, spec.seed)
    _, _, z = p.split()
    broad = f.noise(p, 0.09, 5.0, 0.65)
    grit = f.noise(p, 0.0022, 3.0, 0.65)
    groove = (z / spec.groove + broad * 2.0).turns() * 0.5 + 0.5
    bloom = broad.smooth(0.52, 0.7) * spec.lime
    tint = bloom.between(colour * (0.68 + 0.4 * grit + 0.25 * broad), (0.60, 0.56, 0.50))
    fine = groove * (0.03 * spec.groove) + (grit - 0.5) * 0.0007
    return Look(tint, (broad - 0.5) * 0.0015, fine, roughness=spec.roughness, specular=0.25)


@spec
class Tiles(Material):
    """Glazed tiles with grout."""

    tones = TILES
    tone: str = tone(TILES, "tiles")
    width: float = size(0.08, 0.3, "width of a tile")
    aspect: float = share(0.5, 1.0, "height of a tile as a share of its width")
    grout: float = size(0.002, 0.006, "width of a joint")
    variation: float = share(0.05, 0.4, "how much tiles differ")
    offset: float = share(0.0, 0.5, "shift of every other row")
    roughness: float = rough(0.05, 0.3)


def tiles(spec: Tiles, f: Fields, p: Value, colour: Value) -> Look:
    """Cushioned tiles, each a little tilted and of its own tone, in sandy grout."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(p)
    joint, random = f.courses(u, v, spec.width, spec.width * spec.aspect, spec.offset)
    body = joint.smooth(0.5 * spec.grout, 0.5 * spec.grout + 0.0025)
    glaze = f.noise(p, 0.03, 3.0)
    grain = f.noise(p, 0.0025, 3.0, 0.65)
    tint = colour * (1.0 - spec.variation + 2.0 * spec.variation * random) * (0.92 + 0.16 * glaze)
    tint = body.between(f.value((0.40, 0.375, 0.335)) * (0.6 + 0.6 * grain), tint)
    height = body * (0.0022 + 0.0008 * random)
    fine = (1.0 - body) * (grain - 0.5) * 0.001 + body * (glaze - 0.5) * 0.0004
    return Look(
        tint.minimum(0.85), height, fine, roughness=body.between(0.9, spec.roughness), specular=0.5, coat=body * 0.4
    )


@spec
class Brick(Material):
    """A wall of bricks in running bond."""

    tones = BRICKS
    tone: str = tone(BRICKS, "brick")
    width: float = size(0.19, 0.26, "length of a brick")
    height: float = size(0.05, 0.08, "height of a course")
    mortar: float = size(0.008, 0.014, "width of a joint")
    variation: float = share(0.2, 0.6, "how much bricks differ")
    wear: float = share(0.1, 0.8, "how worn the edges are")


def brick(spec: Brick, f: Fields, p: Value, colour: Value) -> Look:
    """Bricks of differing fire with chipped edges, sandy mortar set back."""
    p = f.moved(p, spec.seed)
    rough = f.noise(p, 0.03, 5.0, 0.66)
    u, v = f.flat(p)
    ragged = (rough - 0.5) * (0.018 * spec.wear)
    joint, random = f.courses(u, v, spec.width, spec.height)
    body = (joint + ragged).smooth(0.5 * spec.mortar - 0.001, 0.5 * spec.mortar + 0.002)
    grain = f.noise(p, 0.004, 4.0, 0.65)
    soot = f.noise(p, 0.4, 4.0, 0.6)
    fired = colour * (1.0 - spec.variation + 2.0 * spec.variation * random) * (0.65 + 0.7 * rough)
    fired = (random * 7.0).fraction().smooth(0.7, 1.0).between(fired, fired * (0.55, 0.5, 0.52))
    joints = f.value((0.37, 0.345, 0.305)) * (0.55 + 0.7 * grain)
    tint = body.between(joints, fired) * (0.68 + 0.5 * soot)
    height = body * (0.007 + 0.003 * random) + (rough - 0.5) * 0.004
    return Look(tint, height, (grain - 0.5) * 0.002, roughness=0.9, specular=0.2)


@spec
class Concrete(Material):
    """Concrete with voids, stains and the marks of its mould."""

    tones = CONCRETES
    tone: str = tone(CONCRETES, "concrete")
    void: float = size(0.006, 0.02, "from void to void")
    stain: float = share(0.1, 0.7, "how stained it is")
    crack: float = share(0.0, 0.6, "how cracked it is")


def concrete(spec: Concrete, f: Fields, p: Value, colour: Value) -> Look:
    """Cloudy grey, pinholes, dark streaks, thin cracks."""
    p = f.moved(p, spec.seed)
    cloud = f.noise(p, 0.4, 6.0, 0.62)
    grain = f.noise(p, 0.004, 4.0, 0.68)
    cell = f.cells(p, spec.void)
    hole = cell.random.above(0.82) * cell.distance.smooth(0.26 * 1.0, 0.16)
    run = f.noise(p, 0.12, 5.0, 0.62, stretch=(1.0, 1.0, 0.15)).smooth(0.5, 0.7) * spec.stain
    crack = f.edge(f.warp(p, 0.12, 0.3, 4.0), 0.7).smooth(0.006, 0.001) * spec.crack
    tint = colour * (0.6 + 0.5 * cloud + 0.3 * grain) * (1.0 - 0.5 * run) * (1.0 - 0.55 * hole) * (1.0 - 0.7 * crack)
    height = (cloud - 0.5) * 0.006 - crack * 0.006
    return Look(tint, height, (grain - 0.5) * 0.0012 - hole * 0.0025, roughness=0.88, specular=0.25)


@spec
class Plaster(Material):
    """Trowelled plaster or stucco."""

    tones = PLASTERS
    tone: str = tone(PLASTERS, "plaster")
    stroke: float = size(0.06, 0.2, "length of a stroke of the trowel")
    relief: float = size(0.001, 0.004, "height of its ridges")
    age: float = share(0.0, 0.6, "how cracked and stained it is")


def plaster(spec: Plaster, f: Fields, p: Value, colour: Value) -> Look:
    """Strokes that overlap, sandy grain, cracks and water stains."""
    p = f.moved(p, spec.seed)
    stroke = f.noise(f.warp(p, 0.5 * spec.stroke, spec.stroke), spec.stroke, 3.0, 0.5, distortion=0.8)
    ridge = (stroke * 5.0).fraction().smooth(0.0, 0.25)
    grain = f.noise(p, 0.003, 3.0, 0.65)
    stain = f.noise(p, 0.5, 5.0, 0.62).smooth(0.5, 0.72) * spec.age
    crack = f.edge(f.warp(p, 0.06, 0.2, 4.0), 0.35).smooth(0.012, 0.001) * spec.age
    tint = colour * (0.86 + 0.16 * grain + 0.12 * stroke) * (1.0 - 0.75 * crack)
    tint = (stain * 0.6).between(tint, tint * (0.62, 0.54, 0.43))
    height = (stroke + 0.3 * ridge) * (2.0 * spec.relief) - crack * 0.002
    return Look(tint, height, (grain - 0.5) * 0.0009, roughness=0.9, specular=0.2)


sample_porcelain, build_porcelain = generator("porcelain", Porcelain)
sample_terracotta, build_terracotta = generator("terracotta", Terracotta)
sample_tiles, build_tiles = generator("tiles", Tiles)
sample_brick, build_brick = generator("brick", Brick)
sample_concrete, build_concrete = generator("concrete", Concrete)
sample_plaster, build_plaster = generator("plaster", Plaster)
