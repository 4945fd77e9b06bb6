"""The table of validity checks: what each measures, its limit and the reason for it, and what follows when it fails."""

from __future__ import annotations

from dataclasses import dataclass

from ...procgen.registry import FAMILIES
from ..errors import BadInput

LEVELS = ("ignore", "warn", "redo", "fail")
BEFORE, AFTER = "before", "after"  # the render
WHERE = ("people", "places")  # a thing has one part, and its cameras are placed around it


@dataclass(frozen=True)
class Check:
    """One check: when and of what it is made, its level unless the recipe names another, and where it draws the line.

    A sample passes while what is measured stays on the right side of ``limit``: above or at it where ``least`` is set,
    else below or at it.
    """

    name: str
    level: str
    measures: str
    limit: float
    unit: str
    reason: str
    when: tuple[str, ...] = (AFTER,)
    of: tuple[str, ...] = FAMILIES
    least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a measured value is allowed; NaN is not."""
        return value >= self.limit if self.least else value <= self.limit


CHECKS = {
    check.name: check
    for check in (
        Check("black", "redo", "luminance of the picture (0…1, as displayed) that 1 % of its pixels exceed", 0.06, "",
              "nothing is told apart below it on a screen; sound pictures were above 0.3",
              least=True),
        Check("blown", "warn", "share of the pixels that are white in all three channels; of people, where one is seen", 0.25,
              "", "the view transform rolls highlights off: a quarter of white shows no detail; sound ones had under 0.05"),
        Check("camera_inside", "redo", "share of 26 directions in which the camera sees the inside of one thing first, 1 where "
              "ground lies over it or a surface is nearer than the clip start", 0.8, "", "from within a closed thing it is 1, "
              "from beneath leaves and arches about a half at most; water is no such thing", (BEFORE,), WHERE),
        Check("missing_part", "redo", "points of a part that the spec asks for; after the render its pixels in all frames", 1,
              "", "a part is there or it is not", (BEFORE, AFTER), WHERE, least=True),
        Check("empty_label", "redo", "pixels of a label that differ from its background, where another label of the frame "
              "shows something", 1, "px", "whatever is hit has a depth, a normal, a place, a number and a class", least=True),
        Check("out_of_gamut", "warn", "pixels with values that their label's unit forbids: colour below -0.01 or above 100000, "
              "depth not above 0, normals not of unit length, shares outside 0…1", 0, "px", "rounding of a sum of light passes "
              "stays within 0.01; the sun's own disc is under 100000"),
        Check("not_finite", "redo", "pixels with NaN or infinity other than their label's background", 0, "px",
              "one of them makes a training step's loss NaN"),
    )
}  # fmt: skip


def levels(chosen: tuple[str, ...]) -> dict[str, str]:
    """The level of every check, from texts ``NAME=LEVEL``; the last of one name counts.

    Raises BadInput that lists what is allowed.
    """
    found = {check.name: check.level for check in CHECKS.values()}
    for text in chosen:
        name, _, level = text.partition("=")
        if name not in CHECKS:
            raise BadInput(f"check: {text} is not allowed; allowed is NAME=LEVEL with a name of {', '.join(CHECKS)}")
        if level not in LEVELS:
            raise BadInput(f"check {name}: {level or 'nothing'} is not allowed; allowed are {', '.join(LEVELS)}")
        found[name] = level
    return found


def rows() -> list[dict]:
    """The table as plain JSON values, for a list."""
    return [
        {
            "name": check.name, "when": " and ".join(check.when), "level": check.level,
            "limit": f"{'at least' if check.least else 'at most'} {check.limit:g} {check.unit}".strip(), "doc": check.measures,
        }
        for check in CHECKS.values()
    ]  # fmt: skip
