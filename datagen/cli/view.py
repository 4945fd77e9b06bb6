"""simulacra view: a gallery page of a dataset."""

from __future__ import annotations

from pathlib import Path

from .parser import whole


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of a dataset")
    parser.add_argument("--out", type=Path, help="the page; gallery.html in the dataset by default")
    parser.add_argument("--limit", type=whole, default=48, help="number of samples shown")


def command(arguments) -> None:
    """Write a single-file HTML gallery of DATASET that shows every label as a picture."""
    from ..gallery import write_gallery

    page = write_gallery(arguments.dataset, arguments.out, arguments.limit)
    print(f"gallery: {page.resolve()}", flush=True)
