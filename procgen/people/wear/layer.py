"""A layer of cloth, cut from the posed body."""

from __future__ import annotations

import numpy as np

from ...materials.cloth import SEAM_REACH
from ...params import child
from ..surface import vertex_normals
from .cuts import Cut, field_of
from .drape import fold_heights, hung
from .panels import SEAMS, cloth_of, patch_cloth
from .tailor import Piece, between, chains, clip, divided, folds, keep_outside, smooth

NEAREST = 0.004  # metres that cloth keeps off the skin at most
END = (-0.388, 0.210)  # z and |x| of the template beyond which the body soon ends, metres
HEM = -0.398  # height below which cloth is cut off by the end of the body, metres
UNEVEN = 0.25  # of the folds' height: how uneven cloth is between them


class Layer:
    """A finished layer of cloth: positions, template (n, 3), triangles (m, 3) that no seam crosses, and a BVH of it made once."""

    def __init__(self, cut: Cut, surface, seed: int, below: Layer | None):
        piece = Piece(surface, field_of(cut, surface.template), cut.room, cut.rounds)
        positions, template, triangles = piece.positions, piece.template, piece.triangles
        for seam in SEAMS:
            pairs, shares, triangles, _ = divided(triangles, seam(template))
            positions, template = between(positions, pairs, shares), between(template, pairs, shares)
        self.cut, self.triangles, self.template = cut, triangles, template
        draped = hung(positions, triangles, template, cut.loose)
        draped = folds(draped, triangles, cut.folds * UNEVEN, 15.0, seed % 10007)
        height = cut.folds * fold_heights(template, cut.stiff, child(seed, "folds"))
        draped = draped + vertex_normals(draped, triangles) * height[:, None]
        edge = np.clip(field_of(cut, template) / 0.045, 0, 1)[:, None]
        positions = smooth(positions * (1 - edge) + draped * edge, triangles, 2)
        positions = keep_outside(positions, surface.bvh(), min(cut.room, NEAREST))
        if below is not None:
            positions = keep_outside(positions, below.tree, 0.0045)
            positions = smooth(positions, triangles, 3)
            positions = keep_outside(positions, below.tree, 0.0030)
        # Where the skin ends its nearest place says little: cloth goes on evenly there.
        inner = (template[:, 2] > END[0]) & (np.abs(template[:, 0]) < END[1])
        self.positions = smooth(positions, triangles, 8, fixed=inner)

    @property
    def tree(self):
        """A BVH of the cloth."""
        if not hasattr(self, "_tree"):
            from mathutils.bvhtree import BVHTree

            self._tree = BVHTree.FromPolygons(self.positions.tolist(), self.triangles.tolist())
        return self._tree

    def patch(self, field: np.ndarray, lift: np.ndarray | float, stitched: bool = False):
        """A piece (vertices, triangles, places on the cloth) laid on the layer where a field (n,) is positive, lifted by metres (n,)."""
        pairs, shares, triangles = clip(self.positions, self.triangles, field)
        normals = vertex_normals(self.positions, self.triangles)
        raised = self.positions + normals * np.broadcast_to(lift, len(field))[:, None]
        vertices, template = between(raised, pairs, shares), between(self.template, pairs, shares)
        cloth = patch_cloth(vertices, triangles, template)
        if stitched:  # along its edge
            cloth[..., 2] = np.maximum(SEAM_REACH - between(field, pairs, shares), 0)[triangles]
        return vertices, triangles, cloth

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


def _lowest(loop: np.ndarray, template: np.ndarray) -> tuple[np.ndarray, bool]:
    """The hem (k,) of the loop of an open front, which does not close; any other loop as it is."""
    low = template[loop, 2] < HEM
    inside = np.abs(template[loop, 0]).max() < END[1]
    if not inside or not 0.02 < low.mean() < 0.98:
        return loop, True
    start = int(np.flatnonzero(low & ~np.roll(low, 1))[0])
    loop, low = np.roll(loop, -start), np.roll(low, -start)
    return loop[: int(np.argmin(low))], False


def extended(layer: Layer):
    """The layer (vertices, triangles, places on the cloth) with its sleeves carried past where the body ends.

    So no view looks into them.
    """
    positions, template, triangles = layer.positions, layer.template, layer.triangles
    carried = np.zeros(len(positions), bool)
    for loop in chains(triangles):
        loop, closed = _lowest(loop, template)
        side = template[loop, 0].mean()
        sleeve = np.abs(side) > 0.19
        hem = not sleeve and template[loop, 2].mean() < -0.385
        if not (sleeve or hem):
            continue
        near = (template[:, 0] * np.sign(side) > 0.17) if sleeve else (template[:, 2] < -0.33)
        axis = positions[loop].mean(0) - positions[near & ~np.isin(np.arange(len(positions)), loop)].mean(0)
        axis = axis / np.linalg.norm(axis) if sleeve else np.array([0.0, 0.0, -1.0])
        previous, place = loop, positions[loop]
        carried[loop] = True
        for _ in range(4):
            start = len(positions)
            place = place + axis * 0.03
            positions = np.concatenate([positions, place])
            axis = axis + [0, 0, -0.25] if sleeve else axis  # below the elbow it hangs straighter
            axis = axis / np.linalg.norm(axis)
            template = np.concatenate([template, template[loop]])
            ring = np.arange(start, start + len(loop))
            a, b = np.roll(previous, -1), np.roll(ring, -1)
            last = len(loop) if closed else -1
            strip = np.concatenate([np.stack([previous, a, ring], 1)[:last], np.stack([a, b, ring], 1)[:last]])
            # Turn the strip's faces outward.
            first = strip[0]
            normal = np.cross(positions[first[1]] - positions[first[0]], positions[first[2]] - positions[first[0]])
            if normal @ (positions[first[0]] - positions[loop].mean(0)) < 0:
                strip = strip[:, ::-1]
            triangles = np.concatenate([triangles, strip])
            previous = ring
    # A cut's corners would fold the cloth over where it goes on.
    join = np.concatenate([carried, np.ones(len(positions) - len(carried), bool)])
    for _ in range(3):
        touched = join[triangles].any(1)
        join[triangles[touched].ravel()] = True
    positions = smooth(positions, triangles, 12, fixed=~join)
    return positions, triangles, cloth_of(positions, triangles, template)
