"""Names of colours: the eleven of common English, and cream, by lightness, chroma and hue."""

from __future__ import annotations

import numpy as np

NAMES = ("black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "cream")
# Upper ends of the hues of clear colours, degrees of OKLCH.
HUES = (
    (12, "pink"),
    (42, "red"),
    (75, "orange"),
    (112, "yellow"),
    (178, "green"),
    (282, "blue"),
    (330, "purple"),
    (360, "pink"),
)
SHARE = 0.28  # of a thing's surface that a colour must have to be named beside the first
LEAST = 0.02  # under which a colour is not there


def oklch(srgb: np.ndarray) -> np.ndarray:
    """Lightness 0…1, chroma and hue in degrees (…, 3) of sRGB uint8 (…, 3); Björn Ottosson, OKLab, 2020."""
    values = np.asarray(srgb, float) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array([[0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
                               [0.0514459929, 0.1073969566, 0.6299787005]])  # fmt: skip
    lab = np.cbrt(cones) @ np.array([[0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662],
                                     [-0.0040720468, 0.4505937099, -0.8086757660]])  # fmt: skip
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    return np.stack([lab[..., 0], np.hypot(lab[..., 1], lab[..., 2]), hue], -1)


def names(srgb: np.ndarray) -> np.ndarray:
    """The place in ``NAMES`` (…,) of sRGB uint8 (…, 3)."""
    light, chroma, hue = np.moveaxis(oklch(srgb), -1, 0)
    index = {name: place for place, name in enumerate(NAMES)}
    found = np.array([index[name] for _, name in HUES])[
        np.searchsorted([end for end, _ in HUES], hue, side="right").clip(0, 7)
    ]
    warm = (hue > 12) & (hue < 112)
    pale = warm & (hue < 42) & (light > 0.7)
    found = np.where(pale & (chroma < 0.16), index["pink"], found)
    dull = warm & (light < 0.62) & (chroma < np.where(hue < 36, 0.10, 0.15))
    found = np.where(dull | (warm & (hue >= 36) & (light < 0.5)), index["brown"], found)
    found = np.where(warm & (hue > 36) & (light >= 0.72) & (chroma < 0.11), index["cream"], found)
    found = np.where(warm & (light >= 0.55) & (light < 0.72) & (chroma < 0.10), index["brown"], found)
    found = np.where(warm & (hue > 100) & (light < 0.62) & (chroma > 0.05), index["green"], found)
    plain = np.where(light < 0.38, index["black"], np.where(light < 0.86, index["grey"], index["white"]))
    found = np.where(chroma < np.where(light > 0.8, 0.02, 0.026), plain, found)
    return np.where(light < 0.22, index["black"], found)


def shares(srgb: np.ndarray) -> dict[str, float]:
    """The share of each colour that is there among sRGB uint8 (n, 3), the largest first."""
    count = np.bincount(names(srgb), minlength=len(NAMES)) / len(srgb)
    order = np.argsort(-count, kind="stable")
    return {NAMES[place]: round(float(count[place]), 3) for place in order if count[place] >= LEAST}


def main_colours(found: dict[str, float]) -> list[str]:
    """The one or two colours by which a thing is called."""
    first, *rest = found
    return [first, *(name for name in rest[:1] if found[name] >= SHARE)]
