"""Labels as pictures that a person can read."""

from __future__ import annotations

import numpy as np

from .cameras import project
from .labels import CLASSES_COLOURS

# Viridis (CC0): the entry of its 256 colours, and the colour; straight lines between them are within 2/255 of it.
VIRIDIS = (
    (0, 68, 1, 84), (23, 72, 33, 115), (50, 65, 66, 135), (81, 50, 100, 142), (132, 31, 148, 140), (151, 33, 166, 133),
    (166, 47, 180, 124), (177, 64, 189, 114), (190, 90, 200, 100), (203, 119, 209, 83), (233, 197, 224, 33),
    (239, 213, 226, 26), (246, 231, 228, 25), (255, 253, 231, 37),
)  # fmt: skip


def viridis(values: np.ndarray) -> np.ndarray:
    """The colours (…, 3) uint8 of values 0…1."""
    entry, *planes = np.array(VIRIDIS, float).T
    return np.stack([np.rint(np.interp(values * 255, entry, plane)) for plane in planes], -1).astype(np.uint8)


def rgb_of(hue: np.ndarray, saturation, value) -> np.ndarray:
    """RGB (…, 3) in 0…1 of hues in degrees, saturations and values in 0…1."""
    # Each channel is a trapezium over the wheel: (R, G, B) are a third of a turn apart.
    corner = (np.array([5, 3, 1]) + hue[..., None] / 60) % 6
    gap = np.clip(np.minimum(corner, 4 - corner), 0, 1)
    return np.asarray(value)[..., None] * (1 - np.asarray(saturation)[..., None] * gap)


def _stretched(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values[known], [1, 99]) if known.any() else (0, 1)
    return np.clip((np.where(known, values, high) - low) / max(high - low, 1e-9), 0, 1)


def picture(label: str, values: np.ndarray, over: np.ndarray | None = None) -> np.ndarray:
    """An RGB picture (h, w, 3) uint8 of a label's array; points are drawn ``over`` the frame's picture (h, w, 3)."""
    if label == "dense_landmarks":
        return with_dense_landmarks(over, values)
    if label == "rgb":
        return values
    if label in ("linear", "albedo", "shading"):
        return (np.clip(values, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    if label in ("depth", "distance", "disparity"):
        known = np.isfinite(values) & (values > 0)
        # Inverse depth shows a landscape's foreground and its mountains alike.
        inverse = values if label == "disparity" else 1 / np.maximum(np.where(known, values, 1), 1e-6)
        deep = label == "disparity" or (
            known.any() and np.quantile(values[known], 0.95) > 8 * np.quantile(values[known], 0.05)
        )
        near = (
            _stretched(np.log(np.where(known, inverse, 1)), known)
            if deep
            else 1 - _stretched(np.where(known, values, 0), known)
        )
        return np.where(known[..., None], viridis(near), 18).astype(np.uint8)
    if label in ("normal", "rays"):
        values = np.nan_to_num(values)
        known = np.linalg.norm(values, axis=-1) > 0.5
        return np.where(known[..., None], (values * [0.5, -0.5, -0.5] + 0.5) * 255, 18).astype(np.uint8)
    if label in ("position", "scene_flow"):
        known = np.isfinite(values).all(-1)
        planes = [_stretched(np.nan_to_num(values[..., i]), known) for i in range(3)]
        return np.where(known[..., None], np.stack(planes, -1) * 255, 18).astype(np.uint8)
    if label == "parts":
        return CLASSES_COLOURS[values]
    if label in ("instance", "semantic"):
        # Neighbouring numbers get far hues: multiples of the golden angle.
        colours = (rgb_of(np.arange(65536) * 137.508, 0.55, 0.95) * 255).astype(np.uint8)
        colours[0] = 18
        return colours[values]
    if label.startswith("flow"):
        known = np.isfinite(values).all(-1)
        x, y = np.nan_to_num(values[..., 0]), np.nan_to_num(values[..., 1])
        size = np.hypot(x, y)
        largest = max(float(np.percentile(size[known], 99)) if known.any() else 1, 1e-6)
        wheel = rgb_of(np.degrees(np.arctan2(y, x)), np.clip(size / largest, 0, 1), 1.0)
        return np.where(known[..., None], wheel * 255, 18).astype(np.uint8)
    if label == "uv":
        return (np.concatenate([np.clip(values, 0, 1), np.zeros_like(values[..., :1])], -1) * 255).astype(np.uint8)
    scale = 255 if values.dtype == np.float32 else 1
    return np.repeat((values * scale).astype(np.uint8)[..., None], 3, -1)


def with_landmarks(image: np.ndarray, record: dict) -> np.ndarray:
    """The picture with its landmarks: visible ones light, hidden ones dark, pupils and gaze marked."""
    drawn = image.copy()
    size = max(image.shape[0] // 220, 1)
    for index, ((x, y), seen) in enumerate(zip(record["points_2d"], record["visible"], strict=True)):
        colour = (255, 210, 60) if index >= 68 else (90, 255, 150) if seen else (150, 60, 60)
        stroke(drawn, (x, y), (x, y), size + 0.5, colour)
    gaze = record.get("gaze") or {}
    for side, index in (("right", 68), ("left", 69)):
        if side not in gaze or index >= len(record["points_2d"]):
            continue
        start = np.array(record["points_2d"][index])
        end = start + np.array(gaze[side][:2]) * image.shape[0] * 0.12
        stroke(drawn, start, end, size / 2, (255, 210, 60))
    return drawn


def with_points(size: int, points, camera: dict) -> np.ndarray:
    """A picture (size, size, 3) of the points on a thing's surface that face a camera, each a pixel of its colour."""
    drawn = np.full((size, size, 3), 18, np.uint8)
    towards = np.array(camera["cam2world"])[:3, 3] - points.place
    facing = (towards * points.normal).sum(1) > 0
    pixels, depth = project(camera, points.place[facing])
    order = np.argsort(-depth)
    x, y = np.floor(pixels[order] * size / camera["width"]).astype(int).T
    inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
    drawn[y[inside], x[inside]] = points.colour[facing][order][inside]
    return drawn


def with_dense_landmarks(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The picture, darker, with a pixel for each vertex (n, 6) of the head: seen ones by their number, hidden ones not."""
    drawn = image // 3
    height, width = image.shape[:2]
    inside = (values[:, :2] >= 0).all(1) & (values[:, :2] < [width, height]).all(1) & (values[:, 5] > 0.5)
    x, y = values[inside, :2].astype(int).T
    drawn[y, x] = viridis(np.arange(len(values))[inside] / max(len(values) - 1, 1))
    return drawn


def stroke(image: np.ndarray, start, end, radius: float, colour) -> None:
    """Draw a line with round ends, px with the first pixel's centre at (0.5, 0.5); a disc where it has no length."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    if not np.isfinite([start, end]).all():
        return
    reach = radius + 1
    low = np.maximum(np.floor(np.minimum(start, end) - reach), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum(start, end) + reach), image.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
    along = end - start
    share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(along @ along, 1e-12)
    share = np.clip(share, 0, 1)
    distance = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
    cover = np.clip(radius + 0.5 - distance, 0, 1)[..., None]
    window = image[low[1] : high[1], low[0] : high[0]]
    window[:] = np.rint(window + cover * (np.asarray(colour) - window.astype(float)))
