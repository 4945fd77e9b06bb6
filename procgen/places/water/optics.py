"""What water does to light: Jerlov's water types, absorption, scattering and Fresnel reflection."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

INDEX = 1.333  # of refraction
# Jerlov (1976), Marine Optics, table XXVII: diffuse attenuation of downward irradiance, 1/m, at these wavelengths.
WAVELENGTHS = (450.0, 475.0, 500.0, 525.0, 550.0, 575.0, 600.0, 625.0)  # nm
ATTENUATION = {
    "I": (0.019, 0.018, 0.027, 0.043, 0.063, 0.089, 0.235, 0.305),
    "IA": (0.026, 0.025, 0.032, 0.048, 0.067, 0.094, 0.24, 0.31),
    "IB": (0.036, 0.033, 0.042, 0.054, 0.072, 0.099, 0.245, 0.315),
    "II": (0.068, 0.062, 0.070, 0.076, 0.089, 0.115, 0.26, 0.335),
    "III": (0.135, 0.116, 0.115, 0.116, 0.12, 0.148, 0.295, 0.375),
    "1C": (0.25, 0.17, 0.14, 0.13, 0.12, 0.15, 0.30, 0.37),
    "3C": (0.39, 0.29, 0.22, 0.20, 0.19, 0.21, 0.33, 0.40),
    "5C": (0.56, 0.43, 0.36, 0.31, 0.30, 0.33, 0.40, 0.48),
    "7C": (0.89, 0.71, 0.58, 0.49, 0.46, 0.46, 0.48, 0.54),
    "9C": (1.60, 1.23, 0.99, 0.78, 0.63, 0.58, 0.60, 0.65),
}
# mg/m³ of chlorophyll of the types (Morel 1988 for the oceanic ones; the coastal ones as Solonenko and Mobley 2015 order them).
CHLOROPHYLL = {
    "I": 0.01,
    "IA": 0.05,
    "IB": 0.1,
    "II": 0.5,
    "III": 1.5,
    "1C": 1.0,
    "3C": 2.0,
    "5C": 4.0,
    "7C": 7.0,
    "9C": 12.0,
}
BANDS = np.array([611.0, 549.0, 464.0])  # nm: the dominant wavelengths of the Rec.709 primaries
CLEAR_SCATTERING = 0.00288  # 1/m at 500 nm, of pure sea water (Morel 1974)
BACKWARD = 0.0183  # share of particle scattering that goes backward (Petzold 1972)
FORWARD = (
    0.6  # share of scattering so far forward that it blurs a picture rather than dims it (Petzold 1972, within 10°)
)


class Water(NamedTuple):
    """Optical properties (3,) of a water for red, green and blue, all in 1/m, but reflectance."""

    attenuation: np.ndarray  # of daylight by depth
    absorption: np.ndarray
    scattering: np.ndarray
    beam: np.ndarray  # attenuation of a picture by distance
    reflectance: np.ndarray  # of deep water: upward over downward irradiance


def water(jerlov: str) -> Water:
    """The optical properties of a Jerlov type.

    Absorption a and scattering b follow from K² = a² + 0.256 a b (Kirk 1984, sun overhead), with b from the chlorophyll
    (Loisel and Morel 1998); reflectance is 0.33 b_b / a (Morel and Prieur 1977).
    """
    attenuation = np.interp(BANDS, WAVELENGTHS, ATTENUATION[jerlov])
    clear = CLEAR_SCATTERING * (500 / BANDS) ** 4.32
    particles = 0.416 * CHLOROPHYLL[jerlov] ** 0.766 * 550 / BANDS
    scattering = clear + particles
    absorption = (np.sqrt((0.256 * scattering) ** 2 + 4 * attenuation**2) - 0.256 * scattering) / 2
    reflectance = 0.33 * (clear / 2 + BACKWARD * particles) / absorption
    beam = absorption + (1 - FORWARD) * scattering
    return Water(attenuation, absorption, scattering, beam, reflectance)


def transmittance(attenuation: np.ndarray, metres) -> np.ndarray:
    """Light (…, 3) that is left after (…,) metres: Beer and Lambert's law."""
    return np.exp(-np.asarray(attenuation) * np.asarray(metres, float)[..., None])


def refracted(rays: np.ndarray, normals: np.ndarray, ratio: float = 1 / INDEX) -> np.ndarray:
    """Unit rays (…, 3) bent at surfaces of unit normals (…, 3) that face them; ``ratio`` is the index left over entered.

    Zero where all is reflected.
    """
    cosine = -(rays * normals).sum(-1, keepdims=True)
    inside = 1 - ratio**2 * (1 - cosine**2)
    bent = ratio * rays + (ratio * cosine - np.sqrt(np.maximum(inside, 0))) * normals
    return np.where(inside >= 0, bent, 0.0)


def fresnel(cosine, ratio: float = INDEX) -> np.ndarray:
    """Share (…,) of unpolarised light reflected at a cosine (…,) of incidence; ``ratio`` is the index entered over left."""
    cosine = np.abs(np.asarray(cosine, float))
    inside = np.sqrt(np.maximum(1 - (1 - cosine**2) / ratio**2, 0))
    across = (cosine - ratio * inside) / (cosine + ratio * inside)
    along = (ratio * cosine - inside) / (ratio * cosine + inside)
    return np.where((1 - cosine**2) > ratio**2, 1.0, (across**2 + along**2) / 2)
