"""simulacra view: a gallery page of a dataset."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("view")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="the page; gallery.html in the dataset by default")
@click.option("--limit", default=48, show_default=True, help="number of samples shown")
def command(dataset, out, limit):
    """Write a single-file HTML gallery of DATASET that shows every label as a picture."""
    from ..gallery import write_gallery

    click.echo(f"gallery: {write_gallery(dataset, out, limit).resolve()}")
