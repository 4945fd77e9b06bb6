"""The denoiser of pictures and rolled planes: a UNet after ADM, with the 3D-aware convolution where it is rolled out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.layers import Attention, divisor, timestep_embedding, zero_module
from .conditioning import Cond, beside, check_cond
from .rollout import closing_conv, merge, split


@dataclass(frozen=True)
class UNetConfig:
    """A UNet; ``vector``, ``tokens`` and ``spatial`` are the widths of what ``Cond`` brings, 0 where it brings none."""

    channels_in: int
    channels_out: int
    base: int = 64  # channels of the first level
    multipliers: tuple[int, ...] = (1, 2, 3)  # of the base, for each level; each level halves the one above
    blocks: int = 2  # residual blocks of a level on the way down, and one more on the way up
    attention: tuple[int, ...] = (8,)  # heights of the levels that attend
    head: int = 32  # channels of an attention head
    dropout: float = 0.0
    vector: int = 0
    tokens: int = 0
    spatial: int = 0
    rollout: bool = True  # 3D-aware convolutions; the input is then three planes
    size: int = 32  # height of the input: R of planes

    @property
    def heights(self) -> tuple[int, ...]:
        """The height of each level."""
        return tuple(self.size >> level for level in range(len(self.multipliers)))


class Norm(nn.Module):
    """GroupNorm, then SiLU, of each sample; scaled and shifted by an embedding where one is given."""

    def __init__(self, channels: int, embedding: int = 0):
        super().__init__()
        self.groups = divisor(channels, max(1, min(32, channels // 4)))
        self.modulate = nn.Linear(embedding, 2 * channels) if embedding else None
        if not embedding:
            self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        if self.modulate is None:
            return F.silu(F.group_norm(x, self.groups, self.weight, self.bias))
        scale, shift = self.modulate(embedding)[:, :, None, None].chunk(2, 1)
        return F.silu(torch.addcmul(shift, F.group_norm(x, self.groups), 1 + scale))


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut, both at the size that ``resize`` leaves: "half", "double" or as it is."""

    def __init__(self, channels_in: int, channels_out: int, config: UNetConfig, resize: str = ""):
        super().__init__()
        self.resize = {"half": lambda x: F.avg_pool2d(x, 2), "double": lambda x: F.interpolate(x, scale_factor=2.0), "": None}[resize]  # fmt: skip
        self.open_norm, self.open = Norm(channels_in), nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.close_norm, self.dropout = Norm(channels_out, 4 * config.base), config.dropout
        self.close = closing_conv(channels_out, channels_out, config.rollout)
        self.shortcut = nn.Identity() if channels_in == channels_out else nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        branch = self.open_norm(x)
        if self.resize is not None:
            branch, x = self.resize(branch), self.resize(x)
        branch = self.close_norm(self.open(branch), embedding)
        if self.dropout:
            branch = F.dropout(branch, self.dropout, self.training)
        return self.shortcut(x) + self.close(branch)


class Attend(nn.Module):
    """Attention among the pixels of all planes of a sample, then on the condition's tokens where there are any."""

    def __init__(self, channels: int, config: UNetConfig):
        super().__init__()
        heads = divisor(channels, max(1, channels // config.head))
        self.groups = divisor(channels, max(1, min(32, channels // 4)))
        self.norm = nn.GroupNorm(self.groups, channels)
        self.among = Attention(channels, heads)
        if config.tokens:
            self.cross_norm, self.across = nn.LayerNorm(channels), Attention(channels, heads, config.tokens)

    def forward(self, x: Tensor, tokens: Tensor | None, planes: int) -> Tensor:
        shape = (planes, -1, *x.shape[1:])
        seen = _as_tokens(x, shape) + self.among(_as_tokens(self.norm(x), shape))
        if tokens is not None:
            seen = seen + self.across(self.cross_norm(seen), tokens)
        batch, (height, width) = len(seen), x.shape[2:]
        return seen.reshape(batch, planes, height, width, -1).permute(1, 0, 4, 2, 3).flatten(0, 1)


def _as_tokens(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Planes (P*B, C, h, w) as the tokens (B, P*h*w, C) of each sample."""
    return x.reshape(shape).permute(1, 0, 3, 4, 2).flatten(1, 3)


class UNet(nn.Module):
    """x (B, channels_in, H, W) at times t (B,) under a ``Cond`` to (B, channels_out, H, W), which is 0 before training.

    After ADM (arXiv 2105.05233) and Rodin (arXiv 2212.06135). Planes side by side are convolved and normalised each by
    itself; what passes between them goes through the 3D-aware convolutions and the attention. Each plane adds an
    embedding to that of the time, so that a network of shared weights knows them apart too. Without a ``Cond`` the
    prediction is unconditional: the same as with every condition dropped.
    """

    def __init__(self, config: UNetConfig):
        super().__init__()
        _check(config)
        self.config = config
        wide = 4 * config.base
        self.time = nn.Sequential(nn.Linear(config.base, wide), nn.SiLU(), nn.Linear(wide, wide))
        self.plane = nn.Parameter(torch.randn(3, wide) * 0.02)
        if config.vector or config.tokens or config.spatial:
            self.keep = nn.Embedding(2, wide)
        if config.vector:
            self.vector = nn.Linear(config.vector, wide, bias=False)  # nothing told adds nothing
        if config.spatial:
            self.level = nn.Sequential(nn.Linear(config.base, wide), nn.SiLU(), zero_module(nn.Linear(wide, wide)))
        self._build(config)

    def _build(self, config: UNetConfig) -> None:
        widths = [config.base * multiplier for multiplier in config.multipliers]
        attends = [height in config.attention for height in config.heights]
        self.open = nn.Conv2d(config.channels_in + config.spatial, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips, width = [widths[0]], widths[0]
        for level, wanted in enumerate(widths):
            for _ in range(config.blocks):
                self.down.append(new_stage(width, wanted, config, attends[level]))
                skips.append(width := wanted)
            if level < len(widths) - 1:
                self.down.append(new_stage(width, width, config, False, "half"))
                skips.append(width)
        self.middle = nn.ModuleList(
            [new_stage(width, width, config, attends[-1]), new_stage(width, width, config, False)]
        )
        for level, wanted in reversed(list(enumerate(widths))):
            for _ in range(config.blocks + 1):
                self.up.append(new_stage(width + skips.pop(), wanted, config, attends[level]))
                width = wanted
            if level:
                self.up.append(new_stage(width, width, config, False, "double"))
        self.close_norm, self.close = Norm(width), zero_module(nn.Conv2d(width, config.channels_out, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        cond = self._checked(x, cond)
        if self.config.spatial:
            spatial = (
                cond.spatial if cond.spatial is not None else x.new_zeros(len(x), self.config.spatial, *x.shape[2:])
            )
            x = beside(x, spatial)
        h, planes = split(x)
        h = self.open(h.contiguous(memory_format=torch.channels_last))  # twice as fast on processors
        embedding, tokens = self._embedding(t, cond, planes), self._tokens(cond, len(x))
        skips = [h]
        for stage in stages(self.down):
            h = run_stage(stage, h, embedding, tokens, planes)
            skips.append(h)
        for stage in stages(self.middle):
            h = run_stage(stage, h, embedding, tokens, planes)
        for stage in stages(self.up):
            if stage[0].resize is None:
                h = torch.cat([h, skips.pop()], 1)
            h = run_stage(stage, h, embedding, tokens, planes)
        return merge(self.close(self.close_norm(h)), planes)

    def _embedding(self, t: Tensor, cond: Cond, planes: int) -> Tensor:
        """Of the time and what is told of each sample, for every plane: (P*B, 4 base), plane first."""
        kind = self.plane.dtype
        embedding = self.time(timestep_embedding(t, self.config.base).to(kind))
        if hasattr(self, "keep"):
            embedding = embedding + self.keep(cast(Tensor, cond.keep).long())
        if cond.vec is not None:
            embedding = embedding + self.vector(cond.vec.to(kind))
        if hasattr(self, "level"):
            level = torch.zeros_like(t) if cond.level is None else cond.level
            embedding = embedding + self.level(timestep_embedding(1000 * level, self.config.base).to(kind))
        return F.silu(embedding[None] + self.plane[:planes, None]).flatten(0, 1)

    def _tokens(self, cond: Cond, batch: int) -> Tensor | None:
        if not self.config.tokens:
            return None
        return self.plane.new_zeros(batch, 1, self.config.tokens) if cond.tokens is None else cond.tokens.to(self.plane)

    def _checked(self, x: Tensor, cond: Cond | None) -> Cond:
        """The condition, made explicit; BadInput where it or x are not what the network was made for."""
        config, (_, channels, height, width) = self.config, x.shape
        if channels != config.channels_in or height != config.size or (config.rollout and width != 3 * height):
            wide = (
                f"{3 * config.size} wide"
                if config.rollout
                else f"of a width that {1 << len(config.heights) - 1} divides"
            )
            raise BadInput(f"input {channels}x{height}x{width}: allowed are {config.channels_in} channels, {config.size} high, {wide}")  # fmt: skip
        return check_cond(cond, config, x)


def _check(config: UNetConfig) -> None:
    if config.size % (1 << len(config.multipliers) - 1):
        raise BadInput(f"height {config.size} for {len(config.multipliers)} levels: allowed are multiples of {1 << len(config.multipliers) - 1}")  # fmt: skip
    for height in config.attention:
        if height not in config.heights:
            raise BadInput(f"attention at height {height}: allowed are {', '.join(map(str, config.heights))}")
    if config.tokens and not config.attention:
        raise BadInput("tokens without attention: allowed with at least one attending level")


def new_stage(
    channels_in: int, channels_out: int, config: UNetConfig, attends: bool, resize: str = ""
) -> nn.ModuleList:
    """A residual block, with attention after it where the level attends."""
    stage = [Residual(channels_in, channels_out, config, resize)]
    return nn.ModuleList(stage + [Attend(channels_out, config)] if attends else stage)


def stages(level: nn.ModuleList) -> Iterable[nn.ModuleList]:
    """The stages of a level: torch types them as any module."""
    return cast(Iterable[nn.ModuleList], level)


def run_stage(
    stage: nn.ModuleList, h: Tensor, embedding: Tensor, tokens: Tensor | None = None, planes: int = 1
) -> Tensor:
    """What a stage makes of maps (P*B, C, h, w) under an embedding (P*B, 4 base)."""
    h = stage[0](h, embedding)
    return stage[1](h, tokens, planes) if len(stage) > 1 else h


def count_parameters(config: UNetConfig) -> int:
    """How many numbers a UNet learns."""
    return _extended(_narrow_counts(config), config.base)


def _narrow_counts(config: UNetConfig) -> list[int]:
    """The parameters of networks of base 1, 2 and 3."""
    with torch.random.fork_rng(devices=[]):
        narrow = [UNet(replace(config, base=base)) for base in (1, 2, 3)]
    return [sum(parameter.numel() for parameter in net.parameters()) for net in narrow]


def _extended(counts: list[int], base: int) -> int:
    """The parameters of a base, of those of 1, 2 and 3: quadratic in it, as all widths are its multiples."""
    first, second, third = counts
    return first + (base - 1) * (second - first) + (base - 1) * (base - 2) // 2 * (third - 2 * second + first)


def matched_plain(config: UNetConfig) -> UNetConfig:
    """The UNet of plain 2D convolutions whose parameters are nearest in number: within 3 % from a base of 16 on."""
    plain, wanted = replace(config, rollout=False), count_parameters(config)
    counts = _narrow_counts(plain)
    nearest = min(range(1, 4 * config.base), key=lambda base: abs(_extended(counts, base) - wanted))
    return replace(plain, base=nearest)
