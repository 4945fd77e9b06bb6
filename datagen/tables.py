"""Tables on standard output: drawn by rich where that is installed, aligned text otherwise."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from .terminal import escaped, say

GAP = "  "
NARROWEST = 24  # characters of the last column, however narrow the terminal


def show(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> None:
    """Print rows under their columns; those named in ``right`` are set flush right, ``styles`` are rich's, one a row."""
    columns, title = [escaped(name) for name in columns], escaped(title)
    rows = [[escaped(cell) for cell in row] for row in rows]
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        say(*plain(columns, rows, title=title, right=right))
        return
    grid = Table(title=Text(title) if title else None, show_edge=False, pad_edge=False)
    for name in columns:
        grid.add_column(Text(name), justify="right" if name in right else "left")
    for index, row in enumerate(rows):
        grid.add_row(*map(Text, row), style=styles[index] if styles else None)
    Console().print(grid)


def plain(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", right: Sequence[str] = ()
) -> list[str]:
    """The lines of a table as text; the last column is wrapped at the terminal's edge."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    before = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    room = max(NARROWEST, shutil.get_terminal_size().columns - before)
    lines = [title] if title else []
    for row in (columns, ["-" * min(width, room) for width in widths], *rows):
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        ]
        last = textwrap.wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) or [""]
        lines.append(GAP.join([*cells[:-1], last[0]]).rstrip())
        lines += [" " * before + line for line in last[1:]]
    return lines
