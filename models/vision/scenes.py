"""Single pictures of places: depth but for its scale, normals and what each pixel shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.labels import IGNORE, NOTHING, SEMANTIC
from ..core.settings import require, setting
from ..core.shots import Shot, Shots
from ..core.window import Window, whole
from .dense import Dense, require_shape
from .faces.appearance import AppearanceConfig, changed
from .matching.pairs import CropConfig, draw_crop

CLASSES = len(SEMANTIC)
STEP = 32  # px that edges of the net's pictures are multiples of
SCALES = 4  # at which neighbours' differences of depth are compared


@dataclass(frozen=True)
class SceneNetConfig:
    """The net's shape."""

    widths: tuple[int, ...] = setting((24, 40, 72, 128, 176), "channels at a half, a quarter … of the resolution")
    blocks: tuple[int, ...] = setting((0, 2, 2, 2, 2), "residual blocks at each of them")
    paint: tuple[int, ...] = setting(
        (40, 48, 72, 112), "channels of the decoder at a half, a quarter … of the resolution"
    )

    def __post_init__(self):
        require_shape(self)


@dataclass(frozen=True)
class SceneLossConfig:
    """How much each head counts."""

    depth: float = setting(1.0, "weight of the logarithm of depth, but for a picture's own scale")
    edges: float = setting(0.5, "weight of its differences between neighbours, at four scales")
    normal: float = setting(1.0, "weight of 1 − cosine of normals")
    semantic: float = setting(1.0, "weight of the classes' cross entropy")

    def __post_init__(self):
        require(self, **{row.name: (0, math.inf) for row in fields(self)})


class Views(NamedTuple):
    """B pictures (B, 3, H, W) in 0…1 and, at half their resolution, the logarithm of depth (B, h, w), NaN where nothing is,
    normals (B, 3, h, w), 0 there, and classes uint8 (B, h, w), 255 where they are not known."""

    pictures: Tensor
    depth: Tensor
    normal: Tensor
    semantic: Tensor

    def to(self, device: torch.device) -> Views:
        """Everything on a device."""
        return Views(*(part.to(device) for part in self))


class SceneNet(nn.Module):
    """Pictures (B, 3, H, W) in 0…1, of edges that 32 divides, to log depth, normals and logits of classes at half of it."""

    def __init__(self, config: SceneNetConfig | None = None):
        super().__init__()
        self.config = c = config or SceneNetConfig()
        self.body = Dense(c.widths, c.blocks, c.paint)
        self.dense = nn.Conv2d(c.paint[0], 1 + 3 + CLASSES, 3, 1, 1)
        self.to(memory_format=torch.channels_last)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        depth, normal, semantic = self.dense(self.body(pictures)[1][0]).split([1, 3, CLASSES], 1)
        return depth[:, 0], normal, semantic

    def both_ways(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The mean of what is said of pictures and of their mirror images: it commutes with mirrors."""
        depth, normal, semantic = self(pictures)
        other = [value.flip(-1) for value in self(pictures.flip(-1))]
        flip = torch.tensor([-1.0, 1.0, 1.0], device=normal.device)[:, None, None]
        return (depth + other[0]) / 2, (normal + other[1] * flip) / 2, (semantic + other[2]) / 2


def view_of(shot: Shot, window: Window) -> Views:
    """A part of a frame, as a batch of one."""
    height, width = window.size
    small = replace(window, size=(height // 2, width // 2))
    picture = replace(shot, maps={"rgb": shot["rgb"]}).moved(window)["rgb"]
    found = replace(shot, maps={name: shot[name] for name in ("depth", "normal", "semantic")}).moved(small)
    depth = found["depth"]
    known = (depth > 0) & (depth < NOTHING)  # NaN and +inf are neither
    return Views(picture[None].float() / 255, torch.where(known, depth.clamp(min=1e-6).log(), torch.nan), found["normal"][None],
                 found["semantic"])  # fmt: skip


class Scenes:
    """The frames of places that a training draws parts of."""

    def __init__(self, shots: Shots, crops: CropConfig):
        self.shots, self.crops = shots, crops

    def draw(self, count: int, appearance: AppearanceConfig, generator: torch.Generator) -> Views:
        """``count`` parts of frames that are as likely, mirrored every second time, as photographs may show them."""
        rows = []
        for index in torch.randint(len(self.shots), (count,), generator=generator).tolist():
            shot = self.shots[index]
            rows.append(view_of(shot, draw_crop(shot.size, self.crops, True, generator)))
        found = joined(rows)
        return found._replace(pictures=changed(found.pictures, appearance, generator))

    def straight(self, count: int) -> Views:
        """The middle of the first frames."""
        chosen = [self.shots[index] for index in range(min(count, len(self.shots)))]
        size = self.crops.height, self.crops.width
        return joined([view_of(shot, whole(*shot.size, size)) for shot in chosen])


def joined(rows: Sequence[Views]) -> Views:
    """Several batches as one."""
    return Views(*(torch.cat(parts) for parts in zip(*rows, strict=True)))


def depth_losses(found: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """How far log depth (B, h, w) is off but for each picture's own scale, and how its differences between neighbours are.

    A factor on all depths of a picture changes neither (as in arXiv 1406.2283, 1907.01341). ``truth`` is NaN where nothing is.
    """
    known = truth.isfinite()
    off = torch.where(known, found - truth.nan_to_num(), torch.zeros(()).to(found))
    count = known.sum((1, 2)).clamp(min=1)
    scale = (off.sum((1, 2)) / count)[:, None, None]
    apart = (torch.where(known, off - scale, torch.zeros(()).to(found)).abs().sum((1, 2)) / count).mean()
    edges = []
    for level in range(SCALES):
        here, there = off[:, :: 2**level, :: 2**level], known[:, :: 2**level, :: 2**level]
        for axis in (1, 2):
            both = there.narrow(axis, 1, there.shape[axis] - 1) & there.narrow(axis, 0, there.shape[axis] - 1)
            edges.append((here.diff(dim=axis).abs() * both).sum() / both.sum().clamp(min=1))
    return apart, torch.stack(edges).mean()


def scene_losses(found: tuple[Tensor, Tensor, Tensor], truth: Views, config: SceneLossConfig) -> dict[str, Tensor]:
    """Every head's loss by name, and their weighted sum as "loss"."""
    depth, edges = depth_losses(found[0], truth.depth)
    normal = 1 - F.cosine_similarity(found[1], truth.normal, dim=1)
    faced = truth.normal.square().sum(1) > 0.25
    told = truth.semantic != IGNORE
    classes = F.cross_entropy(found[2], truth.semantic.long(), ignore_index=IGNORE, reduction="sum") / told.sum().clamp(
        min=1
    )
    losses = {
        "depth": depth,
        "edges": edges,
        "normal": (normal * faced).sum() / faced.sum().clamp(min=1),
        "semantic": classes,
    }
    return {"loss": torch.stack([getattr(config, name) * value for name, value in losses.items()]).sum()} | losses


@torch.no_grad()
def see(net: SceneNet, photo: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, normals and classes of a photograph uint8 (h, w, 3), which is looked at with edges of at most ``longest`` px.

    Depth float32 (h, w) is 1 in the middle of its distribution, as one picture does not tell its scale, and +inf where nothing
    is; normals (h, w, 3) are in the camera's frame, 0 there; classes are uint8 (h, w).
    """
    height, width = photo.shape[:2]
    factor = min(longest / max(height, width), 1.0)
    edges = [max(round(edge * factor / STEP), 1) * STEP for edge in (height, width)]
    picture = torch.from_numpy(np.ascontiguousarray(photo.transpose(2, 0, 1)))[None].float() / 255
    device = next(net.parameters()).device
    small = F.interpolate(picture, size=edges, mode="bilinear", antialias=True, align_corners=False).to(device)
    depth, normal, semantic = (value.float().cpu() for value in net.both_ways(small))
    classes = (
        F.interpolate(semantic, scale_factor=2.0, mode="bilinear", align_corners=False).argmax(1, keepdim=True).float()
    )
    classes = F.interpolate(classes, size=(height, width), mode="nearest-exact")[0, 0].byte()
    far, normal = (
        F.interpolate(v, size=(height, width), mode="bilinear", align_corners=False)[0]
        for v in (depth[:, None], normal)
    )
    there = classes > 0
    values = far[0].exp()
    values = values / (values[there].median() if there.any() else 1.0)
    normal = torch.where(there, F.normalize(normal, dim=0), torch.zeros(()))
    return torch.where(there, values, torch.inf).numpy(), normal.permute(1, 2, 0).contiguous().numpy(), classes.numpy()
