"""Labels as pictures that a person can read."""

from __future__ import annotations

import numpy as np

from .labels import CLASSES_COLOURS


def _stretched(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values[known], [1, 99]) if known.any() else (0, 1)
    return np.clip((np.where(known, values, high) - low) / max(high - low, 1e-9), 0, 1)


def picture(label: str, values: np.ndarray) -> np.ndarray:
    """An RGB picture (h, w, 3) uint8 of a label's array."""
    import cv2

    if label == "rgb":
        return values
    if label in ("linear", "albedo", "shading"):
        return (np.clip(values, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    if label == "depth":
        known = np.isfinite(values)
        grey = (255 * (1 - _stretched(np.where(known, values, 0), known))).astype(np.uint8)
        return np.where(known[..., None], cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS)[..., ::-1], 18).astype(np.uint8)
    if label == "normal":
        known = np.linalg.norm(values, axis=-1) > 0.5
        return np.where(known[..., None], (values * [0.5, -0.5, -0.5] + 0.5) * 255, 18).astype(np.uint8)
    if label == "position":
        known = np.isfinite(values).all(-1)
        planes = [_stretched(np.nan_to_num(values[..., i]), known) for i in range(3)]
        return np.where(known[..., None], np.stack(planes, -1) * 255, 18).astype(np.uint8)
    if label == "parts":
        return CLASSES_COLOURS[values]
    if label in ("instance", "semantic"):
        # Neighbouring numbers get far hues: multiples of the golden angle.
        hue = (np.arange(65536) * 137.508 % 360).astype(np.float32)
        table = np.stack([hue, np.full(65536, 0.55, np.float32), np.full(65536, 0.95, np.float32)], -1)[None]
        colours = (cv2.cvtColor(table, cv2.COLOR_HSV2RGB)[0] * 255).astype(np.uint8)
        colours[0] = 18
        return colours[values]
    if label.startswith("flow"):
        known = np.isfinite(values).all(-1)
        x, y = np.nan_to_num(values[..., 0]), np.nan_to_num(values[..., 1])
        size = np.hypot(x, y)
        largest = max(float(np.percentile(size[known], 99)) if known.any() else 1, 1e-6)
        hue = (np.degrees(np.arctan2(y, x)) % 360).astype(np.float32)
        wheel = np.stack([hue, np.clip(size / largest, 0, 1).astype(np.float32), np.ones_like(hue)], -1)
        return np.where(known[..., None], cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB) * 255, 18).astype(np.uint8)
    if label == "uv":
        return (np.concatenate([np.clip(values, 0, 1), np.zeros_like(values[..., :1])], -1) * 255).astype(np.uint8)
    scale = 255 if values.dtype == np.float32 else 1
    return np.repeat((values * scale).astype(np.uint8)[..., None], 3, -1)


def with_landmarks(image: np.ndarray, record: dict) -> np.ndarray:
    """The picture with its landmarks: visible ones light, hidden ones dark, pupils and gaze marked."""
    import cv2

    drawn = image.copy()
    size = max(image.shape[0] // 220, 1)
    for index, ((x, y), seen) in enumerate(zip(record["points_2d"], record["visible"], strict=True)):
        colour = (255, 210, 60) if index >= 68 else (90, 255, 150) if seen else (150, 60, 60)
        cv2.circle(drawn, (round(x - 0.5), round(y - 0.5)), size, colour, -1, cv2.LINE_AA)
    for side, index in (("right", 68), ("left", 69)):
        start = np.array(record["points_2d"][index])
        end = start + np.array(record["gaze"][side][:2]) * image.shape[0] * 0.12
        cv2.line(
            drawn, tuple(np.rint(start).astype(int)), tuple(np.rint(end).astype(int)), (255, 210, 60), size, cv2.LINE_AA
        )
    return drawn
