"""Cards: each bundle of strands as a ribbon that is bent as they are, painted with their picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .anchors import Anchors
from .piece import Piece
from .strands import Strands, bent, bundles, lengths_of

THIN = 0.00035  # metres: half the width of the narrowest card
LIFT = {"hair": 0.002, "beard": 0.001, "brow": 0.0006}  # metres that cards keep from the skin
SKULL = np.array([0.0, 0.075, 0.0])  # metres, its centre
HEAD_RADIUS = 0.085  # metres
FANNED = 1.2  # radians that cards are turned about themselves at most: a bundle is as deep as it is wide
VARIANTS = 16  # pictures of bundles that cards choose from
COLUMNS = 8


class Style(NamedTuple):
    """How a class of hair is carded: cards of each level of detail, rows along a card, and how it follows the skin."""

    cards: tuple[int, int, int]
    rows: tuple[int, int, int]
    turning: bool  # with the skin under an action, as short hair does
    mode: str  # of cover: dense hair is cut, which needs no order; the thin hair of the face is blended over the skin


STYLES = {
    "hair": Style((3000, 1000, 400), (12, 8, 6), False, "MASK"), "beard": Style((700, 260, 100), (5, 4, 3), True, "MASK"),
    "brow": Style((180, 80, 36), (4, 3, 2), True, "BLEND"), "lash": Style((110, 60, 28), (5, 4, 3), True, "BLEND"),
}  # fmt: skip


class Cards(NamedTuple):
    """Ribbons of one groom: middle line, half axis across (c, rows, 3), and the strands (n,) of each by bundle."""

    middle: np.ndarray
    across: np.ndarray
    bundle: np.ndarray  # (n,)
    count: np.ndarray  # (c,) strands in each
    share: np.ndarray  # (rows,) of a card's length where its rows lie


def make_cards(strands: Strands, kind: str, count: int, rows: int, skin: Piece, rng: np.random.Generator) -> Cards:
    """Gather strands in ``count`` bundles and lay a ribbon of ``rows`` rows along each."""
    points = strands.points
    bundle = bundles(points, count, rng)
    sizes = np.bincount(bundle)
    middle = _mean(points, bundle, sizes)
    share = shares_of(kind, rows)
    middle = _outside(_at(middle, share), skin, kind)
    tangent = np.gradient(middle, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-12)
    across = _across(points, bundle, sizes, middle, tangent, kind, skin)
    if kind == "hair":
        across = _fanned(across, tangent, share, rng)
    # Wide enough for nearly all strands of the bundle; the few that stray are cut off.
    off = _at(points, share) - middle[bundle]
    away = np.abs(np.einsum("nki,nki->nk", off, across[bundle]))
    square = np.stack([np.bincount(bundle, away[:, row] ** 2, len(sizes)) for row in range(rows)], 1)
    half = 1.9 * np.sqrt(square / sizes[:, None])
    thick = 1.5 * np.bincount(bundle, strands.radius, len(sizes)) / sizes
    half = np.maximum(_smooth(half), np.maximum(THIN if kind == "hair" else 0.0, thick)[:, None])
    return Cards(middle, across * half[..., None], bundle, sizes, share)


def _outside(middle: np.ndarray, skin: Piece, kind: str) -> np.ndarray:
    """Lines (c, rows, 3) lifted off the skin: the mean of strands around a head runs inside it."""
    if kind == "lash":
        return middle
    flat = middle.reshape(-1, 3)
    anchors = Anchors(skin, flat)
    height = np.einsum("ki,ki->k", flat - anchors.places, anchors.normals)
    # Between two rows a card runs straight, and the head is round.
    steps = np.linalg.norm(np.diff(middle, axis=1, prepend=middle[:, :1]), axis=2)
    steps = np.maximum(steps, np.concatenate([steps[:, 1:], steps[:, -1:]], 1))
    wanted = LIFT[kind] * np.linspace(0.3, 1, middle.shape[1]) + np.minimum(steps, 0.04) ** 2 / (8 * HEAD_RADIUS)
    return (flat + np.maximum(wanted.ravel() - height, 0)[:, None] * anchors.normals).reshape(middle.shape)


def shares_of(kind: str, rows: int) -> np.ndarray:
    """Where along a card its rows (rows,) lie: long hair has more of them where it bends over the head."""
    return np.linspace(0, 1, rows) ** (1.35 if kind == "hair" else 1.0)


def _mean(points: np.ndarray, bundle: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The mean strand (c, k, 3) of each bundle, as long as its strands are."""
    flat = points.reshape(len(points), -1)
    total = np.stack([np.bincount(bundle, flat[:, i], len(sizes)) for i in range(flat.shape[1])], 1)
    return (total / sizes[:, None]).reshape(-1, *points.shape[1:])


def _at(points: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Points (n, k, 3) of lines (n, p, 3) at shares (k,) or (n, k) of them."""
    count, length = points.shape[:2]
    place = np.broadcast_to(share * (length - 1), (count, share.shape[-1]))
    return bent(points.reshape(-1, 3), np.arange(count) * length, np.full(count, length), place)


def _smooth(values: np.ndarray) -> np.ndarray:
    padded = np.concatenate([values[:, :1], values, values[:, -1:]], 1)
    return (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4


def _across(points, bundle, sizes, middle, tangent, kind: str, skin: Piece) -> np.ndarray:
    """The unit axis across each row (c, rows, 3): along the lid for lashes, along the skin for all else."""
    if kind == "lash":
        side = np.broadcast_to(np.sign(middle[:, :1, :1]) * np.array([1.0, 0.25, 0.0]), middle.shape)
    else:
        anchors = Anchors(skin, middle[:, 0])
        away = _away(middle)
        near = np.linspace(1, 0, middle.shape[1])[None, :, None] ** 2 if kind == "hair" else 1.0
        facing = anchors.normals[:, None] * near + away * (1 - near)
        side = np.cross(tangent, facing)
        # A strand that stands up from the skin has no side of its own: take the wider spread of its bundle.
        weak = np.linalg.norm(side, axis=2, keepdims=True) < 0.25
        side = np.where(weak, np.cross(tangent, [0.0, 0.0, 1.0]) + 1e-6, side)
    side = side - tangent * np.einsum("cki,cki->ck", side, tangent)[..., None]
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-12)
    for row in range(1, side.shape[1]):  # never flip along a card
        flip = np.einsum("ci,ci->c", side[:, row], side[:, row - 1]) < 0
        side[flip, row] *= -1
    return side


def _fanned(across: np.ndarray, tangent: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The axes (c, rows, 3) turned about their cards, each another way: at an outline all would be seen from their edge."""
    angle = FANNED * rng.uniform(-1, 1, (len(across), 1)) * np.sqrt(share)
    return across * np.cos(angle)[..., None] + np.cross(tangent, across) * np.sin(angle)[..., None]


def _away(points: np.ndarray) -> np.ndarray:
    """Unit directions (…, 3) away from the skull, and outward below it, where hair hangs: it is lit as a curtain is."""
    away = points - SKULL
    away[..., 2] *= np.where(away[..., 2] < 0, 0.2, 1.0)
    return away / np.linalg.norm(away, axis=-1, keepdims=True)


def in_card(strands: Strands, cards: Cards, chosen: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The strands of a card laid flat: their indices (m,), places across (m, rows) in half widths, and ends (m,) along it."""
    members = np.nonzero(cards.bundle == chosen)[0]
    share = np.linspace(0, 1, rows)
    line, axis = cards.middle[chosen][None], cards.across[chosen][None]
    place = np.interp(share, cards.share, np.linspace(0, 1, len(cards.share)))
    line, axis = _at(line, place), _at(axis, place)
    half = np.maximum((axis**2).sum(2), 1e-12)
    length = max(float(lengths_of(line)[0]), 1e-6)
    ends = np.clip(lengths_of(strands.points[members]) / length, 0.05, 1.0)
    # A strand is followed by its own length: one that is shorter than its card ends before it.
    followed = _at(strands.points[members], np.clip(share[None] / ends[:, None], 0, 1))
    across = np.einsum("mki,mki->mk", followed - line, np.broadcast_to(axis, followed.shape)) / half
    return members, across, ends


def card_piece(obj, cards: Cards, skin: Piece, style: Style, variant: np.ndarray, rng, texture: str) -> Piece:
    """The mesh of cards; ``variant`` (c,) is the picture of each."""
    count, rows = cards.middle.shape[:2]
    points = np.stack([cards.middle - cards.across, cards.middle + cards.across], 2)
    index = np.arange(count * rows * 2).reshape(count, rows, 2)
    quads = np.stack([index[:, :-1, 0], index[:, :-1, 1], index[:, 1:, 1], index[:, 1:, 0]], -1).reshape(-1, 4)
    column, line = variant % COLUMNS, variant // COLUMNS
    lines = -(-VARIANTS // COLUMNS)
    mirrored = rng.random(count) < 0.5
    u = (column[:, None, None] + np.where(mirrored[:, None, None], [0.98, 0.02], [0.02, 0.98])) / COLUMNS
    v = 1 - (line[:, None] + 0.002 + 0.996 * cards.share[None]) / lines
    uv = np.stack([np.broadcast_to(u, (count, rows, 2)), np.broadcast_to(v[..., None], (count, rows, 2))], -1)
    anchors = Anchors(skin, cards.middle[:, 0])
    each = np.repeat(np.arange(count), rows * 2)
    positions = points.reshape(-1, 3)
    piece = Piece(
        obj["export_name"], obj["class"], positions, quads.ravel(), np.full(len(quads), 4), uv.reshape(-1, 2)[quads.ravel()],
        {bone: weight[each] for bone, weight in anchors.weights().items() if weight.any()}, texture=texture, source=obj.name,
    )  # fmt: skip
    piece.normals = _normals(cards, anchors, style)
    spread = Anchors.__new__(Anchors)
    spread.skin, spread.vertices, spread.shares = skin, anchors.vertices[each], anchors.shares[each]
    spread.places = anchors.places[each]
    for action in skin.deltas:
        delta = spread.carried(positions, action, style.turning)
        if np.abs(delta).max(initial=0) > 5e-5:
            piece.deltas[action] = np.where(np.abs(delta) > 1e-5, delta, 0.0)
    return piece


def _normals(cards: Cards, anchors: Anchors, style: Style) -> np.ndarray:
    """Unit normals (n, 3) of a groom's cards: those of the head below it, so that it is lit as a body and not as paper."""
    away = _away(cards.middle)
    facing = anchors.normals[:, None] if style.turning else 0.5 * anchors.normals[:, None] + 0.5 * away
    facing = facing + np.zeros_like(cards.middle)
    width = np.linalg.norm(cards.across, axis=2, keepdims=True)
    sides = cards.across / np.maximum(width, 1e-9)
    both = np.stack([facing - 0.35 * sides, facing + 0.35 * sides], 2).reshape(-1, 3)
    return both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9)
