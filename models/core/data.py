"""People as tensors: pictures around each person, cameras in the box's units, attributes, captions, splits by identity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.readers import Dataset, Sample
from ...datagen.storage.naming import split_of
from .attributes import attributes_of
from .cameras import Cameras, azimuth_elevation, from_record, into_box, viewed_point

HALF = 0.24  # m, half side of the box: head, hair and shoulders as an orbit frames them
LARGEST, VIEWS = 1024, 1000  # pixels a side of a picture, and pictures of a person
FRONT = 35.0  # degrees from straight ahead within which a picture shows the face


@dataclass(frozen=True, eq=False)
class Person:
    """One person: rgba uint8 (V, 4, H, W) with straight alpha, cameras in box units, what a prompt may say of them."""

    name: str
    rgba: Tensor
    cameras: Cameras
    attributes: dict[str, str]
    captions: tuple[str, ...]
    depth: Tensor | None = None  # (V, H, W) along the optical axis in box units, 0 where nothing is
    parts: Tensor | None = None  # uint8 (V, H, W), the 19 classes
    landmarks: Tensor | None = None  # (70, 3) in box units


@dataclass(frozen=True, eq=False)
class People(Sequence):
    """People in one box: ``half`` its half side in metres; ``splits`` names the split of each."""

    people: tuple[Person, ...]
    half: float = HALF
    splits: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, index: int) -> Person:
        return self.people[index]

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def split(self, name: str) -> People:
        """The people of train, validation or test."""
        chosen = [i for i, split in enumerate(self.splits) if split == name]
        return replace(self, people=tuple(self.people[i] for i in chosen), splits=(name,) * len(chosen))

    @property
    def training(self) -> People:
        """Those to learn from: the split train where people are split, else all."""
        return self.split("train") if self.splits else self

    @property
    def digest(self) -> str:
        """A hash of the names and pictures."""
        total = hashlib.sha256()
        for person in self.people:
            total.update(person.name.encode())
            total.update(person.rgba.numpy().tobytes())
        return total.hexdigest()[:16]


def composite(rgba: Tensor, background: float = 1.0) -> Tensor:
    """Pictures in [-1, 1] (..., 3, H, W) of uint8 (..., 4, H, W), on a grey of 0 black … 1 white."""
    values = rgba.float() / 255
    alpha = values[..., 3:, :, :]
    return (values[..., :3, :, :] * alpha + background * (1 - alpha)) * 2 - 1


def frontal(person: Person, limit: float = FRONT) -> Tensor:
    """The indices of the views within ``limit`` degrees of straight ahead, nearest first."""
    azimuth, elevation = azimuth_elevation(person.cameras)
    away = torch.hypot(azimuth, elevation)
    order = torch.argsort(away, stable=True)
    return order[away[order] <= limit]


def read_people(paths: Sequence[str | Path] | str | Path, size: int | None = None, split: str | None = None,
                half: float = HALF, depth: bool = False) -> People:  # fmt: skip
    """Read the people of one or more datasets that were rendered around them with the label alpha.

    ``size`` averages the pictures down to that many pixels a side, which must divide theirs; with ``depth`` that label
    comes along where it was rendered. Raises BadInput where a dataset is of something else or lacks views or alpha.
    """
    people, splits = [], []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        dataset = Dataset(path)
        recipe = dataset.description.get("recipe", {})
        made = recipe.get("generator", "scenes") if isinstance(recipe, dict) else "scenes"
        if made != "faces":
            raise BadInput(f"{path}: is a dataset of {str(made)[:60]}; allowed are faces")
        if type(recipe.get("seed")) is not int:
            raise BadInput(f"{path}: its recipe has the seed {str(recipe.get('seed'))[:60]}; allowed is a whole number")
        for sample in dataset:
            person = _person(sample, size, half, depth)
            name = split_of(recipe["seed"] + int(sample.name))
            if split in (None, name):
                people.append(replace(person, name=f"{Path(path).name}/{sample.name}"))
                splits.append(name)
    if not people:
        raise BadInput(f"{paths}: holds nobody{f' of the split {split}' if split else ''}; allowed are rendered faces")
    return People(tuple(people), half, tuple(splits))


def _person(sample: Sample, size: int | None, half: float, depth: bool) -> Person:
    frames = sample.frames
    if len(frames) < 2 or not sample.has("alpha", frames[0]):
        raise BadInput(f"{sample.path}: has {len(frames)} views and {'an' if sample.has('alpha') else 'no'} alpha; "
                       "allowed is what simulacra render faces --views 24 --labels alpha makes")  # fmt: skip
    rows = [sample.camera(frame) for frame in frames]
    sizes = {(row["width"], row["height"]) for row in rows}
    width, height = max(sizes)
    if len(sizes) > 1 or width != height or width > LARGEST or len(frames) > VIEWS:
        found = ", ".join(f"{w}×{h}" for w, h in sorted(sizes)[:3])
        raise BadInput(f"{sample.path}: has {len(frames)} views of {found} px; allowed are at most {VIEWS} square pictures "
                       f"of one size up to {LARGEST}")  # fmt: skip
    pictures = np.stack([_view(sample, frame, width) for frame in frames])
    rgba = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
    if size and size != rgba.shape[-1]:
        rgba = shrink(rgba, size, str(sample.path))
    cameras = from_record(rows)
    cameras = into_box(cameras, viewed_point(cameras), half)
    attributes = attributes_of(sample.spec)
    far = None
    if depth and all(sample.has("depth", frame) for frame in frames):
        metres = torch.from_numpy(np.stack([sample.label("depth", frame) for frame in frames]))
        far = shrink_depth(torch.where(metres.isfinite(), metres / half, torch.zeros(())), rgba.shape[-1])
    return Person(sample.name, rgba, cameras, attributes, (sample.caption,), far)


def _view(sample: Sample, frame: int, size: int) -> np.ndarray:
    """A frame's colours and coverage uint8 (size, size, 4)."""
    colours, alpha = sample.label("rgb", frame), sample.label("alpha", frame)
    if colours.shape != (size, size, 3) or alpha.shape != (size, size):
        raise BadInput(f"{sample.path}: frame {frame}: rgb is {colours.shape}, alpha {alpha.shape}; allowed is what the "
                       f"camera has, {size}×{size}")  # fmt: skip
    return np.dstack([colours, alpha])


def shrink(rgba: Tensor, size: int, where: str = "pictures") -> Tensor:
    """Average uint8 (V, 4, H, W) down to ``size`` pixels a side, colours weighted by coverage."""
    if rgba.shape[-1] % size:
        raise BadInput(f"{where}: has pictures of {rgba.shape[-1]} px, which {size} does not divide")
    factor = rgba.shape[-1] // size
    values = rgba.float()
    alpha = values[:, 3:] / 255
    total = torch.nn.functional.avg_pool2d(torch.cat([values[:, :3] * alpha, alpha], 1), factor)
    colour = total[:, :3] / total[:, 3:].clamp(min=1e-6)
    return torch.cat([colour, total[:, 3:] * 255], 1).clamp(0, 255).round().to(torch.uint8)


def shrink_depth(depth: Tensor, size: int) -> Tensor:
    """Depth (V, H, W), 0 where nothing is, at ``size`` pixels a side, which divides H: the median of what is there, else 0.

    A mean would lie between two surfaces, where none is.
    """
    factor = depth.shape[-1] // size
    parts = depth.unfold(1, factor, factor).unfold(2, factor, factor).flatten(-2)
    found = torch.where(parts > 0, parts, torch.nan).nanmedian(-1).values
    return torch.where((parts > 0).float().mean(-1) >= 0.5, found, torch.zeros(()))
