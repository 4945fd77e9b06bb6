"""What a dataset can be tried on: each kind of folder, how one is told from others, and which system is tried; read without torch."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ...datagen.errors import BadInput
from ..vision.matching.layouts import flow_pairs, stereo_pairs


class Kind(NamedTuple):
    """One kind of folder: ``module`` is of this folder, ``fits`` tells by names alone whether a folder is of this kind.

    The module holds what ``measuring.Trial`` says. ``learns`` is whether --learn, a second folder, means something to it.
    """

    name: str
    module: str
    system: str
    doc: str
    fits: Callable[[Path], bool]
    learns: bool = False

    def load(self) -> ModuleType:
        """The module that reads such folders and tries nets on them; it needs torch."""
        return import_module(f".{self.module}", __package__)


def holds(folder: Path, *patterns: str) -> bool:
    """Whether a folder holds a file of each of the patterns."""
    return all(next(iter(Path(folder).glob(pattern)), None) is not None for pattern in patterns)


KINDS = (
    Kind("landmarks", "landmarks", "face_analysis", "photographs with .pts files of 68 points beside them, as 300-W has them",
         lambda folder: holds(folder, "*.pts"), learns=True),
    Kind("masks", "masks", "face_analysis", "folders …_RGB and …_Labels of photographs and masks of six classes, as FASSEG has them",
         lambda folder: holds(folder, "*_RGB", "*_[Ll]abels") or holds(folder, "*/*_RGB", "*/*_[Ll]abels")),
    Kind("stereo", "stereo", "stereo", "stereo pairs with disparity, as Middlebury has them (im0.png, im1.png, disp0.pfm and older names)",
         lambda folder: bool(stereo_pairs(folder))),
    Kind("flow", "flow", "optical_flow", "pairs with optical flow, as Middlebury (frame10.png, frame11.png, flow10.flo) or KITTI has them",
         lambda folder: bool(flow_pairs(folder))),
)  # fmt: skip


def kind_of(folder: Path) -> Kind:
    """The kind of a folder; raises BadInput with what is allowed where it is of none."""
    for kind in KINDS:
        if kind.fits(folder):
            return kind
    raise BadInput(
        f"{folder}: holds nothing that a dataset can be tried on; allowed are {'; '.join(k.doc for k in KINDS)}"
    )
