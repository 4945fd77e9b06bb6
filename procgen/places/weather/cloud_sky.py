"""Clouds drawn into the sky: a march through their densities along every ray of the panorama's upper half."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...geometry.noise import fractal
from ...params import child
from . import cloud_fields
from .atmosphere import EARTH, aerosol_phase
from .cloud_fields import Field
from .spec import Weather, towards

OPAQUE = 0.015  # transmittance at which a ray ends


class CloudSky(NamedTuple):
    """Clouds as seen from the ground over rays (…,).

    ``sunlit`` and ``skylit`` are radiance per irradiance of sun and sky, 1/sr; ``through`` the share of what is behind that
    comes through; ``distance`` metres to what is seen of them.
    """

    sunlit: np.ndarray
    skylit: np.ndarray
    through: np.ndarray
    distance: np.ndarray


def fields_of(weather: Weather) -> list[Field]:
    """The clouds of a weather that have volume, the nearest last."""
    seed = weather.seed & 0xFFFFFF
    base, cover = weather.cloud_height, weather.cover
    if weather.clouds == "cumulus":
        return [cloud_fields.cumulus(cover, base, seed)]
    if weather.clouds == "stratus":
        return [cloud_fields.stratus(cover, base, seed)]
    if weather.clouds == "altocumulus":
        return [cloud_fields.altocumulus(cover, base, seed)]
    if weather.clouds == "cumulonimbus":
        drift = towards(weather.wind_direction, 0.0)
        low = cloud_fields.cumulus(0.12 + 0.3 * cover, base + 250, seed + 1)
        return [cloud_fields.cumulonimbus(cover, base, seed, drift), low]
    return []


def march(field: Field, rays: np.ndarray, sun: np.ndarray) -> CloudSky:
    """What rays (n, 3) from the ground see of a field under a sun."""
    rays = np.ascontiguousarray(rays, np.float32)
    count = len(rays)
    result = CloudSky(np.zeros(count, np.float32), np.zeros(count, np.float32), np.ones(count, np.float32),
                      np.full(count, np.float32(1e5)))  # fmt: skip
    dx, dy, dz = rays[:, 0], rays[:, 1], rays[:, 2]
    bend = (dx * dx + dy * dy) / np.float32(2 * EARTH)  # height above the round earth grows with the square of distance

    def reach(height):
        return 2 * height / (dz + np.sqrt(dz * dz + 4 * bend * np.float32(height)))

    t, end = reach(field.low), np.minimum(reach(field.high), cloud_fields.FAR * 1.25)
    phase = 4 * np.pi * (0.75 * aerosol_phase(rays @ sun.astype(np.float32), 0.72) + 0.25 / (4 * np.pi))
    phase = np.minimum(phase, 5).astype(np.float32)
    # Deterministic jitter hides the steps.
    jitter = np.modf(np.abs(np.sin(np.arange(count) * 12.9898) * 43758.5453))[0].astype(np.float32)
    seen = np.zeros(count, np.float32)
    weight = np.zeros(count, np.float32)
    active = np.nonzero((dz > 0.008) & (t < end))[0]
    t = t + jitter * np.maximum(20, 0.002 * t)
    up = max(float(sun[2]), 0.03)
    toward = np.array([sun[0], sun[1], up], np.float32)
    toward /= np.linalg.norm(toward)
    scale = field.bulge
    for _ in range(160):
        if not len(active):
            break
        at = t[active]
        x, y = at * dx[active], at * dy[active]
        z = at * dz[active] + at * at * bend[active]
        clear = field.clearance(x, y, z)
        smallest = np.maximum(0.07 * scale, 0.004 * at)
        outside = clear > 0.4 * scale
        step = np.where(outside, np.maximum((clear - 0.38 * scale) * 0.75, smallest), smallest)
        near = np.nonzero(~outside)[0]
        if len(near):
            density = field.density(x[near], y[near], z[near], clear[near], True)
            hit = np.nonzero(density > 0)[0]
            if len(hit):
                place = near[hit]
                ray = active[place]
                depth = density[hit] * step[place]
                shade = np.zeros(len(hit), np.float32)
                for far, span in ((0.09, 0.16), (0.3, 0.3), (0.9, 0.9)):
                    px, py, pz = (v[place] + toward[k] * np.float32(far * scale) for k, v in enumerate((x, y, z)))
                    shade += field.density(px, py, pz, field.clearance(px, py, pz), False) * np.float32(span * scale)
                share = result.through[ray] * -np.expm1(-depth)
                # Higher orders of scattering see a thinner cloud (Wrenninge, Kulla and Lundqvist 2013).
                glow = 0.26 * phase[ray] * np.exp(-shade) + 0.3 * np.exp(-0.25 * shade) + 0.2 * np.exp(-0.04 * shade)
                rise = np.clip((z[place] - field.low) / (field.high - field.low), 0, 1)
                open_ = 0.32 + 0.68 * np.sqrt(rise)
                result.sunlit[ray] += share * glow / np.float32(np.pi)
                result.skylit[ray] += share * open_ * np.float32(0.8 / np.pi)
                seen[ray] += share * at[place]
                weight[ray] += share
                result.through[ray] *= np.exp(-depth)
        t[active] = at + step
        active = active[(t[active] < end[active]) & (result.through[active] > OPAQUE)]
    # A ray that was ended early counts as blocked.
    np.subtract(result.through, OPAQUE, out=result.through)
    np.clip(result.through / (1 - OPAQUE), 0, 1, out=result.through)
    met = weight > 0
    result.distance[met] = seen[met] / weight[met]
    return result


def cirrus(weather: Weather, rays: np.ndarray, sun: np.ndarray) -> CloudSky:
    """Streaks of ice, so thin that light is scattered once; over rays (n, 3)."""
    rng = child(weather.seed, "cirrus")
    height = np.float32(weather.cloud_height)
    dz = np.maximum(rays[:, 2], 0.004)
    flat = rays[:, 0] ** 2 + rays[:, 1] ** 2
    distance = 2 * height / (dz + np.sqrt(dz * dz + 2 * flat * height / EARTH))
    points = rays[:, :2] * distance[:, None] / 9000.0
    turn = np.radians(weather.wind_direction) + rng.normal(0, 0.3)
    c, s = np.cos(turn), np.sin(turn)
    along = points @ np.array([s, -c])
    across = points @ np.array([c, s])
    depth = sample_streaks(along, across, int(rng.integers(1 << 30)), weather.cover)
    depth = depth / (0.15 + 0.85 * dz)
    depth *= np.clip((rays[:, 2] - 0.015) / 0.05, 0, 1)
    opacity = -np.expm1(-depth)
    phase = np.minimum(4 * np.pi * (0.6 * aerosol_phase(rays @ sun, 0.8) + 0.4 / (4 * np.pi)), 6)
    return CloudSky((opacity * (0.25 * phase + 0.55) / np.pi).astype(np.float32), (opacity * 0.9 / np.pi).astype(np.float32),
                    (1 - opacity).astype(np.float32), distance.astype(np.float32))  # fmt: skip


STREAKS = 10.0, 448  # half the edge of the map of cirrus, in units of 9 km, and its cells


@lru_cache(maxsize=1)
def _streak_map(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Thickness before the cover is taken off, and fibres, over a map: a million rays would each pay for every octave."""
    half, size = STREAKS
    axis = ((np.arange(size) + 0.5) / size * 2 - 1) * half
    u, v = np.meshgrid(axis, axis, indexing="ij")
    bend = fractal(np.stack([u * 0.35, v * 0.35], -1), seed, 3)
    bend2 = fractal(np.stack([u * 0.35 + 7, v * 0.35], -1), seed + 11, 2)
    p, q = u + 0.5 * bend, v + 0.55 * bend2
    patch = fractal(np.stack([p * 0.42, q * 0.6], -1), seed + 3, 3)
    fibre = fractal(np.stack([p * 0.9 + 0.8 * bend2, q * 7.0], -1), seed + 5, 3, gain=0.6)
    wisp = fractal(np.stack([p * 2.4, q * 9.0 + 2.0 * bend], -1), seed + 7, 2, gain=0.6)
    return patch * 0.9 + 0.32 * fibre + 0.1 * wisp, fibre


def sample_streaks(along: np.ndarray, across: np.ndarray, seed: int, cover: float) -> np.ndarray:
    """Optical depth (n,) of cirrus: hooks and fibres drawn out along the wind."""
    half, size = STREAKS
    thickness, fibre = _streak_map(seed)
    body = np.clip(thickness - (0.42 - 0.75 * cover), 0, None)
    depth = (1.1 * body**1.5 * np.clip(0.75 + 0.9 * fibre, 0.15, 2)).astype(np.float32).ravel()
    x = np.clip((along + half) * (size / (2 * half)) - 0.5, 0, size - 1.001)
    y = np.clip((across + half) * (size / (2 * half)) - 0.5, 0, size - 1.001)
    i, j = x.astype(np.int32), y.astype(np.int32)
    a, b = x - i, y - j
    place = i * size + j
    low = depth[place] * (1 - b) + depth[place + 1] * b
    return low * (1 - a) + (depth[place + size] * (1 - b) + depth[place + size + 1] * b) * a


def draw_clouds(weather: Weather, height: int, width: int, sun: np.ndarray) -> list[CloudSky]:
    """Clouds over the upper half (height, width) of a panorama, bottom row first, the farthest layer first.

    Towards the zenith a row holds many rays to the same place, so only every second or fourth is followed.
    """
    if weather.clouds == "none" or weather.cover <= 0:
        return []
    bands = []
    elevation = (np.arange(height) + 0.5) / height * np.pi / 2
    for rows, stride in _bands(elevation, width):
        azimuth = 2 * np.pi * (0.5 - (np.arange(0, width, stride) + stride / 2) / width)
        e, a = elevation[rows][:, None], azimuth[None]
        rays = np.stack(np.broadcast_arrays(np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)), -1)
        bands.append((rows, stride, rays.astype(np.float32)))
    sources = fields_of(weather) or [None]
    layers = []
    for field in sources:
        whole = CloudSky(*(np.empty((height, width), np.float32) for _ in range(4)))
        for rows, stride, rays in bands:
            flat = rays.reshape(-1, 3)
            part = march(field, flat, sun) if field is not None else cirrus(weather, flat, sun.astype(np.float32))
            for target, values in zip(whole, part, strict=True):
                target[rows] = _widened(values.reshape(rays.shape[:2]), stride)
        layers.append(whole)
    return layers


def _bands(elevation: np.ndarray, width: int):
    narrow = np.cos(elevation)
    edges = [0, int((narrow > 0.5).sum()), int((narrow > 0.25).sum()), len(elevation)]
    for stride, first, last in zip((1, 2, 4), edges[:-1], edges[1:], strict=True):
        if last > first:
            yield slice(first, last), stride


def _widened(values: np.ndarray, stride: int) -> np.ndarray:
    """Rows stretched by a whole factor, linear between their values and around the circle."""
    if stride == 1:
        return values
    count = values.shape[1]
    place = (np.arange(count * stride) + 0.5) / stride - 0.5
    low = np.floor(place).astype(int)
    share = (place - low).astype(np.float32)
    return values[:, low % count] * (1 - share) + values[:, (low + 1) % count] * share
