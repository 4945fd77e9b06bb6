"""Photographs whose landmarks people set: the layout of 300-W, and how far a net's are from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.formats.files import read_text
from ....datagen.formats.reading import MIB
from ...core.photographs import SUFFIXES
from .adaptation import Adaptation, eye_distance

COUNT = 68
LARGEST = 1e6  # px of a point
FAILED = 0.1  # of the distance of the outer eye corners: a face that is farther off is not found
NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class Annotated(NamedTuple):
    """A photograph and its landmarks (68, 2) in our pixels, whose first one's centre is at (0.5, 0.5)."""

    path: Path
    points: Tensor


def read_points(path: Path) -> Tensor:
    """The landmarks (68, 2) of a .pts file, whose pixels count from 1; raises BadInput where it holds others."""
    found = re.search(r"n_points:\s*(\d+)\s*\{([^}]*)\}", read_text(Path(path), MIB))
    values = [word for word in found[2].split() if NUMBER.fullmatch(word)] if found else []
    if found is None or int(found[1]) != COUNT or len(values) != 2 * COUNT:
        raise BadInput(f"{path}: holds no {COUNT} points; allowed is a .pts file as 300-W has them")
    points = torch.tensor([float(word) for word in values], dtype=torch.float64).reshape(COUNT, 2) - 0.5
    if not (points.abs() <= LARGEST).all() or eye_distance(points) < 1:
        raise BadInput(
            f"{path}: holds points that no face has; allowed are pixels up to {LARGEST:g} and eyes 1 px apart or more"
        )
    return points


def read_annotated(folder: Path) -> list[Annotated]:
    """The photographs of a folder that have a .pts file beside them, by name; raises BadInput where it holds none."""
    paths = sorted(Path(folder).iterdir()) if Path(folder).is_dir() else []
    found = [Annotated(path, read_points(path.with_suffix(".pts"))) for path in paths
             if path.suffix.lower() in SUFFIXES and path.with_suffix(".pts").is_file()]  # fmt: skip
    if not found:
        raise BadInput(f"{folder}: holds no photographs with .pts files of {COUNT} points beside them")
    return found


def normalised_errors(found: Tensor, wanted: Tensor) -> Tensor:
    """The mean distances (N,) of landmarks (N, 68, 2), over those of the outer eye corners (inter-ocular NME)."""
    return ((found - wanted).norm(dim=-1) / eye_distance(wanted)[..., 0]).mean(-1)


class Figures(NamedTuple):
    """Errors (N,) of photographs, their mean, and the share that is not found."""

    errors: Tensor
    mean: float
    failed: float

    @property
    def worst(self) -> list[int]:
        """The numbers of the photographs, the worst first."""
        return torch.argsort(self.errors, descending=True).tolist()


def figures(found: Tensor, wanted: Tensor) -> Figures:
    """How far landmarks (N, 68, 2) are from annotators'; what is no number is not found."""
    errors = normalised_errors(found, wanted)
    return Figures(errors, float(errors.mean()), float((~(errors <= FAILED)).float().mean()))


def require_others(found: Sized) -> None:
    """Raise BadInput where label adaptation would have no other photograph to learn from."""
    if len(found) < 2:
        raise BadInput(
            f"label adaptation: has {len(found)} photographs; allowed are two or more, or others to learn from"
        )


def crossed(found: Tensor, wanted: Tensor, learn: Callable[[Tensor, Tensor], Adaptation]) -> Tensor:
    """Landmarks (N, 68, 2) through label adaptations that learned from every second photograph, each from those it is not for."""
    require_others(found)
    adapted = torch.empty_like(found)
    for fold in (0, 1):
        adapted[fold::2] = learn(found[1 - fold :: 2], wanted[1 - fold :: 2])(found[fold::2])
    return adapted
