"""The texels of the head's pictures: which point of the template each one shows, and how long it is there."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...distributions import SpecError
from ..head_data import head_data

SIZES = (1024, 2048, 4096)  # px along an edge
PADDING = 4  # rings of texels beyond the edge of an island, so that filters find skin there
NOTHING = 0.004  # of what a byte can show
LEAST = 0.05  # metres per unit of uv; less is only where a triangle goes on beyond its edge


class Texels(NamedTuple):
    """The n texels that show skin, or lie just beyond its edge; the same for every identity.

    Those beyond an edge continue the nearest triangle, so a field over ``place`` goes on across a seam.
    """

    size: int  # px along an edge
    index: np.ndarray  # (n,) int64, row * size + column, bottom row first
    corners: np.ndarray  # (n, 3) int32, vertices of the template
    weights: np.ndarray  # (n, 3) float32, barycentric; beyond an edge some are negative
    place: np.ndarray  # (n, 3) float32, template coordinates in metres
    metric: np.ndarray  # (n, 3) float32, metres per unit of u along the tangent; of v along it and along the bitangent
    pitch: np.ndarray  # (n,) float32, metres from texel to texel

    def values(self, of_vertices: np.ndarray, at: np.ndarray | slice = slice(None)) -> np.ndarray:
        """A field over the template's vertices (v,) or (v, k) at all or some texels, float32 (n,) or (n, k)."""
        source = np.ascontiguousarray(of_vertices, np.float32)
        corners, weights = self.corners[at], self.weights[at]
        if source.ndim > 1:
            weights = weights[:, :, None]
        result = np.take(source, corners[:, 0], 0) * weights[:, 0]
        for corner in (1, 2):
            result += np.take(source, corners[:, corner], 0) * weights[:, corner]
        return result

    def near(self, of_vertices: np.ndarray) -> np.ndarray:
        """The texels (k,) of triangles where a field (v,) over the vertices is more than next to nothing."""
        a, b, c = (np.take(of_vertices > NOTHING, self.corners[:, corner]) for corner in range(3))
        return np.nonzero(a | b | c)[0]

    def picture(self, values: np.ndarray, background) -> np.ndarray:
        """Bytes (n, 3) as a picture (size, size, 3), bottom row first, with a background where no skin is."""
        pixels = np.full(self.size * self.size, np.array(background, np.uint8).tobytes(), "V3")
        pixels[self.index] = np.ascontiguousarray(values).view("V3")[:, 0]
        return pixels.view(np.uint8).reshape(self.size, self.size, 3)

    def slopes(self, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How a height (n,) in metres rises along tangent and bitangent, metres a metre (n,) each.

        Central differences of fourth order, which keep more of what is but a few texels long than those of second.
        """
        around = np.full((self.size + 4) * self.size, np.nan, np.float32)
        here = self.index + 2 * self.size
        around[here] = height

        def along(step: int) -> np.ndarray:
            near, far = around[here + step] - around[here - step], around[here + 2 * step] - around[here - 2 * step]
            rise = (8 * near - far) * np.float32(self.size / 12)
            # The outermost rings have no neighbours.
            return np.nan_to_num(rise, copy=False, nan=0)

        tangent = along(1) / self.metric[:, 0]
        return tangent, (along(self.size) - self.metric[:, 1] * tangent) / self.metric[:, 2]


def kept_slope(phase: np.ndarray) -> np.ndarray:
    """The share of a wave's slope that Texels.slopes finds; ``phase`` is how far it turns from texel to texel, radians."""
    return (8 * np.sin(phase) - np.sin(2 * phase)) / (6 * phase)


@lru_cache(maxsize=1)  # of 4096 px it takes 300 MB
def texels(size: int) -> Texels:
    """The texels of pictures of ``size`` px along an edge; raises SpecError for a size that is not in SIZES."""
    if size not in SIZES:
        allowed = ", ".join(map(str, SIZES))
        raise SpecError(f"texture: {size!r} px is not a size of skin pictures; allowed are {allowed}")
    data = head_data()
    body = data.face_group == "body"
    triangles, of_uv = (_halves(corners[body]).astype(np.int32) for corners in (data.faces, data.uv_faces))
    uv = data.uv[of_uv] * size - 0.5  # the middle of the first texel is at zero
    planes = _planes(uv)
    shown = _raster(uv, planes, size)
    _pad(shown, size)
    index = np.nonzero(shown >= 0)[0]
    triangle = shown[index]
    weights = _weights(uv, planes, triangle, index, size)
    corners = np.take(triangles, triangle, 0)
    values = np.concatenate([data.template[triangles], _uv_metric(triangles, of_uv)[of_uv]], 2)
    place, metric = np.split(_interpolated(values, triangle, weights), 2, 1)
    metric = np.ascontiguousarray(metric)
    metric[:, [0, 2]] = np.maximum(metric[:, [0, 2]], LEAST)
    pitch = np.sqrt(metric[:, 0] * metric[:, 2]) / size
    return Texels(size, index, corners, weights, np.ascontiguousarray(place), metric, pitch)


def _halves(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _interpolated(of_corners: np.ndarray, triangle: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Values (n, k) from those at the corners of triangles (m, 3, k)."""
    of_corners = of_corners.astype(np.float32)
    result = np.take(of_corners[:, 0], triangle, 0) * weights[:, :1]
    for corner in (1, 2):
        result += np.take(of_corners[:, corner], triangle, 0) * weights[:, corner : corner + 1]
    return result


def _planes(uv: np.ndarray) -> np.ndarray:
    """How the three weights (m, 3, 2) of triangles (m, 3, 2) grow along x and y."""
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    b = np.stack([second[:, 1], -second[:, 0]], 1) / area[:, None]
    c = np.stack([-first[:, 1], first[:, 0]], 1) / area[:, None]
    return np.stack([-b - c, b, c], 1)


def _raster(uv: np.ndarray, planes: np.ndarray, size: int) -> np.ndarray:
    """The triangle (size * size,) that covers the middle of each texel, -1 where none does; by spans along rows."""
    low, high = np.ceil(uv[..., 1].min(1)).astype(int), np.floor(uv[..., 1].max(1)).astype(int)
    triangle, row = _ranges(low, high)
    start, stop = np.full(len(row), -np.inf), np.full(len(row), np.inf)
    for corner in range(3):
        # The weight of a corner is zero along the other two, and one at the corner itself.
        along_x, along_y = planes[triangle, corner].T
        at = 1 + along_y * (row - uv[triangle, corner, 1]) - along_x * uv[triangle, corner, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = -at / along_x
        start = np.where(along_x > 0, np.maximum(start, crossing), start)
        stop = np.where(along_x < 0, np.minimum(stop, crossing), stop)
    span, column = _ranges(np.ceil(start - 1e-6).astype(int), np.floor(stop + 1e-6).astype(int))
    shown = np.full(size * size, -1, np.int32)
    shown[row[span] * size + column] = triangle[span]
    return shown


def _ranges(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All whole numbers of ranges from low to high: the range that each is of, and the number."""
    counts = np.maximum(high - low + 1, 0)
    of = np.repeat(np.arange(len(low)), counts)
    return of, np.arange(len(of)) + np.repeat(low - np.cumsum(counts) + counts, counts)


def _weights(uv, planes, triangle, index, size: int) -> np.ndarray:
    """The barycentric weights (n, 3) float32 of texels in their triangles."""
    result = np.empty((len(index), 3), np.float32)
    right = ((index % size) - np.take(uv[:, 0, 0], triangle)).astype(np.float32)
    up = ((index // size) - np.take(uv[:, 0, 1], triangle)).astype(np.float32)
    slopes = planes.astype(np.float32)
    for corner in (1, 2):
        result[:, corner] = np.take(slopes[:, corner, 0], triangle) * right
        result[:, corner] += np.take(slopes[:, corner, 1], triangle) * up
    result[:, 0] = 1 - result[:, 1] - result[:, 2]
    return result


def _pad(shown: np.ndarray, size: int) -> None:
    """Let the triangles at the edge of an island go on for some texels beyond it."""
    edge = np.nonzero(shown >= 0)[0]
    for _ in range(PADDING):
        new = []
        for step in (1, -1, size, -size):
            beside = edge + step
            free = shown[beside] < 0
            shown[beside[free]] = shown[edge[free]]
            new.append(beside[free])
        edge = np.unique(np.concatenate(new))


def _uv_metric(triangles: np.ndarray, of_uv: np.ndarray) -> np.ndarray:
    """How long a unit of u and v is at each uv vertex (t, 3) on the template, as Texels.metric."""
    data = head_data()
    place, uv = data.template[triangles], data.uv[of_uv]
    edges, flat = place[:, 1:] - place[:, :1], uv[:, 1:] - uv[:, :1]  # (m, 2, 3), (m, 2, 2)
    area = np.abs(np.linalg.det(flat))
    derivatives = np.linalg.solve(flat, edges)  # rows: along u, along v
    total, weight = np.zeros((len(data.uv), 2, 3)), np.zeros(len(data.uv))
    for corner in range(3):
        np.add.at(total, of_uv[:, corner], derivatives * area[:, None, None])
        np.add.at(weight, of_uv[:, corner], area)
    along_u, along_v = (total / np.maximum(weight, 1e-12)[:, None, None]).transpose(1, 0, 2)
    length = np.linalg.norm(along_u, axis=1)
    skew = (along_u * along_v).sum(1) / np.maximum(length, 1e-12)
    height = np.sqrt(np.maximum((along_v**2).sum(1) - skew**2, 0))
    return np.stack([length, skew, height], 1)
