"""GET3D: textured meshes by a style GAN, one latent for the shape and one for its colours (arXiv 2209.11163)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.cameras import POSE, Cameras
from ..core.data import People
from ..core.progress import Progress
from ..core.settings import require, require_powers_of_two, setting
from ..core.style_layers import EqualLinear
from ..core.things import Things
from ..core.training import seeded
from ..fields.mesh import Mesh, closed_mesh
from ..fields.synthesis import Mapping, TriplaneSynthesis
from ..fields.texture import textured
from ..fields.triplane import sample_planes
from ..fields.view_generator import Scene, ViewGenerator, load_view_generator
from ..gan.discriminators import DiscriminatorConfig
from ..gan.drag import DragConfig
from ..gan.posed import train_posed
from ..gan.regularizers import R1, SignChanges
from ..gan.trainer import AdversarialConfig
from ..kinds.mesh import PlacedMesh
from ..surfaces.rasterise import interpolated, rasterise
from ..surfaces.silhouettes import softened
from ..surfaces.tetrahedra import MOST, TetrahedralGrid, march, tetrahedral_grid
from .drag import pulled
from .request import Request

SYSTEM = "get3d"
START = 0.5  # box units, radius of the ball that every shape begins near
SWING = 0.1  # box units of distance for one of the network's output
PULL = DragConfig(steps=100, rate=0.02, search=3.0, finest=1.0)
TEXELS = 1 << 16  # points whose colour is asked for at a time


@dataclass(frozen=True)
class Config(AdversarialConfig):
    """GET3D at a size for a processor; published are a grid of 90, planes of 32 x 256^2, pictures of 1024^2, 20 M of them."""

    size: int = setting(64, "px a side of the pictures")
    grid: int = setting(24, "cells along an edge of the grid of tetrahedra")
    latent: int = setting(64, "numbers that a shape is drawn from, and as many that its colours are")
    style: int = setting(64, "numbers of a style")
    mapping: int = setting(2, "layers from latents to styles")
    channels: int = setting(8, "channels of each plane")
    planes: int = setting(32, "texels a side of the planes")
    decoder: int = setting(32, "width of the decoders' hidden layers")
    narrowest: int = setting(16, "channels at the finest level of a network")
    widest: int = setting(64, "channels at its coarsest levels")
    outlines: bool = setting(True, "whether a second discriminator looks at outlines alone")
    r1: float = setting(2.0, "weight of the discriminators' squared gradient at real pictures")
    r1_every: int = setting(16, "steps from one R1 to the next")
    sign_changes: float = setting(0.01, "weight of the cross-entropy along edges that the surface cuts")
    texture: int = setting(512, "px a side of a generated mesh's texture", later=True)
    keep: float = setting(
        0.05, "share of the largest piece's area below which a generated mesh's pieces are dropped", later=True
    )

    def __post_init__(self):
        super().__post_init__()
        ones = ("latent", "style", "mapping", "channels", "decoder", "narrowest", "widest", "r1_every")
        # Nodes at the border lie outside, so a grid of less than 3 cells has one node inside at most.
        require(self, size=(4, 1024), planes=(4, 1024), grid=(3, MOST), texture=(16, 8192), keep=(0, 1), r1=(0, math.inf),
                sign_changes=(0, math.inf), **dict.fromkeys(ones, (1, math.inf)))  # fmt: skip
        require_powers_of_two(self, "size", "planes")


class Shape(NamedTuple):
    """One surface in box units, closed and wound outwards: vertices (N, 3) and faces (K, 3)."""

    vertices: Tensor
    faces: Tensor


class GET3D(ViewGenerator):
    """Latents (B, 2L), of shapes and then of colours, to textured meshes; styles are as long for each.

    Planes that the shape's style makes give a distance and an offset at each node of the grid; planes of both styles give
    colours where the surface is. So the second latent moves no vertex.
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.latent, self.masks = config, 2 * config.latent, config.outlines
        c = config
        self.shape_mapping = Mapping(c.latent, c.style, c.mapping)
        self.colour_mapping = Mapping(c.latent, c.style, c.mapping)
        self.shape_planes = TriplaneSynthesis(c.channels, c.planes, c.style, c.narrowest, c.widest)
        self.colour_planes = TriplaneSynthesis(c.channels, c.planes, 2 * c.style, c.narrowest, c.widest)
        self.shape_decoder = _decoder(c.channels, 4, c.decoder)
        self.colour_decoder = _decoder(c.channels, 3, c.decoder)
        whole = tetrahedral_grid(c.grid)
        self.cell = whole.cell
        for name, part in zip(TetrahedralGrid._fields[:4], whole[:4], strict=True):
            self.register_buffer(f"grid_{name}", part, persistent=False)

    @property
    def grid(self) -> TetrahedralGrid:
        """The tetrahedra, where the model is."""
        parts = (getattr(self, f"grid_{name}") for name in TetrahedralGrid._fields[:4])
        return TetrahedralGrid(*parts, self.cell)

    def styles(self, latents: Tensor, cameras: Cameras | None = None, rng: torch.Generator | None = None) -> Tensor:
        shape, colour = latents.chunk(2, 1)
        return torch.cat([self.shape_mapping(shape), self.colour_mapping(colour)], 1)

    def nodes(self, styles: Tensor) -> tuple[Tensor, Tensor]:
        """Distances (B, N), negative inside, and offsets (B, N, 3) of the grid's nodes."""
        planes = self.shape_planes(styles.chunk(2, 1)[0])
        return self.decoded(planes, self.grid.nodes.expand(len(styles), -1, -1))

    def decoded(self, planes: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Distances (B, N) and offsets (B, N, 3) at points (B, N, 3) of the shape's planes: near a ball at first."""
        values = self.shape_decoder(sample_planes(planes, points))
        return points.norm(dim=-1) - START + SWING * values[..., 0], values[..., 1:]

    def distances(self, styles: Tensor) -> Tensor:
        """The first of ``nodes``, as a regulariser asks for it."""
        return self.nodes(styles)[0]

    def shapes(self, styles: Tensor) -> list[Shape]:
        """The surfaces of styles (B, 2S)."""
        distances, offsets = self.nodes(styles)
        grid = self.grid
        pairs = zip(grid.moved(offsets), grid.closed(distances), strict=True)
        return [Shape(*march(places, values, grid.tetrahedra)) for places, values in pairs]

    def colours(self, planes: Tensor, points: Tensor) -> Tensor:
        """Colours (B, N, 3) in 0…1 of points (B, N, 3)."""
        return self.colour_decoder(sample_planes(planes, points)).sigmoid()

    def pictures(self, shapes: list[Shape], planes: Tensor, cameras: Cameras, size: int) -> Tensor:
        """Pictures (B, 4, size, size) in [-1, 1] on white of shapes through a camera each; the last channel is what they cover."""
        views = []
        for index, (vertices, faces) in enumerate(shapes):
            camera = cameras.pick([index])
            seen = rasterise(camera, vertices, faces, size, size)
            places = interpolated(seen, faces, vertices)[0].flatten(1).T[None]
            colours = self.colours(planes[index : index + 1], places)[0].T.unflatten(1, (size, size))
            mask = seen.mask.to(colours)
            flat = torch.cat([torch.where(seen.mask, colours, torch.ones_like(colours)), mask])
            views.append(softened(flat[None], seen, camera, vertices, faces)[0])
        return torch.stack(views) * 2 - 1

    def forward(self, styles: Tensor, cameras: Cameras, images: int, rng: torch.Generator) -> Tensor:
        pictures = self.pictures(self.shapes(styles), self.colour_planes(styles), cameras, self.config.size)
        return pictures if self.masks else pictures[:, :3]

    def scene(self, latents: Tensor) -> Scene:
        styles = self.styles(latents)
        shapes, planes = self.shapes(styles), self.colour_planes(styles)
        return lambda cameras, size: self.pictures(shapes, planes, cameras, size)[:, :3].clamp(-1, 1)

    @torch.no_grad()
    def mesh(self, styles: Tensor) -> Mesh:
        """The textured mesh of styles (1, 2S); raises Unfinished where it encloses nothing."""
        ((vertices, faces),), planes = self.shapes(styles), self.colour_planes(styles)
        bare = closed_mesh(vertices.cpu().numpy(), faces.cpu().numpy(), self.config.keep)

        def colours(places):
            parts = torch.as_tensor(places, dtype=torch.float32, device=planes.device).split(TEXELS)
            return torch.cat([self.colours(planes, part[None])[0] for part in parts]).cpu().numpy()

        return textured(bare, colours, self.config.texture)

    def generate(self, request: Request, progress: Progress | None = None) -> PlacedMesh:
        """Make one thing of a seed, and pull at it where that is asked for."""
        styles = self.styles(self.draw(1, torch.Generator().manual_seed(request.seed)))
        if request.drags:
            styles = pulled(self, styles, request.drags, PULL, progress)
        return PlacedMesh(self.mesh(styles), self.half)


def _decoder(channels: int, outputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(EqualLinear(channels, width), nn.Softplus(), EqualLinear(width, outputs))


def discriminators(config: Config) -> list[DiscriminatorConfig]:
    """One for colours and one for outlines, both told the camera."""
    widths = config.narrowest, config.widest
    return [
        DiscriminatorConfig(config.size, channels, *widths, POSE)
        for channels in ((3, 1) if config.outlines else (3,))
    ]  # fmt: skip


def train(
    things: Things | People, folder: Path, config: Config | None = None, progress: Progress | None = None
) -> None:
    """Train on random single views of things or people; goes on from what the folder holds."""
    config = config or Config()
    model = seeded(lambda: GET3D(config), config.seed)
    regularizers = [R1(config.r1, config.r1_every), SignChanges(config.sign_changes)]
    train_posed(SYSTEM, things, folder, config, model, discriminators(config), regularizers, progress)


def load(folder: Path) -> GET3D:
    """The trained generator of a folder."""
    return load_view_generator(SYSTEM, folder, Config, GET3D)
