"""Floating things: shapes, disparities and ways as they are drawn, and a pair of either recipe whose labels hold."""

import numpy as np
import pytest

from simulacra.__main__ import main
from simulacra.datagen.check import check_dataset
from simulacra.datagen.errors import BadInput
from simulacra.datagen.readers import Dataset
from simulacra.datagen.recipe import Recipe
from simulacra.procgen import registry
from simulacra.procgen.params import OneOf, SpecError, child
from simulacra.procgen.places.floating import shapes, stage
from simulacra.procgen.places.floating.floating import camera_matrix, way_of
from simulacra.procgen.places.floating.things import LEAST, WIDEST, Lens, matrices_of, place_things, rotation


@pytest.mark.parametrize("maker", shapes.SHAPES, ids=lambda maker: maker.__name__)
def test_shapes_are_sound_and_the_same_twice(maker):
    for seed in range(3):
        mesh, again = (maker(child(seed, "shape")) for _ in range(2))
        assert np.isfinite(mesh.vertices).all() and mesh.digest() == again.digest()
        assert 0.3 < np.linalg.norm(mesh.vertices, axis=1).max() < 3 and len(mesh.faces) < 8000
        assert mesh.faces.max() < len(mesh.vertices)


def test_disparities_sizes_and_ways_are_of_every_order():
    lens, near, apparent, ways = Lens(0.9, 2 / 3, 0.3), [], [], []
    for seed in range(20):
        things = registry.sample("flow", seed).things
        placed = place_things(things, lens, 1e9)
        front = placed.centres[:, 2] - placed.radii
        assert (front > 0).all() and np.allclose(placed.rests @ placed.rests.transpose(0, 2, 1), np.eye(3))
        near.append(lens.focal * lens.baseline / front * 512)
        apparent.append(placed.radii / placed.centres[:, 2] * lens.focal)
        moved = placed.centres[:, :2] + placed.ways[:, :2]
        ways.append(np.linalg.norm(moved - placed.centres[:, :2], axis=1) / placed.centres[:, 2] * lens.focal * 512)
        assert (place_things(things, lens, 2.0).centres[:, 2] <= 2.0 + 1e-9).all()
    near, apparent, ways = (np.concatenate(values) for values in (near, apparent, ways))
    assert near.max() <= 192 + 1e-6 and near.min() >= LEAST * 512 - 1e-6 and WIDEST * 512 == 192
    assert all((np.abs(near - middle) < middle / 2).mean() > 0.1 for middle in (10, 40, 130))
    assert np.quantile(apparent, 0.9) > 6 * np.quantile(apparent, 0.1)
    assert np.median(ways) < 20 and 80 < ways.max() <= 103  # most are slow, some race


def test_things_and_cameras_go_evenly_about_the_middle():
    spec = registry.sample("flow", 3)
    way = way_of(spec, 3)
    assert np.allclose(way.eyes[1], 0) and np.allclose(way.eyes[0], -way.eyes[2])
    frames = [camera_matrix(way, frame)[:3, :3] for frame in range(3)]
    assert np.allclose(frames[1] @ frames[0].T, frames[2] @ frames[1].T) and np.linalg.det(frames[0]) == pytest.approx(
        1
    )
    placed = place_things(spec.things, Lens(0.9, 1.0, 0.2), 1e9)
    before, middle, after = (matrices_of(placed, np.eye(4), frame, 3) for frame in range(3))
    assert np.allclose(middle[:, :3, 3], placed.centres) and np.allclose(
        after[:, :3, 3] - before[:, :3, 3], 2 * placed.ways
    )
    assert np.allclose(np.linalg.norm(middle[:, :3, 0], axis=1), placed.radii)
    quarter = rotation(np.array([0, 0, np.pi / 2]))
    assert np.allclose(quarter @ [1, 0, 0], [0, 1, 0])


def test_a_background_closes_the_view():
    for seed in range(6):
        spec = registry.sample("stereo", seed)
        shell, ground = (
            stage.shell_mesh(spec.stage, spec.camera.height),
            stage.ground_mesh(spec.stage, spec.camera.height),
        )
        assert stage.is_room(spec.stage) == (spec.kind == "room") and 0.08 <= spec.camera.baseline <= 0.8
        a, b, c = (shell.vertices[corner] for corner in shell.triangles().T)
        assert ((a * np.cross(b - a, c - a)).sum(1) < 0).all()  # its faces look at the camera
        assert (ground.normals()[:, 2] > 0).all() and ground.vertices[:, 2].max() < np.inf
        assert np.linalg.norm(ground.vertices[:, :2], axis=1).max() >= shell.vertices[:, 0].max()
        assert stage.reach(spec.stage) < np.linalg.norm(shell.vertices, axis=1).max()


def test_recipes_are_what_they_are_asked_for():
    for generator, words in (
        ("flow", "frames: 1 is not allowed of flow"),
        ("stereo", "views: 1 is not allowed of stereo"),
    ):
        with pytest.raises(BadInput, match=words):
            Recipe(generator)
    assert "disparity" in Recipe("stereo", views=2).label_names() and "flow" in Recipe("flow", frames=2).label_names()
    coast = {"stage.panorama": OneOf(("coast",))}
    assert registry.sample("flow", 0, coast).kind == registry.sample("flow", 1, coast).kind == "open"
    with pytest.raises(SpecError, match="coast is not allowed with kind=room; allowed with kind=open"):
        registry.sample("flow", 0, coast | {"kind": OneOf(("room",))})
    assert {"stereo", "flow"} <= set(registry.PICTURED) and not {"stereo", "flow"} & set(registry.OFFERED)


WORDS = [
    "--samples",
    "1",
    "--seed",
    "2",
    "--set",
    "stage.wear=paint",
    "--set",
    "things.plain=0.8",
    "--set",
    "things.count=12",
]


@pytest.mark.blender
def test_labels_of_pairs_hold(tmp_path):
    """Disparity leads to the right picture's points, flow to the next one's, forth and back."""
    pytest.importorskip("bpy")
    labels = "depth,normal,position,instance,disparity,flow,flow_back,occlusion"
    assert (
        main(["render", "flow", str(tmp_path / "out"), "--size", "96x64", "--views", "2", "--labels", labels, *WORDS])
        == 0
    )
    report = check_dataset(tmp_path / "out")
    assert report.ok, report.summary()
    assert {"disparity agrees", "flow leads back"} <= {figure.name for figure in report.figures}
    sample = Dataset(tmp_path / "out")[0]
    assert sample.frames == [0, 1, 2, 3] and sample.caption.startswith("A picture of floating things ")
    for label in ("disparity", "flow"):
        assert np.isfinite(sample.label(label)).all()  # something is everywhere
    assert np.ptp(sample.label("disparity")) > 5 and len(np.unique(sample.label("instance"))) > 5


@pytest.mark.blender
@pytest.mark.once  # labels of a face are held to be the same twice on both
def test_a_seed_is_the_same_bytes_twice(tmp_path):
    pytest.importorskip("bpy")
    files = []
    for run in ("one", "two"):
        assert main(["render", "stereo", str(tmp_path / run), "--size", "64x48", "--labels", "disparity", *WORDS]) == 0
        folder = Dataset(tmp_path / run)[0].path
        files.append({path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".exr", ".png")})
    assert len(files[0]) == 4 and files[0] == files[1]  # pictures and disparities of both eyes
