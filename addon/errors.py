"""Tells a user of what went wrong in one line, and remembers it for a report."""

import functools
import time
import traceback

from ..datagen.errors import BadInput
from ..procgen.blender import UnsupportedBlender
from ..procgen.distributions import SpecError
from .presets.files import PresetError

EXPECTED = (BadInput, SpecError, PresetError, UnsupportedBlender, OSError)  # their message is meant for the user
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
