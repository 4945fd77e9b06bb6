"""How birds move: the walk of a standing bird, wing beats and glides."""

from __future__ import annotations

import numpy as np

from . import gait
from .assembly import Motions
from .bird_forms import Form
from .gait import Gait, Leg, Skeleton
from .rig import product, turn


def motions(bones, folded: bool, form: Form, scale: float, span: float) -> Motions:
    """The walk of a bird with folded wings; the wing beats and the glide of one with a span in metres."""
    if folded:
        legs = [
            Leg(f"thigh.{side}", f"shin.{side}", "", f"foot.{side}", f"toe.{side}", phase)
            for side, phase in (("L", 0.0), ("R", 0.5))
        ]
        step = (0.3 + form.leg) * scale
        wanted = Gait(0.62, 1.1 * step, 0.35 * step, 0.3, 0.9, 0.04 * scale, 0.008 * scale)

        def body(skeleton: Skeleton, phase: float) -> dict:
            angle = 4 * np.pi * phase
            swing = 0.16 * np.sin(angle)
            pose = {"neck": turn(gait.X, swing), "nape": turn(gait.X, -0.6 * swing), "head": turn(gait.X, -0.4 * swing),
                    "tail": turn(gait.X, 0.08 * np.sin(angle + 1))}  # fmt: skip
            return {name: skeleton.local(name, rotation) for name, rotation in pose.items()}

        walk, used = gait.cycle(bones, legs, wanted, body)
        period, speed = gait.period_and_speed(used, (0.35 + form.leg) * scale, 0.14)
        return {"walk": walk}, {"walk": period}, {"walk": speed}
    beat = 4.5 * span**-0.75  # beats a second fall with the span of the wings (Pennycuick 1990)
    skeleton = Skeleton(bones)
    fast = 4.0 + 7.5 * span**0.5

    def wings(stroke: float, bend: float, sweep: float, twist: float) -> dict:
        pose = {}
        for side, sign in (("L", 1), ("R", -1)):
            y, z = np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
            pose[f"humerus.{side}"] = product(turn(y, -sign * stroke), turn(gait.X, twist))
            pose[f"forearm.{side}"] = product(turn(y, -sign * 0.55 * bend), turn(z, sign * 0.7 * sweep))
            pose[f"wing.{side}"] = product(turn(y, -sign * 0.8 * bend), turn(z, sign * -1.1 * sweep))
        return {name: skeleton.local(name, rotation) for name, rotation in pose.items()}

    def fly(phase: float) -> dict:
        a = 2 * np.pi * phase
        stroke = 0.12 + 0.72 * np.cos(a)
        bend = -0.42 * np.sin(-a + 0.5) - 0.15  # the hand lags behind, and droops in the upstroke
        pose = wings(stroke, bend, 0.24 * (1 - np.sin(-a)) / 2, 0.12 * np.sin(a))
        pose[""] = np.array([0, 0, -0.06 * scale * np.cos(a)])
        pose["tail"] = skeleton.local("tail", turn(gait.X, 0.06 * np.sin(a)))
        return pose

    def glide(phase: float) -> dict:
        a = 2 * np.pi * phase
        pose = wings(0.14 + 0.02 * np.sin(a), -0.04, 0.05, 0.0)
        pose["tail"] = skeleton.local("tail", turn([0, 1.0, 0], 0.10 * np.sin(a)))
        pose[""] = np.array([0, 0, 0.02 * scale * np.sin(a)])
        return pose

    return {"fly": fly, "glide": glide}, {"fly": 1 / beat, "glide": 3.0}, {"fly": fast, "glide": fast}
