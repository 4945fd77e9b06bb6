"""A small scene in the making, which tests save and label."""

from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Matrix  # noqa: E402

from simulacra.datagen.check import check_dataset  # noqa: E402
from simulacra.datagen.readers import Dataset  # noqa: E402
from simulacra.datagen.rendering.scene_labels import render_scene  # noqa: E402
from simulacra.datagen.rendering.scene_plan import plan  # noqa: E402
from simulacra.datagen.storage.dataset import DatasetFolder  # noqa: E402
from simulacra.procgen.blender import new_material  # noqa: E402
from simulacra.procgen.camera import look_at  # noqa: E402

GEOMETRY = ("depth", "normal", "position", "instance", "semantic", "uv")


class Stage:
    """A scene in the making, saved and labelled."""

    def __init__(self, scene, folder: Path):
        self.scene, self.folder = scene, folder
        self.path = folder / "scene.blend"
        scene.render.engine = "CYCLES"
        scene.cycles.samples = 2
        scene.render.resolution_x, scene.render.resolution_y = 64, 48
        self.camera = self.put(bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera")))
        self.camera.matrix_world = Matrix(look_at(np.array([0.0, -4.0, 0.6]), np.zeros(3), 0.1).tolist())
        scene.camera = self.camera

    def put(self, obj, collection=None):
        (collection or self.scene.collection).objects.link(obj)
        return obj

    def mesh(self, name, points, faces, collection=None, material=None):
        data = bpy.data.meshes.new(name)
        data.from_pydata([tuple(map(float, point)) for point in points], [], faces)
        if material:
            data.materials.append(material)
        return self.put(bpy.data.objects.new(name, data), collection)

    def quad(self, name, y, half=1.0, **more):
        """A square that faces the camera, at a depth of y."""
        corners = [(-half, 0, -half), (half, 0, -half), (half, 0, half), (-half, 0, half)]
        obj = self.mesh(name, corners, [(0, 1, 2, 3)], **more)
        obj.location.y = y
        return obj

    def cube(self, name, half=0.5, **more):
        points = [(x, y, z) for x in (-half, half) for y in (-half, half) for z in (-half, half)]
        faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
        return self.mesh(name, points, faces, **more)

    def collection(self, name, link=True):
        collection = bpy.data.collections.new(name)
        if link:
            self.scene.collection.children.link(collection)
        return collection

    def label(self, name="out", threads=2, **asked):
        """Save the scene and label the file; returns the reader's samples."""
        if not self.path.exists():
            bpy.ops.wm.save_as_mainfile(filepath=str(self.path), compress=False)
        recipe = plan(self.path, **asked)
        folder = DatasetFolder.open(self.folder / name, recipe)
        for index in range(recipe.count):
            folder.write_sample(index, render_scene, threads)
        folder.describe({})
        report = check_dataset(folder.path)
        assert report.ok, report.summary()
        return list(Dataset(folder.path))


def shader(kind, output="Surface", **values):
    material, tree = new_material(kind)
    node, end = tree.nodes.new(kind), tree.nodes.new("ShaderNodeOutputMaterial")
    for name, value in values.items():
        node.inputs[name].default_value = value
    tree.links.new(node.outputs[0], end.inputs[output])
    return material


def principled(alpha):
    return shader("ShaderNodeBsdfPrincipled", Alpha=alpha)


def shown(sample, frame=0):
    """The names of what is in an instance label, by id."""
    records = {record["id"]: record["name"] for record in sample.objects(frame)}
    return {records[number] for number in np.unique(sample.label("instance", frame)) if number}


def geometry_tree(name="Tree"):
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    return tree, tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")


def instancing(stage, bare=True):
    """Instances of three kinds: of a collection, of an object in geometry nodes, and of a mesh made there, which has no
    material if it is ``bare``."""
    source = stage.collection("Source", link=False)
    leaf = stage.cube("Leaf", 0.12, collection=source)
    leaf.rotation_euler.z = 0.4
    stone = stage.cube("Stone", 0.1, collection=source, material=principled(1.0))
    stone.location.z = 0.35
    for number in range(3):
        empty = stage.put(bpy.data.objects.new(f"Empty{number}", None))
        empty.instance_type, empty.instance_collection = "COLLECTION", source
        empty.location = (0.6 * number - 0.6, 0, 0.35)
    host = stage.mesh("Host", [(x, 0, -0.5) for x in np.linspace(-1, 1, 6)], [])
    tree, start, end = geometry_tree()
    made, dress = tree.nodes.new("GeometryNodeMeshCube"), tree.nodes.new("GeometryNodeSetMaterial")
    made.inputs["Size"].default_value = (0.2, 0.2, 0.2)
    dress.inputs["Material"].default_value = principled(1.0)
    tree.links.new(made.outputs["Mesh"], dress.inputs["Geometry"])
    known = tree.nodes.new("GeometryNodeObjectInfo")
    known.inputs["Object"].default_value = leaf
    known.inputs["As Instance"].default_value = True
    join = tree.nodes.new("GeometryNodeJoinGeometry")
    for geometry, height in (((made if bare else dress).outputs[0], 0.0), (known.outputs["Geometry"], -0.35)):
        lift, copy = tree.nodes.new("GeometryNodeTransform"), tree.nodes.new("GeometryNodeInstanceOnPoints")
        lift.inputs["Translation"].default_value = (0, 0, height)
        tree.links.new(start.outputs[0], lift.inputs[0])
        tree.links.new(lift.outputs[0], copy.inputs["Points"])
        tree.links.new(geometry, copy.inputs["Instance"])
        tree.links.new(copy.outputs[0], join.inputs[0])
    tree.links.new(join.outputs[0], end.inputs[0])
    host.modifiers.new("Nodes", "NODES").node_group = tree
    text = stage.put(bpy.data.objects.new("Text", bpy.data.curves.new("Text", "FONT")))
    text.data.body, text.data.size, text.data.extrude = "abc", 0.5, 0.05
    text.location, text.rotation_euler = (-0.4, 0.3, -0.2), (1.5708, 0, 0)
    return 3 * 2 + 2 * 6 + 1
