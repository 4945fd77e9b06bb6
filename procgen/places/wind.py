"""Wind and current: a modifier that moves vertices by their attributes ``sway`` and ``phase`` (needs bpy)."""

from __future__ import annotations

import numpy as np

GUST = 2.6  # seconds of the slowest swing
SHARES = ((1.0, 1.0), (2.3, 0.35), (5.1, 0.12))  # frequency and amplitude of each swing, relative to the slowest


def add_wind(obj, speed: float, direction: float, period: float = GUST) -> None:
    """Let an object give way to a wind of ``speed`` m/s that blows toward ``direction``, radians from +x to +y.

    A vertex leans by its ``sway`` and swings about that; ``period`` is the slowest swing's, in seconds.
    """
    import bpy

    from ..nodes.shader import Nodes

    group = bpy.data.node_groups.new("Wind", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    g = Nodes(group)
    source, target = g.add("NodeGroupInput"), g.add("NodeGroupOutput")
    seconds = g.add("GeometryNodeInputSceneTime")["Seconds"]
    sway = g.add("GeometryNodeInputNamedAttribute", {"Name": "sway"}, data_type="FLOAT").out()
    phase = g.add("GeometryNodeInputNamedAttribute", {"Name": "phase"}, data_type="FLOAT").out()

    def swing(offset: float):
        waves = []
        for rate, share in SHARES:
            turn = g.math("MULTIPLY_ADD", seconds, float(2 * np.pi * rate / period),
                          g.math("MULTIPLY_ADD", phase, float(2 * np.pi * rate), offset * rate))  # fmt: skip
            waves.append(g.math("MULTIPLY", g.math("SINE", turn), share * 0.5))
        return g.total(*waves)

    force = (speed / 10.0) ** 2 if speed < 10 else speed / 10.0  # drag grows with the square until leaves fold
    along = g.math("MULTIPLY", g.math("ADD", swing(0.0), 0.6), g.math("MULTIPLY", sway, force))
    aside = g.math("MULTIPLY", swing(1.7), g.math("MULTIPLY", sway, force * 0.5))
    c, s = float(np.cos(direction)), float(np.sin(direction))
    x = g.math("SUBTRACT", g.math("MULTIPLY", along, c), g.math("MULTIPLY", aside, s))
    y = g.math("ADD", g.math("MULTIPLY", along, s), g.math("MULTIPLY", aside, c))
    offset = g.add("ShaderNodeCombineXYZ", {"X": x, "Y": y, "Z": 0.0}).out()
    # Patterns of materials cling to where a vertex is at rest.
    rest = g.add("GeometryNodeStoreNamedAttribute", {"Geometry": source.out(), "Name": "rest_position",
                                                     "Value": g.add("GeometryNodeInputPosition").out()},
                 data_type="FLOAT_VECTOR", domain="POINT")  # fmt: skip
    moved = g.add("GeometryNodeSetPosition", {"Geometry": rest.out(), "Offset": offset})
    g.set(target, 0, moved.out())
    obj.modifiers.new("Wind", "NODES").node_group = group
