"""Operators that add the preset library to the Asset Browser, built by a Blender in the background, and take it away."""

import contextlib
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ...procgen import processes
from .. import PACKAGE
from ..datasets.render import Follows
from ..errors import reported
from ..preferences import user_path
from ..worker import jobs
from .contents import CATALOGUES, FILE

NAME = "Simulacra"
START = (
    "import bpy, sys; from {package}.addon.library.build import main; "
    "sys.exit(main(sys.argv[sys.argv.index('--') + 1:]))"
)


def folder() -> Path:
    """Where the library lies."""
    return user_path("library")


def added():
    """The library as the preferences list it, or None."""
    libraries = bpy.context.preferences.filepaths.asset_libraries
    return next((row for row in libraries if row.path and Path(bpy.path.abspath(row.path)) == folder()), None)


def add() -> None:
    """List the library in the preferences; what is dropped from it is appended."""
    if added() is None:
        bpy.context.preferences.filepaths.asset_libraries.new(name=NAME, directory=str(folder()))
    with contextlib.suppress(TypeError):  # 5.2 has no such method, and appends
        added().import_method = "APPEND_REUSE"
    bpy.context.preferences.is_dirty = True


class SIMULACRA_OT_add_library(Follows, bpy.types.Operator):
    """Build materials, looks, places and expressions as assets, in the background, and add them to the Asset Browser as Simulacra"""

    bl_idname = "simulacra.add_library"
    bl_label = "Add the Preset Library"

    @classmethod
    def poll(cls, context):
        """One at a time."""
        return cls.idle("library", tip_("The library is being built; cancel that, or wait for it"))

    @reported
    def execute(self, context):
        """Start a Blender of its own."""
        command = processes.program(bpy.app.binary_path, START.format(package=PACKAGE), str(folder()))

        def arrive(job):
            if job.state == "finished":
                add()

        jobs.start("library", "preset library", [command], arrive)
        return self.follow("library")


class SIMULACRA_OT_remove_library(bpy.types.Operator):
    """Take the preset library out of the Asset Browser and delete its files; what was dropped into scenes stays"""

    bl_idname = "simulacra.remove_library"
    bl_label = "Remove the Preset Library"

    @classmethod
    def poll(cls, context):
        """It must be there."""
        return added() is not None

    def invoke(self, context, event):
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    @reported
    def execute(self, context):
        """Take it away."""
        bpy.context.preferences.filepaths.asset_libraries.remove(added())
        bpy.context.preferences.is_dirty = True
        for name in (FILE, CATALOGUES, f"{CATALOGUES}~"):
            (folder() / name).unlink(missing_ok=True)
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_add_library, SIMULACRA_OT_remove_library)
