"""The pictures as Blender's icons: a file is read when it is first shown; what has no picture has no icon, and nothing fails."""

from __future__ import annotations

from pathlib import Path

import bpy.utils.previews

from .families import path_of

_held: list = []  # the collection of previews, while the extension is enabled


def icon(path: Path) -> int:
    """The icon of a picture, 0 where there is none; another one once the file has changed."""
    if not _held:
        return 0
    try:
        name = f"{path}:{path.stat().st_mtime_ns}"
        previews = _held[0]
        return (previews[name] if name in previews else previews.load(name, str(path), "IMAGE")).icon_id
    except (OSError, KeyError, RuntimeError):
        return 0


def icon_of(family: str, option: str) -> int:
    """The icon of an option of a family."""
    return icon(path_of(family, option))


def register() -> None:
    """Begin to hold pictures; they are read later."""
    _held.append(bpy.utils.previews.new())


def unregister() -> None:
    """Let go of all of them."""
    while _held:
        bpy.utils.previews.remove(_held.pop())
