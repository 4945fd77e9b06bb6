"""Solids by signed distance: ellipsoids, capsules, rings and discs in one batch, and rays that are traced to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

NO_CUT = (0.0, 0.0, 0.0, 1.0)


def _offsets(points: Tensor, centres: Tensor) -> Tensor:
    """From each of K centres to each point, (3, N, K): torch adds along the first axis several times as fast as the last."""
    return points.T[:, :, None] - centres.T[:, None]


def _length(vectors: Tensor) -> Tensor:
    return vectors.square().sum(0).clamp(min=1e-12).sqrt()


def _ellipsoid(points: Tensor, values: Tensor) -> Tensor:
    radii = values[:, 3:].T[:, None]
    share = _offsets(points, values[:, :3]) / radii
    outside = _length(share)
    # To first order: what is beyond the surface in shares of the radius, over its slope.
    return outside * (outside - 1) / _length(share / radii)


def _capsule(points: Tensor, values: Tensor) -> Tensor:
    axis, offset = (values[:, 3:6] - values[:, :3]).T[:, None], _offsets(points, values[:, :3])
    share = ((offset * axis).sum(0) / axis.square().sum(0).clamp(min=1e-9)).clamp(0, 1)
    return _length(offset - share * axis) - values[:, 6]


def _ring(points: Tensor, values: Tensor) -> Tensor:
    x, y, z = _offsets(points, values[:, :3])
    return torch.hypot(torch.hypot(x, z) - values[:, 3], y) - values[:, 4]


def _disc(points: Tensor, values: Tensor) -> Tensor:
    (x, y, z), rounding = _offsets(points, values[:, :3]), values[:, 5]
    out, up = torch.hypot(x, y) - values[:, 3] + rounding, z.abs() - values[:, 4] + rounding
    return _length(torch.stack([out, up]).clamp(min=0)) + torch.maximum(out, up).clamp(max=0) - rounding


# The signed distance (N, K) of points (N, 3) to K solids of one kind, given by their numbers.
FAMILIES = {"ellipsoid": _ellipsoid, "capsule": _capsule, "ring": _ring, "disc": _disc}


@dataclass
class Solid:
    """One solid with its look; ``cut`` (a, b, c, d) keeps where a x + b y + c z <= d."""

    family: str
    numbers: tuple[float, ...]
    part: int
    paint: str
    colour: tuple[float, float, float]
    cut: tuple[float, float, float, float] = NO_CUT
    blend: bool = False  # flows smoothly into the other blended ones


@dataclass
class Shapes:
    """A list of solids to which more are added; ``freeze`` makes it fast."""

    solids: list[Solid] = field(default_factory=list)

    def ellipsoid(self, look, centre, radii, **options) -> None:
        """An ellipsoid along the axes."""
        self.solids.append(Solid("ellipsoid", (*centre, *radii), *look, **options))

    def capsule(self, look, start, end, radius, **options) -> None:
        """All within a radius of a line."""
        self.solids.append(Solid("capsule", (*start, *end, radius), *look, **options))

    def chain(self, look, points, radius) -> None:
        """Capsules from point to point."""
        for start, end in zip(points[:-1], points[1:], strict=True):
            self.capsule(look, start, end, radius)

    def ring(self, look, centre, radius, thickness) -> None:
        """A torus around an axis along y."""
        self.solids.append(Solid("ring", (*centre, radius, thickness), *look))

    def disc(self, look, centre, radius, half_height, rounding) -> None:
        """A cylinder along z with rounded edges."""
        self.solids.append(Solid("disc", (*centre, radius, half_height, rounding), *look))

    def freeze(self) -> Solids:
        """These solids as tensors."""
        return Solids(self.solids)


class Solids:
    """K solids in one batch; ``parts`` (K,), ``colours`` (K, 3) and ``paints`` are theirs by index."""

    SMOOTH = 0.035  # width over which blended solids flow into each other

    def __init__(self, solids: list[Solid]):
        ordered = sorted(solids, key=lambda solid: list(FAMILIES).index(solid.family))
        self.numbers = {
            family: torch.tensor([solid.numbers for solid in ordered if solid.family == family], dtype=torch.float32)
            for family in FAMILIES
            if any(solid.family == family for solid in ordered)
        }
        self.parts = torch.tensor([solid.part for solid in ordered], dtype=torch.uint8)
        self.colours = torch.tensor([solid.colour for solid in ordered], dtype=torch.float32)
        self.paints = [solid.paint for solid in ordered]
        cut = torch.tensor([solid.cut for solid in ordered], dtype=torch.float32)
        self.cut_index = (cut != torch.tensor(NO_CUT)).any(1).nonzero()[:, 0]
        self.cut = cut[self.cut_index]
        blend = torch.tensor([solid.blend for solid in ordered])
        self.soft, self.hard = blend.nonzero()[:, 0], (~blend).nonzero()[:, 0]

    def distances(self, points: Tensor) -> Tensor:
        """The signed distance (N, K) of points (N, 3) to each solid, exact at 0 and elsewhere hardly ever too long."""
        found = torch.cat([FAMILIES[family](points, values) for family, values in self.numbers.items()], 1)
        if len(self.cut):
            beyond = points @ self.cut[:, :3].T - self.cut[:, 3]
            found = found.index_copy(1, self.cut_index, torch.maximum(found[:, self.cut_index], beyond))
        return found

    def distance(self, points: Tensor) -> Tensor:
        """The signed distance (N,) of points (N, 3) to all together.

        Blended ones are joined by -w log(sum(exp(-d / w))), a mean of slopes that is never steeper than they are.
        """
        soft, hard = self._joined(self.distances(points))
        return torch.minimum(soft, hard)

    def nearest(self, points: Tensor) -> Tensor:
        """The index (N,) of the solid whose surface is at points (N, 3)."""
        distances = self.distances(points)
        soft, hard = self._joined(distances)
        if not len(self.hard):
            return self.soft[distances.index_select(1, self.soft).argmin(1)]
        there = self.hard[distances.index_select(1, self.hard).argmin(1)]
        if not len(self.soft):
            return there
        return torch.where(soft < hard, self.soft[distances.index_select(1, self.soft).argmin(1)], there)

    def _joined(self, distances: Tensor) -> tuple[Tensor, Tensor]:
        """The signed distances (N,) to the blended ones and to the others, inf where there are none."""
        none = torch.full_like(distances[:, 0], torch.inf)
        soft = -self.SMOOTH * torch.logsumexp(distances.index_select(1, self.soft) / -self.SMOOTH, 1)
        return (soft if len(self.soft) else none), distances.index_select(1, self.hard).amin(1) if len(
            self.hard
        ) else none

    def normals(self, points: Tensor) -> Tensor:
        """The outward unit normals (N, 3) at points (N, 3) of the surface."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.distance(points).sum(), points)
        return torch.nn.functional.normalize(slope, dim=-1)


def trace(solids: Solids, origins: Tensor, directions: Tensor, steps: int = 400, near: float = 5e-4) -> Tensor:
    """How far (N,) along rays (N, 3) of unit direction the surface first is, inside the box [-1, 1]^3; inf for none.

    Few rays need more than 60 steps, those that graze a surface. Sphere tracing (Hart 1996, doi:10.1007/s003710050084).
    """
    low, high = box_interval(origins, directions)
    found = torch.full_like(low, torch.inf)
    active = (low < high).nonzero()[:, 0]
    along, origins, directions, high = low[active], origins[active], directions[active], high[active]
    for _ in range(steps):
        if not len(active):
            break
        distance = solids.distance(origins + along[:, None] * directions)
        hit = distance < near
        found[active[hit]] = along[hit]
        along = along + distance * 0.9  # an ellipsoid's distance may be a little too long
        going = ~hit & (along < high)
        active, along, high = active[going], along[going], high[going]
        origins, directions = origins[going], directions[going]
    return found


def box_interval(origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Where (N,) rays enter and leave the box [-1, 1]^3; those that miss it leave before they enter."""
    safe = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    a, b = (-1 - origins) / safe, (1 - origins) / safe
    return torch.minimum(a, b).amax(1).clamp(min=0), torch.maximum(a, b).amin(1)
