"""Photos into avatars: the start that shows the visible side best, tuned to the photo, its hidden side held by what it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...core.cameras import Cameras, camera_rays, project
from ...core.data import Person
from ...core.progress import Progress
from ...fields.fit import RaySource
from ...fields.render import Field, render, render_image

STEPS = 80  # in which planes are drawn towards a photo
RATE = 5e-3  # of those
RAYS = 768  # of the photo in a step, and as many of the other sides
HELD = 1.0  # weight of the squared error of the other sides, where the photo does not show them
NEAR = 0.1  # weight of the planes' squared distance from where they began
AROUND = tuple(
    (float(azimuth), 8.0) for azimuth in range(45, 360, 45)
)  # from the photo's azimuth, and elevation, in degrees
POSES = tuple((float(azimuth), e) for e in (-4.0, 4.0, 12.0) for azimuth in range(-40, 41, 8))  # of photos
OVERSTATED = (
    4 / 3
)  # times the truth: the azimuths by which a mean avatar, which is blurred, fits pictures of people best
POSE_SIZE = 32  # pixels of the pictures by which a photo's pose is found
SAFER = 0.8  # of the mean avatar's error in the picture: what is not that near is no better guess of what is hidden
SIZE = 48  # pixels of the pictures of the sides
BEHIND = 0.1, 0.03  # box units behind what the front shows at which a point is half hidden, and how softly
ALIKE = 0.08  # of sRGB: colours that differ by less change together


@torch.no_grad()
def pose_of(portrait: Tensor, field: Field, cameras: Callable[[Sequence], Cameras]) -> tuple[float, float]:
    """Azimuth and elevation in degrees from which a field looks most like a portrait (3, s, s), whatever their contrast.

    It is the best of POSES, or a third of a step beside it, its azimuth divided by OVERSTATED; ``cameras(angles)`` are the
    dataset's.
    """
    wanted, best = _levelled(F.interpolate(portrait[None], (POSE_SIZE, POSE_SIZE), mode="area")), (0.0, 0.0)
    for steps in (POSES, tuple((across * 8 / 3, up * 8 / 3) for across in (-1, 0, 1) for up in (-1, 0, 1))):
        angles = [(best[0] + across, best[1] + up) for across, up in steps]
        seen = _levelled(render_image(field, cameras(angles), POSE_SIZE, 24, 16))
        best = angles[int((seen - wanted).square().mean((1, 2, 3)).argmin())]
    return best[0] / OVERSTATED, best[1]


def _levelled(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, s, s) of mean 0 and deviation 1 each."""
    about = pictures - pictures.mean((1, 2, 3), keepdim=True)
    return about / about.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-6)


class Sides(NamedTuple):
    """Rays that look at the sides: origins and directions (N, 3), colour (N, 3) that they should show, weight (N,)."""

    origins: Tensor
    directions: Tensor
    colour: Tensor
    weight: Tensor


class Seen(NamedTuple):
    """What rays (N,) see of a start: origins, directions and colour (N, 3), opacity and distance (N,)."""

    origins: Tensor
    directions: Tensor
    colour: Tensor
    opacity: Tensor
    distance: Tensor


def look(field: Field, cameras: Cameras) -> Seen:
    """What all pixels of cameras see of a field of batch 1."""
    origins, directions = (rays.reshape(1, -1, 3) for rays in camera_rays(cameras, SIZE, SIZE))
    parts = zip(origins.split(4096, 1), directions.split(4096, 1), strict=True)
    seen = [render(field, o, d, 24, 24) for o, d in parts]
    colour, opacity, depth = (torch.cat([getattr(x, name)[0] for x in seen]) for name in ("colour", "opacity", "depth"))
    return Seen(origins[0], directions[0], colour, opacity, depth / opacity.clamp(min=1e-3))


def visible(points: Tensor, front: Seen, camera: Cameras) -> Tensor:
    """How far the front, seen by one camera, shows points (N, 3): 1 what lies on what is seen there … 0 what lies behind."""
    places, _ = project(camera, points)
    maps = torch.stack([front.distance * front.opacity, front.opacity]).view(1, 2, SIZE, SIZE)
    there = F.grid_sample(maps, places[:, None] * 2 - 1, padding_mode="border", align_corners=False)[0, :, 0]
    behind, softly = BEHIND
    gap = (points - front.origins[0]).norm(dim=-1) - there[0] / there[1].clamp(min=1e-3)
    return torch.sigmoid((behind - gap) / softly) * there[1]


def carried(colours: Tensor, shown: Tensor, change: Tensor) -> Tensor:
    """How colours (N, 3) change (N, 3) where those that are shown (M, 3) change by (M, 3): as the ones like them do, if any.

    So hair that the photo does not show becomes as dark as hair that it shows, and no seam is left between both. What is like
    nothing that is shown stays: one more pixel, like everything, does not change.
    """
    like = [torch.exp(-torch.cdist(part, shown).square() / (2 * ALIKE**2)) for part in colours.split(2048)]
    return torch.cat([part @ change / (1 + part.sum(1, keepdim=True)) for part in like])


@torch.no_grad()
def sides_of(field: Field, portrait: Tensor, front: Cameras, sides: Cameras) -> Sides:
    """What the sides of a start should show beside a portrait (3, s, s) in [-1, 1] of its front."""
    ahead, around = look(field, front), look(field, sides)
    photo = F.interpolate(portrait[None], (SIZE, SIZE), mode="area")[0].flatten(1).T / 2 + 0.5
    solid = (ahead.opacity > 0.5) & (photo.amin(1) < 0.95)  # both show somebody
    points = around.origins + around.directions * around.distance[:, None]
    weight = 1 - visible(points, ahead, front) * around.opacity
    change = around.colour.new_zeros(around.colour.shape)
    if solid.any():
        change = carried(around.colour, ahead.colour[solid], photo[solid] - ahead.colour[solid])
    colour = (around.colour + change * around.opacity[:, None]).clamp(0, 1)
    return Sides(around.origins, around.directions, colour, weight)


def tuned(make_field, planes: Tensor, portrait: Tensor, front: Cameras, sides: Cameras,
          progress: Progress | None = None) -> Tensor:  # fmt: skip
    """Planes (3, C, R, R) drawn towards a portrait (3, s, s) in [-1, 1] seen by ``front``, while ``sides`` see what they saw.

    ``make_field(planes)`` reads planes by a decoder that stays as it is.
    """
    rgba = torch.cat([(portrait + 1) / 2, torch.ones_like(portrait[:1])])[None].mul(255).to(torch.uint8)
    source, held = RaySource(Person("photo", rgba, front, {}, ())), sides_of(make_field(planes), portrait, front, sides)
    with torch.enable_grad():
        moved = planes.clone().requires_grad_()
        optimiser = torch.optim.Adam([moved], lr=RATE)
        for number in range(STEPS):
            generator = torch.Generator().manual_seed(number)
            rays = source.draw(RAYS, generator)
            pick = torch.randint(len(held.weight), (RAYS,), generator=generator)
            origins = torch.cat([rays.origins, held.origins[pick]])[None]
            directions = torch.cat([rays.directions, held.directions[pick]])[None]
            seen = render(make_field(moved), origins, directions, 24, 24, 1.0, generator).colour[0]
            photo = (seen[:RAYS] - rays.colour).square().mean()
            rest = (held.weight[pick, None] * (seen[RAYS:] - held.colour[pick]).square()).mean()
            loss = photo + HELD * rest + NEAR * (moved - planes).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if progress:
                progress({"stage": "photo", "done": number + 1, "total": STEPS})
    return moved.detach().clamp(-1, 1)
