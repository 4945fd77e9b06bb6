"""Skin colour from melanin and blood: a two-layer optical model from 400 to 700 nm, and its lookup table.

Absorption of melanosomes and baseline, and reduced scattering of dermis: Jacques, "Skin Optics", Oregon Medical Laser
Center News (1998). Haemoglobin: Prahl's tabulation (OMLC, 1999), coarse. Diffuse reflectance of a half-space with a
matched boundary: Flock et al. 1989. Colour matching functions: Wyman, Sloan and Shirley, JCGT 2(2), 2013.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..geometry.angles import arctan2

WAVELENGTHS = np.arange(400.0, 701.0, 10.0)
MELANIN_RANGE = (0.005, 0.455)  # volume fraction of melanosomes in the epidermis
BLOOD_RANGE = (0.002, 0.162)  # volume fraction of blood in the dermis
SIZE = 64
XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
EPIDERMIS = 0.006  # cm
PATH = 1.9  # of light that crosses the epidermis at all angles, in thicknesses
# Of the epidermis itself: without it dark skin has no blue at all. With this much, and the blood of faces, a* is 8 to 12 and b* 13
# to 20 from pale to dark, about as measured on faces (Xiao et al., Skin Research and Technology 23, 2017; recalled).
BACK_SCATTER = 0.024
FACE_BLOOD = 1.80  # of the blood of the inner arm, on which tones are told, is in a face
CAROTENE = 0.9  # 1/cm at 460 nm: without it pale skin is mauve
# Molar extinction of haemoglobin, 1/(cm M), at 400, 420 … 700 nm: oxygenated, deoxygenated.
OXYGENATED = (266232, 480360, 102580, 44480, 26629, 20932, 24202, 53236, 32613, 50104, 3200, 942, 442, 320, 277, 290)
DEOXYGENATED = (
    223296,
    407560,
    413280,
    23388,
    14550,
    20862,
    31590,
    46592,
    53788,
    37020,
    14677,
    6510,
    4345,
    3227,
    2408,
    1794,
)

# Linear colour of the outer iris, and of the ring around the pupil.
IRIS_COLOURS = {
    "dark_brown": ((0.030, 0.011, 0.0045), (0.045, 0.017, 0.006)),
    "brown": ((0.072, 0.027, 0.009), (0.115, 0.045, 0.013)),
    "amber": ((0.19, 0.085, 0.018), (0.23, 0.11, 0.022)),
    "hazel": ((0.115, 0.085, 0.030), (0.16, 0.075, 0.018)),
    "green": ((0.085, 0.125, 0.062), (0.16, 0.125, 0.045)),
    "blue": ((0.075, 0.145, 0.245), (0.14, 0.20, 0.27)),
    "grey": ((0.125, 0.155, 0.175), (0.17, 0.18, 0.18)),
}


def _matching(wavelength: np.ndarray) -> np.ndarray:
    """The CIE 1931 colour matching functions (3, n), multi-lobe fit."""

    def lobe(mean, below, above):
        return np.exp(-0.5 * ((wavelength - mean) * np.where(wavelength < mean, below, above)) ** 2)

    x = 0.362 * lobe(442.0, 0.0624, 0.0374) + 1.056 * lobe(599.8, 0.0264, 0.0323) - 0.065 * lobe(501.1, 0.0490, 0.0382)
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    return np.stack([x, y, z])


def _daylight(wavelength: np.ndarray) -> np.ndarray:
    """CIE D65 on the grid, as a smooth fit through its tabulated values every 50 nm."""
    places = [400, 450, 500, 550, 600, 650, 700]
    return np.interp(wavelength, places, [82.8, 117.0, 109.4, 104.0, 90.0, 80.0, 71.6])


def skin_colour(melanin: np.ndarray, blood: np.ndarray) -> np.ndarray:
    """Linear sRGB reflectance (…, 3) of skin; melanin and blood are volume fractions (…)."""
    w = WAVELENGTHS
    melanin, blood = np.asarray(melanin, float)[..., None], np.asarray(blood, float)[..., None]
    baseline = 0.244 + 85.3 * np.exp(-(w - 154) / 66.2)
    melanosome = 6.6e11 * 550.0**-3.33 * (w / 550) ** -2.0
    grid = np.arange(400, 701, 20)
    haemoglobin = 0.75 * np.interp(w, grid, OXYGENATED) + 0.25 * np.interp(w, grid, DEOXYGENATED)
    absorption_blood = 2.303 * 150 / 64500 * haemoglobin
    carotene = CAROTENE * np.exp(-0.5 * ((w - 460) / 34) ** 2)
    epidermis = melanin * melanosome + (1 - melanin) * baseline
    dermis = blood * absorption_blood + (1 - blood) * baseline + carotene
    scattering = 2e5 * w**-1.5 + 2e12 * w**-4
    through = np.exp(-epidermis * EPIDERMIS * PATH)
    albedo = scattering / (scattering + dermis)
    diffuse = albedo / (1 + 2 * (1 - albedo) + 5 / 3 * np.sqrt(3 * (1 - albedo)))
    reflectance = BACK_SCATTER + (1 - BACK_SCATTER) * through**2 * diffuse
    observer = _matching(w) * _daylight(w)
    xyz = reflectance @ observer.T / observer[1].sum()
    white = observer.sum(1) / observer[1].sum()
    rgb = xyz / white * np.array([0.9505, 1.0, 1.089]) @ XYZ_TO_RGB.T
    return np.clip(rgb, 0.002, 1.0)


def face_colour(skin) -> np.ndarray:
    """The mean linear sRGB (3,) of a face whose inner arm has the melanin and blood of a skin spec."""
    return skin_colour(np.array(skin.melanin), np.array(FACE_BLOOD * skin.haemoglobin))


@cache
def table() -> np.ndarray:
    """The lookup table (SIZE, SIZE, 3): rows by blood, columns by melanin, both spaced by the square root."""
    axis = (np.arange(SIZE) + 0.5) / SIZE
    melanin = MELANIN_RANGE[0] + (MELANIN_RANGE[1] - MELANIN_RANGE[0]) * axis**2
    blood = BLOOD_RANGE[0] + (BLOOD_RANGE[1] - BLOOD_RANGE[0]) * axis**2
    return skin_colour(*np.meshgrid(melanin, blood))


def typology_angle(rgb: np.ndarray) -> np.ndarray:
    """The individual typology angle in degrees (Chardon et al. 1991) of linear sRGB reflectances (…, 3)."""
    xyz = np.asarray(rgb) @ np.linalg.inv(XYZ_TO_RGB).T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lightness, b = 116 * f[..., 1] - 16, 200 * (f[..., 1] - f[..., 2])
    return np.degrees(arctan2(lightness - 50, b))


def fitzpatrick(rgb: np.ndarray) -> np.ndarray:
    """The type 1…6 of linear sRGB reflectances by their typology angle (Del Bino and Bernerd 2013)."""
    return 6 - np.digitize(typology_angle(rgb), [-30, 10, 28, 41, 55])
