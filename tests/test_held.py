"""Folders that are held by a lock: never swept from under who writes them, always when that is dead; and temporary ones."""

import os
import signal
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from simulacra.datagen.storage import held
from simulacra.procgen import processes

# A process in a container whose host name and process id are those of another's.
HOLDER = """
import os, platform, sys, time
platform.node = lambda: "container"
os.getpid = lambda: 7
from pathlib import Path
from simulacra.datagen.storage.held import hold, temporary
with (temporary() if sys.argv[1] == "temporary" else hold(Path(sys.argv[1]), ".partial-000000")) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holders():
    """Starts processes that hold a folder in a place, and gives the process with its folder."""
    started = []

    def start(place, env=None):
        process = processes.start(
            processes.python(HOLDER, str(place)), env=env, stdin=processes.PIPE, stdout=processes.PIPE, text=True
        )
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_processes_of_one_host_name_and_id_have_folders_of_their_own(tmp_path, holders):
    (one, first), (other, second) = holders(tmp_path), holders(tmp_path)
    assert first != second and (first / "half").exists() and (second / "half").exists()
    one.kill()
    one.wait()
    held.sweep(tmp_path)
    assert not first.exists() and (second / "half").exists()
    other.communicate("\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal here")
def test_who_stands_still_holds_on(tmp_path, holders):
    process, folder = holders(tmp_path)
    process.send_signal(signal.SIGSTOP)
    for path in (folder, folder / "half", folder.with_name(folder.name + ".lock")):
        os.utime(path, (time.time() - 1e6,) * 2)  # however long
    held.sweep(tmp_path)
    assert (folder / "half").exists()
    process.send_signal(signal.SIGCONT)
    process.communicate("\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("unseen", ["no locks", "another machine", "no lock file"])
def test_who_cannot_be_asked_is_left_alone_for_a_day(tmp_path, holders, monkeypatch, unseen, old):
    process, folder = holders(tmp_path)
    process.kill()
    process.wait()
    if unseen == "no locks":
        monkeypatch.setattr(held, "_locked", lambda descriptor: None)
    elif unseen == "another machine":
        monkeypatch.setattr(held, "machine", lambda: "another")
    else:
        folder.with_name(folder.name + ".lock").unlink()
    if old:
        for path in tmp_path.rglob("*"):
            os.utime(path, (time.time() - 1e6,) * 2)
    held.sweep(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ([] if old else sorted(
        {folder.name, *({folder.name + ".lock"} if unseen != "no lock file" else ())}
    ))  # fmt: skip


def test_a_folder_that_is_written_into_is_not_old(tmp_path, monkeypatch):
    monkeypatch.setattr(held, "_locked", lambda descriptor: None)
    with held.hold(tmp_path, ".partial-000000") as folder:
        (folder / "young").write_text("")
        for path in (folder, folder.with_name(folder.name + ".lock")):
            os.utime(path, (time.time() - 1e6,) * 2)
        held.sweep(tmp_path)
        assert (folder / "young").exists()


def test_what_is_swept_by_mistake_is_gone_as_a_whole(tmp_path, monkeypatch):
    """Two machines that do not see each other's locks: a sample without a picture never gets a place."""
    with held.hold(tmp_path, ".partial-000000") as folder:
        for number in range(200):
            (folder / f"{number}").write_text("")
        monkeypatch.setattr(held, "_locked", lambda descriptor: True)
        seen = []

        def look():
            while folder.exists():
                seen.append(len(os.listdir(folder)) if folder.exists() else 200)

        watcher = threading.Thread(target=look)
        watcher.start()
        with monkeypatch.context() as patched:
            patched.setattr(held, "remove", lambda path: time.sleep(0.05))
            held.sweep(tmp_path)
        watcher.join()
        with pytest.raises(FileNotFoundError):
            os.rename(folder, tmp_path / "000000")
        assert set(seen) <= {200}


def test_a_sweep_at_the_moment_of_a_start_takes_nothing(tmp_path):
    """Threads that make folders as fast as they can, beside threads that sweep as fast as they can."""
    ended, lost = threading.Event(), []

    def sweeping():
        while not ended.is_set():
            held.sweep(tmp_path)

    def holding():
        for _ in range(60):
            with held.hold(tmp_path, ".partial-000000") as folder:
                (folder / "a").write_text("")
                if os.listdir(folder) != ["a"]:
                    lost.append(folder)

    sweepers = [threading.Thread(target=sweeping) for _ in range(2)]
    workers = [threading.Thread(target=holding) for _ in range(4)]
    for thread in sweepers + workers:
        thread.start()
    for thread in workers:
        thread.join()
    ended.set()
    for thread in sweepers:
        thread.join()
    assert lost == [] and list(tmp_path.iterdir()) == []


def test_a_sweep_follows_no_link(tmp_path):
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "mine").write_text("mine")
    place = tmp_path / "place"
    place.mkdir()
    for name in (".partial-a-0011223344556677", ".swept-0011223344556677"):
        (place / name).symlink_to(treasure)
    with held.hold(place, ".partial-000000") as folder:
        (folder / "inner").symlink_to(treasure)
    link = place / ".partial-b-0011223344556677.lock"
    link.symlink_to(treasure / "mine")
    for path in place.iterdir():
        os.utime(path, (time.time() - 1e6,) * 2, follow_symlinks=False)
    held.sweep(place)
    assert (treasure / "mine").read_text() == "mine" and not (place / ".swept-0011223344556677").is_symlink()


def test_temporary_folders_are_private_and_those_of_killed_processes_are_swept(tmp_path, holders, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    process, folder = holders("temporary")
    assert folder.parent == tmp_path and stat.S_IMODE(folder.stat().st_mode) == 0o700
    with held.temporary() as mine:
        assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(mine) and folder.exists()
        assert stat.S_IMODE(mine.stat().st_mode) == 0o700
        with held.temporary() as inner:
            assert inner.parent == mine and tempfile.gettempdir() == str(mine)
    process.kill()
    process.wait()
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(tmp_path)
    with held.temporary():
        assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.blender
def test_blenders_own_folder_lies_in_it(tmp_path):
    pytest.importorskip("bpy")
    code = "import os; from simulacra.datagen.storage.held import temporary\nwith temporary() as place:\n import bpy; print('at', bpy.app.tempdir, place, flush=True); os.kill(os.getpid(), 9)"
    found = processes.run(
        [sys.executable, "-P", "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True
    )
    _, blender, place = (
        found.stdout.split("at ", 1)[1].split() if False else ("", *found.stdout.split("at ", 1)[1].split())
    )
    assert blender.startswith(place) and place.startswith(str(tmp_path))


def test_no_name_in_a_shared_folder_can_be_foreseen():
    """Names that a stranger could prepare: none of ours is made of a host, a process, a user or a word alone."""
    import ast

    root = Path(__file__).resolve().parents[1]
    found = []
    for folder in ("addon", "datagen", "models", "procgen"):
        for source in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in ("gettempdir", "mktemp")
                ):
                    found.append(source.relative_to(root).as_posix())
    assert set(found) <= {"datagen/storage/held.py", "datagen/storage/remote.py", "datagen/doctor.py"}, found
