"""A person at a real window: the sidebar pressed by simulated events in Blender 5.2 under Xvfb, with pictures kept.

Runs where SIMULACRA_WINDOW names a folder that tools/build_window.sh made; the pictures go to build/window.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = ROOT / "tests" / "window"
PICTURES = ROOT / "build" / "window"
SIZE = "1600x1000"


@pytest.fixture(scope="module")
def window(tmp_path_factory, extension_zip):
    """Runs a scenario in a fresh home of the windowed Blender, with the extension installed from its archive."""
    place = os.environ.get("SIMULACRA_WINDOW", "")
    if not place:
        pytest.skip("no windowed Blender: build one with tools/build_window.sh ROOT and set SIMULACRA_WINDOW=ROOT")
    root = Path(place)
    if not (root / "usr/bin/blender").exists() or os.geteuid() != 0:
        pytest.skip(f"{root}: holds no windowed Blender, or this is not root")
    home = root / "home" / f"simulacra-{os.getpid()}"
    home.mkdir(parents=True)
    display = f":{100 + os.getpid() % 400}"
    inside = {
        "HOME": f"/home/{home.name}", "XDG_RUNTIME_DIR": f"/home/{home.name}/run", "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1",
        "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }  # fmt: skip

    def command(*words):
        return [
            "chroot",
            str(root),
            "env",
            "-i",
            *(f"{name}={value}" for name, value in inside.items()),
            *map(str, words),
        ]

    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        for mount in ("proc", "sys", "dev", "dev/shm"):
            target = root / mount
            target.mkdir(exist_ok=True)
            if not os.path.ismount(target):
                subprocess.run(["mount", "--bind", f"/{mount}", target], check=True)
                undo.callback(subprocess.run, ["umount", "-l", str(target)])
        (home / "run").mkdir(mode=0o700)
        shutil.copytree(SCENARIOS, home / "window", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(extension_zip, home / "simulacra.zip")
        avatar = home / "window" / "head.avatar.safetensors"
        subprocess.run(
            [sys.executable, ROOT / "tools/make_avatar.py", avatar, "--shape", "head"], check=True, capture_output=True
        )
        server = subprocess.Popen(command("Xvfb", display, "-screen", "0", f"{SIZE}x24", "+extension", "GLX", "-noreset", "-nolisten", "tcp"),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        undo.callback(server.wait)
        undo.callback(server.kill)
        there = f"/home/{home.name}"
        install = command(
            "blender", "--command", "extension", "install-file", "-r", "user_default", "-e", f"{there}/simulacra.zip"
        )
        installed = subprocess.run(install, capture_output=True, text=True, timeout=120)
        assert installed.returncode == 0, installed.stdout + installed.stderr

        def play(name, timeout=420):
            out = home / name
            out.mkdir()
            blender = [
                "blender",
                "--gpu-backend",
                "opengl",
                "--enable-event-simulate",
                "--no-window-focus",
                "-p",
                0,
                0,
                *SIZE.split("x"),
            ]
            script = ["--python", f"{there}/window/{name}.py", "--", f"{there}/{name}"]
            ended = subprocess.run(command(*blender, *script), capture_output=True, text=True, timeout=timeout)
            PICTURES.mkdir(parents=True, exist_ok=True)
            for picture in out.glob("*.png"):
                shutil.copyfile(picture, PICTURES / f"{name}.{picture.name}")
            (PICTURES / f"{name}.log").write_text(ended.stdout + ended.stderr)
            verdict = out / "verdict.json"
            assert verdict.is_file(), (
                f"Blender ended with {ended.returncode}: {ended.stdout[-1500:]}{ended.stderr[-1500:]}"
            )
            found = json.loads(verdict.read_text())
            return found if found["ok"] else found | {"said": (ended.stdout + ended.stderr)[-6000:]}

        def call(*words):
            return subprocess.run(command(*words), capture_output=True, text=True, timeout=300)

        play.call = call
        yield play


def test_a_person_uses_the_sidebar(window):
    """Generate, slide, undo, save a preset, render two samples with progress seen, cancel another run, drop an avatar."""
    verdict = window("use")
    assert verdict["ok"], verdict
    facts = verdict["facts"]
    assert facts["dataset"]["state"] == "finished" and 1 in facts["dataset"]["progress seen"]
    assert facts["cancelled"]["state"] == "cancelled" and facts["cancelled"]["left behind"] == []
    assert len(list(PICTURES.glob("use.*.png"))) >= 9


def test_blenders_own_command_line_is_the_same(window):
    """``blender --command simulacra`` in a stock Blender: the same specs as here, and the same refusal."""
    from simulacra.procgen import registry

    answer = window.call("blender", "--command", "simulacra", "sample", "faces", "--seed", "7")
    document = json.loads(answer.stdout[answer.stdout.index("{") :].rpartition("}")[0] + "}")
    assert document == registry.dump("faces", registry.sample("faces", 7))
    answer = window.call("blender", "--command", "simulacra", "render", "faces", "out", "--size", "0")
    assert answer.returncode == 2 and "size: 0 is not allowed" in answer.stderr


def test_a_person_makes_a_place(window):
    """Generate a place, turn its camera, move its sun, take both back; then a material on a sphere and a boulder."""
    verdict = window("places")
    assert verdict["ok"], verdict
    assert verdict["facts"]["objects"] > 3


def test_a_person_lives_in_a_file(window):
    """Copied in four ways, edited, deleted, undone, saved, opened, posed, animated, spoken, exported and read again."""
    verdict = window("character", timeout=1500)
    assert verdict["ok"], verdict
    facts = verdict["facts"]
    assert facts["glb MB"] <= 3 and facts["file MB"] <= 12
    assert len(list(PICTURES.glob("character.*.png"))) >= 14
