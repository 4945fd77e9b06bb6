"""simulacra doctor: versions, devices, what is missing and how to get it."""

from __future__ import annotations

import click

from ..errors import Unfinished
from ..terminal import emit, say
from . import options


@options.command()
@options.json_option(help="print JSON")
@click.pass_context
def command(context, as_json) -> None:
    """Show versions and devices, what is missing and how to get it."""
    from ..doctor import examine
    from ..storage.held import temporaries_of_its_own

    temporaries_of_its_own()  # a Blender that is asked, and interrupted, leaves its own
    program = context.find_root().command
    modules = program.tables() if hasattr(program, "tables") else []
    result = examine([row for module in modules for row in module.examined()])
    if as_json:
        emit(result)
    else:
        say(f"simulacra {result['simulacra']}, Python {result['python']} on {result['system']}")
        say(f"{result['cores']} cores, {result['memory_gib']} GiB: {result['workers']} workers by default")
        for row in result["rows"]:
            state = row["found"] if row["ok"] else f"{row['found']} – {row['hint']}".removeprefix(" – ")
            mark = "ok" if row["ok"] else "MISSING" if row["needed"] else "-"
            say(f"  {mark:8}{row['name']:24}{state}")
    if not result["ok"]:
        bad = ", ".join(row["name"] for row in result["rows"] if row["needed"] and not row["ok"])
        raise Unfinished(f"what is needed is missing: {bad}")
