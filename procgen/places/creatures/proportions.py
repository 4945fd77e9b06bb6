"""A mammal's own proportions laid over its body plan."""

from __future__ import annotations

from .shapes import Shape


def proportioned(shape: Shape, spec) -> Shape:
    """The body plan with the spec's shares: leg, girth, neck, head, muzzle, tail, ear and fur length."""
    # With the withers at one, longer legs mean a shallower trunk.
    lift = (1 - shape.chest) * (spec.leg - 1)
    skull = tuple((t if t < 0.45 else 0.45 + (t - 0.45) * spec.muzzle, *row) for t, *row in shape.skull)
    length, half, out, forward = shape.ear
    return shape._replace(
        chest=shape.chest - lift,
        tuck=shape.tuck + lift,
        elbow=shape.elbow + 0.8 * lift,
        wrist=shape.wrist * (1 + 0.5 * (spec.leg - 1)),
        breadth=shape.breadth * spec.girth,
        loin=shape.loin * spec.girth**1.4,
        haunch=shape.haunch * spec.girth,
        neck=shape.neck * spec.neck,
        head=shape.head * spec.head,
        skull=skull,
        tail=shape.tail * spec.tail,
        ear=(length * spec.ear, half, out, forward),
        fur=shape.fur * spec.fur_length,
    )
