"""What Palette mends: pictures without colours, with holes, without their borders, or pressed into few bytes; and simple answers.

Pictures are (3, S, S) in [-1, 1]; a hole (1, S, S) is true where a picture is to be made, everywhere but for holes and borders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...core.pictures import to_bytes

GREY = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
QUALITIES = (5, 30)  # of JPEG, both ends allowed
STROKES, TURNS = (1, 4), 4  # of a brush in a hole, and the pieces of each
BRUSH = (0.04, 0.10)  # half its width, in sides of the picture
BOX = (0.25, 0.6)  # sides of a box in a hole, in sides of the picture
SIDES = ("left", "right", "top", "bottom")
LOST = 0.5  # share of a picture that is beyond a crop
TELEA = 3  # px around a hole that OpenCV fills it from
SMOOTH = 7.0  # strength of OpenCV's denoising of JPEGs


class Harmed(NamedTuple):
    """What is left of a picture (3, S, S), and where it is to be made (1, S, S)."""

    given: Tensor
    hole: Tensor


def _everywhere(picture: Tensor) -> Tensor:
    return torch.ones_like(picture[:1], dtype=torch.bool)


def _number(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def _whole(low: int, high: int, generator: torch.Generator) -> int:
    """A whole number from low to high, both allowed."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def filled(picture: Tensor, hole: Tensor, generator: torch.Generator) -> Tensor:
    """A picture whose hole is noise, as Palette is given it."""
    return torch.where(hole, torch.randn(picture.shape, generator=generator), picture)


def colourless(picture: Tensor, generator: torch.Generator) -> Harmed:
    """The grey levels in all three channels."""
    grey = (picture * torch.tensor(GREY)[:, None, None]).sum(0, keepdim=True)
    return Harmed(grey.expand_as(picture).clone(), _everywhere(picture))


def holed(picture: Tensor, generator: torch.Generator) -> Harmed:
    """A box or strokes of a brush are missing."""
    side = picture.shape[-1]
    if float(torch.rand((), generator=generator)) < 0.5:
        hole = torch.zeros_like(picture[:1], dtype=torch.bool)
        height, width = (max(round(_number(*BOX, generator) * side), 1) for _ in range(2))
        top, left = _whole(0, side - height, generator), _whole(0, side - width, generator)
        hole[:, top : top + height, left : left + width] = True
    else:
        hole = brushed(side, generator)[None]
    return Harmed(filled(picture, hole, generator), hole)


def brushed(side: int, generator: torch.Generator) -> Tensor:
    """What strokes of a brush cover, (side, side): each a chain of straight pieces between random places."""
    at = (torch.arange(side) + 0.5) / side
    place = torch.stack(torch.meshgrid(at, at, indexing="ij"), -1)
    covered = torch.zeros(side, side, dtype=torch.bool)
    for _ in range(_whole(*STROKES, generator)):
        radius, points = _number(*BRUSH, generator), torch.rand(TURNS + 1, 2, generator=generator)
        for start, end in zip(points, points[1:], strict=False):
            along = end - start
            share = ((place - start) @ along / along.square().sum().clamp(min=1e-9)).clamp(0, 1)
            covered |= (place - start - share[..., None] * along).norm(dim=-1) <= radius
    return covered


def cropped(picture: Tensor, generator: torch.Generator) -> Harmed:
    """Half of the picture is missing: beyond one side, or all around."""
    side, which = picture.shape[-1], _whole(0, len(SIDES), generator)
    known = torch.zeros_like(picture[:1], dtype=torch.bool)
    if which < len(SIDES):
        kept = side - round(LOST * side)
        rows = {"top": slice(side - kept, None), "bottom": slice(0, kept)}.get(SIDES[which], slice(None))
        columns = {"left": slice(side - kept, None), "right": slice(0, kept)}.get(SIDES[which], slice(None))
        known[:, rows, columns] = True
    else:
        edge = round(side * (1 - (1 - LOST) ** 0.5) / 2)
        known[:, edge : side - edge, edge : side - edge] = True
    return Harmed(filled(picture, ~known, generator), ~known)


def pressed(picture: Tensor, generator: torch.Generator) -> Harmed:
    """What a JPEG of low quality keeps."""
    import cv2

    quality = _whole(*QUALITIES, generator)
    _, data = cv2.imencode(".jpg", to_bytes(picture)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Harmed(_picture(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]), _everywhere(picture))


HARMS: dict[str, Callable[[Tensor, torch.Generator], Harmed]] = {
    "colourless": colourless,
    "holed": holed,
    "cropped": cropped,
    "pressed": pressed,
}


def answered(name: str, harmed: Harmed) -> Tensor:
    """What is simply done: grey stays grey, OpenCV fills holes and borders by Telea's method, and smoothes JPEGs."""
    import cv2

    if name == "colourless":
        return harmed.given
    shown = to_bytes(torch.where(harmed.hole, torch.zeros(()), harmed.given) if name != "pressed" else harmed.given)
    shown = np.ascontiguousarray(shown[..., ::-1])
    if name == "pressed":
        made = cv2.fastNlMeansDenoisingColored(shown, None, SMOOTH, SMOOTH)
    else:
        made = cv2.inpaint(shown, harmed.hole[0].byte().numpy(), TELEA, cv2.INPAINT_TELEA)
    return _picture(made[..., ::-1])


def _picture(colours: np.ndarray) -> Tensor:
    """Bytes (h, w, 3) as a picture."""
    return torch.from_numpy(np.ascontiguousarray(colours)).permute(2, 0, 1).float() / 127.5 - 1
