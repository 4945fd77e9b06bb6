"""What a person is called: its rig carries the name, and what is part of it is called by it and by what it is."""

from __future__ import annotations

import re

from ...procgen.people.belonging import parts_of

ROLE = "role"  # property of a part: what it is called without its person
CALLED = "called"  # property of the rig: the name that its parts follow
GIVEN = "given"  # property of a part: the name that it was last given here; an artist's own name differs


def bare(name: str) -> str:
    """A name without the number that Blender adds where it is taken."""
    return re.sub(r"\.\d{3,}$", "", name)


def _free(role: str, taken: set[str]) -> str:
    """A role that no other part of the person has: Button, Button 2, Button 3."""
    number, found = 1, role
    while found in taken:
        number += 1
        found = f"{role} {number}"
    return found


def call(rig, name: str) -> None:
    """Call a person by a name; Blender adds a number where it is taken."""
    rig.name = name
    rig.data.name = rig.name
    follow(rig)


def lags(rig) -> bool:
    """Whether a person was renamed and its parts were not yet."""
    return rig.get(CALLED) != rig.name


def follow(rig) -> None:
    """Let the names of a person's parts follow its own; what an artist named stays."""
    rig[CALLED] = rig.name
    parts = parts_of(rig)
    taken = {obj[ROLE] for obj in parts if ROLE in obj}
    for obj in parts:
        if ROLE not in obj:
            obj[ROLE], obj[GIVEN] = _free(bare(obj.name), taken), obj.name
            taken.add(obj[ROLE])
        wanted = f"{rig.name} {obj[ROLE]}"
        if obj.name != wanted and obj.name == obj[GIVEN]:
            obj.name = wanted
            obj[GIVEN] = obj.name
            if obj.data is not None and obj.data.users == 1:
                obj.data.name = obj.name
