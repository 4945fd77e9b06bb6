"""Opens a Blender file in a process of its own first: a broken one may end whatever reads it."""

from __future__ import annotations

from pathlib import Path

from ...procgen import processes
from ..errors import BadInput


def require_openable(path: Path) -> None:
    """Raise BadInput where Blender dies of a file; what it can tell of a file by itself is left to who opens it."""
    if not path.is_file():  # Blender has nothing to die of
        return
    module = f"{__package__.rpartition('.')[0]}.rendering.scene_file"
    program = ""
    if module.startswith("bl_ext."):
        import bpy

        program = bpy.app.binary_path
    # Whatever Python makes of it, the process ends well: only a signal, or a code that stands for one, is of interest here.
    code = f"import bpy, os, sys; exec({_opens(module)!r})"
    done = processes.run(processes.program(program, code, str(path)), capture_output=True)
    if done.returncode < 0 or done.returncode >= 128:
        raise BadInput(f"{path}: cannot be opened as a Blender file; Blender dies of it (code {done.returncode})")


def _opens(module: str) -> str:
    return (
        f"try:\n from {module} import open_scene\n from pathlib import Path\n open_scene(Path(sys.argv[-1]))\n"
        "except BaseException:\n pass\nfinally:\n os._exit(0)\n"
    )
