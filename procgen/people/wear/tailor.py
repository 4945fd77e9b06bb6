"""Tailoring: pieces cut from the body's surface, smoothed and thickened, and bands swept along their edges."""

from __future__ import annotations

import numpy as np

from ...geometry.angles import arctan2
from ..surface import edges_of, vectors, vertex_normals

LEAST_CUT = 0.0005  # of a field, metres, between a cut and the vertices beside it


def divided(triangles: np.ndarray, field: np.ndarray):
    """Cut triangles (m, 3) along the zero of a field (n,); all are kept.

    Returns for the new vertices the two old ones (k, 2) and the share of the second (k,), the triangles, and whether each
    lies where the field is positive.
    """
    inside = field > 0
    count = inside[triangles].sum(1)
    # Vertices of the cut are made once for each edge that crosses zero.
    edges, pieces, sides = {}, [], []
    extra_pairs, extra_shares = [], []

    def crossing(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in edges:
            edges[key] = len(field) + len(extra_pairs)
            extra_pairs.append(key)
            extra_shares.append(field[key[0]] / (field[key[0]] - field[key[1]]))
        return edges[key]

    for triangle in triangles[(count > 0) & (count < 3)].tolist():
        flags = [bool(inside[v]) for v in triangle]
        alone = sum(flags) == 1
        lone = flags.index(alone)
        a, b, c = triangle[lone], triangle[(lone + 1) % 3], triangle[(lone + 2) % 3]
        ab, ac = crossing(a, b), crossing(a, c)
        pieces += [[a, ab, ac], [ab, b, c], [ab, c, ac]]
        sides += [alone, not alone, not alone]
    own = np.arange(len(field))
    pairs = np.concatenate([np.stack([own, own], 1), np.array(extra_pairs, int).reshape(-1, 2)])
    shares = np.concatenate([np.zeros(len(field)), extra_shares])
    whole = (count == 0) | (count == 3)
    faces = np.concatenate([triangles[whole], np.array(pieces, int).reshape(-1, 3)])
    return pairs, shares, faces, np.concatenate([count[whole] == 3, np.array(sides, bool)])


def clip(positions: np.ndarray, triangles: np.ndarray, field: np.ndarray):
    """Keep where a field (n,) is positive; triangles on its zero are cut there.

    Returns for the new vertices the two old ones (k, 2) and the share of the second (k,), and the triangles (m, 3).
    """
    # No cut runs so near to a vertex that a triangle without area is left: its normal would be anything.
    away = np.maximum(np.abs(field), LEAST_CUT)
    pairs, shares, faces, inside = divided(triangles, np.where(field > 0, away, -away))
    used = np.unique(faces[inside])
    index = np.full(len(pairs), -1)
    index[used] = np.arange(len(used))
    return pairs[used], shares[used], index[faces[inside]]


def halved(triangles: np.ndarray):
    """Divide every triangle (m, 3) into four at the middles of its edges.

    Returns for the new vertices, the old ones first, the two old ones (k, 2) and the share of the second (k,), and the triangles.
    """
    count, edges = int(triangles.max()) + 1, edges_of(triangles)[0]
    keys = edges[:, 0] * count + edges[:, 1]
    a, b, c = triangles.T
    ab, bc, ca = (
        count + np.searchsorted(keys, np.minimum(p, q) * count + np.maximum(p, q)) for p, q in ((a, b), (b, c), (c, a))
    )
    faces = np.concatenate([np.stack(corners, 1) for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    own = np.arange(count)
    pairs = np.concatenate([np.stack([own, own], 1), edges])
    return pairs, np.concatenate([np.zeros(count), np.full(len(edges), 0.5)]), faces


def between(values: np.ndarray, pairs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Values (n, …) at the new vertices of a clip."""
    share = shares.reshape(-1, *[1] * (values.ndim - 1))
    return values[pairs[:, 0]] * (1 - share) + values[pairs[:, 1]] * share


def boundary(triangles: np.ndarray) -> np.ndarray:
    """The edges (k, 2) that belong to one triangle."""
    edges, counts = edges_of(triangles)
    return edges[counts == 1]


def smooth(positions: np.ndarray, triangles: np.ndarray, rounds: int, fixed: np.ndarray | None = None) -> np.ndarray:
    """Move vertices (n, 3) to the mean of their neighbours; edge vertices follow the edge alone, fixed ones stay."""
    edges, counts = edges_of(triangles)
    rim = edges[counts == 1]
    on_rim = np.zeros(len(positions), bool)
    on_rim[rim.ravel()] = True
    edges = np.concatenate([edges[~on_rim[edges].any(1)], edges[on_rim[edges].sum(1) == 1], rim])
    a, b = edges.T
    from_b_to_a = ~on_rim[a] | on_rim[b]  # a rim vertex listens to the rim only
    from_a_to_b = ~on_rim[b] | on_rim[a]
    targets = np.concatenate([a[from_b_to_a], b[from_a_to_b]])
    sources = np.concatenate([b[from_b_to_a], a[from_a_to_b]])
    weight = np.bincount(targets, minlength=len(positions))[:, None]
    stays = (weight[:, 0] == 0) | (fixed if fixed is not None else False)
    for _ in range(rounds):
        total = np.stack([np.bincount(targets, positions[sources, i], len(positions)) for i in range(3)], 1)
        mean = total / np.maximum(weight, 1)
        positions = np.where(stays[:, None], positions, 0.4 * positions + 0.6 * mean)
    return positions


def keep_outside(positions: np.ndarray, tree, room: float) -> np.ndarray:
    """Push positions (n, 3) out until they are ``room`` metres (scalar or (n,)) off the surface of a BVH."""
    room = np.broadcast_to(room, len(positions))
    found = [tree.find_nearest(position) for position in positions.tolist()]
    nearest, normal = vectors(found, 0), vectors(found, 1)
    height = np.einsum("ij,ij->i", positions - nearest, normal)
    return positions + np.maximum(room - height, 0)[:, None] * normal


class Piece:
    """A piece of cloth over the skin: positions and template (n, 3) in metres, triangles (m, 3)."""

    def __init__(self, surface, field: np.ndarray, room: float, rounds: int, template_limit: float = -0.405, tree=None):
        allowed = np.minimum(field, surface.template[:, 2] - template_limit)
        pairs, shares, self.triangles = clip(surface.positions, surface.triangles, allowed)
        self.template = between(surface.template, pairs, shares)
        self.skin = between(surface.positions, pairs, shares)
        normals = between(surface.normals, pairs, shares)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        self.positions = smooth(self.skin + normals * room, self.triangles, rounds)
        self.positions = keep_outside(self.positions, tree or surface.bvh(), room * 0.7)

    def rim(self, choose) -> np.ndarray:
        """The vertices of the part of the edge where ``choose(template)`` holds."""
        members = np.unique(boundary(self.triangles))
        return members[choose(self.template[members])]


def loop_around(points: np.ndarray, axis: np.ndarray, count: int = 160, rounds: int = 6) -> np.ndarray:
    """An even closed loop (count, 3) through points that surround a vertical axis at (x, y); starts at the back."""
    angle = arctan2(points[:, 0] - axis[0], points[:, 1] - axis[1])
    order = np.argsort(angle)
    angle, points = angle[order], points[order]
    angle = np.concatenate([angle - 2 * np.pi, angle, angle + 2 * np.pi])
    points = np.concatenate([points] * 3)
    at = np.linspace(-np.pi, np.pi, count, endpoint=False)
    loop = np.stack([np.interp(at, angle, points[:, i]) for i in range(3)], 1)
    for _ in range(rounds):
        loop = (np.roll(loop, 1, 0) + 2 * loop + np.roll(loop, -1, 0)) / 4
    return np.roll(loop, count // 2, 0)


def sweep(loop: np.ndarray, axis: np.ndarray, profile: np.ndarray, closed: bool = True):
    """A band along a loop (k, 3): the profile (p, 2) or (k, p, 2) gives metres outward from the axis and up."""
    outward = loop - axis
    outward[:, 2] = 0
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    profile = np.broadcast_to(profile, (len(loop), *np.shape(profile)[-2:]))
    rings = loop[:, None] + profile[..., :1] * outward[:, None] + profile[..., 1:] * np.array([0, 0, 1.0])
    count, size = rings.shape[:2]
    i, j = np.meshgrid(np.arange(count if closed else count - 1), np.arange(size - 1), indexing="ij")
    after = (i + 1) % count
    faces = np.stack([i * size + j, after * size + j, after * size + j + 1, i * size + j + 1], -1).reshape(-1, 4)
    return rings.reshape(-1, 3), faces


def tube(path: np.ndarray, radius, sides: int = 10, closed: bool = False, flat: float = 1.0, up=(0.0, 0.0, 1.0)):
    """A tube (or a closed ring) along a path (k, 3) with a radius (scalar or (k,)); ``flat`` squeezes its side axis."""
    if closed:
        along = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    else:
        along = np.gradient(path, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    side = np.cross(along, np.asarray(up))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    third = np.cross(side, along)
    radius = np.broadcast_to(radius, len(path))[:, None, None]
    angle = 2 * np.pi * np.arange(sides) / sides
    rings = path[:, None] + radius * (
        flat * np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * third[:, None]
    )
    count = len(path)
    i, j = np.meshgrid(np.arange(count if closed else count - 1), np.arange(sides), indexing="ij")
    after, beside = (i + 1) % count, (j + 1) % sides
    faces = np.stack([i * sides + j, i * sides + beside, after * sides + beside, after * sides + j], -1).reshape(-1, 4)
    faces = faces.tolist()
    if not closed:
        faces += [list(range(sides))[::-1], [(count - 1) * sides + k for k in range(sides)]]
    return rings.reshape(-1, 3), faces


def folds(positions: np.ndarray, triangles: np.ndarray, amount: float, scale: float, seed: int) -> np.ndarray:
    """Displace a cloth along its normals by stretched noise of an amplitude in metres."""
    from ...light.panorama import noise

    wave = noise(positions * scale * np.array([1.0, 1.0, 0.35]), seed, 3)
    ridge = 1 - np.abs(2 * noise(positions * scale * np.array([0.8, 0.8, 0.5]) + 9, seed + 1, 2) - 1)
    height = amount * (0.7 * (wave - 0.4) + 0.9 * (ridge - 0.75))
    return positions + vertex_normals(positions, triangles) * height[:, None]


def stretched(positions, triangles, tree, room, rounds: int = 6, steps: int = 30) -> np.ndarray:
    """Pull a cloth taut between its edge, which stays, and whatever stands in its way: it bridges hollows."""
    edge = np.zeros(len(positions), bool)
    edge[boundary(triangles).ravel()] = True
    for _ in range(rounds):
        positions = smooth(positions, triangles, steps, fixed=edge)
        positions = keep_outside(positions, tree, room)
    return positions


def chains(triangles: np.ndarray) -> list[np.ndarray]:
    """The edge loops of a mesh, each as its vertices in order, the longest first."""
    after: dict[int, list[int]] = {}
    for a, b in boundary(triangles).tolist():
        after.setdefault(a, []).append(b)
        after.setdefault(b, []).append(a)
    loops, seen = [], set()
    for start in after:
        if start in seen:
            continue
        loop, here = [], start
        while here is not None:
            loop.append(here)
            seen.add(here)
            here = next((vertex for vertex in after[here] if vertex not in seen), None)
        loops.append(np.array(loop))
    return sorted(loops, key=len, reverse=True)


def resampled(path: np.ndarray, step: float, closed: bool = False, rounds: int = 2) -> np.ndarray:
    """A path (k, 3) with even steps in metres, smoothed a little."""
    if closed:
        path = np.concatenate([path, path[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(int(along[-1] / step), 4), endpoint=not closed)
    even = np.stack([np.interp(at, along, path[:, i]) for i in range(3)], 1)
    for _ in range(rounds):
        mean = (np.roll(even, 1, 0) + 2 * even + np.roll(even, -1, 0)) / 4
        if not closed:
            mean[[0, -1]] = even[[0, -1]]
        even = mean
    return even


def merged(pieces: list) -> tuple[np.ndarray, list]:
    """One mesh (vertices, faces) of several."""
    vertices, faces, start = [], [], 0
    for points, polygons in pieces:
        vertices.append(points)
        faces += [[start + int(v) for v in polygon] for polygon in polygons]
        start += len(points)
    return np.concatenate(vertices), faces


def ellipsoid(centre, radii, turn=None, rings: int = 9, around: int = 14):
    """A closed ellipsoid with radii (3,), turned by a (3, 3) matrix."""
    u, v = np.meshgrid(np.linspace(0, np.pi, rings), 2 * np.pi * np.arange(around) / around, indexing="ij")
    points = np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], -1).reshape(-1, 3) * np.asarray(radii)
    points = points if turn is None else points @ np.asarray(turn).T
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    after = (j + 1) % around
    faces = np.stack([i * around + j, (i + 1) * around + j, (i + 1) * around + after, i * around + after], -1)
    return points + centre, faces.reshape(-1, 4).tolist()


def section_sweep(path: np.ndarray, first: np.ndarray, second: np.ndarray, section: np.ndarray, closed: bool):
    """Sweep a closed section along a path (k, 3): ``section`` (k, s, 2) in metres along two axes (k, 3)."""
    rings = path[:, None] + section[..., :1] * first[:, None] + section[..., 1:] * second[:, None]
    count, size = rings.shape[:2]
    i, j = np.meshgrid(np.arange(count if closed else count - 1), np.arange(size), indexing="ij")
    after, beside = (i + 1) % count, (j + 1) % size
    faces = (
        np.stack([i * size + j, after * size + j, after * size + beside, i * size + beside], -1).reshape(-1, 4).tolist()
    )
    if not closed:
        faces += [list(range(size)), [(count - 1) * size + k for k in range(size)][::-1]]
    return rings.reshape(-1, 3), faces


def coarse_surface(person):
    """The skin with one subdivision (needs bpy): enough for cloth that hangs free of it, at a quarter of the cost."""
    from ..head import neutral_surface

    return neutral_surface(person.rest, 1)
