"""Camera: the spec of a portrait or an orbit of views, and the cameras built from it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .camera_kinds import KIND_WEIGHTS, KINDS, NEUTRAL
from .params import beta, choice, draw, lognormal, normal, spec, uniform

HEAD_HEIGHT = 0.26  # metres from chin to crown with hair; what "framing" is a share of
LEAST_SENSOR = 1.0  # mm, the smallest that Blender takes
CORNEA = 0.012  # metres before the centre of an eye
HEAD_CENTRE = np.array([0.0, 0.03, -0.012])  # of the picture's subject, from the eyes' midpoint


@spec
class Camera:
    """What took a portrait, its lens, place and framing, how it develops the light, and the span of an orbit of views."""

    kind: str = choice(KIND_WEIGHTS, doc="kind of camera; the odds of all other fields go with it", absent="slr")
    focal_length: float = lognormal(75, 0.28, 1.5, 200, unit="mm", doc="focal length; with framing it sets the sensor")
    distance: float = lognormal(1.25, 0.22, 0.25, 5.0, unit="m", doc="from the eyes' midpoint to the camera")
    framing: float = normal(0.70, 0.06, 0.25, 0.95, doc="height of the head as a share of the picture")
    azimuth: float = normal(0, 14, -180, 180, unit="deg", doc="camera from straight ahead to the person's left")
    elevation: float = normal(2, 6, -40, 60, unit="deg", doc="camera above eye height")
    roll: float = normal(0, 1.8, -30, 30, unit="deg", doc="tilt of the camera")
    shift_x: float = normal(0, 0.035, -0.25, 0.25, doc="subject off centre, share of the width")
    shift_y: float = normal(0.015, 0.025, -0.25, 0.25, doc="subject off centre, share of the height")
    f_stop: float = lognormal(5.0, 0.3, 1.2, 16, doc="aperture; the focus is on the eyes")
    focus: float = normal(0, 0.01, -0.3, 0.3, unit="m", doc="how far behind the eyes the focus lies", absent=0)
    exposure: float = normal(0, 0.2, -3, 3, unit="EV", doc="what the camera adds to the meter", absent=0)
    white: float = lognormal(
        NEUTRAL,
        0.05,
        2500,
        15000,
        unit="K",
        doc="colour temperature that is shown as grey; the meter's is 6504 K",
        absent=NEUTRAL,
    )
    tint: float = normal(
        0, 0.012, -0.3, 0.3, doc="green that the white balance leaves, share; magenta below 0", absent=0
    )
    iso: float = lognormal(
        250, 0.8, 25, 25600, doc="gain of the sensor, which counts fewer photons the higher it is", absent=6400
    )
    noise: float = beta(1.4, 5.0, doc="share of the sensor's noise that the camera leaves, 0 none … 1 all")
    vignette: float = beta(1.5, 5.0, doc="how far the corners fall off")
    softness: float = lognormal(
        0.4, 0.3, 0, 4, unit="px", doc="blur of lens and sensor, in a picture of 512 px", absent=0
    )
    slope: float = normal(1.6, 0.08, 0, 3, doc="of the tone curve in the shadows; 0 takes Blender's AgX", absent=0)
    contrast: float = normal(0.1, 0.1, -0.5, 1, doc="steeper middle of the tone curve", absent=0)
    shadows: float = beta(2, 6, doc="lift of the dark end of the tone curve", absent=0)
    saturation: float = normal(1, 0.06, 0, 2, doc="strength of colours; 1 leaves them", absent=1)
    smear: float = lognormal(
        0.8, 0.5, 0, 6, unit="px", doc="blur of colour by noise reduction, in a picture of 512 px", absent=0
    )
    sharpening: float = beta(2, 4, 0, 2, doc="edges made steeper after the tone curve", absent=0.35)
    compression: float = beta(2, 8, 0, 0.95, doc="by JPEG: 0 none, 0.1 quality 90 … 0.95 quality 5", absent=0)
    orbit_azimuth: float = uniform(25, 180, unit="deg", doc="half span of an orbit's views to each side")
    orbit_elevation: float = uniform(0, 25, unit="deg", doc="half span of an orbit's views up and down")


def sample_camera(rng: Generator, fixed=None) -> Camera:
    """Draw a camera: its kind first, and all that goes with the kind."""
    kind = draw(Camera, rng, {name: wish for name, wish in (fixed or {}).items() if name == "kind"}).kind
    return draw(Camera, rng, fixed, **KINDS[kind])


def sensor_width(camera: Camera) -> float:
    """The width in millimetres of the part of the sensor that makes the picture."""
    field = HEAD_HEIGHT / camera.framing  # m; perspective depends on the distance alone, the crop makes the framing
    return camera.focal_length * field / camera.distance


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
        # A camera of the same view and the same aperture, where Blender has no sensor that is as small.
        enlarged = max(1.0, LEAST_SENSOR / sensor_width(camera))
        data.lens = camera.focal_length * enlarged
        data.sensor_width = data.sensor_height = sensor_width(camera) * enlarged
        data.sensor_fit = "HORIZONTAL"
        data.shift_x, data.shift_y = -camera.shift_x, -camera.shift_y
        data.clip_start, data.clip_end = 0.02, 1000.0
        data.display_size = 0.1  # m, of its frame in a viewport
        data.dof.use_dof = True
        matrix = look_at(position, target, np.radians(camera.roll))
        # Blender's f-stop refers to the focal length, so the blur is that of the lens whatever the crop.
        data.dof.aperture_fstop = camera.f_stop * enlarged
        data.dof.focus_distance = float((position - eyes) @ matrix[:3, 2]) - CORNEA + camera.focus
        obj = bpy.data.objects.new(data.name, data)
        obj.matrix_world = Matrix(matrix.tolist())
        obj["rig"] = "portrait" if views == 1 else "orbit"
        person.link(obj, "camera", parent=False)
        person.cameras.append(obj)
    return person.cameras
