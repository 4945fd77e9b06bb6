"""A trained RodinHD: avatars of portraits, or of nobody in particular."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from ...core.checkpoint import load_model, read_trained
from ...core.features import enl0
from ...core.progress import Progress, counting
from ...diffusion.conditioning import Cond
from ...diffusion.guidance import guided
from ...diffusion.samplers import ddim
from ...kinds.avatar import Avatar
from ...vision.latents import Centred
from ..request import Request
from ..rodin import base
from ..rodin.photo import read_portrait
from ..rodin.two_sizes import TwoSizes
from .config import Config
from .portrait import POOLED, PortraitUNet, features, numbers, pooled

SYSTEM = "rodin_hd"


class RodinHD(TwoSizes):
    """All networks of the system but the fixed one that reads portraits; build it by ``load``, or by training."""

    system = SYSTEM
    words = frozenset()  # no prompt is understood

    def __init__(self, config: Config, half: float, distance: float, field_of_view: float):
        super().__init__(config, POOLED, half, distance, field_of_view)
        self.config = config
        self.told = Centred(numbers(config.portrait))
        self.base = PortraitUNet(base.unet_of(config, POOLED, config.token_width), config.portrait)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {name: getattr(self, name) for name in ("decoder", "small", "large", "told", "base", "upsampler")}

    @torch.no_grad()
    def planes_of(self, portraits: Tensor | None, noise: Tensor, guidance: float, steps: int,
                  progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Small rolled planes (B, C, r, 3r) that the base diffusion makes of noise, told portraits (B, F) or none."""
        denoise = self.base if portraits is None else guided(self.base, Cond(vec=portraits), scale=guidance)
        return ddim(denoise, base.process_of(self.config), noise, steps, callback=counting(progress, "base"))

    def enlarged(self, rolled: Tensor, portraits: Tensor | None, generator: torch.Generator,
                 progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Large planes (B, 3, C, R, R) of small rolled ones, told portraits (B, F) or none."""
        told = None if portraits is None else pooled(portraits, self.config.portrait)
        return self.upsampled(rolled, told, generator, progress)

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> Avatar:
        """Make one avatar; raises BadInput for a photo without a face."""
        config, generator = self.config, torch.Generator().manual_seed(request.seed)
        portraits = None
        if request.photo is not None:
            read = features(read_portrait(request.photo)[None], config.portrait, enl0())
            portraits = self.told(read.to(self.device))
        guidance = config.guidance if request.guidance is None else request.guidance
        noise = self.noise(1, generator)
        rolled = self.planes_of(portraits, noise, guidance, request.steps or config.steps, progress)
        return Avatar(self.enlarged(rolled, portraits, generator, progress)[0], self.decoder, self.half)

    @torch.no_grad()
    def sample_planes(self, count: int, generator: torch.Generator) -> Tensor:
        """Large planes (B, 3, C, R, R) of people made from nothing."""
        rolled = self.planes_of(None, self.noise(count, generator), 1.0, self.config.steps)
        return self.enlarged(rolled, None, generator)


def load(folder: Path) -> RodinHD:
    """Read a trained RodinHD; raises BadInput where the folder holds another system or is damaged."""
    config, rig = read_trained(folder, SYSTEM, Config(), "half", "distance", "field_of_view")
    return load_model(folder, SYSTEM, lambda: RodinHD(config, *rig), RodinHD.parts)
