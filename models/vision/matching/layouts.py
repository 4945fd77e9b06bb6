"""Folders of pairs of photographs with measured disparity or flow: which files belong together; read without torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ....datagen.errors import BadInput

# Left, right and disparity of a scene's folder: Middlebury 2014 and 2021, 2003 (cones, teddy), 2005 and 2006, and plain names.
STEREO = (("im0.png", "im1.png", "disp0.pfm"), ("im2.png", "im6.png", "disp2.png"), ("view1.png", "view5.png", "disp1.png"),
          ("left.png", "right.png", "disp.pfm"), ("left.png", "right.png", "disp.png"))  # fmt: skip
FLAT = ("_left.png", "_right.png", ("_disp.pfm", "_disp.png", "_gt.pfm", "_gt.png"))  # of several scenes in one folder
FLOW = ("frame10.png", "frame11.png", "flow10.flo")  # Middlebury 2007
APART = ("other-data", "other-gt-flow")  # its pictures and its truth, as they are packed
KITTI = ("image_2", ("flow_occ", "flow_noc"))  # pictures NAME_10.png and NAME_11.png, truth NAME_10.png


class Pair(NamedTuple):
    """The files of a pair: two pictures, and the disparity or flow of the first."""

    name: str
    first: Path
    second: Path
    truth: Path


def stereo_pairs(folder: Path) -> list[Pair]:
    """The stereo pairs of a folder that is a scene, holds scenes' folders, or files NAME_left.png and so on; by name."""
    found = [pair for place in _places(folder) for names in STEREO if (pair := _pair(place, *names))]
    for left in sorted(Path(folder).glob("*" + FLAT[0])):
        name = left.name.removesuffix(FLAT[0])
        for ending in FLAT[2]:
            if pair := _pair(Path(folder), left.name, name + FLAT[1], name + ending):
                found.append(pair._replace(name=name))
                break
    return _once(found)


def flow_pairs(folder: Path) -> list[Pair]:
    """The flow pairs of a folder in the layout of Middlebury (frame10.png, frame11.png, flow10.flo) or of KITTI; by name."""
    folder = Path(folder)
    found = [pair for place in _places(folder) if (pair := _pair(place, *FLOW))]
    for truth in sorted(folder.glob(f"{APART[1]}/*/{FLOW[2]}")):
        scene = folder / APART[0] / truth.parent.name
        if (scene / FLOW[0]).is_file() and (scene / FLOW[1]).is_file():
            found.append(Pair(scene.name, scene / FLOW[0], scene / FLOW[1], truth))
    for kind in KITTI[1]:
        for truth in sorted(folder.glob(f"{kind}/*_10.png")):
            name = truth.name.removesuffix("_10.png")
            first, second = (folder / KITTI[0] / f"{name}_{number}.png" for number in (10, 11))
            if first.is_file() and second.is_file():
                found.append(Pair(name, first, second, truth))
    return _once(found)


def _places(folder: Path) -> Iterator[Path]:
    """A folder and those in it."""
    yield Path(folder)
    if Path(folder).is_dir():
        yield from sorted(path for path in Path(folder).iterdir() if path.is_dir())


def _pair(place: Path, first: str, second: str, truth: str) -> Pair | None:
    files = [place / name for name in (first, second, truth)]
    return Pair(place.name, *files) if all(file.is_file() for file in files) else None


def _once(pairs: list[Pair]) -> list[Pair]:
    """The first pair of each name."""
    return list({pair.name: pair for pair in reversed(pairs)}.values())[::-1]


def require(pairs: list[Pair], folder: Path, what: str) -> list[Pair]:
    """The pairs; raises BadInput where there are none."""
    if not pairs:
        raise BadInput(f"{folder}: holds no {what}")
    return pairs
