"""simulacra list: what can be generated."""

from __future__ import annotations

import json

import click

from ...procgen.distributions import Choice, Flag, Vector
from ...procgen.params import fields
from ...procgen.registry import GENERATORS
from ..labels import LABELS, RECORDS

FAMILIES = tuple(dict.fromkeys(generator.family for generator in GENERATORS.values()))


def options(cls, path: str = "") -> dict[str, list[str]]:
    """The named options of every choice field of a spec, by dotted path."""
    found = {}
    for name, param in fields(cls).items():
        if param.nested:
            found |= options(param.nested, f"{path}{name}.")
        elif isinstance(param.distribution, Choice):
            found[path + name] = list(param.distribution.options)
    return found


def numbers(cls) -> int:
    """How many numbers and flags a spec holds besides its choices; a vector counts as its elements."""
    total = 0
    for param in fields(cls).values():
        if param.nested:
            total += numbers(param.nested)
        elif isinstance(param.distribution, Vector):
            total += len(param.distribution.elements)
        elif isinstance(param.distribution, Flag) or hasattr(param.distribution, "low"):
            total += 1
    return total


def rows(what: str) -> list[dict]:
    """What ``list`` prints, as plain JSON values."""
    if what == "labels":
        found = [
            {"name": label.name, "file": label.suffix, "unit": label.unit, "doc": label.doc}
            for label in LABELS.values()
        ]
        return found + [{"name": name, "file": "json", "unit": "", "doc": doc} for name, doc in RECORDS.items()]
    if what == "exports":
        from ..export import EXPORTERS

        return [{"name": name, "doc": (row.__doc__ or "").strip().splitlines()[0]} for name, row in EXPORTERS.items()]
    listed = []
    for generator in GENERATORS.values():
        if what in ("generators", generator.family):
            spec = generator.load("spec")
            listed.append({
                "name": generator.name, "family": generator.family, "doc": generator.doc, "numbers": numbers(spec),
                "options": options(spec),
            })  # fmt: skip
    return listed


@click.command("list")
@click.argument(
    "what", default="generators", metavar="WHAT", type=click.Choice(["generators", *FAMILIES, "labels", "exports"])
)
@click.option("--json", "as_json", is_flag=True, help="print JSON lines")
def command(what, as_json):
    """List generators and the options of their fields, labels, or export formats."""
    found = rows(what)
    if as_json:
        for row in found:
            click.echo(json.dumps(row))
        return
    from rich.console import Console
    from rich.table import Table

    grid = Table(show_edge=False, pad_edge=False)
    if what in ("labels", "exports"):
        for column in found[0]:
            grid.add_column(column)
        for row in found:
            grid.add_row(*row.values())
    else:
        for column, side in (("field", "left"), ("count", "right"), ("options", "left")):
            grid.add_column(column, justify=side)
        for row in found:
            grid.add_row(
                row["name"], "", f"{row['doc']}: the choices below, and {row['numbers']} numbers", style="bold"
            )
            for path, names in row["options"].items():
                grid.add_row(f"  {path}", str(len(names)), ", ".join(names))
    Console().print(grid)
