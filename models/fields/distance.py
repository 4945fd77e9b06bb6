"""Signed distances in the volume renderer: weights that have their peak where the surface is (NeuS, arXiv 2106.10689)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .render import Rendered, absorbed, along, composited, even_edges, importance


def distance_weights(distances: Tensor, sharpness: float | Tensor) -> tuple[Tensor, Tensor]:
    """Weights (..., S) of samples between whose edges a signed distance is (..., S + 1), and what passes (...).

    A sample stops the share max(1 - P(f_next) / P(f), 0) of the light, P(f) = 1 / (1 + exp(-sharpness f)): without bias
    where one surface is crossed, and a nearer one hides what is behind it. Where the distance only falls, what passes is
    P(f_last) / P(f_first), whatever is between. Computed by logarithms, so that nothing is lost deep inside.
    """
    falls = F.logsigmoid(sharpness * distances).diff(dim=-1)
    return absorbed(-falls.clamp(max=0))


def render_distance(
    distance: Callable[[Tensor], Tensor],  # points (B, M, 3) to a signed distance (B, M), negative inside
    colour: Callable[[Tensor], Tensor],  # points (B, M, 3) to (B, M, K)
    origins: Tensor,  # (B, N, 3)
    directions: Tensor,  # (B, N, 3), of length one
    sharpness: float | Tensor,
    samples: int = 48,
    importance_samples: int = 0,
    background: float | Tensor = 1.0,
    generator: torch.Generator | None = None,
) -> Rendered:
    """Render rays through a surface in [-1, 1]^3: ``samples`` even ones, then as many again where the surface is.

    ``sharpness`` is per box unit; the surface is soft over a few times its inverse.
    """

    def at_edges(edges: Tensor) -> Tensor:
        points = origins[..., None, :] + edges[..., None] * directions[..., None, :]
        return distance(points.flatten(1, 2)).view(edges.shape)

    edges = even_edges(origins, directions, samples, generator)
    if importance_samples:
        with torch.no_grad():
            weights, _ = distance_weights(at_edges(edges), sharpness)
            edges = importance(edges, weights, importance_samples, generator)
    weights, passed = distance_weights(at_edges(edges), sharpness)
    points = along(origins, directions, edges)
    colours = colour(points.flatten(1, 2)).view(*points.shape[:3], -1)
    return composited(weights, passed, edges, colours, background)
