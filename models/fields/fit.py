"""Fits triplanes to pictures of people with one decoder for all, so that planes of any resolution can be decoded."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput, Unfinished
from ..core.checkpoint import check_shapes, header_json, open_tensors, write_tensors
from ..core.data import People, Person, composite, frontal
from ..core.pictures import to_bytes, write_png
from ..core.progress import Progress
from ..core.settings import restored, setting
from ..core.training_log import PICTURES
from .emptiness import EmptySpace, dirt
from .render import render, render_image
from .replay import Replay, ReplayConfig, Together
from .triplane import Decoder, TriplaneField, resize, sample_planes

CHECKPOINT = "fit.safetensors"
SHOWN, SHOWN_SIZE = 4, 64  # people in pictures of a fit, and pixels of each


@dataclass(frozen=True)
class FitConfig:
    """What planes are like and how they are fitted; the stage that shares the decoder is Rodin's first (2212.06135)."""

    channels: int = setting(8, "channels of each plane")
    resolution: int = setting(64, "texels a side of the planes")
    width: int = setting(64, "of the decoder's hidden layers")
    depth: int = setting(2, "hidden layers")
    fourier: int = setting(1, "octaves of Fourier features of the features")
    steps: int = setting(3000, "steps of training in all")
    people: int = setting(8, "in a step")
    rays: int = setting(512, "of each person in a step")
    samples: int = setting(24, "along a ray, evenly")
    importance: int = setting(24, "along a ray, where something is")
    plane_rate: float = setting(2e-2, "learning rate of the planes")
    decoder_rate: float = setting(3e-3, "learning rate of the decoder")
    lowest: int = setting(24, "random scaling goes down to this resolution; 0 leaves it out")
    variation: float = setting(2e-3, "weight of the planes' total variation")
    magnitude: float = setting(1e-3, "weight of the planes' squares")
    smoothness: float = setting(1e-3, "weight of |density(x) - density(x + n)|, n of 0.004 box units")
    silhouette: float = setting(0.1, "weight of the squared error of opacity, which outlines tell", before=0.0)
    emptiness: float = setting(1.0, "weight of what is left where pictures show that nobody is", before=0.0)
    held_out: int = setting(0, "every so many views are kept for measuring; 0 keeps none")
    save_every: int = setting(500, "steps between checkpoints")
    picture_every: int = setting(500, "steps between pictures of the first people; 0 draws none")
    seed: int = setting(0, "seed of everything that is drawn")


class PlaneConfig(Protocol):
    """What planes and their decoder are made of, whatever is fitted with them."""

    @property
    def channels(self) -> int: ...
    @property
    def resolution(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def fourier(self) -> int: ...
    @property
    def seed(self) -> int: ...


class Rays(NamedTuple):
    """Rays of B people: origins and unit directions (B, N, 3), colour (B, N, 3) on ``background`` (B, N, 3), alpha (B, N)."""

    origins: Tensor
    directions: Tensor
    colour: Tensor
    background: Tensor
    alpha: Tensor


class RaySource:
    """Draws rays of one person, most of them where the person is."""

    def __init__(self, person: Person, views: Sequence[int] | None = None, on_person: float = 0.75):
        index = list(range(len(person.rgba))) if views is None else list(views)
        self.rgba = person.rgba[index].permute(0, 2, 3, 1).flatten(0, 2)  # (V * H * W, 4)
        self.height, self.width = person.rgba.shape[2:]
        cameras = person.cameras.pick(index)
        self.origins = cameras.c2w[:, :3, 3]
        self.unproject = cameras.c2w[:, :3, :3] @ torch.linalg.inv(cameras.intrinsics)
        self.covered = (self.rgba[:, 3] > 0).nonzero()[:, 0]
        self.share = on_person if len(self.covered) else 0.0

    def to(self, device: torch.device) -> None:
        """Bring what it draws from to a device."""
        for name in ("rgba", "origins", "unproject", "covered"):
            setattr(self, name, getattr(self, name).to(device))

    def draw(self, count: int, generator: torch.Generator) -> Rays:
        """``count`` rays with a random background each, which asks for the right opacity too."""
        on, device = round(count * self.share), generator.device
        pick = torch.randint(len(self.rgba), (count,), generator=generator, device=device)
        if on:
            pick[:on] = self.covered[torch.randint(len(self.covered), (on,), generator=generator, device=device)]
        return self._through(pick, torch.rand(count, 3, generator=generator, device=device))

    def patch(self, size: int, generator: torch.Generator) -> Rays:
        """The rays of a square of at most ``size`` pixels a side of a view, row by row, on white, about a place of the person."""
        side, device = min(size, self.height, self.width), generator.device
        among = self.covered if len(self.covered) else torch.arange(len(self.rgba), device=device)
        middle = among[torch.randint(len(among), (1,), generator=generator, device=device)]
        view, rest = middle // (self.height * self.width), middle % (self.height * self.width)
        top = (rest // self.width - side // 2).clamp(0, self.height - side)
        left = (rest % self.width - side // 2).clamp(0, self.width - side)
        along = torch.arange(side, device=device)
        pick = ((view * self.height + top + along)[:, None] * self.width + left + along).flatten()
        return self._through(pick, torch.ones(len(pick), 3, device=device))

    def _through(self, pick: Tensor, background: Tensor) -> Rays:
        """The rays through pixels (N,) of all views, with backgrounds (N, 3)."""
        view, rest = pick // (self.height * self.width), pick % (self.height * self.width)
        y, x = (rest // self.width + 0.5) / self.height, (rest % self.width + 0.5) / self.width
        local = torch.stack([x, y, torch.ones_like(x)], -1)
        directions = (self.unproject[view] @ local[..., None])[..., 0]
        colour, alpha = self.rgba[pick].float().div(255).split([3, 1], -1)
        return Rays(self.origins[view], F.normalize(directions, dim=-1),
                    colour * alpha + background * (1 - alpha), background, alpha[:, 0])  # fmt: skip


def draw_rays(sources: Sequence[RaySource], count: int, generator: torch.Generator) -> Rays:
    """``count`` rays of each of several people."""
    return Rays(*map(torch.stack, zip(*(source.draw(count, generator) for source in sources), strict=True)))


def variation(planes: Tensor) -> Tensor:
    """Mean squared difference of neighbouring texels of planes (..., R, R)."""
    return planes.diff(dim=-1).square().mean() + planes.diff(dim=-2).square().mean()


def unevenness(planes: Tensor, decoder: Decoder, points: int, generator: torch.Generator) -> Tensor:
    """Mean |opacity(x) - opacity(x + n)| at random points, n of 0.004 box units; opacity is that of 0.05 box units."""
    at = torch.rand(len(planes), points, 3, generator=generator) * 2 - 1
    near = at + torch.randn(at.shape, generator=generator) * 0.004
    density = decoder(sample_planes(planes, torch.cat([at, near], 1)))[0]
    first, second = (1 - torch.exp(-0.05 * density)).chunk(2, 1)
    return (first - second).abs().mean()


def scaled(planes: Tensor, lowest: int, generator: torch.Generator) -> Tensor:
    """Planes resized to a random lower resolution and back, every second time: the decoder then reads both."""
    resolution = planes.shape[-1]
    if not lowest or lowest >= resolution or torch.rand(1, generator=generator) < 0.5:
        return planes
    lower = int(torch.randint(lowest, resolution, (1,), generator=generator))
    return resize(resize(planes, lower), resolution)


class PlaneAdam:
    """Adam (arXiv 1412.6980) on the planes of the people of a step alone, with a count of steps for each person."""

    def __init__(self, planes: Tensor, betas=(0.9, 0.99)):
        self.planes, self.betas = planes, betas
        self.mean, self.square = torch.zeros_like(planes), torch.zeros_like(planes)
        self.steps = torch.zeros(len(planes))

    @torch.no_grad()
    def step(self, index: Tensor, gradient: Tensor, rate: float) -> None:
        """Move the planes of the people at ``index`` against their gradient, and keep them in [-1, 1]."""
        first, second = self.betas
        self.steps[index] += 1
        count = self.steps[index].view(-1, 1, 1, 1, 1)
        mean = self.mean[index].lerp_(gradient, 1 - first)
        square = self.square[index].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        self.mean[index], self.square[index] = mean, square
        move = (mean / (1 - first**count)) / ((square / (1 - second**count)).sqrt() + 1e-10)
        self.planes[index] = (self.planes[index] - rate * move).clamp_(-1, 1)

    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint needs."""
        return {"plane_mean": self.mean, "plane_square": self.square, "plane_steps": self.steps}


def photometric(planes: Tensor, decoder: Decoder, rays: Rays, config: FitConfig, generator: torch.Generator) -> Tensor:
    """Mean squared error (B,) of the colours of rays through planes (B, 3, C, R, R), and of their opacity as the config weighs it."""
    field = TriplaneField(planes, decoder)
    seen = render(field, rays.origins, rays.directions, config.samples, config.importance, rays.background, generator)
    colours = (seen.colour - rays.colour).square().mean((1, 2))
    if not config.silhouette:
        return colours
    return colours + config.silhouette * (seen.opacity - rays.alpha).square().mean(1)


def new_decoder(config: PlaneConfig) -> Decoder:
    """A decoder of nearly empty space."""
    with torch.random.fork_rng([]):
        torch.manual_seed(config.seed)
        decoder = Decoder(config.channels, config.width, config.depth, config.fourier)
    with torch.no_grad():
        _, bias = decoder.layers()[-1]
        bias[0] = -2.0
    return decoder


def new_planes(count: int, config: PlaneConfig) -> Tensor:
    """Planes (count, 3, C, R, R) that all start the same, so that a channel means the same for everybody."""
    generator = torch.Generator().manual_seed(config.seed)
    coarse = torch.randn(1, 3, config.channels, 8, 8, generator=generator) * 0.1
    return resize(coarse, config.resolution).repeat(count, 1, 1, 1, 1)


def fit(
    people: Sequence[Person],
    planes: Tensor,  # (N, 3, C, R, R), changed in place
    decoder: Decoder,
    config: FitConfig,
    train_decoder: bool = True,
    folder: Path | None = None,
    progress: Progress | None = None,
    order: Together | None = None,
) -> None:
    """Fit planes, and the decoder unless it is frozen; with a folder it is saved there and goes on from what is there.

    ``order`` says who is fitted in which step, at which rates; all together where it is not given. Raises Unfinished, with the last good state kept, where the loss is no number.
    """
    views = [_kept(len(person.rgba), config.held_out) for person in people]
    sources = [RaySource(person, kept) for person, kept in zip(people, views, strict=True)]
    empty = [EmptySpace(person, kept) for person, kept in zip(people, views, strict=True)] if config.emptiness else []
    moments = PlaneAdam(planes)
    optimiser = torch.optim.Adam(decoder.parameters(), lr=config.decoder_rate, betas=(0.9, 0.99))
    order = order or Together(len(sources), config.people, config.steps)
    start = _restore(folder, planes, moments, decoder, optimiser, config, order) if folder else 0
    for parameter in decoder.parameters():
        parameter.requires_grad_(train_decoder)
    for number in range(start, config.steps):
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + number)
        plane_share, decoder_share = order.rates(number)
        index = order.who(number, generator)
        rays = draw_rays([sources[i] for i in index], config.rays, generator)
        chosen = planes[index].requires_grad_()
        seen = scaled(chosen, config.lowest, generator)
        error = photometric(seen, decoder, rays, config, generator)
        loss = error.sum() + len(index) * (
            config.variation * variation(chosen)
            + config.magnitude * chosen.square().mean()
            + config.smoothness * unevenness(seen, decoder, 1024, generator)
        )
        if config.emptiness:
            spaces = [empty[i] for i in index]
            loss = loss + len(index) * config.emptiness * dirt(seen, decoder, spaces, 1024, generator)
        if not torch.isfinite(loss):
            raise Unfinished(f"step {number} of the fit: the loss is {loss.item()}; the last saved state is kept")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        moments.step(index, cast(Tensor, chosen.grad), config.plane_rate * plane_share)
        if train_decoder:
            for group in optimiser.param_groups:
                group["lr"] = config.decoder_rate * decoder_share
            order.before(number, decoder)
            optimiser.step()
            order.after(number, decoder)
        if progress and (number % 20 == 0 or number + 1 == config.steps):
            progress({"stage": "fit", "done": number + 1, "total": config.steps, "mse": error.detach().mean().item()})
        last = number + 1 == config.steps
        if folder and config.picture_every and (last or (number + 1) % config.picture_every == 0):
            _show(folder, number + 1, people, planes, decoder)
        if folder and ((number + 1) % config.save_every == 0 or number + 1 == config.steps):
            _save(folder, number + 1, planes, moments, decoder, optimiser, config, order)


@torch.no_grad()
def _show(folder: Path, step: int, people: Sequence[Person], planes: Tensor, decoder: Decoder) -> None:
    """Write what is fitted of the first people, and below it what was seen, as a picture."""
    made, true = [], []
    for person, own in zip(people[:SHOWN], planes, strict=False):
        view = frontal(person, 180.0)[:1]
        made.append(render_image(TriplaneField(own[None], decoder), person.cameras.pick(view), SHOWN_SIZE, 24, 16)[0])
        true.append(F.interpolate(composite(person.rgba[view]), (SHOWN_SIZE, SHOWN_SIZE), mode="area")[0])
    picture = to_bytes(torch.cat([torch.cat(made, 2), torch.cat(true, 2)], 1))
    (folder / PICTURES).mkdir(parents=True, exist_ok=True)
    write_png(folder / PICTURES / f"people_{step:06d}.png", picture)


def _kept(count: int, held_out: int) -> list[int]:
    return [view for view in range(count) if not held_out or view % held_out != held_out // 2]


def held_out_views(count: int, config: FitConfig) -> list[int]:
    """The views of ``count`` that a fit does not see."""
    return sorted(set(range(count)) - set(_kept(count, config.held_out)))


def _state(planes: Tensor, moments: PlaneAdam, decoder: Decoder, optimiser: torch.optim.Optimizer,
           order: Together) -> dict[str, Tensor]:  # fmt: skip
    """Everything that a checkpoint holds."""
    tensors = {"planes": planes, **moments.state(), **order.state()}
    tensors |= {f"decoder.{name}": value for name, value in decoder.state_dict().items()}
    for index, parameter in enumerate(decoder.parameters()):
        tensors |= {f"adam.{index}.{name}": value for name, value in optimiser.state.get(parameter, {}).items()}
    return {name: value.detach() for name, value in tensors.items()}


def _save(folder: Path, step: int, planes, moments, decoder, optimiser, config: FitConfig, order: Together) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {"step": str(step), "config": json.dumps(asdict(config)), "order": order.about}
    write_tensors(folder / CHECKPOINT, _state(planes, moments, decoder, optimiser, order), about)


def steps_done(folder: Path) -> int:
    """How many steps of the fit that is saved in a folder are done; 0 where there is none."""
    if not (folder / CHECKPOINT).is_file():
        return 0
    with open_tensors(folder / CHECKPOINT) as file:
        return _step_of(folder / CHECKPOINT, file)


def _step_of(path: Path, file) -> int:
    step = (file.metadata() or {}).get("step", "")
    if not re.fullmatch("[0-9]{1,15}", step):
        raise BadInput(f"{path}: names no step; allowed is what a fit has saved")
    return int(step)


@torch.no_grad()
def _restore(folder: Path, planes, moments, decoder, optimiser, config: FitConfig, order: Together) -> int:
    path = folder / CHECKPOINT
    if not path.is_file():
        return 0
    with open_tensors(path) as file:
        before, step = restored(config, header_json(path, file, "config")), _step_of(path, file)
        free = {"steps": 0, "save_every": 0, "picture_every": 0}
        same_order = (file.metadata() or {}).get("order", "") == order.about
        if not same_order or replace(before, **free) != replace(config, **free):
            raise BadInput(f"{path}: was fitted with another configuration; allowed is the same, or a new folder")
        for index, parameter in enumerate(decoder.parameters()):
            if f"adam.{index}.step" in file.keys():  # a frozen decoder has no moments
                zeros = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
                optimiser.state[parameter] = {"step": torch.tensor(0.0)} | zeros
        held = _state(planes, moments, decoder, optimiser, order)
        check_shapes(path, file, {name: tuple(value.shape) for name, value in held.items()})
        for name, value in held.items():
            value.copy_(file.get_tensor(name))
    return step


class Fitted(NamedTuple):
    """What a finished fit left: planes (N, 3, C, R, R), the shared decoder, its configuration."""

    planes: Tensor
    decoder: Decoder
    config: FitConfig


def fit_people(people: People, folder: Path, config: FitConfig, progress: Progress | None = None,
               replay: ReplayConfig | None = None) -> Fitted:  # fmt: skip
    """Fit everybody with one decoder, resumable, in visits where ``replay`` says how; a finished fit is read."""
    planes, decoder = new_planes(len(people), config), new_decoder(config)
    order = Replay(len(people), config.people, config.steps, config.seed, replay, decoder) if replay else None
    fit(people.people, planes, decoder, config, folder=folder, progress=progress, order=order)
    return Fitted(planes, decoder, config)


@torch.no_grad()
def held_out_psnr(person: Person, planes: Tensor, decoder: Decoder, views: Sequence[int], samples: int = 48) -> float:
    """PSNR in dB of views of a person on white, rendered from planes (3, C, R, R)."""
    pictures = render_image(TriplaneField(planes[None], decoder), person.cameras.pick(list(views)), person.rgba.shape[-1],
                            samples, samples)  # fmt: skip
    error = ((pictures - composite(person.rgba[list(views)])) / 2).square().mean()
    return float(-10 * torch.log10(error))
