"""simulacra label: the exact labels of any Blender file."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import BadInput, Unfinished
from .parser import number, whole
from .render import require_blender


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("scene", metavar="SCENE", type=Path, help="a .blend file; it is never written")
    add("out", metavar="OUT", type=Path, help="folder of the dataset")
    add("--labels", default="", help="comma-separated; all that apply by default")
    add("--frames", default="", metavar="A..B", help="frames of a sequence; the file's current one by default")
    add("--cameras", default="active", metavar="all|active|NAME,…", help="one sample for each")
    add("--samples", type=whole, default=0, help="Cycles samples a pixel of the picture; the file's own by default")
    add("--classes", default="collection", metavar="collection|property:NAME", help="what the semantic label shows")
    add("--size", default="", metavar="WxH", help="pixels of the picture; the file's own by default")
    add("--threads", type=whole, default=0, help="threads of the worker; 0 takes all cores")
    add("--timeout", type=number, default=86400.0, metavar="SECONDS", help="seconds that one camera may take")
    add("--json", dest="as_json", action="store_true", help="print JSON lines")


def command(arguments) -> None:
    """Render the exact labels of SCENE, whatever is in it, into OUT. Running the same command again finishes it.

    The picture is the file's own, in Cycles, without compositor and sequencer. The file's scripts are not run.
    """
    require_blender()
    from ..jobs.machine import cores
    from ..jobs.pool import Pool, run
    from ..rendering.scene_file import plan, quiet
    from ..rendering.scene_labels import RENDERER
    from ..storage.destinations import open_destination
    from .progress import Progress

    if not arguments.timeout > 0:  # NaN too
        raise BadInput(f"timeout: {arguments.timeout} is not allowed; allowed is a number of seconds above 0")
    with quiet():
        recipe = plan(
            arguments.scene,
            labels=[name.strip() for name in arguments.labels.split(",") if name.strip()],
            **{name: getattr(arguments, name) for name in ("frames", "cameras", "samples", "classes", "size")},
        )
    folder = open_destination(str(arguments.out), recipe)
    missing = sorted(set(range(recipe.count)) - set(folder.finished()))
    pool = Pool(1, arguments.threads or cores(), arguments.timeout, 1, RENDERER)
    with Progress(arguments.as_json, recipe.count, recipe.count - len(missing)) as progress:
        failed = run(folder, missing, pool, progress.tell)
    if failed:
        first = next(iter(failed.values()))
        raise Unfinished(
            f"{len(failed)} of {recipe.count} cameras failed; {recipe.sample(first['index'])}: {first['reason']}"
        )
    if arguments.as_json:
        event = {"event": "done", "done": recipe.count, "total": recipe.count, "out": str(arguments.out)}
        print(json.dumps(event), flush=True)
    else:
        print(f"{recipe.count} cameras in {arguments.out}", flush=True)
