"""Ground of snow, ice and salt, and of molten rock."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

SNOWS = {"fresh": (0.87, 0.88, 0.89), "old": (0.78, 0.79, 0.80), "dusty": (0.72, 0.68, 0.62)}
ICES = {"blue": (0.42, 0.62, 0.70), "clear": (0.62, 0.72, 0.75), "white": (0.76, 0.80, 0.82), "green": (0.42, 0.60, 0.54)}  # fmt: skip
SALTS = {"white": (0.80, 0.79, 0.76), "grey": (0.58, 0.565, 0.53), "pink": (0.72, 0.60, 0.55)}
CRUSTS = {"black": (0.026, 0.024, 0.024), "grey": (0.065, 0.062, 0.06), "brown": (0.06, 0.042, 0.033)}


@spec
class Snow(Material):
    """Snow, drifted by the wind."""

    tones = SNOWS
    tone: str = tone(SNOWS, "snow", fresh=3.0)
    drift: float = size(0.1, 0.5, "length of a drift")
    hardness: float = share(0.0, 1.0, "from powder to crust")
    grain: float = size(0.001, 0.003, "width of a grain")


def snow(spec: Snow, f: Fields, p: Value, colour: Value) -> Look:
    """Bright, faintly blue in the hollows, with drifts along the wind and a crust that breaks into scales."""
    p = f.moved(p, spec.seed)
    drift = f.noise(p, spec.drift, 3.0, 0.5, stretch=(0.5, 1.0, 1.0))
    crust = f.ridges(f.warp(p, 0.2 * spec.drift, 0.5 * spec.drift), 0.3 * spec.drift, 2.0).maximum(0.0)
    lump = f.noise(p, 0.02, 4.0, 0.6)
    grain = f.bumps(p, spec.grain)
    height = (drift - 0.5) * (0.28 * spec.drift) + crust * (0.012 * spec.hardness * spec.drift) + (lump - 0.5) * 0.004
    hollow = drift.smooth(0.55, 0.3)
    tint = (hollow * 0.5).between(colour, colour * (0.90, 0.96, 1.02)) * (0.96 + 0.08 * lump)
    return Look(
        tint.minimum(0.92), height, grain * (0.35 * spec.grain),
        roughness=0.75 - 0.25 * spec.hardness, specular=0.35, subsurface=0.15, depth=0.012,
    )  # fmt: skip


@spec
class Ice(Material):
    """Ice with cracks and bubbles under its surface."""

    tones = ICES
    tone: str = tone(ICES, "ice")
    crack: float = size(0.15, 0.6, "from crack to crack")
    frost: float = share(0.0, 0.7, "share under white frost")
    roughness: float = rough(0.04, 0.25)


def ice(spec: Ice, f: Fields, p: Value, colour: Value) -> Look:
    """White cracks and clouds of bubbles below a smooth surface; light goes deep and comes back blue."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.25 * spec.crack, 0.8 * spec.crack, 3.0)
    crack = f.edge(bent, spec.crack).smooth(0.03, 0.0)
    hair = f.edge(f.warp(p, 0.1 * spec.crack, 0.4 * spec.crack, 2.0), 0.4 * spec.crack).smooth(0.025, 0.0)
    cloud = f.noise(bent, 0.7 * spec.crack, 6.0, 0.65)
    white = (crack + hair * 0.4 + cloud.smooth(0.55, 0.75) * 0.5).minimum(1.0)
    frost = cloud.smooth(0.62 - 0.3 * spec.frost, 0.75 - 0.3 * spec.frost) * spec.frost
    wave = f.noise(p, 0.12, 2.0)
    body = white.between(colour * (0.55 + 0.6 * cloud), (0.84, 0.88, 0.90))
    body = frost.between(body, (0.82, 0.85, 0.87))
    return Look(
        body, (wave - 0.5) * 0.012 - crack * 0.004, frost * (f.noise(p, 0.004, 2.0) - 0.5) * 0.0015,
        roughness=frost.between(spec.roughness, 0.65), specular=0.5, ior=1.31, subsurface=0.6, depth=0.06,
        transmission=0.25 * (1.0 - white) * (1.0 - frost), coat=0.3 * (1.0 - frost),
    )  # fmt: skip


@spec
class SaltFlat(Material):
    """A salt pan broken into polygons with raised seams."""

    tones = SALTS
    tone: str = tone(SALTS, "salt", white=3.0)
    polygon: float = size(0.4, 1.4, "width of a polygon")
    seam: float = size(0.006, 0.03, "height of a seam")
    crystal: float = size(0.002, 0.006, "width of a crystal")
    damp: float = share(0.0, 0.6, "how damp the middles are")


def salt_flat(spec: SaltFlat, f: Fields, p: Value, colour: Value) -> Look:
    """Seams of salt pushed up between flat middles that are a little brown."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.14 * spec.polygon, 0.4 * spec.polygon, 3.0)
    rim = f.edge(bent, spec.polygon, 0.85)
    lump = f.noise(p, 0.06, 5.0, 0.65)
    seam = (rim + (lump - 0.5) * 0.05).smooth(0.09, 0.0)
    crystal = f.cells(p, spec.crystal)
    middle = rim.smooth(0.15, 0.4) * spec.damp
    tint = middle.between(colour, colour * (0.72, 0.66, 0.58)) * (0.84 + 0.3 * lump)
    split = rim.smooth(0.008, 0.0)
    height = seam * spec.seam * (0.6 + 0.8 * lump) - split * (0.5 * spec.seam) + (lump - 0.5) * 0.008
    fine = (crystal.random - 0.5) * (0.35 * spec.crystal)
    return Look(tint * (1.0 - 0.5 * split), height, fine, roughness=0.7 - 0.35 * middle, specular=0.4)


@spec
class Lava(Material):
    """Cooling lava: a dark crust that glows in its cracks."""

    tones = CRUSTS
    tone: str = tone(CRUSTS, "lava")
    plate: float = size(0.15, 0.6, "width of a plate of crust")
    glow: float = uniform(
        0.0, 1.0, doc="share of the cracks that glow", says=((0.2, "cold lava"), (1.1, "glowing lava"))
    )
    temperature: float = uniform(1000.0, 1450.0, unit="K", doc="temperature in the cracks")
    ropes: float = share(0.0, 1.0, "how ropy the crust is")


def lava(spec: Lava, f: Fields, p: Value, colour: Value) -> Look:
    """Plates of ropy crust; heat shows between them and fades with the distance from a crack."""
    p = f.moved(p, spec.seed)
    bent = f.warp(p, 0.25 * spec.plate, 0.7 * spec.plate, 3.0)
    rim = f.edge(bent, spec.plate)
    broad = f.noise(p, 2.2 * spec.plate, 4.0, 0.55)
    rope = (f.noise(bent, spec.plate, 1.0) * (9.0 + 6.0 * spec.ropes)).turns() * 0.5 + 0.5
    lump = f.noise(p, 0.12 * spec.plate, 5.0, 0.65)
    crack = rim.smooth(0.07, 0.0)
    height = (0.16 * (1.0 - crack) + 0.035 * spec.ropes * rope + 0.10 * (lump - 0.5)) * spec.plate
    hot = (rim + 0.25 * (lump - 0.5)).smooth(0.10, 0.0)
    hot = hot * hot * broad.smooth(0.66 - 0.4 * spec.glow, 0.74 - 0.4 * spec.glow) if spec.glow > 0 else f.value(0.0)
    # From dull red at 1000 K to orange at 1450 K; the strength follows a lit scene, not Planck.
    t = (spec.temperature - 1000.0) / 450.0
    heat = hot.ramp((0.0, (0, 0, 0)), (0.25, (0.5, 0.012, 0.0)), (0.6, (3.0, 0.22 + 0.2 * t, 0.01)),
                    (1.0, (9.0, 1.2 + 2.0 * t, 0.08 + 0.3 * t))) if spec.glow > 0 else f.value((0.0, 0.0, 0.0))  # fmt: skip
    shine = colour * (0.6 + 0.8 * lump) * (0.7 + 0.5 * rope)
    return Look(shine, height, (lump - 0.5) * 0.004, roughness=0.55 + 0.3 * lump, specular=0.5, emission=heat)


sample_snow, build_snow = generator("snow", Snow)
sample_ice, build_ice = generator("ice", Ice)
sample_salt_flat, build_salt_flat = generator("salt_flat", SaltFlat)
sample_lava, build_lava = generator("lava", Lava)
