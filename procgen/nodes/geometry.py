"""Geometry node groups that the generators put on objects."""

from __future__ import annotations

import bpy


def position_from_frame_attribute(obj: bpy.types.Object, frames: int) -> None:
    """Set each point's position from its attribute ``frame_N`` of the scene's frame, held at both ends."""
    group = bpy.data.node_groups.new("Position of the frame", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    nodes, links = group.nodes, group.links
    source, target = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    time = nodes.new("GeometryNodeInputSceneTime")
    clamp = nodes.new("ShaderNodeClamp")
    clamp.inputs["Max"].default_value = frames - 1
    whole = nodes.new("FunctionNodeFloatToInt")
    text = nodes.new("FunctionNodeValueToString")
    prefix = nodes.new("FunctionNodeInputString")
    prefix.string = "frame_"
    join = nodes.new("GeometryNodeStringJoin")
    named = nodes.new("GeometryNodeInputNamedAttribute")
    named.data_type = "FLOAT_VECTOR"
    place = nodes.new("GeometryNodeSetPosition")
    links.new(time.outputs["Frame"], clamp.inputs["Value"])
    links.new(clamp.outputs[0], whole.inputs[0])
    links.new(whole.outputs[0], text.inputs[0])
    # A multi-input socket takes the latest link first on both releases.
    links.new(text.outputs[0], join.inputs["Strings"])
    links.new(prefix.outputs[0], join.inputs["Strings"])
    links.new(join.outputs[0], named.inputs["Name"])
    links.new(source.outputs[0], place.inputs["Geometry"])
    links.new(named.outputs[0], place.inputs["Position"])
    links.new(place.outputs[0], target.inputs[0])
    modifier = obj.modifiers.new("Motion", "NODES")
    modifier.node_group = group
