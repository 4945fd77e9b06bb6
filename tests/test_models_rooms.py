"""The rooms of models are as their page describes them."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "models"


def imported(room: Path) -> set[str]:
    """The other rooms that the modules of one import, anywhere in them."""
    found = set()
    for path in room.rglob("*.py"):
        package = path.relative_to(ROOT).parts[:-1]
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(package) + 1:
                full = (*package[: len(package) + 1 - node.level], *(node.module or "").split("."))
                found |= {full[0]} if (ROOT / full[0] / "__init__.py").is_file() else set()
    return found - {room.name}


def test_the_page_names_every_room_and_what_it_imports():
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", page.partition("## Rooms")[2].partition("\n## ")[0], re.M)
    described = {name: set(re.findall(r"`(\w+)`", cell)) for name, cell in rows}
    rooms = {path.parent.name: path.parent for path in ROOT.glob("*/__init__.py")}
    assert described == {name: imported(path) for name, path in rooms.items()}
    order = list(described)
    assert all(order.index(one) < order.index(name) for name, below in described.items() for one in below)
