"""Where floating things are, how large they look, and how they fly and spin, drawn in what a picture shows of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...params import child, integer, lognormal, seed, spec, uniform

WIDEST = 192 / 512  # of the picture's width: the largest disparity
LEAST = 0.006  # and the one from which things are drawn
BEYOND = 0.62  # of the picture, from its middle, up to where things are
EVEN = 0.35  # share of things whose disparity is drawn evenly, and not in its logarithm
FASTEST = 0.2  # of the picture's width: the longest way between two frames, 102 px of 512
WIDTHS, TURNS = 1.1, 1.0  # spread of the logarithm of ways and spins: some things race
NEARER = 0.06  # spread of how much nearer a thing comes in a frame, as a share


@spec
class Things:
    """The floating things of a sample."""

    count: int = integer(12, 60, doc="number of floating things")
    looks: int = integer(4, 10, doc="number of materials that they share")
    smallest: float = lognormal(0.012, 0.3, 0.004, 0.05, doc="least apparent radius, as a share of the picture's width")
    largest: float = lognormal(0.22, 0.4, 0.06, 0.4, doc="largest one; in between all sizes are as likely")
    plain: float = uniform(
        0.4, 0.8, doc="share of plain or patterned surfaces; others wear materials of nature and craft"
    )
    flight: float = lognormal(
        0.022, 0.7, 0.0, 0.1, doc="middle way between two frames, as a share of the picture's width"
    )
    spin: float = lognormal(8.0, 0.8, 0.0, 45, unit="deg", doc="middle turn between two frames")
    seed: int = seed(doc="child seed of shapes, places and looks")


class Lens(NamedTuple):
    """What decides how large things look: focal length as a share of the picture's width, height over width, baseline in m."""

    focal: float
    aspect: float
    baseline: float


class Placed(NamedTuple):
    """Things in the camera's frame (x right, y down, z forward), metres, in the middle of a sequence.

    ``centres`` (n, 3), ``radii`` (n,); for a frame ``ways`` (n, 3) and ``turns`` (n, 3), axes times radians; ``rests``
    (n, 3, 3) rotations.
    """

    centres: np.ndarray
    radii: np.ndarray
    ways: np.ndarray
    turns: np.ndarray
    rests: np.ndarray


def place_things(things: Things, lens: Lens, reach: float) -> Placed:
    """Place things so that disparities of up to 192 px in 512, and sizes, are of every order; none is deeper than ``reach`` m."""
    rng, count = child(things.seed, "places"), things.count
    span = np.log(WIDEST / LEAST)
    spread = LEAST * np.exp(span * rng.random(count))
    disparity = np.where(rng.random(count) < EVEN, rng.uniform(LEAST, WIDEST, count), spread)
    low, high = sorted((things.smallest, things.largest))
    apparent = low * (high / low) ** rng.random(count)
    # The nearest point of a thing has the disparity, its middle is a radius behind that.
    share = np.minimum(apparent / lens.focal, 0.6)
    front = np.minimum(lens.focal * lens.baseline / disparity, reach * (1 - share))
    depth = front / (1 - share)
    at = rng.uniform(-BEYOND, BEYOND, (count, 2)) * [1.0, lens.aspect]
    centres = np.column_stack([at / lens.focal, np.ones(count)]) * depth[:, None]
    way, turn = _flights(things, rng, count)
    nearer = np.exp(NEARER * rng.standard_t(3, count).clip(-4, 4))
    ways = np.column_stack([way / lens.focal * depth[:, None], depth * (nearer - 1)])
    return Placed(centres, share * depth, ways, turn, _rotations(rng, count))


def _flights(things: Things, rng: Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Ways (n, 2) in widths of the picture and turns (n, 3) in axes times radians, between two frames."""
    length = np.minimum(things.flight * np.exp(WIDTHS * rng.normal(size=count)), FASTEST)
    heading = rng.uniform(-np.pi, np.pi, count)
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.minimum(np.radians(things.spin) * np.exp(TURNS * rng.normal(size=count)), np.pi / 3)
    return length[:, None] * np.stack([np.cos(heading), np.sin(heading)], 1), axis * angle[:, None]


def _rotations(rng: Generator, count: int) -> np.ndarray:
    """Rotations (n, 3, 3) of any way, as likely (Shoemake 1992)."""
    q = rng.normal(size=(count, 4))
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    return np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                     2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                     2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1).reshape(-1, 3, 3)  # fmt: skip


def rotation(vector: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) about an axis by an angle, their product (3,) in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def matrices_of(placed: Placed, camera: np.ndarray, frame: int, frames: int) -> np.ndarray:
    """Matrices (n, 4, 4) to the world of things of 1 m in a frame; ``camera`` (4, 4) is that of the middle of the sequence.

    Things fly and spin evenly, and are where they were placed in the middle.
    """
    since = frame - (frames - 1) / 2
    found = np.zeros((len(placed.radii), 4, 4))
    found[:, 3, 3] = 1
    for index, (rest, turn) in enumerate(zip(placed.rests, placed.turns, strict=True)):
        found[index, :3, :3] = rotation(turn * since) @ rest * placed.radii[index]
    found[:, :3, 3] = placed.centres + placed.ways * since
    return camera @ found
