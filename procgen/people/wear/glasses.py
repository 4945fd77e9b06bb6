"""Glasses: frames that rest on the nose and run over the ears, and lenses one looks through."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..parts import PART
from ..pose import transform
from .tailor import tube


@dataclasses.dataclass(frozen=True)
class Style:
    """The outline of a lens: half width and height in mm, squareness, cat-eye lift, frame radius in mm, tint."""

    says: str
    width: float
    height: float
    power: float = 2.0
    lift: float = 0.0
    rim: float = 1.0
    flat: float = 1.0
    sun: bool = False
    lower_rim: bool = True
    drop: float = 0.0  # how far the outline sags outward, as an aviator's


GLASSES = {
    "round": Style("round glasses", 22, 21.5),
    "oval": Style("oval glasses", 24, 16.5, 2.2),
    "rectangular": Style("rectangular glasses", 26, 15.5, 4.0, rim=1.3, flat=0.8),
    "square": Style("square glasses", 25, 20, 3.4, rim=1.8, flat=0.7),
    "browline": Style("half-rim glasses", 25, 18, 3.0, rim=1.6, lower_rim=False),
    "cat_eye": Style("cat-eye glasses", 25.5, 18.5, 2.8, 5.0, 1.7, 0.8),
    "rimless": Style("rimless glasses", 25, 17, 2.8, rim=0.0),
    "aviator_sun": Style("aviator sunglasses", 28, 24, 2.4, rim=0.8, sun=True, drop=4.0),
    "wayfarer_sun": Style("sunglasses", 26.5, 20.5, 3.0, 2.5, 2.2, 0.7, sun=True),
    "oversized_sun": Style("oversized sunglasses", 29, 26, 2.6, rim=2.0, flat=0.8, sun=True),
}  # fmt: skip


def outline(style: Style, count: int = 72) -> np.ndarray:
    """The edge of the left lens (count, 2) in metres, outward and up from the lens's centre."""
    angle = 2 * np.pi * np.arange(count) / count
    c, s = np.cos(angle), np.sin(angle)
    power = 2 / style.power
    x = style.width * np.sign(c) * np.abs(c) ** power
    z = style.height * np.sign(s) * np.abs(s) ** power
    z = z + style.lift * np.clip(x / style.width, 0, 1) ** 2 * (z > 0)
    x = x + style.drop * np.clip(-z / style.height, 0, 1) * 0.5
    z = np.where(x < 0, z * (1 - 0.10 * np.clip(-z / style.height, 0, 1)), z)
    return np.stack([x, z], 1) / 1000


def build_glasses(kind: str, person, frame, lens) -> list:
    """Build glasses in the world (needs bpy)."""
    from ...blender import mesh_object

    style = GLASSES[kind]
    inverse = np.linalg.inv(person.head_matrix)
    local = transform(inverse, person.surface.positions)
    template = person.surface.template

    def at(point):
        return local[((template - np.array(point) / 1000) ** 2).sum(1).argmin()]

    eyes = [transform(inverse, eye.centre) for eye in person.pose.eyes.values()]
    level = np.mean([eye[2] for eye in eyes]) - 0.003
    bridge = at((0, -27, -2))
    ear = {1.0: at((72, 74, 6)), -1.0: at((-72, 74, 6))}
    brow_front = min(at((25, -20, 18))[1], at((-25, -20, 18))[1], at((35, -22, -18))[1])
    front = min(bridge[1] + 0.006, brow_front - 0.0015, min(eye[1] for eye in eyes) - 0.0205)
    apart = max(abs(eye[0]) for eye in eyes) + 0.0015
    size = np.clip(apart / 0.0325, 0.92, 1.08)
    edge = outline(style) * size
    middle = max(apart, edge[:, 0].max() * 0.5 + 0.0195)
    parts, lenses = [], []
    for side in (1.0, -1.0):
        wrap = 0.10 * np.clip((edge[:, 0] + 0.02) / 0.05, 0, 1.2) ** 1.6 * 0.06  # the front bows back toward the temples
        rim = np.stack([side * (middle + edge[:, 0]), front + wrap, level + edge[:, 1]], 1)
        if style.rim:
            if style.lower_rim:
                parts.append(tube(rim, style.rim / 1000, 10, closed=True, flat=style.flat, up=(0.0, 1.0, 0.0)))
            else:
                upper = rim[np.roll(edge[:, 1], 6) > -0.004]
                upper = upper[np.argsort(upper[:, 0])]
                parts.append(tube(upper, style.rim / 1000, 10, up=(0.0, 1.0, 0.0)))
        inside = rim.mean(0) + (rim - rim.mean(0)) * 0.995
        lenses.append(np.concatenate([[inside.mean(0) + [0, -0.0012, 0]], inside]))
        outermost = rim[edge[:, 0].argmax()] + [0, 0, 0.006]
        hook = ear[side] + np.array([side * 0.0045, -0.004, 0.006])
        t = np.linspace(0, 1, 24)[:, None]
        temple = outermost * (1 - t) + hook * t
        temple[:, 0] += side * 0.010 * np.sin(np.pi * t[:, 0]) * 0.6
        end = hook + np.linspace(0, 1, 8)[1:, None] * np.array([-side * 0.002, 0.018, -0.026])
        parts.append(tube(np.concatenate([temple, end]), max(style.rim, 0.9) / 1000 * 1.1, 8, flat=0.6))
    t = np.linspace(-1, 1, 20)
    gap = middle + edge[:, 0].min()
    arc = np.stack([t * gap * 1.05, front - 0.002 * (1 - t**2), level + 0.004 + 0.004 * (1 - t**2)], 1)
    parts.append(tube(arc, max(style.rim, 1.0) / 1000, 8, up=(0.0, 1.0, 0.0)))
    objects = []
    for index, (vertices, faces) in enumerate(parts):
        obj = mesh_object(f"Glasses {index}", transform(person.head_matrix, vertices), faces, part=PART["glasses"])
        obj.data.materials.append(frame)
        objects.append(obj)
    for index, fan in enumerate(lenses):
        count = len(fan) - 1
        faces = [[0, 1 + k, 1 + (k + 1) % count] for k in range(count)]
        obj = mesh_object(f"Lens {index}", transform(person.head_matrix, fan), faces, part=PART["glasses"])
        obj.data.materials.append(lens)
        obj["label_hidden"] = True
        objects.append(obj)
    return [person.link(obj, "glasses") for obj in objects]
