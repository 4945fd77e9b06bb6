"""Pictures of a Rodin while it is trained: the same few people after every so many steps, beside what they should be."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ...core.cameras import Cameras
from ...core.data import People, composite, frontal
from ...fields.render import render_image
from .refiner import RefinerStep
from .two_sizes import LOOK_SIZE, LOOKS, TwoSizes

SHOWN = 4  # people
STEPS = 10  # of sampling
Pictures = Callable[[int], dict[str, Tensor]]


def previews_of(model: TwoSizes, people: People, low: Tensor, latents: Tensor) -> dict[str, Pictures]:
    """By the name of a stage what draws pictures (3, H, W) in 0…1 of it by name; all draw the first people.

    ``low`` (N, 2, C, r, 3r) are rolled small planes, ``latents`` (N, 2, K, D) what portraits say. The prior makes latents,
    of which there is nothing to see; the refiner's pairs are known to its step (``refined``).
    """
    chosen = latents[:SHOWN, 0, 0]
    true = torch.cat([composite(person.rgba[frontal(person)[:1]]) for person in people.people[:SHOWN]])
    true = F.interpolate(true, (LOOK_SIZE, LOOK_SIZE), mode="area")
    front = model.front(LOOKS[:1])

    def seen(planes: Tensor) -> Tensor:
        cameras = Cameras(*(part.to(planes.device) for part in front))
        return torch.cat([render_image(model.field(one), cameras, LOOK_SIZE, 24, 16) for one in planes])

    def base(number: int) -> dict[str, Tensor]:
        device = model.to(model.base.plane.device).base.plane.device  # a training brings one network there alone
        noise = torch.randn(
            1, *low.shape[2:], generator=torch.Generator(device).manual_seed(model.config.base.seed), device=device
        )
        noise = noise.expand(len(chosen), -1, -1, -1)  # what differs then is what the latents make
        made = model.planes_of(chosen.to(device), noise, model.config.guidance, STEPS)
        return {"people": rows(seen(model.enlarged_plainly(made)), true.to(device))}

    def upsampler(number: int) -> dict[str, Tensor]:
        device = model.to(model.upsampler.plane.device).upsampler.plane.device
        generator = torch.Generator(device).manual_seed(model.config.upsampler.seed)
        small = low[:SHOWN, 0].to(device)
        large = model.enlarged(small, chosen.to(device), generator)
        return {"people": rows(seen(model.enlarged_plainly(small)), seen(large), true.to(device))}

    return {"base": base, "upsampler": upsampler}


def refined(step: RefinerStep) -> Pictures:
    """What draws pictures of a refiner: rendered and enlarged, refined, as it should be."""

    def pictures(number: int) -> dict[str, Tensor]:
        low, high = step.rendered[:SHOWN], step.seen[:SHOWN]
        plain = F.interpolate(low, high.shape[-2:], mode="bicubic", align_corners=False)
        return {"pictures": rows(plain, step.network(low), high)}

    return pictures


def rows(*pictures: Tensor) -> Tensor:
    """Rows of pictures (N, 3, H, W) in [-1, 1] as one picture (3, rows * H, N * W) in 0…1."""
    return torch.cat([torch.cat(list(row), 2) for row in pictures], 1).clamp(-1, 1) / 2 + 0.5
