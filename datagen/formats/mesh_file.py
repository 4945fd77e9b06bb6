"""A thing's mesh.glb: triangles in the box's frame with one picture, a primitive for each of its surfaces.

Its vertices are those of points and distances, z up; the node that holds them stands the thing upright (glTF has y up) and
gives it back its size in metres. Source: the glTF 2.0 specification (Khronos Group).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .png import decode_png, encode_png

JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942
FLOAT, UINT = 5126, 5125
VECTORS = {"POSITION": (3, "VEC3"), "NORMAL": (3, "VEC3"), "TEXCOORD_0": (2, "VEC2")}
MOST_VERTICES = 2**22


class MeshFile(NamedTuple):
    """A mesh in the box's frame: vertices (n, 3), normals (n, 3), uv (n, 2) float32 with v down from the picture's top.

    triangles (k, 3) int, slot (k,) the place of each triangle's surface in ``surfaces`` (name, part, roughness, metallic);
    picture (t, t, 3) uint8 sRGB; ``metres`` that a length of 1 stands for.
    """

    vertices: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    slot: np.ndarray
    surfaces: tuple[tuple[str, int, float, float], ...]
    picture: np.ndarray
    metres: float


def shared_corners(vertices: np.ndarray, normals: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, ...]:
    """Vertices, normals, uv and triangles of corners (k, 3, …), those that are equal in all made one."""
    rows = np.concatenate([np.asarray(v, np.float32).reshape(-1, v.shape[-1]) for v in (vertices, normals, uv)], 1)
    rows = np.ascontiguousarray(rows + np.float32(0))  # no negative zeros
    keys = rows.view(np.dtype((np.void, rows.shape[1] * 4))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    rows = rows[first]
    return rows[:, :3], rows[:, 3:6], rows[:, 6:], which.reshape(-1, 3)


def encode_mesh(mesh: MeshFile, name: str = "Thing") -> bytes:
    """The bytes of a mesh's file; equal meshes give equal bytes."""
    views, accessors, data = [], [], []

    def add(values: np.ndarray, kind: int, shape: str, target: int | None, **more) -> int:
        content = np.ascontiguousarray(values).tobytes()
        content += b"\0" * (-len(content) % 4)
        views.append({"buffer": 0, "byteOffset": sum(map(len, data)), "byteLength": len(content)}
                     | ({"target": target} if target else {}))  # fmt: skip
        data.append(content)
        if kind:
            accessors.append(
                {"bufferView": len(views) - 1, "componentType": kind, "count": len(values), "type": shape} | more
            )
        return len(accessors) - 1

    bounds = {"min": mesh.vertices.min(0).tolist(), "max": mesh.vertices.max(0).tolist()}
    attributes = {
        key: add(values.astype("<f4"), FLOAT, VECTORS[key][1], 34962, **(bounds if key == "POSITION" else {}))
        for key, values in (("POSITION", mesh.vertices), ("NORMAL", mesh.normals), ("TEXCOORD_0", mesh.uv))
    }
    used = np.unique(mesh.slot)
    primitives = [
        {"attributes": attributes, "material": place,
         "indices": add(mesh.triangles[mesh.slot == slot].ravel().astype("<u4"), UINT, "SCALAR", 34963)}
        for place, slot in enumerate(used)
    ]  # fmt: skip
    add(np.frombuffer(encode_png(mesh.picture), np.uint8), 0, "", None)
    materials = [
        {"name": mesh.surfaces[slot][0], "doubleSided": True, "extras": {"part": mesh.surfaces[slot][1]},
         "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "roughnessFactor": mesh.surfaces[slot][2],
                                  "metallicFactor": mesh.surfaces[slot][3]}}
        for slot in used
    ]  # fmt: skip
    half = 0.5**0.5
    document = {
        "asset": {"version": "2.0", "generator": "Simulacra"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0, "rotation": [-half, 0.0, 0.0, half], "scale": [mesh.metres] * 3}],
        "meshes": [{"name": name, "primitives": primitives}], "materials": materials,
        "textures": [{"source": 0, "sampler": 0}], "samplers": [{"magFilter": 9729, "minFilter": 9729}],
        "images": [{"bufferView": len(views) - 1, "mimeType": "image/png"}],
        "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": sum(map(len, data))}],
    }  # fmt: skip
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(data)
    chunks = struct.pack("<II", len(text), JSON_CHUNK) + text + struct.pack("<II", len(binary), BIN_CHUNK) + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def decode_mesh(data: bytes, where: str | Path) -> MeshFile:
    """The mesh of a file's bytes; raises BadInput, which tells ``where`` they are from, where it is none of ours."""
    try:
        return _decoded(data)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    except (KeyError, IndexError, TypeError, ValueError, struct.error, RecursionError) as error:
        raise BadInput(
            f"{where}: is not a thing's mesh ({type(error).__name__} {' '.join(str(error).split())[:200]})"
        ) from None


def _decoded(data: bytes) -> MeshFile:
    if data[:4] != b"glTF" or len(data) < 28:
        raise BadInput("is no binary glTF file")
    length, kind = struct.unpack_from("<II", data, 12)
    if kind != JSON_CHUNK:
        raise BadInput("does not begin with its document")
    document, binary = json.loads(data[20 : 20 + length]), data[28 + length :]

    def view(index: int) -> bytes:
        row = document["bufferViews"][index]
        start, size = int(row.get("byteOffset", 0)), int(row["byteLength"])
        if not 0 <= start <= start + size <= len(binary):
            raise BadInput("holds a view beyond its buffer")
        return binary[start : start + size]

    def array(index: int, dtype: str, width: int) -> np.ndarray:
        row = document["accessors"][index]
        if not 0 <= int(row["count"]) <= MOST_VERTICES * 3 or row["componentType"] != (
            FLOAT if dtype == "<f4" else UINT
        ):
            raise BadInput("holds numbers of another kind")
        return np.frombuffer(view(row["bufferView"]), dtype)[: row["count"] * width].reshape(row["count"], width)

    rows = document["meshes"][0]["primitives"]
    vertices, normals, uv = (array(rows[0]["attributes"][key], "<f4", width) for key, (width, _) in VECTORS.items())
    pieces = [array(row["indices"], "<u4", 1).reshape(-1, 3).astype(np.int64) for row in rows]
    triangles = np.concatenate(pieces)
    if not len(vertices) == len(normals) == len(uv) or triangles.max(initial=-1) >= len(vertices):
        raise BadInput("holds triangles of vertices that are not there")
    if not (np.isfinite(vertices).all() and np.isfinite(normals).all() and np.isfinite(uv).all()):
        raise BadInput("holds numbers that are none")
    surfaces = []
    for row in rows:
        material = document["materials"][row["material"]]
        look = material["pbrMetallicRoughness"]
        surfaces.append((str(material["name"]), int(material["extras"]["part"]), float(look["roughnessFactor"]),
                         float(look["metallicFactor"])))  # fmt: skip
    picture = decode_png(view(document["images"][0]["bufferView"]), "its picture")
    slot = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    return MeshFile(
        vertices, normals, uv, triangles, slot, tuple(surfaces), picture, float(document["nodes"][0]["scale"][0])
    )
