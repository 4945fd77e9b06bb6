"""Filters over pictures, with numpy alone."""

from __future__ import annotations

import numpy as np


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian of ``sigma`` px over (h, w, c) float32, cut at four sigmas, mirrored at the edge pixels' centres."""
    radius = (round(8 * sigma + 1) | 1) // 2
    weights = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    weights /= 2 * weights.sum() - weights[0]
    for axis in (0, 1):
        size = image.shape[axis]
        lines = np.pad(image.swapaxes(0, axis), [(radius, radius), (0, 0), (0, 0)], "reflect")
        total = lines[radius : radius + size] * np.float32(weights[0])
        for away in range(1, radius + 1):
            pair = lines[radius - away : radius - away + size] + lines[radius + away : radius + away + size]
            pair *= np.float32(weights[away])
            total += pair
        image = total.swapaxes(0, axis)
    return image
