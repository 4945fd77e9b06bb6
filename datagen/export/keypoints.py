"""The 70 face landmarks as the keypoints of a person: names, skeleton, mirrored order and COCO's three flags."""

from __future__ import annotations

import numpy as np

from ...procgen.people.landmarks import NAMES, POINTS

ABSENT, HIDDEN, VISIBLE = 0, 1, 2  # COCO: not labelled, labelled and hidden, labelled and seen
PERSON = "person"
_OPEN = ("jaw", "right_brow", "left_brow", "nose_bridge", "nose_base")
_CLOSED = ("right_eye", "left_eye", "outer_lips", "inner_lips")


def skeleton() -> list[tuple[int, int]]:
    """The lines (a, b) between keypoints, numbered from 0: brows, nose and jaw open, eyes and lips closed."""
    lines = []
    for group in (*_OPEN, *_CLOSED):
        members = [index for index, name in enumerate(NAMES) if name.rpartition("_")[0] == group]
        lines += list(zip(members, members[1:], strict=False))
        if group in _CLOSED:
            lines.append((members[-1], members[0]))
    return lines


def mirrored() -> list[int]:
    """For each keypoint the number of the one that takes its place when the picture is flipped left to right."""
    points = np.concatenate([POINTS, [[-1.0, 0, 0], [1.0, 0, 0]]])  # pupils, far from all others
    away = np.linalg.norm(points[:, None] * [-1, 1, 1] - points[None], axis=-1)
    return away.argmin(1).tolist()


def flagged(record: dict, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (70, 2) and COCO's flags (70,) of a frame's landmarks; what lies out of the frame is not labelled, at 0."""
    points = np.asarray(record["points_2d"], float).reshape(-1, 2)
    inside = ((points >= 0) & (points < [width, height])).all(1)
    flags = np.where(inside, np.where(np.asarray(record["visible"], bool), VISIBLE, HIDDEN), ABSENT)
    return np.where(inside[:, None], points, 0.0), flags
