"""Looks at the first bytes of a mesh file before an importer takes memory for what they claim.

Sources: the glTF 2.0 specification (binary container), the Stanford PLY format, Wavefront's OBJ.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

from ...datagen.errors import BadInput
from ..files import open_chosen

LARGEST = 4 << 30  # bytes
SIZES = {
    "char": 1, "uchar": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2, "uint16": 2, "int": 4, "uint": 4, "int32": 4,
    "uint32": 4, "float": 4, "float32": 4, "double": 8, "float64": 8,
}  # fmt: skip
COMPONENTS = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
VALUES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class MeshFileError(ValueError):
    """A mesh file that cannot be read; the message names the file and what is wrong."""


def check(path: Path) -> str:
    """The kind of a mesh file (glb, ply, obj); raises MeshFileError where its head and its size do not fit."""
    kind = path.suffix.lower().lstrip(".")
    checks = {"glb": _check_glb, "ply": _check_ply, "obj": _check_obj}
    if kind not in checks:
        raise MeshFileError(f"{path.name}: is not a mesh file; allowed are .glb, .ply and .obj")
    try:
        with open_chosen(path, LARGEST) as source:
            size = os.fstat(source.fileno()).st_size
            if not size:
                raise MeshFileError("is empty")
            checks[kind](source, size)
    except (BadInput, OSError) as error:
        raise MeshFileError(str(error)) from None
    except MeshFileError as error:
        raise error if str(error).startswith(path.name) else MeshFileError(f"{path.name}: {error}") from None
    return kind


def _check_glb(source, size: int) -> None:
    head = source.read(20)
    if len(head) < 20 or head[:4] != b"glTF":
        raise MeshFileError("is not a binary glTF file")
    version, total, first, kind = struct.unpack("<4xIIII", head)
    if version != 2 or total != size or kind != 0x4E4F534A or first > size - 20 or first > 64 << 20:
        raise MeshFileError("its glTF header does not fit the file")
    try:
        document = json.loads(source.read(first))
    except (ValueError, RecursionError):
        raise MeshFileError("its glTF description is not JSON") from None
    if not isinstance(document, dict) or not str(_inside(document, "asset").get("version", "")).startswith("2"):
        raise MeshFileError("is not of glTF version 2")
    views, binary = _rows(document, "bufferViews"), max(size - 28 - first, 0)
    for accessor in _rows(document, "accessors"):
        count, of = accessor.get("count"), VALUES.get(str(accessor.get("type")))
        item = COMPONENTS.get(accessor.get("componentType")) if isinstance(accessor.get("componentType"), int) else None
        if not isinstance(count, int) or count < 1 or of is None or item is None:
            raise MeshFileError("one of its accessors has no known type or count")
        if count * of * item > binary + 1024 and "sparse" not in accessor and not _external(document):
            raise MeshFileError("one of its accessors reaches past the end of the file")
    for view in views:
        start, length = view.get("byteOffset", 0), view.get("byteLength")
        if not isinstance(start, int) or not isinstance(length, int) or start < 0 or length < 0:
            raise MeshFileError("one of its buffer views has no known place")
        if start + length > binary + 1024 and not _external(document):
            raise MeshFileError("one of its buffer views reaches past the end of the file")


def _inside(document: dict, name: str) -> dict:
    found = document.get(name, {})
    return found if isinstance(found, dict) else {}


def _rows(document: dict, name: str) -> list[dict]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise MeshFileError(f"its {name} are not a list of objects")
    return found


def _external(document: dict) -> bool:
    return any("uri" in buffer for buffer in _rows(document, "buffers"))


def _check_ply(source, size: int) -> None:
    head = source.read(1 << 16)
    end = head.find(b"end_header")
    if not head.startswith(b"ply") or end < 0:
        raise MeshFileError("has no PLY header")
    lines = head[:end].decode("ascii", "replace").split("\n")
    form = next((line.split()[1] for line in lines if line.startswith("format ") and len(line.split()) > 1), "")
    if form not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise MeshFileError(f"is of PLY format {form[:20]!r}")
    least, count, vertices = 0, 0, 0
    for line in lines:
        words = line.split()
        if words[:1] == ["element"]:
            if len(words) != 3 or not words[2].isdecimal():
                raise MeshFileError("one of its PLY elements has no count")
            count = int(words[2])
            vertices += count if words[1] == "vertex" else 0
        elif words[:1] == ["property"]:
            size_of = (
                SIZES.get(words[2])
                if words[1:2] == ["list"] and len(words) == 5
                else SIZES.get(words[1])
                if len(words) == 3
                else None
            )
            if size_of is None:
                raise MeshFileError("one of its PLY properties has no known type")
            least += count * (2 if form == "ascii" else size_of)
    if not vertices:
        raise MeshFileError("holds no vertices")
    if least > size:
        raise MeshFileError(f"claims at least {least} bytes of data and has {size}")


def _check_obj(source, size: int) -> None:
    head = source.read(1 << 20)
    if b"\0" in head:
        raise MeshFileError("is not a text file")
    if not any(line.startswith((b"v ", b"v\t")) for line in head.splitlines()):
        raise MeshFileError("holds no vertices")
