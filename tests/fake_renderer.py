"""Renderers that make a tiny sample without Blender, or fail in a chosen way by the sample's seed."""

import os
import time
from pathlib import Path


def small(spec, recipe, folder: Path) -> dict:
    """Write one file."""
    (folder / "0000.rgb.png").write_bytes(os.urandom(2000))
    time.sleep(0.02)
    return {"frames": [0], "seconds": {}}


def troubled(spec, recipe, folder: Path) -> dict:
    """Crash on the third sample, hang on the fifth, raise on the seventh; crash once on the ninth."""
    index = int(folder.name.split("-")[1])
    (folder / "half.bin").write_bytes(b"half")
    if index == 3:
        os.kill(os.getpid(), 9)
    if index == 5:
        time.sleep(600)
    if index == 7:
        raise RuntimeError("a reason")
    if index == 9 and not (folder.parent / ".logs" / "once").exists():
        (folder.parent / ".logs" / "once").write_text("")
        os.kill(os.getpid(), 9)
    return small(spec, recipe, folder)


def full_disk(spec, recipe, folder: Path) -> dict:
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device")
