"""The linter holds the import rules in a clone of any name, and says why."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# A file, a line that does not belong there, and what the linter says of it.
FORBIDDEN = {
    "procgen/planted.py": ("from ..datagen.errors import BadInput", "procgen on nothing of ours BROKEN"),
    "procgen/people/planted.py": ("from ...models.core import data", "simulacra.procgen is not allowed to import simulacra.models"),
    "datagen/planted.py": ("from ..models.core import data", "simulacra.datagen is not allowed to import simulacra.models"),
    "models/core/planted.py": ("from ... import addon", "simulacra.models is not allowed to import simulacra.addon"),
    "addon/planted.py": ("from ..datagen import readers", "The add-on reaches datagen through the command line alone, as a worker does BROKEN"),
    "datagen/formats/planted.py": ("from ..storage import dataset", "simulacra.datagen.formats is not allowed to import simulacra.datagen.storage"),
    "datagen/rendering/planted.py": ("from ..jobs import pool", "Inside datagen each room stands on those after it BROKEN"),
    "models/fields/planted.py": ("from ..systems import catalogue", "Inside models each room stands on those after it BROKEN"),
    "procgen/materials/planted.py": ("from ..people import face", "simulacra.procgen.materials is not allowed to import simulacra.procgen.people"),
    "datagen/validity/planted.py": ("from simulacra.procgen import registry", "datagen/validity/planted.py:3: simulacra.procgen: import relatively"),
}  # fmt: skip


# The run of continuous integration itself checks a clone that has the package's name.
@pytest.fixture(params=["my-repo", pytest.param("simulacra", marks=pytest.mark.slow)])
def clone(request, tmp_path):
    """A copy of what the linter reads, in a folder of each name below one with a space."""
    root = tmp_path / "a b" / request.param
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.suffix in (".py", ".toml") and not {"build", "dist"} & set(parts) and not parts[0].startswith(".venv"):
            (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, root / path.relative_to(ROOT))
    shutil.copyfile(ROOT / "Makefile", root / "Makefile")
    (root / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return root


def make(root, target):
    """Run make there with this Python; its output on one line, and whether it passed."""
    command = ["make", "--silent", "-o", ".venv/.installed", target]
    environment = os.environ | {"MYPY_CACHE_DIR": str(ROOT / ".mypy_cache")}  # files are known by their content
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    return " ".join((result.stdout + result.stderr).split()), result.returncode == 0


def test_a_clone_of_any_name_passes_and_a_forbidden_import_fails_there(clone):
    output, passed = make(clone, "style")
    assert passed, output
    for path, (line, _) in FORBIDDEN.items():
        (clone / path).write_text(
            f'"""A module that breaks a rule."""\n\n{line}\n\n__all__ = ["{re.split(" ", line)[-1]}"]\n'
        )
    output, passed = make(clone, "lint")
    assert not passed
    assert {path: reason for path, (_, reason) in FORBIDDEN.items() if reason not in output} == {}, output


@pytest.mark.parametrize("clone", ["my-repo"], indirect=True)
def test_types_are_checked_in_a_clone_of_another_name(clone):
    with (clone / "procgen/registry.py").open("a") as file:
        file.write("\n\ndef planted() -> int:\n    return names\n\n\nnames: str = 'not a number'\n")
    output, passed = make(clone, "types")
    assert not passed and "simulacra/procgen/registry.py" in output and "Incompatible return value type" in output
    assert "Found 1 error in 1 file" in output  # all the rest passes
