"""The colour of strands as a diffuse surface shows them.

Absorption of melanin and the colour of a fibre by its absorption: Chiang et al., A Practical and Controllable Hair and Fur
Model for Production Path Tracing (2016), as Cycles has them.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ...procgen.people.hair.colour import DYES

EUMELANIN, PHEOMELANIN = np.array([0.506, 0.841, 1.653]), np.array([0.343, 0.733, 1.924])
RADIAL = 0.36  # azimuthal roughness
DARKEST = 0.0045
DENSE = 1.9  # gain of dark fibres among others of their kind; single ones over skin have none


def _spread(beta: float) -> float:
    return 5.969 - 0.215 * beta + 2.532 * beta**2 - 10.73 * beta**3 + 5.574 * beta**4 + 0.245 * beta**5


def by_melanin(melanin: np.ndarray, redness: np.ndarray) -> np.ndarray:
    """Linear Rec.709 (…, 3) of fibres with melanin and a share of pheomelanin, 0…1."""
    amount = -np.log(np.maximum(1 - melanin, 1e-4))[..., None]
    share = np.asarray(redness)[..., None]
    absorption = amount * ((1 - share) * EUMELANIN + share * PHEOMELANIN)
    return np.exp(-np.sqrt(absorption) * _spread(RADIAL))


def strand_colours(colour, darker: float, gain: float, strand: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Linear Rec.709 (n, k, 3) of strands with randoms ``strand`` (n, 2+), at shares (k,) of their length.

    ``darker`` is melanin added to that of the colour, ``gain`` how much lighter than a fibre a dark one is in dense hair.
    """
    each, lock, t = strand[:, :1], strand[:, 1:2], along[None]
    spread = 0.06 + 0.16 * colour.variation
    melanin = min(colour.melanin + darker, 1.0) + (lock - 0.5) * spread + (each - 0.5) * spread
    melanin = melanin - 0.07 * (1 - colour.melanin) * t
    grey = each > 1 - colour.grey
    found = by_melanin(np.clip(np.where(grey, 0.06, melanin), 0.02, 0.995), np.where(grey, 0.1, colour.redness) + 0 * t)
    if colour.dye != "none":
        dye = np.array(DYES[colour.dye]) * (1 - 0.45 * 0.4 * each[..., None])
        share = np.maximum(np.clip((t - 0.02) / 0.20, 0, 1), 0.25)[..., None]
        found = found * (1 - share) + dye * share
    # Light goes through fibres from all sides; what only reflects must be lighter to look the same.
    return np.maximum(found * (gain - (gain - 1) * found), DARKEST)


def colour_of(spec, kind: str):
    """The colour of a person's hair of a class, the melanin added to it, and its gain; None where the spec does not say."""
    if spec is None:
        return None
    if kind == "hair":
        return spec.hair.colour, 0.0, DENSE
    if kind == "brow":
        return spec.brows.colour, spec.brows.darker, 1.0
    if kind == "lash":
        return spec.lashes.colour, 1.0 if spec.lashes.mascara else 0.6, 1.0
    redness = float(np.clip(spec.beard.colour.redness + spec.beard.redder, 0, 1))
    return dataclasses.replace(spec.beard.colour, redness=redness), 0.0, DENSE
