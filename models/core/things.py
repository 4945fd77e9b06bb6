"""Things as tensors: views around each, cameras in the box's units, points, signed distances, mesh, captions, category."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.formats.mesh_file import MeshFile
from ...datagen.readers import Dataset, Sample
from ...datagen.storage.naming import split_of
from .cameras import Cameras, from_record, into_box
from .data import LARGEST, VIEWS, People, read_people, shrink
from .thing_attributes import attributes_of

PIXELS = (
    "depth",
    "normal",
    "albedo",
    "parts",
)  # labels that come along where they were rendered, at the views' own size


@dataclass(frozen=True, eq=False)
class Thing:
    """One thing: rgba uint8 (V, 4, H, W) with straight alpha, cameras, points and distances in a box [-1, 1]^3, z up.

    ``depth`` (V, H, W) is along the optical axis in box units, 0 where nothing is; ``normal`` (V, 3, H, W) in the camera's
    frame, ``albedo`` (V, 3, H, W) linear, ``parts`` uint8 (V, H, W). ``points`` (N, 3) lie on the surface with ``normals``
    (N, 3), ``colours`` (N, 3) in 0…1 sRGB and ``classes`` uint8 (N,). ``near`` and ``far`` (M, 4) are places with their
    signed distances, below 0 within. ``metres`` is what a box unit stands for. ``captions`` say what is so, and
    ``wrong_captions`` something that is not.
    """

    name: str
    family: str
    sort: str
    rgba: Tensor
    cameras: Cameras
    points: Tensor
    normals: Tensor
    colours: Tensor
    classes: Tensor
    near: Tensor
    far: Tensor
    metres: float
    closed: bool
    shares: dict[str, float]
    captions: tuple[str, ...]
    wrong_captions: tuple[str, ...]
    depth: Tensor | None = None
    normal: Tensor | None = None
    albedo: Tensor | None = None
    parts: Tensor | None = None
    mesh: MeshFile | None = None  # in lengths of the dataset's box, whose half side is 0.5
    facts: dict[str, str] = field(default_factory=dict)  # what its dataset says of it, by slot of its captions

    @property
    def attributes(self) -> dict[str, str]:
        """What a prompt may say of it; see ``core.thing_attributes``."""
        return attributes_of(self)


@dataclass(frozen=True, eq=False)
class Things(Sequence):
    """Things in boxes of their own; ``splits`` names the split of each, ``families`` all categories that occur."""

    things: tuple[Thing, ...]
    splits: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.things)

    def __getitem__(self, index: int) -> Thing:
        return self.things[index]

    def __iter__(self) -> Iterator[Thing]:
        return iter(self.things)

    @property
    def families(self) -> tuple[str, ...]:
        """The names of the families, in order."""
        return tuple(sorted({thing.family for thing in self.things}))

    @property
    def half(self) -> float:
        """What a box unit stands for in metres, the median of the things': one that is drawn anew has no size of its own."""
        return float(np.median([thing.metres for thing in self.things]))

    @property
    def training(self) -> Things:
        """Those to learn from: the split train where things are split, else all."""
        return self.split("train") if self.splits else self

    @property
    def digest(self) -> str:
        """A hash of the names and pictures."""
        total = hashlib.sha256()
        for thing in self.things:
            total.update(thing.name.encode())
            total.update(thing.rgba.numpy().tobytes())
        return total.hexdigest()[:16]

    def split(self, name: str) -> Things:
        """The things of train, validation or test."""
        chosen = [i for i, split in enumerate(self.splits) if split == name]
        return replace(self, things=tuple(self.things[i] for i in chosen), splits=(name,) * len(chosen))


def read_things(paths: Sequence[str | Path] | str | Path, size: int | None = None, split: str | None = None,
                labels: Sequence[str] = PIXELS, meshes: bool = False) -> Things:  # fmt: skip
    """Read the things of one or more datasets of ``simulacra render things``.

    ``size`` averages the pictures down to that many pixels a side, which must divide theirs; ``labels`` are those of PIXELS
    that come along where they were rendered, with ``meshes`` the baked meshes do. Raises BadInput where a dataset is of something else.
    """
    things, splits = [], []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        dataset = Dataset(path)
        recipe = dataset.description.get("recipe", {})
        if recipe.get("generator") != "things":
            raise BadInput(f"{path}: is a dataset of {str(recipe.get('generator', 'scenes'))[:60]}; allowed are things")
        if type(recipe.get("seed")) is not int:
            raise BadInput(f"{path}: its recipe has the seed {str(recipe.get('seed'))[:60]}; allowed is a whole number")
        for sample in dataset:
            name = split_of(recipe["seed"] + int(sample.name))
            if split in (None, name):
                things.append(_thing(sample, f"{Path(path).name}/{sample.name}", size, labels, meshes))
                splits.append(name)
    if not things:
        raise BadInput(
            f"{paths}: holds nothing{f' of the split {split}' if split else ''}; allowed are rendered things"
        )
    return Things(tuple(things), tuple(splits))


def read_things_or_people(paths: Sequence[str | Path], size: int | None = None, depth: bool = False) -> Things | People:
    """Read datasets of what is seen from all around, with their depth or without: all of things, or all of people, as the first one is."""
    first = Dataset(paths[0]).description.get("recipe", {})
    if first.get("generator") == "things":
        return read_things(paths, size, labels=("depth",) if depth else ())
    return read_people(paths, size, depth=depth)


def _thing(sample: Sample, name: str, size: int | None, labels: Sequence[str], meshes: bool) -> Thing:
    rows = [sample.camera(frame) for frame in sample.frames]
    sizes = {(row["width"], row["height"]) for row in rows}
    edge = rows[0]["width"]
    if sizes != {(edge, edge)} or edge > LARGEST or len(rows) > VIEWS or not sample.has("alpha", sample.frames[0]):
        raise BadInput(
            f"{sample.path}: allowed are at most {VIEWS} square views of one size up to {LARGEST} px, with alpha"
        )
    pictures = np.stack([np.dstack([sample.label("rgb", frame, row), sample.label("alpha", frame, row)])
                         for frame, row in zip(sample.frames, rows, strict=True)])  # fmt: skip
    rgba = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
    about, points, distances = sample.thing, sample.points, sample.distances
    half = about["box"]["half"]
    near, far = (np.column_stack([places, told]) / half for places, told in
                 ((distances.near, distances.near_distance), (distances.far, distances.far_distance)))  # fmt: skip
    told = [(row["text"], row["wrong"]) for row in about["captions"]]
    facts = about.get("facts")
    facts = {slot: word for slot, word in facts.items() if isinstance(word, str)} if isinstance(facts, dict) else {}
    return Thing(
        name, about["family"], about["sort"],
        shrink(rgba, size, str(sample.path)) if size and size != edge else rgba,
        into_box(from_record(rows), torch.zeros(3), half),
        torch.from_numpy(points.place / np.float32(half)), torch.from_numpy(points.normal),
        torch.from_numpy(points.colour).float() / 255, torch.from_numpy(points.part),
        torch.from_numpy(near).float(), torch.from_numpy(far).float(),
        about["box"]["metres"] * half, bool(about.get("closed")), dict(about["colours"]),
        tuple(text for text, wrong in told if wrong is None), tuple(text for text, wrong in told if wrong is not None),
        **_pixels(sample, half, labels), mesh=sample.mesh if meshes else None,
        facts=facts,
    )  # fmt: skip


def _pixels(sample: Sample, half: float, labels: Sequence[str]) -> dict[str, Tensor]:
    """Labels of all views, as the fields of a Thing."""
    found = {}
    for name in labels:
        if all(sample.has(name, frame) for frame in sample.frames):
            values = torch.from_numpy(np.stack([sample.label(name, frame) for frame in sample.frames]))
            found[name] = values.permute(0, 3, 1, 2).contiguous() if values.ndim == 4 else values
    if "depth" in found:
        found["depth"] = torch.where(torch.isfinite(found["depth"]), found["depth"] / half, torch.zeros(()))
    return found
