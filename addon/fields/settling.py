"""Waits until sliders are let go, then builds what they changed in one undo step; goes past half steps at undo and redo."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import bpy

from ...procgen.distributions import SpecError

LOOK = 0.1  # seconds between two looks at whether a slider was let go
message = ""  # what went wrong last, for the panel


class Keeper(NamedTuple):
    """How one family of things is kept true to its sliders."""

    undo: str  # name of the undo step
    quiet: int  # looks without a change that count as letting go
    find: Callable[[str], Any]  # the thing of a name, or None where it is gone
    stale: Callable[[], list]  # the things of this file that do not show all that their spec says
    rebuild: Callable[[Any], Iterable]  # builds what is stale, a step at a time
    forget: Callable[[], None]  # drops what is held of the scene


_keepers: dict[str, Keeper] = {}  # by family
_changed: dict[tuple[str, str], int] = {}  # family and name -> looks since it last changed


def keep(family: str, keeper: Keeper) -> None:
    """Add a family."""
    _keepers[family] = keeper


def changed(family: str, name: str) -> None:
    """Something is to be built once its slider is let go."""
    _changed[family, name] = 0
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=LOOK)


def built(family: str, name: str) -> None:
    """Nothing of it waits any more."""
    _changed.pop((family, name), None)


def is_waiting(family: str) -> bool:
    """Whether something of a family waits to be built."""
    return any(other == family for other, _ in _changed)


def say(text: str) -> None:
    """Set what the panel tells of the last slider; "" where it was right."""
    global message
    message = text


@contextlib.contextmanager
def busy():
    """Show that Blender works, where there is a window."""
    window = None if bpy.app.background else bpy.context.window
    if window:
        window.cursor_modal_set("WAIT")
    try:
        yield
    finally:
        if window:
            window.cursor_modal_restore()


def _tick() -> float | None:
    """Builds what waits once its slider is let go; a timer.

    It is done in one go and recorded as one undo step: Blender's undo takes data that changed between two steps without
    its knowledge for what it was, and ends in freed memory.
    """
    for (family, name), looks in list(_changed.items()):
        keeper = _keepers[family]
        if looks < keeper.quiet:
            _changed[family, name] = looks + 1
            return LOOK
        thing = keeper.find(name)
        if thing is None:
            built(family, name)
            continue
        manager = bpy.context.window_manager
        with bpy.context.temp_override(window=manager.windows[0]):
            if bpy.context.mode != "OBJECT" or _is_moving(manager):
                return 0.5
            manager.progress_begin(0, 100)
            try:
                with busy():
                    for done, _ in enumerate(keeper.rebuild(thing)):
                        manager.progress_update(done)
                say("")
            except SpecError as error:
                say(str(error))
            finally:
                manager.progress_end()
                built(family, name)
            bpy.ops.ed.undo_push(message=keeper.undo)
        redraw()
    return LOOK if _changed else None  # building may ask for more, and this timer counts as registered until it ends


def _is_moving(manager) -> bool:
    """Whether something is on its way under the mouse, as a copy that was just made: its operator has not ended."""
    return any(operator.bl_idname.startswith("TRANSFORM_OT") or operator.bl_idname.startswith("OBJECT_OT")
               for window in manager.windows for operator in window.modal_operators)  # fmt: skip


def redraw() -> None:
    """Redraw the sidebars and viewports."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR"):
                area.tag_redraw()


def forget(*_) -> None:
    """Drop all that is held of the scene: after an undo, or when another file is open, it points nowhere."""
    _changed.clear()
    for keeper in _keepers.values():
        keeper.forget()


def stale() -> list[tuple[str, Any]]:
    """What of this file does not show all that its spec says, with its family."""
    return [(family, thing) for family, keeper in _keepers.items() for thing in keeper.stale()]


def _go_on(operator: str):
    """A timer that takes one more step back or forth: a slider's own step shows what is only previewed."""

    def step() -> None:
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            action = getattr(bpy.ops.ed, operator)
            if stale() and action.poll():
                action()

    return step


@bpy.app.handlers.persistent
def after_undo(*_) -> None:
    """Go on to the last step that shows everything whole."""
    forget()
    if stale() and not bpy.app.background:
        bpy.app.timers.register(_go_on("undo"), first_interval=0.0)


@bpy.app.handlers.persistent
def after_redo(*_) -> None:
    """Go on to the next step that shows everything whole."""
    forget()
    if stale() and not bpy.app.background:
        bpy.app.timers.register(_go_on("redo"), first_interval=0.0)


@bpy.app.handlers.persistent
def after_load(*_) -> None:
    """Nothing held is valid; what was saved in the middle of a change is built."""
    forget()
    for family, thing in stale():
        changed(family, thing.name_full)


HANDLERS = {"undo_post": after_undo, "redo_post": after_redo, "load_post": after_load}


def register() -> None:
    """Listen to undo, redo and load."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Stop listening, and let nothing go on."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    forget()
