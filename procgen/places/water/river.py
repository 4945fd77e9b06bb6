"""Meshes of rivers: water that runs along a path, faster where it is steep, with standing waves and white water."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh
from ...geometry.noise import fractal
from ...geometry.primitives import lattice_faces
from .spectrum import GRAVITY

ROUGHNESS = 0.035  # s/m^1/3 of a natural bed in Manning's formula (Chow 1959)
OVERLAP = 1.12  # the mesh reaches that far under the banks
FASTEST = 8.0  # m/s


def river_mesh(
    path: np.ndarray,
    widths,
    levels,
    depths=1.0,
    *,
    spacing: float | None = None,
    seconds: float = 0.0,
    seed: int = 0,
) -> Mesh:
    """A river along a path (k, 2) that runs downstream, of widths, surface levels and mid-stream depths (k,) in metres.

    ``spacing`` is the size of its faces, a thirtieth of the width if None. Attributes as ``water_mesh``, and flow (n, 3)
    m/s; its ``rest`` moves with the water, so that ripples do. Speeds follow Manning's formula from depth and fall.
    """
    path = np.asarray(path, float)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    widths, levels, depths = (np.broadcast_to(np.asarray(x, float), (len(path),)) for x in (widths, levels, depths))
    spacing = spacing or float(np.median(widths)) / 30
    along = np.linspace(0, length[-1], max(int(np.ceil(length[-1] / spacing)), 2) + 1)
    x, y, wide, level, deep = (_smooth(along, length, values) for values in (*path.T, widths, levels, depths))
    toward = np.stack([np.gradient(x, along), np.gradient(y, along)], 1)
    toward /= np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9)
    fall = np.maximum(-np.gradient(level, along), 1e-5)
    speed = np.minimum(deep ** (2 / 3) * np.sqrt(fall) / ROUGHNESS, FASTEST)

    columns = max(int(np.ceil(float(wide.max()) * OVERLAP / spacing)), 4) + 1
    across = np.linspace(-OVERLAP, OVERLAP, columns)
    left = np.stack([-toward[:, 1], toward[:, 0]], 1)
    # Where the path bends more than the river is wide, its inner side must not fold over.
    turn = np.gradient(np.unwrap(arctan2(toward[:, 1], toward[:, 0])), along)
    inner = across[None] * np.sign(turn)[:, None] > 0
    reach = np.where(
        inner, np.minimum(wide[:, None] / 2, 0.9 / np.maximum(np.abs(turn), 1e-6)[:, None] / OVERLAP), wide[:, None] / 2
    )
    place = np.stack([x, y], 1)[:, None] + (across[None] * reach)[..., None] * left[:, None]

    profile = np.clip(1 - across**2, 0, 1)[None]
    depth = deep[:, None] * profile
    rapid = speed[:, None] * profile ** (1 / 3)
    froude = rapid / np.sqrt(GRAVITY * np.maximum(deep, 0.05))[:, None]
    # A wave that runs upstream as fast as the water runs down stands still: its length is 2π U²/g.
    wave = np.clip(2 * np.pi * speed**2 / GRAVITY, 3 * spacing, None)
    turns = np.concatenate([[0.0], np.cumsum(np.diff(along) * (1 / wave[1:] + 1 / wave[:-1]) / 2)])[:, None] * 2 * np.pi
    spot = np.stack(np.broadcast_arrays(along[:, None] / 3, across[None] * reach / 1.5), -1)
    stray = fractal(spot, seed + 1, 3)
    shiver = fractal(np.concatenate([spot * 2.2, np.full((*spot.shape[:-1], 1), 1.3 * seconds)], -1), seed + 2, 3)
    strength = np.clip(froude - 0.45, 0, 0.8)
    height = (
        0.11 * deep[:, None] * strength * profile * (np.cos(turns + 3 * stray) * (0.6 + 0.5 * stray) + 0.6 * shiver)
    )
    height += 0.008 * np.minimum(deep, 1.0)[:, None] * np.minimum(froude, 1) * profile * shiver
    # White water comes in streaks along the stream, and behind the crests of standing waves.
    lines = np.stack(np.broadcast_arrays(along[:, None] / 2.5 - 0.4 * seconds, across[None] * reach / 0.35), -1)
    streak = fractal(lines, seed + 3, 4)
    behind = 0.35 * np.sin(turns + 3 * stray)
    white = np.clip((froude - 0.85) * 0.5 + 0.4 * stray + 0.55 * streak + behind, 0, 0.8)
    white = white * np.clip(strength * 3, 0, 1) * np.sqrt(profile)

    vertices = np.concatenate([place, (level[:, None] + height)[..., None]], -1).reshape(-1, 3)
    moving = float(speed.mean())
    rest = np.stack(
        np.broadcast_arrays(along[:, None] - moving * seconds, across[None] * reach, np.zeros((len(along), 1))), -1
    )
    flow = np.concatenate([rapid[..., None] * toward[:, None], np.zeros((*rapid.shape, 1))], -1)
    # Rows run along the path and columns to its left, so the order is turned to face up.
    faces = lattice_faces(len(along), columns)[:, ::-1]
    return Mesh(vertices, faces, attributes={
        "depth": (np.maximum(depth + height, 0) * (profile > 0)).ravel(), "foam": white.ravel(),
        "shore": np.exp(-depth / 0.15).ravel(), "rough": (0.004 + 0.03 * np.minimum(froude, 1) ** 2).ravel(),
        "rest": rest.reshape(-1, 3), "flow": flow.reshape(-1, 3)})  # fmt: skip


def _smooth(at: np.ndarray, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values (n,) of a smooth curve through (k,) values at rising places: cubic Hermite with Catmull and Rom's slopes."""
    slopes = (
        np.gradient(values, places)
        if len(values) > 2
        else np.full(2, (values[1] - values[0]) / (places[1] - places[0]))
    )
    index = np.clip(np.searchsorted(places, at, side="right") - 1, 0, len(places) - 2)
    step = places[index + 1] - places[index]
    t = (at - places[index]) / step
    return ((1 + 2 * t) * (1 - t) ** 2 * values[index] + t * (1 - t) ** 2 * step * slopes[index]
            + t**2 * (3 - 2 * t) * values[index + 1] + t**2 * (t - 1) * step * slopes[index + 1])  # fmt: skip
