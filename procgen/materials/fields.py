"""Recipes of fields that shader and geometry node trees share: noise, cells, furrows, weaves, scales, courses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..params import child
from .values import Value

REACH = 4.0  # metres by which a seed moves its noise; further off single precision loses the finest grain


class Cells(NamedTuple):
    """Voronoi cells: the distance to the middle in cell sizes, two random numbers 0…1 a cell, and the middle itself."""

    distance: Value
    random: Value
    second: Value


class Scales(NamedTuple):
    """Overlapping scales: 0…1 from root to free edge, 0…1 from keel to side, distance to the rim, a random number."""

    rise: Value
    side: Value
    rim: Value
    random: Value


class Fields:
    """Builds fields in one node tree, shader or geometry; places are in metres."""

    def __init__(self, nodes: Any, normal: Callable[[], Any], chance: Callable[[str], Any] | None = None):
        self.nodes = nodes  # procgen.nodes.shader.Nodes
        self._normal = normal  # gives the socket of the rest normal
        self._chance = chance  # gives the socket of a random number of an object or an island of faces
        self._flat: dict[Any, tuple[Value, Value]] = {}
        self.turned = False  # whether a field asked which way the surface faces

    def value(self, data: Any) -> Value:
        """A number, a tuple of three or a socket as a value."""
        if isinstance(data, Value):
            return data
        if isinstance(data, tuple | list | int | float):
            return Value(self.nodes, 0.0, False).of(data)
        return Value(self.nodes, data, data.type in ("VECTOR", "RGBA"))

    def moved(self, p: Value, seed: int) -> Value:
        """The place moved by a seed, so that two seeds show other parts of the same noise."""
        return p + tuple(child(seed, "place").uniform(-REACH, REACH, 3).round(4).tolist())

    def noise(
        self,
        p: Value,
        size: float,
        detail: float = 3.0,
        rough: float = 0.5,
        distortion: float = 0.0,
        stretch: tuple[float, float, float] | None = None,
    ) -> Value:
        """Fractal noise 0…1 around 0.5; ``size`` metres a wave, ``stretch`` scales the place beforehand."""
        inputs = {"Vector": (p if stretch is None else p * stretch).data, "Scale": 1.0 / size, "Detail": detail,
                  "Roughness": rough, "Distortion": distortion}  # fmt: skip
        return Value(self.nodes, self.nodes.add("ShaderNodeTexNoise", inputs).out(0), False)

    def warp(self, p: Value, amount: float, size: float, detail: float = 1.0) -> Value:
        """The place moved by up to about ``amount`` metres of noise."""
        inputs = {"Vector": p.data, "Scale": 1.0 / size, "Detail": detail}
        colour = Value(self.nodes, self.nodes.add("ShaderNodeTexNoise", inputs).out(1), True)
        return p + (colour - 0.5) * (2.0 * amount)

    def ridges(self, p: Value, size: float, detail: float = 3.0, rough: float = 0.5) -> Value:
        """Sharp crests 1 in valleys toward 0."""
        return 1.0 - (self.noise(p, size, detail, rough) * 2.0 - 1.0).absolute() * 2.0

    def _voronoi(self, p: Value, size: float, feature: str, randomness: float):
        inputs = {"Vector": p.data, "Scale": 1.0 / size, "Randomness": randomness}
        return self.nodes.add("ShaderNodeTexVoronoi", inputs, feature=feature)

    def cells(self, p: Value, size: float, randomness: float = 1.0) -> Cells:
        """Cells about ``size`` metres wide."""
        node = self._voronoi(p, size, "F1", randomness)
        red, green, _ = Value(self.nodes, node.out(1), True).split()
        return Cells(Value(self.nodes, node.out(0), False), red, green)

    def edge(self, p: Value, size: float, randomness: float = 1.0) -> Value:
        """The distance to the nearest border between cells, in cell sizes."""
        return Value(self.nodes, self._voronoi(p, size, "DISTANCE_TO_EDGE", randomness).out(0), False)

    def bumps(self, p: Value, size: float, randomness: float = 1.0) -> Value:
        """Round heads 1 in the middle of each cell, 0 where cells meet."""
        distance = Value(self.nodes, self._voronoi(p, size, "F1", randomness).out(0), False)
        return 1.0 - (distance * distance * 1.6).minimum(1.0)

    def chance(self, of: str) -> Value:
        """A random number 0…1 of each "object" (or instance) or "island" of faces; for colours: a relief has 0.5."""
        return self.value(self._chance(of) if self._chance else 0.5)

    def random(self, p: Value) -> Value:
        """A random number 0…1 of a vector that is constant within a cell."""
        return Value(self.nodes, self.nodes.add("ShaderNodeTexWhiteNoise", {"Vector": p.data}).out(0), False)

    def flat(self, p: Value, along: str = "up") -> tuple[Value, Value]:
        """The place on the surface seen along the axis it faces most: (u, v) metres, v up on walls.

        With ``along`` "back", u runs along y wherever it can: the way the scales and hairs of a creature lie.
        """
        if along in self._flat:
            return self._flat[along]
        self.turned = True
        x, y, z = p.split()
        nx, ny, nz = Value(self.nodes, self._normal(), True).absolute().split()
        # A little preference settles what faces two ways alike.
        level = nz.above(nx.maximum(ny) * 1.02)
        aside = nx.above(ny)
        if along == "up":
            u = level.between(aside.between(x, y), x)
            v = level.between(z, y)
        else:
            u = level.between(aside.between(z, y), y)
            v = level.between(aside.between(x, z), x)
        self._flat[along] = (u, v)
        return u, v

    def upright(self) -> Value:
        """1 on walls, 0 on floors and ceilings."""
        self.turned = True
        _, _, up = Value(self.nodes, self._normal(), True).absolute().split()
        return 1.0 - up.above(0.7)

    def weave(self, u: Value, v: Value, pitch: float, steps: int = 2) -> tuple[Value, Value]:
        """Threads over and under each other: height 0…1, and 1 where the warp is on top; steps 2 plain, 3 or 4 twill."""
        a, b = u / pitch, v / pitch
        row, column = b.floor(), a.floor()
        turn = (column + row) / steps
        over = turn.fraction().above(0.5 if steps == 2 else 0.99 / steps)
        round_u = 1.0 - (a.fraction() * 2.0 - 1.0).squared()
        round_v = 1.0 - (b.fraction() * 2.0 - 1.0).squared()
        warp = round_u.root() * (0.55 + 0.45 * round_v)
        weft = round_v.root() * (0.55 + 0.45 * round_u)
        return over.between(weft, warp), over

    def scales(self, u: Value, v: Value, width: float, length: float) -> Scales:
        """Scales that overlap like roof tiles, roots toward -u, ``width`` by ``length`` metres."""
        rows, across = u * (2.0 / length), v / width
        row = rows.floor()
        below = rows - row  # 0…1 within the row
        shift = (row * 0.5).fraction()
        column = (across + shift + 0.5).floor()
        side = (across + shift - column).absolute()  # 0…0.5
        here = ((below * 0.5).squared() + side * side).root()
        on_top = (0.5 - here).above(0.0)
        # Where the scale of this row ends, the root half of the next row's shows.
        next_column = (across + (0.5 - shift) + 0.5).floor()
        next_side = (across + (0.5 - shift) - next_column).absolute()
        there = (((below - 1.0) * 0.5).squared() + next_side * next_side).root()
        rise = on_top.between(below * 0.5, below * 0.5 + 0.5)
        name = on_top.between((row + 1.0).join(next_column, 0.5), row.join(column, 0.5))
        rim = (0.5 - on_top.between(there, here)) * 2.0
        return Scales(rise, on_top.between(next_side, side) * 2.0, rim, self.random(name))

    def courses(self, u: Value, v: Value, width: float, height: float, shift: float = 0.5) -> tuple[Value, Value]:
        """Blocks in courses: the distance to the nearest joint in metres, and a random number a block."""
        row = (v / height).floor()
        across = u / width + row * shift
        column = across.floor()
        a, b = across - column, v / height - row
        reach = (0.5 - (a - 0.5).absolute()) * width
        joint = reach.minimum((0.5 - (b - 0.5).absolute()) * height)
        return joint, self.random(column.join(row, 0.5))
