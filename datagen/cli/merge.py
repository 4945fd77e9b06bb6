"""simulacra merge: the shards of a dataset as one."""

from __future__ import annotations

from ..terminal import emit, say
from . import options


@options.command()
@options.argument("out", type=options.FOLDER)
@options.argument("shards", metavar="SHARD...", type=options.FOLDER, nargs=-1, required=True)
@options.json_option(help="print JSON lines")
def command(out, shards, as_json) -> None:
    """Copy the samples of every SHARD into OUT, and check that they are of one recipe, whole, and all there.

    A merge that was stopped goes on when the same command is run again. Shards that were rendered into one folder need
    no merge.
    """
    from ..progress import Progress
    from ..storage.merge import Merge

    merge = Merge(out, list(shards))
    with Progress(as_json, "merge", len(merge.samples)) as progress:
        folder = merge.go(progress.tell)
    if as_json:
        count = folder.recipe.count
        emit({"event": "done", "done": count, "total": count, "out": str(out)})
    else:
        say(f"{folder.recipe.count} samples in {out}")
