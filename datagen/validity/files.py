"""The checks of a rendered sample, from the files that its renderer wrote."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from ..errors import BadInput
from ..formats.files import read_json, read_label
from ..labels import LABELS, file_name
from . import measures
from .findings import Findings
from .people import missing_in_sight
from .table import AFTER, CHECKS

COLOUR = ("black", "blown")
VALUES = ("out_of_gamut", "not_finite")


def check_files(folder: Path, spec, recipe, frames: list[int], found: Findings) -> None:
    """Add to ``found`` what is wrong with the frames in a folder.

    What is not there is not checked, and neither is a file that cannot be read: that a dataset's files are whole is proved
    by ``simulacra check``.
    """
    family = recipe.family
    wanted = [name for name in CHECKS if found.wants(name, family, AFTER)]
    names = [name for name in LABELS if _needed(name, wanted)]
    seen, poses = {}, _poses(folder) if "missing_part" in wanted else {}
    for frame in frames:
        values = dict(_read(folder, frame, names))
        _colour(values, family, frame, wanted, found)
        for name, array in values.items():
            if array.dtype.kind == "f" and "not_finite" in wanted:
                found.add("not_finite", frame, measures.not_finite(name, array), name)
            if "out_of_gamut" in wanted:
                found.add("out_of_gamut", frame, measures.forbidden(name, array), name)
        if "empty_label" in wanted:
            _empty(values, recipe, frame, found)
        if "parts" in values:
            seen[frame] = np.bincount(values["parts"].ravel(), minlength=256)
    if "missing_part" in wanted and family == "people":
        for frame, part in missing_in_sight(spec, recipe.resolution[0], seen, poses):
            found.add("missing_part", frame, 0, part)


def _needed(label: str, wanted: list[str]) -> bool:
    """Whether any of the checks reads a label."""
    uses = {
        "black": ("rgb", "alpha"), "blown": ("rgb", "alpha", "instance", "parts", "depth", "normal", "position"),
        "empty_label": (*measures.SOLID, *measures.FORWARD, *measures.BACKWARD), "missing_part": ("parts",),
    }  # fmt: skip
    measured = LABELS[label].suffix == "exr" or label in ("parts", "semantic")
    return any(label in uses.get(name, ()) or (measured and name in VALUES) for name in wanted)


def _read(folder: Path, frame: int, names: list[str]):
    for name in names:
        path = folder / file_name(frame, name)
        if path.is_file():
            with contextlib.suppress(BadInput):
                yield name, read_label(path, name)


def _colour(values, family: str, frame: int, wanted: list[str], found: Findings) -> None:
    if "rgb" not in values:
        return
    shown = measures.person_mask(values) if family == "people" else None
    figures = {"black": lambda: measures.brightness(values["rgb"], values.get("alpha")),
               "blown": lambda: measures.white_share(values["rgb"], shown)}  # fmt: skip
    for name in COLOUR:
        figure = figures[name]() if name in wanted else None
        if figure is not None:
            found.add(name, frame, figure)


def _empty(values, recipe, frame: int, found: Findings) -> None:
    """A person is always to be seen; of a place some label must show something before others have to."""
    moment = frame // recipe.views
    expected = set(measures.SOLID)
    expected |= set(measures.FORWARD if moment + 1 < recipe.frames else ())
    expected |= set(measures.BACKWARD if moment > 0 else ())
    counts = {name: int(measures.differing(name, array).sum()) for name, array in values.items() if name in expected}
    if recipe.family == "people" or any(counts.values()):
        for name, count in counts.items():
            found.add("empty_label", frame, count, name)


def _poses(folder: Path) -> dict[int, float]:
    """How far the head is turned from the camera in each frame, degrees; {} where no record says so."""
    try:
        return {row["frame"]: row["head_pose"]["yaw"] for row in read_json(folder / "landmarks.json")["frames"]}
    except (BadInput, KeyError, TypeError):
        return {}
