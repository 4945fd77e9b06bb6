"""What photographs do to faces and renders do not: strong changes of how a picture looks that leave its labels where they are.

After Fake It Till You Make It (arXiv 2109.15102). Pictures are (B, 3, H, W) in 0…1; each change is drawn for each picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from ....datagen.labels import IGNORE
from ...core.settings import require, setting
from .targets import Targets

LUMA = (0.299, 0.587, 0.114)  # of R, G and B
# The quantisation of luma and chroma in the JPEG standard's annex K, at quality 50.
LUMA_STEPS = (16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
              87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
              72, 92, 95, 98, 112, 100, 103, 99)  # fmt: skip
CHROMA_STEPS = (17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
                99, 99, 99, *(99,) * 32)  # fmt: skip


@dataclass(frozen=True)
class AppearanceConfig:
    """How often each change is drawn."""

    colour: float = setting(0.8, "share of pictures whose brightness, contrast, saturation and white balance change")
    light: float = setting(0.3, "share that is darker towards one side")
    grey: float = setting(0.1, "share without colours")
    infrared: float = setting(0.05, "share as a camera for infrared sees them: grey, red counting most, dark eyes pale")
    blur: float = setting(0.3, "share that is out of focus or was moved")
    coarse: float = setting(0.25, "share that was small and enlarged")
    noise: float = setting(0.4, "share with a sensor's noise")
    jpeg: float = setting(0.4, "share that was compressed as JPEG")
    occlusion: float = setting(0.3, "share before which something stands; parts behind it are not asked for")

    def __post_init__(self):
        require(self, **{row.name: (0, 1) for row in fields(self)})


class Drawn:
    """Random numbers of B pictures from a generator."""

    def __init__(self, count: int, generator: torch.Generator):
        self.count, self.generator = count, generator

    def uniform(self, low: float, high: float, *more: int) -> Tensor:
        """Numbers (B, …) between two."""
        shape = (self.count, *more)
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.generator.device)

    def chosen(self, share: float) -> Tensor:
        """The numbers of the pictures of a share."""
        return (self.uniform(0, 1) < share).nonzero()[:, 0]


def luma(pictures: Tensor) -> Tensor:
    """The brightness (B, 1, H, W) of pictures."""
    return (pictures * torch.tensor(LUMA, device=pictures.device)[:, None, None]).sum(1, keepdim=True)


def _tall(values: Tensor) -> Tensor:
    return values.reshape(*values.shape, *(1,) * (4 - values.ndim))


def coloured(pictures: Tensor, drawn: Drawn) -> Tensor:
    """Other exposure, contrast, saturation, balance of R, G and B, and gamma."""
    gamma = torch.exp(drawn.uniform(-0.35, 0.35, 1, 1, 1))
    x = pictures.clamp(min=1e-4) ** gamma * torch.exp(
        drawn.uniform(-0.3, 0.3, 1, 1, 1) + drawn.uniform(-0.1, 0.1, 3, 1, 1)
    )
    grey = luma(x)
    x = grey + (x - grey) * drawn.uniform(0.4, 1.5, 1, 1, 1)
    middle = x.mean((2, 3), keepdim=True)
    return middle + (x - middle) * drawn.uniform(0.6, 1.4, 1, 1, 1)


def shaded(pictures: Tensor, drawn: Drawn) -> Tensor:
    """Less light on one side."""
    height, width = pictures.shape[2:]
    angle, least = drawn.uniform(0, 2 * math.pi, 1, 1, 1), drawn.uniform(0.25, 0.9, 1, 1, 1)
    x = torch.linspace(-1, 1, width, device=pictures.device)
    y = torch.linspace(-1, 1, height, device=pictures.device)[:, None]
    along = (x * angle.cos() + y * angle.sin()) / math.sqrt(2) / 2 + 0.5
    return pictures * (least + (1 - least) * along)


def infrared(pictures: Tensor, drawn: Drawn) -> Tensor:
    """Grey of red mostly, flat, with what is dark lifted."""
    weights = drawn.uniform(0.5, 1.0, 1, 1, 1)
    grey = weights * pictures[:, :1] + (1 - weights) * luma(pictures)
    return (grey ** drawn.uniform(0.5, 0.9, 1, 1, 1) * 0.9 + 0.05).expand_as(pictures)


def blurred(pictures: Tensor, drawn: Drawn, radius: int = 4) -> Tensor:
    """Gaussians that are long in one direction: out of focus, or moved."""
    step = torch.arange(-radius, radius + 1, device=pictures.device).float()
    y, x = torch.meshgrid(step, step, indexing="ij")
    angle, long = drawn.uniform(0, math.pi, 1, 1), drawn.uniform(0.4, 2.5, 1, 1)
    short = long * drawn.uniform(0.1, 1.0, 1, 1)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    kernel = torch.exp(-((along / long) ** 2 + (across / short.clamp(min=0.3)) ** 2) / 2)
    kernel = kernel / kernel.sum((1, 2), keepdim=True)
    count, channels, height, width = pictures.shape
    padded = F.pad(pictures, (radius,) * 4, mode="replicate").reshape(
        1, count * channels, *(e + 2 * radius for e in (height, width))
    )
    found = F.conv2d(padded, kernel.repeat_interleave(channels, 0)[:, None], groups=count * channels)
    return found.reshape(pictures.shape)


def coarsened(pictures: Tensor, drawn: Drawn) -> Tensor:
    """Made small and large again, each by a factor of its own."""
    rows = []
    for picture, factor in zip(pictures, drawn.uniform(0.2, 0.8).tolist(), strict=True):
        edges = [max(round(edge * factor), 8) for edge in picture.shape[1:]]
        small = F.interpolate(picture[None], size=edges, mode="bilinear", antialias=True, align_corners=False)
        rows.append(F.interpolate(small, size=picture.shape[1:], mode="bilinear", align_corners=False))
    return torch.cat(rows)


def noisy(pictures: Tensor, drawn: Drawn) -> Tensor:
    """Noise that grows with the light, partly the same in all channels."""
    read, shot = drawn.uniform(0, 0.05, 1, 1, 1), drawn.uniform(0, 0.08, 1, 1, 1)
    same = drawn.uniform(0, 1, 1, 1, 1)
    shape = pictures.shape
    each = torch.randn(shape, generator=drawn.generator, device=drawn.generator.device)
    grey = torch.randn((shape[0], 1, *shape[2:]), generator=drawn.generator, device=drawn.generator.device)
    mixed = (each * (1 - same) + grey * same) / (same**2 + (1 - same) ** 2).sqrt()
    return pictures + mixed * (read**2 + shot**2 * pictures.clamp(0, 1)).sqrt()


def cosines() -> Tensor:
    """The orthonormal cosine transform (8, 8)."""
    k, n = torch.arange(8.0)[:, None], torch.arange(8.0)
    basis = torch.cos(math.pi * (2 * n + 1) * k / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis


def _quantised(planes: Tensor, steps: Tensor) -> Tensor:
    """Planes (B, 1, H, W), 0…255 about 128, whose 8×8 blocks' cosines are rounded to multiples of steps (B, 8, 8)."""
    height, width = planes.shape[2:]
    padded = F.pad(planes - 128, (0, -width % 8, 0, -height % 8), mode="replicate")
    blocks = padded.unfold(2, 8, 8).unfold(3, 8, 8)  # (B, 1, h, w, 8, 8)
    basis, steps = cosines().to(planes), steps[:, None, None, None]
    found = basis.T @ ((basis @ blocks @ basis.T / steps).round() * steps) @ basis
    return found.transpose(3, 4).flatten(4, 5).flatten(2, 3)[:, :, :height, :width] + 128


def compressed(pictures: Tensor, quality: Tensor) -> Tensor:
    """As baseline JPEG of qualities (B,) 1…100 leaves pictures, with colours at half the resolution."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    steps = [((torch.tensor(table, dtype=torch.float32, device=pictures.device).reshape(8, 8) * scale + 50) / 100).floor()
             .clamp(1, 255) for table in (LUMA_STEPS, CHROMA_STEPS)]  # fmt: skip
    x = (pictures.clamp(0, 1) * 255).round()
    bright = luma(x)
    colours = torch.cat([(x[:, 2:] - bright) / 1.772, (x[:, :1] - bright) / 1.402], 1) + 128  # Cb, Cr
    bright = _quantised(bright, steps[0])
    small = F.avg_pool2d(colours, 2, ceil_mode=True, count_include_pad=False)
    blue, red = (
        F.interpolate(_quantised(small[:, i : i + 1], steps[1]), size=x.shape[2:], mode="bilinear") - 128
        for i in (0, 1)
    )
    r, b = bright + 1.402 * red, bright + 1.772 * blue
    g = (bright - LUMA[0] * r - LUMA[2] * b) / LUMA[1]
    return (torch.cat([r, g, b], 1) / 255).clamp(0, 1)


def _covers(shape: torch.Size, drawn: Drawn) -> Tensor:
    """Where something stands before pictures: ellipses and bars (B, 1, H, W)."""
    height, width = shape[2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    x, y = x.to(drawn.generator.device), y.to(drawn.generator.device)
    cx, cy = drawn.uniform(-1, 1, 1, 1), drawn.uniform(-1, 1, 1, 1)
    angle, long = drawn.uniform(0, math.pi, 1, 1), drawn.uniform(0.15, 0.6, 1, 1)
    short = long * drawn.uniform(0.3, 1.0, 1, 1)
    along = ((x - cx) * angle.cos() + (y - cy) * angle.sin()) / long
    across = ((y - cy) * angle.cos() - (x - cx) * angle.sin()) / short
    round_ones = along**2 + across**2 < 1
    boxes = torch.maximum(along.abs(), across.abs()) < 0.8
    return torch.where(drawn.uniform(0, 1, 1, 1) < 0.5, round_ones, boxes)[:, None]


def occluded(truth: Targets, chosen: Tensor, drawn: Drawn) -> Targets:
    """Something of one colour, or of another picture, before the chosen faces; what it hides keeps its landmarks alone."""
    if not len(chosen):
        return truth
    pictures = truth.pictures[chosen]
    covers = _covers(pictures.shape, drawn)
    others = truth.pictures[(chosen + 1) % len(truth.pictures)].flip(2)
    flat = drawn.uniform(0, 1, 3, 1, 1).expand_as(pictures)
    shown = torch.where(_tall(drawn.uniform(0, 1)) < 0.5, others, flat)
    rest = truth._asdict()
    for name in ("pictures", "parts", "depth", "normal"):
        rest[name] = rest[name].clone()
    rest["pictures"][chosen] = torch.where(covers, shown, pictures)
    hidden = F.max_pool2d(covers.float(), 2)[:, 0] > 0  # maps have half the resolution
    rest["parts"][chosen] = torch.where(hidden, torch.tensor(IGNORE, dtype=torch.uint8), truth.parts[chosen])
    rest["depth"][chosen] = torch.where(hidden, torch.nan, truth.depth[chosen])
    rest["normal"][chosen] = torch.where(hidden[:, None], torch.zeros(()), truth.normal[chosen])
    return Targets(**rest)


def changed(pictures: Tensor, config: AppearanceConfig, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, H, W) with everything that a camera, a file and the light may do to them."""
    everyone, pictures = Drawn(len(pictures), generator), pictures.clone()
    changes = (("light", shaded), ("colour", coloured), ("grey", lambda x, _: luma(x).expand_as(x)), ("infrared", infrared),
               ("blur", blurred), ("coarse", coarsened), ("noise", noisy),
               ("jpeg", lambda x, drawn: compressed(x, drawn.uniform(10, 90))))  # fmt: skip
    for name, change in changes:
        chosen = everyone.chosen(getattr(config, name))
        if len(chosen):
            pictures[chosen] = change(pictures[chosen], Drawn(len(chosen), generator)).clamp(0, 1)
    return pictures


def photographed(truth: Targets, config: AppearanceConfig, generator: torch.Generator) -> Targets:
    """Faces as photographs may show them."""
    chosen = Drawn(len(truth.pictures), generator).chosen(config.occlusion)
    truth = occluded(truth, chosen, Drawn(len(chosen), generator))
    return truth._replace(pictures=changed(truth.pictures, config, generator))
