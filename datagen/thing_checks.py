"""The checks of a thing: its mesh, points, distances and captions must hold of each other and of its views."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..procgen import registry
from ..procgen.geometry.solid import distance, flat_normals
from ..procgen.things.thing import own_spec
from .cameras import pixel_rays
from .readers import Sample
from .thing_colours import shares
from .thing_words import facts, holds

TRIED = 64  # pixels of the first view, and places of distances, that are held against every triangle


def _first(sample: Sample, frame: int) -> bool:
    """Whether a frame is the one with which a thing's own files are checked."""
    return frame == sample.frames[0] and sample.holds("thing.json")


def points_on_mesh(v, camera, sample, frame):
    """How far a point lies off the triangle that it says it lies on, as a share of the box."""
    if not _first(sample, frame):
        return None
    points, mesh = sample.points, sample.mesh
    if points.triangle.max(initial=0) >= len(mesh.triangles):
        return np.inf
    corners = mesh.vertices[mesh.triangles[points.triangle]].astype(float)
    a, b, c = (corners[:, k] for k in range(3))
    # The point's weights of the corners, in the triangle's plane.
    u, w, p = b - a, c - a, points.place - a
    uu, uw, ww, pu, pw = ((x * y).sum(1) for x, y in ((u, u), (u, w), (w, w), (p, u), (p, w)))
    area = np.maximum(uu * ww - uw * uw, 1e-30)
    second, third = (ww * pu - uw * pw) / area, (uu * pw - uw * pu) / area
    weights = np.clip(np.stack([1 - second - third, second, third], 1), 0, None)
    weights /= weights.sum(1, keepdims=True)
    away = np.linalg.norm(np.einsum("nk,nkc->nc", weights, corners) - points.place, axis=1)
    return float(away.max(initial=0.0)) / (2 * sample.thing["box"]["half"])


def points_face_out(v, camera, sample, frame):
    """How far the normal of a point is from that of its triangle."""
    if not _first(sample, frame):
        return None
    corners = sample.mesh.vertices[sample.mesh.triangles[sample.points.triangle]].astype(float)
    own = flat_normals(corners)
    return float(
        np.quantile(np.linalg.norm(own - sample.points.normal, axis=1), 0.999)
    )  # slivers have none to speak of


def mesh_in_box(v, camera, sample, frame):
    """How far a vertex lies outside the box, and how far the longest extent misses the one that is told, in box lengths."""
    if not _first(sample, frame):
        return None
    box = sample.thing["box"]
    low, high = sample.mesh.vertices.min(0), sample.mesh.vertices.max(0)
    outside = max(float(np.abs([low, high]).max()) - box["half"], 0.0)
    return max(outside, float(np.abs(high - low - box["extent"]).max()), abs(sample.mesh.metres - box["metres"]))


def views_show_mesh(v, camera, sample, frame):
    """How far what pixels of the first view show lies off the mesh, as a share of the box."""
    if not _first(sample, frame) or "depth" not in v:
        return None
    y, x = np.nonzero(np.isfinite(v["depth"]))
    if not len(y):
        return None
    chosen = np.linspace(0, len(y) - 1, min(TRIED, len(y))).astype(int)
    y, x = y[chosen], x[chosen]
    start, rays = pixel_rays(camera)
    places = start + rays[y, x] * v["depth"][y, x, None]
    mesh = sample.mesh
    return float(distance(places, mesh.vertices[mesh.triangles].astype(float)).max()) / (
        2 * sample.thing["box"]["half"]
    )


def distances_agree(v, camera, sample, frame):
    """How far signed distances are off the mesh's, as a share of the box; those of the wrong sign are off by all."""
    if not _first(sample, frame):
        return None
    found, mesh = sample.distances, sample.mesh
    worst, corners = 0.0, mesh.vertices[mesh.triangles].astype(float)
    for places, told, occupied in (found[:3], found[3:]):
        if ((told < 0) & ~occupied).any() or ((told > 0) & occupied).any():
            return np.inf
        chosen = np.linspace(0, len(places) - 1, TRIED // 2).astype(int)
        worst = max(worst, float(np.abs(np.abs(told[chosen]) - distance(places[chosen].astype(float), corners)).max()))
    return worst / (2 * sample.thing["box"]["half"])


def captions_hold(v, camera, sample, frame):
    """The captions that say something else than the thing is, or that are told as wrong and are not."""
    if not _first(sample, frame):
        return None
    thing, spec = sample.thing, sample.spec
    name, own = own_spec(spec)
    if thing["own"] != registry.dump(name, own) or (thing["family"], thing["sort"]) != (spec.family, spec.sort):
        return np.inf
    colours = shares(sample.points.colour)
    size = np.ptp(sample.mesh.vertices, axis=0) * sample.mesh.metres
    found = facts(spec, own, size, float(size.max()), colours)
    wrong = sum(not holds(row, found) for row in thing["captions"])
    return float(wrong + (sample.caption != thing["captions"][0]["text"]))


THING_CHECKS: dict[str, tuple[Callable, float, str]] = {
    "points lie on the mesh": (points_on_mesh, 1e-4, "of the box"),
    "points face out": (points_face_out, 0.02, ""),
    "mesh lies in its box": (mesh_in_box, 1e-5, "of the box"),
    "views show the mesh": (views_show_mesh, 1e-4, "of the box"),
    "distances are the mesh's": (distances_agree, 1e-4, "of the box"),
    "captions are true": (captions_hold, 0, "captions"),
}
