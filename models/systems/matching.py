"""Optical flow and stereo by one compact RAFT (arXiv 2003.12039, 2109.07547), and stereo learned from single pictures.

``stereo_from_single`` trains the same net as ``stereo`` on pairs that are made of single pictures and their depth (arXiv
2008.01484), so that what such pairs are worth can be measured against rendered ones.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
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
from ..vision.matching.losses import sequence_loss
from ..vision.matching.net import Matcher, MatcherConfig
from ..vision.matching.pairs import CropConfig, PairSource
from ..vision.matching.single import SingleConfig
from ..vision.matching.warp import taken_back
from .trained import TrainedConfig

FLOW, STEREO = "optical_flow", "stereo"
SHOWN = 4  # pairs of the pictures that a training draws
LARGEST = 400.0  # px of flow beyond which pixels teach nothing


@dataclass(frozen=True)
class Config(TrainedConfig):
    """What the net is and how it is trained."""

    net: MatcherConfig = field(default_factory=MatcherConfig, metadata=means("the net's shape"))
    crops: CropConfig = field(default_factory=CropConfig, metadata=means("how parts of pairs are drawn"))
    _: KW_ONLY
    steps: int = setting(10_000, "steps of training in all")
    batch: int = setting(4, "pairs in a step")
    guesses: int = setting(6, "times that a guess is mended in training")
    applied: int = setting(12, "times that it is mended when the net is used")
    longest: int = setting(
        1024, "px of photographs' longer edge that the net looks at; memory for flow grows with its fourth power"
    )
    learning_rate: float = setting(4e-4, "learning rate of AdamW at its highest; it falls as a cosine")
    weight_decay: float = setting(1e-4, "weight decay of AdamW")

    def __post_init__(self):
        super().__post_init__()
        require(self, guesses=(1, 1000), applied=(1, 1000), longest=(16, math.inf))


@dataclass(frozen=True)
class FromSingle(Config):
    """The same, for pairs that are made of single pictures."""

    single: SingleConfig = field(default_factory=SingleConfig, metadata=means("how pairs are made of single pictures"))


class Matching(nn.Module):
    """A trained matcher: ``predict`` says where the first of two pictures is in the second."""

    def __init__(self, config: Config, rows: bool):
        super().__init__()
        self.config, self.net = config, Matcher(config.net, rows)

    @torch.no_grad()
    def predict(self, *photos: str | Path | np.ndarray) -> Labels:
        """Flow from the first picture to the second, or disparity of the left one against the right one, and its occlusion.

        ``photos`` are two PNGs or JPEGs, or uint8 (h, w, 3), of one size; larger ones than the configuration says are looked at
        smaller, and what is found is enlarged.
        """
        images = [colours_of(photo) for photo in photos]
        if len(images) != 2 or images[0].shape != images[1].shape:
            raise BadInput(
                f"photos: have {', '.join(f'{i.shape[1]}×{i.shape[0]} px' for i in images)}; allowed are two of one size"
            )
        first, second = (
            torch.from_numpy(np.ascontiguousarray(i.transpose(2, 0, 1)))[None].float() / 255 for i in images
        )
        device = next(self.net.parameters()).device
        height, width = images[0].shape[:2]
        small = [max(round(edge * min(self.config.longest / max(height, width), 1)), 1) for edge in (height, width)]
        guesses, hidden = self.net.eval()(
            _resized(first, small).to(device), _resized(second, small).to(device), self.config.applied
        )
        back = torch.tensor([width / small[1], height / small[0]][: self.net.axes])
        moved = _resized(guesses[-1].cpu(), [height, width])[0].permute(1, 2, 0).mul(back).numpy()
        if self.net.rows:
            return Labels(images[0], {"disparity": moved[..., 0].clip(0)})
        occlusion = ((_resized(hidden.cpu(), [height, width])[0, 0] > 0).numpy() * 255).astype(np.uint8)
        return Labels(images[0], {"flow": moved, "occlusion": occlusion})


def _resized(values: Tensor, size: list[int]) -> Tensor:
    """Values (B, C, H, W) at another height and width, averaged or interpolated; the same where they have it."""
    if list(values.shape[2:]) == size:
        return values
    return F.interpolate(values, size=size, mode="bilinear", antialias=True, align_corners=False)


def _train(shots: Shots, folder: Path, config: Config, progress: Progress | None, system: str) -> None:
    """Train on the pairs of the split train."""
    single, rows = getattr(config, "single", None), system == STEREO
    source = PairSource(shots.of("train"), config.crops, rows, single)
    net = seeded(lambda: Matcher(config.net, rows), config.seed)

    def step(number: int, generator: torch.Generator) -> dict[str, Tensor]:
        drawn = generator if generator.device.type == "cpu" else torch.Generator().manual_seed(generator.initial_seed())
        pairs = source.draw(config.batch, drawn).to(generator.device)
        guesses, hidden = net(pairs.first, pairs.second, config.guesses)
        return sequence_loss(guesses, pairs.moved, hidden, pairs.hidden, LARGEST)

    def pictures(number: int) -> dict[str, Tensor]:
        return {"pairs": _sheet(net, source, config)}

    trainer = Trainer(folder, {"net": net}, step, config.training, pictures, progress)
    trainer.run()
    save_weights(
        folder, trainer.ema_modules(), {"system": system, "config": asdict(config), "pairs": len(source.shots)}
    )


def _sheet(net: Matcher, source: PairSource, config: Config) -> Tensor:
    """Some pairs, a row each, as a picture (3, H, W) in 0…1: the first, the second taken back to it, the guess, the truth."""
    pairs = source.straight(SHOWN)
    device = next(net.parameters()).device
    found = net(pairs.first.to(device), pairs.second.to(device), config.applied)[0][-1].cpu()
    back = taken_back(pairs.second, torch.cat([-found, torch.zeros_like(found)], 1) if net.rows else found)
    rows: list[np.ndarray] = []
    for index in range(len(found)):
        photos = [(value[index].permute(1, 2, 0).numpy() * 255).astype(np.uint8) for value in (pairs.first, back)]
        shown = [picture("disparity", v[0].clamp(min=0).nan_to_num().numpy()) if net.rows else picture("flow", v.permute(1, 2, 0).numpy())
                 for v in (found[index], pairs.moved[index])]  # fmt: skip
        rows.append(np.concatenate([*photos, *shown], 1))
    return torch.from_numpy(np.concatenate(rows)).permute(2, 0, 1) / 255


def _load(folder: Path, system: str) -> Matching:
    """The matcher of a run, however its pairs were made."""
    from ..core.checkpoint import read_about

    held = read_about(folder).get("config")
    kind = FromSingle if isinstance(held, dict) and "single" in held else Config
    config, _ = read_trained(folder, system, kind())
    return load_model(folder, system, lambda: Matching(config, system == STEREO), lambda model: {"net": model.net})


def _system(config: type[Config], system: str) -> SimpleNamespace:
    """What the catalogue calls of one of these systems."""

    def train(shots: Shots, folder: Path, config_: Config | None = None, progress: Progress | None = None) -> None:
        """Train on the pairs of the split train."""
        _train(shots, folder, config_ or config(), progress, system)

    def load(folder: Path) -> Matching:
        """The matcher of a run."""
        return _load(folder, system)

    return SimpleNamespace(Config=config, train=train, load=load)


optical_flow, stereo, stereo_from_single = _system(Config, FLOW), _system(Config, STEREO), _system(FromSingle, STEREO)
