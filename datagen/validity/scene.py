"""The checks of a built scene, before its render: parts that are there, and a camera in the open (needs bpy)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .findings import Findings
from .people import asked
from .table import BEFORE

FRAMES = 5  # of a sequence, evenly chosen with both ends, in which the camera's place is checked
OPEN = ("water", "leaf", "lightning")  # classes that a camera may be within
# The 26 directions from the middle of a cube to its corners, edges and faces.
DIRECTIONS = np.array(
    [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) != (0, 0, 0)], float
)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def before(recipe, spec, made) -> list[dict]:
    """Check a built person or site; the findings to warn of, as plain JSON values.

    Raises Invalid where there are others. Things are taken where they are when a sequence starts; cameras go their way.
    """
    found = Findings(recipe.levels())
    if found.wants("missing_part", recipe.family, BEFORE):
        for name, points in points_of_parts(spec, made).items():
            found.add("missing_part", 0, points, name)
    if found.wants("camera_inside", recipe.family, BEFORE):
        for frame, eyes in places_of(made.cameras, recipe.frames).items():
            for number, eye in enumerate(eyes):
                share, name = inside(made, eye, made.cameras[number].data.clip_start)
                found.add("camera_inside", frame * len(eyes) + number, share, name)
    return [finding.to_dict() for finding in found.settle()]


def points_of_parts(spec, made) -> dict[str, int]:
    """The number of points of every part that the spec asks for, and of every object that holds none."""
    counts = {name: 0 for name in (asked(spec) if hasattr(spec, "wear") else ["terrain"])}
    for obj in made.objects:
        if obj.type not in ("MESH", "CURVES") or not obj.get("class"):
            continue
        points = len(obj.data.vertices if obj.type == "MESH" else obj.data.points)
        if obj["class"] in counts:
            counts[obj["class"]] += points
        elif not points:
            counts[obj.name] = 0
    return counts


def places_of(cameras: list, frames: int) -> dict[int, list[np.ndarray]]:
    """Where cameras (3,) are in the world, by frame: in a few of them, or in the first where none of them moves."""
    import bpy

    if not any(camera.animation_data for camera in cameras):
        return {0: [np.array(camera.matrix_world)[:3, 3] for camera in cameras]}
    chosen = np.unique(np.linspace(0, frames - 1, min(frames, FRAMES)).astype(int)).tolist()
    alone = bpy.data.scenes.new("Cameras")  # a frame of the whole scene takes seconds
    try:
        for camera in cameras:
            alone.collection.objects.link(camera)
        found = {}
        for frame in chosen:
            alone.frame_set(frame)
            graph = alone.view_layers[0].depsgraph
            found[frame] = [np.array(camera.evaluated_get(graph).matrix_world)[:3, 3] for camera in cameras]
        return found
    finally:
        bpy.data.scenes.remove(alone)


def inside(made, eye: np.ndarray, near: float) -> tuple[float, str]:
    """How far a point is within a thing, as the check "camera_inside" measures it, and the thing's name.

    ``near`` is the distance in metres below which nothing is rendered.
    """
    import bpy

    bpy.context.view_layer.update()
    worst, of = 0.0, ""
    for name, obj, matrix in _around(made, eye, near):
        ground = obj.get("class") == "terrain"
        value = float(_under(obj, matrix, eye, near)) if ground else _within(obj, matrix, eye, near)
        if value > worst:
            worst, of = value, name
    return worst, of


def _around(made, eye: np.ndarray, near: float) -> Iterator[tuple]:
    """Name, object and matrix to the world of the ground, and of all solid things whose boxes hold a point or nearly."""
    for obj in made.objects:
        if obj.type != "MESH" or obj.get("label_hidden") or obj.get("class") in OPEN or not len(obj.data.polygons):
            continue
        matrix = np.array(obj.matrix_world)
        if obj.get("class") == "terrain" or _near_boxes(obj, matrix[None], eye, near)[0]:
            yield obj.name, obj, matrix
    for crowd in getattr(made, "crowds", ()):
        if crowd.matrices is None or crowd.kind in OPEN:
            continue
        for which, obj in enumerate(crowd.variants):
            matrices = crowd.matrices[crowd.pick == which]
            for matrix in matrices[_near_boxes(obj, matrices, eye, near)]:
                yield crowd.name, obj, matrix


def _near_boxes(obj, matrices: np.ndarray, eye: np.ndarray, near: float) -> np.ndarray:
    """Whether a point lies within the box of an object at each of the matrices (n, 4, 4), or ``near`` metres from it."""
    corners = np.array(obj.bound_box)
    scale = np.maximum(np.linalg.norm(matrices[:, :3, 0], axis=1), 1e-9)
    # Matrices turn and scale evenly, so their inverse is their transpose over the scale twice.
    local = np.einsum("nji,nj->ni", matrices[:, :3, :3], eye - matrices[:, :3, 3]) / scale[:, None] ** 2
    margin = near / scale[:, None]
    return ((local > corners.min(0) - margin) & (local < corners.max(0) + margin)).all(1)


def _under(obj, matrix: np.ndarray, eye: np.ndarray, near: float) -> bool:
    """Whether ground lies over a point, its lower side first, or crosses its vertical nearer than ``near`` metres.

    The ground is taken without its modifiers, which raise it by a few centimetres: a tree of all its faces takes longer.
    """
    mesh = obj.data
    mesh.calc_loop_triangles()
    corners = np.zeros(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    points = np.zeros(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    points = points.reshape(-1, 3).astype(float) @ matrix[:3, :3].T + matrix[:3, 3] - eye
    corners = corners.reshape(-1, 3)
    for axis in (0, 1):  # what the vertical may cross
        reach = points[corners, axis]
        corners = corners[(reach.min(1) <= 0) & (reach.max(1) >= 0)]
    a, b, c = points[corners].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    level = np.abs(normal[:, 2]) > 1e-12
    weights = [(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) * np.sign(normal[:, 2]) for p, q in ((a, b), (b, c), (c, a))]
    crossed = level & (np.min(weights, axis=0) >= 0) if len(corners) else level
    height = (a[crossed] * normal[crossed]).sum(1) / normal[crossed, 2]
    if (np.abs(height) < near).any():
        return True
    above = height > 0
    return bool(above.any() and normal[crossed, 2][above][np.argmin(height[above])] > 0)


def _within(obj, matrix: np.ndarray, eye: np.ndarray, near: float) -> float:
    """The share of directions in which a point sees the inner side of an object's faces first; 1 where its surface is nearer
    than ``near`` metres."""
    import bpy

    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    back = np.linalg.inv(matrix)
    local = (back[:3, :3] @ eye + back[:3, 3]).tolist()
    scale = np.linalg.norm(matrix[:3, 0])
    found, place, _, _ = evaluated.closest_point_on_mesh(local, distance=near / scale)
    if found and np.linalg.norm(np.subtract(place, local)) * scale < near:
        return 1.0
    seen = 0
    for direction in DIRECTIONS @ back[:3, :3].T:
        hit, _, normal, _ = evaluated.ray_cast(local, (direction / np.linalg.norm(direction)).tolist())
        seen += hit and float(np.dot(normal, direction)) > 0
    return seen / len(DIRECTIONS)
