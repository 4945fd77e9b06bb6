"""Alternates discriminator and generator: non-saturating loss, lazy regularisers, an averaged generator."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.cameras import pose_vectors
from ..core.posed_views import PosedViews
from ..core.progress import Progress
from ..core.settings import require, setting
from ..core.training import Training
from ..fields.view_generator import ViewGenerator
from .discriminators import blur_at
from .picture_set import PictureSet
from .regularizers import Context, Regularizer
from .style_pictures import StylePictures

REGULARIZERS = 2 << 32  # the first stream of their random numbers; a process's own is its rank
BETAS = 0.0, 0.99  # of Adam, as in StyleGAN2
RISE = 0.05  # the average's half-life is at most this share of the pictures seen so far, as in StyleGAN2


@dataclass(frozen=True)
class AdversarialConfig:
    """How to train against a discriminator, until it saw ``images`` real pictures or ``seconds`` went by."""

    images: int = setting(40_000, "real pictures that are seen in all")
    seconds: float = setting(0.0, "of training in all runs together; 0 is no limit")
    batch: int = setting(8, "samples in a step")
    generator_rate: float = setting(2.5e-3, "learning rate of the generator")
    discriminator_rate: float = setting(2e-3, "learning rate of the discriminator")
    ema_half_life: int = setting(2_000, "pictures after which the averaged generator has forgotten half")
    blur: float = setting(
        0.02, "of the discriminator's input at the start, as a share of the side; EG3D's 10 of 512 px"
    )
    blur_images: int = setting(4_000, "pictures over which the blur fades")
    save_every: int = setting(200, "steps")
    picture_every: int = setting(500, "steps; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")

    def __post_init__(self):
        least = {"images": 0, "seconds": 0, "batch": 2, "generator_rate": 0, "discriminator_rate": 0, "ema_half_life": 0,
                 "blur_images": 0, "save_every": 1, "picture_every": 0, "seed": 0}  # fmt: skip
        require(self, blur=(0, 1), **{name: (low, math.inf) for name, low in least.items()})

    @property
    def steps(self) -> int:
        """Steps in all."""
        return math.ceil(self.images / self.batch)


class AdversarialTrainer(Training):
    """Trains a generator against one discriminator or several (non-saturating, arXiv 1406.2661).

    What it generates is posed pictures, or pictures of which no camera is known: as ``views`` are. Several discriminators
    are told by name, the first is the one whose heads and pose regularisers see; each scores the same pictures, and their
    losses add up.

    A step draws one batch of fakes, teaches the discriminator with it and real pictures, then the generator with the
    same fakes under the discriminator as it now is: one forward pass through the costly half. Regularisers are called as
    ``Regularizer`` says. ``data`` names the data, and must be the same when resuming.
    """

    free = {"images", "seconds", "save_every", "picture_every"}

    def __init__(
        self,
        folder: Path,
        generator: ViewGenerator | StylePictures,
        discriminator: nn.Module | Mapping[str, nn.Module],
        views: PosedViews | PictureSet,
        config: AdversarialConfig,
        regularizers: Sequence[Regularizer] = (),
        saved: Callable[[dict[str, nn.Module]], None] | None = None,
        pictures: Callable[[int], dict[str, Tensor]] | None = None,
        progress: Progress | None = None,
        data: str = "",
    ):
        stateful = {each.name: each for each in regularizers}
        if len(stateful) < len(regularizers):
            raise BadInput(f"regularizers: {', '.join(each.name for each in regularizers)} have names twice")
        networks = dict(discriminator) if isinstance(discriminator, Mapping) else {"discriminator": discriminator}
        if not networks or "generator" in networks:
            raise BadInput(
                f"discriminator: {', '.join(networks) or 'none'} is not allowed; allowed are one or more names but generator"
            )
        super().__init__(folder, {"generator": generator, **networks}, config, ["generator"], stateful,
                         pictures, saved, progress)  # fmt: skip
        self.regularizers, self.data = [each.to(self.device) for each in regularizers], data
        self.generator, self.discriminators = generator, networks
        self.discriminator = next(iter(networks.values()))
        self.views = views.to(self.device)
        judging = [value for network in networks.values() for value in network.parameters()]
        self.of = {
            "generator": torch.optim.Adam(generator.parameters(), config.generator_rate, BETAS),
            "discriminator": torch.optim.Adam(judging, config.discriminator_rate, BETAS),
        }
        self.optimisers = tuple(self.of.values())

    @property
    def images(self) -> int:
        """Real pictures that the discriminator has seen."""
        return self.done * self.config.batch

    def settings(self) -> dict:
        """The config, each regulariser's, and the data's name."""
        regularizers = [{"name": each.name} | each.config for each in self.regularizers]
        return super().settings() | {"regularizers": regularizers, "data": self.data}

    def advance(self) -> dict[str, float]:
        """Teach both networks once; their losses, the discriminator's accuracy and what regularisers added."""
        self._let_learn(True)
        context = self._draw_context()
        side = context.real.shape[-1]
        sigma = blur_at(self.images, self.config.blur * side, self.config.blur_images)
        metrics = self._teach_discriminator(context, sigma)
        self._let_learn(False)
        metrics |= self._teach_generator(context, sigma)
        self._let_learn(True)
        half_life = min(self.config.ema_half_life, RISE * (self.images + self.config.batch))
        self.update_average(0.5 ** (self.config.batch / half_life) if half_life else 0.0)
        if self.workers.count > 1:  # what each process's regularisers found
            for state in (value for each in self.regularizers for value in each.buffers()):
                state.copy_(self.workers.mean(state))
        return metrics

    def _let_learn(self, learning: bool) -> None:
        for network in self.discriminators.values():
            network.requires_grad_(learning)

    def _draw_context(self) -> Context:
        with self.randomness(self.workers.rank) as rng:
            real, real_cameras = self.views.draw(self.config.batch, rng)
            cameras = None if real_cameras is None else self.views.draw(self.config.batch, rng)[1]
            latents = self.generator.draw(self.config.batch, rng).requires_grad_()
            styles = self.generator.styles(latents, cameras, rng)
            fake = self.generator(styles, cameras, self.images, rng)
            real = self.generator.real(real, self.images)
        poses = [None if each is None else pose_vectors(each) for each in (cameras, real_cameras)]
        return Context(
            self.generator, self.discriminator, self.average["generator"], self.done, self.images, latents, styles, cameras,
            *poses, real, fake,
        )  # fmt: skip

    def _teach_discriminator(self, context: Context, sigma: float) -> dict[str, float]:
        for regularizer in self._due():
            regularizer.prepare_discriminator(context)
        context.fake_seen = self._shown(context.fake.detach(), context, "discriminator fake")
        context.real_seen = self._shown(context.real, context, "discriminator real")
        context.fake_outputs, context.more_fake = self._score(context.fake_seen, context.poses, sigma)
        context.real_outputs, context.more_real = self._score(context.real_seen, context.real_poses, sigma)
        fakes = [each["logit"] for each in (context.fake_outputs, *context.more_fake.values())]
        reals = [each["logit"] for each in (context.real_outputs, *context.more_real.values())]
        loss = sum(F.softplus(fake).mean() + F.softplus(-real).mean() for fake, real in zip(fakes, reals, strict=True))
        accuracy = torch.cat([*(real > 0 for real in reals), *(fake < 0 for fake in fakes)]).float().mean()
        return {"discriminator": loss.item(), "accuracy": accuracy.item()} | self._descend(
            "discriminator", loss, context
        )

    def _teach_generator(self, context: Context, sigma: float) -> dict[str, float]:
        for regularizer in self._due():
            regularizer.prepare_generator(context)
        context.fake_seen = self._shown(context.fake, context, "generator fake")
        context.fake_outputs, context.more_fake = self._score(context.fake_seen, context.poses, sigma)
        loss = sum(F.softplus(-each["logit"]).mean() for each in (context.fake_outputs, *context.more_fake.values()))
        return {"loss": loss.item()} | self._descend("generator", loss, context)

    def _shown(self, pictures: Tensor, context: Context, which: str) -> Tensor:
        """What regularisers make of pictures before discriminators see them."""
        for regularizer in self._due():
            with self.randomness(self._stream(f"{which} {regularizer.name}")) as rng:
                pictures = regularizer.shown(pictures, context, rng)
        return pictures

    def _score(self, pictures: Tensor, poses: Tensor | None, sigma: float) -> tuple[dict, dict[str, dict]]:
        """What the first discriminator says of pictures, and each further one by its name."""
        first, *more = ((name, network(pictures, poses, sigma)) for name, network in self.discriminators.items())
        return first[1], dict(more)

    def _stream(self, words: str) -> int:
        return REGULARIZERS + (self.workers.rank << 32) + zlib.crc32(words.encode())

    def _due(self) -> list[Regularizer]:
        return [each for each in self.regularizers if self.done % each.every == 0]

    def _descend(self, network: str, loss: Tensor, context: Context) -> dict[str, float]:
        """Add the due regularisers' losses for a network and take a step of its optimiser; the losses by name."""
        metrics = {}
        for regularizer in self._due():
            with self.randomness(self._stream(f"{network} {regularizer.name}")) as rng:
                extra = getattr(regularizer, f"{network}_loss")(context, rng)
            if extra is not None:
                metrics[f"{network}_{regularizer.name}"] = extra.item()
                loss = loss + regularizer.every * extra
        optimiser = self.of[network]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.descend(optimiser, loss.item(), whose=f"{network}'s ")
        return metrics
