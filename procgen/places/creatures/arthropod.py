"""What animals with a jointed shell share: plates, segmented legs on bones, and the gaits of many legs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...assets import Surface
from ...geometry.mesh import Mesh
from .assembly import Assembly
from .gait import Leg
from .genome import Part, ring
from .parts import capped, cone, unit


def bone_part(name: str, head, tail, radius: float, joint: str, mirrored: bool = False, up=None) -> Part:
    """A part that only carries one bone."""
    way = np.asarray(tail, float) - np.asarray(head, float)
    if up is None:
        up = (0.0, 0.0, 1.0) if abs(way[2]) < 0.9 * np.linalg.norm(way) else (0.0, -1.0, 0.0)
    return Part(
        name,
        [ring(*head, radius, radius), ring(*tail, radius, radius)],
        up=up,
        bones=(name,),
        joint=joint,
        mirrored=mirrored,
        joined=False,
    )


def leg_bones(name: str, joints: np.ndarray, joint: str, radius: float) -> list[Part]:
    """The bones of a left leg through its joints (3, 3), body to ground, and of its mirror image: upper and lower."""
    return [bone_part(f"upper_{name}.L", joints[0], joints[1], radius, joint, True),
            bone_part(f"lower_{name}.L", joints[1], joints[2], radius, f"upper_{name}.L", True)]  # fmt: skip


def segments(
    joints: np.ndarray, radii: Sequence[Sequence[float]], sides: int, bow: float = 0.06, flat: float = 0.8
) -> list[Mesh]:
    """The shells (one a segment) between joints (k + 1, 3), with radii along each; they bow a little upwards."""
    result = []
    for start, end, profile in zip(joints[:-1], joints[1:], radii, strict=True):
        t = np.linspace(0, 1, max(len(profile), 7))
        length = np.linalg.norm(end - start)
        curve = start + (end - start) * t[:, None] + np.outer(np.sin(np.pi * t) * bow * length, [0, 0, 1])
        result.append(cone(curve, np.interp(t, np.linspace(0, 1, len(profile)), profile), sides, flat))
    return result


def add_leg(
    assembly: Assembly, name: str, joints: np.ndarray, radii, surface: Surface, colours, sides: int, tarsus: int = 1
) -> None:
    """Add both legs of a pair: the first segment on the upper bone, the others on the lower one."""
    for index, shell in enumerate(segments(joints, radii, sides)):
        bone = "upper" if index < len(radii) - tarsus - 1 else "lower"
        assembly.add_pair(shell, surface, f"{bone}_{name}.L", colours[min(index, len(colours) - 1)])


def dome(
    rows: int, around: int, half: Sequence[float], heights: tuple[float, float], power: float = 2.0, outline=None
) -> Mesh:
    """A closed plate about the origin: half lengths (x, y), arched to ``heights`` above and below the rim.

    ``outline`` maps the angle (radians from ahead to the left) to a share of the half lengths.
    """
    angle = np.arange(around) * (2 * np.pi / around)
    edge = np.ones(around) if outline is None else outline(angle)
    rings = []
    for place in np.linspace(-1, 1, 2 * rows + 1)[1:-1]:
        reach = (1 - abs(place) ** power) ** (1 / power)
        height = heights[0] if place > 0 else heights[1]
        x, y = half[0] * edge * reach * np.sin(angle), -half[1] * edge * reach * np.cos(angle)
        rings.append(np.stack([x, y, np.full(around, place * height)], 1))
    mesh = capped(np.array(rings))
    vertices = mesh.vertices.copy()
    vertices[-2:] = [[0, 0, -heights[1]], [0, 0, heights[0]]]
    return Mesh(vertices, mesh.faces)


def tripod(pairs: int) -> dict[str, float]:
    """The phases of the alternating gait: neighbours in a row and across fall half a cycle apart."""
    return {f"{index}.{side}": 0.5 * ((index + (side == "R")) % 2) for index in range(pairs) for side in "LR"}


def many_legs(pairs: int) -> list[Leg]:
    """The legs of an animal with pairs of legs 0 … pairs - 1."""
    phases = tripod(pairs)
    return [Leg(f"upper_{key}", f"lower_{key}", phase=phase + 0.03 * int(key[0])) for key, phase in phases.items()]


def antenna(root, way, length: float, radius: float, segments_count: int, droop: float, sides: int = 6) -> Mesh:
    """A beaded feeler from a root (3,) along ``way`` that bends down by ``droop`` of its length."""
    t = np.linspace(0, 1, 3 * segments_count + 1)
    curve = np.asarray(root, float) + length * (np.outer(t, unit(way)) - np.outer(droop * t * t, [0, 0, 1]))
    beads = 1 - 0.3 * np.cos(2 * np.pi * segments_count * t)
    return cone(curve, radius * beads * (1 - 0.6 * t), sides)
