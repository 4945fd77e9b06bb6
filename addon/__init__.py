"""The Blender side: registers the command ``blender --command simulacra``."""

import sys

_command = None


def _main(argv) -> int:
    try:
        from ..__main__ import main
    except ModuleNotFoundError as error:  # the command line uses more than a stock Blender holds
        sys.stderr.write(f"simulacra: {error.name} is not installed in Blender's Python; use pip install simulacra\n")
        return 2
    return main(list(argv))


def register():
    """Called when the extension is enabled."""
    global _command
    import bpy

    _command = bpy.utils.register_cli_command("simulacra", _main)


def unregister():
    """Called when the extension is disabled."""
    global _command
    import bpy

    if _command is not None:
        bpy.utils.unregister_cli_command(_command)
        _command = None
