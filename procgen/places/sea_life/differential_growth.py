"""Differential growth: lines whose points attract along edges, repel each other and split (after Lomas 2014).

All sums are written out in +, -, ×, ÷ and roots, as growth that buckles would blow up any other rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...geometry.mesh import Mesh
from .forms import unit
from .neighbours import pairs_within


class Line(NamedTuple):
    """A closed line that has grown: points (n, d), and its length after each step in which it grew."""

    points: np.ndarray
    lengths: np.ndarray


def repulsion(points: np.ndarray, radius: float, beyond: int = 0) -> np.ndarray:
    """The push (n, d) on each point of a closed line from all within a radius but its next ``beyond`` on the line: 1 at
    contact falling to 0."""
    one, two = pairs_within(points, radius)
    if beyond:
        between = np.abs(one - two)
        far = np.minimum(between, len(points) - between) > beyond
        one, two = one[far], two[far]
    apart = points[one] - points[two]
    distance = np.maximum(np.sqrt((apart * apart).sum(1)), 1e-9)
    push = apart * ((1 - distance / radius) / distance)[:, None]
    return np.stack([np.bincount(one, push[:, axis], len(points)) - np.bincount(two, push[:, axis], len(points))
                     for axis in range(points.shape[1])], 1)  # fmt: skip


def split(points: np.ndarray, longest: np.ndarray | float, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """A closed line with each edge over ``longest`` cut in two, what else goes with its points, and each point's
    origin (n,): its old index, or -1 - i for the middle of the edge from i."""
    after = np.roll(points, -1, 0)
    long = np.sqrt(((after - points) ** 2).sum(1)) > longest
    old = np.arange(len(points))
    place = np.concatenate([old, old[long] + 0.5])
    order = np.argsort(place, kind="stable")
    grown = [np.concatenate([values, (values[long] + np.roll(values, -1, 0)[long]) / 2])[order]
             for values in (points, *others)]  # fmt: skip
    return (*grown, np.concatenate([old, -1 - old[long]])[order])


def grow_line(steps: int, spacing: float, most: int, rng: np.random.Generator, bound: float = 1.0) -> Line:
    """A line that grows from a small ring and folds up to fill a disc of the radius ``bound``.

    ``spacing`` is the distance that it keeps from itself; it stops at ``most`` points.
    """
    count = 24
    turn = np.arange(count) / count
    # The ring's circle is drawn with roots alone: a rational half-circle, mirrored.
    s = 4 * np.where(turn < 0.5, turn, turn - 0.5) - 1
    ring = np.stack([2 * s, 1 - s * s], 1) / (1 + s * s)[:, None] * np.where(turn < 0.5, 1, -1)[:, None]
    points = ring * (0.25 * bound) + 0.01 * bound * (rng.random((count, 2)) - 0.5)
    rest, radius, lengths = spacing / 4, spacing, []
    for _ in range(steps):
        before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
        pull = (before + after) / 2 - points
        push = repulsion(points, radius)
        push_size = np.sqrt((push * push).sum(1, keepdims=True))
        push = push / np.maximum(push_size, 1.0)
        points = points + 0.45 * pull + 0.35 * rest * push * 2
        points = points + 0.04 * rest * (rng.random(points.shape) - 0.5)
        size = np.sqrt((points * points).sum(1, keepdims=True))
        points = points * np.minimum(1, bound / np.maximum(size, 1e-9))
        if len(points) < most:
            # Growth: some edges are cut even while they are short, and their halves then stretch to the rest length.
            edge = np.where(rng.random(len(points)) < 0.05, 0.7 * rest, 1.5 * rest)
            points = split(points, edge)[0]
            lengths.append(np.sqrt(((np.roll(points, -1, 0) - points) ** 2).sum(1)).sum())
    return Line(points, np.array(lengths))


class Frill(NamedTuple):
    """The shape of a sheet that grows at its rim."""

    layers: int
    step: float  # metres that the rim moves out in a layer
    excess: float  # by how much a rim outgrows the room it has, a layer: 0 a cone, 0.03 ruffles
    spread: float  # 0 up … 1 outward: the way it leaves
    edge: float  # metres between points of the rim
    stiff: float = 0.5  # 0 crumpled … 1 smooth


def grow_sheet(frill: Frill, start: np.ndarray, rng: np.random.Generator) -> tuple[Mesh, np.ndarray]:
    """A sheet of triangles swept by a closed rim (n, 3) that grows outward and, as it lengthens faster than the room it
    has, buckles into ruffles; and the rim's length after each layer.

    Attribute layer: 0 at the base … 1 at the rim.
    """
    points = start.copy()
    centre = points.mean(0)
    way = points - centre
    way[:, 2] = 0
    way = unit(unit(way) * frill.spread + [0, 0, 1 - frill.spread])
    vertices, layer, faces = [points], [np.zeros(len(points))], []
    base, lengths = 0, []
    inner = np.sqrt(((points - centre) ** 2).sum(1)).mean()
    goal = np.sqrt(((np.roll(points, -1, 0) - points) ** 2).sum(1))  # what its edges would measure if they were free
    for index in range(1, frill.layers + 1):
        parent = points
        new = points + frill.step * way
        room = inner + index * frill.step * frill.spread
        stretch = room / (room - frill.step * frill.spread) * (1 + frill.excess)
        goal = np.minimum(goal * stretch, 1.5 * np.sqrt(((np.roll(new, -1, 0) - new) ** 2).sum(1)))
        new = new + 0.15 * frill.step * (rng.random(new.shape) - 0.5)
        for _ in range(10):
            before, after = np.roll(new, 1, 0), np.roll(new, -1, 0)
            step = after - new
            length = np.maximum(np.sqrt((step * step).sum(1, keepdims=True)), 1e-9)
            spring = step * ((length - goal[:, None]) / length)
            force = 0.3 * (spring - np.roll(spring, 1, 0))
            # Bending is what sets the width of the ruffles: without it they shrink to single points.
            bend = (before + after) / 2 - new
            force = force + 0.25 * frill.stiff * (bend - (np.roll(bend, 1, 0) + np.roll(bend, -1, 0)) / 2)
            force = force + 0.3 * frill.edge * repulsion(new, 2.5 * frill.edge, 5)
            new = new + force
            out = new - parent
            out = unit(out)
            new = parent + frill.step * out
            new[:, 2] = np.maximum(new[:, 2], 0.3 * frill.step)
        out = unit(new - parent)
        out = unit((np.roll(out, 1, 0) + np.roll(out, -1, 0)) / 2 * 0.5 + 0.5 * out)
        way = unit(0.75 * out + 0.25 * way)
        grown, way, origin = split(new, 1.35 * frill.edge, way)
        way = unit(way)
        first, after = base + np.arange(len(parent)), base + np.roll(np.arange(len(parent)), -1)
        base += len(parent)
        mine = np.flatnonzero(origin >= 0)
        follow = (mine + 1) % len(grown)
        cut = origin[follow] < 0
        shared = goal[np.where(origin >= 0, origin, -1 - origin)]
        halved = origin < 0
        halved[mine[cut]] = True
        goal = np.where(halved, shared / 2, shared)
        new_one, new_two = base + mine, base + np.roll(mine, -1)
        middle = base + follow
        plain = ~cut
        faces += [
            np.stack([first, after, new_two], 1)[plain], np.stack([first, new_two, new_one], 1)[plain],
            np.stack([first, after, middle], 1)[cut], np.stack([first, middle, new_one], 1)[cut],
            np.stack([after, new_two, middle], 1)[cut],
        ]  # fmt: skip
        points = grown
        vertices.append(points)
        layer.append(np.full(len(points), index / frill.layers))
        lengths.append(np.sqrt(((np.roll(points, -1, 0) - points) ** 2).sum(1)).sum())
    ring = np.arange(len(start))  # the foot is closed by a fan
    faces.append(np.stack([np.full(len(start), base + len(points)), np.roll(ring, -1), ring], 1))
    vertices.append(centre[None])
    layer.append(np.zeros(1))
    mesh = Mesh(np.concatenate(vertices), np.concatenate(faces), attributes={"layer": np.concatenate(layer)})
    return mesh, np.array(lengths)
