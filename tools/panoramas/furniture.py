"""Furniture, lamps and what hangs on walls; each stands in a frame: u along the wall, v into the room, z up, metres."""

from __future__ import annotations

import numpy as np

from .kit import Set, tint, turned

WHITE, DARK = np.array([0.75, 0.74, 0.71]), np.array([0.03, 0.03, 0.035])
WOODS = np.array([[0.30, 0.16, 0.08], [0.42, 0.27, 0.14], [0.12, 0.065, 0.035], [0.55, 0.40, 0.24], [0.62, 0.58, 0.52]])
STEEL = np.array([0.55, 0.56, 0.57])


class Frame:
    """A corner of a set: a place (2,) on the plan, and the yaw of its u."""

    def __init__(self, stage: Set, place, yaw: float):
        self.set, self.rng, self.place, self.yaw = stage, stage.rng, np.asarray(place, float), yaw

    def at(self, u: float, v: float, z: float = 0.0) -> np.ndarray:
        """A point (3,) of the frame in the set."""
        return np.append(self.place, 0) + turned([[u, v, z]], self.yaw)[0]

    def box(self, surface, centre, size, colour, bevel=None, turn: float = 0.0) -> None:
        """A box."""
        self.set.box(surface, self.at(*centre), size, colour, self.yaw + turn, bevel)

    def tube(self, surface, base, top, radius, colour, top_radius=None) -> None:
        """A tube."""
        self.set.tube(surface, self.at(*base), self.at(*top), radius, colour, top_radius)

    def ball(self, surface, centre, radius, colour, flat: float = 1.0) -> None:
        """A ball."""
        self.set.ball(surface, self.at(*centre), radius, colour, flat)

    def part(self, u: float, v: float, turn: float = 0.0) -> Frame:
        """A frame in this one."""
        return Frame(self.set, self.at(u, v)[:2], self.yaw + turn)

    def wood(self) -> np.ndarray:
        """A colour of wood."""
        return WOODS[self.rng.integers(len(WOODS))] * self.rng.uniform(0.8, 1.15)


def books(f: Frame, u0: float, u1: float, v: float, z: float, room: float) -> None:
    """A row of books from u0 to u1, with gaps and things between."""
    rng, u = f.rng, u0
    dark, common = rng.uniform(0.02, 0.3), tint(rng, 0.1, 0.5, 0.9)
    while u < u1 - 0.02:
        if rng.random() < 0.05:
            kind, wide = rng.integers(3), rng.uniform(0.08, 0.2)
            if u + wide > u1:
                break
            if kind == 0:
                f.ball("satin", (u + wide / 2, v, z + wide / 2), wide / 2, tint(rng))
            elif kind == 1:
                f.tube(
                    "gloss",
                    (u + wide / 2, v, z),
                    (u + wide / 2, v, z + min(wide * 1.6, room)),
                    wide / 3,
                    tint(rng),
                    wide / 4,
                )
            u += wide
            continue
        thick, tall, deep = rng.uniform(0.012, 0.045), room * rng.uniform(0.6, 0.94), rng.uniform(0.13, 0.2)
        colour = common if rng.random() < 0.25 else tint(rng, 0.03 + dark / 3, 0.55, 0.9)
        f.box("satin", (u + thick / 2, v, z + tall / 2), (thick * 0.94, deep, tall), colour, 0.0)
        u += thick


def shelf(f: Frame, wide: float, tall: float, full: float = 0.92) -> None:
    """Shelves with books."""
    wood, rng = f.wood(), f.rng
    deep, count = 0.3, max(int(tall / 0.36), 1)
    for u in np.linspace(-wide / 2, wide / 2, max(int(np.ceil(wide / 0.95)), 1) + 1):
        f.box("wood", (u, deep / 2, tall / 2), (0.025, deep, tall), wood)
    f.box("wood", (0, 0.01, tall / 2), (wide, 0.012, tall), wood * 0.7)
    for level in range(count + 1):
        z = 0.05 + level * (tall - 0.08) / count
        f.box("wood", (0, deep / 2, z), (wide, deep, 0.025), wood)
        if level < count and rng.random() < full:
            for u in np.arange(-wide / 2, wide / 2 - 0.1, wide / max(int(np.ceil(wide / 0.95)), 1)):
                step = wide / max(int(np.ceil(wide / 0.95)), 1)
                books(
                    f,
                    u + 0.03,
                    u + step * rng.uniform(0.6, 0.99) - 0.02,
                    deep * 0.55,
                    z + 0.014,
                    (tall - 0.08) / count - 0.05,
                )


def sofa(f: Frame, wide: float = 2.0) -> None:
    """A sofa, or an armchair where it is narrow, its back to the wall."""
    colour, rng = tint(f.rng, 0.06, 0.4, 0.7), f.rng
    f.box("fabric", (0, 0.5, 0.25), (wide, 0.85, 0.3), colour, 0.03)
    f.box("fabric", (0, 0.16, 0.55), (wide, 0.22, 0.6), colour, 0.06)
    for side in (-1, 1):
        f.box("fabric", (side * (wide / 2 - 0.09), 0.48, 0.42), (0.19, 0.85, 0.42), colour, 0.05)
    seats = max(round(wide / 0.8), 1)
    step = (wide - 0.4) / seats
    for index in range(seats):
        u = -wide / 2 + 0.2 + step * (index + 0.5)
        f.box("fabric", (u, 0.55, 0.45), (step * 0.98, 0.68, 0.16), colour * 1.05, 0.06)
        f.box("fabric", (u, 0.3, 0.7), (step * 0.96, 0.2, 0.42), colour * 1.05, 0.08)
    for _ in range(rng.integers(1, 4)):
        f.box("fabric", (rng.uniform(-0.35, 0.35) * wide, 0.42, 0.68), (0.42, 0.16, 0.4), tint(rng, 0.1, 0.6, 1.0), 0.06,
              rng.uniform(-0.3, 0.3))  # fmt: skip


def table(f: Frame, wide: float, deep: float, tall: float, wood=None, top: str = "wood") -> None:
    """A table on four legs."""
    wood = f.wood() if wood is None else wood
    f.box(top, (0, 0, tall - 0.02), (wide, deep, 0.035), wood)
    for u in (-1, 1):
        for v in (-1, 1):
            f.box(
                "wood",
                (u * (wide / 2 - 0.05), v * (deep / 2 - 0.05), tall / 2 - 0.02),
                (0.05, 0.05, tall - 0.04),
                wood * 0.85,
            )


def chair(f: Frame, wood, seat=None) -> None:
    """A chair that looks along v."""
    f.box(
        "fabric" if seat is not None else "wood",
        (0, 0, 0.45),
        (0.42, 0.42, 0.05),
        wood if seat is None else seat,
        0.012,
    )
    for u in (-1, 1):
        f.tube("wood", (u * 0.18, 0.18, 0), (u * 0.17, 0.17, 0.45), 0.016, wood)
        f.tube("wood", (u * 0.18, -0.2, 0), (u * 0.18, -0.24, 0.9), 0.016, wood)
    for z in (0.62, 0.74, 0.86):
        f.box("wood", (0, -0.225, z), (0.38, 0.018, 0.07), wood)


def clutter(f: Frame, wide: float, deep: float, z: float, count: int) -> None:
    """Cups, vases, bottles, boxes and open books on a top."""
    rng = f.rng
    for _ in range(count):
        u, v = rng.uniform(-0.45, 0.45) * wide, rng.uniform(-0.4, 0.4) * deep
        kind = rng.integers(5)
        if kind == 0:
            f.tube("gloss", (u, v, z), (u, v, z + 0.095), 0.038, tint(rng, 0.2, 0.8, 0.6), 0.042)
        elif kind == 1:
            tall = rng.uniform(0.15, 0.32)
            f.tube("gloss", (u, v, z), (u, v, z + tall), 0.06, tint(rng, 0.05, 0.7, 0.7), 0.035)
            for _ in range(7):
                f.ball("leaves", (u + rng.normal(0, 0.07), v + rng.normal(0, 0.07), z + tall + rng.uniform(0.03, 0.2)),
                       rng.uniform(0.03, 0.05), tint(rng, 0.1, 0.5, 1.0))  # fmt: skip
        elif kind == 2:
            f.tube("gloss", (u, v, z), (u, v, z + 0.2), 0.036, (tint(rng, 0.03, 0.2, 1.0)))
            f.tube("gloss", (u, v, z + 0.2), (u, v, z + 0.3), 0.03, tint(rng, 0.03, 0.2, 1.0), 0.013)
        else:
            size = rng.uniform(0.12, 0.3), rng.uniform(0.1, 0.22), rng.uniform(0.02, 0.12)
            f.box("satin", (u, v, z + size[2] / 2), size, tint(rng, 0.08, 0.7, 0.8), None, rng.uniform(-0.6, 0.6))


def sideboard(f: Frame, wide: float = 1.5, tall: float = 0.75) -> None:
    """A low cupboard with doors, things on it."""
    wood = f.wood()
    f.box("wood", (0, 0.22, tall / 2 + 0.05), (wide, 0.42, tall - 0.1), wood)
    doors = max(round(wide / 0.5), 1)
    for index in range(doors):
        u = -wide / 2 + wide / doors * (index + 0.5)
        f.box("wood", (u, 0.44, tall / 2 + 0.05), (wide / doors - 0.02, 0.02, tall - 0.15), wood * 1.08)
        f.tube("metal", (u + 0.1, 0.46, tall / 2), (u + 0.1, 0.46, tall / 2 + 0.1), 0.007, STEEL)
    clutter(f.part(0, 0.22), wide, 0.3, tall, int(wide * 4))


def picture(f: Frame, z: float, wide: float, tall: float) -> None:
    """A framed picture."""
    rim = DARK if f.rng.random() < 0.4 else f.wood()
    f.box("satin", (0, 0.015, z), (wide + 0.06, 0.03, tall + 0.06), rim)
    inner = 0.7 if f.rng.random() < 0.5 else 1.0
    f.box("matte", (0, 0.031, z), (wide, 0.004, tall), WHITE, 0.0)
    f.box("canvas", (0, 0.034, z), (wide * inner, 0.004, tall * inner), f.rng.uniform(0.5, 1.6, 3), 0.0)


def lamp_shade(f: Frame, u, v, low, high, radius, glow) -> None:
    """A lamp's shade that shines, brighter below."""
    f.tube("glow", (u, v, low), (u, v, high), radius, glow, radius * 0.75)


def floor_lamp(f: Frame, glow) -> None:
    """A floor lamp."""
    f.tube("metal", (0, 0, 0), (0, 0, 0.03), 0.15, DARK)
    f.tube("metal", (0, 0, 0), (0, 0, 1.35), 0.012, DARK)
    lamp_shade(f, 0, 0, 1.35, 1.65, 0.2, glow)


def table_lamp(f: Frame, z, glow) -> None:
    """A lamp on a table."""
    f.ball("gloss", (0, 0, z + 0.1), 0.1, tint(f.rng, 0.1, 0.7, 0.6))
    f.tube("metal", (0, 0, z), (0, 0, z + 0.25), 0.012, STEEL)
    lamp_shade(f, 0, 0, z + 0.24, z + 0.45, 0.15, glow)


def pendant(f: Frame, z: float, ceiling: float, glow, radius: float = 0.16) -> None:
    """A lamp on a cord."""
    f.tube("satin", (0, 0, z + 0.2), (0, 0, ceiling), 0.005, DARK)
    f.tube("metal", (0, 0, z + 0.02), (0, 0, z + 0.22), radius, DARK * 2, 0.03)
    f.ball("glow", (0, 0, z + 0.02), radius * 0.55, glow)


def plant(f: Frame, tall: float, seed: int) -> None:
    """A plant in a pot."""
    pot = f.rng.uniform(0.13, 0.19)
    f.tube("satin", (0, 0, 0), (0, 0, pot * 2), pot * 0.8, tint(f.rng, 0.1, 0.7, 0.5), pot)
    f.tube("matte", (0, 0, pot * 1.9), (0, 0, pot * 2.01), pot * 0.95, (0.03, 0.02, 0.015))
    # Leaves on arching stems: an indoor palm or rubber plant.
    rng, green = f.rng, np.array([0.05, 0.13, 0.03]) * f.rng.uniform(0.7, 1.5)
    for _ in range(int(rng.integers(14, 26))):
        way, reach, rise = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 0.5) * tall, rng.uniform(0.45, 1.0) * tall
        t = np.linspace(0, 1, 7)
        middle = np.stack(
            [np.cos(way) * reach * t**1.3, np.sin(way) * reach * t**1.3, pot * 2 + rise * (t - 0.35 * t**3)], 1
        )
        width = 0.10 * tall * rng.uniform(0.4, 0.9) * np.sin(np.pi * np.clip(t * 1.1 - 0.1, 0, 1)) ** 0.8 + 0.004
        side = np.array([-np.sin(way), np.cos(way), 0.15])
        left = np.array([f.at(*p) for p in middle + side * width[:, None]])
        right = np.array([f.at(*p) for p in middle - side * width[:, None]])
        f.set.add(
            "leaves",
            np.concatenate([left, right]),
            [(i, i + 1, i + 8, i + 7) for i in range(6)],
            green * rng.uniform(0.7, 1.3),
        )


def desk(f: Frame, wide: float = 1.5) -> None:
    """A desk with a screen and a chair before it."""
    rng = f.rng
    top = WHITE if rng.random() < 0.5 else f.wood()
    table(f.part(0, 0.4), wide, 0.75, 0.74, top)
    f.box("satin", (0, 0.22, 1.05), (0.62, 0.03, 0.37), DARK)
    f.box("glow", (0, 0.24, 1.05), (0.59, 0.004, 0.34), np.array([0.35, 0.42, 0.5]) * rng.uniform(0.2, 0.6), 0.0)
    f.box("satin", (0, 0.2, 0.8), (0.06, 0.04, 0.2), DARK)
    f.box("satin", (0, 0.5, 0.755), (0.44, 0.14, 0.02), DARK)
    clutter(f.part(0, 0.35), wide, 0.5, 0.74, 5)
    seat, c = f.part(rng.uniform(-0.2, 0.2), 1.0, rng.uniform(2.6, 3.7)), tint(rng, 0.03, 0.2, 0.5)
    seat.box("fabric", (0, 0, 0.48), (0.48, 0.46, 0.08), c, 0.03)
    seat.box("fabric", (0, -0.22, 0.85), (0.44, 0.07, 0.6), c, 0.03)
    seat.tube("metal", (0, 0, 0.08), (0, 0, 0.45), 0.03, DARK)
    for turn in np.arange(5) * 2 * np.pi / 5:
        seat.tube("satin", (0, 0, 0.1), (0.28 * np.cos(turn), 0.28 * np.sin(turn), 0.05), 0.022, DARK)


def door(f: Frame, colour, tall: float = 2.05, wide: float = 0.9) -> None:
    """A door in its frame."""
    f.box("satin", (0, 0.01, tall / 2), (wide + 0.16, 0.05, tall + 0.16), colour * 0.9)
    f.box("satin", (0, 0.035, tall / 2), (wide, 0.03, tall), colour)
    for z, h in ((0.55, 0.7), (1.45, 0.8)):
        f.box("satin", (0, 0.05, z), (wide * 0.62, 0.012, h), colour * 0.93, 0.004)
    f.tube("metal", (wide * 0.4, 0.05, 1.03), (wide * 0.4, 0.1, 1.03), 0.014, STEEL)
    f.box("metal", (wide * 0.34, 0.1, 1.03), (0.12, 0.018, 0.02), STEEL)


def radiator(f: Frame, wide: float) -> None:
    """A radiator."""
    for u in np.arange(-wide / 2, wide / 2, 0.06):
        f.box("satin", (u, 0.07, 0.4), (0.045, 0.08, 0.55), WHITE, 0.01)


def notice_board(f: Frame, wide: float) -> None:
    """A board with papers."""
    f.box("fabric", (0, 0.015, 1.5), (wide, 0.03, 1.0), tint(f.rng, 0.15, 0.35, 0.6))
    for _ in range(int(wide * 9)):
        f.box("matte", (f.rng.uniform(-0.44, 0.44) * wide, 0.033, f.rng.uniform(1.12, 1.88)), (0.2, 0.003, 0.28),
              WHITE * f.rng.uniform(0.7, 1.1) if f.rng.random() < 0.6 else tint(f.rng, 0.2, 0.8, 1.0), 0.0)  # fmt: skip
