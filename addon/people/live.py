"""Keeps a person true to its sliders: the body moves at once, the rest is built again when the slider is let go."""

from __future__ import annotations

import bpy

from ...procgen.distributions import SpecError
from ...procgen.params import from_dict, to_dict
from ...procgen.people.consequences import CONSEQUENCES, follow
from ...procgen.registry import find
from ..fields import properties, settling
from . import naming, watch
from .person import SPEC, people, rig_of, spec_of, store

QUIET = 7  # looks; Blender hears the mouse between any two, however slow it draws
_showing = False  # the sliders are being set from a spec: nothing changed
_previews: dict[str, object] = {}  # rig name -> the preview of the drag that goes on


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
    kind, before = spec_of(rig)
    document = properties.edited(root_of(rig, kind), kind, to_dict(before), path)
    document = follow(document, path)
    try:
        spec = from_dict(find(kind).load("spec"), document)
        settling.say("")
    except SpecError as error:
        settling.say(str(error))
        show(rig)
        return
    change(rig, kind, before, spec)
    alone = properties.declared(kind, path.rpartition(".")[0])
    if isinstance(alone, properties.Simplex) or path.rpartition(".")[2] in CONSEQUENCES:
        show(rig)  # other sliders moved too


def change(rig, kind: str, before, spec) -> None:
    """Show another spec: the body at once, the rest by a timer, or by ``settle``."""
    from ...procgen.people.edit import Preview

    watch.attend()
    store(rig, kind, spec)
    name = rig.name_full
    if spec.identity != before.identity or spec.expression != before.expression:
        if name not in _previews:
            _previews[name] = Preview(rig, before)
        _previews[name].show(spec)
    settling.changed("people", name)


def settle(rig, carry: bool = True) -> None:
    """Build now whatever a person's spec says and its objects do not show yet.

    With ``carry`` a shape that its sliders were dragged to takes along what was built for another one; without, and where
    nothing was dragged, all that stands on it is built anew.
    """
    watch.attend()
    if not carry:
        _previews.pop(rig.name_full, None)
    for _ in _rebuild(rig):
        pass
    settling.built("people", rig.name_full)


def build_again(rig) -> None:
    """Build every part of a person afresh from its spec, in the objects that are there."""
    from ...procgen.people import edit

    edit.forget_built(rig)
    settle(rig, carry=False)


def _rebuild(rig):
    from ...procgen.people import edit

    preview = _previews.pop(rig.name_full, None)
    _, spec = spec_of(rig)
    for step in edit.rebuild(rig, spec, preview and preview.carrier):
        naming.follow(rig)
        if bpy.context.view_layer.objects.active is None:  # it was of a part that was built again
            bpy.context.view_layer.objects.active = rig
        yield step


def _find(name: str):
    rig = bpy.data.objects.get(name)
    return rig if rig is not None and SPEC in rig else None


def stale_rigs() -> list:
    """The people of this file that do not show all that their spec says."""
    from ...procgen.people import edit

    found = []
    for rig in people():
        if edit.BUILT in rig:
            try:
                found += [rig] if edit.stale(rig, spec_of(rig)[1]) else []
            except SpecError:
                continue  # the panel says it when the person is looked at
    return found


settling.keep(
    "people",
    settling.Keeper("Simulacra: update the person", QUIET, _find, stale_rigs, _rebuild, lambda: _previews.clear()),
)
