"""The land of a place: its ground as fine as the cameras see it, in the materials that its masks show (needs bpy)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..params import child
from .site import Site, mesh_object
from .things import thing_spec


def ground_layers(cover: Mapping[str, str], seed: int, turf: str = "deep") -> list[tuple]:
    """The layers (material, its spec, mask) of a cover: the base, then what covers it, snow last; ``turf`` is the tone of
    grass."""
    order = ["base", *(name for name in ("sediment", "flow", "rock", "beach", "snow") if name in cover)]
    chosen: dict[str, object] = {}
    for name in order:  # one material is one look, wherever it lies
        fixed = {"tone": turf} if cover[name] == "grass_soil" else None
        chosen.setdefault(cover[name], thing_spec(cover[name], int(child(seed, cover[name]).integers(2**31)), fixed))
    return [(cover[name], chosen[cover[name]], None if name == "base" else name) for name in order]


def build_land(site: Site, mesh, cover: Mapping[str, str], seed: int, turf: str):
    """Put the mesh of the ground into the site, with its materials and their relief."""
    from ..materials.build import blend_materials
    from ..materials.relief import add_group, relief_of_layers

    layers = [layer for layer in ground_layers(cover, seed, turf) if layer[2] is None or _shown(mesh, layer[2])]
    material = blend_materials(layers)
    obj = mesh_object("Ground", mesh, [material])
    site.ground_materials.append(material)
    add_group(obj, relief_of_layers(layers))
    site.link(obj, "terrain", "terrain")
    return obj


def _shown(mesh, mask: str) -> bool:
    """Whether a mask shows anywhere: a layer that none sees costs light paths all the same."""
    return mask in mesh.attributes and float(np.max(mesh.attributes[mask], initial=0.0)) > 0.05
