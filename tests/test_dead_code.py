"""Nothing is kept that nothing uses."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("addon", "procgen", "datagen", "models")
FOUND_BY_NAME = re.compile(
    r"SIMULACRA_|sample_|build_|register$|unregister$|main$"
)  # Blender, the registry, the console


def sources():
    """Every Python file of ours, and the pages that name functions."""
    for name in (*PACKAGES, "tests", "tools", "docs"):
        yield from (path for path in (ROOT / name).rglob("*") if path.suffix in (".py", ".md", ".sh"))
    yield from ROOT.glob("*.py")
    yield from ROOT.glob("*.md")


def declared(tree):
    """Functions, classes and constants at the top of a module, but for what a decorator hands on."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield node.name
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name):
                yield target.id


@pytest.fixture(scope="module")
def words():
    """How often each word occurs in the sources."""
    return Counter(word for path in sources() for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_at_the_top_of_a_module_is_used(package, words):
    unused = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in declared(ast.parse(path.read_text(encoding="utf-8")))
        if words[name] == 1 and not FOUND_BY_NAME.match(name)
    ]
    assert not unused
