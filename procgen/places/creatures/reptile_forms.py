"""The proportions and colours of reptiles, one row a body plan."""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """A reptile's proportions in lengths from snout to vent."""

    length: tuple[float, float]  # metres from snout to vent
    height: float  # of the spine above the ground
    breadth: float  # half width of the trunk
    depth: float  # half height
    neck: float
    head: tuple[float, float, float]  # length, half width, half height
    snout: float  # half width of it, of the head's
    upper: float  # lengths of limb bones
    lower: float
    limb: float  # half width
    digit: float
    tail: float
    eye: float
    bumps: float  # size of the scales


FORMS = {
    "lizard": Form((0.06, 0.20), 0.115, 0.115, 0.085, 0.10, (0.24, 0.088, 0.075), 0.42, 0.15, 0.14, 0.032, 0.10, 1.35, 0.021, 0.018),
    "crocodile": Form((0.7, 2.4), 0.145, 0.150, 0.105, 0.13, (0.38, 0.080, 0.058), 0.42, 0.14, 0.13, 0.046, 0.085, 0.95, 0.014, 0.030),
    "tortoise": Form((0.12, 0.75), 0.20, 0.24, 0.10, 0.15, (0.17, 0.066, 0.062), 0.62, 0.13, 0.15, 0.058, 0.03, 0.14, 0.016, 0.026),
}  # fmt: skip


COLOURS = {
    "green": ((0.09, 0.17, 0.035), (0.025, 0.05, 0.015), (0.40, 0.42, 0.20)),
    "olive": ((0.10, 0.095, 0.045), (0.028, 0.026, 0.015), (0.46, 0.42, 0.26)),
    "brown": ((0.17, 0.11, 0.06), (0.05, 0.032, 0.02), (0.42, 0.34, 0.23)),
    "sand": ((0.40, 0.29, 0.17), (0.15, 0.095, 0.05), (0.58, 0.51, 0.38)),
    "grey": ((0.15, 0.15, 0.14), (0.04, 0.04, 0.04), (0.38, 0.38, 0.35)),
    "blue": ((0.04, 0.15, 0.20), (0.015, 0.03, 0.05), (0.50, 0.32, 0.08)),
}


KINDS = {
    "lizard": ({"green": 3, "brown": 2, "sand": 2, "blue": 1, "grey": 1}, {"spots": 2, "bands": 2, "plain": 1, "stripes": 1}),
    "crocodile": ({"olive": 3, "brown": 1, "grey": 1}, {"bands": 3, "plain": 1}), "tortoise": ({"brown": 2, "olive": 2, "sand": 1}, {"plain": 1}),
}  # fmt: skip
