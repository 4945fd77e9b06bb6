"""Keeps people whole as rigs come and go: a copy becomes a person of its own, and parts go with the rig that was deleted."""

from __future__ import annotations

import bpy

from ...procgen.people.belonging import PERSON, is_own, is_rig, let_go, rig_above
from ..fields import settling
from . import copies, naming
from .person import SPEC, people
from .removal import drop_widgets, remove_parts

FAMILY = "kin"
QUIET = 1  # looks: a copy is on its way under the mouse until its operator ends
_known: dict[int, str] = {}  # the rigs of this file at the last look: session id -> identity
_objects = -1  # how many objects this file had at the last look


def attend() -> list[str]:
    """Do what copied, deleted and renamed rigs ask for; returns the names of the people that were made or removed."""
    done = []
    gone = _gone()
    orphans = [
        obj for obj in bpy.data.objects if obj.get(PERSON) in gone and not is_rig(obj) and rig_above(obj) is None
    ]
    if orphans:
        done += sorted({obj[naming.GIVEN] for obj in orphans if naming.GIVEN in obj})[:1]
        remove_parts(orphans)
        drop_widgets()
    done += [rig.name for rig in copies.settle()]
    for rig in filter(naming.lags, people()):
        naming.follow(rig)
    learn()
    return done


def _gone() -> set[str]:
    """The identities whose rig was there at the last look and is in no collection now."""
    there = {rig.session_uid for rig in people() if rig.users_collection}
    return {identity for uid, identity in _known.items() if uid not in there}


def learn(*_) -> None:
    """Take the people of this file for what is known of it."""
    global _objects
    _known.clear()
    _known.update({rig.session_uid: rig[PERSON] for rig in people() if PERSON in rig and rig.users_collection})
    _objects = len(bpy.data.objects)


def half_done() -> list:
    """The copies that are no people of their own yet, people whose parts have an old name, and parts whose rig is gone."""
    lagging = [rig for rig in people() if naming.lags(rig)]
    return [rig for rig, _ in copies.copies()] + lagging + _lost()


def _lost() -> list:
    alive = {obj.get(PERSON) for obj in bpy.data.objects if is_rig(obj)}
    return [obj for obj in bpy.data.objects if PERSON in obj and obj[PERSON] not in alive and is_own(obj)]


@bpy.app.handlers.persistent
def on_update(scene, depsgraph) -> None:
    """Notice that objects came or went, or that a rig was renamed."""
    global _objects
    changed = [update.id for update in depsgraph.updates if isinstance(update.id, bpy.types.Object)]
    renamed = any(is_rig(obj) and SPEC in obj and naming.lags(obj) for obj in changed)
    if len(bpy.data.objects) == _objects and not renamed:
        return
    if renamed or _gone() or copies.copies():
        _objects = len(bpy.data.objects)
        settling.changed(FAMILY, "")
    else:
        learn()


@bpy.app.handlers.persistent
def before_save(*_) -> None:
    """A file is saved with every person whole."""
    attend()


@bpy.app.handlers.persistent
def after_load(*_) -> None:
    """Another file is open: parts that came without their rig are the artist's own."""
    copies.adopt()
    let_go(_lost())
    learn()


settling.keep(
    FAMILY,
    settling.Keeper("Simulacra: people of their own", QUIET, lambda name: name, half_done, lambda _: attend(), learn),
)
HANDLERS = {"depsgraph_update_post": on_update, "save_pre": before_save, "load_post": after_load}


def register() -> None:
    """Listen to objects that come and go, and to files."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Stop listening."""
    for name, handler in HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    _known.clear()
