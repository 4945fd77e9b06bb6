"""Cameras as numbers: K in pixels with the first pixel's centre at (0.5, 0.5), cam2world in OpenCV axes.

The record of a camera names its model. A pinhole (also where no model is named) has K, with pixels K (x/z, y/z, 1). An
orthographic camera has K in pixels a metre, with pixels K (x, y, 1). All others have the parameters of their model in
``projections``, and no K.
"""

from __future__ import annotations

import numpy as np

from .projections import LINEAR, ORTHOGRAPHIC, PINHOLE, panorama_pixels, panorama_rays

ROUNDING = 4e-4  # radians by which rays of a fisheye may differ: Cycles turns them by an arc cosine in single precision
FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -z with y up; OpenCV's along z with y down


def frame_size(render) -> tuple[int, int]:
    """Width and height in pixels of what a scene's render settings make."""
    percent = render.resolution_percentage
    return render.resolution_x * percent // 100, render.resolution_y * percent // 100


def _fitted(data, render) -> tuple[bool, float, float]:
    """Whether the sensor is fitted to the frame's width, the pixels of the side it is fitted to, and a pixel's height over
    its width.

    Blender fits the sensor to one side of the frame, in units of a pixel's width: to the larger one, unless the camera says
    which.
    """
    width, height = frame_size(render)
    tall = render.pixel_aspect_y / render.pixel_aspect_x
    horizontal = data.sensor_fit == "HORIZONTAL" or (data.sensor_fit == "AUTO" and width >= height * tall)
    return horizontal, width if horizontal else height * tall, tall


def sensor_size(data) -> float:
    """The size in mm of the side of a camera's sensor that is fitted to the frame."""
    return data.sensor_height if data.sensor_fit == "VERTICAL" else data.sensor_width


def intrinsics(data, render) -> tuple[list[list[float]], float]:
    """K (3, 3) in pixels and the sensor's size in mm of a perspective camera's data.

    Where pixels are not square, lengths along y are divided by a pixel's height over its width. Of an orthographic camera, K
    holds pixels in a unit of the scene.
    """
    width, height = frame_size(render)
    _, span, tall = _fitted(data, render)
    sensor = sensor_size(data)
    focal = span / data.ortho_scale if data.type == "ORTHO" else data.lens / sensor * span
    centre = width / 2 - data.shift_x * span, height / 2 + data.shift_y * span / tall
    return [[focal, 0.0, centre[0]], [0.0, focal / tall, centre[1]], [0.0, 0.0, 1.0]], sensor


def camera_model(data) -> str:
    """The name of the model of a Blender camera's data; empty for one that a shader of its own projects."""
    if data.type == "PANO":
        return data.panorama_type.lower()
    return {"PERSP": PINHOLE, "ORTHO": ORTHOGRAPHIC}.get(data.type, "")


def _panorama_parameters(data, render) -> dict:
    """The parameters of a panoramic camera's model: radians, mm, and the shift in shares of the picture."""
    horizontal, _, tall = _fitted(data, render)
    width, height = frame_size(render)
    sensor, aspect = sensor_size(data), height * tall / width
    radius = data.central_cylindrical_radius
    found = {
        "equirectangular": {
            "longitude": [data.longitude_min, data.longitude_max], "latitude": [data.latitude_min, data.latitude_max]},
        "fisheye_equidistant": {"fov": data.fisheye_fov},
        "fisheye_equisolid": {"lens_mm": data.fisheye_lens, "fov": data.fisheye_fov},
        "fisheye_lens_polynomial": {
            "coefficients": [getattr(data, f"fisheye_polynomial_k{power}") for power in range(5)],
            "fov": data.fisheye_fov},
        "central_cylindrical": {
            "azimuth": [data.central_cylindrical_range_u_min, data.central_cylindrical_range_u_max],
            "height": [data.central_cylindrical_range_v_min / radius, data.central_cylindrical_range_v_max / radius]},
    }.get(camera_model(data), {})  # fmt: skip
    if "lens_mm" in found or "coefficients" in found:
        found["sensor_mm"] = [sensor, sensor * aspect] if horizontal else [sensor / aspect, sensor]
    return found | {"shift": [data.shift_x, data.shift_y]}


def camera_record(camera, scene, frame: int) -> dict:
    """The record of a Blender camera object for the scene's resolution; see the module for its models."""
    width, height = frame_size(scene.render)
    data = camera.data
    model = camera_model(data)
    matrix = np.array(camera.matrix_world)
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if np.abs(scale - 1).max() > 1e-6:  # a camera's scale does nothing
        matrix[:3, :3] /= scale
    if model in LINEAR:
        k, sensor = intrinsics(data, scene.render)
        projection = {"K": k}
    else:
        sensor = sensor_size(data)
        projection = {"parameters": _panorama_parameters(data, scene.render)}
    return {
        "frame": frame,
        "time": frame / (scene.render.fps / scene.render.fps_base),
        "rig": camera.get("rig", "portrait"),
        "model": model,
        "width": width,
        "height": height,
        **projection,
        "cam2world": (matrix @ FLIP).tolist(),
        "lens_mm": data.lens,
        "sensor_mm": sensor,
        "f_stop": data.dof.aperture_fstop if data.dof.use_dof else None,
        "focus_m": data.dof.focus_distance if data.dof.use_dof else None,
    }


def model_of(record: dict) -> str:
    """The model of a camera's record."""
    return record.get("model", PINHOLE)


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
    """Pixels (…, 2) of world points (…, 3), and their depth (…): along the optical axis, of panoramas along the ray."""
    local, model = to_camera(record, points), model_of(record)
    with np.errstate(divide="ignore", invalid="ignore"):
        if model not in LINEAR:
            distance = np.linalg.norm(local, axis=-1)
            return panorama_pixels(record, local / distance[..., None]), distance
        k, depth = np.asarray(record["K"]), local[..., 2]
        flat = local[..., :2] if model == ORTHOGRAPHIC else local[..., :2] / depth[..., None]
        return flat * [k[0, 0], k[1, 1]] + k[:2, 2], depth


def pixel_centres(record: dict) -> np.ndarray:
    """The pixel coordinates (h, w, 2) of all pixel centres."""
    x, y = np.arange(record["width"]) + 0.5, np.arange(record["height"]) + 0.5
    return np.stack(np.meshgrid(x, y), -1)


def camera_rays(record: dict) -> np.ndarray:
    """The unit direction (h, w, 3) of every pixel centre in the camera's frame; NaN where the lens shows nothing."""
    if model_of(record) not in LINEAR:
        return panorama_rays(record, pixel_centres(record))
    local = _plane(record, model_of(record))[1]
    return local / np.linalg.norm(local, axis=-1, keepdims=True)


def pixel_rays(record: dict) -> tuple[np.ndarray, np.ndarray]:
    """Where the rays of all pixel centres start, (3,) or (h, w, 3), and their directions (h, w, 3), in the world.

    Directions are of length one along the optical axis, those of panoramas of length one.
    """
    matrix, model = np.asarray(record["cam2world"]), model_of(record)
    if model not in LINEAR:
        return matrix[:3, 3], camera_rays(record) @ matrix[:3, :3].T
    start, local = _plane(record, model)
    return matrix[:3, 3] + start @ matrix[:3, :3].T, local @ matrix[:3, :3].T


def _plane(record: dict, model: str) -> tuple[np.ndarray, np.ndarray]:
    """Start and direction of the rays of a camera with K, in its frame."""
    k = np.asarray(record["K"])
    flat = (pixel_centres(record) - k[:2, 2]) / [k[0, 0], k[1, 1]]
    if model == ORTHOGRAPHIC:
        start = np.concatenate([flat, np.zeros((*flat.shape[:2], 1))], -1)
        return start, np.broadcast_to([0.0, 0.0, 1.0], start.shape)
    return np.zeros(3), np.concatenate([flat, np.ones((*flat.shape[:2], 1))], -1)


def miss(record: dict, position: np.ndarray) -> np.ndarray:
    """By how many pixels (h, w) the surface point (h, w, 3) of each pixel lies beside its centre; NaN where nothing is.

    Of panoramas, whose pixels crowd at a pole, it is the angle to the pixel's ray beyond ROUNDING, over the mean angle
    between neighbours.
    """
    if model_of(record) in LINEAR:
        return np.abs(project(record, position)[0] - pixel_centres(record)).max(-1)
    local, rays = to_camera(record, position), camera_rays(record)
    with np.errstate(invalid="ignore"):
        angle = np.arctan2(np.linalg.norm(np.cross(local, rays), axis=-1), (local * rays).sum(-1))
        pitch = np.nanmean(np.linalg.norm(np.diff(rays, axis=0), axis=-1))
        return np.maximum(angle - ROUNDING, 0) / pitch
