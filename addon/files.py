"""Files that a user chose: regular ones of a bounded size, whose contents are only ever data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from ..datagen.errors import BadInput
from ..datagen.formats.reading import open_regular, read_regular


def open_chosen(path: Path, most: int) -> BinaryIO:
    """Open a file of at most ``most`` bytes, to which a link may lead; raises BadInput that names it."""
    return open_regular(_followed(path), most)


def json_of(path: Path, most: int) -> Any:
    """What a JSON file of at most ``most`` bytes holds, to which a link may lead; raises BadInput that names it."""
    data = read_regular(_followed(path), most)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name}: is not a JSON file ({error})") from None


def _followed(path: Path) -> Path:
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):  # a link to itself, a zero byte: opening says so
        return Path(path)
