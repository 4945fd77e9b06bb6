"""The error report: versions, the last error and the worker's last words, in a file that can be attached to an issue."""

import json
import platform
import sys
from pathlib import Path

import bpy

from ..datagen.formats.writing import write_whole
from . import PACKAGE
from .errors import last, reported
from .worker import jobs


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
        package = sys.modules[PACKAGE]
        text = report_text(package.__version__, jobs.last_lines())
        write_whole(Path(self.filepath), text.encode("utf-8", "backslashreplace"))
        self.report({"INFO"}, f"{Path(self.filepath).name}: written")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_error_report,)
