"""The mesh of the ground for given cameras: faces of about equal size on their screens."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh
from .ground import Ground
from .quadtree import count_faces, split_cells, triangulated

OFFSCREEN = 8.0  # how much coarser the ground is where no camera looks: it only casts shadows and light
HIDDEN = 4.0  # and behind hills
GRAZING = 0.1  # the least share of a face's area that counts as seen: crests stay fine
MARGIN = 1.12  # of the field of view
AZIMUTHS, RINGS = 512, 160  # of the search for the horizon


def view_mesh(
    ground: Ground,
    eyes: np.ndarray,
    forwards: np.ndarray,
    fov: float,
    pixels: tuple[int, int],
    budget: int = 600_000,
    far: float | None = None,
    finest: float = 1.0,
) -> Mesh:
    """The ground for cameras at ``eyes`` (k, 3) m that look along ``forwards`` (k, 3), of a horizontal field of view (rad).

    Faces are about ``finest`` pixels across on the screen of the nearest camera, more if there would be over ``budget``;
    eight times as large where no camera looks. It reaches ``far`` metres from the cameras, three times the ground's size
    without it. Attributes: every mask, and ``cell``, the sampling distance (m) of each vertex. A restricted quadtree
    (Von Herzen & Barr 1987) in place of a screen-space grid: sampled where the ground is, not where a row happens to hit.
    """
    eyes, forwards = np.atleast_2d(np.asarray(eyes, float)), np.atleast_2d(np.asarray(forwards, float))
    forwards = forwards / np.linalg.norm(forwards, axis=1, keepdims=True)
    centre = eyes[:, :2].mean(0)
    size = 2 * (3 * ground.size if far is None else far)
    pixel = 2 * np.tan(fov / 2) / pixels[0]
    vertical = np.arctan(np.tan(fov / 2) * pixels[1] / pixels[0])
    cone = np.arctan(np.hypot(np.tan(fov / 2), np.tan(vertical))) * MARGIN
    horizons = [_horizon(ground, eye, size / 2) for eye in eyes]

    def excess_at(scale):
        return lambda places, edge: (
            _excess(ground, eyes, forwards, cone, horizons, places + centre, edge) / (pixel * scale)
        )

    # Faces go with the inverse square of their size: a coarse count tells what fits, and the count of that corrects it.
    scale, limit = finest, max(budget // 16, 2000)
    while True:
        levels = split_cells(size, excess_at(scale), 8 * limit)
        faces = count_faces(levels) if sum(map(len, levels)) * 3 < 7 * limit else 4 * limit * 4
        if faces <= limit:
            break
        scale *= max(np.sqrt(faces / limit) * 1.05, 1.1)
    if scale > finest:
        scale, best = max(scale * np.sqrt(faces / (0.93 * budget)), finest), None
        for _ in range(6):
            levels = split_cells(size, excess_at(scale), 2 * budget)
            faces = count_faces(levels)
            if faces <= budget:
                best = levels
                if scale <= finest or faces > 0.8 * budget:
                    break
            elif best is not None:
                break
            scale = max(scale * np.sqrt(faces / (0.93 * budget)) * (1.02 if faces > budget else 1.0), finest)
        levels = best if best is not None else split_cells(size, excess_at(2 * scale), budget)
    places, corners, cell = triangulated(levels, size)
    places = places + centre
    height, masks = ground.sample(places, cell)
    return Mesh(np.column_stack([places, height]), corners, attributes={**masks, "cell": cell})


def _excess(ground: Ground, eyes, forwards, cone: float, horizons, places, edge: float) -> np.ndarray:
    """The angle (n,) that square cells take up for the camera that sees them largest: the root of the solid angle."""
    result = np.zeros(len(places))
    for start in range(0, len(places), 1 << 17):
        part = places[start : start + (1 << 17)]
        step = max(edge, ground.grid.step) / 2
        height = ground.rough_height(part)
        gx = (ground.rough_height(part + (step, 0)) - ground.rough_height(part - (step, 0))) / (2 * step)
        gy = (ground.rough_height(part + (0, step)) - ground.rough_height(part - (0, step))) / (2 * step)
        stretch = np.sqrt(1 + gx * gx + gy * gy)
        radius = edge * 0.7071 * stretch
        largest = np.zeros(len(part))
        for eye, forward, horizon in zip(eyes, forwards, horizons, strict=True):
            way = np.column_stack([part, height]) - eye
            distance = np.sqrt((way * way).sum(1))
            near = np.maximum(distance - radius, 0.25 * edge)
            facing = np.abs(way[:, 2] - way[:, 0] * gx - way[:, 1] * gy) / np.maximum(distance * stretch, 1e-9)
            angle = edge * np.sqrt(stretch * np.clip(facing, GRAZING, 1)) / np.maximum(near, 0.3)
            # Outside the cone: farther from its axis than its half angle and the cell's own.
            along = np.arccos(np.clip(way @ forward / np.maximum(distance, 1e-9), -1, 1))
            own = np.arcsin(np.clip(radius / np.maximum(distance, 1e-9), 0, 1))
            aside = (along - own > cone) & (distance > radius)
            hidden = _hidden(horizon, way, distance, radius)
            largest = np.maximum(largest, angle / np.where(aside, OFFSCREEN, np.where(hidden, HIDDEN, 1.0)))
        result[start : start + len(part)] = largest
    return result


def _horizon(ground: Ground, eye, far: float):
    """The highest slope (AZIMUTHS, RINGS) seen up to each ring's radius, and the radii."""
    radii = np.geomspace(max(0.5, 0.25 * ground.grid.step), far, RINGS)
    turn = (np.arange(AZIMUTHS) + 0.5) * (2 * np.pi / AZIMUTHS)
    places = eye[:2] + radii[None, :, None] * np.stack([np.cos(turn), np.sin(turn)], -1)[:, None]
    slope = (ground.rough_height(places.reshape(-1, 2)).reshape(AZIMUTHS, RINGS) - eye[2]) / radii
    # The lower of neighbouring directions, so that nothing is called hidden that shows beside a crest.
    slope = np.minimum(slope, np.minimum(np.roll(slope, 1, 0), np.roll(slope, -1, 0)))
    return np.maximum.accumulate(slope, 1), radii


def _hidden(horizon, way, distance, radius) -> np.ndarray:
    """Which cells (n,) lie wholly below what is nearer."""
    slopes, radii = horizon
    flat = np.hypot(way[:, 0], way[:, 1])
    turn = np.floor(arctan2(way[:, 1], way[:, 0]) / (2 * np.pi) * AZIMUTHS).astype(np.int64) % AZIMUTHS
    ring = np.searchsorted(radii, flat - radius) - 2
    wide = radius > flat * (2 * np.pi / AZIMUTHS) * 4  # a large cell may show beside what hides its middle
    top = (way[:, 2] + radius) / np.maximum(flat, 1e-9)
    return (ring >= 0) & ~wide & (top < slopes[turn, np.maximum(ring, 0)] - 0.003)
