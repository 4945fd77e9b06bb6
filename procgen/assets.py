"""Assets: what a generator of a thing makes (a tree, a shell, an animal): arrays, the surfaces they wear, how they move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .geometry.mesh import Mesh


@dataclass(frozen=True)
class Surface:
    """What a part of an asset is made of: a generator of procgen.materials by name, and the seed it is drawn from.

    ``colour`` linear Rec.709 takes the place of the material's main colour; ``painted`` takes it from the mesh attribute
    ``colour`` (n, 3) instead.
    """

    material: str
    seed: int = 0
    colour: tuple[float, float, float] | None = None
    painted: bool = False
    settings: dict = field(default_factory=dict)  # fields of the material's spec that are fixed


@dataclass(frozen=True)
class Bone:
    """A bone at rest: head and tail (3,) metres, and the name of its parent."""

    name: str
    head: tuple[float, float, float]
    tail: tuple[float, float, float]
    parent: str = ""


@dataclass(frozen=True)
class Rig:
    """Bones, the weights (n, bones) of the vertices, and cycles of motion.

    A cycle maps a phase 0…1 to the rotation (4,) (w, x, y, z) of each bone that moves, in the bone's own rest frame as
    Blender's pose bones have it, and may move the root by (3,) metres under the name "".
    """

    bones: tuple[Bone, ...]
    weights: np.ndarray
    cycles: dict[str, Callable[[float], dict[str, np.ndarray]]]
    period: dict[str, float]  # seconds of a cycle
    speed: dict[str, float]  # metres a second that the cycle carries it, along -y but for crabs


@dataclass(frozen=True)
class Asset:
    """A thing at rest: it stands on the origin with z up and looks along -y.

    The mesh attribute ``sway`` (metres a vertex gives way in a wind of 10 m/s) with ``phase`` (0…1) lets wind or current
    move it. ``pose`` maps seconds to vertices (n, 3) for what moves by itself; ``rig`` is for creatures.
    """

    kind: str  # its semantic class
    mesh: Mesh
    surfaces: tuple[Surface, ...]
    pose: Callable[[float], np.ndarray] | None = None
    rig: Rig | None = None
