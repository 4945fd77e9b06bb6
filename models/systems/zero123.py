"""Zero-1-to-3: views of a thing from other sides than the one that a picture shows, and the thing itself (arXiv 2303.11328)."""

from __future__ import annotations

import copy
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput, Unfinished
from ..core.cameras import Cameras, orbit
from ..core.checkpoint import load_model, read_trained, save_weights
from ..core.one_thing import fill_of, read_thing
from ..core.progress import Progress, counting, staged
from ..core.settings import require, setting
from ..core.thing_views import ThingViews, rig_of
from ..core.things import Things
from ..core.trainer import Trainer
from ..diffusion.conditioning import Cond, masked
from ..diffusion.guidance import guided
from ..diffusion.process import Gaussian
from ..diffusion.samplers import ddim
from ..diffusion.unet import UNet, UNetConfig
from ..fields.fit import FitConfig, fit, new_decoder, new_planes
from ..fields.mesh import Mesh, MeshConfig, extract
from ..fields.triplane import TriplaneField
from ..kinds.thing import Turned
from ..vision.convolutions import Trunk
from .request import Request
from .trained import TrainedConfig

SYSTEM = "zero123"
POSE = 4  # numbers of a camera beside another
HIDDEN = (
    0.10,
    0.05,
    0.15,
)  # of one number in 0…1: below the first the vector is hidden, between the others the picture
AT_ONCE = 8  # views that are drawn together
RINGS = ((0.0, 0.5), (30.0, 0.5))  # degrees up, and the share of views there, of those that a field is fitted to


@dataclass(frozen=True, kw_only=True)
class Config(TrainedConfig):
    """Sizes for a processor; published are latents of 32^2 of pictures of 256^2, 320 channels, and millions of things."""

    size: int = setting(32, "px a side of the pictures")
    width: int = setting(32, "channels of the first level of the network")
    multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of its levels, in those of the first")
    attention: tuple[int, ...] = setting((8,), "resolutions with attention")
    embedding: int = setting(64, "numbers that are made of the picture as a whole, beside which the camera is told")
    seen: int = setting(16, "channels after the first convolution of what makes them")
    process_steps: int = setting(1000, "steps of the diffusion process")
    learning_rate: float = setting(5e-4, "learning rate of AdamW at its highest; it falls as a cosine")
    guidance: float = setting(3.0, "of views when they are sampled", later=True)
    sampling: int = setting(25, "steps of a view when it is sampled", later=True)
    elevation: float = setting(15.0, "degrees up from which a photograph is taken to be", later=True)
    views: int = setting(16, "that a field is fitted to, the photograph beside them", later=True)
    fit_steps: int = setting(600, "of that fit", later=True)
    grid: int = setting(64, "nodes along the box at which a field's surface is asked for", later=True)
    level: float = setting(3.0, "density per box unit at which a field's surface lies", later=True)
    texture: int = setting(512, "px a side of a mesh's texture", later=True)

    def __post_init__(self):
        super().__post_init__()
        ones = ("width", "embedding", "process_steps", "sampling", "fit_steps")
        require(self, size=(16, 256), seen=(8, 256), elevation=(-80, 80), views=(2, 200), grid=(4, 512), texture=(16, 8192),
                guidance=(0, 100), level=(0.1, 1000), **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        if self.size % 16:
            raise BadInput(f"size: {self.size} is not allowed; allowed are multiples of 16")

    @property
    def unet(self) -> UNetConfig:
        """What draws a view: colours and coverage, beside those of the picture that is given."""
        return UNetConfig(4, 4, self.width, self.multipliers, 1, self.attention, vector=self.embedding + POSE, spatial=4, rollout=False,
                          size=self.size)  # fmt: skip

    @property
    def process(self) -> Gaussian:
        """Its process; the paper predicts eps, v is steadier in short trainings."""
        return Gaussian("cosine", self.process_steps, "v")


def relative_pose(source: Cameras, target: Cameras) -> Tensor:
    """How cameras (B,) around the origin stand to others: (B, 4), as published.

    The polar angle's difference in radians, from the z axis and so downwards; sine and cosine of the azimuth's; the
    distance's in box units. (0, 0, 1, 0) is the same place. What cameras look at and how they roll is left out.
    """
    (polar, azimuth, distance), (theirs, turned, far) = spherical(source), spherical(target)
    return torch.stack([theirs - polar, torch.sin(turned - azimuth), torch.cos(turned - azimuth), far - distance], 1)


def spherical(cameras: Cameras) -> tuple[Tensor, Tensor, Tensor]:
    """Polar angles and azimuths (B,) in radians, and distances (B,), of cameras around the origin."""
    x, y, z = cameras.c2w[:, :3, 3].unbind(-1)
    return torch.atan2(torch.hypot(x, y), z), torch.atan2(x, -y), torch.stack([x, y, z]).norm(dim=0)


def hidden(cond: Cond, share: Tensor) -> Cond:
    """A condition with the vector hidden below a share (B,) of 0.10 and the picture from 0.05 to 0.15: 5 % each way, 5 % both."""
    vector, low, high = HIDDEN
    kept = masked(cond, (share >= vector).float(), ("vec",))
    return masked(kept, ((share < low) | (share >= high)).float(), ("spatial",))


class Seen(NamedTuple):
    """What a field is fitted to: rgba uint8 (V, 4, H, W) and cameras."""

    rgba: Tensor
    cameras: Cameras


class Zero123(nn.Module):
    """The network that draws views and what it is told of a picture; ``half`` is a thing's half side in metres.

    ``distance`` in box units and ``field_of_view`` in degrees are those of the views that it learned from, ``fill`` the share
    of a view's edge that things cover.
    """

    def __init__(self, config: Config, half: float, distance: float, field_of_view: float, fill: float):
        super().__init__()
        self.config, self.half, self.fill = config, half, fill
        self.distance, self.field_of_view = distance, field_of_view
        self.network, self.trunk = UNet(config.unet), Trunk(config.seen)
        self.embed = nn.Linear(4 * config.seen * (config.size // 16) ** 2, config.embedding)

    def parts(self) -> dict[str, nn.Module]:
        """The modules that a checkpoint holds."""
        return {name: getattr(self, name) for name in ("network", "trunk", "embed")}

    def told(self, picture: Tensor, pose: Tensor) -> Cond:
        """What is told of pictures (B, 4, S, S) and of cameras beside theirs (B, 4)."""
        embedded = self.embed(self.trunk(picture[:, :3]).flatten(1))
        return Cond(vec=torch.cat([embedded, pose], 1), spatial=picture)

    @torch.no_grad()
    def turned(self, picture: Tensor, pose: Tensor, seed: int, guidance: float | None = None, steps: int | None = None,
               progress: Progress | None = None) -> Tensor:  # fmt: skip
        """Views (V, 4, S, S) in [-1, 1] of the thing of a picture (4, S, S), from cameras beside its own (V, 4).

        All of them begin with the same noise, which makes them agree more than other noises would.
        """
        config, found = self.config, []
        noise = torch.randn(1, *picture.shape, generator=torch.Generator().manual_seed(seed))
        for part in pose.split(AT_ONCE):
            cond = self.told(picture.expand(len(part), -1, -1, -1), part)
            denoise = guided(self.network, cond, scale=config.guidance if guidance is None else guidance)
            steps_ = min(steps or config.sampling, config.process_steps)
            found.append(ddim(denoise, config.process, noise.expand(len(part), -1, -1, -1), steps_,
                              callback=counting(progress, f"views {len(found) * AT_ONCE + 1} to {len(found) * AT_ONCE + len(part)}"),
                              clip=1.0))  # fmt: skip
        return torch.cat(found)

    def around(self, elevation: float, azimuths: Tensor) -> Cameras:
        """Cameras of the dataset's lens and distance at azimuths (V,) in degrees."""
        return orbit(azimuths, torch.full_like(azimuths, elevation), self.distance, self.field_of_view)

    def fitted(
        self, picture: Tensor, seed: int, guidance: float | None, steps: int | None, progress: Progress | None
    ) -> Mesh:
        """The textured mesh of a field that is fitted to views all around and to the picture (4, S, S) itself."""
        config = self.config
        own = self.around(config.elevation, torch.zeros(1))
        rings = [
            self.around(up, torch.arange(count := max(round(config.views * share), 1)) * (360.0 / count))
            for up, share in RINGS
        ]
        cameras = Cameras(*(torch.cat(parts) for parts in zip(*rings, strict=True)))
        views = self.turned(
            picture, relative_pose(own.pick([0] * len(cameras.c2w)), cameras), seed, guidance, steps, progress
        )
        # The picture is what is known: it counts as much as four of those that are guessed.
        rgba = torch.cat([straight(views), straight(picture[None]).repeat(4, 1, 1, 1)])
        cameras = Cameras(*(torch.cat([a, b.repeat(4, 1, 1)]) for a, b in zip(cameras, own, strict=True)))
        how = FitConfig(channels=8, resolution=32, width=32, steps=config.fit_steps, people=1, rays=256, lowest=0, seed=seed,
                        save_every=config.fit_steps, picture_every=0)  # fmt: skip
        planes, decoder = new_planes(1, how), new_decoder(how)
        with torch.enable_grad():
            fit([Seen(rgba, cameras)], planes, decoder, how, True, None, staged(progress, "fit"))  # type: ignore[list-item]
        try:
            return extract(TriplaneField(planes.detach(), decoder.requires_grad_(False)),
                           MeshConfig(config.grid, level=config.level, keep=0.5, texture=config.texture))  # fmt: skip
        except BadInput as error:
            raise Unfinished(
                f"{SYSTEM}: the views make no thing ({error}); another seed, or a longer training, does"
            ) from None

    def generate(self, request: Request, progress: Progress | None = None) -> Turned:
        """The thing of a photograph as it looks from all sides; its mesh is fitted when it is asked for."""
        assert request.photo is not None  # as the catalogue says
        picture = read_thing(request.photo, self.config.size, self.fill, progress)
        own = self.around(self.config.elevation, torch.zeros(1))

        def views(cameras: Cameras, size: int) -> Tensor:
            pose = relative_pose(own.pick([0] * len(cameras.c2w)), cameras)
            seen = self.turned(picture, pose, request.seed, request.guidance, request.steps, progress)[:, :3]
            return F.interpolate(seen, (size, size), mode="bicubic", align_corners=False).clamp(-1, 1)

        @cache
        def mesh() -> Mesh:
            return self.fitted(picture, request.seed, request.guidance, request.steps, progress)

        return Turned(views, mesh, self.half, self.distance, self.field_of_view)


def straight(pictures: Tensor) -> Tensor:
    """Pictures (V, 4, S, S) in [-1, 1] on white with coverage as uint8 with straight alpha."""
    values = pictures.clamp(-1, 1) / 2 + 0.5
    alpha = values[:, 3:]
    colours = (values[:, :3] - 1 + alpha) / alpha.clamp(min=1 / 255)
    return (torch.cat([colours.clamp(0, 1), alpha], 1) * 255).round().to(torch.uint8)


class Step:
    """A training step: from one view of a thing to another one of it."""

    def __init__(self, model: Zero123, things: Things):
        self.model, self.config = model, model.config
        self.views = ThingViews(things, self.config.size)
        self.cameras = self.views.cameras

    def __call__(self, number: int, generator: torch.Generator) -> dict[str, Tensor]:
        config, device = self.config, generator.device
        who = torch.randint(len(self.views.counts), (config.batch,), generator=generator, device=device)
        first, second = (self.views.index(who, generator) for _ in range(2))
        given, wanted = (self.views.covered(index, device) for index in (first, second))
        pose = relative_pose(self.cameras.pick(first), self.cameras.pick(second)).to(device)
        cond = hidden(self.model.told(given, pose), torch.rand(config.batch, generator=generator, device=device))
        return {"loss": config.process.loss(self.model.network, wanted, cond, generator, "min_snr")}


def train(things: Things, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on pairs of views of things; goes on from what the folder holds."""
    config, folder = config or Config(), Path(folder)
    learn = things.training
    if any(len(thing.rgba) < 2 for thing in learn) or not len(learn):
        raise BadInput("data: holds a thing with one view; allowed are things with 2 or more")
    with torch.random.fork_rng([]):
        torch.manual_seed(config.seed)
        model = Zero123(config, learn.half, *rig_of(learn), fill_of(learn))
    about = {"system": SYSTEM, "config": asdict(config), "data": things.digest}
    about |= {name: getattr(model, name) for name in ("half", "distance", "field_of_view", "fill")}

    step = Step(model, learn)

    def draw(number: int) -> dict[str, Tensor]:
        device = next(model.network.parameters()).device
        given = step.views.covered(step.views.starts[:4], device)
        pose = torch.tensor([[0.0, 1.0, 0.0, 0.0]], device=device).expand(len(given), -1)
        cond = model.told(given, pose)  # a quarter of a turn to the left
        noise = torch.randn(given.shape, device=device)
        made = ddim(guided(model.network, cond, scale=config.guidance), config.process, noise,
                    min(config.sampling, config.process_steps), clip=1.0)  # fmt: skip
        rows = torch.cat([torch.cat(list(part[:, :3]), 2) for part in (given, made)], 1)
        return {"given and turned": rows.cpu().clamp(-1, 1) / 2 + 0.5}

    def saved(averages: dict[str, nn.Module]) -> None:
        save_weights(folder, {name: copy.deepcopy(averages[name]).half() for name in model.parts()}, about)

    Trainer(folder, model.parts(), step, config.training, draw, progress, saved=saved).run()
    if (folder / "config.json").is_file():  # fields that may change later
        trained = load(folder)
        save_weights(folder, {name: part.half() for name, part in trained.parts().items()}, about)


def load(folder: Path) -> Zero123:
    """Read a trained Zero-1-to-3; raises BadInput where the folder holds another system or is damaged."""
    config, numbers = read_trained(folder, SYSTEM, Config(), "half", "distance", "field_of_view", "fill")
    return load_model(folder, SYSTEM, lambda: Zero123(config, *numbers), Zero123.parts)
