"""The space around a posed head as a grid of signed distances: where strands may not go, for a million points at once."""

from __future__ import annotations

import numpy as np

from ..surface import vectors
from .volumes import Volumes

LOW = np.array([-0.27, -0.17, -0.43])  # corners of the grid in the head's neutral frame, metres
HIGH = np.array([0.27, 0.30, 0.26])
CELL = 0.007
FAR = 0.06
HAT_ROOM = 0.0025  # metres that strands keep from headwear
REACH = 8  # cells that the sign is carried on into the head


def _along(centres: np.ndarray, found: list) -> np.ndarray:
    """How far places (n, 3) lie along the normals (n,) of the points found nearest to them."""
    product = (centres - vectors(found, 0)) * vectors(found, 1)
    return product[:, 0] + product[:, 1] + product[:, 2]


class Space:
    """Signed distance to skin and clothes, and the room under headwear, in the head's neutral frame.

    All places are (…, 3) metres in that frame; ``matrix`` (4, 4) takes them to the world.
    """

    def __init__(self, person, floor: float = -0.43):
        """``floor`` is the height (m) below which no hair comes; the less the quicker."""
        self.low = np.array([LOW[0], LOW[1], max(floor, LOW[2])])
        self.matrix = person.head_matrix
        self.turn, self.shift = self.matrix[:3, :3], self.matrix[:3, 3]
        self.hats, clothes = volumes_of(person, "headwear"), volumes_of(person, "garment")
        self.shape = np.ceil((HIGH - self.low) / CELL).astype(int) + 1
        surface = person.surface
        near = self._cells_near(self.to_local(surface.positions))
        for cloth in clothes:
            near |= self._cells_near(self.to_local(cloth.points))
        self.near_hats = np.zeros(self.shape, bool)
        for hat in self.hats:
            self.near_hats |= self._cells_near(self.to_local(hat.points))
        index = np.nonzero(near.ravel())[0]
        centres = self.to_world(np.stack(np.unravel_index(index, self.shape), 1) * CELL + self.low)
        value, room = self._measure(surface.bvh(), clothes, centres)
        grid = np.full(near.size, np.nan, np.float32)
        grid[index] = value
        grid = _carried_on(grid.reshape(self.shape))
        lid = np.full(near.size, 1.0, np.float32)
        lid[index] = room
        slopes = np.gradient(grid)
        self.values = grid.ravel()
        self.grid = np.stack([grid, *slopes, lid.reshape(self.shape)], -1).reshape(-1, 5)

    def to_local(self, places: np.ndarray) -> np.ndarray:
        """World to the head's neutral frame."""
        return (places - self.shift) @ self.turn

    def to_world(self, places: np.ndarray) -> np.ndarray:
        """The head's neutral frame to the world."""
        return places @ self.turn.T + self.shift

    def _cells_near(self, places: np.ndarray, spread: int = 1) -> np.ndarray:
        cell = np.rint((places - self.low) / CELL).astype(int)
        inside = ((cell >= 0) & (cell < self.shape)).all(1)
        mask = np.zeros(self.shape, bool)
        mask[tuple(cell[inside].T)] = True
        for axis in range(3):
            grown = mask.copy()
            for shift in range(1, spread + 1):
                grown |= np.roll(mask, shift, axis) | np.roll(mask, -shift, axis)
            mask = grown
        return mask

    def _measure(self, skin, clothes: list, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = [skin.find_nearest(centre) for centre in centres.tolist()]
        distance = np.array([hit[3] for hit in found])
        values = np.where(_along(centres, found) < 0, -distance, distance)
        for cloth in clothes:
            # Cloth is an open sheet: only straight under it counts as inside.
            index = cloth.near(centres, 0.03)
            places = zip(index.tolist(), centres[index].tolist(), strict=True)
            near = [(index, *cloth.tree.find_nearest(place, 0.03)) for index, place in places]
            near = [hit for hit in near if hit[1] is not None]
            if not near:
                continue
            index, far = np.array([hit[0] for hit in near]), np.array([hit[4] for hit in near])
            under = (_along(centres[index], [hit[1:] for hit in near]) < -0.75 * far) & (far < 0.02)
            values[index] = np.minimum(values[index], np.where(under, -far, far) - 0.003)
        rooms = np.ones(len(centres))
        skin_places = vectors(found, 0)
        for hat in self.hats:
            for index in hat.near(skin_places, 0.05).tolist():
                place, normal, _, _ = found[index]
                hit = hat.tree.ray_cast(place, normal, 0.05)
                if hit[0] is not None and hit[3] < rooms[index]:
                    rooms[index] = hit[3]
        return values, rooms

    def _corners(self, places: np.ndarray):
        scaled = np.clip(
            (places - self.low).astype(np.float32) / np.float32(CELL), 0, (self.shape - 1.001).astype(np.float32)
        )
        low = scaled.astype(np.int32)
        share = scaled - low
        stride = np.array([self.shape[1] * self.shape[2], self.shape[2], 1], np.int32)
        base = low[:, 0] * stride[0] + low[:, 1] * stride[1] + low[:, 2]
        for corner in range(8):
            weight, offset = np.float32(1), 0
            for axis in range(3):
                high = corner >> axis & 1
                weight = weight * (share[:, axis] if high else 1 - share[:, axis])
                offset += high * int(stride[axis])
            yield weight, base + offset

    def distance(self, places: np.ndarray) -> np.ndarray:
        """Signed distance (n,) at places (n, 3); negative inside skin or clothes."""
        return sum(weight * self.values[index] for weight, index in self._corners(places))

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Signed distance (n,), unit direction outward (n, 3) and room under a hat (n,) at places (n, 3)."""
        result = sum(weight[:, None] * self.grid[index] for weight, index in self._corners(places))
        slope = result[:, 1:4]
        outward = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
        return result[:, 0], outward, result[:, 4]

    def pushed_out(self, places: np.ndarray, wanted: np.ndarray, margin: float = 0.85) -> np.ndarray:
        """Places (n, 3) moved out to at least ``wanted`` (n,) metres from skin and clothes, and under any hat."""
        value = self.distance(places)
        far = np.nonzero(value < wanted)[0]
        if self.hats:
            far = np.nonzero((value < wanted) | (value < 0.05))[0]
        if len(far) == 0:
            return places
        places = places.copy()
        for _ in range(2):
            distance, outward, room = self.at(places[far])
            move = np.maximum(wanted[far] - distance, 0)
            ceiling = np.maximum(margin * room - 0.002, 0.0006)
            move = np.where(distance + move > ceiling, ceiling - distance, move)
            places[far] += outward * move[:, None]
        return places

    def share_outside_hats(self, strands: np.ndarray) -> np.ndarray:
        """The share (n,) of each strand (n, k, 3) that comes before it would pass through headwear."""
        share = np.ones(len(strands))
        if not self.hats:
            return share
        cell = np.rint((strands - self.low) / CELL).astype(np.int32)
        cell = np.clip(cell, 0, self.shape - 1)
        close = self.near_hats[cell[..., 0], cell[..., 1], cell[..., 2]]
        segments = close[:, 1:] | close[:, :-1]
        world = self.to_world(strands)
        moves = np.diff(world, axis=1)
        lengths = np.linalg.norm(moves, axis=2)
        steps = strands.shape[1] - 1
        trees, whole = [hat.tree for hat in self.hats], np.ones(len(strands), bool)
        for step in range(steps):
            at = np.flatnonzero(whole & segments[:, step] & (lengths[:, step] >= 1e-7))
            rays = moves[at, step] / lengths[at, step, None]
            asked = (values.tolist() for values in (at, world[at, step], rays, lengths[at, step]))
            for index, place, ray, length in zip(*asked, strict=True):
                hits = [tree.ray_cast(place, ray, length + HAT_ROOM)[3] for tree in trees]
                hits = [hit for hit in hits if hit is not None]
                if hits:
                    share[index] = (step + max(min(hits) - HAT_ROOM, 0) / length) / steps
                    whole[index] = False
        return share


def volumes_of(person, kind: str) -> list[Volumes]:
    """The bounding volumes, in the world, of the meshes of a class as they were cut, without their thickness."""
    return [Volumes(_vertices(obj), obj.data) for obj in person.objects if obj.get("class") == kind]


def _vertices(obj) -> np.ndarray:
    places = np.zeros(len(obj.data.vertices) * 3, np.float32)
    obj.data.vertices.foreach_get("co", places)
    matrix = np.array(obj.matrix_basis)
    return places.reshape(-1, 3).astype(float) @ matrix[:3, :3].T + matrix[:3, 3]


def _carried_on(grid: np.ndarray) -> np.ndarray:
    """Fill unknown (NaN) cells from their neighbours, a cell farther each; what stays unknown is far outside."""
    grid = np.clip(grid, -FAR, FAR)
    for _ in range(REACH):
        known = np.where(np.isnan(grid), 0, grid)
        total, count = np.zeros_like(grid), np.zeros_like(grid)
        for axis in range(3):
            for shift in (1, -1):
                moved = np.roll(known, shift, axis)
                total += moved
                count += moved != 0
        mean = total / np.maximum(count, 1)
        grid = np.where(np.isnan(grid) & (count > 0), mean + np.sign(mean) * CELL, grid)
    return np.where(np.isnan(grid), np.float32(FAR), np.clip(grid, -FAR, FAR)).astype(np.float32)
