"""Waves of a sea at any point and time: a sum of directional Gerstner waves (Gerstner 1802; Tessendorf 2001)."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...params import child, draw, lognormal, normal, seed, spec, uniform
from .spectrum import (
    dispersion,
    jonswap,
    mean_square_slope,
    peak_frequency,
    shoal,
    spread_exponent,
    spread_quantiles,
    wavenumber,
    whitecap_cover,
)

BANDS, DIRECTIONS = 44, 4  # frequencies and directions that the spectrum is sampled at
SHORTEST = 0.25  # metres: shorter waves are left to the material's bump
SWELLS = 3  # waves that make up the swell, so that it comes in groups
CHUNK = 4096  # points that are summed at a time
# Seconds for which whitecaps stay, and how much of them is then left (decay times of 2 to 4 s: Monahan and Lu 1990).
FOAM_AGES = ((0.0, 1.0), (0.8, 0.75), (1.8, 0.5), (3.2, 0.28))


@spec
class Sea:
    """A sea under a wind: what its waves are."""

    wind_speed: float = lognormal(
        7.0,
        0.45,
        0.5,
        20.0,
        unit="m/s",
        doc="wind at 10 m height",
        says=((2.0, "a glassy sea"), (6.0, "a calm sea"), (11.0, "a choppy sea"), (21.0, "a stormy sea")),
    )
    wind_heading: float = uniform(-180.0, 180.0, unit="°", doc="heading of the wind and its waves from +x to +y")
    fetch: float = lognormal(60.0, 0.8, 0.2, 800.0, unit="km", doc="length of water that the wind has blown over")
    depth: float = lognormal(60.0, 0.8, 1.0, 400.0, unit="m", doc="mean depth that the waves run over")
    choppiness: float = normal(1.0, 0.12, 0.0, 1.4, doc="sideways motion of Gerstner waves; 1 is that of the theory")
    swell_height: float = lognormal(0.5, 0.6, 0.0, 5.0, unit="m", doc="significant height of the swell")
    swell_length: float = lognormal(110.0, 0.3, 30.0, 300.0, unit="m", doc="wavelength of the swell")
    swell_heading: float = uniform(-180.0, 180.0, unit="°", doc="heading of the swell from +x to +y")
    foam: float = lognormal(1.0, 0.3, 0.0, 4.0, doc="whitecaps, as a multiple of what the wind would bring")
    seed: int = seed()


def sample_sea(rng: Generator, fixed=None) -> Sea:
    """Draw a sea."""
    return draw(Sea, rng, fixed)


class Sums(NamedTuple):
    """What the waves add up to at points: displacement (n, 3) metres and its derivatives along x and y."""

    displacement: np.ndarray
    xx: np.ndarray  # of the displacement along x, by x (n,)
    yy: np.ndarray
    xy: np.ndarray
    zx: np.ndarray
    zy: np.ndarray


class Waves:
    """The waves of a sea.

    ``vectors`` (m, 2) rad/m, ``numbers`` (m,) their lengths, ``frequencies`` (m,) rad/s, ``amplitudes`` (m,) metres,
    ``phases`` (m,) rad. A point that rests at x moves to x - choppiness · Σ a k̂ sin(k·x - ωt + φ) and up by
    Σ a cos(k·x - ωt + φ).
    """

    def __init__(self, sea: Sea):
        self.sea = sea
        rng = child(sea.seed, "waves")
        fetch = sea.fetch * 1000
        peak = peak_frequency(sea.wind_speed, fetch)
        highest = max(float(dispersion(2 * np.pi / SHORTEST)), 3 * peak)
        edges = np.geomspace(0.6 * peak, highest, BANDS + 1)
        inside = np.geomspace(edges[:-1], edges[1:], 17)
        density = jonswap(inside, sea.wind_speed, fetch) * shoal(inside, sea.depth)
        variance = ((density[1:] + density[:-1]) / 2 * np.diff(inside, axis=0)).sum(0)
        share = rng.random((BANDS, DIRECTIONS))
        place = edges[:-1, None] * (edges[1:] / edges[:-1])[:, None] ** share
        heading = np.stack(
            [
                spread_quantiles(float(exponent), (np.arange(DIRECTIONS) + jitter) / DIRECTIONS)
                for exponent, jitter in zip(
                    spread_exponent(np.sqrt(edges[1:] * edges[:-1]), peak), rng.random((BANDS, DIRECTIONS)), strict=True
                )
            ]
        )
        heading = heading + np.radians(sea.wind_heading)
        amplitude = np.broadcast_to(np.sqrt(2 * variance / DIRECTIONS)[:, None], place.shape)
        # The swell: a few waves of nearly one length and heading beat against each other.
        swell = wavenumber(
            dispersion(2 * np.pi / (sea.swell_length * np.array([0.92, 1.0, 1.09])), sea.depth), sea.depth
        )
        self.numbers = np.concatenate([wavenumber(place.ravel(), sea.depth), swell])
        heading = np.concatenate([heading.ravel(), np.radians(sea.swell_heading + np.array([-5.0, 1.0, 6.0]))])
        self.vectors = self.numbers[:, None] * np.stack([np.cos(heading), np.sin(heading)], 1)
        self.amplitudes = np.concatenate(
            [amplitude.ravel(), np.full(SWELLS, min(sea.swell_height, 0.5 * sea.depth) / np.sqrt(8 * SWELLS))]
        )
        # Taller waves have broken (Thornton and Guza 1982 find heights of 0.4 to 0.6 of the depth in the surf).
        self.amplitudes = self.amplitudes * min(1.0, 0.6 * sea.depth / max(self.significant_height, 1e-9))
        self.phases = rng.uniform(0, 2 * np.pi, len(self.numbers))
        self.frequencies = dispersion(self.numbers, sea.depth)

    @property
    def significant_height(self) -> float:
        """Four standard deviations of the surface, metres."""
        return float(4 * np.sqrt((self.amplitudes**2).sum() / 2))

    @property
    def slope_variance(self) -> float:
        """Mean square slope of the waves that are summed."""
        return float(((self.amplitudes * self.numbers) ** 2).sum() / 2)

    def _seen(self, cell) -> np.ndarray:
        """How much of each wave (…, m) a mesh with cells of (…,) metres shows."""
        return np.clip(np.pi / (self.numbers * np.maximum(np.asarray(cell, float)[..., None], 1e-9)) - 1, 0, 1)

    def _hidden(self, variances: np.ndarray, cell: np.ndarray) -> np.ndarray:
        """Sum (n,) of what cells of (n,) metres hide of the waves' variances (m,); looked up, as it is smooth."""
        return np.interp(np.log(np.maximum(cell, CELLS[0])), np.log(CELLS), (1 - self._seen(CELLS) ** 2) @ variances)

    def _totals(self, points, seconds, cell, by_sine, by_cosine) -> np.ndarray:
        """Sums (n, c) over the waves of sine and cosine of their phase at rest points (n, 2), weighted by (m, c) each."""
        total = np.zeros((len(points), by_sine.shape[1]))
        for start in range(0, len(points), CHUNK):
            part = slice(start, start + CHUNK)
            seen = None if cell is None else self._seen(cell[part])
            use = slice(None) if seen is None else np.flatnonzero(seen.max(0) > 0)
            if seen is not None and not len(use):
                continue
            phase = points[part] @ self.vectors[use].T + (self.phases - self.frequencies * seconds)[use]
            fade = 1.0 if seen is None else seen[:, use]
            total[part] = (np.sin(phase) * fade) @ by_sine[use] + (np.cos(phase) * fade) @ by_cosine[use]
        return total

    def sums(self, points: np.ndarray, seconds: float, cell: np.ndarray | None = None) -> Sums:
        """Displacement and its derivatives at rest points (n, 2); see ``displacement``."""
        points = np.asarray(points, float).reshape(-1, 2)
        cell = None if cell is None else np.broadcast_to(np.asarray(cell, float), (len(points),))
        a, (kx, ky), none = self.amplitudes, self.vectors.T, np.zeros(len(self.numbers))
        chop = self.sea.choppiness * a / self.numbers
        by_sine = np.stack([-chop * kx, -chop * ky, none, none, none, none, -a * kx, -a * ky], 1)
        by_cosine = np.stack([none, none, a, -chop * kx**2, -chop * ky**2, -chop * kx * ky, none, none], 1)
        total = self._totals(points, seconds, cell, by_sine, by_cosine)
        return Sums(total[:, :3], *total[:, 3:].T)

    def displacement(self, points: np.ndarray, seconds: float, cell: np.ndarray | None = None) -> np.ndarray:
        """Displacement (n, 3), metres, of rest points (n, 2).

        Waves that a mesh with cells of ``cell`` (n,) metres could not show are left out.
        """
        return self.sums(points, seconds, cell).displacement

    def normal(self, points: np.ndarray, seconds: float, cell: np.ndarray | None = None) -> np.ndarray:
        """Unit normals (n, 3) of the surface at rest points (n, 2)."""
        return normals_of(self.sums(points, seconds, cell))

    def left_out(self, cell: np.ndarray) -> np.ndarray:
        """Mean square slope (n,) that a mesh with cells of (n,) metres does not show, down to the finest ripples."""
        cell = np.asarray(cell, float)
        steep = (self.amplitudes * self.numbers) ** 2 / 2
        ripples = max(mean_square_slope(self.sea.wind_speed) - steep.sum(), 0.002)
        return ripples + self._hidden(steep, cell)

    def foam(self, points: np.ndarray, seconds: float, cell: np.ndarray | None = None) -> np.ndarray:
        """Cover of whitecaps (n,) 0…1 at rest points (n, 2): where the surface folds, and folded a moment ago.

        The threshold is set so that folding covers the share of the sea that the wind asks for; where the mesh does not
        show the waves, the expected cover takes their place.
        """
        points = np.asarray(points, float).reshape(-1, 2)
        cover = min(whitecap_cover(self.sea.wind_speed) * self.sea.foam, 0.6)
        if cover < 1e-7 or self.sea.choppiness < 1e-3:
            return np.zeros(len(points))
        cell = None if cell is None else np.broadcast_to(np.asarray(cell, float), (len(points),))
        (kx, ky), chop = self.vectors.T, self.sea.choppiness * self.amplitudes / self.numbers
        second = -chop[:, None] * np.stack([kx**2, ky**2, kx * ky], 1)
        # A moment earlier each phase is ω · age ahead: the same sines and cosines serve all ages.
        ahead = [self.frequencies[:, None] * age for age, _ in FOAM_AGES]
        total = self._totals(points, seconds, cell, np.concatenate([-np.sin(x) * second for x in ahead], 1),
                             np.concatenate([np.cos(x) * second for x in ahead], 1))  # fmt: skip
        steep = (chop * self.numbers**2) ** 2 / 2
        threshold = 1 + np.sqrt(steep.sum()) * NormalDist().inv_cdf(cover)
        deviation = np.sqrt((0.0 if cell is None else self._hidden(steep, cell)) + 0.12**2 * steep.sum())
        foam = np.zeros(len(points))
        for index, (_, left) in enumerate(FOAM_AGES):
            xx, yy, xy = total[:, 3 * index : 3 * index + 3].T
            fold = (1 + xx) * (1 + yy) - xy**2
            foam = np.maximum(foam, left * normal_share((threshold - fold) / deviation))
        return foam


CELLS = np.geomspace(1e-3, 1e5, 400)  # metres: where sums over hidden waves are tabled


def normals_of(sums: Sums) -> np.ndarray:
    """Unit normals (n, 3) of the surface that sums describe."""
    x = np.stack([1 + sums.xx, sums.xy, sums.zx], 1)
    y = np.stack([sums.xy, 1 + sums.yy, sums.zy], 1)
    normal = np.cross(x, y)
    normal *= np.where(normal[:, 2:] < 0, -1.0, 1.0)  # a fold turns over; its upper side is seen
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)


def normal_share(x: np.ndarray) -> np.ndarray:
    """The normal distribution function (…,), by a table that is exact to 1e-6."""
    return np.interp(x, _QUANTILES, _SHARES)


_QUANTILES = np.linspace(-6, 6, 2401)
_SHARES = np.array([NormalDist().cdf(x) for x in _QUANTILES])
