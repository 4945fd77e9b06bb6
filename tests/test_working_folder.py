"""Nothing is ever imported from the folder one stands in: by the console script, by -m, or through PYTHONPATH."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from loading_stage import make_dataset

ROOT = Path(__file__).resolve().parents[1]
SIMULACRA = Path(sys.executable).with_name("simulacra")
QUOTED = shlex.quote(str(SIMULACRA))  # as a shell reads it: a clone may lie anywhere
# What the command line, its libraries and Blender import, and what Python's own -m has not yet imported by then.
NAMES = ("numpy", "bpy", "click", "json", "rich", "socket", "tempfile", "cv2", "torch", "multiprocessing", "shutil",
         "unicodedata", "dataclasses", "copy", "platform", "subprocess", "sitecustomize", "mathutils", "OpenEXR")  # fmt: skip
TRAP = "from pathlib import Path\nPath(__file__).with_suffix('.sprung').write_text('executed')\nraise ImportError('a trap')\n"


@pytest.fixture
def trapped(tmp_path):
    """A folder, as of a downloaded dataset, that holds modules which tell that they were executed."""
    folder = tmp_path / "downloaded"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(TRAP)
    return folder


def run(folder, words, **environment):
    values = {name: value for name, value in os.environ.items() if name not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    return subprocess.run(
        [*map(str, words)], capture_output=True, text=True, cwd=folder, env=values | environment, timeout=240
    )


@pytest.mark.parametrize("start", [[SIMULACRA], [sys.executable, "-m", "simulacra"]], ids=["script", "module"])
@pytest.mark.parametrize("words", [["sample", "faces"], ["list", "systems"], ["doctor"], ["check", "."]], ids=" ".join)
def test_no_module_of_the_working_folder_is_executed(start, words, trapped):
    result = run(trapped, [*start, *words])
    assert not list(trapped.glob("*.sprung")), result.stderr
    assert "a trap" not in result.stdout + result.stderr and result.returncode == (
        2 if words == ["check", "."] else 0
    ), result.stderr


@pytest.mark.parametrize("path", ["", ":", "/nowhere:", ".", "::/nowhere"])
def test_an_empty_part_of_pythonpath_is_no_way_in(path, trapped):
    """``PYTHONPATH=$PYTHONPATH:/mine`` has an empty first part where it was not set, which Python takes for this folder."""
    (trapped / "sitecustomize.py").unlink()  # this Python imports before any program is there
    result = run(trapped, [SIMULACRA, "sample", "faces"], PYTHONPATH=path)
    assert result.returncode == 0 and result.stdout.startswith("{") and not list(trapped.glob("*.sprung")), (
        result.stderr
    )


@pytest.mark.parametrize("path", [":", "./"])
def test_processes_that_share_out_work_import_nothing_from_here(path, trapped, tmp_path):
    """Python starts one that keeps account of theirs, which reads PYTHONPATH too."""
    (trapped / "sitecustomize.py").unlink()
    data = make_dataset(tmp_path / "data", 2)
    words = ["export", data, "--to", "webdataset", "--out", tmp_path / "shards", "--workers", 2, "--per-shard", 1]
    result = run(trapped, [SIMULACRA, *words], PYTHONPATH=path)
    assert result.returncode == 0 and not list(trapped.glob("*.sprung")), result.stderr
    assert len(list((tmp_path / "shards").glob("*.tar"))) == 2


def test_a_checkout_that_one_stands_above_is_found_and_comes_last(tmp_path):
    """Where the folder holds the package itself, by -m: it is found, and shadows nothing."""
    (tmp_path / "simulacra").symlink_to(ROOT, target_is_directory=True)
    for name in ("numpy", "click"):
        (tmp_path / f"{name}.py").write_text(TRAP)
    result = run(tmp_path, [sys.executable, "-m", "simulacra", "sample", "faces", "--caption"])
    assert result.returncode == 0 and result.stdout.startswith("A portrait") and not list(tmp_path.glob("*.sprung"))


def test_a_folder_that_was_deleted_is_no_crash(tmp_path):
    (tmp_path / "gone").mkdir()
    result = run(tmp_path, ["bash", "-c", f"cd gone && rmdir ../gone && {QUOTED} list labels && {QUOTED} check x"])
    assert result.returncode == 2 and "Traceback" not in result.stderr and "depth" in result.stdout, result.stderr
