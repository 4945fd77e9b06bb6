"""Palette: one diffusion that gives pictures colours, fills holes, adds what a crop lost, and mends JPEGs (arXiv 2111.05826)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import load_model, read_trained, save_weights
from ...core.progress import Progress, counting
from ...core.settings import means, plain, require, setting
from ...core.shots import Shots
from ...core.training import seeded
from ...diffusion.conditioning import Cond
from ...diffusion.process import Gaussian, noise_like
from ...diffusion.samplers import ddpm
from ...kinds.picture import Pictures
from ..request import Request
from ..stages import train_stage
from .config import PictureConfig, UNetShape, check_names
from .dataset import Pictures as Learned
from .dataset import read_picture, read_pictures
from .harm import HARMS, Harmed, answered
from .model import network_of
from .training import FEWEST, sheet

SYSTEM = "palette"
ERRORS = ("squared", "absolute")
SHOWN = 4  # pictures that are drawn while it is trained, one of each harm


@dataclass(frozen=True, kw_only=True)
class Config(PictureConfig):
    """Sizes for a processor; published are pictures of 256², 256 channels, a million steps of 1024 pictures."""

    unet: UNetShape = field(
        default_factory=lambda: UNetShape(attention=2), metadata=means("the network's shape where net is unet")
    )
    harms: tuple[str, ...] = setting(tuple(HARMS), f"what it learns to mend: some of {', '.join(HARMS)}")
    error: str = setting("squared", "of the noise: squared, or absolute, which gives less diverse pictures")
    process_steps: int = setting(2000, "steps of the process that it learns from")
    sampling: int = setting(100, "steps of sampling, of 1000, on a schedule of their own", later=True)

    def __post_init__(self):
        super().__post_init__()
        require(self, process_steps=(2, 100_000), sampling=(1, 1000))
        check_names(self, error=ERRORS)
        strange = [name for name in self.harms if name not in HARMS]
        if strange or not self.harms:
            raise BadInput(
                f"harms: {', '.join(strange)[:60] or 'none'} is not allowed; allowed are some of {', '.join(HARMS)}"
            )

    def check(self) -> None:
        """Raise BadInput where fields do not go together."""
        self.network_of(3, 3, self.size, spatial=3)


class Palette(nn.Module):
    """A network that sees what is left of a picture beside the noised one; it is told neither which harm was done nor where."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.process = Gaussian("palette", config.process_steps)
        self.sampling = Gaussian("palette_sampling", 1000)
        self.denoiser = network_of(config.network_of(3, 3, config.size, spatial=3))

    def predicted(self, x: Tensor, t: Tensor, given: Tensor, hole: Tensor) -> Tensor:
        """The noise in x (B, 3, S, S) at steps of training, which may lie between whole ones; what is known has none."""
        return self.denoiser(torch.where(hole, x, given), t, Cond(spatial=given))

    def loss(self, pictures: Tensor, given: Tensor, hole: Tensor, generator: torch.Generator) -> Tensor:
        """The error of the noise where the pictures are to be made."""
        t, noise = self.process.draw(pictures, generator)
        apart = self.predicted(self.process.q_sample(pictures, t, noise), t, given, hole) - noise
        error = apart.square() if self.config.error == "squared" else apart.abs()
        there = hole.expand_as(error)
        return (error * there).flatten(1).sum(1).div(there.flatten(1).sum(1).clamp(min=1)).mean()

    @torch.no_grad()
    def mended(self, given: Tensor, hole: Tensor, generator: torch.Generator, steps: int | None = None,
               progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Pictures (B, 3, S, S) of what is left of them; where there is no hole (B, 1, S, S) they are as given, to the bit.

        The steps of sampling have noise of their own; the network is told the step of training that has as much.
        """
        steps = min(steps or self.config.sampling, self.sampling.steps)

        def denoise(x: Tensor, t: Tensor) -> Tensor:
            step = self.process.step_of(self.sampling.sigma(int(t[0])))
            return self.predicted(x, torch.full((len(x),), step, device=x.device), given, hole)

        def correct(x0: Tensor, last: bool) -> Tensor:
            return torch.where(hole, x0, given)

        noise = noise_like(given, generator)
        made = ddpm(denoise, self.sampling, noise, steps, generator, counting(progress, "picture"), 1.0, correct)
        return torch.where(hole, made, given)

    def generate(self, request: Request, progress: Progress | None = None) -> Pictures:
        """Harm a photograph in each way and mend it: rows of the photograph, what is left, a simple answer, and what is made."""
        assert request.photo is not None, "its row of the catalogue allows photos alone"
        photo = read_picture(request.photo, self.config.size)
        generator = torch.Generator().manual_seed(request.seed)
        done = {name: HARMS[name](photo[0], generator) for name in self.config.harms}
        given, hole = (torch.stack(part) for part in zip(*done.values(), strict=True))
        made = self.mended(given, hole, generator, request.steps, progress)
        return Pictures(
            torch.cat([four(photo[0], name, one, made[i]) for i, (name, one) in enumerate(done.items())]), 4
        )


def four(picture: Tensor, name: str, harmed: Harmed, made: Tensor) -> Tensor:
    """A picture, what is left of it, the simple answer, and what was made: (4, 3, S, S) in [-1, 1]."""
    return torch.stack([picture, harmed.given, answered(name, harmed), made]).clamp(-1, 1)


class PaletteStep:
    """A training step: random pictures, each harmed in a random way."""

    def __init__(self, model: Palette, pictures: Learned):
        self.model, self.pictures, self.config = model, pictures, model.config

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        _, pictures, _ = self.pictures.draw(self.config.batch, self.config.flip, generator)
        which = torch.randint(len(self.config.harms), (len(pictures),), generator=generator, device=generator.device)
        drawn = torch.Generator().manual_seed(
            int(torch.randint(2**62, (), generator=generator, device=generator.device))
        )
        done = [HARMS[self.config.harms[i]](one.cpu(), drawn) for i, one in zip(which.tolist(), pictures, strict=True)]
        given, hole = (torch.stack(part).to(generator.device) for part in zip(*done, strict=True))
        return {"loss": self.model.loss(pictures, given, hole, generator)}

    def draw(self, number: int) -> dict[str, Tensor]:
        """The first pictures, each harmed in another way, what is left, simple answers, and what is made, row by row."""
        device, generator = next(self.model.denoiser.parameters()).device, torch.Generator().manual_seed(0)
        names = [self.config.harms[i % len(self.config.harms)] for i in range(min(SHOWN, len(self.pictures)))]
        shown = self.pictures.shown(torch.arange(len(names)))
        done = [HARMS[name](one, generator) for name, one in zip(names, shown, strict=True)]
        given, hole = (torch.stack(part).to(device) for part in zip(*done, strict=True))
        made = self.model.mended(given, hole, generator).cpu()
        rows = [four(*row) for row in zip(shown, names, done, made, strict=True)]
        return {"mended": sheet(torch.stack(rows, 1).flatten(0, 1), len(names))}


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the frames of the split train and write what ``load`` reads; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    config.check()
    pictures = read_pictures(shots.of("train"), config.size, "nothing")
    if len(pictures) < FEWEST:
        raise BadInput(f"data: holds {len(pictures)} pictures to learn from; allowed are {FEWEST} or more")
    model = seeded(lambda: Palette(config), config.denoiser.seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.requires_grad_(False)
    step = PaletteStep(model, pictures)
    train_stage(model, "denoiser", step, folder, progress, step.draw)
    about = {"system": SYSTEM, "config": plain(config), "data": shots.digest, "pictures": len(pictures)}
    save_weights(folder, {"denoiser": copy.deepcopy(model.denoiser).half()}, about)


def load(folder: Path) -> Palette:
    """Read a trained run; raises BadInput where the folder holds another system or is damaged."""
    config, _ = read_trained(folder, SYSTEM, Config())
    return load_model(folder, SYSTEM, lambda: Palette(config), lambda model: {"denoiser": model.denoiser})
