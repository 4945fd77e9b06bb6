"""What is known of a job that may outlive Blender: a small file a job, from which the next Blender finds it again; knows nothing of bpy."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from ...datagen.formats.reading import read_regular
from ...datagen.formats.writing import write_whole
from ...procgen import processes

LARGEST = 1 << 16  # bytes of a record
IDS = ("process", "owner")  # the fields that are whole numbers
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Record(NamedTuple):
    """A job as its file tells it; the births say whether an id still means the process that it meant."""

    what: str
    title: str
    log: str
    folder: str  # where the result goes
    process: int
    born: str
    owner: int  # the Blender that follows it
    owner_born: str


def birth(process: int) -> str:
    """When a process began, in words of the system's own that no other process of its id shares; "" where it is gone."""
    if process <= 0:
        return ""
    if BOOT.exists():
        try:
            # Fields after the name, which may hold anything; the state is the first, the start (ticks) the twentieth.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else f"{BOOT.read_text().strip()} {fields[19]}"
    if os.name == "nt":
        return _birth_on_windows(process)
    answer = processes.run(["ps", "-o", "lstart=", "-p", str(process)], capture_output=True, text=True)
    return answer.stdout.strip()


def _birth_on_windows(process: int) -> str:
    """The creation time of a process; source: GetProcessTimes in the Windows API. Not tried: no Windows is at hand."""
    import ctypes

    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(0x1000, False, process)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return ""
    times, code = [ctypes.c_ulonglong() for _ in range(4)], ctypes.c_ulong()
    try:
        known = kernel.GetProcessTimes(handle, *(ctypes.byref(time) for time in times))
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    finally:
        kernel.CloseHandle(handle)
    return str(times[0].value) if known and code.value == 259 else ""  # STILL_ACTIVE


class Followed:
    """A process that another one started, with as much of Popen's face as a job needs."""

    def __init__(self, process: int, born: str):
        self.pid, self.born = process, born

    def poll(self) -> int | None:
        """None while it runs, else 0: how it ended is told by its log alone."""
        return None if self.born and birth(self.pid) == self.born else 0

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the id is another process's by now."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))


def file_of(folder: Path, record: Record) -> Path:
    """Where the record of a job lies: two Blenders may each have one of a kind."""
    return folder / f"{record.what}-{record.owner}.json"


def write(folder: Path, record: Record) -> None:
    """Write a record."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(file_of(folder, record), json.dumps(record._asdict()).encode())


def read(path: Path) -> Record | None:
    """The record in a file, or None where it is none."""
    try:
        document = json.loads(read_regular(path, LARGEST))
        record = Record(**document)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    right = all(isinstance(value, int if name in IDS else str) for name, value in record._asdict().items())
    return record if right else None


def claim(folder: Path, taken: Container[str] = ()) -> list[Record]:
    """Take over the jobs whose Blender is gone, one of a kind, rather one that runs; each is given to one Blender alone.

    Kinds in ``taken`` are left for later.
    """
    me, held = os.getpid(), {path: read(path) for path in folder.glob("*.json")}
    for path in [path for path, record in held.items() if record is None]:
        path.unlink(missing_ok=True)
    orphans = [(birth(row.process) != row.born, path, row) for path, row in held.items() if row and not _owned(row)]
    found: dict[str, Record] = {}
    for _, path, record in sorted(orphans):
        if record.what in taken or record.what in found:
            continue
        mine = path.with_suffix(f".{me}")
        try:
            path.rename(mine)  # whoever comes second finds nothing
        except OSError:
            continue
        mine.unlink()
        found[record.what] = record._replace(owner=me, owner_born=birth(me))
    return list(found.values())


def _owned(record: Record) -> bool:
    """Whether the Blender that follows a job is still there."""
    return bool(record.owner_born) and birth(record.owner) == record.owner_born
