"""Gives the blend shapes of a USD file one name each: Blender numbers what meshes share, and then no name moves all of them.

Source: the UsdSkel schema (Pixar); a mesh and its skeleton's animation meet by the names in ``skel:blendShapes``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy


def name_blend_shapes(path: Path, order: tuple[str, ...]) -> None:
    """Name the blend shapes of all meshes as their prims are, and animate each name once, in order."""
    Usd = _library()
    stage = Usd.Stage.Open(str(path))
    used = set()
    for prim in stage.Traverse():
        targets = prim.GetRelationship("skel:blendShapeTargets")
        if targets and targets.GetTargets():
            names = [target.name for target in targets.GetTargets()]
            used |= set(names)
            prim.GetAttribute("skel:blendShapes").Set(names)
    for prim in stage.Traverse():
        if prim.GetTypeName() == "SkelAnimation" and prim.GetAttribute("blendShapes"):
            names = [name for name in order if name in used]
            prim.GetAttribute("blendShapes").Set(names)
            weights = prim.GetAttribute("blendShapeWeights")
            weights.Clear()
            weights.Set([0.0] * len(names))
    stage.GetRootLayer().Save()
    del stage


def _library():
    """Pixar's own library, which Blender brings; bpy from pip keeps it beside its other scripts, off Python's path."""
    try:
        from pxr import Usd
    except ImportError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        sys.path.append(str(Path(bpy.utils.resource_path("LOCAL"), "python", "lib", version, "site-packages")))
        try:
            from pxr import Usd
        finally:
            sys.path.pop()
    return Usd
