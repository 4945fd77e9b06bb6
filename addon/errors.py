"""Tells a user of what went wrong in one line, and remembers it for a report."""

import functools
import time
import traceback

import bpy

from ..datagen.errors import BadInput
from ..procgen.blender import UnsupportedBlender
from ..procgen.distributions import SpecError
from .presets.files import PresetError

EXPECTED = (BadInput, SpecError, PresetError, UnsupportedBlender, OSError)  # their message is meant for the user
last: dict = {}  # the error that a report would tell of
_shown = ""  # what the panel tells of it, until it is dismissed or what went wrong goes well


def expect(*kinds: type) -> None:
    """Add kinds of errors whose message is meant for the user."""
    global EXPECTED
    EXPECTED = (*EXPECTED, *kinds)


def reported(execute):
    """An operator's method that ends with one clear line where something is not allowed, and with a report otherwise."""

    @functools.wraps(execute)
    def method(self, context, *more):
        try:
            result = execute(self, context, *more)
            if "FINISHED" in result and _room(type(self).__module__) == last.get("room"):
                dismiss()
            return result
        except EXPECTED as error:
            remember(self.bl_idname, error, type(self).__module__)
            self.report({"ERROR"}, " ".join(str(error).split()))
        except Exception as error:
            remember(self.bl_idname, error, type(self).__module__)
            self.report({"ERROR"}, f"{type(error).__name__}: {error}. Save Error Report writes a file to attach")
        return {"CANCELLED"}

    return method


def _room(module: str) -> str:
    """The room of the sidebar that a module is in: what goes well there ends what went wrong there."""
    return module.rpartition(".")[0]


def remember(where: str, error: BaseException, module: str = "") -> None:
    """Keep an error of an operator, or of another place in a module, for the panel and the report."""
    global _shown
    last.clear()
    last.update(
        where=where, message=f"{type(error).__name__}: {error}", room=_room(module),
        trace=traceback.format_exception(type(error), error, error.__traceback__), time=time.strftime("%Y-%m-%d %H:%M:%S"),
    )  # fmt: skip
    _shown = " ".join(str(error).split()) if isinstance(error, EXPECTED) else last["message"]


def shown() -> str:
    """What the panel tells of the last error; "" once it is dismissed or made good."""
    return _shown


def dismiss() -> None:
    """Tell of the last error no more; the report still does."""
    global _shown
    _shown = ""


class SIMULACRA_OT_dismiss_error(bpy.types.Operator):
    """Show this no more; Save Error Report still tells of it"""

    bl_idname = "simulacra.dismiss_error"
    bl_label = "Dismiss"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        """Forget what is shown."""
        from .fields import settling

        dismiss()
        settling.say("")
        return {"FINISHED"}


CLASSES = (SIMULACRA_OT_dismiss_error,)
