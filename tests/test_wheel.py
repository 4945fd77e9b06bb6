"""The wheel holds all that the package needs where there is no repository beside it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("procgen", "datagen", "models", "addon")


def tracked():
    """The files of the tree that are, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git repository")
    return sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy of the tree: what an earlier build left beside it must not come in."""
    copy, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", out, copy], check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """Run Python, with the installed wheel before everything else, in a folder that is not the repository."""
    target, folder = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", target, wheel], check=True, capture_output=True)

    def run(*words):
        environment = os.environ | {"PYTHONPATH": str(target)}
        command = [sys.executable, *map(str, words)]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert run("-c", "import simulacra; print(simulacra.__file__)").startswith(str(target))
    return run


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    hidden = [name for name in tracked() if any(part.startswith(".") for part in Path(name).parts)]
    wanted = {name for name in tracked() if name.split("/")[0] in PACKAGES} - set(hidden)
    held = {name.removeprefix("simulacra/") for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == wanted | {"__init__.py", "__main__.py", "py.typed"}


def test_the_installed_package_lists_and_draws(elsewhere):
    assert "crew_cut" in elsewhere("-m", "simulacra", "list", "people")
    assert json.loads(elsewhere("-m", "simulacra", "sample", "faces", "--seed", "3"))


@pytest.mark.blender
@pytest.mark.slow  # each of its files is told above, and what Blender has installed renders in test_stock_blender.py
def test_the_installed_package_renders_and_its_sidebar_is_whole(elsewhere, tmp_path):
    pytest.importorskip("bpy")
    words = ["--size", 32, "--samples", 1, "--labels", "depth", "--set", "hair.groom=shaved"]
    elsewhere("-m", "simulacra", "render", "faces", tmp_path / "d", *words)
    elsewhere("-m", "simulacra", "check", tmp_path / "d")
    code = """
from simulacra.addon.languages import translations
from simulacra.addon.presets import files as presets
print(len([presets.read(path) for path in presets.SHIPPED.glob("*.json")]), *translations.tables())
"""
    shipped = len(list((ROOT / "addon/presets/shipped").glob("*.json")))
    assert elsewhere("-c", code).split() == [
        str(shipped),
        *(path.stem for path in (ROOT / "addon/languages").glob("*.json")),
    ]
