"""How beards and moustaches grow: zones over the template, guides that fall and collide, hairs between them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import child
from .placement import (
    BARE,
    Obstacles,
    along_skin,
    between_guides,
    grow,
    kept_out,
    ragged,
    scatter,
    smooth_curve,
    soft,
)
from .strands import bent, clumped, curled, leaders_of, smooth_noise, unit

GUIDES = 700
STUBBLE = 0.004  # lengths below this are stubble
NOSTRILS = -0.0488  # z of the template, m: no hair roots higher
UNDER_THE_NOSE = tuple(name for name in BARE if name != "nose")  # labels give the upper half of the lip to the nose
LEAST = 0.0005  # m: length of the shortest


def zones(template: np.ndarray, blur: float) -> dict[str, np.ndarray]:
    """The zones of a beard over the template, each (n,) in 0…1; borders fade over about four times ``blur`` metres."""
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    # From the sideburn under the cheekbone to the corner of the mouth, and round below the lip.
    cheek_line = smooth_curve(
        [0.0, 0.010, 0.022, 0.029, 0.036, 0.046, 0.056, 0.064, 0.072],
        [-0.083, -0.081, -0.075, -0.060, -0.057, -0.052, -0.040, -0.018, 0.006],
        x,
    )
    jaw = -0.124 + 0.55 * np.clip(y + 0.02, -0.02, 0.09)  # height of the jaw's edge
    throat = np.interp(y, [-0.02, 0.02, 0.045, 0.075], [-0.126, -0.124, -0.122, -0.098])
    front = soft(0.060 - 0.10 * np.clip(-z - 0.02, 0, 0.1) - y, 0.5 * blur + 0.0015)  # clear of the ear
    area = soft(cheek_line - z, blur) * soft(z - throat, 1.4 * blur + 0.001) * front
    below_lip = soft(-0.0825 - z, blur)
    chin = soft(0.026 + 0.15 * np.clip(-0.09 - z, 0, 0.03) - x, blur) * below_lip
    sideburn = soft(x - 0.058, 0.002) * soft(y - 0.026, 0.0025)
    return {
        "all": area,
        "chin": area * chin,
        "soul": soft(0.0062 - x, 0.0009) * soft(-0.0795 - z, 0.0007) * soft(z + 0.098, 0.002),
        "corner": area * soft(x - 0.0235, 0.8 * blur) * soft(0.0355 - x, 0.8 * blur) * soft(-0.052 - z, blur),
        "strap": area * np.maximum(soft(z - jaw + 0.006, blur) * soft(jaw + 0.013 - z, blur), sideburn),
        "chops": area * soft(x - 0.024 - 0.35 * np.clip(-0.085 - z, 0, 0.05), 0.0022),
        "anchor": area * soft(0.034 - x, blur) * soft(-0.101 - 0.35 * x - z, blur),
    }  # fmt: skip


def grow_beard(beard, style, person, rng: Generator):
    """Strands (n, k, 3) and their randoms (n, 3), or None where nothing grows."""
    if not style.strands:
        return None
    blur = 0.0045 - 0.0028 * style.crisp
    offset = rng.uniform(-0.2, 0.2, 3)  # nobody else's borders

    def density(template):
        wobble = 0.0014 - 0.0008 * style.crisp
        border = np.stack([ragged(template + offset, child(beard.seed, "border", axis), wobble) for axis in "xyz"], 1)
        field = zones(template + border, blur)
        value = np.clip(sum(weight * field[name] for name, weight in style.zones.items()), 0, 1)
        # Growth is thin beside the lower lip and on the cheek, and in spots.
        x, z = np.abs(template[:, 0]), template[:, 2]
        thin = 1 - 0.55 * np.exp(-(((x - 0.017) / 0.007) ** 2) - ((z + 0.084) / 0.008) ** 2)
        spots = 0.5 + 0.5 * np.clip(ragged(template + offset, child(beard.seed, "spots"), 1.0, 0.020), -1, 1)
        value = value * thin * (1 - beard.patchiness * 0.85 * spots)
        return np.where(value > 0.02, value, 0.0)

    roots, normals, template = scatter(person.surface, rng, int(style.strands * min(beard.density, 1.0)), density)
    if not len(roots):
        return None
    obstacles = Obstacles(person, clothes=True)
    z, y, x = template[:, 2], template[:, 1], template[:, 0]
    toward_chin = soft(-0.082 - z, 0.008) * soft(0.030 - y, 0.010) * np.exp(-((x / 0.045) ** 2))
    middle = np.exp(-((x / 0.022) ** 2)) * toward_chin
    length = (
        (style.cheek + (style.chin - style.cheek) * toward_chin)
        * (1 + style.point * (middle - 0.35 * toward_chin))
        * beard.length
    )
    sideburn = np.interp(z, [-0.060, -0.015], [1.0, 0.45])
    border = 1 - (0.55 - 0.35 * style.crisp) * (
        1 - np.clip(1.4 * density(template), 0, 1)
    )  # shorter where it thins out
    length = length * sideburn * border * _uneven(rng, len(roots))
    length[obstacles.covered(roots, normals)] = 0.0015  # pressed flat behind a mask
    head = person.head_matrix[:3, :3]
    side = np.clip(x / 0.04, -1, 1)
    flow = np.stack(
        [
            0.12 * side * (1 - np.abs(side)) - 0.10 * side,
            np.interp(np.abs(x), [0, 0.03, 0.06], [-0.05, 0.0, 0.18]),
            0 * x - 1.0,
        ],
        1,
    )
    tangent = along_skin(flow @ head.T, normals)
    disorder = rng.normal(size=normals.shape)
    if style.chin < STUBBLE:
        direction = unit(0.85 * normals + 0.6 * tangent + 0.16 * disorder)
        end = unit(0.7 * normals + 0.8 * tangent + 0.16 * disorder)
        strands = bent(
            roots - normals * 0.0003, direction, end, np.maximum(length * rng.uniform(0.7, 1.0, len(roots)), LEAST), 3
        )
        return strands, rng.random((len(roots), 3))
    points = 18 if style.chin > 0.04 else 12
    first = np.arange(len(roots)) < GUIDES  # roots come in no order, so the first are a fair sample of all
    strands = _with_guides(beard, obstacles, first, roots, normals, template, tangent, length, points, rng)
    return _dressed(beard, obstacles, strands, template, length, rng)


def _with_guides(beard, obstacles, first, roots, normals, template, tangent, length, points, rng: Generator):
    """Guides fall under their weight and part round the neck; the rest take their shape."""
    count = int(first.sum())
    down = np.array([0.0, 0.0, -1.0])
    n, along, reach = normals[first], tangent[first], length[first]
    weight = np.clip(reach / 0.03, 0.15, 1.0)[:, None]  # long hair hangs, short hair stands
    forward = along_skin(np.broadcast_to(down, n.shape), n)
    disorder = rng.normal(size=n.shape) * (0.16 + 0.10 * beard.curl)
    stages = [
        unit(0.80 * n + 0.75 * along + 0.5 * disorder),
        unit((0.48 - 0.22 * weight) * n + 0.9 * along + 0.30 * weight * down + disorder),
        unit(0.14 * n + 0.5 * forward + weight * down + 0.5 * along + disorder),
        unit(0.05 * n + 0.4 * forward + 1.3 * weight * down + 0.35 * along + 0.8 * disorder),
    ]
    # Hair lies on hair: each keeps its own layer above the skin.
    gap = np.minimum(0.0008 + 0.0060 * rng.random(count), 0.22 * reach)
    guides = grow(obstacles, roots[first], n, stages, reach, gap, points)
    return between_guides(guides, template[first], reach, roots, normals, template, length)


def _dressed(beard, obstacles, strands, template, length, rng: Generator):
    """Locks, waves, curls and strays."""
    count, points = strands.shape[:2]
    leaders = leaders_of(template, max(count // 22, 1), rng)
    hold = np.clip(length / 0.022, 0.22, 1.0)  # short hair stands singly, long hair in locks
    randoms = rng.random((count, 3))
    randoms[:, 1] = rng.random(count)[leaders]  # each lock has its own shade
    scale = np.minimum(length, 0.035)[:, None, None]
    sway = smooth_noise(rng, count, points, 3)
    strands = strands + (0.10 + 0.06 * beard.curl) * sway[leaders] * scale
    stray = rng.random(count) < 0.06
    strands = clumped(strands, leaders, np.where(stray, 0.0, hold * rng.uniform(0.15, 0.70, count)), 1.3)
    strands = strands + sway * (np.where(stray, 0.16, 0.045)[:, None, None] * scale)
    if beard.curl > 0.2:
        # Wiry hair turns tightly and in its own time; a lock shares a part of the phase.
        radius = (0.0004 + 0.0016 * beard.curl) * np.clip(length / 0.012, 0, 1)
        phase = 2 * np.pi * randoms[:, 1] + rng.normal(0, 0.9, count)
        strands = curled(strands, radius, 0.0160 - 0.0090 * beard.curl, phase, 0.004)
    return kept_out(obstacles, strands, 0.0005), randoms


def _uneven(rng: Generator, count: int) -> np.ndarray:
    """Relative lengths (n,): most hairs near the whole one, some cut or young and shorter."""
    return np.clip(1.05 * np.exp(-0.32 * np.abs(rng.normal(size=count))), 0.35, 1.05)


def grow_moustache(beard, style, person, rng: Generator):
    """Strands (n, k, 3) and their randoms (n, 3), or None where nothing grows."""
    if not style.strands:
        return None

    def density(template):
        x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
        top = smooth_curve(
            [0, 0.010, 0.017, 0.024, 0.032, 0.040], [-0.0486, -0.0486, -0.0500, -0.0542, -0.0607, -0.0700], x
        )
        low = smooth_curve(
            [0, 0.008, 0.016, 0.022, 0.028, 0.036], [-0.0588, -0.0567, -0.0588, -0.0630, -0.0685, -0.0780], x
        )
        low = low + ragged(template, child(beard.seed, "lip"), 0.0003)
        top = low + style.fill * (top - low)
        value = (
            soft(top - z, 0.0006 + 0.0009 * style.fill) * soft(z - low + 0.0006, 0.0005) * soft(style.half - x, 0.0030)
        )
        value = value * np.interp(x, [0, 0.0012, 0.0035], [0.55, 0.75, 1.0])  # sparse in the groove
        spots = ragged(template, child(beard.seed, "lip spots"), 1.0, 0.007)
        value = value * np.clip(1 - 0.10 * (1 + beard.patchiness) * (1 + spots), 0.3, 1)
        if style.says.endswith("horseshoe moustache"):
            value = np.maximum(
                value, 0.8 * soft(x - 0.0255, 0.0009) * soft(0.0350 - x, 0.0009) * (z < low) * soft(z + 0.112, 0.002)
            )
        return np.where((value > 0.02) & (y < 0.0) & (z < NOSTRILS), value, 0.0)

    count = int(style.strands * min(beard.density, 1.3))
    roots, normals, template = scatter(person.surface, rng, count, density, bare=UNDER_THE_NOSE)
    if not len(roots):
        return None
    obstacles = Obstacles(person, clothes=True)
    head = person.head_matrix[:3, :3]
    count, x, z = len(roots), template[:, 0], template[:, 2]
    side, far = np.sign(x + rng.normal(0, 0.0008, len(x))), np.clip(np.abs(x) / 0.026, 0, 1)
    leg = soft(-0.068 - z, 0.003)  # the legs of a horseshoe grow straight down
    spread = rng.normal(0, np.radians(12 - 7 * min(style.wax, 1.0)), count)

    def toward(degrees):
        angle = np.radians(degrees[0] + (degrees[1] - degrees[0]) * far**0.8) * (1 - 0.85 * leg) + spread
        return np.stack([side * np.sin(angle), 0 * x, -np.cos(angle)], 1) @ head.T

    short = style.length < STUBBLE
    length = style.length * beard.length * _uneven(rng, count)
    # Rooted close to the lip they are trimmed to its edge; at the corners they are finer and shorter.
    if style.wax < 0.7:
        length = length * np.interp(np.abs(x) / style.half, [0, 0.6, 1.0], [0.92, 1.0, 0.6])
    if style.wax > 0.7 or style.length > 0.04:
        length = length * (0.45 + 0.75 * far)  # the ends make the shape
    length[obstacles.covered(roots, normals)] = 0.0015
    start, end = along_skin(toward(style.roots), normals), toward(style.tips)
    middle = unit(start + end)
    # Hair on the lip lies over the hair below it.
    lift = rng.uniform(0.12, 0.42, count)[:, None]
    stages = [
        unit(start + lift * 1.2 * normals),
        unit(start + 0.5 * lift * normals),
        unit(middle + 0.12 * normals),
        unit(end + 0.02 * normals),
    ]
    if short:
        return grow(obstacles, roots, normals, stages[:2], length, np.full(count, 0.0001), 4), rng.random((count, 3))
    points = 16 if style.length > 0.02 else 10
    strands = grow(obstacles, roots, normals, stages, length, rng.uniform(0.0004, 0.0018, count), points)
    number = max(int(count / (160 if style.wax > 0.7 else 16)), 2)
    leaders = _leaders_by_side(template, number, rng)
    randoms = rng.random((count, 3))
    randoms[:, 1] = rng.random(count)[leaders]
    sway = smooth_noise(rng, count, points, 2)
    strands = clumped(strands, leaders, style.wax * rng.uniform(0.4, 1.1, count), 1.2)
    strands = strands + sway * (0.035 * np.minimum(length, 0.02))[:, None, None]
    if beard.curl > 0.35 and style.wax < 0.7:
        strands = curled(
            strands,
            0.0010 * beard.curl * np.ones(count),
            0.012 - 0.006 * beard.curl,
            2 * np.pi * rng.random(count),
            0.003,
        )
    return kept_out(obstacles, strands, 0.0004), randoms


def _leaders_by_side(template, number: int, rng: Generator) -> np.ndarray:
    """Leaders that no hair of the other half of the lip follows."""
    leaders = np.arange(len(template))
    for half in (template[:, 0] < 0, template[:, 0] >= 0):
        members = np.nonzero(half)[0]
        if len(members):
            leaders[members] = members[leaders_of(template[members], min(max(number // 2, 1), len(members)), rng)]
    return leaders
