"""Things of one coloured solid each, seen from all around: what tests train generators of objects on."""

from __future__ import annotations

import numpy as np
import torch

from simulacra.models.core.cameras import camera_rays, orbit
from simulacra.models.core.things import Thing, Things
from simulacra.models.core.toyshapes import Shapes, trace

COLOURS = {"red": (0.9, 0.15, 0.1), "green": (0.2, 0.7, 0.2), "blue": (0.15, 0.3, 0.9), "yellow": (0.95, 0.8, 0.1)}
KINDS = ("ball", "egg", "stick", "disc")
LIGHT = torch.tensor([0.3, -0.8, 0.5]) / np.linalg.norm([0.3, -0.8, 0.5])


def solid(kind: str, colour: str, rng: np.random.Generator):
    """One solid in the box [-1, 1]^3."""
    shapes, size = Shapes(), float(rng.uniform(0.4, 0.6))
    look = (1, "plain", COLOURS[colour])
    if kind == "ball":
        shapes.ellipsoid(look, (0.0, 0.0, 0.0), (size,) * 3)
    elif kind == "egg":
        shapes.ellipsoid(look, (0.0, 0.0, 0.0), (size * 0.6, size * 0.6, size * 1.3))
    elif kind == "stick":
        shapes.capsule(look, (0.0, 0.0, -size), (0.0, 0.0, size), 0.25)
    else:
        shapes.disc(look, (0.0, 0.0, 0.0), size * 1.2, 0.15, 0.05)
    return shapes.freeze()


def seen(solids, cameras, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures uint8 (V, 4, size, size), and planar depth (V, size, size), 0 where nothing is."""
    origins, directions = (part.flatten(0, 1) for part in camera_rays(cameras, size, size))
    depth = trace(solids, origins, directions)
    hit = depth.isfinite()
    points = (origins + depth[:, None] * directions)[hit]
    light = 0.6 + 0.4 * (solids.normals(points) @ LIGHT).clamp(min=0)
    rgba = torch.zeros(len(depth), 4)
    rgba[hit] = torch.cat([solids.colours[0] * light[:, None], torch.ones(len(points), 1)], 1)
    axes = cameras.c2w[:, :3, 2].repeat_interleave(size * size, 0)
    planar = torch.where(hit, depth * (directions * axes).sum(1), torch.zeros(())).view(-1, size, size)
    return (rgba * 255).round().to(torch.uint8).view(-1, size, size, 4).permute(0, 3, 1, 2).contiguous(), planar


def toy_thing(index: int, seed: int, views: int, size: int) -> Thing:
    """The thing of a number: its kind and colour follow from that, its size and the cameras are random."""
    rng = np.random.default_rng([seed, index])
    kind, colour = KINDS[index % len(KINDS)], list(COLOURS)[(index // len(KINDS)) % len(COLOURS)]
    azimuths, elevations = rng.uniform(0, 360, views), rng.uniform(-20, 50, views)
    cameras = orbit(torch.tensor(azimuths), torch.tensor(elevations), 4.0, 32.0)
    solids = solid(kind, colour, rng)
    inwards = torch.nn.functional.normalize(torch.tensor(rng.normal(size=(512, 3)), dtype=torch.float32), dim=1)
    depth = trace(solids, -3 * inwards, inwards)
    points = (depth[:, None] - 3) * inwards
    places = torch.tensor(rng.uniform(-1, 1, (512, 3)), dtype=torch.float32)
    near = points + 0.05 * torch.tensor(rng.normal(size=points.shape), dtype=torch.float32)
    near, far = (torch.cat([at, solids.distance(at)[:, None]], 1) for at in (near, places))
    pictures, planar = seen(solids, cameras, size)
    return Thing(
        f"toy-{index}", kind, f"{colour} {kind}", pictures, cameras, points, solids.normals(points),
        solids.colours[:1].expand(len(points), 3), torch.zeros(len(points), dtype=torch.uint8), near, far, 0.1, True,
        {colour: 1.0}, (f"a {colour} {kind}",), (), depth=planar,
    )  # fmt: skip


def toy_things(count: int, seed: int = 0, views: int = 6, size: int = 32) -> Things:
    """Things of every kind and colour in turn, seen from random sides, each 20 cm large."""
    return Things(tuple(toy_thing(index, seed, views, size) for index in range(count)))
