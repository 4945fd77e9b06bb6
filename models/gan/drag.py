"""Dragging: handles on what a generator made are pulled to targets by changing its latents (DragGAN, arXiv 2305.10973)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput, Unfinished
from ..core.settings import require, setting

Reader = Callable[[Tensor], Tensor]  # places (M, D) to features (M, C)
Look = Callable[[Tensor], Reader]  # latents to what they made, ready to be read at places


@dataclass(frozen=True)
class DragConfig:
    """How to drag; lengths are in units, of which one is a pixel of a picture. Published for 512 px are 3 and 12 around."""

    steps: int = setting(200, "steps at most")
    rate: float = setting(2e-3, "learning rate of Adam; the paper's is 1e-3 for pictures")
    patch: float = setting(3.0, "units around a handle that are moved with it")
    search: float = setting(6.0, "units around a handle within which it is found again")
    finest: float = setting(0.5, "units between the places that are tried there")
    near: float = setting(1.0, "units from its target at which a handle has arrived")
    held: float = setting(10.0, "weight of what must stay as it is")

    def __post_init__(self):
        require(self, steps=(1, 100_000), rate=(0, 10), patch=(0, 64), search=(0.5, 64), finest=(0.05, 4), near=(0.01, 64),
                held=(0, 1e6))  # fmt: skip


class Dragged(NamedTuple):
    """What a drag came to: the latents, where the handles are now (N, D), and the steps that it took."""

    latents: Tensor
    handles: Tensor
    steps: int


def around(radius: float, spacing: float, dimensions: int) -> Tensor:
    """Offsets (P, D) of a lattice of a spacing within a radius, the middle first."""
    most = int(radius / spacing)
    lattice = torch.tensor(list(product(range(-most, most + 1), repeat=dimensions)), dtype=torch.float32) * spacing
    length = lattice.norm(dim=1)
    return lattice[torch.argsort(length, stable=True)][: int((length <= radius + 1e-6).sum())]


def drag(
    look: Look,
    latents: Tensor,
    handles: Tensor,
    targets: Tensor,
    unit: float,
    config: DragConfig = DragConfig(),
    held: Tensor | None = None,
    callback: Callable[[int, int, Tensor], bool | None] | None = None,
) -> Dragged:
    """Latents (any shape) in which handles (N, D) have come to targets (N, D).

    A step makes what is one unit ahead of each handle's surroundings look as these do now, which gets no gradient, and
    what is at places held (K, D) as it did at first. Then each handle is where, within its search, features are nearest
    to its first ones: it is found by them and never moved by hand. ``unit`` is the length of a unit in the places' own.
    ``callback(done, steps, handles)`` may return True to stop with Unfinished. A handle may end short of its target.
    """
    _check(handles, targets)
    patch = around(config.patch, 1.0, handles.shape[1]).to(handles) * unit
    lattice = around(config.search, config.finest, handles.shape[1]).to(handles) * unit
    with torch.no_grad():
        reader = look(latents)
        first, still = reader(handles), None if held is None else reader(held)
    moving = latents.detach().clone().requires_grad_()
    optimiser = torch.optim.Adam([moving], config.rate)
    done = 0
    while done < config.steps:
        away = targets - handles
        distance = away.norm(dim=1, keepdim=True)
        going = distance[:, 0] > config.near * unit
        if not going.any():
            break
        ahead = away[going] / distance[going] * distance[going].clamp(max=unit)
        here = handles[going][:, None] + patch
        reader = look(moving)
        now, then = reader(here.flatten(0, 1)).detach(), reader((here + ahead[:, None]).flatten(0, 1))
        loss = F.l1_loss(then, now)
        if still is not None:
            loss = loss + config.held * F.l1_loss(reader(held), still)
        (moving.grad,) = torch.autograd.grad(loss, moving)
        optimiser.step()
        done += 1
        with torch.no_grad():
            handles = _found(look(moving), handles, first, lattice)
        if callback is not None and callback(done, config.steps, handles):
            raise Unfinished(f"drag: was cancelled after step {done} of {config.steps}")
    return Dragged(moving.detach(), handles, done)


def _found(reader: Reader, handles: Tensor, first: Tensor, lattice: Tensor) -> Tensor:
    """The places (N, D) around handles (N, D) whose features are nearest to their first ones (N, C), in L1."""
    places = handles[:, None] + lattice
    features = reader(places.flatten(0, 1)).unflatten(0, places.shape[:2])
    best = (features - first[:, None]).abs().sum(-1).argmin(1)
    return places[torch.arange(len(handles), device=handles.device), best]


def read_picture(maps: Tensor) -> Reader:
    """The reader of feature maps (1, C, H, W), bilinear at places (M, 2) in pixels, x then y, whose centres end in .5."""
    size = torch.tensor([maps.shape[3], maps.shape[2]]).to(maps)

    def read(places: Tensor) -> Tensor:
        at = (places.to(maps) / size * 2 - 1)[None, None]
        return F.grid_sample(maps, at, padding_mode="border", align_corners=False)[0, :, 0].T

    return read


def _check(handles: Tensor, targets: Tensor) -> None:
    if handles.dim() != 2 or handles.shape != targets.shape or not len(handles):
        raise BadInput(
            f"drag: handles are {tuple(handles.shape)}, targets {tuple(targets.shape)}; allowed are as many of each"
        )
    if not (torch.isfinite(handles).all() and torch.isfinite(targets).all()):
        raise BadInput("drag: handles or targets hold NaN or infinity; allowed are finite numbers")
