"""A mesh as arrays: what every generator of a thing makes before Blender is asked for anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

NO_CORNER = -1  # the fourth corner of a triangle


@dataclass(frozen=True)
class Mesh:
    """Vertices, faces and what is told of them.

    vertices (n, 3) float, metres, z up; faces (m, 4) int32 counter-clockwise from outside, a triangle's last corner -1;
    slot (m,) int, the place of each face's surface in its asset's list; attributes name -> (n,) or (n, 3) floats of the
    vertices; smooth whether faces are shaded so, one for all or (m,) bool.
    """

    vertices: np.ndarray
    faces: np.ndarray
    slot: np.ndarray | int = 0
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)
    smooth: np.ndarray | bool = True

    def __post_init__(self):
        vertices = np.asarray(self.vertices, np.float64).reshape(-1, 3)
        faces = np.asarray(self.faces, np.int32)
        if faces.size == 0:
            faces = faces.reshape(0, 4)
        if faces.ndim != 2 or faces.shape[1] not in (3, 4):
            raise ValueError(f"faces have the shape {faces.shape}; allowed are (m, 3) and (m, 4)")
        if faces.shape[1] == 3:
            faces = np.concatenate([faces, np.full((len(faces), 1), NO_CORNER, np.int32)], 1)
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", faces)
        object.__setattr__(self, "slot", np.broadcast_to(np.asarray(self.slot, np.int32), (len(faces),)))
        object.__setattr__(self, "smooth", np.broadcast_to(np.asarray(self.smooth, bool), (len(faces),)))
        given = {name: np.asarray(values, np.float64) for name, values in self.attributes.items()}
        for name, values in given.items():
            if values.shape not in ((len(vertices),), (len(vertices), 3)):
                raise ValueError(f"{name} has the shape {values.shape}; allowed are ({len(vertices)},) and (…, 3)")
        object.__setattr__(self, "attributes", given)

    @property
    def size(self) -> np.ndarray:
        """Extent (3,) along the axes, metres."""
        return np.ptp(self.vertices, axis=0) if len(self.vertices) else np.zeros(3)

    def transformed(self, matrix: np.ndarray) -> Mesh:
        """The mesh under an affine matrix (3, 3) or (4, 4)."""
        matrix = np.asarray(matrix, float)
        moved = self.vertices @ matrix[:3, :3].T + (matrix[:3, 3] if matrix.shape == (4, 4) else 0.0)
        faces = self.faces
        if np.linalg.det(matrix[:3, :3]) < 0:  # a mirror turns faces inside out
            triangle = faces[:, 3] < 0
            faces = np.where(triangle[:, None], faces[:, [0, 2, 1, 3]], faces[:, [0, 3, 2, 1]])
        return replace(self, vertices=moved, faces=faces)

    def moved(self, offset) -> Mesh:
        """The mesh shifted by (3,) metres, or each vertex by its own (n, 3)."""
        return replace(self, vertices=self.vertices + np.asarray(offset, float))

    def with_attributes(self, **values: np.ndarray | float) -> Mesh:
        """The mesh with further attributes of its vertices; one number stands for all."""
        count = len(self.vertices)
        full = {name: np.broadcast_to(np.asarray(value, float), (count, *np.shape(value)[1:]) if np.ndim(value) else (count,))
                for name, value in values.items()}  # fmt: skip
        return replace(self, attributes={**self.attributes, **full})

    def with_slot(self, slot: int | np.ndarray) -> Mesh:
        """The mesh with its faces on another surface of the asset."""
        return replace(self, slot=slot)

    def triangles(self) -> np.ndarray:
        """The faces as triangles (k, 3) int32, quads cut along the diagonal of their first corner."""
        quad = self.faces[self.faces[:, 3] >= 0]
        return np.concatenate([self.faces[:, :3], quad[:, [0, 2, 3]]])

    def normals(self) -> np.ndarray:
        """Unit normals of the vertices (n, 3), weighted by area; up where a vertex has no face."""
        a, b, c = (self.vertices[corner] for corner in self.triangles().T)
        flat = np.cross(b - a, c - a)
        total = np.zeros_like(self.vertices)
        for corner in self.triangles().T:
            for axis in range(3):
                total[:, axis] += np.bincount(corner, flat[:, axis], len(total))
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return np.where(length > 1e-30, total / np.maximum(length, 1e-30), [0.0, 0.0, 1.0])

    def digest(self) -> str:
        """A hash of the geometry with coordinates rounded to 1e-5 m: the same spec gives the same one."""
        rounded = np.round(self.vertices, 5) + 0.0  # no negative zeros
        parts = (rounded.tobytes(), np.ascontiguousarray(self.faces).tobytes())
        return hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest()


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """One mesh of several; attributes that one of them lacks are zero there."""
    meshes = list(meshes)
    if not meshes:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 4), np.int32))
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    widths = {name: values.shape[1:] for mesh in meshes for name, values in mesh.attributes.items()}
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([np.where(mesh.faces < 0, NO_CORNER, mesh.faces + start)
                        for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.slot for mesh in meshes]),
        {name: np.concatenate([mesh.attributes.get(name, np.zeros((len(mesh.vertices), *width))) for mesh in meshes])
         for name, width in widths.items()},
        np.concatenate([mesh.smooth for mesh in meshes]),
    )  # fmt: skip


def copies(mesh: Mesh, matrices: np.ndarray) -> Mesh:
    """One mesh of copies of a mesh under each of the matrices (k, 4, 4); mirrors are not allowed."""
    count, vertices = len(matrices), len(mesh.vertices)
    moved = np.einsum("kij,nj->kni", matrices[:, :3, :3], mesh.vertices) + matrices[:, None, :3, 3]
    shift = (np.arange(count) * vertices)[:, None, None]
    faces = np.where(mesh.faces[None] < 0, NO_CORNER, mesh.faces[None] + shift)
    attributes = {
        name: np.tile(values, (count,) + (1,) * (values.ndim - 1)) for name, values in mesh.attributes.items()
    }
    return Mesh(moved.reshape(-1, 3), faces.reshape(-1, 4), np.tile(mesh.slot, count), attributes,
                np.tile(mesh.smooth, count))  # fmt: skip
