"""Every make target runs, on the smallest input that it takes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
TINY = "--count 1 --size 32 --samples 1"
FAKE = "--renderer fake_renderer:settled"
# A target's variables, in which {out} is an empty folder, {test} a small test; what it prints or makes.
QUICK = {
    "help": ({}, r"demo +Render 4 labelled faces"),
    "test": ({"TESTS": "{test}"}, r"1 passed"),
}
LONG = {
    "window": ({}, r"passed|skipped"),
    "extension": ({"DIST": "{out}"}, r""),
    "texts": ({}, r""),
    "slow": ({"TESTS": "{test}"}, r"1 passed"),
    "coverage": ({"TESTS": "{test}", "MARKED": "not blender"}, r"TOTAL +\d+ +\d+ +[\d.]+%"),  # it reads the whole package
    "demo": ({"DEMO": "{out}/demo", "FACES": TINY, "PLACE": "--size 32 --samples 1 --set kind=desert"},
             r"Open .*/faces/gallery.html and .*/places/gallery.html"),
    "bench": ({"BENCH": TINY}, r"labels over picture"),
    "places": ({"PLACES": "--size 32 --samples 1 --kind desert --out {out}/rows.jsonl"}, r"1 of 1 without a failure"),
    "scale": ({"SCALE": "{out}", "TIMES": "1", "KILLS": f"--count 90 --pause 1 {FAKE}", "BACKENDS": f"--count 1 --rounds 1 {FAKE}",
               "SOAK": f"--count 3 --controls 3 {FAKE}", "NODES": f"--count 4 {FAKE}", "FORECAST": f"--count 4 --probe 3 {FAKE}",
               "LOADER": "--help"}, r"datasets finished"),
    "sidebar": ({"SIDEBAR": "--repeat 1"}, r"all parts built again"),
    "releases": ({"OTHER": sys.executable, "RELEASES": "--count 1"}, r"all specs, faces and counts equal"),
}  # fmt: skip
# With a Python that only notes its words, or in a test that is named.
NOTED = {"weights", "judges", "wheel", "clean"}
ELSEWHERE = {"lint": "test_layers.py", "style": "test_layers.py", "types": "test_layers.py"}


def make(target, variables, folder=ROOT, venv=None, more=()):
    venv = venv or os.path.relpath(sys.prefix, ROOT)
    old = [word for stamp in (f"{venv}/.base", f"{venv}/.installed", "lint") for word in ("-o", stamp)]
    words = [
        "make",
        "--no-print-directory",
        *more,
        *old,
        target,
        f"VENV={venv}",
        *(f"{name}={value}" for name, value in variables.items()),
    ]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, timeout=1800)


@pytest.fixture
def small_test():
    """A test in the tree, which passes by whatever mark it is chosen."""
    folder = ROOT / "build" / f"smoke-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "test_small.py"
    path.write_text("import pytest\n\n\n@pytest.mark.slow\ndef test_slow():\n    from simulacra.procgen import params\n    assert params\n\n\n"
                    "def test_quick():\n    from simulacra.procgen import params\n    assert params\n")  # fmt: skip
    yield path.relative_to(ROOT)
    shutil.rmtree(folder)


@pytest.mark.parametrize("target", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_a_target_runs(target, tmp_path, small_test):
    variables, said = (QUICK | LONG)[target]
    given = {"out": tmp_path, "test": small_test}
    # In a scale of four renders no ratio means a thing, so the tools' verdicts are passed over there.
    more = ["--ignore-errors"] * (target == "scale")
    result = make(target, {name: value.format(**given) for name, value in variables.items()}, more=more)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr and re.search(said, result.stdout), result.stdout + result.stderr
    if target == "extension":
        assert (tmp_path / "simulacra.zip").stat().st_size > 1e6


@pytest.fixture
def noted(tmp_path):
    """A folder below one with a space, with the Makefile and a Python that only notes its words; and those."""
    root = tmp_path / "a b"
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nprintf "%s\\t" "$@" >> "{root}/words"\necho >> "{root}/words"\n')
    python.chmod(0o755)
    (root / "tools").mkdir()
    shutil.copy(ROOT / "Makefile", root)
    shutil.copy(ROOT / "tools/make_weights.sh", root / "tools")
    return root, lambda: [line.split("\t")[:-1] for line in (root / "words").read_text().splitlines()]


def test_weights_judges_and_the_wheel_are_asked_of_the_environment(noted):
    root, words = noted
    for target in ("weights", "judges", "wheel"):
        result = make(target, {"OUT": "made", "DIST": "wheels here"}, root, ".venv")
        assert result.returncode == 0, result.stderr
    asked = words()
    assert asked[0][:4] == ["-m", "simulacra", "render", "faces"] and asked[7][:4] == [
        "-m",
        "simulacra",
        "train",
        "rodin",
    ]
    assert asked[-2][-2:] == ["-e", ".[judges]"] and asked[-1][:3] == ["-m", "pip", "wheel"]


def test_clean_removes_what_was_made_and_nothing_else(noted):
    root, _ = noted
    for name in ("build", "dist", "demo", "kept"):
        (root / name).mkdir()
    assert make("clean", {}, root, ".venv").returncode == 0
    assert {path.name for path in root.iterdir()} == {"Makefile", "tools", "kept"}


def test_every_target_has_its_case_and_says_what_it_does():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"\.PHONY: (.*)", makefile).group(1).split())
    assert targets == set(re.findall(r"^([a-z]+):.*## ", makefile, re.M))
    assert targets == {*QUICK, *LONG, *NOTED, *ELSEWHERE}
