"""Meshes of open water: seas and lakes as fine as the picture shows them, out to the horizon."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh
from ...geometry.primitives import lattice_faces
from .shore import Surf, foreshore_slope
from .waves import Waves

EARTH = 6.371e6  # metres
BUDGET = 250_000  # faces
COARSE = np.radians(5.0)  # between columns that the picture does not show
PIXELS_A_FACE = 1.3


def view_range(toward, fov: float, aspect: float = 1.0) -> tuple[float, float, float, float]:
    """Middle azimuth, half width, and highest and lowest elevation (rad) of what a view shows.

    ``toward`` (3,) is its direction and ``fov`` rad its widest angle; the whole circle where it sees the nadir or zenith.
    """
    forward = np.asarray(toward, float) / np.linalg.norm(toward)
    middle = float(arctan2(forward[1], forward[0]))
    pitch = float(np.arcsin(np.clip(forward[2], -1, 1)))
    half = fov / 2 * 1.06  # a margin for what displacement carries into the picture
    if abs(pitch) + half * 1.2 >= np.pi / 2:
        return middle, np.pi, min(pitch + half, np.pi / 2), max(pitch - half, -np.pi / 2)
    flat = np.arctan(np.tan(half) / max(np.cos(abs(pitch) + half), 1e-3))
    return middle, float(min(flat, np.pi)), pitch + half, pitch - half


def polar_rest(height: float, wave_height: float, fov: float, pixels: int, toward, far: float, budget: int):
    """Radii (rows,), azimuths (columns,) of a polar grid, about one row and column per pixel that shows it."""
    pixel = fov / pixels * PIXELS_A_FACE
    if toward is None:
        columns = int(np.clip(2 * np.pi / pixel, 64, np.sqrt(budget) * 1.6))
        azimuths, lowest = np.arange(columns) * (2 * np.pi / columns), -np.pi / 2
    else:
        middle, half, _, lowest = view_range(toward, fov)
        inside = int(np.clip(2 * half / pixel, 16, np.sqrt(budget) * 1.8))
        outside = int((2 * np.pi - 2 * half) / COARSE)
        azimuths = middle + np.concatenate([
            np.linspace(-half, half, inside + 1),
            half + (np.arange(1, max(outside, 1))) * (2 * np.pi - 2 * half) / max(outside, 1)])  # fmt: skip
        azimuths = azimuths[: -1 if half >= np.pi else None]
    # Rows lie evenly in the picture: by the angle below the horizon of what stands as tall as the eyes or the waves.
    eye = max(height, 1.5 * wave_height, 0.2)
    nearest = 0.3 * max(height, 0.3)
    reach = np.geomspace(nearest, far, 4000)
    visibility = np.where(arctan2(-max(height, 0.05), reach) > lowest - 0.05, 1.0, 0.06)
    density = visibility * (eye * reach / (reach**2 + eye**2) / pixel + 24)
    total = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.log(reach[1] / reach[0]))])
    rows = int(np.clip(total[-1], 24, max(budget // len(azimuths) - 2, 24)))
    radii = np.interp(np.linspace(0, total[-1], rows), total, reach)
    return radii, azimuths


def water_mesh(
    level: float,
    eyes: np.ndarray,
    fov: float,
    pixels: int,
    waves: Waves | None = None,
    seconds: float = 0.0,
    depth: Callable[[np.ndarray], np.ndarray] | None = None,
    toward=None,
    far: float | None = None,
    budget: int = BUDGET,
) -> Mesh:
    """A sea or lake around the eyes (k, 3), out to the horizon or ``far`` metres.

    ``fov`` rad is the view's widest angle and ``pixels`` are its pixels along it; ``toward`` (3,) its direction, all round
    if None. ``depth`` maps points (n, 2) to the still depth (n,) in metres, negative on land, where no water is built.
    Attributes: depth (metres), foam and shore (0…1), rough (mean square slope that the mesh does not show), rest (n, 3).
    """
    eyes = np.asarray(eyes, float).reshape(-1, 3)
    centre = eyes.mean(0)
    height = abs(centre[2] - level)
    far = float(far or max(np.sqrt(2 * EARTH * max(height, 0.2)), 2000.0))
    radii, azimuths = polar_rest(height, waves.significant_height if waves else 0.0, fov, pixels, toward, far, budget)
    order = np.argsort(azimuths)
    azimuths = azimuths[order]
    turn = np.diff(azimuths, append=azimuths[0] + 2 * np.pi)
    width = np.maximum(turn, np.roll(turn, 1))
    cell = np.maximum(np.gradient(radii)[:, None], radii[:, None] * width[None])
    rest = centre[:2] + radii[:, None, None] * np.stack([np.cos(azimuths), np.sin(azimuths)], -1)
    rest = np.concatenate([centre[None, :2], rest.reshape(-1, 2)])
    cell = np.concatenate([[2 * radii[0]], cell.ravel()])
    columns = len(azimuths)
    ring = np.arange(columns)
    fan = np.stack([np.zeros(columns, int), 1 + ring, 1 + (ring + 1) % columns, np.full(columns, -1)], 1)
    faces = lattice_faces(len(radii), columns, around=True)
    faces = np.concatenate([fan, 1 + faces[:, [0, 3, 2, 1]]])
    return surface_over(rest, faces, cell, level, waves, seconds, depth)


def surface_over(rest, faces, cell, level, waves=None, seconds=0.0, depth=None) -> Mesh:
    """The water's surface on a mesh at rest: points (n, 2), faces (m, 4) and cells (n,) in metres; see ``water_mesh``."""
    count = len(rest)
    still = np.full(count, waves.sea.depth if waves else 50.0) if depth is None else np.asarray(depth(rest), float)
    surf = None
    if depth is not None and waves is not None:
        surf = Surf(waves, foreshore_slope(rest, still, depth, max(waves.significant_height, 0.5)))
    reach = 1.05 * surf.run_up + 0.02 if surf else 0.02
    wet = still > -reach
    real = faces >= 0
    kept = (wet[np.maximum(faces, 0)] & real).any(1)
    used = np.zeros(count, bool)
    used[faces[kept][real[kept]]] = True
    number = np.cumsum(used) - 1
    faces = np.where(real, number[np.maximum(faces, 0)], -1)[kept]
    rest, cell, still = rest[used], cell[used], still[used]

    moved = np.concatenate([rest, np.full((len(rest), 1), float(level))], 1)
    foam, shore, rough = np.zeros(len(rest)), np.zeros(len(rest)), np.full(len(rest), 0.002)
    deep = np.maximum(still, 0.0)
    if waves is not None:
        sums = waves.sums(rest, seconds, cell)
        foam, rough = waves.foam(rest, seconds, cell), waves.left_out(cell)
        if surf:
            beach = surf.at(rest, still, seconds, cell)
            moved = moved + sums.displacement * beach.fade[:, None]
            moved[:, 2] += beach.level
            foam = np.maximum(foam * beach.fade, beach.foam)
            rough = 0.002 + (rough - 0.002) * np.maximum(beach.fade, 0.3)
            shore = np.exp(-beach.depth / max(surf.run_up, 0.05))
        else:
            moved = moved + sums.displacement
        deep = np.maximum(still + moved[:, 2] - level, 0.0)
    elif depth is not None:
        shore = np.exp(-deep / 0.3)
    return Mesh(moved, faces, attributes={
        "depth": deep, "foam": foam, "shore": shore, "rough": rough,
        "rest": np.concatenate([rest, np.full((len(rest), 1), float(level))], 1)})  # fmt: skip


def lake_mesh(
    outline: np.ndarray,
    level: float,
    spacing: float,
    waves: Waves | None = None,
    seconds: float = 0.0,
    depth: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Mesh:
    """A lake or pool within an outline (k, 2), on a square grid of ``spacing`` metres that reaches one cell under its banks.

    Attributes as ``water_mesh``; give ``waves`` a short fetch.
    """
    outline = np.asarray(outline, float)
    low, high = outline.min(0) - spacing, outline.max(0) + spacing
    x, y = (
        np.arange(np.floor(a / spacing), np.ceil(b / spacing) + 1) * spacing for a, b in zip(low, high, strict=True)
    )
    rest = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    faces = lattice_faces(len(y), len(x))
    faces = faces[inside_outline(rest, outline)[faces].any(1)]
    used = np.unique(faces)
    faces = np.searchsorted(used, faces)
    return surface_over(rest[used], faces, np.full(len(used), spacing), level, waves, seconds, depth)


def inside_outline(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Whether points (n, 2) lie inside a closed outline (k, 2): the count of edges to the right is odd."""
    start, end = outline, np.roll(outline, -1, axis=0)
    inside = np.zeros(len(points), bool)
    for a, b in zip(start, end, strict=True):
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        place = a[0] + (points[:, 1] - a[1]) / (b[1] - a[1] if b[1] != a[1] else 1.0) * (b[0] - a[0])
        inside ^= crosses & (points[:, 0] < place)
    return inside
