"""Reads a dataset: samples by number, any label as an array checked against the label table.

Only regular files in the dataset's own folder are read, reached through no link, each within its limit and of the size that
its sample's record says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..procgen import registry
from ..procgen.distributions import SpecError
from .errors import BadInput
from .formats.dense import Dense, split_dense
from .formats.files import decode_json, decode_label, decode_text
from .formats.limits import most_of
from .formats.mesh_file import MeshFile, decode_mesh
from .formats.points import POINTS, SDF, Distances, SurfacePoints, decode_points
from .formats.reading import read_regular
from .formats.records import (
    check_camera,
    check_description,
    check_landmarks,
    check_objects,
    check_sample,
    frames_of,
    plain,
)
from .formats.thing import check_thing
from .formats.topology import MOST_BYTES, TOPOLOGY, Topology, decode_topology
from .formats.whole import open_recorded
from .labels import LABELS, file_name


class Sample:
    """One sample: one spec, one or more frames or views; its records are read once, when they are first asked for."""

    def __init__(self, path: Path, taxonomy: dict | None = None):
        self.path = Path(path)
        self.taxonomy = taxonomy or {}  # of its dataset: class names by label and id
        where = self.path / "sample.json"
        data = read_regular(where, most_of(where.name), self.path.parent)
        self.record = check_sample(decode_json(data, where), where)
        self.notes: dict[str, dict] = {}  # what a record says beside its frames, once it was read
        self._rows: dict[str, dict[int, dict]] = {}
        self._checked: dict[tuple[str, int], dict | list] = {}

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def frames(self) -> list[int]:
        """The numbers of its frames or views."""
        return list(self.record["frames"])

    @cached_property
    def cameras(self) -> int:
        """How many shots one moment has, which come one after another: views around a person, the eyes of a pair."""
        times = [self.camera(frame).get("time") for frame in self.frames]
        return times.count(times[0]) if times and times[0] is not None else self.record.get("eyes", 1)

    def has(self, label: str, frame: int = 0) -> bool:
        """Whether a label exists."""
        return self.holds(file_name(frame, label))

    def label(self, name: str, frame: int = 0, camera: dict | None = None) -> np.ndarray:
        """A label's array (h, w), (h, w, c) or, of points, (n, c); with a camera's record, a picture must be of its size."""
        if name not in LABELS:
            raise BadInput(f"{name}: is not a label; allowed are {', '.join(LABELS)}")
        file = file_name(frame, name)
        values = decode_label(name, self.bytes(file), self.path / file)
        if (
            camera is not None
            and LABELS[name].suffix != "npz"
            and values.shape[:2] != (camera["height"], camera["width"])
        ):
            size, expected = f"{values.shape[1]}×{values.shape[0]} px", f"{camera['width']}×{camera['height']} px"
            raise BadInput(f"{self.path / file}: is {size}; its camera has {expected}")
        return values

    def dense_landmarks(self, frame: int = 0) -> Dense:
        """Every vertex of the head: points_2d (n, 2) px, points_3d (n, 3) m in the world, and whether each is seen (n,)."""
        return split_dense(self.label("dense_landmarks", frame))

    def holds(self, file: str) -> bool:
        """Whether a file such as landmarks.json is there; labels of any Blender file come without landmarks and spec."""
        return os.path.lexists(self.path / file)  # what is no regular file is refused when it is read

    def open(self, file: str) -> BinaryIO:
        """Open one of its files for reading; raises BadInput on links, pipes and sizes that are not the record's."""
        if not plain(file):
            raise BadInput(f"{self.path}: {file!r} is no name of a file of a sample")
        return open_recorded(self.path, file, self.record["files"])

    def bytes(self, file: str) -> bytes:
        """What one of its files holds; raises BadInput as open does."""
        with self.open(file) as opened:
            try:
                return opened.read(most_of(file))
            except OSError as error:
                raise BadInput(f"{self.path / file}: cannot be read ({error.strerror or error})") from None

    def copy(self, file: str, target: Path) -> None:
        """Copy one of its files to a new place; raises BadInput as open does."""
        with self.open(file) as opened, Path(target).open("wb") as written:
            shutil.copyfileobj(opened, written, 2**20)

    @cached_property
    def spec(self):
        """The spec; raises BadInput where its file is none."""
        try:
            return registry.parse(self.document("spec.json"))[1]
        except SpecError as error:
            raise BadInput(f"{self.path / 'spec.json'}: {error}") from None

    @cached_property
    def caption(self) -> str:
        """The caption."""
        return decode_text(self.bytes("caption.txt"), self.path / "caption.txt").strip()

    @cached_property
    def thing(self) -> dict:
        """Of a thing: family, sort, box, size in metres, colours and captions."""
        return check_thing(self.document("thing.json"), self.path / "thing.json")

    @cached_property
    def mesh(self) -> MeshFile:
        """Of a thing: its mesh with one picture, in the box's frame."""
        return decode_mesh(self.bytes("mesh.glb"), self.path / "mesh.glb")

    @cached_property
    def points(self) -> SurfacePoints:
        """Of a thing: points drawn evenly on its mesh."""
        return decode_points(self.bytes(POINTS), self.path / POINTS, SurfacePoints)

    @cached_property
    def distances(self) -> Distances:
        """Of a thing: signed distances near its surface and all over its box."""
        return decode_points(self.bytes(SDF), self.path / SDF, Distances)

    def document(self, file: str):
        """The JSON value of one of its files."""
        return decode_json(self.bytes(file), self.path / file)

    def rows(self, file: str) -> dict[int, dict]:
        """The rows of a record by frame, as they are in its file."""
        if file not in self._rows:
            document = self.document(file)
            self._rows[file] = frames_of(document, self.path / file)
            self.notes[file] = {name: value for name, value in document.items() if name != "frames"}
        return self._rows[file]

    def _frame(self, file: str, frame: int, check: Callable):
        if (file, frame) not in self._checked:
            rows = self.rows(file)
            if frame not in rows:
                raise BadInput(f"{self.path / file}: holds no frame {frame}")
            self._checked[file, frame] = check(rows[frame], self.path / file)
        return self._checked[file, frame]

    def camera(self, frame: int = 0) -> dict:
        """K, cam2world and lens of a frame."""
        return self._frame("camera.json", frame, check_camera)

    def landmarks(self, frame: int = 0) -> dict:
        """Landmarks, head pose and gaze of a frame."""
        return self._frame("landmarks.json", frame, check_landmarks)

    def objects(self, frame: int = 0) -> list[dict]:
        """The objects of a frame."""
        return self._frame("objects.json", frame, check_objects)


class Dataset:
    """A dataset folder; ``len``, iteration, and splits by identity."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        where = self.path / "dataset.json"
        data = read_regular(where, most_of(where.name), self.path)
        self.description = check_description(decode_json(data, where), where)
        self.names = _samples(self.path)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        return self._sample(self.names[index])

    def __iter__(self):
        return (self._sample(name) for name in self.names)

    def topology(self) -> Topology:
        """The mesh that all dense landmarks of the dataset are the corners of."""
        where = self.path / TOPOLOGY
        return decode_topology(read_regular(where, MOST_BYTES, self.path), where)

    def split(self, name: str) -> list[Sample]:
        """The samples of train, validation or test."""
        if name not in self.description["splits"]:
            raise BadInput(f"{name}: is not a split; allowed are {', '.join(self.description['splits'])}")
        there = set(self.names)
        return [self._sample(sample) for sample in self.description["splits"][name] if sample in there]

    def _sample(self, name: str) -> Sample:
        return Sample(self.path / name, self.description.get("taxonomy"))


def _samples(path: Path) -> list[str]:
    """The names of the finished samples in a folder, in order; raises BadInput where one is a link."""
    names = []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.isdecimal() and entry.name.isascii() and os.path.lexists(os.path.join(entry, "sample.json")):
                if entry.is_symlink():
                    raise BadInput(f"{path / entry.name}: is a link; allowed is what lies in the dataset itself")
                names.append(entry.name)
    return sorted(names)
