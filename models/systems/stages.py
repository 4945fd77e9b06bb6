"""Trains one network after another of a model that has several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from ..core.progress import Progress, staged
from ..core.trainer import Step, Trainer

Pictures = Callable[[int], dict[str, Tensor]]


def train_stage(model: Any, name: str, step: Step, folder: Path, progress: Progress | None = None,
                pictures: Pictures | None = None) -> None:  # fmt: skip
    """Train the network ``name`` of a model by its step, as that field of ``model.config`` says, in a folder of its own.

    Its averaged weights are left in it; ``pictures`` draws it on the way. What was stopped goes on.
    """
    network = getattr(model, name).requires_grad_(True)
    trainer = Trainer(
        folder / name, {name: network}, step, getattr(model.config, name), pictures, staged(progress, name)
    )
    trainer.run()
    network.load_state_dict(trainer.ema_modules()[name].state_dict())
    network.requires_grad_(False).eval()
    model.cpu()  # what the next stages and the last file are made from lies there
