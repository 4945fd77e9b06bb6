"""Cameras, motion and guards of the label pass against closed forms; what a still scene owes is in test_labels."""

import dataclasses

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Matrix  # noqa: E402

from simulacra.datagen.cameras import camera_record, pixel_centres, pixel_rays, project  # noqa: E402
from simulacra.datagen.rendering import passes  # noqa: E402
from simulacra.datagen.rendering.annotations import head_pose, hidden_by_skin, in_the_open  # noqa: E402
from simulacra.datagen.rendering.render import derive, semantic  # noqa: E402
from simulacra.datagen.rendering.sequence import Topology, motion_labels, occlusion  # noqa: E402
from simulacra.procgen.blender import curves_object, mesh_object  # noqa: E402
from simulacra.procgen.camera import look_at  # noqa: E402

pytestmark = pytest.mark.blender
SIZE = 96


@dataclasses.dataclass
class Stage:
    """A scene with one tilted, shifted camera."""

    scene: object
    camera: object
    things: list

    def add(self, obj):
        self.scene.collection.objects.link(obj)
        self.things.append(obj)
        obj.pass_index = len(self.things)
        return obj

    def shot(self, frame=0, motion=False):
        """The raw passes, the labels and the camera's record of a frame."""
        self.scene.frame_set(frame)
        raw = passes.render_labels(self.scene, passes.label_material(), motion, passes.CyclesClock())
        record = camera_record(self.camera, self.scene, frame)
        return derive(raw, record, max(thing.pass_index for thing in self.things)), record


@pytest.fixture
def stage(scene):
    passes.configure(scene, (SIZE, SIZE), 1)
    data = bpy.data.cameras.new("Camera")
    data.lens, data.sensor_width, data.shift_x, data.shift_y = 55.0, 32.0, 0.05, -0.03
    camera = bpy.data.objects.new("Camera", data)
    camera.matrix_world = Matrix(look_at(np.array([0.6, -2.4, 0.5]), np.zeros(3), 0.15).tolist())
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.context.view_layer.update()
    return Stage(scene, camera, [])


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


def grid(count, size):
    """A square sheet in the plane y = 0: vertices and quads."""
    x, z = np.meshgrid(np.linspace(-size, size, count + 1), np.linspace(-size, size, count + 1), indexing="ij")
    i, j = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
    corner = i * (count + 1) + j
    faces = np.stack([corner, corner + count + 1, corner + count + 2, corner + 1], -1).reshape(-1, 4)
    return np.stack([x, 0 * x, z], -1).reshape(-1, 3), faces


# An affine map between frames: exact inside faces too, so every pixel has a closed-form motion.
WARPS = [np.eye(3), np.array([[1.05, 0.10, 0.04], [0.02, 1.0, -0.15], [-0.06, 0.1, 0.97]]),
         np.array([[1.08, 0.25, -0.05], [0.10, 1.0, -0.2], [-0.15, 0.2, 1.04]])]  # fmt: skip
SHIFTS = [np.zeros(3), np.array([0.04, -0.05, 0.03]), np.array([0.0, -0.12, 0.09])]


def motion_error(values, record, name, here, there):
    """The distance (k,) in pixels of a motion label from the re-projected affine motion."""
    known = np.isfinite(values["depth"])
    rest = (values["position"][known] - SHIFTS[here]) @ np.linalg.inv(WARPS[here]).T
    truth = project(record, rest @ WARPS[there].T + SHIFTS[there])[0] - pixel_centres(record)[known]
    assert np.linalg.norm(truth, axis=-1).max() > 2, "the test must move things"
    assert np.isnan(values[name][~known]).all()
    return np.linalg.norm(values[name][known] - truth, axis=-1)


def assert_exact(error):
    assert len(error) > 200
    assert np.median(error) <= 1e-3 and error.max() <= 0.05, (np.median(error), error.max())


def keyed_shape(obj, vertices):
    obj.shape_key_add(name="Basis", from_mix=False)
    for frame in range(3):
        key = obj.shape_key_add(name=f"frame_{frame}", from_mix=False)
        key.data.foreach_set("co", (vertices @ WARPS[frame].T + SHIFTS[frame]).astype(np.float32).ravel())
        for at in range(3):
            key.value = float(at == frame)
            key.keyframe_insert("value", frame=at)
    return obj


def test_flow_of_a_shape_keyed_mesh_is_its_reprojected_motion(stage):
    vertices, faces = grid(12, 0.5)
    stage.add(keyed_shape(mesh_object("Sheet", vertices, faces, part=1), vertices))
    values, record = stage.shot(1, motion=True)
    assert_exact(motion_error(values, record, "flow", 1, 2))
    assert_exact(motion_error(values, record, "flow_back", 1, 0))


def test_flow_of_strands_is_their_reprojected_motion(stage):
    """A strand moves as its axis does, so thin ones are exact."""
    x = np.linspace(-0.5, 0.5, 300)
    strands = np.stack([np.stack([np.full(7, v), np.zeros(7), np.linspace(-0.5, 0.5, 7)], 1) for v in x])
    obj = curves_object("Hair", strands, np.full((300, 7), 0.0005), part=13)
    points = strands.reshape(-1, 3)
    shifts = np.array([[0, 0, 0], [0.04, -0.05, 0.03], [0.0, -0.12, 0.09]])
    for frame in range(3):
        attribute = obj.data.attributes.new(f"frame_{frame}", "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", (points + shifts[frame]).astype(np.float32).ravel())
    stage.add(obj)
    position_from_frame_attribute(obj, 3)
    values, record = stage.shot(1, motion=True)
    known = values["hair"] > 0
    for name, there in (("flow", 2), ("flow_back", 0)):
        moved = values["position"][known] - shifts[1] + shifts[there]
        truth = project(record, moved)[0] - pixel_centres(record)[known]
        assert np.linalg.norm(truth, axis=-1).max() > 2
        assert_exact(np.linalg.norm(values[name][known] - truth, axis=-1))


def test_flow_of_a_moving_camera_is_the_reprojection_into_its_next_frame(stage):
    vertices, faces = grid(6, 0.6)
    stage.add(mesh_object("Sheet", vertices, faces, part=1))
    stage.camera.rotation_mode = "QUATERNION"
    for frame, place in enumerate(([0.6, -2.4, 0.5], [0.65, -2.35, 0.5], [0.72, -2.3, 0.52])):
        stage.camera.matrix_world = Matrix(look_at(np.array(place), np.zeros(3), 0.15 + 0.02 * frame).tolist())
        for channel in ("location", "rotation_quaternion"):
            stage.camera.keyframe_insert(channel, frame=frame)
    values, record = stage.shot(1, motion=True)
    known = np.isfinite(values["depth"])
    for name, frame in (("flow", 2), ("flow_back", 0)):
        stage.scene.frame_set(frame)
        other = camera_record(stage.camera, stage.scene, frame)
        truth = project(other, values["position"][known])[0] - pixel_centres(record)[known]
        assert_exact(np.linalg.norm(values[name][known] - truth, axis=-1))


def test_motion_labels_end_with_the_sequence(stage):
    vertices, faces = grid(12, 0.4)
    stage.add(keyed_shape(mesh_object("Sheet", vertices, faces, part=1), vertices))
    shots = [stage.shot(frame, motion=True)[0] for frame in range(3)]
    first, middle, last = motion_labels(shots, 1)
    known = [shot["instance"] > 0 for shot in shots]
    assert np.isnan(last["flow"]).all() and np.isnan(first["flow_back"]).all()
    assert (last["occlusion"][known[2]] == 255).all() and (last["occlusion"][~known[2]] == 0).all()
    assert (first["occlusion_back"][known[0]] == 255).all()
    # Nothing hides a lone sheet: but for its rim, which the next frame's pixels may miss, all of it is seen again.
    for number, result, name in ((0, first, "occlusion"), (1, middle, "occlusion"), (1, middle, "occlusion_back"),
                                 (2, last, "occlusion_back")):  # fmt: skip
        assert (result[name][known[number]] == 0).mean() > 0.97


def test_a_fold_of_one_object_hides_itself(stage):
    """The far half of an accordion slides behind the near half: ids agree, only the motion tells."""
    width = 0.25
    near = np.array([[-width, -0.2, -0.4], [width, -0.2, -0.4], [width, -0.2, 0.4], [-width, -0.2, 0.4]])
    far = near * [0.8, 0, 1] + [0.30, 0.3, 0]
    faces = [[0, 1, 2, 3], [4, 5, 6, 7]]
    obj = stage.add(mesh_object("Fold", np.concatenate([near, far]), faces, part=1, smooth=False))
    obj.shape_key_add(name="Basis", from_mix=False)
    key = obj.shape_key_add(name="slid", from_mix=False)
    moved = np.concatenate([near, far - [0.30, 0, 0]]).astype(np.float32)
    key.data.foreach_set("co", moved.ravel())
    for at in (0, 1):
        key.value = float(at)
        key.keyframe_insert("value", frame=at)
    (one, record), (two, _) = stage.shot(0, True), stage.shot(1, True)
    found = occlusion(one["flow"], two["flow_back"], one["instance"], two["instance"])
    origin, _ = pixel_rays(record)
    far_side = (one["instance"] > 0) & (one["position"][..., 1] > 0.1)
    ray = np.nan_to_num(one["position"]) - [0.30, 0, 0] - origin
    cross = origin + ray * ((-0.2 - origin[1]) / ray[..., 1])[..., None]
    margin = np.minimum(width - np.abs(cross[..., 0]), 0.4 - np.abs(cross[..., 2]))
    hidden, clear = far_side & (margin > 0.03), far_side & (margin < -0.03)
    assert hidden.sum() > 100
    assert (found[hidden] == 255).mean() > 0.995
    if clear.sum():
        assert (found[clear] == 0).mean() > 0.97


def test_motion_blur_and_depth_of_field_are_refused(stage):
    vertices, faces = grid(2, 0.4)
    stage.add(mesh_object("Sheet", vertices, faces, part=1))
    stage.scene.render.use_motion_blur = True
    with pytest.raises(RuntimeError, match="motion blur"):
        stage.shot(0, motion=True)
    stage.scene.render.use_motion_blur = False
    stage.camera.data.dof.use_dof = True
    with pytest.raises(RuntimeError, match="depth of field"):
        stage.shot(0)


def test_a_mesh_that_changes_its_points_is_refused(stage):
    vertices, faces = grid(2, 0.4)
    obj = stage.add(mesh_object("Sheet", vertices, faces, part=1))
    array = obj.modifiers.new("Array", "ARRAY")
    array.count = 1
    array.keyframe_insert("count", frame=0)
    array.count = 3
    array.keyframe_insert("count", frame=1)
    topology = Topology()
    stage.scene.frame_set(0)
    topology.check(stage.things, 0)
    topology.check(stage.things, 0)
    stage.scene.frame_set(1)
    with pytest.raises(RuntimeError, match="Sheet has 27 points in frame 1 and 9 before"):
        topology.check(stage.things, 1)


def test_ids_up_to_the_limit_are_whole_at_touching_edges(stage):
    ids = (1, 2, 255, 256, 32766, 32767)
    for place, number in enumerate(ids):
        x = -0.6 + 0.2 * place
        board = np.array([[x, 0, -0.5], [x + 0.2, 0, -0.5], [x + 0.2, 0, 0.5], [x, 0, 0.5]])
        stage.add(mesh_object("Board", board, [[0, 1, 2, 3]], part=1)).pass_index = number
    values, record = stage.shot()
    origin, rays = pixel_rays(record)
    cross = origin + rays * (-origin[1] / rays[..., 1])[..., None]
    place = (cross[..., 0] + 0.6) / 0.2
    inner = (np.abs(cross[..., 2]) < 0.495) & (np.abs(place - np.rint(place)) > 0.01)
    truth = np.where((place > 0) & (place < 6), np.array(ids)[np.clip(place.astype(int), 0, 5)], 0)
    assert (values["instance"] == truth)[inner].all()
    assert set(np.unique(values["instance"])) <= {0, *ids}


def test_kinds_of_objects_come_from_their_ids(stage):
    names = ["skin", "wet_line", "garment"]
    for name in names:
        vertices, faces = grid(1, 0.1)
        stage.add(mesh_object(name, vertices, faces, part=1))["class"] = name
    assert semantic(stage.things, np.array([[0, 1], [2, 3]])).tolist() == [[0, 1], [2, 10]]
    stage.things[0]["class"] = "teapot"
    with pytest.raises(RuntimeError, match="class teapot"):
        semantic(stage.things, np.zeros((1, 1), int))


@pytest.mark.parametrize("fit", ["HORIZONTAL", "VERTICAL", "AUTO"])
@pytest.mark.parametrize("size", [(320, 200), (200, 320)])
def test_the_camera_record_projects_as_blender_does(stage, fit, size):
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    data = stage.camera.data
    data.sensor_fit, data.sensor_width, data.sensor_height = fit, 32.0, 21.0
    stage.scene.render.resolution_x, stage.scene.render.resolution_y = size
    record = camera_record(stage.camera, stage.scene, 0)
    points = np.random.Generator(np.random.PCG64(4)).uniform(-0.5, 0.5, (20, 3))
    pixels, depth = project(record, points)
    for point, pixel, far in zip(points, pixels, depth, strict=True):
        x, y, z = world_to_camera_view(stage.scene, stage.camera, Vector(point))
        assert pixel == pytest.approx([x * size[0], (1 - y) * size[1]], abs=2e-3)
        assert far == pytest.approx(z, abs=1e-6)
    origin, rays = pixel_rays(record)
    back, _ = project(record, origin + 1.7 * rays)
    assert np.abs(back - pixel_centres(record)).max() < 1e-4  # the camera's matrix is of single precision


def test_a_head_that_faces_the_camera_has_no_angles():
    facing = look_at(np.array([0.0, -1.0, 0.0]), np.zeros(3), 0.0) @ np.diag([1.0, -1, -1, 1])
    angles = head_pose({"cam2world": facing}, np.eye(4))
    assert [angles[name] for name in ("yaw", "pitch", "roll")] == pytest.approx([0, 0, 0], abs=1e-9)
    # A head turned to its own left looks to the right of the picture.
    c, s = np.cos(0.3), np.sin(0.3)
    turned = np.eye(4)
    turned[:2, :2] = [[c, -s], [s, c]]
    assert head_pose({"cam2world": facing}, turned)["yaw"] == pytest.approx(np.degrees(0.3))


def test_points_are_hidden_by_skin_and_by_most_of_what_surrounds_them():
    from mathutils.bvhtree import BVHTree

    wall = BVHTree.FromPolygons([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)], [(0, 1, 2, 3)])
    points = np.array([[0, 0, 0], [0, 0.0025, 0], [0, 0.004, 0], [0, 0.5, 0], [2.5, 0.5, 0]])
    assert hidden_by_skin(wall, np.array([0.0, -2, 0]), points).tolist() == [False, False, True, True, False]
    others = np.full((5, 5), np.inf)
    others[2, :] = 0.9  # a strand across
    pixels, distance = np.array([[2.5, 2.5], [2.5, 0.5], [-1.0, 2.0], [2.5, 2.5]]), np.array([1.0, 1.0, 1.0, -1.0])
    assert in_the_open(pixels, distance, others).tolist() == [True, True, False, False]
    others[1:3, :] = 0.9
    assert in_the_open(pixels, distance, others).tolist() == [False, True, False, False]
    others[1:3, :] = 0.9965  # nearer, but by less than hair stands off
    assert in_the_open(pixels, distance, others).tolist() == [True, True, False, False]
