"""Views of people as training pictures: cropped to the head, numbered attributes, and what a photo may differ by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput
from ..core.attributes import ATTRIBUTES
from ..core.cameras import azimuth_elevation
from ..core.data import People
from ..core.things import Things

CROP = 0.625  # the share of an orbit's view, around its centre, that head and hair fill
MARGIN = 1.2  # how much more than the crop is kept where there is more: turned and moved pictures need it
FRONT = (
    60.5  # degrees from straight ahead within which pictures are used; orbits have views at 60 give or take rounding
)


def focus(images: Tensor, size: int, crop: float = CROP) -> Tensor:
    """The central share ``crop`` of square pictures (B, 3, H, H) at ``size`` pixels a side; differentiable."""
    side = images.shape[-1]
    if images.shape[-2] != side or side < 8:
        raise BadInput(f"pictures: are {tuple(images.shape[-2:])} pixels; allowed are square ones of 8 or more")
    kept = max(round(side * crop), 1)
    at = (side - kept) // 2
    images = images[..., at : at + kept, at : at + kept]
    if kept == size:
        return images
    return F.interpolate(images, size=(size, size), mode="bilinear", antialias=kept > size, align_corners=False)


def code(attributes: Mapping[str, str], table: Mapping[str, Sequence[str]] = ATTRIBUTES) -> Tensor:
    """Attributes as numbers long (A,) of their values in a table's order, of people's 8 by default; -1 where one is not said."""
    return torch.tensor([
        values.index(attributes[name]) if name in attributes else -1 for name, values in table.items()
    ])  # fmt: skip


def agree(said: Tensor, true: Tensor) -> Tensor:
    """Whether captions' codes (..., A) hold for pictures' codes (..., A): all that is said is so."""
    return ((said == -1) | (said == true)).all(-1)


@dataclass(frozen=True, eq=False)
class Portraits:
    """N views of the front: premultiplied rgba uint8 (N, 4, S, S) a margin beyond the crop, whose they are, and codes (N, A)."""

    rgba: Tensor
    person: Tensor  # long (N,)
    codes: Tensor
    size: int  # of the pictures that come out
    margin: float = MARGIN

    def __len__(self) -> int:
        return len(self.rgba)

    def images(self, index: Tensor | slice = slice(None)) -> Tensor:
        """Pictures (B, 3, size, size) in [-1, 1] on white, as they are."""
        rgba = self.rgba[index].float() / 255
        inner = focus(rgba, self.size, 1 / self.margin)
        return (inner[:, :3] + 1 - inner[:, 3:]) * 2 - 1

    def chunks(self, count: int = 64) -> Iterator[Tensor]:
        """All pictures as they are, some at a time."""
        for start in range(0, len(self), count):
            yield self.images(slice(start, start + count))

    def varied(self, index: Tensor, generator: torch.Generator) -> Tensor:
        """Pictures as another photographer would take them: flipped, turned, moved, lit, blurred, before other walls."""
        rgba = self.rgba[index.to(self.rgba.device)].to(generator.device).float() / 255
        count, device = len(rgba), generator.device

        def draw(low: float, high: float, *shape: int) -> Tensor:
            return torch.rand(count, *shape, generator=generator, device=device) * (high - low) + low

        angle, scale = draw(-0.16, 0.16), draw(0.82, 1.12) / self.margin
        flip = torch.where(draw(0, 1) < 0.5, -1.0, 1.0)
        rows = [torch.stack([scale * angle.cos() * flip, -scale * angle.sin(), draw(-0.07, 0.07)], -1),
                torch.stack([scale * angle.sin() * flip, scale * angle.cos(), draw(-0.07, 0.07)], -1)]  # fmt: skip
        grid = F.affine_grid(torch.stack(rows, 1), [count, 4, self.size, self.size], align_corners=False)
        rgba = F.grid_sample(rgba, grid, padding_mode="border", align_corners=False)
        ramp = torch.linspace(-1, 1, self.size, device=device)
        wall = draw(0, 1, 3, 1, 1) + draw(-0.3, 0.3, 3, 1, 1) * ramp + draw(-0.3, 0.3, 3, 1, 1) * ramp[:, None]
        wall = torch.where(draw(0, 1, 1, 1, 1) < 0.6, torch.ones_like(wall), wall.clamp(0, 1))
        images = rgba[:, :3] + (1 - rgba[:, 3:]) * wall
        images = (images * draw(0.8, 1.2, 1, 1, 1) + draw(-0.06, 0.06, 3, 1, 1)).clamp(0, 1)
        small = int(self.size / math.exp(float(torch.rand((), generator=generator, device=device))))
        blurred = F.interpolate(images, size=(small, small), mode="bilinear", antialias=True)
        blurred = F.interpolate(blurred, size=(self.size, self.size), mode="bilinear")
        images = torch.where(draw(0, 1, 1, 1, 1) < 0.5, images, blurred)
        return (images * 2 - 1).clamp(-1, 1)  # resizing leaves rounding errors


def portraits(people: People | Sequence, size: int = 64, crop: float = CROP, limit: float = FRONT,
              table: Mapping[str, Sequence[str]] = ATTRIBUTES) -> Portraits:  # fmt: skip
    """All views within ``limit`` degrees of straight ahead, around the vertical; raises BadInput where there are none.

    ``table`` holds the attributes that are numbered, those of people or of things.
    """
    margin = min(MARGIN, 1 / crop)
    pictures, person, codes = [], [], []
    for number, one in enumerate(people):
        azimuth, _ = azimuth_elevation(one.cameras)
        chosen = (azimuth.abs() <= limit).nonzero()[:, 0]
        rgba = one.rgba[chosen].float() / 255
        rgba = torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], 1)
        if len(rgba):
            kept = focus(rgba, round(size * margin), crop * margin)
            pictures.append((kept.clamp(0, 1) * 255).round().to(torch.uint8))
        person += [number] * len(chosen)
        codes += [code(one.attributes, table)] * len(chosen)
    if not pictures:
        raise BadInput(
            f"people: have no view within {limit:g} degrees of straight ahead; allowed are faces seen from the front"
        )
    return Portraits(torch.cat(pictures), torch.tensor(person), torch.stack(codes), size, margin)


def learn_and_test(people: People | Things) -> tuple[People | Things, Sequence | None]:
    """Those to learn from and those kept apart (validation and test), by identity; None where there are no splits."""
    apart = [one for name in ("validation", "test") for one in people.split(name)]
    if not apart or not len(people.split("train")):
        return people, None
    return people.split("train"), apart
