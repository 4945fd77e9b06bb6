"""Parts that stay shells of their own: lofts, blades (ears, fins), horns, claws, teeth and eyes, each closed."""

from __future__ import annotations

import numpy as np

from ...geometry.mesh import Mesh
from ...geometry.primitives import lattice_faces
from .genome import Sweep

CAP_ROWS = 3  # rings of a rounded end


def capped(rings: np.ndarray) -> Mesh:
    """A closed mesh over rings (k, n, 3) of points, each end drawn together in the middle of its ring.

    Rings turn counter-clockwise seen against the direction in which they follow each other (from the last to the first).
    """
    count, around = rings.shape[:2]
    turned = np.arange(around)
    following = (turned + 1) % around
    poles = np.stack([rings[0].mean(0), rings[-1].mean(0)])
    total = count * around
    last = (count - 1) * around
    none = np.full(around, -1)
    faces = np.concatenate([
        lattice_faces(count, around, around=True),
        np.stack([np.full(around, total), following, turned, none], 1),
        np.stack([np.full(around, total + 1), last + turned, last + following, none], 1),
    ])  # fmt: skip
    return outward(Mesh(np.concatenate([rings.reshape(-1, 3), poles]), faces))


def volume(mesh: Mesh) -> float:
    """The signed volume inside a closed mesh, cubic metres."""
    a, b, c = (mesh.vertices[corner] - mesh.vertices[0] for corner in mesh.triangles().T)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def outward(mesh: Mesh) -> Mesh:
    """A closed mesh with its faces turned to the outside."""
    if volume(mesh) >= 0:
        return mesh
    faces = mesh.faces
    triangle = faces[:, [3]] < 0
    return Mesh(mesh.vertices, np.where(triangle, faces[:, [0, 2, 1, 3]], faces[:, [0, 3, 2, 1]]), mesh.slot,
                mesh.attributes, mesh.smooth)  # fmt: skip


def section(shape: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Across and above (…,) metres of the rim of sections (…, 5) at angles (radians from the top to the left)."""
    width, up, down, power, pear = np.moveaxis(shape, -1, 0)
    sine, cosine = np.sin(angle), np.cos(angle)
    x, z = (np.sign(value) * np.abs(value) ** (2 / power) for value in (sine, cosine))
    return width * (1 + pear * z) * x, np.where(z > 0, up, down) * z


def loft(sweep: Sweep, around: int = 16) -> Mesh:
    """The closed surface of a swept part by its own rings; attributes along 0…1 and around 0…1 (from the top)."""
    angle = np.arange(around) * (2 * np.pi / around)
    across, above = section(sweep.shape[:, None], angle[None])
    rim = across[..., None] * sweep.side[:, None] + above[..., None] * sweep.up[:, None]
    rings, along = [], []
    for end, factor in zip((0, -1), sweep.part.caps, strict=True):
        length = factor * min(sweep.shape[end, 0], sweep.shape[end, 1])
        if length > 0:
            phi = (
                np.linspace(0, np.pi / 2, CAP_ROWS + 2)[1:-1] if end else np.linspace(np.pi / 2, 0, CAP_ROWS + 2)[1:-1]
            )
            ahead = (1 if end else -1) * length * np.sin(phi)[:, None, None] * sweep.tangent[end]
            rings.append(sweep.centre[end] + rim[end] * np.cos(phi)[:, None, None] + ahead)
            along.append(np.full(CAP_ROWS, 1.0 if end else 0.0))
        else:
            rings.append(np.zeros((0, around, 3)))
            along.append(np.zeros(0))
    rings = np.concatenate([rings[0], sweep.centre[:, None] + rim, rings[1]])
    along = np.concatenate([along[0], sweep.along, along[1]])
    mesh = capped(rings)
    return mesh.with_attributes(along=np.concatenate([np.repeat(along, around), [0, 1]]),
                                around=np.concatenate([np.tile(angle / (2 * np.pi), len(along)), [0, 0]]))  # fmt: skip


def unit(vector) -> np.ndarray:
    """The vector (…, 3) at length one."""
    vector = np.asarray(vector, float)
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)


def blade(base, along, across, length: float, widths, thickness: float, curl: float = 0.0, bend: float = 0.0,
          rows: int = 10, columns: int = 6) -> Mesh:  # fmt: skip
    """A closed thin leaf from ``base`` (3,): half widths (k,) metres along its length, hollowed by ``curl`` and bent back
    by ``bend`` parts of its width and length. Attributes along 0…1, across -1…1."""
    along = unit(along)
    across = unit(np.asarray(across, float) - along * np.dot(along, across))
    normal = np.cross(across, along)
    t = np.linspace(0, 1, rows)
    half = np.interp(t, np.linspace(0, 1, len(widths)), widths)
    turned = np.arange(2 * columns) * (np.pi / columns)
    s, face = -np.cos(turned), np.sin(turned)
    lift = (
        curl * half[:, None] * s * s
        + bend * length * (t * t)[:, None]
        + 0.5 * thickness * face * (1 - 0.6 * t)[:, None]
    )
    rings = (np.asarray(base, float) + (length * t)[:, None, None] * along + (half[:, None] * s)[..., None] * across
             + lift[..., None] * normal)  # fmt: skip
    return capped(rings).with_attributes(
        along=np.concatenate([np.repeat(t, 2 * columns), [0, 1]]), across=np.concatenate([np.tile(s, rows), [0, 0]])
    )


def cone(points: np.ndarray, radii, around: int = 8, flat: float = 1.0, up=(0.0, 0.0, 1.0)) -> Mesh:
    """A closed tapering tube along a curve (k, 3), ``flat`` times as wide as high; attribute along 0…1."""
    points, radii = np.asarray(points, float), np.broadcast_to(np.asarray(radii, float), (len(points),))
    tangent = unit(np.gradient(points, axis=0))
    reference = np.asarray(up, float)
    if np.abs(tangent @ unit(reference)).max() > 0.98:  # the curve runs along it somewhere
        reference = np.array([0.0, 1.0, 0.0]) if abs(reference[1]) < 0.5 else np.array([1.0, 0.0, 0.0])
    side = unit(np.cross(reference, tangent))
    over = np.cross(tangent, side)
    angle = np.arange(around) * (2 * np.pi / around)
    rim = flat * np.sin(angle)[:, None] * side[:, None] + np.cos(angle)[:, None] * over[:, None]
    mesh = capped(points[:, None] + radii[:, None, None] * rim)
    t = np.linspace(0, 1, len(points))
    return mesh.with_attributes(along=np.concatenate([np.repeat(t, around), [0, 1]]))


def eyeball(centre, gaze, radius: float, iris, pupil: float = 0.35, slit: float = 1.0, sclera=(0.55, 0.5, 0.42),
            detail: float = 1.0) -> Mesh:  # fmt: skip
    """A ball that looks along ``gaze`` with its painted colour: pupil, iris (linear albedo) and white.

    ``pupil`` is its share of the iris, ``slit`` how many times higher than wide it is.
    """
    rows, around = (14, 20) if detail > 0.5 else (7, 10)
    gaze = unit(gaze)
    side = unit(np.cross([0.0, 0.0, 1.0], gaze))
    over = np.cross(gaze, side)
    # Rings are closer where the iris is.
    polar = np.pi * np.linspace(0, 1, rows + 2)[1:-1] ** 1.4
    angle = np.arange(around) * (2 * np.pi / around)
    local = np.stack([np.sin(polar)[:, None] * np.sin(angle), np.sin(polar)[:, None] * np.cos(angle),
                      np.cos(polar)[:, None] + 0 * angle], -1)  # fmt: skip
    mesh = capped(local)
    vertices = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    x, z = vertices[:, 0] * slit, vertices[:, 1] / (slit**0.3)
    reach = np.where(vertices[:, 2] > 0, np.hypot(vertices[:, 0], vertices[:, 1]), 2.0)
    inner = np.where(vertices[:, 2] > 0, np.hypot(x, z), 2.0)
    iris_rim = 0.86
    colour = np.where((reach < iris_rim)[:, None], iris, sclera)
    colour = np.where(((reach > iris_rim - 0.12) & (reach < iris_rim))[:, None], 0.35 * np.asarray(iris), colour)
    colour = np.where((inner < pupil * iris_rim)[:, None], (0.004, 0.004, 0.004), colour)
    placed = np.asarray(centre, float) + radius * (vertices @ np.stack([side, over, gaze]))
    return outward(Mesh(placed, mesh.faces, attributes={"colour": colour}))


def ellipsoid(centre, radii, rows: int = 7, around: int = 12) -> Mesh:
    """A closed ellipsoid; ``radii`` (3,) along x, y and z; its poles lie along z."""
    polar = np.linspace(0, np.pi, rows + 2)[1:-1]
    angle = np.arange(around) * (2 * np.pi / around)
    local = np.stack([np.sin(polar)[:, None] * np.sin(angle), np.sin(polar)[:, None] * np.cos(angle),
                      np.cos(polar)[:, None] + 0 * angle], -1)  # fmt: skip
    mesh = capped(local)
    vertices = mesh.vertices.copy()
    vertices[-2:] = [[0, 0, 1], [0, 0, -1]]
    return outward(Mesh(np.asarray(centre, float) + vertices * np.asarray(radii, float), mesh.faces))


def sheet(points: np.ndarray, thickness) -> Mesh:
    """A closed thin sheet over a grid of points (k, m, 3), of a thickness (metres, one or (k, m)); attributes along 0…1
    over the rows and across 0…1 over the columns."""
    rows, columns = points.shape[:2]
    normal = unit(np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0)))
    half = 0.5 * np.broadcast_to(np.asarray(thickness, float), (rows, columns))[..., None] * normal
    count = rows * columns
    upper = lattice_faces(rows, columns)
    grid = np.arange(count).reshape(rows, columns)
    rim = np.concatenate([grid[0, :-1], grid[:-1, -1], grid[-1, :0:-1], grid[:0:-1, 0]])
    after = np.roll(rim, -1)
    border = np.stack([rim, rim + count, after + count, after], 1)
    along, across = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
    mesh = Mesh(np.concatenate([(points + half).reshape(-1, 3), (points - half).reshape(-1, 3)]),
                np.concatenate([upper, upper[:, ::-1] + count, border]),
                attributes={"along": np.tile(along.ravel(), 2), "across": np.tile(across.ravel(), 2)})  # fmt: skip
    return outward(mesh)


def torus(rings: np.ndarray) -> Mesh:
    """A closed mesh over rings (k, n, 3) of points, the last joined to the first."""
    count, around = rings.shape[:2]
    first = np.arange(count)[:, None] * around + np.arange(around)
    second = np.roll(first, -1, 0)
    faces = np.stack([first, np.roll(first, -1, 1), np.roll(second, -1, 1), second], -1).reshape(-1, 4)
    return outward(Mesh(rings.reshape(-1, 3), faces))


def mirrored(mesh: Mesh) -> Mesh:
    """The mirror image on the animal's other side."""
    return mesh.transformed(np.diag([-1.0, 1.0, 1.0]))
