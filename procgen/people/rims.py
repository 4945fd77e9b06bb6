"""The rims of both lips on the template, and fields that move them toward each other."""

from __future__ import annotations

import numpy as np

# Stations along the mouth -> |x| in millimetres, and the vertices of the left side's upper and lower rim.
RIMS = {
    "middle": (0.0, (468, 474, 523), (540, 493, 494)),
    "between": (10.0, (3262, 3275, 3311), (3314, 3285, 3286)),
    "side": (20.0, (3226, 3228, 3227), (3246, 3247, 3300)),
}
CORNER = 24.5  # mm: |x| where the lips join
LINE = (
    (0.0, 10.0, 20.0, CORNER),
    (-67.95, -67.5, -67.3, -67.35),
    (-30.0, -28.0, -20.5, -17.3),
)  # mm: |x|, z and y between them
HIGH, DEEP = 3.4, 5.0  # mm: how far above and below, and before and behind it, the field reaches; standard deviations
FRONT = -9.0  # mm: y behind which nothing is a lip


def closing_fields(template: np.ndarray, body: np.ndarray) -> dict[str, np.ndarray]:
    """Station -> the field (n, 3) in metres that brings the rims nearer there by about a millimetre; body holds the skin's vertices."""
    x, y, z = template[body].T * 1000
    x = np.abs(x)
    height, depth = (np.interp(x, LINE[0], values) for values in LINE[1:])
    near = np.exp(-0.5 * (((z - height) / HIGH) ** 2 + ((y - depth) / DEEP) ** 2)) * (x < CORNER) * (y < FRONT)
    places = [place for place, _, _ in RIMS.values()] + [CORNER]
    fields = {}
    for index, station in enumerate(RIMS):
        share = np.interp(x, places, np.eye(len(places))[index])
        field = np.zeros_like(template)
        field[body, 2] = -0.0005 * np.sign(z - height) * near * share * share * (3 - 2 * share)
        fields[station] = field
    return fields
