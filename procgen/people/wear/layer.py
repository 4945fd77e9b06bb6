"""A layer of cloth, cut from the posed body."""

from __future__ import annotations

import numpy as np

from ..surface import vertex_normals
from .cuts import Cut, field_of
from .tailor import Piece, between, chains, clip, folds, keep_outside, smooth


class Layer:
    """A finished layer of cloth: positions, template (n, 3), triangles (m, 3), and a BVH of it made once."""

    def __init__(self, cut: Cut, surface, seed: int, below: Layer | None):
        piece = Piece(surface, field_of(cut, surface.template), cut.room, cut.rounds)
        self.cut, self.triangles, self.template, self.uv = cut, piece.triangles, piece.template, piece.uv
        flowing = folds(piece.positions, piece.triangles, cut.folds, 15.0, seed % 10007)
        edge = np.clip(field_of(cut, piece.template) / 0.035, 0, 1)[:, None]
        positions = piece.positions * (1 - edge) + flowing * edge
        positions = keep_outside(positions, surface.bvh(), min(cut.room, 0.004))
        if below is not None:
            positions = keep_outside(positions, below.tree, 0.0045)
            positions = smooth(positions, piece.triangles, 3)
            positions = keep_outside(positions, below.tree, 0.0030)
        self.positions = positions

    @property
    def tree(self):
        """A BVH of the cloth."""
        if not hasattr(self, "_tree"):
            from mathutils.bvhtree import BVHTree

            self._tree = BVHTree.FromPolygons(self.positions.tolist(), self.triangles.tolist())
        return self._tree

    def patch(self, field: np.ndarray, lift: np.ndarray | float):
        """A piece (vertices, triangles, uv) laid on the layer where a field (n,) is positive, lifted by metres (n,)."""
        pairs, shares, triangles = clip(self.positions, self.triangles, field)
        normals = vertex_normals(self.positions, self.triangles)
        raised = self.positions + normals * np.broadcast_to(lift, len(field))[:, None]
        return between(raised, pairs, shares), triangles, between(self.uv, pairs, shares)

    def at(self, x: float, z: float):
        """The place and normal on the front of the layer at a template x and z."""
        template = self.template
        index = (
            (template[:, 0] - x) ** 2 + (template[:, 2] - z) ** 2 + 9 * np.clip(template[:, 1] - 0.09, 0, 1)
        ).argmin()
        normal = self.tree.find_nearest(self.positions[index].tolist())[1]
        return self.positions[index], np.array(normal)

    def edge(self) -> tuple[np.ndarray, bool]:
        """The neck edge (k,) in order, and whether it closes; an open front's edge runs from hem to hem."""
        best, score = np.zeros(0, int), -1
        for loop in chains(self.triangles):
            near = field_of(self.cut, self.template[loop]) < 0.002
            near &= (self.template[loop, 2] > -0.395) & (np.abs(self.template[loop, 0]) < 0.12)
            if near.sum() > score:
                score, best, keep = near.sum(), loop, near
        if keep.mean() > 0.98:
            return best, True
        start = int(np.argmin(keep))
        best, keep = np.roll(best, -start), np.roll(keep, -start)
        return best[keep], False


def extended(layer: Layer):
    """The layer with its sleeves carried past where the body ends, so that no view looks into them."""
    positions, template, uv, triangles = layer.positions, layer.template, layer.uv, layer.triangles
    for loop in chains(triangles):
        side = template[loop, 0].mean()
        sleeve = np.abs(side) > 0.19
        hem = not sleeve and template[loop, 2].mean() < -0.385
        if not (sleeve or hem):
            continue
        near = (template[:, 0] * np.sign(side) > 0.17) if sleeve else (template[:, 2] < -0.33)
        axis = positions[loop].mean(0) - positions[near & ~np.isin(np.arange(len(positions)), loop)].mean(0)
        axis = (axis / np.linalg.norm(axis) + [0, 0, -0.4]) if sleeve else np.array([0.0, 0.0, -1.0])
        axis /= np.linalg.norm(axis)
        previous = loop
        for step in range(1, 5):
            start = len(positions)
            positions = np.concatenate([positions, positions[loop] + axis * 0.03 * step])
            template = np.concatenate([template, template[loop]])
            uv = np.concatenate([uv, uv[loop] - [0, 0.03 * step]])
            ring = np.arange(start, start + len(loop))
            a, b = np.roll(previous, -1), np.roll(ring, -1)
            strip = np.concatenate([np.stack([previous, a, ring], 1), np.stack([a, b, ring], 1)])
            # Turn the strip's faces outward.
            first = strip[0]
            normal = np.cross(positions[first[1]] - positions[first[0]], positions[first[2]] - positions[first[0]])
            if normal @ (positions[first[0]] - positions[loop].mean(0)) < 0:
                strip = strip[:, ::-1]
            triangles = np.concatenate([triangles, strip])
            previous = ring
    return positions, triangles, uv
