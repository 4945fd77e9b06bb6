"""Photographs whose landmarks people set: the layout of 300-W, and how far a net's are from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.formats.files import read_text
from ....datagen.formats.reading import MIB
from ...core.photographs import SUFFIXES
from .adaptation import eye_distance

COUNT = 68
FAILED = 0.1  # of the distance of the outer eye corners: a face that is farther off is not found
NUMBER = re.compile(r"-?[0-9.]+(?:[eE][-+]?[0-9]+)?")
PARTS = ("odd", "even", "all")


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
    return torch.tensor([float(word) for word in values], dtype=torch.float64).reshape(COUNT, 2) - 0.5


def read_annotated(folder: Path, part: str = "all") -> list[Annotated]:
    """The photographs of a folder that have a .pts file beside them; odd and even ones by the last number in their names."""
    if part not in PARTS:
        raise BadInput(f"part: {part} is not allowed; allowed are {', '.join(PARTS)}")
    found = []
    for path in sorted(Path(folder).iterdir() if Path(folder).is_dir() else ()):
        if path.suffix.lower() in SUFFIXES and path.with_suffix(".pts").is_file():
            digits = re.findall(r"[0-9]+", path.stem)
            if part == "all" or (digits and int(digits[-1]) % 2 == (part == "odd")):
                found.append(Annotated(path, read_points(path.with_suffix(".pts"))))
    if not found:
        raise BadInput(
            f"{folder}: holds no {'' if part == 'all' else f'{part} '}photographs with .pts files beside them"
        )
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


def figures(found: Sequence[np.ndarray], photographs: Sequence[Annotated], net=None) -> Figures:
    """How far landmarks (70, 2) are from annotators', as they are or through a label adaptation."""
    points = torch.from_numpy(np.stack([each[:COUNT] for each in found])).float()
    wanted = torch.stack([photograph.points for photograph in photographs]).float()
    errors = normalised_errors(points if net is None else net(points), wanted)
    return Figures(errors, float(errors.mean()), float((errors > FAILED).float().mean()))
