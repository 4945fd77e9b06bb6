"""Locks: fields of a person or place that stay when others are drawn anew, kept on what carries its sliders."""

import json


def locked(owner) -> set[str]:
    """The dotted paths of the locked fields of a person's rig or a place's collection."""
    try:
        found = json.loads(owner.simulacra.locked or "[]")
    except ValueError:
        return set()
    return {path for path in found if isinstance(path, str)} if isinstance(found, list) else set()


def lock(owner, paths, on: bool) -> None:
    """Lock or unlock fields."""
    owner.simulacra.locked = json.dumps(sorted(locked(owner) | set(paths) if on else locked(owner) - set(paths)))
