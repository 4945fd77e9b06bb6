"""Tidies a .glb: skinned meshes at the root, tangents only where a normal map asks for them and of unit length, nothing unused.

Source: the glTF 2.0 specification (Khronos Group), sections 3.6 and 3.7.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from ..errors import Unfinished

JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942


def read_glb(path: Path) -> tuple[dict, bytes]:
    """The document and the binary buffer of a file."""
    data = path.read_bytes()
    if data[:4] != b"glTF" or len(data) < 20:
        raise Unfinished(f"{path}: is no binary glTF file")
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    start = 20 + length + 8
    return document, data[start : start + struct.unpack_from("<I", data, 20 + length)[0]]


def write_glb(path: Path, document: dict, binary: bytes) -> None:
    """Write a document with one buffer."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<II", len(text), JSON_CHUNK) + text + struct.pack("<II", len(binary), BIN_CHUNK) + binary
    path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks)


def tidy(path: Path) -> None:
    """Tidy a file in place."""
    document, binary = read_glb(path)
    _skinned_to_root(document)
    binary = bytearray(binary)
    for mesh in document.get("meshes", []):
        for primitive in mesh["primitives"]:
            _tangents(document, primitive, binary)
    write_glb(path, document, _compact(document, bytes(binary)))


def _skinned_to_root(document: dict) -> None:
    """A parent's transform says nothing to a skinned mesh: the root is its place."""
    nodes, scene = document["nodes"], document["scenes"][document.get("scene", 0)]
    skinned = {index for index, node in enumerate(nodes) if "skin" in node}
    for node in nodes:
        if "children" in node:
            node["children"] = [child for child in node["children"] if child not in skinned]
            if not node["children"]:
                del node["children"]
    scene["nodes"] += sorted(skinned - set(scene["nodes"]))


def _tangents(document: dict, primitive: dict, binary: bytearray) -> None:
    attributes = primitive["attributes"]
    if "TANGENT" not in attributes:
        return
    material = document["materials"][primitive["material"]] if "material" in primitive else {}
    if "normalTexture" not in material:
        del attributes["TANGENT"]
        return
    tangents, normals = (_view(document, attributes[name], binary) for name in ("TANGENT", "NORMAL"))
    length = np.linalg.norm(tangents[:, :3], axis=1)
    lost = np.nonzero(~((length > 0.5) & (length < 2)))[0]
    if len(lost):  # where a face has no area in its picture: any direction in the surface will do
        axis = np.where(np.abs(normals[lost, :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
        across = np.cross(normals[lost], axis)
        tangents[lost, :3] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
        tangents[lost, 3] = 1.0


def _view(document: dict, index: int, binary: bytearray) -> np.ndarray:
    """A float accessor as an array that writes through to the buffer."""
    accessor = document["accessors"][index]
    view = document["bufferViews"][accessor["bufferView"]]
    width = {"VEC3": 3, "VEC4": 4}[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    return np.frombuffer(binary, np.float32, accessor["count"] * width, start).reshape(-1, width)


def _compact(document: dict, binary: bytes) -> bytes:
    """Drop accessors and views that nothing uses any more; the buffer of the others."""
    rows = _accessor_uses(document)
    kept = sorted({owner[key] for owner, key in rows})
    number = {old: new for new, old in enumerate(kept)}
    for owner, key in rows:
        owner[key] = number[owner[key]]
    document["accessors"] = [document["accessors"][index] for index in kept]
    holders = [image for image in document.get("images", []) if "bufferView" in image]
    for accessor in document["accessors"]:
        holders += [accessor] if "bufferView" in accessor else []
        holders += [accessor["sparse"]["indices"], accessor["sparse"]["values"]] if "sparse" in accessor else []
    pieces, views, seen, length = [], [], {}, 0
    for holder in holders:
        old = holder["bufferView"]
        if old not in seen:
            view = dict(document["bufferViews"][old])
            start = view.get("byteOffset", 0)
            data = binary[start : start + view["byteLength"]]
            data += b"\0" * (-len(data) % 4)
            view["byteOffset"] = length
            seen[old] = len(views)
            views.append(view)
            pieces.append(data)
            length += len(data)
        holder["bufferView"] = seen[old]
    document["bufferViews"], document["buffers"] = views, [{"byteLength": length}]
    return b"".join(pieces)


def _accessor_uses(document: dict) -> list[tuple[dict, str]]:
    """Every place that names an accessor, as an owner and its key."""
    rows = []
    for mesh in document.get("meshes", []):
        for primitive in mesh["primitives"]:
            rows += [(primitive, "indices")] if "indices" in primitive else []
            for attributes in (primitive["attributes"], *primitive.get("targets", [])):
                rows += [(attributes, name) for name in attributes]
    rows += [(skin, "inverseBindMatrices") for skin in document.get("skins", []) if "inverseBindMatrices" in skin]
    return rows
