"""How every point of a place moves between frames in three dimensions, told by its own geometry and not by a renderer."""

from __future__ import annotations

import numpy as np

from ..cameras import pixel_centres, project

WAYS = {"next": 1, "previous": -1}


class SceneMotion:
    """Follows the moving objects of a site: vertices by their evaluated positions, whole objects by their matrices.

    ``aim`` puts the scene to a frame and writes on every moving mesh how its vertices go on, in object space, metres, as the
    attributes ``next`` and ``previous``; the label material turns them to the world. Needs bpy.
    """

    def __init__(self, scene, site, frames: int):
        self.scene, self.site, self.frames = scene, site, frames
        self.points: dict[int, dict[str, np.ndarray]] = {}
        self.matrices: dict[int, dict[str, np.ndarray]] = {}

    def _look(self, frame: int) -> None:
        from ...procgen.places.site import evaluated_points

        if frame in self.points:
            return
        self.site.pose(self.scene, frame)
        self.points[frame] = {obj.name: evaluated_points(obj) for obj in self.site.moving}
        self.matrices[frame] = {obj.name: np.array(obj.matrix_world) for obj in self.site.objects}
        for obj in self.site.moving:
            counts = {len(points[obj.name]) for points in self.points.values()}
            if len(counts) > 1:
                raise RuntimeError(
                    f"flow: {obj.name} has {counts} points in neighbouring frames; allowed is one number"
                )

    def aim(self, frame: int) -> None:
        """Put the scene to a frame and tell its meshes where they come from and go to."""
        from ...procgen.blender import set_attribute

        for other in (frame - 1, frame, frame + 1):
            self._look(other)
        for old in [number for number in self.points if number < frame - 1]:
            del self.points[old], self.matrices[old]
        self.site.pose(self.scene, frame)
        for obj in self.site.moving:
            for name, step in WAYS.items():
                values = self.points[frame + step][obj.name] - self.points[frame][obj.name]
                set_attribute(obj.data, name, "FLOAT_VECTOR", "POINT", values)
            obj.data.update_tag()

    def placed(self, frame: int) -> dict[int, np.ndarray]:
        """The matrix (4, 4) of every numbered object in a frame, by its id."""
        from ...procgen.places.site import OBJECT_ID

        matrices = self.matrices[frame]
        return {obj[OBJECT_ID]: matrices[obj.name] for obj in reversed(self.site.objects) if OBJECT_ID in obj}

    def carried(self, frame: int, step: int) -> dict[int, np.ndarray]:
        """By the id of a thing, the matrix (4, 4) that carries it from a frame to the one ``step`` later, where not one."""
        before, after = self.placed(frame), self.placed(frame + step)
        return {
            number: after[number] @ np.linalg.inv(matrix)
            for number, matrix in before.items() if not np.array_equal(matrix, after[number])
        }  # fmt: skip


def displaced(
    position: np.ndarray, identity: np.ndarray, move: np.ndarray, carried: dict[int, np.ndarray]
) -> np.ndarray:
    """Where points (h, w, 3) in the world are in another frame: moved (h, w, 3), then carried with their things (h, w)."""
    there = position.astype(np.float64) + move
    for number, matrix in carried.items():
        here = identity == number
        there[here] = there[here] @ matrix[:3, :3].T + matrix[:3, 3]
    return there


def flow_to(record: dict, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flow (h, w, 2) px from every pixel's centre to where another camera sees the world points (h, w, 3), and their planar
    depth (h, w) in it; NaN where a point lies behind that camera."""
    pixels, depth = project(record, there)
    flow = pixels - pixel_centres(record)
    return np.where((depth > 0)[..., None], flow, np.nan), depth
