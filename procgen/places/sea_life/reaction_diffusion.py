"""Reaction and diffusion (Gray and Scott 1984; Pearson 1993) on the vertices of a mesh, with its graph's Laplacian."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh
from .forms import edges_of

# Feed and kill rates of the patterns that reef builders show (after Pearson's map).
PATTERNS = {"maze": (0.029, 0.057), "spots": (0.030, 0.0615), "holes": (0.039, 0.058), "worms": (0.050, 0.0625)}


def neighbour_table(mesh: Mesh) -> np.ndarray:
    """The neighbours (most, n) of each vertex; where one has fewer, itself."""
    edges = edges_of(mesh)
    one, two = np.concatenate([edges[:, 0], edges[:, 1]]), np.concatenate([edges[:, 1], edges[:, 0]])
    order = np.argsort(one, kind="stable")
    one, two = one[order], two[order]
    degree = np.bincount(one, minlength=len(mesh.vertices))
    rank = np.arange(len(one)) - np.repeat(np.cumsum(degree) - degree, degree)
    table = np.tile(np.arange(len(mesh.vertices)), (degree.max(), 1))
    table[rank, one] = two
    return table


def gray_scott(mesh: Mesh, pattern: str, steps: int, scale: float, rng: np.random.Generator) -> np.ndarray:
    """The activator's concentration (n,) float32 in 0…1 after some steps.

    ``scale`` is the inhibitor's diffusion in edge² a step, up to 0.2: the pattern's width grows as its root. Sums are
    written out so that they round alike everywhere.
    """
    feed, kill = (np.float32(rate) for rate in PATTERNS[pattern])
    table = neighbour_table(mesh)
    count = len(mesh.vertices)
    state = np.zeros((count, 2), np.float32)
    seeded = rng.random(count) < 0.015
    for _ in range(2):  # a seed smaller than a few edges would die out
        seeded = seeded | seeded[table].any(0)
    state[:, 0] = np.where(seeded, 0.5, 1.0)
    state[:, 1] = np.where(seeded, 0.25, 0.0)
    state += np.float32(0.01) * rng.random((count, 2), dtype=np.float32)
    valence = np.float32(len(table))
    rate = np.array([scale, scale / 2], np.float32)
    gathered, total = np.empty_like(state), np.empty_like(state)
    for _ in range(steps):
        np.take(state, table[0], axis=0, out=total)
        for row in table[1:]:
            np.take(state, row, axis=0, out=gathered)
            total += gathered
        total -= valence * state
        total *= rate
        u, v = state[:, 0], state[:, 1]
        reaction = u * v * v
        total[:, 0] += feed * (1 - u) - reaction
        total[:, 1] += reaction - (feed + kill) * v
        state += total
    return np.clip(state[:, 1], 0, 1)
