"""Motion: a built person over the frames of a sequence, by keys on its rig and shape keys."""

from __future__ import annotations

from typing import NamedTuple

import bpy
import numpy as np

from .expression import Expression, blend
from .pose import Pose, pose
from .surface import Surface, evaluated_surface


def expressions(spec, frames: int) -> list[Expression]:
    """The expression of every frame: eased from the spec's expression to its motion."""
    steps = np.arange(frames) / max(frames - 1, 1)
    return [blend(spec.expression, spec.motion, float(t * t * (3 - 2 * t))) for t in steps]


class State(NamedTuple):
    """The evaluated skin and the pose of one frame."""

    surface: Surface
    pose: Pose


def state_of_frame(person, frame: int) -> State:
    """The state of a frame; a person that was not animated has one."""
    states = getattr(person, "states", None) or [State(person.posed_surface, person.pose)]
    return states[frame]


def animate(person, frames: int) -> None:
    """Key the person on frames 0 … frames - 1; before and after it holds still.

    Between frames every vertex moves on a straight line, so the motion of a frame is exact at its ends.
    """
    poses, surfaces = [], []
    sequence = expressions(person.spec, frames)
    for frame, expression in enumerate(sequence):
        person.set_expression(expression, frame)
        bpy.context.scene.frame_set(frame)
        poses.append(pose(person.rest, expression))
        surfaces.append(evaluated_surface(person.head))
    for owner in (person.head.data.shape_keys, person.armature):
        _make_linear(owner)
    person.states = [State(*state) for state in zip(surfaces, poses, strict=True)]
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 0, frames - 1
    bpy.context.scene.frame_set(0)


def _make_linear(owner) -> None:
    """Straight lines between keys; the two releases keep their curves in different places."""
    action = owner.animation_data.action
    if hasattr(action, "fcurves"):
        curves = list(action.fcurves)
    else:
        curves = [curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags
                  for curve in bag.fcurves]  # fmt: skip
    for curve in curves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
