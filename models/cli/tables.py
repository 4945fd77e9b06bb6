"""What ``simulacra list`` and ``simulacra doctor`` tell of the trained systems; the command line finds it by this name."""

from __future__ import annotations

from ..systems.catalogue import SYSTEMS, find
from .needs import require_torch

PHOTOS = ("two photographs",)  # what is asked by simulacra predict alone


def systems() -> list[dict]:
    """The rows of ``simulacra list systems``."""
    return [
        {"name": row.name, "makes": row.kind, "from": ", ".join(row.can or PHOTOS), "weights": "shipped" if row.shipped else "",
         "doc": row.doc}
        for row in SYSTEMS
    ]  # fmt: skip


def examined() -> list[dict]:
    """The rows of ``simulacra doctor``: the systems that ship trained."""
    found = ", ".join(system.name for system in SYSTEMS if system.shipped)
    hint = "" if found else "simulacra train SYSTEM makes one; see simulacra list systems"
    return [{"name": "trained systems", "needed": False, "found": found, "ok": bool(found), "hint": hint}]


def system(name: str) -> tuple[dict, list[dict]]:
    """What one system needs and gives, and the fields of its configuration."""
    row = find(name)
    require_torch()
    from ..core.settings import described

    about = {
        "name": row.name, "doc": row.doc, "makes": row.kind, "files": ", ".join(row.files), "from": ", ".join(row.can or PHOTOS),
        "data": row.data.says, "labels": ", ".join([*row.data.labels, *row.data.partners] or ["rgb", "alpha", *(["depth"] if row.data.depth else [])]),
        "render": row.data.render, "weights": str(row.shipped) if row.shipped else f"none; simulacra train {row.name}",
    }  # fmt: skip
    return about, [setting._asdict() for setting in described(row.load().Config())]


TABLES = {"systems": systems}
DETAILS = {"systems": system}
