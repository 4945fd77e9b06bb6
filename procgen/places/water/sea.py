"""A patch of sea as a thing: the waves of a moment on a square."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.primitives import lattice_faces
from .surface import surface_over
from .waves import Sea, Waves, sample_sea

__all__ = ["Sea", "build_sea", "sample_sea"]

CELLS = 320  # along an edge at full detail


def build_sea(spec: Sea, detail: float = 1.0, seconds: float = 0.0, size: float = 48.0) -> Asset:
    """A square of sea ``size`` metres wide about the origin, its mean level at z = 0; see ``water_mesh`` for whole views."""
    cells = max(round(CELLS * float(np.sqrt(detail))), 8)
    line = np.linspace(-size / 2, size / 2, cells + 1)
    rest = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    faces = lattice_faces(cells + 1, cells + 1)
    mesh = surface_over(rest, faces, np.full(len(rest), size / cells), 0.0, Waves(spec), seconds)
    return Asset("sea", mesh, (Surface("water", spec.seed),))
