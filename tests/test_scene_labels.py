"""Labels of any Blender file against closed forms, ray casts and each other, at tiny sizes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Euler, Matrix, Vector  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.cameras import pixel_centres, pixel_rays, project  # noqa: E402
from simulacra.datagen.check import check_dataset  # noqa: E402
from simulacra.datagen.dataset import DatasetFolder  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.gallery import write_gallery  # noqa: E402
from simulacra.datagen.readers import Dataset  # noqa: E402
from simulacra.datagen.scene_file import plan  # noqa: E402
from simulacra.datagen.scene_labels import boxes, render_scene  # noqa: E402
from simulacra.datagen.scene_recipe import SceneRecipe, parse_frames, parse_size  # noqa: E402
from simulacra.procgen.blender import new_material  # noqa: E402
from simulacra.procgen.camera import look_at  # noqa: E402

pytestmark = pytest.mark.blender
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


@pytest.fixture
def stage(scene, tmp_path):
    return Stage(scene, tmp_path)


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


def test_frames_and_sizes_are_read():
    assert parse_frames("", 7) == (7, 7) and parse_frames("3..9", 7) == (3, 9) and parse_frames("-4..-2", 7) == (-4, -2)
    assert parse_frames("12", 7) == (12, 12) and parse_size("64x48") == (64, 48) and parse_size("") is None
    for text in ("9..3", "a..b", "1...2", "1..", "1.5"):
        with pytest.raises(BadInput, match="frames"):
            parse_frames(text, 1)
    for text in ("64", "64x", "x"):
        with pytest.raises(BadInput, match="size"):
            parse_size(text)


def test_boxes_hold_their_pixels():
    instance = np.zeros((6, 9), np.uint16)
    instance[1:3, 4:8] = 7
    instance[5, 0] = 60000
    assert boxes(instance) == {7: [4, 1, 8, 3], 60000: [0, 5, 1, 6]}
    assert boxes(np.zeros((2, 2), np.uint16)) == {}


@pytest.mark.parametrize(
    "fit, lens, shift, size, percent, aspect, unit",
    [
        ("AUTO", 35.0, (0.0, 0.0), (64, 48), 100, (1, 1), 1.0),
        ("AUTO", 30.0, (0.13, -0.07), (48, 80), 100, (1, 1), 0.01),
        ("AUTO", 50.0, (0.1, 0.2), (61, 47), 130, (1.0, 2.0), 1.0),  # taller in the world than wide
        ("AUTO", 50.0, (-0.1, 0.05), (40, 60), 100, (2.0, 1.0), 1000.0),
        ("HORIZONTAL", 40.0, (0.05, -0.2), (48, 72), 75, (1.0, 1.5), 1.0),
        ("VERTICAL", 25.0, (-0.15, 0.1), (96, 40), 99, (1.3, 1.0), 0.3),
    ],
)
def test_a_plane_seen_obliquely_through_any_lens(stage, fit, lens, shift, size, percent, aspect, unit):
    render, data = stage.scene.render, stage.camera.data
    data.sensor_fit, data.lens, data.sensor_width, data.sensor_height = fit, lens, 36.0, 20.0
    data.shift_x, data.shift_y = shift
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = percent
    render.pixel_aspect_x, render.pixel_aspect_y = aspect
    stage.camera.scale = (2.0, 2.0, 2.0)  # a camera's size does nothing
    stage.scene.unit_settings.system, stage.scene.unit_settings.scale_length = "METRIC", unit
    plane = stage.quad("Plane", 0.5, 40.0)
    plane.rotation_euler = (0.2, 0.1, -0.25)
    (sample,) = stage.label(labels=[*GEOMETRY, "rgb"])
    record = sample.camera(0)
    assert (record["width"], record["height"]) == tuple(side * percent // 100 for side in size)
    origin, rays = pixel_rays(record)
    normal = np.array(Euler((0.2, 0.1, -0.25)).to_matrix()) @ [0, 1, 0]
    depth = ((np.array([0, 0.5, 0]) * unit - origin) @ normal) / (rays @ normal)
    # The truth is computed from K, so the position pass must re-project for it to be one.
    pixels, distance = project(record, sample.label("position", 0))
    centres = pixel_centres(record)
    assert np.abs(pixels - centres).max() <= 0.002
    assert np.abs(depth / sample.label("depth", 0) - 1).max() < 2e-5
    assert np.abs(distance / depth - 1).max() < 2e-5
    facing = normal @ np.array(record["cam2world"])[:3, :3]
    facing *= -np.sign(facing[2])
    assert np.abs(sample.label("normal", 0) - facing).max() < 1e-4


def pose_of(frame):
    turn = Euler((0.1 * frame, 0.05, 0.12 * frame))
    return Vector((0.15 * frame - 0.3, 0.1 * frame, 0.04 * frame)), turn


def camera_pose(frame):
    return Vector((0.1 * frame, -5.0 + 0.2 * frame, 0.5)), Euler((1.45, 0.02 * frame, 0.03 * frame))


def test_flow_of_a_moving_thing_before_a_moving_camera(stage):
    cube = stage.cube("Cube")
    stage.quad("Wall", 3.0, 1.6)
    stage.camera.rotation_mode = "XYZ"
    stage.scene.render.use_motion_blur = True
    stage.camera.data.dof.use_dof = True
    stage.camera.data.dof.focus_distance = 4.0
    for frame in range(0, 6):
        for obj, pose in ((cube, pose_of), (stage.camera, camera_pose)):
            obj.location, obj.rotation_euler = pose(frame)
            obj.keyframe_insert("location", frame=frame)
            obj.keyframe_insert("rotation_euler", frame=frame)
    (sample,) = stage.label(frames="1..3")
    assert sample.frames == [0, 1, 2] and sample.record["scene_frames"] == [1, 2, 3]
    assert sample.record["flow_unknown"] == [] and sample.record["unresolved"] == 0
    worst = 0.0
    for number, (name, step) in ((0, ("flow", 1)), (1, ("flow", 1)), (1, ("flow_back", -1)), (2, ("flow_back", -1))):
        frame = number + 1
        record = sample.camera(number)
        place, turn = camera_pose(frame)
        assert np.abs(np.array(record["cam2world"])[:3, 3] - place).max() < 1e-5
        position, instance = sample.label("position", number), sample.label("instance", number)
        flow = sample.label(name, number)
        ids = {entry["name"]: entry["id"] for entry in sample.objects(number)}
        here, there = (Matrix.LocRotScale(*pose_of(f), None) for f in (frame, frame + step))
        moved = np.array(there @ here.inverted())
        truth = position @ moved[:3, :3].T + moved[:3, 3]
        truth = np.where((instance == ids["Wall"])[..., None], position, truth)
        turned = dict(record)
        place, turn = camera_pose(frame + step)
        turned["cam2world"] = (np.array(Matrix.LocRotScale(place, turn, None)) @ np.diag([1.0, -1, -1, 1])).tolist()
        truth = project(turned, truth)[0] - pixel_centres(record)
        known = instance > 0
        assert {ids["Cube"], ids["Wall"]} <= set(np.unique(instance)) and not known.all()
        assert np.linalg.norm(truth[known], axis=-1).max() > 2, "the test must move things"
        worst = max(worst, np.abs(flow - truth)[known].max())
        assert np.isnan(flow[~known]).all()
    assert worst <= 0.01, worst
    assert np.isnan(sample.label("flow", 2)).all() and np.isnan(sample.label("flow_back", 0)).all()
    assert (sample.label("occlusion", 1) == 0).any() and sample.camera(1)["time"] == pytest.approx(2 / 24)


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


@pytest.mark.parametrize("bare", [True, False])
def test_every_instance_has_its_own_id(stage, bare):
    count = instancing(stage, bare)
    stage.scene.render.resolution_x, stage.scene.render.resolution_y = 96, 96
    (sample,) = stage.label(labels=GEOMETRY)
    instance, record = sample.label("instance", 0), sample.camera(0)
    entries = {entry["id"]: entry for entry in sample.objects(0)}
    assert sorted(entries) == list(range(1, count + 1)) == np.unique(instance)[1:].tolist()
    order = [(entry["name"], entry["instancer"], entry["persistent_id"]) for _, entry in sorted(entries.items())]
    assert order == sorted(order)
    # The same rays through Blender's own scene, which tells the instance by its matrix.
    bpy.ops.wm.open_mainfile(filepath=str(stage.path), load_ui=False, use_scripts=False)
    graph = bpy.context.evaluated_depsgraph_get()
    origin, rays = pixel_rays(record)
    wrong = seen = 0
    for row, column in np.ndindex(instance.shape):
        direction = rays[row, column] / np.linalg.norm(rays[row, column])
        hit, _, _, _, obj, matrix = bpy.context.scene.ray_cast(graph, origin.tolist(), direction.tolist())
        entry = entries.get(int(instance[row, column]))
        if hit and entry:
            seen += 1
            same = np.abs(np.array(matrix) - np.array(entry["pose"])).max() < 1e-5
            # Nodes that also make things without a material are given one, and lose the names of objects on the way.
            wrong += not (same and obj.name in (entry["name"], "Leaf" if bare and entry["name"] == "Host" else ""))
        else:
            wrong += hit != bool(entry)
    assert seen > 800 and wrong <= 3, (seen, wrong)  # an edge may fall to either side
    for entry in entries.values():
        box = entry["box_3d"]
        inside = (sample.label("position", 0)[instance == entry["id"]] - box["center"]) @ np.array(box["rotation"])
        assert (np.abs(inside) <= np.array(box["size"]) / 2 + 1e-5).all()


def test_the_same_labels_for_one_and_two_threads(stage):
    instancing(stage)
    stage.quad("Haze", -0.5, 0.5, material=principled(0.3))
    one, two = (stage.label(name, threads)[0] for name, threads in (("one", 1), ("two", 2)))
    for name in one.record["files"]:
        if not name.endswith("rgb.png"):
            assert (one.path / name).read_bytes() == (two.path / name).read_bytes(), name


def test_what_is_looked_through(stage):
    wall = stage.quad("Wall", 1.0, 4.0, material=principled(1.0))
    stage.quad("Left", 0.0, 0.5, material=principled(0.3)).location.x = -1.0
    stage.quad("Middle", 0.0, 0.3, material=principled(0.7))
    stage.quad("Right", 0.0, 0.3, material=shader("ShaderNodeBsdfGlass")).location.x = 1.0
    stage.quad("Low", 0.0, 0.2, material=shader("ShaderNodeEmission", Strength=0.0)).location = (0, 0, -0.6)
    stage.cube("Fog", 0.3, material=shader("ShaderNodeVolumePrincipled", "Volume", Density=9.0)).location = (
        0.6,
        0,
        0.9,
    )
    stage.quad("Hole", 0.0, 0.15, material=shader("ShaderNodeHoldout")).location = (-0.6, 0, -0.9)
    for number in range(9):  # more clear layers than one render tells apart
        stage.quad(f"Clear{number}", -0.2 - 0.1 * number, 2.0, material=principled(0.0))
    hidden = stage.quad("Hidden", -0.1, 2.0)
    hidden.visible_camera = False
    stage.quad("Catcher", -0.1, 2.0).is_shadow_catcher = True
    stage.quad("Cut", -0.1, 0.15).is_holdout = True
    stage.scene.world = bpy.data.worlds.new("World")
    (sample,) = stage.label(labels=GEOMETRY)
    # A hole of a holdout surface counts as nothing; the wall is all else.
    assert shown(sample) == {"Wall", "Middle", "Right", "Low"} and sample.record["unresolved"] == 0
    ids = {entry["name"]: entry["id"] for entry in sample.objects(0)}
    assert not {"Hidden", "Catcher", "Cut"} & set(ids)
    instance, record = sample.label("instance", 0), sample.camera(0)
    pixels = {name: project(record, np.array(point, float))[0].astype(int) for name, point in (
        ("Left", (-1, 0, 0)), ("Middle", (0.22, 0, 0)), ("Right", (1, 0, 0)), ("Low", (0, 0, -0.6)), ("Fog", (0.6, 0, 0.9)),
        ("Hole", (-0.6, 0, -0.9)), ("Cut", (0, -0.1, 0)),
    )}  # fmt: skip
    expected = {"Left": "Wall", "Fog": "Wall", "Middle": "Middle", "Right": "Right", "Low": "Low"}
    for name, (x, y) in pixels.items():
        assert instance[y, x] == ids.get(expected.get(name), 0), name
    assert wall is not None and np.isfinite(sample.label("depth", 0)[instance > 0]).all()


def test_semantic_by_collection_and_by_property(stage):
    trees, inner = stage.collection("trees"), bpy.data.collections.new("inner")
    trees.children.link(inner)
    things = stage.collection("A things")
    source = stage.collection("source", link=False)
    stage.quad("Oak", 0.0, 0.3, collection=inner)["kind"] = "oak"
    chair = stage.quad("Chair", 0.0, 0.3, collection=things)
    chair.location.x, chair.data["kind"] = 0.8, 7
    loose = stage.quad("Loose", 0.0, 0.2)
    loose.location.x = -0.8
    copied = stage.quad("Copied", 0.0, 0.2, collection=source)
    empty = stage.put(bpy.data.objects.new("Empty", None), trees)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", source, (0, 0, 0.7)
    source["kind"] = "copy"
    assert copied is not None

    def classes(sample):
        taxonomy = json.loads((sample.path.parent / "dataset.json").read_text())["taxonomy"]["semantic"]
        instance, semantic = sample.label("instance", 0), sample.label("semantic", 0)
        assert (semantic[instance == 0] == 0).all() and taxonomy["0"] == "background"
        return {entry["name"]: {taxonomy[str(n)] for n in np.unique(semantic[instance == entry["id"]])}
                for entry in sample.objects(0)}, taxonomy  # fmt: skip

    found, taxonomy = classes(stage.label("one")[0])
    assert found == {"Oak": {"trees"}, "Chair": {"A things"}, "Loose": {"Scene Collection"}, "Copied": {"trees"}}
    assert [taxonomy[str(n)] for n in (1, 2, 3)] == ["A things", "Scene Collection", "trees"]
    found, taxonomy = classes(stage.label("two", classes="property:kind")[0])
    assert found == {"Oak": {"oak"}, "Chair": {"7"}, "Loose": {"unlabelled"}, "Copied": {"copy"}}
    assert taxonomy == {"0": "background", "1": "7", "2": "copy", "3": "oak", "255": "unlabelled"}


def test_motion_that_cannot_be_known_is_told(stage):
    growing = stage.cube("Growing", 0.2)
    growing.location.x = -1.2
    array = growing.modifiers.new("Array", "ARRAY")
    for frame, count in ((1, 2), (2, 2), (3, 2), (4, 3), (5, 3)):
        array.count = count
        array.keyframe_insert("count", frame=frame)
    steady = stage.cube("Steady", 0.3)
    steady.location = (0.0, 0, -0.6)
    (sample,) = stage.label(frames="1..5")
    told = [record["flow_unknown"] for record in json.loads((sample.path / "objects.json").read_text())["frames"]]
    assert told == [[], [], ["Growing"], ["Growing"], []] and sample.record["flow_unknown"] == ["Growing"]
    for frame in range(1, 4):
        ids = {entry["name"]: entry["id"] for entry in sample.objects(frame)}
        instance = sample.label("instance", frame)
        for name in ("flow", "flow_back"):
            flow = sample.label(name, frame)
            assert np.isfinite(flow[instance == ids["Steady"]]).all()
            lost = np.isnan(flow[instance == ids["Growing"]])
            assert lost.all() if frame in (2, 3) else not lost.any()


def test_linked_data_and_other_engines(stage, tmp_path):
    source = stage.collection("Source", link=False)
    stage.cube("Far", 0.4, collection=source, material=principled(1.0))
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {source})
    bpy.data.collections.remove(source)
    bpy.data.objects.remove(bpy.data.objects["Far"])
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Source"]
    for number in range(2):
        empty = stage.put(bpy.data.objects.new(f"Empty{number}", None))
        empty.instance_type, empty.instance_collection = "COLLECTION", bpy.data.collections["Source"]
        empty.location.x = number - 0.5
    eevee = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
    stage.scene.render.engine = eevee
    stage.scene.view_layers[0].name = "View.Layer"
    stage.scene.view_layers.new("Other")
    (sample,) = stage.label(samples=2, labels=[*GEOMETRY, "rgb", "linear", "albedo", "shading"])
    assert sample.record["engine"] == {"file": eevee, "picture": "CYCLES", "labels": "CYCLES"}
    assert [entry["name"] for entry in sample.objects(0)] == ["Far", "Far"] and shown(sample) == {"Far"}
    assert len(np.unique(sample.label("instance", 0))) == 3
    assert sample.label("albedo", 0)[sample.label("instance", 0) > 0].mean() > 0.5


def test_through_the_command_line(stage, capfd):
    instancing(stage)
    second = stage.put(bpy.data.objects.new("Second", bpy.data.cameras.new("Second")))
    second.matrix_world = Matrix(look_at(np.array([1.0, -4.0, 0.6]), np.zeros(3), 0.0).tolist())
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    before, out = hashlib.sha256(stage.path.read_bytes()).hexdigest(), stage.folder / "out"
    asked = ["label", str(stage.path), str(out), "--cameras", "all", "--frames", "1..2", "--samples", "2", "--json"]
    capfd.readouterr()
    assert main(asked) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["started", "finished", "finished", "done"]
    assert events[1]["total"] == 2 and events[-1]["out"] == str(out)
    assert hashlib.sha256(stage.path.read_bytes()).hexdigest() == before
    described = json.loads((out / "dataset.json").read_text())
    assert described["recipe"]["source"] == "scene.blend" and described["recipe"]["sha256"] == before
    assert described["recipe"]["cameras"] == ["Camera", "Second"] and str(stage.folder) not in json.dumps(described)
    assert {"depth", "flow", "occlusion_back"} <= set(described["rendered"])
    assert sum(map(len, described["splits"].values())) == max(map(len, described["splits"].values())) == 2
    assert {sample.record["camera"] for sample in Dataset(out)} == {"Camera", "Second"}
    assert "2 cameras of scene.blend" in write_gallery(out).read_text()
    stamp = (out / "000000" / "sample.json").stat().st_mtime_ns
    assert main(asked) == 0 and (out / "000000" / "sample.json").stat().st_mtime_ns == stamp
    assert main([*asked, "--labels", "depth"]) == 2 and "labels is () there" in capfd.readouterr().err
    recipe = SceneRecipe.from_dict(described["recipe"])
    assert recipe.to_dict() == described["recipe"]


def test_bad_input_is_one_line(stage, tmp_path, capfd):
    stage.cube("Cube")["kind"] = 0.5
    flat = stage.put(bpy.data.objects.new("Flat", bpy.data.cameras.new("Flat")))
    flat.data.type = "ORTHO"
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    good, out = str(stage.path), str(tmp_path / "out")
    stage.scene.camera = None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "unset.blend"), compress=False)
    for obj in list(bpy.data.objects):
        if obj.type == "CAMERA":
            bpy.data.objects.remove(obj)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "blind.blend"), compress=False)
    (tmp_path / "text.blend").write_text("not a scene")
    (tmp_path / "cut.blend").write_bytes(Path(good).read_bytes()[:3000])
    for arguments, words in (
        ([str(tmp_path / "none.blend")], "none.blend: is missing"),
        ([str(tmp_path)], "is a folder"),
        ([str(tmp_path / "text.blend")], "cannot be opened as a Blender file"),
        ([str(tmp_path / "cut.blend")], "cannot be opened as a Blender file"),
        ([str(tmp_path / "blind.blend")], "has no camera"),
        ([str(tmp_path / "unset.blend")], "has no active camera; allowed with --cameras are Camera, Flat"),
        ([good, "--cameras", "Flat"], "Flat is ortho; allowed is perspective"),
        ([good, "--cameras", "all"], "Flat is ortho"),
        ([good, "--cameras", "Nobody"], "Nobody is not in the scene; allowed are all, active, Camera, Flat"),
        ([good, "--labels", "depht"], "depht is not a label of a scene"),
        ([good, "--labels", "parts"], "parts is not a label of a scene"),
        ([good, "--labels", "flow"], "flow needs a sequence"),
        ([good, "--frames", "9..2"], "frames: 9..2 is not allowed"),
        ([good, "--size", "big"], "size: big is not allowed"),
        ([good, "--size", "1x9"], "width: 1 is not allowed"),
        ([good, "--samples", "-1"], "samples: -1 is not allowed"),
        ([good, "--classes", "colour"], "classes: colour is not allowed"),
        ([good, "--classes", "property:none"], "has the property none"),
        ([good, "--classes", "property:kind"], "kind of Cube is float"),
        ([good, "--timeout", "0"], "timeout: 0.0 is not allowed"),
    ):
        capfd.readouterr()
        code = main(["label", arguments[0], out, *arguments[1:]])
        told = capfd.readouterr()
        assert code == 2 and words in told.err and "\n" not in told.err.strip() and not told.out, (arguments, told)
        assert not Path(out).exists()
