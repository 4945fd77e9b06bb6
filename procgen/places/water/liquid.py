"""Liquids in motion: particles on a staggered grid, PIC/FLIP (Zhu and Bridson 2005) or APIC (Jiang et al. 2015)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...geometry.noise import noise
from ...params import child
from .pressure import project
from .tank import Tank

FULL = 8  # particles in a full cell, two along each axis
EXTRAPOLATE = 3  # layers of cells past the liquid that velocities reach
AIR_STAYS = 1.6  # seconds that bubbles of a few millimetres take to rise out of a pool
FORMAT = 1  # of cached simulations


class Particles(NamedTuple):
    """Particles of a liquid at one moment: positions (n, 3) metres, velocities (n, 3) m/s, air in them (n,) 0…1."""

    position: np.ndarray
    velocity: np.ndarray
    air: np.ndarray


CORNERS = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]


class Stencil:
    """Positions (n, 3), in cells, among the eight faces of an axis around each: ``share`` (3, n) of the way between them."""

    def __init__(self, position: np.ndarray, axis: int, shape: tuple[int, int, int]):
        shift = [0.0 if place == axis else 0.5 for place in range(3)]
        place = [np.clip(position[:, i] - shift[i], 0, shape[i] - 1.000001) for i in range(3)]
        first = [values.astype(np.int64) for values in place]
        self.share = np.stack([values - whole for values, whole in zip(place, first, strict=True)])
        self.base = (first[0] * shape[1] + first[1]) * shape[2] + first[2]
        self.strides = shape[1] * shape[2], shape[2], 1
        self.along = 1 - self.share, self.share

    def corners(self):
        """Each corner's (i, j, k), its places (n,) in the flat grid and its weights (n,)."""
        for i, j, k in CORNERS:
            place = self.base + (i * self.strides[0] + j * self.strides[1] + k)
            yield (i, j, k), place, self.along[i][0] * self.along[j][1] * self.along[k][2]

    def read(self, grid: np.ndarray) -> np.ndarray:
        """The grid's values (n,), interpolated linearly."""
        values = grid.ravel()
        return sum(values[place] * weight for _, place, weight in self.corners())

    def gradient(self, grid: np.ndarray) -> np.ndarray:
        """The gradient (n, 3) per cell of what ``read`` reads."""
        values, total = grid.ravel(), np.zeros((3, len(self.base)))
        for (i, j, k), place, _ in self.corners():
            value, x, y, z = values[place], self.along[i][0], self.along[j][1], self.along[k][2]
            total[0] += (1 if i else -1) * value * y * z
            total[1] += (1 if j else -1) * value * x * z
            total[2] += (1 if k else -1) * value * x * y
        return total.T


class Liquid:
    """A liquid that is being simulated: arrays of its particles, ``affine`` (n, 3, 3) is APIC's matrix."""

    def __init__(self, tank: Tank):
        self.tank, self.rng = tank, child(tank.seed, "liquid")
        self.shapes = [tuple(n + (axis == place) for place, n in enumerate(tank.cells)) for axis in range(3)]
        self.open = self._open_faces()
        self.emitted = [0.0 for _ in tank.inflows]
        self.position, self.velocity = np.zeros((0, 3)), np.zeros((0, 3))
        self.affine, self.air = np.zeros((0, 3, 3)), np.zeros(0)
        for body in tank.bodies:
            self._add(self._fill(body.shape), body.velocity)
        for body in tank.inflows:
            self._add(self._fill(body.shape), body.velocity)

    def _fill(self, shape) -> np.ndarray:
        """Jittered places, ``FULL`` to a cell, inside a shape and outside the solids."""
        step = self.tank.cell / 2
        axes = [(np.arange(2 * n) + 0.5) * step for n in self.tank.cells]
        places = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        places = places[shape.distance(places) < 0]
        places = places + self.rng.uniform(-0.2, 0.2, places.shape) * step
        return places[self.tank.solid_distance(places) > 0.1 * step]

    def _add(self, places: np.ndarray, velocity) -> None:
        self.position = np.concatenate([self.position, places])
        self.velocity = np.concatenate([self.velocity, np.broadcast_to(np.asarray(velocity, float), places.shape)])
        self.affine = np.concatenate([self.affine, np.zeros((len(places), 3, 3))])
        self.air = np.concatenate([self.air, np.zeros(len(places))])

    def _open_faces(self) -> list[np.ndarray]:
        """How much of each face of the grid is open 0…1 (Batty et al. 2007), from the distance at its middle."""
        tank, result = self.tank, []
        for axis, shape in enumerate(self.shapes):
            corners = []
            for corner in range(4):
                offset = np.full(3, 0.5)
                offset[axis] = 0.0
                offset[(axis + 1) % 3] = 0.25 + 0.5 * (corner & 1)
                offset[(axis + 2) % 3] = 0.25 + 0.5 * (corner >> 1)
                points = (np.stack(np.indices(shape), -1) + offset) * tank.cell
                corners.append(np.clip(0.5 + tank.solid_distance(points) / (0.5 * tank.cell), 0, 1))
            share = np.mean(corners, axis=0)
            for side, index in (("-", 0), ("+", -1)):
                end = [slice(None)] * 3
                end[axis] = index
                lets_out = side + "xyz"[axis] in ("+z", *tank.open_sides)
                if not lets_out:
                    share[tuple(end)] = 0.0
            result.append(np.where(share < 0.05, 0.0, share))
        return result

    def to_grid(self, around: list[Stencil]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Velocities of the faces along each axis, and the particles' weight there."""
        velocities, masses = [], []
        for axis, shape in enumerate(self.shapes):
            stencil, size = around[axis], int(np.prod(shape))
            mass, momentum = np.zeros(size), np.zeros(size)
            start, rise = self.velocity[:, axis], None
            if self.tank.transfer == "apic":
                rise = self.affine[:, axis].T * self.tank.cell
                start = start - (rise * stencil.share).sum(0)
            for (i, j, k), place, weight in stencil.corners():
                carried = start if rise is None else start + i * rise[0] + j * rise[1] + k * rise[2]
                mass += np.bincount(place, weight, size)
                momentum += np.bincount(place, weight * carried, size)
            velocities.append(np.where(mass > 1e-9, momentum / np.maximum(mass, 1e-9), 0.0).reshape(shape))
            masses.append(mass.reshape(shape))
        return velocities, masses

    def around(self, position: np.ndarray) -> list[Stencil]:
        """Where positions (n, 3) lie among the faces of each axis."""
        return [Stencil(position / self.tank.cell, axis, shape) for axis, shape in enumerate(self.shapes)]

    def from_grid(self, grid: list[np.ndarray], before: list[np.ndarray], around: list[Stencil]) -> np.ndarray:
        """Take the particles' velocities from the grid, and give the grid's velocities (n, 3) where they are.

        ``before`` is the grid before its forces.
        """
        met = np.empty(self.velocity.shape)
        fresh = np.empty(self.velocity.shape)
        for axis, stencil in enumerate(around):
            met[:, axis] = stencil.read(grid[axis])
            fresh[:, axis] = met[:, axis]
            if self.tank.transfer == "apic":
                # The gradient of the linear interpolation, which is APIC's matrix for linear weights.
                self.affine[:, axis] = stencil.gradient(grid[axis]) / self.tank.cell
            else:
                change = stencil.read(grid[axis] - before[axis])
                fresh[:, axis] += self.tank.flip * (self.velocity[:, axis] + change - fresh[:, axis])
        self.velocity = fresh
        return met

    def liquid_cells(self) -> np.ndarray:
        """Which cells (nx, ny, nz) hold liquid: those with a particle in them."""
        shape = np.array(self.tank.cells)
        return (np.bincount(self._cells_of(self.position), minlength=int(np.prod(shape))) > 0).reshape(tuple(shape))

    def _cells_of(self, position: np.ndarray, parts: int = 1) -> np.ndarray:
        """Flat index (n,) of the cells, or of cells cut into ``parts`` along each axis, that hold positions (n, 3)."""
        shape = np.array(self.tank.cells) * parts
        index = np.clip((position * (parts / self.tank.cell)).astype(np.int64), 0, shape - 1)
        return (index[:, 0] * shape[1] + index[:, 1]) * shape[2] + index[:, 2]

    def step(self, seconds: float) -> None:
        """Go on by one step."""
        tank = self.tank
        if len(self.position):
            around = self.around(self.position)
            velocities, masses = self.to_grid(around)
            before = [velocity.copy() for velocity in velocities]
            velocities[2] = velocities[2] - np.where(masses[2] > 1e-9, tank.gravity * seconds, 0.0)
            project(velocities, self.open, self.liquid_cells(), tank.tolerance)
            velocities = [
                extrapolate(v, m > 1e-9) * (w > 0) for v, m, w in zip(velocities, masses, self.open, strict=True)
            ]
            middle = self.position + 0.5 * seconds * self.from_grid(velocities, before, around)
            there = [stencil.read(grid) for stencil, grid in zip(self.around(middle), velocities, strict=True)]
            self.position = self.position + seconds * np.stack(there, 1)
            self._keep_inside()
            self._take_air(seconds)
        for index, body in enumerate(tank.inflows):
            self._flow_in(index, body, seconds)

    def _keep_inside(self) -> None:
        tank, margin = self.tank, 0.02 * self.tank.cell
        distance = tank.solid_distance(self.position)
        stuck = np.flatnonzero(distance < margin)
        if len(stuck):
            here, small = self.position[stuck], 0.1 * tank.cell
            slope = np.stack([tank.solid_distance(here + small * axis) - tank.solid_distance(here - small * axis)
                              for axis in np.eye(3)], 1)  # fmt: skip
            normal = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-12)
            self.position[stuck] = here + (margin - distance[stuck])[:, None] * normal
            into = np.minimum((self.velocity[stuck] * normal).sum(1, keepdims=True), 0)
            self.velocity[stuck] -= into * normal
        stays = ((self.position > 0) & (self.position < tank.size)).all(1)
        if not stays.all():
            self.position, self.velocity = self.position[stays], self.velocity[stays]
            self.affine, self.air = self.affine[stays], self.air[stays]

    def _take_air(self, seconds: float) -> None:
        """Air that is torn in where velocities differ within a cell, or in thin fast water (after Ihmsen et al. 2012)."""
        flat, size = self._cells_of(self.position), int(np.prod(self.tank.cells))
        count = np.maximum(np.bincount(flat, minlength=size), 1)
        mean = np.stack([np.bincount(flat, self.velocity[:, axis], size) / count for axis in range(3)], 1)
        apart = ((self.velocity - mean[flat]) ** 2).sum(1)
        apart = np.sqrt(np.bincount(flat, apart, size) / count)[flat]
        speed = np.sqrt((self.velocity**2).sum(1))
        thin = np.clip(1 - count[flat] / (0.75 * FULL), 0, 1)
        rate = 3.5 * np.clip((apart - 0.5) / 1.5, 0, 1) + 2.5 * thin * np.clip((speed - 1.5) / 3.5, 0, 1)
        # A falling sheet whitens in streaks along its way down.
        fast = np.flatnonzero(self.velocity[:, 2] < -1.5)
        if len(fast):
            streak = noise(self.position[fast, :2] / (2.2 * self.tank.cell), self.tank.seed % 10007)
            rate[fast] += 4.0 * np.clip(1.8 * streak, 0, 1) * np.clip((speed[fast] - 1.5) / 3.0, 0, 1)
        self.air = np.clip(self.air + seconds * (rate * (1 - self.air) - self.air / AIR_STAYS), 0, 1)

    def _flow_in(self, index: int, body, seconds: float) -> None:
        """Refill an inflow where its liquid has moved on: with a layer whenever it has gone the width of one."""
        speed = float(np.linalg.norm(body.velocity))
        self.emitted[index] += speed * seconds
        layer = self.tank.cell / 2
        if self.emitted[index] < layer:
            return
        self.emitted[index] -= layer * np.floor(self.emitted[index] / layer)
        places = self._fill(body.shape)
        held = np.bincount(self._cells_of(self.position), minlength=int(np.prod(self.tank.cells)))
        cell, fine = self._cells_of(places), self._cells_of(places, 2)
        free = np.bincount(self._cells_of(self.position, 2), minlength=8 * len(held))[fine] == 0
        places, cell = places[free], cell[free]
        order = np.argsort(cell, kind="stable")
        places, cell = places[order], cell[order]
        rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
        self._add(places[rank < FULL - held[cell]], body.velocity)


def extrapolate(values: np.ndarray, known: np.ndarray, layers: int = EXTRAPOLATE) -> np.ndarray:
    """Carry face values a few cells past where they are known, by the mean of known neighbours."""
    values, known = np.where(known, values, 0.0), known.copy()
    for _ in range(layers):
        total, count = np.zeros(values.shape), np.zeros(values.shape)
        for axis in range(3):
            for here, there in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
                a, b = [slice(None)] * 3, [slice(None)] * 3
                a[axis], b[axis] = here, there
                total[tuple(a)] += values[tuple(b)]
                count[tuple(a)] += known[tuple(b)]
        fresh = ~known & (count > 0)
        values[fresh] = total[fresh] / count[fresh]
        known |= fresh
    return values


def simulate(tank: Tank, frames: int, fps: float = 24.0, folder: str | os.PathLike | None = None) -> list[Particles]:
    """The particles of a liquid at ``frames`` moments 1/fps seconds apart, the first at the start.

    With a ``folder`` the result is kept there and read from there the next time, in single precision either way.
    """
    path = None if folder is None else Path(folder) / f"liquid-{FORMAT}-{tank.digest()}-{frames}-{fps:g}.npz"
    if path and path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return [Particles(*(kept[f"{name}{i}"] for name in Particles._fields)) for i in range(frames)]
    liquid, result = Liquid(tank), []
    for frame in range(frames):
        if frame:
            left = 1 / fps
            while left > 1e-9:
                fastest = np.abs(liquid.velocity).max() if len(liquid.velocity) else 0.0
                longest = tank.courant * tank.cell / max(fastest + tank.gravity * left, 1e-6)
                step = left / max(np.ceil(left / longest - 1e-6), 1)
                liquid.step(step)
                left -= step
        result.append(
            Particles(*(values.astype(np.float32) for values in (liquid.position, liquid.velocity, liquid.air)))
        )
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
        arrays = {f"{name}{i}": getattr(moment, name) for i, moment in enumerate(result) for name in Particles._fields}
        np.savez_compressed(beside, **arrays)
        os.replace(beside, path)
    return result
