"""simulacra export: a dataset as other tools read it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--to", "to", required=True, help="format; see simulacra list exports")
@click.option("--out", type=click.Path(path_type=Path), help="target folder; DATASET-FORMAT by default")
def command(dataset, to, out):
    """Write DATASET in another tool's format."""
    from ..export import export

    click.echo(f"{export(dataset, to, out or dataset.with_name(f'{dataset.name}-{to}'))}")
