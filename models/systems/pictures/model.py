"""A picture diffusion: a network with what it is told, sampled from noise, or from the noise that a photograph becomes."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import CONFIG, read_about
from ...core.progress import Progress, counting
from ...diffusion.conditioning import Cond
from ...diffusion.dit import DiT, DiTConfig
from ...diffusion.guidance import guided, pushed
from ...diffusion.process import noise_like
from ...diffusion.samplers import Denoise, ddim, ddim_inverse, ddpm
from ...diffusion.unet import UNet, UNetConfig
from ...diffusion.variance import StepSampler, denoising_loss
from ...kinds.picture import Pictures
from ..request import Request
from .config import DiffusionConfig
from .dataset import IGNORED, MOST, checked, read_picture
from .edits import edited
from .told import Told

ITERATIONS = 5  # of each step of an inversion, towards the fixed point
WORDS = 100_000  # of a vocabulary at most
NOISE = 3.0  # deviations of noise that a picture of it shows


class Known(NamedTuple):
    """What a run learned of its data: names of classes, words of captions, and how many classes maps have."""

    names: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    layouts: int = 0


def network_of(shape: UNetConfig | DiTConfig) -> UNet | DiT:
    """The network of a configuration."""
    return DiT(shape) if isinstance(shape, DiTConfig) else UNet(shape)


class Denoiser(nn.Module):
    """What is trained together: the network of maps (B, channels, size, size), and what makes its conditions."""

    def __init__(self, config: DiffusionConfig, known: Known, channels: int, size: int):
        super().__init__()
        self.config, self.process = config, config.process
        self.told = Told(config, known.names, known.vocabulary, known.layouts, size)
        shape = config.network(channels, size, **self.told.widths)
        self.network = network_of(shape)
        self.steps = StepSampler(config.process_steps) if config.loss == "vlb" else None

    def forward(self, x: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        return self.network(x, t, cond)

    def loss(self, x0: Tensor, cond: Cond, generator: torch.Generator) -> dict[str, Tensor]:
        """The losses of a training step."""
        return denoising_loss(self.process, self, x0, cond, generator, self.config.loss, self.steps)

    @torch.no_grad()
    def sample(self, cond: Cond, noise: Tensor, guidance: float, steps: int | None = None, generator: torch.Generator | None = None,
               progress: Progress | None = None, clip: float | None = None, push: Denoise | None = None) -> Tensor:  # fmt: skip
        """What noise (B, channels, size, size) becomes under a condition.

        Guided without a classifier, or where ``push`` is one's gradient, which has its scale, by that alone.
        """
        config, told = self.config, counting(progress, "picture")
        steps = min(steps or config.sampling, config.process_steps)
        denoise = guided(
            self,
            cond,
            self.told.nothing(len(noise), noise.device),
            guidance if push is None and cond.keep is None else 1.0,
        )
        if config.sampler == "ddpm":
            return ddpm(denoise, self.process, noise, steps, generator, told, clip, variance=config.variance, push=push)
        denoise = denoise if push is None else pushed(denoise, self.process, push)
        return ddim(denoise, self.process, noise, steps, generator, told, config.eta, clip)

    @torch.no_grad()
    def there_and_back(
        self, x: Tensor, steps: int | None = None, progress: Progress | None = None
    ) -> tuple[Tensor, Tensor]:
        """The noise from which DDIM makes x (1, channels, size, size), told nothing, and what it makes of that again."""
        steps = min(steps or self.config.sampling, self.process.steps)
        denoise = guided(self, self.told.nothing(len(x)), scale=1.0)
        noise = ddim_inverse(denoise, self.process, x, steps, counting(progress, "inversion"), ITERATIONS)
        return noise, ddim(denoise, self.process, noise, steps, callback=counting(progress, "picture"))


class PictureDiffusion(nn.Module):
    """A denoiser in a space of maps (B, channels, side, side); a system says what that space is."""

    system: ClassVar[str]
    clip: ClassVar[float | None] = None  # what samples are held within

    def __init__(self, config: DiffusionConfig, known: Known, channels: int, side: int):
        super().__init__()
        self.config, self.known, self.shape = config, known, (1, channels, side, side)
        self.denoiser = Denoiser(config, known, channels, side)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {"denoiser": self.denoiser}

    def encoded(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, S, S) in [-1, 1] in the space that is diffused."""
        raise NotImplementedError

    def decoded(self, x: Tensor) -> Tensor:
        """The pictures (B, 3, S, S) of what was diffused."""
        raise NotImplementedError

    def pushing(self, request: Request, guidance: float) -> Denoise | None:
        """The gradient that pushes samples, of a system that has one."""
        return None

    def condition(self, request: Request, progress: Progress | None) -> Cond:
        """What the denoiser is told of a request."""
        return self.denoiser.told.asked(request.prompt, progress) if request.prompt else self.denoiser.told.nothing(1)

    @torch.no_grad()
    def generate(self, request: Request, progress: Progress | None = None) -> Pictures:
        """Make a picture of a prompt, or of nothing; of a photograph, what its noise looks like and what is made of that again.

        Of a prompt that becomes another one, both pictures with the maps of their words.
        """
        if request.photo is not None and not self.known.layouts:
            return self.inverted(request, progress)
        if request.becomes:
            return edited(self, request, progress)
        cond, config = self.condition(request, progress), self.config
        guidance = config.guidance if request.guidance is None else request.guidance
        generator = torch.Generator().manual_seed(request.seed)
        noise = torch.randn(self.shape, generator=generator)
        push = self.pushing(request, guidance)
        made = self.denoiser.sample(cond, noise, guidance, request.steps, generator, progress, self.clip, push)
        return Pictures(self.decoded(made).clamp(-1, 1))

    def inverted(self, request: Request, progress: Progress | None = None) -> Pictures:
        """A photograph, the noise that DDIM makes of it, and what it makes of that: side by side."""
        if request.guidance is not None:
            raise BadInput("guidance: is not allowed with a photo here, which is inverted without one")
        assert request.photo is not None
        photo = read_picture(request.photo, self.config.size)
        noise, back = self.denoiser.there_and_back(self.encoded(photo), request.steps, progress)
        return Pictures(torch.cat([photo, self.noise_shown(noise), self.decoded(back).clamp(-1, 1)]), 3)

    def noise_shown(self, noise: Tensor) -> Tensor:
        """Noise (1, C, side, side) as a picture (1, 3, S, S): its first three channels, 3 deviations of them to white."""
        channels = noise[:, :3] if noise.shape[1] >= 3 else noise[:, :1].expand(-1, 3, -1, -1)
        enlarged = nn.functional.interpolate(channels, (self.config.size,) * 2, mode="nearest")
        return (enlarged / NOISE).clamp(-1, 1)


def read_known(folder: Path, config: DiffusionConfig) -> Known:
    """What a saved run says that it has learned of its data; raises BadInput where that is nothing that could be."""
    about, where = read_about(folder), str(Path(folder) / CONFIG)
    names = tuple(checked(about.get("names"), MOST, f"{where}: names"))
    vocabulary = tuple(checked(about.get("vocabulary"), WORDS, f"{where}: vocabulary"))
    layouts = about.get("layouts")
    if type(layouts) is not int or not 0 <= layouts <= IGNORED:
        raise BadInput(f"{where}: layouts is {str(layouts)[:60]}; allowed is a whole number in 0..{IGNORED}")
    if (config.condition == "class") != bool(names):
        raise BadInput(
            f"{where}: names {len(names)} classes with condition {config.condition}; allowed are some with class alone"
        )
    return Known(names, vocabulary, layouts)


def first_noise(shape: tuple[int, ...], count: int, device: torch.device) -> Tensor:
    """Noise that is the same whenever pictures are drawn while a network is trained."""
    generator = torch.Generator().manual_seed(0)
    return noise_like(torch.empty(count, *shape[1:]), generator).to(device)
