"""Draws the strands of bundles side by side into one picture of colour and cover."""

from __future__ import annotations

import numpy as np

from .cards import COLUMNS, VARIANTS, Cards, in_card
from .strand_colour import strand_colours
from .strands import Strands

FULLER = 1.15  # of the radius where cover is cut: it makes up for strands that stray from their card
FADE = 0.06  # share of a card over which a strand ends
MOST = 160  # strands drawn of one bundle
STEEPEST = 5.0  # pixels that a strand runs across in a row
THINNEST = 0.6  # radius in pixels of a strand that a cut leaves whole


def draw_bundles(
    strands: Strands, cards: Cards, colour, flat, edge: int, cut: bool, rng
) -> tuple[np.ndarray, np.ndarray]:
    """A picture (edge, edge, 4) of VARIANTS bundles, sRGB and cover, top row first; and the variant (c,) of each card.

    ``colour`` is what strand_colour.colour_of gives, or None: strands are then of the linear colour ``flat``. Where
    the cover will be ``cut`` in two, strands thinner than a pixel are drawn fewer and thicker: they cover as much.
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
        tile = _tile(strands, cards, int(chosen), colour, flat, (width, height), cut, rng)
        line, column = divmod(rank, COLUMNS)
        picture[line * height : (line + 1) * height, column * width : (column + 1) * width] = tile
    return picture, variant


def _tile(strands: Strands, cards: Cards, chosen: int, colour, flat, size, cut: bool, rng) -> np.ndarray:
    width, height = size
    members, across, ends = in_card(strands, cards, chosen, height)
    half = np.linalg.norm(cards.across[chosen], axis=1)
    half = np.interp(np.linspace(0, 1, height), cards.share, half)
    usual = strands.radius[members].mean() / max(half.mean(), 1e-6) * width / 2  # radius in pixels
    wider = max(THINNEST / max(usual, 1e-6), 1.0) if cut else 1.0
    fuller = FULLER if cut else 1.0
    most = min(MOST, max(int(np.ceil(len(members) / wider)), 1))
    if len(members) > most:
        kept = np.sort(rng.choice(len(members), most, replace=False))
        members, across, ends = members[kept], across[kept], ends[kept]
    share = np.linspace(0, 1, height)
    colours = (
        np.broadcast_to(np.asarray(flat), (len(members), height, 3))
        if colour is None
        else strand_colours(*colour, strands.randoms[members], share)
    )
    tile = np.zeros((height, width, 4), np.float32)
    tile[..., :3] = _srgb(colours.mean(0))[:, None]  # what shines through at the rim of a strand is hair as well
    rows = np.arange(height)
    for index in range(len(members)):
        taper = np.clip((ends[index] - share) / FADE, 0, 1) * (1 - 0.6 * np.clip(share / ends[index], 0, 1) ** 2)
        thick = strands.radius[members[index]] / np.maximum(half, 1e-6) * width / 2 * wider * fuller
        centre = (across[index] * 0.5 + 0.5) * width
        slant = np.sqrt(1 + np.minimum(np.abs(np.gradient(centre)), STEEPEST) ** 2)  # a row cuts it at a slant
        radius = np.maximum(thick * taper, 0.0) * slant
        shade = _srgb(colours[index]) * np.float32(0.86 + 0.28 * rng.random())
        reach = int(np.ceil(radius.max(initial=0) + 1))
        for step in range(-reach, reach + 1):
            column = np.floor(centre).astype(int) + step
            cover = np.clip(np.maximum(radius, 0.5) + 0.5 - np.abs(column + 0.5 - centre), 0, 1)
            cover = cover * np.minimum(radius * 2, 1)
            inside = (column >= 0) & (column < width) & (cover > 0)
            at = rows[inside], column[inside]
            share_now = cover[inside, None].astype(np.float32)
            tile[(*at, slice(0, 3))] = tile[(*at, slice(0, 3))] * (1 - share_now) + shade[inside] * share_now
            tile[(*at, 3)] += (1 - tile[(*at, 3)]) * share_now[:, 0]
    return np.clip(tile, 0, 1)


def _srgb(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)
