"""Examines an installation: versions, whether Blender and its devices work, and how to get what is missing."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .machine import automatic_workers, cores, memory

NEEDED = (
    "numpy",
    "click",
    "rich",
    "scipy",
    "opencv-python-headless",
    "OpenEXR",
    "scikit-image",
    "trimesh",
    "webdataset",
    "psutil",
)
OPTIONAL = {
    "ray": "render on a cluster: pip install 'simulacra[ray]'",
    "mediapipe": "judge faces: pip install 'simulacra[judges]' on Python 3.11",
    "dlib-bin": "judge faces: pip install 'simulacra[judges]'",
}
SUPPORTED = "bpy 4.5 on Python 3.11, or bpy 5.2 on Python 3.13"
SYSTEM_LIBRARIES = "apt-get install libsm6 libxi6 libxxf86vm1 libxfixes3 libxkbcommon0 libgl1 libegl1"
SPACE = 1.0  # GiB

# Run in a process of its own: a library that fails to load must not take the doctor with it.
PROBE = """
import json, bpy
preferences = bpy.context.preferences.addons["cycles"].preferences
preferences.refresh_devices()
devices = sorted({f"{device.name} ({device.type})" for device in preferences.devices})
print("probe:" + json.dumps({"version": bpy.app.version_string, "release": bpy.app.version[:2], "devices": devices}))
"""


def examine() -> dict:
    """What is here, as plain JSON values; ``ok`` says whether rendering can work."""
    rows = [
        _blender(),
        *(_package(name) for name in NEEDED),
        *(_package(name, hint) for name, hint in OPTIONAL.items()),
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
    }


def _row(name: str, needed: bool, found: str, ok: bool, hint: str) -> dict:
    return {"name": name, "needed": needed, "found": found, "ok": ok, "hint": "" if ok else hint}


def _package(name: str, hint: str = "") -> dict:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = ""
    return _row(name, not hint, found, bool(found), hint or f"pip install {name}")


def _blender() -> dict:
    def answer(found: str, ok: bool, hint: str) -> dict:
        return _row("bpy", True, found, ok, hint)

    try:
        probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return answer("", False, f"it does not start ({error})")
    told = next((line for line in probe.stdout.splitlines() if line.startswith("probe:")), None)
    if told is None:
        lines = probe.stderr.strip().splitlines()
        reason = lines[-1] if lines else f"it ended with code {probe.returncode}"
        cure = SYSTEM_LIBRARIES if ".so" in reason else f"pip install bpy: {SUPPORTED}"
        return answer("", False, f"{reason}; {cure}")
    facts = json.loads(told.removeprefix("probe:"))
    found = f"{facts['version']} on {', '.join(facts['devices']) or 'no device'}"
    return answer(found, facts["release"] in ([4, 5], [5, 2]), f"supported are {SUPPORTED}")


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
