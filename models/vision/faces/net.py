"""One backbone with heads that point (landmarks, pose, gaze) and heads that paint (parts, depth, normals)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ....datagen.export.keypoints import mirrored
from ....datagen.labels import IGNORE, PARTS
from ...core.settings import setting
from ...core.shots import OTHER_SIDE, POINTS
from ..dense import Dense, require_shape
from ..lite import WIDTHS, Lite
from .rotations import MIRROR, mirrored_six

ENCODERS = ("own", "lite")
CLASSES = len(PARTS) - (IGNORE in PARTS)
METRES = 0.1  # a depth of 1 of the net
SHARP = 8.0  # factor of the landmarks' maps before they are a density: it is a peak after fewer steps
LEAST, MOST = -6.0, 1.0  # logarithms of deviations: 1/400 of the window's half side, and more than all of it


@dataclass(frozen=True)
class NetConfig:
    """The net's shape; at 256 px it has 2.4 million weights."""

    size: int = setting(256, "px a side of the window that the net sees; a multiple of 32")
    widths: tuple[int, ...] = setting((24, 32, 64, 128, 152), "channels at a half, a quarter … of its resolution")
    blocks: tuple[int, ...] = setting((0, 2, 2, 2, 2), "residual blocks at each of them")
    paint: tuple[int, ...] = setting(
        (32, 40, 64, 96), "channels of the decoder at a half, a quarter … of the resolution"
    )
    encoder: str = setting(
        "own", "own, which widths and blocks tell, or lite: EfficientNet-Lite0, which begins with its ImageNet weights"
    )

    def __post_init__(self):
        if self.size % 32 or self.size < 32:
            raise BadInput(f"size: is {self.size}; allowed are multiples of 32")
        if self.encoder not in ENCODERS:
            raise BadInput(f"encoder: {self.encoder[:60]} is not allowed; allowed are {', '.join(ENCODERS)}")
        require_shape(self)


class Outputs(dict):
    """What the net says of B pictures, in the window's frame: its coordinates are -1 … 1, x to the right and y down.

    ``points`` (B, 70, 2) and ``spread`` (B, 70), the logarithm of their deviation; ``pose`` (B, 6); ``gaze`` (B, 2, 3), not
    of unit length; ``parts`` (B, 19, h, w) logits; ``depth`` (B, h, w) in metres behind the head's pivot; ``normal`` (B, 3, h,
    w), not of unit length. Maps have half the window's resolution.
    """

    def mirrored(self) -> Outputs:
        """What is said of the mirrored pictures, if the net saw no difference."""
        x = MIRROR.to(self["points"])
        order, sides = torch.tensor(mirrored()), OTHER_SIDE[:CLASSES]
        return Outputs(
            points=self["points"][:, order] * x[:2], spread=self["spread"][:, order], pose=mirrored_six(self["pose"]),
            gaze=self["gaze"].flip(1) * x, parts=self["parts"][:, sides].flip(-1), depth=self["depth"].flip(-1),
            normal=self["normal"].flip(-1) * x[:, None, None],
        )  # fmt: skip


class FaceNet(nn.Module):
    """Pictures (B, 3, size, size) in 0…1 to Outputs.

    Landmarks are the means of maps that sum to one, moved by what the whole picture says, so that they may lie outside.
    """

    def __init__(self, config: NetConfig | None = None):
        super().__init__()
        self.config = c = config or NetConfig()
        lite = c.encoder == "lite"
        self.body = Lite(c.paint) if lite else Dense(c.widths, c.blocks, c.paint)
        self.maps = nn.Conv2d(c.paint[2], POINTS, 1)
        self.gather = nn.Sequential(nn.Conv2d(WIDTHS[-1] if lite else c.widths[-1], 48, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
                                    nn.Linear(48 * 16, 160), nn.ReLU())  # fmt: skip
        self.whole = nn.Linear(160, POINTS * 3 + 6 + 6)
        self.dense = nn.Conv2d(c.paint[0], CLASSES + 1 + 3, 3, 1, 1)
        nn.init.normal_(self.whole.weight, std=1e-3), nn.init.zeros_(self.whole.bias)
        with torch.no_grad():
            self.whole.bias[POINTS * 2 : POINTS * 3] = -2.0
            # A head that faces the camera: its x to the right, its y away; its eyes look at it.
            self.whole.bias[POINTS * 3 :] = torch.tensor([1.0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, -1])
        self.to(memory_format=torch.channels_last)  # a fifth less time on processors

    def forward(self, pictures: Tensor) -> Outputs:
        deepest, painted = self.body(pictures)
        said = self.whole(self.gather(deepest)).float()  # places are told in full precision, whatever maps are made in
        offset, spread, pose, gaze = said.split([POINTS * 2, POINTS, 6, 6], 1)
        parts, depth, normal = self.dense(painted[0]).float().split([CLASSES, 1, 3], 1)
        return Outputs(
            points=expectation(self.maps(painted[2]).float() * SHARP) + offset.unflatten(1, (POINTS, 2)),
            spread=spread.clamp(LEAST, MOST), pose=pose, gaze=gaze.unflatten(1, (2, 3)), parts=parts,
            depth=depth[:, 0] * METRES, normal=normal,
        )  # fmt: skip

    def both_ways(self, pictures: Tensor) -> Outputs:
        """The mean of what is said of pictures and of their mirror images: it commutes with mirrors."""
        there, back = self(pictures), self(pictures.flip(-1)).mirrored()
        return Outputs({name: (there[name] + back[name]) / 2 for name in there})


def expectation(maps: Tensor) -> Tensor:
    """The mean places (B, K, 2), in -1 … 1, of maps (B, K, H, W) whose softmax is a density (arXiv 1711.08229)."""
    height, width = maps.shape[2:]
    share = maps.flatten(2).softmax(-1).unflatten(2, (height, width))
    x = (torch.arange(width, device=maps.device) + 0.5) / width * 2 - 1
    y = (torch.arange(height, device=maps.device) + 0.5) / height * 2 - 1
    return torch.stack([(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], -1)
