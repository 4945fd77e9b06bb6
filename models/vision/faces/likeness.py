"""What a face net says of a photograph, as the fit of a person takes it: landmarks with how sure they are, pose, look, colours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ....datagen.errors import BadInput
from ....datagen.labels import PARTS
from ....procgen.distributions import SpecError
from ....procgen.people.likeness.fit import Sighting
from ....procgen.people.likeness.portrait import Colours, Likeness, likeness
from ....procgen.people.likeness.tones import balanced

CLASS = {name: value for value, name in PARTS.items()}
SKIN, HAIR = ("skin", "nose"), ("hair",)
FACE = (*SKIN, "right_eye", "left_eye", "right_brow", "left_brow", "mouth_interior", "top_lip", "bottom_lip", "beard")
# What counts as seen, in shares of the face's pixels.
SEEN = {"hair": 0.06, "beard": 0.04, "glasses": 0.02, "headwear": 0.15, "facewear": 0.15}
LEAST = 64  # pixels that tell a colour


def linear_of(photo: np.ndarray) -> np.ndarray:
    """The linear colours (h, w, 3) of a photograph uint8 (IEC 61966-2-1)."""
    values = np.arange(256) / 255
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return table[photo]


def sighting_of(record: Mapping) -> Sighting:
    """The landmarks, the pose and the look of a face's record."""
    gaze = np.mean([record["gaze"]["right"], record["gaze"]["left"]], 0)
    return Sighting(np.asarray(record["points_2d"], float), np.asarray(record["spread_2d"], float),
                    np.asarray(record["head_pose"]["rotation"], float), gaze if np.linalg.norm(gaze) > 0 else None)  # fmt: skip


def colours_of_face(photo: np.ndarray, parts: np.ndarray) -> Colours:
    """The colours of skin and hair of a photograph uint8 (h, w, 3) whose classes are (h, w), without half of its cast, and
    what else is seen."""
    colours = balanced(linear_of(photo))

    def share(names: tuple[str, ...]) -> np.ndarray:
        return np.isin(parts, [CLASS[name] for name in names])

    def middle(names: tuple[str, ...]) -> np.ndarray | None:
        chosen = colours[share(names)]
        return np.median(chosen, 0) if len(chosen) >= LEAST else None

    face = max(int(share(FACE).sum()), 1)
    seen = frozenset(name for name, least in SEEN.items() if share((name,)).sum() > least * face)
    return Colours(middle(SKIN), middle(HAIR) if "hair" in seen else None, seen)


def likeness_of(photo: np.ndarray, parts: np.ndarray, record: Mapping, seed: int, wishes: Mapping) -> Likeness:
    """The person whom a photograph uint8 (h, w, 3), its classes (h, w) and the record of its face show.

    Raises BadInput where they are no face's, or wishes cannot be had.
    """
    try:
        return likeness(sighting_of(record), colours_of_face(photo, parts), seed, wishes)
    except (SpecError, ValueError) as error:
        raise BadInput(str(error)) from None
