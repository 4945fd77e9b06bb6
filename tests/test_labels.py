"""Labels against truths that do not come from Blender: closed forms and re-projection; those of a face are in test_render_face."""

import numpy as np
import pytest
from spoiled import RENDERED, spoil

pytest.importorskip("bpy")
pytestmark = pytest.mark.blender

SIZE = 128


@pytest.fixture
def stage(scene):
    """A scene with a camera off every axis, and what renders its labels."""
    import bpy
    from mathutils import Matrix

    from simulacra.datagen.rendering import passes
    from simulacra.procgen.camera import look_at

    passes.configure(scene, (SIZE, SIZE), 2)
    data = bpy.data.cameras.new("Camera")
    data.lens, data.sensor_width, data.shift_x, data.shift_y = 60.0, 30.0, 0.06, -0.04
    camera = bpy.data.objects.new("Camera", data)
    camera.matrix_world = Matrix(look_at(np.array([0.7, -2.6, 0.5]), np.array([0.0, 0.0, 0.1]), 0.12).tolist())
    scene.collection.objects.link(camera)
    scene.camera = camera
    bpy.context.view_layer.update()
    return Stage(scene, camera)


class Stage:
    """Adds meshes and renders their labels."""

    def __init__(self, scene, camera):
        self.scene, self.camera, self.count = scene, camera, 0

    def add(self, vertices, faces, part, **options):
        from simulacra.procgen.blender import mesh_object

        obj = mesh_object("Thing", np.asarray(vertices, float), faces, part=part, **options)
        self.scene.collection.objects.link(obj)
        self.count += 1
        obj.pass_index = self.count
        return obj

    def labels(self, motion=False, frame=0):
        from simulacra.datagen.cameras import camera_record
        from simulacra.datagen.rendering import passes
        from simulacra.datagen.rendering.render import derive

        self.scene.frame_set(frame)
        raw = passes.render_labels(self.scene, passes.label_material(), motion, passes.CyclesClock())
        record = camera_record(self.camera, self.scene, frame)
        return derive(raw, record, self.count), record


def sphere(radius, centre, rings=96):
    """A fine sphere: vertices and quads."""
    u, v = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings + 1)[:-1], indexing="ij")
    points = radius * np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], -1).reshape(-1, 3) + centre
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(2 * rings), indexing="ij")
    after = (j + 1) % (2 * rings)
    faces = np.stack(
        [i * 2 * rings + j, (i + 1) * 2 * rings + j, (i + 1) * 2 * rings + after, i * 2 * rings + after], -1
    )
    return points, faces.reshape(-1, 4)


SLANTED = np.array([[-1.5, 0.3, -1.2], [1.4, 0.9, -1.0], [1.6, 1.4, 1.3], [-1.3, 0.8, 1.1]])


def plane_truth(record, corners):
    """Planar depth and normal of an infinite plane at every pixel."""
    from simulacra.datagen.cameras import pixel_rays

    origin, rays = pixel_rays(record)
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal /= np.linalg.norm(normal)
    return ((corners[0] - origin) @ normal) / (rays @ normal), normal


def test_a_slanted_plane_has_its_closed_form_depth_position_and_normal(stage):
    corners = SLANTED.copy()
    corners[3] = corners[0] + corners[2] - corners[1]  # truly flat
    stage.add(corners, [[0, 1, 2, 3]], 15, smooth=False)
    values, record = stage.labels()
    depth, normal = plane_truth(record, corners)
    hit = np.isfinite(values["depth"])
    assert hit.mean() > 0.3
    assert np.abs(values["depth"] - depth)[hit].max() < 2e-6
    camera_normal = normal @ np.asarray(record["cam2world"])[:3, :3]
    camera_normal *= -np.sign(camera_normal[2])
    assert np.abs(values["normal"][hit] - camera_normal).max() < 1e-5
    from simulacra.datagen.cameras import pixel_centres, project

    pixels, planar = project(record, values["position"][hit])
    assert np.abs(pixels - pixel_centres(record)[hit]).max() < 0.01
    assert np.abs(planar - values["depth"][hit]).max() < 2e-6
    assert (values["parts"] == 15 * hit).all() and (values["instance"] == hit).all()


def test_a_sphere_has_its_closed_form_depth_and_normals(stage):
    centre, radius = np.array([0.1, 0.2, 0.05]), 0.5
    stage.add(*sphere(radius, centre), 1)
    values, record = stage.labels()
    from simulacra.datagen.cameras import pixel_rays

    origin, rays = pixel_rays(record)
    unit = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    along = unit @ (centre - origin)
    height = along**2 - (centre - origin) @ (centre - origin) + radius**2
    distance = along - np.sqrt(np.maximum(height, 0))
    depth = distance / np.linalg.norm(rays, axis=-1)
    inner = height > 0.02  # a mesh is not a sphere at its rim
    assert np.abs(values["depth"] - depth)[inner].max() < 8e-4  # the sagitta of its facets
    normal = (origin + unit * distance[..., None] - centre) / radius @ np.asarray(record["cam2world"])[:3, :3]
    assert np.abs(values["normal"] - normal)[inner].max() < 2e-3
    assert not np.isfinite(values["depth"][height < -0.01]).any()


def test_touching_objects_keep_their_ids(stage):
    for index in range(6):
        x = -0.6 + 0.2 * index
        stage.add([[x, 0, -0.5], [x + 0.2, 0, -0.5], [x + 0.2, 0.1, 0.6], [x, 0.1, 0.6]], [[0, 1, 2, 3]], index + 2)
    values, _ = stage.labels()
    pairs = {(int(a), int(b)) for a, b in zip(values["instance"].ravel(), values["parts"].ravel(), strict=True)}
    assert pairs == {(0, 0), *((index + 1, index + 2) for index in range(6))}


def keyed(obj, frame, place, turn):
    obj.location, obj.rotation_euler = place, turn
    for channel in ("location", "rotation_euler"):
        obj.keyframe_insert(channel, frame=frame)


def test_flow_is_the_reprojected_motion(stage):
    from mathutils import Euler, Matrix, Vector

    from simulacra.datagen.cameras import pixel_centres, project
    from simulacra.procgen.people.motion import _make_linear

    obj = stage.add(*sphere(0.5, np.zeros(3), 48), 1)
    poses = {
        0: ((0.05, 0.1, 0.0), (0.0, 0.0, 0.0)),
        1: ((0.11, 0.05, 0.04), (0.06, -0.05, 0.12)),
        2: ((0.2, 0.0, 0.0), (0.1, -0.1, 0.2)),
    }
    for frame, pose in poses.items():
        keyed(obj, frame, *pose)
    _make_linear(obj)
    values, record = stage.labels(motion=True, frame=1)

    def matrix(frame):
        place, turn = poses[frame]
        return np.array(Matrix.LocRotScale(Vector(place), Euler(turn), None))

    known = np.isfinite(values["depth"])
    local = (values["position"][known] - matrix(1)[:3, 3]) @ matrix(1)[:3, :3]
    for name, frame in (("flow", 2), ("flow_back", 0)):
        moved = local @ matrix(frame)[:3, :3].T + matrix(frame)[:3, 3]
        truth = project(record, moved)[0] - pixel_centres(record)[known]
        error = np.linalg.norm(values[name][known] - truth, axis=-1)
        assert np.linalg.norm(truth, axis=-1).max() > 3
        assert np.median(error) < 1e-3 and error.max() < 0.05
        assert np.isnan(values[name][~known]).all()


def test_occlusion_behind_a_moving_board_is_what_geometry_says(stage):
    from simulacra.datagen.cameras import pixel_centres, pixel_rays, project
    from simulacra.datagen.rendering.sequence import occlusion
    from simulacra.procgen.people.motion import _make_linear

    wall = np.array([[-3, 1.0, -3], [3, 1.0, -3], [3, 1.0, 3], [-3, 1.0, 3.0]])
    board = np.array([[-0.2, 0, -0.3], [0.2, 0, -0.3], [0.2, 0, 0.4], [-0.2, 0, 0.4]])
    stage.add(wall, [[0, 1, 2, 3]], 15)
    mover = stage.add(board, [[0, 1, 2, 3]], 1)
    keyed(mover, 0, (0, 0, 0), (0, 0, 0))
    keyed(mover, 1, (0.15, 0, 0), (0, 0, 0))
    _make_linear(mover)
    (first, record), (second, _) = stage.labels(True, 0), stage.labels(True, 1)
    found = occlusion(first["flow"], second["flow_back"], first["instance"], second["instance"])
    origin, _ = pixel_rays(record)
    points = np.nan_to_num(first["position"])
    ray = points - origin
    t = (0.0 - origin[1]) / ray[..., 1]  # where the line of sight passes the board's plane, next frame
    cross = origin + ray * t[..., None]
    margin = np.minimum(0.2 - np.abs(cross[..., 0] - 0.15), 0.35 - np.abs(cross[..., 2] - 0.05))
    on_wall = first["instance"] == 1
    hidden, clear = on_wall & (margin > 0.012), on_wall & (margin < -0.012)
    assert hidden.sum() > 200
    assert (found[hidden] == 255).all() and (found[clear] == 0).all()
    target, _ = project(record, points + [0.15, 0, 0])
    inside = ((target > 2) & (target < SIZE - 2)).all(-1)
    on_board = (first["instance"] == 2) & inside
    assert (found[on_board] == 0).mean() > 0.97
    assert pixel_centres(record)[0, 0].tolist() == [0.5, 0.5]


def test_hair_mask_and_coverage_agree_with_the_area_of_strands(stage):
    from simulacra.datagen.rendering import passes
    from simulacra.procgen.blender import curves_object

    x = np.linspace(-0.5, 0.5, 160)
    strands = np.stack([np.stack([np.full(9, v), np.zeros(9), np.linspace(-0.4, 0.5, 9)], 1) for v in x])
    obj = curves_object("Hair", strands, np.full((160, 9), 0.0012), part=13)
    stage.scene.collection.objects.link(obj)
    stage.count = obj.pass_index = 1
    values, record = stage.labels()
    alpha = passes.render_hair_alpha(stage.scene, passes.label_material(), passes.CyclesClock())
    mask = values["hair"] > 0
    assert 0.05 < mask.mean() < 0.3
    assert alpha.mean() == pytest.approx(mask.mean(), rel=0.08)
    focal = record["K"][0][0]
    area = 160 * 0.9 * 0.0024 * (focal / 2.65) ** 2 / SIZE**2  # seen almost head on
    assert alpha.mean() == pytest.approx(area, rel=0.12)


@pytest.mark.once  # labels of one face, and a whole place, are held against truths on both releases
def test_a_sequence_through_the_command_line_checks_out(face_dataset):
    from simulacra.datagen.check import check_dataset
    from simulacra.datagen.readers import Dataset

    report = check_dataset(face_dataset)
    assert report.ok, report.summary()
    assert {"flow leads back", "position re-projects", "hair alpha agrees"} <= {
        figure.name for figure in report.figures
    }
    sample = Dataset(face_dataset)[0]
    moved = np.array(sample.landmarks(1)["points_2d"]) - np.array(sample.landmarks(0)["points_2d"])
    flow = sample.label("flow", 0)
    seen = np.array(sample.landmarks(0)["visible"])[:68]
    points = np.array(sample.landmarks(0)["points_2d"])[:68]
    skin = np.isin(sample.label("parts", 0), (1, 2, 10, 11))
    errors = [
        np.linalg.norm(flow[int(y), int(x)] - moved[index])
        for index, (x, y) in enumerate(points) if seen[index] and 0 <= x < 96 and 0 <= y < 96 and skin[int(y), int(x)]
    ]  # fmt: skip
    assert len(errors) > 15 and np.median(errors) < 0.5, "the flow carries the landmarks"


@pytest.mark.once
@pytest.mark.parametrize("name", RENDERED)
def test_each_check_holds_of_what_was_rendered_and_fails_of_what_was_spoiled(name, face_dataset):
    from simulacra.datagen.readers import Dataset

    spoil(name, Dataset(face_dataset)[0])
