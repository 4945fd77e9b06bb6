"""The 70 face landmarks: the 68 of the iBUG scheme as fixed points of the skin, and both pupils."""

from __future__ import annotations

import numpy as np

from .parts import PART
from .pose import Pose
from .surface import Surface

# Template coordinates in millimetres, mirrored about x = 0. Found once: a 68-point predictor of the scheme was run on
# frontal renders of 14 drawn identities, its points were cast onto each mesh, and the median taken. Those of the brows
# lie where people set them, on the hair just above its middle, from end to end (on photographs the inner ends lie
# 0.32 and the outer ones 1.32 distances of the outer eye corners apart); those of the inner lips where the lips meet.
# Those of the jaw lie where the mean head, turned and tilted as 112 photographs' other points say, is least off what
# people set there: they mark the seen outline, which no one place of a turned head stays on, so it is a middle.
POINTS = (
    np.array([
        # jaw
        (-70.3, 47.0, 0.0), (-68.9, 37.5, -17.8), (-66.4, 31.5, -34.6), (-61.6, 26.2, -50.3),
        (-55.1, 20.8, -65.7), (-45.9, 11.0, -79.2), (-35.3, 1.6, -92.4), (-20.0, -9.9, -105.0),
        (0.0, -15.4, -110.7), (20.0, -9.9, -105.0), (35.3, 1.6, -92.4), (45.9, 11.0, -79.2),
        (55.1, 20.8, -65.7), (61.6, 26.2, -50.3), (66.4, 31.5, -34.6), (68.9, 37.5, -17.8),
        (70.3, 47.0, 0.0),
        # right brow
        (-59.3, 7.2, 15.4), (-47.7, -8.2, 21.6), (-35.9, -16.6, 23.2), (-25.1, -21.8, 21.7),
        (-13.7, -25.4, 18.9),
        # left brow
        (13.7, -25.4, 18.9), (25.1, -21.8, 21.7), (35.9, -16.6, 23.2), (47.7, -8.2, 21.6),
        (59.3, 7.2, 15.4),
        # nose bridge
        (0.0, -26.1, 5.8), (0.0, -28.0, -6.1), (0.0, -33.2, -18.3), (0.0, -42.3, -32.2),
        # nose base
        (-12.3, -26.6, -44.7), (-5.6, -31.0, -47.0), (0.0, -32.5, -48.4), (5.6, -31.0, -47.0),
        (12.3, -26.6, -44.7),
        # right eye
        (-43.8, -11.8, 1.6), (-36.2, -15.5, 4.9), (-26.7, -15.6, 3.9), (-18.9, -13.2, -0.7),
        (-27.7, -15.3, -4.2), (-37.2, -14.7, -4.0),
        # left eye
        (18.9, -13.2, -0.7), (26.7, -15.6, 3.9), (36.2, -15.5, 4.9), (43.8, -11.8, 1.6),
        (37.2, -14.7, -4.0), (27.7, -15.3, -4.2),
        # outer lips
        (-24.6, -17.8, -67.7), (-15.5, -29.5, -59.2), (-6.7, -34.5, -57.1), (0.0, -35.5, -59.7),
        (6.7, -34.5, -57.1), (15.5, -29.5, -59.2), (24.6, -17.8, -67.7), (15.9, -24.1, -75.8),
        (7.4, -27.3, -79.3), (0.0, -29.1, -79.6), (-7.4, -27.3, -79.3), (-15.9, -24.1, -75.8),
        # inner lips
        (-20.8, -20.6, -68.5), (-6.1, -30.2, -67.2), (0.0, -30.8, -67.6), (6.1, -30.2, -67.2),
        (20.8, -20.6, -68.5), (6.6, -28.5, -68.2), (0.0, -29.5, -68.3), (-6.6, -28.5, -68.2),
    ])
    / 1000
)  # fmt: skip
UPPER_INNER, LOWER_INNER = (61, 62, 63), (65, 66, 67)  # they lie on different lips, however near to each other
NAMES = (
    *(f"jaw_{i}" for i in range(17)), *(f"right_brow_{i}" for i in range(5)), *(f"left_brow_{i}" for i in range(5)),
    *(f"nose_bridge_{i}" for i in range(4)), *(f"nose_base_{i}" for i in range(5)),
    *(f"right_eye_{i}" for i in range(6)), *(f"left_eye_{i}" for i in range(6)),
    *(f"outer_lips_{i}" for i in range(12)), *(f"inner_lips_{i}" for i in range(8)), "right_pupil", "left_pupil",
)  # fmt: skip


def landmark_vertices(surface: Surface) -> np.ndarray:
    """The vertex (68,) of the surface nearest to each landmark in the template."""
    result = np.zeros(len(POINTS), int)
    lips = {name: np.unique(surface.triangles[surface.part == PART[name]]) for name in ("top_lip", "bottom_lip")}
    everything = np.arange(len(surface.template))
    for index, point in enumerate(POINTS):
        allowed = (
            lips["top_lip"] if index in UPPER_INNER else lips["bottom_lip"] if index in LOWER_INNER else everything
        )
        result[index] = allowed[((surface.template[allowed] - point) ** 2).sum(1).argmin()]
    return result


def landmark_points(person, surface: Surface, pose: Pose) -> np.ndarray:
    """The landmarks (70, 3) in the world, metres, on a frame's surface and with its eyes turned."""
    vertices = landmark_vertices(person.surface)
    pupils = []
    for side in ("right", "left"):
        first, current = person.neutral.eyes[side], pose.eyes[side]
        local = first.rotation.T @ (np.asarray(person.eye_landmarks[side]["pupil"]) - first.centre)
        pupils.append(current.rotation @ local + current.centre)
    return np.concatenate([surface.positions[vertices], np.array(pupils)])
