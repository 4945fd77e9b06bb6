"""Joining vertices that fall together."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh


def welded(mesh: Mesh) -> Mesh:
    """The mesh with coincident vertices joined and the faces that fall together left out or made triangles."""
    _, first, place = np.unique(np.round(mesh.vertices, 8), axis=0, return_index=True, return_inverse=True)
    old = np.sort(first)
    rank = np.searchsorted(old, first)[place.ravel()]
    faces = np.where(mesh.faces < 0, -1, rank[mesh.faces])
    same = [(faces[:, a] == faces[:, (a + 1) % 4]) for a in range(4)]
    # A quad that lost a corner becomes a triangle of the other three.
    for corner in range(4):
        lost = same[corner] & (faces[:, 3] >= 0)
        faces[lost] = np.column_stack([np.roll(faces[lost], -corner - 1, 1)[:, :3], np.full(lost.sum(), -1)])
    good = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    attributes = {name: values[old] for name, values in mesh.attributes.items()}
    return Mesh(mesh.vertices[old], faces[good], mesh.slot[good], attributes, mesh.smooth[good])
