"""simulacra view: a gallery page of a dataset."""

from __future__ import annotations

from ..terminal import say
from . import options


@options.command()
@options.argument("dataset", type=options.FOLDER)
@options.option("--out", type=options.FILE, metavar="FILE", help="the page; gallery.html in the dataset by default")
@options.option("--limit", type=options.FROM_ZERO, default=48, help="number of samples shown")
def command(dataset, out, limit) -> None:
    """Write a single-file HTML gallery of DATASET that shows every label as a picture."""
    from ..gallery import write_gallery

    page = write_gallery(dataset, out, limit)
    say(f"gallery: {page.resolve()}")
