"""Things by name: draws and builds what a catalogue lists, and makes Blender objects of it, each surface dressed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..assets import Asset, Surface
from ..generator import Generator
from ..params import Constraint, OneOf, Range, SpecError, child


def row_of(name: str) -> Generator:
    """The row of a thing or material in the catalogues of what places are made of."""
    from ..materials.catalogue import MATERIALS
    from .creatures.catalogue import CREATURES
    from .plants.catalogue import PLANTS
    from .sea_life.catalogue import SEA_LIFE
    from .terrain.catalogue import TERRAIN

    for catalogue in (PLANTS, TERRAIN, SEA_LIFE, CREATURES, MATERIALS):
        for row in catalogue:
            if row.name == name:
                return row
    raise SpecError(f"{name}: no such thing")


def thing_spec(name: str, seed: int, fixed: Mapping[str, Any] | None = None) -> Any:
    """The spec that a seed draws of a thing; ``fixed`` maps fields to constraints, options or values."""
    return row_of(name).load("sample")(child(seed, name), constraints(fixed))


def constraints(fixed: Mapping[str, Any] | None) -> dict[str, Constraint]:
    """What a recipe fixes, as constraints: a tuple of options, a range, or one value."""
    return {
        path: wish if isinstance(wish, Range | OneOf) else OneOf(wish if isinstance(wish, tuple) else (wish,))
        for path, wish in (fixed or {}).items()
    }


def thing_asset(name: str, spec: Any, detail: float = 1.0) -> Asset:
    """Build a thing of the catalogues; ``detail`` is a hero's 1 or less."""
    return row_of(name).load("build")(spec, detail=detail)


def asset_object(site, name: str, asset: Asset):
    """A Blender object of an asset at rest, dressed; surfaces that are alike share a material (needs bpy)."""
    from .site import mesh_object

    return mesh_object(name, asset.mesh, [dressed(site, surface) for surface in asset.surfaces])


def dressed(site, surface: Surface):
    """The material of a surface, made once for all that is alike (needs bpy)."""
    from ..materials.build import dress

    key = (surface.material, surface.seed, surface.colour, surface.painted, tuple(sorted(surface.settings.items())))
    if key not in site.materials:
        site.materials[key] = dress(surface)
    return site.materials[key]


def footprint(asset: Asset) -> float:
    """The radius around its axis that an asset takes up, metres."""
    return float(np.linalg.norm(asset.mesh.vertices[:, :2], axis=1).max(initial=0.0))
