"""The kinds of results and the files that each can be written as; a table, read without torch.

A kind is a class in a module of its own with ``kind``, its name here. The functions of the module that the table names
take a path and a result and write that file whole or not at all; ``preview(stem, result)`` of the module writes pictures
beside it, whose names begin as ``stem``, and returns their paths.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import ClassVar, NamedTuple

from ...datagen.errors import BadInput

SEEN = (".portrait.png", ".png", ".mp4", ".gif")  # files that show themselves and need no preview


class Result:
    """What a system generates: an instance of one of the kinds."""

    kind: ClassVar[str]


class Kind(NamedTuple):
    """A kind of result: its noun with an article, and by suffix the function of its module that writes such a file."""

    noun: str
    writers: dict[str, str]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the files that it can be written as, the best one first."""
        return tuple(self.writers)


AROUND = {
    ".mp4": "write_mp4",
    ".gif": "write_gif",
    ".png": "write_png",
}  # pictures from all sides, or one after another
PORTRAIT = {".portrait.png": "write_portrait"}
SIZED = ("field", "avatar")  # kinds whose pictures can have any size
KINDS = {
    "picture": Kind("a picture", {".png": "write_png"}),
    "video": Kind("a video", AROUND),
    "points": Kind("a point cloud", {".ply": "write_ply", ".npz": "write_npz"}),
    "mesh": Kind("a mesh", {".glb": "write_glb"}),
    "thing": Kind("a thing", {".glb": "write_glb"} | AROUND),
    "views": Kind("a scene of views", {".glb": "write_glb", ".ply": "write_ply"} | AROUND),
    "field": Kind("a person", {".glb": "write_glb"} | PORTRAIT | AROUND),
    "avatar": Kind("an avatar", {".avatar.safetensors": "write_avatar", ".glb": "write_glb"} | PORTRAIT | AROUND),
    "labels": Kind("a labelled photograph", {".png": "write_png", ".json": "write_json_record", ".npz": "write_npz"}),
    "scene": Kind("a scene", {".json": "write_json"}),
}


def split_suffix(path: Path, kind: str) -> tuple[str, str]:
    """The name and the suffix of a file to write; raises BadInput where a kind cannot be written as that."""
    suffixes = KINDS[kind].suffixes
    for suffix in suffixes:
        if path.name.endswith(suffix) and path.name != suffix:
            return path.name.removesuffix(suffix), suffix
    raise BadInput(f"out: {path.name} is not allowed; {KINDS[kind].noun} is written to a name that ends in "
                   f"{', '.join(suffixes[:-1])}{' or ' if suffixes[:-1] else ''}{suffixes[-1]}")  # fmt: skip


def write(path: Path, result: Result, suffix: str) -> None:
    """Write a result as the file that a suffix of its kind stands for."""
    getattr(_module(result.kind), KINDS[result.kind].writers[suffix])(path, result)


def preview(stem: Path, result: Result) -> list[Path]:
    """Write pictures of a result beside its file; their paths."""
    show: Callable[[Path, Result], list[Path]] = _module(result.kind).preview
    return show(stem, result)


def _module(kind: str):
    return import_module(f".{kind}", __package__)
