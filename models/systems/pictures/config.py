"""What picture diffusions share in their configurations: the network, what it is told, the process, and how it is sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...diffusion.dit import DiTConfig
from ...diffusion.process import PREDICTIONS, Gaussian
from ...diffusion.schedules import SCHEDULES
from ...diffusion.unet import UNetConfig
from ...diffusion.variance import LOSSES, VARIANCES

NETS = ("unet", "dit")
CONDITIONS = ("nothing", "class", "text")
SAMPLERS = ("ddim", "ddpm")


def check_names(config, **allowed: tuple[str, ...]) -> None:
    """Raise BadInput unless fields of a configuration are among the names that are allowed."""
    for name, names in allowed.items():
        if (value := getattr(config, name)) not in names:
            raise BadInput(f"{name}: {value[:60]} is not allowed; allowed are {', '.join(names)}")


@dataclass(frozen=True)
class UNetShape:
    """A U-Net at a size for a processor; published are 128 to 256 channels, levels of 1, 2, 2, 2 to 1, 1, 2, 3, 4 of them."""

    width: int = setting(32, "channels of the first level")
    multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of its levels, in those of the first")
    blocks: int = setting(1, "residual blocks of a level on the way down, and one more on the way up")
    attention: int = setting(1, "of the coarsest levels, how many attend; conditions' tokens are heard there")
    dropout: float = setting(0.0, "share of numbers that training hides in each block")

    def __post_init__(self):
        require(self, width=(4, 4096), multipliers=(1, 64), blocks=(1, 16), attention=(0, 8), dropout=(0, 0.9))
        if not 1 <= len(self.multipliers) <= 8:
            raise BadInput(f"multipliers: {len(self.multipliers)} levels are not allowed; allowed are 1 to 8")


@dataclass(frozen=True)
class DiTShape:
    """A transformer at a size for a processor; published are widths of 384 to 1152, 12 to 28 blocks, patches of 2, 4 and 8."""

    patch: int = setting(4, "px a side of a patch")
    width: int = setting(128, "channels of a token")
    depth: int = setting(6, "blocks")
    heads: int = setting(4, "heads of attention")

    def __post_init__(self):
        require(self, patch=(1, 64), width=(4, 8192), depth=(1, 128), heads=(1, 128))


@dataclass(frozen=True)
class TextConfig:
    """The transformer of captions, trained with the network; published are widths of 512 to 1280 and 16 or 32 blocks."""

    length: int = setting(40, "words of a caption that are read, two marks among them")
    width: int = setting(64, "channels of a word")
    depth: int = setting(2, "blocks")
    heads: int = setting(4, "heads of attention")

    def __post_init__(self):
        require(self, length=(3, 1024), width=(4, 4096), depth=(1, 64), heads=(1, 64))
        if self.width % self.heads:
            raise BadInput(f"heads: {self.heads} is not allowed; allowed is what divides a width of {self.width}")


@dataclass(frozen=True, kw_only=True)
class PictureConfig:
    """The fields of every picture diffusion: its pictures, its network, and how that is trained."""

    size: int = setting(32, "px a side of the pictures")
    net: str = setting("unet", "what denoises: unet, or dit, a transformer (2212.09748)")
    unet: UNetShape = field(default_factory=UNetShape, metadata=means("its shape where net is unet"))
    dit: DiTShape = field(default_factory=DiTShape, metadata=means("its shape where net is dit"))
    flip: bool = setting(True, "whether pictures are mirrored at random")
    batch: int = setting(16, "pictures in a step")
    denoiser: TrainerConfig = field(
        default_factory=lambda: TrainerConfig(steps=8000, learning_rate=5e-4, ema=0.998),
        metadata=means("training of the network"),
    )

    def __post_init__(self):
        require(self, size=(8, 512), batch=(1, math.inf))
        check_names(self, net=NETS)

    def network_of(
        self, channels: int, out: int, size: int, vector: int = 0, tokens: int = 0, spatial: int = 0
    ) -> UNetConfig | DiTConfig:
        """What makes ``out`` channels of maps of ``channels``, ``size`` a side, under conditions of these widths."""
        if self.net == "unet":
            return unet_config(self.unet, channels, out, size, vector, tokens, spatial)
        dit = self.dit
        return DiTConfig(channels, out, size, dit.patch, dit.width, dit.depth, dit.heads, vector, tokens, spatial)


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig(PictureConfig):
    """Beside them what it is told, its process, and how it is sampled."""

    condition: str = setting("nothing", "what it is told: nothing, class or text")
    label: str = setting(
        "",
        "of condition class: an attribute, as glasses or family, or a field of the spec that holds a word, as wear.hat",
    )
    text: TextConfig = field(default_factory=TextConfig, metadata=means("what reads captions where condition is text"))
    drop: float = setting(0.1, "share of conditions that training hides, for guidance")
    schedule: str = setting("cosine", f"of the noise: {', '.join(SCHEDULES)}")
    process_steps: int = setting(1000, "steps of the diffusion process")
    prediction: str = setting("eps", "what the network predicts: eps, x0 or v")
    variance: str = setting("learned", "of a step back: small or large, or learned between them (2102.09672)")
    loss: str = setting("hybrid", "simple, or of a learned variance hybrid or vlb, the bound alone")
    guidance: float = setting(2.0, "towards what is told when pictures are sampled; 1 is none", later=True)
    sampler: str = setting("ddim", "ddim (2010.02502), or ddpm with the variance above", later=True)
    sampling: int = setting(50, "steps of sampling", later=True)
    eta: float = setting(0.0, "noise of ddim, of that of ddpm with the small variance", later=True)
    hold: float = setting(
        0.8, "of --becomes: share of the steps in which words that both prompts have are where they were", later=True
    )
    hold_own: float = setting(0.4, "the same of how places attend to each other", later=True)
    blend: float = setting(
        0.0,
        "the same: attention to words that differ below which a place stays; 0 lets all change, 0.3 is published",
        later=True,
    )

    def __post_init__(self):
        super().__post_init__()
        require(self, drop=(0, 1), process_steps=(2, 100_000), guidance=(0, 100), sampling=(1, 100_000), eta=(0, 1), hold=(0, 1),
                hold_own=(0, 1), blend=(0, 1))  # fmt: skip
        check_names(self, condition=CONDITIONS, schedule=tuple(SCHEDULES), prediction=PREDICTIONS, variance=VARIANCES,
                    loss=LOSSES, sampler=SAMPLERS)  # fmt: skip

    def check(self) -> None:
        """Raise BadInput where fields do not go together; each of them is looked at when it is set."""
        if (self.variance == "learned") != (self.loss != "simple"):
            raise BadInput(f"loss: {self.loss} is not allowed with variance {self.variance}; allowed is simple with small and large, and "
                           "hybrid or vlb with learned")  # fmt: skip
        if (self.condition == "class") != bool(self.label):
            raise BadInput(
                f"label: {self.label or 'none'} is not allowed with condition {self.condition}; allowed is one with class alone"
            )
        if self.net == "unet" and self.condition == "text" and not self.unet.attention:
            raise BadInput(
                "unet.attention: 0 is not allowed with condition text; allowed is 1 or more, where it is heard"
            )

    @property
    def process(self) -> Gaussian:
        """The diffusion process."""
        return Gaussian(self.schedule, self.process_steps, self.prediction)

    def network(
        self, channels: int, size: int, vector: int = 0, tokens: int = 0, spatial: int = 0
    ) -> UNetConfig | DiTConfig:
        """What denoises maps of ``channels``, ``size`` a side, under conditions of these widths."""
        out = channels * (2 if self.variance == "learned" else 1)
        return self.network_of(channels, out, size, vector, tokens, spatial)


def unet_config(
    shape: UNetShape, channels: int, out: int, size: int, vector: int = 0, tokens: int = 0, spatial: int = 0
) -> UNetConfig:
    """The U-Net of a shape between maps that are ``size`` a side."""
    levels = len(shape.multipliers)
    if size % (1 << levels - 1):
        raise BadInput(
            f"size: {levels} levels halve {size} a side {levels - 1} times; allowed are multiples of {1 << levels - 1}"
        )
    heights = [size >> level for level in range(levels)]
    attention = tuple(heights[levels - min(shape.attention, levels) :])
    return UNetConfig(channels, out, shape.width, shape.multipliers, shape.blocks, attention, dropout=shape.dropout, vector=vector,
                      tokens=tokens, spatial=spatial, rollout=False, size=size)  # fmt: skip
