"""Textures of meshes: charts by xatlas, a field's colours at every texel that a lookup can touch, margins filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .mesh import Mesh

PADDING = 4  # px between two charts
REACH = 1.5  # px past a triangle's edge up to which its plane is asked for colours: what bilinear lookups touch
BAND = 1 << 22  # texels that are tried against triangles at a time


def textured(mesh: Mesh, colours: Callable[[np.ndarray], np.ndarray], size: int) -> Mesh:
    """The mesh with charts and a texture (size, size) of ``colours(points (n, 3) in box units)``, sRGB in 0…1.

    Vertices along the charts' seams are there once for each chart.
    """
    import xatlas

    # In units of a mean edge: what is small for xatlas is an absolute area.
    ends = mesh.vertices[mesh.faces[:, :2]]
    unit = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).mean() / 10
    atlas = xatlas.Atlas()
    atlas.add_mesh(mesh.vertices / unit, mesh.faces.astype(np.uint32), mesh.normals)
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding, packing.bilinear = size, PADDING, True
    packing.max_chart_size = size
    atlas.generate(pack_options=packing)
    origin, faces, uv = atlas[0]
    faces = faces.astype(np.int32)
    image = bake(mesh.vertices[origin], faces, uv, colours, size)
    return replace(mesh, vertices=mesh.vertices[origin], faces=faces, normals=mesh.normals[origin],
                   uv=uv.astype(np.float32), texture=image)  # fmt: skip


def bake(vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray, colours, size: int) -> np.ndarray:
    """A texture uint8 (size, size, 3), its first row the top: ``colours`` at the texels' places on the triangles.

    Texels up to ``REACH`` px outside a triangle are taken on its plane, so that a bilinear lookup inside it reads
    nothing else; all others repeat the nearest one, so that smaller versions of the picture have no dark seams.
    """
    from scipy.ndimage import distance_transform_edt

    owner, weights = _cover(uv[faces] * size, size)
    filled = np.flatnonzero(owner >= 0)
    corners = vertices[faces[owner[filled]]].astype(np.float64)
    places = np.einsum("nk,nkd->nd", weights[filled], corners).astype(np.float32)
    image = np.zeros((size * size, 3), np.float32)
    image[filled] = colours(places)
    empty = (owner < 0).reshape(size, size)
    row, column = distance_transform_edt(empty, return_distances=False, return_indices=True)
    image = image.reshape(size, size, 3)[row, column]
    return (image.clip(0, 1) * 255).round().astype(np.uint8)[::-1].copy()


def _cover(corners: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The triangle nearest to each texel's centre (size * size,), -1 past ``REACH``, and the barycentric weights there.

    Corners (m, 3, 2) are in px, x then y; texels go row by row from y = 0.
    """
    owner, weights = np.full(size * size, -1, np.int64), np.zeros((size * size, 3))
    nearest = np.full(size * size, REACH)
    corners = corners.astype(np.float64)
    edges = np.roll(corners, -1, 1) - corners  # from corner k to k + 1
    area = edges[:, 0, 0] * -edges[:, 2, 1] + edges[:, 0, 1] * edges[:, 2, 0]  # twice, signed
    length = np.linalg.norm(edges, axis=2)
    low = np.clip(np.floor(corners.min(1) - REACH - 0.5), 0, size - 1).astype(np.int64)
    high = np.clip(np.ceil(corners.max(1) + REACH - 0.5), 0, size - 1).astype(np.int64)
    extent = high - low + 1
    extent[np.abs(area) < 1e-9] = 0  # a triangle without area has no plane
    ends = np.cumsum(extent.prod(1))
    for first, last in _bands(ends):
        number = np.repeat(np.arange(first, last), extent[first:last].prod(1))
        at = np.arange(len(number)) - np.repeat(
            ends[first:last] - extent[first:last].prod(1), extent[first:last].prod(1)
        )
        at += ends[first - 1] if first else 0
        column, row = low[number, 0] + at % extent[number, 0], low[number, 1] + at // extent[number, 0]
        away = np.stack([column, row], 1)[:, None] + 0.5 - corners[number]
        # Towards the inside of each edge, in px; the weight of the corner that faces it is that over its height.
        across = edges[number, :, 0] * away[:, :, 1] - edges[number, :, 1] * away[:, :, 0]
        across *= np.sign(area[number])[:, None]
        outside = np.maximum(-(across / np.maximum(length[number], 1e-12)).min(1), 0)
        texel = row * size + column
        order = np.lexsort((number, outside, texel))
        order = order[np.concatenate([[True], np.diff(texel[order]) > 0])] if len(order) else order
        order = order[outside[order] < nearest[texel[order]]]
        chosen = texel[order]
        nearest[chosen], owner[chosen] = outside[order], number[order]
        weights[chosen] = np.roll(across[order] / np.abs(area[number[order]])[:, None], -1, 1)
    return owner, weights


def _bands(ends: np.ndarray):
    """Runs of triangles with about ``BAND`` texels to try."""
    first = 0
    while first < len(ends):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + BAND, "right")), first + 1)
        yield first, last
        first = last
