"""simulacra list: what can be generated."""

from __future__ import annotations

from collections.abc import Callable

import click

from ...procgen.distributions import Choice, Flag, Vector
from ...procgen.params import fields
from ...procgen.registry import GENERATORS
from ..errors import BadInput
from ..labels import LABELS, RECORDS
from ..tables import show
from ..terminal import emit, say
from . import options

TABLES = ("labels", "checks", "exports")
FAMILIES = tuple(dict.fromkeys(generator.family for generator in GENERATORS.values()))


def choices(cls, path: str = "") -> dict[str, list[str]]:
    """The named options of every choice field of a spec, by dotted path."""
    found = {}
    for name, param in fields(cls).items():
        if param.nested:
            found |= choices(param.nested, f"{path}{name}.")
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
        return found + [{"name": name, "file": "json", "unit": "", "doc": row.doc} for name, row in RECORDS.items()]
    if what == "checks":
        from ..validity.table import rows as checks

        return checks()
    if what == "exports":
        from ..export import EXPORTERS

        return [{"name": name, "doc": (row.__doc__ or "").strip().splitlines()[0]} for name, row in EXPORTERS.items()]
    listed = []
    for generator in GENERATORS.values():
        if what in ("generators", generator.family):
            spec = generator.load("spec")
            listed.append({
                "name": generator.name, "family": generator.family, "doc": generator.doc, "numbers": numbers(spec),
                "options": choices(spec),
            })  # fmt: skip
    return listed


def more(context, what: str = "TABLES") -> dict[str, Callable]:
    """The tables of other folders of the package, or their DETAILS, by name: the group knows which are there."""
    program = context.find_root().command
    modules = program.tables() if hasattr(program, "tables") else []
    return {name: rows for module in modules for name, rows in getattr(module, what, {}).items()}


def tell(about: dict, fields: list[dict]) -> None:
    """Print what one row of a table is, and its fields."""
    width = max(map(len, about))
    say(*(f"{name:<{width}}  {value}" for name, value in about.items()), "")
    show(list(fields[0]), [list(row.values()) for row in fields])


class What(options.OneOf):
    """The name of a table."""

    def convert(self, value, param, context):
        """The name itself; fails with what is allowed."""
        return options.OneOf((*self.names, *more(context))).convert(value, param, context)

    def shell_complete(self, context, param, incomplete):
        """The names that begin so."""
        return options.OneOf((*self.names, *more(context))).shell_complete(context, param, incomplete)


@options.command()
@options.argument("what", default="generators", type=What(("generators", *FAMILIES, *TABLES)))
@options.argument("name", required=False)
@options.json_option(help="print JSON lines")
@click.pass_context
def command(context, what, name, as_json) -> None:
    """List generators and the options of their fields, labels, checks, export formats, or systems that can be trained.

    WHAT is generators (all of them), a family of them such as people, places or materials, labels, checks, exports or systems.
    With systems, NAME tells all of one system: every field of its configuration, the data that it needs, and what it gives.
    """
    others, details = more(context), more(context, "DETAILS")
    if name is not None:
        if what not in details:
            raise BadInput(f"{name}: is not allowed after {what}; allowed after {', '.join(details) or 'nothing'}")
        about, fields = details[what](name)
        emit(about | {"fields": fields}) if as_json else tell(about, fields)
        return
    found = others[what]() if what in others else rows(what)
    if as_json:
        for row in found:
            emit(row)
    elif what in TABLES or what in others:
        show(list(found[0]), [list(row.values()) for row in found])
    else:
        table, styles = [], []
        for row in found:
            table.append((row["name"], "", f"{row['doc']}: the choices below, and {row['numbers']} numbers"))
            styles.append("bold")
            for path, names in row["options"].items():
                table.append((f"  {path}", str(len(names)), ", ".join(names)))
                styles.append("")
        show(("field", "count", "options"), table, right=("count",), styles=styles)
