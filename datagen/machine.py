"""What this machine gives to a run: cores, memory, and the command that starts a worker in this or a real Blender."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

MEMORY_PER_WORKER = 3.0  # GiB


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def memory() -> float:
    """The memory that this process may use, in GiB; a container's limit counts."""
    total = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file():
        text = limit.read_text().strip()
        total = min(total, int(text)) if text.isdecimal() else total
    return total / 2**30


def automatic_workers() -> int:
    """One worker for each pair of cores that has memory; Cycles itself uses both."""
    return max(1, min(cores() // 2, int(memory() / MEMORY_PER_WORKER)))


def worker_command() -> list[str]:
    """The command line of a worker process.

    The package is ``simulacra`` when installed and ``bl_ext.REPOSITORY.simulacra`` as an extension, which only a Blender
    can import: a real one is started in the background, and the pip module is imported first.
    """
    module = f"{__package__}.worker"
    if not module.startswith("bl_ext."):
        return [sys.executable, "-m", module]
    start = f"import bpy, sys; from {module} import main; sys.exit(main())"
    import bpy

    if bpy.app.binary_path:
        return [bpy.app.binary_path, "--background", "--python-exit-code", "1", "--python-expr", start]
    return [sys.executable, "-c", start]
