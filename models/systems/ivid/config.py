"""What an iVID is made of, how its two networks are trained, and which views it makes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ...core.settings import means, require, setting
from ...core.trainer import TrainerConfig
from ...diffusion.process import PREDICTIONS, Gaussian
from ...diffusion.schedules import SCHEDULES
from ...diffusion.unet import UNetConfig

KNOWN = 6  # channels of what is known of a view: colours, depth, and a mask of each
WAYS = ("grid", "random")


def _training(steps: int):
    return lambda: TrainerConfig(steps=steps, learning_rate=5e-4, ema=0.998)


@dataclass(frozen=True)
class Config:
    """Sizes for a processor; published are pictures of 128^2, 256 channels, a million steps, 1000 and 50 steps of sampling."""

    size: int = setting(32, "px a side of the pictures with depth")
    width: int = setting(32, "channels of the first level of both networks")
    multipliers: tuple[int, ...] = setting((1, 2, 2), "channels of their levels, in those of the first")
    attention: tuple[int, ...] = setting((8,), "resolutions with attention")
    process_steps: int = setting(1000, "steps of the diffusion processes")
    schedule: str = setting("cosine", f"of their noise: {', '.join(SCHEDULES)}; the paper's is linear")
    prediction: str = setting("v", "of eps, x0 and v; the paper predicts eps, short trainings are steadier with v")
    near: float = setting(0.5, "nearest depth of the code, in distances of the cameras from the box's centre")
    far: float = setting(100.0, "depth of what is nowhere, in the same")
    wall: float = setting(
        1.6, "where what is nowhere stands while views are warped, in the same: what is far leaves the frame"
    )
    yaw: float = setting(
        0.15, "deviation in radians of the cameras that pictures are warped to and back from, sideways"
    )
    pitch: float = setting(0.15, "the same upwards")
    noise: float = setting(0.005, "largest deviation of noise on colours and codes before they are warped")
    blur: float = setting(1.0, "largest deviation in px of the blur of colours before they are warped")
    erosion: float = setting(0.5, "share of pairs whose colours at surfaces' edges are hidden; views always hide them")
    drop: float = setting(0.1, "share of families that training hides, for guidance")
    estimator: str = setting(
        "", "folder of a run of scene_analysis whose depth is learned from in place of the rendered one"
    )
    batch: int = setting(8, "views in a step")
    first: TrainerConfig = field(default_factory=_training(4000), metadata=means("training of what draws first views"))
    completion: TrainerConfig = field(
        default_factory=_training(4000), metadata=means("training of what completes further views")
    )
    guidance: float = setting(1.5, "towards the family when views are sampled; 1 is none", later=True)
    first_steps: int = setting(50, "of the first view when it is sampled", later=True)
    steps: int = setting(25, "of each further view", later=True)
    blend_colours: float = setting(
        0.1, "share of what is known in the colours that a step predicts, but for the last", later=True
    )
    blend_depth: float = setting(0.2, "the same of depth, in every step", later=True)
    behind: float = setting(0.5, "how far a step moves hidden depth behind what earlier views saw through", later=True)
    views: str = setting("grid", "which views are made: grid or random", later=True)
    columns: int = setting(9, "of the grid", later=True)
    rows: int = setting(3, "of the grid", later=True)
    side: float = setting(0.6, "radians from the first view to the grid's sides", later=True)
    height: float = setting(0.15, "radians from the first view to the grid's top and bottom", later=True)
    random_views: int = setting(26, "random views beside the first", later=True)
    random_side: float = setting(0.3, "their deviation in radians to the sides", later=True)
    random_height: float = setting(0.15, "their deviation in radians upwards", later=True)
    elevation: float = setting(15.0, "degrees up from which the first view is taken to be", later=True)
    grid: int = setting(64, "nodes along the box at which the surface is asked for", later=True)
    keep: float = setting(0.05, "share of the largest piece's area below which pieces are dropped", later=True)
    texture: int = setting(512, "px a side of a mesh's texture", later=True)

    def __post_init__(self):
        ones = ("width", "process_steps", "batch", "first_steps", "steps")
        shares = ("erosion", "drop", "blend_colours", "blend_depth", "behind", "keep")
        turns = ("yaw", "pitch", "height", "random_height")
        require(self, size=(8, 256), near=(0.01, 0.9), far=(3, 1e5), wall=(1.1, 1e5), noise=(0, 1), blur=(0, 8), guidance=(0, 100), columns=(1, 99),
                rows=(1, 99), side=(0, math.pi), random_side=(0, math.pi), random_views=(0, 1000), elevation=(-80, 80), grid=(4, 512),
                texture=(16, 8192), **dict.fromkeys(ones, (1, math.inf)), **dict.fromkeys(shares, (0, 1)),
                **dict.fromkeys(turns, (0, 1)))  # fmt: skip
        for name, allowed in (("prediction", PREDICTIONS), ("schedule", tuple(SCHEDULES)), ("views", WAYS)):
            if getattr(self, name) not in allowed:
                raise BadInput(f"{name}: {getattr(self, name)[:60]} is not allowed; allowed are {', '.join(allowed)}")
        # The network of pictures is made for one size: what halves it must divide it.
        if self.size % (1 << len(self.multipliers) - 1):
            raise BadInput(
                f"size: {self.size} is not allowed; allowed are multiples of {1 << len(self.multipliers) - 1}"
            )

    def net(self, families: int, known: bool) -> UNetConfig:
        """What draws first views, or with ``known`` what completes further ones: its input has 4 or 10 channels."""
        return UNetConfig(4, 4, self.width, self.multipliers, 1, self.attention, vector=families, spatial=KNOWN if known else 0,
                          rollout=False, size=self.size)  # fmt: skip

    @property
    def process(self) -> Gaussian:
        """The process of both networks."""
        return Gaussian(self.schedule, self.process_steps, self.prediction)

    def turns(self, generator: torch.Generator) -> Tensor:
        """How the views stand to the first, yaw and pitch in radians: (V, 2), the first of them 0, each near one before it."""
        if self.views == "random":
            drawn = torch.randn(self.random_views, 2, generator=generator)
            return torch.cat([torch.zeros(1, 2), drawn * torch.tensor([self.random_side, self.random_height])])
        yaw, pitch = (torch.linspace(-1, 1, count) * reach if count > 1 else torch.zeros(1)
                      for count, reach in ((self.columns, self.side), (self.rows, self.height)))  # fmt: skip
        grid = torch.cartesian_prod(yaw, pitch)
        grid = grid[grid.norm(dim=1).argsort(stable=True)]
        return torch.cat([torch.zeros(1, 2), grid[grid.abs().amax(1) > 1e-6]])

    @property
    def swing(self) -> tuple[float, float]:
        """How far views reach from the first, in radians to the sides and up."""
        return (self.side, self.height) if self.views == "grid" else (2 * self.random_side, 2 * self.random_height)
