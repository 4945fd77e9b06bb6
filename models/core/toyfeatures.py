"""The features of the cartoon people of toyheads, each set onto a face or around it; lengths in box units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...procgen.people.parts import PART
from .toyshapes import Shapes

# The point of the bare face at x and z, moved out by a length.
Onto = Callable[..., tuple[float, float, float]]


def add_eyes(shapes: Shapes, on: Onto, skin, radius: float, man: bool) -> tuple[tuple[float, ...], ...]:
    """Balls with lids, and lashes for women; returns the centre and radius of the right and the left one."""
    eyes = []
    for side, name in ((-1, "right"), (1, "left")):
        x, y, z = on(side * 0.15, 0.055, -0.040)
        shapes.ellipsoid((PART[f"{name}_eye"], "eye", (0.97, 0.97, 0.96)), (x, y, z), (radius,) * 3)
        lid = PART["skin"], "plain", tuple(skin * 0.82)
        line = (0.0, -0.35, -1.0, -(z + 0.40 * radius) - 0.35 * y)  # what is above the eye's upper third
        shapes.ellipsoid(lid, (x, y, z), (radius + 0.010,) * 3, cut=line)
        if not man:  # lashes
            ends = [(x + side * dx * radius, y - 0.72 * radius + dy, z + dz * radius)
                    for dx, dy, dz in ((0.55, 0.012, 0.62), (0.95, 0.035, 0.66), (1.3, 0.06, 0.95))]  # fmt: skip
            shapes.chain((PART["skin"], "plain", (0.10, 0.07, 0.07)), ends, 0.010)
        eyes.append((x, y, z, radius))
    return tuple(eyes)


def add_brows(shapes: Shapes, on: Onto, hair, man: bool) -> None:
    """Two bent strips."""
    thickness, lift = (0.024, 0.0) if man else (0.014, 0.015)
    for side, name in ((-1, "right"), (1, "left")):
        points = [on(side * x, z + lift, 0.002) for x, z in ((0.07, 0.185), (0.15, 0.215), (0.235, 0.185))]
        shapes.chain((PART[f"{name}_brow"], "plain", tuple(hair * 0.75)), points, thickness)


def add_mouth(shapes: Shapes, on: Onto, skin, man: bool, smiles: bool) -> tuple[float, ...]:
    """Two lips, and teeth between them in a smile; returns the middle."""
    middle, half = -0.245, 0.15 if smiles else 0.105
    top = tuple(skin * [0.86, 0.55, 0.52]) if man else (0.80, 0.22, 0.28)
    bottom = tuple(skin * [0.90, 0.60, 0.56]) if man else (0.86, 0.30, 0.34)
    shares = np.linspace(-1, 1, 7)
    rise, gap = (0.060, 0.085) if smiles else (0.004, 0.024)
    bow = 0.0 if smiles else 0.010  # the upper lip of a closed mouth is highest beside its middle
    upper = [on(u * half, middle + rise * u**2 + bow * np.sin(np.pi * abs(u)), 0.002) for u in shares]
    lower = [on(u * half, middle - gap + (rise + gap) * u**2, 0.002) for u in shares]
    thin = 0.8 if smiles else 1.0
    shapes.chain((PART["top_lip"], "plain", top), upper, 0.015 * thin)
    shapes.chain((PART["bottom_lip"], "plain", bottom), lower, 0.018 * thin)
    if smiles:
        # Between the lips lie overlapping lenses, each as high as the mouth is open there.
        for u in np.linspace(-0.8, 0.8, 7):
            high, low = middle + rise * u**2, middle - gap + (rise + gap) * u**2
            place = on(u * half, (high + low) / 2, -0.004)
            shapes.ellipsoid(
                (PART["mouth_interior"], "teeth", (0.40, 0.06, 0.08)), place, (0.030, 0.014, (high - low) / 2 + 0.008)
            )
    return on(0, middle - 0.5 * gap)


def add_beard(shapes: Shapes, on: Onto, kind: str, hair, width: float, long: float, mouth) -> None:
    """A moustache, or one with a beard; stubble is painted."""
    look = PART["beard"], "hair", tuple(hair * 0.9)
    if kind in ("moustache", "beard"):
        for side in (-1, 1):
            points = [on(side * x, z, 0.008) for x, z in ((0.0, -0.170), (0.075, -0.182), (0.150, -0.225))]
            shapes.chain(look, points, 0.030)
    if kind == "beard":
        for side in (-1, 1):
            shapes.chain(look, [on(side * x, z, -0.004) for x, z in ((0.15, -0.225), (0.19, -0.32))], 0.034)
        slope, line = 0.64, mouth[2] - 0.085
        cut = 0.0, -slope, 1.0, line - slope * mouth[1]
        shapes.ellipsoid(look, (0, -0.085, -0.155), (width * 0.86 + 0.035, 0.345, long + 0.04), cut=cut)


def add_hair(shapes: Shapes, length: str, hair, width: float, turn, hat: bool) -> None:
    """A cap down to a hairline, with a fringe or not, and what hangs behind the ears."""
    if length == "bald":
        return
    look = PART["hair"], "hair", tuple(hair)
    depth = {"short": 0.035, "medium": 0.06, "long": 0.06}[length] + 0.02 * turn[0]
    front, back = (-0.38, 0.33 + 0.06 * turn[1]), (0.14, -0.16)  # y and z of the hairline over the brow and by the ear
    down = np.array([back[0] - front[0], back[1] - front[1]])
    across = np.array([down[1], -down[0]]) / np.hypot(*down)  # towards the face
    cut = 0.0, float(across[0]), float(across[1]), float(across @ front)
    shapes.ellipsoid(look, (0, 0.06, 0.17), (width + depth, 0.41 + depth, 0.39 + depth), cut=cut)
    if not hat and turn[2] < 0.5:  # a fringe to one side
        swept = 0.5 * (turn[1] - 0.5)
        radii = tuple(r + depth + 0.012 for r in (width, 0.41, 0.39))
        shapes.ellipsoid(look, (0, 0.06, 0.17), radii, cut=(swept, -0.25, -1.0, -0.24 + 0.25 * 0.36))
    if length != "short":
        low = {"medium": -0.36, "long": -0.78}[length]
        half = (0.40 - low) / 2
        shapes.ellipsoid(
            look, (0, 0.20, 0.40 - half), (width + 0.075 + 0.02 * turn[0], 0.36, half), cut=(0.0, -1.0, 0.0, -0.07)
        )
    if length == "long":
        for side in (-1, 1):
            shapes.chain(look, [(side * (width + 0.02), 0.14, 0.05), (side * (width + 0.05), 0.10, -0.25),
                                (side * (width + 0.04), 0.02, -0.48), (side * 0.35, -0.12, -0.66)], 0.08)  # fmt: skip


def add_glasses(shapes: Shapes, kind: str, eyes, width: float, on: Onto, turn: float) -> None:
    """Round frames, with dark lenses or none."""
    if kind == "none":
        return
    frame = PART["glasses"], "plain", (0.06, 0.06, 0.07) if turn < 0.7 or kind == "sunglasses" else (0.62, 0.20, 0.16)
    plane, radius = min(eye[1] - eye[3] for eye in eyes) - 0.03, 0.118
    for side, (x, _, z, _) in zip((-1, 1), eyes, strict=True):
        shapes.ring(frame, (x, plane, z), radius, 0.013)
        hinge = (x + side * radius, plane, z + 0.02)
        shapes.chain(
            frame, [hinge, (side * (width + 0.03), plane + 0.16, z + 0.03), (side * (width + 0.02), 0.02, 0.11)], 0.012
        )
        if kind == "sunglasses":
            shapes.ellipsoid((PART["glasses"], "plain", (0.09, 0.10, 0.12)), (x, plane, z), (radius, 0.022, radius))
    inner = [(side * (abs(eyes[0][0]) - radius), plane - 0.005, eyes[0][2] + 0.02) for side in (-1, 1)]
    shapes.capsule(frame, *inner, 0.013)


def add_hat(shapes: Shapes, colour, width: float, brim: bool) -> None:
    """A hat with a brim or a bobble hat."""
    look, band = (PART["headwear"], "plain", tuple(colour)), (PART["headwear"], "plain", tuple(0.6 * c for c in colour))
    if brim:
        shapes.disc(look, (0, 0.05, 0.50), width + 0.12, 0.20, 0.07)
        shapes.disc(band, (0, 0.05, 0.385), width + 0.13, 0.035, 0.01)
        shapes.disc(look, (0, 0.03, 0.335), width + 0.27, 0.020, 0.018)
    else:
        shapes.ellipsoid(look, (0, 0.06, 0.20), (width + 0.10, 0.51, 0.52), cut=(0.0, -0.20, -1.0, -0.33))
        shapes.disc(band, (0, 0.05, 0.33), width + 0.115, 0.05, 0.03)
        shapes.ellipsoid(band, (0, 0.06, 0.75), (0.09, 0.09, 0.09))


def add_shirt(shapes: Shapes, colour, man: bool) -> None:
    """Shoulders and a chest that end a little above the box's floor."""
    look, floor = (PART["clothing"], "shirt", tuple(colour)), (0.0, 0.0, -1.0, 0.97)  # a little above the box's floor
    reach, thickness = (0.50, 0.27) if man else (0.40, 0.23)
    shapes.capsule(look, (-reach, 0.10, -0.92), (reach, 0.10, -0.92), thickness, cut=floor)
    shapes.ellipsoid(look, (0, 0.09, -0.88), (0.44, 0.27, 0.34 if man else 0.31), cut=floor)
