"""The labels as the sidebar offers them, made from the label table."""

from __future__ import annotations

from ...datagen.labels import LABELS, allowed

# A file keeps the ticked labels as bits: these have theirs for good, and later rows of the table take the next ones.
SAVED = (
    "depth", "normal", "position", "parts", "hair", "hair_alpha", "instance", "semantic", "uv", "albedo", "shading", "linear", "flow",
    "flow_back", "occlusion", "occlusion_back", "scene_flow", "disparity", "alpha",
)  # fmt: skip
PICTURE = "rgb"  # is always rendered


def items() -> list[tuple[str, str, str, int]]:
    """The items of the menu of labels."""
    later = [name for name in LABELS if name not in (*SAVED, PICTURE)]
    bits = {name: 1 << index for index, name in enumerate((*SAVED, *later))}
    return [
        (name, name.replace("_", " ").capitalize(), row.doc[:1].upper() + row.doc[1:], bits[name])
        for name, row in LABELS.items()
        if name in bits
    ]


ITEMS = items()


def labels_of(family: str, frames: int, stereo: bool) -> list[str]:
    """The labels that a dataset of a family can have."""
    return [name for name, row in LABELS.items() if name != PICTURE and allowed(row, frames, family, stereo)]
