"""Marks of skin: freckles, moles, spots of age and blemishes, strewn over the head and drawn into its texels."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ..head_data import head_data
from .texels import Texels


class Marks(NamedTuple):
    """How a kind of mark is strewn: as where balls around points in space meet the skin."""

    cells: float  # points a metre, along an edge
    largest: float  # radius of a ball, in distances of points
    core: float  # share of the radius within which a mark is full


FRECKLES = (Marks(330, 0.42, 0.35), Marks(190, 0.42, 0.35))
BEADS = Marks(420, 0.40, 0.0)  # of sweat
MOLES, SPOTS, BLEMISHES = Marks(42, 0.075, 0.6), Marks(85, 0.36, 0.5), Marks(62, 0.14, 0.0)


def strewn(
    marks: Marks, share: float, texels: Texels, slot: np.ndarray, rng: Generator, zone: np.ndarray | None = None
) -> np.ndarray:
    """How full a mark is 0…1 at each texel (n,); a share of the points has one.

    ``slot`` is of ``slots``; ``zone`` (v,) over the template's vertices says where there are none (zero). Marks that
    would cross a seam are left out; those smaller than a texel are as much paler as they are drawn larger.
    """
    result = np.zeros(len(texels.index) + 1, np.float32)  # the last is for places beside the skin
    column, row, metric = _points(marks, share, texels.size, rng, zone)
    # Where a plane cuts balls, large ones are met more often, at any distance from their middle.
    radius = marks.largest / marks.cells * np.sqrt(rng.random(len(row)))
    off = radius * rng.random(len(row))
    texel = np.sqrt(metric[:, 0] * metric[:, 2]) / texels.size
    outer = np.maximum(np.hypot(radius, 0.75 * texel), 1e-9)
    strength = (radius / outer) ** 2
    reach = np.ceil(outer / np.minimum(metric[:, 0], metric[:, 2]) * texels.size).astype(int)
    for half in np.unique(reach):
        chosen = np.nonzero(reach == half)[0]
        step = np.arange(-half, half + 1)
        x = np.round(column[chosen]).astype(int)[:, None, None] + step
        y = np.round(row[chosen]).astype(int)[:, None, None] + step[:, None]
        x, y = np.broadcast_arrays(np.clip(x, 0, texels.size - 1), np.clip(y, 0, texels.size - 1))
        along = (x - column[chosen, None, None]) / texels.size
        upward = (y - row[chosen, None, None]) / texels.size
        a, skew, d = (metric[chosen, k, None, None] for k in range(3))
        away = np.sqrt((a * along + skew * upward) ** 2 + (d * upward) ** 2 + off[chosen, None, None] ** 2)
        full = (outer[chosen, None, None] - away) / ((1 - marks.core) * outer[chosen, None, None])
        full = np.clip(full, 0, 1) * strength[chosen, None, None]
        at = slot[y * texels.size + x]
        whole = (at >= 0).all((1, 2)) | (full * (at < 0) == 0).all((1, 2))
        np.maximum.at(result, at[whole].ravel(), full[whole].ravel().astype(np.float32))
    return result[:-1]


def slots(texels: Texels) -> np.ndarray:
    """The place of each texel (size * size,) of the picture in the list, -1 for those that show no skin."""
    slot = np.full(texels.size * texels.size, -1, np.int32)
    inside = np.nonzero(np.minimum(*texels.weights[:, 1:].T) > -1e-3)[0]
    inside = inside[texels.weights[inside, 0] > -1e-3]
    slot[texels.index[inside]] = inside
    return slot


def _points(marks: Marks, share: float, size: int, rng: Generator, zone: np.ndarray | None):
    """Points strewn evenly over the skin: column and row (k,) in texels, and the metric (k, 3) there."""
    faces, uv, area, of_face = _faces()
    if zone is not None:
        area = area * (zone[faces].max(1) > 0.01)
    count = rng.poisson(area.sum() * share * marks.largest * marks.cells**2)
    of = np.searchsorted(np.cumsum(area) / area.sum(), rng.random(count))
    s, t = rng.random((2, count, 1))
    corners = np.stack([(1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t], 1)
    where = (uv[of] * corners).sum(1) * size - 0.5
    return where[:, 0], where[:, 1], of_face[of]


@cache
def _faces():
    """The faces of the skin: vertices (f, 4), uv (f, 4, 2), area (f,) in m², and metric (f, 3) as Texels.metric."""
    data = head_data()
    body = data.face_group == "body"
    place, uv = data.template[data.faces[body]], data.uv[data.uv_faces[body]]
    edges = np.stack([place[:, 2] - place[:, 0], place[:, 3] - place[:, 1]], 1)
    flat = np.stack([uv[:, 2] - uv[:, 0], uv[:, 3] - uv[:, 1]], 1)
    along_u, along_v = np.linalg.solve(flat, edges).transpose(1, 0, 2)
    length = np.linalg.norm(along_u, axis=1)
    skew = (along_u * along_v).sum(1) / length
    metric = np.stack([length, skew, np.sqrt(np.maximum((along_v**2).sum(1) - skew**2, 1e-12))], 1)
    return data.faces[body], uv, 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1), metric
