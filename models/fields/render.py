"""The volume renderer: emission and absorption along rays through the box [-1, 1]^3."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..core.cameras import Cameras, camera_rays

Field = Callable[[Tensor], tuple[Tensor, Tensor]]  # points (B, N, 3) -> density (B, N) per unit, colour (B, N, K)
CHUNK = 1 << 18  # points that a picture evaluates at a time


class Rendered(NamedTuple):
    """What rays see: colour (B, N, K) over the background, opacity (B, N), depth (B, N) along the ray, 0 where nothing is,
    and of which samples that is the mean: weights (B, N, S) between edges (B, N, S + 1) along the ray."""

    colour: Tensor
    opacity: Tensor
    depth: Tensor
    weights: Tensor
    edges: Tensor


def box_range(origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays (..., 3) enter and leave the box [-1, 1]^3; entry equals exit for a ray that misses."""
    safe = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    a, b = (-1 - origins) / safe, (1 - origins) / safe
    near = torch.minimum(a, b).amax(-1).clamp(min=0)
    far = torch.maximum(a, b).amin(-1)
    return near, torch.maximum(near, far)


def quadrature(density: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (..., S) of samples of a density (..., S) that is constant between edges (..., S + 1), and what passes.

    Exact for such a density: one of constant density gives 1 - exp(-density * length) for any number of samples (Max
    1995, Optical Models for Direct Volume Rendering).
    """
    return absorbed(density * edges.diff(dim=-1))


def absorbed(optical_depths: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (..., S) of samples of optical depths (..., S) one behind the other, and what passes (...)."""
    passed = torch.exp(-torch.cumsum(optical_depths, -1))
    before = torch.cat([torch.ones_like(passed[..., :1]), passed[..., :-1]], -1)
    return before - passed, passed[..., -1]


def importance(edges: Tensor, weights: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Edges (..., S + count + 1) refined where weights (..., S) are, by the inverse of their distribution (NeRF,
    arXiv 2003.08934)."""
    # A little everywhere, and a little of the neighbours: a surface may lie at the border of a sample.
    spread = torch.nn.functional.max_pool1d(weights.flatten(0, -2)[:, None], 3, 1, 1)[:, 0].view_as(weights)
    total = torch.cumsum(spread + 0.01 / weights.shape[-1] + 1e-6, -1)
    total = torch.cat([torch.zeros_like(total[..., :1]), total], -1) / total[..., -1:]
    shape = (*weights.shape[:-1], count)
    jitter = 0.5 if generator is None else torch.rand(shape, generator=generator, device=edges.device)
    at = ((torch.arange(count, device=edges.device) + jitter) / count).expand(shape).contiguous()
    index = torch.searchsorted(total, at, right=True).clamp(1, weights.shape[-1])
    low, high = total.gather(-1, index - 1), total.gather(-1, index)
    start, stop = edges.gather(-1, index - 1), edges.gather(-1, index)
    new = start + (at - low) / (high - low).clamp(min=1e-9) * (stop - start)
    return torch.cat([edges, new], -1).sort(-1).values


def render(
    field: Field,
    origins: Tensor,  # (B, N, 3)
    directions: Tensor,  # (B, N, 3), of length one
    samples: int = 48,
    importance_samples: int = 0,
    background: float | Tensor = 1.0,
    generator: torch.Generator | None = None,
) -> Rendered:
    """Render rays through a field in [-1, 1]^3: ``samples`` even ones, then as many again where something is.

    With a generator the even edges are shifted at random for each ray (stratified), else they are fixed.
    """
    edges = even_edges(origins, directions, samples, generator)
    if importance_samples:
        with torch.no_grad():
            density, _ = _evaluate(field, origins, directions, edges)
            weights, _ = quadrature(density, edges)
            edges = importance(edges, weights, importance_samples, generator)
    density, colour = _evaluate(field, origins, directions, edges)
    return composited(*quadrature(density, edges), edges, colour, background)


def even_edges(origins: Tensor, directions: Tensor, samples: int, generator: torch.Generator | None = None) -> Tensor:
    """Edges (B, N, samples + 1) of samples of one length through the box, those inside shifted where a generator is given."""
    near, far = box_range(origins, directions)
    batch, rays = near.shape
    steps = torch.linspace(0, 1, samples + 1, device=near.device).expand(batch, rays, -1)
    if generator is not None:
        shift = (torch.rand(batch, rays, 1, generator=generator, device=near.device) - 0.5) / samples
        steps = (steps + shift * (steps > 0) * (steps < 1)).clamp(0, 1)
    return near[..., None] + (far - near)[..., None] * steps


def composited(weights: Tensor, passed: Tensor, edges: Tensor, colour: Tensor, background: float | Tensor) -> Rendered:
    """What rays see of samples of colours (B, N, S, K) with weights (B, N, S), before a background that ``passed`` shows."""
    middle = (edges[..., 1:] + edges[..., :-1]) / 2
    total = (weights[..., None] * colour).sum(-2) + passed[..., None] * background
    return Rendered(total, 1 - passed, (weights * middle).sum(-1), weights, edges)


def rendered_normals(outward: Callable[[Tensor], Tensor], origins: Tensor, directions: Tensor, seen: Rendered,
                     graph: bool = False) -> Tensor:  # fmt: skip
    """The mean normal (B, N, 3) of what rays saw, in the world, as long as they were stopped: 0 where nothing is.

    ``outward`` is a number (B, M) at points (B, M, 3) that grows towards the outside: a signed distance, or a density with
    a minus. With ``graph`` the normals have gradients by what it is made of.
    """
    places = along(origins, directions, seen.edges).flatten(1, 2)
    with torch.enable_grad():
        places = places if places.requires_grad else places.requires_grad_()
        (slope,) = torch.autograd.grad(outward(places).sum(), places, create_graph=graph)
    normals = torch.nn.functional.normalize(slope, dim=-1).view(*seen.weights.shape, 3)
    return (seen.weights[..., None] * normals).sum(-2)


def along(origins: Tensor, directions: Tensor, edges: Tensor) -> Tensor:
    """The middles (B, N, S, 3) of samples between edges (B, N, S + 1) along rays (B, N, 3)."""
    middle = (edges[..., 1:] + edges[..., :-1]) / 2
    return origins[..., None, :] + middle[..., None] * directions[..., None, :]


def _evaluate(field: Field, origins: Tensor, directions: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    points = along(origins, directions, edges)
    density, colour = field(points.flatten(1, 2))
    return density.view(points.shape[:3]), colour.view(*points.shape[:3], -1)


@torch.no_grad()
def render_image(field: Field, cameras: Cameras, size: int, samples: int = 48, importance_samples: int = 48,
                 background: float = 1.0) -> Tensor:  # fmt: skip
    """Pictures (V, 3, size, size) in [-1, 1] of one field (of batch 1) from V cameras."""
    origins, directions = camera_rays(cameras, size, size)
    flat = origins.reshape(1, -1, 3), directions.reshape(1, -1, 3)
    chunk = max(CHUNK // (samples + importance_samples), 1)
    parts = [
        render(field, o, d, samples, importance_samples, background).colour
        for o, d in zip(flat[0].split(chunk, 1), flat[1].split(chunk, 1), strict=True)
    ]
    return torch.cat(parts, 1).view(-1, size, size, 3).permute(0, 3, 1, 2) * 2 - 1
