"""The tree as a package and as an extension."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("procgen", "datagen", "addon")
SOURCES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


def test_one_version():
    declared = re.search(r'__version__ = "(.*)"', (ROOT / "__init__.py").read_text()).group(1)
    assert tomllib.loads((ROOT / "blender_manifest.toml").read_text())["version"] == declared


def test_every_package_is_listed():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {"simulacra"} | {
        ".".join(("simulacra", *path.parent.relative_to(ROOT).parts)) for name in PACKAGES for path in (ROOT / name).rglob("__init__.py")
    }
    assert listed == found


def test_imports_within_the_package_are_relative():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            assert not [name for name in names if name.split(".")[0] in ("simulacra", *PACKAGES)], path


def test_generators_draw_from_nothing_but_their_stream():
    banned = re.compile(r"\b(import random|uuid|np\.random\.(seed|rand|randn|normal|uniform|default_rng)\b|time\.time|datetime)")
    for path in (ROOT / "procgen").rglob("*.py"):
        assert not banned.search(path.read_text()), path


@pytest.mark.parametrize("command", [["--help"], ["list"], ["list", "labels"], ["sample", "faces", "--seed", "3"], ["doctor", "--json"]])
def test_these_need_no_blender(command):
    code = f"import sys; from simulacra.__main__ import main; sys.exit(main({command!r}) or 'bpy' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_modules_stay_small():
    for path in SOURCES:
        assert len(path.read_text().splitlines()) <= 400, path


@pytest.mark.blender
def test_the_extension_builds_validates_and_holds_what_it_needs(extension_zip, blender_tool):
    subprocess.run([sys.executable, blender_tool, "validate", extension_zip], check=True, capture_output=True)
    names = zipfile.ZipFile(extension_zip).namelist()
    assert "procgen/people/data/head.npz" in names and "addon/__init__.py" in names and "datagen/cli/render.py" in names
    assert not [name for name in names if name.startswith(("tests", "tools", "docs", ".")) or "__pycache__" in name]
    assert extension_zip.stat().st_size < 12e6


@pytest.mark.blender
def test_the_extension_enables_and_leaves_nothing(tmp_path, extension_zip):
    code = f"""
import os, sys
os.environ["BLENDER_USER_RESOURCES"] = {str(tmp_path)!r}
import bpy, addon_utils
bpy.ops.extensions.package_install_files(filepath={str(extension_zip)!r}, repo="user_default", enable_on_install=True)
name = "bl_ext.user_default.simulacra"
assert addon_utils.check(name)[1], "not enabled"
addon_utils.disable(name); assert not addon_utils.check(name)[1]
assert addon_utils.enable(name) is not None
from bl_ext.user_default.simulacra.__main__ import main
assert main(["sample", "faces"]) == 0 and main(["sample", "faces", "--set", "nothing=1"]) == 2
assert not [n for n in sys.modules if n in ("procgen", "datagen", "addon")]
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
