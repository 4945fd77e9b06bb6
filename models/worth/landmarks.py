"""Landmarks of annotated photographs, as a small net that learned from a dataset finds them, and through label adaptation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...datagen.pictures import stroke
from ..core import pictures
from ..core.photographs import read_photo
from ..core.progress import Progress, counting
from ..systems import face_analysis
from ..vision.faces.adaptation import fit_adaptation
from ..vision.faces.annotated import COUNT, Annotated, crossed, figures, read_annotated, require_others
from ..vision.faces.net import NetConfig
from ..vision.faces.targets import face_window
from .measuring import WORST, Found

EDGE = 192  # px of each photograph on the sheet
FOUND, TRUTH = (90, 255, 150), (255, 90, 90)  # colours of the net's landmarks and of people's
NET = NetConfig(128, (16, 24, 48, 96, 128), (0, 1, 2, 2, 2), (16, 24, 32, 64))
# Errors are shares of the distance of the outer eye corners; failed are photographs that are over a tenth off.
COLUMNS = (("error", "error", ".2%"), ("over 10 %", "failed", ".1%"), ("adapted", "adapted", ".2%"),
           ("over 10 %", "adapted_failed", ".1%"))  # fmt: skip
ERROR = ".1%"


class Test(NamedTuple):
    """Photographs that are looked at, and others that label adaptation learns from, or none."""

    photographs: list[Annotated]
    others: list[Annotated]


def budget(steps: int, seed: int) -> face_analysis.Config:
    """The small net and its training, the same for all datasets that are compared."""
    return face_analysis.Config(NET, steps=steps, batch=16, learning_rate=2e-3, warmup=min(100, steps // 10), picture_every=0,
                                seed=seed)  # fmt: skip


def read(folder: Path, learn: Path | None) -> Test:
    """The photographs of a folder, and of another one that label adaptation learns from; each is opened once.

    Raises BadInput where label adaptation would have nothing to learn from.
    """
    test = Test(read_annotated(folder), read_annotated(learn) if learn else [])
    require_others([*test.photographs, *test.others])
    for photograph in (*test.photographs, *test.others):
        read_photo(photograph.path)
    return test


def facts(test: Test) -> dict[str, int]:
    """How many photographs there are."""
    return {"photographs": len(test.photographs), "learned_from": len(test.others)}


def attempt(run: Path, test: Test, seed: int, progress: Progress | None) -> Found:
    """The errors of a run's net on photographs as it finds landmarks, and through label adaptation.

    That learns from the other photographs, or, without any, from every second one for the rest.
    """
    rows = [*test.photographs, *test.others]
    points = _landmarks(face_analysis.load(run), rows, counting(progress, "photographs"))
    truth = torch.stack([photograph.points for photograph in rows]).float()
    count = len(test.photographs)
    if test.others:
        adapted = fit_adaptation(points[count:], truth[count:], seed=seed)(points[:count])
    else:
        adapted = crossed(points, truth, lambda a, b: fit_adaptation(a, b, seed=seed))
    plain, better = figures(points[:count], truth[:count]), figures(adapted, truth[:count])
    worst = better.worst[:WORST]
    found = {"error": plain.mean, "adapted": better.mean, "failed": plain.failed, "adapted_failed": better.failed}
    named = tuple((rows[i].path.name, round(float(better.errors[i]), 5)) for i in worst)
    return Found(found, named, sheet(adapted, test.photographs, worst))


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
