"""Seaweeds of the sea bed: sea lettuce, eel grass, red branching weeds, sargassum and dulse."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...params import child, choice, draw, seed, spec, uniform
from .differential_growth import Frill, grow_sheet
from .forms import tree_tubes, unit
from .kelp import bladders, blades
from .laplacian_growth import to_tip
from .pigments import blended, ramp

# Base and tip of each habit in its natural range of colours.
COLOURS = {
    "sea_lettuce": (((0.07, 0.20, 0.012), (0.30, 0.52, 0.05)), ((0.05, 0.15, 0.02), (0.20, 0.42, 0.06))),
    "eel_grass": (((0.035, 0.09, 0.012), (0.13, 0.24, 0.03)), ((0.05, 0.10, 0.02), (0.20, 0.24, 0.05))),
    "red_branching": (((0.12, 0.008, 0.014), (0.45, 0.045, 0.06)), ((0.10, 0.01, 0.03), (0.38, 0.05, 0.13))),
    "sargassum": (((0.13, 0.065, 0.010), (0.40, 0.24, 0.035)), ((0.10, 0.06, 0.012), (0.30, 0.21, 0.04))),
    "dulse": (((0.09, 0.010, 0.012), (0.30, 0.030, 0.045)), ((0.10, 0.02, 0.010), (0.33, 0.07, 0.03))),
}


@spec
class Seaweed:
    """A plant of seaweed."""

    habit: str = choice({"sea_lettuce": 2, "eel_grass": 3, "red_branching": 2, "sargassum": 2, "dulse": 2}, says="{}",
                        doc="how it grows")  # fmt: skip
    height: float = uniform(0.12, 0.7, unit="m", doc="its height when it stands")
    density: float = uniform(0.5, 1.3, doc="number of its blades or branches, as a share of the usual")
    current: float = uniform(0.0, 0.5, doc="how far the current along x leans it, as a share of its height")
    shade: float = uniform(0.0, 1.0, doc="where in the habit's range its colour lies")
    seed: int = seed()


def sample_seaweed(rng: np.random.Generator, fixed=None) -> Seaweed:
    """Draw a seaweed."""
    return draw(Seaweed, rng, fixed)


def forked(
    rng, stems: int, levels: int, step: float, angle: float, shrink: float, flat: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, 3) and parents (n,) of plants that fork in two at each level; ``flat`` ones within their own planes."""
    points, parents = [], []
    for _ in range(stems):
        turn = 2 * np.pi * rng.random()
        plane = np.array([np.cos(turn), np.sin(turn), 0])
        way = unit(np.array([0, 0, 1.0]) + 0.5 * (rng.random(3) - 0.5))
        points.append(0.04 * (rng.random(3) - 0.5) * [1, 1, 0])
        parents.append(-1)
        ends = [(len(points) - 1, way, plane)]
        for level in range(levels):
            following = []
            for node, heading, across in ends:
                long = step * shrink**level * (0.7 + 0.6 * rng.random())
                for _ in range(3):
                    heading = unit(heading + 0.22 * (rng.random(3) - 0.5) + [0, 0, 0.04])
                    points.append(points[node] + heading * long / 3)
                    parents.append(node)
                    node = len(points) - 1
                spread = angle * (0.7 + 0.6 * rng.random())
                twist = across if flat else unit(np.cross(heading, rng.random(3) - 0.5))
                side = unit(twist - heading * (twist @ heading))
                for sign in (-1, 1):
                    if level < 2 or rng.random() < 0.9:
                        following.append((node, unit(np.cos(spread) * heading + sign * np.sin(spread) * side), across))
            ends = following
    return np.array(points), np.array(parents)


def _sea_lettuce(spec, rng, fine):
    meshes = []
    for _ in range(max(round(4 * spec.density), 1)):
        count = 14
        turn = np.arange(count) * (2 * np.pi / count)
        ring = np.stack([0.02 * np.cos(turn), 0.007 * np.sin(turn), np.zeros(count)], 1)
        layers = max(int(30 * fine), 10)
        reach = 0.8 * (0.7 + 0.5 * rng.random())
        sheet, _ = grow_sheet(
            Frill(layers, reach / layers, 1.25 / layers, 0.12 + 0.25 * rng.random(), 0.026 / fine, 0.35), ring, rng
        )
        turn = 2 * np.pi * rng.random()
        c, s = np.cos(turn), np.sin(turn)
        lean = np.array([[1, 0, 0.4 * (rng.random() - 0.5)], [0, 1, 0.4 * (rng.random() - 0.5)], [0, 0, 1]])
        sheet = sheet.transformed(lean @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))
        offset = 0.22 * (rng.random(3) - 0.5) * [1, 1, 0]
        meshes.append(sheet.moved(offset).with_attributes(shade=ramp(0, 1, sheet.attributes["layer"])))
    return merged(meshes)


def _eel_grass(spec, rng, fine):
    count = max(int(46 * spec.density * (0.4 + 0.6 * fine)), 6)
    root = 0.16 * (rng.random((count, 3)) - 0.5) * [1, 1, 0]
    way = unit(0.28 * (rng.random((count, 3)) - 0.5) * [1, 1, 0] + root * [0.8, 0.8, 0] + [0, 0, 1])
    up = unit(np.stack([rng.random(count) - 0.5, rng.random(count) - 0.5, np.zeros(count)], 1))
    length = 0.55 + 0.45 * rng.random(count)
    rows = max(int(14 * fine), 5)
    mesh = blades(root, way, up, length, np.full(count, 0.022), 0.12, 0.0 * length, rng.random(count), rows, 3)
    along, owner = mesh.attributes["along"], mesh.attributes["owner"].astype(int)
    bend = (along**2)[:, None] * (0.3 * (rng.random((count, 3)) - 0.5) * [1, 1, 0.3])[owner]
    return mesh.moved(bend).with_attributes(shade=0.15 + 0.6 * along + 0.25 * rng.random(count)[owner])


def _red_branching(spec, rng, fine):
    points, parents = forked(
        rng, max(round(5 * spec.density), 1), 7 if fine > 0.6 else 5 if fine > 0.4 else 4, 0.2, 0.40, 0.88, False
    )
    height, load = to_tip(parents)
    radii = 0.0034 * load**0.2 * (0.45 + 0.55 * ramp(0, 4, height))
    mesh = tree_tubes(points, parents, radii, 6 if fine > 0.6 else 3)
    return mesh.with_attributes(shade=1 - ramp(0, 14, height[mesh.attributes["node"].astype(int)]))


def _sargassum(spec, rng, fine):
    points, parents = forked(rng, max(round(4 * spec.density), 1), 3, 0.4, 0.35, 0.85, False)
    stem = tree_tubes(points, parents, 0.005 * to_tip(parents)[1] ** 0.25, 5)
    child_of = np.flatnonzero(parents >= 0)
    each = max(int(6 * fine), 1)
    share = (np.arange(each) + 0.5) / each
    root = (
        points[parents[child_of]][:, None] * (1 - share[:, None]) + points[child_of][:, None] * share[:, None]
    ).reshape(-1, 3)
    count = len(root)
    heading = np.repeat(unit(points[child_of] - points[parents[child_of]]), each, axis=0)
    out = unit(np.cross(heading, rng.random((count, 3)) - 0.5))
    way = unit(out + 0.7 * heading)
    length = 0.11 * (0.6 + 0.6 * rng.random(count)) / fine**0.4
    leaf = blades(root, way, unit(np.cross(way, rng.random((count, 3)) - 0.5)), length, 0.2 * length, 0.7, 0.0 * length,
                  rng.random(count), 6 if fine > 0.6 else 3, 3)  # fmt: skip
    some = rng.random(count) < 0.3
    berry = bladders(root[some], -unit(out[some] - 0.5 * heading[some]), np.full(some.sum(), 0.032), np.full(some.sum(), 0.010),
                     6 if fine > 0.6 else 4)  # fmt: skip
    tone = 0.35 + 0.4 * rng.random(count)
    return merged([stem.with_attributes(shade=0.1), berry.with_attributes(shade=1.0),
                   leaf.with_attributes(shade=tone[leaf.attributes["owner"].astype(int)])])  # fmt: skip


def _dulse(spec, rng, fine):
    meshes = []
    for _ in range(max(round(7 * spec.density), 2)):
        points, parents = forked(rng, 1, 4 if fine > 0.6 else 3 if fine > 0.4 else 2, 0.24, 0.38, 0.88, True)
        height, _ = to_tip(parents)
        depth = np.linalg.norm(points - points[0], axis=1)
        radii = 0.006 + 0.052 * ramp(0.0, 0.35, depth) * (0.35 + 0.65 * ramp(-1, 2, height))
        turn = 2 * np.pi * rng.random()
        mesh = tree_tubes(points, parents, radii, 8 if fine > 0.6 else 6)
        # A frond is a thin plate: each ring is pressed against the frond's own plane.
        child_of = parents >= 0
        across = np.linalg.svd((points - points.mean(0))[child_of], full_matrices=False)[2][2]
        across = across * np.where(across[np.argmax(np.abs(across))] < 0, -1, 1)
        node = mesh.attributes["node"].astype(int)
        lean = ((mesh.vertices - points[node]) @ across)[:, None] * across
        wave = 0.035 * np.sin(14 * mesh.vertices[:, 2] + 9 * mesh.vertices[:, 0] + turn)[:, None] * across
        place = mesh.vertices - 0.93 * lean + wave * ramp(0.05, 0.5, depth[node])[:, None]
        shade = ramp(0.1, 0.9, depth[node])
        meshes.append(
            Mesh(place, mesh.faces, attributes={"shade": shade}).moved(0.12 * (rng.random(3) - 0.5) * [1, 1, 0])
        )
    return merged(meshes)


HABITS = {"sea_lettuce": _sea_lettuce, "eel_grass": _eel_grass, "red_branching": _red_branching,
          "sargassum": _sargassum, "dulse": _dulse}  # fmt: skip


def build_seaweed(spec: Seaweed, detail: float = 1.0) -> Asset:
    """A plant that stands on the bed; ``detail`` is the share of its faces."""
    rng = child(spec.seed, "plant")
    mesh = HABITS[spec.habit](spec, rng, np.sqrt(min(detail, 1.0)))
    vertices = mesh.vertices - [0, 0, np.minimum(mesh.vertices[:, 2].min(), 0)]
    share = vertices[:, 2] / vertices[:, 2].max()
    vertices = vertices * (spec.height / vertices[:, 2].max())
    vertices[:, 0] += spec.current * spec.height * share**1.6
    vertices[:, 2] *= 1 - 0.3 * spec.current * share
    first, second = COLOURS[spec.habit]
    low, high = (np.array(a) + spec.shade * (np.array(b) - a) for a, b in zip(first, second, strict=True))
    spots = 1 + 0.2 * np.sin(vertices @ [31.0, 47.0, 23.0])
    colour = blended(low, high, np.clip(mesh.attributes["shade"], 0, 1)) * spots[:, None]
    phase = (0.5 + 0.35 * vertices[:, 0] / spec.height + 0.2 * vertices[:, 1] / spec.height + 0.25 * share) % 1.0
    mesh = Mesh(
        vertices,
        mesh.faces,
        attributes={"colour": np.clip(colour, 0, 1), "sway": 0.45 * spec.height * share**1.5, "phase": phase},
    )
    return Asset("seaweed", mesh, (Surface("kelp_blade", spec.seed, tuple(map(float, high)), painted=True),))
