"""Generators of people in a box that cameras see: what they give, their pictures, and their checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..core.cameras import Cameras, camera_rays
from ..core.checkpoint import load_model, read_trained
from ..core.data import People, frontal
from .render import Field, render

Scene = Callable[[Cameras, int], Tensor]  # a camera for each of B people, size -> pictures (B, 3, size, size)


class ViewGenerator(nn.Module):
    """What a generator of people in a box gives: the scene of latents, and from it posed pictures."""

    latent: int  # width of a latent
    masks = False  # whether what is covered is a fourth channel of its pictures, and of real ones

    def scene(self, latents: Tensor) -> Scene:
        """The people of latents (B, L), ready to be seen by cameras."""
        raise NotImplementedError

    def styles(self, latents: Tensor, cameras: Cameras, rng: torch.Generator) -> Tensor:
        """What the latents (B, L) are mapped to (B, S) for training through B cameras; the latents themselves by default."""
        return latents

    def forward(self, styles: Tensor, cameras: Cameras, images: int, rng: torch.Generator) -> Tensor:
        """What a discriminator sees (B, C, H, W) of styles (B, S) through B cameras, after ``images`` real pictures."""
        raise NotImplementedError

    def real(self, pictures: Tensor, images: int) -> Tensor:
        """Real pictures (B, 3 or 4, H, W) in the form that ``forward`` gives its own."""
        return pictures

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Latents (count, L)."""
        return torch.randn(count, self.latent, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_views(
        self, count: int, cameras: Cameras, size: int, generator: torch.Generator, together: int = 8
    ) -> Tensor:
        """Pictures (count, V, 3, size, size) in [-1, 1] of new people, each through all V cameras."""
        people = []
        for latents in self.draw(count, generator).split(together):
            scene = self.scene(latents)
            everyone = (len(latents), -1, -1)
            views = [
                scene(Cameras(k.expand(everyone), c2w.expand(everyone)), size)
                for k, c2w in zip(cameras.intrinsics, cameras.c2w, strict=True)
            ]
            people.append(torch.stack(views, 1))
        return torch.cat(people)


Model = TypeVar("Model", bound=ViewGenerator)


def feature_picture(
    field: Field,
    cameras: Cameras,
    size: int,
    samples: int,
    background: float | Tensor = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """What B cameras see of a field of B scenes: (B, F, size, size)."""
    seen = render(field, *camera_rays(cameras, size, size), samples, 0, background, generator)
    return seen.colour.transpose(1, 2).unflatten(2, (size, size))


def front_camera(people: People) -> Cameras:
    """The camera (1) of the first person's picture that is nearest to straight ahead."""
    person = people[0]
    nearest = frontal(person, limit=360.0)[:1]
    return person.cameras.pick(nearest)


def sheet(model: ViewGenerator, cameras: Cameras, size: int, generator: torch.Generator, people: int = 6) -> Tensor:
    """People side by side, each view a row: a picture (3, V * size, people * size) in 0…1."""
    views = model.sample_views(people, cameras, size, generator)
    return (views.permute(2, 1, 3, 0, 4).flatten(3).flatten(1, 2) / 2 + 0.5).clamp(0, 1)


def load_view_generator(system: str, folder: Path, config: Callable, make: Callable[..., Model]) -> Model:
    """The averaged generator of a folder, in evaluation mode; ``half`` is its box's half side in metres.

    Raises BadInput where the folder is of another system.
    """
    found, (half,) = read_trained(folder, system, config(), "half")
    model = load_model(folder, system, lambda: make(found))
    model.half = half  # type: ignore[assignment]  # a length, where torch has a conversion
    return model
