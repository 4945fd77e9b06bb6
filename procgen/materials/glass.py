"""Glass: clear, frosted and stained."""

from __future__ import annotations

from ..params import spec, uniform
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

CLEARS = {"clear": (0.88, 0.89, 0.88), "green": (0.72, 0.86, 0.78), "brown": (0.55, 0.36, 0.16), "blue": (0.55, 0.72, 0.84)}  # fmt: skip
STAINS = {"red": (0.62, 0.022, 0.018), "blue": (0.025, 0.095, 0.56), "green": (0.035, 0.40, 0.085), "yellow": (0.80, 0.54, 0.035), "violet": (0.30, 0.045, 0.48)}  # fmt: skip


@spec
class ClearGlass(Material):
    """Clear glass, with bubbles and waves if it is old."""

    tones = CLEARS
    tone: str = tone(CLEARS, "glass", clear=3.0)
    waves: float = size(0.0, 0.0006, "height of its waves")
    ior: float = uniform(1.46, 1.62, doc="index of refraction")
    dust: float = share(0.0, 0.3, "how dusty it is")


def clear_glass(spec: ClearGlass, f: Fields, p: Value, colour: Value) -> Look:
    """Light passes; dust dims it in places."""
    p = f.moved(p, spec.seed)
    wave = f.noise(p, 0.05, 1.0)
    dust = f.noise(p, 0.03, 5.0, 0.68).smooth(0.55, 0.8) * spec.dust
    return Look(
        dust.between(colour, (0.45, 0.43, 0.40)), 0.0, wave * spec.waves, roughness=0.5 * dust, specular=0.5, ior=spec.ior,
        transmission=1.0 - dust,
    )  # fmt: skip


@spec
class FrostedGlass(Material):
    """Ground or etched glass."""

    tones = CLEARS
    tone: str = tone(CLEARS, "frosted glass", clear=3.0)
    grain: float = size(0.0006, 0.002, "width of a grain")
    roughness: float = rough(0.25, 0.6)
    ior: float = uniform(1.46, 1.55, doc="index of refraction")


def frosted_glass(spec: FrostedGlass, f: Fields, p: Value, colour: Value) -> Look:
    """Light passes scattered."""
    p = f.moved(p, spec.seed)
    grain = f.noise(p, spec.grain, 3.0, 0.6)
    return Look(
        colour * (0.94 + 0.06 * grain), 0.0, (grain - 0.5) * (0.12 * spec.grain), roughness=spec.roughness, specular=0.5,
        ior=spec.ior, transmission=0.92,
    )  # fmt: skip


@spec
class StainedGlass(Material):
    """Panes of coloured glass in lead."""

    tones = STAINS
    tone: str = tone(STAINS, "stained glass")
    pane: float = size(0.04, 0.12, "width of a pane")
    lead: float = size(0.003, 0.007, "width of the lead between panes")
    variety: float = share(0.0, 1.0, "how much panes differ in colour")


def stained_glass(spec: StainedGlass, f: Fields, p: Value, colour: Value) -> Look:
    """Panes of neighbouring hues with streaks and bubbles, held by round strips of lead."""
    p = f.moved(p, spec.seed)
    rim, cell = f.edge(p, spec.pane), f.cells(p, spec.pane)
    width = 0.5 * spec.lead / spec.pane
    lead = rim.smooth(1.3 * width, width)
    streak = f.noise(f.warp(p, 0.02, 0.04), 0.02, 3.0, 0.5)
    hues = cell.second.ramp((0.0, (1.0, 1.0, 1.0)), (0.25, (0.7, 2.2, 0.4)), (0.5, (1.6, 1.6, 0.6)), (0.75, (0.5, 1.2, 2.4)),
                            (1.0, (1.5, 0.6, 1.6)))  # fmt: skip
    glass = (cell.random.smooth(0.3, 0.4) * spec.variety).between(colour, colour * hues + 0.02) * (0.8 + 0.4 * streak)
    round_lead = (1.0 - (rim / max(width, 1e-6)).squared()).maximum(0.0)
    return Look(
        lead.between(glass, (0.10, 0.10, 0.105)).minimum(0.9), round_lead * (0.35 * spec.lead), (streak - 0.5) * 0.001,
        roughness=lead.between(0.06, 0.45), specular=0.5, metallic=lead * 0.8, transmission=1.0 - lead,
    )  # fmt: skip


sample_clear_glass, build_clear_glass = generator("clear_glass", ClearGlass)
sample_frosted_glass, build_frosted_glass = generator("frosted_glass", FrostedGlass)
sample_stained_glass, build_stained_glass = generator("stained_glass", StainedGlass)
