"""Folders that are being written: beside their final place, named after their process, swept when that is dead."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import time
from pathlib import Path

PARTIAL = ".partial-"
ABANDONED = 24 * 3600.0  # seconds after which what another machine did not finish counts as left behind
HOST = re.sub(r"\W", "", platform.node()) or "host"


def partial_name(name: str) -> str:
    """What something of this name is called while this process writes it."""
    return f"{PARTIAL}{name}-{HOST}-{os.getpid()}"


def sweep(folder: Path, name: str = "") -> None:
    """Remove what dead processes left behind in a folder: of one name, or of any."""
    for entry in folder.glob(f"{PARTIAL}*"):
        owner = re.fullmatch(r"(.+)-(\w+)-(\d+)", entry.name.removeprefix(PARTIAL))
        if name and (owner is None or owner[1] != name):
            continue
        with contextlib.suppress(OSError):  # another was faster
            here = owner is not None and owner[2] == HOST
            left = not _alive(int(owner[3])) if here else time.time() - entry.stat().st_mtime > ABANDONED
            if left:
                shutil.rmtree(entry, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
