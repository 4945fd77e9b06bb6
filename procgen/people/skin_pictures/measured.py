"""Measured skin: regional maps and fine residuals drawn from a statistical model of photographic textures.

The model is made by ``tools/pack_skins.py`` from CC0 textures; nothing in it is one person's.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...params import child
from ..head_data import head_data
from .texels import Texels

PATH = Path(__file__).parents[1] / "data" / "skin.npz"
GRID = 2048  # px of the uv that the fine residuals are sampled on
MIDDLE = 0.48317  # v of the face's midline
DEPENDENCES = 4  # of the regional fields the first are: the mean, and change with age, sex and tone
SPREAD, FURTHEST = 1.3, 2.2  # of the scores of the components, in the model's deviations
MIDDLE_AGE, AGE_SPAN = 50.0, 30.0  # years of the model's middle age, and to its ends
TONES = (0.03, 0.18)  # melanin of what the model calls pale and dark
BASE_MELANIN, BASE_BLOOD = 0.012, 0.006  # volume fractions that shares are of, besides the person's own
WARP = 0.0035  # m: how far a person's fine residual is drawn to and fro, standard deviation at most
PATCHES = 1.6  # how decidedly one of two mixtures of residuals shows in a place


class Model(NamedTuple):
    """The packed model."""

    regional: np.ndarray  # (fields, 2, v) float32 over the template's vertices: melanin and blood, shares
    tone_mean: float  # share of dark textures
    fine: np.ndarray  # (k, rows, columns) int8, unit of ``step``
    step: float  # standard deviations that a unit of ``fine`` stands for
    corner: tuple[int, int]  # row and column of the crop in the grid
    share: np.ndarray  # (v,) how far there is a fine residual, 0…1


@cache
def model() -> Model:
    """Read the model once."""
    with np.load(PATH, allow_pickle=False) as packed:
        data = {name: packed[name] for name in packed.files}
    members, count = head_data().groups["body"], len(head_data().template)
    regional = np.zeros((*data["regional"].shape[:2], count), np.float32)
    regional[:, :, members] = data["regional"] * data["regional_step"][:, :, None]
    share = np.zeros(count, np.float32)
    share[members] = data["fine_share"] / 255
    row, column = (int(value) for value in data["fine_corner"])
    head = head_data()
    share[head.faces[head.uv[head.uv_faces].min(1)[:, 0] * GRID < column]] = 0  # of faces that lie beside the crop
    return Model(regional, float(data["tone_mean"]), data["fine"], float(data["fine_step"]), (row, column), share)


def regional_maps(skin) -> tuple[np.ndarray, np.ndarray]:
    """How much more melanin and blood (v,) each place has than the mean of a face, in shares, for a skin's age, sex, tone and seed."""
    m = model()
    low, high = np.log(TONES)
    known = [
        1.0,
        np.clip((skin.years - MIDDLE_AGE) / AGE_SPAN, -1.2, 1.2),
        1 - 2 * skin.masculine,
        np.clip((np.log(skin.melanin) - low) / (high - low), 0, 1) - m.tone_mean,
    ]
    scores = child(skin.seed, "regions").normal(0, SPREAD, len(m.regional) - DEPENDENCES)
    weights = np.concatenate([known, np.clip(scores, -FURTHEST, FURTHEST)]).astype(np.float32)
    melanin, blood = np.tensordot(weights, m.regional, 1)
    return melanin, blood


def fine_residual(skin, texels: Texels, of_vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far anybody measured (n,) 0…1, and the fine darkness (n,) of measured skin at the texels, deviation about one.

    Two mixtures of all residuals, each mirrored or not, are drawn to and fro and shown in turn from place to place;
    ``of_vertices`` (v, 4) are smooth noises of deviation one over the template's vertices.
    """
    rng = child(skin.seed, "residual")
    scale = max(GRID // texels.size, 1)
    basis = _basis(scale)
    count, rows, columns = basis.shape
    first_row, first_column = (start // scale for start in model().corner)
    size = GRID // scale
    share = texels.values(model().share)
    at = np.nonzero(share > 0)[0]
    index = texels.index[at]
    row, column = index // texels.size * (size / texels.size), index % texels.size * (size / texels.size)
    noise = texels.values(of_vertices, at)
    turn = PATCHES * noise[:, 0]
    shown = (np.cos(turn), np.sin(turn))
    reach = WARP * size / np.maximum(np.sqrt(texels.metric[at, 0] * texels.metric[at, 2]), 0.3)
    mixed = 0
    for way in range(2):
        weights = rng.normal(size=count)
        picture = np.tensordot((weights / np.linalg.norm(weights)).astype(np.float32), basis, 1)
        mirrored = rng.random() < 0.5
        up, along = (np.float32(0.7) * noise[:, 1 + way] * reach, np.float32(0.7) * noise[:, 3 - way] * reach)
        there = (2 * MIDDLE * size - row if mirrored else row) + up - first_row
        r = np.clip(there, 0, rows - 1).astype(np.int32)
        c = np.clip(column + along - first_column, 0, columns - 1).astype(np.int32)
        mixed = mixed + shown[way] * np.take(picture.ravel(), r * columns + c)
    result = np.zeros(len(texels.index), np.float32)
    result[at] = mixed * share[at]
    return share, result


@lru_cache(maxsize=2)
def _basis(scale: int) -> np.ndarray:
    """The residuals (k, rows, columns) float32, as the mean of ``scale`` by ``scale`` texels of the grid."""
    fine = model().fine.astype(np.float32) * np.float32(model().step)
    if scale == 1:
        return fine
    count, rows, columns = fine.shape
    return fine.reshape(count, rows // scale, scale, columns // scale, scale).mean((2, 4))
