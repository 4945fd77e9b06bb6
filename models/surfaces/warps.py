"""Pictures with depth seen by another camera: as a mesh that is cut where the depth jumps (iVID, arXiv 2303.17905)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core.cameras import Cameras
from .rasterise import interpolated, rasterise, slopes
from .splats import splat

JUMP = 0.1  # of the nearer depth: neighbours whose depths differ by more are of two surfaces


class Warped(NamedTuple):
    """A picture (C, H, W) and its depth (H, W) as another camera sees them, 0 where the mask (H, W) says nothing is known."""

    picture: Tensor
    depth: Tensor
    mask: Tensor


def lifted(depth: Tensor, camera: Cameras) -> Tensor:
    """The places (H * W, 3) in the world of all pixels' centres, row by row, of planar depth (H, W) from one camera."""
    slope = slopes(camera, *depth.shape)[0]
    z = depth.reshape(-1, 1)
    return torch.cat([slope * z, z], 1) @ camera.c2w[0, :3, :3].T + camera.c2w[0, :3, 3]


def sheet_of(depth: Tensor, jump: float = JUMP) -> Tensor:
    """Triangles (K, 3) between the pixels of planar depth (H, W), by their number row by row, none across a jump.

    Depth of 0, inf or NaN is nowhere. A square of pixels is halved along the diagonal that leaves more of it.
    """
    height, width = depth.shape
    known = torch.isfinite(depth) & (depth > 0)
    number = torch.arange(height * width, device=depth.device).view(height, width)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    flat, there = depth.flatten(), known.flatten()

    def triangles(*corners: Tensor) -> tuple[Tensor, Tensor]:
        index = torch.stack([corner.flatten() for corner in corners], 1)
        z = flat[index]
        return index, there[index].all(1) & (z.amax(1) <= z.amin(1) * (1 + jump))

    one = [triangles(a, c, b), triangles(b, c, d)]
    other = [triangles(a, c, d), triangles(a, d, b)]
    first = one[0][1].int() + one[1][1].int() >= other[0][1].int() + other[1][1].int()
    halves = [(index, whole & first) for index, whole in one] + [(index, whole & ~first) for index, whole in other]
    return torch.cat([index[whole] for index, whole in halves])


class Sheets(NamedTuple):
    """Pictures with depth as surfaces of one world: points (N, 3) with values (N, C), triangles (K, 3) between them, and the
    numbers (M,) of points between two surfaces, which no triangle has."""

    points: Tensor
    values: Tensor
    faces: Tensor
    alone: Tensor

    def seen(self, to: Cameras, height: int, width: int, both: bool = True) -> Warped:
        """What one camera sees of them, the nearest in front; with the gradients of points and values.

        Without ``both`` triangles are not there from behind, where no picture saw them.
        """
        faces = self.faces
        if not both:
            a, b, c = self.points.detach()[faces].unbind(1)
            faces = faces[(torch.linalg.cross(b - a, c - a) * (to.c2w[0, :3, 3] - a)).sum(1) > 0]
        seen = rasterise(to, self.points, faces, height, width)
        found, far, mask = interpolated(seen, faces, self.values)[0], seen.depth[0], seen.mask[0]
        if len(self.alone):
            points, values = self.points[self.alone], self.values[self.alone]
            dots = splat(to, points, height, width)
            front = dots.depth[0] < torch.where(mask, far, torch.inf)
            z = (points - to.c2w[0, :3, 3]) @ to.c2w[0, :3, 2]
            found = torch.where(front, dots.values(values)[0], found)
            far = torch.where(front, dots.values(z[:, None])[0, 0], far)
            mask = mask | front
        return Warped(found, far, mask)


def sheets_of(pictures: Tensor, depths: Tensor, cameras: Cameras, jump: float = JUMP) -> Sheets:
    """The surfaces of pictures (V, C, H, W) with planar depth (V, H, W) of a camera each, cut where the depth jumps.

    Depth of 0, inf or NaN is nowhere.
    """
    pixels = depths[0].numel()
    there = torch.isfinite(depths) & (depths > 0)
    whole = torch.where(there, depths, 0.0)
    points = torch.cat([lifted(depth, cameras.pick([number])) for number, depth in enumerate(whole)])
    faces = torch.cat([sheet_of(depth, jump) + number * pixels for number, depth in enumerate(depths)])
    alone = there.flatten().index_fill(0, faces.flatten(), False).nonzero()[:, 0]
    return Sheets(points, pictures.flatten(2).transpose(1, 2).flatten(0, 1), faces, alone)


def edges_of(depth: Tensor, jump: float = JUMP) -> Tensor:
    """Where (H, W) a pixel's neighbour, of eight, is of another surface or nowhere: there a picture mixes two colours."""
    near = torch.where(torch.isfinite(depth) & (depth > 0), depth, torch.inf)[None, None]
    far = torch.nn.functional.max_pool2d(near, 3, 1, 1)
    nearest = -torch.nn.functional.max_pool2d(-near, 3, 1, 1)
    return (far > nearest * (1 + jump))[0, 0]


def warped(picture: Tensor, depth: Tensor, camera: Cameras, to: Cameras, jump: float = JUMP) -> Warped:
    """A picture (C, H, W) with planar depth (H, W) of one camera as another one sees it, the nearest in front.

    Depth of 0, inf or NaN is nowhere. To its own camera it is what it was. Pixels between two surfaces, of which no
    triangle is, stay points. The picture and the depth have gradients.
    """
    return sheets_of(picture[None], depth[None], camera, jump).seen(to, *depth.shape)


def there_and_back(picture: Tensor, depth: Tensor, camera: Cameras, to: Cameras, jump: float = JUMP) -> Warped:
    """What is left of a picture (C, H, W) that is warped to another camera and back: holes where that one saw nothing of it.

    So a single picture teaches to fill what a new view uncovers: its target is itself (iVID, arXiv 2303.17905).
    """
    gone = warped(picture, depth, camera, to, jump)
    return warped(gone.picture, gone.depth, to, camera, jump)
