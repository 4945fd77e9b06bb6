"""Reads the motion of a head from a BVH file: the turns of the joints from the neck to the head.

A joint's channels are turns in degrees, applied in the order in which they are listed. The figure looks along +z with y
up, or, where its head is above its root along z, along -y, as Blender writes it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...procgen.people.animation.channels import angles_of
from .capture import MOST, CaptureError, lines_of, numbers

MOST_JOINTS, DEEPEST = 2_000, 200
MOST_NUMBERS = 20_000_000  # frames times channels, 160 MB of numbers
CHANNELS = {f"{axis}{kind}" for axis in "XYZ" for kind in ("rotation", "position")}
Y_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])  # from the file's axes to ours
# Programs put something before a joint's name, and a number behind it: mixamorig:Head, Bip01_Head, neck_01.
HEAD, NECK = re.compile(r"(.*[^a-z])?head[ _.]?\d*"), re.compile(r"(.*[^a-z])?neck[ _.]?\d*")


class Joint(NamedTuple):
    """A joint: its name, its parent's index or -1, its offset (3,), its channels and where they begin in a row."""

    name: str
    parent: int
    offset: np.ndarray
    channels: list[str]
    first: int


class HeadMotion(NamedTuple):
    """Yaw, pitch and roll (n, 3) of a head in degrees at times (n,) in seconds, and the joints that made them."""

    times: np.ndarray
    angles: np.ndarray
    joints: list[str]


def read(path: Path) -> HeadMotion:
    """The head's motion of a file; raises CaptureError that names it."""
    lines = lines_of(path)
    try:
        return parse(lines)
    except CaptureError as error:
        raise CaptureError(f"{path.name}: {error}") from None


def parse(lines: list[str]) -> HeadMotion:
    """The head's motion of the lines of a file; raises CaptureError."""
    joints, motion = _hierarchy(lines)
    chain = _chain(joints)
    times, table = _frames(lines, motion, sum(len(joint.channels) for joint in joints))
    turned = np.eye(3)[None]
    for joint in chain:
        for index, channel in enumerate(joint.channels):
            if channel.endswith("rotation"):
                turned = turned @ _turn("XYZ".index(channel[0]), table[:, joint.first + index])
    if not np.isfinite(turned).all() or len(turned) != len(table):
        raise CaptureError(f"joint {chain[-1].name[:40]} and its neck do not turn; allowed are joints with rotations")
    axes = _axes(joints, chain[-1])
    return HeadMotion(times, angles_of(axes @ turned @ axes.T), [joint.name for joint in chain])


def _hierarchy(lines: list[str]) -> tuple[list[Joint], int]:
    """The joints, and the index of the line that says MOTION."""
    if not lines or lines[0].split() != ["HIERARCHY"]:
        raise CaptureError("is no BVH file; allowed is one that begins with HIERARCHY")
    joints: list[Joint] = []
    open_joints: list[int] = []  # -1 is an end site
    pending, count = None, 0
    for index, line in enumerate(lines[1:], start=1):
        words = line.split()
        if not words:
            continue
        if words[0] == "MOTION":
            if open_joints or not joints:
                raise CaptureError(f"line {index + 1}: MOTION stands inside a joint")
            return joints, index
        if words[0] in ("ROOT", "JOINT", "End"):
            pending = " ".join(words[1:])[:80] if words[0] != "End" else None
        elif words[0] == "{":
            if pending is not None:
                parent = open_joints[-1] if open_joints else -1
                joints.append(Joint(pending, parent, np.zeros(3), [], count))
            open_joints.append(-1 if pending is None else len(joints) - 1)
            pending = None
        elif words[0] == "}" and open_joints:
            open_joints.pop()
        elif words[0] in ("OFFSET", "CHANNELS") and open_joints:
            if open_joints[-1] >= 0:
                joints[open_joints[-1]] = _told(joints[open_joints[-1]], words, index + 1, count)
                count = sum(len(joint.channels) for joint in joints)
        else:
            raise CaptureError(f"line {index + 1}: {line.strip()[:40]}: is not allowed in a hierarchy")
        if len(joints) > MOST_JOINTS or len(open_joints) > DEEPEST:
            raise CaptureError(f"line {index + 1}: allowed are {MOST_JOINTS} joints, {DEEPEST} inside each other")
    raise CaptureError("has no MOTION")


def _told(joint: Joint, words: list[str], line: int, count: int) -> Joint:
    """A joint with what its OFFSET or CHANNELS say."""
    if words[0] == "OFFSET":
        offset = numbers(words[1:], line)
        if len(offset) != 3:
            raise CaptureError(f"line {line}: an offset has 3 numbers")
        return joint._replace(offset=offset)
    channels = words[2:]
    if len(words) < 2 or words[1] != str(len(channels)) or not set(channels) <= CHANNELS or joint.channels:
        raise CaptureError(
            f"line {line}: allowed is CHANNELS once a joint, their number, and {', '.join(sorted(CHANNELS))}"
        )
    return joint._replace(channels=channels, first=count)


def _frames(lines: list[str], motion: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) in seconds and the numbers (n, width) of the frames."""
    rows = [
        (index + 1, line.split()) for index, line in enumerate(lines[motion + 1 :], start=motion + 1) if line.strip()
    ]
    if len(rows) < 3 or rows[0][1][:1] != ["Frames:"] or rows[1][1][:2] != ["Frame", "Time:"]:
        raise CaptureError("MOTION is followed by Frames:, Frame Time: and a line a frame")
    step = numbers(rows[1][1][2:], rows[1][0])
    if len(step) != 1 or not 1e-4 <= step[0] <= 10:
        raise CaptureError(f"line {rows[1][0]}: allowed is a frame time of 0.0001..10 s")
    frames = rows[2:]
    if rows[0][1][1:] != [str(len(frames))]:
        raise CaptureError(
            f"line {rows[0][0]}: says {' '.join(rows[0][1][1:])[:20]} frames, and there are {len(frames)}"
        )
    if len(frames) > MOST or len(frames) * width > MOST_NUMBERS:
        raise CaptureError(
            f"has {len(frames)} frames of {width} numbers; allowed are {MOST} frames, {MOST_NUMBERS} numbers"
        )
    for line, words in frames:
        if len(words) != width:
            raise CaptureError(f"line {line}: has {len(words)} numbers; allowed are {width}, one a channel")
    table = np.array([numbers(words, line) for line, words in frames])
    return np.arange(len(frames)) * step[0], table


def _chain(joints: list[Joint]) -> list[Joint]:
    """The joints from the first of the neck to the head."""
    named = [index for index, joint in enumerate(joints) if HEAD.fullmatch(joint.name.lower())]
    if not named:
        raise CaptureError(f"no joint is named head; there are {', '.join(joint.name[:20] for joint in joints[:12])}")
    index = named[0]
    chain = [joints[index]]
    while (index := joints[index].parent) >= 0 and NECK.fullmatch(joints[index].name.lower()):
        chain.insert(0, joints[index])
    return chain


def _axes(joints: list[Joint], head: Joint) -> np.ndarray:
    """From the file's axes to ours (3, 3), by the way from the root up to the head."""
    above, joint = np.zeros(3), head
    while joint.parent >= 0:
        above, joint = above + joint.offset, joints[joint.parent]
    return np.eye(3) if abs(above[2]) > abs(above[1]) else Y_UP


def _turn(axis: int, degrees: np.ndarray) -> np.ndarray:
    """Rotations (n, 3, 3) about an axis of the file."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    result = np.zeros((len(degrees), 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    result[:, axis, axis] = 1
    result[:, i, i] = result[:, j, j] = cos
    result[:, i, j], result[:, j, i] = -sin, sin
    return result
