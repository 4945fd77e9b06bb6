"""Plastics and rubber."""

from __future__ import annotations

from ..params import spec
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value

PLASTICS = {
    "white": (0.68, 0.68, 0.66), "red": (0.44, 0.022, 0.018), "yellow": (0.66, 0.42, 0.02), "blue": (0.03, 0.10, 0.40),
    "green": (0.04, 0.23, 0.065), "black": (0.014, 0.014, 0.015), "orange": (0.62, 0.17, 0.012),
}  # fmt: skip
RUBBERS = {"black": (0.018, 0.018, 0.019), "grey": (0.135, 0.135, 0.138), "brown": (0.115, 0.062, 0.034)}


@spec
class GlossyPlastic(Material):
    """Polished plastic with fine scratches."""

    tones = PLASTICS
    tone: str = tone(PLASTICS, "glossy plastic")
    scratches: float = share(0.0, 0.6, "how scratched it is")
    roughness: float = rough(0.04, 0.2)
    softness: float = share(0.0, 0.25, "how far light enters")


def glossy_plastic(spec: GlossyPlastic, f: Fields, p: Value, colour: Value) -> Look:
    """A mirror-like shine with hair scratches and smears."""
    p = f.moved(p, spec.seed)
    line = f.noise(p, 0.0016, 2.0, 0.5, distortion=0.5, stretch=(1.0, 0.03, 0.3)).smooth(0.66, 0.72) * spec.scratches
    smear = f.noise(p, 0.06, 4.0, 0.6)
    shine = spec.roughness + 0.12 * smear.smooth(0.4, 0.7) * spec.scratches + 0.2 * line
    return Look(colour, 0.0, -line * 0.00002, roughness=shine, specular=0.5, subsurface=spec.softness, depth=0.002)


@spec
class RoughPlastic(Material):
    """Moulded plastic with a grained surface, bleached in places."""

    tones = PLASTICS
    tone: str = tone(PLASTICS, "rough plastic")
    grain: float = size(0.0006, 0.0018, "width of a grain")
    bleached: float = share(0.0, 0.5, "how much the sun has bleached it")
    roughness: float = rough(0.42, 0.68)


def rough_plastic(spec: RoughPlastic, f: Fields, p: Value, colour: Value) -> Look:
    """Even grain, paler where sun and hands have been."""
    p = f.moved(p, spec.seed)
    grain = f.edge(p, spec.grain).smooth(0.0, 0.25)
    broad = f.noise(p, 0.08, 4.0, 0.6)
    tint = (broad.smooth(0.42, 0.7) * spec.bleached).between(
        colour * (0.9 + 0.1 * grain), colour * 0.75 + (0.14, 0.14, 0.135)
    )
    return Look(tint, 0.0, grain * (0.07 * spec.grain), roughness=spec.roughness, specular=0.45)


@spec
class Rubber(Material):
    """Rubber, dusty in its pores."""

    tones = RUBBERS
    tone: str = tone(RUBBERS, "rubber")
    dust: float = share(0.0, 0.6, "how dusty it is")
    crack: float = share(0.0, 0.6, "how cracked it is")
    roughness: float = rough(0.5, 0.8)


def rubber(spec: Rubber, f: Fields, p: Value, colour: Value) -> Look:
    """Matt and dark with a grey bloom and perished cracks."""
    p = f.moved(p, spec.seed)
    broad = f.noise(p, 0.05, 5.0, 0.65)
    grain = f.noise(p, 0.0014, 3.0, 0.6)
    crack = f.edge(f.warp(p, 0.004, 0.012, 2.0) * (1.0, 1.0, 0.35), 0.012).smooth(0.06, 0.0) * spec.crack
    tint = (broad.smooth(0.42, 0.72) * spec.dust).between(colour * (0.8 + 0.4 * grain), (0.21, 0.195, 0.175))
    return Look(
        tint * (1.0 - 0.5 * crack), 0.0, (grain - 0.5) * 0.0003 - crack * 0.0004, roughness=spec.roughness, specular=0.4
    )


sample_glossy_plastic, build_glossy_plastic = generator("glossy_plastic", GlossyPlastic)
sample_rough_plastic, build_rough_plastic = generator("rough_plastic", RoughPlastic)
sample_rubber, build_rubber = generator("rubber", Rubber)
