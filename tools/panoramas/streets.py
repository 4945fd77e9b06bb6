"""Streets: house fronts with windows, doors and shops, pavements, cars, lamp posts, trees; and what is seen from a room's windows."""

from __future__ import annotations

import numpy as np

from .furniture import DARK, STEEL, WHITE, Frame, chair, clutter
from .kit import Set, tint

WALLS = np.array([[0.45, 0.30, 0.22], [0.55, 0.50, 0.42], [0.38, 0.38, 0.39], [0.62, 0.56, 0.45], [0.40, 0.20, 0.14],
                  [0.66, 0.62, 0.56], [0.50, 0.42, 0.30], [0.58, 0.45, 0.36]])  # fmt: skip
PAINTS = np.array([[0.5, 0.5, 0.52], [0.03, 0.03, 0.035], [0.35, 0.03, 0.03], [0.04, 0.08, 0.22], [0.7, 0.7, 0.68],
                   [0.12, 0.13, 0.14], [0.08, 0.15, 0.12]])  # fmt: skip
EVENING = np.array([1.0, 0.58, 0.26])


def house(f: Frame, wide: float, storeys: int, row: dict, shop: bool) -> None:
    """A house front along u with its ground floor at v = 0, depth behind it, and windows to v."""
    rng = f.rng
    colour, trim = WALLS[rng.integers(len(WALLS))] * rng.uniform(0.75, 1.15), WHITE * rng.uniform(0.5, 1.0)
    tall, ground, deep = rng.uniform(2.9, 3.5), 3.9 if shop else 3.3, 9.0
    top = ground + tall * (storeys - 1)
    bays = max(int(wide / rng.uniform(1.9, 2.8)), 2)
    step, opening, high = wide / bays, rng.uniform(0.95, 1.3), rng.uniform(1.5, 2.0)
    night = row.get("night", 0.0)
    base = ground - 0.6 if shop else 0.0  # behind a shop's window there is a room
    f.box("facade", (0, -deep / 2 - 0.25, (base + top) / 2), (wide, deep, top - base), colour, 0.0)
    openings = []
    for storey in range(1, storeys):
        z = ground + tall * (storey - 1) + 0.85
        openings += [(step * (i + 0.5) - opening / 2, step * (i + 0.5) + opening / 2, z, z + high) for i in range(bays)]
    door_bay = int(rng.integers(bays))
    if shop:
        openings.append((0.5, wide - 0.5, 0.35, ground - 0.9))
    else:
        for i in range(bays):
            low = 0.15 if i == door_bay else 1.0
            openings.append((step * (i + 0.5) - opening / 2, step * (i + 0.5) + opening / 2, low, 2.6))
    start, end = f.at(-wide / 2, 0)[:2], f.at(wide / 2, 0)[:2]
    f.set.wall("facade", end, start, 0, top, colour, [(wide - b, wide - a, low, up) for a, b, low, up in openings])
    for a, b, low, up in openings[: None if not shop else -1]:
        u, w = (a + b) / 2 - wide / 2, b - a
        if low == 0.15:
            f.box("satin", (u, -0.18, (low + up) / 2), (w, 0.06, up - low), tint(rng, 0.05, 0.4, 0.9))
            f.box("stone", (u, 0.25, 0.08), (w + 0.3, 0.5, 0.16), trim * 0.8)
            continue
        lit = rng.random() < night
        dark = rng.uniform(0.01, 0.06) * np.ones(3)
        f.box("pane", (u, -0.2, (low + up) / 2), (w, 0.03, up - low), dark, 0.0)
        if lit:
            glow = EVENING * rng.uniform(0.3, 1.3) * row.get("lamps", 1.0) * rng.uniform(0.8, 1.2, 3)
            f.box("glow", (u, -0.18, (low + up) / 2), (w * 0.96, 0.01, (up - low) * 0.96), glow, 0.0)
        elif rng.random() < 0.6:  # curtains
            for side in (-1, 1):
                f.box(
                    "matte",
                    (u + side * w * 0.36, -0.183, (low + up) / 2),
                    (w * 0.26, 0.004, up - low),
                    WHITE * rng.uniform(0.3, 0.8),
                    0.0,
                )
        for du in (-w / 2, 0, w / 2):
            f.box("satin", (u + du, -0.15, (low + up) / 2), (0.06, 0.06, up - low), trim)
        for z in (low, (low * 0.35 + up * 0.65), up):
            f.box("satin", (u, -0.15, z), (w, 0.06, 0.06), trim)
        f.box("stone", (u, 0.04, low - 0.06), (w + 0.24, 0.14, 0.1), trim)
        if row.get("shutters") and not lit:
            for side in (-1, 1):
                f.box("satin", (u + side * w * 0.78, 0.03, (low + up) / 2), (w * 0.5, 0.04, up - low), row["shutters"])
    for z in {ground - 0.15, top - 0.1} if rng.random() < 0.8 else {top - 0.1}:
        f.box("stone", (0, 0.1, z), (wide, 0.3, 0.2), trim)
    pitch = rng.uniform(1.2, 2.6) if row.get("roofs", True) else 0.3
    roof = [(-0.45, 0), (deep / 2, pitch), (deep + 0.4, 0)]
    place, tile = (
        f.at(0, 0, top),
        np.array([0.28, 0.11, 0.07]) * rng.uniform(0.5, 1.2) if rng.random() < 0.6 else DARK * 3,
    )
    f.set.profile("stone", [(-x, z) for x, z in roof], -wide / 2, wide / 2, place, f.yaw + np.pi / 2, tile)
    if shop:
        shop_front(f, wide, ground, row)
    if storeys > 2 and rng.random() < 0.35:  # a balcony
        z, u = ground + tall - 0.05, step * (rng.integers(bays) + 0.5) - wide / 2
        f.box("stone", (u, 0.5, z), (1.9, 1.0, 0.14), trim)
        for du in np.arange(-0.9, 0.95, 0.12):
            f.tube("metal", (u + du, 0.95, z), (u + du, 0.95, z + 1.0), 0.012, DARK)
        f.box("metal", (u, 0.95, z + 1.0), (1.9, 0.04, 0.04), DARK)


def shop_front(f: Frame, wide: float, ground: float, row: dict) -> None:
    """A shop window with goods and light behind it, a sign, and an awning at times."""
    rng = f.rng
    low, up, w = 0.35, ground - 0.9, wide - 1.0
    glow = row.get("lamps", 1.0) * (EVENING if rng.random() < 0.6 else np.array([1, 0.9, 0.75]))
    back, deep = tint(rng, 0.25, 0.7, 0.5), rng.uniform(2.2, 3.5)
    f.box("matte", (0, -deep, up / 2), (wide, 0.05, up + 0.4), back, 0.0)
    for side in (-1, 1):
        f.box("matte", (side * (wide / 2 - 0.03), -deep / 2, up / 2), (0.05, deep, up + 0.4), back, 0.0)
    f.box("boards", (0, -deep / 2, 0.05), (wide, deep, 0.1), f.wood(), 0.0)
    f.box("matte", (0, -deep / 2 - 0.13, low / 2 + 0.1), (w, deep - 0.3, 0.02), back * 0.5, 0.0)
    for u in np.arange(-w / 2 + 0.7, w / 2, 1.5):  # lamps under its ceiling
        for v in (-0.7, -deep + 0.8):
            f.box("glow", (u, v, up + 0.1), (0.7, 0.18, 0.04), glow * (2.0 + 6.0 * row.get("night", 0.0)), 0.0)
    for z in np.arange(0.5, up - 0.4, 0.45):  # shelves along its back
        f.box("wood", (0, -deep + 0.2, z), (w, 0.35, 0.03), back * 0.6)
        for u in np.arange(-w / 2 + 0.1, w / 2 - 0.1, 0.22):
            tall = rng.uniform(0.1, 0.36)
            f.box(
                "satin",
                (u, -deep + 0.2, z + tall / 2),
                (rng.uniform(0.08, 0.2), 0.2, tall),
                tint(rng, 0.05, 0.7, 1.2),
                0.0,
            )
    for _ in range(int(w * 1.5)):  # and what is shown in the window
        u, v, tall = rng.uniform(-w / 2 + 0.2, w / 2 - 0.2), rng.uniform(-1.2, -0.4), rng.uniform(0.25, 1.1)
        f.box("wood", (u, v, low + tall * 0.3), (0.3, 0.3, tall * 0.6), back * rng.uniform(0.4, 1.2))
        f.ball("satin", (u, v, low + tall * 0.6 + 0.16), 0.16, tint(rng, 0.05, 0.6, 1.2), rng.uniform(0.6, 1.3))
    paint = tint(rng, 0.04, 0.4, 1.2)
    for u in np.linspace(-w / 2, w / 2, max(int(w / 1.6), 2) + 1):
        f.box("satin", (u, -0.05, (low + up) / 2), (0.09, 0.12, up - low), paint)
    f.box("satin", (0, 0.02, low / 2), (w + 0.2, 0.16, low), paint)
    f.box("satin", (0, 0.08, up + 0.3), (w + 0.3, 0.14, 0.5), paint)
    letters = max(int(w * 1.3), 4)
    for i in range(letters):  # of a sign that nobody can read
        if rng.random() < 0.85:
            f.box("glow" if row.get("night") else "satin", (-w * 0.35 + w * 0.7 * i / letters, 0.16, up + 0.3), (0.16, 0.02, rng.uniform(0.14, 0.26)),
                  glow * 1.5 if row.get("night") else WHITE, 0.0)  # fmt: skip
    if rng.random() < 0.45:
        stripe, plain = tint(rng, 0.1, 0.5, 1.2), WHITE
        for i, u in enumerate(np.arange(-w / 2, w / 2, 0.3)):
            near, far = f.at(u, 0.05, up + 0.1), f.at(u + 0.3, 0.05, up + 0.1)
            front = [f.at(v, 1.25, up + z) for z in (-0.35, -0.6) for v in (u + 0.3, u)]
            f.set.add("fabric", [near, far, *front], [(0, 1, 2, 3), (3, 2, 4, 5)], stripe if i % 2 else plain)


def car(f: Frame) -> None:
    """A parked car that looks along u."""
    rng = f.rng
    paint, long, van = PAINTS[rng.integers(len(PAINTS))], rng.uniform(3.8, 4.6), rng.random() < 0.2
    h = long / 2
    body = [
        (-h, 0.35),
        (-h, 0.75),
        (-h * 0.93, 0.92),
        (h * 0.45, 0.95),
        (h * 0.93, 0.78),
        (h, 0.6),
        (h, 0.32),
        (h * 0.95, 0.25),
        (-h * 0.95, 0.25),
    ]
    cabin = [(-h * 0.9, 0.9), (-h * 0.72, 1.42), (h * 0.08, 1.46), (h * 0.48, 0.93)] if not van else \
        [(-h * 0.95, 0.9), (-h * 0.92, 1.85), (h * 0.35, 1.85), (h * 0.7, 0.95)]  # fmt: skip
    f.set.profile("gloss", body, -0.86, 0.86, f.at(0, 0), f.yaw, paint, 0.05)
    f.set.profile("gloss", cabin, -0.74, 0.74, f.at(0, 0), f.yaw, paint, 0.05)
    middle = np.mean(cabin, 0)
    glass = [middle + (np.array(p) - middle) * (0.86, 0.78) for p in cabin]
    f.set.profile("pane", glass, -0.755, 0.755, f.at(0, 0), f.yaw, (0.015, 0.017, 0.018))
    screens = [middle + (np.array(p) - middle) * (1.02, 0.8) for p in cabin]
    f.set.profile("pane", screens, -0.64, 0.64, f.at(0, 0), f.yaw, (0.015, 0.017, 0.018))
    for u in (-h * 0.6, h * 0.62):
        for side in (-1, 1):
            f.tube("matte", (u, side * 0.66, 0.32), (u, side * 0.88, 0.32), 0.32, (0.015, 0.015, 0.016))
            f.tube("metal", (u, side * 0.8, 0.32), (u, side * 0.89, 0.32), 0.2, STEEL)
    for side in (-0.62, 0.62):
        f.box("satin", (h * 0.985, side, 0.68), (0.06, 0.3, 0.12), WHITE * 1.1)
        f.box("satin", (-h * 0.99, side, 0.75), (0.05, 0.24, 0.16), (0.4, 0.01, 0.01))


def lamp_post(f: Frame, row: dict, tall: float = 5.0) -> None:
    """A street lamp; it shines at night."""
    f.tube("metal", (0, 0, 0), (0, 0, tall), 0.07, DARK * 2, 0.045)
    f.tube("metal", (0, 0, tall), (0, 0.9, tall + 0.25), 0.035, DARK * 2)
    f.box("metal", (0, 1.05, tall + 0.25), (0.22, 0.5, 0.1), DARK * 2)
    if row.get("night"):
        f.box("glow", (0, 1.05, tall + 0.19), (0.16, 0.36, 0.03), EVENING * 60 * row.get("lamps", 1.0), 0.0)


def bench(f: Frame) -> None:
    """A bench that looks along v."""
    wood = f.wood()
    for v in (0.0, 0.12, 0.24, 0.36):
        f.box("wood", (0, v, 0.44), (1.7, 0.1, 0.035), wood)
    for z in (0.6, 0.74, 0.88):
        f.box("wood", (0, -0.09 - (z - 0.6) * 0.15, z), (1.7, 0.03, 0.1), wood)
    for u in (-0.7, 0.7):
        f.box("metal", (u, 0.15, 0.22), (0.05, 0.45, 0.44), DARK)
        f.box("metal", (u, -0.1, 0.6), (0.05, 0.05, 0.6), DARK)


def bin_(f: Frame) -> None:
    """A litter bin."""
    f.tube("metal", (0, 0, 0), (0, 0, 0.9), 0.24, np.array([0.05, 0.12, 0.07]), 0.27)


def street(stage: Set, row: dict) -> None:
    """A street along x, the one who looks on its pavement or, where it has none, in its middle."""
    rng = stage.rng
    wide, walk = row.get("width", rng.uniform(7, 10)), row.get("pavement", 2.6)
    offset = row.get("stand", -0.3) * (wide + walk)  # where the middle of the street lies from who looks
    road = np.array([0.10, 0.10, 0.105]) * rng.uniform(0.7, 1.3)
    stage.box(
        "stone" if row.get("cobbles") else "asphalt",
        (0, 0, -0.2),
        (400, 200, 0.1),
        road * (2 if row.get("cobbles") else 1),
        0,
        0.0,
    )
    flags = np.array([0.32, 0.31, 0.29]) * rng.uniform(0.7, 1.2)
    for side in (-1, 1):
        y = -offset + side * (wide / 2 + walk / 2)
        stage.box("stone", (0, y, -0.075), (160, walk, 0.15), flags, 0, 0.0)
        for x in np.arange(-20, 20, 0.6):  # joints of the flags
            stage.box("matte", (x, y, 0.0), (0.012, walk, 0.002), flags * 0.5, 0, 0.0)
        stage.box("stone", (0, -offset + side * wide / 2, -0.07), (160, 0.14, 0.17), flags * 1.15, 0, 0.0)
    if not row.get("cobbles"):
        for x in np.arange(-80, 80, 4.0):
            stage.box("matte", (x, -offset, -0.148), (1.8, 0.12, 0.004), WHITE, 0, 0.0)
    for side in (-1, 1):
        facing = 0.0 if side < 0 else np.pi
        y, x = -offset + side * (wide / 2 + walk), -62.0
        while x < 62:
            w = rng.uniform(6, 12)
            storeys = int(rng.integers(*row.get("storeys", (2, 6))))
            house(Frame(stage, (x + w / 2, y), facing), w, storeys, row, rng.random() < row.get("shops", 0.6))
            x += w + (rng.uniform(3, 6) if rng.random() < 0.08 else 0)
        kerb = -offset + side * (wide / 2 - 1.05)
        for x in np.arange(-45, 50, 5.4):
            if rng.random() < row.get("cars", 0.55) and abs(x) > 2.0:
                car(Frame(stage, (x + rng.uniform(-0.4, 0.4), kerb), rng.choice([0, np.pi])))
        edge = -offset + side * (wide / 2 + 0.5)
        for x in np.arange(-42, 45, 14.0) + side * 3:
            if np.hypot(x, edge) > 1.2:
                lamp_post(Frame(stage, (x, edge), facing + np.pi), row)
        trees = [
            (x, edge, 0)
            for x in np.arange(-40, 42, 9.0) + side * 2
            if np.hypot(x, edge) > 5 and rng.random() < row.get("trees", 0.6)
        ]
        if trees:
            stage.thing("tree", trees, 40 + side, 2, (0.9, 1.1), 0.3, species=row.get("species", ("maple", "oak")), season=row.get("season", "summer"),
                        height=6.5)  # fmt: skip
        bench(Frame(stage, (side * 5 - 2, edge + side * 0.6), facing))
        bin_(Frame(stage, (side * 8, edge), 0))
        if row.get("tables"):
            for x in np.arange(-9, 10, 2.4):
                f = Frame(stage, (x, y - side * 1.3), rng.uniform(0, 3))
                if np.hypot(*f.place) > 1.3:
                    f.tube("metal", (0, 0, 0), (0, 0, 0.72), 0.03, DARK)
                    f.tube("wood", (0, 0, 0.71), (0, 0, 0.74), 0.34, f.wood())
                    clutter(f, 0.4, 0.4, 0.74, 3)
                    for turn in (0.2, 3.2):
                        chair(f.part(0.6 * np.sin(turn), -0.6 * np.cos(turn), turn), f.wood())
    for end in (-1, 1):  # what closes the view
        for y in np.arange(-30, 31, 10.0):
            house(Frame(stage, (end * 72, y - offset), end * np.pi / 2), 10, int(rng.integers(2, 6)), row, False)


def square(stage: Set, row: dict) -> None:
    """A paved square with houses around it, trees, benches, tables of a café."""
    rng, half = stage.rng, row.get("half", 24.0)
    flags = np.array([0.34, 0.31, 0.27]) * rng.uniform(0.8, 1.2)
    stage.box("stone", (0, 0, -0.05), (300, 300, 0.1), flags, 0, 0.0)
    for t in np.arange(-half, half, 2.0):
        stage.box("matte", (t, 0, 0.001), (0.05, 2 * half, 0.003), flags * 0.6, 0, 0.0)
        stage.box("matte", (0, t, 0.001), (2 * half, 0.05, 0.003), flags * 0.6, 0, 0.0)
    shift = rng.uniform(-0.4, 0.4, 2) * half
    for wall in range(4):
        turn, x = wall * np.pi / 2, -half - 8
        while x < half + 8:
            w = rng.uniform(7, 12)
            u, v = x + w / 2, -half - rng.uniform(0, 1)
            place = np.array([np.cos(turn) * u - np.sin(turn) * v, np.sin(turn) * u + np.cos(turn) * v]) + shift
            house(Frame(stage, place, turn), w, int(rng.integers(3, 6)), row, rng.random() < row.get("shops", 0.7))
            x += w
    spots = rng.uniform(-half * 0.8, half * 0.8, (14, 2)) + shift
    spots = spots[np.hypot(*spots.T) > 4]
    stage.thing("tree", np.column_stack([spots, np.zeros(len(spots))]), 70, 2, (0.85, 1.15), 0.35, species=row.get("species", ("maple", "beech")),
                season=row.get("season", "summer"), height=7.5)  # fmt: skip
    for spot in spots[:8]:
        bench(Frame(stage, spot + 1.0, rng.uniform(0, 6)))
    for angle in np.arange(0, 6.28, 1.05):
        lamp_post(Frame(stage, np.array([np.cos(angle), np.sin(angle)]) * half * 0.45, angle), row, 4.2)
    middle = Frame(stage, np.array([0.3, 0.35]) * half + shift * 0.3, 0)
    middle.tube("stone", (0, 0, 0), (0, 0, 0.6), 2.4, flags)
    middle.tube("stone", (0, 0, 0), (0, 0, 2.2), 0.4, flags * 1.2, 0.25)
    middle.ball("stone", (0, 0, 2.4), 0.45, flags * 1.2, 0.6)


def neighbourhood(stage: Set, row: dict) -> None:
    """What a room's windows look on: houses across a road, trees, a lawn."""
    rng, level = stage.rng, row.get("level", -0.5)
    stage.box("lawn", (0, 0, level - 0.5), (600, 600, 1.0), (0.09, 0.12, 0.045), 0, 0.0)
    for angle in np.arange(0, 2 * np.pi, 0.42):
        reach = rng.uniform(22, 45)
        f = Frame(stage, (reach * np.cos(angle), reach * np.sin(angle)), angle + np.pi / 2)
        colour = WALLS[rng.integers(len(WALLS))]
        tall, w = rng.uniform(5, 13), rng.uniform(8, 15)
        f.box("stone", (0, 0, level + tall / 2), (w, 8, tall), colour, 0.0)
        for z in np.arange(1.6, tall - 1, 3.0):
            for u in np.arange(-w / 2 + 1.3, w / 2 - 0.8, 2.4):
                lit = rng.random() < row.get("night", 0.0)
                f.box(
                    "glow" if lit else "pane",
                    (u, 4.0, level + z),
                    (1.2, 0.06, 1.5),
                    EVENING * 0.8 if lit else (0.03,) * 3,
                    0.0,
                )
    spots = [
        (r * np.cos(a), r * np.sin(a), level)
        for a, r in zip(rng.uniform(0, 6.28, 26), rng.uniform(13, 24, 26), strict=True)
    ]
    stage.thing(
        "tree",
        spots,
        90,
        2,
        (0.7, 1.2),
        0.12,
        species=("oak", "maple", "birch"),
        season=row.get("season", "summer"),
        height=8.0,
    )
