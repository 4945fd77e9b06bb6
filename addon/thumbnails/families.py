"""Which choices have a picture for each of their options, and where it lies; knows nothing of bpy."""

from __future__ import annotations

from pathlib import Path

from ...procgen.materials.catalogue import MATERIALS
from ...procgen.params import fields
from ...procgen.registry import find
from ..presets.files import SHIPPED

FOLDER = Path(__file__).parent / "shipped"
# Fields of specs whose options are shown, by the family that their pictures are in.
FIELDS = {
    ("faces", "expression.name"): "expression", ("faces", "motion.name"): "expression", ("faces", "hair.groom"): "groom",
    ("faces", "brows.shape"): "brows", ("faces", "beard.style"): "beard", ("faces", "beard.moustache"): "moustache",
    ("faces", "wear.garment.kind"): "garment", ("faces", "wear.headwear.kind"): "headwear", ("faces", "wear.glasses"): "glasses",
    ("faces", "wear.mask"): "mask", ("faces", "wear.earrings"): "earrings", ("faces", "light.kind"): "light",
    ("faces", "light.studio"): "studio", ("places", "kind"): "place",
}  # fmt: skip
OTHERS = {
    "material": tuple(row.name for row in MATERIALS),
    "preset": tuple(sorted(path.stem for path in SHIPPED.glob("*.json"))),
}


def families() -> tuple[str, ...]:
    """The families of pictures."""
    return (*dict.fromkeys(FIELDS.values()), *OTHERS)


def options(family: str) -> tuple[str, ...]:
    """The names that a family has a picture of."""
    if family in OTHERS:
        return OTHERS[family]
    kind, path = next(field for field, name in FIELDS.items() if name == family)
    return _choices(kind, path)


def _choices(kind: str, path: str) -> tuple[str, ...]:
    cls = find(kind).load("spec")
    *groups, name = path.split(".")
    for group in groups:
        cls = fields(cls)[group].nested
    return tuple(fields(cls)[name].distribution.options)


def shown(family: str) -> bool:
    """Whether the pictures of a family are there: a menu of them is shown only then."""
    return (FOLDER / family).is_dir()


def path_of(family: str, option: str) -> Path:
    """The picture that ships of an option."""
    return FOLDER / family / f"{option}.jpg"
