"""Face analysis after Fake It Till You Make It (arXiv 2109.15102): trained on renders alone, meant for photographs.

One compact net in place of the paper's two large ones: landmarks with their uncertainty (as in arXiv 2204.02776), head pose,
gaze, 19 classes, depth and normals. Label adaptation is a net of its own, ``vision.faces.adaptation``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import KW_ONLY, asdict, dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...datagen.labels import IGNORE
from ...datagen.pictures import picture
from ..core.checkpoint import load_model, load_weights, read_trained, save_weights
from ..core.photographs import colours_of
from ..core.progress import Progress
from ..core.settings import means, setting
from ..core.shots import Shots
from ..core.trainer import Trainer
from ..core.training import CHECKPOINT, seeded
from ..core.window import Window
from ..kinds.labels import Labels
from ..vision.faces.appearance import AppearanceConfig, changed, photographed
from ..vision.faces.finding import find_face
from ..vision.faces.losses import LossConfig, face_losses
from ..vision.faces.net import FaceNet, NetConfig
from ..vision.faces.photographs import Photographs
from ..vision.faces.targets import Faces, Targets, WindowConfig
from ..vision.lite import Lite
from ..vision.self_training import FutureTrainer, SelfTrainingConfig, class_mixed, pseudo_labels
from .request import Request
from .trained import TrainedConfig

SYSTEM = "face_analysis"
SHOWN = 4  # faces of the pictures that a training draws


@dataclass(frozen=True)
class Config(TrainedConfig):
    """What the net is and how it is trained."""

    clip: ClassVar[float] = 5.0

    net: NetConfig = field(default_factory=NetConfig, metadata=means("the net's shape"))
    windows: WindowConfig = field(default_factory=WindowConfig, metadata=means("how windows are drawn around faces"))
    appearance: AppearanceConfig = field(
        default_factory=AppearanceConfig, metadata=means("how often photographs' flaws are drawn; 0 leaves one out")
    )
    losses: LossConfig = field(default_factory=LossConfig, metadata=means("how much each head counts"))
    self_training: SelfTrainingConfig = field(
        default_factory=SelfTrainingConfig,
        metadata=means("classes that it learns from photographs without labels (FST, 2209.06993)"),
    )
    _: KW_ONLY
    start: str = setting(
        "", "folder of a run whose weights it begins with; asked for until it has a checkpoint of its own"
    )
    encoder_rate: float = setting(0.3, "learning rate of an encoder that begins with ImageNet weights, as a share")
    steps: int = setting(6000, "steps of training in all")
    batch: int = setting(16, "faces in a step")


class FaceAnalysis(nn.Module):
    """A trained net for photographs: ``predict`` says all of one."""

    def __init__(self, config: Config):
        super().__init__()
        self.config, self.net = config, FaceNet(config.net)

    def predict(self, photo: str | Path | np.ndarray, window: Window | None = None) -> Labels:
        """The landmarks, pose, gaze, parts, depth and normals of the largest face of a photograph.

        ``photo`` is a PNG or JPEG, or uint8 (h, w, 3); ``window`` where the face is, else it is found. Vectors and depth are
        those of a camera in the photograph's place that looks at the face; depth is in metres behind the head's pivot.
        """
        image = colours_of(photo)
        found = find_face(self.net.eval(), image, window)
        return Labels(image, {"parts": found.parts, "depth": found.depth, "normal": found.normal}, found.record())

    def generate(self, request: Request, progress: Progress) -> Labels:
        """The labels of the photograph that is asked for."""
        assert request.photo is not None, "its row of the catalogue allows photos alone"
        return self.predict(request.photo)


def train(shots: Shots, folder: Path, config: Config | None = None, progress: Progress | None = None) -> None:
    """Train on the faces of the split train; pictures show what it says of some of them."""
    config = config or Config()
    faces = Faces(shots.of("train"), config.net.size, progress)
    net = _begun(config, folder)

    def drawn(generator: torch.Generator) -> Targets:
        with torch.autocast(generator.device.type, enabled=False):  # truth is as exact as it was rendered
            truth = faces.draw(config.batch, config.net.size, config.windows, generator).to(generator.device)
            return photographed(truth, config.appearance, generator)

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        truth = drawn(generator)
        return face_losses(net(truth.pictures), truth, config.losses)

    def pictures(number: int) -> dict[str, Tensor]:
        return {"faces": _sheet(net, faces)}

    slow: dict[str, nn.Module] = {"encoder": net.body.rows} if isinstance(net.body, Lite) else {}
    rates = dict.fromkeys(slow, config.encoder_rate * config.learning_rate)
    modules = slow | {"net": net}
    if not config.self_training.photographs:
        trainer = Trainer(folder, modules, step, config.training, pictures, progress, rates)
    else:
        trainer = _teaching_itself(folder, modules, rates, drawn, config, pictures, progress)
    trainer.run()
    half = copy.deepcopy(trainer.ema_modules()["net"]).half()
    about = {"system": SYSTEM, "config": asdict(_without_places(config)), "faces": len(faces)}
    save_weights(folder, {"net": half}, about)


def _without_places(config: Config) -> Config:
    """The configuration that goes with weights: of folders that this machine has it tells the last part of the name."""
    teaching = replace(config.self_training, photographs=Path(config.self_training.photographs).name)
    return replace(config, start=Path(config.start).name, self_training=teaching)


def _begun(config: Config, folder: Path) -> FaceNet:
    """The net that a training in a folder begins with: of its seed, with ImageNet weights in it, or that of another run.

    Where the folder has a checkpoint, the training goes on with that, and nothing else is asked for.
    """
    net = seeded(lambda: FaceNet(config.net), config.seed)
    if (Path(folder) / CHECKPOINT).is_file():
        return net
    if config.start:
        load_weights(Path(config.start), {"net": net}, SYSTEM)
    elif isinstance(net.body, Lite):
        net.body.take_imagenet()
    return net


def _teaching_itself(
    folder: Path, modules: dict[str, nn.Module], rates: dict[str, float], drawn: Callable, config: Config,
    pictures: Callable, progress,
) -> Trainer:  # fmt: skip
    """A training whose classes come from photographs too, by a teacher that is averaged from steps ahead."""
    net, teaching = modules["net"], config.self_training
    photographs = Photographs(Path(teaching.photographs), config.net.size, progress)
    teacher = copy.deepcopy(net).eval()

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        truth = drawn(generator)
        losses = face_losses(net(truth.pictures), truth, config.losses)
        shown = photographs.draw(teaching.batch, config.windows, generator).to(generator.device)
        with torch.no_grad():
            parts, share = pseudo_labels(teacher(shown)["parts"], teaching.sure)
        mates = torch.randint(len(truth.pictures), (teaching.batch,), generator=generator, device=generator.device)
        mixed, labels, own = class_mixed(truth.pictures[mates], truth.parts[mates], shown, parts, generator)
        weights = torch.where(own, torch.ones(()).to(share), share[:, None, None])
        found = F.cross_entropy(net(changed(mixed, config.appearance, generator))["parts"], labels.long(), ignore_index=IGNORE,
                                reduction="none")  # fmt: skip
        taught = (found * weights).mean()
        total = losses["loss"] + teaching.weight * taught
        return losses | {"loss": total, "taught": taught, "sure": share.mean()}

    return FutureTrainer(
        folder, modules, step, config.training, pictures, progress, rates, teaching=teaching, teacher=teacher
    )


def load(folder: Path) -> FaceAnalysis:
    """The analysis of a run."""
    config, _ = read_trained(folder, SYSTEM, Config())
    return load_model(folder, SYSTEM, lambda: FaceAnalysis(config), lambda model: {"net": model.net})


def _sheet(net: FaceNet, faces: Faces) -> Tensor:
    """What the net says of some faces, a row each, as a picture (3, H, W) in 0…1: the face, parts, depth, normals."""
    truth = faces.straight(range(min(SHOWN, len(faces))), net.config.size)
    device = next(net.parameters()).device
    said = net(truth.pictures.to(device))
    rows = []
    for index in range(len(truth.pictures)):
        seen = truth.pictures[index, :, ::2, ::2].permute(1, 2, 0).numpy() * 255
        classes = said["parts"][index].argmax(0).byte().cpu().numpy()
        depth = np.where(classes > 0, said["depth"][index].cpu().numpy() + 1, np.inf)
        normal = torch.nn.functional.normalize(said["normal"][index], dim=0).permute(1, 2, 0).cpu().numpy()
        painted = [
            picture("parts", classes),
            picture("depth", depth),
            picture("normal", normal * (classes > 0)[..., None]),
        ]
        rows.append(np.concatenate([seen.astype(np.uint8), *painted], 1))
    return torch.from_numpy(np.concatenate(rows)).permute(2, 0, 1) / 255
