"""Colours of an avatar's surface: one per point, or a texture in which every triangle has texels of its own."""

from __future__ import annotations

import numpy as np

from .decode import field
from .format import Avatar, AvatarError

PAD = 2  # px between a triangle's legs and its cell's border
CELL = 10  # px along the edge of a cell, which holds two triangles
WIDEST = 16384  # px; what graphics cards take


def point_colours(avatar: Avatar, points: np.ndarray) -> np.ndarray:
    """The field's colour at points (n, 3) in metres: float32 (n, 3), sRGB in 0..1."""
    return field(avatar, points)[1]


def bake_texture(avatar: Avatar, points: np.ndarray, triangles: np.ndarray, cell: int = CELL):
    """A texture for points (n, 3) in metres and triangles (m, 3), each pair of triangles in a square of ``cell`` px.

    Gives uv float32 (3 m, 2), one per corner with v up, and the image float32 (h, w, 3), sRGB in 0..1, its first row at
    the bottom as Blender has it. A lookup with bilinear filtering reads texels of its own triangle only: the two of a
    cell end 2 px apart along the diagonal, and texels past an edge hold the field on the triangle's plane. Raises
    AvatarError where the image would be too wide.
    """
    count = len(triangles)
    cells = max((count + 1) // 2, 1)
    across = int(np.ceil(np.sqrt(cells)))
    rows = -(-cells // across)
    if cell < 2 * PAD + 4 or across * cell > WIDEST:
        raise AvatarError(
            f"texture: {count} triangles in cells of {cell} px are {across * cell} px wide; allowed are cells from {2 * PAD + 4} px "
            f"and {WIDEST} px in all"
        )
    corners = points[triangles].astype(np.float64)
    # The right angle of the cell goes to the corner with the widest angle: it faces the longest edge.
    facing = np.linalg.norm(corners[:, [1, 2, 0]] - corners[:, [2, 0, 1]], axis=2)
    order = (facing.argmax(1)[:, None] + np.arange(3)) % 3
    corners = np.take_along_axis(corners, order[:, :, None], 1)
    leg = cell - 2 - 2 * PAD
    placed = np.array([[PAD, PAD], [PAD + leg, PAD], [PAD, PAD + leg]], np.float64)
    number = np.arange(count)
    home = np.stack([number // 2 % across, number // 2 // across], 1) * float(cell)
    turned = (number % 2 == 1)[:, None, None]
    spots = np.where(turned, cell - placed, placed) + home[:, None]
    uv = np.empty((count, 3, 2))
    np.put_along_axis(uv, order[:, :, None], spots / (across * cell, rows * cell), 1)
    image = np.empty((rows * cell, across * cell, 3), np.float32)
    image[:] = avatar.meta.background
    own = np.argwhere(np.add.outer(np.arange(cell), np.arange(cell)) <= cell - 2)
    near = own[(own >= PAD - 1).all(1)]  # the texels that a lookup inside the triangle can touch
    weight = (near[:, ::-1] + 0.5 - PAD) / leg  # along the two legs, for (row, column)
    edges = corners[:, 1:] - corners[:, :1]
    for start in range(0, count, 1 << 15):
        some = slice(start, start + (1 << 15))
        places = corners[some, None, 0] + np.einsum("ka,nad->nkd", weight, edges[some])
        colour = field(avatar, places.reshape(-1, 3))[1].reshape(len(places), len(near), 3)
        odd = (number[some] % 2 == 1)[:, None, None]
        texel = np.where(odd, cell - 1 - near, near) + home[some, None, ::-1].astype(np.intp)
        image[texel[..., 0], texel[..., 1]] = colour
    return uv.reshape(-1, 2).astype(np.float32), image
