"""The auto-encoder that Rodin compares with: portrait to triplane to other views; a Gaussian of its codes is sampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.cameras import Cameras
from ..core.checkpoint import save_weights
from ..core.data import People, Person, composite, frontal
from ..core.features import enl0
from ..core.losses import perceptual_loss
from ..core.posed_views import PosedViews
from ..core.progress import Progress
from ..core.settings import require, require_powers_of_two, setting
from ..core.style_layers import EqualConv, EqualLinear, leaky, resize
from ..core.trainer import Trainer, TrainerConfig
from ..core.training import seeded
from ..fields.synthesis import TriplaneSynthesis, widths
from ..fields.triplane import Decoder, TriplaneField
from ..fields.view_generator import Scene, ViewGenerator, feature_picture, load_view_generator, sheet

SYSTEM = "auto_encoder"


@dataclass(frozen=True)
class Config:
    """The auto-encoder at a size for a processor; ``images`` is the number of pictures that it is asked for."""

    images: int = setting(40_000, "real pictures that are seen in all")
    seconds: float = setting(0.0, "of training in all runs together; 0 is no limit")
    batch: int = setting(8, "samples in a step")
    rate: float = setting(2e-3, "learning rate")
    size: int = setting(32, "px a side of the pictures")
    code: int = setting(64, "numbers of a code")
    style: int = setting(64, "numbers of a style")
    channels: int = setting(8, "channels of each plane")
    planes: int = setting(32, "texels a side of the planes")
    decoder: int = setting(32, "width of the decoder's hidden layer")
    samples: int = setting(20, "samples along a ray")
    narrowest: int = setting(24, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    perceptual: float = setting(0.05, "weight of the perceptual loss")
    perceptual_every: int = setting(4, "steps; its weight is then as many times higher")
    magnitude: float = setting(1e-3, "weight of the codes' mean square, which keeps the Gaussian near where codes are")
    save_every: int = setting(200, "steps between checkpoints")
    picture_every: int = setting(500, "steps between pictures; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")

    def __post_init__(self):
        ones = (
            "batch",
            "code",
            "style",
            "channels",
            "decoder",
            "samples",
            "narrowest",
            "widest",
            "perceptual_every",
            "save_every",
        )
        rest = ("images", "seconds", "rate", "perceptual", "magnitude", "picture_every", "seed")
        require(self, size=(4, 1024), planes=(4, 1024), **dict.fromkeys(ones, (1, math.inf)),
                **dict.fromkeys(rest, (0, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size", "planes")

    @property
    def steps(self) -> int:
        """Steps in all."""
        return math.ceil(self.images / self.batch)


class PortraitEncoder(nn.Module):
    """Pictures (B, 3, size, size) in [-1, 1] to codes (B, D): residual blocks, each half the size of the one before."""

    def __init__(self, size: int, code: int, narrowest: int, widest: int):
        super().__init__()
        channels = widths(size, narrowest, widest)
        order = [channels[side] for side in sorted(channels, reverse=True)]
        self.enter = EqualConv(3, order[0])
        self.main = nn.ModuleList(EqualConv(a, b) for a, b in zip(order, order[1:], strict=False))
        self.skip = nn.ModuleList(EqualConv(a, b, 1, bias=False) for a, b in zip(order, order[1:], strict=False))
        self.out = EqualLinear(order[-1] * 16, code)

    def forward(self, pictures: Tensor) -> Tensor:
        values = leaky(self.enter(pictures))
        for main, skip in zip(self.main, self.skip, strict=True):
            values = (F.avg_pool2d(leaky(main(values)), 2) + skip(F.avg_pool2d(values, 2))) / math.sqrt(2)
        return self.out(values.flatten(1))


class AutoEncoder(ViewGenerator):
    """Portraits to codes to planes, which the decoder of all avatars reads; a latent is a draw of the codes' Gaussian."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.latent = config, config.code
        self.encoder = PortraitEncoder(config.size, config.code, config.narrowest, config.widest)
        self.style = EqualLinear(config.code, config.style)
        self.synthesis = TriplaneSynthesis(
            config.channels, config.planes, config.style, config.narrowest, config.widest
        )
        self.decoder = Decoder(config.channels, config.decoder, 1)
        self.register_buffer("mean", torch.zeros(config.code))
        self.register_buffer("factor", torch.eye(config.code))  # its product with its transpose is the covariance

    def encode(self, portraits: Tensor) -> Tensor:
        """Codes (B, D) of frontal pictures (B, 3, H, W) in [-1, 1]."""
        return self.encoder(resize(portraits, self.config.size))

    def planes(self, codes: Tensor) -> Tensor:
        """Feature planes (B, 3, C, R, R) of codes."""
        return self.synthesis(leaky(self.style(codes)))

    def field(self, codes: Tensor) -> TriplaneField:
        """The field of people."""
        return TriplaneField(self.planes(codes), self.decoder)

    def view(self, codes: Tensor, cameras: Cameras, size: int, rng: torch.Generator | None = None) -> Tensor:
        """Pictures (B, 3, size, size) in [-1, 1] of B codes through B cameras."""
        return feature_picture(self.field(codes), cameras, size, self.config.samples, 1.0, rng) * 2 - 1

    def scene(self, latents: Tensor) -> Scene:
        field = self.field(latents)
        return lambda cameras, size: feature_picture(field, cameras, size, self.config.samples) * 2 - 1

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Codes (count, D) of the Gaussian that was fitted to those of the people."""
        return self.mean + super().draw(count, generator) @ self.factor.T

    @torch.no_grad()
    def fit_codes(self, codes: Tensor) -> None:
        """Take the mean and covariance of codes (N, D)."""
        apart = codes - codes.mean(0)
        covariance = apart.T @ apart / max(len(codes) - 1, 1)
        values, vectors = torch.linalg.eigh(covariance)
        self.mean.copy_(codes.mean(0))
        self.factor.copy_(vectors * values.clamp(min=0).sqrt())


class Portraits(PosedViews):
    """All views of all people, and which of them are portraits: those that ``frontal`` gives, or else the nearest."""

    def __init__(self, people: Sequence[Person], size: int):
        super().__init__(people, size)
        found = [frontal(person) for person in people]
        self.portraits = [
            start + (own if len(own) else frontal(person, limit=360.0)[:1])
            for person, own, start in zip(people, found, self.starts.tolist(), strict=True)
        ]

    def best(self) -> Tensor:
        """The portrait (N, 3, H, W) of each person that is nearest to straight ahead."""
        return composite(self.rgba[torch.stack([own[0] for own in self.portraits]).to(self.rgba.device)])

    def pairs(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Cameras]:
        """Portraits (count, 3, H, W), another view of the same person each, and its camera."""
        device = generator.device
        person = torch.randint(len(self.counts), (count,), generator=generator, device=device)
        chance = torch.rand(2, count, generator=generator, device=device).tolist()
        entry = [
            self.portraits[p][int(c * len(self.portraits[p]))] for p, c in zip(person.tolist(), chance[0], strict=True)
        ]
        portrait = torch.stack(entry).to(device)
        counts, first = self.counts[person], self.starts[person]
        # Any view but the portrait: one step or more further around the person's views.
        further = 1 + (torch.tensor(chance[1], device=device) * (counts - 1)).long()
        other = first + (portrait - first + further) % counts
        return composite(self.rgba[portrait]), composite(self.rgba[other]), self.cameras.pick(other)


def train(people: People, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on pairs of a portrait and another view; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    views = Portraits(people.training, config.size)
    if int(views.counts.min()) < 2:
        raise BadInput("people: somebody has one view; allowed are two or more")
    model = seeded(lambda: AutoEncoder(config), config.seed)
    net = enl0() if config.perceptual else None

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        views.to(generator.device)
        portrait, target, cameras = views.pairs(config.batch, generator)
        codes = model.encode(portrait)
        seen = model.view(codes, cameras, config.size, generator)
        squared, size = (seen - target).square().mean(), codes.square().mean()
        losses = {"loss": squared + config.magnitude * size, "squared": squared, "code": size}
        if net is not None and number % config.perceptual_every == 0:
            losses["perceptual"] = perceptual_loss(seen, target, net.to(generator.device))
            losses["loss"] = losses["loss"] + config.perceptual * config.perceptual_every * losses["perceptual"]
        return losses

    some = people[0].cameras.pick(torch.linspace(0, len(people[0].rgba) - 1, 3).long())

    def pictures(number: int) -> dict[str, Tensor]:
        device = model.mean.device
        model.fit_codes(model.encode(views.best()))
        cameras, rng = Cameras(*(part.to(device) for part in some)), torch.Generator(device).manual_seed(config.seed)
        return {"people": sheet(model, cameras, config.size, rng)}

    settings = TrainerConfig(config.steps, config.rate, warmup=20, ema=0.995, save_every=config.save_every,
                             picture_every=config.picture_every, seed=config.seed, seconds=config.seconds)  # fmt: skip
    trainer = Trainer(folder, {"model": model}, step, settings, pictures, progress)
    trainer.run()
    average = trainer.ema_modules()["model"]
    with torch.no_grad():
        average.fit_codes(average.encode(views.best()))
    about = {
        "config": asdict(config),
        "half": people.half,
        "data": people.digest,
        "images": trainer.done * config.batch,
    }
    save_weights(folder, {"model": average}, {"system": SYSTEM} | about)


def load(folder: Path) -> AutoEncoder:
    """The trained auto-encoder of a folder; raises BadInput where the folder is of another system."""
    return load_view_generator(SYSTEM, folder, Config, AutoEncoder)
