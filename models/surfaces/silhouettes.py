"""Soft silhouettes: the edges where a surface ends cover their pixels in part, with a gradient by their place."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..core.cameras import Cameras
from .rasterise import NEAR, Seen, boxes, in_front_of


class Edges(NamedTuple):
    """A mesh's edges: their ends (E, 2), the faces (E, 2) at both sides, the second -1 where the surface ends, and the
    first face's third corner (E,)."""

    ends: Tensor
    sides: Tensor
    third: Tensor


def edges_of(faces: Tensor) -> Edges:
    """The edges of faces (K, 3), each once; where more than two faces meet in one, two of them count."""
    ends = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    third = torch.cat([faces[:, 2], faces[:, 0], faces[:, 1]])
    owner = torch.arange(len(faces), device=faces.device).repeat(3)
    ends, which = torch.unique(ends.sort(1).values, dim=0, return_inverse=True)
    order = torch.arange(len(which), device=faces.device)
    first = torch.full((len(ends),), len(which), device=faces.device).scatter_reduce(0, which, order, "amin")
    last = torch.full((len(ends),), -1, device=faces.device).scatter_reduce(0, which, order, "amax")
    second = torch.where(last > first, owner[last], -1)
    return Edges(ends, torch.stack([owner[first], second], 1), third[first])


def softened(picture: Tensor, seen: Seen, cameras: Cameras, vertices: Tensor, faces: Tensor) -> Tensor:
    """Pictures (V, C, H, W) of what was ``seen``, in which pixels at silhouettes are covered by shares.

    A silhouette is an edge between a face towards the camera and one away from it, or where the surface ends. One that is
    steeper than 45 degrees is looked at in every row: between two neighbours it divides the way by its place, and the one
    that it comes nearer to than halfway takes as much of the other's colour. Flat ones are in every column. So the sum
    over a row follows the edge, and the gradient of a rendered area is that of the area (after Laine et al. 2020,
    arXiv 2011.03277, who ask the faces of neighbours instead).
    """
    local, edges = in_front_of(cameras, vertices), edges_of(faces)
    return torch.stack([
        _softened_view(picture[v], seen.depth[v].detach(), local[v], cameras.intrinsics[v], faces, edges)
        for v in range(len(picture))
    ])  # fmt: skip


def _softened_view(picture: Tensor, depth: Tensor, local: Tensor, intrinsics: Tensor, faces: Tensor, edges: Edges):
    height, width = picture.shape[1:]
    size = local.new_tensor([width, height])
    image = local @ intrinsics.T
    at = image[:, :2] / image[:, 2:].clamp(min=NEAR) * size - 0.5  # px, whole at pixels' centres
    outline = _outline(local.detach(), faces, edges)
    far = torch.where(depth > 0, depth, torch.inf).flatten()
    flat = picture.flatten(1)
    change = torch.zeros_like(flat)
    for along, across in ((1, 0), (0, 1)):  # steep edges row by row, then flat ones column by column
        target, source, share = _crossings(at, local[:, 2], edges, outline, far, (width, height), along, across)
        change = change.index_add(1, target, share * (flat[:, source] - flat[:, target]))
    return (flat + change).view_as(picture)


def _outline(local: Tensor, faces: Tensor, edges: Edges) -> Tensor:
    """The numbers of the edges that are silhouettes from where the camera is, and wholly before it."""
    a, b, c = local[faces].unbind(1)
    facing = (torch.linalg.cross(b - a, c - a) * a).sum(-1) > 0
    two = edges.sides[:, 1] >= 0
    turns = facing[edges.sides[:, 0]] != facing[edges.sides[:, 1].clamp(min=0)]
    before = (local[edges.ends][..., 2] > NEAR).all(1) & (local[edges.third][:, 2] > NEAR)
    return ((turns | ~two) & before).nonzero()[:, 0]


def _crossings(at, z, edges: Edges, outline: Tensor, far: Tensor, size: tuple[int, int], along: int, across: int):
    """Pixels (M,), the neighbours (M,) whose colour they take, and how much of it (M,), with its gradient."""
    fixed, ends = at.detach(), edges.ends[outline]
    span = (fixed[ends[:, 1]] - fixed[ends[:, 0]]).abs()
    steep = span[:, along] > span[:, across] if along else span[:, along] >= span[:, across]
    outline, ends = outline[steep], ends[steep]
    # Lines from the lower end up to below the higher one: a corner that lies on a line counts for one of its edges.
    start, stop = fixed[ends][..., along].amin(1), fixed[ends][..., along].amax(1)
    low, high = torch.ceil(start).clamp(min=0), (torch.ceil(stop) - 1).clamp(max=size[along] - 1)
    zero = torch.zeros_like(low)
    spans = (torch.stack(pair, 1).long() for pair in ((zero, low), (zero, high)))
    parts = [(number, line) for number, _, line in boxes(*spans)]
    number = torch.cat([part[0] for part in parts]) if parts else ends.new_zeros(0)
    line = torch.cat([part[1] for part in parts]) if parts else ends.new_zeros(0)
    a, b = at[ends[number, 0]], at[ends[number, 1]]
    rise = (line - a[:, along]) / (b[:, along] - a[:, along])
    place = a[:, across] + rise * (b[:, across] - a[:, across])
    before = torch.floor(place.detach()).long()
    # Right in perspective: 1 / z is what runs straight over a picture.
    inverse = torch.lerp(1 / z.detach()[ends[number, 0]], 1 / z.detach()[ends[number, 1]], rise.detach())
    third = fixed[edges.third[outline[number]]]
    lean = (b - a).detach()
    line_there = a.detach()[:, across] + (third[:, along] - a.detach()[:, along]) * lean[:, across] / lean[:, along]
    outer = before + (third[:, across] < line_there).long()
    step, stride = (1, size[0]) if along else (size[0], 1)
    pair = (line * stride + before * step).clamp(0, len(far) - 1)  # its first pixel
    # Where the neighbour outside shows something nearer than the edge, that hides it; of several edges the nearest counts.
    open_ = (before >= 0) & (before + 1 < size[across])
    open_ = open_ & (far[(pair + (outer - before) * step).clamp(max=len(far) - 1)] * inverse > 1)
    nearest = torch.zeros_like(far).scatter_reduce(0, pair[open_], inverse[open_], "amax")
    kept = open_ & (inverse >= nearest[pair])
    pair, share = pair[kept], (place[kept] - before[kept]) - 0.5
    second = (share >= 0).long()
    return pair + second * step, pair + (1 - second) * step, share.abs()
