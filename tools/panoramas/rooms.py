"""Rooms, furnished: living room, bedroom, office, kitchen, café, corridor, library, hall and shop."""

from __future__ import annotations

import numpy as np

from . import furniture as have
from .furniture import DARK, STEEL, WHITE, Frame
from .kit import Set, tint
from .room import Room


def _papers(rng) -> np.ndarray:
    return tint(rng, 0.4, 0.8, 0.2)


def _boards(rng) -> np.ndarray:
    return have.WOODS[rng.integers(4)] * rng.uniform(0.8, 1.3)


def living_room(stage: Set, row: dict) -> None:
    """Sofa, shelves, rug, lamps, plants, pictures."""
    rng = stage.rng
    room = Room(stage, (-rng.uniform(2.2, 3.2), -rng.uniform(2.0, 3.0)), (rng.uniform(2.0, 2.8), rng.uniform(2.2, 3.2)),
                rng.uniform(2.5, 2.9), row)  # fmt: skip
    room.shell(
        _papers(rng),
        "boards",
        _boards(rng),
        {3: [(-0.9, 1.3, 0.85, 2.3), (0.9, 1.3, 0.85, 2.3)], **row.get("more_windows", {})},
    )
    have.shelf(room.frame(1, -0.8), 1.9, 2.2)
    have.sideboard(room.frame(1, 1.3), 1.4)
    have.table_lamp(room.frame(1, 1.0).part(0, 0.22), 0.75, room.glow * 3)
    have.picture(room.frame(1, 1.4), 1.6, 0.8, 0.6)
    have.sofa(room.frame(0, 0.2).part(0, 0.1), 2.1)
    room.pictures(0, 2.2, 3)
    have.floor_lamp(room.frame(0, 1.7).part(0, 0.4), room.glow * 3)
    have.plant(room.frame(0, -1.6).part(0, 0.45), 1.5, 3)
    have.door(room.frame(2, -1.3), WHITE)
    have.sofa(room.frame(2, 1.0).part(0, 0.3, 0.25), 0.95)
    have.plant(room.frame(2, 1.9).part(0, 0.35), 1.1, 4)
    room.pictures(2, 1.4, 2)
    room.rug((0.4, 0.3), (2.2, 1.6))
    coffee = Frame(stage, (1.0, 0.4), np.pi / 2)
    have.table(coffee, 1.0, 0.55, 0.42)
    have.clutter(coffee, 0.9, 0.5, 0.42, 5)
    have.pendant(Frame(stage, (0.3, 0.5), 0), room.ceiling - 0.55, room.ceiling, room.glow * 3, 0.15)


def bedroom(stage: Set, row: dict) -> None:
    """A bed, wardrobe, a chest of drawers, lamps."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(1.6, 2.0), -rng.uniform(1.8, 2.4)),
        (rng.uniform(2.4, 3.0), rng.uniform(1.8, 2.4)),
        2.55,
        row,
    )
    room.shell(_papers(rng), "boards", _boards(rng), {3: [(0.3, 1.6, 0.8, 2.2)]})
    bed, cover = room.frame(0, 0.0), tint(rng, 0.2, 0.7, 0.7)
    bed.box("wood", (0, 0.05, 0.55), (1.75, 0.08, 1.1), bed.wood())
    bed.box("fabric", (0, 1.05, 0.35), (1.7, 1.95, 0.4), WHITE, 0.06)
    bed.box("fabric", (0, 1.3, 0.5), (1.78, 1.5, 0.18), cover, 0.07)
    for u in (-0.42, 0.42):
        bed.box("fabric", (u, 0.3, 0.66), (0.66, 0.42, 0.18), WHITE, 0.07)
    for u in (-1.15, 1.15):
        side = room.frame(0, u)
        side.box("wood", (0, 0.2, 0.25), (0.45, 0.4, 0.5), side.wood())
        have.table_lamp(side.part(0, 0.2), 0.5, room.glow * 3)
    room.pictures(0, 1.2, 2, 1.5, 1.7)
    wardrobe, wood = room.frame(1, 0.6), WHITE * 0.9 if rng.random() < 0.5 else bed.wood()
    for u in np.arange(-1.0, 1.1, 0.5):
        wardrobe.box("wood", (u, 0.3, 1.1), (0.49, 0.6, 2.15), wood)
        wardrobe.tube("metal", (u + 0.18, 0.62, 1.0), (u + 0.18, 0.62, 1.2), 0.008, STEEL)
    have.door(room.frame(2, 0.9), WHITE)
    have.sideboard(room.frame(2, -0.7), 1.1, 0.85)
    have.picture(room.frame(2, -0.7), 1.55, 0.7, 0.9)
    have.plant(room.frame(3, -1.7).part(0, 0.4), 1.2, 5)
    room.rug((0.4, 0.2), (1.4, 2.0))


def office(stage: Set, row: dict) -> None:
    """Desks with screens, shelves of folders, tubes in the ceiling."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(3.0, 4.5), -rng.uniform(2.4, 3.2)),
        (rng.uniform(3.0, 5.0), rng.uniform(2.4, 3.4)),
        2.75,
        row,
    )
    half = (room.high[0] - room.low[0]) / 2
    room.shell(WHITE * rng.uniform(0.8, 1.0), "fabric", tint(rng, 0.05, 0.2, 0.4), {
        3: [(u, 1.5, 0.9, 2.4) for u in np.arange(-half + 1.1, half - 0.9, 1.8)]})  # fmt: skip
    for wall, us in ((1, (-2.2, -0.3)), (0, (0.6,)), (2, (-0.8,)), (3, (-1.6, 1.7))):
        for u in us:
            have.desk(room.frame(wall, u))
    have.shelf(room.frame(1, 1.8), 1.8, 1.9)
    have.notice_board(room.frame(0, 0.5), 1.6)
    have.door(room.frame(2, 1.4), tint(rng, 0.2, 0.6, 0.4))
    have.picture(room.frame(1, -1.2), 1.65, 1.1, 0.75)
    have.plant(room.frame(0, -1.9).part(0, 0.5), 1.6, 6)
    have.plant(room.frame(2, 0.4).part(0, 0.4), 1.2, 7)
    table = Frame(stage, (2.0, -0.3), 0.1)
    have.table(table, 1.8, 0.9, 0.74, WHITE * 0.9)
    have.clutter(table, 1.6, 0.8, 0.74, 8)
    room.panels(2.1)


def kitchen(stage: Set, row: dict) -> None:
    """Cupboards, worktop, hob, fridge, tiles, a table with chairs."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(1.8, 2.6), -rng.uniform(1.7, 2.3)),
        (rng.uniform(2.0, 2.6), rng.uniform(1.6, 2.2)),
        2.6,
        row,
    )
    room.shell(_papers(rng), "stone", tint(rng, 0.15, 0.5, 0.2), {3: [(0, 1.5, 1.0, 2.15)]})
    front = WHITE if rng.random() < 0.5 else tint(rng, 0.1, 0.5, 0.6)
    top = room.frame(0).wood() if rng.random() < 0.5 else DARK * 3
    for wall in (0, 1):
        length = room.lengths[wall]
        f = room.frame(wall)
        f.box("gloss", (0, 0.006, 1.2), (length, 0.012, 0.6), tint(rng, 0.4, 0.8, 0.3))
        for z in np.arange(0.95, 1.5, 0.1):  # joints between tiles
            f.box("matte", (0, 0.013, z), (length, 0.002, 0.004), WHITE * 0.6, 0.0)
        for u in np.arange(-length / 2 + 0.35, length / 2 - 0.5, 0.6):
            f.box("satin", (u, 0.29, 0.45), (0.59, 0.58, 0.78), front)
            f.box("metal", (u, 0.59, 0.78), (0.3, 0.02, 0.015), STEEL)
            if not (wall == 0 and abs(u) < 0.4):
                f.box("satin", (u, 0.17, 1.85), (0.59, 0.34, 0.72), front)
                f.box("metal", (u + 0.2, 0.35, 1.58), (0.015, 0.02, 0.12), STEEL)
        f.box("stone", (0, 0.31, 0.89), (length, 0.63, 0.04), top)
        have.clutter(f.part(0, 0.25), length - 0.6, 0.3, 0.91, 12)
    hob = room.frame(0, 0.0)
    hob.box("gloss", (0, 0.31, 0.915), (0.58, 0.5, 0.01), DARK)
    hob.box("gloss", (0, 0.585, 0.45), (0.56, 0.02, 0.56), DARK)
    hob.box("metal", (0, 0.22, 1.75), (0.6, 0.44, 0.1), STEEL)
    hob.box("metal", (0, 0.15, 2.15), (0.28, 0.26, 0.7), STEEL)
    hob.tube("metal", (-0.12, 0.3, 0.92), (-0.12, 0.3, 1.06), 0.1, STEEL)
    fridge = room.frame(1, room.lengths[1] / 2 - 0.35)
    fridge.box("metal" if rng.random() < 0.5 else "gloss", (0, 0.34, 0.95), (0.66, 0.68, 1.9), STEEL * 1.2, 0.015)
    have.door(room.frame(2, 0.9), WHITE)
    have.shelf(room.frame(2, -0.7), 0.9, 1.9, 0.7)
    table = Frame(stage, (-0.2, -1.1), 0.0)
    wood = table.wood()
    have.table(table, 1.3, 0.75, 0.75, wood)
    have.clutter(table, 1.1, 0.6, 0.75, 6)
    for u, v, turn in ((-0.9, 0, -np.pi / 2), (0.9, 0, np.pi / 2)):
        have.chair(table.part(u, v, turn), wood * 0.8)
    have.pendant(table, 1.75, room.ceiling, room.glow * 4, 0.2)
    for x in (-1.0, 0.4, 1.6):
        for y in (-0.6, 0.9):
            stage.tube("glow", (x, y, room.ceiling - 0.005), (x, y, room.ceiling + 0.01), 0.06, room.glow * 8)


def cafe(stage: Set, row: dict) -> None:
    """A counter with bottles, small tables, pendant lamps, a wide front window."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(3.5, 5.0), -rng.uniform(2.2, 3.0)),
        (rng.uniform(3.5, 5.5), rng.uniform(3.2, 4.5)),
        rng.uniform(3.0, 3.6),
        row,
    )
    half = (room.high[0] - room.low[0]) / 2
    room.shell(
        tint(rng, 0.12, 0.55, 0.6),
        "boards",
        _boards(rng) * 0.7,
        {3: [(u, 2.0, 0.45, 2.7) for u in np.arange(-half + 1.4, half - 1.2, 2.4)]},
    )
    bar, wood = room.frame(1, 0.3), room.frame(1).wood()
    long = min(room.lengths[1] - 2.0, 5.0)
    bar.box("wood", (0, 1.5, 0.53), (long, 0.5, 1.06), wood)
    bar.box("stone", (0, 1.5, 1.08), (long + 0.1, 0.62, 0.05), DARK * 4)
    have.clutter(bar.part(0, 1.45), long, 0.4, 1.1, 16)
    bar.box("metal", (-long / 4, 1.35, 1.3), (0.7, 0.45, 0.42), STEEL, 0.02)
    bar.box("satin", (0, 0.02, 2.55), (2.0, 0.03, 0.9), DARK)  # the board with what there is
    for z in np.arange(2.25, 2.95, 0.1):
        bar.box("matte", (rng.uniform(-0.4, 0.1), 0.04, z), (rng.uniform(0.6, 1.1), 0.002, 0.03), WHITE * 0.8, 0.0)
    for z in (0.95, 1.35, 1.75):
        bar.box("wood", (0, 0.15, z), (long, 0.26, 0.03), wood)
        for u in np.arange(-long / 2 + 0.1, long / 2 - 0.1, 0.11):
            if rng.random() < 0.8:
                tall, colour = rng.uniform(0.14, 0.27), tint(rng, 0.04, 0.6, 1.2)
                bar.tube("gloss", (u, 0.15, z), (u, 0.15, z + tall), 0.037, colour)
                bar.tube("gloss", (u, 0.15, z + tall), (u, 0.15, z + tall + 0.08), 0.03, colour, 0.012)
    for u in np.arange(-long / 2 + 0.4, long / 2, 1.0):
        have.pendant(bar.part(u, 1.55), 2.0, room.ceiling, room.glow * 6, 0.13)
    for x, y in ((-2.4, -1.2), (2.0, -1.4), (3.2, 0.6), (-3.0, 1.0), (0.6, -1.9)):
        table = Frame(stage, (x + rng.uniform(-0.2, 0.2), y), rng.uniform(0, 3))
        table.tube("wood", (0, 0, 0.71), (0, 0, 0.74), 0.36, wood)
        table.tube("metal", (0, 0, 0), (0, 0, 0.72), 0.03, DARK)
        have.clutter(table, 0.4, 0.4, 0.74, 3)
        for turn in (0.3, 2.4):
            have.chair(table.part(0.65 * np.sin(turn), -0.65 * np.cos(turn), turn), wood * 0.7, None)
        have.pendant(table, 2.0, room.ceiling, room.glow * 5)
    room.pictures(0, 3.0, 4)
    room.pictures(2, 2.5, 3)
    have.plant(room.frame(0, -2.0).part(0, 0.5), 1.7, 8)
    have.plant(room.frame(3, 0.2).part(0, 0.4), 1.0, 9)
    have.door(room.frame(2, -1.8), wood)


def corridor(stage: Set, row: dict) -> None:
    """A long corridor with doors, boards and lamps, a window at its end."""
    rng = stage.rng
    room = Room(
        stage, (-rng.uniform(6, 9), -rng.uniform(1.0, 1.3)), (rng.uniform(9, 15), rng.uniform(1.0, 1.4)), 2.7, row
    )
    room.shell(WHITE * rng.uniform(0.75, 1.0), "gloss", tint(rng, 0.12, 0.4, 0.35), {
        2: [(0, 1.6, 0.8, 2.3)], 3: [(u, 1.6, 0.9, 2.3) for u in ((-3.5, -0.6, 3.0, 6.0) if row.get("side") else ())]})  # fmt: skip
    paint = tint(rng, 0.15, 0.6, 0.6)
    for wall in (1, 3):
        frame = room.frame(wall)
        if wall == 1 or not row.get("side"):
            for u in np.arange(-room.lengths[wall] / 2 + 1.5, room.lengths[wall] / 2 - 1, 3.4):
                have.door(room.frame(wall, u + (0.9 if wall == 1 else 0)), paint)
                if rng.random() < 0.6:
                    have.notice_board(room.frame(wall, u + 2.4), 1.2)
                else:
                    have.picture(room.frame(wall, u + 2.3), 1.6, 0.7, 0.5)
        frame.box("satin", (0, 0.02, 0.95), (room.lengths[wall], 0.03, 0.12), room.frame(wall).wood())
    have.door(room.frame(0), paint, wide=0.95)
    have.plant(room.frame(2, 0.75).part(0, 0.4), 1.3, 2)
    for x in np.arange(room.low[0] + 1, room.high[0], 2.4):
        stage.box("glow", (x, 0.1, room.ceiling - 0.01), (1.2, 0.3, 0.03), room.glow * 2.2, 0, 0.0)


def library(stage: Set, row: dict) -> None:
    """Rows of book shelves, reading tables with lamps, high windows."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(5, 7), -rng.uniform(3.2, 4.0)),
        (rng.uniform(6, 8), rng.uniform(3.5, 5)),
        rng.uniform(3.4, 4.2),
        row,
    )
    half = (room.high[0] - room.low[0]) / 2
    room.shell(
        _papers(rng),
        "boards",
        _boards(rng) * 0.8,
        {3: [(u, 1.3, 1.3, 3.1) for u in np.arange(-half + 1.2, half - 0.8, 2.3)]},
    )
    for wall in (0, 1, 2):
        length = room.lengths[wall] - 1.0
        for u in np.arange(-length / 2 + 0.95, length / 2, 1.9):
            have.shelf(room.frame(wall, u), 1.86, 2.5)
    for x in (-3.6, 2.9, 4.9):
        for side, turn in ((0.0, np.pi / 2), (0.0, -np.pi / 2)):
            for y in (1.3, 3.1):
                if y < room.high[1] - 1.2:
                    have.shelf(Frame(stage, (x + side, y), turn), 1.8, 2.1)
    for x in (-2.2, 2.0):
        table = Frame(stage, (x, -1.8), 0.0)
        wood = table.wood()
        have.table(table, 2.0, 1.0, 0.76, wood)
        have.clutter(table, 1.8, 0.8, 0.76, 6)
        have.table_lamp(table.part(0.2, 0), 0.76, room.glow * 3)
        for u, v, turn in ((-0.5, -0.75, 0), (0.5, -0.75, 0), (-0.5, 0.75, np.pi), (0.5, 0.75, np.pi)):
            have.chair(table.part(u, v, turn), wood * 0.8)
    for x in np.arange(room.low[0] + 1.5, room.high[0], 2.6):
        have.pendant(Frame(stage, (x, -0.4), 0), room.ceiling - 0.9, room.ceiling, room.glow * 5, 0.24)


def hall(stage: Set, row: dict) -> None:
    """A sports hall: high windows, wall bars, lines on the floor, a hoop, benches."""
    rng = stage.rng
    room = Room(
        stage,
        (-rng.uniform(9, 12), -rng.uniform(6, 8)),
        (rng.uniform(9, 12), rng.uniform(6, 8)),
        rng.uniform(6, 7.5),
        row,
    )
    half = (room.high[0] - room.low[0]) / 2
    room.shell(_papers(rng), "boards", np.array([0.5, 0.3, 0.14]), {
        wall: [(u, 2.4, 3.4, 5.4) for u in np.arange(-half + 2, half - 1.5, 3.0)] for wall in (1, 3)})  # fmt: skip
    for wall in range(4):  # padded to a man's height
        f = room.frame(wall)
        f.box(
            "wood" if rng.random() < 0.5 else "matte",
            (0, 0.03, 1.1),
            (room.lengths[wall], 0.06, 2.2),
            have.WOODS[1] if wall % 2 else tint(rng, 0.1, 0.4, 0.8),
        )
    for wall, us in ((0, (-3, -1, 1, 3)), (2, (-3, 1))):
        for u in us:
            f = room.frame(wall, u)
            for z in np.arange(0.15, 2.6, 0.15):
                f.tube("wood", (-0.45, 0.2, z), (0.45, 0.2, z), 0.02, have.WOODS[3])
            for side in (-0.47, 0.47):
                f.box("wood", (side, 0.13, 1.3), (0.05, 0.2, 2.6), have.WOODS[3])
    for wall in (0, 2):
        f = room.frame(wall)
        f.box("satin", (0, 1.3, 3.4), (1.8, 0.05, 1.05), WHITE)
        f.box("satin", (0, 1.34, 3.25), (0.6, 0.01, 0.45), (0.6, 0.05, 0.03))
        f.box("metal", (0, 0.7, 3.5), (0.1, 1.3, 0.1), DARK)
        for turn in np.arange(12) * np.pi / 6:
            a, b = turn, turn + np.pi / 6
            f.tube(
                "satin",
                (0.23 * np.cos(a), 1.65 + 0.23 * np.sin(a), 3.05),
                (0.23 * np.cos(b), 1.65 + 0.23 * np.sin(b), 3.05),
                0.012,
                (0.7, 0.12, 0.02),
            )
    for x, size in ((0.0, (0.05, 13)), (-8.0, (0.05, 13)), (8.0, (0.05, 13))):
        stage.box("satin", (x, 0, 0.002), (*size, 0.004), WHITE, 0, 0.0)
    for y in (-5.5, 5.5):
        stage.box("satin", (0, y, 0.002), (17, 0.05, 0.004), (0.6, 0.08, 0.04), 0, 0.0)
    for wall, u in ((1, -3), (1, 2), (3, 0)):
        f = room.frame(wall, u)
        f.box("wood", (0, 0.5, 0.38), (3.2, 0.3, 0.04), have.WOODS[3])
        for side in (-1.4, 0, 1.4):
            f.box("wood", (side, 0.5, 0.18), (0.06, 0.28, 0.36), have.WOODS[3])
    have.door(room.frame(1, 6), tint(rng, 0.1, 0.4, 0.8), 2.3, 1.8)
    room.panels(3.2, (1.5, 0.4))


def shop(stage: Set, row: dict) -> None:
    """A shop: racks of goods, rails with clothes, a till, a display window."""
    rng = stage.rng
    room = Room(
        stage, (-rng.uniform(3.0, 4.5), -rng.uniform(2.4, 3.0)), (rng.uniform(4, 6), rng.uniform(2.8, 3.8)), 3.0, row
    )
    room.shell(_papers(rng), "stone", tint(rng, 0.2, 0.5, 0.2), {3: [(-2.0, 2.6, 0.3, 2.6), (1.6, 2.6, 0.3, 2.6)]})
    for wall in (0, 1):
        for u in np.arange(-room.lengths[wall] / 2 + 1.0, room.lengths[wall] / 2 - 0.6, 1.5):
            have.shelf(room.frame(wall, u), 1.4, 2.2, 1.0)
    for x, y, turn in ((2.2, -0.8, 0.2), (-2.2, 1.3, 1.4), (2.8, 1.4, 0.0)):
        rail = Frame(stage, (x, y), turn)
        rail.tube("metal", (-0.8, 0, 1.5), (0.8, 0, 1.5), 0.015, STEEL)
        for u in (-0.8, 0.8):
            rail.tube("metal", (u, 0, 0), (u, 0, 1.5), 0.015, STEEL)
        for u in np.arange(-0.74, 0.76, 0.055):
            rail.box(
                "fabric",
                (u, 0, 1.05),
                (0.035, 0.42, rng.uniform(0.65, 0.9)),
                tint(rng, 0.04, 0.6, 1.0),
                0.012,
                rng.uniform(-0.2, 0.2),
            )
    till = room.frame(2, -0.8)
    till.box("wood", (0, 0.8, 0.5), (1.6, 0.6, 1.0), till.wood())
    have.clutter(till.part(0, 0.8), 1.4, 0.5, 1.0, 7)
    room.pictures(2, 1.2, 2, 1.7, 2.0)
    have.door(room.frame(2, 1.6), WHITE)
    have.plant(room.frame(3, 0.0).part(0, 0.5), 1.4, 12)
    room.panels(2.0, (0.25, 0.25))


ROOMS = {"living_room": living_room, "bedroom": bedroom, "office": office, "kitchen": kitchen, "cafe": cafe,
         "corridor": corridor, "library": library, "hall": hall, "shop": shop}  # fmt: skip
