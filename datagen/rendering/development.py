"""What a camera does to the light of a picture, in the units of that picture, from the fields of a spec."""

from __future__ import annotations

import math
from typing import NamedTuple

from ...procgen.camera import Camera, sensor_width
from ...procgen.camera_kinds import NEUTRAL
from ...procgen.places.shot import Shot

STANDARD = 512  # px, the height of the picture in which lengths in pixels are given
ELECTRONS = 700.0  # of a µm² at ISO 100 by light of 1: 2000 where it saturates, 1.5 EV over a white card
READ = 1.5  # electrons of a µm² without light, root mean square; adds up as areas do
# A place's camera has no sensor of its own: light of 1 gives as many electrons in a pixel as a phone's at ISO 1000.
PLACE_ELECTRONS, PLACE_READ, PLACE_SHARPENING = 1500.0, 7.0, 0.35


class Development(NamedTuple):
    """What is done to a picture, from light to file; the values by default do nothing.

    Lengths are pixels of a picture that is ``STANDARD`` px high. ``electrons`` are those that light of 1 frees in a pixel,
    ``read`` those that a pixel's noise has without light.
    """

    softness: float = 0.0
    vignette: float = 0.0
    exposure: float = 0.0  # EV
    noise: float = 0.0
    electrons: float = 1.0
    read: float = 0.0
    white: float = NEUTRAL  # K
    tint: float = 0.0
    contrast: float = 0.0
    shadows: float = 0.0
    saturation: float = 1.0
    smear: float = 0.0
    sharpening: float = 0.0
    compression: float = 0.0


def of_camera(camera: Camera, height: int) -> Development:
    """The development of a portrait of ``height`` px: its pixel gathers what the sensor under it does."""
    edge = 1000.0 * sensor_width(camera) / height  # µm
    same = {name: getattr(camera, name) for name in Development._fields if name not in ("electrons", "read")}
    return Development(electrons=ELECTRONS * 100.0 / camera.iso * edge * edge, read=READ * edge, **same)


def of_shot(shot: Shot) -> Development:
    """The development of a picture of a place."""
    return Development(
        vignette=shot.vignette,
        noise=shot.noise,
        electrons=PLACE_ELECTRONS,
        read=PLACE_READ,
        sharpening=PLACE_SHARPENING,
    )


def pixels(length: float, height: int) -> float:
    """A length of a development in a picture of ``height`` px."""
    return length * height / STANDARD


def quality(compression: float) -> int:
    """The JPEG quality, 5 to 100, that a compression stands for."""
    return math.floor(100.0 * (1.0 - compression) + 0.5)
