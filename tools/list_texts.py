"""List the texts of the sidebar that a translation lacks (they show in English) and those that nothing shows any more.

    python tools/list_texts.py [--check]

With ``--check``, as a release is made, the exit code is 1 where there is one.
"""

import argparse
import json
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = "bl_ext.user_default.simulacra"


def enable(resources: Path) -> None:
    """Enable the extension from this tree, as Blender loads it, with settings of nobody's."""
    os.environ["BLENDER_USER_RESOURCES"] = str(resources)
    import bpy  # which brings the other

    import addon_utils  # isort: skip

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    link = resources / "extensions" / "user_default" / "simulacra"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT, target_is_directory=True)
    addon_utils.extensions_refresh()
    if addon_utils.enable(EXTENSION, default_set=True) is None:
        sys.exit("the extension cannot be enabled")


def main(argv: list[str] | None = None) -> int:
    """Print what each language lacks and has too much, as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 where a text is missing or stale")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="simulacra-texts-") as folder:
        enable(Path(folder))
        state = import_module(f"{EXTENSION}.addon.languages.texts").state()
    print(json.dumps(state, indent=1, ensure_ascii=False))
    for language, found in state.items():
        print(f"{language}: {len(found['missing'])} missing, {len(found['stale'])} stale", file=sys.stderr)
    return int(options.check and any(found["missing"] or found["stale"] for found in state.values()))


if __name__ == "__main__":
    sys.exit(main())
