"""Kinds of results: each file is read by an independent library and compared, and each kind shows what it is."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
trimesh = pytest.importorskip("trimesh")
Image = pytest.importorskip("PIL.Image")

from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.datagen.formats.records import check_objects  # noqa: E402
from simulacra.models.core import pictures, videos  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.fields.mesh import Mesh  # noqa: E402
from simulacra.models.fields.triplane import Decoder  # noqa: E402
from simulacra.models.kinds import avatar, field, labels, mesh, picture, points, scene, table, thing, video, views  # noqa: E402


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def triangle(**more) -> Mesh:
    """A tetrahedron, wound outwards."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    normals = vertices - 0.25
    return Mesh(vertices, faces, normals / np.linalg.norm(normals, axis=1, keepdims=True), **more)


def results() -> dict[str, table.Result]:
    """One of each kind."""
    torch.manual_seed(0)
    decoder = Decoder(2, width=4, depth=1).requires_grad_(False)
    decoder.net[-1].bias[0] = 3.0  # dense enough to be seen
    drawn = np.random.default_rng(0)

    def ball(at):
        return 50 * (0.5 - at.norm(dim=-1)).relu(), at / 2 + 0.5

    return {
        "picture": picture.Pictures(noise(1, 3, 6, 8)),
        "video": video.Video(noise(5, 3, 6, 8), 12),
        "points": points.PointCloud(drawn.normal(size=(9, 3)).astype(np.float32), drawn.random((9, 3))),
        "mesh": mesh.PlacedMesh(triangle(colours=np.full((4, 3), 0.5, np.float32)), 0.2),
        "thing": thing.Turned(lambda cameras, size: noise(len(cameras.c2w), 3, size, size), lambda: triangle(), 0.2, 4.0, 30.0),
        "views": views.ViewedScene(noise(2, 3, 8, 8), torch.full((2, 8, 8), 4.0), orbit(torch.tensor([0.0, 9.0]), torch.zeros(2), 4.0, 30.0),
                                   lambda: triangle(colours=np.full((4, 3), 0.5, np.float32)), 0.2, (0.2, 0.1)),
        "field": field.Radiance(ball, 0.2),
        "avatar": avatar.Avatar(noise(3, 2, 8, 8) + 3, decoder, 0.2),
        "labels": labels.Labels(
            drawn.integers(0, 255, (12, 10, 3)).astype(np.uint8), {"parts": drawn.integers(0, 19, (12, 10)).astype(np.uint8)},
            {"points_2d": [[2.0, 3.0]] * 70, "head_pose": {"rotation": np.eye(3).tolist()}}),
        "scene": scene.Scene((scene.Thing("tree", (1, 2, 3), (1, 2, 4), 0.5), scene.Thing("rock", (0, 0, 0.5), (1, 1, 1)))),
    }  # fmt: skip


def test_labels_are_of_their_photograph():
    with pytest.raises(BadInput, match=r"labels: depth .* is not allowed; allowed are labels of the photograph's size"):
        labels.Labels(np.zeros((4, 4, 3), np.uint8), {"depth": np.zeros((4, 5), np.float32)})


def test_every_kind_has_its_module_its_writers_and_a_preview(tmp_path, monkeypatch):
    monkeypatch.setattr(field, "FRAMES", 2)
    monkeypatch.setattr(field, "SIZE", 16)
    monkeypatch.setattr(field, "PORTRAIT", 16)
    monkeypatch.setattr(thing, "FRAMES", 2)
    monkeypatch.setattr(thing, "SIZE", 16)
    monkeypatch.setattr(views, "FRAMES", 2)
    monkeypatch.setattr(views, "SIZE", 16)
    made = results()
    assert made.keys() == table.KINDS.keys()
    for kind, result in made.items():
        assert result.kind == kind and table.KINDS[kind].noun.startswith(("a ", "an "))
        for suffix, name in table.KINDS[kind].writers.items():
            assert callable(getattr(table._module(kind), name))
            assert table.split_suffix(tmp_path / f"me{suffix}", kind) == ("me", suffix)
            if kind not in ("field", "avatar") or suffix != ".glb":  # test_models_generate makes those
                table.write(tmp_path / f"{kind}{suffix}", result, suffix)
                assert (tmp_path / f"{kind}{suffix}").stat().st_size > 50
        shown = table.preview(tmp_path / f"of-{kind}", result)
        assert bool(shown) == (kind not in ("picture", "video"))
        assert all(path.is_file() and path.name.startswith(f"of-{kind}.") for path in shown)
        for path in shown:
            if path.suffix == ".png":
                assert np.asarray(Image.open(path)).std() > 3  # something is to be seen
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("kind", table.KINDS)
def test_a_suffix_that_a_kind_cannot_be_written_as_is_one_line(kind, tmp_path):
    for name in ("me.obj", "me", table.KINDS[kind].suffixes[0], "full"):
        with pytest.raises(BadInput) as refused:
            table.split_suffix(tmp_path / name, kind)
        line = str(refused.value)
        assert "\n" not in line and line.startswith(f"out: {name} is not allowed; {table.KINDS[kind].noun} is written")
        assert all(suffix in line for suffix in table.KINDS[kind].suffixes)


def test_a_picture_is_read_to_the_bit(tmp_path):
    for channels in (3, 4):
        one = noise(1, channels, 6, 8)
        table.write(tmp_path / "one.png", picture.Pictures(one), ".png")
        seen = np.asarray(Image.open(tmp_path / "one.png"))
        assert np.array_equal(seen, ((one[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8))


def test_a_sheet_holds_every_picture_row_by_row(tmp_path):
    many = noise(5, 3, 6, 8)
    table.write(tmp_path / "sheet.png", picture.Pictures(many, columns=3), ".png")
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (12, 24, 3) and (sheet[6:, 16:] == 255).all()
    assert np.array_equal(sheet[6:, 8:16], pictures.to_bytes(many[4]))


def test_a_video_has_its_pictures_and_its_rate(tmp_path):
    cv2 = pytest.importorskip("cv2")
    smooth = torch.linspace(-1, 1, 6)[:, None, None, None].expand(6, 3, 17, 32).clone()
    smooth[:, 0] *= -1  # red falls, so channels that are mixed up are seen
    table.write(tmp_path / "clip.mp4", video.Video(smooth, 12), ".mp4")
    reader = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    frames = [frame for ok, frame in iter(reader.read, (False, None)) if ok]
    assert len(frames) == 6 and reader.get(cv2.CAP_PROP_FPS) == 12 and frames[0].shape == (16, 32, 3)
    for frame, view in zip(frames, smooth, strict=True):
        assert np.abs(frame[..., ::-1].astype(int) - pictures.to_bytes(view)[:16]).mean() < 4


def test_an_animation_has_its_pictures_and_its_rate(tmp_path):
    grey = torch.linspace(-1, 1, 5)[:, None, None, None].expand(5, 3, 6, 8)
    table.write(tmp_path / "clip.gif", video.Video(grey, 20), ".gif")
    read = Image.open(tmp_path / "clip.gif")
    assert read.n_frames == 5 and read.info["duration"] == 50 and read.info["loop"] == 0
    for number in range(5):
        read.seek(number)
        assert np.array_equal(np.asarray(read.convert("RGB")), pictures.to_bytes(grey[number]))


def test_without_opencv_a_video_is_an_animation(tmp_path, monkeypatch):
    monkeypatch.setattr(videos, "can_use_videos", lambda: False)
    with pytest.raises(Unfinished, match="pip install opencv-python-headless"):
        table.write(tmp_path / "clip.mp4", video.Video(noise(2, 3, 6, 8)), ".mp4")
    assert not list(tmp_path.iterdir())
    shown = table.preview(tmp_path / "me", results()["points"])
    assert [path.name for path in shown] == ["me.turntable.png", "me.turntable.gif"] and Image.open(
        shown[1]
    ).n_frames > 1


@pytest.mark.parametrize("extras", [(), ("colours",), ("normals",), ("colours", "normals")])
def test_points_are_read_with_their_colours_and_normals(extras, tmp_path):
    drawn = np.random.default_rng(0)
    at = drawn.normal(size=(100, 3)).astype(np.float32)
    normals = at / np.linalg.norm(at, axis=1, keepdims=True)
    colours = drawn.integers(0, 256, (100, 3)) / 255
    given = {"colours": colours, "normals": normals}
    cloud = points.PointCloud(at, **{name: given[name] for name in extras})
    table.write(tmp_path / "a.ply", cloud, ".ply")
    read = trimesh.load(tmp_path / "a.ply")
    assert np.array_equal(read.vertices.astype(np.float32), at)
    if "colours" in extras:
        assert np.array_equal(read.colors[:, :3], (colours * 255).round())
    raw = read.metadata["_ply_raw"]["vertex"]["data"]
    if "normals" in extras:
        assert np.array_equal(np.stack([raw["nx"], raw["ny"], raw["nz"]], 1), normals.astype(np.float32))
    table.write(tmp_path / "a.npz", cloud, ".npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"positions", *extras} and np.array_equal(arrays["positions"], at)
        assert all(np.allclose(arrays[name], given[name], atol=1e-7) for name in extras)


def test_points_without_sense_are_refused():
    at = np.zeros((4, 3))
    for arrays, words in (
        ({"positions": at[:0]}, "N from 1"), ({"positions": at[:, :2]}, r"\(N, 3\)"),
        ({"positions": at * math.nan}, "NaN"), ({"positions": at, "colours": at[:2]}, "colours have the shape"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            points.PointCloud(**arrays)


def test_of_points_the_nearest_is_seen():
    """Two points on the optical axis: from each side the one in front, in the middle of the picture."""
    cloud = points.PointCloud(np.array([[0, -0.5, 0], [0, 0.5, 0]]), np.array([[1.0, 0, 0], [0, 0, 1.0]]))
    views = points.splatted(cloud, orbit(torch.tensor([0.0, 180.0]), torch.zeros(2), 4.0, 30.0), 16)
    assert (views[0, 7:9, 7:9] == [255, 0, 0]).all() and (views[1, 7:9, 7:9] == [0, 0, 255]).all()
    assert (views[0] != 255).any(-1).sum() == 4


def test_a_mesh_is_read_in_metres_and_its_points_lie_on_it(tmp_path):
    made = mesh.PlacedMesh(triangle(colours=np.full((4, 3), 0.5, np.float32)), 0.3, (0.1, 0.2, 1.5))
    table.write(tmp_path / "a.glb", made, ".glb")
    read = trimesh.load(tmp_path / "a.glb", force="mesh")
    world = made.mesh.vertices * 0.3 + [0.1, 0.2, 1.5]
    assert np.allclose(read.vertices, world @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]).T, atol=1e-6)
    assert read.volume == pytest.approx(0.3**3 / 6, rel=1e-5)
    cloud = mesh.sprinkled(made.mesh, 4000)
    # The four planes of the tetrahedron: a point of its surface is on one of them and on the inner side of the others.
    away = np.concatenate([cloud.positions, 1 - cloud.positions.sum(1, keepdims=True)], 1)
    assert np.abs(away.min(1)).max() < 1e-6 and np.allclose(cloud.colours, 0.5)
    areas = np.array([0.5, 0.5, 0.5, math.sqrt(3) / 2])  # of x = 0, y = 0, z = 0 and the slanted one
    assert np.allclose(np.bincount(away.argmin(1)) / 4000, areas / areas.sum(), atol=0.03)


def test_a_textured_meshes_points_have_its_colours():
    """A texture that is red where u < 1/2: points by the u that their triangle gives them."""
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:, :4, 0] = 255
    texture[:2, :, 1] = 255  # the top rows are where v is high
    uv = np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.float32)
    cloud = mesh.sprinkled(triangle(uv=uv, texture=texture), 2000)
    bottom = np.abs(cloud.positions[:, 2]) < 1e-9  # there x is u and y is v
    at = cloud.positions[bottom]
    assert bottom.sum() > 100
    assert np.array_equal(cloud.colours[bottom, 0], (at[:, 0] < 0.5).astype(float))
    assert np.array_equal(cloud.colours[bottom, 1], (at[:, 1] > 0.75).astype(float))


def test_a_scene_is_read_as_a_datasets_objects_are(tmp_path):
    made = results()["scene"]
    table.write(tmp_path / "a.json", made, ".json")
    row = json.loads((tmp_path / "a.json").read_text())
    objects = check_objects(row | {"frame": 0, "objects": [one | {"box_2d": None} for one in row["objects"]]}, tmp_path)
    assert [(one["id"], one["class"]) for one in objects] == [(1, "tree"), (2, "rock")]
    box = objects[0]["box_3d"]
    assert box["center"] == [1, 2, 3] and box["size"] == [1, 2, 4]
    turned = trimesh.transformations.rotation_matrix(0.5, [0, 0, 1])[:3, :3]
    assert np.allclose(box["rotation"], turned, atol=1e-12)
    corner = turned @ [0.5, 1, 0] + [1, 2, 3]
    assert np.allclose(made.things[0].corners()[2], corner[:2])
    with pytest.raises(BadInput, match="sizes above 0"):
        scene.Thing("tree", (0, 0, 0), (1, 0, 1))


def test_a_plan_shows_things_where_they_are(tmp_path):
    made = scene.Scene((scene.Thing("a", (-1, -1, 0), (1, 1, 1)), scene.Thing("b", (1, 1, 0), (1, 1, 1))))
    (path,) = table.preview(tmp_path / "me", made)
    plan = np.asarray(Image.open(path)).astype(int)
    assert path.name == "me.plan.png" and plan.shape == (512, 512, 3)
    low, high = plan[410, 100], plan[100, 410]  # y is up
    assert (
        (plan[100, 100] == 255).all() and not (low == 255).all() and not (high == 255).all() and not (low == high).all()
    )


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    out = tmp_path / "me.png"
    out.write_bytes(b"older")
    with pytest.raises(ValueError):
        table.write(out, picture.Pictures(torch.zeros(1, 3, 1, 1 << 15)), ".png")
    assert out.read_bytes() == b"older" and [path.name for path in tmp_path.iterdir()] == ["me.png"]


def test_the_tables_of_systems_and_kinds_are_read_without_torch():
    """So that simulacra list systems answers where no model can run."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from simulacra.models.systems.catalogue import SYSTEMS\n"
        "from simulacra.models.kinds.table import KINDS\n"
        "assert all(system.kind in KINDS and system.files == KINDS[system.kind].suffixes for system in SYSTEMS)\n"
        "assert not {'numpy', 'PIL', 'trimesh', 'cv2'} & set(sys.modules), sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-P", "-c", script], check=True, timeout=60)
