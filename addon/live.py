"""Keeps a person true to its sliders: the body moves at once, the rest is built again when the slider is let go."""

from __future__ import annotations

import bpy

from ..procgen.distributions import SpecError
from ..procgen.params import from_dict, to_dict
from ..procgen.people.consequences import CONSEQUENCES, follow
from ..procgen.people.face import PARTS
from ..procgen.registry import find
from . import properties
from .person import SPEC, collection_of, rig_of, spec_of, store

LOOK = 0.1  # seconds between two looks at whether a slider was let go
QUIET = (
    7  # looks without a change that count as letting go; Blender hears the mouse between any two, however slow it draws
)
_showing = False  # the sliders are being set from a spec: nothing changed
_previews: dict[str, object] = {}  # rig name -> the preview of the drag that goes on
_changed: dict[str, int] = {}  # rig name -> looks since it last changed
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
    document = follow(document, path)
    try:
        spec = from_dict(find(kind).load("spec"), document)
        message = ""
    except SpecError as error:
        message = str(error)
        show(rig)
        return
    change(rig, kind, before, spec)
    alone = properties.declared(kind, path.rpartition(".")[0])
    if isinstance(alone, properties.Simplex) or path.rpartition(".")[2] in CONSEQUENCES:
        show(rig)  # other sliders moved too


def change(rig, kind: str, before, spec) -> None:
    """Show another spec: the body at once, the rest by a timer, or by ``settle``."""
    from ..procgen.people.edit import Preview

    store(rig, kind, spec)
    name = rig.name_full
    if spec.identity != before.identity or spec.expression != before.expression:
        if name not in _previews:
            _previews[name] = Preview(collection_of(rig), before)
        _previews[name].show(spec)
    _changed[name] = 0
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=LOOK)


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
    """Builds what waits once its slider is let go; a timer.

    It is done in one go and recorded as one undo step: Blender's undo takes data that changed between two steps without
    its knowledge for what it was, and ends in freed memory.
    """
    global message
    for name, looks in list(_changed.items()):
        if looks < QUIET:
            _changed[name] = looks + 1
            return LOOK
        rig = bpy.data.objects.get(name)
        if rig is None or SPEC not in rig:
            _changed.pop(name)
            continue
        manager = bpy.context.window_manager
        with bpy.context.temp_override(window=manager.windows[0]):
            if bpy.context.mode != "OBJECT":
                return 0.5
            manager.progress_begin(0, len(PARTS))
            try:
                for done, _ in enumerate(_rebuild(rig)):
                    manager.progress_update(done)
                message = ""
            except SpecError as error:
                message = str(error)
            finally:
                manager.progress_end()
                _changed.pop(name, None)
            bpy.ops.ed.undo_push(message="Simulacra: update the person")
        redraw()
    return None


def redraw() -> None:
    """Redraw the sidebars and viewports."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "IMAGE_EDITOR"):
                area.tag_redraw()


def forget(*_) -> None:
    """Drop all that is held of the scene: after an undo, or when another file is open, it points nowhere."""
    _previews.clear()
    _changed.clear()


def _stale_rigs() -> list:
    """The people of this file that do not show all that their spec says."""
    from ..procgen.people import edit

    found = []
    for rig in bpy.data.objects:
        if rig.type == "ARMATURE" and SPEC in rig and edit.BUILT in rig:
            try:
                found += [rig] if edit.stale(rig, spec_of(rig)[1]) else []
            except SpecError:
                continue  # the panel says it when the person is looked at
    return found


def _go_on(operator: str):
    """A timer that takes one more step back or forth: a slider's own step shows a person that is only previewed."""

    def step() -> None:
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            action = getattr(bpy.ops.ed, operator)
            if _stale_rigs() and action.poll():
                action()

    return step


@bpy.app.handlers.persistent
def after_undo(*_) -> None:
    """Go on to the last step that shows a whole person."""
    forget()
    if _stale_rigs() and not bpy.app.background:
        bpy.app.timers.register(_go_on("undo"), first_interval=0.0)


@bpy.app.handlers.persistent
def after_redo(*_) -> None:
    """Go on to the next step that shows a whole person."""
    forget()
    if _stale_rigs() and not bpy.app.background:
        bpy.app.timers.register(_go_on("redo"), first_interval=0.0)


@bpy.app.handlers.persistent
def after_load(*_) -> None:
    """Nothing held is valid; what was saved in the middle of a change is built."""
    forget()
    for rig in _stale_rigs():
        kind, spec = spec_of(rig)
        change(rig, kind, spec, spec)


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
