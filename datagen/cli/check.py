"""simulacra check: prove a dataset."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import Unfinished


@click.command("check")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(dataset, as_json):
    """Check every file of DATASET and that its labels agree with each other."""
    from ..check import check_dataset

    report = check_dataset(dataset)
    if as_json:
        click.echo(json.dumps(report.to_dict()))
    else:
        report.show()
    if not report.ok:
        raise Unfinished(f"{dataset}: {report.summary()}")
