"""simulacra results: the page of figures, from their records."""

from __future__ import annotations

import os
from pathlib import Path

from ...datagen.errors import Unfinished
from ..page import replaced
from ..records import FOLDER, read_records

PAGE = FOLDER.parent / "README.md"


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("--records", type=Path, default=FOLDER, help="folder of the records")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page, whose results part is written anew")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail where the page is not what it should be"
    )


def command(arguments) -> None:
    """Write the results part of the models' page from the records of all figures."""
    records = read_records(arguments.records)
    page = arguments.page.read_text(encoding="utf-8")
    wanted = replaced(page, records)
    if wanted != page and arguments.check:
        raise Unfinished(f"{arguments.page}: is not what {arguments.records} gives; run simulacra results")
    if wanted != page:
        beside = arguments.page.with_name(f".{arguments.page.name}.{os.getpid()}")
        beside.write_text(wanted, encoding="utf-8")
        os.replace(beside, arguments.page)
    print(f"{arguments.page}: {len(records)} records", flush=True)
