"""Tube worms: a tube and a crown of feathers, as one fan of radioles or two spiral trees."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, integer, seed, spec, uniform
from .forms import tubes, unit
from .pigments import blended, ramp

# Feather, its bands, tube.
COLOURS = {
    "white": ((0.80, 0.76, 0.68), (0.42, 0.13, 0.06), (0.34, 0.28, 0.20)),
    "brown": ((0.30, 0.15, 0.07), (0.74, 0.62, 0.45), (0.26, 0.21, 0.15)),
    "red": ((0.52, 0.05, 0.04), (0.85, 0.66, 0.58), (0.36, 0.31, 0.24)),
    "violet": ((0.30, 0.14, 0.46), (0.74, 0.62, 0.80), (0.30, 0.27, 0.24)),
    "yellow": ((0.70, 0.46, 0.05), (0.86, 0.78, 0.52), (0.32, 0.28, 0.22)),
    "blue": ((0.05, 0.14, 0.46), (0.42, 0.56, 0.82), (0.32, 0.30, 0.27)),
}


@spec
class SeaWorm:
    """A tube worm with its crown spread."""

    kind: str = choice({"feather_duster": 2, "christmas_tree": 1}, says="{} worm", doc="kind of worm")
    crown: float = uniform(0.025, 0.12, unit="m", doc="width of its crown")
    radioles: int = integer(28, 64, doc="feathers of the crown")
    tube: float = uniform(0.8, 2.0, doc="length of its tube, in widths of the crown")
    colour: str = choice({name: 1.0 for name in COLOURS}, says="{}", doc="its colours")
    seed: int = seed()


def sample_sea_worm(rng: np.random.Generator, fixed=None) -> SeaWorm:
    """Draw a tube worm."""
    return draw(SeaWorm, rng, fixed)


def feathers(lines: np.ndarray, ways: np.ndarray, width: np.ndarray, pairs: int) -> Mesh:
    """Two rows of flat pinnules along curves (m, k, 3), leaning along ``ways`` (m, 3), ``width`` (m,) long.

    Attributes: along 0…1 on the curve, out 0…1 on the pinnule.
    """
    count, knots = lines.shape[:2]
    s = np.linspace(0.14, 0.99, pairs)
    place = np.clip(s * (knots - 1), 0, knots - 1.001)
    low = place.astype(int)
    share = (place - low)[None, :, None]
    root = lines[:, low] * (1 - share) + lines[:, low + 1] * share
    tangent = unit(lines[:, low + 1] - lines[:, low])
    side = unit(np.cross(tangent, ways[:, None]))
    long = (width[:, None] * np.sin(np.pi * np.clip(0.12 + 0.86 * s, 0, 1)) ** 0.6)[..., None]
    half = 0.30 / pairs * np.linalg.norm(lines[:, -1] - lines[:, 0], axis=1)[:, None, None] * tangent
    parts = []
    for sign in (-1.0, 1.0):
        tip = root + long * (0.80 * sign * side + 0.45 * ways[:, None] + 0.38 * tangent)
        parts.append(np.stack([root - half, root + half, tip + 0.3 * half, tip - 0.3 * half], 2))
    corners = np.concatenate(parts, 1).reshape(-1, 4, 3)
    along = np.repeat(np.tile(np.concatenate([s, s]), count), 4)
    faces = np.arange(len(corners) * 4).reshape(-1, 4)
    return Mesh(
        corners.reshape(-1, 3), faces, attributes={"along": along, "out": np.tile([0.0, 0, 1, 1], len(corners))}
    )


def build_sea_worm(spec: SeaWorm, detail: float = 1.0) -> Asset:
    """A worm that stands on the bed in its tube; ``detail`` is the share of its faces."""
    rng, fine = child(spec.seed, "crown"), min(detail, 1.0)
    count = max(int(spec.radioles * (0.5 + 0.5 * fine)), 12)
    knots, pairs = 9, max(int((34 if spec.kind == "feather_duster" else 16) * fine), 6)
    s = np.linspace(0, 1, knots)
    lean = 0.5 * (rng.random(2) - 0.5)
    share = np.linspace(0, 1, 14)
    stalk = np.stack([lean[0] * spec.tube * share**2, lean[1] * spec.tube * share**2, spec.tube * share - 0.05], 1)
    wide = 0.085 + 0.012 * np.sin(share * 40) * (share < 0.95) + 0.02 * share
    top, axis = stalk[-1], unit(stalk[-1] - stalk[-2])
    first = unit(np.cross(axis, [0.3, 1.0, 0.2]))
    second = np.cross(axis, first)
    if spec.kind == "feather_duster":
        half = np.arange(count) % 2
        turn = np.pi * (half + (np.arange(count) + 0.5) / count) + 0.08 * (rng.random(count) - 0.5)
        out = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
        tall = (0.92 + 0.16 * rng.random(count))[:, None, None]
        flare = (0.06 + 0.46 * s**1.6)[None, :, None]
        lines = top + tall * (flare * out[:, None] + (0.62 * np.sin(s * 1.9) / np.sin(1.57))[None, :, None] * axis)
        ways, width = unit(axis - 0.6 * out), np.full(count, 0.085)
    else:
        # Two cones on which the crown winds upward, the feathers short towards the top.
        count *= 4
        tree = np.arange(count) % 2
        climb = (np.arange(count) // 2 + 0.5) / (count / 2)
        turn = 2 * np.pi * 5 * climb * np.where(tree == 0, 1, -1) + np.pi * tree
        out = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
        base = (
            top
            + axis * (0.05 + 0.85 * climb)[:, None]
            + first * (np.where(tree == 0, 0.21, -0.21) * (0.4 + 0.6 * climb))[:, None]
        )
        long = 0.06 + 0.28 * (1 - climb) ** 0.8
        lines = (
            base[:, None]
            + (long[:, None] * s)[..., None] * out[:, None]
            + (0.35 * long[:, None] * s**2)[..., None] * axis
        )
        ways, width = np.tile(axis, (count, 1)), np.full(count, 0.075)
    feather, band, case = (np.array(colour) for colour in COLOURS[spec.colour])
    rods = tubes(lines, 0.006 * (1.3 - s)[None] * np.ones((count, 1)), 4)
    fringe = feathers(lines, ways, width, pairs)

    def striped(along):
        return blended(feather, band, ramp(0.2, 0.6, np.sin(2 * np.pi * (3.5 * along + 0.1))) * ramp(0.05, 0.3, along))

    body = tubes(stalk[None], wide[None], 14)
    grain = 1 + 0.25 * np.sin(60 * body.attributes["along"]) * np.sin(9 * arctan2(*body.vertices[:, :2].T))
    parts = [Mesh(body.vertices, body.faces, 1, {"colour": case * grain[:, None]}),
             Mesh(rods.vertices, rods.faces, 0, {"colour": 0.8 * striped(rods.attributes["along"])}),
             Mesh(fringe.vertices, fringe.faces, 0, {"colour": striped(fringe.attributes["along"])})]  # fmt: skip
    if spec.kind == "christmas_tree":
        posts = np.stack([top + sign * first * 0.21 * (0.4 + 0.6 * s)[:, None] * np.minimum(1, 6 * s)[:, None]
                          + axis * (0.98 * s)[:, None] for sign in (1.0, -1.0)])  # fmt: skip
        post = tubes(posts, np.tile(0.035 * (1.15 - s), (2, 1)), 8)
        parts.append(Mesh(post.vertices, post.faces, 0, {"colour": striped(0.5 * post.attributes["along"])}))
    mesh = merged(parts)
    above = np.clip(mesh.vertices[:, 2] - top[2], 0, None)
    scale = spec.crown
    mesh = Mesh(mesh.vertices * scale, mesh.faces, mesh.slot, {
        "colour": np.clip(mesh.attributes["colour"], 0, 1), "sway": 0.25 * scale * above,
        "phase": (0.5 + 0.4 * mesh.vertices[:, 0]) % 1.0})  # fmt: skip
    return Asset("sea_worm", mesh, (Surface("petal", spec.seed, COLOURS[spec.colour][0], painted=True),
                                    Surface("sponge", spec.seed, COLOURS[spec.colour][2], painted=True)))  # fmt: skip
