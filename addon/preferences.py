"""The extension's preferences: which worker renders, where datasets go, and what happens when Blender closes."""

import json
from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..procgen import processes
from . import PACKAGE, interpreter
from .worker.process import command_line
from .wrapping import draw_wrapped

tested = {"lines": [], "models": None}  # what the Test button found
wrong = {"python": ""}  # why the Python that was chosen last cannot be used


def python_chosen(self, context) -> None:
    """Say at once whether the Python that was typed or chosen can be used; what was found of another one is void."""
    wrong["python"] = interpreter.problem(chosen_python())
    tested.update(lines=[], models=None)


class SIMULACRA_AP_preferences(bpy.types.AddonPreferences):
    """What belongs to a person's machine and not to a scene."""

    bl_idname = PACKAGE

    python: StringProperty(
        name="Python", subtype="FILE_PATH",
        description="A Python that has simulacra installed, to render with and to run trained systems; "
        "empty renders with this Blender in the background",
        update=python_chosen,
    )  # fmt: skip
    output: StringProperty(
        name="Datasets",
        subtype="DIR_PATH",
        description="Folder in which new datasets are offered a place; empty: simulacra in your home",
    )
    workers: IntProperty(
        name="Workers",
        description="Processes that render at once; 0 chooses by cores and memory",
        min=0,
        max=256,
        default=0,
    )
    at_exit: EnumProperty(
        name="When Blender closes", description="What happens to a dataset that is being rendered", default="END",
        items=[
            ("END", "End the worker", "What is finished stays; Resume goes on later"),
            ("DETACH", "Let it go on", "The worker renders to its end without Blender"),
        ],
    )  # fmt: skip

    def draw(self, context):
        """Draw the preferences."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "python")
        if wrong["python"]:
            draw_wrapped(layout.box(), wrong["python"], "ERROR")
        layout.prop(self, "workers")
        layout.prop(self, "output")
        layout.prop(self, "at_exit")
        layout.operator("simulacra.test_worker", icon="CHECKMARK")
        if tested["lines"]:
            box = layout.box().column(align=True)
            for line in tested["lines"]:
                box.label(text=line, icon="NONE")


def preferences() -> SIMULACRA_AP_preferences:
    """The preferences as they are."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def chosen_python() -> str:
    """The path of the Python that the preferences name, or ""."""
    return bpy.path.abspath(preferences().python) if preferences().python else ""


def caller():
    """How to call the command line on this machine; raises OSError where the Python in the preferences is no program."""
    python = chosen_python()
    found = interpreter.file_problem(python)
    if found:
        raise OSError(f"Python in the preferences: {found}")
    return command_line(PACKAGE, bpy.app.binary_path, python)


def dataset_folder() -> Path:
    """The folder in which a dataset is offered a place."""
    chosen = preferences().output
    return Path(bpy.path.abspath(chosen)) if chosen else Path.home() / "simulacra"


def user_path(name: str) -> Path:
    """A folder of this extension's own; made if it is not there."""
    return Path(bpy.utils.extension_path_user(PACKAGE, path=name, create=True))


def examine(timeout: float = 180.0) -> dict:
    """What ``simulacra doctor`` says of the worker; {"error": reason} where it does not answer."""
    try:
        answer = processes.run(caller()(["doctor", "--json"]), capture_output=True, text=True, timeout=timeout)
    except (OSError, processes.TimeoutExpired) as error:
        return {"error": f"the worker does not start: {error}"}
    for line in reversed(answer.stdout.splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                break
    said = (answer.stderr.strip() or answer.stdout.strip()).splitlines()
    return {"error": said[-1] if said else f"the worker ended with code {answer.returncode}"}


class SIMULACRA_OT_test_worker(bpy.types.Operator):
    """Start the worker and show its versions, devices, and what is missing"""

    bl_idname = "simulacra.test_worker"
    bl_label = "Test the Worker"

    def execute(self, context):
        """Run the doctor."""
        found = examine()
        if "error" in found:
            tested.update(lines=[found["error"]], models=None)
            self.report({"ERROR"}, found["error"])
            return {"CANCELLED"}
        rows = [
            f"Simulacra {found['simulacra']}, Python {found['python']}, {found['cores']} cores, {found['memory_gib']} GiB"
        ]
        for row in found["rows"]:
            state = row["found"] if row["ok"] else f"{'MISSING' if row['needed'] else 'not there'}: {row['hint']}"
            rows.append(f"{row['name']}: {state}")
        tested.update(lines=rows, models=found["models"])
        self.report(
            {"INFO"} if found["ok"] else {"WARNING"}, rows[0] if found["ok"] else "Something that is needed is missing"
        )
        return {"FINISHED"}


CLASSES = (SIMULACRA_AP_preferences, SIMULACRA_OT_test_worker)
