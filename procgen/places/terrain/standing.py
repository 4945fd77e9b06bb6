"""Rock and ice that stands up or hangs over: natural arches, sea stacks, overhangs, icebergs and blocks of ice."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.noise import fractal
from ...params import beta, child, choice, draw, lognormal, seed, spec, uniform
from .fields import waves
from .rocks import _even_directions
from .solids import bedded, craggy, smooth_cut, smooth_union, solid_mesh

FACES = 32000  # of a hero


@spec
class Arch:
    """A natural arch of rock."""

    rock: str = choice(
        {"sandstone": 2, "strata": 2, "limestone": 1, "basalt": 0.5},
        says="a natural arch of {}",
        doc="what it is made of",
    )
    span: float = lognormal(14, 0.4, 4, 40, unit="m", doc="width of the opening")
    rise: float = uniform(0.6, 1.1, doc="height of the opening as a share of the span")
    thickness: float = uniform(0.22, 0.5, doc="thickness of the bridge as a share of the span")
    strata: float = beta(3, 2, doc="how far its beds stand out")
    roughness: float = beta(3, 3, doc="how rough the rock is")
    seed: int = seed()


@spec
class SeaStack:
    """A pillar of rock that the sea has left standing."""

    rock: str = choice(
        {"basalt": 1, "limestone": 1.5, "chalk": 1, "sandstone": 1, "lichen_rock": 1},
        says="a sea stack",
        doc="what it is made of",
    )
    height: float = lognormal(22, 0.4, 5, 60, unit="m", doc="height above the water")
    width: float = uniform(0.35, 0.8, doc="width as a share of the height")
    notch: float = beta(2, 3, doc="how far the waves have undercut it")
    strata: float = beta(2.5, 2, doc="how far its beds stand out")
    roughness: float = beta(3, 3, doc="how rough the rock is")
    seed: int = seed()


@spec
class Overhang:
    """A wall of rock that leans out over a hollow at its foot; it looks along -y."""

    rock: str = choice(
        {"sandstone": 1.5, "limestone": 1.5, "granite": 1, "strata": 1},
        says="an overhanging rock",
        doc="what it is made of",
    )
    width: float = lognormal(18, 0.35, 6, 45, unit="m", doc="width of the wall")
    height: float = uniform(0.35, 0.7, doc="height as a share of the width")
    hollow: float = uniform(0.35, 0.8, doc="depth of the hollow as a share of the height")
    strata: float = beta(3, 2, doc="how far its beds stand out")
    roughness: float = beta(3, 3, doc="how rough the rock is")
    seed: int = seed()


@spec
class Ice:
    """A block of ice that floats: the height 0 is the water's surface."""

    form: str = choice({"tabular": 1, "pinnacled": 1.5, "block": 1}, says="a {} iceberg", doc="shape")
    width: float = lognormal(16, 0.8, 0.8, 120, unit="m", doc="largest extent along the water")
    height: float = uniform(0.18, 0.55, doc="height above the water as a share of the width")
    weathering: float = beta(2, 2, doc="how far it has melted and rounded")
    seed: int = seed()


def sample_arch(rng: Generator, fixed=None) -> Arch:
    """Draw an arch."""
    return draw(Arch, rng, fixed)


def sample_sea_stack(rng: Generator, fixed=None) -> SeaStack:
    """Draw a sea stack."""
    return draw(SeaStack, rng, fixed)


def sample_overhang(rng: Generator, fixed=None) -> Overhang:
    """Draw an overhang."""
    return draw(Overhang, rng, fixed)


def sample_ice(rng: Generator, fixed=None) -> Ice:
    """Draw a block of ice."""
    return draw(Ice, rng, fixed)


def _weathered(size: float, thickness: float, strata: float, roughness: float, key: int):
    """The relief of a standing rock of a size (m) with beds of a thickness (m)."""

    def relief(points):
        crags = (0.3 + roughness) * 0.2 * size * craggy(points, key, 0.2 * size)
        fine = (0.3 + roughness) * 0.045 * size * craggy(points, key + 500, 0.045 * size)
        beds = strata * 0.05 * size * (bedded(points[:, 2], points, key + 30, thickness) - 0.6)
        return crags + fine + beds

    return relief


def _asset(kind: str, mesh, material: str, number: int) -> Asset:
    return Asset(kind, mesh, (Surface(material, number),))


def build_arch(arch: Arch, detail: float = 1.0) -> Asset:
    """Build an arch: a fin of rock with an opening through it along y, its feet below the ground."""
    rng = child(arch.seed, "arch")
    key, span = int(rng.integers(2**30)), arch.span
    rise, thick = arch.rise * span, arch.thickness * span
    lean, skew = rng.uniform(-0.12, 0.12), rng.uniform(-0.2, 0.2)

    def shape(points):
        x, y, z = points.T
        x = x - lean * z
        bend = 0.18 * span * waves(x, z, key, span, 2)
        # Along its length the fin tapers off; across it is thickest at the feet.
        half = 0.3 * thick + 0.16 * span * np.clip(np.abs(x) / span, 0, 1.2) + 0.1 * np.clip(rise - z, 0, None)
        fin = np.abs(y - skew * x + 0.5 * bend) - half
        crown = np.hypot(x / (0.5 * span + thick * 1.15), np.maximum(z, 0) / (rise + thick * (1 + 0.2 * skew))) - 1
        outer = smooth_cut(fin, crown * min(rise, span) * 0.8, 0.12 * span)
        hole = (
            (np.hypot((x + bend) / (0.5 * span), np.maximum(z - 0.1 * bend, 0) / rise) - 1)
            * 0.5
            * min(span, 2 * rise)
            * 0.8
        )
        return smooth_cut(outer, -hole, 0.1 * span)

    wide = 0.5 * span + thick * 1.6
    low, high = (
        np.array([-wide * 1.15, -0.75 * span, -0.12 * span]),
        np.array([wide * 1.15, 0.75 * span, rise + 1.6 * thick]),
    )
    relief = _weathered(0.7 * span, 0.12 * span, arch.strata, arch.roughness, key)
    return _asset("rock", solid_mesh(shape, relief, low, high, FACES * detail), arch.rock, arch.seed)


def build_sea_stack(stack: SeaStack, detail: float = 1.0) -> Asset:
    """Build a sea stack: a pillar of several buttresses with a notch at the water's height, 0."""
    rng = child(stack.seed, "stack")
    key, tall = int(rng.integers(2**30)), stack.height
    radius = 0.5 * stack.width * tall
    count = int(rng.integers(3, 6))
    turn = rng.uniform(0, 2 * np.pi) + np.arange(count) * (2 * np.pi / count)
    centres = np.stack([np.cos(turn), np.sin(turn)], 1) * radius * rng.uniform(0.25, 0.55, (count, 1))
    radii, tops = radius * rng.uniform(0.42, 0.62, count), tall * np.append(rng.uniform(0.55, 0.95, count - 1), 1.0)

    def shape(points):
        x, y, z = points.T
        total = np.full(len(points), np.inf)
        lid = 0.93 + 0.07 * waves(x, y, key, 0.3 * tall, 2)
        for centre, r, top in zip(centres, radii, tops, strict=True):
            girth = r * (1.25 - 0.4 * np.clip(z / top, 0, 1))
            pillar = np.hypot(x - centre[0], y - centre[1]) - girth
            total = smooth_union(total, smooth_cut(pillar, z - top * lid, 0.15 * r), 0.12 * radius)
        notch = stack.notch * 0.35 * radius * np.exp(-(((z - 0.03 * tall) / (0.05 * tall)) ** 2))
        return total + notch

    wide = 1.35 * radius
    low, high = np.array([-wide, -wide, -0.15 * tall]), np.array([wide, wide, 1.06 * tall])
    relief = _weathered(1.5 * radius, 0.09 * tall, stack.strata, stack.roughness, key)
    return _asset("rock", solid_mesh(shape, relief, low, high, FACES * detail), stack.rock, stack.seed)


def build_overhang(rock: Overhang, detail: float = 1.0) -> Asset:
    """Build an overhang: a shelf of rock above a hollow, its back and foot in the ground."""
    rng = child(rock.seed, "overhang")
    key, wide = int(rng.integers(2**30)), rock.width
    tall = rock.height * wide
    deep = rock.hollow * tall

    def shape(points):
        x, y, z = points.T
        bend = 0.1 * wide * waves(x, z, key, 0.4 * wide, 3)
        ends = np.clip(1 - (x / (0.5 * wide)) ** 2, 0, 1)
        top = tall * (0.35 + 0.65 * np.sqrt(ends))
        face = -(y + bend) - 0.15 * z - 0.25 * wide * (1 - (2 * x / wide) ** 2) * 0.4
        back = y - 0.32 * wide - bend * 0.5
        block = smooth_cut(
            smooth_cut(face, back, 0.1 * tall), smooth_cut(z - top, np.abs(x) - 0.47 * wide, 0.15 * tall), 0.15 * tall
        )
        mouth = (
            np.sqrt(
                (x / (0.34 * wide)) ** 2
                + ((y + 0.15 * wide) / (0.1 * wide + deep)) ** 2
                + (np.maximum(z, 0) / (0.52 * tall)) ** 2
            )
            - 1
        )
        return smooth_cut(block, -mouth * 0.4 * tall, 0.08 * tall)

    low, high = np.array([-0.56 * wide, -0.42 * wide, -0.1 * tall]), np.array([0.56 * wide, 0.46 * wide, 1.15 * tall])
    relief = _weathered(1.1 * tall, 0.14 * tall, rock.strata, rock.roughness, key)
    return _asset("rock", solid_mesh(shape, relief, low, high, FACES * detail), rock.rock, rock.seed)


def build_ice(ice: Ice, detail: float = 1.0) -> Asset:
    """Build a block of ice: broken along planes, fluted by melt water, undercut where the water licks it."""
    rng = child(ice.seed, "ice")
    key, wide, tall = int(rng.integers(2**30)), ice.width, ice.height * ice.width
    planes = 12 if ice.form == "block" else 18
    normals = _even_directions(rng, planes)
    if ice.form == "tabular":
        normals[:, 2] *= 0.25
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    offsets = rng.uniform(0.32, 0.5, planes) * wide
    peaks = rng.uniform(-0.2, 0.2, (4, 2)) * wide
    tops = tall * rng.uniform(0.5, 1.0, 4)
    tops[0] = tall
    worn = (0.01 + 0.06 * ice.weathering) * wide
    draught = 0.7 * tall

    def shape(points):
        scaled = points * (1, 1, 0.35 * wide / tall)
        total = np.full(len(points), -np.inf)
        for normal, offset in zip(normals, offsets, strict=True):
            total = (
                smooth_cut(total, scaled @ normal - offset, worn) if np.isfinite(total[0]) else scaled @ normal - offset
            )
        x, y, z = points.T
        if ice.form == "pinnacled":
            top = np.full(len(points), 0.15 * tall)
            for number, (peak, height) in enumerate(zip(peaks, tops, strict=True)):
                # Each peak is a wedge: two steep faces and two long ones.
                turn = number * 1.9 + key % 7
                across = (x - peak[0]) * np.cos(turn) + (y - peak[1]) * np.sin(turn)
                along = (y - peak[1]) * np.cos(turn) - (x - peak[0]) * np.sin(turn)
                top = np.maximum(
                    top, height - tall * np.maximum(np.abs(across) / (0.16 * wide), np.abs(along) / (0.42 * wide))
                )
            lid = (z - top) * 0.6
        else:
            lid = z - tall * (0.97 + 0.04 * waves(x, y, key, 0.3 * wide, 3))
        notch = 0.03 * wide * np.exp(-((z / (0.05 * tall)) ** 2)) * (0.4 + ice.weathering)
        return smooth_cut(smooth_cut(total, lid, worn), -draught - z, worn) + notch

    def relief(points):
        flutes = ice.weathering * 0.02 * wide * fractal(points / (0.07 * wide) * (1, 1, 0.15), key + 3, 3)
        return flutes + (1 - 0.6 * ice.weathering) * 0.1 * wide * craggy(points, key + 9, 0.2 * wide, 3)

    edge = 0.62 * wide
    low, high = np.array([-edge, -edge, -draught - 0.06 * tall]), np.array([edge, edge, 1.12 * tall])
    return _asset("ice", solid_mesh(shape, relief, low, high, FACES * 0.6 * detail), "ice", ice.seed)
