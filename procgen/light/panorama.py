"""Panoramas drawn with numpy: rays over the whole sphere, simple solids with a depth buffer, and defocus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..geometry.angles import arctan2

HEIGHT, WIDTH = 768, 1536
EYE_HEIGHT = 1.55  # of the origin above the ground, metres
LATTICE = 4096  # numbers of the noise, a power of two
AT_ONCE = 1 << 14  # points of the noise: what a core has beside it
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709


def directions(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Unit directions (height, width, 3) in Blender's equirectangular layout, bottom row first."""
    azimuth = 2 * np.pi * (0.5 - (np.arange(width) + 0.5) / width)
    elevation = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    flat = np.cos(elevation)[:, None]
    x, y = flat * np.cos(azimuth), flat * np.sin(azimuth)
    return np.stack([x, y, np.broadcast_to(np.sin(elevation)[:, None], x.shape)], 2).astype(np.float32)


def noise(points: np.ndarray, seed: int, octaves: int = 3) -> np.ndarray:
    """Fractal value noise (…,) in about 0..1 at points (…, 2 or 3) with unit lattice."""
    table = np.random.Generator(np.random.PCG64(seed)).random(LATTICE).astype(np.float32)
    flat = points.reshape(-1, points.shape[-1])
    values = np.empty(len(flat), np.result_type(flat, np.float32))
    for start in range(0, len(flat), AT_ONCE):
        values[start : start + AT_ONCE] = _fractal(flat[start : start + AT_ONCE], table, octaves)
    return values.reshape(points.shape[:-1])


def _fractal(points: np.ndarray, table: np.ndarray, octaves: int) -> np.ndarray:
    """The noise (k,) of a table at points (k, 2 or 3)."""
    columns = [np.ascontiguousarray(column) for column in points.T]
    primes = (1, 57, 613)[: len(columns)]
    round_about = np.concatenate([table, table[: sum(primes)]])  # so that a step past the end is a step to the start
    total, amplitude, weight = 0.0, 1.0, 0.0
    for _ in range(octaves):
        cells = [np.floor(column) for column in columns]
        shares = [column - cell for column, cell in zip(columns, cells, strict=True)]
        shares = [t * t * (3 - 2 * t) for t in shares]
        index = sum(cell.astype(np.int64) * prime for cell, prime in zip(cells, primes, strict=True)) & (LATTICE - 1)
        ends = [(1 - t, t) for t in shares]
        corners = [(share, step) for step, share in enumerate(ends[0])]
        for end, prime in zip(ends[1:], primes[1:], strict=True):
            corners = [(share * end[k], step + k * prime) for share, step in corners for k in (0, 1)]
        value = 0.0
        for share, step in corners:
            value = value + share * round_about[step : step + LATTICE].take(index)
        total, weight = total + amplitude * value, weight + amplitude
        columns, amplitude = [column * 2.03 + 17.3 for column in columns], amplitude * 0.5
    return total / weight


class Panorama:
    """Radiance (height, width, 3) and distance (height, width) as seen from the origin."""

    def __init__(self, height: int = HEIGHT, width: int = WIDTH):
        self.rays = directions(height, width)
        self.radiance = np.zeros((height, width, 3), np.float32)
        self.distance = np.full((height, width), np.inf, np.float32)

    def backdrop(self, shade: Callable[[np.ndarray], np.ndarray]) -> None:
        """Fill everything at infinity from directions (…, 3)."""
        self.radiance[:] = shade(self.rays)

    def ground(self, shade: Callable[[np.ndarray], np.ndarray], height: float = -EYE_HEIGHT) -> None:
        """A plane below; shade takes its points (k, 2)."""
        rows = np.nonzero(self.rays[:, 0, 2] < -0.004)[0]
        rays = self.rays[rows]
        distance = height / rays[..., 2]
        nearer = distance < self.distance[rows]
        points = (rays * distance[..., None])[nearer][:, :2]
        self._write(rows[:, None] * np.ones(self.rays.shape[1], int), nearer, distance, shade(points))

    def box(self, centre, half, yaw: float, shade: Callable) -> None:
        """A box of half sizes (3,), turned by yaw; shade takes local points (k, 3) and normals (k, 3) of the world."""
        centre, half = np.asarray(centre, np.float32), np.asarray(half, np.float32)
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float32)
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        window = self._window((signs * half) @ turn.T + centre)
        if window is None:
            return
        rays = self.rays[window] @ turn
        origin = -centre @ turn
        with np.errstate(divide="ignore", invalid="ignore"):
            low = (-half - origin) / rays
            high = (half - origin) / rays
        near, far = np.minimum(low, high), np.maximum(low, high)
        axis = near.argmax(-1)
        distance = near.max(-1)
        hit = (distance < far.min(-1)) & (distance > 0.05) & (distance < self.distance[window])
        local = (origin + rays * distance[..., None])[hit]
        normal = np.zeros_like(local)
        which = axis[hit]
        normal[np.arange(len(which)), which] = -np.sign(rays[hit][np.arange(len(which)), which])
        self._write_window(window, hit, distance, shade(local, normal @ turn.T))

    def ball(self, centre, radius: float, shade: Callable, keep: Callable | None = None) -> None:
        """A sphere; shade takes unit normals (k, 3); ``keep`` of them leaves holes."""
        centre = np.asarray(centre, np.float32)
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        window = self._window(centre + signs * radius)
        if window is None:
            return
        rays = self.rays[window]
        along = rays @ centre
        inside = along**2 - centre @ centre + radius**2
        distance = along - np.sqrt(np.maximum(inside, 0))
        hit = (inside > 0) & (distance > 0.05) & (distance < self.distance[window])
        normal = ((rays * distance[..., None])[hit] - centre) / radius
        if keep is not None:
            chosen = keep(normal)
            hit[hit] = chosen
            normal = normal[chosen]
        self._write_window(window, hit, distance, shade(normal))

    def _window(self, corners: np.ndarray):
        """Rows and columns that a convex solid may cover, or None if it surrounds the pole."""
        height, width = self.distance.shape
        azimuth = arctan2(corners[:, 1], corners[:, 0])
        middle = arctan2(corners[:, 1].mean(), corners[:, 0].mean())
        spread = (azimuth - middle + np.pi) % (2 * np.pi) - np.pi
        if spread.max() - spread.min() > np.pi:
            columns = np.arange(width)
        else:
            first = (0.5 - (middle + spread.max()) / (2 * np.pi)) * width
            last = (0.5 - (middle + spread.min()) / (2 * np.pi)) * width
            columns = np.arange(int(np.floor(first)) - 1, int(np.ceil(last)) + 2) % width
            columns = np.unique(columns)
        flat = np.linalg.norm(corners[:, :2], axis=1)
        nearest = max(float(flat.min()) * 0.6, 1e-3)  # an edge may come nearer than its corners
        low = min(arctan2(corners[:, 2], flat).min(), arctan2(corners[:, 2].min(), nearest))
        high = max(arctan2(corners[:, 2], flat).max(), arctan2(corners[:, 2].max(), nearest))
        bottom = max(int((low / np.pi + 0.5) * height) - 1, 0)
        top = min(int((high / np.pi + 0.5) * height) + 2, height)
        return np.ix_(np.arange(bottom, top), columns) if top > bottom else None

    def _write_window(self, window, hit, distance, colour) -> None:
        rows, columns = np.broadcast_arrays(*window)
        self.radiance[rows[hit], columns[hit]] = colour
        self.distance[rows[hit], columns[hit]] = distance[hit]

    def _write(self, rows, hit, distance, colour) -> None:
        columns = np.broadcast_to(np.arange(self.rays.shape[1]), rows.shape)
        self.radiance[rows[hit], columns[hit]] = colour
        self.distance[rows[hit], columns[hit]] = distance[hit]

    def light(self, direction, angular_radius: float, radiance) -> None:
        """A bright disc on the sphere, in front of everything (lamps, windows far away, the sun's glow)."""
        direction = np.asarray(direction, float) / np.linalg.norm(direction)
        window = self._window(direction + angular_radius * 1.8 * np.array(
            [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]))  # fmt: skip
        if window is None:
            return
        inside = self.rays[window] @ direction.astype(np.float32) > np.cos(angular_radius)
        rows, columns = np.broadcast_arrays(*window)
        self.radiance[rows[inside], columns[inside]] = radiance

    def defocus(self, radius: float) -> None:
        """Blur with a disc of an angular radius, as an open lens would blur what is far away."""
        pixels = radius / np.pi * self.distance.shape[0]
        if pixels < 0.7:
            return
        height, width = self.distance.shape
        y = np.minimum(np.arange(height), height - np.arange(height))[:, None]
        x = np.minimum(np.arange(width), width - np.arange(width))[None]
        disc = np.clip(pixels + 0.5 - np.hypot(x, y), 0, 1)
        transfer = np.fft.rfft2(disc / disc.sum())
        for channel in range(3):
            blurred = np.fft.irfft2(np.fft.rfft2(self.radiance[..., channel]) * transfer, s=(height, width))
            self.radiance[..., channel] = np.maximum(blurred, 0)


def irradiance(radiance: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Irradiance (k, 3) that a panorama (h, w, 3) gives to unit normals (k, 3)."""
    step = max(radiance.shape[0] // 96, 1)
    while radiance.shape[0] % step or radiance.shape[1] % step:  # no row and no column may be left out
        step -= 1
    height, width = radiance.shape[0] // step, radiance.shape[1] // step
    small = radiance[: height * step, : width * step].reshape(height, step, width, step, 3).mean((1, 3))
    rays = directions(height, width)
    elevation = np.pi * ((np.arange(height) + 0.5) / height - 0.5)
    solid_angle = np.cos(elevation)[:, None] * (np.pi / height) * (2 * np.pi / width)
    cosine = np.maximum(rays @ np.asarray(normals, np.float32).T, 0) * solid_angle[..., None]
    return np.einsum("hwk,hwc->kc", cosine, small)
