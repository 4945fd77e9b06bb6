"""How lashes hang on a lid: on three vertices that turn as the lid does, where the one triangle below a root turns too little."""

from __future__ import annotations

import numpy as np

from .head_data import head_data

AROUND = 40  # vertices of the skin that the third one is chosen from
LEAST_HEIGHT = 0.0012  # m: of the triangle of three vertices over its first side; flatter ones shake
PER_DISTANCE = 10.0  # 1/m: how much a turn may be wrong for a vertex that is nearer


def hinges(rest: np.ndarray, roots: np.ndarray, triangles: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """Three vertices (k, 3) of the cage ``rest`` (n, 3) whose frame turns at each root (k, 3) as its lashes must.

    ``triangles`` (k, 3) are the vertices around each root, ``eyes`` (2, 3) the centres of the eyeballs. The two vertices that
    are nearest stay, so that the root stays on the lid's margin. The third is the one around by which the frame turns as a lid
    does that slides on its eyeball: about the eyeball's centre, by the way of its margin when the eye is shut.
    """
    data = head_data()
    moved = rest.copy()
    for side in ("Left", "Right"):
        indices, deltas = data.targets[f"action/eyeBlink{side}"]
        moved[indices] += deltas
    skin = data.groups["body"]
    chosen = np.empty_like(triangles)
    for index, (root, triangle) in enumerate(zip(roots, triangles, strict=True)):
        centre = eyes[np.linalg.norm(eyes - root, axis=1).argmin()]
        pair = triangle[np.argsort(np.linalg.norm(rest[triangle] - root, axis=1))[:2]]
        wanted = _turn(root - centre, root + (moved - rest)[pair].mean(0) - centre)
        distance = np.linalg.norm(rest[skin] - root, axis=1)
        nearest = np.argpartition(distance, AROUND)[:AROUND]
        third, distance = skin[nearest], distance[nearest]
        first, height = _frames(rest, pair, third)
        second, _ = _frames(moved, pair, third)
        wrong = np.linalg.norm(second @ first.transpose(0, 2, 1) - wanted, axis=(1, 2)) + PER_DISTANCE * distance
        wrong[(height < LEAST_HEIGHT) | np.isin(third, pair)] = np.inf
        chosen[index] = *pair, third[wrong.argmin()]
    return chosen


def _turn(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The least rotation (3, 3) that turns the direction of one vector (3,) to that of another (Rodrigues)."""
    before, after = before / np.linalg.norm(before), after / np.linalg.norm(after)
    x, y, z = np.cross(before, after)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + skew + skew @ skew / (1 + before @ after)


def _frames(points: np.ndarray, pair: np.ndarray, third: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The orthonormal frames (m, 3, 3) of two vertices and each third one (m,), and its height (m,) over them."""
    along = points[pair[1]] - points[pair[0]]
    x = np.broadcast_to(along / np.linalg.norm(along), (len(third), 3))
    normal = np.cross(x, points[third] - points[pair[0]])
    height = np.linalg.norm(normal, axis=1)
    z = normal / np.maximum(height, 1e-9)[:, None]
    return np.stack([x, np.cross(z, x), z], 2), height
