"""Wood as builders use it: planks and plywood."""

from __future__ import annotations

from ..params import spec
from .bark import WOODS
from .fields import Fields
from .look import Look, Material, generator, rough, share, size, tone
from .values import Value


@spec
class Planks(Material):
    """Boards side by side, each cut from another tree."""

    tones = WOODS
    tone: str = tone(WOODS, "planks")
    width: float = size(0.07, 0.2, "width of a board")
    length: float = size(0.8, 2.5, "length of a board")
    gap: float = size(0.001, 0.005, "gap between boards")
    variation: float = share(0.1, 0.4, "how much boards differ")
    contrast: float = share(0.2, 0.6, "how dark late wood is")
    roughness: float = rough(0.25, 0.7)


def planks(spec: Planks, f: Fields, p: Value, colour: Value) -> Look:
    """Long rings that run out in arches, fibres, gaps; boards run along u."""
    p = f.moved(p, spec.seed)
    u, v = f.flat(p)
    joint, random = f.courses(u, v, spec.length, spec.width, 0.37)
    body = joint.smooth(0.5 * spec.gap, 0.5 * spec.gap + 0.0012)
    # Each board looks at another part of the wood: cut near the heart, rings run out in arches along it.
    along = (u * 0.05).join(v, random * 9.0)
    bend = f.noise(along, 0.08, 2.0, 0.5)
    year = (bend * 22.0 + v * 40.0).fraction()
    late = year.smooth(0.2, 0.9) * year.smooth(1.0, 0.93)
    fibre = f.noise((u * 0.03).join(v, random * 5.0), 0.002, 4.0, 0.65)
    tint = colour * (1.0 - spec.variation + 2.0 * spec.variation * random) * (1.1 - spec.contrast * late)
    tint = tint * (0.72 + 0.56 * fibre)
    return Look(
        body.between(colour * 0.08, tint), body * (0.6 * spec.gap + 0.0012 + 0.0008 * random),
        (fibre - 0.5) * 0.0003 + late * 0.00008, roughness=body.between(0.9, spec.roughness + 0.1 * fibre), specular=0.4,
    )  # fmt: skip


@spec
class Plywood(Material):
    """A sheet of peeled veneer, with layers on its edge."""

    tones = WOODS
    tone: str = tone(WOODS, "plywood", pale=4.0)
    figure: float = size(0.03, 0.09, "width of a figure of the grain")
    contrast: float = share(0.15, 0.45, "how clearly grain shows")
    layer: float = size(0.0012, 0.003, "thickness of a layer")
    roughness: float = rough(0.45, 0.75)


def plywood(spec: Plywood, f: Fields, p: Value, colour: Value) -> Look:
    """Wild cathedral grain of a peeled log on the faces toward z; crossed layers elsewhere."""
    p = f.moved(p, spec.seed)
    _, _, z = p.split()
    bend = f.noise(p, spec.figure, 2.0, 0.5, stretch=(1.0, 0.14, 0.0))
    year = (bend * 12.0).fraction()
    late = year.smooth(0.0, 0.85) * year.smooth(1.0, 0.9)
    fibre = f.noise(p, 0.0022, 4.0, 0.65, stretch=(1.0, 0.03, 1.0))
    ply = (z / spec.layer).fraction().above(0.5)
    cross = f.noise(p, 0.002, 2.0, 0.5, stretch=(0.2, 0.2, 1.0))
    face = colour * (1.08 - spec.contrast * late) * (0.76 + 0.44 * fibre)
    side = colour * ply.between(0.55, 0.95) * (0.7 + 0.6 * cross)
    return Look(f.upright().between(face, side), 0.0, (fibre - 0.5) * 0.0003, roughness=spec.roughness, specular=0.35)


sample_planks, build_planks = generator("planks", Planks)
sample_plywood, build_plywood = generator("plywood", Plywood)
