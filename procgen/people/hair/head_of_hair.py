"""A head of hair: guides grown on the head, and all its strands bound to them in locks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...params import child
from . import growth, ropes, tied, vellus
from .cut import denser_at_parting, density_under_hat, edge_of, lengths, longest_of, sides
from .grooms import TEXTURES, Groom
from .hairline import hairline, smoothstep
from .placement import ragged
from .space import Space
from .strands import above, curled, frames, resampled, shortened, smooth_noise

GUIDES = 900
COARSE = 150  # large locks that guides gather in
SUBLOCKS = {"straight": 4, "wavy": 3, "curly": 1, "coily": 4}  # small locks of each guide
NEIGHBOURS = 3
AGREE = 0.022  # m between the tips of guides from which on a strand follows one and not the other
GUIDE_POINTS = 36
JAW = -0.06  # m: below it hair meets cloth, whose pushes are eased, all but EASED metres of them
EASED = 0.003
FRINGE_POINTS = 0.30  # how much more its locks are drawn to their middles
LOCKS_FROM = (
    0.035  # m: the length from which hair lies in locks; guides stand 9 mm apart, and shorter hair would show them
)
SHORT = 0.06  # m: longest hair of a cut whose unevenness shows in its outline
FINE = 0.50  # relative radius of strands at the hairline; they have all of it where hair is dense


class Grown(NamedTuple):
    """A head of hair: strands (n, k, 3) in the world, and for each (n,) its lock, relative radius, and how early it greys 0…1."""

    strands: np.ndarray
    lock: np.ndarray
    width: np.ndarray
    greys: np.ndarray


def grow_hair(hair, groom: Groom, person, count: int) -> Grown:
    """The hair of a head, in about ``count`` strands.

    Guides are grown with collisions; the others follow the guides nearest on the same side of the parting.
    """
    rng = child(hair.seed, "scalp")
    longest = max(groom.top, groom.side, groom.back) * hair.length
    floor = -0.20 if longest < 0.07 else -0.30 if longest < 0.17 else -0.43
    space = Space(person, floor)
    density = density_under_hat(hair, groom, person, longest)
    if groom.locks:
        strands, lock = ropes.grow_ropes(hair, groom, person, space, density, count, rng)
        return Grown(strands, lock, np.ones(len(lock)), np.full(len(lock), 0.5))
    roots, normals, template, _, _ = person.surface.sample(rng, GUIDES, lambda t: density(t) ** 0.6)
    if len(roots) == 0:
        return Grown(np.zeros((0, 2, 3)), *np.zeros((3, 0), int))
    roots, normals = space.to_local(roots), normals @ space.turn
    side = sides(hair, groom, template, rng)
    coarse = _nearest(keyed(template, side, groom), rng, COARSE)
    layer = np.sqrt(0.5 * rng.random(COARSE)[coarse] + 0.5 * rng.random(len(roots)))
    which = None
    if groom.tie:
        guides, which = growth.gathered(space, groom, hair, roots, template, layer, GUIDE_POINTS)
    else:
        jitter = groom.messy * (0.17 * rng.normal(size=(COARSE, 3))[coarse] + 0.10 * rng.normal(size=(len(roots), 3)))
        uneven = 0.05 * min(groom.messy, 1.5) + 0.09 * _shortness(longest)
        length = lengths(hair, groom, template) * np.exp(
            uneven * (rng.normal(size=COARSE)[coarse] + 0.7 * rng.normal(size=len(roots)))
        )
        guides = growth.grow(space, groom, hair, roots, normals, template, side, length, layer, jitter, GUIDE_POINTS)
    if not groom.tie and longest > 0.12:
        guides = _calm(guides)
    fringe = growth.in_fringe(groom, template)
    guides = _in_locks(hair, groom, guides, coarse, fringe, rng)

    babies = int(count * vellus.SHARE)
    count -= babies
    roots, normals, c_template, _, _ = person.surface.sample(rng, count, denser_at_parting(hair, groom, density))
    roots, normals = space.to_local(roots), normals @ space.turn
    c_side = sides(hair, groom, c_template, rng)
    if growth.has_parting(groom):  # strands near the line lean over it now and then: a parting is never a clean cut
        beside = np.abs(c_template[:, 0] - growth.part_place(hair, groom)) < 0.007
        c_side = np.where(beside & (rng.random(count) < 0.20), -c_side, c_side)
    near, weight = nearest_guides(keyed(template, side, groom), keyed(c_template, c_side, groom), which, c_template)
    strands, sublock = _follow(hair, groom, guides, near, weight, roots, rng)
    if groom.tie:
        strands = tied.with_tails(
            strands, which[near[:, 0]], near[:, 0] * SUBLOCKS[hair.texture] + sublock, groom, hair, space, rng
        )
    strands, lock, keep = _finish(hair, groom, space, strands, roots, normals, c_template, near[:, 0], sublock, rng)
    fine, f_template = vellus.baby_hairs(
        hair, groom, person, space, babies, strands.shape[1], child(hair.seed, "vellus")
    )
    template = np.concatenate([c_template[keep], f_template])
    strands = space.to_world(np.concatenate([strands, fine]))
    lock = np.concatenate([lock, rng.integers(0, 4096, len(fine))])
    return Grown(strands, lock, _widths(hair, groom, template, len(fine), rng), _greys(template))


def _shortness(longest: float) -> float:
    """1 for cuts of a centimetre or two, 0 for those of which no outline is short."""
    return float(np.clip(1.5 - longest / SHORT, 0, 1)) if longest > 0.004 else 0.0


def _widths(hair, groom: Groom, template: np.ndarray, fine: int, rng: Generator) -> np.ndarray:
    """The relative radius (n,) of strands: thin at the hairline, and the last ``fine`` of them are baby hairs."""
    depth = hairline(template, hair.hairline, max(hair.recession, groom.recession))
    width = FINE + (1 - FINE) * smoothstep(depth, 0.0, edge_of(groom)[1])
    width[len(width) - fine :] = vellus.WIDTH
    return width * np.exp(0.12 * np.clip(rng.normal(size=len(width)), -2, 2))


def _greys(template: np.ndarray) -> np.ndarray:
    """How early (n,) hair greys, 0…1: temples first, the back of the head last."""
    x, y = np.abs(template[:, 0]), template[:, 1]
    temple = smoothstep(x, 0.042, 0.066) * smoothstep(-y, -0.085, -0.045)
    return 0.5 + 0.5 * temple - 0.3 * smoothstep(y, 0.09, 0.15)


def _calm(guides: np.ndarray) -> np.ndarray:
    """Guides (n, k, 3) with the kinks taken out that collisions leave, most of all toward the tip."""
    amount = np.clip(np.linspace(-0.35, 1.0, guides.shape[1]), 0, 0.8)[None, 1:-1, None]
    for _ in range(6):
        between = (guides[:, :-2] + guides[:, 2:]) / 2
        guides[:, 1:-1] += amount * 0.6 * (between - guides[:, 1:-1])
    return guides


def keyed(template: np.ndarray, side: np.ndarray, groom: Groom) -> np.ndarray:
    """Places (n, 3) in which the two sides of a parting lie far from one another."""
    apart = (
        0.04 * smoothstep(-template[:, 1], -0.11, -0.07)[:, None] * side[:, None] if growth.has_parting(groom) else 0.0
    )
    shifted = template + apart * np.array([1.0, 0, 0])
    fringe = growth.in_fringe(groom, template)
    shifted[fringe, 1] -= 0.05
    return shifted


def _nearest(places: np.ndarray, rng: Generator, number: int) -> np.ndarray:
    """The group (n,) of each place: the nearest of ``number`` chosen places."""
    chosen = places[rng.choice(len(places), min(number, len(places)), replace=False)]
    return np.linalg.norm(places[:, None] - chosen[None], axis=2).argmin(1)


def nearest_guides(guides: np.ndarray, places: np.ndarray, which, template) -> tuple[np.ndarray, np.ndarray]:
    """The guides (n, NEIGHBOURS) nearest in keyed places, and their weights; the first one leads."""
    from mathutils.kdtree import KDTree

    guides, places = guides.copy(), places.copy()
    if which is not None and which.max() > 0:  # two ties: never between them
        guides[:, 0] += np.where(which == 0, 0.1, -0.1)
        places[:, 0] += np.where(template[:, 0] > 0, 0.1, -0.1)
    tree = KDTree(len(guides))
    for index, place in enumerate(guides.tolist()):
        tree.insert(place, index)
    tree.balance()
    wanted = min(NEIGHBOURS, len(guides))
    found = [tree.find_n(place, wanted) for place in places.tolist()]
    near = np.array([[hit[1] for hit in row] for row in found])
    distance = np.array([[hit[2] for hit in row] for row in found])
    weight = 1 / (distance + 0.0015) ** 1.5
    return near, weight / weight.sum(1, keepdims=True)


def _in_locks(
    hair, groom: Groom, guides: np.ndarray, coarse: np.ndarray, fringe: np.ndarray, rng: Generator
) -> np.ndarray:
    """Gather guides in large locks that wander, and wave; those of a fringe (n,) end in points with gaps between them."""
    count, points = guides.shape[:2]
    t = np.linspace(0, 1, points)
    reach = np.linalg.norm(guides[:, -1] - guides[:, 0], axis=1)
    number = coarse.max() + 1
    mean = np.zeros((number, points, 3))
    np.add.at(mean, coarse, guides - guides[:, :1])
    mean /= np.maximum(np.bincount(coarse, minlength=number), 1)[:, None, None]
    start = np.zeros((number, 3))
    np.add.at(start, coarse, guides[:, 0])
    start /= np.maximum(np.bincount(coarse, minlength=number), 1)[:, None]
    pull = 0.62 * groom.clump * hair.clumping if not groom.tie else 0.10
    together = (start[:, None] + mean)[coarse]
    amount = np.clip(pull * rng.uniform(0.3, 1.3, number), 0, 0.8)[coarse]
    amount = np.where(fringe, np.clip(amount + FRINGE_POINTS, 0, 0.9), amount)
    guides = guides + (together - guides) * (amount[:, None] * t[None] ** 1.2)[..., None]
    wander = smooth_noise(rng, number, points, 2)[coarse] * 0.035 + smooth_noise(rng, count, points, 2) * 0.020
    size = groom.messy * (0.25 if groom.tie else 1.0)
    guides = guides + wander * (size * reach)[:, None, None] * t[None, :, None]
    radius, pitch = TEXTURES[hair.texture]
    if hair.texture == "wavy" and not groom.tie:
        phase = (2 * np.pi * rng.random(number))[coarse] + rng.normal(0, 0.5, count)
        size = np.minimum(radius * hair.curl * rng.uniform(0.6, 1.2, number)[coarse], 0.10 * reach)
        guides = _waved(guides, size, pitch * hair.curl, phase)
    return guides


def _waved(guides: np.ndarray, size: np.ndarray, pitch: float, phase: np.ndarray) -> np.ndarray:
    """Waves mostly in one plane: those of combed hair, a little deeper than wide."""
    segments = np.linalg.norm(np.diff(guides, axis=1), axis=2)
    length = np.concatenate([np.zeros((len(guides), 1)), np.cumsum(segments, 1)], 1)
    _, side, third = frames(guides)
    angle = 2 * np.pi * length / pitch + phase[:, None]
    grow = size[:, None] * np.clip(length / 0.05, 0, 1)
    wave = np.sin(angle)[..., None] * side + 0.45 * np.cos(angle)[..., None] * third
    return guides + grow[..., None] * wave


def _agreed(tips: np.ndarray, near: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights (n, g) of those guides alone whose tips (m, 3) come out near that of the first: nothing falls between locks."""
    apart = np.linalg.norm(tips[near] - tips[near[:, :1]], axis=2)
    weight = weight * np.clip(1.6 - apart / AGREE, 0, 1)
    return weight / weight.sum(1, keepdims=True)


def _follow(hair, groom: Groom, guides, near, weight, roots, rng: Generator):
    """Strands (n, k, 3) between their guides, drawn into small locks toward the tip; and the small lock (n,)."""
    count = len(near)
    points = 16 if groom.tie else groom.points
    guides = resampled(guides, points).astype(np.float32)
    shape = guides - guides[:, :1]
    weight = _agreed(shape[:, -1], near, weight)
    strands = roots[:, None].astype(np.float32) + sum(
        weight[:, g, None, None].astype(np.float32) * shape[near[:, g]] for g in range(near.shape[1])
    )
    t = np.linspace(0, 1, points, dtype=np.float32)
    number = SUBLOCKS[hair.texture]
    sublock = rng.integers(0, number, count)
    reach = np.linalg.norm(shape[:, -1], axis=1)
    apart = (
        np.minimum(0.0030, 0.10 * reach)[near[:, 0], None]
        * rng.normal(size=(len(guides) * number, 3))[near[:, 0] * number + sublock]
    )
    curly = hair.texture in ("curly", "coily")
    hold = np.clip(groom.clump * hair.clumping * rng.uniform(0.55, 1.3, count), 0, 0.95).astype(np.float32)
    hold = hold * np.minimum(reach / LOCKS_FROM, 1)[near[:, 0]].astype(np.float32)
    residual = np.minimum(0.0018 if hair.texture == "curly" else 0.0011, 0.04 * reach)[near[:, 0], None] * rng.normal(
        size=(count, 3)
    )
    target = guides[near[:, 0]] + (apart + residual).astype(np.float32)[:, None]
    bound = hold[:, None] * t[None] ** (0.5 if curly else 0.75)
    return strands + (target - strands) * bound[..., None], sublock


def _finish(hair, groom: Groom, space: Space, strands, roots, normals, template, guide, sublock, rng: Generator):
    """Curls, frizz and flyaways, then off the skin, and cut: strands, their locks, and which (n,) are left."""
    count, points = strands.shape[:2]
    lock = guide * SUBLOCKS[hair.texture] + sublock
    depth = hairline(template, hair.hairline, max(hair.recession, groom.recession))
    t = np.linspace(0, 1, points)
    length = np.linalg.norm(np.diff(strands, axis=1), axis=2).sum(1)
    radius, pitch = TEXTURES[hair.texture]
    if hair.texture in ("curly", "coily"):
        number = lock.max() + 1
        turn = rng.uniform(0.75, 1.3, number)[lock] * (0.45 if groom.tie else 1.0)
        size = np.minimum(radius * hair.curl * turn, 0.12 * length)
        spread = 0.25 if hair.texture == "curly" else 0.8
        phase = (2 * np.pi * rng.random(number))[lock] + rng.normal(0, spread, count)
        handed = np.where(rng.random(number) < 0.5, -1, 1)[lock]
        onset = 0.010 if hair.texture == "coily" else 0.030
        strands = curled(strands, size, pitch * hair.curl, phase, onset, handed)
    elif hair.texture == "wavy":
        phase = 2 * np.pi * rng.random(lock.max() + 1)[lock]
        strands = curled(strands, np.minimum(0.0016 * hair.curl, 0.03 * length), 0.6 * pitch * hair.curl, phase, 0.04)
    loose = groom.frizz * hair.frizz
    stray = rng.random(count) < 0.012 + 0.05 * hair.flyaways
    amount = np.minimum(
        np.where(stray, 4.0, 1.0) * loose,
        np.minimum(np.where(stray, 0.08 + 0.06 * _shortness(longest_of(groom)), 0.05) * length, 0.005) + 0.0001,
    )
    strands = strands + smooth_noise(rng, count, points, 3) * (amount[:, None] * t[None] ** 0.8)[..., None]
    share = rng.uniform(0.86, 1.0, count) if groom.clump else np.ones(count)
    share = share * (1 - 0.45 * _shortness(longest_of(groom)) * rng.random(count) ** 2)
    if longest_of(groom) > 0.05 and not groom.tie:  # young hair among the old
        share = np.where(rng.random(count) < 0.10, share * rng.uniform(0.4, 0.95, count), share)
    if groom.tie:  # short hair along the hairline escapes the tie
        fine = (depth < 0.012) & (rng.random(count) < 0.06)
        share = np.where(fine, rng.uniform(0.012, 0.040, count) / length, 1.0)
        lean = normals + 0.6 * rng.normal(size=(count, 3))
        rise = (np.minimum(t[None] * length[:, None], 0.03) ** 1.5 * 1.2 * fine[:, None])[..., None]
        strands = strands + rise * lean[:, None]
    share = np.minimum(share, _hem(hair, groom, strands, template, guide, lock, length, rng))
    strands = shortened(strands, share)
    strands = _off_the_skin(space, strands, roots, normals)
    share = space.share_outside_hats(strands)
    keep = np.isfinite(strands).all((1, 2)) & (share > 0.02) & (share * length > 0.0004)
    strands = shortened(strands, share)[keep] if (share < 1).any() else strands[keep]
    return strands, lock[keep], keep


def _hem(hair, groom: Groom, strands, template, guide, lock, length, rng: Generator) -> np.ndarray:
    """The share (n,) of each strand that scissors leave."""
    count = len(strands)
    share = np.ones(count)
    of_lock = rng.normal(size=lock.max() + 1)[lock]
    if groom.hem > -1:
        height = groom.hem / hair.length ** np.sign(-groom.hem) if groom.hem > -0.01 else groom.hem * hair.length
        of_guide = rng.normal(size=guide.max() + 1)[guide]  # tips end in points, lock by lock
        height = height + groom.layered * (0.40 * of_guide + 0.20 * of_lock + 0.12 * rng.normal(size=count))
        share = np.maximum(above(strands, height), np.minimum(0.025 / np.maximum(length, 1e-4), 1))
    fringe = growth.in_fringe(groom, template)
    if fringe.any():
        waves = ragged(template * [1, 0, 0], child(hair.seed, "fringe"), 0.0030, 0.016)
        height = groom.fringe + waves + 0.0030 * of_lock + 0.0015 * rng.normal(size=count)
        if groom.fringe < growth.LOW_FRINGE:
            # It grows longer towards the temples, and goes over into the hair beside the face.
            height = height - 2.0 * template[:, 0] ** 2 - 0.030 * smoothstep(np.abs(template[:, 0]), 0.036, 0.056)
        else:
            height = height + 4.0 * template[:, 0] ** 2
        # Scissors that are held upright leave some of every lock shorter.
        height = height + 0.0060 * rng.exponential(size=count) * (rng.random(count) < 0.4)
        if groom.fringe > growth.LOW_FRINGE:  # short ones end lock by lock, some well before the rest
            height = height + 0.0045 * np.abs(of_lock) + 0.0050 * rng.exponential(size=guide.max() + 1)[guide]
        share = np.where(fringe, np.minimum(share, above(strands, height)), share)
    return share


def _eased(strands: np.ndarray, pushed: np.ndarray) -> np.ndarray:
    """Strands (n, k, 3) moved to where they were pushed, below the jaw with neighbouring points: lapels leave no kinks."""
    low = np.nonzero((strands[:, :, 2] < JAW).any(1))[0]
    if len(low) == 0:
        return pushed
    moves = (pushed - strands)[low]
    wide = moves.copy()
    for _ in range(5):
        wide[:, 1:-1] = 0.25 * wide[:, :-2] + 0.5 * wide[:, 1:-1] + 0.25 * wide[:, 2:]
        wide[:, -1] = wide[:, -2]
    share = np.clip((JAW - strands[low, :, 2]) / 0.03, 0, 1)[..., None]
    rest = moves - wide
    # What is left of a push is made up for as far as a skin's unevenness goes, and no farther.
    size = np.linalg.norm(rest, axis=2, keepdims=True)
    rest = rest * np.minimum(1, EASED / np.maximum(size, 1e-9))
    pushed = pushed.copy()
    pushed[low] += share * (strands[low] + wide + rest - pushed[low])
    return pushed


def _off_the_skin(space: Space, strands, roots, normals) -> np.ndarray:
    """Every point but the root outside skin and clothes; the first millimetres on the outside of their own root."""
    count, points = strands.shape[:2]
    depth = np.einsum("nki,ni->nk", strands - roots[:, None], normals)
    reach = np.linalg.norm(strands - roots[:, None], axis=2)
    floor = np.where(reach < 0.015, 0.0003 - 0.5 * reach**2 / 0.080, -1.0)
    strands = strands + np.maximum(floor - depth, 0)[..., None] * normals[:, None]
    wanted = np.minimum(0.0007, 0.25 * reach).ravel()
    pushed = space.pushed_out(strands.reshape(-1, 3), wanted).reshape(count, points, 3)
    strands = _eased(strands, pushed)
    strands[:, 0] = roots - normals * 0.0004
    return strands
