"""NFD: triplanes of occupancy by a diffusion of plain channels, without a 3D-aware convolution (arXiv 2211.16677).

Shapes alone, without colour: what a picture shows are shaded normals. Unlike the paper's the denoiser does not learn its
variance, and sizes are for a processor; published are planes of 32 x 128^2, 256 channels, 250 steps of sampling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ..core.cameras import Cameras, orbit
from ..core.checkpoint import load_model, read_trained, save_weights
from ..core.data import HALF, People
from ..core.progress import Progress, counting, staged
from ..core.settings import means, setting
from ..core.trainer import Trainer, TrainerConfig
from ..diffusion.process import Gaussian
from ..diffusion.samplers import ddpm
from ..diffusion.unet import UNet, UNetConfig
from ..fields.export import LEVEL
from ..fields.mesh import Mesh, MeshConfig, extract
from ..fields.occupancy import Inside, OccupancyConfig, as_density, fit_occupancy, hull
from ..fields.shading import shaded_normals
from ..fields.triplane import Decoder, TriplaneField
from ..kinds.avatar import Avatar
from .request import Request

SYSTEM = "nfd"
CLIP = 4.0  # deviations within which a sampled plane is held


@dataclass(frozen=True)
class Config:
    """NFD at a size for a processor."""

    size: int | None = setting(
        None, "px a side of the pictures that outlines are taken from; None leaves them as they are"
    )
    occupancy: OccupancyConfig = field(
        default_factory=OccupancyConfig, metadata=means("how planes are fitted to insides")
    )
    base: int = setting(64, "channels of the denoiser's first level")
    multipliers: tuple[int, ...] = setting((1, 2, 3), "channels of each level, in those of the first")
    blocks: int = setting(2, "residual blocks of a level")
    attention: tuple[int, ...] = setting((8,), "resolutions with attention")
    schedule: str = setting("linear", "noise schedule of the diffusion")
    diffusion_steps: int = setting(1000, "steps of the diffusion process")
    prediction: str = setting("eps", 'as published; "v" learns in far fewer steps what is sampled from pure noise')
    sampling: int = setting(100, "steps", later=True)
    steps: int = setting(20000, "steps of training in all")
    batch: int = setting(8, "samples in a step")
    learning_rate: float = setting(2e-4, "learning rate of AdamW")
    save_every: int = setting(500, "steps between checkpoints")
    picture_every: int = setting(1000, "steps between pictures; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")

    @property
    def unet(self) -> UNetConfig:
        """The denoiser of the three planes' channels one after the other."""
        channels = 3 * self.occupancy.channels
        return UNetConfig(channels, channels, self.base, self.multipliers, self.blocks, self.attention,
                          rollout=False, size=self.occupancy.resolution)  # fmt: skip


class Normalisation(nn.Module):
    """Mean and deviation of each of the stacked channels (3C,), stored with the model."""

    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def measure(self, planes: Tensor) -> None:
        """Take them from planes (N, 3, C, R, R)."""
        deviation, mean = torch.std_mean(planes.flatten(1, 2), (0, 2, 3), correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=1e-4))

    def stack(self, planes: Tensor) -> Tensor:
        """Planes (B, 3, C, R, R) as the diffusion sees them, (B, 3C, R, R)."""
        return (planes.flatten(1, 2) - self.mean.view(-1, 1, 1)) / self.deviation.view(-1, 1, 1)

    def unstack(self, stacked: Tensor) -> Tensor:
        """The diffusion's (B, 3C, R, R) as planes (B, 3, C, R, R)."""
        return (stacked * self.deviation.view(-1, 1, 1) + self.mean.view(-1, 1, 1)).unflatten(1, (3, -1))


class NFD(nn.Module):
    """The denoiser of planes, their normalisation and their decoder; ``half`` is the box's half side in metres."""

    words = frozenset()  # no prompt is understood

    def __init__(self, config: Config, half: float = HALF):
        super().__init__()
        fit = config.occupancy
        self.config, self.half = config, half
        self.denoiser = UNet(config.unet)
        self.decoder = Decoder(fit.channels, fit.width, fit.depth, fit.fourier)
        self.normalisation = Normalisation(3 * fit.channels)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {"denoiser": self.denoiser, "decoder": self.decoder, "normalisation": self.normalisation}

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator, steps: int | None = None,
               callback: Callable | None = None) -> Tensor:  # fmt: skip
        """Planes (count, 3, C, R, R) by ancestral sampling."""
        resolution = self.config.occupancy.resolution
        shape = (count, 3 * self.config.occupancy.channels, resolution, resolution)
        steps = min(steps or self.config.sampling, self.config.diffusion_steps)
        made = ddpm(self.denoiser, process_of(self.config), shape, steps, generator, callback, CLIP)
        return self.normalisation.unstack(made)

    def field(self, planes: Tensor) -> TriplaneField:
        """Planes (B, 3, C, R, R) as a grey field of density whose surface is at ``LEVEL``."""
        return as_density(planes, self.decoder)

    def meshes(self, count: int, generator: torch.Generator, config: MeshConfig | None = None) -> list[Mesh]:
        """Meshes in box units; raises BadInput where one has no surface."""
        config = config or MeshConfig(level=LEVEL, coarse=True)
        return [extract(self.field(planes[None]), config) for planes in self.sample(count, generator)]

    def sample_views(self, count: int, cameras: Cameras, size: int, generator: torch.Generator) -> Tensor:
        """Shaded normals (count, V, 3, size, size) in [-1, 1] of as many shapes."""
        fields = [self.field(planes[None]) for planes in self.sample(count, generator)]
        return torch.stack([shaded_normals(one, cameras, size, LEVEL) for one in fields])

    def generate(self, request: Request, progress: Progress | None = None) -> Avatar:
        """Make one shape as an avatar without colour."""
        generator = torch.Generator().manual_seed(request.seed)
        planes = self.sample(1, generator, request.steps, counting(progress, "planes"))
        return Avatar(planes[0], self.field(planes).decoder, self.half)


def process_of(config: Config) -> Gaussian:
    """The noising of normalised planes."""
    return Gaussian(config.schedule, config.diffusion_steps, config.prediction)


def train(people: People, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the visual hulls of people; goes on from what the folder holds."""
    learn = people.training
    shapes, names = [hull(person) for person in learn], [person.name for person in learn]
    train_shapes(shapes, folder, config or Config(), progress, people.half, names)


def train_shapes(
    shapes: Sequence[Inside],
    folder: Path,
    config: Config,
    progress: Progress | None = None,
    half: float = HALF,
    names: Sequence[str] | None = None,
) -> None:
    """Train on shapes of which points can be asked whether they are inside; goes on from what the folder holds."""
    folder = Path(folder)
    with torch.random.fork_rng([]):
        torch.manual_seed(config.seed)
        model = NFD(config, half)  # first, as it knows what is allowed
    planes, decoder = fit_occupancy(shapes, folder / "fit", config.occupancy, progress, names)
    model.decoder.load_state_dict(decoder.state_dict())
    model.normalisation.measure(planes)
    stacked, process = model.normalisation.stack(planes), process_of(config)

    def step(_: int, generator: torch.Generator) -> dict[str, Tensor]:
        data = stacked.to(generator.device)
        index = torch.randint(len(data), (config.batch,), generator=generator, device=generator.device)
        return {"loss": process.loss(model.denoiser, data[index], None, generator)}

    def pictures(_: int) -> dict[str, Tensor]:
        cameras = orbit(torch.tensor([0.0, 60.0]), torch.tensor([10.0, 10.0]), 4.0, 30.0)
        model.to(trainer.device)
        views = model.sample_views(2, cameras, 64, torch.Generator(trainer.device).manual_seed(config.seed))
        return {"shapes": torch.cat(list(views.flatten(0, 1)), 2) / 2 + 0.5}

    training = TrainerConfig(config.steps, config.learning_rate, save_every=config.save_every,
                             picture_every=config.picture_every, seed=config.seed)  # fmt: skip
    trainer = Trainer(folder / "diffusion", {"denoiser": model.denoiser}, step, training, pictures,
                      staged(progress, "diffusion"))  # fmt: skip
    trainer.run()
    save_weights(
        folder, model.parts() | trainer.ema_modules(), {"system": SYSTEM, "half": half, "config": asdict(config)}
    )


def load(folder: Path) -> NFD:
    """The trained model of a folder; raises BadInput where it is of another system."""
    config, (half,) = read_trained(folder, SYSTEM, Config(), "half")
    return load_model(folder, SYSTEM, lambda: NFD(config, half), NFD.parts)
