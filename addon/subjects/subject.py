"""What is at hand: the selected person or place, with all that operators and panels need to know of it."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.translations import pgettext_tip as tip_

from ...procgen import registry, vary
from ...procgen.distributions import SpecError
from ...procgen.people import belonging
from .. import views
from ..fields import locks, settling
from ..people import live, person, watch
from ..places import live as place_live
from ..places import place

KINDS = [(name, generator.family.capitalize(), generator.doc) for name, generator in registry.OFFERED.items()]

# What Generate may bring, told where it is asked.
LIGHT = "Build world and lamps and make them the scene's; its own world stays in the file. A scene without a world gets a place's anyway"
CAMERA = "Build the camera and make it the scene's. A scene without a camera gets a place's anyway"


class Subject:
    """A person or place of this file; ``owner`` is what carries its spec, its sliders and its locks."""

    surroundings: tuple[str, ...] = ()  # groups that are not of its own look
    steady: tuple[str, ...] = ()  # fields that a small variation keeps
    noun = ""

    def __init__(self, owner):
        self.owner = owner

    @property
    def kind(self) -> str:
        """The generator that made it."""
        return self.kind_and_spec()[0]

    @property
    def sliders(self):
        """The property group that shows its spec."""
        return getattr(self.owner.simulacra, self.owner.simulacra.kind)

    @property
    def locked(self) -> list[str]:
        """The dotted paths that stay when others are drawn anew."""
        return sorted(locks.locked(self.owner))

    def kind_and_spec(self) -> tuple[str, Any]:
        """Its kind and spec."""
        raise NotImplementedError

    def show(self, spec) -> None:
        """Make it show another spec: sliders and all parts."""
        raise NotImplementedError

    def settle(self) -> None:
        """Build now what the sliders say and it does not show yet."""
        raise NotImplementedError

    def bring_into_view(self, context) -> None:
        """Let the 3D views show it."""
        raise NotImplementedError

    def redrawn(self, seed: int, group: str):
        """Its spec drawn anew, all of it or one group, but for what is locked."""
        kind, spec = self.kind_and_spec()
        return vary.redraw(kind, spec, seed, group=group, locked=self.locked)

    def varied(self, seed: int, amount: float):
        """Its spec a little way off, but for what is locked."""
        kind, spec = self.kind_and_spec()
        return vary.vary(kind, spec, seed, amount, locked=sorted({*self.locked, *self.steady}))


class Person(Subject):
    """A person, by its rig."""

    surroundings = ("light", "camera")
    noun = "person"

    def kind_and_spec(self):
        return person.spec_of(self.owner)

    def show(self, spec):
        kind, before = self.kind_and_spec()
        live.change(self.owner, kind, before, spec)
        live.show(self.owner)
        live.settle(self.owner, carry=False)

    def settle(self):
        live.show(self.owner)
        live.settle(self.owner)

    def bring_into_view(self, context):
        views.frame(context, belonging.parts_of(self.owner))


class Place(Subject):
    """A place, by its collection."""

    surroundings = ("weather", "camera")
    steady = ("kind", "terrain.kind")  # a little way off a forest is no desert
    noun = "place"

    def kind_and_spec(self):
        return place.spec_of(self.owner)

    def show(self, spec):
        kind, _ = self.kind_and_spec()
        place.store(self.owner, kind, spec)
        place_live.show(self.owner)
        place_live.settle(self.owner)

    def settle(self):
        place_live.show(self.owner)
        place_live.settle(self.owner)

    def bring_into_view(self, context):
        views.stand(context, place.eye_of(self.owner))


def at_hand(context) -> Subject | None:
    """The person or place that the active object is of, or the place whose collection is active."""
    rig = person.rig_of(context.object)
    if rig is not None:
        return Person(rig)
    collection = place.place_of(context)
    return Place(collection) if collection is not None else None


class OnSubject:
    """What operators on what is at hand share."""

    @classmethod
    def poll(cls, context):
        """A person or place must be selected, in Object Mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set(tip_("Switch to Object Mode first"))
            return False
        if at_hand(context) is None:
            cls.poll_message_set(tip_("Select a person or a place, or press Generate to make one"))
            return False
        return True


def family_of(kind: str) -> str:
    """The family of a kind that makes whole pictures and is offered here; raises SpecError for all others."""
    family = registry.find(kind).family
    if kind not in registry.OFFERED:
        raise SpecError(f"{kind}: makes no picture of its own here; allowed are {', '.join(registry.OFFERED)}")
    return family


def make(
    context, kind: str, spec, *, name="", light=False, camera=False, location=(0.0, 0.0, 0.0), frames=1, eyes=1
) -> Subject:
    """Make a person at a location, or a place for the scene's resolution, and show it in the sliders.

    The scene keeps its camera and world unless they are asked for; only where it has none it gets those of a place.
    """
    if family_of(kind) == "people":
        watch.attend()
        rig = person.generate(kind, spec, name=name or "Person", light=light, camera=camera, location=location)
        watch.learn()
        live.show(rig)
        return Person(rig)
    scene = context.scene
    render = scene.render
    options = place.Options(
        frames,
        eyes,
        (render.resolution_x, render.resolution_y),
        light or scene.world is None,
        camera or scene.camera is None,
    )
    with settling.busy():
        collection = place.generate(kind, spec, options, name or "Place")
    place_live.show(collection)
    return Place(collection)


def select(subject_name: str, family: str) -> bool:
    """Select a person or place of this view layer by the name of its rig or collection; False where it is not there."""
    layer = bpy.context.view_layer
    if family == "places":
        collection = bpy.data.collections.get(subject_name)
        if collection is None or place.SPEC not in collection:
            return False
        place.select(collection)
        return True
    rig = layer.objects.get(subject_name)
    if rig is None:
        return False
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    rig.select_set(True)
    layer.objects.active = rig
    return True
