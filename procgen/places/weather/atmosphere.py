"""The clear sky: spectral scattering of air, aerosol and ozone over a round earth, single and multiple.

Single scattering is integrated along each ray; of the higher orders the isotropic estimate of Hillaire, "A Scalable and
Production Ready Sky and Atmosphere Rendering Technique" (EGSR 2020) is taken. Light is in klx and kcd/m², as linear Rec.709.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...light.sky import XYZ_TO_RGB
from .spec import towards

EARTH, TOP = 6371e3, 80e3  # metres: radius, and height above which there is no air
WAVELENGTHS = np.arange(0.40, 0.73, 0.04)  # micrometres; between them spectra are straight lines
SUN_KLX = 128.0  # of the sun outside the air
SUN_RADIUS = 0.00465  # radians
RAYLEIGH = 1.2406e-6 * WAVELENGTHS**-4  # scattering of air at sea level, 1/m (Bucholtz 1995, λ^-4 part)
RAYLEIGH_HEIGHT, AEROSOL_HEIGHT = 8000.0, 1200.0  # metres in which air and aerosol thin to 1/e
# Absorption cross-section of ozone at the wavelengths, 1e-25 m² (Chappuis band), times its peak density in 1/m³.
OZONE = np.array([0.015, 0.158, 0.775, 2.139, 4.266, 5.019, 2.662, 1.209, 0.45]) * 1e-25 * 5.4e18
OZONE_CENTRE, OZONE_HALF = 25e3, 15e3  # a triangle over the height, 300 Dobson units in all
AEROSOL_ALBEDO, AEROSOL_FORWARD = 0.92, 0.76
GROUND_ALBEDO = 0.25


def _spectral_to_rgb() -> np.ndarray:
    """Matrix (k, 3) from sunlight-relative spectra at the wavelengths to linear Rec.709 in klx of the sun's irradiance."""
    fine = np.linspace(0.38, 0.74, 721)

    def lobe(peak, below, above):
        width = np.where(fine * 1e3 < peak, below, above)
        return np.exp(-0.5 * ((fine * 1e3 - peak) / width) ** 2)

    # Colour matching of Wyman, Sloan and Shirley (2013).
    x = 1.056 * lobe(599.8, 37.9, 31.0) + 0.362 * lobe(442.0, 16.0, 26.7) - 0.065 * lobe(501.1, 20.4, 26.2)
    y = 0.821 * lobe(568.8, 46.9, 40.5) + 0.286 * lobe(530.9, 16.3, 31.1)
    z = 1.217 * lobe(437.0, 11.8, 36.0) + 0.681 * lobe(459.0, 26.0, 13.8)
    planck = fine**-5 / (np.exp(14388 / (fine * 5778)) - 1)
    hats = np.stack([np.interp(fine, WAVELENGTHS, row) for row in np.eye(len(WAVELENGTHS))])
    xyz = (hats * planck) @ np.stack([x, y, z], 1)
    return xyz / xyz[:, 1].sum() * SUN_KLX @ XYZ_TO_RGB.T


TO_RGB = _spectral_to_rgb()
# Spectra of pure colours do not fit Rec.709: scattering in three channels uses these wavelengths.
CHANNELS = np.array([0.610, 0.550, 0.465])


def aerosol_extinction(turbidity: float, wavelength: np.ndarray) -> np.ndarray:
    """Extinction of aerosol at the ground, 1/m (Ångström's law after Preetham et al. 1999)."""
    return (0.04608 * turbidity - 0.04586) * wavelength**-1.3 / AEROSOL_HEIGHT


def rayleigh_phase(cosine: np.ndarray) -> np.ndarray:
    """Phase function of air, 1/sr."""
    return 3 / (16 * np.pi) * (1 + cosine**2)


def aerosol_phase(cosine: np.ndarray, forward: float = AEROSOL_FORWARD) -> np.ndarray:
    """Phase function of aerosol, 1/sr (Cornette and Shanks 1992)."""
    g2 = forward * forward
    scale = 3 / (8 * np.pi) * (1 - g2) / (2 + g2)
    return scale * (1 + cosine**2) / (1 + g2 - 2 * forward * cosine) ** 1.5


def _densities(height: np.ndarray) -> np.ndarray:
    """Relative densities (…, 3) of air, aerosol and ozone at heights, metres."""
    height = np.maximum(height, 0)
    ozone = np.maximum(1 - np.abs(height - OZONE_CENTRE) / OZONE_HALF, 0)
    return np.stack([np.exp(-height / RAYLEIGH_HEIGHT), np.exp(-height / AEROSOL_HEIGHT), ozone], -1)


def _horizon_dip(height: np.ndarray) -> np.ndarray:
    return np.arccos(np.clip(EARTH / (EARTH + np.maximum(height, 0)), -1, 1))


def _leave(radius: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """Distance to the top of the air."""
    return -radius * cosine + np.sqrt(np.maximum(radius**2 * (cosine**2 - 1) + (EARTH + TOP) ** 2, 0))


@lru_cache(maxsize=1)
def _columns() -> tuple[np.ndarray, np.ndarray]:
    """Heights (h,), and column lengths (h, a, 3) of the three species from there to space, by angle above the horizon."""
    heights = TOP * np.linspace(0, 1, 40) ** 2
    share = np.linspace(0, 1, 96)[None] ** 2
    dip = _horizon_dip(heights)[:, None]
    elevation = share * (np.pi / 2 + dip) - dip
    radius, cosine = (EARTH + heights)[:, None], np.sin(elevation)
    steps = (np.arange(80) + 0.5) / 80
    length = _leave(radius, cosine)
    # Steps grow away from the lowest point of the ray, where the air is densest.
    lowest = np.clip(-radius * cosine / np.maximum(length, 1), 0, 1)
    side = np.where(steps < lowest[..., None], -1.0, 1.0)
    reach = np.where(side < 0, lowest[..., None], 1 - lowest[..., None])
    local = np.abs(steps - lowest[..., None]) / np.maximum(reach, 1e-9)
    along = (lowest[..., None] + side * reach * local**2) * length[..., None]
    weight = 2 * local * length[..., None] / 80
    high = np.sqrt(radius[..., None] ** 2 + along**2 + 2 * along * (radius * cosine)[..., None]) - EARTH
    return heights, np.einsum("hask,has->hak", _densities(high), weight)


def columns(height: np.ndarray, sine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns (…, 3) from a height to space along a sine of elevation, and the share (…,) of the sun above the horizon."""
    heights, table = _columns()
    dip = _horizon_dip(height)
    above = np.arcsin(np.clip(sine, -1, 1)) + dip
    row = np.sqrt(np.clip(height / TOP, 0, 1)) * (len(heights) - 1)
    column = np.sqrt(np.clip(above / (np.pi / 2 + dip), 0, 1)) * (table.shape[1] - 1)
    i, j = np.minimum(row.astype(int), len(heights) - 2), np.minimum(column.astype(int), table.shape[1] - 2)
    u, v = (row - i)[..., None], (column - j)[..., None]
    value = (table[i, j] * (1 - v) + table[i, j + 1] * v) * (1 - u) + (
        table[i + 1, j] * (1 - v) + table[i + 1, j + 1] * v
    ) * u
    return value, np.clip(0.5 + above / (2 * SUN_RADIUS), 0, 1)


class Air(NamedTuple):
    """Scattering and extinction (k,) at the ground per species, 1/m at the wavelengths."""

    aerosol: np.ndarray

    def transmittance(self, path: np.ndarray) -> np.ndarray:
        """Transmittance (…, k) over columns (…, 3)."""
        depth = path[..., :1] * RAYLEIGH + path[..., 1:2] * self.aerosol + path[..., 2:] * OZONE
        return np.exp(-depth)


def make_air(turbidity: float) -> Air:
    """The air of a turbidity."""
    return Air(aerosol_extinction(turbidity, WAVELENGTHS))


def _march(air: Air, height: np.ndarray, direction: np.ndarray, sun: np.ndarray, steps: int, multiple=None):
    """Along rays (n,) from heights (n,): the light scattered in by air, aerosol and higher orders (n, 3, k) for unit
    sunlight without their phases, the transmittance to the end (n, k), and where the ray ends on the ground (n,)."""
    radius, cosine = EARTH + height, direction[:, 2]
    root = radius**2 * (cosine**2 - 1) + EARTH**2
    ground = (root > 0) & (cosine < 0)
    length = np.where(ground, -radius * cosine - np.sqrt(np.maximum(root, 0)), _leave(radius, cosine))
    edges = np.linspace(0, 1, steps + 1) ** 1.8
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    along = length[:, None] * middle
    up = np.array([0, 0, 1.0]) * radius[:, None]
    points = up[:, None] + along[..., None] * direction[:, None]
    away = np.linalg.norm(points, axis=-1)
    high = away - EARTH
    sine = np.einsum("nsk,nk->ns", points, np.broadcast_to(sun, direction.shape)) / away
    density = _densities(high)
    step = (length[:, None] * width)[..., None]
    own = density[..., :1] * RAYLEIGH + density[..., 1:2] * air.aerosol + density[..., 2:] * OZONE
    depth = own * step
    before = np.exp(-(np.cumsum(depth, 1) - depth))
    path, visible = columns(high, sine)
    lit = air.transmittance(path) * visible[..., None]
    # The exact integral over a step of even extinction.
    weight = before * -np.expm1(-depth) / np.maximum(own, 1e-15)
    rayleigh, aerosol = density[..., :1] * RAYLEIGH, density[..., 1:2] * (air.aerosol * AEROSOL_ALBEDO)
    parts = [(weight * rayleigh * lit).sum(1), (weight * aerosol * lit).sum(1)]
    source = rayleigh + aerosol
    parts.append((weight * source * multiple(high, sine)).sum(1) if multiple else (weight * source).sum(1))
    return np.stack(parts, 1), np.exp(-depth.sum(1)), ground, points[:, -1]


@lru_cache(maxsize=4)
def _multiple(turbidity: float):
    """Light of higher orders per unit sunlight: heights, and a table (h, s, k) over the sine of the sun's elevation."""
    air = make_air(turbidity)
    heights = TOP * np.linspace(0, 1, 10) ** 2 + 5
    sines = np.linspace(-1, 1, 25) ** 3 * 0.5 + np.linspace(-1, 1, 25) * 0.5  # dense about the horizon
    count = 48
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    rays = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], 1)
    h, s, d = (axis.ravel() for axis in np.meshgrid(heights, sines, np.arange(count), indexing="ij"))
    suns = np.stack([np.sqrt(np.maximum(1 - s * s, 0)), np.zeros_like(s), s], 1)
    direction = rays[d]
    parts, through, ground, _ = _march(air, h, direction, suns, 16)
    path, visible = columns(np.zeros_like(s), s)
    bounce = GROUND_ALBEDO / np.pi * np.maximum(s, 0)[:, None] * air.transmittance(path) * visible[:, None]
    second = (parts[:, 0] + parts[:, 1]) / (4 * np.pi) + np.where(ground[:, None], through * bounce, 0)
    shape = (len(heights), len(sines), count, -1)
    second = second.reshape(shape).mean(2)
    passed = parts[:, 2].reshape(shape).mean(2)
    return heights, sines, second / (1 - np.minimum(passed, 0.95))


def _multiple_at(turbidity: float):
    heights, sines, table = _multiple(turbidity)

    def at(height, sine):
        row = np.sqrt(np.clip((height - 5) / TOP, 0, 1)) * (len(heights) - 1)
        column = np.interp(sine, sines, np.arange(len(sines)))
        i, j = np.minimum(row.astype(int), len(heights) - 2), np.minimum(column.astype(int), len(sines) - 2)
        u, v = (row - i)[..., None], (column - j)[..., None]
        low = table[i, j] * (1 - v) + table[i, j + 1] * v
        return low * (1 - u) + (table[i + 1, j] * (1 - v) + table[i + 1, j + 1] * v) * u

    return at


def sunlight(elevation: float, turbidity: float, height: float = 0.0) -> np.ndarray:
    """Irradiance (3,) of the sun on what faces it at a height in metres, klx; the elevation in degrees."""
    sine = np.array([np.sin(np.radians(elevation))])
    path, visible = columns(np.array([float(height)]), sine)
    rgb = (make_air(turbidity).transmittance(path) * visible[:, None]) @ TO_RGB
    return np.maximum(rgb[0], 0)


class ClearSky(NamedTuple):
    """Scattered light (rows, columns, 3, 3) of air, aerosol and higher orders by elevation and angle from the sun's azimuth."""

    table: np.ndarray
    sun: np.ndarray

    def radiance(self, rays: np.ndarray) -> np.ndarray:
        """Radiance (…, 3), kcd/m², of unit directions (…, 3); what looks below the horizon gets the horizon's."""
        rows, columns_ = self.table.shape[:2]
        elevation = np.arcsin(np.clip(rays[..., 2], 0, 1))
        row = (np.sqrt(elevation / (np.pi / 2)) * (rows - 1)).astype(np.float32)
        flat = self.sun[:2] / max(np.hypot(*self.sun[:2]), 1e-9)
        level = np.maximum(np.hypot(rays[..., 0], rays[..., 1]), 1e-9)
        cosine = (rays[..., 0] * flat[0] + rays[..., 1] * flat[1]) / level
        column = (np.arccos(np.clip(cosine, -1, 1)) / np.pi * (columns_ - 1)).astype(np.float32)
        i, j = np.minimum(row.astype(np.int32), rows - 2), np.minimum(column.astype(np.int32), columns_ - 2)
        u, v = (row - i)[..., None], (column - j)[..., None]
        angle = rays @ self.sun.astype(rays.dtype)
        phases = (rayleigh_phase(angle), aerosol_phase(angle), np.float32(1.0))
        table = self.table.astype(np.float32).reshape(rows * columns_, 3, 3)
        total = np.zeros((*rays.shape[:-1], 3), np.float32)
        corners = ((i * columns_ + j, (1 - u) * (1 - v)), (i * columns_ + j + 1, (1 - u) * v),
                   ((i + 1) * columns_ + j, u * (1 - v)), ((i + 1) * columns_ + j + 1, u * v))  # fmt: skip
        for index, phase in enumerate(phases):
            layer = np.ascontiguousarray(table[:, index])
            part = sum(layer[place] * weight for place, weight in corners)
            total += part * (phase[..., None] if np.ndim(phase) else phase)
        return np.maximum(total, 0)


@lru_cache(maxsize=8)
def clear_sky(elevation: float, azimuth: float, turbidity: float, height: float = 20.0) -> ClearSky:
    """The clear sky under a sun at an elevation and azimuth in degrees (from -y towards +x)."""
    rows, columns_ = 56, 33
    sun = towards(azimuth, elevation)
    view = np.pi / 2 * np.linspace(0, 1, rows) ** 2
    around = np.linspace(0, np.pi, columns_)
    e, a = (axis.ravel() for axis in np.meshgrid(view, around, indexing="ij"))
    rays = np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.maximum(np.sin(e), 1e-4)], 1)
    local = np.array([np.cos(np.radians(elevation)), 0, np.sin(np.radians(elevation))])
    parts, _, _, _ = _march(make_air(turbidity), np.full(len(e), height), rays, local, 40, _multiple_at(turbidity))
    return ClearSky((parts @ TO_RGB).reshape(rows, columns_, 3, 3), sun)
