"""What checks measure on the labels of one frame: arrays in, numbers of pixels or shares out."""

from __future__ import annotations

import numpy as np

from ...procgen.things.parts import PARTS as THING_PARTS
from ..labels import LABELS, PARTS, SEMANTIC

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709
BRIGHTEST = 0.99  # the quantile of the luminance that must show something
WHITE = 254  # 8 bit, from which a channel counts as clipped
HALF = 128  # of 8-bit coverage, from which a pixel counts as covered
DARK, GLARING = -0.01, 1e5  # linear light and reflectance
UNIT = 1e-3  # by which the length of a normal may differ from 1
# Labels that show whatever is hit; others, hair say, may be empty in a sound frame.
SOLID = ("alpha", "depth", "normal", "position", "instance", "parts", "semantic", "disparity")
FORWARD, BACKWARD = ("flow", "scene_flow"), ("flow_back",)


def brightness(rgb: np.ndarray, alpha: np.ndarray | None) -> float | None:
    """The luminance 0…1 that 1 % of the picture's covered pixels exceed; None where none is covered."""
    luminance = rgb @ LUMINANCE / 255
    seen = luminance if alpha is None else luminance[alpha >= HALF]
    return float(np.quantile(seen, BRIGHTEST)) if seen.size else None


def white_share(rgb: np.ndarray, shown: np.ndarray | None) -> float | None:
    """The share of pixels, of those ``shown`` (h, w) if given, that are white; None where there are none."""
    white = (rgb >= WHITE).all(-1)
    counted = white if shown is None else white[shown]
    return float(counted.mean()) if counted.size else None


def person_mask(values: dict[str, np.ndarray]) -> np.ndarray | None:
    """Where a frame's labels show the person (h, w), or None where no label says so."""
    if "alpha" in values:
        return values["alpha"] >= HALF
    for name in ("instance", "parts", "depth", "normal", "position"):
        if name in values:
            return differing(name, values[name])
    return None


def background(name: str, values: np.ndarray) -> np.ndarray:
    """Where every channel of a label has its background's value (h, w)."""
    ground = LABELS[name].background
    same = np.isnan(values) if np.isnan(ground) else values == ground
    return same.all(-1) if values.ndim == 3 else same


def differing(name: str, values: np.ndarray) -> np.ndarray:
    """Where a label shows something (h, w)."""
    return ~background(name, values)


def not_finite(name: str, values: np.ndarray) -> int:
    """The number of pixels with NaN or infinity that are not the label's background."""
    wrong = ~np.isfinite(values)
    return int(((wrong.any(-1) if values.ndim == 3 else wrong) & ~background(name, values)).sum())


def forbidden(name: str, values: np.ndarray) -> int:
    """The number of pixels with values that the unit of a label forbids; what is not finite is another check's."""
    with np.errstate(invalid="ignore"):
        if name in ("linear", "albedo", "shading"):
            wrong = ((values < DARK) | (np.isfinite(values) & (values > GLARING))).any(-1)
        elif name == "depth":
            wrong = values <= 0
        elif name == "disparity":
            wrong = values < 0
        elif name == "normal":
            wrong = (np.abs(np.linalg.norm(values, axis=-1) - 1) > UNIT) & differing(name, values)
        elif name == "hair_alpha":
            wrong = (values < 0) | (values > 1)
        elif name == "parts":
            wrong = ~np.isin(values, [*PARTS, *range(len(THING_PARTS))])
        elif name == "semantic":
            wrong = values >= len(SEMANTIC)
        else:
            return 0
    return int(wrong.sum())
