"""Metals: brushed, hammered, galvanised, gilded, rusted and green with age."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

# Reflectance at normal incidence.
METALS = {"steel": (0.56, 0.55, 0.53), "aluminium": (0.80, 0.81, 0.82), "brass": (0.80, 0.60, 0.26), "copper": (0.82, 0.45, 0.32), "titanium": (0.44, 0.42, 0.39)}  # fmt: skip
IRONS = {"orange": (0.27, 0.098, 0.032), "brown": (0.145, 0.062, 0.032), "dark": (0.08, 0.04, 0.028)}
ZINCS = {"bright": (0.66, 0.68, 0.70), "dull": (0.46, 0.48, 0.50)}
GOLDS = {"yellow": (0.88, 0.63, 0.24), "red": (0.85, 0.52, 0.24), "white": (0.80, 0.74, 0.60)}
PATINAS = {"green": (0.155, 0.34, 0.26), "blue": (0.13, 0.31, 0.32), "dark": (0.09, 0.125, 0.095)}


@spec
class BrushedMetal(Material):
    """Metal with the fine scratches of a brush."""

    tones = METALS
    tone: str = tone(METALS, "brushed metal")
    scratch: float = size(0.0004, 0.0012, "width of a scratch")
    roughness: float = rough(0.2, 0.42)
    anisotropy: float = share(0.4, 0.85, "how far the shine is drawn out")


def brushed_metal(spec: BrushedMetal, f: Fields, p: Value, colour: Value) -> Look:
    """Long scratches one way, a few deep ones, fingers' grease."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(p)
    line = f.noise(u.join(v), spec.scratch, 3.0, 0.6, stretch=(0.015, 1.0, 1.0))
    deep = f.noise(u.join(v), 6.0 * spec.scratch, 2.0, 0.5, stretch=(0.03, 1.0, 1.0)).smooth(0.66, 0.72)
    smear = f.noise(p, 0.08, 4.0, 0.6)
    return Look(
        colour * (0.88 + 0.16 * line - 0.08 * deep), 0.0, (line - 0.5) * (0.03 * spec.scratch) - deep * 0.00003,
        roughness=spec.roughness + 0.14 * (smear - 0.5) + 0.12 * (line - 0.5), specular=0.5, metallic=1.0,
        anisotropy=spec.anisotropy,
    )  # fmt: skip


@spec
class HammeredMetal(Material):
    """Metal beaten with a hammer."""

    tones = METALS
    tone: str = tone(METALS, "hammered metal")
    dent: float = size(0.008, 0.025, "width of a dent")
    depth: float = share(0.05, 0.16, "depth of a dent as a share of its width")
    roughness: float = rough(0.15, 0.35)
    tarnish: float = share(0.0, 0.6, "how dark it is between dents")


def hammered_metal(spec: HammeredMetal, f: Fields, p: Value, colour: Value) -> Look:
    """Round dents side by side with sharp ridges, tarnish along the ridges."""
    p = f.moved(p, spec.seed)
    cell = f.cells(p, spec.dent, 0.85)
    bowl = (cell.distance.squared() * 1.6).minimum(1.0)
    grain = f.noise(p, 0.01, 4.0, 0.6)
    dull = bowl.smooth(0.35, 1.0) * spec.tarnish * grain.smooth(0.3, 0.6)
    return Look(
        dull.between(colour * (0.85 + 0.15 * cell.random), colour * (0.28, 0.23, 0.2)), bowl * (spec.depth * spec.dent),
        (grain - 0.5) * 0.0001, roughness=spec.roughness + 0.35 * dull, specular=0.5, metallic=1.0 - 0.4 * dull,
    )  # fmt: skip


@spec
class Rust(Material):
    """Rusted iron, with bare metal or old paint left in places."""

    tones = IRONS
    tone: str = tone(IRONS, "rust")
    flake: float = size(0.01, 0.04, "width of a flake")
    sound: float = share(0.0, 0.5, "share that has not rusted yet")
    depth: float = size(0.0005, 0.0025, "thickness of the rust")


def rust(spec: Rust, f: Fields, p: Value, colour: Value) -> Look:
    """Scales of rust of many ages, pitted, orange where fresh."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.14, 6.0, 0.68)
    flake = f.noise(f.warp(p, 0.3 * spec.flake, spec.flake), spec.flake, 5.0, 0.65)
    grain = f.noise(p, 0.003, 4.0, 0.65)
    bare = (broad * 0.75 + flake * 0.25).smooth(0.44 + 0.16 * spec.sound, 0.36 + 0.16 * spec.sound) if spec.sound > 0 else f.value(0.0)  # fmt: skip
    fresh = flake.smooth(0.5, 0.64) * grain.smooth(0.35, 0.65)
    tint = fresh.between(colour * (0.45 + 0.6 * grain + 0.4 * broad), colour * (1.8, 1.7, 1.4))
    height = (1.0 - bare) * flake * (2.0 * spec.depth)
    return Look(
        bare.between(tint, (0.30, 0.29, 0.28)), height, (1.0 - bare) * (grain - 0.5) * spec.depth,
        roughness=bare.between(0.92, 0.42), specular=0.3, metallic=bare * 0.9,
    )  # fmt: skip


@spec
class Galvanised(Material):
    """Zinc coating with its spangle of crystals."""

    tones = ZINCS
    tone: str = tone(ZINCS, "galvanised metal")
    spangle: float = size(0.008, 0.03, "width of a crystal")
    contrast: float = share(0.2, 0.6, "how clearly crystals show")
    roughness: float = rough(0.28, 0.48)


def galvanised(spec: Galvanised, f: Fields, p: Value, colour: Value) -> Look:
    """Feathered crystals, each reflecting another way, with white bloom."""
    p = f.moved(p, spec.seed)
    cell = f.cells(f.warp(p, 0.25 * spec.spangle, 0.5 * spec.spangle, 3.0), spec.spangle)
    frond = f.noise(p, 0.12 * spec.spangle, 3.0, 0.6, stretch=(1.0, 0.4, 1.0))
    bloom = f.noise(p, 0.12, 5.0, 0.65).smooth(0.6, 0.78)
    shade = 1.0 - 0.6 * spec.contrast + 0.6 * spec.contrast * (0.8 * cell.random + 0.4 * frond)
    tint = (bloom * 0.4).between(colour * shade, (0.62, 0.63, 0.63))
    return Look(
        tint, 0.0, (cell.second * 0.5 + frond) * 0.00003, roughness=spec.roughness + 0.16 * (cell.second - 0.5) + 0.3 * bloom,
        specular=0.5, metallic=1.0 - 0.5 * bloom,
    )  # fmt: skip


@spec
class GoldLeaf(Material):
    """Gold leaf over red clay, with seams and worn spots."""

    tones = GOLDS
    tone: str = tone(GOLDS, "gold leaf")
    sheet: float = size(0.05, 0.09, "width of a sheet")
    worn: float = share(0.0, 0.5, "share that is worn through")
    roughness: float = rough(0.18, 0.38)


def gold_leaf(spec: GoldLeaf, f: Fields, p: Value, colour: Value) -> Look:
    """Sheets laid edge over edge, crinkled, the clay showing where it is rubbed."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(f.warp(p, 0.006, 0.05, 2.0))
    seam, sheet = f.courses(u, v, spec.sheet, spec.sheet)
    crinkle = f.noise(p, 0.012, 6.0, 0.68, distortion=0.8)
    worn = f.noise(p, 0.05, 6.0, 0.7).smooth(0.72 - 0.18 * spec.worn, 0.76 - 0.18 * spec.worn)
    worn = (worn + seam.smooth(0.0012, 0.0) * crinkle.smooth(0.45, 0.6)).minimum(1.0)
    tint = worn.between(colour * (0.86 + 0.14 * sheet), (0.24, 0.062, 0.036))
    return Look(
        tint, 0.0, (crinkle - 0.5) * 0.0012 - worn * 0.0001, roughness=worn.between(spec.roughness, 0.7) + 0.1 * (sheet - 0.5),
        specular=0.5, metallic=1.0 - worn,
    )  # fmt: skip


@spec
class Patina(Material):
    """Copper or bronze under a green crust."""

    tones = PATINAS
    tone: str = tone(PATINAS, "patina")
    cover: float = share(0.4, 1.0, "share that is green")
    streak: float = share(0.2, 0.9, "how much rain has streaked it")
    roughness: float = rough(0.6, 0.85)


def patina(spec: Patina, f: Fields, p: Value, colour: Value) -> Look:
    """Chalky green with brown bronze beneath, streaked downward."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.16, 6.0, 0.66)
    run = f.noise(p, 0.05, 4.0, 0.6, stretch=(1.0, 1.0, 0.12))
    grain = f.noise(p, 0.005, 4.0, 0.65)
    green = (broad * (1.0 - 0.5 * spec.streak) + run * (0.5 * spec.streak)).smooth(0.62 - 0.3 * spec.cover, 0.70 - 0.3 * spec.cover)  # fmt: skip
    crust = colour * (0.6 + 0.5 * grain + 0.3 * run)
    crust = run.smooth(0.5, 0.7).between(crust, crust * 0.7 + (0.09, 0.12, 0.10))
    return Look(
        green.between(f.value((0.20, 0.11, 0.06)) * (0.6 + 0.8 * grain), crust), 0.0, green * (0.5 + grain) * 0.0007,
        roughness=green.between(0.42, spec.roughness), specular=0.4, metallic=0.9 * (1.0 - green),
    )  # fmt: skip


sample_brushed_metal, build_brushed_metal = generator("brushed_metal", BrushedMetal)
sample_hammered_metal, build_hammered_metal = generator("hammered_metal", HammeredMetal)
sample_rust, build_rust = generator("rust", Rust)
sample_galvanised, build_galvanised = generator("galvanised", Galvanised)
sample_gold_leaf, build_gold_leaf = generator("gold_leaf", GoldLeaf)
sample_patina, build_patina = generator("patina", Patina)
