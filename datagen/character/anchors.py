"""Places on the skin that other points hang on: what they weigh, and where each action carries them."""

from __future__ import annotations

import numpy as np

from .piece import Piece


class Anchors:
    """The places of a skin nearest to points (k, 3)."""

    def __init__(self, skin: Piece, points: np.ndarray):
        tree, triangles = skin.tree
        found = [tree.find_nearest(point) for point in points.tolist()]
        self.skin = skin
        self.vertices = triangles[np.array([hit[2] for hit in found], int)]
        self.places = np.array([tuple(hit[0]) for hit in found]).reshape(-1, 3)
        self.normals = np.array([tuple(hit[1]) for hit in found]).reshape(-1, 3)
        a, b, c = skin.positions[self.vertices].transpose(1, 0, 2)
        tail = np.einsum("kij,kj->ki", np.linalg.pinv(np.stack([b - a, c - a], 2)), self.places - a)
        self.shares = np.clip(np.concatenate([1 - tail.sum(1, keepdims=True), tail], 1), 0, 1)
        self.shares /= self.shares.sum(1, keepdims=True)

    def at(self, values: np.ndarray) -> np.ndarray:
        """Values (n,) or (n, c) of the skin's vertices at the anchors."""
        return np.einsum("kc,kc...->k...", self.shares, values[self.vertices])

    def weights(self) -> dict[str, np.ndarray]:
        """The weights (k,) of each bone there."""
        return {bone: self.at(weight) for bone, weight in self.skin.weights.items()}

    def carried(self, points: np.ndarray, action: str, turning: bool) -> np.ndarray:
        """Where an action takes points (k, 3) less where they are; ``turning`` with the skin, or straight."""
        delta = self.skin.deltas[action]
        shift = self.at(delta)
        if not turning:
            return shift
        before, after = self._frames(self.skin.positions), self._frames(self.skin.positions + delta)
        turn = after @ before.transpose(0, 2, 1)
        arm = points - self.places
        return shift + np.einsum("kij,kj->ki", turn, arm) - arm

    def _frames(self, positions: np.ndarray) -> np.ndarray:
        a, b, c = positions[self.vertices].transpose(1, 0, 2)
        x = (b - a) / np.maximum(np.linalg.norm(b - a, axis=1, keepdims=True), 1e-12)
        z = np.cross(x, c - a)
        z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-20)
        return np.stack([x, np.cross(z, x), z], 2)
