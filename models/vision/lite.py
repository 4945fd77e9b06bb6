"""EfficientNet-Lite0 as the encoder of nets that paint: begun from its ImageNet weights, whose normalisation stays as it was."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .dense import Painter

# Blocks of EfficientNet-Lite0 (arXiv 1905.11946 without squeeze and excitation): count, kernel, stride, expansion, channels.
BLOCKS = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # fmt: skip
STEM = 32  # channels of the first convolution
SEEN = (0, 1, 2, 4, 6)  # rows of BLOCKS after which a map is at a half, a quarter … of the resolution
KEPT = 2  # rows of BLOCKS that a training leaves as they are
WIDTHS = tuple(BLOCKS[row][4] for row in SEEN)
EPSILON = 1e-3  # of the normalisation that the weights were learned with


class Scaled(nn.Module):
    """A convolution whose normalisation is a fixed factor and a shift of each channel, padded as TensorFlow does."""

    def __init__(self, a: int, b: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(b, a // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(b))
        self.register_buffer("scale", torch.ones(b))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        self.stride, self.groups = stride, groups
        # Of even edges: one more on the right and below where the stride is 2.
        spare = kernel - stride
        self.before, self.after = spare // 2, spare - spare // 2

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, a, H, W) to (B, b, H / stride, W / stride)."""
        if self.before != self.after:
            x = F.pad(x, (self.before, self.after) * 2)
        padding = 0 if self.before != self.after else self.before
        weight = self.weight * self.scale[:, None, None, None]
        if self.stride == 1:
            return F.conv2d(x, weight, self.bias, 1, padding, 1, self.groups)
        with torch.autocast(
            x.device.type, enabled=False
        ):  # gradients of wide strides in bfloat16 take ten times as long
            return F.conv2d(x.float(), weight.float(), self.bias, self.stride, padding, 1, self.groups)

    def take(self, weight: Tensor, norm: nn.BatchNorm2d) -> None:
        """Take a convolution's weights and its normalisation."""
        with torch.no_grad():
            self.weight.copy_(weight)
            self.scale.copy_(norm.weight / (norm.running_var + EPSILON).sqrt())
            self.bias.copy_(norm.bias - norm.running_mean * self.scale)


class Inverted(nn.Module):
    """Channels widened, filtered one by one, and joined again (arXiv 1801.04381)."""

    def __init__(self, a: int, b: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = a * expansion
        self.widen = Scaled(a, wide, 1) if expansion > 1 else None
        self.filter = Scaled(wide, wide, kernel, stride, wide)
        self.join = Scaled(wide, b, 1)
        self.added = stride == 1 and a == b

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, a, H, W) to (B, b, H / stride, W / stride)."""
        found = x if self.widen is None else F.relu6(self.widen(x))
        found = self.join(F.relu6(self.filter(found)))
        return x + found if self.added else found


class Lite(nn.Module):
    """Pictures (B, 3, H, W) in 0…1, of edges that 32 divides, to maps as ``vision.dense.Dense`` gives them."""

    def __init__(self, paint: Sequence[int]):
        super().__init__()
        self.stem = Scaled(3, STEM, 3, 2)
        rows, before = [], STEM
        for count, kernel, stride, expansion, width in BLOCKS:
            row = [
                Inverted(before if i == 0 else width, width, kernel, stride if i == 0 else 1, expansion)
                for i in range(count)
            ]
            rows.append(nn.Sequential(*row))
            before = width
        self.rows = nn.ModuleList(rows)
        self.painter = Painter(WIDTHS, paint)
        # What filters look like in space is kept, and all of the first rows: it is learned from photographs, and half the time.
        for module in self.modules():
            if isinstance(module, Scaled) and module.groups > 1:
                module.requires_grad_(False)
        for module in (self.stem, *self.rows[:KEPT]):
            module.requires_grad_(False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The deepest map, and the decoder's, the finest first."""
        # Its weights were learned on (x - 127) / 128 of 0…255.
        x = ((pictures * 255 - 127) / 128).contiguous(memory_format=torch.channels_last)
        x, seen = F.relu6(self.stem(x)), []
        for number, row in enumerate(self.rows):
            x = row(x)
            if number in SEEN:
                seen.append(x)
        return x, self.painter(seen)

    def take_imagenet(self) -> None:
        """Take the encoder's ImageNet weights from the package that ships them (Apache-2.0)."""
        from ..core.features import enl0

        net = enl0().net
        self.stem.take(net._conv_stem.weight, net._bn0)
        blocks = iter(net._blocks)
        for row in self.rows:
            for block in row:
                theirs = next(blocks)
                if block.widen is not None:
                    block.widen.take(theirs._expand_conv.weight, theirs._bn0)
                block.filter.take(theirs._depthwise_conv.weight, theirs._bn1)
                block.join.take(theirs._project_conv.weight, theirs._bn2)
