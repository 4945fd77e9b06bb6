"""Draws the strands of bundles side by side into one picture of colour and cover."""

from __future__ import annotations

import numpy as np

from .cards import COLUMNS, VARIANTS, Cards, in_card
from .strand_colour import strand_colours
from .strands import Strands

MOST = 120  # strands drawn of one bundle


def draw_bundles(strands: Strands, cards: Cards, colour, flat, edge: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """A picture (edge, edge, 4) of VARIANTS bundles, sRGB and cover, top row first; and the variant (c,) of each card.

    ``colour`` is a HairColour and the melanin added to it, or None: strands are then of the linear colour ``flat``.
    """
    lines = -(-VARIANTS // COLUMNS)
    width, height = edge // COLUMNS, edge // lines
    order = np.argsort(cards.count * 1000.0 / np.maximum(np.linalg.norm(cards.across, axis=2).mean(1), 1e-6))
    count = min(VARIANTS, len(order))
    ranks = np.minimum((np.arange(len(order)) * count) // len(order), count - 1)
    variant = np.zeros(len(order), int)
    variant[order] = ranks
    picture = np.zeros((edge, edge, 4), np.float32)
    for rank in range(count):
        chosen = order[np.nonzero(ranks == rank)[0][len(np.nonzero(ranks == rank)[0]) // 2]]
        tile = _tile(strands, cards, int(chosen), colour, flat, width, height, rng)
        line, column = divmod(rank, COLUMNS)
        picture[line * height : (line + 1) * height, column * width : (column + 1) * width] = tile
    return picture, variant


def _tile(strands: Strands, cards: Cards, chosen: int, colour, flat, width: int, height: int, rng) -> np.ndarray:
    members, across, ends = in_card(strands, cards, chosen, height)
    if len(members) > MOST:
        kept = rng.choice(len(members), MOST, replace=False)
        members, across, ends = members[kept], across[kept], ends[kept]
    share = np.linspace(0, 1, height)
    colours = (
        np.broadcast_to(np.asarray(flat), (len(members), height, 3))
        if colour is None
        else strand_colours(*colour, strands.randoms[members], share)
    )
    half = np.linalg.norm(cards.across[chosen], axis=1)
    half = np.interp(share, np.linspace(0, 1, len(half)), half)
    tile = np.zeros((height, width, 4), np.float32)
    tile[..., :3] = _srgb(colours.mean(0))[:, None]  # what shines through at the rim of a strand is hair as well
    rows = np.arange(height)
    for index in range(len(members)):
        taper = np.clip((ends[index] - share) / 0.12, 0, 1) * (1 - 0.6 * np.clip(share / ends[index], 0, 1) ** 2)
        thick = strands.radius[members[index]] / np.maximum(half, 1e-6) * width / 2 * 1.25
        radius = np.maximum(thick * taper, 0.0)
        centre = (across[index] * 0.5 + 0.5) * width
        shade = _srgb(colours[index]) * np.float32(0.86 + 0.28 * rng.random())
        reach = int(np.ceil(radius.max(initial=0) + 1))
        for step in range(-reach, reach + 1):
            column = np.floor(centre).astype(int) + step
            cover = np.clip(radius + 0.5 - np.abs(column + 0.5 - centre), 0, 1) * np.minimum(radius * 2, 1)
            inside = (column >= 0) & (column < width) & (cover > 0)
            at = rows[inside], column[inside]
            share_now = cover[inside, None].astype(np.float32)
            tile[(*at, slice(0, 3))] = tile[(*at, slice(0, 3))] * (1 - share_now) + shade[inside] * share_now
            tile[(*at, 3)] = np.maximum(tile[(*at, 3)], share_now[:, 0])
    return np.clip(tile, 0, 1)


def _srgb(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)
