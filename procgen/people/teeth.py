"""Teeth and gums along a dental arch, in template coordinates; crown sizes after Wheeler's Dental Anatomy."""

from __future__ import annotations

import numpy as np

# Width, height and thickness of crowns in mm, from the middle to the back, and how pointed the edge is.
UPPER = [(8.6, 10.3, 6.8, 0.0), (6.7, 9.0, 5.8, 0.1), (7.6, 10.2, 7.8, 0.8), (7.0, 8.4, 9.0, 0.5), (6.8, 7.8, 9.0, 0.4),
         (10.0, 7.2, 11.0, 0.25), (9.5, 6.8, 10.5, 0.25)]  # fmt: skip
# Lower crowns are as high as gums leave them bare, a tenth less than the whole.
LOWER = [(5.3, 8.0, 5.6, 0.0), (5.8, 8.3, 6.0, 0.0), (6.9, 9.4, 7.4, 0.7), (7.0, 7.8, 7.6, 0.5), (7.0, 7.2, 8.0, 0.4),
         (11.0, 6.7, 10.2, 0.25), (10.5, 6.4, 10.0, 0.25)]  # fmt: skip
AROUND, ALONG = 20, 12
BEHIND = 0.010  # m: how far an arch goes on behind its widest place
# How far crowns lean outward to their edges, per height, in the upper and the lower row.
TILT = {True: 0.10, False: 0.18}
# m that edges rise for a metre that they lie behind those of the incisors: the plane where rows meet climbs to the back by 8 to 10
# degrees on a head held level (recalled), so that edges follow the smiling lower lip and crowns, not gums, fill its corners.
OCCLUSAL = 0.17
# How far the lower gum falls back, m, and m per height below its margin: the furrow of the chin lies close before it.
TUCK = (0.0008, 0.6)


class Arch:
    """Half an ellipse seen from above, straight behind its widest place, walked by arc length."""

    def __init__(self, front: float, half: float, depth: float):
        turn = np.linspace(0, np.pi / 2, 400)
        x, y = half * np.sin(turn), front + depth * (1 - np.cos(turn))
        along = np.stack([half * np.cos(turn), depth * np.sin(turn)], 1)
        self.x, self.y = np.append(x, half), np.append(y, y[-1] + BEHIND)
        self.length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(self.x), np.diff(self.y)))])
        self.along = np.append(along / np.linalg.norm(along, axis=1, keepdims=True), [[0.0, 1.0]], 0)

    def at(self, length: float) -> tuple[np.ndarray, np.ndarray]:
        """Place (2,) and outward direction (2,) at a signed arc length."""
        side = np.sign(length)
        x, y, dx, dy = (np.interp(abs(length), self.length, row) for row in (self.x, self.y, *self.along.T))
        return np.array([side * x, y]), np.array([side * dy, -dx])


def crown(width: float, height: float, thickness: float, point: float) -> tuple[np.ndarray, np.ndarray]:
    """A crown: vertices (n, 3) with x along the arch, y outward, z from the gum (0) to the edge; and quads."""
    t = np.linspace(0, 1, ALONG)[:, None]
    a = 2 * np.pi * np.arange(AROUND)[None] / AROUND
    close = np.sqrt(np.clip(1 - np.clip((t - 0.90) / 0.10, 0, 1) ** 2, 0.0, 1))
    wide = width / 2 * (0.72 + 0.28 * np.sin(np.clip(t / 0.75, 0, 1) * np.pi / 2)) * (0.82 + 0.18 * close)
    thin = 1.0 if point > 0.2 and width > 9 else 0.30 + 0.35 * point
    deep = thickness / 2 * (1 - (1 - thin) * t**1.25) * (0.55 + 0.45 * close)
    c, s = np.cos(a), np.sin(a)
    power = 0.62  # of the superellipse: between a circle and a box
    x = wide * np.sign(c) * np.abs(c) ** power
    y = deep * np.sign(s) * np.abs(s) ** power - (thickness / 2 - deep) * 0.25
    y = y + 0.35 * np.sin(t * np.pi * 0.8) * (s > 0)  # the face of a tooth bulges
    z = height * (t - 0.06 * t**6 * np.abs(x / (width / 2)) ** 2 - 0.20 * point * t**3 * np.abs(x / (width / 2)) ** 1.5)
    vertices = np.stack([x, y, np.broadcast_to(z, x.shape)], -1).reshape(-1, 3)
    tip = [[0.0, float(y[-1].mean()), float(z[-1].max())]]
    i, j = np.meshgrid(np.arange(ALONG - 1), np.arange(AROUND), indexing="ij")
    quads = np.stack([i * AROUND + j, i * AROUND + (j + 1) % AROUND, (i + 1) * AROUND + (j + 1) % AROUND,
                      (i + 1) * AROUND + j], -1).reshape(-1, 4)  # fmt: skip
    last = (ALONG - 1) * AROUND
    fan = np.stack([last + np.arange(AROUND), last + (np.arange(AROUND) + 1) % AROUND, np.full(AROUND, len(vertices)),
                    np.full(AROUND, len(vertices))], -1)  # fmt: skip
    return np.concatenate([vertices, tip]) / 1000, [list(q) for q in quads] + [list(f[:3]) for f in fan]


def row(upper: bool, arch: Arch, edge: float, mouth, rng) -> tuple[np.ndarray, list, np.ndarray, np.ndarray]:
    """A row of 14 teeth with its gum.

    Returns vertices (n, 3) and faces of the teeth, where on its tooth each lies (n, 3): from gum 0 to edge 1, from the middle
    0 to the neighbour 1, and how far back the tooth stands, incisor 0 to molar 1; and places (k, 4): arc length, gum
    height, breadth and thickness of each tooth, for the gum.
    """
    sizes = [(mouth.size * width, mouth.size * height, *rest) for width, height, *rest in (UPPER if upper else LOWER)]
    sign = -1.0 if upper else 1.0
    tallest = sizes[0][1] / 1000
    vertices, faces, within, places = [], [], [], []
    for side in (1, -1):
        reach = mouth.gap / 2
        for index, (width, height, thickness, point) in enumerate(sizes):
            scale = 1 + rng.normal(0, 0.02)
            local, quads = crown(width * scale, height * (1 + rng.normal(0, 0.02)), thickness, point)
            length = side * (reach + width * scale / 2000)
            reach += width * scale / 1000 + 0.00004
            place, out = arch.at(length)
            turn = rng.normal(0, 0.11) * mouth.crookedness
            c, s = np.cos(turn), np.sin(turn)
            along = np.array([-out[1], out[0]])
            direction_x, direction_y = c * along + s * out, -s * along + c * out
            place = place + out * rng.normal(0, 0.0006) * mouth.crookedness - out * thickness / 2000
            flat = place + local[:, :1] * direction_x + local[:, 1:2] * direction_y
            # The edges lie on a gentle curve; the gum ends where each crown begins.
            lift = 0.0004 * (index in (1,)) + 0.00025 * index + rng.normal(0, 0.00022) * mouth.crookedness
            level = edge + OCCLUSAL * (place[1] - arch.y[0])
            gum = level - sign * (tallest if index < 3 else height / 1000 + 0.0012) - sign * lift
            crown_height = abs(level - sign * lift - gum) / (height / 1000)
            z = gum + sign * local[:, 2] * crown_height
            flat = flat + out * (TILT[upper] * local[:, 2:3])
            base = sum(len(v) for v in vertices)
            vertices.append(np.column_stack([flat, z]))
            faces += [[base + corner for corner in face] for face in quads]
            up, aside = np.abs(local[:, [2, 0]]).T / [[height / 1000], [width * scale / 2000]]
            within.append(np.stack([up, aside, np.full(len(local), index / (len(sizes) - 1))], 1))
            places.append((length, gum, width / 1000, thickness / 1000))
    return np.concatenate(vertices), faces, np.concatenate(within), np.array(sorted(places))


def gum(places: np.ndarray, arch: Arch, upper: bool) -> tuple[np.ndarray, np.ndarray]:
    """The gum over a row: a swept ridge with a papilla between each two teeth; vertices (n, 3) and quads."""
    sign = -1.0 if upper else 1.0
    lengths = np.linspace(places[0, 0] - 0.004, places[-1, 0] + 0.004, 180)
    level = np.interp(lengths, places[:, 0], places[:, 1])
    nearest = np.abs(lengths[:, None] - places[None, :, 0]).argmin(1)
    offset = np.clip(np.abs(lengths - places[nearest, 0]) / (places[nearest, 2] / 2), 0, 1)
    level = level + sign * (-0.0008 + 0.0030 * offset**3)
    thickness = np.interp(lengths, places[:, 0], places[:, 3])
    # A profile from the outside over the margin to the inside: outward offset, height away from the margin.
    profile = [(-0.7, 0.0055), (-0.3, 0.0045), (0.0006, 0.0028), (0.0010, 0.0016), (0.0009, 0.0008), (0.0001, 0.0), (-0.3, 0.0006), (-1.0, 0.0002),
               (-1.15, 0.003), (-1.0, 0.0075)]  # fmt: skip
    if not upper:  # what lies lower never shows, and would come through thin chins
        profile = [(-0.4, 0.0018), *profile[4:-1]]
    rings = []
    for length, z, deep in zip(lengths, level, thickness, strict=True):
        place, out = arch.at(length)
        ring = []
        for outward, away in profile:
            shift = outward if outward > 0 else outward * deep
            shift -= 0.0 if upper else TUCK[0] + TUCK[1] * away
            ring.append([*(place + out * shift), z - sign * away])
        rings.append(ring)
    count = len(profile)
    i, j = np.meshgrid(np.arange(len(lengths) - 1), np.arange(count - 1), indexing="ij")
    quads = np.stack([i * count + j, i * count + j + 1, (i + 1) * count + j + 1, (i + 1) * count + j], -1).reshape(
        -1, 4
    )
    return np.array(rings).reshape(-1, 3), quads
