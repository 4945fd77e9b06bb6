"""What a material looks like: the channels its fields drive, and the fields that every material's spec shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..params import choice, draw, normal, seed, spec, uniform


class Look(NamedTuple):
    """The channels of a surface; each is a number, a colour (linear Rec.709) or a value of the node tree."""

    colour: Any
    height: Any = 0.0  # metres along the normal, wide enough for a mesh to carry
    fine: Any = 0.0  # metres, finer than any mesh: bump only
    roughness: Any = 0.8
    specular: Any = 0.3  # Principled's level: 0.5 is an index of 1.5
    ior: Any = 1.5
    metallic: Any = 0.0
    subsurface: Any = 0.0  # weight
    depth: Any = 0.005  # metres that light travels under the surface
    translucency: Any = 0.0  # share of light that falls through a thin sheet, diffuse
    transmission: Any = 0.0  # share of light that is refracted
    coat: Any = 0.0
    sheen: Any = 0.0
    anisotropy: Any = 0.0
    emission: Any = (0.0, 0.0, 0.0)  # radiance, W/sr/m2 in the scene's units


@spec
class Material:
    """What every material's spec has."""

    brightness: float = normal(1.0, 0.12, 0.7, 1.35, doc="factor on the main colour")
    warmth: float = normal(0.0, 0.03, -0.09, 0.09, doc="shift of the main colour from blue to red")
    seed: int = seed()

    @property
    def colour(self) -> tuple[float, float, float]:
        """The main colour, linear Rec.709."""
        red, green, blue = self.tones[self.tone]
        factors = (red * (1 + self.warmth), green, blue * (1 - self.warmth))
        return tuple(min(max(channel * self.brightness, 0.004), 0.9) for channel in factors)


def tone(tones: dict[str, tuple], what: str, **weights: float):
    """A field: one of named main colours."""
    return choice({name: weights.get(name, 1.0) for name in tones}, doc="main colour", says=f"{{}} {what}")


def size(low: float, high: float, doc: str):
    """A field: a length in metres."""
    return uniform(low, high, unit="m", doc=doc)


def rough(low: float, high: float):
    """A field: the roughness of the shine."""
    return uniform(low, high, doc="roughness of the shine: 0 mirror, 1 matt")


def share(low: float, high: float, doc: str):
    """A field: a share of one."""
    return uniform(low, high, doc=doc)


def generator(name: str, cls: type) -> tuple[Callable, Callable]:
    """The sampling and the building function of a material."""

    def sample(rng, fixed=None):
        return draw(cls, rng, fixed)

    def build(spec):
        from .build import build_material

        return build_material(name, spec)

    sample.__name__, build.__name__ = f"sample_{name}", f"build_{name}"
    sample.__doc__ = f"Draw {cls.__doc__[0].lower()}{cls.__doc__[1:]}"
    build.__doc__ = f"Build {cls.__doc__[0].lower()}{cls.__doc__[1:]}"
    return sample, build
