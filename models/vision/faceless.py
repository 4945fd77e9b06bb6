"""Pictures of no face, to learn what to refuse: noise, walls, faces in pieces, upside down, shapes, textures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PIECES = 8  # a face is cut into so many pieces a side


def faceless(faces: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw pictures (count, 3, S, S) in [-1, 1], some of them made of faces (B, 3, S, S) beyond recognition; 8 divides S."""
    device, size = generator.device, faces.shape[-1]
    kinds = (_noise, _wall, _shuffled, _upside_down, _shapes, _clouds, _stripes)
    pick = torch.randint(len(faces), (count,), generator=generator, device=device)
    kind = torch.randint(len(kinds), (count,), generator=generator, device=device).tolist()
    return torch.stack([kinds[k](faces[n], size, generator) for k, n in zip(kind, pick.tolist(), strict=True)])


def _draw(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device) * 2 - 1


def _noise(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    return (_draw(generator, 3, 1, 1) + _draw(generator, 3, size, size)).clamp(-1, 1)


def _wall(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    ramp = torch.linspace(-1, 1, size, device=face.device)
    steep = _draw(generator, 2, 3, 1, 1) * (_draw(generator, 1) > 0)
    return (_draw(generator, 3, 1, 1) + steep[0] * ramp + steep[1] * ramp[:, None]).clamp(-1, 1)


def _shuffled(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    side = size // PIECES
    tiles = F.unfold(face[None], side, stride=side)[0]
    order = torch.randperm(tiles.shape[1], generator=generator, device=face.device)
    return F.fold(tiles[None][..., order], (PIECES * side,) * 2, side, stride=side)[0]


def _upside_down(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    return face.flip(1)


def _shapes(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Plain ellipses and boxes on a plain ground: a head's outline alone is no face."""
    picture = _draw(generator, 3, 1, 1).expand(3, size, size)
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, size, device=face.device)] * 2, indexing="ij")
    for _ in range(int(torch.randint(1, 4, (), generator=generator, device=face.device))):
        cx, cy, w, h, round_ = _draw(generator, 5).tolist()
        dx, dy = ((x - cx * 0.5) / (0.45 + 0.3 * w)).abs(), ((y - cy * 0.5) / (0.45 + 0.3 * h)).abs()
        inside = dx.square() + dy.square() < 1 if round_ > 0 else torch.maximum(dx, dy) < 1
        picture = torch.where(inside, _draw(generator, 3, 1, 1), picture)
    return picture


def _clouds(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Smooth noise of several sizes, as scenery has."""
    picture = _draw(generator, 3, 1, 1).expand(3, size, size)
    for cells in (3, 6, 12, 24):
        layer = _draw(generator, 1, 3, cells, cells)
        picture = picture + F.interpolate(layer, size=(size, size), mode="bicubic")[0] * (2.0 / cells**0.5) * 0.6
    return picture.clamp(-1, 1)


def _stripes(face: Tensor, size: int, generator: torch.Generator) -> Tensor:
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, size, device=face.device)] * 2, indexing="ij")
    a, b, phase = (_draw(generator, 3) * 25).tolist()
    wave = torch.sin(a * x + b * y + phase)
    return (_draw(generator, 3, 1, 1) + _draw(generator, 3, 1, 1) * wave).clamp(-1, 1)
