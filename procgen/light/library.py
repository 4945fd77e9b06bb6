"""The library of panoramas that ships: rooms, streets, parks and landscapes of our own, with their lamps apart."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from .environment import read_environment
from .lamps import Lamp

DATA = Path(__file__).parent / "data"
INDOORS = 0.5  # share of the panoramas that are drawn indoors, a choice of ours


@cache
def library() -> dict[str, dict]:
    """What is known of each panorama by name: the words of captions, whether it is indoors, and its lamps."""
    return json.loads((DATA / "index.json").read_text("utf-8"))


def odds() -> dict[str, float]:
    """The odds of each panorama: alike among those indoors and among those outdoors."""
    rows = library()
    inside = sum(row["indoors"] for row in rows.values())
    return {
        name: INDOORS / inside if row["indoors"] else (1 - INDOORS) / (len(rows) - inside) for name, row in rows.items()
    }


def read_panorama(name: str, degrees: float = 0.0) -> tuple[np.ndarray, list[Lamp]]:
    """The radiance (h, w, 3) float32 of a panorama turned around z, bottom row first, and what is brighter as lamps (needs bpy).

    A white card that stands upright has a radiance of 1 on average over all ways it may face. Without a turn the person looks
    to where most light comes from. The turn is rounded to whole pixels, for picture and lamps alike.
    """
    radiance, _ = read_environment(DATA / f"{name}.exr")
    width = radiance.shape[1]
    columns = round(degrees / 360 * width)
    angle = -2 * np.pi * columns / width
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    lamps = [
        Lamp(turn @ np.array(row["direction"]), np.array(row["irradiance"]), row["size"])
        for row in library()[name]["lamps"]
    ]
    return np.roll(np.maximum(radiance, 0), columns, axis=1), lamps  # its compression leaves values just below zero
