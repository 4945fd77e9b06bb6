"""Masks of faces that people painted, as FASSEG has them: a small net's classes against six, and its head's yaw against the name's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...datagen.errors import BadInput
from ...datagen.labels import CLASSES
from ..core import pictures
from ..core.photographs import read_photo
from ..core.progress import Progress, counting
from ..core.window import Window
from ..systems import face_analysis
from .landmarks import EDGE, budget
from .measuring import WORST, Found

__all__ = ["COLUMNS", "ERROR", "attempt", "budget", "facts", "read"]
FORMATS = ("BMP", "PNG", "JPEG")
# The six classes and the colours they are painted in; pixels on edges are blends, and count as the nearest.
SIX = {"background": (255, 0, 0), "skin": (255, 255, 0), "hair": (127, 0, 0), "eyes": (0, 0, 255), "nose": (0, 255, 255),
       "mouth": (0, 255, 0)}  # fmt: skip
# Ours, as FASSEG's annotators paint them: brows are hair; ears, neck, shaven and bearded chins and spectacles are skin; collars are
# background, as hats and masks would be, which nobody wears there.
OURS = {
    "background": "background", "skin": "skin", "nose": "nose", "right_eye": "eyes", "left_eye": "eyes", "right_brow": "hair",
    "left_brow": "hair", "right_ear": "skin", "left_ear": "skin", "mouth_interior": "mouth", "top_lip": "mouth",
    "bottom_lip": "mouth", "neck": "skin", "hair": "hair", "beard": "skin", "clothing": "background", "glasses": "skin",
    "headwear": "background", "facewear": "background",
}  # fmt: skip
YAW = re.compile(r"[+-]0?([+-]\d+)$")  # a name of the multi-pose set ends in tilt and pan, as +0-30
TURNED = 60  # degrees of yaw up to which heads are told to be met
# A window from a mask alone, in distances from the eyes' middle to the mouth's: that which training has on our own landmarks.
DOWN, WIDE, BEHIND = 0.65, 3.75, 0.5
COLUMNS = (("F1", "f1", ".3f"), ("ground", "f1_background", ".3f"), *((name, f"f1_{name}", ".3f") for name in list(SIX)[1:]),
           ("yaw", "yaw_error", ".1f"))  # fmt: skip
ERROR = ".3f"  # of the worst: 1 − mean F1


class Painted(NamedTuple):
    """A photograph, its mask, and the yaw in degrees that its name tells, as ours (to the right of the picture), or None."""

    photo: Path
    mask: Path
    yaw: float | None


class Test(NamedTuple):
    """Photographs that people painted, and the masks that are left out, which are of another size than theirs: FASSEG has four."""

    folder: Path
    rows: list[Painted]
    left_out: list[str]


def _pairs(folder: Path):
    """The folders (photographs, masks) within a folder, or one deeper, as FASSEG and its V2 and V3 have them."""
    for photos in sorted([*folder.glob("*_RGB"), *folder.glob("*/*_RGB")]):
        start = photos.name.removesuffix("_RGB")
        masks = next(
            (photos.with_name(start + end) for end in ("_Labels", "_labels") if photos.with_name(start + end).is_dir()),
            None,
        )
        if photos.is_dir() and masks is not None:
            yield photos, masks


def yaw_of(name: str) -> float | None:
    """Yaw in degrees, positive to the right of the picture, of a name of the multi-pose set, whose pan is positive to its left."""
    found = YAW.search(name)
    return None if found is None else 0.0 - float(found[1])


def read(folder: Path, learn: Path | None) -> Test:
    """The photographs of a folder that have masks of their size with them; each is opened once."""
    rows, left_out = [], []
    for photos, masks in _pairs(Path(folder)):
        for mask in sorted(path for path in masks.rglob("*") if path.suffix.lower() in (".bmp", ".png")):
            photo = photos / mask.relative_to(masks)
            if photo.is_file():
                fits = read_photo(photo, FORMATS).shape[:2] == classes_of(mask).shape
                (rows if fits else left_out).append(Painted(photo, mask, yaw_of(photo.stem)))
    if not rows:
        raise BadInput(
            f"{folder}: holds no photographs with masks of their size; allowed are folders …_RGB and …_Labels of files of one name"
        )
    return Test(Path(folder), rows, [str(row.mask.relative_to(folder)) for row in left_out])


def facts(test: Test) -> dict[str, Any]:
    """How many photographs there are, of how many the yaw is known and within what is to be met, and which masks are left out."""
    return {
        "photographs": len(test.rows),
        "with_yaw": len([row for row in test.rows if _met(row)]),
        "left_out": test.left_out,
    }


def _met(row: Painted) -> bool:
    return row.yaw is not None and abs(row.yaw) <= TURNED


def classes_of(mask: Path) -> np.ndarray:
    """The classes (h, w) of a mask, numbers in the order of SIX: those of the nearest colours."""
    values = read_photo(mask, FORMATS).astype(np.int32)
    off = np.stack([((values - np.array(colour)) ** 2).sum(-1) for colour in SIX.values()])
    return off.argmin(0).astype(np.uint8)


TABLE = np.full(256, list(SIX).index("background"), np.uint8)  # what lies beyond the window is background
for _number, _name in enumerate(CLASSES):
    TABLE[_number] = list(SIX).index(OURS[_name])


def window_of(mask: np.ndarray, size: int) -> Window:
    """Where the face of a mask (h, w) is: a finder of faces is not measured."""
    names = list(SIX)
    middles = {}
    for name in ("eyes", "mouth", "skin"):
        y, x = np.nonzero(mask == names.index(name))
        middles[name] = np.array([x.mean(), y.mean()]) + 0.5 if len(x) else None
    eyes, mouth, skin = (middles[name] for name in ("eyes", "mouth", "skin"))
    height, width = mask.shape
    if eyes is None or mouth is None or skin is None:  # somebody from behind
        return Window((width / 2, height / 2), float(max(height, width)), (size, size))
    far = float(np.linalg.norm(mouth - eyes))
    centre = eyes + DOWN * (mouth - eyes)
    # Landmarks reach back to the ears: of a head that is turned their middle lies behind its eyes and mouth.
    return Window(
        (float(centre[0] + BEHIND * (skin[0] - centre[0])), float(centre[1])), WIDE * max(far, 1.0), (size, size)
    )


def counts(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Pixels (6, 3) of each class that both, the found classes (h, w), and the true ones have."""
    return np.array(
        [[((found == i) & (truth == i)).sum(), (found == i).sum(), (truth == i).sum()] for i in range(len(SIX))]
    )


def f1_of(pixels: np.ndarray) -> np.ndarray:
    """F1 (…, 6) of pixels (…, 6, 3) as ``counts`` gives them; NaN of a class that neither has."""
    both, found, true = np.moveaxis(pixels, -1, 0).astype(float)
    with np.errstate(invalid="ignore"):
        return 2 * both / (found + true)


def attempt(run: Path, test: Test, seed: int, progress: Progress | None) -> Found:
    """The F1 of a run's net, each class over all pixels of all photographs, and how far off its yaws are on the mean."""
    model = face_analysis.load(run)
    pixels, turns, told = [], [], counting(progress, "photographs")
    for number, row in enumerate(test.rows):
        truth = classes_of(row.mask)
        found = model.predict(read_photo(row.photo, FORMATS), window_of(truth, model.config.net.size))
        pixels.append(counts(TABLE[found.maps["parts"]], truth))
        if _met(row):
            turns.append(abs(found.record["head_pose"]["yaw"] - row.yaw))
        told(number + 1, len(test.rows))
    each = f1_of(np.stack(pixels).sum(0))
    errors = 1 - np.nanmean(f1_of(np.stack(pixels)), 1)
    worst = np.argsort(-errors)[:WORST]
    figures = {"f1": float(np.nanmean(each)), **{f"f1_{name}": float(value) for name, value in zip(SIX, each, strict=True)
                                                 if np.isfinite(value)}}  # fmt: skip
    figures |= {"yaw_error": float(np.mean(turns))} if turns else {}
    named = tuple((str(test.rows[i].photo.relative_to(test.folder)), round(float(errors[i]), 5)) for i in worst)
    return Found(figures, named, sheet(model, [test.rows[i] for i in worst]))


def sheet(model: face_analysis.FaceAnalysis, rows: Sequence[Painted]) -> np.ndarray:
    """Photographs, each with people's mask and the net's beside it, on one sheet."""
    colours, tiles = np.array(list(SIX.values()), np.uint8), []
    for row in rows:
        photo, truth = read_photo(row.photo, FORMATS), classes_of(row.mask)
        found = TABLE[model.predict(photo, window_of(truth, model.config.net.size)).maps["parts"]]
        height, width = truth.shape
        whole = Window((width / 2, height / 2), float(max(height, width)), (EDGE, EDGE))
        shown = [whole.smooth(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))).round().byte()
                 for picture in (photo, colours[truth], colours[found])]  # fmt: skip
        tiles.append(torch.cat(shown, 2).permute(1, 2, 0).numpy())
    return pictures.contact_sheet(np.stack(tiles), columns=3)
