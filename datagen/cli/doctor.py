"""simulacra doctor: versions, devices, what is missing and how to get it."""

from __future__ import annotations

import json

from ..errors import Unfinished


def configure(parser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", dest="as_json", action="store_true", help="print JSON")


def command(arguments) -> None:
    """Show versions and devices, what is missing and how to get it."""
    from ..doctor import examine

    result = examine()
    if arguments.as_json:
        print(json.dumps(result), flush=True)
    else:
        print(f"simulacra {result['simulacra']}, Python {result['python']} on {result['system']}")
        print(f"{result['cores']} cores, {result['memory_gib']} GiB: {result['workers']} workers by default")
        for row in result["rows"]:
            state = row["found"] if row["ok"] else f"{row['found']} – {row['hint']}".removeprefix(" – ")
            mark = "ok" if row["ok"] else "MISSING" if row["needed"] else "-"
            print(f"  {mark:8}{row['name']:24}{state}", flush=True)
    if not result["ok"]:
        bad = ", ".join(row["name"] for row in result["rows"] if row["needed"] and not row["ok"])
        raise Unfinished(f"what is needed is missing: {bad}")
