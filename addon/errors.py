"""Tells a user of what went wrong: one line in Blender, and a report that can be attached to an issue."""

import functools
import json
import platform
import sys
import time
import traceback
from pathlib import Path

import bpy

from ..procgen.blender import UnsupportedBlender
from ..procgen.distributions import SpecError
from .presets import PresetError

EXPECTED = (SpecError, PresetError, UnsupportedBlender, OSError)  # their message is meant for the user
last: dict = {}  # the error that a report would tell of


def expect(*kinds: type) -> None:
    """Add kinds of errors whose message is meant for the user."""
    global EXPECTED
    EXPECTED = (*EXPECTED, *kinds)


def reported(execute):
    """An operator's method that ends with one clear line where something is not allowed, and with a report otherwise."""

    @functools.wraps(execute)
    def method(self, context, *more):
        try:
            return execute(self, context, *more)
        except EXPECTED as error:
            remember(self.bl_idname, error)
            self.report({"ERROR"}, " ".join(str(error).split()))
        except Exception as error:
            remember(self.bl_idname, error)
            self.report({"ERROR"}, f"{type(error).__name__}: {error}. Save Error Report writes a file to attach")
        return {"CANCELLED"}

    return method


def remember(where: str, error: BaseException) -> None:
    """Keep an error for the report."""
    last.clear()
    last.update(
        where=where, message=f"{type(error).__name__}: {error}",
        trace=traceback.format_exception(type(error), error, error.__traceback__), time=time.strftime("%Y-%m-%d %H:%M:%S"),
    )  # fmt: skip


def report_text(version: str, log: str = "") -> str:
    """The error report: versions, what failed and where; no file names but those of the trace."""
    home = str(Path.home())
    rows = {
        "simulacra": version, "blender": bpy.app.version_string, "python": platform.python_version(),
        "system": platform.platform(), "background": bpy.app.background, "error": last or "none",
        "modules": sorted(name for name in ("numpy", "torch") if name in sys.modules), "worker": log,
    }  # fmt: skip
    return json.dumps(rows, indent=1, default=str).replace(home, "~")


class SIMULACRA_OT_error_report(bpy.types.Operator):
    """Write versions, the last error and the worker's last lines to a text file that can be attached to an issue"""

    bl_idname = "simulacra.error_report"
    bl_label = "Save Error Report"

    filepath: bpy.props.StringProperty(name="File", description="Where the report is written", subtype="FILE_PATH")
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context, event):
        """Ask where."""
        self.filepath = "simulacra-error.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reported
    def execute(self, context):
        """Write the file."""
        from . import jobs

        package = sys.modules[__package__.rpartition(".")[0]]
        Path(self.filepath).write_text(report_text(package.__version__, jobs.last_lines()), encoding="utf-8")
        self.report({"INFO"}, f"{Path(self.filepath).name}: written")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_error_report,)
