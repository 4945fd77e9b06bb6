"""Dense landmarks: visibility in closed form, their files and mesh, what reads them and what is refused."""

import io
import zipfile

import numpy as np
import pytest
from export_stage import HEIGHT, WIDTH, camera, make_people

from simulacra.datagen.errors import BadInput
from simulacra.datagen.export import export
from simulacra.datagen.formats.dense import decode_dense, encode_dense
from simulacra.datagen.formats.files import read_label, write_label
from simulacra.datagen.formats.npz import decode_npz, encode_npz
from simulacra.datagen.formats.topology import TOPOLOGY, Topology, decode_topology, encode_topology, topology
from simulacra.datagen.readers import Dataset


def points(count=100, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [rng.uniform(0, 30, (count, 2)), rng.normal(size=(count, 3)), rng.random((count, 1)) < 0.5], 1
    )


def test_a_label_is_read_as_it_was_written(tmp_path):
    values = points().astype(np.float32)
    write_label(tmp_path / "a.npz", "dense_landmarks", values)
    assert np.array_equal(read_label(tmp_path / "a.npz", "dense_landmarks"), values)
    assert encode_dense(values) == (tmp_path / "a.npz").read_bytes(), "equal points give equal bytes"
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert {name: (found[name].dtype.str, found[name].shape) for name in found} == {
            "points_2d": ("<f4", (100, 2)), "points_3d": ("<f4", (100, 3)), "visible": ("|b1", (100,)),
        }  # fmt: skip


def packed(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def bomb():
    """A small file whose array says that it holds far more than is allowed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("points_2d", "points_3d", "visible"):
            file.writestr(f"{name}.npy", bytes(30 << 20))
    return buffer.getvalue()


F2, F3, SEEN = np.zeros((5, 2), np.float32), np.zeros((5, 3), np.float32), np.zeros(5, bool)


@pytest.mark.parametrize("data, told", [
    (b"nothing", "is not a whole .npz file"),
    (packed(points_2d=F2, points_3d=F3, visible=SEEN)[:200], "is not a whole .npz file"),
    (packed(points_2d=F2, points_3d=F3), "holds points_2d, points_3d; allowed are points_2d, points_3d, visible"),
    (packed(points_2d=F2, points_3d=F3, visible=np.array([{}, 1, 2, 3, 4], object)), "is of type object; allowed are numbers"),
    (packed(points_2d=F2[:4], points_3d=F3, visible=SEEN), "of the same points"),
    (packed(points_2d=F2.astype(float), points_3d=F3, visible=SEEN), "of the same points"),
    (packed(points_2d=F2, points_3d=F3 + np.float32(np.nan), visible=SEEN), "of the same points"),
    (bomb(), "holds arrays of 94371840 bytes; allowed are 25165824"),
])  # fmt: skip
def test_what_is_no_label_is_refused_in_one_line(data, told):
    with pytest.raises(BadInput) as error:
        decode_dense(data, "there")
    assert str(error.value).startswith("there: ") and told in str(error.value) and "\n" not in str(error.value)


def test_whatever_is_done_to_a_file_is_refused_in_one_line_or_read():
    rng = np.random.default_rng(0)
    whole, refused = encode_dense(points(40)), 0
    for _ in range(1500):
        data = bytearray(whole)
        low, high = sorted(rng.integers(len(data), size=2))
        if rng.random() < 0.3:
            del data[low:high]
        else:
            data[low : low + 4] = rng.bytes(4)
        try:
            assert decode_dense(bytes(data), "there").shape[1] == 6
        except BadInput as error:
            refused += 1
            assert str(error).startswith("there: ") and str(error).count("there: ") == 1 and "\n" not in str(error)
    assert refused > 1000


def test_an_array_that_is_cut_or_lies_about_its_size_is_refused():
    whole = packed(a=np.arange(10))
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        data = file.read("a.npy")
    for changed in (
        data[:-1],
        data + b"x",
        data.replace(b"(10,)", b"(99,)"),
        b"\x93NUMPY\x09\x00" + data[8:],
        data[:7],
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("a.npy", changed)
        with pytest.raises(BadInput, match="there: a is not"):
            decode_npz(buffer.getvalue(), "there", ("a",), 10**6)
    assert decode_npz(whole, "there", ("a",), 10**6)["a"].tolist() == list(range(10))


def test_the_mesh_is_closed_but_for_its_rims_and_turned_outwards():
    found = decode_topology(encode_topology(), "there")
    for name, values in topology()._asdict().items():
        assert np.array_equal(values, getattr(found, name)), name
    assert (
        len(found.template) == found.faces.max() + 1 == 5519
        and found.part_names[found.part].tolist().count("nose") > 20
    )
    assert 0 <= found.uv.min() and found.uv.max() <= 1
    ways = np.concatenate([found.faces[:, [a, (a + 1) % 4]] for a in range(4)])
    assert len(np.unique(ways, axis=0)) == len(ways), "no edge is gone along twice one way: the faces agree"
    nose = found.faces[found.part == list(found.part_names).index("nose")]
    a, b, _, d = found.template[nose].transpose(1, 0, 2)
    assert np.cross(b - a, d - a)[:, 1].mean() < 0, "the nose looks along -y"


@pytest.mark.parametrize("name, value", [
    ("faces", np.full((10, 4), 5519)), ("faces", np.full((10, 3), 1)), ("uv", np.full((6987, 2), np.nan)),
    ("part", np.zeros(3, int)), ("template", np.zeros((2, 3))),
])  # fmt: skip
def test_what_is_no_mesh_is_refused(name, value):
    with pytest.raises(BadInput, match="there: is not a mesh of quads"):
        decode_topology(encode_npz((topology()._asdict()) | {name: value}), "there")


@pytest.fixture
def people(tmp_path):
    """A dataset with dense landmarks of drawn places."""
    return make_people(tmp_path / "faces", samples=2, labels=("rgb", "parts", "instance", "dense_landmarks"))


def test_readers_and_exports_have_them(people, tmp_path):
    (people / TOPOLOGY).write_bytes(encode_topology())
    dataset = Dataset(people)
    assert isinstance(dataset.topology(), Topology)
    out = export(people, "facesynthetics", tmp_path / "fs")
    for index, sample in enumerate(dataset):
        dense = sample.dense_landmarks()
        assert dense.points_2d.shape == (50, 2) and dense.points_3d.shape == (50, 3) and dense.visible.dtype == bool
        assert np.allclose(np.loadtxt(out / f"{index:06d}_ldmks_dense.txt"), dense.points_2d, atol=5.1e-5)
        assert np.array_equal(np.loadtxt(out / f"{index:06d}_ldmks_dense_visible.txt") > 0, dense.visible)
    assert (out / TOPOLOGY).read_bytes() == encode_topology()
    shards = export(people, "webdataset", tmp_path / "shards")
    assert (shards / TOPOLOGY).read_bytes() == encode_topology()
    (people / TOPOLOGY).unlink()
    (people / TOPOLOGY).symlink_to(out / TOPOLOGY)
    with pytest.raises(BadInput, match="is a link"):
        export(people, "facesynthetics", tmp_path / "link")


def test_a_picture_shows_each_seen_vertex_where_it_is(people):
    from simulacra.datagen.pictures import picture

    sample = Dataset(people)[0]
    values = sample.label("dense_landmarks")
    shown = picture("dense_landmarks", values, sample.label("rgb"))
    differs = (shown != sample.label("rgb") // 3).any(-1)
    seen = values[values[:, 5] > 0]
    inside = seen[(seen[:, 0] < WIDTH) & (seen[:, 1] < HEIGHT)]
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[tuple(inside[:, :2].astype(int).T[::-1])] = True
    assert shown.shape == (HEIGHT, WIDTH, 3) and np.array_equal(differs, expected)


SPOILED = {
    "dense landmarks re-project": lambda v: v["dense_landmarks"][:, 0].__iadd__(0.02),
    "dense landmarks lie on the surface": lambda v: v["depth"].__iadd__(0.02),
}


@pytest.mark.parametrize("name", SPOILED)
def test_each_check_holds_of_true_points_and_fails_of_spoiled_ones(name):
    from simulacra.datagen.cameras import pixel_rays, project
    from simulacra.datagen.checks import CHECKS

    record = {"frame": 0, **camera(0, 1)}
    depth = np.full((HEIGHT, WIDTH), 2.0, np.float32)  # a wall
    origin, rays = pixel_rays(record)
    rng = np.random.default_rng(0)
    places = (origin + 2 * rays[rng.integers(HEIGHT, size=200), rng.integers(WIDTH, size=200)]).astype(np.float32)
    values = np.concatenate([project(record, places)[0], places, np.ones((200, 1))], 1).astype(np.float32)
    labels = {"depth": depth, "dense_landmarks": values}
    check, bar, _ = CHECKS[name]
    assert check(labels, record, None, 0) <= bar
    SPOILED[name](labels)
    assert check(labels, record, None, 0) > bar
    labels["dense_landmarks"][7, 0] = -1
    assert CHECKS["dense landmarks re-project"][0](labels, record, None, 0) == np.inf, "out of the frame, and seen"


@pytest.fixture
def stage(scene):
    """A camera on the axis -y, and what makes meshes before it."""
    import bpy
    from mathutils import Matrix

    from simulacra.datagen.cameras import camera_record
    from simulacra.datagen.rendering import passes
    from simulacra.procgen.blender import mesh_object
    from simulacra.procgen.camera import look_at

    passes.configure(scene, (128, 128), 1)
    data = bpy.data.cameras.new("Camera")
    data.lens = 60.0
    eye = bpy.data.objects.new("Camera", data)
    eye.matrix_world = Matrix(look_at(np.array([0.1, -2.5, 0.3]), np.zeros(3), 0.2).tolist())
    scene.collection.objects.link(eye)
    scene.camera = eye

    def add(vertices, faces, scale=1.0):
        obj = mesh_object("Thing", np.asarray(vertices, float) / scale, faces, part=1)
        obj.scale = (scale,) * 3
        scene.collection.objects.link(obj)
        return obj

    bpy.context.view_layer.update()
    return add, camera_record(eye, scene, 0)


def sphere(radius, rings):
    u, v = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings + 1)[:-1], indexing="ij")
    points = radius * np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(2 * rings), indexing="ij")
    after = (j + 1) % (2 * rings)
    faces = np.stack(
        [i * 2 * rings + j, (i + 1) * 2 * rings + j, (i + 1) * 2 * rings + after, i * 2 * rings + after], -1
    )
    return points, faces.reshape(-1, 4)


@pytest.mark.blender
def test_a_vertex_is_hidden_where_its_ray_is_blocked(stage):
    import bpy

    from simulacra.datagen.rendering.annotations import BEHIND_MESHES, hidden_by_meshes

    add, record = stage
    eye = np.asarray(record["cam2world"])[:3, 3]
    vertices, faces = sphere(0.5, 64)
    ball = add(vertices, faces, scale=0.25)
    board = np.array([[-0.1, -1.0, -0.3], [0.2, -1.0, -0.3], [0.2, -1.0, 0.4], [-0.1, -1.0, 0.4]])
    wall = add(board, [[0, 1, 2, 3]])
    bpy.context.view_layer.update()
    toward = eye - vertices
    away = np.linalg.norm(toward, axis=1)
    # The chord of the sphere on the way to the eye, which is what stands before a vertex on its far side.
    chord = -2 * (vertices * toward).sum(1) / away
    alone = hidden_by_meshes([ball], eye, vertices)
    sagitta = 0.5 * (np.pi / 63) ** 2 / 2  # a mesh is not a sphere: its faces lie this far within
    assert (alone[chord > BEHIND_MESHES + 0.03]).all() and not alone[chord < -1e-4].any()
    assert (alone == (chord > BEHIND_MESHES)).mean() > 0.98 and sagitta < 1e-3
    share = (-1.0 - eye[1]) / (vertices - eye)[:, 1]
    crossing = eye + share[:, None] * (vertices - eye)
    margin = np.minimum(0.15 - np.abs(crossing[:, 0] - 0.05), 0.35 - np.abs(crossing[:, 2] - 0.05))
    both = hidden_by_meshes([ball, wall], eye, vertices)
    assert both[margin > 1e-5].all() and (both[margin < -1e-5] == alone[margin < -1e-5]).all()
    assert (margin > 0).sum() > 100


@pytest.mark.blender
@pytest.mark.once
def test_a_vertex_of_a_face_is_seen_where_no_triangle_is_before_it(scene):
    """Against every triangle that the labels show, by Möller and Trumbore's formula, at drawn vertices."""
    import bpy

    from simulacra.datagen.cameras import camera_record
    from simulacra.datagen.checks import CHECKS
    from simulacra.datagen.rendering import passes
    from simulacra.datagen.rendering.annotations import dense_landmarks
    from simulacra.datagen.rendering.render import derive
    from simulacra.procgen import registry
    from simulacra.procgen.params import parse_settings

    passes.configure(scene, (96, 96), 1)
    wishes = parse_settings(
        ["hair.groom=bald", "beard.style=none", "beard.moustache=none", "wear.glasses=round", "camera.azimuth=30"]
    )
    person = registry.build("faces", registry.sample("faces", 11, wishes), without=("light", "skin"))
    for obj in person.objects:
        obj.hide_render = bool(obj.get("label_hidden"))
    scene.camera = person.cameras[0]
    scene.camera.data.dof.use_dof = False
    record = camera_record(scene.camera, scene, 0)
    raw = passes.render_labels(scene, passes.label_material(), False, passes.CyclesClock())
    labels = derive(raw, record, len(person.objects))
    values = dense_landmarks(person, 0, record, labels)
    for name in SPOILED:
        check, bar, _ = CHECKS[name]
        assert check({"dense_landmarks": values.astype(np.float32), "depth": labels["depth"]}, record, None, 0) <= bar
    graph = bpy.context.evaluated_depsgraph_get()
    pieces = []
    for obj in person.objects:
        if obj.type == "MESH" and obj.pass_index and not obj.hide_render:
            mesh = obj.evaluated_get(graph).to_mesh()
            mesh.calc_loop_triangles()
            matrix = np.array(obj.matrix_world)
            corners = np.array([vertex.co for vertex in mesh.vertices]) @ matrix[:3, :3].T + matrix[:3, 3]
            pieces.append(corners[np.array([triangle.vertices for triangle in mesh.loop_triangles])])
    triangles = np.concatenate(pieces)
    eye = np.asarray(record["cam2world"])[:3, 3]
    inside = ((values[:, :2] >= 0) & (values[:, :2] < 96)).all(1)
    # Strands hide by another rule, so none may be around a vertex here.
    strands = np.isin(labels["instance"], [obj.pass_index for obj in person.objects if obj.type == "CURVES"])
    x, y = np.clip(values[:, :2], 0, 95).astype(int).T
    around = np.pad(strands, 1)
    clear = inside & ~np.any([around[y + dy, x + dx] for dy in range(3) for dx in range(3)], axis=0)
    picked = np.random.default_rng(0).choice(np.nonzero(clear)[0], 60, replace=False)
    wrong = 0
    for vertex in picked:
        ray = values[vertex, 2:5] - eye
        reach = np.linalg.norm(ray)
        unit = ray / reach
        a, b, c = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
        p = np.cross(unit, c)
        with np.errstate(divide="ignore", invalid="ignore"):
            det = (b * p).sum(1)
            u = ((eye - a) * p).sum(1) / det
            q = np.cross(eye - a, b)
            v, t = q @ unit / det, (c * q).sum(1) / det
            blocked = ((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & (t < reach - 0.0005)).any()
        wrong += blocked == bool(values[vertex, 5])
    assert wrong <= 1, wrong  # a ray through an edge
    assert 0.1 < values[:, 5].mean() < 0.6


@pytest.mark.parametrize("labels, there", [(("dense_landmarks",), True), (("depth",), False), ((), False)])
@pytest.mark.parametrize("place", ["folder", "store"])
def test_the_mesh_lies_once_beside_dataset_json(tmp_path, place, labels, there):
    from simulacra.datagen.recipe import Recipe
    from simulacra.datagen.storage.destinations import open_destination

    url = str(tmp_path / "faces")
    if place == "store":
        pytest.importorskip("fsspec")
        url = f"memory://dense-{len(labels)}-{there}"
    recipe = Recipe("faces", labels=labels)
    for _ in range(2):  # the same command again
        folder = open_destination(url, recipe)
        folder.describe({})
    if place == "store":
        names = folder._names()
        data = folder.files.cat_file(f"{folder.root}/{TOPOLOGY}") if TOPOLOGY in names else None
    else:
        names = [path.name for path in folder.path.iterdir()]
        data = (folder.path / TOPOLOGY).read_bytes() if TOPOLOGY in names else None
    assert data == (encode_topology() if there else None) and "dataset.json" in names
