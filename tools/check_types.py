"""Check the types of the public API with mypy: the modules that pyproject.toml names under tool.simulacra.typed.

As for the layers, a link lets the package have its own name in a clone of any other.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main():
    """Print what mypy finds; 0 if that is nothing."""
    names = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["simulacra"]["typed"]
    cache = os.environ.get("MYPY_CACHE_DIR", ROOT / ".mypy_cache")
    with tempfile.TemporaryDirectory(prefix="simulacra-types-") as folder:
        (Path(folder) / "simulacra").symlink_to(ROOT, target_is_directory=True)
        command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml"]
        command += ["--cache-dir", cache, *(word for name in names for word in ("-p", name))]
        return subprocess.run(command, cwd=folder, env=os.environ | {"MYPYPATH": folder}).returncode


if __name__ == "__main__":
    sys.exit(main())
