"""Keeps a person true to its sliders: the body moves at once, the rest is built again when the slider is let go."""

from __future__ import annotations

import time

import bpy

from ..procgen.distributions import SpecError
from ..procgen.params import from_dict, to_dict
from ..procgen.registry import find
from . import properties
from .person import SPEC, collection_of, rig_of, spec_of, store

PAUSE = 0.45  # seconds without a change after which a slider counts as let go
_showing = False  # the sliders are being set from a spec: nothing changed
_previews: dict[str, object] = {}  # rig name -> the preview of the drag that goes on
_changed: dict[str, float] = {}  # rig name -> when it last changed
_steps: dict[str, object] = {}  # rig name -> the rebuild that goes on
message = ""  # what went wrong last, for the panel


def root_of(rig, kind: str):
    """The property group that shows a rig's spec."""
    return getattr(rig.simulacra, kind)


def show(rig) -> None:
    """Set the sliders of a person from its stored spec."""
    global _showing
    kind, spec = spec_of(rig)
    _showing = True
    try:
        rig.simulacra.kind = kind
        properties.show(root_of(rig, kind), kind, to_dict(spec))
    finally:
        _showing = False


def on_update(path: str):
    """The callback of the property that shows a field."""

    def update(self, context):
        if _showing or rig_of(self.id_data) is None:
            return
        slider_moved(self.id_data, path)

    return update


def slider_moved(rig, path: str) -> None:
    """Take a field from its slider, preview it, and leave the rest for when the slider is let go."""
    global message
    kind, before = spec_of(rig)
    document = properties.edited(root_of(rig, kind), kind, to_dict(before), path)
    try:
        spec = from_dict(find(kind).load("spec"), document)
        message = ""
    except SpecError as error:
        message = str(error)
        show(rig)
        return
    change(rig, kind, before, spec)
    if isinstance(properties.declared(kind, path.rpartition(".")[0]), properties.Simplex):
        show(rig)  # the other weights made room


def change(rig, kind: str, before, spec) -> None:
    """Show another spec: the body at once, the rest by a timer, or by ``settle``."""
    from ..procgen.people.edit import Preview

    store(rig, kind, spec)
    name = rig.name_full
    if spec.identity != before.identity or spec.expression != before.expression:
        if name not in _previews:
            _previews[name] = Preview(collection_of(rig), before)
        _previews[name].show(spec)
    _steps.pop(name, None)
    _changed[name] = time.monotonic()
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=PAUSE)


def settle(rig) -> None:
    """Build now whatever a person's spec says and its objects do not show yet."""
    for _ in _rebuild(rig):
        pass
    _changed.pop(rig.name_full, None)


def is_settling() -> bool:
    """Whether something waits to be built."""
    return bool(_changed)


def _rebuild(rig):
    from ..procgen.people import edit

    _previews.pop(rig.name_full, None)
    _, spec = spec_of(rig)
    for step in edit.rebuild(collection_of(rig), rig, spec):
        if bpy.context.view_layer.objects.active is None:  # it was of a part that was built again
            bpy.context.view_layer.objects.active = rig
        yield step


def _tick() -> float | None:
    """One step of the work that waits; a timer."""
    global message
    for name, since in list(_changed.items()):
        rig = bpy.data.objects.get(name)
        if rig is None or SPEC not in rig:
            forget()
            return None
        if time.monotonic() - since < PAUSE:
            return 0.1
        window = bpy.context.window_manager.windows[0]
        try:
            with bpy.context.temp_override(window=window):
                if bpy.context.mode != "OBJECT":
                    return 0.5
                steps = _steps.setdefault(name, _rebuild(rig))
                next(steps)
                redraw()
                return 0.01
        except StopIteration:
            _changed.pop(name, None)
            _steps.pop(name, None)
        except SpecError as error:
            message = str(error)
            forget()
        redraw()
    return 0.05 if _changed else None


def redraw() -> None:
    """Redraw the sidebars and viewports."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR"):
                area.tag_redraw()


def forget(*_) -> None:
    """Drop all that is held of the scene: after an undo, or when another file is open, it points nowhere."""
    _previews.clear()
    _steps.clear()
    _changed.clear()


@bpy.app.handlers.persistent
def after_history(*_) -> None:
    """After undo, redo or load: nothing held is valid, and what was only previewed is built again."""
    from ..procgen.people import edit

    forget()
    for rig in bpy.data.objects:
        if rig.type == "ARMATURE" and SPEC in rig and edit.BUILT in rig:
            try:
                kind, spec = spec_of(rig)
                if edit.stale(rig, spec):
                    change(rig, kind, spec, spec)
            except SpecError:
                continue  # the panel says it when the person is looked at


HANDLERS = ("undo_post", "redo_post", "load_post")


def register() -> None:
    """Listen to undo, redo and load."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).append(after_history)


def unregister() -> None:
    """Stop listening, and let nothing go on."""
    for name in HANDLERS:
        getattr(bpy.app.handlers, name).remove(after_history)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    forget()
