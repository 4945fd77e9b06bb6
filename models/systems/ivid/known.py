"""What is known of a view before it is made: depth as a code, pictures warped to it, holes, and how far nothing is."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.cameras import Cameras
from ...surfaces.warps import Warped, edges_of, sheets_of

TRUSTED = 0.99  # a warped pixel's share of trusted ones from which on its colour is known


class DepthCode(NamedTuple):
    """Depth as normalised inverse depth: 1 at ``near``, -1 at ``far`` and beyond, straight in 1 / depth; both in box units."""

    near: float
    far: float

    def encode(self, depth: Tensor) -> Tensor:
        """Codes in [-1, 1] of depths; 0, infinity and NaN are nowhere, which is far."""
        there = torch.isfinite(depth) & (depth > 0)
        inverse = 1 / torch.where(there, depth, self.far).clamp(self.near, self.far)
        return (inverse - 1 / self.far) / (1 / self.near - 1 / self.far) * 2 - 1

    def decode(self, code: Tensor) -> Tensor:
        """Depths in near…far of codes."""
        return 1 / ((code.clamp(-1, 1) + 1) / 2 * (1 / self.near - 1 / self.far) + 1 / self.far)


def trusting(rgbd: Tensor, depth: Tensor, eroded: bool) -> Tensor:
    """Pictures (V, 5, H, W) of colours and code (V, 4, H, W) and whether a colour is trusted: not at surfaces' edges if ``eroded``."""
    edges = torch.stack([edges_of(one) for one in depth]) if eroded else torch.zeros_like(depth, dtype=torch.bool)
    return torch.cat([rgbd, (~edges)[:, None].to(rgbd)], 1)


def aggregated(rgbd: Tensor, cameras: Cameras, code: DepthCode, to: Cameras) -> Warped:
    """All views (V, 4, H, W) as meshes of one world, as another camera sees them: colours, code and trust (5, H, W)."""
    depth = code.decode(rgbd[:, 3])
    return sheets_of(trusting(rgbd, depth, True), depth, cameras).seen(to, *depth.shape[1:])


def seen_through(rgbd: Tensor, cameras: Cameras, code: DepthCode, to: Cameras) -> Tensor:
    """The depth (H, W) up to which the views (V, 4, H, W) saw that nothing is: what they hide lies behind; 0 where none tells.

    A view's mesh that is not cut where depth jumps is what bounds its free space: its rays end there.
    """
    bound = torch.zeros_like(rgbd[0, 3])
    for view, depth in enumerate(code.decode(rgbd[:, 3])):
        whole = sheets_of(rgbd[view : view + 1, 3:], depth[None], cameras.pick([view]), torch.inf)
        bound = torch.maximum(bound, whole.seen(to, *depth.shape).depth)
    return bound


def told(warped: Warped, code: DepthCode, noise: Tensor) -> Tensor:
    """What completion is told of a view (6, H, W): colours and code with ``noise`` (4, H, W) in their holes, and the mask of each.

    ``warped`` has colours, code and trust, of which the code is that of the depth it has from here.
    """
    depth_known = warped.mask
    colour_known = depth_known & (warped.picture[4] > TRUSTED)
    colours = torch.where(colour_known, warped.picture[:3], noise[:3])
    codes = torch.where(depth_known, code.encode(warped.depth), noise[3])
    return torch.cat([colours, codes[None], colour_known[None].to(colours), depth_known[None].to(colours)])


def there_and_back(rgbd: Tensor, camera: Cameras, code: DepthCode, to: Cameras, eroded: bool) -> Warped:
    """What is left of one view (4, H, W) that is warped to another camera and back; as ``told`` takes it."""
    depth = code.decode(rgbd[3])
    height, width = depth.shape
    gone = sheets_of(trusting(rgbd[None], depth[None], eroded), depth[None], camera).seen(to, height, width)
    return sheets_of(gone.picture[None], gone.depth[None], to).seen(camera, height, width)
