"""Shots: a frame of any dataset of ours with all its labels as tensors, read when they are asked for, and moved by windows."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.export.keypoints import mirrored
from ...datagen.labels import LABELS, PARTS
from ...datagen.readers import Dataset, Sample
from .window import Window

SMOOTH = ("rgb", "linear", "albedo", "shading", "alpha", "hair_alpha")  # shares of a pixel's area, which may be mixed
CAMERA = ("normal", "rays")  # directions in the camera's frame
PIXELS = ("flow", "flow_back")  # vectors in pixels
WORLD = ("position", "scene_flow", "uv", "dense_landmarks")  # have no mirror image
HIDDEN = {"occlusion": "flow", "occlusion_back": "flow_back"}  # what says where a hidden point lies in the other frame
UNKNOWN = {
    "parts": 255,
    "semantic": 255,
    "instance": 0,
    "hair": 0,
    "normal": 0,
}  # beyond the picture; others are NaN there
PARTNERS = ("next", "previous", "right")  # pictures of the same sample: in time, and of a stereo pair
RECORDED = ("landmarks", "caption")  # what may be asked for beside labels that are pictures
POINTS = 70


class FaceMarks(NamedTuple):
    """What is known of a face, in the camera's frame where it is no pixel: metres, unit vectors; the eyes are right, left."""

    points: Tensor  # (70, 2) px
    points_3d: Tensor  # (70, 3) m
    visible: Tensor  # (70,) bool
    rotation: Tensor  # (3, 3) of the head
    translation: Tensor  # (3,) m, its pivot
    gaze: Tensor  # (2, 3)

    def moved(self, window: Window) -> FaceMarks:
        """The same face in a window; one that is mirrored has its sides exchanged."""
        turn = window.turn.to(self.points)
        order = torch.tensor(mirrored()) if window.mirror else torch.arange(POINTS)
        eyes = [1, 0] if window.mirror else [0, 1]
        # A head's own left and right are its x: mirrored twice, the rotation stays one.
        own = torch.diag(torch.tensor([-1.0 if window.mirror else 1.0, 1.0, 1.0])).to(self.points)
        return FaceMarks(window.points(self.points)[order], (self.points_3d @ turn.T)[order], self.visible[order],
                         turn @ self.rotation @ own, turn @ self.translation, self.gaze[eyes] @ turn.T)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame: ``maps`` holds labels (C, H, W) by name in the types of the label table (numbers of instances int32).

    ``intrinsics`` (3, 3) is in pixels, ``cam2world`` (4, 4) that of OpenCV's frame, None where a mirror has made a world that
    there is not; ``partners`` are pictures uint8 (3, H, W) of the same size; ``inside`` (H, W) is false beyond the picture
    that a window was cut from, where labels are unknown: NaN, the class 255, no normal, nothing.
    """

    name: str
    maps: Mapping[str, Tensor]
    intrinsics: Tensor
    cam2world: Tensor | None
    partners: Mapping[str, Tensor] = field(default_factory=dict)
    face: FaceMarks | None = None
    caption: str = ""
    inside: Tensor | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = next(iter(self.maps.values())).shape[1:]
        return height, width

    def __getitem__(self, label: str) -> Tensor:
        """A label's map; raises BadInput where it was not asked for."""
        if label not in self.maps:
            raise BadInput(f"{self.name}: has no {label}; it has {', '.join(self.maps)}")
        return self.maps[label]

    def moved(self, window: Window) -> Shot:
        """The shot as a window shows it: pictures are resampled, all other labels taken at the nearest pixel and turned with it.

        Flow and disparity, in pixels, are scaled too, and what moves out of the window is hidden. Raises BadInput where a
        label has no place in it: disparity runs along rows, and the world, texture coordinates have no mirror image.
        """
        turn = window.turn.float()
        height, width = self.size
        inside = window.inside(height, width)
        if self.inside is not None:
            inside &= window.nearest(self.inside[None], False)[0]
        maps = {name: _moved(name, values, window, turn) for name, values in self.maps.items()}
        for name, vectors in HIDDEN.items():
            if name in maps:
                maps[name] = _hidden(name, maps, vectors)
        partners = {name: _picture(values, window) for name, values in self.partners.items()}
        world = None
        if self.cam2world is not None and not window.mirror:
            world = self.cam2world.clone()
            world[:3, :3] = self.cam2world[:3, :3] @ window.turn.T.to(world)
        return replace(self, maps=maps, partners=partners, intrinsics=window.camera(self.intrinsics), cam2world=world,
                       face=self.face and self.face.moved(window), inside=inside)  # fmt: skip


def _moved(name: str, values: Tensor, window: Window, turn: Tensor) -> Tensor:
    """One label in a window."""
    if name in SMOOTH:
        return _picture(values, window)
    if window.mirror and name in WORLD:
        raise BadInput(f"{name}: has no mirror image; allowed are windows that are not mirrored")
    if window.turned and name == "disparity":
        raise BadInput("disparity: runs along rows; allowed are windows that are neither turned nor mirrored")
    unknown = UNKNOWN.get(name, float("nan") if values.is_floating_point() else 0)
    found = window.nearest(values, unknown)
    if name in CAMERA:
        return torch.einsum("ij,jhw->ihw", turn, found)
    if name in PIXELS:
        return torch.einsum("ij,jhw->ihw", turn[:2, :2] * window.scale, found)
    if name == "disparity":
        return found * window.scale
    return OTHER_SIDE[found.long()].to(found.dtype) if name == "parts" and window.mirror else found


def _picture(values: Tensor, window: Window) -> Tensor:
    found = window.smooth(values)
    return found if values.is_floating_point() else found.round().clamp(0, 255).to(values.dtype)


def _hidden(name: str, maps: Mapping[str, Tensor], vectors: str) -> Tensor:
    """What a frame's window does not show of the other frame is hidden, as what leaves the frame is."""
    if vectors not in maps:
        raise BadInput(f"{name}: is not known in a window without {vectors}; ask for both")
    height, width = maps[name].shape[1:]
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    at = torch.stack([x, y]) + maps[vectors]
    left = (at < 0).any(0) | (at[0] >= width) | (at[1] >= height)  # false where nothing is, which is NaN
    return torch.where(left[None], torch.tensor(255, dtype=torch.uint8), maps[name])


def _other_side() -> Tensor:
    """For each class of parts the one that a mirror makes of it."""
    ids = {name: number for number, name in PARTS.items()}
    sides = torch.arange(256)
    for number, name in PARTS.items():
        side, _, rest = name.partition("_")
        sides[number] = ids[f"{'left' if side == 'right' else 'right'}_{rest}"] if side in ("right", "left") else number
    return sides


OTHER_SIDE = _other_side()


class Shots(Sequence):
    """The frames of one or more datasets that have all that is asked for; each is read when it is taken.

    ``labels`` are names of the label table, "landmarks" or "caption"; ``partners`` some of PARTNERS; ``split`` one of the
    dataset's; ``more`` are names of the label table that are read of the frames that have them. Raises BadInput where a
    path is no dataset, has no such split, or holds no frame with all of them.
    """

    def __init__(self, paths: str | Path | Sequence[str | Path], labels: Sequence[str], split: str | None = None,
                 partners: Sequence[str] = (), more: Sequence[str] = ()):  # fmt: skip
        known = [*(name for name in LABELS if name != "dense_landmarks"), *RECORDED]
        if isinstance(labels, str) or not labels or not set(labels) <= set(known):
            raise BadInput(f"labels: {labels} is not allowed; allowed is a list of {', '.join(known)}")
        if not set(partners) <= set(PARTNERS):
            raise BadInput(f"partners: {partners} is not allowed; allowed are {', '.join(PARTNERS)}")
        self.labels, self.partners, self.more = tuple(labels), tuple(partners), tuple(more)
        self._frames: list[tuple[str, Sample, int, dict[str, int]]] = []
        self._splits: dict[str, set[Path]] = {}  # the samples of each
        total = hashlib.sha256()
        for path in [paths] if isinstance(paths, str | Path) else paths:
            dataset = Dataset(path)
            samples = list(dataset) if split is None else dataset.split(split)
            found = [row for sample in samples for row in self._of(sample, dataset.path.name)]
            if not found:
                rendered = ", ".join(dataset.description.get("rendered", [])) or "none"
                raise BadInput(f"{path}: holds no frame with {', '.join([*self.labels, *self.partners])}"
                               f"{f' in the split {split}' if split else ''}; its labels are {rendered}")  # fmt: skip
            self._frames += found
            for name, members in dataset.description["splits"].items():
                self._splits.setdefault(name, set()).update(dataset.path / member for member in members)
            for sample in samples:
                total.update(sample.name.encode())
                for file, facts in sorted(sample.record["files"].items()):
                    total.update(f"{file} {facts['sha256']}".encode())
        self.digest = total.hexdigest()[:16]

    def of(self, split: str) -> Shots:
        """The frames of train, validation or test; raises BadInput where there is none."""
        found = copy.copy(self)
        found._frames = [row for row in self._frames if row[1].path in self._splits.get(split, ())]
        if not found._frames:
            raise BadInput(f"{self._frames[0][0].partition('/')[0]}: holds no frame of the split {split}; allowed is a dataset "
                           "with more samples")  # fmt: skip
        return found

    def portion(self, share: float) -> Shots:
        """The frames of the first samples, as many of them as a share above 0 says, at least one."""
        samples = list(dict.fromkeys(row[1].path for row in self._frames))
        kept = set(samples[: max(math.ceil(share * len(samples) - 1e-9), 1)])
        found = copy.copy(self)
        found._frames = [row for row in self._frames if row[1].path in kept]
        return found

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Shot:
        return self._read(*self._frames[index])

    def __iter__(self) -> Iterator[Shot]:
        return (self._read(*row) for row in self._frames)

    def sample(self, index: int) -> Sample:
        """The sample that a frame is of, with its spec, caption and records."""
        return self._frames[index][1]

    def _of(self, sample: Sample, dataset: str) -> list[tuple[str, Sample, int, dict[str, int]]]:
        """The frames of a sample that have everything, with the numbers of their partners."""
        wanted = [name for name in self.labels if name in LABELS]
        if "landmarks" in self.labels and not sample.holds("landmarks.json"):
            return []
        frames, found = sample.frames, []
        several = sample.cameras if self.partners else 1
        for index, frame in enumerate(frames):
            steps = {"next": index + several, "previous": index - several, "right": index + 1}
            others = {name: steps[name] for name in self.partners}
            left = "right" not in others or (sample.record.get("eyes", 1) == 2 and index % several == 0)
            if left and all(0 <= other < len(frames) for other in others.values()):
                if all(sample.has(name, frame) for name in wanted):
                    numbers = {name: frames[other] for name, other in others.items()}
                    found.append((f"{dataset}/{sample.name}/{frame:04d}", sample, frame, numbers))
        return found

    def _read(self, name: str, sample: Sample, frame: int, others: dict[str, int]) -> Shot:
        camera = sample.camera(frame)
        if "K" not in camera:
            raise BadInput(f"{sample.path}: frame {frame}: is seen by a {camera['model']} camera; allowed are pinholes")
        world = torch.tensor(camera["cam2world"], dtype=torch.float64)
        named = [label for label in self.labels if label in LABELS]
        named += [label for label in self.more if sample.has(label, frame)]
        maps = {label: _tensor(sample.label(label, frame, camera)) for label in named}
        partners = {label: _tensor(sample.label("rgb", number, camera)) for label, number in others.items()}
        face = _face(sample, frame, world) if "landmarks" in self.labels else None
        caption = sample.caption if "caption" in self.labels else ""
        return Shot(name, maps, torch.tensor(camera["K"], dtype=torch.float64), world, partners, face, caption)


def _tensor(values: np.ndarray) -> Tensor:
    """A label's array (h, w) or (h, w, c) as a tensor (c, h, w)."""
    values = values.astype(np.int32) if values.dtype == np.uint16 else values
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(np.atleast_3d(values), -1, 0)))


def _face(sample: Sample, frame: int, world: Tensor) -> FaceMarks:
    """The record of a frame's face; raises BadInput where it is not whole."""
    row = sample.landmarks(frame)
    pose, gaze = row.get("head_pose"), row.get("gaze")
    try:
        rotation, translation = (np.asarray(pose[name], np.float32) for name in ("rotation", "translation"))
        looks = np.asarray([gaze[side] for side in ("right", "left")], np.float32)
        points = np.asarray(row["points_2d"], np.float32)
        whole = rotation.shape == (3, 3) and translation.shape == (3,) and looks.shape == (2, 3)
        whole = whole and points.shape == (POINTS, 2) and np.isfinite(rotation).all() and np.isfinite(translation).all()
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole:
        raise BadInput(
            f"{sample.path / 'landmarks.json'}: frame {frame}: has no {POINTS} points with a head's pose and gaze"
        )
    solid = torch.tensor(row["points_3d"], dtype=torch.float64)
    inverse = torch.linalg.inv(world)
    return FaceMarks(torch.from_numpy(points), (solid @ inverse[:3, :3].T + inverse[:3, 3]).float(),
                     torch.tensor(row["visible"]).bool(), torch.from_numpy(rotation), torch.from_numpy(translation),
                     torch.from_numpy(looks))  # fmt: skip
