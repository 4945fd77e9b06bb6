"""Lashes: curves from the lids' own strips, so that they follow every blink."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...params import beta, child, draw, flag, group, lognormal, seed, spec, within
from ..head_data import head_data
from ..identity import Identity
from ..parts import PART
from .brows import natural_colour
from .colour import HairColour, strand_material
from .placement import Obstacles, kept_out
from .strands import tapered, unit

UPPER, LOWER = 0.0080, 0.0048  # length of the longest lashes, metres
UPPER_COUNT, LOWER_COUNT = 150, 75
POINTS = 8
LATE = 4.0  # the power by which lashes grey later than the scalp
MASCARA, MASCARA_ALONE = 0.85, 0.1  # odds of it on a face that is made up, and on another woman's


@spec
class Lashes:
    """Upper and lower lashes of both eyes."""

    length: float = lognormal(1.0, 0.14, 0.5, 1.6, doc="length, relative")
    density: float = lognormal(1.0, 0.16, 0.4, 1.8, doc="number, relative")
    curl: float = beta(3, 3, doc="how far they curl up")
    mascara: bool = flag(0.2, doc="thick and black")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def sample_lashes(rng: Generator, fixed=None, *, identity: Identity, hair=None, made_up: bool = False) -> Lashes:
    """Draw lashes; longer on women, and mostly made up where the face is."""
    colour = natural_colour(rng, within(fixed, "colour"), identity, hair, LATE)
    return draw(
        Lashes, rng, fixed, length=lognormal(0.92 + 0.12 * identity.gender, 0.12, 0.5, 1.6),
        mascara=flag(MASCARA if made_up else MASCARA_ALONE * identity.gender), colour=colour,
    )  # fmt: skip


def _rows(points: np.ndarray, side: str, which: int, u: np.ndarray):
    """Roots and directions (n, 3) at places u (n,) along a lid: from the strip's inner row toward its outer one."""
    data = head_data()
    members = data.groups[f"helper-{side[0]}-eyelashes-{which}"]
    template, placed = data.template[members], points[members]
    x = template[:, 0] * (1 if side == "left" else -1)
    centre = np.array([0.0308 if side == "left" else -0.0308, 0, 0])
    distance = np.linalg.norm(template - centre, axis=1)
    edges = np.linspace(x.min(), x.max(), 18)
    inner, outer, places = [], [], []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = np.nonzero((x >= low - 1e-6) & (x <= high + 1e-6))[0]
        if len(inside) < 2:
            continue
        inner.append(placed[inside[distance[inside].argmin()]])
        outer.append(placed[inside[distance[inside].argmax()]])
        places.append((low + high) / 2)
    inner, outer, places = np.array(inner), np.array(outer), np.array(places)
    for rows in (inner, outer):  # the bins of a coarse strip make steps
        rows[1:-1] = (rows[:-2] + 2 * rows[1:-1] + rows[2:]) / 4
    at = places[0] + (places[-1] - places[0]) * (0.04 + 0.94 * u)
    root = np.stack([np.interp(at, places, inner[:, i]) for i in range(3)], 1)
    tip = np.stack([np.interp(at, places, outer[:, i]) for i in range(3)], 1)
    return root, unit(tip - root)


def _turned(vectors: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Vectors (n, 3) turned as the least rotation turns unit directions before to after (Rodrigues)."""
    axis = np.cross(before, after)
    cosine = np.einsum("ij,ij->i", before, after)[:, None]
    along = np.einsum("ij,ij->i", axis, vectors)[:, None]
    return vectors * cosine + np.cross(axis, vectors) + axis * along / np.maximum(1 + cosine, 1e-6)


def _clumps(u: np.ndarray, members: float, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """The clump of each lash and the place where its tips meet: neighbours stick together in threes to sixes."""
    widths = rng.uniform(0.5, 1.5, max(int(len(u) / members), 2))
    ends = np.cumsum(widths) / widths.sum()
    clump = np.minimum(np.searchsorted(ends, u), len(ends) - 1)
    middle = (np.concatenate([[0], ends[:-1]]) + ends) / 2
    return clump, middle[clump]


def _lid(lashes: Lashes, person, side: str, which: int, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """The lashes (n, POINTS, 3) of one lid, and the clump's random (n,) of each."""
    upper = which == 2
    head = person.head_matrix[:3, :3]
    up, front = head @ np.array([0.0, 0.0, 1.0]), head @ np.array([0.0, -1.0, 0.0])
    outward = head @ np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
    count = int((UPPER_COUNT if upper else LOWER_COUNT) * lashes.density)
    u = np.sort(rng.random(count))
    roots, along = _rows(person.rest, side, which, u)
    open_along = _rows(person.rest @ head.T, side, which, u)[1]
    # The strip is coarse: start on the lid's margin itself.
    tree = person.surface.bvh()
    roots = np.array([tree.find_nearest(point)[0] for point in roots.tolist()])
    clump, meeting = _clumps(u, 5.0 if lashes.mascara else 3.6, rng)
    own = rng.normal(size=(clump.max() + 1, 2))[clump]  # clumps cross each other a little
    sign = 1.0 if upper else -1.0
    fan = 1.15 * (u - 0.40) + 0.10 * own[:, 0] + rng.normal(0, 0.07, count)
    start = unit(front - sign * 0.26 * up + 0.40 * open_along + fan[:, None] * outward)
    rise = sign * (0.26 + 0.42 * lashes.curl) * (1.0 if upper else 0.5) * (1 + 0.13 * own[:, 1])
    # Tips of a clump lean to where they meet; the lid is about 30 mm long.
    lean = 0.030 * (meeting - u) * rng.uniform(0.45, 0.95, count)
    length = (UPPER if upper else LOWER) * lashes.length * np.interp(u, [0, 0.25, 0.8, 1], [0.55, 0.88, 1.08, 0.85])
    length = length * rng.uniform(0.66, 1.04, count) * (1 + 0.07 * own[:, 1]) * (1.08 if lashes.mascara else 1.0)
    start, bend = (_turned(v, open_along, along) for v in (start, rise[:, None] * up))
    t = np.linspace(0, 1, POINTS)[None, :, None]
    curve = (t * start[:, None] + t**2 * bend[:, None]) * length[:, None, None]
    return roots[:, None] + curve + t**1.5 * lean[:, None, None] * outward, rng.random(clump.max() + 1)[clump]


def build_lashes(lashes: Lashes, person) -> list:
    """Build the lashes of both eyes as one curves object (needs bpy)."""
    from ...blender import curves_object

    rng = child(lashes.seed, "lashes")
    made = [_lid(lashes, person, side, which, rng) for side in person.neutral.eyes for which in (2, 1)]
    strands = kept_out(Obstacles(person), np.concatenate([strands for strands, _ in made]), 0.0002)
    shades = np.concatenate([shade for _, shade in made])
    randoms = np.stack([0.8 * rng.random(len(strands)), shades, shades], 1)
    obj = curves_object(
        "Lashes", strands, tapered(len(strands), POINTS, 0.000082 if lashes.mascara else 0.000040, 0.000006),
        part=PART["skin"], curve_attributes={"strand": ("FLOAT_VECTOR", randoms)},
    )  # fmt: skip
    # Mascara blackens white lashes too.
    colour = replace(lashes.colour, grey=0.0, dye="none") if lashes.mascara else lashes.colour
    obj.data.materials.append(strand_material("Lashes", colour, 0.45, 1.0 if lashes.mascara else 0.6))
    return [person.link(obj, "lash")]
