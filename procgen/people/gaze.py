"""Where eyes must turn to look into a camera."""

from __future__ import annotations

import numpy as np

from ..camera import HEAD_CENTRE, Camera
from ..geometry.angles import arctan2
from .expression import Expression
from .pose import head_turns

BETWEEN_EYES = 0.063  # metres, of an adult


def toward(camera: Camera, expression: Expression) -> tuple[float, float, float]:
    """The gaze to a camera from a head that is turned: yaw and pitch in degrees, and by how much each eye turns in, radians.

    The camera aims at the head wherever that is, so the way from the eyes is known before anything is built.
    """
    azimuth, elevation = np.radians([camera.azimuth, camera.elevation])
    away = np.array([np.cos(elevation) * np.sin(azimuth), -np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    neck, head = head_turns(expression)
    way = (neck @ head).T @ away * camera.distance + HEAD_CENTRE  # from between the eyes, in the head's frame
    far = float(np.linalg.norm(way))
    yaw, pitch = arctan2(way[0], -way[1]), np.arcsin(way[2] / far)
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.arctan(BETWEEN_EYES / 2 / far))
