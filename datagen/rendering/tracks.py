"""Long point tracks: points of the surfaces that a first frame shows, followed through a whole sequence."""

from __future__ import annotations

import numpy as np

from ..cameras import project

STEP = 32  # a track starts in every cell of a grid of so many cells along the picture's longer side
TOLERANCE = 1e-3  # share of the distance by which a point may lie behind the surface that hides it


class Tracks:
    """Points chosen on a grid of the first frame, with the place of each in its thing.

    What does not move stays where it is in the world; a point of a moving mesh keeps its place in its triangle.
    """

    def __init__(self, site, position: np.ndarray, identity: np.ndarray):
        height, width = identity.shape
        cell = max(max(height, width) / STEP, 1)
        rows = (np.arange(int(height / cell)) * cell + cell / 2).astype(int)
        columns = (np.arange(int(width / cell)) * cell + cell / 2).astype(int)
        y, x = (values.ravel() for values in np.meshgrid(rows, columns, indexing="ij"))
        hit = identity[y, x] > 0
        self.start = np.stack([x, y], 1)[hit] + 0.5
        self.world = position[y, x][hit].astype(np.float64)
        self.identity = identity[y, x][hit]
        self.anchors = _anchors(site, self.world, self.identity)
        self.carried: dict[int, np.ndarray] = {}  # by the id of a thing, its matrix in the first frame
        self.frames: list[dict[str, np.ndarray]] = []

    def add(self, motion, frame: int, record: dict, depth: np.ndarray) -> None:
        """Follow the points to a frame with its camera and planar depth (h, w), inf where nothing is."""
        points = self.world.copy()
        for number, matrix in motion.placed(frame).items():
            start = self.carried.setdefault(number, matrix)
            which = self.identity == number
            if which.any() and not np.array_equal(matrix, start):
                to = matrix @ np.linalg.inv(start)
                points[which] = points[which] @ to[:3, :3].T + to[:3, 3]
        for name, anchor in self.anchors.items():
            corners = motion.points[frame][name][anchor.triangles].astype(np.float64)
            local = np.einsum("nk,nki->ni", anchor.weights, corners)
            matrices = anchor.matrices if anchor.matrices is not None else motion.matrices[frame][name][None]
            points[anchor.which] = np.einsum("nij,nj->ni", matrices[:, :3, :3], local) + matrices[:, :3, 3]
        pixels, distance = project(record, points)
        inside = (distance > 0) & (pixels >= 0).all(1) & (pixels[:, 0] < record["width"])
        inside &= pixels[:, 1] < record["height"]
        x, y = np.clip(np.nan_to_num(pixels).astype(int), 0, [record["width"] - 1, record["height"] - 1]).T
        around = np.pad(depth, 1, mode="edge")
        near = np.stack([around[y + dy, x + dx] for dy in range(3) for dx in range(3)])
        slack = TOLERANCE * distance
        seen = inside & (distance <= near.max(0) + slack) & (distance >= near.min(0) - slack)
        self.frames.append({"pixels": pixels, "points": points, "visible": seen})

    def arrays(self) -> dict[str, np.ndarray]:
        """What tracks.npz holds: points_2d (n, f, 2) px, points_3d (n, f, 3) m, visible (n, f), query (n, 2) px."""
        return {
            "points_2d": np.stack([frame["pixels"] for frame in self.frames], 1).astype(np.float32),
            "points_3d": np.stack([frame["points"] for frame in self.frames], 1).astype(np.float32),
            "visible": np.stack([frame["visible"] for frame in self.frames], 1),
            "query": self.start.astype(np.float32),
        }


class _Anchor:
    """The places of some tracks in the triangles of one moving object."""

    def __init__(self, which, triangles, weights, matrices):
        self.which, self.triangles, self.weights, self.matrices = which, triangles, weights, matrices


def _anchors(site, world: np.ndarray, identity: np.ndarray) -> dict[str, _Anchor]:
    found = {}
    moving = {obj.name: obj for obj in site.moving}
    for crowd in site.crowds:
        place = identity - crowd.first
        inside = (place >= 0) & (place < crowd.count)
        if not inside.any():
            continue
        if crowd.variants:
            for number, obj in enumerate(crowd.variants):
                which = np.flatnonzero(inside)[crowd.pick[place[inside]] == number]
                if obj.name in moving and len(which):
                    found[obj.name] = _anchor(obj, which, world[which], crowd.matrices[place[which]])
        elif crowd.name in moving:
            found[crowd.name] = _anchor(moving[crowd.name], np.flatnonzero(inside), world[inside], None)
    return found


def _anchor(obj, which: np.ndarray, world: np.ndarray, matrices: np.ndarray | None) -> _Anchor:
    import bpy
    from mathutils.bvhtree import BVHTree

    from ...procgen.places.site import evaluated_points

    points = evaluated_points(obj)
    data = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    data.calc_loop_triangles()
    triangles = np.zeros(3 * len(data.loop_triangles), np.int32)
    data.loop_triangles.foreach_get("vertices", triangles)
    triangles = triangles.reshape(-1, 3)
    tree = BVHTree.FromPolygons(points.tolist(), triangles.tolist())
    to_local = np.linalg.inv(matrices if matrices is not None else np.array(obj.matrix_world)[None])
    local = np.einsum("nij,nj->ni", to_local[:, :3, :3], world) + to_local[:, :3, 3]
    chosen = triangles[[tree.find_nearest(point)[2] for point in local.tolist()]]
    a, b, c = (points[chosen[:, corner]].astype(np.float64) for corner in range(3))
    u, v, w = b - a, c - a, local - a
    uu, uv, vv, wu, wv = ((p * q).sum(1) for p, q in ((u, u), (u, v), (v, v), (w, u), (w, v)))
    size = np.maximum(uu * vv - uv * uv, 1e-30)
    second, third = (vv * wu - uv * wv) / size, (uu * wv - uv * wu) / size
    return _Anchor(which, chosen, np.stack([1 - second - third, second, third], 1), matrices)
