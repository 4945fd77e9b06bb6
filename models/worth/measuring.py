"""Measuring a dataset: runs on shares of it that go on where they stopped, what each found, and the report of them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...datagen.errors import BadInput
from ...datagen.formats.files import read_json, write_json
from ..core import pictures
from ..core.progress import Progress, staged
from ..core.shots import Shots

WORST = 12  # of what was tried that are told and shown
DATA = "data.json"  # of a run: the digest of the dataset that it learns from
REPORT, SHEET = "report.json", "worst.png"


class Found(NamedTuple):
    """What one net is worth: figures by name, what was worst with its error, and a picture uint8 (h, w, 3) of that."""

    figures: dict[str, float]
    worst: tuple[tuple[str, float], ...]
    sheet: np.ndarray


class Trial(Protocol):
    """What a module of this folder holds: a net and budget, what is read of a folder, and how a trained net is tried on it."""

    COLUMNS: tuple[tuple[str, str, str], ...]  # of the table: a heading, the name of a figure, its format
    ERROR: str  # the format of the errors of the worst

    def budget(self, steps: int, seed: int) -> Any:
        """The configuration of the system: a small net, the same for all datasets that are compared."""

    def read(self, folder: Path, learn: Path | None) -> Any:
        """What nets are tried on, opened far enough that none of it is refused after hours of training."""

    def facts(self, test: Any) -> dict[str, Any]:
        """What the report says of it, whatever a net may find."""

    def attempt(self, run: Path, test: Any, seed: int, progress: Progress | None) -> Found:
        """Try the trained net of a run."""


@dataclass(frozen=True)
class Worth:
    """What one share of a dataset is worth; ``frames`` were trained on."""

    share: float
    frames: int
    figures: dict[str, float]
    worst: tuple[tuple[str, float], ...]

    def row(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "share": self.share,
            "frames": self.frames,
            **self.figures,
            "worst": [list(pair) for pair in self.worst],
        }


def measure(trial: Any, system: Any, shots: Shots, test: Any, out: Path, shares: Sequence[float], config: Any,
            progress: Progress | None = None) -> list[Worth]:  # fmt: skip
    """Train on shares of a dataset's split train, and try each; ``trial`` is a module, ``system`` what holds train.

    Runs are kept in ``out`` and gone on with; its report.json has all figures, worst.png the worst of the last share.
    """
    runs = [out / f"share-{share:g}" for share in shares]
    for run in runs:
        _require_data(run, shots.digest)
    found: list[Worth] = []
    for share, run in zip(shares, runs, strict=True):
        part = shots.of("train").portion(share)
        run.mkdir(parents=True, exist_ok=True)
        write_json(run / DATA, {"digest": shots.digest})
        name = f"share {share:g}"
        system.train(part, run, config, staged(progress, name))
        figures, worst, sheet = trial.attempt(run, test, config.seed, staged(progress, name))
        found.append(Worth(share, len(part), figures, worst))
        write_json(out / REPORT, {"digest": shots.digest, "steps": config.steps, "seed": config.seed, **trial.facts(test),
                                  "shares": [row.row() for row in found]})  # fmt: skip
        pictures.write_png(out / SHEET, sheet)
    return found


def _require_data(run: Path, digest: str) -> None:
    """Raise BadInput where a run was begun with another dataset: its figures would stand under this one's name."""
    if not run.is_dir() or not any(run.iterdir()):
        return
    held = read_json(run / DATA) if (run / DATA).is_file() else None
    if not isinstance(held, dict) or held.get("digest") != digest:
        raise BadInput(
            f"{run}: is not of this dataset; allowed is another --out, or the dataset that it was begun with"
        )


def check_shares(shares: Sequence[float]) -> tuple[float, ...]:
    """Shares in rising order; raises BadInput where one is not above 0 up to 1."""
    if not shares or not all(0 < share <= 1 for share in shares):
        raise BadInput(
            f"shares: {', '.join(map(str, shares)) or 'none'} is not allowed; allowed are numbers above 0 up to 1"
        )
    return tuple(sorted(set(shares)))
