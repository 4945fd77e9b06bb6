"""Haze and fog in front of surfaces: a shader that dims with distance in closed form, and a bounded volume of ground fog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .sky import Sky, solve_sky
from .spec import Weather

if TYPE_CHECKING:
    from ...nodes.shader import Nodes

GROUP = "Haze"


def add_haze(material, weather: Weather) -> None:
    """Put the air between the camera and a material's surface; a second call changes nothing but the weather.

    Only the surface that the camera sees is changed: reflections, shadows and the passes of labels are not.
    """
    group = haze_group(weather)
    for output in [node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"]:
        if not output.inputs["Surface"].is_linked:
            continue
        source = output.inputs["Surface"].links[0].from_socket
        if source.node.bl_idname == "ShaderNodeGroup" and source.node.node_tree.name.startswith(GROUP):
            source.node.node_tree = group
            continue
        node = material.node_tree.nodes.new("ShaderNodeGroup")
        node.node_tree = group
        node.location = (output.location.x - 200, output.location.y)
        material.node_tree.links.new(source, node.inputs["Surface"])
        material.node_tree.links.new(node.outputs["Surface"], output.inputs["Surface"])


def haze_group(weather: Weather):
    """The node group of a weather's haze, one for all materials."""
    import bpy

    from ...nodes.shader import Nodes
    from ...params import to_dict

    fingerprint = repr(sorted(to_dict(weather).items()))
    for group in bpy.data.node_groups:
        if group.get("weather") == fingerprint:
            return group
    group = bpy.data.node_groups.new(GROUP, "ShaderNodeTree")
    group["weather"] = fingerprint
    for direction in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Surface", in_out=direction, socket_type="NodeSocketShader")
    g = Nodes(group)
    surface = g.add("NodeGroupInput").out()
    factor, light = _nodes(g, solve_sky(weather))
    emission = g.add("ShaderNodeEmission", {"Color": light, "Strength": 1.0}).out()
    g.add("NodeGroupOutput", {"Surface": g.add("ShaderNodeMixShader", {0: factor, 1: surface, 2: emission}).out()})
    return group


def _nodes(g: Nodes, sky: Sky):
    """The share of a surface that haze hides, and the colour it is hidden by."""
    place = g.add("ShaderNodeNewGeometry")
    point, incoming = place["Position"], place["Incoming"]
    distance = g.add("ShaderNodeCameraData")["View Distance"]
    camera = g.add("ShaderNodeLightPath")["Is Camera Ray"]
    low = g.add("ShaderNodeSeparateXYZ", {0: point})["Z"]
    rise = g.math("MULTIPLY", g.add("ShaderNodeSeparateXYZ", {0: incoming})["Z"], g.math("MULTIPLY", distance, -1.0))
    eye = g.math("SUBTRACT", low, rise)
    depths = [None, None]  # of air and aerosol together, and of fog
    for layer, height in enumerate(sky.layers.heights):
        if not sky.layers.extinction[layer].any():
            continue
        share = g.math("DIVIDE", rise, float(height))
        small = g.math("LESS_THAN", g.math("ABSOLUTE", share), 1e-3)
        safe = g.lerp(small, share, 1e-3)
        fall = g.math("DIVIDE", g.math("SUBTRACT", 1.0, g.math("EXPONENT", g.math("MULTIPLY", safe, -1.0))), safe)
        start = g.math("EXPONENT", g.math("DIVIDE", eye, -float(height)))
        column = g.product(distance, start, fall)
        depth = g.vector_math("SCALE", tuple(sky.layers.extinction[layer]), Scale=column)
        kind = int(layer == 2)
        depths[kind] = depth if depths[kind] is None else g.vector_math("ADD", depths[kind], depth)
    total = depths[0] if depths[1] is None else g.vector_math("ADD", *depths)
    channels = g.add("ShaderNodeSeparateXYZ", {0: total})
    hidden = [g.math("SUBTRACT", 1.0, g.math("EXPONENT", g.math("MULTIPLY", channels[axis], -1.0))) for axis in "XYZ"]
    far = _distance_colour(g, sky, incoming)
    if depths[1] is not None:
        share = g.vector_math("DIVIDE", depths[1], g.vector_math("ADD", total, (1e-9,) * 3))
        thin = g.vector_math("MULTIPLY", far, g.vector_math("SUBTRACT", (1, 1, 1), share))
        far = g.vector_math("ADD", thin, g.vector_math("MULTIPLY", share, tuple(sky.fog)))
    # One factor mixes all three channels, so the light that is added makes up for the difference.
    factor = g.math("MAXIMUM", hidden[1], 1e-7)
    ratio = g.add("ShaderNodeCombineXYZ", {0: hidden[0], 1: hidden[1], 2: hidden[2]}).out()
    light = g.vector_math("MULTIPLY", far, g.vector_math("SCALE", ratio, Scale=g.math("DIVIDE", 1.0, factor)))
    return g.math("MULTIPLY", factor, camera), light


def _distance_colour(g: Nodes, sky: Sky, incoming):
    """The colour of the horizon by angle from the luminary's azimuth."""
    flat = sky.sun[:2] / max(np.hypot(*sky.sun[:2]), 1e-9)
    level = g.vector_math("NORMALIZE", g.vector_math("MULTIPLY", incoming, (-1, -1, 0)))
    cosine = g.vector_math("DOT_PRODUCT", level, (float(flat[0]), float(flat[1]), 0.0))
    share = g.math("DIVIDE", g.math("ARCCOSINE", g.math("MAXIMUM", g.math("MINIMUM", cosine, 1.0), -1.0)), float(np.pi))
    top = float(sky.horizon.max())
    stops = [(index / (len(sky.horizon) - 1), tuple(colour / top)) for index, colour in enumerate(sky.horizon)]
    return g.vector_math("SCALE", g.ramp(share, stops), Scale=top)


def build_fog(weather: Weather, bounds: np.ndarray):
    """A box of ground fog as a volume within bounds (2, 3), metres, lowest and highest corner; slow beside ``add_haze``."""
    import bpy

    from ...blender import mesh_data, new_material
    from ...nodes.shader import Nodes

    low, high = np.asarray(bounds, float)
    corners = np.array([[x, y, z] for z in (low[2], min(high[2], low[2] + 4 * weather.fog_height)) for y in (low[1], high[1])
                        for x in (low[0], high[0])])  # fmt: skip
    faces = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]])
    obj = bpy.data.objects.new("Fog", mesh_data("Fog", corners, faces))
    material, tree = new_material("Fog", (0.8, 0.8, 0.8), 0.2)
    g = Nodes(tree)
    place = g.add("ShaderNodeNewGeometry")["Position"]
    height = g.math("SUBTRACT", g.add("ShaderNodeSeparateXYZ", {0: place})["Z"], float(low[2]))
    thin = g.math("EXPONENT", g.math("DIVIDE", height, -float(weather.fog_height)))
    banks = g.add("ShaderNodeTexNoise", {"Vector": place, "Scale": 1 / (3 * weather.fog_height), "Detail": 3.0}).out(0)
    density = g.product(thin, g.map_range(banks, 0.3, 0.7, 0.4, 1.6), float(weather.fog))
    volume = g.add("ShaderNodeVolumeScatter", {"Color": (1, 1, 1), "Density": density, "Anisotropy": 0.3})
    g.add("ShaderNodeOutputMaterial", {"Volume": volume.out()})
    obj.data.materials.append(material)
    obj["label_hidden"] = True
    obj["part_of"] = "weather"
    obj.visible_shadow = False  # its shadow would be marched for every light sample of the ground
    bpy.context.scene.collection.objects.link(obj)
    return obj
