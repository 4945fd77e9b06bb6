"""What a thing's thing.json holds, checked when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput

NUMBERS = {"box.half": None, "box.metres": None, "box.centre_m": 3, "box.extent": 3, "size_m": 3}
LARGEST = 1e9


def check_thing(document: Any, where: Path) -> dict:
    """The document of a thing: family, sort, box, colours, captions; raises BadInput where it is none."""
    texts = ("family", "sort", "category")
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in texts):
        raise BadInput(f"{where}: {', '.join(texts)} are not texts")
    for path, length in NUMBERS.items():
        value: Any = document
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not (
            _number(value)
            if length is None
            else isinstance(value, list) and len(value) == length and all(map(_number, value))
        ):
            raise BadInput(f"{where}: {path} is not {'a number' if length is None else f'{length} numbers'}")
    if min(document["box"]["half"], document["box"]["metres"]) <= 0:
        raise BadInput(f"{where}: box.half and box.metres are not above 0")
    colours, captions = document.get("colours"), document.get("captions")
    if not isinstance(colours, dict) or not colours or not all(_number(share) for share in colours.values()):
        raise BadInput(f"{where}: colours are not shares by name")
    if not isinstance(captions, list) or not captions or not all(map(_caption, captions)):
        raise BadInput(f"{where}: captions are not a list of text, says and wrong")
    return document


def _number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _caption(row) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("text"), str)
        and isinstance(row.get("says"), dict)
        and all(isinstance(word, str) for word in row["says"].values())
        and (row.get("wrong") is None or row["wrong"] in row["says"])
    )
