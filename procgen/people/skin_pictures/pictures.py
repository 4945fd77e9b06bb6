"""The pictures of a person's skin as bytes."""

from __future__ import annotations

from functools import cache

import numpy as np

from .colour import skin_colours
from .fields import SWEAT_SEEN, SkinFields
from .relief import heights
from .texels import Texels
from .zones import darkness, sweaty

LEAST_ROUGHNESS = 0.27
DULLER = 0.14  # of the specular level that the darkest skin has less: what photographs of it show
FLAT = (128, 128, 255)  # the normal of a plane


def skin_pictures(skin, hair: tuple[float, float, float], scalp: np.ndarray | None, size: int) -> dict[str, np.ndarray]:
    """The pictures (size, size, 3) uint8 of a skin over the head's uv, bottom row first.

    "colour" is sRGB; "normal" and "folds" are normals in tangent space, green upward along v, of the face at rest and of
    what all expressions at full strength add; "surface" holds specular level, roughness and weight of subsurface
    scattering. ``hair`` is the linear colour that hair leaves on the skin, ``scalp`` (v,) how densely it covers the
    template's vertices. Raises SpecError for a size that is not in texels.SIZES.
    """
    fields = SkinFields(skin, size, scalp)
    texels = fields.texels
    colour = srgb_bytes(skin_colours(fields, hair))
    rest, folds = (normals(texels, height) for height in heights(fields))
    surface = _surface(fields)
    return {
        "colour": texels.picture(colour, colour.mean(0)), "normal": texels.picture(rest, FLAT),
        "surface": texels.picture(surface, surface.mean(0)), "folds": texels.picture(folds, FLAT),
    }  # fmt: skip


def normals(texels: Texels, height: np.ndarray) -> np.ndarray:
    """The normals (n, 3) uint8 in tangent space of a height (n,) in metres over the template."""
    tangent, bitangent = texels.slopes(height)
    up = 1 / np.sqrt(1 + tangent * tangent + bitangent * bitangent)
    result = np.stack([-tangent * up, -bitangent * up, up], 1)
    result *= np.float32(127.5)
    result += np.float32(128)  # rounds, and keeps the plane exact on its own byte
    return result.astype(np.uint8)


def _surface(f: SkinFields) -> np.ndarray:
    """Specular level, roughness and weight of subsurface scattering (n, 3) uint8."""
    gloss = f.skin.makeup.gloss * 0.9 if f.skin.makeup_on else 0.0
    result = np.empty((len(f.texels.index), 3), np.float32)
    # Light is lost in pores and lines, and glints off what stands out between them.
    gleam = np.float32(0.45 - DULLER * darkness(f.skin)) - np.float32(0.04) * f.residual + np.float32(0.45) * f.fine
    result[:, 0] = np.clip(gleam + np.float32(400) * f.lines_at_rest, 0.15, 0.8) * (1 - np.float32(0.85) * f.scalp)
    roughness = np.float32(f.skin.roughness) + np.float32(0.24) * f.shine - np.float32(0.13) * f.oil
    roughness += np.float32(0.012) * f.residual
    if f.skin.sweat > SWEAT_SEEN:
        roughness -= np.float32(0.16 * f.skin.sweat) * f.texels.values(sweaty())
    result[:, 1] = np.maximum(roughness - np.float32(0.13 + 0.2 * gloss) * f.lips, LEAST_ROUGHNESS)
    result[:, 2] = 1.0
    return (np.clip(result, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)


def srgb_bytes(colour: np.ndarray) -> np.ndarray:
    """The sRGB bytes of linear colour."""
    return _srgb()[(np.clip(colour, 0, 1) * np.float32(65535)).astype(np.uint16)]


@cache
def _srgb() -> np.ndarray:
    """The sRGB byte of each 16-bit linear value (65536,); IEC 61966-2-1."""
    linear = np.arange(65536) / 65535
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(curve * 255).astype(np.uint8)
