"""What this machine gives to a run: cores, memory, and the command that starts a worker in this or a real Blender."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from ...procgen import processes

MEMORY_PER_WORKER = 3.0  # GiB


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def memory() -> float:
    """The memory that this process may use, in GiB; a container's limit counts."""
    total = _installed()
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file():
        text = limit.read_text().strip()
        total = min(total, int(text)) if text.isdecimal() else total
    return total / 2**30


def resident(process: int) -> float | None:
    """The memory that a process holds now, in GiB, or None of one that has ended."""
    if sys.platform == "linux":
        try:
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except OSError:
            return None
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**30 or None  # a zombie holds nothing
    if sys.platform == "win32":
        return _resident_on_windows(process)
    answer = processes.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True)
    return int(answer.stdout.strip() or 0) / 2**20 or None  # ps tells KiB


def peak(process: int) -> float | None:
    """The most memory that a process held so far, in GiB; what it holds now where the system does not tell."""
    if sys.platform == "linux":
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) / 2**20 for line in lines if line.startswith("VmHWM:")), None)
    return resident(process)


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
        return processes.python_module(module)
    import bpy

    return processes.program(bpy.app.binary_path, f"import bpy, sys; from {module} import main; sys.exit(main())")


def _installed() -> int:
    """The memory of the machine in bytes."""
    if sys.platform == "linux":
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:"))
    if sys.platform == "win32":
        status = _MemoryStatus(size=ctypes.sizeof(_MemoryStatus))
        if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            raise ctypes.WinError()
        return status.total
    return int(processes.run(["sysctl", "-n", "hw.memsize"], capture_output=True, text=True, check=True).stdout)


def _resident_on_windows(process: int) -> float | None:
    kernel = ctypes.WinDLL("kernel32")
    kernel.OpenProcess.restype = ctypes.c_void_p  # a handle is as wide as a pointer
    handle = kernel.OpenProcess(0x1000, False, process)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return None
    try:
        counters = _MemoryCounters(size=ctypes.sizeof(_MemoryCounters))
        held = kernel.K32GetProcessMemoryInfo(ctypes.c_void_p(handle), ctypes.byref(counters), counters.size)
        return counters.working_set / 2**30 or None if held else None
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 6),
    ]


class _MemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS."""

    _fields_ = [
        ("size", ctypes.c_uint32),
        ("faults", ctypes.c_uint32),
        ("largest_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("rest", ctypes.c_size_t * 6),
    ]
