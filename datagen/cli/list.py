"""simulacra list: what can be generated."""

from __future__ import annotations

import click

from ...procgen.distributions import Choice, Vector
from ...procgen.params import fields
from ...procgen.registry import GENERATORS
from ..labels import LABELS, RECORDS


def options(cls, path: str = "") -> dict[str, list[str]]:
    """The named options of every choice field of a spec, by dotted path."""
    found = {}
    for name, param in fields(cls).items():
        if param.nested:
            found |= options(param.nested, f"{path}{name}.")
        elif isinstance(param.distribution, Choice):
            found[path + name] = list(param.distribution.options)
        elif isinstance(param.distribution, Vector):
            found[path + name] = [f"{len(param.distribution.elements)} numbers"]
    return found


@click.command("list")
@click.argument("what", default="generators", type=click.Choice(["generators", "people", "labels", "exports"]))
def command(what):
    """List generators and their options, labels, or export formats."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(show_edge=False, pad_edge=False)
    if what == "labels":
        for column in ("label", "unit", "what"):
            grid.add_column(column)
        for label in LABELS.values():
            grid.add_row(label.name, label.unit, label.doc)
        for name, doc in RECORDS.items():
            grid.add_row(name, "json", doc)
    elif what == "exports":
        from ..export import EXPORTERS

        grid.add_column("format")
        grid.add_column("what")
        for name, exporter in EXPORTERS.items():
            grid.add_row(name, (exporter.__doc__ or "").strip().splitlines()[0])
    else:
        for column in ("field", "count", "options"):
            grid.add_column(column)
        for generator in GENERATORS.values():
            if what == "people" and generator.family != "people":
                continue
            grid.add_row(generator.name, "", generator.doc, style="bold")
            for path, names in options(generator.load("spec")).items():
                grid.add_row(f"  {path}", str(len(names)), ", ".join(names))
    Console().print(grid)
