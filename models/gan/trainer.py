"""Alternates discriminator and generator: non-saturating loss, lazy regularisers, averaged generator, exact resuming."""

from __future__ import annotations

import copy
import json
import math
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput, Unfinished
from ..core.checkpoint import check_shapes, header_json, open_tensors, weights_of, write_tensors
from ..core.training_log import TrainingLog
from ..core.workers import Workers
from .discriminators import Discriminator, blur_at
from .generators import ViewGenerator, pose_vectors
from .regularizers import Regularizer, Round
from .views import PosedViews

CHECKPOINT = "training.safetensors"
FREE = ("images", "seconds", "save_every", "picture_every")  # what may differ between the runs of one training
PICTURES = 1  # the stream of random numbers for pictures; the step's own is 0, a regulariser's comes from its name


@dataclass(frozen=True)
class AdversarialConfig:
    """How to train against a discriminator, until ``images`` real pictures were shown or ``seconds`` went by."""

    images: int = 40_000
    seconds: float = 0.0  # of training in all runs together; 0 is no limit
    batch: int = 8
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 2e-3
    average: int = 2_000  # pictures after which the averaged generator has forgotten half
    blur: float = 0.02  # of the discriminator's input at the start, as a share of the side; EG3D's 10 of 512 px
    blur_images: int = 4_000  # pictures over which the blur fades
    save_every: int = 200  # steps
    picture_every: int = 500  # steps; 0 draws none
    seed: int = 0

    def __post_init__(self):
        for name, least in (("images", 0), ("batch", 2), ("average", 0), ("save_every", 1), ("picture_every", 0)):
            if getattr(self, name) < least:
                raise BadInput(f"{name}: {getattr(self, name)} is not allowed; allowed is {least} or more")

    @property
    def steps(self) -> int:
        """Steps in all."""
        return math.ceil(self.images / self.batch)


class AdversarialTrainer:
    """Trains a generator of posed pictures against a discriminator (non-saturating, arXiv 1406.2661).

    A step draws one batch of fakes, teaches the discriminator with it and real pictures, then the generator with the
    same fakes under the discriminator as it now is: one forward pass through the costly half. Regularisers are called as
    ``Regularizer`` says. All randomness of a step comes from (config.seed, step), so a training that was stopped goes on
    as if it had not been. ``kept(average, shown)`` is called after each checkpoint; ``pictures(average, generator)``
    returns pictures (3, H, W) in 0…1 by name; ``about`` names the data, and must be the same when resuming.
    """

    def __init__(
        self,
        folder: Path,
        generator: ViewGenerator,
        discriminator: Discriminator,
        views: PosedViews,
        config: AdversarialConfig,
        regularizers: Sequence[Regularizer] = (),
        kept: Callable[[ViewGenerator, int], None] | None = None,
        pictures: Callable[[ViewGenerator, torch.Generator], dict[str, Tensor]] | None = None,
        progress: Callable[[dict], None] | None = None,
        about: str = "",
    ):
        self.folder, self.config, self.regularizers = Path(folder), config, tuple(regularizers)
        self.kept, self.pictures, self.progress, self.about = kept, pictures, progress, about
        self.device = Workers("fp32").device
        self.generator, self.discriminator = generator.to(self.device), discriminator.to(self.device)
        self.views = views.to(self.device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.optimisers = {
            "generator": torch.optim.Adam(self.generator.parameters(), config.generator_rate, (0.0, 0.99)),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), config.discriminator_rate, (0.0, 0.99)),
        }
        self.done, self.spent = 0, 0.0  # steps, seconds

    @property
    def shown(self) -> int:
        """Real pictures that the discriminator has seen."""
        return self.done * self.config.batch

    @property
    def over(self) -> bool:
        """Whether the pictures or the time that the config allows are used up."""
        return self.done >= self.config.steps or 0 < self.config.seconds <= self.spent

    def run(self) -> None:
        """Train until it is over, from the folder's checkpoint if it has one.

        Raises Unfinished where a loss or gradient is not finite, with the last checkpoint left as it is, and BadInput
        where the checkpoint is of other networks or another config.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / CHECKPOINT).is_file():
            self._resume()
        if self.over:
            return
        with TrainingLog(self.folder, self.done, self.config.steps, self.progress, True) as log:
            while not self.over:
                started = time.monotonic()
                log.tell(self.done, self.step())
                self.done += 1
                self.spent += time.monotonic() - started
                last = self.over
                every = self.config.picture_every
                if self.pictures and every and (last or not self.done % every):
                    with self._randomness(PICTURES) as rng:
                        log.show(self.done, self.pictures(self.average, rng))
                if last or not self.done % self.config.save_every:
                    self._save()

    def step(self) -> dict[str, float]:
        """Teach both networks once; what is logged."""
        self.generator.train()
        self.discriminator.train().requires_grad_(True)
        with self._randomness(0) as rng:
            real, real_cameras = self.views.draw(self.config.batch, rng)
            _, cameras = self.views.draw(self.config.batch, rng)
            latents = self.generator.draw(self.config.batch, rng)
            fake = self.generator(latents, cameras, self.shown, rng)
            real = self.generator.real(real, self.shown)
        side = real.shape[-1]
        sigma = blur_at(self.shown, self.config.blur * side, self.config.blur_images)
        step = Round(self.generator, self.discriminator, latents, cameras, pose_vectors(cameras), real, fake)
        told = self._teach_discriminator(step, pose_vectors(real_cameras), sigma)
        self.discriminator.requires_grad_(False)
        told |= self._teach_generator(step, sigma)
        self._update_average()
        return told

    def _teach_discriminator(self, step: Round, real_poses: Tensor, sigma: float) -> dict[str, float]:
        for regularizer in self._due():
            regularizer.before_discriminator(step)
        step.judged_fake = self.discriminator(step.fake.detach(), step.poses, sigma)
        step.judged_real = self.discriminator(step.real, real_poses, sigma)
        fake, real = step.judged_fake["logit"], step.judged_real["logit"]
        loss = F.softplus(fake).mean() + F.softplus(-real).mean()
        right = torch.cat([real > 0, fake < 0]).float().mean()
        told = {"discriminator": loss.item(), "right": right.item()}
        return told | self._descend("discriminator", loss, step)

    def _teach_generator(self, step: Round, sigma: float) -> dict[str, float]:
        for regularizer in self._due():
            regularizer.before_generator(step)
        step.judged_fake = self.discriminator(step.fake, step.poses, sigma)
        loss = F.softplus(-step.judged_fake["logit"]).mean()
        return {"loss": loss.item()} | self._descend("generator", loss, step)

    def _due(self) -> list[Regularizer]:
        return [each for each in self.regularizers if self.done % each.every == 0]

    def _descend(self, who: str, loss: Tensor, step: Round) -> dict[str, float]:
        told = {}
        for regularizer in self._due():
            with self._randomness(1 << 32 | zlib.crc32(f"{who} {regularizer.name}".encode())) as rng:
                extra = getattr(regularizer, f"after_{who}")(step, rng)
            if extra is not None:
                told[f"{who}_{regularizer.name}"] = extra.item()
                loss = loss + regularizer.every * extra
        optimiser = self.optimisers[who]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise Unfinished(f"{self.folder}: the {who}'s loss is {loss.item()}, its gradient {norm.item()} in step "
                             f"{self.done + 1}; the last checkpoint is kept")  # fmt: skip
        optimiser.step()
        return told

    @torch.no_grad()
    def _update_average(self) -> None:
        # As in StyleGAN2: never a longer memory than a twentieth of what was shown.
        memory = min(self.config.average, 0.05 * (self.shown + self.config.batch))
        decay = 0.5 ** (self.config.batch / memory) if memory else 0.0
        for mine, theirs in zip(self.generator.parameters(), self.average.parameters(), strict=True):
            theirs.lerp_(mine, 1 - decay)
        for mine, theirs in zip(self.generator.buffers(), self.average.buffers(), strict=True):
            theirs.copy_(mine)

    @contextmanager
    def _randomness(self, stream: int):
        drawn = np.random.SeedSequence([self.config.seed, self.done, stream]).generate_state(2, np.uint32)
        with self.device:
            yield torch.Generator(self.device).manual_seed(int(drawn[0]) << 31 | int(drawn[1]) >> 1)

    def _weights(self) -> dict[str, Tensor]:
        nets = {"generator": self.generator, "discriminator": self.discriminator, "average": self.average}
        return weights_of(nets)

    def _moments(self) -> dict[str, Tensor]:
        """The optimisers' state by name, made up first where no step was taken."""
        nets, found = {"generator": self.generator, "discriminator": self.discriminator}, {}
        for who, optimiser in self.optimisers.items():
            for name, parameter in nets[who].named_parameters():
                state = optimiser.state[parameter]
                if not state:  # before the first step, or a parameter that no loss has used
                    state |= {"step": torch.tensor(0.0), "exp_avg": torch.zeros_like(parameter),
                              "exp_avg_sq": torch.zeros_like(parameter)}  # fmt: skip
                found |= {f"optimiser.{who}.{name}.{key}": value for key, value in state.items()}
        return found

    def _settings(self) -> dict:
        settings = {name: value for name, value in asdict(self.config).items() if name not in FREE}
        plugs = [{"name": each.name} | vars(each) for each in self.regularizers]
        return json.loads(json.dumps(settings | {"regularizers": plugs, "data": self.about}))

    def _save(self) -> None:
        about = {"step": self.done, "seconds": self.spent, "settings": self._settings()}
        path = self.folder / CHECKPOINT
        write_tensors(path, self._weights() | self._moments(), {"training": json.dumps(about)})
        if self.kept:
            self.kept(self.average, self.shown)

    @torch.no_grad()
    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        with open_tensors(path) as file:
            about = header_json(path, file, "training")
            step, spent, before = about.get("step"), about.get("seconds"), about.get("settings")
            if not isinstance(step, int) or not isinstance(spent, int | float) or not isinstance(before, dict):
                raise BadInput(f"{path}: names no step, seconds and settings; allowed is a checkpoint of this training")
            for name, value in self._settings().items():
                if before.get(name) != value:
                    raise BadInput(f"{path}: was trained with {name} {before.get(name)}, not {value}; allowed is the same, "
                                   "or another folder")  # fmt: skip
            held = self._weights() | self._moments()
            check_shapes(path, file, {name: tuple(value.shape) for name, value in held.items()})
            for name, value in held.items():
                value.copy_(file.get_tensor(name))
        self.done, self.spent = step, float(spent)
