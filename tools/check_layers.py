"""Hold the import rules of this tree: layers by import-linter, and relative imports within the package.

A clone may have any name, and the package is ``simulacra`` in all of them: a link of that name stands before
whatever is installed, so that the files beside this tool are the ones that are read.
"""

import ast
import sys
import tempfile
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("procgen", "datagen", "models", "addon")


def absolute_imports():
    """Yield ``file:line`` and the import, for each that names our package from outside."""
    for path in [*ROOT.glob("*.py"), *(path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py")))]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            for name in names:
                if name.partition(".")[0] in ("simulacra", *PACKAGES):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: {name}"


def main():
    """Print what breaks a rule, with the rule; 0 if nothing does."""
    absolute = list(absolute_imports())
    for line in absolute:
        print(f"{line}: import relatively: inside Blender the package has another name")
    with tempfile.TemporaryDirectory(prefix="simulacra-layers-") as folder:
        (Path(folder) / "simulacra").symlink_to(ROOT, target_is_directory=True)
        sys.path.insert(0, folder)
        broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    return 1 if absolute or broken else 0


if __name__ == "__main__":
    sys.exit(main())
