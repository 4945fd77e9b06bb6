"""simulacra export: a dataset as other tools read it."""

from __future__ import annotations

from pathlib import Path


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of a dataset")
    parser.add_argument("--to", required=True, metavar="FORMAT", help="format; see simulacra list exports")
    parser.add_argument("--out", type=Path, help="target folder; DATASET-FORMAT by default")


def command(arguments) -> None:
    """Write DATASET in another tool's format."""
    from ..export import export

    dataset, to = arguments.dataset, arguments.to
    print(export(dataset, to, arguments.out or dataset.with_name(f"{dataset.name}-{to}")), flush=True)
