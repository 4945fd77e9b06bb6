"""Fauna: animals of a recipe where the camera sees them, each with its rig and its cycle (needs bpy)."""

from __future__ import annotations


def build_fauna(site, recipe, place, scene) -> None:
    """Put the animals of a recipe into the view."""
