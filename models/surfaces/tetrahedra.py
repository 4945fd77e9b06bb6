"""Tetrahedra: a grid with a signed distance at each node, and the surface that it holds by marching tetrahedra."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...datagen.errors import BadInput

REACH = 0.15  # of a cell along each axis: nodes that move by less than a sixth turn no tetrahedron inside out
NEAREST = 1e-3  # of an edge: no vertex comes closer to a node, where those of several edges would coincide
EDGES = tuple(combinations(range(4), 2))  # of a tetrahedron, by its corners
MOST = 256  # cells along an edge of a grid


class TetrahedralGrid(NamedTuple):
    """The box [-1, 1]^3 in tetrahedra: nodes float32 (N, 3), tetrahedra (T, 4) of positive volume, edges (E, 2), which
    nodes are on the box's faces (N,), and the length of a cell."""

    nodes: Tensor
    tetrahedra: Tensor
    edges: Tensor
    border: Tensor
    cell: float

    def to(self, device: torch.device | str) -> TetrahedralGrid:
        """The grid on a device."""
        return TetrahedralGrid(*(part.to(device) for part in self[:4]), self.cell)

    def moved(self, offsets: Tensor) -> Tensor:
        """The nodes (..., N, 3) moved by offsets (..., N, 3) of any size, at most ``REACH`` cells along each axis."""
        return self.nodes + torch.tanh(offsets) * (REACH * self.cell)

    def closed(self, distances: Tensor) -> Tensor:
        """Distances (..., N) that have a surface, closed: the box's faces are outside, and where no node is inside all
        come down until one is."""
        inner = torch.where(self.border, torch.inf, distances)
        lowered = distances - F.relu(inner.amin(-1, keepdim=True) + self.cell / 4)
        return torch.where(self.border, distances.clamp(min=self.cell / 2), lowered)


def tetrahedral_grid(resolution: int) -> TetrahedralGrid:
    """A grid of resolution^3 cells, each cut into six tetrahedra around its diagonal (Kuhn 1960); neighbours fit."""
    if not 1 <= resolution <= MOST:
        raise BadInput(f"resolution: {resolution} is not allowed; allowed are 1 to {MOST} cells")
    with torch.device("cpu"):  # also where a model is made without memory
        return _cut(resolution)


def _cut(resolution: int) -> TetrahedralGrid:
    side = resolution + 1
    axis = torch.linspace(-1, 1, side)
    nodes = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    step = torch.tensor([side * side, side, 1])
    at = torch.arange(resolution)
    corner = (torch.stack(torch.meshgrid(at, at, at, indexing="ij"), -1).reshape(-1, 3) * step).sum(1)
    cells = []
    for order in permutations(range(3)):
        path = [0, *torch.cumsum(step[list(order)], 0).tolist()]
        odd = sum(a > b for a, b in combinations(order, 2)) % 2
        cells.append(path if not odd else [path[0], path[2], path[1], path[3]])
    tetrahedra = (corner[:, None, None] + torch.tensor(cells)).reshape(-1, 4)
    ends = tetrahedra[:, EDGES].reshape(-1, 2).sort(1).values
    edges = torch.unique(ends, dim=0)
    return TetrahedralGrid(nodes, tetrahedra, edges, (nodes.abs() == 1).any(1), 2 / resolution)


def _triangles() -> Tensor:
    """For each set of corners that are inside, as bits, up to two triangles of edges (16, 2, 3), wound outwards; -1 is none."""
    places = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    table = torch.full((16, 2, 3), -1)
    for case in range(1, 15):
        inner = [corner for corner in range(4) if case >> corner & 1]
        outer = [corner for corner in range(4) if corner not in inner]
        # One corner against three: a triangle. Two against two: a quadrangle, whose neighbours share a corner.
        pairs = [(inner[0], outer[0]), (inner[0], outer[-1]), (inner[-1], outer[-1]), (inner[-1], outer[0])]
        if len(inner) != 2:
            pairs = [(a, b) for a in inner for b in outer]
        cut = [EDGES.index((min(pair), max(pair))) for pair in pairs]
        middles = torch.stack([places[list(pair)].mean(0) for pair in pairs])
        across = torch.linalg.cross(middles[1] - middles[0], middles[2] - middles[0])
        if across @ (places[outer].mean(0) - places[inner].mean(0)) < 0:
            cut = cut[::-1]
        for number, last in enumerate(range(2, len(cut))):
            table[case, number] = torch.tensor([cut[0], cut[last - 1], cut[last]])
    return table


TRIANGLES = _triangles()


def march(positions: Tensor, distances: Tensor, tetrahedra: Tensor) -> tuple[Tensor, Tensor]:
    """The surface where distances (N,), negative inside, of nodes at positions (N, 3) are zero: vertices (M, 3), faces (K, 3).

    Distances run straight along edges, and a vertex is where one is cut, once for all its tetrahedra: the surface is
    closed but where the grid ends, wound outwards, and has the gradients of positions and distances. Marching tetrahedra
    (Doi and Koide 1991), as DMTet uses them (arXiv 2111.04276). Both are empty where all distances have one sign.
    """
    inside = distances.detach() < 0
    bits = torch.tensor([1, 2, 4, 8], device=tetrahedra.device)
    case = (inside[tetrahedra] * bits).sum(1)
    cut = (case > 0) & (case < 15)
    ends, case = tetrahedra[cut][:, EDGES].sort(-1).values, case[cut]  # (C, 6, 2)
    crosses = inside[ends[..., 0]] != inside[ends[..., 1]]
    keys, which = torch.unique((ends[..., 0] * len(distances) + ends[..., 1])[crosses], return_inverse=True)
    first, second = keys // len(distances), keys % len(distances)
    share = distances[first] / (distances[first] - distances[second])
    share = share + (share.clamp(NEAREST, 1 - NEAREST) - share).detach()
    vertices = torch.lerp(positions[first], positions[second], share[:, None])
    index = torch.full(crosses.shape, -1, device=which.device)
    index[crosses] = which
    corners = TRIANGLES.to(case.device)[case]  # (C, 2, 3)
    faces = index[:, None].expand(-1, 2, -1).gather(2, corners.clamp(min=0))
    return vertices, faces[corners[..., 0] >= 0]


def sign_changes(distances: Tensor, edges: Tensor) -> Tensor:
    """The cross-entropy of each end's side with the other's distance, the mean over edges (E, 2) whose ends differ.

    Zero where distances (..., N) have one sign. It holds off surfaces that float in what no picture shows (GET3D,
    arXiv 2209.11163).
    """
    a, b = distances[..., edges[:, 0]], distances[..., edges[:, 1]]
    differ = (a < 0) != (b < 0)
    a, b = a[differ], b[differ]
    if not len(a):
        return distances.sum() * 0.0
    entropy = F.binary_cross_entropy_with_logits
    return entropy(a, (b > 0).to(a)) + entropy(b, (a > 0).to(b))
