"""What is known of a view before it is made: depth as a code, pictures warped to it, holes, and how far nothing is."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ...core.cameras import Cameras
from ...surfaces.warps import Sheets, Warped, edges_of, sheets_of

TRUSTED = 0.99  # a warped pixel's share of trusted ones from which on its colour is known


class DepthCode(NamedTuple):
    """Depth as normalised inverse depth: 1 at ``near``, -1 at ``far`` and beyond, straight in 1 / depth; all in box units.

    What is beyond ``end`` is nowhere, and stands at ``wall`` while views are warped: it would leave the frame if it stood far.
    """

    near: float
    far: float
    end: float
    wall: float

    def encode(self, depth: Tensor) -> Tensor:
        """Codes in [-1, 1] of depths; 0, infinity and NaN are nowhere, which is far."""
        there = torch.isfinite(depth) & (depth > 0)
        inverse = 1 / torch.where(there, depth, self.far).clamp(self.near, self.far)
        return (inverse - 1 / self.far) / (1 / self.near - 1 / self.far) * 2 - 1

    def decode(self, code: Tensor) -> Tensor:
        """Depths in near…far of codes."""
        return 1 / ((code.clamp(-1, 1) + 1) / 2 * (1 / self.near - 1 / self.far) + 1 / self.far)

    def placed(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Depths of codes as views are warped by them, and where nothing is."""
        depth = self.decode(code)
        nothing = depth > self.end
        return torch.where(nothing, self.wall, depth), nothing


def sheets(rgbd: Tensor, cameras: Cameras, code: DepthCode, eroded: bool) -> Sheets:
    """Views (V, 4, H, W) as meshes, with colours, whether nothing is there, and whether a colour is trusted: not at surfaces' edges
    if ``eroded``."""
    depth, nothing = code.placed(rgbd[:, 3])
    edges = torch.stack([edges_of(one) for one in depth]) if eroded else torch.zeros_like(nothing)
    values = torch.cat([rgbd[:, :3], nothing[:, None].to(rgbd), (~edges)[:, None].to(rgbd)], 1)
    return sheets_of(values, depth, cameras)


def aggregated(rgbd: Tensor, cameras: Cameras, code: DepthCode, to: Cameras) -> Warped:
    """All views (V, 4, H, W) as meshes of one world, as another camera sees them: colours, nothing and trust (5, H, W)."""
    return sheets(rgbd, cameras, code, True).seen(to, *rgbd.shape[2:], both=False)


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

    ``warped`` has colours, nothing and trust.
    """
    depth_known = warped.mask
    colour_known = depth_known & (warped.picture[4] > TRUSTED)
    colours = torch.where(colour_known, warped.picture[:3], noise[:3])
    codes = torch.where(warped.picture[3] > 0.5, -1.0, code.encode(warped.depth))
    codes = torch.where(depth_known, codes, noise[3])
    return torch.cat([colours, codes[None], colour_known[None].to(colours), depth_known[None].to(colours)])


def there_and_back(rgbd: Tensor, camera: Cameras, code: DepthCode, to: Cameras, eroded: bool) -> Warped:
    """What is left of one view (4, H, W) that is warped to another camera and back; as ``told`` takes it."""
    height, width = rgbd.shape[1:]
    gone = sheets(rgbd[None], camera, code, eroded).seen(to, height, width, both=False)
    return sheets_of(gone.picture[None], gone.depth[None], to).seen(camera, height, width, both=False)
