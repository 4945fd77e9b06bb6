"""A thing alone: the spec of what it is, its light and the cameras around it, how it is drawn, and how it is built."""

from __future__ import annotations

from typing import Any

from numpy.random import Generator

from ..light.light import PANORAMA, Light, sample_light
from ..params import OneOf, SpecError, beta, choice, draw, fork, group, seed, spec, within
from .families import FAMILIES, FAMILY_OF, generator_of
from .views import Around

# How often things are seen in which light: a tent shows all sides alike, others cast shadows.
LIGHTS = {"tent": 0.4, "studio": 0.2, PANORAMA: 0.4}


@spec
class Thing:
    """One thing, what lights it, and the cameras around it.

    The thing's own fields follow from its family, its sort and its seed; thing.json holds them all.
    """

    family: str = choice(dict.fromkeys(FAMILIES, 1.0), doc="family of things")
    sort: str = choice(
        dict.fromkeys(FAMILY_OF, 1.0), doc="sort within the family, which it decides where it is set alone"
    )
    seed: int = seed(doc="child seed of the thing's own fields, and of the points that are drawn on it and around it")
    light: Light = group(Light)
    fill: float = beta(2, 4, 0.02, 0.45, doc="even light that is added from all sides, as a share of a white card's")
    camera: Around = group(Around)


def sample_thing(rng: Generator, fixed=None) -> Thing:
    """Draw a thing: its family first, all as likely, then a sort of it; the light is even more often than of people."""
    wishes = fixed or {}
    families = dict.fromkeys(FAMILIES, 1.0)
    if "sort" in wishes:
        first = draw(Thing, fork(rng, "sorts"), {"sort": wishes["sort"]})  # tells of names that are none
        asked = wishes["sort"].values if isinstance(wishes["sort"], OneOf) else (wishes["sort"],)
        families = {FAMILY_OF.get(str(sort), FAMILY_OF[first.sort]): 1.0 for sort in asked}
    family = draw(Thing, rng, _of(wishes, "family"), family=choice(families)).family
    sorts = dict.fromkeys(FAMILIES[family].sorts, 1.0)
    if "sort" in wishes:
        sorts = {sort: 1.0 for sort in sorts if sort in map(str, asked)}
        if not sorts:
            raise SpecError(f"sort: {','.join(map(str, asked))} is not allowed with family={family}; allowed are "
                            f"{', '.join(FAMILIES[family].sorts)}")  # fmt: skip
    rest = {path: wish for path, wish in wishes.items() if path not in ("family", "sort")}
    light = _light(fork(rng, "light"), within(fixed, "light"))
    return draw(Thing, rng, rest, family=family, sort=choice(sorts), light=light)


def _of(wishes, name: str) -> dict:
    return {name: wishes[name]} if name in wishes else {}


def _light(rng: Generator, wishes: dict[str, Any]) -> Light:
    if "kind" not in wishes and not any(name.startswith("panorama") for name in wishes):
        kinds = list(LIGHTS)
        wishes = wishes | {"kind": OneOf((kinds[int(fork(rng, "where").choice(len(kinds), p=list(LIGHTS.values())))],))}
    return sample_light(rng, wishes)


def own_spec(thing: Thing) -> tuple[str, Any]:
    """The generator of a thing and its spec in that generator's own fields."""
    from ..places.things import thing_spec

    name, fixed = generator_of(thing.family, thing.sort)
    return name, thing_spec(name, thing.seed, fixed)


def build_thing(thing: Thing, views: int = 1):
    """Build a thing in the open scene with its light and cameras; returns its Stand (needs bpy)."""
    from ..blender import require_supported_blender
    from .stand import Stand

    require_supported_blender()
    return Stand(thing, views)
