"""Applies a face net to photographs: finds the window, looks at it in both ways, and lays all it says over the photograph."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ....datagen.errors import BadInput
from ....datagen.labels import IGNORE
from ...core.photographs import colours_of, face_box
from ...core.window import Window, whole
from .net import FaceNet, Outputs
from .rotations import angles, from_six
from .targets import MARGIN, face_window

CASCADE = 0.85  # the landmarks' box in edges of the cascade's: medians of 40 photographs that people annotated
LOWER = 0.155  # how far below the middle of the cascade's box that of the landmarks is, in its edges
LOOKS = 2  # windows: each is set by the landmarks that were found in the one before
WIDER, HIGHER = 1.4, 0.16  # a window of all hair, in widths of the face's, and how far above that its middle is
ROWS = 64  # of a photograph that are classified together


@dataclass(frozen=True, eq=False)
class FoundFace:
    """What a photograph (h, w) says of its face, in its own pixels and in the frame of a camera that looks at the face.

    ``points`` (70, 2) and their deviations ``spread`` (70,) are pixels; ``rotation`` (3, 3) is the head's, ``angles`` its
    yaw, pitch and roll in degrees; ``gaze`` (2, 3) unit vectors of the right and the left eye. Maps are of the photograph's
    size: ``parts`` uint8, 255 beyond what was looked at, the ``window`` and around it; ``depth`` float32 in metres behind the head's pivot, +inf
    where no head is; ``normal`` float32 (h, w, 3), 0 there.
    """

    points: np.ndarray
    spread: np.ndarray
    rotation: np.ndarray
    angles: tuple[float, float, float]
    gaze: np.ndarray
    parts: np.ndarray
    depth: np.ndarray
    normal: np.ndarray
    window: Window
    detected: bool  # whether the cascade saw a face, or a window was given; else all of the photograph was looked at

    def record(self) -> dict:
        """What is no map, as a row of landmarks.json; ``spread_2d`` is the deviation of each point in px."""
        yaw, pitch, roll = self.angles
        return {
            "detected": self.detected, "points_2d": self.points.tolist(), "spread_2d": self.spread.tolist(),
            "head_pose": {"rotation": self.rotation.tolist(), "yaw": yaw, "pitch": pitch, "roll": roll},
            "gaze": {side: self.gaze[index].tolist() for index, side in enumerate(("right", "left"))},
        }  # fmt: skip


def first_window(photo: np.ndarray, size: int) -> tuple[Window, bool]:
    """Where to look for a face in a photograph uint8 (h, w, 3), and whether the cascade saw one; else all of it."""
    box = face_box(photo)
    if box is None:
        height, width = photo.shape[:2]
        return replace(whole(height, width, (size, size)), width=float(max(height, width))), False
    left, top, side = box
    return Window((left + side / 2, top + side * (0.5 + LOWER)), MARGIN * CASCADE * side, (size, size)), True


@torch.no_grad()
def find_face(net: FaceNet, photo: np.ndarray, window: Window | None = None) -> FoundFace:
    """What a net in evaluation mode says of the largest face of a photograph uint8 (h, w, 3).

    A window that is given is looked at as it is; else it is found, and set anew around the landmarks once. What lies around it
    is told by a wider look, which holds the top of the head.
    """
    photo = colours_of(photo)
    if window is not None and not window.inside(*photo.shape[:2]).any():
        raise BadInput(f"window: around {window.centre} shows nothing of a photograph of {photo.shape[1]}×{photo.shape[0]} px; allowed "
                       "are windows of a part of it")  # fmt: skip
    values = torch.from_numpy(np.ascontiguousarray(photo.transpose(2, 0, 1)))
    size = net.config.size
    looks, detected = (LOOKS, False) if window is None else (1, True)
    if window is None:
        window, detected = first_window(photo, size)
    for look in range(looks):
        said = _said(net, values, window)
        points = window.back((said["points"][0] + 1) * (size / 2))
        if look + 1 < looks:
            window = face_window(points, size)
    rotation = from_six(said["pose"][0])
    up = window.back(torch.tensor([size / 2, size * (0.5 - HIGHER)])).tolist()
    around = replace(window, centre=(up[0], up[1]), width=window.width * WIDER)
    parts, depth, normal = _laid_back(_said(net, values, around), around, *photo.shape[:2])
    near = _laid_back(said, window, *photo.shape[:2])
    seen = near[0] != IGNORE
    for there, here in zip((parts, depth, normal), near, strict=True):
        there[seen] = here[seen]
    yaw, pitch, roll = (float(angle) for angle in angles(rotation))
    return FoundFace(
        points.numpy().astype(np.float64), (said["spread"][0].exp() * (size / 2) / window.scale).numpy(), rotation.numpy(),
        (yaw, pitch, roll), F.normalize(said["gaze"][0], dim=-1).numpy(), parts, depth, normal, window, detected,
    )  # fmt: skip


def _said(net: FaceNet, photo: Tensor, window: Window) -> Outputs:
    """What a net says of a window of a photograph (3, h, w), looked at in both ways."""
    picture = window.smooth(photo)[None].to(next(net.parameters()).device) / 255
    return Outputs({name: value.float().cpu() for name, value in net.both_ways(picture).items()})


def _laid_back(said: Outputs, window: Window, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The maps of a window at the pixels of the photograph (height, width)."""
    parts = np.full((height, width), IGNORE, np.uint8)
    depth, normal = np.full((height, width), np.inf, np.float32), np.zeros((height, width, 3), np.float32)
    maps = torch.cat([said["parts"], said["depth"][:, None], said["normal"]], 1)
    size = window.size[0]
    corners = window.back(torch.tensor([[0.0, 0.0], [size, 0.0], [0.0, size], [size, size]]))
    left, top = (max(int(low), 0) for low in corners.amin(0).floor())
    right, bottom = (min(int(high), edge) for high, edge in zip(corners.amax(0).ceil(), (width, height), strict=True))
    if left >= right:  # landmarks may lead beyond the photograph
        return parts, depth, normal
    for first in range(top, bottom, ROWS):
        last = min(first + ROWS, bottom)
        y, x = torch.meshgrid(torch.arange(first, last) + 0.5, torch.arange(left, right) + 0.5, indexing="ij")
        at = window.points(torch.stack([x, y], -1)) / size * 2 - 1
        found = F.grid_sample(maps, at[None], padding_mode="border", align_corners=False)[0]
        inside = (at.abs() <= 1).all(-1)
        classes = found[:-4].argmax(0)
        head = (inside & (classes > 0)).numpy()
        here = np.s_[first:last, left:right]
        parts[here] = torch.where(inside, classes, torch.tensor(IGNORE)).byte().numpy()
        depth[here] = np.where(head, found[-4].numpy(), np.inf)
        normal[here] = np.where(head[..., None], _unit(found[-3:]), 0)
    return parts, depth, normal


def _unit(normal: Tensor) -> np.ndarray:
    """Unit vectors (h, w, 3) of a map (3, h, w)."""
    return F.normalize(normal, dim=0).permute(1, 2, 0).numpy()
