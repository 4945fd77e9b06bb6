"""Sand: loose, rippled by the wind, wet, and under the sea."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .ground import wetted
from .look import Look, Material, generator, share, size, tone
from .values import Value

SANDS = {
    "golden": (0.42, 0.30, 0.165), "white": (0.56, 0.52, 0.44), "grey": (0.28, 0.26, 0.23), "red": (0.40, 0.19, 0.085),
    "black": (0.045, 0.043, 0.042),
}  # fmt: skip


@spec
class Sand(Material):
    """Loose sand, trodden and blown."""

    tones = SANDS
    tone: str = tone(SANDS, "sand", black=0.3)
    grain: float = size(0.0008, 0.0022, "width of a grain")
    unevenness: float = size(0.004, 0.03, "height of its hollows")
    speckle: float = share(0.1, 0.6, "how much grains differ")


def grains(spec, f: Fields, p: Value, colour: Value, speckle: float) -> tuple[Value, Value]:
    """The colour of sand grain by grain, and their relief."""
    cell = f.cells(p, spec.grain)
    dark = cell.second.smooth(0.9, 0.96)
    tint = colour * (1.0 - 0.5 * speckle + speckle * cell.random)
    return (dark * speckle).between(tint, colour * 0.3), (0.5 - cell.distance) * (0.7 * spec.grain)


def sand(spec: Sand, f: Fields, p: Value, colour: Value) -> Look:
    """Soft hollows and single grains."""
    p = f.moved(p, spec.seed)
    hollows = f.noise(p, 0.35, 4.0, 0.5)
    tint, fine = grains(spec, f, p, colour, spec.speckle)
    broad = f.noise(p, 1.7, 3.0)
    height = (hollows - 0.5) * (4.0 * spec.unevenness)
    return Look(tint * (0.8 + 0.4 * broad) * (0.85 + 0.3 * hollows), height, fine, roughness=0.9, specular=0.25)


@spec
class DuneSand(Material):
    """Sand with the ripples of the wind."""

    tones = SANDS
    tone: str = tone(SANDS, "dune sand", grey=0.2, black=0.05)
    ripple: float = size(0.07, 0.16, "from crest to crest")
    height: float = uniform(0.05, 0.11, doc="height of a ripple as a share of its length")
    wander: float = share(0.3, 1.0, "how crooked the ripples run")
    grain: float = size(0.0004, 0.0012, "width of a grain")


def ripples(spec, f: Fields, p: Value) -> Value:
    """Crests 0…1 across x that lean with the wind, wander, fork and fade."""
    x, y, _ = p.split()
    across = x + y * 0.22
    broad, near = f.noise(p, 9.0 * spec.ripple, 1.0), f.noise(p, 2.6 * spec.ripple, 1.0)
    phase = across / spec.ripple + broad * (9.0 * spec.wander) + near * (1.3 * spec.wander)
    lean = phase + 0.09 * phase.turns()
    return (0.5 + 0.5 * lean.turns()) * (0.45 + 1.1 * broad)


def dune_sand(spec: DuneSand, f: Fields, p: Value, colour: Value) -> Look:
    """Ripples; coarser, darker grains gather on the crests."""
    p = f.moved(p, spec.seed)
    wave = ripples(spec, f, p)
    tint, fine = grains(spec, f, p, colour, 0.25)
    height = wave * (spec.height * spec.ripple)
    return Look(tint * (1.06 - 0.16 * wave), height, fine, roughness=0.9, specular=0.25)


@spec
class WetSand(Material):
    """Sand that the water has just left."""

    tones = SANDS
    tone: str = tone(SANDS, "wet sand", red=0.2)
    grain: float = size(0.0008, 0.002, "width of a grain")
    film: float = share(0.2, 0.9, "share under a film of water")
    rill: float = size(0.004, 0.02, "depth of its hollows")


def wet_sand(spec: WetSand, f: Fields, p: Value, colour: Value) -> Look:
    """Smooth, dark, and mirror-like where a film of water stands."""
    p = f.moved(p, spec.seed)
    hollows = f.noise(p, 0.5, 3.0, 0.45)
    film = hollows.smooth(0.36 + 0.2 * spec.film, 0.28 + 0.2 * spec.film)
    tint, fine = grains(spec, f, p, colour, 0.3)
    cell = f.cells(p, 0.035)
    shell = cell.random.smooth(0.95, 0.97) * cell.distance.smooth(0.16, 0.12)
    damp = wetted(tint, 0.65 + 0.2 * film) * (0.8 + 0.4 * hollows)
    return Look(
        shell.between(damp, f.value((0.5, 0.44, 0.38)) * (0.4 + 0.6 * cell.second)),
        (hollows - 0.5) * (4.0 * spec.rill) + shell * 0.003, fine * (1.0 - 0.9 * film),
        roughness=film.between(0.5, 0.06), specular=0.45,
    )  # fmt: skip


@spec
class SeaBed(Material):
    """The floor of a shallow sea: rippled sand with silt, shells and weed."""

    tones = SANDS
    tone: str = tone(SANDS, "sea bed", red=0.2, black=0.2)
    ripple: float = size(0.08, 0.3, "from crest to crest")
    wander: float = share(0.2, 0.8, "how crooked the ripples run")
    weed: float = share(0.0, 0.7, "share that algae cover")
    grain: float = size(0.001, 0.003, "width of a grain")


def sea_bed(spec: SeaBed, f: Fields, p: Value, colour: Value) -> Look:
    """Ripples of waves, dark algae in the troughs, broken shells."""
    p = f.moved(p, spec.seed)
    wave = ripples(spec, f, p)
    tint, fine = grains(spec, f, p, colour, 0.35)
    silt = f.noise(p, 0.9, 5.0, 0.6)
    weed = (silt - 0.15 * wave).smooth(0.60 - 0.2 * spec.weed, 0.72 - 0.2 * spec.weed)
    cell = f.cells(p, 0.05)
    shell = cell.random.smooth(0.9, 0.93) * cell.distance.smooth(0.17, 0.13)
    ground = weed.between(tint * (0.75 + 0.3 * wave), f.value((0.055, 0.06, 0.026)) * (0.5 + silt))
    ground = shell.between(ground, f.value((0.6, 0.54, 0.48)) * (0.4 + 0.6 * cell.second))
    return Look(ground, wave * (0.1 * spec.ripple) + shell * 0.006, fine, roughness=0.85, specular=0.25)


sample_sand, build_sand = generator("sand", Sand)
sample_dune_sand, build_dune_sand = generator("dune_sand", DuneSand)
sample_wet_sand, build_wet_sand = generator("wet_sand", WetSand)
sample_sea_bed, build_sea_bed = generator("sea_bed", SeaBed)
