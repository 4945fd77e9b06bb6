"""Snow crystals: plates, sectors and dendrites of six equal arms that branch at sixty degrees."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...params import beta, child, choice, draw, integer, lognormal, seed, spec, uniform


@spec
class Snowflake:
    """One crystal of snow."""

    kind: str = choice({"dendrite": 0.6, "star": 0.2, "plate": 0.2}, doc="form of the crystal", says="a {} of snow")
    diameter: float = lognormal(0.0035, 0.35, 0.001, 0.01, unit="m", doc="from tip to tip")
    branches: int = integer(3, 8, doc="side branches of an arm, on each side")
    spread: float = beta(2.5, 2.0, 0.2, 1.0, doc="length of the side branches, as a share of what fits")
    core: float = uniform(0.08, 0.3, doc="width of the plate in the middle, as a share of the diameter")
    seed: int = seed()


def sample_snowflake(rng: Generator, fixed=None) -> Snowflake:
    """Draw a crystal."""
    return draw(Snowflake, rng, fixed)


def _bar(start: np.ndarray, end: np.ndarray, width: float, tip: float, thickness: float) -> Mesh:
    """A closed prism with a pointed end, lying in the plane."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    across = np.array([-along[1], along[0]]) * width / 2
    neck = end - along * tip
    outline = np.stack([start - across, neck - across, end, neck + across, start + across])
    return _prism(outline, thickness)


def _prism(outline: np.ndarray, thickness: float) -> Mesh:
    """A convex outline (k, 2) counter-clockwise, as a closed plate."""
    count = len(outline)
    flat = np.concatenate([outline, outline.mean(0)[None]])
    half = np.full((count + 1, 1), thickness / 2)
    vertices = np.concatenate([np.hstack([flat, half]), np.hstack([flat, -half])])
    i, j = np.arange(count), (np.arange(count) + 1) % count
    below = count + 1
    none = np.full(count, -1)
    top = np.stack([i, j, np.full(count, count), none], 1)
    bottom = np.stack([j + below, i + below, np.full(count, count + below), none], 1)
    side = np.stack([j, i, i + below, j + below], 1)
    return Mesh(vertices, np.concatenate([top, bottom, side]), smooth=False)


def crystal(flake: Snowflake, detail: float = 1.0) -> Mesh:
    """The crystal as a mesh flat on the xy plane around the origin."""
    rng = child(flake.seed, "crystal")
    reach = flake.diameter / 2
    thickness = 0.035 * flake.diameter
    core = reach * (flake.core * 2 if flake.kind != "plate" else 0.85)
    corner = np.arange(6) * np.pi / 3
    hexagon = np.stack([np.cos(corner), np.sin(corner)], 1)
    parts = [_prism(hexagon * core, 1.6 * thickness)]
    arm = []
    width = reach * rng.uniform(0.05, 0.09)
    if flake.kind == "plate":
        arm.append(_bar((core * 0.6, 0), (reach, 0), 4 * width, 2.5 * width, thickness))
    else:
        arm.append(_bar((core * 0.5, 0), (reach, 0), width, 1.5 * width, thickness))
    count = round(flake.branches * min(1.0, detail + 0.3)) if flake.kind == "dendrite" else 0
    slope = np.array([0.5, np.sqrt(0.75)])
    for place in np.linspace(core / reach + 0.06, 0.88, count):
        place = place + rng.uniform(-0.02, 0.02)
        # Room for a branch: to the neighbouring arm within, to the hexagon of the tips without.
        length = reach * min(place, 1 - place * 0.82) * flake.spread * rng.uniform(0.7, 1.0)
        for side in (1, -1):
            start = np.array([place * reach, 0.0])
            end = start + slope * [1, side] * length
            arm.append(_bar(start, end, 0.7 * width, width, thickness * rng.uniform(0.8, 0.95)))
            if detail >= 1 and length > 0.25 * reach:
                for further in (0.5, 0.75):
                    root = start + (end - start) * further
                    arm.append(_bar(root, root + [length * 0.3, 0], 0.5 * width, 0.7 * width, 0.7 * thickness))
    one = merged(arm)
    for turn in corner:
        c, s = np.cos(turn), np.sin(turn)
        parts.append(one.transformed(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])))
    return merged(parts)


def build_snowflake(flake: Snowflake, detail: float = 1.0) -> Asset:
    """The crystal standing on one of its arms."""
    mesh = crystal(flake, detail)
    upright = mesh.transformed(np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], float))
    mesh = upright.moved((0, 0, -upright.vertices[:, 2].min()))
    return Asset("snowflake", mesh, (Surface("ice", flake.seed),))
