"""Layers that several kinds of places share."""

from __future__ import annotations

from .layer import Layer

NEAR_TREES = ((26.0, 1.0), (90.0, 0.25), (1e9, 0.05))
SMALL = ((12.0, 1.0), (1e9, 0.3))


def trees(species: tuple[str, ...], density: float, **more) -> Layer:
    """A wood of some species."""
    given = {
        "reach": (3.0, 900.0), "variants": max(3, len(species)), "scale": (0.6, 1.2), "slope": 38.0, "thin": 220.0,
        "clump": 35.0, "clumped": 0.35, "masks": {"rock": -1.4, "flow": -0.5, "beach": -2.0}, "details": NEAR_TREES, "seasonal": True,
    } | more  # fmt: skip
    return Layer("tree", "trees", density, settings={"species": species}, **given)


def grass(habits: tuple[str, ...], density: float = 9.0, **more) -> Layer:
    """Clumps of grass, fewer and larger the further off."""
    given = {
        "reach": (0.3, 160.0), "variants": 5, "scale": (0.6, 1.4), "thin": 16.0, "swell": 2.4, "slope": 42.0, "clump": 5.0,
        "clumped": 0.25, "masks": {"rock": -1.5, "flow": -0.4, "beach": -2.0, "snow": -1.5}, "details": ((7.0, 1.0), (1e9, 0.3)),
        "seasonal": True,
    } | more  # fmt: skip
    return Layer("grass", "ground_cover", density, settings={"habit": habits}, **given)


def bushes(density: float = 0.03, **more) -> Layer:
    """Bushes between other things."""
    given = {
        "reach": (4.0, 220.0), "variants": 3, "clump": 14.0, "clumped": 0.55, "thin": 70.0, "details": ((14.0, 1.0), (1e9, 0.2)),
        "masks": {"rock": -1.2, "beach": -2.0}, "seasonal": True,
    } | more  # fmt: skip
    return Layer("bush", "undergrowth", density, **given)


def flowers(density: float = 0.7, **more) -> Layer:
    """Flowers in groups."""
    given = {
        "reach": (0.8, 40.0), "variants": 5, "clump": 4.0, "clumped": 0.7, "thin": 10.0, "masks": {"rock": -1.5, "beach": -2.0},
        "details": ((5.0, 1.0), (1e9, 0.25)),
    } | more  # fmt: skip
    return Layer("flower", "ground_cover", density, **given)


def ferns(density: float = 0.25, **more) -> Layer:
    """Ferns in the shade."""
    given = {"reach": (1.2, 60.0), "variants": 3, "clump": 6.0, "clumped": 0.5, "thin": 18.0, "masks": {"rock": -0.6},
             "details": ((8.0, 1.0), (1e9, 0.25))} | more  # fmt: skip
    return Layer("fern", "undergrowth", density, **given)


def boulders(density: float = 0.004, **more) -> Layer:
    """Boulders, deep in the ground that they lie on."""
    given = {"reach": (3.5, 400.0), "variants": 4, "scale": (0.4, 1.6), "tilt": 0.5, "sink": 0.18, "slope": 60.0, "clump": 20.0,
             "clumped": 0.5, "thin": 120.0, "details": ((22.0, 1.0), (1e9, 0.15))} | more  # fmt: skip
    return Layer("boulder", "stones", density, **given)


def pebbles(density: float = 3.0, **more) -> Layer:
    """Pebbles near the camera, as fields where water or gravity gathers them."""
    given = {"reach": (0.4, 30.0), "variants": 6, "scale": (0.3, 1.6), "tilt": 1.0, "sink": 0.25, "slope": 50.0, "clump": 3.0,
             "clumped": 0.45, "thin": 5.0, "swell": 2.0, "details": ((4.0, 1.0), (1e9, 0.3))} | more  # fmt: skip
    return Layer("pebble", "stones", density, **given)
