"""simulacra export: a dataset as other tools read it."""

from __future__ import annotations

from ..terminal import say
from . import options


def formats() -> list[str]:
    """The names of the formats, for shells."""
    from ..export import EXPORTERS

    return list(EXPORTERS)


@options.command()
@options.argument("dataset", type=options.FOLDER)
@options.option("--to", required=True, metavar="FORMAT", help="format; see simulacra list exports",
                shell_complete=options.completing(formats))  # fmt: skip
@options.option("--out", type=options.FOLDER, help="target folder; DATASET-FORMAT by default")
@options.option("--workers", type=options.WHOLE, help="processes that write shards; as many as cores by default")
@options.option("--per-shard", type=options.WHOLE, help="frames in a shard of webdataset; 500 by default")
@options.option("--task", metavar="segment|detect|pose", help="what yolo's labels are for; segment by default")
def command(dataset, to, out, **given) -> None:
    """Write DATASET in another tool's format."""
    from ..export import export
    from ..export.webdataset import MOST_WORKERS
    from ..jobs.machine import cores

    given = {name: value for name, value in given.items() if value is not None}
    if to == "webdataset":
        given.setdefault("workers", min(cores(), MOST_WORKERS))
    say(export(dataset, to, out or dataset.with_name(f"{dataset.name}-{to}"), **given))
