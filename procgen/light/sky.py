"""Daylight by sun height and turbidity: Preetham, Shirley and Smits, "A Practical Analytic Model for Daylight" (1999)."""

from __future__ import annotations

import numpy as np

# Distribution coefficients A…E as (slope, offset) over the turbidity, for Y, x and y.
PEREZ = {
    "Y": [(0.1787, -1.4630), (-0.3554, 0.4275), (-0.0227, 5.3251), (0.1206, -2.5771), (-0.0670, 0.3703)],
    "x": [(-0.0193, -0.2592), (-0.0665, 0.0008), (-0.0004, 0.2125), (-0.0641, -0.8989), (-0.0033, 0.0452)],
    "y": [(-0.0167, -0.2608), (-0.0950, 0.0092), (-0.0079, 0.2102), (-0.0441, -1.6537), (-0.0109, 0.0529)],
}
ZENITH_X = np.array([[0.00166, -0.00375, 0.00209, 0.0], [-0.02903, 0.06377, -0.03202, 0.00394],
                     [0.11693, -0.21196, 0.06052, 0.25886]])  # fmt: skip
ZENITH_Y = np.array([[0.00275, -0.00610, 0.00317, 0.0], [-0.04214, 0.08970, -0.04153, 0.00516],
                     [0.15346, -0.26756, 0.06670, 0.26688]])  # fmt: skip
XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def sun_direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector to the sun; azimuth in radians from where the person looks (-y) to the person's left (+x)."""
    flat = np.cos(elevation)
    return np.array([flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(elevation)])


def _perez(channel: str, turbidity: float, cos_zenith, gamma):
    a, b, c, d, e = (slope * turbidity + offset for slope, offset in PEREZ[channel])
    cos_gamma = np.cos(gamma)
    return (1 + a * np.exp(b / np.maximum(cos_zenith, 0.02))) * (1 + c * np.exp(d * gamma) + e * cos_gamma**2)


def sky_radiance(rays: np.ndarray, sun: np.ndarray, turbidity: float, overcast: float) -> np.ndarray:
    """Linear sRGB radiance (…, 3) of the sky, kcd/m²; ``overcast`` mixes in the CIE overcast sky."""
    sun_zenith = np.arccos(np.clip(sun[2], 0.02, 1))
    cos_zenith = np.maximum(rays[..., 2], 0.01)
    gamma = np.arccos(np.clip(rays @ sun.astype(np.float32), -1, 1))
    powers = np.array([sun_zenith**3, sun_zenith**2, sun_zenith, 1.0])
    weights = np.array([turbidity**2, turbidity, 1.0])
    chi = (4 / 9 - turbidity / 120) * (np.pi - 2 * sun_zenith)
    zenith = {
        "Y": max((4.0453 * turbidity - 4.9710) * np.tan(chi) - 0.2155 * turbidity + 2.4192, 0.25),
        "x": weights @ ZENITH_X @ powers,
        "y": weights @ ZENITH_Y @ powers,
    }
    value = {
        name: zenith[name] * _perez(name, turbidity, cos_zenith, gamma)
        / _perez(name, turbidity, 1.0, sun_zenith) for name in zenith
    }  # fmt: skip
    y = np.maximum(value["y"], 0.05)
    xyz = np.stack([value["x"] / y, np.ones_like(y), (1 - value["x"] - value["y"]) / y], -1) * value["Y"][..., None]
    clear = np.maximum(xyz @ XYZ_TO_RGB.T.astype(np.float32), 0)
    # CIE standard overcast sky: the zenith is three times as bright as the horizon.
    cloud = (1 + 2 * cos_zenith) / 3 * zenith["Y"] * 1.4
    grey = cloud[..., None] * np.array([0.97, 1.0, 1.05])
    return (1 - overcast) * clear + overcast * grey


def sun_colour(elevation: float, turbidity: float) -> np.ndarray:
    """Relative linear sRGB of the sun's beam after the air: Rayleigh and haze extinction along the air mass."""
    degrees = np.degrees(max(elevation, 0.01))
    mass = 1 / (np.sin(max(elevation, 0.01)) + 0.50572 * (degrees + 6.07995) ** -1.6364)  # Kasten and Young 1989
    wavelength = np.array([0.61, 0.55, 0.465])
    rayleigh = np.exp(-0.008735 * mass * wavelength**-4.08)
    haze = np.exp(-(0.04608 * turbidity - 0.04586) * mass * wavelength**-1.3)
    return rayleigh * haze
