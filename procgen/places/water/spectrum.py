"""The sea's spectrum: JONSWAP (Hasselmann et al. 1973) with a directional spread, and the dispersion of its waves."""

from __future__ import annotations

import numpy as np

GRAVITY = 9.81  # m/s²
PEAKEDNESS = 3.3  # the mean of the JONSWAP observations


def dispersion(wavenumber, depth=np.inf) -> np.ndarray:
    """Angular frequency (…,) rad/s of waves of a wavenumber (…,) rad/m over a depth in metres: ω² = g k tanh(k h)."""
    wavenumber = np.asarray(wavenumber, float)
    return np.sqrt(GRAVITY * wavenumber * np.tanh(np.minimum(wavenumber * depth, 50.0)))


def wavenumber(frequency, depth=np.inf) -> np.ndarray:
    """Wavenumber (…,) rad/m of waves of an angular frequency (…,) rad/s: the inverse of ``dispersion``, by Newton."""
    frequency = np.asarray(frequency, float)
    deep = frequency**2 / GRAVITY
    # Fenton and McKee (1990) start within 2 %, so a few steps reach machine precision.
    k = deep if not np.isfinite(depth) else deep / np.tanh((frequency * np.sqrt(depth / GRAVITY)) ** 1.5) ** (2 / 3)
    for _ in range(6 if np.isfinite(depth) else 0):
        tanh = np.tanh(np.minimum(k * depth, 50.0))
        slope = GRAVITY * (tanh + k * depth * (1 - tanh**2))
        k = k - (GRAVITY * k * tanh - frequency**2) / slope
    return k


def peak_frequency(wind: float, fetch: float) -> float:
    """Angular frequency, rad/s, of the peak under a wind in m/s over a fetch in metres (Hasselmann et al. 1973).

    It falls no further than to that of a fully grown sea (Pierson and Moskowitz 1964).
    """
    return max(22 * (GRAVITY**2 / (wind * fetch)) ** (1 / 3), 0.855 * GRAVITY / wind)


def jonswap(frequency: np.ndarray, wind: float, fetch: float) -> np.ndarray:
    """Variance density (…,) m² s of the surface over the angular frequency (…,) rad/s."""
    peak = peak_frequency(wind, fetch)
    alpha = 0.076 * (wind**2 / (fetch * GRAVITY)) ** 0.22
    width = np.where(frequency <= peak, 0.07, 0.09)
    bump = PEAKEDNESS ** np.exp(-((frequency - peak) ** 2) / (2 * (width * peak) ** 2))
    return alpha * GRAVITY**2 / frequency**5 * np.exp(-1.25 * (peak / frequency) ** 4) * bump


def shoal(frequency: np.ndarray, depth: float) -> np.ndarray:
    """What shallow water leaves of the variance at angular frequencies (…,) rad/s: the TMA spectrum (Bouws et al. 1985)."""
    reach = np.asarray(frequency, float) * np.sqrt(depth / GRAVITY)
    return np.where(reach <= 1, reach**2 / 2, 1 - np.maximum(2 - reach, 0) ** 2 / 2)


def spread_exponent(frequency: np.ndarray, peak: float) -> np.ndarray:
    """Exponent s of the spread cos^2s(θ/2) of wind waves (Mitsuyasu et al. 1975 as Goda and Suzuki 1975 use it)."""
    ratio = np.asarray(frequency, float) / peak
    return 10.0 * np.where(ratio < 1, ratio**5, ratio**-2.5)


def spread_quantiles(exponent: float, shares: np.ndarray) -> np.ndarray:
    """Angles (n,) rad from the mean direction below which the shares (n,) 0…1 of a cos^2s(θ/2) spread lie."""
    edges = np.linspace(-np.pi, np.pi, 721)
    middle = (edges[1:] + edges[:-1]) / 2
    total = np.concatenate([[0.0], np.cumsum(np.cos(middle / 2) ** (2 * exponent))])
    return np.interp(shares, total / total[-1], edges)


def whitecap_cover(wind: float) -> float:
    """Share of the sea under whitecaps at a wind in m/s (Monahan and O'Muircheartaigh 1980)."""
    return min(3.84e-6 * wind**3.41, 0.5)


def mean_square_slope(wind: float) -> float:
    """Mean square slope of a clean sea under a wind in m/s (Cox and Munk 1954)."""
    return 0.003 + 0.00512 * wind
