"""The pictures of presets: those that ship, and those of a user's own, which the worker renders while Blender stays free."""

import json
import shutil
from pathlib import Path

from ...datagen.formats.writing import write_whole
from ...procgen import registry
from ..fields.settling import redraw
from ..preferences import caller, user_path
from ..thumbnails.families import path_of as shipped_path
from ..worker import jobs
from .files import path_of

EDGE, SAMPLES = 128, 16
PLACE = "preset_pictures"  # folder in which they are rendered


def picture_of(key: str) -> Path:
    """The picture of an entry of ``available``, which need not be there: one that ships, or one beside the user's file."""
    if key.startswith("shipped/"):
        return shipped_path("preset", Path(key).stem)
    return path_of(key).with_suffix(".png")


def start(kind: str, spec, key: str) -> jobs.Job:
    """Let the worker render what a preset was saved of; the picture comes when it is done, or never: a preset needs none."""
    name = Path(key).stem
    folder, out = user_path(PLACE), user_path(PLACE) / name
    shutil.rmtree(out, ignore_errors=True)
    file = folder / f"{name}.json"
    write_whole(file, json.dumps(registry.dump(kind, spec)).encode())
    size = str(EDGE) if registry.find(kind).family == "people" else f"{EDGE}x{EDGE}"
    words = [
        "render",
        kind,
        str(out),
        "--spec",
        str(file),
        "--size",
        size,
        "--samples",
        str(SAMPLES),
        "--labels",
        "depth",
    ]
    command = caller()([*words, "--workers", "1", "--json"])

    def arrive(job):
        made = out / "000000" / "0000.rgb.png"
        if job.state == "finished" and made.is_file() and path_of(key).is_file():
            write_whole(picture_of(key), made.read_bytes())
        shutil.rmtree(out, ignore_errors=True)
        file.unlink(missing_ok=True)
        redraw()

    return jobs.start(f"picture of {name}", f"picture of {name}", [command], arrive)
