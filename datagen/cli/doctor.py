"""simulacra doctor: versions, devices, what is missing and how to get it."""

from __future__ import annotations

import json
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

import click

NEEDED = {
    "bpy": "pip install bpy (4.5 on Python 3.11, 5.2 on Python 3.13)", "numpy": "pip install numpy", "OpenEXR": "pip install OpenEXR",
    "opencv-python-headless": "pip install opencv-python-headless", "webdataset": "pip install webdataset",
    "trimesh": "pip install trimesh",
}  # fmt: skip
OPTIONAL = {
    "torch": "to train: pip install torch", "ray": "for clusters: pip install 'simulacra[ray]'",
    "mediapipe": "to judge: pip install 'simulacra[judges]'", "dlib-bin": "to judge: pip install 'simulacra[judges]'",
}  # fmt: skip


def examine() -> dict:
    """What is here: versions, machine, and how to get what is not."""

    def found(name):
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    rows = [
        {"name": name, "version": found(name), "needed": needed, "hint": hint}
        for needed, names in ((True, NEEDED), (False, OPTIONAL)) for name, hint in names.items()
    ]  # fmt: skip
    return {
        "python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count(),
        "free_disk_gib": round(shutil.disk_usage(".").free / 2**30, 1), "packages": rows,
        "ok": all(row["version"] for row in rows if row["needed"]),
    }  # fmt: skip


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(as_json):
    """Show versions and what is missing."""
    from ..errors import Unfinished

    result = examine()
    if as_json:
        click.echo(json.dumps(result))
    else:
        click.echo(f"Python {result['python']} on {result['system']}, {result['cores']} cores")
        for row in result["packages"]:
            state = row["version"] or f"missing ({row['hint']})"
            click.echo(f"  {'needed  ' if row['needed'] else 'optional'} {row['name']}: {state}")
    if not result["ok"]:
        raise Unfinished("something needed is missing")
