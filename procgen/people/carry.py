"""Carries what a person wears and has along with a changed shape, in place: nothing is grown, cut or modelled anew."""

from __future__ import annotations

import json

import numpy as np
from mathutils import Matrix

from ..blender import points_of, set_points
from ..nodes.follow import REST
from .attach import Anchors, anchors_of, cage_surface, follow_of, to_bone
from .hanging import as_long, hang_of
from .head import Person
from .head_data import head_data
from .pose import Eye, rigid_fit
from .surface import Surface
from .transplant import OWN

NEAR = 0.015  # m around a rigid thing: the skin there says how it moves and grows
SAMPLES = 200  # points of a rigid thing that its surroundings are looked for at
FEWEST = 24  # points of the cage that a thing moves with at least
EYES = {"eye.L": "left", "eye.R": "right"}


class Carrier:
    """What hangs on a person, noted at one shape, to be shown at others."""

    def __init__(self, person: Person):
        self.rest, self.neutral = person.rest, person.neutral
        self.cage = cage_surface(person.rest)
        self.cloth: list[tuple] = []  # meshes whose points go with the skin below them
        self.rigid: list[tuple] = []  # things that go as a whole
        self.strands = []  # what geometry nodes carry; its own points follow at the end
        for obj in person.objects:
            follow = follow_of(obj)
            if obj.type not in ("MESH", "CURVES") or obj == person.head or follow == "none":
                continue
            if follow == "surface":
                self.strands.append(obj)
            elif follow in ("skin", "face"):
                points = points_of(obj.data)
                self.cloth.append((obj, points, anchors_of(self.cage, points), _offsets(obj, points)))
            else:
                near = None if follow in EYES else self._near(obj, follow)
                self.rigid.append((obj, EYES.get(follow), near, obj.matrix_basis.copy()))

    def _near(self, obj, follow: str) -> np.ndarray:
        """The points of the cage (k,) that a rigid thing moves with: those that it was placed by, or the skin around it."""
        if obj.get("part_of") == "mouth":
            return head_data().groups["helper-lower-teeth" if follow == "jaw" else "helper-upper-teeth"]
        points = points_of(obj.data)
        basis = np.array(obj.matrix_basis)
        points = points[:: max(len(points) // SAMPLES, 1)] @ basis[:3, :3].T + basis[:3, 3]
        distance = np.full(len(self.rest), np.inf)
        around = ((self.rest > points.min(0) - 0.05) & (self.rest < points.max(0) + 0.05)).all(1)
        middle = points.mean(0)  # squares of small numbers lose little
        here, there = self.rest[around] - middle, points - middle
        squared = ((there**2).sum(1) - 2 * here @ there.T).min(1) + (here**2).sum(1)
        distance[around] = np.sqrt(np.maximum(squared, 0))
        nearest = np.argsort(distance)[:FEWEST]
        return np.union1d(nearest[np.isfinite(distance[nearest])], np.nonzero(distance < NEAR)[0])

    def show(self, person: Person) -> None:
        """Bring all of it to the shape that the person has now; what nodes carry goes by itself."""
        now = cage_surface(person.rest)
        for obj, points, anchors, offsets in self.cloth:
            # Shifted, not turned: frames of single triangles would roughen what hangs off the skin.
            moved = points + places_of(now, anchors) - places_of(self.cage, anchors)
            set_points(obj.data, moved)
            for key, offset in offsets:
                set_points(key, moved + offset)
            obj.data.update()
        for obj, eye, near, basis in self.rigid:
            obj.matrix_basis = Matrix(self._motion(person, eye, near).tolist()) @ basis

    def _motion(self, person: Person, eye: str | None, near: np.ndarray | None) -> np.ndarray:
        """The (4, 4) motion of a rigid thing from the noted shape to the one of now."""
        if eye is None:
            return rigid_fit(self.rest[near], person.rest[near]) if len(near) > 3 else np.eye(4)
        return _eye_motion(self.neutral.eyes[eye], person.neutral.eyes[eye])

    def settle(self, person: Person) -> None:
        """Make the shape of now the one that everything was built for: bones, strands, and what hangs on bones."""
        self.show(person)
        before = _get_attribute(person.head.data, REST)
        person.remember_rest()
        after = _get_attribute(person.head.data, REST)
        for obj in self.strands:
            _bake(obj, before, after)
        person.place_bones()
        for obj in person.objects:
            if obj.parent_type == "BONE" and obj.parent == person.armature:
                to_bone(person.armature, obj, obj.parent_bone)
        for obj, eye, near, _ in self.rigid:
            given = json.loads(obj.get(OWN, "{}"))
            if "matrix" in given:
                moved = self._motion(person, eye, near) @ np.reshape(given["matrix"], (4, 4))
                given["matrix"] = [round(float(value), 6) for value in moved.ravel()]
                obj[OWN] = json.dumps(given)


def _eye_motion(before: Eye, now: Eye) -> np.ndarray:
    motion = np.eye(4) * [*([now.radius / before.radius] * 3), 1.0]
    motion[:3, 3] = now.centre - motion[:3, :3] @ before.centre
    return motion


def places_of(surface: Surface, anchors: Anchors) -> np.ndarray:
    """The points (k, 3) of a surface that anchors name."""
    return np.einsum("kc,kci->ki", anchors.weights, surface.positions[surface.triangles[anchors.triangles]])


def _offsets(obj, points: np.ndarray) -> list[tuple]:
    """The keys of a mesh but its basis, with how far each moves every point; the basis itself by none."""
    keys = obj.data.shape_keys
    return [(key, points_of(key) - points) for key in keys.key_blocks] if keys else []


def _get_attribute(data, name: str) -> np.ndarray:
    values = np.zeros(3 * len(data.attributes[name].data), np.float32)
    data.attributes[name].data.foreach_get("vector", values)
    return values.reshape(-1, 3).astype(np.float64)


def _frames(points: np.ndarray, corners: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place (k, 3) and axes (k, 3, 3) of anchors on triangles of corners (k, 3), as the nodes that carry strands have them."""
    a, b, c = (points[corners[:, index]] for index in range(3))
    along, normal = b - a, np.cross(b - a, c - a)
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-20)
    place = np.einsum("kc,cki->ki", weights, np.stack([a, b, c]))
    return place, np.stack([along, np.cross(normal, along), normal], 2)


def _bake(obj, before: np.ndarray, after: np.ndarray) -> None:
    """Move the points of strands, or of a small mesh on the skin, to where the nodes show them between two rests of the skin."""
    curves = obj.type == "CURVES"
    points = points_of(obj.data)
    sizes = _sizes(obj) if curves else None

    def moved(anchor: str) -> np.ndarray:
        corners = np.stack([_whole(obj.data, f"{anchor}_{index}") for index in range(3)], 1)
        weights = _get_attribute(obj.data, f"{anchor}_weights")
        (middle, axes), (new_middle, new_axes) = (_frames(rest, corners, weights) for rest in (before, after))
        turn = new_axes @ axes.transpose(0, 2, 1)
        shift = new_middle - np.einsum("kij,kj->ki", turn, middle)
        if curves:
            turn, shift = np.repeat(turn, sizes, 0), np.repeat(shift, sizes, 0)
        return np.einsum("kij,kj->ki", turn, points) + shift

    now = moved("skin_anchor")
    if "hang_low" in obj.data.attributes:
        roots, low = np.zeros(len(sizes), np.float32), np.zeros(len(sizes), np.float32)
        obj.data.attributes["root_hang"].data.foreach_get("value", roots)
        obj.data.attributes["hang_low"].data.foreach_get("value", low)
        share = hang_of(points[:, 2], np.repeat(low, sizes), np.repeat(roots, sizes))
        now = as_long(points, now + share[:, None] * (moved("shoulder_anchor") - now), sizes)
    if not curves and obj.data.shape_keys:
        for key, offset in _offsets(obj, points):
            set_points(key, now + offset)
    set_points(obj.data, now)
    obj.data.update_tag()


def _sizes(obj) -> np.ndarray:
    """How many points each curve has."""
    sizes = np.zeros(len(obj.data.curves), np.int32)
    obj.data.curves.foreach_get("points_length", sizes)
    return sizes


def _whole(data, name: str) -> np.ndarray:
    values = np.zeros(len(data.attributes[name].data), np.int32)
    data.attributes[name].data.foreach_get("value", values)
    return values
