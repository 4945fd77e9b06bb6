"""What operators that animate the selected person share."""

from __future__ import annotations

import numpy as np
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import IntProperty

from ...procgen.distributions import SpecError
from ...procgen.people.animation.action import Owners
from ..people.person import rig_of


class OnFace:
    """An operator on the selected person that writes keys from a frame on."""

    bl_options = {"REGISTER", "UNDO"}

    start: IntProperty(
        name="Start", description="The first frame; the current one if it is not given", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context):
        """A person must be selected, in Object or Pose Mode."""
        if context.mode not in ("OBJECT", "POSE"):
            cls.poll_message_set(tip_("Switch to Object or Pose Mode first"))
            return False
        if rig_of(context.object) is None:
            cls.poll_message_set(tip_("Select a person, or press Generate to make one"))
            return False
        return True

    def first_frame(self, context) -> int:
        """The frame that was asked for, or the current one."""
        if not self.properties.is_property_set("start"):
            self.start = context.scene.frame_current
        return self.start


def owners_of(rig) -> Owners:
    """What carries a person's animation; raises SpecError where its head or its keys are gone."""
    for obj in rig.children_recursive:
        skin = obj.get("class") == "skin" and obj.type == "MESH" and obj.data.shape_keys is not None
        if skin and rig_of(obj) == rig:  # another person may hang on this one
            return Owners(rig, obj.data.shape_keys)
    raise SpecError(f"{rig.name}: its head with the shape keys is gone; undo, or generate the person again")


def rate_of(scene) -> float:
    """The frames that a scene plays a second."""
    return scene.render.fps / scene.render.fps_base


def show(context) -> None:
    """Bring the scene to what its curves say on the current frame."""
    context.scene.frame_set(context.scene.frame_current)


def span(frames: np.ndarray) -> str:
    """The first and the last frame in words."""
    return f"{frames[0]:.0f}–{frames[-1]:.0f}"


def kept(names: list[str]) -> str:
    """What is told of Actions that were there before."""
    return f"; {', '.join(names)} is kept and no longer played" if names else ""
