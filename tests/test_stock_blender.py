"""The command line in a stock Blender: the extension as it ships, and a Python that holds only numpy besides bpy."""

import json
import os
import subprocess
import sys

import pytest

# What pip installs with the package, or what a test tool brings; none of it is in a stock Blender.
ABSENT = (
    "rich",
    "psutil",
    "ray",
    "cv2",
    "OpenEXR",
    "scipy",
    "skimage",
    "trimesh",
    "webdataset",
    "yaml",
    "PIL",
    "torch",
)
# Read by every Python of the run from PYTHONPATH, the workers' too.
SITE = f"""
import os, sys
from importlib.machinery import PathFinder

class Absent:
    # Nothing but what a stock Blender holds, and click where it comes with an extension.
    names = {ABSENT!r}
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            spec = PathFinder.find_spec(name, [place for place in sys.path if place.startswith(os.environ["BLENDER_USER_RESOURCES"])])
            if spec is not None:
                return spec
        if name.partition(".")[0] in self.names or name == "click":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
CALL = """
import os, sys, bpy
from bl_ext.user_default.simulacra.__main__ import main
code = main(sys.argv[1:])
assert not {name for name in sys.modules if name.partition(".")[0] in ("simulacra", *sys.meta_path[0].names)}, "not a stock Blender"
assert sys.modules["click"].__file__.startswith(os.environ["BLENDER_USER_RESOURCES"]), "not the extension's click"
sys.exit(code)
"""


@pytest.fixture(scope="module")
def stock(tmp_path_factory, extension_zip):
    """Calls the command line of the installed extension; returns the finished process."""
    home, site = tmp_path_factory.mktemp("blender"), tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(SITE)
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(home), "PYTHONPATH": str(site)}

    def run(code, *words):
        command = [sys.executable, "-c", code, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, cwd=home)

    install = "import bpy, sys; bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo='user_default')"
    result = run(install, extension_zip)
    assert result.returncode == 0, result.stderr
    return lambda *words: run(CALL, *words)


@pytest.fixture(scope="module")
def dataset(stock, tmp_path_factory):
    """One small face, rendered by a worker of the extension."""
    out = tmp_path_factory.mktemp("data") / "faces"
    small = ["--count", 1, "--size", 32, "--samples", 1, "--workers", 1, "--retries", 0, "--set", "hair.density=0.25",
             "--set", "beard.style=none", "--set", "beard.moustache=none"]  # fmt: skip
    result = stock("render", "faces", out, *small, "--labels", "rgb,depth,parts,instance")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == f"1 samples in {out}" and "1 of 1, " in result.stderr
    return out


@pytest.mark.once
def test_help_and_bad_input(stock):
    result = stock("--help")
    assert result.returncode == 0 and "  render      render a labelled dataset" in result.stdout
    result = stock("render", "dragons", "out")
    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr.strip()
        == "simulacra: dragons: no such generator; allowed are faces, places, stereo, flow, things, and the things in simulacra list"
    )


@pytest.mark.once
def test_list_and_sample(stock):
    result = stock("list", "systems")
    assert result.returncode == 2 and "WHAT: systems is not allowed; allowed are generators, people" in result.stderr
    table = stock("list")
    row = next(line for line in table.stdout.splitlines() if line.startswith("  hair.groom "))
    rows = [json.loads(line) for line in stock("list", "--json").stdout.splitlines()]
    grooms = rows[0]["options"]["hair.groom"]
    assert row.split()[1] == str(len(grooms)) and all(name in table.stdout for name in grooms)
    face = json.loads(stock("sample", "faces", "--seed", 3, "--set", "identity.age=30..40").stdout)
    assert face["kind"] == "faces" and 30 <= face["spec"]["identity"]["age"] <= 40


def test_doctor_needs_only_what_the_extension_brings(stock):
    report = json.loads(stock("doctor", "--json").stdout)
    rows = {row["name"]: row for row in report["rows"]}
    assert report["ok"] and "(CPU)" in rows["bpy"]["found"] and rows["numpy"]["ok"]
    assert {name for name, row in rows.items() if row["needed"]} == {
        "bpy", "numpy", "click", "free disk", "temporary folder"}  # fmt: skip
    assert report["models"] == rows["torch"]["ok"]


def test_a_dataset_is_rendered_checked_and_shown(stock, dataset):
    assert {"0000.rgb.png", "0000.depth.exr", "0000.parts.png"} <= {path.name for path in dataset.glob("000000/*")}
    result = stock("check", dataset)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("1 sample\n") and "holds" in result.stdout and "fails" not in result.stdout
    page = stock("view", dataset)
    assert page.returncode == 0 and (dataset / "gallery.html").stat().st_size > 10_000, page.stderr


@pytest.mark.parametrize(
    "to",
    [
        "coco",
        *(pytest.param(name, marks=pytest.mark.once) for name in ("facesynthetics", "yolo", "nerf", "webdataset")),
    ],
)
def test_exports_that_need_nothing_more(stock, dataset, to, tmp_path):
    result = stock("export", dataset, "--to", to, "--out", tmp_path / to)
    assert result.returncode == 0 and any((tmp_path / to).iterdir()), result.stderr


@pytest.mark.once
def test_what_needs_more_says_so_in_one_line(stock, tmp_path):
    result = stock("render", "faces", tmp_path / "faces", "--count", "1", "--backend", "ray")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1 and "ray is not installed" in result.stderr
