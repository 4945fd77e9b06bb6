"""Processes that are started import nothing from the folder one stands in, and none is started by another road."""

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from simulacra.procgen import processes

HERE = Path(__file__).parent
ROOT = HERE.parent
# What Python, Blender, Ray and this package import, early and late.
HOSTILE = ("numpy", "bpy", "socket", "json", "click", "ray", "rich", "fsspec", "cv2", "torch", "contextlib", "tempfile",
           "multiprocessing", "queue", "sitecustomize", "usercustomize", "psutil", "fake_renderer", "random", "tarfile")  # fmt: skip
STARTERS = {"os": ("system", "popen", "fork", "forkpty", "startfile"), "asyncio": ("create_subprocess_exec", "create_subprocess_shell")}  # fmt: skip


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """Stand in a folder where modules lie that leave a mark when they are run; calling it tells which were."""
    folder, marks = tmp_path / "download", tmp_path / "marks"
    folder.mkdir()
    marks.mkdir()
    for name in HOSTILE:
        text = f"import os\nos.close(os.open({str(marks / name)!r}, os.O_CREAT))\nraise SystemExit('run: {name}')\n"
        (folder / f"{name}.py").write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", str(HERE), "."]))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return lambda: sorted(os.listdir(marks))


def simulacra(*words):
    """The command line as a shell starts it: by the console script's way, from a Python that is itself safe to start."""
    code = "import sys; from simulacra.__main__ import main; sys.exit(main(sys.argv[1:]))"
    return processes.run(processes.python(code, *map(str, words)), capture_output=True, text=True, timeout=240)


def test_the_traps_are_sound(trap):
    """A Python that is started carelessly falls into them."""
    import subprocess

    subprocess.run([sys.executable, "-c", "import numpy"], capture_output=True)
    assert trap()


def test_m_does_not_run_what_lies_here(trap, monkeypatch):
    """The one start that is not ours: -m has Python put this folder before all others."""
    import subprocess

    monkeypatch.setenv("PYTHONPATH", str(HERE))
    words = [sys.executable, "-m", "simulacra", "list", "people"]
    result = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert (result.returncode, trap()) == (0, []), result.stderr


@pytest.mark.parametrize("backend", ["local", pytest.param("ray", marks=pytest.mark.slow)])
def test_a_run_and_its_export_import_nothing_from_here(trap, backend):
    if backend == "ray":
        pytest.importorskip("ray")
    words = ("--count", 3, "--renderer", "fake_renderer:labelled", "--backend", backend)
    result = simulacra("render", "faces", "faces", *words)
    assert (result.returncode, trap()) == (0, []), result.stderr
    assert len(list(Path("faces").glob("0*/sample.json"))) == 3
    result = simulacra("export", "faces", "--to", "webdataset", "--out", "shards", "--workers", 2, "--per-shard", 1)
    assert (result.returncode, trap()) == (0, []), result.stderr
    assert len(list(Path("shards").glob("*.tar"))) == 3


def test_the_doctor_imports_nothing_from_here(trap):
    result = simulacra("doctor", "--json")
    assert trap() == [] and json.loads(result.stdout)["rows"], result.stderr


@pytest.mark.blender
def test_the_doctor_of_a_blender_is_asked_from_anywhere(trap):
    """The probe runs in a Python of its own, and finds the Blender that is installed, not the one that lies here."""
    bpy = pytest.importorskip("bpy")
    rows = {row["name"]: row for row in json.loads(simulacra("doctor", "--json").stdout)["rows"]}
    assert rows["bpy"]["found"].startswith(bpy.app.version_string.split()[0]) and trap() == []


@pytest.mark.blender
def test_the_worker_of_the_extension_imports_nothing_from_here(trap, sidebar):
    """As the add-on starts it: by this Python where there is no program of Blender's."""
    sys.path[:] = [path for path in sys.path if path not in ("", os.getcwd())]
    command = sidebar("worker.process").command_line("bl_ext.user_default.simulacra", "", "")(["list", "people"])
    result = processes.run(command, capture_output=True, text=True, timeout=120)
    assert (result.returncode, trap()) == (0, []), result.stderr
    chosen = sidebar("worker.process").command_line("bl_ext.user_default.simulacra", "", sys.executable)(
        ["list", "people"]
    )
    result = processes.run(chosen, capture_output=True, text=True, timeout=120)
    assert (result.returncode, trap()) == (0, []), result.stderr


def test_a_blender_program_leaves_this_folder_before_it_imports(trap):
    """The expression that it is given, run by a Python that has this folder first, as a distribution's Blender may."""
    words = processes.blender("/opt/blender", "import numpy; print(numpy.__version__)", "a b")
    assert words[:2] == ["/opt/blender", "--background"] and words[-2:] == ["--", "a b"]
    code = words[words.index("--python-expr") + 1]
    result = processes.run([sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, ''); {code}"], capture_output=True)  # fmt: skip
    assert result.returncode == 0 and trap() == [], result.stderr


def test_the_environment_keeps_what_was_said_and_drops_what_stands_for_here(trap, monkeypatch):
    assert processes.environment()["PYTHONPATH"] == str(HERE)
    assert processes.environment({"PYTHONPATH": "::.:./:a/..", "A": "b"}) == {"A": "b", "PYTHONSAFEPATH": "1"}


def test_a_package_that_lies_where_one_stands_comes_after_all_else(monkeypatch):
    """Who works in the folder above a checkout has it without an installation."""
    monkeypatch.chdir(processes.ROOT)
    monkeypatch.setattr(sys, "path", [*sys.path, processes.ROOT])
    words = processes.python_module("simulacra.datagen.jobs.worker")
    assert "-P" in words and "sys.path.append(" in words[-1] and "import main" in words[-1]


def sources():
    for folder in ("addon", "datagen", "models", "procgen"):
        yield from (ROOT / folder).rglob("*.py")
    yield from ROOT.glob("*.py")


def other_roads(tree):
    """The lines of a module that start a process, or import what does."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.partition(".")[0] in ("subprocess", "pty") or name.startswith(("concurrent.futures.Pro", "concurrent.futures.process", "multiprocessing.")):  # fmt: skip
                yield node.lineno, name
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, name = node.value.id, node.attr
            if (name in STARTERS.get(owner, ()) or (owner == "os" and name.startswith(("exec", "spawn", "posix_spawn")))
                    or (owner == "multiprocessing" and name != "parent_process") or name == "ProcessPoolExecutor"):  # fmt: skip
                yield node.lineno, f"{owner}.{name}"


def test_no_process_is_started_by_another_road():
    found = {f"{source.relative_to(ROOT)}:{line}": name
             for source in sources() if source != ROOT / "procgen" / "processes.py"
             for line, name in other_roads(ast.parse(source.read_text()))}  # fmt: skip
    assert found == {}


@pytest.mark.parametrize("line", ["import subprocess", "from subprocess import run", "import os; os.system('x')", "os.execv(a, b)",
    "from concurrent.futures import ProcessPoolExecutor", "multiprocessing.Process()", "from multiprocessing import Pool",
    "futures.ProcessPoolExecutor()", "asyncio.create_subprocess_exec(a)"])  # fmt: skip
def test_another_road_would_be_seen(line):
    assert list(other_roads(ast.parse(line)))
