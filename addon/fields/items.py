"""The items of menus that are made from rows of catalogues."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ...procgen.generator import Generator


def title(name: str) -> str:
    """A generator's name as a person reads it."""
    return name.replace("_", " ").capitalize()


def sentence(doc: str) -> str:
    """A row's description as a tooltip."""
    return doc[:1].upper() + doc[1:]


def by_heading(rows: Iterable[Generator]) -> dict[str, list[Generator]]:
    """Rows by the heading that they declare."""
    found: dict[str, list[Generator]] = {}
    for row in rows:
        found.setdefault(row.heading or title(row.family), []).append(row)
    return found


def headed(rows: dict[str, list[Generator]]) -> list[tuple]:
    """The items of a menu whose columns have headings; the number that a file keeps does not depend on the order."""
    items: list[tuple] = []
    for heading, generators in rows.items():
        items.append(("", heading, ""))
        items += [
            (row.name, title(row.name), sentence(row.doc), "NONE", zlib.crc32(row.name.encode()) & 0x7FFFFFFF)
            for row in generators
        ]
    return items
