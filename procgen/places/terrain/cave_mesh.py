"""The mesh of a cave for given cameras: finer where they look and near them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry.angles import arctan2
from ...geometry.mesh import Mesh, merged
from ...geometry.sdf import surface_nets
from .caves import Cave
from .fields import smoothstep, waves

NEAR = 0.25  # m: where the lattice begins
RATIO = 3.0  # of the lattice's step along a ray to the one across: walls are mostly seen face on
COARSE = 5.0  # how much coarser the lattice is where no camera looks


def cave_mesh(
    cave: Cave,
    eyes: np.ndarray,
    forwards: np.ndarray,
    fov: float,
    pixels: tuple[int, int],
    budget: int = 400_000,
    far: float = 110.0,
) -> Mesh:
    """The cave around cameras at ``eyes`` (k, 3) m in the air that look along ``forwards`` (k, 3); ``fov`` (rad) across.

    Surface nets (Gibson 1998) on a lattice of directions and logarithms of distances about the middle of the eyes; the
    quads are halved until ``budget``, drawn onto the surface and roughened. Attributes: the masks of a ground.
    """
    eyes, forwards = np.atleast_2d(np.asarray(eyes, float)), np.atleast_2d(np.asarray(forwards, float))
    centre, forward = eyes.mean(0), forwards.mean(0)
    vertical = 2 * np.arctan(np.tan(fov / 2) * pixels[1] / pixels[0])
    spread = np.ptp(arctan2(forwards[:, 1], forwards[:, 0]))
    azimuth = arctan2(forward[1], forward[0])
    elevation = arctan2(forward[2], np.hypot(forward[0], forward[1]))
    # The lattice is halved twice or three times: a face of the result should be about a pixel.
    step = max(8 * fov / pixels[0], fov / 110)
    turns = _angles(azimuth, 0.55 * fov + 0.5 * spread, np.pi, step)
    turns = np.concatenate([turns, turns[:2] + 2 * np.pi])  # once round, and one column that overlaps
    rises = _angles(elevation, 0.6 * vertical, np.pi, step)
    rises = np.concatenate([[-np.pi / 2], rises[(rises > -1.54) & (rises < 1.54)], [np.pi / 2]])
    radii = np.exp(np.arange(np.log(NEAR), np.log(far), RATIO * step))
    ways = np.stack(
        np.broadcast_arrays(
            np.cos(turns)[:, None] * np.cos(rises), np.sin(turns)[:, None] * np.cos(rises), np.sin(rises)
        ),
        -1,
    )
    points = centre + radii[:, None, None, None] * ways
    values = np.empty(points.shape[:-1])
    for index in range(len(radii)):
        values[index] = cave.hollow(points[index].reshape(-1, 3)).reshape(points.shape[1:3])
    mesh = _closed(_welded(surface_nets(values, points)), centre)
    stones = _spikes(cave, centre, step / 2, budget // 6)
    left = budget - sum(len(stone.faces) for stone in stones)
    times = max(int(np.floor(np.log(left / len(mesh.faces)) / np.log(4))), 0)
    for order in range(times):
        mesh = halved(mesh)
        if order < 2:  # two of Newton's steps along the slope of the distance; what is finer lies on a smooth surface
            value, slope = _slope(cave, mesh.vertices)
            mesh = replace(mesh, vertices=mesh.vertices - slope * np.clip(value, -0.3, 0.3)[:, None])
    vertices = mesh.vertices
    normals = Mesh(vertices, mesh.faces).normals()
    rock = 1 - _floor_share(cave, vertices)
    vertices = vertices + normals * cave.relief(vertices)[:, None]
    wet = smoothstep(-0.1, 0.5, waves(vertices[:, 0], vertices[:, 1], cave.terrain.seed % 65479, 4.0, 3))
    zero = np.zeros(len(vertices))
    masks = {
        "rock": rock,
        "sediment": 1 - rock,
        "flow": wet * smoothstep(3, 12, vertices[:, 1]),
        "snow": zero,
        "beach": zero,
    }
    return merged([Mesh(vertices, mesh.faces, attributes=masks), *stones])


def _floor_share(cave: Cave, points) -> np.ndarray:
    return smoothstep(0.35, 0.05, points[:, 2] - cave.floor(points))


def _slope(cave: Cave, points: np.ndarray, step: float = 0.02):
    """The plain distance and its unit gradient at points."""
    value = cave.hollow(points)
    gradient = np.stack([cave.hollow(points + step * way) - value for way in np.eye(3)], 1)
    return value, gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9)


def _angles(middle: float, half: float, reach: float, step: float) -> np.ndarray:
    """Angles from ``middle - reach`` up to below ``middle + reach``: ``step`` apart within ``half``, then ever coarser."""
    fine = np.arange(0, half + step, step)
    coarse, width = [fine[-1]], step
    while coarse[-1] < reach:
        width = min(width * 1.25, COARSE * step)
        coarse.append(coarse[-1] + width)
    side = np.concatenate([fine, np.array(coarse[1:])])
    side = side * (reach / side[-1]) if len(coarse) > 1 else side
    return middle + np.concatenate([-side[::-1], side[1:-1]])


def _welded(mesh: Mesh) -> Mesh:
    """Vertices at one place become one; faces that shrink to a line go."""
    _, first, place = np.unique(np.round(mesh.vertices, 6), axis=0, return_index=True, return_inverse=True)
    faces = np.where(mesh.faces < 0, -1, place.reshape(-1)[mesh.faces])
    kept = [len({*face} - {-1}) >= 3 for face in faces.tolist()]
    faces = faces[kept]
    # A quad with two corners at one place is a triangle.
    for corner in range(4):
        twin = (faces[:, corner] == faces[:, (corner + 1) % 4]) & (faces[:, 3] >= 0)
        if twin.any():
            rest = [(corner + 1) % 4, (corner + 2) % 4, (corner + 3) % 4]
            faces[twin] = np.column_stack([faces[twin][:, rest], np.full(twin.sum(), -1)])
    return Mesh(mesh.vertices[first], faces)


def _sides(faces: np.ndarray):
    """The directed edges (m, 2) of faces."""
    triangle = faces[:, 3] < 0
    fourth = np.where(triangle, faces[:, 2], faces[:, 3])
    edges = [
        faces[:, [0, 1]],
        faces[:, [1, 2]],
        np.column_stack([faces[:, 2], fourth])[~triangle],
        np.column_stack([fourth, faces[:, 0]]),
    ]
    return np.concatenate(edges)


def _closed(mesh: Mesh, centre: np.ndarray) -> Mesh:
    """Small holes straight above and below the centre, where the lattice's columns meet, closed by fans."""
    edges = _sides(mesh.faces)
    count = len(mesh.vertices)
    forth, back = edges[:, 0] * np.int64(count) + edges[:, 1], edges[:, 1] * np.int64(count) + edges[:, 0]
    rim = edges[~np.isin(forth, back)]
    way = mesh.vertices - centre
    polar = np.hypot(way[:, 0], way[:, 1]) < 0.2 * np.abs(way[:, 2])
    rim = rim[polar[rim].all(1)]
    follow = {int(b): int(a) for a, b in rim}
    vertices, faces = [mesh.vertices], [mesh.faces]
    while follow:
        start = next(iter(follow))
        loop, at = [], start
        while at in follow:
            loop.append(at)
            at = follow.pop(at)
        if at == start and len(loop) >= 3:
            middle = sum(map(len, vertices))
            vertices.append(mesh.vertices[loop].mean(0, keepdims=True))
            faces.append(np.column_stack([loop, np.roll(loop, -1), np.full(len(loop), middle), np.full(len(loop), -1)]))
    return Mesh(np.concatenate(vertices), np.concatenate(faces))


def halved(mesh: Mesh) -> Mesh:
    """Every face cut into four at the middles of its edges."""
    faces, count = mesh.faces.astype(np.int64), len(mesh.vertices)
    triangle = faces[:, 3] < 0
    quads, triangles = faces[~triangle], faces[triangle, :3]
    edges = np.concatenate(
        [quads[:, [i, (i + 1) % 4]] for i in range(4)] + [triangles[:, [i, (i + 1) % 3]] for i in range(3)]
    )
    edges.sort(axis=1)
    keys, place = np.unique(edges[:, 0] * count + edges[:, 1], return_inverse=True)
    middles = (mesh.vertices[keys // count] + mesh.vertices[keys % count]) / 2
    place = place.reshape(-1) + count
    of_quads = place[: 4 * len(quads)].reshape(4, -1)
    of_triangles = place[4 * len(quads) :].reshape(3, -1)
    hearts = mesh.vertices[quads].mean(1)
    heart = count + len(middles) + np.arange(len(quads))
    parts = [np.column_stack([quads[:, i], of_quads[i], heart, of_quads[i - 1]]) for i in range(4)]
    none = np.full(len(triangles), -1)
    parts += [np.column_stack([triangles[:, i], of_triangles[i], of_triangles[i - 1], none]) for i in range(3)]
    parts.append(np.column_stack([*of_triangles, none]))
    return Mesh(np.concatenate([mesh.vertices, middles, hearts]), np.concatenate(parts))


def _spikes(cave: Cave, centre: np.ndarray, angle: float, budget: int) -> list[Mesh]:
    """A closed mesh of each dripstone, with rings where the drops have grown it; about ``budget`` faces at most in all."""
    x, y, root, tip, radius = cave.spikes.T
    away = np.maximum(np.linalg.norm(np.column_stack([x, y, (root + tip) / 2]) - centre, axis=1), 0.5)
    around, rise = 2 * np.pi * radius / away, np.abs(root - tip) / away
    wanted = (np.clip(around / angle, 5, 40) * np.clip(rise / angle, 4, 120)).sum()
    angle *= max(np.sqrt(wanted / budget), 1.0)
    meshes = []
    for index, (x, y, root, tip, radius) in enumerate(cave.spikes):
        sides, rows = int(np.clip(around[index] / angle, 5, 40)), int(np.clip(rise[index] / angle, 4, 120))
        share = np.linspace(1, 0, rows)[:, None]
        turn = np.arange(sides) * (2 * np.pi / sides)
        bend = (
            0.25
            * radius
            * np.stack([np.sin(5 * share + index), np.cos(4 * share + 2 * index)], -1)[:, 0]
            * share
            * (1 - share)
            * 4
        )
        flute = (
            1
            + 0.12 * np.sin(3 * turn + index) * share
            + 0.07 * np.sin(abs(root - tip) / 0.035 * share**0.8 + np.sin(turn + index))
        )
        girth = radius * share**0.75 * flute
        ring = np.stack(
            [
                x + bend[:, :1] + girth * np.cos(turn),
                y + bend[:, 1:] + girth * np.sin(turn),
                np.broadcast_to(tip + (root - tip) * share, girth.shape),
            ],
            -1,
        )
        first = np.arange(sides)
        second = (first + 1) % sides
        row = np.arange(rows - 2)[:, None] * sides
        faces = np.stack([row + first, row + sides + first, row + sides + second, row + second], -1).reshape(-1, 4)
        last = (rows - 2) * sides
        point = np.full(sides, (rows - 1) * sides)
        cap = np.stack([last + first, point, last + second, np.full(sides, -1)], 1)
        lid = np.stack([first, second, point + 1, np.full(sides, -1)], 1)
        vertices = np.concatenate([ring[:-1].reshape(-1, 3), [(x, y, tip), (x, y, root)]])
        faces = np.concatenate([faces, cap, lid])
        if root < tip:  # a stalagmite is the mirror image
            flip = faces[:, 3] < 0
            faces = np.where(flip[:, None], faces[:, [0, 2, 1, 3]], faces[:, [0, 3, 2, 1]])
        one, zero = np.ones(len(vertices)), np.zeros(len(vertices))
        meshes.append(
            Mesh(vertices, faces, attributes={"rock": one, "sediment": zero, "flow": one, "snow": zero, "beach": zero})
        )
    return meshes
