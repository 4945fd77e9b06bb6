"""Examines an installation: versions, whether Blender and its devices work, and how to get what is missing."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..procgen import processes
from .devices import available, cycles_preferences, quiet
from .jobs.machine import automatic_workers, cores, memory

# What pip installs with the package. Inside a Blender program only numpy is there, and click comes with the extension.
NEEDED = ("numpy", "click", "rich")
OPTIONAL = {
    "torch": "train and generate: pip install 'simulacra[models]'",
    "ray": "render on a cluster: pip install 'simulacra[cluster]'",
    "mediapipe": "judge faces: pip install 'simulacra[judges]' on Python 3.11",
    "dlib-bin": "judge faces: pip install 'simulacra[judges]'",
}
OPTIONAL_IN_BLENDER = {
    "rich": "progress bars and drawn tables: pip install rich",
    "torch": OPTIONAL["torch"],
}
SUPPORTED = "bpy 4.5 on Python 3.11, or bpy 5.2 on Python 3.13"
SYSTEM_LIBRARIES = "apt-get install libsm6 libxi6 libxxf86vm1 libxfixes3 libxkbcommon0 libgl1 libegl1"
SPACE = 1.0  # GiB

# Run in a process of its own: a library that fails to load must not take the doctor with it.
PROBE = f"import json; from {__name__} import blender; print('probe:' + json.dumps(blender()))"


def examine(more: Sequence[dict] = ()) -> dict:
    """What is here, as plain JSON values; ``ok`` says whether rendering can work, ``models`` whether training can."""
    inside = in_blender()
    needed, optional = (("numpy", "click"), OPTIONAL_IN_BLENDER) if inside else (NEEDED, OPTIONAL)
    rows = [
        _running_blender() if inside else _installed_blender(),
        *(_package(name) for name in needed),
        *(_package(name, hint) for name, hint in optional.items()),
        *more,
    ]
    free = shutil.disk_usage(".").free / 2**30
    rows.append(_row("free disk", True, f"{free:.1f} GiB", free > SPACE, f"free {SPACE:g} GiB or more"))
    temporary = Path(tempfile.gettempdir())
    rows.append(
        _row(
            "temporary folder", True, str(temporary), _writable(temporary), "set TMPDIR to a folder that can be written"
        )
    )
    return {
        "simulacra": sys.modules[__package__.rpartition(".")[0]].__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": cores(),
        "memory_gib": round(memory(), 1),
        "workers": automatic_workers(),
        "rows": rows,
        "ok": all(row["ok"] for row in rows if row["needed"]),
        "models": any(row["ok"] for row in rows if row["name"] == "torch"),
    }


def in_blender() -> bool:
    """Whether this runs inside a Blender program, or as its extension."""
    running = getattr(sys.modules.get("bpy"), "app", None)
    return __package__.startswith("bl_ext.") or bool(getattr(running, "binary_path", ""))


def blender() -> dict:
    """The version of the Blender that this process holds, and its devices."""
    import bpy

    kinds = available(cycles_preferences())
    devices = sorted({f"{name} ({kind})" for kind, names in kinds.items() for name in names})
    return {"version": bpy.app.version_string, "release": list(bpy.app.version[:2]), "devices": devices}


def _row(name: str, needed: bool, found: str, ok: bool, hint: str) -> dict:
    return {"name": name, "needed": needed, "found": found, "ok": ok, "hint": "" if ok else hint}


def _package(name: str, hint: str = "") -> dict:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = getattr(sys.modules.get(name), "__version__", "")
    return _row(name, not hint, found, bool(found), hint or f"pip install {name}")


def _blender(found: str, ok: bool, hint: str) -> dict:
    return _row("bpy", True, found, ok, hint)


def _described(facts: dict) -> dict:
    found = f"{facts['version']} on {', '.join(facts['devices']) or 'no device'}"
    return _blender(found, facts["release"] in ([4, 5], [5, 2]), f"supported are {SUPPORTED}")


def _running_blender() -> dict:
    try:
        with quiet():
            return _described(blender())
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return _blender("", False, f"Cycles does not answer ({reason}); enable it in Preferences")


def _installed_blender() -> dict:
    try:
        probe = processes.run(processes.python(PROBE), capture_output=True, text=True, timeout=120)
    except (OSError, processes.TimeoutExpired) as error:
        return _blender("", False, f"it does not start ({error})")
    line = next((line for line in probe.stdout.splitlines() if line.startswith("probe:")), None)
    if line is None:
        lines = probe.stderr.strip().splitlines()
        reason = lines[-1] if lines else f"it ended with code {probe.returncode}"
        cure = SYSTEM_LIBRARIES if ".so" in reason else f"pip install bpy: {SUPPORTED}"
        return _blender("", False, f"{reason}; {cure}")
    return _described(json.loads(line.removeprefix("probe:")))


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
