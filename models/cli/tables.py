"""What ``simulacra list`` and ``simulacra doctor`` tell of the trained systems; the command line finds it by this name."""

from __future__ import annotations

from ..systems.catalogue import SYSTEMS


def systems() -> list[dict]:
    """The rows of ``simulacra list systems``."""
    return [
        {"name": row.name, "makes": row.kind, "from": ", ".join(row.can), "weights": "shipped" if row.shipped else "",
         "doc": row.doc}
        for row in SYSTEMS
    ]  # fmt: skip


def examined() -> list[dict]:
    """The rows of ``simulacra doctor``: the systems that ship trained."""
    found = ", ".join(system.name for system in SYSTEMS if system.shipped)
    hint = "" if found else "simulacra train SYSTEM makes one; see simulacra list systems"
    return [{"name": "trained systems", "needed": False, "found": found, "ok": bool(found), "hint": hint}]


TABLES = {"systems": systems}
