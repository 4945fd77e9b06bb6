"""What a dataset is worth: a small net is trained on it for a fixed budget, and tried on photographs that people annotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..datagen.errors import BadInput
from ..datagen.formats.files import read_json, write_json
from ..datagen.pictures import stroke
from .core import pictures
from .core.photographs import read_photo
from .core.progress import Progress, counting, staged
from .core.shots import Shots
from .systems import face_analysis
from .vision.faces.adaptation import fit_adaptation
from .vision.faces.annotated import COUNT, Annotated, crossed, figures, read_annotated
from .vision.faces.net import NetConfig
from .vision.faces.targets import face_window

WORST = 12  # photographs that are told and shown
EDGE = 192  # px of each on the sheet
FOUND, TRUTH = (90, 255, 150), (255, 90, 90)  # colours of the net's landmarks and of people's
DATA = "data.json"  # of a run: the digest of the dataset that it learns from
REPORT, SHEET = "report.json", "worst.png"
NET = NetConfig(128, (16, 24, 48, 96, 128), (0, 1, 2, 2, 2), (16, 24, 32, 64))


@dataclass(frozen=True)
class Worth:
    """The figures of one share of a dataset: errors are shares of the distance of the outer eye corners."""

    share: float
    faces: int  # that were trained on
    error: float  # mean, as the net finds landmarks
    adapted: float  # mean, through label adaptation
    failed: float  # share of photographs that are over a tenth off
    adapted_failed: float
    worst: tuple[tuple[str, float], ...]  # photographs and their errors through label adaptation


def budget(steps: int, seed: int) -> face_analysis.Config:
    """The small net and its training, the same for all datasets that are compared."""
    return face_analysis.Config(NET, steps=steps, batch=16, learning_rate=2e-3, warmup=min(100, steps // 10), picture_every=0,
                                seed=seed)  # fmt: skip


def measure(shots: Shots, against: Path, out: Path, shares: Sequence[float], config: face_analysis.Config,
            learn: Path | None = None, progress: Progress | None = None) -> list[Worth]:  # fmt: skip
    """Train on shares of a dataset's split train, and measure each on a folder of photographs in 300-W's layout.

    Label adaptation learns from another folder, or, without one, from every second photograph for the others. Runs are kept in
    ``out`` and gone on with; its report.json has all figures, worst.png the worst photographs of the last share.
    """
    test = read_annotated(against)
    others = read_annotated(learn) if learn else []
    wanted, other = (
        torch.stack([photograph.points for photograph in rows]).float() if rows else None for rows in (test, others)
    )
    runs = [out / f"share-{share:g}" for share in shares]
    for run in runs:
        _require_data(run, shots.digest)
    for photograph in (*test, *others):  # so that none is refused after hours of training
        read_photo(photograph.path)
    found = []
    for share, run in zip(shares, runs, strict=True):
        part = shots.of("train").portion(share)
        run.mkdir(parents=True, exist_ok=True)
        write_json(run / DATA, {"digest": shots.digest})
        name = f"share {share:g}"
        face_analysis.train(part, run, config, staged(progress, name))
        model = face_analysis.load(run)
        points = _landmarks(model, [*test, *others], counting(progress, f"{name}, photographs"))
        if others:
            adapted = fit_adaptation(points[len(test) :], other, seed=config.seed)(points[: len(test)])
        else:
            adapted = crossed(points, wanted, lambda a, b: fit_adaptation(a, b, seed=config.seed))
        plain, better = figures(points[: len(test)], wanted), figures(adapted, wanted)
        worst = tuple((test[i].path.name, round(float(better.errors[i]), 5)) for i in better.worst[:WORST])
        found.append(Worth(share, len(part), plain.mean, better.mean, plain.failed, better.failed, worst))
        write_json(out / REPORT, {"digest": shots.digest, "steps": config.steps, "seed": config.seed, "photographs": len(test),
                                  "learned_from": len(others), "shares": [asdict(row) for row in found]})  # fmt: skip
        pictures.write_png(out / SHEET, sheet(adapted, test, better.worst[:WORST]))
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


def _landmarks(model: face_analysis.FaceAnalysis, photographs: Sequence[Annotated], counted) -> Tensor:
    """What the net finds in photographs (N, 68, 2), each looked at where its annotations are: a detector is not measured."""
    found = []
    for number, photograph in enumerate(photographs):
        window = face_window(photograph.points.float(), model.config.net.size)
        found.append(torch.tensor(model.predict(photograph.path, window).record["points_2d"])[:COUNT])
        counted(number + 1, len(photographs))
    return torch.stack(found)


def sheet(found: Tensor, photographs: Sequence[Annotated], chosen: Sequence[int]) -> np.ndarray:
    """Some photographs on one sheet, cut to their faces, with people's landmarks and others (N, 68, 2)."""
    tiles = []
    for index in chosen:
        window = face_window(photographs[index].points.float(), EDGE)
        values = torch.from_numpy(np.ascontiguousarray(read_photo(photographs[index].path).transpose(2, 0, 1)))
        tile = window.smooth(values).round().byte().permute(1, 2, 0).numpy().copy()
        for points, colour in ((photographs[index].points.float(), TRUTH), (found[index], FOUND)):
            for at in window.points(points).numpy():
                stroke(tile, at, at, 1.5, colour)
        tiles.append(tile)
    return pictures.contact_sheet(np.stack(tiles))
