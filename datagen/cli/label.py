"""simulacra label: the exact labels of any Blender file."""

from __future__ import annotations

from ..errors import Unfinished
from ..terminal import emit, say, warn
from . import options
from .render import require_blender
from .unused import samples_without_picture


@options.command()
@options.argument("scene", type=options.FILE)
@options.argument("out", type=options.FOLDER)
@options.option("--labels", default="", help="comma-separated; all that apply by default")
@options.option("--frames", default="", metavar="A..B", help="frames of a sequence; the file's current one by default")
@options.option("--cameras", default="active", metavar="all|active|NAME,…", help="one sample for each")
@options.option("--samples", type=options.WHOLE, default=0, show_default=False,
                help="Cycles samples a pixel of the picture; the file's own by default")  # fmt: skip
@options.option(
    "--classes", default="collection", metavar="collection|property:NAME", help="what the semantic label shows"
)
@options.option("--size", default="", metavar="WxH", help="pixels of the picture; the file's own by default")
@options.option("--threads", type=options.FROM_ZERO, default=0, help="threads of the worker; 0 takes all cores")
@options.option("--timeout", type=options.SECONDS, default=86400, metavar="SECONDS",
                help="seconds that one camera may take")  # fmt: skip
@options.json_option(help="print JSON lines")
def command(scene, out, threads, timeout, as_json, labels, **about) -> None:
    """Render the exact labels of SCENE, a .blend file, whatever is in it, into OUT. Running the same command again finishes it.

    The picture is the file's own, in Cycles, without compositor and sequencer. The file's scripts are not run and it is never written.
    """
    from ..storage.held import temporaries_of_its_own

    temporaries_of_its_own()  # before Blender is here and makes one
    require_blender()
    from ..jobs.machine import cores
    from ..jobs.opening import require_openable
    from ..jobs.pool import Pool, run
    from ..progress import Progress
    from ..rendering.scene_file import quiet
    from ..rendering.scene_labels import RENDERER
    from ..rendering.scene_plan import plan
    from ..storage.destinations import open_destination

    require_openable(scene)
    with quiet():
        recipe = plan(scene, labels=[name.strip() for name in labels.split(",") if name.strip()], **about)
    samples_without_picture(about["samples"], recipe.label_names())
    folder = open_destination(str(out), recipe)
    for note in (*recipe.remarks, *folder.notes):
        emit({"event": "warning", "message": note}) if as_json else warn(note)
    missing = sorted(set(range(recipe.count)) - set(folder.finished()))
    pool = Pool(1, threads or cores(), timeout, 1, RENDERER)
    with Progress(as_json, "label", recipe.count, recipe.count - len(missing)) as progress:
        failed = run(folder, missing, pool, progress.tell)
    if failed:
        first = next(iter(failed.values()))
        raise Unfinished(
            f"{len(failed)} of {recipe.count} cameras failed; {recipe.sample(first['index'])}: {first['reason']}"
        )
    if as_json:
        emit({"event": "done", "done": recipe.count, "total": recipe.count, "out": str(out)})
    else:
        say(f"{recipe.count} cameras in {out}")
