"""What heads measure: means, spreads and correlations of adults by sex, in millimetres, as published."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .measures import MEASURES


class Figure(NamedTuple):
    """Mean and standard deviation of men and of women in millimetres, and whom the figures are from."""

    men: tuple[float, float]
    women: tuple[float, float]
    source: str


NIOSH = "Zhuang and Bradtmiller 2005 (recalled)"
ANSUR = "ANSUR II (computed from its public data)"
FARKAS = "Farkas 1994 (recalled)"
PHOTOS = "68 points on photographs (LFPW), scaled by the distance of the pupils"
# Those photographs show people of European ancestry for the most part; lips of African ancestry are 3 to 4 mm fuller.
FULL = f"{PHOTOS}: 5.2 ± 1.4 and 5.7 ± 1.4 above, 8.4 ± 1.6 and 8.8 ± 1.6 below; wider, for a third here is of African ancestry (Farkas, Katic and Forrest 2005, recalled)"

# The four that ANSUR II measures too differ from it by less than a quarter of a standard deviation.
PUBLISHED = {
    "between_pupils": Figure((64.5, 3.6), (61.9, 3.5), f"{NIOSH}; {ANSUR}: 64.0 ± 3.4, 61.7 ± 3.6"),
    "eye_length": Figure((25.4, 1.5), (24.5, 1.4), PHOTOS),
    "eye_opening": Figure((9.0, 1.1), (9.5, 1.1), f"{FARKAS}: 10.5 between the lids' edges; {PHOTOS}: 8.0, smiles among them"),
    "head_breadth": Figure((153.0, 6.0), (146.8, 5.6), f"{NIOSH}; {ANSUR}: 154.3 ± 5.5, 147.8 ± 5.2"),
    "head_length": Figure((197.3, 7.4), (187.5, 7.2), f"{NIOSH}; {ANSUR}: 199.5 ± 7.0, 189.8 ± 7.4"),
    "frontal_breadth": Figure((105.5, 5.7), (102.9, 5.4), NIOSH),
    "cheek_breadth": Figure((143.5, 6.9), (135.1, 6.5), f"{NIOSH}; {ANSUR}: 142.6 ± 6.2, 133.8 ± 5.6"),
    "jaw_breadth": Figure((120.4, 10.4), (110.1, 8.9), NIOSH),
    "face_outline": Figure((119.5, 7.5), (108.5, 6.5), f"{PHOTOS}, landmarks 4 to 12"),
    "face_length": Figure((122.7, 7.0), (113.4, 6.1), f"{NIOSH}; {ANSUR}: 122.6 ± 6.7, 113.1 ± 6.1"),
    "nose_length": Figure((52.0, 4.1), (48.2, 3.8), NIOSH),
    "nose_breadth": Figure((36.6, 4.1), (33.2, 3.9), NIOSH),
    "nose_protrusion": Figure((21.1, 2.7), (19.8, 2.7), NIOSH),
    "nose_depth": Figure((18.3, 2.2), (17.0, 2.1), "declared: tip before the wings, from the nasal ala length of 3D Facial Norms (recalled)"),
    "bridge_depth": Figure((10.2, 2.6), (8.6, 2.5), "declared: root of the nose before the lids"),
    "mouth_breadth": Figure((51.1, 4.2), (48.0, 4.0), NIOSH),
    "upper_lip": Figure((5.9, 1.9), (6.4, 1.9), FULL),
    "lower_lip": Figure((9.0, 2.2), (9.4, 2.2), FULL),
    "mouth_corners": Figure((0.5, 1.6), (0.3, 1.6), "declared: corners a little above the parting of the lips"),
    "brow_height": Figure((18.2, 2.8), (18.7, 2.8), f"{PHOTOS}, of faces at rest"),
    "crown_height": Figure((131.1, 6.2), (126.5, 6.5), f"{ANSUR}, tragion to top of head"),
    "head_circumference": Figure((575.7, 17.1), (554.9, 18.0), f"{NIOSH}; {ANSUR}: 574.4 ± 16.0, 561.1 ± 19.4"),
}  # fmt: skip
AIMED = {  # where the middle of two sources, or what photographs show, is better than the published mean; within 0.3 of its spread
    "nose_length": (51.2, 48.4), "nose_protrusion": (20.8, 19.4), "nose_breadth": (37.5, 33.0), "jaw_breadth": (121.5, 108.9),
    "face_outline": (121.4, 108.1), "face_length": (122.7, 111.9), "eye_opening": (8.9, 9.6), "eye_length": (25.4, 24.9),
    "mouth_breadth": (52.1, 48.8), "brow_height": (18.4, 18.8), "upper_lip": (6.0, 6.6), "lower_lip": (9.0, 9.6),
}  # fmt: skip

# Correlations; those of ANSUR II are means over both sexes of its 6,068 people, the others are recalled from NIOSH's and
# Farkas's tables to the nearest 0.05. What is not listed is as RATHER says.
FROM_ANSUR = {
    ("between_pupils", "face_length"): 0.19, ("between_pupils", "cheek_breadth"): 0.46, ("between_pupils", "head_breadth"): 0.30,
    ("between_pupils", "head_length"): 0.30, ("face_length", "cheek_breadth"): 0.20, ("face_length", "head_breadth"): 0.17,
    ("face_length", "head_length"): 0.31, ("cheek_breadth", "head_breadth"): 0.63, ("cheek_breadth", "head_length"): 0.18,
    ("head_breadth", "head_length"): 0.20, ("head_circumference", "head_length"): 0.79,
    ("head_circumference", "head_breadth"): 0.52, ("head_circumference", "between_pupils"): 0.41,
    ("crown_height", "between_pupils"): 0.16, ("crown_height", "face_length"): 0.18, ("crown_height", "cheek_breadth"): 0.22,
    ("crown_height", "head_breadth"): 0.32, ("crown_height", "head_length"): 0.29,
    ("crown_height", "head_circumference"): 0.38, ("head_circumference", "cheek_breadth"): 0.43, ("head_circumference", "face_length"): 0.31,
}  # fmt: skip
RECALLED = {
    ("cheek_breadth", "jaw_breadth"): 0.60, ("face_outline", "jaw_breadth"): 0.80, ("face_outline", "cheek_breadth"): 0.55,
    ("face_outline", "face_length"): 0.10, ("cheek_breadth", "frontal_breadth"): 0.50, ("head_breadth", "frontal_breadth"): 0.50,
    ("head_breadth", "jaw_breadth"): 0.40, ("face_length", "nose_length"): 0.60, ("nose_breadth", "mouth_breadth"): 0.40,
    ("nose_breadth", "cheek_breadth"): 0.30, ("nose_breadth", "nose_protrusion"): -0.10, ("between_pupils", "eye_length"): 0.50,
    ("between_pupils", "mouth_breadth"): 0.30, ("between_pupils", "frontal_breadth"): 0.35, ("between_pupils", "jaw_breadth"): 0.30,
    ("eye_length", "eye_opening"): 0.30, ("nose_length", "nose_protrusion"): 0.25, ("nose_depth", "nose_protrusion"): 0.65,
    ("nose_depth", "nose_length"): 0.30, ("nose_depth", "nose_breadth"): 0.0, ("nose_depth", "bridge_depth"): 0.10, ("upper_lip", "lower_lip"): 0.60,
    ("mouth_breadth", "upper_lip"): 0.0, ("mouth_breadth", "lower_lip"): 0.05, ("nose_breadth", "upper_lip"): 0.25,
    ("nose_breadth", "lower_lip"): 0.20, ("upper_lip", "head_breadth"): 0.0, ("lower_lip", "head_breadth"): 0.0,
    ("upper_lip", "head_length"): 0.0, ("lower_lip", "head_length"): 0.0, ("eye_opening", "head_length"): 0.0,
    ("eye_opening", "jaw_breadth"): 0.0, ("eye_opening", "head_breadth"): 0.0, ("upper_lip", "face_length"): 0.0,
    ("upper_lip", "nose_length"): -0.10,
}  # fmt: skip
APART = ("mouth_corners", "brow_height")  # go with nothing
RATHER = 0.15


@cache
def correlations() -> np.ndarray:
    """The published correlations (k, k) in the order of MEASURES, brought to the nearest matrix without negative eigenvalues."""
    place = {name: index for index, name in enumerate(MEASURES)}
    matrix = np.full((len(MEASURES), len(MEASURES)), RATHER)
    for (first, second), value in (RECALLED | FROM_ANSUR).items():
        matrix[place[first], place[second]] = matrix[place[second], place[first]] = value
    alone = [place[name] for name in APART]
    matrix[alone, :] = matrix[:, alone] = 0.0
    np.fill_diagonal(matrix, 1.0)
    values, vectors = np.linalg.eigh(matrix)
    matrix = (vectors * np.maximum(values, 0.02)) @ vectors.T
    scale = np.sqrt(np.diag(matrix))
    return matrix / np.outer(scale, scale)


def means(sex: str) -> np.ndarray:
    """What the heads of "men" or "women" are drawn around, (k,) millimetres."""
    column = ("men", "women").index(sex)
    return np.array([AIMED[name][column] if name in AIMED else getattr(PUBLISHED[name], sex)[0] for name in MEASURES])


def spreads(sex: str) -> np.ndarray:
    """Standard deviations (k,) of "men" or "women", millimetres."""
    return np.array([getattr(PUBLISHED[name], sex)[1] for name in MEASURES])
