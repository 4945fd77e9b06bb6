"""Exposure: the factor that brings the light of a place into the range of the picture, before anything is rendered."""

from __future__ import annotations

import numpy as np

from ...light.panorama import LUMINANCE, irradiance

WHITE = 0.75  # radiance of a white card in the mean light of a place by day; AgX shows it bright but unburnt
DAYLIGHT = np.array([1.13, 0.975, 0.855])  # light of a clear noon, which the camera shows as white
BALANCE = 0.35  # how far its white balance follows the light away from there
DUSK = 0.14  # pictures of dark places stay dark: exponent over the light, and the light (klx) of a normal picture
NORMAL_KLX = 8.0
SUNNY = 0.6  # share of what is seen that the sun reaches


def card_normals() -> np.ndarray:
    """Directions (5, 3) that surfaces of a place face: up, and four ways aslant."""
    turn = np.arange(4) * np.pi / 2 + 0.3
    slant = np.stack([np.cos(turn), np.sin(turn), np.full(4, 0.8)], 1)
    return np.concatenate([[[0, 0, 1.0]], slant / np.linalg.norm(slant, axis=1, keepdims=True)])


def irradiances(radiance: np.ndarray, sun: np.ndarray, beam: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Irradiance (k, 3) of a panorama (h, w, 3) and a sun's beam (3,) on unit normals (k, 3)."""
    return irradiance(radiance, normals) + np.maximum(normals @ sun, 0)[:, None] * beam


def exposure_gain(radiance: np.ndarray, sun: np.ndarray, beam: np.ndarray, miss: float = 0.0) -> np.ndarray:
    """The gain (3,) on all light of a place; ``sun`` the direction to it, ``beam`` (3,) its irradiance, ``miss`` in EV."""
    normals = card_normals()
    shade = irradiances(radiance, sun, np.zeros(3), normals)
    lit = irradiances(radiance, sun, beam, normals)
    light = (SUNNY * lit + (1 - SUNNY) * shade).mean(0)
    level = max(float(light @ LUMINANCE), 1e-12)
    colour = light / level
    balance = np.clip(colour / DAYLIGHT, 0.08, 8) ** -BALANCE / DAYLIGHT
    balance /= (balance * colour) @ LUMINANCE
    target = WHITE * np.clip((level / NORMAL_KLX) ** DUSK, 0.1, 1.15)
    return target * 2.0**miss * np.pi / level * balance
