"""simulacra results: the page of figures, from their records."""

from __future__ import annotations

from ...datagen.cli import options
from ...datagen.errors import BadInput, Unfinished
from ...datagen.formats.files import read_text
from ...datagen.formats.reading import MIB
from ...datagen.formats.writing import write_whole
from ...datagen.terminal import say
from ..page import replaced
from ..records import FOLDER, read_records

LARGEST = 16 * MIB  # bytes of a page
PAGE = FOLDER.parent / "README.md"


@options.command()
@options.option(
    "--records", type=options.FOLDER, metavar="FOLDER", help="folder of the records; those of this package by default"
)
@options.option(
    "--page",
    type=options.FILE,
    metavar="FILE",
    help="the page whose results part is written anew; models/README.md by default",
)
@options.option("--check", is_flag=True, help="change nothing; fail where the page is not what it should be")
def command(records, page, check) -> None:
    """Write the results part of the models' page from the records of all figures."""
    folder, page = records or FOLDER, page or PAGE
    found = read_records(folder)
    if not found:
        raise BadInput(f"{folder}: holds no records; allowed is a folder of them")
    text = read_text(page.resolve(), LARGEST)
    wanted = replaced(text, found)
    if wanted != text and check:
        raise Unfinished(f"{page}: is not what {folder} gives; run simulacra results")
    if wanted != text:
        write_whole(page, wanted.encode())
    say(f"{page}: {len(found)} records")
