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
    points = rest[skin]
    nearest = np.array([np.argpartition(((points - root) ** 2).sum(1), AROUND)[:AROUND] for root in roots])
    third = skin[nearest]
    # By root and corner: the two nearest vertices.
    order = np.argsort(np.linalg.norm(rest[triangles] - roots[:, None], axis=2), axis=1)
    pair = np.take_along_axis(triangles, order[:, :2], 1)
    centre = eyes[np.linalg.norm(eyes - roots[:, None], axis=2).argmin(1)]
    wanted = _turns(roots - centre, roots + (moved - rest)[pair].mean(1) - centre)
    first, height = _frames(rest, pair, third)
    second, _ = _frames(moved, pair, third)
    distance = np.linalg.norm(rest[third] - roots[:, None], axis=2)
    turned = second @ first.swapaxes(2, 3)
    wrong = np.linalg.norm(turned - wanted[:, None], axis=(2, 3)) + PER_DISTANCE * distance
    wrong[(height < LEAST_HEIGHT) | (third[:, :, None] == pair[:, None]).any(2)] = np.inf
    best = np.take_along_axis(third, wrong.argmin(1)[:, None], 1)
    return np.concatenate([pair, best], 1)


def _turns(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The least rotations (k, 3, 3) that turn the directions of vectors (k, 3) to those of others (Rodrigues)."""
    before = before / np.linalg.norm(before, axis=1, keepdims=True)
    after = after / np.linalg.norm(after, axis=1, keepdims=True)
    x, y, z = np.cross(before, after).T
    o = np.zeros_like(x)
    skew = np.stack([o, -z, y, z, o, -x, -y, x, o], 1).reshape(-1, 3, 3)
    return np.eye(3) + skew + skew @ skew / (1 + (before * after).sum(1))[:, None, None]


def _frames(points: np.ndarray, pair: np.ndarray, third: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The orthonormal frames (k, m, 3, 3) of two vertices (k, 2) and third ones (k, m), and their heights (k, m) over the two."""
    start = points[pair[:, 0]]
    along = points[pair[:, 1]] - start
    x = np.broadcast_to((along / np.linalg.norm(along, axis=1, keepdims=True))[:, None], (*third.shape, 3))
    normal = np.cross(x, points[third] - start[:, None])
    height = np.linalg.norm(normal, axis=2)
    z = normal / np.maximum(height, 1e-9)[..., None]
    return np.stack([x, np.cross(z, x), z], 3), height
