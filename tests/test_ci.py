"""Continuous integration tests a copy with a clone's natural name, fails where a step fails, and leaves nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAKE = """#!/bin/sh
echo "$PWD: make $*" >> "$NOTED"
test -f README.md || exit 9
if [ -e .venv ]; then exit 8; fi  # through a link the run would install into what is not its own
if [ -n "$FAILING" ] && [ "$1" = "$FAILING" ]; then echo "1 failed, 11 passed in 2.00s"; exit 2; fi
[ -L .venv-3.13 ] && rm .venv-3.13  # never write through a link into what is outside the copy
mkdir -p .venv-3.13/bin
rm -f .venv-3.13/bin/python  # were it a link, what it leads to would be written over
cp "$PYTEST" .venv-3.13/bin/python
echo "12 passed, 1 skipped in 2.00s"
"""


def ci(tmp_path, failing=""):
    """Run it in a small tree with stand-ins for make and both Pythons; the result, and what make was asked where."""
    tree = tmp_path / "tree"
    (tree / ".ci").mkdir(parents=True)
    for name in (".ci/run", ".gitignore", "README.md"):
        shutil.copy(ROOT / name, tree / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    (tree / ".venv").symlink_to(tmp_path)  # somebody's environment
    stand_ins = {"make": MAKE, "python3.11": "#!/bin/sh\n", "python3.13": "#!/bin/sh\n",
                 "pytest": '#!/bin/sh\ncase "$*" in "-m pytest"*"blender and not slow"*) echo "7 passed in 1.00s";; esac\n'}  # fmt: skip
    folder, scratch, noted = tmp_path / "bin", tmp_path / "scratch", tmp_path / "noted"
    folder.mkdir()
    scratch.mkdir()
    for name, text in stand_ins.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(scratch),
                                "NOTED": str(noted), "FAILING": failing, "PYTEST": str(folder / "pytest")}  # fmt: skip
    result = subprocess.run([tree / ".ci/run"], capture_output=True, text=True, env=environment, timeout=120)
    assert list(scratch.iterdir()) == []
    return result, noted.read_text().splitlines()


@pytest.fixture(autouse=True)
def repository():
    if subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("not a git repository")


def test_a_copy_named_simulacra_below_a_space_is_tested_on_both_releases(tmp_path):
    result, asked = ci(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    words = [line.partition(": make ")[2].split()[0] for line in asked]
    folders = {Path(line.partition(": make ")[0]) for line in asked}
    assert [folder.name for folder in folders] == ["simulacra"] and folders.pop().parent.name == "a b"
    assert sorted(words[:-1]) == [".venv-3.13/.installed", ".venv/.installed", "test"] and words[-1] == "releases"
    last = result.stdout.splitlines()[-4:]
    assert "12 passed, 1 skipped in 2.00s" in last and "7 passed in 1.00s" in last


@pytest.mark.parametrize("failing", ["test", ".venv/.installed", ".venv-3.13/.installed", "releases"])
def test_a_step_that_fails_fails_the_run_and_is_seen(tmp_path, failing):
    result, asked = ci(tmp_path, failing)
    assert result.returncode and "1 failed, 11 passed in 2.00s" in result.stdout
    words = [line.partition(": make ")[2].split()[0] for line in asked]
    assert failing in words and ("releases" in words) == (failing == "releases")
