"""What a person is called: its rig carries the name, and what is part of it is called by it and by what it is."""

from __future__ import annotations

from ...procgen.people.belonging import parts_of
from ...procgen.people.transplant import ROLE

CALLED = "called"  # property of the rig: the name that its parts follow
GIVEN = "given"  # property of a part: the name that it was last given here; an artist's own name differs


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
    for obj in parts_of(rig):
        if GIVEN not in obj:
            obj[GIVEN] = obj.name
        wanted = f"{rig.name} {obj[ROLE]}"
        if obj.name != wanted and obj.name == obj[GIVEN]:
            obj.name = wanted
            obj[GIVEN] = obj.name
            if obj.data is not None and obj.data.users == 1:
                obj.data.name = obj.name
