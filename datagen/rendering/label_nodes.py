"""Readies the open scene for exact labels of whatever is in it: every material tells which thing it is on (needs bpy)."""

from __future__ import annotations

import bpy

from ...procgen.blender import new_material
from ...procgen.nodes.shader import Nodes

ID = "simulacra_object"  # the custom property that numbers objects; pass_index would clamp at 32767
LAYERS = "simulacra_layers"  # AOV: how many surfaces a ray has met, the one that is labelled with them
KEYS = tuple(f"simulacra_key{number}" for number in range(4))  # AOVs: object, random, place of a surface on the way
# The place of an instance as one number, for where two instances of an object share their random number.
PLACE = (1.0, 1.4142135, 2.2360679)
GEOMETRY = ("MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD")


class LabelNodes:
    """The nodes that every material of the open scene gets, and the window of surfaces that they write.

    Cycles adds up what an AOV gets on the way through surfaces that are looked through. So each surface writes to the AOV
    of its own number, and what lies deeper than there are AOVs is had by moving the window and rendering again.
    """

    def __init__(self, layer):
        self.tree = _label_tree()
        self.offset = self.tree.nodes["offset"].outputs[0]
        for name in (LAYERS, *KEYS):
            aov = layer.aovs.add()
            aov.name, aov.type = name, "VALUE" if name == LAYERS else "COLOR"
        default, tree = new_material("Simulacra label")
        Nodes(tree).surface(tree.nodes.new("ShaderNodeBsdfDiffuse").outputs[0])
        _normals_without_bump()
        for material in bpy.data.materials:
            if not material.is_grease_pencil:
                self._add_to(material)
        self.default = default
        _material_on_everything(default)
        _look_through_volumes()
        number_objects()

    def _add_to(self, material) -> None:
        if material.node_tree is None or (bpy.app.version < (5, 0) and not material.use_nodes):
            material.use_nodes = True  # a plain colour is opaque, whichever it is
            material.node_tree.nodes.clear()
        tree = material.node_tree
        output = tree.get_output_node("CYCLES") or tree.nodes.new("ShaderNodeOutputMaterial")
        surface, volume = output.inputs["Surface"], output.inputs["Volume"]
        if volume.is_linked and not surface.is_linked:
            tree.links.new(tree.nodes.new("ShaderNodeBsdfTransparent").outputs[0], surface)
        else:
            # Cycles shows a surface without a shader as solid black, but looks through it once it has an AOV: a black
            # diffuse one beside it, which adds nothing, keeps it solid.
            both, black = tree.nodes.new("ShaderNodeAddShader"), tree.nodes.new("ShaderNodeBsdfDiffuse")
            black.inputs["Color"].default_value = 0, 0, 0, 1
            if surface.is_linked:
                tree.links.new(surface.links[0].from_socket, both.inputs[0])
            tree.links.new(black.outputs[0], both.inputs[1])
            tree.links.new(both.outputs[0], surface)
        _unlink(tree, volume)
        if material.displacement_method == "BUMP":
            _unlink(tree, output.inputs["Displacement"])
        material.displacement_method = "DISPLACEMENT"
        tree.nodes.new("ShaderNodeGroup").node_tree = self.tree

    def cover(self, objects) -> None:
        """Put the default material on what geometry nodes make without any.

        Objects that such nodes place as instances become instances of the object that places them, so this is only done
        where it is needed.
        """
        bare = bpy.data.node_groups.new("Simulacra bare", "GeometryNodeTree")
        for direction in ("INPUT", "OUTPUT"):
            bare.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
        source, target = bare.nodes.new("NodeGroupInput"), bare.nodes.new("NodeGroupOutput")
        chosen, put = bare.nodes.new("GeometryNodeMaterialSelection"), bare.nodes.new("GeometryNodeSetMaterial")
        put.inputs["Material"].default_value = self.default
        bare.links.new(chosen.outputs[0], put.inputs["Selection"])  # without a material: selects what has none
        bare.links.new(source.outputs[0], put.inputs["Geometry"])
        bare.links.new(put.outputs[0], target.inputs[0])
        for obj in objects:
            obj.modifiers.new("Simulacra bare", "NODES").node_group = bare


def _unlink(tree, socket) -> None:
    for link in list(socket.links):
        tree.links.remove(link)


def _label_tree():
    tree = bpy.data.node_groups.new("Simulacra label", "ShaderNodeTree")
    g = Nodes(tree)
    number = g.attribute(f'["{ID}"]', "Fac", "OBJECT")
    info = g.add("ShaderNodeObjectInfo")
    place = g.add("ShaderNodeVectorMath", {0: info["Location"], 1: PLACE}, operation="DOT_PRODUCT")["Value"]
    key = g.add("ShaderNodeCombineXYZ", {0: number, 1: info["Random"], 2: place}).out()
    offset = g.add("ShaderNodeValue")
    offset.node.name = "offset"
    met = g.math("SUBTRACT", g.add("ShaderNodeLightPath")["Transparent Depth"], offset.out())
    for place, name in enumerate(KEYS):
        here = g.math("COMPARE", met, float(place), 0.5)
        g.add("ShaderNodeOutputAOV", {"Color": g.add("ShaderNodeVectorMath", {0: key, "Scale": here}, operation="SCALE").out()},
              aov_name=name)  # fmt: skip
    g.add("ShaderNodeOutputAOV", {"Value": 1.0}, aov_name=LAYERS)
    return tree


def _normals_without_bump() -> None:
    """Cut bump and normal maps off the shaders: the label is the smooth normal, and nothing else depends on them."""
    trees = [material.node_tree for material in bpy.data.materials if material.node_tree]
    trees += [tree for tree in bpy.data.node_groups if tree.bl_idname == "ShaderNodeTree"]
    for tree in trees:
        for node in tree.nodes:
            if node.type != "GROUP" and any(socket.type == "SHADER" for socket in node.outputs):
                for socket in node.inputs:
                    if socket.type == "VECTOR" and "Normal" in socket.name:
                        _unlink(tree, socket)


def _material_on_everything(default) -> None:
    """Give the default material to every slot, and to all data without one."""
    for obj in bpy.data.objects:
        if obj.type not in GEOMETRY:
            continue
        if not obj.material_slots:
            obj.data.materials.append(default)
        for slot in obj.material_slots:
            if slot.material is None:
                slot.material = default
        if obj.is_shadow_catcher:  # it shows a shadow and not itself
            obj.visible_camera = False


def _look_through_volumes() -> None:
    for obj in bpy.data.objects:
        if obj.type == "VOLUME":
            obj.visible_camera = False
    for world in bpy.data.worlds:
        if world.node_tree:
            for node in world.node_tree.nodes:
                if node.type == "OUTPUT_WORLD":
                    _unlink(world.node_tree, node.inputs["Volume"])


def name_of(obj) -> tuple[str, str]:
    """What tells an object from all others: its name, and the library that it comes from."""
    return obj.name, obj.library.filepath if obj.library else ""


def number_objects() -> None:
    """Number all objects from 1 by name; those of a library come after the file's own of the same name."""
    for number, obj in enumerate(sorted(bpy.data.objects, key=name_of), 1):
        obj[ID] = number
