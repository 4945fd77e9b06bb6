"""Scene analysis: depth but for its scale, normals and semantic classes of single pictures of places, trained on renders alone."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ...datagen.errors import BadInput
from ...datagen.pictures import picture
from ..core.checkpoint import load_model, read_trained, save_weights
from ..core.photographs import colours_of
from ..core.progress import Progress
from ..core.settings import means, require, setting
from ..core.shots import Shots
from ..core.trainer import Trainer
from ..core.training import seeded
from ..kinds.labels import Labels
from ..vision.faces.appearance import AppearanceConfig
from ..vision.matching.pairs import CropConfig
from ..vision.scenes import STEP, SceneLossConfig, SceneNet, SceneNetConfig, Scenes, scene_losses, see
from .request import Request
from .trained import TrainedConfig

SYSTEM = "scene_analysis"
SHOWN = 4  # frames of the pictures that a training draws


@dataclass(frozen=True)
class Config(TrainedConfig):
    """What the net is and how it is trained."""

    clip: ClassVar[float] = 5.0

    net: SceneNetConfig = field(default_factory=SceneNetConfig, metadata=means("the net's shape"))
    crops: CropConfig = field(
        default_factory=CropConfig, metadata=means("how parts of frames are drawn; edges are multiples of 32")
    )
    appearance: AppearanceConfig = field(
        default_factory=lambda: AppearanceConfig(infrared=0.0, occlusion=0.0), metadata=means("how often photographs' flaws are drawn; 0 leaves one out")
    )  # fmt: skip
    losses: SceneLossConfig = field(default_factory=SceneLossConfig, metadata=means("how much each head counts"))
    longest: int = setting(512, "px of a photograph's longer edge that the net looks at")
    _: KW_ONLY
    steps: int = setting(8000, "steps of training in all")
    batch: int = setting(8, "parts in a step")

    def __post_init__(self):
        super().__post_init__()
        require(self, longest=(STEP, math.inf))
        for name in ("height", "width"):
            if getattr(self.crops, name) % STEP:
                raise BadInput(
                    f"crops.{name}: {getattr(self.crops, name)} is not allowed; allowed are multiples of {STEP}"
                )


class SceneAnalysis(nn.Module):
    """A trained net for photographs of places: ``predict`` says all of one."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.net = config, SceneNet(config.net)

    def predict(self, photo: str | Path | np.ndarray) -> Labels:
        """The depth, normals and classes of a photograph, a PNG or JPEG, or uint8 (h, w, 3); depth is 1 in its middle."""
        image = colours_of(photo)
        depth, normal, semantic = see(self.net.eval(), image, self.config.longest)
        return Labels(image, {"depth": depth, "normal": normal, "semantic": semantic})

    def generate(self, request: Request, progress: Progress) -> Labels:
        """The labels of the photograph that is asked for."""
        assert request.photo is not None, "its row of the catalogue allows photos alone"
        return self.predict(request.photo)


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the frames of the split train."""
    config = config or Config()
    scenes = Scenes(shots.of("train"), config.crops)
    net = seeded(lambda: SceneNet(config.net), config.seed)

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        drawn = generator if generator.device.type == "cpu" else torch.Generator().manual_seed(generator.initial_seed())
        truth = scenes.draw(config.batch, config.appearance, drawn).to(generator.device)
        return scene_losses(net(truth.pictures), truth, config.losses)

    def pictures(number: int) -> dict[str, Tensor]:
        return {"scenes": _sheet(net, scenes)}

    trainer = Trainer(folder, {"net": net}, step, config.training, pictures, progress)
    trainer.run()
    save_weights(
        folder, trainer.ema_modules(), {"system": SYSTEM, "config": asdict(config), "frames": len(scenes.shots)}
    )


def load(folder: Path) -> SceneAnalysis:
    """The analysis of a run."""
    config, _ = read_trained(folder, SYSTEM, Config())
    return load_model(folder, SYSTEM, lambda: SceneAnalysis(config), lambda model: {"net": model.net})


def _sheet(net: SceneNet, scenes: Scenes) -> Tensor:
    """What the net says of some frames, a row each, as a picture (3, H, W) in 0…1: the frame, depth, normals, classes."""
    truth = scenes.straight(SHOWN)
    depth, normal, semantic = (value.cpu() for value in net(truth.pictures.to(next(net.parameters()).device)))
    rows = []
    for index in range(len(truth.pictures)):
        seen = (truth.pictures[index, :, ::2, ::2].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        unit = torch.nn.functional.normalize(normal[index], dim=0).permute(1, 2, 0).numpy()
        painted = [picture("depth", depth[index].exp().numpy()), picture("normal", unit),
                   picture("semantic", semantic[index].argmax(0).byte().numpy())]  # fmt: skip
        rows.append(np.concatenate([seen, *painted], 1))
    return torch.from_numpy(np.concatenate(rows)).permute(2, 0, 1) / 255
