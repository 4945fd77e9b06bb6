"""Gaits: foot-fall phases, feet that stand still on the ground, and the joint angles that put them there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...assets import Bone
from ...geometry.angles import arctan2
from .rig import frame, in_frame, into_rest, matrix, posed, product, turn

GRAVITY = 9.81
X = np.array([1.0, 0.0, 0.0])
Z = np.array([0.0, 0.0, 1.0])


class Leg(NamedTuple):
    """The bones of a leg from the body to the ground; ``lead`` (a shoulder blade), ``end`` and ``toe`` may be absent."""

    upper: str
    lower: str
    lead: str = ""
    end: str = ""
    toe: str = ""
    phase: float = 0.0  # of its foot-fall


class Gait(NamedTuple):
    """How feet move: share of the cycle on the ground, metres of a stance, height of the swing, angles in radians."""

    duty: float
    stance: float
    lift: float
    swing: float = 0.35  # of the last long bone about the stance
    fold: float = 0.9  # of the foot in the air
    crouch: float = 0.0  # metres the body is lowered
    bob: float = 0.0  # metres
    direction: tuple[float, float, float] = (0.0, -1.0, 0.0)


LATERAL_SEQUENCE = {
    "hind.L": 0.0,
    "fore.L": 0.25,
    "hind.R": 0.5,
    "fore.R": 0.75,
}  # the walk of mammals (Hildebrand 1965)
TROT = {"hind.L": 0.0, "fore.R": 0.0, "hind.R": 0.5, "fore.L": 0.5}
GALLOP = {"hind.L": 0.0, "hind.R": 0.12, "fore.L": 0.45, "fore.R": 0.60}


def foot_path(step: float, gait: Gait) -> tuple[float, float, float]:
    """At a share 0…1 of a foot's step: its place along the stance (+ ahead of rest), height, and progress in the air.

    On the ground it moves back evenly; in the air a cubic keeps its speed without a jerk.
    """
    half = gait.stance / 2
    if step < gait.duty:
        return half * (1 - 2 * step / gait.duty), 0.0, 0.0
    t = (step - gait.duty) / (1 - gait.duty)
    slope = -gait.stance / gait.duty * (1 - gait.duty)
    place = (
        (2 * t**3 - 3 * t * t + 1) * -half
        + (t**3 - 2 * t * t + t) * slope
        + (3 * t * t - 2 * t**3) * half
        + (t**3 - t * t) * slope
    )
    return place, gait.lift * np.sin(np.pi * t) ** 2, t


def two_bones(joint, bend, end, target) -> tuple[float, float]:
    """The turns (radians, in the plane) of two bones joint–bend–end (2,) at rest that bring the end to a target (2,)."""
    upper, lower = bend - joint, end - bend
    a, b = np.hypot(*upper), np.hypot(*lower)
    reach = target - joint
    distance = np.clip(np.hypot(*reach), abs(a - b) * 1.001 + 1e-9, (a + b) * 0.9995)
    rest = end - joint
    side = np.sign(rest[0] * upper[1] - rest[1] * upper[0]) or 1.0
    corner = np.arccos(np.clip((a * a + distance * distance - b * b) / (2 * a * distance), -1, 1))
    first = arctan2(reach[1], reach[0]) + side * corner
    knee = joint + a * np.array([np.cos(first), np.sin(first)])
    tip = joint + distance * reach / max(np.hypot(*reach), 1e-12)
    second = arctan2(*(tip - knee)[::-1])
    return wrapped(first - arctan2(upper[1], upper[0])), wrapped(second - arctan2(lower[1], lower[0]))


def wrapped(angle: float) -> float:
    """An angle within half a turn of zero."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


class Skeleton:
    """Bones by name with their rest frames, to be posed."""

    def __init__(self, bones: Sequence[Bone]):
        self.bones = tuple(bones)
        self.named = {bone.name: bone for bone in self.bones}
        self.rest = {bone.name: frame(bone) for bone in self.bones}

    def head(self, name: str) -> np.ndarray:
        """Where a bone begins at rest (3,)."""
        return np.array(self.named[name].head)

    def tail(self, name: str) -> np.ndarray:
        """Where a bone ends at rest (3,)."""
        return np.array(self.named[name].tail)

    def local(self, name: str, rotation: np.ndarray) -> np.ndarray:
        """A rotation in the animal's axes, in the frame of a bone."""
        return in_frame(rotation, self.rest[name])

    def body(self, pose: dict, name: str) -> np.ndarray:
        """The matrix (4, 4) that carries the parent of a bone from rest into a pose."""
        chain = []
        while parent := self.named[name].parent:
            name = parent
            chain.append(self.named[name])
        return posed(tuple(reversed(chain)), pose)[-1] if chain else np.eye(4)


def sagittal(skeleton: Skeleton, pose: dict, leg: Leg, gait: Gait, phase: float) -> float:
    """Pose a leg that moves in the plane of travel; returns how far (metres) its foot's joint misses its place."""
    first = leg.lead or leg.upper
    carried = skeleton.body(pose, first)
    pitch = arctan2(carried[2, 1], carried[1, 1])
    ahead, height, air = foot_path((phase - leg.phase) % 1.0, gait)
    fold = np.sin(np.pi * air) ** 2
    lean = -gait.swing * 2 * ahead / gait.stance
    foot = skeleton.head(leg.toe) if leg.toe else skeleton.tail(leg.end or leg.lower)
    target = into_rest(carried, foot + [0, -ahead, height])
    end = lean + gait.fold * fold - pitch
    lead = 0.35 * lean - 0.5 * pitch if leg.lead else 0.0
    joint, knee = skeleton.head(leg.upper), skeleton.head(leg.lower)
    if leg.lead:
        joint_now = skeleton.head(leg.lead) + matrix(turn(X, lead)) @ (joint - skeleton.head(leg.lead))
        knee_now = joint_now + (knee - joint)
    else:
        joint_now, knee_now = joint, knee
    ankle = skeleton.head(leg.end) if leg.end else foot
    if leg.end:
        target = target - matrix(turn(X, end)) @ (foot - ankle)
    ankle_now = knee_now + (ankle - knee)
    upper, lower = two_bones(joint_now[1:], knee_now[1:], ankle_now[1:], target[1:])
    chain = [(leg.lead, lead)] if leg.lead else []
    chain += [(leg.upper, upper), (leg.lower, lower)]
    chain += [(leg.end, end)] if leg.end else []
    chain += [(leg.toe, 1.25 * gait.fold * fold - pitch)] if leg.toe else []
    before = 0.0
    for name, angle in chain:
        pose[name] = skeleton.local(name, turn(X, angle - before))
        before = angle
    reach = np.hypot(*(knee - joint)[1:]) + np.hypot(*(ankle - knee)[1:])
    return max(float(np.hypot(*(target - joint_now)[1:])) - 0.9995 * reach, 0.0)


def radial(skeleton: Skeleton, pose: dict, leg: Leg, gait: Gait, phase: float) -> float:
    """Pose a leg that sprawls: it turns about the vertical and bends in its own upright plane; returns the miss (m)."""
    carried = skeleton.body(pose, leg.upper)
    ahead, height, _ = foot_path((phase - leg.phase) % 1.0, gait)
    foot = skeleton.head(leg.end) if leg.end else skeleton.tail(leg.lower)
    goal = foot + ahead * np.array(gait.direction) + [0, 0, height]
    target = into_rest(carried, goal)
    joint, knee = skeleton.head(leg.upper), skeleton.head(leg.lower)
    rest, now = foot - joint, target - joint
    yaw = wrapped(arctan2(now[1], now[0]) - arctan2(rest[1], rest[0]))
    out = np.array([rest[0], rest[1], 0.0]) / np.hypot(rest[0], rest[1])
    bend = knee - joint
    # The plane's two axes are outwards and up; a turn in it is about their normal.
    normal = np.cross(out, Z)
    upper, lower = two_bones(np.zeros(2), np.array([bend @ out, bend[2]]), np.array([rest @ out, rest[2]]),
                             np.array([np.hypot(now[0], now[1]), now[2]]))  # fmt: skip
    pose[leg.upper] = skeleton.local(leg.upper, product(turn(Z, yaw), turn(normal, upper)))
    pose[leg.lower] = skeleton.local(leg.lower, turn(normal, lower - upper))
    if leg.end:  # the foot keeps its direction on the ground
        back = product(turn(normal, -lower), turn(Z, -yaw))
        carried_turn = quaternion(carried[:3, :3])
        pose[leg.end] = skeleton.local(leg.end, product(back, carried_turn * [1, -1, -1, -1]))
    a, b = np.hypot(bend @ out, bend[2]), np.hypot((foot - knee) @ out, (foot - knee)[2])
    return max(float(np.linalg.norm(now)) - 0.9995 * (a + b), 0.0)


def quaternion(rotation: np.ndarray) -> np.ndarray:
    """The unit quaternion (4,) of a rotation matrix by less than half a turn."""
    w = np.sqrt(max(1 + np.trace(rotation), 1e-12)) / 2
    return np.array([w, *(np.array([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0],
                                    rotation[1, 0] - rotation[0, 1]]) / (4 * w))])  # fmt: skip


Body = Callable[[Skeleton, float], dict]


def cycle(bones: Sequence[Bone], legs: Sequence[Leg], gait: Gait, body: Body, solve=sagittal) -> tuple[Callable, Gait]:
    """A cycle of motion over a body's own, its stance made short enough for every foot to reach, and that gait."""
    skeleton = Skeleton(bones)

    def pose(phase: float, gait: Gait) -> tuple[dict, float]:
        result = body(skeleton, phase)
        result[""] = result.get("", np.zeros(3)) + [0, 0, -gait.crouch + gait.bob * np.cos(4 * np.pi * phase)]
        miss = [solve(skeleton, result, leg, gait, phase) for leg in legs]
        return result, max(miss)

    for _ in range(12):
        if max(pose(phase, gait)[1] for phase in np.linspace(0, 1, 16, endpoint=False)) < 1e-9:
            break
        gait = gait._replace(stance=0.88 * gait.stance, crouch=1.05 * gait.crouch, bob=0.9 * gait.bob)
    return (lambda phase: pose(phase % 1.0, gait)[0]), gait


def period_and_speed(gait: Gait, hip: float, froude: float) -> tuple[float, float]:
    """Seconds of a cycle and metres a second at a Froude number v²/(g·hip) (Alexander & Jayes 1983)."""
    speed = np.sqrt(froude * GRAVITY * hip)
    return gait.stance / (gait.duty * speed), speed
