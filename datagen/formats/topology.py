"""The mesh of all heads, once in a dataset with dense landmarks: what these are the corners of."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...procgen.people.head_data import head_data
from ...procgen.people.parts import CLASSES, skin_parts
from ..errors import BadInput
from .npz import decode_npz, encode_npz

TOPOLOGY = "topology.npz"  # beside dataset.json, where there are
LABEL = "dense_landmarks"
MOST_BYTES = 64 * 2**20


class Topology(NamedTuple):
    """The mesh of all heads: quads, their texture coordinates and parts, and where the template's vertices are.

    faces (f, 4) and uv_faces (f, 4) int32 are corners anticlockwise from outside, uv (t, 2) float32, part (f,) uint8 is an
    index of part_names, template (n, 3) float32 is in metres, z up, facing -y, origin between the eyes.
    """

    faces: np.ndarray
    uv: np.ndarray
    uv_faces: np.ndarray
    part: np.ndarray
    part_names: np.ndarray
    template: np.ndarray


def head_vertices() -> np.ndarray:
    """The vertices (n,) of the head data that the head's mesh has, in its order."""
    return head_data().groups["body"]


def topology() -> Topology:
    """The mesh that every person's dense landmarks are the corners of (CC0, MakeHuman)."""
    data, members = head_data(), head_vertices()
    local = np.full(len(data.template), -1)
    local[members] = np.arange(len(members))
    body = data.face_group == "body"
    used, uv_faces = np.unique(data.uv_faces[body], return_inverse=True)
    return Topology(
        local[data.faces[body]].astype(np.int32), data.uv[used].astype(np.float32),
        uv_faces.reshape(-1, 4).astype(np.int32), skin_parts(data, data.faces[body], data.uv_faces[body]).astype(np.uint8),
        np.array(CLASSES), data.template[members].astype(np.float32),
    )  # fmt: skip


def encode_topology() -> bytes:
    """The bytes of topology.npz."""
    return encode_npz(topology()._asdict())


def decode_topology(data: bytes, where: str | Path) -> Topology:
    """Read them; raises BadInput where they are no mesh of quads."""
    found = Topology(**decode_npz(data, where, Topology._fields, MOST_BYTES))
    shapes = [values.shape[1:] for values in found]
    indices = ((found.faces, len(found.template)), (found.uv_faces, len(found.uv)), (found.part, len(found.part_names)))
    if (
        shapes != [(4,), (2,), (4,), (), (), (3,)]
        or not len(found.faces) == len(found.uv_faces) == len(found.part)
        or not all(a.dtype.kind in "iu" and a.size and a.min() >= 0 and a.max() < size for a, size in indices)
        or not all(np.isfinite(values).all() for values in (found.uv, found.template))
    ):
        raise BadInput(f"{where}: is not a mesh of quads with texture coordinates and parts")
    return found
