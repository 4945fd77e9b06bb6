"""The tree as a package and as an extension."""

import ast
import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("procgen", "datagen", "models", "addon")
BANNED_IN_PROCGEN = {
    "random",
    "secrets",
    "uuid",
    "time",
    "datetime",
    "scipy",
    "cv2",
    "PIL",
    "click",
    "rich",
    "skimage",
    "torch",
}
WHEELS = sorted((ROOT / "wheels").iterdir())
SOURCES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


def test_one_version():
    declared = re.search(r'__version__ = "(.*)"', (ROOT / "__init__.py").read_text()).group(1)
    assert tomllib.loads((ROOT / "blender_manifest.toml").read_text())["version"] == declared


def test_the_changelog_knows_this_version_and_what_comes_next():
    declared = re.search(r'__version__ = "(.*)"', (ROOT / "__init__.py").read_text()).group(1)
    text = (ROOT / "CHANGELOG.md").read_text()
    titles = re.findall(r"^## \[([^\]]+)\]", text, re.M)
    assert titles[:2] == ["Unreleased", declared] and len(set(titles)) == len(titles)
    kinds = re.search(r"## \[Unreleased\]\n(.*?)\n## ", text, re.S).group(1)
    assert set(re.findall(r"^### (.*)", kinds, re.M)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }


def test_one_linter():
    """Releases of ruff disagree: the environment and the commit hooks have the same one."""
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
    pin = next(need for need in dev if need.startswith("ruff"))
    assert re.fullmatch(r"ruff==\d+\.\d+\.\d+", pin)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r'additional_dependencies: \["(.*)"\]', hooks) == [pin] * hooks.count("- id: ruff")
    assert version("ruff") == pin.partition("==")[2]


def test_the_one_wheel_is_a_released_click_in_pure_python():
    """What the manifest names is there, whole, for any Python and system, and at least what pip is asked for."""
    from email.parser import Parser

    from packaging.requirements import Requirement

    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text())
    assert manifest["wheels"] == [f"./wheels/{wheel.name}" for wheel in WHEELS] and len(WHEELS) == 1
    name, version, *tags = WHEELS[0].stem.split("-")
    assert (name, tags) == ("click", ["py3", "none", "any"]) and WHEELS[0].stat().st_size < 200_000
    wanted = next(
        Requirement(line)
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
        if line.startswith("click")
    )
    assert version in wanted.specifier
    with zipfile.ZipFile(WHEELS[0]) as wheel:
        about = Parser().parsestr(wheel.read(f"click-{version}.dist-info/METADATA").decode())
        assert (about["Name"], about["Version"]) == ("click", version)
        rows = list(csv.reader(io.StringIO(wheel.read(f"click-{version}.dist-info/RECORD").decode())))
        assert {path for path, *_ in rows} == set(wheel.namelist())
        for path, digest, _ in rows:
            found = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(path)).digest()).rstrip(b"=").decode()
            assert not digest or digest == f"sha256={found}", path
        assert f"click-{version}.dist-info/licenses/LICENSE.txt" in wheel.namelist()
    assert f"click {version}" in (ROOT / "NOTICE.md").read_text().lower()


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the models' side is tested on one release")
def test_nothing_is_skipped_in_silence_that_the_environment_should_hold():
    """What a test waits for is there, but for object stores' servers and libraries that are large and seldom."""
    rare = {"moto", "s3fs", "transformers"}
    sources = "".join(path.read_text() for path in (ROOT / "tests").glob("*.py"))
    asked = {name.split(".")[0] for name in re.findall(r'importorskip\("([\w.]+)"', sources)} - rare
    assert {name for name in asked if find_spec(name) is None} == set()


def test_every_package_is_listed():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {"simulacra"} | {
        ".".join(("simulacra", *path.parent.relative_to(ROOT).parts))
        for name in PACKAGES
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert listed == found


def test_generators_draw_from_nothing_but_their_stream():
    """No global randomness, clock or machine in procgen, by any road that a linter does not see."""
    for path in (ROOT / "procgen").rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            assert not {name.split(".")[0] for name in names} & BANNED_IN_PROCGEN, f"{path}:{node.lineno}"
            of_random = isinstance(node, ast.Attribute) and getattr(node.value, "attr", "") == "random"
            dotted = ast.unparse(node) if of_random else ""  # to write out every node takes long
            known = {"Generator", "PCG64", "SeedSequence", "default_rng"}
            drawn = re.match(r"(?:np|numpy)\.random\.(\w+)", dotted)
            assert not drawn or drawn.group(1) in known, f"{path}:{node.lineno} {dotted}"
            called = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if called in ("PCG64", "SeedSequence", "default_rng"):
                assert node.args, f"{path}:{node.lineno} would draw from the system"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("hash", "print", "eval", "exec", "id"), (
                    f"{path}:{node.lineno} {node.func.id}"
                )


@pytest.mark.parametrize("path, line, reason", [
    ("procgen/x.py", "import scipy", "only numpy"), ("procgen/people/x.py", "from scipy.spatial import cKDTree", "only numpy"),
    ("procgen/x.py", "import cv2", "only numpy"), ("procgen/x.py", "import click", "only numpy"),
    ("procgen/x.py", "import random", "Generator"), ("procgen/x.py", "import time", "clock"), ("procgen/x.py", "import uuid", "spec"),
    ("datagen/x.py", "import torch", "models"),
    ("datagen/cli/x.py", "import pickle", "data"), ("addon/x.py", "import torch", "only numpy"), ("addon/x.py", "import click", "numpy"),
    ("models/x.py", "import bpy", "no Blender"), ("models/x.py", "from mathutils import Matrix", "no Blender"),
    ("models/x.py", "from torch import load", "safetensors"),
    ("models/x.py", "import torch\ntorch.save(1, 2)", "safetensors"), ("models/x.py", "import pickle", "data"),
    ("models/x.py", "import random", "Generator"), ("models/x.py", "import torchvision", "we render"),
    ("datagen/x.py", "import click", "only the command line"), ("datagen/cli/x.py", "import torch", "models"), ("datagen/x.py", "import psutil", "stock Blender"),
])  # fmt: skip
def test_the_linter_holds_the_layers_and_says_why(path, line, reason):
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    command = [ruff, "check", "--select", "TID251", "--output-format", "concise", "--stdin-filename", ROOT / path, "-"]
    result = subprocess.run(command, input=line + "\n", capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 1 and "TID251" in result.stdout and reason in result.stdout


def test_nothing_imports_when_the_package_is_loaded():
    tree = ast.parse((ROOT / "__init__.py").read_text())
    assert not [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_nothing_else_at_the_root():
    """A stray module at the root would ship as part of the package."""
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_what_a_guide_names_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:procgen|datagen|models|addon|tests|tools)/[\w/.]*)`", text):
        assert (ROOT / path).exists(), path
    sources = "".join(path.read_text() for path in [*SOURCES, ROOT / "__main__.py"])
    for name in re.findall(r"`([A-Z][A-Z_]+)`", text):
        assert re.search(rf"^{name}\b", sources, re.M), name


def test_the_makefile_calls_tools_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    for tool in re.findall(r"tools/\w+\.py", makefile):
        assert (ROOT / tool).exists(), tool
    targets = re.search(r"\.PHONY: (.*)", makefile).group(1).split()
    assert all(re.search(rf"^{target}:.*## ", makefile, re.M) for target in targets)


@pytest.mark.parametrize(
    "command", [["--help"], ["render", "--help"], ["list"], ["sample", "faces", "--seed", "3"], ["doctor", "--json"],
                ["list", "systems"], ["train", "--help"], ["generate", "--help"], ["results", "--help"]]
)  # fmt: skip
def test_these_load_neither_blender_nor_torch(command):
    code = f"import sys; from simulacra.__main__ import main; print(main({command!r}), sorted({{'bpy', 'torch'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "0 []", result.stderr


def test_help_loads_little():
    code = """import sys; from simulacra.__main__ import main; main(['--help'])
print([name for name in sys.modules if name in ('numpy', 'rich', 'scipy', 'cv2') or '.cli.' in name or '.procgen' in name])"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = ["whole_import", "boundary", "options", "program"]
    assert result.stdout.splitlines()[-1] == str([f"simulacra.datagen.cli.{name}" for name in own])


def test_modules_stay_small():
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_every_module_says_what_it_is():
    for path in SOURCES:
        assert (ast.get_docstring(ast.parse(path.read_text())) or "").strip().endswith("."), path


@pytest.mark.parametrize("folder", ["procgen", "datagen", "models", "addon", "tests", "tools", "docs"])
def test_no_paths_of_a_machine(folder):
    words = re.compile(r"/(work|home|root)/\w")
    for path in (ROOT / folder).rglob("*"):
        if path.suffix in (".py", ".md", ".toml", ".sh") and path != Path(__file__):
            assert not words.search(path.read_text()), path


@pytest.mark.blender
def test_the_extension_builds_validates_and_holds_what_it_needs(extension_zip, blender_tool):
    subprocess.run([sys.executable, blender_tool, "validate", extension_zip], check=True, capture_output=True)
    names = zipfile.ZipFile(extension_zip).namelist()
    assert "procgen/people/data/head.npz" in names and "addon/__init__.py" in names and "datagen/cli/render.py" in names
    assert not [
        name for name in names if name.startswith(("models", "tests", "tools", "docs", ".")) or "__pycache__" in name
    ]
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dll", ".safetensors"))]
    assert [name for name in names if name.endswith(".whl")] == [f"wheels/{wheel.name}" for wheel in WHEELS]
    assert extension_zip.stat().st_size < 20e6


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
assert bpy.ops.simulacra.generate(seed=12, light=False, camera=False) == {{"FINISHED"}}
assert not [n for n in sys.modules if n in ("procgen", "datagen", "addon")]
warnings = addon_utils._extensions_warnings_get()
assert not any(warnings.values()), warnings
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
