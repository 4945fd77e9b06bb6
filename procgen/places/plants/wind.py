"""How plants give way to the wind: the attributes ``sway`` (metres in a wind of 10 m/s) and ``phase`` (0…1)."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh
from ...geometry.noise import noise
from .growth import Skeleton, path_sums


def branch_sway(skeleton: Skeleton, top: float) -> np.ndarray:
    """How far nodes (n,) give way: nothing at the root, more along every path and the thinner the wood, ``top`` metres at
    the ends that give way most."""
    slender = skeleton.length / (skeleton.radius + 0.04 * skeleton.radius[0]) ** 0.6
    total = path_sums(
        skeleton.parent, slender * np.clip(skeleton.points[:, 2] / np.ptp(skeleton.points[:, 2]), 0.02, 1)
    )
    return top * total / max(float(np.quantile(total, 0.98)), 1e-9)


def place_phase(points: np.ndarray, seed: int, size: float) -> np.ndarray:
    """A phase (n,) 0…1 that runs smoothly over places, ``size`` metres from one gust to the next."""
    return np.clip(0.5 + 0.6 * noise(points / size, seed), 0, 1)


def swaying(mesh: Mesh, top: float, seed: int = 0, power: float = 1.5) -> Mesh:
    """A low plant that bends with its height: ``top`` metres at its own top, nothing on the ground."""
    height = mesh.vertices[:, 2]
    share = np.clip(height / max(float(height.max()), 1e-9), 0, 1) ** power
    phase = place_phase(mesh.vertices, seed, max(float(height.max()), 1e-3))
    return mesh.with_attributes(sway=top * share, phase=phase)
