"""Lamps as plain values, the light they give, and the Blender lights they become."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Lamp(NamedTuple):
    """A lamp aimed at the origin: an area at ``distance`` m along ``direction``, or the sun where distance is 0.

    ``irradiance`` is the linear sRGB (3,) that it gives a surface at the origin that faces it.
    """

    direction: np.ndarray
    irradiance: np.ndarray
    size: float  # metres of an area's edge; radians of the sun's angular diameter
    distance: float = 0.0


def lamp_irradiance(lamps: list[Lamp], normals: np.ndarray) -> np.ndarray:
    """Irradiance (k, 3) of lamps on unit normals (k, 3)."""
    total = np.zeros((len(normals), 3))
    for lamp in lamps:
        total += np.maximum(normals @ lamp.direction, 0)[:, None] * lamp.irradiance
    return total


def build_lamp(lamp: Lamp, index: int, gain: np.ndarray):
    """A Blender light object; ``gain`` (3,) is the meter's factor on every light of the scene (needs bpy)."""
    import bpy
    from mathutils import Vector

    sun = lamp.distance == 0
    data = bpy.data.lights.new(f"Lamp {index}", "SUN" if sun else "AREA")
    irradiance = lamp.irradiance * gain
    strength = float(irradiance.max())
    data.color = (irradiance / max(strength, 1e-9)).tolist()
    if sun:
        data.energy = strength  # W/m² on a surface that faces it; π times the radiance of a white one
        data.angle = lamp.size
    else:
        # A Lambertian emitter of power P gives P / (π d²) on its axis.
        data.energy = strength * np.pi * lamp.distance**2
        data.size = lamp.size
    obj = bpy.data.objects.new(data.name, data)
    direction = Vector(lamp.direction.tolist())
    obj.location = direction * (lamp.distance or 5.0)
    obj.rotation_euler = direction.to_track_quat("Z", "Y").to_euler()
    return obj
