"""Which parts a person's spec asks for, and what of them is seen from the front."""

from __future__ import annotations

import numpy as np

from ...procgen.people.parts import PART

FRONTAL = 60.0  # degrees of yaw within which a face shows its skin and what is worn on it
FEWEST = 64  # pixels across a picture from which thin things, a frame of glasses say, must show
STRANDS = 100  # fewer are not grown


def asked(spec) -> list[str]:
    """The classes of objects that a face's spec asks for."""
    from ...procgen.people.hair.grooms import GROOMS

    classes = ["skin", "eye", "teeth", "tongue", "brow", "lash", "garment"]
    wear, hair = spec.wear, spec.hair
    covered = wear.headwear.kind != "none"  # what is under it is cut away
    for name, worn in (("hair", not covered and GROOMS[hair.groom].strands * hair.density >= STRANDS),
                       ("headwear", covered), ("glasses", wear.glasses != "none"), ("facewear", wear.mask != "none"),
                       ("earring", wear.earrings != "none"), ("beard", spec.beard.style != "none")):  # fmt: skip
        if worn:
            classes.append(name)
    return classes


def missing_in_sight(spec, width: int, seen: dict[int, np.ndarray], yaw: dict[int, float]) -> list[tuple[int, str]]:
    """Frames and the parts that they lack: skin in each frontal frame, and what is on the head in all of them.

    ``seen`` maps a frame to its pixels (256,) of each class of the parts label, ``yaw`` to the head's turn in degrees.
    """
    frontal = [frame for frame in seen if abs(yaw.get(frame, 180.0)) < FRONTAL]
    if not frontal or not hasattr(spec, "wear"):
        return []
    missing = [(frame, "skin") for frame in frontal if not seen[frame][PART["skin"]]]
    total = sum(seen.values())
    expected = {"hair", "headwear", "glasses", "facewear"} & set(asked(spec)) if width >= FEWEST else set()
    return missing + [(frontal[0], name) for name in sorted(expected) if not total[PART[name]]]
