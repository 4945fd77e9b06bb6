"""What a thing's sample tells beside its views: mesh, points, signed distances, its own fields, and captions (needs bpy)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mathutils.bvhtree import BVHTree

from ...procgen import registry
from ...procgen.geometry.solid import draw_on, flat_normals, is_closed, winding
from ...procgen.params import child
from ...procgen.things.stand import HALF
from ..formats.files import write_json
from ..formats.mesh_file import MeshFile, encode_mesh, shared_corners
from ..formats.points import POINTS, SDF, Distances, SurfacePoints, encode_points
from ..thing_colours import shares
from ..thing_words import captions, facts

COUNT = 16_384  # points on the surface
NEAR, FAR = 8192, 8192  # places of signed distances near the surface, and all over the box
SPREADS = (0.01, 0.05)  # of the box by which near ones are off the surface, half of them each
WITHIN = 0.5  # winding number from which a place counts as inside


def write_records(folder: Path, stand, baked) -> None:
    """Write mesh.glb, points.npz, sdf.npz, thing.json and caption.txt of a baked thing."""
    order = np.argsort(baked.slot, kind="stable")  # as primitives follow one another in the mesh's file
    corners = ((stand.mesh.vertices - stand.centre) / stand.metres)[stand.mesh.faces[order, :3]].astype(np.float32)
    uv, slot = baked.uv[order], baked.slot[order]
    parts = np.array([surface.part for surface in baked.surfaces], np.uint8)
    seed = stand.spec.seed
    points = _points(corners.astype(float), uv, slot, parts, baked, child(seed, "points"))
    # The texture's second coordinate runs down in the file.
    vertices, normals, places, triangles = shared_corners(corners, baked.normals[order], uv * [1, -1] + [0, 1])
    mesh = MeshFile(vertices, normals, places, triangles, slot, baked.surfaces, baked.picture, stand.metres)
    folder.joinpath("mesh.glb").write_bytes(encode_mesh(mesh, stand.spec.sort))
    folder.joinpath(POINTS).write_bytes(encode_points(points))
    folder.joinpath(SDF).write_bytes(encode_points(_distances(corners.astype(float), points, child(seed, "distances"))))
    colours = shares(points.colour)
    found = facts(stand.spec, stand.own, stand.extent, float(stand.extent.max()), colours)
    rows = captions(stand.spec, found, colours)
    closed = is_closed(stand.mesh.vertices, stand.mesh.faces[:, :3])
    write_json(folder / "thing.json", {
        "family": stand.spec.family, "sort": stand.spec.sort, "category": f"{stand.spec.family}/{stand.spec.sort}",
        "box": {"half": HALF, "metres": stand.metres, "centre_m": stand.centre.tolist(),
                "extent": np.round(stand.extent / stand.metres, 9).tolist()},
        "size_m": stand.extent.tolist(), "closed": closed, "triangles": len(triangles), "colours": colours, "facts": found,
        "captions": rows, "own": registry.dump(stand.generator, stand.own),
    })  # fmt: skip
    (folder / "caption.txt").write_text(rows[0]["text"] + "\n", encoding="utf-8")


def _points(corners, uv, slot, parts, baked, rng) -> SurfacePoints:
    drawn = draw_on(corners, COUNT, rng)
    return SurfacePoints(
        drawn.of(corners).astype(np.float32), flat_normals(corners)[drawn.triangle].astype(np.float32),
        baked.colours(drawn.of(uv)), parts[slot[drawn.triangle]], drawn.triangle.astype(np.uint32),
    )  # fmt: skip


def _distances(corners: np.ndarray, points: SurfacePoints, rng) -> Distances:
    spread = np.repeat(SPREADS, NEAR // len(SPREADS))[:, None]
    start = points.place[rng.permutation(len(points.place))[:NEAR]]
    near = np.clip(start + rng.normal(size=(NEAR, 3)) * spread, -HALF, HALF).astype(np.float32)
    far = rng.uniform(-HALF, HALF, (FAR, 3)).astype(np.float32)
    places = np.concatenate([near, far])
    tree = BVHTree.FromPolygons(corners.reshape(-1, 3).tolist(), np.arange(3 * len(corners)).reshape(-1, 3).tolist())
    away = np.array([tree.find_nearest(place)[3] for place in places.tolist()], np.float32)
    within = winding(places.astype(float), corners) > WITHIN
    signed = np.where(within, -away, away)
    return Distances(near, signed[:NEAR], within[:NEAR], far, signed[NEAR:], within[NEAR:])
