"""simulacra merge: the shards of a dataset as one."""

from __future__ import annotations

from pathlib import Path


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the joined dataset")
    parser.add_argument("shards", metavar="SHARD", type=Path, nargs="+", help="folder of a shard")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON lines")


def command(arguments) -> None:
    """Copy the samples of all SHARDs into OUT, and check that they are of one recipe, whole, and all there.

    A merge that was stopped goes on when the same command is run again. Shards that were rendered into one folder need
    no merge.
    """
    from ..storage.merge import Merge
    from .progress import Progress

    merge = Merge(arguments.out, arguments.shards)
    with Progress(arguments.as_json, len(merge.samples), 0, "merge") as progress:
        folder = merge.go(progress.tell)
    if not arguments.as_json:
        print(f"{folder.recipe.count} samples in {arguments.out}", flush=True)
