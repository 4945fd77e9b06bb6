"""An animal put together: its skin and shells in one mesh, with the bone or the weights that carry each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...assets import Asset, Bone, Rig, Surface
from ...geometry.mesh import Mesh, merged
from .parts import mirrored
from .skin import smooth_weights

# Cycles by name, their periods in seconds and their speeds in metres a second, as a Rig has them.
Motions = tuple[dict[str, Callable[[float], dict[str, np.ndarray]]], dict[str, float], dict[str, float]]


class Assembly:
    """Collects the shells of an animal over a skeleton."""

    def __init__(self, bones: Sequence[Bone], radii: np.ndarray):
        self.bones = tuple(bones)
        self.radii = radii
        self.number = {bone.name: index for index, bone in enumerate(self.bones)}
        self.surfaces: list[Surface] = []
        self.meshes: list[Mesh] = []
        self.weights: list[np.ndarray] = []

    def slot(self, surface: Surface) -> int:
        """The place of a surface, which is listed once."""
        if surface not in self.surfaces:
            self.surfaces.append(surface)
        return self.surfaces.index(surface)

    def add(self, mesh: Mesh, surface: Surface, bone: str | np.ndarray, colour=None, fur=0.0) -> None:
        """Add a shell that one bone carries, or that has weights (n, bones); ``colour`` (3,) or (n, 3) linear."""
        count = len(mesh.vertices)
        if isinstance(bone, str):
            weights = np.zeros((count, len(self.bones)))
            weights[:, self.number[bone]] = 1
        else:
            weights = bone
        if colour is None:
            colour = mesh.attributes.get("colour", np.full(3, 0.5))
        colour = np.broadcast_to(np.asarray(colour, float), (count, 3))
        fur = np.broadcast_to(np.asarray(fur, float), (count,))
        self.meshes.append(
            Mesh(mesh.vertices, mesh.faces, self.slot(surface), {"colour": colour, "fur": fur}, mesh.smooth)
        )
        self.weights.append(weights)

    def add_pair(self, mesh: Mesh, surface: Surface, bone: str, colour=None, fur=0.0) -> None:
        """Add a shell of the left and its mirror image."""
        self.add(mesh, surface, bone, colour, fur)
        self.add(mirrored(mesh), surface, bone.replace(".L", ".R"), colour, fur)

    def lower(self, height: float) -> None:
        """Set everything down by a height, metres."""
        self.meshes = [mesh.moved([0, 0, -height]) for mesh in self.meshes]
        self.bones = tuple(
            replace(bone, head=(*bone.head[:2], bone.head[2] - height), tail=(*bone.tail[:2], bone.tail[2] - height))
            for bone in self.bones
        )

    def nearest(self, mesh: Mesh) -> np.ndarray:
        """Smooth weights (n, bones) of a shell by its distance from the bones."""
        return smooth_weights(mesh.vertices, self.bones, self.radii)

    def asset(self, kind: str, motions: Callable[[tuple[Bone, ...]], Motions], scale: float = 1.0) -> Asset:
        """The animal made ``scale`` times as large, with the cycles that ``motions`` finds for its bones."""
        bones = tuple(
            replace(bone, head=tuple(scale * x for x in bone.head), tail=tuple(scale * x for x in bone.tail))
            for bone in self.bones
        )
        mesh = merged(self.meshes)
        attributes = {**mesh.attributes, "fur": scale * mesh.attributes["fur"]}
        mesh = replace(mesh, vertices=scale * mesh.vertices, attributes=attributes)
        return Asset(kind, mesh, tuple(self.surfaces), rig=Rig(bones, np.concatenate(self.weights), *motions(bones)))
