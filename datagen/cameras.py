"""Cameras as numbers: K in pixels with the first pixel's centre at (0.5, 0.5), cam2world in OpenCV axes."""

from __future__ import annotations

import numpy as np

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -z with y up; OpenCV's along z with y down


def frame_size(render) -> tuple[int, int]:
    """Width and height in pixels of what a scene's render settings make."""
    percent = render.resolution_percentage
    return render.resolution_x * percent // 100, render.resolution_y * percent // 100


def intrinsics(data, render) -> tuple[list[list[float]], float]:
    """K (3, 3) in pixels and the sensor's size in mm of a perspective camera's data.

    Blender fits the sensor to one side of the frame, in units of a pixel's width; where pixels are not square, lengths
    along y are divided by a pixel's height over its width.
    """
    width, height = frame_size(render)
    tall = render.pixel_aspect_y / render.pixel_aspect_x
    # The sensor is fitted to the larger side unless the camera says which.
    horizontal = data.sensor_fit == "HORIZONTAL" or (data.sensor_fit == "AUTO" and width >= height * tall)
    sensor = data.sensor_height if data.sensor_fit == "VERTICAL" else data.sensor_width
    span = width if horizontal else height * tall
    focal = data.lens / sensor * span
    centre = width / 2 - data.shift_x * span, height / 2 + data.shift_y * span / tall
    return [[focal, 0.0, centre[0]], [0.0, focal / tall, centre[1]], [0.0, 0.0, 1.0]], sensor


def camera_record(camera, scene, frame: int) -> dict:
    """The record of a perspective Blender camera object for the scene's resolution."""
    width, height = frame_size(scene.render)
    data = camera.data
    k, sensor = intrinsics(data, scene.render)
    matrix = np.array(camera.matrix_world)
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if np.abs(scale - 1).max() > 1e-6:  # a camera's scale does nothing
        matrix[:3, :3] /= scale
    return {
        "frame": frame,
        "time": frame / (scene.render.fps / scene.render.fps_base),
        "rig": camera.get("rig", "portrait"),
        "width": width,
        "height": height,
        "K": k,
        "cam2world": (matrix @ FLIP).tolist(),
        "lens_mm": data.lens,
        "sensor_mm": sensor,
        "f_stop": data.dof.aperture_fstop if data.dof.use_dof else None,
        "focus_m": data.dof.focus_distance if data.dof.use_dof else None,
    }


def to_camera(record: dict, points: np.ndarray) -> np.ndarray:
    """World points (…, 3) in the camera's frame."""
    matrix = np.asarray(record["cam2world"])
    return (np.asarray(points, np.float64) - matrix[:3, 3]) @ matrix[:3, :3]


def camera_normals(record: dict, normals: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """World normals (h, w, 3) in the camera's OpenCV frame, float64, and zero where ``hit`` (h, w) is not.

    Raises RuntimeError where one is not of unit length: a pixel holds the mean of several.
    """
    turned = normals.astype(np.float64) @ np.asarray(record["cam2world"])[:3, :3]
    length = np.linalg.norm(turned, axis=-1)
    if hit.any() and np.abs(length[hit] - 1).max() > 1e-3:
        raise RuntimeError("normal: the pass holds mixed normals")
    return np.where(hit[..., None], turned, 0.0)


def project(record: dict, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (…, 2) and planar depth (…) of world points (…, 3)."""
    local = to_camera(record, points)
    k = np.asarray(record["K"])
    depth = local[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = local[..., :2] / depth[..., None] * [k[0, 0], k[1, 1]] + k[:2, 2]
    return pixels, depth


def pixel_centres(record: dict) -> np.ndarray:
    """The pixel coordinates (h, w, 2) of all pixel centres."""
    x, y = np.arange(record["width"]) + 0.5, np.arange(record["height"]) + 0.5
    return np.stack(np.meshgrid(x, y), -1)


def pixel_rays(record: dict) -> tuple[np.ndarray, np.ndarray]:
    """The origin (3,) and the directions (h, w, 3) in the world, of length one along the optical axis."""
    k, matrix = np.asarray(record["K"]), np.asarray(record["cam2world"])
    local = (pixel_centres(record) - k[:2, 2]) / [k[0, 0], k[1, 1]]
    local = np.concatenate([local, np.ones((*local.shape[:2], 1))], -1)
    return matrix[:3, 3], local @ matrix[:3, :3].T
