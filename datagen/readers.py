"""Reads a dataset: samples by number, any label as an array checked against the label table."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from ..procgen import registry
from .errors import BadInput
from .formats.files import read_json, read_label, read_text
from .formats.records import (
    FORMAT,
    check_camera,
    check_description,
    check_landmarks,
    check_objects,
    check_sample,
    frames_of,
)
from .labels import LABELS, file_name


class Sample:
    """One sample: one spec, one or more frames or views."""

    def __init__(self, path: Path, taxonomy: dict | None = None):
        self.path = path
        self.taxonomy = taxonomy or {}  # of its dataset: class names by label and id
        self.record = check_sample(read_json(path / "sample.json"), path / "sample.json")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def frames(self) -> list[int]:
        """The numbers of its frames or views."""
        return list(self.record["frames"])

    def has(self, label: str, frame: int = 0) -> bool:
        """Whether a label exists."""
        return (self.path / file_name(frame, label)).is_file()

    def label(self, name: str, frame: int = 0) -> np.ndarray:
        """A label's array (h, w) or (h, w, c) in the type of its row."""
        if name not in LABELS:
            raise BadInput(f"{name}: is not a label; allowed are {', '.join(LABELS)}")
        return read_label(self.path / file_name(frame, name), name)

    def holds(self, file: str) -> bool:
        """Whether a record such as landmarks.json exists; labels of any Blender file come without landmarks and spec."""
        return (self.path / file).is_file()

    @cached_property
    def spec(self):
        """The spec."""
        return registry.parse(read_json(self.path / "spec.json"))[1]

    @cached_property
    def caption(self) -> str:
        """The caption."""
        return read_text(self.path / "caption.txt").strip()

    def _frame(self, file: str, frame: int) -> dict:
        for record in frames_of(read_json(self.path / file), self.path / file):
            if record["frame"] == frame:
                return record
        raise BadInput(f"{self.path / file}: holds no frame {frame}")

    def camera(self, frame: int = 0) -> dict:
        """K, cam2world and lens of a frame."""
        return check_camera(self._frame("camera.json", frame), self.path / "camera.json")

    def landmarks(self, frame: int = 0) -> dict:
        """Landmarks, head pose and gaze of a frame."""
        return check_landmarks(self._frame("landmarks.json", frame), self.path / "landmarks.json")

    def objects(self, frame: int = 0) -> list[dict]:
        """The objects of a frame."""
        return check_objects(self._frame("objects.json", frame), self.path / "objects.json")


class Dataset:
    """A dataset folder; ``len``, iteration, and splits by identity."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.description = read_json(self.path / "dataset.json")
        if not isinstance(self.description, dict) or self.description.get("format") != FORMAT:
            raise BadInput(f"{self.path}: is not a dataset of format {FORMAT}")
        check_description(self.description, self.path / "dataset.json")
        self.names = sorted(p.name for p in self.path.iterdir() if p.name.isdigit() and (p / "sample.json").is_file())

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        return self._sample(self.names[index])

    def __iter__(self):
        return (self._sample(name) for name in self.names)

    def split(self, name: str) -> list[Sample]:
        """The samples of train, validation or test."""
        if name not in self.description["splits"]:
            raise BadInput(f"{name}: is not a split; allowed are {', '.join(self.description['splits'])}")
        return [self._sample(sample) for sample in self.description["splits"][name] if sample in self.names]

    def _sample(self, name: str) -> Sample:
        return Sample(self.path / name, self.description.get("taxonomy"))
