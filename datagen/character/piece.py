"""A piece of a character as arrays: what all steps of an export hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np


@dataclass
class Piece:
    """One mesh in the frame of the rig at rest, neutral; metres, z up, facing -y."""

    name: str
    kind: str  # its class: skin, eye, garment …
    positions: np.ndarray  # (n, 3)
    corners: np.ndarray  # (l,) vertex of each corner, faces one after another
    sizes: np.ndarray  # (f,) corners of each face
    uv: np.ndarray  # (l, 2)
    weights: dict[str, np.ndarray]  # bone -> (n,), which sum to one
    deltas: dict[str, np.ndarray] = field(default_factory=dict)  # action -> (n, 3) metres at full strength
    texture: str = ""  # the set of pictures that it is painted with
    slots: np.ndarray | None = None  # (f,) which material of its object each face has
    normals: np.ndarray | None = None  # (n, 3) unit, where they are not those of its faces
    source: str = ""  # the object that it was made from

    @property
    def starts(self) -> np.ndarray:
        """The first corner (f,) of each face."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    @cached_property
    def tree(self):
        """A BVHTree of its triangles and their vertices (m, 3), made once (needs bpy)."""
        from mathutils.bvhtree import BVHTree

        triangles = self.corners[self.triangles()[0]]
        return BVHTree.FromPolygons(self.positions.tolist(), triangles.tolist()), triangles

    def triangles(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners (m, 3) of triangles that fan out each face, and the face (m,) of each."""
        starts, faces = self.starts, np.arange(len(self.sizes))
        rows, owners = [], []
        for step in range(1, int(self.sizes.max(initial=3)) - 1):
            has = self.sizes > step + 1
            rows.append(np.stack([starts[has], starts[has] + step, starts[has] + step + 1], 1))
            owners.append(faces[has])
        return np.concatenate(rows), np.concatenate(owners)

    def of_faces(self, chosen: np.ndarray, name: str) -> Piece:
        """The faces of a mask (f,) as a piece of their own."""
        of_corner = np.repeat(chosen, self.sizes)
        used, corners = np.unique(self.corners[of_corner], return_inverse=True)
        return Piece(
            name, self.kind, self.positions[used], corners, self.sizes[chosen], self.uv[of_corner],
            {bone: weight[used] for bone, weight in self.weights.items()},
            {action: delta[used] for action, delta in self.deltas.items()}, self.texture,
            None if self.slots is None else self.slots[chosen],
            None if self.normals is None else self.normals[used], self.source,
        )  # fmt: skip
