"""The samples, frames and sequences of a dataset in the order in which formats keep them; samples by split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import BadInput
from ..readers import Dataset, Sample
from ..recipe import Recipe
from ..storage.naming import SPLITS, split_of

SHORT = {"validation": "val"}  # what other formats call it


def by_split(dataset: Dataset) -> dict[str, list[Sample]]:
    """Every sample under train, validation or test; raises BadInput where dataset.json names another split."""
    described = dataset.description.get("splits")
    try:
        named = {name: split for split, names in described.items() for name in names}
    except (AttributeError, TypeError):
        raise BadInput(f"{dataset.path / 'dataset.json'}: splits are not lists of samples") from None
    found = {split: [] for split, _ in SPLITS}
    for sample in dataset:
        split = named.get(sample.name)
        if split is None:  # its run was killed before it wrote dataset.json once more
            split = split_of(Recipe.from_dict(dataset.description.get("recipe")).identity(int(sample.name)))
        if split not in found:
            raise BadInput(f"{dataset.path / 'dataset.json'}: {split} is not a split; allowed are {', '.join(found)}")
        found[split].append(sample)
    return found


def frames_of(samples: Iterable[Sample]) -> Iterator[tuple[Sample, int]]:
    """Every sample with every number of a frame, in order."""
    return ((sample, frame) for sample in samples for frame in sample.frames)


def sequences(sample: Sample) -> list[list[int]]:
    """The frames that follow one another in time, for each camera of a sample; of a stereo pair those of the left eye.

    Shots run through the cameras first, so an orbit of one moment is as many sequences of one frame.
    """
    cameras = sample.cameras
    return [sample.frames[camera::cameras] for camera in range(0, cameras, sample.record.get("eyes", 1))]
