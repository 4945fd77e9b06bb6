"""Upper garments: cut from the posed body in one or two layers, with what is sewn on them."""

from __future__ import annotations

import dataclasses

from .cuts import GARMENTS
from .layer import Layer
from .sewing import sewn


def build_garment(kind: str, person, material_of, seed: int, hood_up: bool = False) -> list:
    """Build a garment in the world from the posed skin (needs bpy).

    ``material_of(role)`` gives the material of main, rib, inner, inner_rib, tie, button and metal.
    """
    cut = GARMENTS[kind]
    if hood_up and cut.collar == "hood":  # that is headwear then, and no hood lies on the back
        cut = dataclasses.replace(cut, collar="hooded")
    objects, below = [], None
    if cut.under:
        under = GARMENTS[cut.under]
        if cut.tie:
            under = dataclasses.replace(under, vee=0.0)
        below = Layer(under, person.surface, seed + 1, None)
        objects = sewn(below, person, material_of, seed + 1, "inner", cut.tie)
    outer = Layer(cut, person.surface, seed, below)
    return objects + sewn(outer, person, material_of, seed, "main", tie=False)
