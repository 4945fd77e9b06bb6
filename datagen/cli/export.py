"""simulacra export: a dataset as other tools read it."""

from __future__ import annotations

from ..errors import BadInput
from ..terminal import say
from . import options


def formats() -> list[str]:
    """The names of the formats, for shells."""
    from ..export import EXPORTERS

    return list(EXPORTERS)


@options.command()
@options.argument("dataset", type=options.FOLDER)
@options.option("--to", required=True, metavar="FORMAT", type=options.OneOf(formats),
                help="format; see simulacra list exports")  # fmt: skip
@options.option("--out", type=options.FOLDER, metavar="FOLDER", help="target folder; DATASET-FORMAT by default")
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
    if out is None:
        place = dataset.absolute()  # "." has no name
        if not place.name:
            raise BadInput(f"dataset: {dataset} has no name to make a folder's of; give --out")
        out = place.with_name(f"{place.name}-{to}") if not dataset.name else dataset.with_name(f"{dataset.name}-{to}")
    say(export(dataset, to, out, **given))
