"""simulacra export: a dataset as other tools read it."""

from __future__ import annotations

from pathlib import Path

from .parser import whole


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of a dataset")
    parser.add_argument("--to", required=True, metavar="FORMAT", help="format; see simulacra list exports")
    parser.add_argument("--out", type=Path, help="target folder; DATASET-FORMAT by default")
    parser.add_argument("--workers", type=whole, help="processes that write shards; as many as cores by default")
    parser.add_argument("--per-shard", type=whole, help="frames in a shard of webdataset; 500 by default")


def command(arguments) -> None:
    """Write DATASET in another tool's format."""
    from ..export import export
    from ..export.webdataset import MOST_WORKERS
    from ..jobs.machine import cores

    dataset, to = arguments.dataset, arguments.to
    options = {"workers": arguments.workers, "per_shard": arguments.per_shard}
    options = {name: value for name, value in options.items() if value is not None}
    if to == "webdataset":
        options.setdefault("workers", min(cores(), MOST_WORKERS))
    out = arguments.out or dataset.with_name(f"{dataset.name}-{to}")
    print(export(dataset, to, out, **options), flush=True)
