"""Fabrics woven and knitted from threads, and leather."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

DYES = {
    "white": (0.68, 0.66, 0.61), "grey": (0.24, 0.24, 0.235), "blue": (0.07, 0.13, 0.29), "red": (0.36, 0.035, 0.03),
    "green": (0.07, 0.15, 0.075), "ochre": (0.46, 0.27, 0.075), "black": (0.02, 0.02, 0.022),
}  # fmt: skip
LINENS = {"natural": (0.46, 0.38, 0.27), "white": (0.68, 0.66, 0.60), "grey": (0.31, 0.30, 0.28), "blue": (0.12, 0.18, 0.27)}  # fmt: skip
INDIGOS = {"blue": (0.045, 0.078, 0.165), "dark": (0.018, 0.024, 0.05), "pale": (0.19, 0.27, 0.38), "black": (0.02, 0.02, 0.021)}  # fmt: skip
SILKS = {"ivory": (0.66, 0.58, 0.44), "red": (0.40, 0.02, 0.03), "gold": (0.52, 0.33, 0.07), "emerald": (0.02, 0.17, 0.085), "violet": (0.13, 0.03, 0.21)}  # fmt: skip
HIDES = {"tan": (0.29, 0.135, 0.055), "brown": (0.10, 0.046, 0.025), "black": (0.016, 0.015, 0.015), "red": (0.21, 0.025, 0.018), "cream": (0.50, 0.41, 0.29)}  # fmt: skip


def woven(
    spec, f: Fields, p: Value, colour: Value, steps: int, contrast: float, weft: Value | None = None
) -> tuple[Value, Value, Value]:
    """The colour, the height 0…1 of the threads, and a broad noise of wear, of a cloth of ``spec.thread``."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(p)
    wobble = f.noise(p, 12.0 * spec.thread, 2.0) * (1.5 * spec.thread)
    rise, over = f.weave(u + wobble, v + wobble, spec.thread, steps)
    # Threads are not spun evenly: each differs, and each along its length.
    slub_u = f.noise(u.join(v), 2.0 * spec.thread, 2.0, 0.6, stretch=(1.0, 0.06, 1.0))
    slub_v = f.noise(u.join(v, 1.7), 2.0 * spec.thread, 2.0, 0.6, stretch=(0.06, 1.0, 1.0))
    slub = over.between(slub_v, slub_u)
    thread = colour if weft is None else over.between(weft, colour)
    wear = f.noise(p, 0.09, 4.0, 0.6)
    tint = thread * (1.0 - contrast + 2.0 * contrast * slub) * (0.4 + 0.6 * rise) * (0.88 + 0.24 * wear)
    return tint, rise, wear


@spec
class Cotton(Material):
    """Plain woven cotton."""

    tones = DYES
    tone: str = tone(DYES, "cotton")
    thread: float = size(0.0008, 0.0018, "from thread to thread")
    unevenness: float = share(0.1, 0.35, "how much threads differ")
    roughness: float = rough(0.75, 0.92)


def cotton(spec: Cotton, f: Fields, p: Value, colour: Value) -> Look:
    """Warp and weft of one colour."""
    tint, rise, wear = woven(spec, f, p, colour, 2, spec.unevenness)
    crease = (wear - 0.5) * 0.003
    return Look(tint, crease, rise * (0.25 * spec.thread), roughness=spec.roughness, specular=0.2, sheen=0.25)


@spec
class Linen(Material):
    """Coarse linen with thick and thin threads."""

    tones = LINENS
    tone: str = tone(LINENS, "linen", natural=2.0)
    thread: float = size(0.0012, 0.0026, "from thread to thread")
    unevenness: float = share(0.3, 0.6, "how much threads differ")
    roughness: float = rough(0.75, 0.92)


def linen(spec: Linen, f: Fields, p: Value, colour: Value) -> Look:
    """Uneven threads and creases."""
    tint, rise, _ = woven(spec, f, p, colour, 2, spec.unevenness)
    crease = f.ridges(f.warp(f.moved(p, spec.seed), 0.02, 0.08), 0.09, 2.0).maximum(0.0)
    return Look(tint, crease * 0.0025, rise * (0.35 * spec.thread), roughness=spec.roughness, specular=0.2, sheen=0.15)


@spec
class WoolKnit(Material):
    """Knitted wool: columns of loops."""

    tones = DYES
    tone: str = tone(DYES, "knitted wool")
    stitch: float = size(0.004, 0.009, "width of a stitch")
    heather: float = share(0.05, 0.5, "how much fibres differ")
    fuzz: float = share(0.2, 1.0, "how fuzzy it is")


def wool_knit(spec: WoolKnit, f: Fields, p: Value, colour: Value) -> Look:
    """Two strands a column lean together like a V, one row above the other."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(f.warp(p, 0.25 * spec.stitch, 3.0 * spec.stitch))
    column = (u / spec.stitch).fraction() * 2.0 - 1.0
    side = column.absolute()
    # Along a strand: the V rises from the middle of the column outward.
    along = (v / (0.75 * spec.stitch) - side * 0.75).fraction() * 2.0 - 1.0
    strand = (1.0 - (side - 0.5).squared() * 4.0) * (1.0 - along.squared() * 0.9)
    rise = strand.maximum(0.0).root()
    twist = f.noise(u.join(v, column.above(0.0)), 0.22 * spec.stitch, 3.0, 0.6, stretch=(1.0, 0.5, 1.0))
    fibre = f.noise(p, 0.0009, 3.0, 0.7, distortion=2.0)
    tint = colour * (0.25 + 0.75 * rise) * (1.0 - spec.heather + spec.heather * (twist + fibre)) * 1.05
    fine = ((twist - 0.5) * 0.10 + (fibre - 0.5) * 0.08 * spec.fuzz) * spec.stitch
    return Look(tint, rise * (0.38 * spec.stitch), fine, roughness=0.95, specular=0.1, sheen=0.3 + 0.3 * spec.fuzz)


@spec
class Denim(Material):
    """Denim: indigo warp over white weft in a twill."""

    tones = INDIGOS
    tone: str = tone(INDIGOS, "denim", blue=2.0)
    thread: float = size(0.0009, 0.0016, "from thread to thread")
    worn: float = share(0.0, 0.7, "how worn it is")
    unevenness: float = share(0.15, 0.4, "how much threads differ")


def denim(spec: Denim, f: Fields, p: Value, colour: Value) -> Look:
    """Slanting lines of twill, white where worn."""
    weft = f.value((0.42, 0.42, 0.40))
    tint, rise, wear = woven(spec, f, p, colour, 3, spec.unevenness, weft)
    rubbed = wear.smooth(0.45, 0.7) * rise.smooth(0.5, 1.0) * spec.worn
    tint = rubbed.between(tint, tint * 0.4 + (0.22, 0.25, 0.29))
    return Look(tint, (wear - 0.5) * 0.002, rise * (0.4 * spec.thread), roughness=0.85, specular=0.2, sheen=0.12)


@spec
class Silk(Material):
    """Silk or satin."""

    tones = SILKS
    tone: str = tone(SILKS, "silk")
    fold: float = size(0.04, 0.14, "from fold to fold")
    roughness: float = rough(0.22, 0.42)
    anisotropy: float = share(0.4, 0.8, "how far the shine is drawn out")


def silk(spec: Silk, f: Fields, p: Value, colour: Value) -> Look:
    """Soft folds, fine threads, a shine along them."""
    p = f.moved(p, spec.seed)
    fold = f.noise(f.warp(p, 0.3 * spec.fold, 1.5 * spec.fold), spec.fold, 1.0, 0.4)
    thread = f.noise(p, 0.0007, 2.0, 0.5, stretch=(1.0, 1.0, 0.03))
    return Look(
        colour * (0.85 + 0.3 * thread), (fold - 0.5) * (0.16 * spec.fold), (thread - 0.5) * 0.00004,
        roughness=spec.roughness, specular=0.6, sheen=0.2, anisotropy=spec.anisotropy,
    )  # fmt: skip


@spec
class Velvet(Material):
    """Velvet with a brushed pile."""

    tones = SILKS
    tone: str = tone(SILKS, "velvet")
    crush: float = size(0.02, 0.07, "width of a crushed patch")
    crushed: float = share(0.1, 0.9, "how crushed the pile is")
    sheen: float = share(0.7, 1.0, "strength of the sheen")


def velvet(spec: Velvet, f: Fields, p: Value, colour: Value) -> Look:
    """Dark seen from above, bright at grazing angles, paler where the pile lies over."""
    p = f.moved(p, spec.seed)
    lay = f.noise(f.warp(p, 0.5 * spec.crush, spec.crush), spec.crush, 3.0, 0.55)
    pile = f.noise(p, 0.0008, 2.0, 0.6)
    tint = colour * (0.45 + 0.25 * pile + spec.crushed * (lay.smooth(0.4, 0.6) * 0.6))
    return Look(
        tint, (lay - 0.5) * (0.05 * spec.crush), (pile - 0.5) * 0.0006, roughness=0.95, specular=0.05, sheen=spec.sheen
    )


@spec
class Leather(Material):
    """Tanned leather with its grain."""

    tones = HIDES
    tone: str = tone(HIDES, "leather")
    grain: float = size(0.0015, 0.004, "width of a grain")
    crease: float = size(0.02, 0.08, "from crease to crease")
    worn: float = share(0.0, 0.6, "how worn it is")
    roughness: float = rough(0.32, 0.58)


def leather(spec: Leather, f: Fields, p: Value, colour: Value) -> Look:
    """Small cobbles with creases across, paler and matt where worn."""
    p = f.moved(p, spec.seed)
    cobble = f.edge(f.warp(p, 0.3 * spec.grain, spec.grain), spec.grain).smooth(0.0, 0.24)
    crease = f.edge(f.warp(p, 0.3 * spec.crease, spec.crease, 3.0), spec.crease).smooth(0.05, 0.0)
    wear = f.noise(p, 0.07, 5.0, 0.62)
    rubbed = wear.smooth(0.5, 0.72) * spec.worn
    tint = colour * (0.55 + 0.45 * cobble) * (0.85 + 0.3 * wear) * (1.0 - 0.4 * crease)
    tint = rubbed.between(tint, tint * 1.3 + (0.07, 0.052, 0.035))
    return Look(
        tint, -crease * 0.0012 + (wear - 0.5) * 0.003, cobble * (0.14 * spec.grain),
        roughness=spec.roughness + 0.25 * rubbed + 0.12 * (1.0 - cobble), specular=0.45,
    )  # fmt: skip


sample_cotton, build_cotton = generator("cotton", Cotton)
sample_linen, build_linen = generator("linen", Linen)
sample_wool_knit, build_wool_knit = generator("wool_knit", WoolKnit)
sample_denim, build_denim = generator("denim", Denim)
sample_silk, build_silk = generator("silk", Silk)
sample_velvet, build_velvet = generator("velvet", Velvet)
sample_leather, build_leather = generator("leather", Leather)
