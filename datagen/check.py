"""Proves a dataset: every file whole, and every label in agreement with the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from ..procgen.distributions import SpecError
from .checks import CHECKS, values_of
from .claims import Claims
from .errors import BadInput
from .formats.whole import differing
from .readers import Dataset, Sample
from .tables import show
from .terminal import say


@dataclasses.dataclass
class Figure:
    """The worst figure of one check over a dataset."""

    name: str
    bar: float
    unit: str
    worst: float = 0.0
    where: str = ""
    count: int = 0

    def add(self, value: float, where: str) -> None:
        self.count += 1
        if not self.where or (
            self.worst == self.worst and not value <= self.worst
        ):  # a NaN is a failure, and the last word
            self.worst, self.where = value, where

    @property
    def ok(self) -> bool:
        return bool(self.worst <= self.bar)


class Report:
    """The figures of all checks."""

    def __init__(self, figures: list[Figure], samples: int, problems: list[str]):
        self.figures, self.samples, self.problems = figures, samples, problems

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems and self.samples > 0 and all(figure.ok for figure in self.figures)

    def failed(self) -> list[str]:
        """The names of the checks that do not hold."""
        return [figure.name for figure in self.figures if not figure.ok]

    def summary(self) -> str:
        """One line about what is wrong."""
        if self.problems:
            return self.problems[0]
        if not self.samples:
            return "holds no finished sample"
        broken = [figure for figure in self.figures if not figure.ok]
        return "; ".join(f"{f.name} is {f.worst:.3g}, allowed is {f.bar:g} {f.unit} ({f.where})" for f in broken)

    def to_dict(self) -> dict:
        """As JSON values."""
        figures = [
            dataclasses.asdict(figure) | {"ok": figure.ok, "worst": float(figure.worst)} for figure in self.figures
        ]
        return {"ok": self.ok, "samples": self.samples, "problems": self.problems, "figures": figures}

    def show(self) -> None:
        """Print a table."""
        columns = ("check", "worst", "allowed", "unit", "frames", "result")
        rows = [
            (f.name, f"{f.worst:.3g}", f"{f.bar:g}", f.unit, str(f.count), "holds" if f.ok else f"fails ({f.where})")
            for f in self.figures
        ]
        show(
            columns,
            rows,
            title=f"{self.samples} sample{'s' * (self.samples != 1)}",
            styles=["" if f.ok else "red" for f in self.figures],
        )
        for problem in self.problems:
            say(problem)


def check_dataset(path: str | Path) -> Report:
    """Hold every file of a dataset against its record, every sample against the dataset, and every frame against itself."""
    dataset = Dataset(path)
    figures = {name: Figure(name, bar, unit) for name, (_, bar, unit) in CHECKS.items()}
    claims = Claims(dataset)
    problems = dict.fromkeys(claims.of_dataset())  # each told once, in order
    for sample in _samples(dataset, problems):
        problems |= dict.fromkeys(line for _, line in differing(sample.path, sample.record["files"]))
        problems |= dict.fromkeys(claims.of_sample(sample))
        for frame in sample.frames:
            _check_frame(sample, frame, figures, problems)
    return Report([figure for figure in figures.values() if figure.count], len(dataset), list(problems))


def _samples(dataset: Dataset, problems: dict[str, None]) -> Iterator[Sample]:
    """The samples that can be opened."""
    for index in range(len(dataset)):
        try:
            yield dataset[index]
        except BadInput as error:
            problems[str(error)] = None


def _check_frame(sample: Sample, frame: int, figures: dict[str, Figure], problems: dict[str, None]) -> None:
    try:
        camera = sample.camera(frame)
        values = values_of(sample, frame, camera)
    except BadInput as error:
        problems[str(error)] = None
        return
    for name, (check, _, _) in CHECKS.items():
        try:
            figure = check(values, camera, sample, frame)
        except (BadInput, SpecError) as error:
            problems[f"{sample.name} frame {frame}: {error}"] = None
            continue
        if figure is not None:
            figures[name].add(figure, f"{sample.name} frame {frame}")
