"""Folders that are being written, under names of chance: a lock beside each tells that somebody is at it; the rest is swept."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PARTIAL = ".partial-"  # how names begin of what will be renamed to its place
SWEPT = ".swept"  # what a sweep has taken, or what something new takes the place of
LOCK = ".lock"
TEMPORARY = "simulacra"
ABANDONED = 24 * 3600.0  # seconds after which what nobody can be asked about counts as left behind
TRIES = 100
NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def drawn_name(stem: str) -> str:
    """A name that no other process on any machine draws."""
    return f"{stem}-{secrets.token_hex(8)}"


@contextlib.contextmanager
def hold(parent: Path, stem: str, mode: int = 0o777) -> Iterator[Path]:
    """A new folder ``STEM-CHANCE`` in ``parent``, held by this process until the block ends, when it is removed.

    It may have been renamed to its place by then. A file ``STEM-CHANCE.lock`` beside it carries a lock that goes with the
    process, whatever ends that; it is there before the folder is and until after it is gone.
    """
    folder, descriptor = _taken_name(parent, stem)
    try:
        os.mkdir(folder, mode)
        yield folder
    finally:
        remove(folder)
        os.close(descriptor)
        with contextlib.suppress(OSError):
            _lock_of(folder).unlink(missing_ok=True)


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A temporary folder that only this user can read, for everything temporary of this process and those it starts.

    Blender's own folders come to lie there too, which it leaves behind where it is killed. What killed processes left is
    swept.
    """
    parent = Path(tempfile.gettempdir())
    if any(re.fullmatch(rf"{TEMPORARY}-[0-9a-f]{{16}}", name) for name in parent.parts):
        with tempfile.TemporaryDirectory(prefix="") as within:  # of one that is held already
            yield Path(within)
        return
    sweep(parent, TEMPORARY)
    names = ("TMPDIR", "TEMP", "TMP")
    before = {name: os.environ.get(name) for name in names}, tempfile.tempdir
    with hold(parent, TEMPORARY, 0o700) as folder:
        os.environ |= dict.fromkeys(names, str(folder))
        tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before[1]
            for name, value in before[0].items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@cache
def temporaries_of_its_own() -> None:
    """As ``temporary`` until this process ends, for Blender and the processes that are started; not for Python here.

    What this process writes for somebody to read later, as a report, must outlast it. Nothing is done where Blender is here
    already and has made its folder.
    """
    if "bpy" in sys.modules:
        return
    stack, lasting = contextlib.ExitStack(), tempfile.gettempdir()
    stack.enter_context(temporary())
    tempfile.tempdir = lasting
    atexit.register(stack.close)


def sweep(parent: Path, stem: str = "") -> None:
    """Remove the folders of ``hold`` that nobody holds: those of one stem, or all that were to be renamed to their place.

    Each is renamed first, at once and as a whole: who is at it after all, unseen by the file system's locks, finds it
    gone, and never renames a part of it to its place.
    """
    with contextlib.suppress(OSError):
        drawn = re.compile(rf"{re.escape(stem)}-[0-9a-f]{{16}}" if stem else rf"{re.escape(PARTIAL)}.+")
        names = {entry.name.removesuffix(LOCK) for entry in parent.iterdir()}
        for name in names:
            if re.fullmatch(rf"{re.escape(SWEPT)}-[0-9a-f]{{16}}", name):
                remove(parent / name)
            elif not drawn.fullmatch(name):
                continue
            with contextlib.suppress(OSError):  # another was faster, or it is somebody else's
                _sweep(parent / name)


def remove(path: Path) -> None:
    """Remove a folder and what is in it, following no link; what is gone or cannot be removed is left."""
    if path.is_symlink() or not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def set_aside(path: Path) -> Iterator[None]:
    """Take a folder from its place, at once and as a whole, for the block that puts another there; it is removed then.

    Where the block fails, and nothing is at its place, it comes back.
    """
    aside = path.with_name(drawn_name(SWEPT))
    try:
        os.rename(path, aside)
    except FileNotFoundError:
        yield
        return
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            os.rename(aside, path)
        raise
    finally:
        remove(aside)


@cache
def machine() -> str:
    """What tells this running system from all others: names of hosts do not, as containers may share one."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{uuid.getnode():x}"


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + LOCK)


def _taken_name(parent: Path, stem: str) -> tuple[Path, int]:
    """A path that is free, and the open file of its lock, which is taken."""
    for _ in range(TRIES):
        folder = parent / drawn_name(stem)
        lock = _lock_of(folder)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)
        with contextlib.suppress(FileNotFoundError):
            if _locked(descriptor) is not False and os.path.samestat(os.fstat(descriptor), os.lstat(lock)):
                os.write(descriptor, machine().encode())
                return folder, descriptor
        os.close(descriptor)  # a sweep was there first, which took it for one that nobody holds
        lock.unlink(missing_ok=True)
    raise OSError(f"{parent}: what is written there does not stay")


def _sweep(folder: Path) -> None:
    """Remove a folder of ``hold`` and its lock where nobody holds it."""
    lock = _lock_of(folder)
    descriptor = None
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(lock, os.O_RDWR | NO_LINK)
    try:
        nobody = False
        if descriptor is not None:
            free = _locked(descriptor)
            if free is False:
                return
            # Another machine's lock may not be seen from here, and its holder be at work.
            nobody = free is True and os.read(descriptor, 100).decode("ascii", "replace") in ("", machine())
        if not nobody and time.time() - _touched(folder, lock) < ABANDONED:
            return
        taken = folder.with_name(drawn_name(SWEPT))
        with contextlib.suppress(FileNotFoundError):
            os.rename(folder, taken)
            remove(taken)
    finally:
        if descriptor is not None:
            os.close(descriptor)
    lock.unlink(missing_ok=True)


def _touched(folder: Path, lock: Path) -> float:
    """When anything in a folder, or its lock, was last written."""
    paths = [folder, lock]
    with contextlib.suppress(OSError):
        paths += () if folder.is_symlink() else folder.iterdir()
    times = [0.0]
    for path in paths:
        with contextlib.suppress(OSError):
            times.append(os.lstat(path).st_mtime)
    return max(times)


def _locked(descriptor: int) -> bool | None:
    """Take the lock of an open file: whether that went well, or None where the file system knows no locks."""
    try:
        import fcntl
    except ImportError:
        return _locked_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _locked_on_windows(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond what is written: others cannot read what is locked
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True
