"""Sizes of a drawn head: corrections that carry what the base model draws to what people measure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from .head_data import head_data
from .measures import measured, probe
from .own_targets import BASE, SIZES, WHOLE

PATH = Path(__file__).parent / "data" / "sizes.npz"
NAMES = (*SIZES, WHOLE)
LIMITS = {name: 14.0 for name in SIZES} | {"head_length": 30.0, "head_breadth": 20.0, "jaw_breadth": 24.0, "face_outline": 24.0, "face_length": 20.0,
          "cheek_breadth": 18.0, "eye_opening": 4.0, "upper_lip": 4.0, "lower_lip": 8.0, "eye_length": 6.0,
          "nose_protrusion": 20.0, "nose_depth": 20.0, "head_circumference": 60.0, "crown_height": 24.0, WHOLE: 12.0}  # fmt: skip
CHEAP = {
    WHOLE: 2.0,
    "head_circumference": 3.0,
}  # how willingly a correction is used, relative: a large head is large all over
TAIL = 2.8  # standard deviations that the rarest measures come near and never reach
HARD = 0.02  # mm²: damping, far below what can be seen


@cache
def effects() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The probe's places (m, 3) of the template, and how each target moves them at weight 1; metres."""
    data, found = head_data(), probe()
    moves = {}
    for name, (indices, deltas) in data.targets.items():
        if name.startswith("action/"):
            continue
        dense = np.zeros_like(data.template)
        dense[indices] = deltas
        moves[name] = np.einsum("mk,mki->mi", found.weights, dense[found.indices])
    return np.einsum("mk,mki->mi", found.weights, data.template[found.indices]), moves


def places_of(weights: dict[str, float]) -> np.ndarray:
    """The probe's places (m, 3) of a head by the weights of its targets, without its cage."""
    places, moves = effects()
    total = places.copy()
    for name, weight in weights.items():
        total += weight * moves[name]
    return total


@cache
def _answers() -> np.ndarray:
    """What each correction (s, k) changes each measure by, millimetres."""
    names = [f"size/{name}" for name in NAMES]
    before = measured(places_of({BASE: 1.0}))
    return np.array([measured(places_of({BASE: 1.0, name: 1.0})) - before for name in names])


@cache
def _solver() -> np.ndarray:
    """The least corrections (s, k) for a change of measures."""
    answers = _answers()
    ease = np.diag([CHEAP.get(name, 1.0) ** 2 for name in NAMES])
    return ease @ answers @ np.linalg.inv(answers.T @ ease @ answers + HARD * np.eye(answers.shape[1]))


@cache
def _carriers() -> dict[str, np.ndarray]:
    """Means that the base model draws and aims at, by gender, and the maps of one spread to the other."""
    with np.load(PATH, allow_pickle=False) as packed:
        return {name: packed[name] for name in packed.files}


def aim(drawn: np.ndarray, gender: float) -> np.ndarray:
    """What a head that measures ``drawn`` (k,) without corrections shall measure, millimetres.

    The optimal transport of the normal that the base model draws to the published one (Gelbrich 1990): the wide stay wide,
    and what goes with ancestry, weight and age goes on.
    """
    carriers = _carriers()
    start, stop = (carriers[f"{which}_men"] for which in ("drawn", "aimed"))
    to_women = (gender - carriers["gender_men"]) / (carriers["gender_women"] - carriers["gender_men"])
    start = start + to_women * (carriers["drawn_women"] - start)
    stop = stop + to_women * (carriers["aimed_women"] - stop)
    share = float(np.clip(to_women, 0, 1))
    score = (1 - share) * carriers["map_men"] @ (drawn - start) + share * carriers["map_women"] @ (drawn - start)
    spread = (1 - share) * carriers["spread_men"] + share * carriers["spread_women"]
    return stop + spread * TAIL * np.tanh(score / spread / TAIL)


def fitted(weights: dict[str, float], gender: float) -> dict[str, float]:
    """The corrections, by name, that give a head of these targets the measures it shall have."""
    wanted = aim(measured(places_of(weights)), gender)
    amounts = np.zeros(len(NAMES))
    limits = np.array([LIMITS[name] for name in NAMES])
    for _ in range(2):  # distances bend a little
        now = measured(
            places_of(weights | {f"size/{name}": amount for name, amount in zip(NAMES, amounts, strict=True)})
        )
        amounts = np.clip(amounts + _solver() @ (wanted - now), -limits, limits)
    return dict(zip(NAMES, amounts.tolist(), strict=True))
