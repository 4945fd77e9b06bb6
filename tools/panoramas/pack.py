"""Packs a raw panorama: levelled, turned to where its light comes from, what is brighter than the range taken out as lamps."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from simulacra.procgen.light.lamps import Lamp, lamp_irradiance
from simulacra.procgen.light.panorama import LUMINANCE, directions, irradiance

BRIGHTEST = 16.0  # radiance, of a white card's in the mean light, that a picture holds; what is over it becomes lamps
REACH = np.radians(14)  # how far from the brightest point pixels belong to the same lamp
DISC = np.radians(2)  # around the sun
LAMPS, LEAST = 5, 0.02  # at most so many; a lamp gives at least this share of the mean light
QUALITIES = (40, 34, 28, 22, 17, 13, 10)  # of DWAA, in Blender's scale: the first whose file is small enough
LARGEST = 230_000  # bytes of a file
SEAM, EDGE, STEP = 48, 3, 0.3  # px over which a step at the seam fades, px that tell it, its largest logarithm


def solid_angles(height: int, width: int) -> np.ndarray:
    """The solid angle (h, 1) of a pixel by its row, steradians."""
    elevation = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    return (np.cos(elevation) * (np.pi / height) * (2 * np.pi / width))[:, None]


def parted(radiance: np.ndarray) -> tuple[np.ndarray, list[Lamp]]:
    """A panorama (h, w, 3) without its peaks, and the lamps that give what was taken."""
    radiance, lamps = radiance.copy(), []
    rays, pixel = directions(*radiance.shape[:2]), solid_angles(*radiance.shape[:2])
    for _ in range(LAMPS):
        level = radiance @ LUMINANCE
        brightest = np.unravel_index(level.argmax(), level.shape)
        over = (level > BRIGHTEST) & (rays @ rays[brightest] > np.cos(REACH))
        if not over.any():
            break
        kept = np.where(over, BRIGHTEST / np.maximum(level, BRIGHTEST), 1.0)[..., None]
        excess = radiance * (1 - kept) * pixel[..., None]
        total = excess.sum((0, 1))
        if total @ LUMINANCE < LEAST * np.pi:
            break
        way = ((excess @ LUMINANCE)[..., None] * rays).sum((0, 1))
        way /= np.linalg.norm(way)
        size = 2 * np.sqrt(float((over * pixel).sum()) / np.pi)
        lamps.append(Lamp(way, total, float(np.clip(size, 0.01, 0.5))))
        radiance *= kept
    return radiance, lamps


def joined(raw: np.ndarray) -> np.ndarray:
    """The panorama (h, w, 3) without the step in brightness between its last and first column, whose edges the denoiser cannot see past."""
    width = raw.shape[1]
    first, last = (np.log(raw[:, at].mean((1, 2)) + 1e-4) for at in (slice(None, EDGE), slice(-EDGE, None)))
    step = np.clip(first - last, -STEP, STEP)
    for _ in range(12):
        padded = np.pad(step, 1, mode="edge")
        step = 0.25 * padded[:-2] + 0.5 * step + 0.25 * padded[2:]
    ramp = np.clip(1 - (np.arange(width) + 0.5) / SEAM, 0, 1)
    return raw * np.exp(0.5 * step[:, None] * (ramp[::-1] - ramp))[..., None].astype(raw.dtype)


def pack(raw: np.ndarray, sun: dict | None) -> tuple[np.ndarray, list[Lamp]]:
    """The picture (h, w, 3) and lamps of a raw panorama and what is left of its sun; see read_panorama."""
    raw, lamps = joined(raw), []
    if sun is not None and sun["free"] > 0.02:
        lamps = [Lamp(np.array(sun["direction"]), np.array(sun["irradiance"]), sun["size"])]
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    upright = np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    level = float(((irradiance(raw, upright) + lamp_irradiance(lamps, upright)) @ LUMINANCE).mean()) / np.pi
    picture = raw / level
    lamps = [lamp._replace(irradiance=lamp.irradiance / level) for lamp in lamps]
    height, width = raw.shape[:2]
    way = ((picture @ LUMINANCE * solid_angles(height, width))[..., None] * directions(height, width)).sum((0, 1))
    way = way + sum(lamp.direction * (lamp.irradiance @ LUMINANCE) for lamp in lamps)
    column = (0.5 - np.arctan2(way[1], way[0]) / (2 * np.pi)) * width
    columns = round(0.75 * width - column)  # where -y lies
    angle = -2 * np.pi * columns / width
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    lamps = [lamp._replace(direction=matrix @ lamp.direction) for lamp in lamps]
    picture = np.roll(picture, columns, axis=1)
    for lamp in lamps:  # what the sky shows of the sun's disc is the lamp's already
        near = directions(height, width) @ lamp.direction.astype(np.float32) > np.cos(DISC)
        scale = np.minimum(BRIGHTEST / np.maximum(picture @ LUMINANCE, 1e-6), 1)
        picture = np.where(near[..., None], picture * scale[..., None], picture)
    picture, more = parted(picture)
    return smoothed(picture), lamps + more


def smoothed(picture: np.ndarray) -> np.ndarray:
    """The picture (h, w, 3), softer towards the poles: no camera looks there, and an equirectangular picture has too many pixels."""
    height, width = picture.shape[:2]
    elevation = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    row = np.fft.rfftfreq(width)
    spread = np.minimum(0.4 * (1 / np.cos(elevation) - 1), 40)[:, None]  # pixels, standard deviation
    kept = np.exp(-2 * (np.pi * row * spread) ** 2)
    even = np.fft.irfft(np.fft.rfft(picture, axis=1) * kept[..., None], n=width, axis=1)
    soft = even
    for _ in range(6):
        above, below = np.concatenate([soft[1:], soft[-1:]]), np.concatenate([soft[:1], soft[:-1]])
        soft = 0.5 * soft + 0.25 * (above + below)
        soft = 0.5 * soft + 0.25 * (np.roll(soft, 1, 1) + np.roll(soft, -1, 1))
    share = np.clip((np.degrees(np.abs(elevation)) - 35) / 15, 0, 1)[:, None, None]
    return np.maximum(even * (1 - share) + soft * share, 0)


def write(path: Path, picture: np.ndarray) -> None:
    """Write radiance (h, w, 3), bottom row first, as an EXR of half floats."""
    height, width = picture.shape[:2]
    image = bpy.data.images.new("Panorama", width, height, alpha=False, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = picture
    image.pixels.foreach_set(pixels.ravel())
    settings = bpy.context.scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth, settings.color_mode, settings.exr_codec = (
        "OPEN_EXR",
        "16",
        "RGB",
        "DWAA",
    )
    for settings.quality in QUALITIES:
        image.save_render(str(path), scene=bpy.context.scene)
        if path.stat().st_size <= LARGEST:
            break
    bpy.data.images.remove(image)


def shown(picture: np.ndarray) -> np.ndarray:
    """A picture (h, w, 3) uint8, top row first, for looking at: its middle tones where a photographer puts them."""
    level = picture @ LUMINANCE
    tones = picture * (0.35 / np.exp(np.log(np.maximum(level, 1e-4)).mean()))
    tones = tones * (1 + tones / 9) / (1 + tones)
    return (np.clip(tones[::-1], 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
