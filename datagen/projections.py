"""Cameras that are not pinholes: the ray of every pixel and the pixel of every direction, as closed forms.

Each model is a pair of functions between a place on the sensor, u to the right and v up in 0…1, and a unit direction in
OpenCV's camera frame (x right, y down, z forward). They are the models of Blender's manual (Rendering, Cycles, Object
Settings, Cameras) and are named as Blender names them.
"""

from __future__ import annotations

import numpy as np

from ..procgen.geometry.angles import arctan2

PINHOLE, ORTHOGRAPHIC = "pinhole", "orthographic"
LINEAR = PINHOLE, ORTHOGRAPHIC  # those whose pixels follow from K, and that have a planar depth
NEWTON_STEPS = 20


def _spherical(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Unit directions (…, 3) from angles to the right and up, radians."""
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), -np.sin(elevation), flat * np.cos(azimuth)], -1)


def _around(u, v, radius, angle, inside) -> np.ndarray:
    """Unit directions (…, 3) at an angle off the axis, turned as (u, v) of length ``radius`` is; NaN where not inside."""
    sine = np.where(inside, np.sin(angle), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.where(radius > 0, side / radius, edge) for side, edge in ((u, 1.0), (v, 0.0)))
    return np.stack([x * sine, -y * sine, np.where(inside, np.cos(angle), np.nan)], -1)


def _off_axis(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The angle off the axis of directions (…, 3), and the cosine and sine of how they are turned around it."""
    flat = np.hypot(direction[..., 0], direction[..., 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(flat > 0, direction[..., 0] / flat, 1.0)
        sine = np.where(flat > 0, -direction[..., 1] / flat, 0.0)
    return arctan2(flat, direction[..., 2]), cosine, sine


def equirectangular_rays(u, v, longitude, latitude):
    """Longitude along u, latitude along v, each from its first to its second value in radians."""
    east = longitude[0] + (longitude[1] - longitude[0]) * u
    north = latitude[0] + (latitude[1] - latitude[0]) * v
    return _spherical(east, north)


def equirectangular_places(direction, longitude, latitude):
    """The inverse; a longitude is taken once around from the first one."""
    low = min(longitude)
    east = (arctan2(direction[..., 0], direction[..., 2]) - low) % (2 * np.pi) + low
    north = arctan2(-direction[..., 1], np.hypot(direction[..., 0], direction[..., 2]))
    return ((east - longitude[0]) / (longitude[1] - longitude[0]), (north - latitude[0]) / (latitude[1] - latitude[0]))


def fisheye_equidistant_rays(u, v, fov):
    """The angle off the axis grows with the distance from the middle, which is half the field of view at the edge."""
    x, y = 2 * u - 1, 2 * v - 1
    radius = np.hypot(x, y)
    return _around(x, y, radius, radius * fov / 2, radius <= 1)


def fisheye_equidistant_places(direction, fov):
    """The inverse."""
    angle, cosine, sine = _off_axis(direction)
    return 0.5 + angle / fov * cosine, 0.5 + angle / fov * sine


def fisheye_equisolid_rays(u, v, lens_mm, fov, sensor_mm):
    """r = 2 f sin(θ / 2) on a sensor in mm: equal areas are equal solid angles."""
    x, y = (u - 0.5) * sensor_mm[0], (v - 0.5) * sensor_mm[1]
    radius = np.hypot(x, y)
    angle = 2 * np.arcsin(np.clip(radius / (2 * lens_mm), 0, 1))
    return _around(x, y, radius, angle, radius <= 2 * lens_mm * np.sin(fov / 4))


def fisheye_equisolid_places(direction, lens_mm, fov, sensor_mm):
    """The inverse."""
    angle, cosine, sine = _off_axis(direction)
    radius = 2 * lens_mm * np.sin(angle / 2)
    return 0.5 + radius * cosine / sensor_mm[0], 0.5 + radius * sine / sensor_mm[1]


def fisheye_lens_polynomial_rays(u, v, coefficients, fov, sensor_mm):
    """θ = -(k0 + k1 r + k2 r² + k3 r³ + k4 r⁴), r in mm on the sensor."""
    x, y = (u - 0.5) * sensor_mm[0], (v - 0.5) * sensor_mm[1]
    radius = np.hypot(x, y)
    angle = -np.polynomial.polynomial.polyval(radius, coefficients)
    return _around(x, y, radius, angle, np.abs(angle) <= fov / 2)


def fisheye_lens_polynomial_places(direction, coefficients, fov, sensor_mm):
    """The inverse, by Newton's method from the polynomial's linear part."""
    angle, cosine, sine = _off_axis(direction)
    slope = np.polynomial.polynomial.polyder(coefficients)
    radius = -(angle + coefficients[0]) / coefficients[1]
    for _ in range(NEWTON_STEPS):
        error = angle + np.polynomial.polynomial.polyval(radius, coefficients)
        radius = radius - error / np.polynomial.polynomial.polyval(radius, slope)
    return 0.5 + radius * cosine / sensor_mm[0], 0.5 + radius * sine / sensor_mm[1]


def equiangular_cubemap_face_rays(u, v):
    """A quarter of a turn each way; the angle grows evenly along each side."""
    x, y = np.tan((u - 0.5) * np.pi / 2), np.tan((v - 0.5) * np.pi / 2)
    local = np.stack([x, -y, np.ones_like(x)], -1)
    return local / np.linalg.norm(local, axis=-1, keepdims=True)


def equiangular_cubemap_face_places(direction):
    """The inverse."""
    x, y, z = np.moveaxis(direction, -1, 0)
    return 0.5 + arctan2(x, z) * 2 / np.pi, 0.5 + arctan2(-y, z) * 2 / np.pi


def central_cylindrical_rays(u, v, azimuth, height):
    """A cylinder of radius 1 around the camera: angle to the right along u in radians, height along v."""
    east = azimuth[0] + (azimuth[1] - azimuth[0]) * u
    up = height[0] + (height[1] - height[0]) * v
    local = np.stack([np.sin(east), -up, np.cos(east)], -1)
    return local / np.linalg.norm(local, axis=-1, keepdims=True)


def central_cylindrical_places(direction, azimuth, height):
    """The inverse; an angle is taken once around from the first one."""
    x, y, z = np.moveaxis(direction, -1, 0)
    low = min(azimuth)
    east = (arctan2(x, z) - low) % (2 * np.pi) + low
    with np.errstate(divide="ignore", invalid="ignore"):
        up = -y / np.hypot(x, z)
    return (east - azimuth[0]) / (azimuth[1] - azimuth[0]), (up - height[0]) / (height[1] - height[0])


def mirrorball_rays(u, v):
    """What a mirrored ball far away shows, with its middle straight ahead."""
    x, z = 2 * u - 1, 2 * v - 1
    square = x * x + z * z
    y = np.sqrt(np.where(square <= 1, 1 - square, np.nan))
    return np.stack([2 * y * x, -2 * y * z, 2 * y * y - 1], -1)


def mirrorball_places(direction):
    """The inverse."""
    half = np.sqrt(np.maximum(2 * (1 + direction[..., 2]), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.5 + direction[..., 0] / half / 2, 0.5 - direction[..., 1] / half / 2


# Each model: place to ray, ray to place, and the parameters of both.
PANORAMAS = {
    "equirectangular": (equirectangular_rays, equirectangular_places, ("longitude", "latitude")),
    "fisheye_equidistant": (fisheye_equidistant_rays, fisheye_equidistant_places, ("fov",)),
    "fisheye_equisolid": (fisheye_equisolid_rays, fisheye_equisolid_places, ("lens_mm", "fov", "sensor_mm")),
    "fisheye_lens_polynomial": (
        fisheye_lens_polynomial_rays, fisheye_lens_polynomial_places, ("coefficients", "fov", "sensor_mm")),
    "equiangular_cubemap_face": (equiangular_cubemap_face_rays, equiangular_cubemap_face_places, ()),
    "central_cylindrical": (central_cylindrical_rays, central_cylindrical_places, ("azimuth", "height")),
    "mirrorball": (mirrorball_rays, mirrorball_places, ()),
}  # fmt: skip
LENGTHS = {"longitude": 2, "latitude": 2, "sensor_mm": 2, "coefficients": 5, "azimuth": 2, "height": 2, "shift": 2}
MODELS = (*LINEAR, *PANORAMAS)


def panorama_rays(record: dict, pixels: np.ndarray) -> np.ndarray:
    """Unit directions (…, 3) in the camera's frame of pixels (…, 2); NaN where the lens shows nothing."""
    forward, _, names = PANORAMAS[record["model"]]
    parameters, shift = record["parameters"], record["parameters"]["shift"]
    u = pixels[..., 0] / record["width"] + shift[0]
    v = 1 - pixels[..., 1] / record["height"] + shift[1]
    return forward(u, v, **{name: parameters[name] for name in names})


def panorama_pixels(record: dict, direction: np.ndarray) -> np.ndarray:
    """Pixels (…, 2) of unit directions (…, 3) in the camera's frame."""
    _, back, names = PANORAMAS[record["model"]]
    parameters, shift = record["parameters"], record["parameters"]["shift"]
    u, v = back(direction, **{name: parameters[name] for name in names})
    return np.stack([(u - shift[0]) * record["width"], (1 - v + shift[1]) * record["height"]], -1)
