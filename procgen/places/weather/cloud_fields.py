"""Clouds as densities in space: layers between a base and a top that are bulged by billows, and the tower of a thundercloud."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np

from ...geometry.noise import cells, fractal
from ...params import child

TILE = 64  # voxels along an edge of the billow tile
FAR, NEAR = 36000.0, 7000.0  # metres from the eye to which clouds are mapped, coarsely and finely


class Field(Protocol):
    """A cloud: extinction (n,) in 1/m at points, and how far the nearest cloud is about."""

    low: float
    high: float

    def clearance(self, x, y, z) -> np.ndarray: ...

    def density(self, x, y, z, clearance, fine: bool) -> np.ndarray: ...


@lru_cache(maxsize=1)
def billow_tile() -> np.ndarray:
    """Cauliflower noise (64, 64, 64) of 0…1 that repeats: round bumps of three sizes (inverted cells of Worley 1996)."""
    rng = child(20240611, "billow")
    total = np.zeros((TILE,) * 3, np.float32)
    for count, share in ((4, 0.58), (8, 0.28), (16, 0.14)):
        jitter = rng.random((count, count, count, 3))
        size = TILE // count
        inside = ((np.arange(size) + 0.5) / size).astype(np.float32)
        nearest = np.full((count, size, count, size, count, size), 9.0, np.float32)
        for dx, dy, dz in np.ndindex(3, 3, 3):
            rolled = np.roll(jitter, (1 - dx, 1 - dy, 1 - dz), (0, 1, 2)).astype(np.float32)
            away = [(rolled[..., k] + d - 1)[:, None, :, None, :, None]
                    - inside.reshape([-1 if a == 2 * k + 1 else 1 for a in range(6)])
                    for k, d in enumerate((dx, dy, dz))]  # fmt: skip
            nearest = np.minimum(nearest, away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
        total += share * (1 - np.minimum(np.sqrt(nearest.reshape((TILE,) * 3)), 1))
    return ((total - total.min()) / np.ptp(total)).astype(np.float32)


def sample_tile(x: np.ndarray, y: np.ndarray, z: np.ndarray, period: float) -> np.ndarray:
    """The billow tile (n,) at points in metres, repeating after a period in metres; linear between voxels."""
    tile = billow_tile().ravel()
    scale = np.float32(TILE / period)
    mask = np.int32(TILE - 1)
    low, high, share = [], [], []
    for values, stride in ((x, TILE * TILE), (y, TILE), (z, 1)):
        place = values * scale
        whole = np.floor(place)
        share.append(place - whole)
        whole = whole.astype(np.int32)
        low.append((whole & mask) * np.int32(stride))
        high.append(((whole + 1) & mask) * np.int32(stride))
    u, v, w = share
    a, b = low[0] + low[1], low[0] + high[1]
    c, d = high[0] + low[1], high[0] + high[1]

    def line(base):
        first = tile[base + low[2]]
        return first + (tile[base + high[2]] - first) * w

    p, q = line(a), line(c)
    p += (line(b) - p) * v
    q += (line(d) - q) * v
    return p + (q - p) * u


class TopMap:
    """Heights over a square around the eye, fine near it and coarse afar; linear between cells, metres."""

    def __init__(self, make, size: int):
        self.maps, self.size = [], size
        for half in (NEAR, FAR):
            axis = ((np.arange(size) + 0.5) / size * 2 - 1) * half
            self.maps.append((half, make(axis, axis).astype(np.float32).ravel()))

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        near = np.maximum(np.abs(x), np.abs(y)) < NEAR * 0.98
        if near.all():
            return self._sample(0, x, y)
        if not near.any():
            return self._sample(1, x, y)
        result = np.empty_like(x)
        far = ~near
        result[near] = self._sample(0, x[near], y[near])
        result[far] = self._sample(1, x[far], y[far])
        return result

    def _sample(self, level: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        (half, table), size = self.maps[level], self.size
        scale = np.float32(size / (2 * half))
        u = np.clip((x + half) * scale - np.float32(0.5), 0, size - 1.001)
        v = np.clip((y + half) * scale - np.float32(0.5), 0, size - 1.001)
        i, j = u.astype(np.int32), v.astype(np.int32)
        u -= i
        v -= j
        place = i * np.int32(size) + j
        a = table[place]
        a += (table[place + size] - a) * u
        b = table[place + 1]
        b += (table[place + size + 1] - b) * u
        return a + (b - a) * v


class Layer:
    """Clouds on a flat base with tops from a map, bulged by billows."""

    def __init__(self, base: float, top: TopMap, thickest: float, *, extinction: float, bulge: float, period: float,
                 edge: float):  # fmt: skip
        self.low, self.high = base - 40.0, base + thickest + bulge
        self.base, self.top = np.float32(base), top
        self.extinction, self.bulge, self.period, self.edge = extinction, bulge, period, edge
        self.thickest = thickest

    def clearance(self, x, y, z):
        """Metres, negative inside, before the billows bulge it."""
        return np.maximum(z - self.base - self.top(x, y), self.base - z)

    def density(self, x, y, z, clearance, fine):
        """Extinction (n,), 1/m."""
        billow = sample_tile(x, y, z * np.float32(1.15), self.period)
        if fine:
            billow = billow * 0.8 + 0.2 * sample_tile(y, z, x, self.period * 0.23)
        # The base stays flat: billows fade in over the first metres of height.
        grown = np.clip((z - self.base) / (0.6 * self.bulge) + 0.15, 0, 1)
        inside = (billow - 0.62) * self.bulge * grown - clearance
        return np.clip(inside / self.edge, 0, 1) * np.float32(self.extinction)


class Tower:
    """Thunderclouds: clumps of turrets under an anvil of ice that spreads where the air above stops them.

    ``turrets`` (n, 4) x, y, radius and top; ``anvils`` (k, 4) x, y, half length and height, drawn out along ``lean`` (2,).
    """

    def __init__(self, turrets: np.ndarray, anvils: np.ndarray, base: float, lean: np.ndarray):
        self.turrets, self.anvils, self.base = turrets.astype(np.float32), anvils.astype(np.float32), np.float32(base)
        self.lean = lean.astype(np.float32)
        self.low, self.high = base - 60.0, float(max(turrets[:, 3].max(), anvils[:, 3].max())) + 1500.0
        self.extinction, self.bulge = 0.02, 1300.0

    def clearance(self, x, y, z):
        """Metres, negative inside, before the billows bulge it."""
        return np.minimum(self._columns(x, y, z), self._ice(x, y, z) + np.float32(0.4 * self.bulge))

    def _columns(self, x, y, z):
        best = np.full(x.shape, 1e6, np.float32)
        for cx, cy, radius, top in self.turrets:
            above = np.maximum(z - (top - radius), 0)
            best = np.minimum(best, np.sqrt((x - cx) ** 2 + (y - cy) ** 2 + above * above) - radius)
        return np.maximum(best, self.base - z)

    def _ice(self, x, y, z):
        best = np.full(x.shape, 1e6, np.float32)
        for cx, cy, half, height in self.anvils:
            dx, dy = x - cx, y - cy
            along, across = dx * self.lean[0] + dy * self.lean[1], dx * self.lean[1] - dy * self.lean[0]
            # Blown downwind: the far end is long and thin, the near one blunt.
            along = np.where(along > 0, along * 0.62, along * 1.5)
            out = (along * along + across * across * 1.2) / (half * half)
            rise = z - height
            lens = 1500 * np.maximum(1 - out, -1.5)
            best = np.minimum(best, np.where(rise > 0, rise * 1.6 - 0.55 * lens, -rise - lens))
        return best

    def density(self, x, y, z, clearance, fine):
        """Extinction (n,), 1/m."""
        billow = sample_tile(x, y, z, 6200.0)
        billow = billow * 0.66 + 0.34 * sample_tile(y, z, x, 2300.0)
        if fine:
            billow = billow * 0.85 + 0.15 * sample_tile(z, x, y, 800.0)
        grown = np.clip((z - self.base) / 900 + 0.05, 0, 1)
        water = np.clip(((billow - 0.6) * self.bulge * grown - self._columns(x, y, z)) / 120, 0, 1)
        ice = np.clip(((billow - 0.55) * 700 - self._ice(x, y, z)) / 500, 0, 1) * np.float32(0.22)
        return np.maximum(water, ice) * np.float32(self.extinction)


def cumulus_puffs(cover: float, seed: int, reach: float = FAR) -> np.ndarray:
    """Round puffs (n, 4) of a field of cumulus: x, y, radius and height, metres."""
    rng = child(seed, "puffs")
    median = 420 + 420 * cover
    spacing = np.sqrt(np.pi * median**2 * 1.5 / -np.log1p(-min(cover, 0.93) * 0.92))
    count = int(2 * reach / spacing) + 1
    grid = (np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), -1).reshape(-1, 2) + 0.5) / count
    centre = (grid * 2 - 1) * reach + rng.uniform(-0.75, 0.75, (count * count, 2)) * spacing
    size = median * np.exp(rng.normal(0, 0.42, len(centre)))
    many = 9
    turn, away = rng.uniform(0, 2 * np.pi, (len(centre), many)), np.sqrt(rng.random((len(centre), many)))
    stretch = 1 + 0.7 * rng.random(len(centre))[:, None]
    offset = np.stack([np.cos(turn) * away * stretch, np.sin(turn) * away / stretch], -1) * size[:, None, None]
    heading = rng.uniform(0, np.pi, len(centre))
    c, s = np.cos(heading), np.sin(heading)
    offset = np.stack([offset[..., 0] * c[:, None] - offset[..., 1] * s[:, None],
                       offset[..., 0] * s[:, None] + offset[..., 1] * c[:, None]], -1)  # fmt: skip
    radius = size[:, None] * (0.75 - 0.4 * away) * rng.uniform(0.7, 1.15, away.shape)
    height = radius * rng.uniform(1.0, 1.7, away.shape)
    puffs = np.concatenate([centre[:, None] + offset, radius[..., None], height[..., None]], -1)
    return puffs.reshape(-1, 4)


def dome_map(puffs: np.ndarray):
    """Heights of puffs (n, 4) as a function of the two axes of a map; below zero between them."""

    def make(xs, ys):
        step = xs[1] - xs[0]
        heights = np.full((len(xs), len(ys)), -350.0, np.float32)
        # Puffs smaller than a cell of the map cannot show.
        chosen = puffs[puffs[:, 2] > 1.2 * step]
        reach = chosen[:, 2] * 1.5
        low = np.ceil((chosen[:, :2] - reach[:, None] - xs[0]) / step).astype(int)
        high = np.floor((chosen[:, :2] + reach[:, None] - xs[0]) / step).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, len(xs))
        for (x, y, radius, height), (i0, j0), (i1, j1) in zip(
            chosen.tolist(), low.tolist(), high.tolist(), strict=True
        ):
            if i1 <= i0 or j1 <= j0:
                continue
            u = ((xs[i0:i1] - x) / radius)[:, None] ** 2 + ((ys[j0:j1] - y) / radius)[None] ** 2
            dome = np.where(u < 1, np.sqrt(np.maximum(1 - u, 0)), 1 - u) * height
            window = heights[i0:i1, j0:j1]
            np.maximum(window, dome, out=window)
        return heights

    return make


def _coordinates(xs, ys, scale):
    return np.stack(np.meshgrid(xs / scale, ys / scale, indexing="ij"), -1)


def _limit(value, reach: float, cover: float) -> float:
    """The value that a share ``cover`` of the map exceeds."""
    axis = np.linspace(-reach / 2, reach / 2, 96)
    return float(np.quantile(value(_coordinates(axis, axis, 1.0)), 1 - cover))


def cumulus(cover: float, base: float, seed: int) -> Layer:
    """Heaps with flat bases."""
    puffs = cumulus_puffs(cover, seed)
    size = 420 + 420 * cover
    return Layer(base, TopMap(dome_map(puffs), 768), 2.2 * size, extinction=0.045, bulge=0.75 * size, period=2.6 * size,
                 edge=45.0)  # fmt: skip


def stratus(cover: float, base: float, seed: int) -> Layer:
    """A low sheet of rolls and rags."""

    limit = _limit(lambda points: fractal(points * [1.0, 1.7], seed, 3), 30.0, cover)

    def make(xs, ys):
        points = _coordinates(xs, ys, 2600.0)
        value = fractal(points * [1.0, 1.7], seed, 4, cell=(xs[1] - xs[0]) / 2600)
        return (value - limit) * 420 + 70

    return Layer(base, TopMap(make, 384), 650.0, extinction=0.03, bulge=340.0, period=1150.0, edge=70.0)


def altocumulus(cover: float, base: float, seed: int) -> Layer:
    """Flocks of small rounded cells."""

    limit = _limit(lambda points: fractal(points * 0.07, seed + 2, 2), 120.0, cover)

    def make(xs, ys):
        cell = xs[1] - xs[0]
        points = _coordinates(xs, ys, 620.0)
        bend = np.stack([fractal(points * 0.15, seed + 5, 2), fractal(points * 0.15, seed + 9, 2)], -1)
        near, _, _ = cells((points + 1.6 * bend) * [1.0, 0.72], seed)
        patch = fractal(points * 0.07, seed + 2, 3, cell=cell / 620 * 0.07)
        gap = np.clip((patch - limit) * 2.5, -1, 1)
        return (0.6 - near) * 330 + 200 * gap - 25

    return Layer(base, TopMap(make, 384), 330.0, extinction=0.012, bulge=170.0, period=760.0, edge=110.0)


def cumulonimbus(cover: float, base: float, seed: int, wind_direction: np.ndarray) -> Tower:
    """One to three thunderclouds some way off."""
    rng = child(seed, "towers")
    count = 1 + int(2.999 * cover * cover)  # of three that are drawn in any case
    turn = rng.uniform(0, 2 * np.pi) + np.arange(3) * rng.uniform(0.9, 2.4, 3)
    away = rng.uniform(16e3, 27e3, 3)
    size = rng.uniform(2000, 3000, 3)
    middle = np.stack([away * np.cos(turn), away * np.sin(turn)], 1)
    lean = wind_direction[:2] / np.hypot(*wind_direction[:2])
    turrets, anvils = [], []
    for place, radius in zip(middle[:count], size[:count], strict=True):
        top = rng.uniform(8500, 11000)
        turrets.append([*place, radius, top])
        for _ in range(int(rng.integers(7, 12))):
            around, out = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.5, 1.7)
            own = radius * rng.uniform(0.4, 0.75)
            high = base + (top - base) * rng.uniform(0.25, 1.0) * np.exp(-out / (2.4 * radius))
            turrets.append(
                [*(place + out * np.array([np.cos(around), np.sin(around)])), own, max(high, base + 1.2 * own)]
            )
        anvils.append([*(place + lean * radius), radius * rng.uniform(2.6, 3.6), top - 300])
    return Tower(np.array(turrets), np.array(anvils), base, lean)
