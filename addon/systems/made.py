"""What made a thing, as its object says it: by that it can be made again."""

import json

import bpy

from .catalogue import SYSTEM_CHOICES

MADE = "model_thing"  # property of an object: the JSON document of what made it
LONGEST = 4096  # letters of a run's folder


def remember(obj: bpy.types.Object, system: str, run: str, seed: int) -> None:
    """Write down in an object what made it, so that it can be made again and pulled."""
    obj[MADE] = json.dumps({"system": system, "run": run, "seed": seed})


def made_by(obj: bpy.types.Object | None) -> dict | None:
    """What made an object, where it says so and that can be pulled; files may hold anything."""
    try:
        found = json.loads(obj[MADE]) if obj and MADE in obj else None
    except (TypeError, ValueError, RecursionError):
        return None
    able = [row.name for row in SYSTEM_CHOICES if row.drag]
    if not isinstance(found, dict) or found.get("system") not in able or obj.type != "MESH":
        return None
    run, seed = found.get("run"), found.get("seed")
    right = isinstance(run, str) and len(run) <= LONGEST and type(seed) is int and 0 <= seed < 2**31
    return {"system": found["system"], "run": run, "seed": seed} if right else None


def thing_at_hand(context) -> bpy.types.Object | None:
    """The thing that can be pulled: the selected one, or that of the selected handle or target."""
    obj = context.object
    while obj is not None and made_by(obj) is None:
        obj = obj.parent
    return obj
