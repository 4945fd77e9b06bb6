"""Camera: the spec of a portrait or an orbit of views, and the cameras built from it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .params import beta, draw, lognormal, normal, spec, uniform

HEAD_HEIGHT = 0.26  # metres from chin to crown with hair; what "framing" is a share of
HEAD_CENTRE = np.array([0.0, 0.03, -0.012])  # of the picture's subject, from the eyes' midpoint


@spec
class Camera:
    """Lens, place and framing of a portrait, and the span of an orbit of views around the same person."""

    focal_length: float = lognormal(75, 0.28, 28, 200, unit="mm", doc="focal length; with framing it sets the sensor")
    distance: float = lognormal(1.25, 0.22, 0.6, 3.0, unit="m", doc="from the eyes' midpoint to the camera")
    framing: float = normal(0.70, 0.06, 0.25, 0.95, doc="height of the head as a share of the picture")
    azimuth: float = normal(0, 14, -180, 180, unit="deg", doc="camera from straight ahead to the person's left")
    elevation: float = normal(2, 6, -40, 60, unit="deg", doc="camera above eye height")
    roll: float = normal(0, 1.8, -30, 30, unit="deg", doc="tilt of the camera")
    shift_x: float = normal(0, 0.035, -0.25, 0.25, doc="subject off centre, share of the width")
    shift_y: float = normal(0.015, 0.025, -0.25, 0.25, doc="subject off centre, share of the height")
    f_stop: float = lognormal(5.0, 0.3, 1.8, 16, doc="aperture; the focus is on the eyes")
    noise: float = beta(1.4, 5.0, doc="grain of the sensor, 0 none … 1 high ISO")
    vignette: float = beta(1.5, 5.0, doc="how far the corners fall off")
    orbit_azimuth: float = uniform(25, 180, unit="deg", doc="half span of an orbit's views to each side")
    orbit_elevation: float = uniform(0, 25, unit="deg", doc="half span of an orbit's views up and down")


def sample_camera(rng: Generator, fixed=None) -> Camera:
    """Draw a camera."""
    return draw(Camera, rng, fixed)


def look_at(position: np.ndarray, target: np.ndarray, roll: float) -> np.ndarray:
    """A (4, 4) camera-to-world matrix with Blender's axes (x right, y up, looking along -z), rolled by radians."""
    back = position - target
    back = back / np.linalg.norm(back)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    c, s = np.cos(roll), np.sin(roll)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = c * right + s * up, -s * right + c * up, back
    matrix[:3, 3] = position
    return matrix


def view_angles(camera: Camera, views: int) -> list[tuple[float, float]]:
    """Azimuth and elevation in degrees of each view: one portrait, or an orbit that spreads evenly over its span."""
    if views == 1:
        return [(camera.azimuth, camera.elevation)]
    golden = 0.6180339887498949  # fractional parts of its multiples spread evenly at every count
    closed = camera.orbit_azimuth >= 179.5
    angles = []
    for index in range(views):
        along = index / views if closed else index / (views - 1)
        azimuth = camera.azimuth + (2 * along - 1) * camera.orbit_azimuth
        elevation = camera.elevation + (2 * ((0.5 + index * golden) % 1) - 1) * camera.orbit_elevation
        angles.append((azimuth, float(np.clip(elevation, -60, 75))))
    return angles


def build_cameras(camera: Camera, person, views: int = 1) -> list:
    """Build one camera a view, aimed at the posed head, and append them to ``person.cameras`` (needs bpy)."""
    import bpy
    from mathutils import Matrix

    head = np.asarray(person.pose.bones["head"])
    target = head[:3, :3] @ HEAD_CENTRE + head[:3, 3]
    eyes = np.mean([eye.centre for eye in person.pose.eyes.values()], 0)
    for index, (azimuth, elevation) in enumerate(view_angles(camera, views)):
        a, e = np.radians([azimuth, elevation])
        away = np.array([np.cos(e) * np.sin(a), -np.cos(e) * np.cos(a), np.sin(e)])
        position = target + away * camera.distance
        data = bpy.data.cameras.new(f"Camera {index}")
        data.lens = camera.focal_length
        # Perspective depends on the distance alone; the crop of the sensor makes the framing.
        field = HEAD_HEIGHT / camera.framing
        data.sensor_width = data.sensor_height = camera.focal_length * field / camera.distance
        data.sensor_fit = "HORIZONTAL"
        data.shift_x, data.shift_y = -camera.shift_x, -camera.shift_y
        data.clip_start, data.clip_end = 0.02, 1000.0
        data.display_size = 0.1  # m, of its frame in a viewport
        data.dof.use_dof = True
        matrix = look_at(position, target, np.radians(camera.roll))
        # Blender's f-stop refers to the focal length, so the blur is that of the lens whatever the crop.
        data.dof.aperture_fstop = camera.f_stop
        data.dof.focus_distance = float((position - eyes) @ matrix[:3, 2]) - 0.012
        obj = bpy.data.objects.new(data.name, data)
        obj.matrix_world = Matrix(matrix.tolist())
        obj["rig"] = "portrait" if views == 1 else "orbit"
        person.link(obj, "camera", parent=False)
        person.cameras.append(obj)
    return person.cameras
