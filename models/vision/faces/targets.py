"""Faces of datasets as a net's pictures and what it should say of them, in windows that are drawn around each face."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.labels import IGNORE
from ...core.progress import Progress, counting
from ...core.settings import require, setting
from ...core.shots import Shot, Shots
from ...core.window import Window
from .rotations import looking, to_six

MARGIN = 1.9  # width of a window in those of the landmarks' box: it holds hair and ears
ROOM = 1.5  # width that is kept around a face, in those of its window: what moves and turns in training
BEHIND = 0.45  # metres from the head's pivot within which depth is told: head, hair and shoulders, not the room


@dataclass(frozen=True)
class WindowConfig:
    """How windows are drawn around faces in training."""

    turn: float = setting(18.0, "deviation of windows' angles in degrees")
    scale: float = setting(1.3, "largest factor by which a window is wider or narrower")
    shift: float = setting(0.1, "largest shift of a window in its widths")
    mirror: bool = setting(True, "whether every second window is mirrored")

    def __post_init__(self):
        require(self, turn=(0, 180), scale=(1, 4), shift=(0, 1))


class Targets(NamedTuple):
    """B pictures and what is true of them, in the frames and units of the net's Outputs; maps have half the resolution."""

    pictures: Tensor  # (B, 3, S, S) in 0…1
    points: Tensor  # (B, 70, 2)
    pose: Tensor  # (B, 6)
    gaze: Tensor  # (B, 2, 3)
    parts: Tensor  # uint8 (B, h, w), 255 where it is not known
    depth: Tensor  # (B, h, w), NaN where it is not known
    normal: Tensor  # (B, 3, h, w), 0 where it is not known

    def to(self, device: torch.device) -> Targets:
        """Everything on a device."""
        return Targets(*(part.to(device) for part in self))


def box_of(points: Tensor) -> tuple[tuple[float, float], float]:
    """The centre (x, y) and the longer side in pixels of the box around landmarks (70, 2)."""
    low, high = points.amin(0), points.amax(0)
    middle, side = (low + high) / 2, (high - low).max()
    return (float(middle[0]), float(middle[1])), max(float(side), 1.0)


def face_window(points: Tensor, size: int) -> Window:
    """The window that a face's landmarks (70, 2) lie in the middle of."""
    centre, side = box_of(points)
    return Window(centre, MARGIN * side, (size, size))


def draw_window(middle: Window, config: WindowConfig, generator: torch.Generator) -> Window:
    """A window like one in whose middle a face is, but turned, wider or narrower, shifted and mirrored as drawn."""
    normal = torch.randn((), generator=generator, device=generator.device)
    wide, across, down, flip = torch.rand(4, generator=generator, device=generator.device).tolist()
    x, y = middle.centre
    width = middle.width * config.scale ** (2 * wide - 1)
    x, y = x + config.shift * width * (2 * across - 1), y + config.shift * width * (2 * down - 1)
    angle = math.radians(config.turn) * float(normal.clamp(-2.5, 2.5))
    return Window((x, y), width, middle.size, angle, config.mirror and flip < 0.5)


def targets_of(shot: Shot, window: Window) -> Targets:
    """One face in a window, as a batch of one."""
    size = window.size[0]
    small = replace(window, size=(size // 2, size // 2))
    picture = replace(shot, maps={"rgb": shot["rgb"]}, face=None).moved(window)["rgb"]
    found = replace(shot, maps={name: map for name, map in shot.maps.items() if name != "rgb"}, partners={}).moved(
        small
    )
    face = found.face
    assert face is not None, "faces have landmarks"
    inverse = torch.linalg.inv(found.intrinsics)
    turn = looking(inverse @ torch.tensor([size / 4, size / 4, 1.0], dtype=torch.float64)).float().T
    if "depth" in found.maps:
        depth = _depth_along(found["depth"][0], inverse.float(), turn[2]) - turn[2] @ face.translation
    else:
        depth = torch.full((size // 2, size // 2), torch.nan)
    known = depth.isfinite() & (depth.abs() < BEHIND)
    normal = (
        torch.einsum("ij,jhw->ihw", turn, found["normal"]) if "normal" in found.maps else torch.zeros(3, *known.shape)
    )
    return Targets(
        picture[None].float() / 255,
        (face.points / (size / 4) - 1)[None],
        to_six(turn @ face.rotation)[None],
        (face.gaze @ turn.T)[None],
        found["parts"],
        torch.where(known, depth, torch.nan)[None],
        torch.where(known, normal, torch.zeros(()))[None],
    )


def _depth_along(depth: Tensor, inverse: Tensor, axis: Tensor) -> Tensor:
    """Planar depth (h, w) along the camera's axis as that along another one (3,), through the same pixels."""
    height, width = depth.shape
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    rays = torch.stack([x, y, torch.ones_like(x)], -1) @ inverse.T
    return depth * (rays @ axis)


def batched(rows: Sequence[Targets]) -> Targets:
    """Several batches as one."""
    return Targets(*(torch.cat(parts) for parts in zip(*rows, strict=True)))


class Faces:
    """Every face of some shots, cut to what windows of ``size`` around it can show and held in memory.

    Pictures are averaged to at most ROOM windows of that size, and labels kept in half precision: about 1 MB a face at
    256 px.
    """

    def __init__(self, shots: Shots, size: int, progress: Progress | None = None):
        self.shots: list[Shot] = []
        told = counting(progress, "read")
        for index in range(len(shots)):
            self.shots.append(_held(shots[index], size))
            told(index + 1, len(shots))

    def __len__(self) -> int:
        return len(self.shots)

    def __getitem__(self, index: int) -> Shot:
        shot = self.shots[index]
        return replace(shot, maps={n: v.float() if v.dtype == torch.float16 else v for n, v in shot.maps.items()})

    def draw(self, count: int, size: int, config: WindowConfig, generator: torch.Generator) -> Targets:
        """``count`` faces in drawn windows; each is as likely."""
        chosen = torch.randint(len(self), (count,), generator=generator, device=generator.device).tolist()
        rows = []
        for index in chosen:
            shot = self[index]
            rows.append(targets_of(shot, draw_window(_middle(shot, size), config, generator)))
        return batched(rows)

    def straight(self, indices: Sequence[int], size: int) -> Targets:
        """Some faces in the middle of upright windows."""
        return batched([targets_of(self[i], _middle(self[i], size)) for i in indices])


def _middle(shot: Shot, size: int) -> Window:
    """The window that a frame's face lies in the middle of; raises BadInput where it shows none."""
    if shot.face is None:
        raise BadInput(f"{shot.name}: shows no face; allowed are renders of faces with landmarks")
    return face_window(shot.face.points, size)


def _held(shot: Shot, size: int) -> Shot:
    """A face and what is around it, small enough to be kept."""
    window = _middle(shot, size)
    window = replace(window, width=window.width * ROOM)
    edge = max(round(min(window.width, ROOM * size)), 1)
    shot = shot.moved(replace(window, size=(edge, edge)))
    assert shot.inside is not None, "windows tell what lies in their pictures"
    parts = torch.where(shot.inside[None], shot["parts"], torch.tensor(IGNORE, dtype=torch.uint8))
    maps = {name: map.half() if map.is_floating_point() else map for name, map in shot.maps.items()} | {"parts": parts}
    return replace(shot, maps=maps, caption="")
