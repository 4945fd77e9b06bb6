"""Whose a part is: every object of a person carries its identity, whatever collection it is in and whatever it is called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import bpy

PERSON = "person"  # property of a rig and of all its parts: the name of their identity, which nobody sees
PART = "part_of"  # property of an object: the part of face.PARTS that built it


def is_rig(obj) -> bool:
    """Whether an object is the rig of a person."""
    return obj.type == "ARMATURE" and obj.get("class") == "rig"


def is_own(obj) -> bool:
    """Whether an object is this file's own: neither linked from another one nor an override of what is."""
    return obj.library is None and obj.override_library is None


def rigs() -> Iterator[bpy.types.Object]:
    """The rigs of all people of this file's own, the oldest first."""
    return iter(sorted((obj for obj in bpy.data.objects if is_rig(obj) and is_own(obj)), key=_age))


def _age(obj) -> int:
    return obj.session_uid  # it rises while Blender runs, and in the order of names when a file is read


def rig_above(obj):
    """The nearest rig among an object and its parents; None where there is none."""
    while obj is not None:
        if is_rig(obj):
            return obj
        obj = obj.parent
    return None


def rig_of(obj):
    """The rig of the person that an object is of or hangs on: by its parents, else by its identity; None for others."""
    above = rig_above(obj)
    if above is not None:
        return above
    identity = obj.get(PERSON) if obj is not None else None
    return next((rig for rig in rigs() if rig.get(PERSON) == identity), None) if identity else None


def parts_of(rig) -> list[bpy.types.Object]:
    """All objects that were built for a person but its rig, in the order of their build.

    What an artist hung on the rig is none of them, nor is a copy of a single part: its original stands for it.
    """
    identity = rig.get(PERSON)
    below = [obj for obj in rig.children_recursive if PERSON in obj and not is_rig(obj) and rig_above(obj) == rig]
    # What an artist took out of the tree of parents still knows whose it is.
    loose = [obj for obj in bpy.data.objects if identity and obj.get(PERSON) == identity and rig_above(obj) is None]
    ordered, taken = [], set()
    for obj in [*sorted(below, key=_age), *sorted(loose, key=_age)]:
        place = obj.get("place")
        if obj != rig and (place is None or place not in taken):
            ordered.append(obj)
            taken.add(place)
    return sorted(ordered, key=lambda obj: obj.get("place", 0))


def spare_copies(rig) -> list[bpy.types.Object]:
    """Copies that an artist made of single parts of a person: they look like parts and are none."""
    parts = set(parts_of(rig))
    return [obj for obj in rig.children_recursive if PERSON in obj and obj not in parts and rig_of(obj) == rig]


def let_go(objects: Iterable[bpy.types.Object]) -> None:
    """Make objects the artist's own: no person counts them as parts any more."""
    for obj in objects:
        for name in (PERSON, PART, "place"):
            if name in obj:
                del obj[name]


def claim(rig, parts: Iterable[bpy.types.Object], identity: str = "") -> str:
    """Give a rig and its parts an identity of their own, a new one if none is given; returns it."""
    identity = identity or os.urandom(6).hex()
    for obj in (rig, *parts):
        obj[PERSON] = identity
    return identity
