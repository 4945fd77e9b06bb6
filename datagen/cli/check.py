"""simulacra check: prove a dataset."""

from __future__ import annotations

from ..errors import Unfinished
from ..terminal import emit
from . import options


@options.command()
@options.argument("dataset", type=options.FOLDER)
@options.json_option(help="print JSON")
def command(dataset, as_json) -> None:
    """Check every file of DATASET and that its labels agree with each other."""
    from ..check import check_dataset

    report = check_dataset(dataset)
    if as_json:
        emit(report.to_dict())
    else:
        report.show()
    if not report.ok:
        raise Unfinished(f"{dataset}: {report.summary()}")
