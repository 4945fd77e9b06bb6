"""Hide, fur, feathers, bone, horn and the soft tissue of animals; bodies face -y, so hair and feathers lie toward +y."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

HIDES = {"grey": (0.20, 0.18, 0.165), "brown": (0.15, 0.095, 0.065), "pink": (0.48, 0.29, 0.245), "dark": (0.05, 0.044, 0.042)}  # fmt: skip
FURS = {"brown": (0.14, 0.08, 0.045), "tawny": (0.34, 0.20, 0.09), "grey": (0.20, 0.185, 0.17), "black": (0.018, 0.016, 0.015), "white": (0.62, 0.58, 0.51), "red": (0.30, 0.12, 0.04)}  # fmt: skip
FEATHERS = {"brown": (0.17, 0.105, 0.06), "black": (0.02, 0.021, 0.024), "white": (0.68, 0.66, 0.62), "blue": (0.04, 0.12, 0.34), "green": (0.04, 0.17, 0.055), "red": (0.38, 0.03, 0.022), "grey": (0.24, 0.24, 0.245)}  # fmt: skip
BONES = {"ivory": (0.66, 0.60, 0.47), "white": (0.72, 0.70, 0.65), "old": (0.38, 0.29, 0.18)}
HORNS = {"dark": (0.06, 0.048, 0.038), "amber": (0.29, 0.175, 0.075), "grey": (0.19, 0.175, 0.155)}
JELLIES = {"clear": (0.72, 0.78, 0.82), "blue": (0.30, 0.52, 0.74), "pink": (0.74, 0.42, 0.52), "amber": (0.72, 0.50, 0.26)}  # fmt: skip
MEMBRANES = {"brown": (0.15, 0.085, 0.06), "black": (0.032, 0.028, 0.028), "clear": (0.56, 0.56, 0.52), "orange": (0.48, 0.185, 0.045)}  # fmt: skip
SPINES = {"black": (0.018, 0.016, 0.02), "violet": (0.13, 0.05, 0.15), "white": (0.60, 0.57, 0.50), "brown": (0.165, 0.095, 0.052)}  # fmt: skip
EYES = {"black": (0.008, 0.007, 0.007), "brown": (0.045, 0.02, 0.01), "amber": (0.34, 0.17, 0.02), "blue": (0.12, 0.2, 0.28)}  # fmt: skip


@spec
class Hide(Material):
    """Bare, wrinkled hide."""

    tones = HIDES
    tone: str = tone(HIDES, "hide")
    wrinkle: float = size(0.008, 0.03, "from fold to fold")
    pebble: float = size(0.002, 0.006, "width of a grain of the skin")
    dirt: float = share(0.0, 0.6, "how dusty it is")
    roughness: float = rough(0.45, 0.75)


def hide(spec: Hide, f: Fields, p: Value, colour: Value) -> Look:
    """A net of folds over small cobbles, dust in the folds."""
    p = f.moved(p, spec.seed)
    fold = f.edge(f.warp(p, 0.3 * spec.wrinkle, spec.wrinkle, 2.0) * (1.0, 0.6, 1.0), spec.wrinkle)
    cobble = f.edge(p, spec.pebble).smooth(0.0, 0.22)
    broad = f.noise(p, 0.2, 4.0, 0.6)
    plump = fold.smooth(0.0, 0.2)
    tint = colour * (0.55 + 0.45 * plump) * (0.75 + 0.25 * cobble) * (0.75 + 0.5 * broad)
    tint = ((1.0 - plump * 0.7) * spec.dirt * broad).between(tint, (0.27, 0.20, 0.13))
    return Look(
        tint, plump * (0.08 * spec.wrinkle), cobble * (0.16 * spec.pebble), roughness=spec.roughness, specular=0.35,
        subsurface=0.08, depth=0.003,
    )  # fmt: skip


@spec
class Fur(Material):
    """The look of a coat of fur on a skin without strands."""

    tones = FURS
    tone: str = tone(FURS, "fur")
    hair: float = size(0.0012, 0.003, "width of a tuft of hairs")
    length: float = share(0.04, 0.12, "width of a tuft as a share of its length")
    tips: float = share(0.1, 0.7, "how pale the tips are")
    clump: float = size(0.015, 0.05, "width of a lock")


def fur(spec: Fur, f: Fields, p: Value, colour: Value) -> Look:
    """Streaks along the body that locks bend, dark between hairs, pale at tips."""
    p = f.moved(p, spec.seed)
    lock = f.warp(p, 0.6 * spec.clump, 1.5 * spec.clump)
    streak = f.noise(lock, spec.hair, 3.0, 0.6, stretch=(1.0, spec.length, 1.0))
    wave = f.noise(lock, spec.clump, 2.0, 0.5, stretch=(1.0, 0.45, 1.0))
    broad = f.noise(p, 0.25, 3.0)
    strand = streak.smooth(0.32, 0.68)
    tint = colour * (0.25 + 1.0 * strand) * (0.7 + 0.3 * wave + 0.3 * broad)
    tint = (strand * wave.smooth(0.4, 0.65) * spec.tips).between(tint, tint * 0.5 + (0.20, 0.165, 0.12))
    height = (wave - 0.5) * (0.35 * spec.clump)
    return Look(tint, height, strand * (1.2 * spec.hair), roughness=0.65, specular=0.2, sheen=0.35, anisotropy=0.4)


@spec
class Feather(Material):
    """Plumage: rows of overlapping feathers with shafts and barbs."""

    tones = FEATHERS
    tone: str = tone(FEATHERS, "plumage")
    width: float = size(0.012, 0.03, "width of a feather")
    length: float = size(0.02, 0.05, "length of a feather")
    edging: float = share(0.0, 0.7, "how clearly feathers are edged")
    gloss: float = share(0.0, 0.6, "how glossy it is")


def feather(spec: Feather, f: Fields, p: Value, colour: Value) -> Look:
    """Feathers lie toward the tail; barbs run aslant from a shaft."""
    q = f.moved(p, spec.seed)
    u, v = f.flat(f.warp(q, 0.25 * spec.width, 3.0 * spec.width), "back")
    scale = f.scales(u, v, spec.width, spec.length)
    barb = f.noise(u.join(scale.side * spec.width, scale.random), 0.0012, 2.0, 0.5, stretch=(1.0, 0.35, 1.0))
    shaft = scale.side.smooth(0.07, 0.02)
    rim = scale.rim.smooth(0.22, 0.05)
    tint = colour * (0.6 + 0.3 * scale.random + 0.45 * barb) * (0.45 + 0.65 * scale.rise)
    tint = (rim * spec.edging).between(tint, tint * 0.4 + (0.17, 0.15, 0.125))
    tint = (shaft * 0.5).between(tint, tint * 0.5 + (0.10, 0.08, 0.055))
    height = scale.rise * (0.06 * spec.length) - scale.side * scale.side * (0.05 * spec.width)
    return Look(
        tint, height, (barb - 0.5) * 0.0004 + shaft * 0.0003, roughness=0.65 - 0.3 * spec.gloss, specular=0.35,
        sheen=0.3, translucency=0.06,
    )  # fmt: skip


@spec
class Bone(Material):
    """Bone or tooth, clean or stained."""

    tones = BONES
    tone: str = tone(BONES, "bone")
    crack: float = size(0.015, 0.06, "from crack to crack")
    stain: float = share(0.0, 0.7, "how stained it is")
    roughness: float = rough(0.3, 0.65)


def bone(spec: Bone, f: Fields, p: Value, colour: Value) -> Look:
    """Dense, with hair cracks along it and brown stains in pores."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.06, 5.0, 0.62)
    crack = f.edge(f.warp(p, 0.3 * spec.crack, spec.crack, 3.0) * (1.0, 1.0, 0.35), spec.crack).smooth(0.025, 0.0)
    pore = f.noise(p, 0.002, 3.0, 0.6)
    dirt = (broad.smooth(0.45, 0.7) * 0.6 + crack * 0.6 + pore.smooth(0.42, 0.32) * 0.3).minimum(1.0) * spec.stain
    tint = dirt.between(colour * (0.9 + 0.2 * broad), colour * (0.42, 0.31, 0.2))
    fine = (pore - 0.5) * 0.0004 - crack * 0.0006
    return Look(
        tint, (broad - 0.5) * 0.002, fine, roughness=spec.roughness, specular=0.45, subsurface=0.15, depth=0.003
    )


@spec
class Horn(Material):
    """Horn, hoof, claw or beak."""

    tones = HORNS
    tone: str = tone(HORNS, "horn")
    ring: float = size(0.006, 0.02, "from ring to ring")
    streaks: float = share(0.2, 0.8, "how clearly layers show")
    roughness: float = rough(0.25, 0.55)


def horn(spec: Horn, f: Fields, p: Value, colour: Value) -> Look:
    """Growth rings across z and layers along it."""
    p = f.moved(p, spec.seed)
    _, _, z = p.split()
    layer = f.noise(p, 0.006, 4.0, 0.6, stretch=(1.0, 1.0, 0.08))
    ring = (z / spec.ring + f.noise(p, 4.0 * spec.ring, 2.0) * 3.0).turns() * 0.5 + 0.5
    tint = colour * (1.0 - 0.5 * spec.streaks + spec.streaks * layer) * (0.7 + 0.3 * ring)
    tint = (layer.smooth(0.55, 0.7) * spec.streaks * 0.5).between(tint, tint * 1.5 + (0.06, 0.045, 0.025))
    height = ring * (0.06 * spec.ring)
    return Look(
        tint, height, (layer - 0.5) * 0.0006, roughness=spec.roughness, specular=0.5, subsurface=0.08, depth=0.003
    )


@spec
class Jelly(Material):
    """The clear tissue of jellyfish."""

    tones = JELLIES
    tone: str = tone(JELLIES, "jelly")
    clearness: float = share(0.3, 0.8, "share of light that passes")
    canal: float = size(0.012, 0.04, "from canal to canal")
    roughness: float = rough(0.08, 0.3)


def jelly(spec: Jelly, f: Fields, p: Value, colour: Value) -> Look:
    """Watery, milky in threads."""
    p = f.moved(p, spec.seed)
    thread = f.edge(f.warp(p, 0.4 * spec.canal, spec.canal, 2.0) * (1.0, 1.0, 0.35), spec.canal).smooth(0.09, 0.0)
    cloud = f.noise(p, 0.05, 3.0, 0.6)
    dots = f.cells(p, 0.006).distance.smooth(0.2, 0.1)
    milky = (thread * 0.6 + cloud.smooth(0.45, 0.8) * 0.5 + dots * 0.3).minimum(1.0)
    tint = milky.between(colour, colour * 0.4 + (0.45, 0.45, 0.46))
    return Look(
        tint.minimum(0.9), 0.0, (cloud - 0.5) * 0.002, roughness=spec.roughness, specular=0.5, ior=1.345,
        transmission=spec.clearness * (1.0 - 0.7 * milky), translucency=0.3, subsurface=0.3, depth=0.01,
    )  # fmt: skip


@spec
class WingMembrane(Material):
    """The membrane of a wing or a fin, with its veins."""

    tones = MEMBRANES
    tone: str = tone(MEMBRANES, "membranes")
    vein: float = size(0.008, 0.03, "from vein to vein")
    translucency: float = share(0.3, 0.6, "share of light that falls through")
    roughness: float = rough(0.3, 0.6)


def wing_membrane(spec: WingMembrane, f: Fields, p: Value, colour: Value) -> Look:
    """Thin skin over branching veins."""
    mine = f.chance("object")
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.25 * spec.vein, spec.vein, 2.0)
    vein = f.edge(bent * (0.5, 1.0, 1.0), spec.vein).smooth(0.07, 0.0)
    hair = f.edge(bent, 0.3 * spec.vein).smooth(0.06, 0.0)
    broad = f.noise(p, 0.06, 3.0)
    tint = colour * (0.75 + 0.5 * broad) * (0.8 + 0.4 * mine)
    tint = (vein * 0.8 + hair * 0.25).between(tint, tint * 0.35)
    return Look(
        tint, 0.0, vein * (0.03 * spec.vein) + hair * (0.008 * spec.vein), roughness=spec.roughness, specular=0.45,
        translucency=spec.translucency * (1.0 - 0.6 * vein),
    )  # fmt: skip


@spec
class Spine(Material):
    """Spines and quills, banded along z."""

    tones = SPINES
    tone: str = tone(SPINES, "spines")
    band: float = size(0.01, 0.04, "from band to band")
    contrast: float = share(0.0, 0.8, "how clearly it is banded")
    roughness: float = rough(0.25, 0.5)


def spine(spec: Spine, f: Fields, p: Value, colour: Value) -> Look:
    """Bands and fine grooves."""
    p = f.moved(p, spec.seed)
    band = (f.noise(p, spec.band, 1.0, stretch=(0.3, 0.3, 1.0)) - 0.5).smooth(-0.08, 0.08)
    groove = f.noise(p, 0.0006, 2.0, 0.5, stretch=(1.0, 1.0, 0.04))
    tint = (band * spec.contrast).between(colour, colour * 0.4 + (0.30, 0.27, 0.22)) * (0.8 + 0.4 * groove)
    return Look(tint, 0.0, (groove - 0.5) * 0.0001, roughness=spec.roughness, specular=0.5)


@spec
class Eyeball(Material):
    """The eye of an animal: dark, wet and glossy."""

    tones = EYES
    tone: str = tone(EYES, "eyes", black=2.0, brown=2.0)
    fibre: float = size(0.0006, 0.002, "width of a fibre of the iris")
    contrast: float = share(0.1, 0.6, "how clearly fibres show")


def eyeball(spec: Eyeball, f: Fields, p: Value, colour: Value) -> Look:
    """Fibres under a clear coat; a pupil is the mesh's own colour."""
    p = f.moved(p, spec.seed)
    fibre = f.noise(p, spec.fibre, 3.0, 0.6, distortion=1.0)
    tint = colour * (1.0 - spec.contrast + 2.0 * spec.contrast * fibre)
    return Look(tint, roughness=0.12, specular=0.6, ior=1.38, coat=1.0)


sample_hide, build_hide = generator("hide", Hide)
sample_fur, build_fur = generator("fur", Fur)
sample_feather, build_feather = generator("feather", Feather)
sample_bone, build_bone = generator("bone", Bone)
sample_horn, build_horn = generator("horn", Horn)
sample_jelly, build_jelly = generator("jelly", Jelly)
sample_wing_membrane, build_wing_membrane = generator("wing_membrane", WingMembrane)
sample_spine, build_spine = generator("spine", Spine)
sample_eyeball, build_eyeball = generator("eyeball", Eyeball)
