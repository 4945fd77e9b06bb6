"""Cameras as tensors: OpenCV axes, intrinsics normalised by the picture's size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

POSE = 25  # numbers of a camera as a condition: c2w, then intrinsics


class Cameras(NamedTuple):
    """V cameras: intrinsics (V, 3, 3) in shares of width and height, c2w (V, 4, 4); x right, y down, z forward."""

    intrinsics: Tensor
    c2w: Tensor

    def pick(self, index) -> Cameras:
        """The cameras at an index, a slice or a tensor of indices."""
        return Cameras(self.intrinsics[index], self.c2w[index])


def pixel_rays(cameras: Cameras, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Origins and unit directions (V, N, 3) of the rays through pixels (V, N, 2) or (N, 2), in shares of the picture."""
    pixels = pixels.expand(len(cameras.c2w), -1, -1)
    ones = torch.ones_like(pixels[..., :1])
    local = torch.cat([pixels, ones], -1) @ torch.linalg.inv(cameras.intrinsics).transpose(1, 2)
    directions = torch.nn.functional.normalize(local @ cameras.c2w[:, :3, :3].transpose(1, 2), dim=-1)
    return cameras.c2w[:, None, :3, 3].expand_as(directions), directions


def pixel_grid(height: int, width: int) -> Tensor:
    """The centres (height * width, 2) of all pixels, x then y in shares of the picture, row by row."""
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2)


def camera_rays(cameras: Cameras, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Origins and unit directions (V, height * width, 3) of the rays through all pixels' centres, row by row."""
    return pixel_rays(cameras, pixel_grid(height, width).to(cameras.c2w.device))


def project(cameras: Cameras, points: Tensor) -> tuple[Tensor, Tensor]:
    """Points (N, 3) or (V, N, 3) as shares of the picture (V, N, 2) and depth along the optical axis (V, N)."""
    local = (points - cameras.c2w[:, None, :3, 3]) @ cameras.c2w[:, :3, :3]
    image = local @ cameras.intrinsics.transpose(1, 2)
    return image[..., :2] / image[..., 2:], local[..., 2]


def look_at(positions: Tensor, target: Tensor) -> Tensor:
    """Camera-to-world matrices (V, 4, 4) at positions (V, 3) that look at a target (3,), upright with z up."""
    forward = torch.nn.functional.normalize(target - positions, dim=-1)
    up = torch.tensor([0.0, 0.0, 1.0]).expand_as(forward)
    right = torch.nn.functional.normalize(torch.cross(forward, up, dim=-1), dim=-1)
    down = torch.cross(forward, right, dim=-1)
    c2w = torch.eye(4).repeat(len(positions), 1, 1)
    c2w[:, :3] = torch.stack([right, down, forward, positions], -1)
    return c2w


def orbit(
    azimuths: Tensor, elevations: Tensor, distance: float, field_of_view: float, target=(0.0, 0.0, 0.0)
) -> Cameras:
    """Cameras around a target at angles (V,) in degrees: azimuth 0 faces the person, positive to the person's left."""
    a, e = torch.deg2rad(azimuths.float()), torch.deg2rad(elevations.float())
    away = torch.stack([e.cos() * a.sin(), -e.cos() * a.cos(), e.sin()], -1)
    target = torch.tensor(target, dtype=torch.float32)
    focal = 0.5 / torch.tan(torch.deg2rad(torch.tensor(field_of_view / 2)))
    intrinsics = torch.tensor([[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 1.0]])
    intrinsics[0, 0] = intrinsics[1, 1] = focal
    return Cameras(intrinsics.repeat(len(a), 1, 1), look_at(target + distance * away, target))


def turned_around(cameras: Cameras, yaw: Tensor, pitch: Tensor) -> Cameras:
    """Cameras moved around the origin by yaw (V,) about the z axis, then by pitch (V,) upwards about their own x axis, in radians."""
    yaw, pitch = yaw.to(cameras.c2w), pitch.to(cameras.c2w)
    c2w = _rotations(torch.tensor([0.0, 0.0, 1.0]).to(cameras.c2w).expand(len(yaw), 3), yaw) @ cameras.c2w
    return Cameras(cameras.intrinsics.expand(len(c2w), 3, 3), _rotations(c2w[:, :3, 0], -pitch) @ c2w)


def _rotations(axes: Tensor, angles: Tensor) -> Tensor:
    """Matrices (V, 4, 4) that turn by angles (V,) in radians about unit axes (V, 3) through the origin (Rodrigues)."""
    x, y, z = axes.unbind(-1)
    none = torch.zeros_like(x)
    cross = torch.stack([none, -z, y, z, none, -x, -y, x, none], -1).view(-1, 3, 3)
    sine, cosine = angles.sin()[:, None, None], angles.cos()[:, None, None]
    found = torch.eye(4).to(axes).repeat(len(axes), 1, 1)
    found[:, :3, :3] += sine * cross + (1 - cosine) * (cross @ cross)
    return found


def from_record(frames: list[dict]) -> Cameras:
    """The cameras of a sample's camera.json frames, in metres."""
    intrinsics = torch.tensor([frame["K"] for frame in frames], dtype=torch.float64)
    size = torch.tensor([[frame["width"], frame["height"], 1] for frame in frames], dtype=torch.float64)
    c2w = torch.tensor([frame["cam2world"] for frame in frames], dtype=torch.float64)
    return Cameras((intrinsics / size[:, :, None]).float(), c2w.float())


def into_box(cameras: Cameras, centre: Tensor, half: float) -> Cameras:
    """The cameras in a world moved and scaled so that a cube of half side ``half`` around ``centre`` is [-1, 1]^3."""
    c2w = cameras.c2w.clone()
    c2w[:, :3, 3] = (c2w[:, :3, 3] - centre) / half
    return Cameras(cameras.intrinsics, c2w)


def viewed_point(cameras: Cameras) -> Tensor:
    """The point (3,) nearest to all optical axes in least squares; what an orbit's cameras look at."""
    axes, origins = cameras.c2w[:, :3, 2].double(), cameras.c2w[:, :3, 3].double()
    across = torch.eye(3, dtype=torch.float64) - axes[:, :, None] * axes[:, None]
    return torch.linalg.lstsq(across.sum(0), (across @ origins[:, :, None]).sum(0)).solution[:, 0].float()


def azimuth_elevation(cameras: Cameras) -> tuple[Tensor, Tensor]:
    """Angles (V,) in degrees of cameras around the origin, as ``orbit`` takes them."""
    x, y, z = cameras.c2w[:, :3, 3].unbind(-1)
    return torch.rad2deg(torch.atan2(x, -y)), torch.rad2deg(torch.atan2(z, torch.hypot(x, y)))


def pose_vectors(cameras: Cameras) -> Tensor:
    """Cameras as vectors (V, 25): c2w row by row, then the normalised intrinsics."""
    return torch.cat([cameras.c2w.flatten(1), cameras.intrinsics.flatten(1)], 1)
