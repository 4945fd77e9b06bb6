"""Occupancy fields: what is inside by its outline in all pictures, and triplanes fitted to insides with one decoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ..core.cameras import project
from ..core.data import Person
from ..core.progress import Progress, staged
from ..core.settings import setting
from ..core.trainer import Trainer, TrainerConfig
from .export import LEVEL
from .fit import new_decoder, new_planes
from .triplane import Decoder, TriplaneField, sample_planes

Inside = Callable[[Tensor], Tensor]  # points (N, 3) in box units to bool (N,)
CHUNK = 1 << 16  # points that are asked for at a time
FINDING = 48  # cells along the box in which the surface is looked for
SPREAD = 0.03  # box units, deviation of points drawn near the surface
AVERAGED = 0.99  # share of the averaged planes and decoder that a step keeps: the rates of learning do not fall
GREY = 0.62  # the colour, sRGB, of what has none


@dataclass(frozen=True)
class OccupancyConfig:
    """How triplanes are fitted to insides; the weights are those of NFD (arXiv 2211.16677)."""

    channels: int = setting(8, "channels of each plane")
    resolution: int = setting(32, "texels a side of the planes")
    width: int = setting(64, "of the decoder's hidden layers")
    depth: int = setting(2, "hidden layers")
    fourier: int = setting(0, "octaves")
    joint: int = setting(500, "shapes that are fitted with the decoder; the others find it frozen")
    steps: int = setting(4000, "steps of training in all")
    shapes: int = setting(8, "in a step")
    points: int = setting(4096, "of each shape in a step")
    pool: int = setting(65536, "of each shape, half of them near its surface")
    plane_rate: float = setting(1e-2, "learning rate of the planes")
    decoder_rate: float = setting(2e-3, "learning rate of the decoder")
    smoothness: float = setting(0.3, "weight of (logit(x) - logit(x + n))^2, n of 0.01 box units")
    variation: float = setting(1e-2, "weight of the planes' total variation")
    magnitude: float = setting(1e-3, "weight of the planes' squares")
    save_every: int = setting(500, "steps between checkpoints")
    seed: int = setting(0, "seed of everything that is drawn")


def hull(person: Person) -> Inside:
    """The visual hull: inside is what every picture that shows the point covers. Concave parts are filled."""
    alpha = person.rgba[:, 3:].float() / 255

    def inside(points: Tensor) -> Tensor:
        pixels, depth = project(person.cameras, points)
        cover = F.grid_sample(alpha, pixels[:, None] * 2 - 1, align_corners=False, padding_mode="border")[:, 0, 0]
        in_view = (depth > 0) & ((pixels >= 0) & (pixels <= 1)).all(-1)
        return ((cover > 0.5) | ~in_view).all(0) & in_view.any(0)

    return inside


def asked(inside: Inside, points: Tensor) -> Tensor:
    """Whether points (N, 3) are inside, in chunks."""
    return torch.cat([inside(part) for part in points.split(CHUNK)])


def grid_points(resolution: int) -> Tensor:
    """The centres (r^3, 3) of the box's cells, x slowest."""
    axis = (torch.arange(resolution) + 0.5) * (2 / resolution) - 1
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def draw_points(inside: Inside, count: int, generator: torch.Generator, name: str = "shape") -> tuple[Tensor, Tensor]:
    """Points (count, 3) of a shape and whether they are inside (count,): half anywhere in the box, half near the surface.

    Raises BadInput where the shape has no inside.
    """
    cells = grid_points(FINDING)
    grid = asked(inside, cells).float().view(1, 1, FINDING, FINDING, FINDING)
    if not grid.any():
        raise BadInput(
            f"{name}: nothing of it is inside the box; allowed are shapes that its pictures show from all around"
        )
    grown, shrunk = F.max_pool3d(grid, 3, 1, 1), -F.max_pool3d(-grid, 3, 1, 1)
    border = cells[(grown > shrunk).flatten()]
    if not len(border):
        border = cells  # the whole box is inside
    near = border[torch.randint(len(border), (count // 2,), generator=generator)]
    near = near + (torch.rand(near.shape, generator=generator) - 0.5) * (2 / FINDING)
    near = near + torch.randn(near.shape, generator=generator) * SPREAD
    anywhere = torch.rand(count - len(near), 3, generator=generator) * 2 - 1
    points = torch.cat([near.clamp(-1, 1), anywhere])
    return points, asked(inside, points)


def logits(planes: Tensor, decoder: Decoder, points: Tensor) -> Tensor:
    """Logits (B, N) of being inside, of planes (B, 3, C, R, R) at points (B, N, 3): the decoder's first output as it is."""
    return decoder.outputs(sample_planes(planes, points))[..., 0]


def as_density(planes: Tensor, decoder: Decoder) -> TriplaneField:
    """The field of planes (B, 3, C, R, R) as a grey one of density, which is ``LEVEL`` where the logit is 0.

    So an occupancy can be rendered, meshed and exported as any other field.
    """
    twin = Decoder(**decoder.config()).to(planes.device)
    twin.load_state_dict(decoder.state_dict())
    with torch.no_grad():
        weight, bias = twin.layers()[-1]
        weight[1:] = 0
        bias[0] += math.log(LEVEL)
        bias[1:] = math.log(GREY / (1 - GREY))
    return TriplaneField(planes, twin.requires_grad_(False))


def roughness(values: Tensor) -> Tensor:
    """The length of values (B, 3, ...) as one vector for each plane, summed over planes, the mean over shapes."""
    return values.flatten(2).norm(dim=2).sum(1).mean()


class Bank(nn.Module):
    """The planes of shapes, each a parameter of its own: a step moves those alone that it saw."""

    def __init__(self, planes: Tensor):
        super().__init__()
        self.planes = nn.ParameterList(planes.unbind(0))

    def forward(self, index: Tensor) -> Tensor:
        return torch.stack([self.planes[i] for i in index.tolist()])


def fit_occupancy(
    shapes: Sequence[Inside],
    folder: Path,
    config: OccupancyConfig,
    progress: Progress | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Tensor, Decoder]:
    """Planes (N, 3, C, R, R) of shapes and their one decoder; resumable.

    The first ``joint`` shapes are fitted with the decoder, then the others with it frozen. Raises BadInput where a shape
    has no inside, and Unfinished where the loss is no number.
    """
    names = names or [f"shape {number}" for number in range(len(shapes))]
    pools = [
        draw_points(inside, config.pool, torch.Generator().manual_seed(config.seed * 1_000_003 + number), name)
        for number, (inside, name) in enumerate(zip(shapes, names, strict=True))
    ]
    decoder = new_decoder(config)
    first = _fit(pools[: config.joint], decoder, True, Path(folder) / "joint", config, progress)
    if len(pools) <= config.joint:
        return first, decoder
    rest = _fit(pools[config.joint :], decoder, False, Path(folder) / "frozen", config, progress)
    return torch.cat([first, rest]), decoder


def _fit(pools, decoder: Decoder, train: bool, folder: Path, config: OccupancyConfig, progress) -> Tensor:
    bank = Bank(new_planes(len(pools), config))
    held: dict[str, Tensor] = {}  # the pool, on the device of the training

    def step(_: int, generator: torch.Generator) -> dict[str, Tensor]:
        device = generator.device
        index = torch.randperm(len(pools), generator=generator, device=device)[: config.shapes]
        pick = torch.randint(config.pool, (len(index), config.points), generator=generator, device=device)
        points, inside = held["points"][index[:, None], pick], held["inside"][index[:, None], pick]
        planes = bank(index)
        near = points + torch.randn(points.shape, generator=generator, device=device) * 0.01
        found, beside = logits(planes, decoder, torch.cat([points, near], 1)).chunk(2, 1)
        losses = {
            "entropy": F.binary_cross_entropy_with_logits(found, inside.float()),
            "smoothness": config.smoothness * (found - beside).square().mean(),
            "variation": config.variation * (roughness(planes.diff(dim=-1)) + roughness(planes.diff(dim=-2))),
            "magnitude": config.magnitude * roughness(planes),
        }
        return {"loss": cast(Tensor, sum(losses.values())), **losses}

    modules: dict[str, nn.Module] = {"planes": bank} | ({"decoder": decoder} if train else {})
    rates = {"planes": config.plane_rate} | ({"decoder": config.decoder_rate} if train else {})
    training = TrainerConfig(
        config.steps, clip=0.0, ema=AVERAGED, save_every=config.save_every, picture_every=0, seed=config.seed
    )
    stage = "insides" if train else "more insides"
    trainer = Trainer(folder, modules, step, training, progress=staged(progress, stage), learning_rates=rates)
    decoder.to(trainer.device).requires_grad_(train)
    held["points"] = torch.stack([points for points, _ in pools]).to(trainer.device)
    held["inside"] = torch.stack([inside for _, inside in pools]).to(trainer.device)
    trainer.run()
    average = trainer.ema_modules()
    if train:
        decoder.load_state_dict(average["decoder"].state_dict())
    decoder.requires_grad_(False).cpu()
    return torch.stack([planes.detach() for planes in cast(Bank, average["planes"]).planes]).cpu()


@torch.no_grad()
def overlap(planes: Tensor, decoder: Decoder, inside: Inside, resolution: int = 64) -> float:
    """Volumetric intersection over union of planes (3, C, R, R) and a shape, at the centres of resolution^3 cells."""
    points = grid_points(resolution)
    found = torch.cat([logits(planes[None], decoder, part[None])[0] > 0 for part in points.split(CHUNK)])
    wanted = asked(inside, points)
    return float((found & wanted).sum() / (found | wanted).sum().clamp(min=1))
