"""simulacra check: prove a dataset."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import Unfinished


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of a dataset")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON")


def command(arguments) -> None:
    """Check every file of DATASET and that its labels agree with each other."""
    from ..check import check_dataset

    report = check_dataset(arguments.dataset)
    if arguments.as_json:
        print(json.dumps(report.to_dict()), flush=True)
    else:
        report.show()
    if not report.ok:
        raise Unfinished(f"{arguments.dataset}: {report.summary()}")
