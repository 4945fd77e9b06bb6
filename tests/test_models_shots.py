"""Shots and windows: labels of any dataset as tensors, and exact wherever a window moves them."""

import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import shot_stage  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.labels import PARTS  # noqa: E402
from simulacra.models.core.cameras import Cameras  # noqa: E402
from simulacra.models.core.shots import Shot, Shots  # noqa: E402
from simulacra.models.core.toyheads import toy_head  # noqa: E402
from simulacra.models.core.window import Window, whole  # noqa: E402

SIZE = 48


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return shot_stage.make_faces(tmp_path_factory.mktemp("shots") / "faces", 3, SIZE)


@pytest.fixture(scope="module")
def shot(faces):
    return Shots(faces, ("rgb", "depth", "normal", "parts", "landmarks", "caption"))[1]


def flat(**maps) -> Shot:
    """A shot of given maps."""
    return Shot("flat", maps, torch.eye(3, dtype=torch.float64), torch.eye(4, dtype=torch.float64))


def test_a_shot_is_what_the_dataset_holds(faces, shot):
    from simulacra.datagen.readers import Dataset

    sample = Dataset(faces)[1]
    for name in ("rgb", "depth", "normal", "parts"):
        wanted = np.atleast_3d(sample.label(name)).transpose(2, 0, 1)
        assert shot[name].numpy().dtype == wanted.dtype and np.array_equal(shot[name].numpy(), wanted)
    row = sample.landmarks()
    assert np.allclose(shot.face.points, row["points_2d"]) and shot.caption == "cartoon 1" and shot.size == (SIZE, SIZE)
    local = shot.face.points_3d.double() @ shot.intrinsics.T  # they project onto their pixels
    assert torch.allclose(local[:, :2] / local[:, 2:], shot.face.points.double(), atol=1e-3)
    with pytest.raises(BadInput, match="has no flow; it has rgb"):
        shot["flow"]


def test_what_a_dataset_lacks_is_told(faces, tmp_path):
    shots = Shots([faces, faces], ("rgb",))
    assert len(shots) == 6 and len(list(shots)) == 6
    assert shots.digest != Shots(faces, ("rgb",)).digest == Shots(faces, ("depth",)).digest
    for labels, more, words in ((("flow",), {}, "holds no frame with flow; its labels are rgb, depth, normal, parts"),
                                (("rgb",), {"partners": ("right",)}, "holds no frame with rgb, right"),
                                (("rgb",), {"split": "most"}, "most: is not a split"),
                                (("colour",), {}, "allowed is a list of rgb"),
                                (("rgb",), {"partners": ("up",)}, "allowed are next, previous, right")):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            Shots(faces, labels, **more)


def test_partners_are_the_next_picture_and_the_other_eyes(tmp_path):
    from loading_stage import hashes, make_dataset

    from simulacra.datagen.formats.files import read_json, write_json

    path = make_dataset(tmp_path / "pairs", 1, frames=4)
    pairs = Shots(path, ("rgb",), partners=("next", "previous"))
    assert [shot.name[-4:] for shot in pairs] == ["0001", "0002"]
    pictures = [shot["rgb"] for shot in Shots(path, ("rgb",))]
    assert torch.equal(pairs[0].partners["next"], pictures[2]) and torch.equal(
        pairs[0].partners["previous"], pictures[0]
    )
    folder = next(path.glob("0*"))  # two moments of two eyes
    rows = [row | {"time": row["frame"] // 2} for row in read_json(folder / "camera.json")["frames"]]
    write_json(folder / "camera.json", {"frames": rows})
    write_json(folder / "sample.json", read_json(folder / "sample.json") | {"eyes": 2, "files": hashes(folder)})
    right = Shots(path, ("rgb",), partners=("right",))
    assert [shot.name[-4:] for shot in right] == ["0000", "0002"]
    assert torch.equal(right[1].partners["right"], pictures[3])
    after = Shots(path, ("rgb",), partners=("right", "next"))
    assert [shot.name[-4:] for shot in after] == ["0000"] and torch.equal(after[0].partners["next"], pictures[2])


def test_the_whole_window_changes_nothing(shot):
    same = shot.moved(whole(SIZE, SIZE, (SIZE, SIZE)))
    assert all(torch.equal(same[name], shot[name]) for name in shot.maps)
    assert torch.equal(same.intrinsics, shot.intrinsics) and torch.equal(same.cam2world, shot.cam2world)
    assert torch.allclose(same.face.points, shot.face.points, atol=1e-5) and same.inside.all()


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_window_is_what_its_camera_sees(faces, shot, turn):
    """The cartoon is drawn anew by the camera that the window says; quarter turns meet pixels' centres exactly."""
    window = Window((23.0, 26.0), 32.0, (32, 32), turn * math.pi / 2)
    found = shot.moved(window)
    rng = np.random.default_rng([0, 1])
    head = toy_head(rng)
    shares = found.intrinsics / torch.tensor([[32.0], [32.0], [1.0]])
    camera = Cameras(shares[None].float(), found.cam2world[None].float())
    wanted = shot_stage.labels_of(head, camera, 32)
    differs = found["parts"][0].numpy() != wanted["parts"]
    assert differs.mean() < 0.01  # rays at an edge are rounded otherwise
    known = ~differs & np.isfinite(wanted["depth"])
    assert known.sum() > 300
    # On an edge within a class two surfaces meet: nearly all pixels agree to single precision.
    assert np.quantile(np.abs(found["depth"][0].numpy()[known] - wanted["depth"][known]), 0.98) < 2e-3
    normals = np.abs(found["normal"].permute(1, 2, 0).numpy() - wanted["normal"]).max(-1)
    assert np.quantile(normals[known], 0.95) < 1e-2
    marks = shot_stage.marks_of(head, camera, 32)
    assert np.allclose(found.face.points, marks["points_2d"], atol=2e-3)
    assert np.allclose(found.face.rotation, marks["head_pose"]["rotation"], atol=1e-5)
    assert np.allclose(found.face.gaze[1], marks["gaze"]["left"], atol=1e-5)


@pytest.mark.parametrize("mirror", [False, True])
def test_points_and_cameras_agree_in_any_window(shot, mirror):
    found = shot.moved(Window((21.5, 25.0), 37.0, (40, 56), 0.4, mirror))
    local = found.face.points_3d.double() @ found.intrinsics.T
    assert torch.allclose(local[:, :2] / local[:, 2:], found.face.points.double(), atol=1e-3)
    assert torch.allclose(torch.tril(found.intrinsics, -1), torch.zeros(3, 3, dtype=torch.float64), atol=1e-12)
    assert torch.linalg.det(found.face.rotation).item() == pytest.approx(1.0, abs=1e-5)
    assert (found.cam2world is None) == mirror and (~found.inside).any()
    assert (found["parts"][0][~found.inside] == 255).all() and found["depth"][0][~found.inside].isnan().all()


def test_a_mirror_exchanges_sides_and_twice_is_nothing(shot):
    flip = Window((SIZE / 2, SIZE / 2), SIZE, (SIZE, SIZE), mirror=True)
    once = shot.moved(flip)
    ids = {name: number for number, name in PARTS.items()}
    right, left = (shot["parts"] == ids[f"{side}_ear"] for side in ("right", "left"))
    assert torch.equal(once["parts"] == ids["left_ear"], right.flip(-1)) and torch.equal(
        once["parts"] == ids["right_ear"], left.flip(-1)
    )
    assert torch.equal(once["rgb"], shot["rgb"].flip(-1))
    assert torch.equal(once["normal"], shot["normal"].flip(-1) * torch.tensor([-1.0, 1, 1])[:, None, None])
    assert torch.allclose(
        once.face.points[69], torch.tensor([SIZE, 0.0]) - shot.face.points[68] * torch.tensor([1.0, -1])
    )
    assert torch.equal(once.face.gaze[0], shot.face.gaze[1] * torch.tensor([-1.0, 1, 1]))
    twice = once.moved(flip)
    assert all(torch.equal(twice[name], shot[name]) for name in shot.maps)
    for name, value in shot.face._asdict().items():
        assert torch.allclose(getattr(twice.face, name).float(), value.float(), atol=1e-5), name


def test_flow_disparity_and_occlusion_follow_in_closed_form():
    flow = torch.tensor([3.0, -1.0])[:, None, None].expand(2, 20, 20).clone()
    flow[:, 0] = torch.nan
    hidden = torch.zeros(1, 20, 20, dtype=torch.uint8)
    window = Window((10, 10), 10.0, (20, 20))
    found = flat(flow=flow, occlusion=hidden, disparity=torch.full((1, 20, 20), 4.0)).moved(window)
    assert (found["flow"][0] == 6).all() and (found["flow"][1] == -2).all() and (found["disparity"] == 8).all()
    # What moves 6 px to the right leaves a window of 20 from column 14 on, and 2 px up from row 1 on.
    wanted = torch.zeros(20, 20, dtype=torch.bool)
    wanted[:, 14:] = wanted[:2] = True
    assert torch.equal(found["occlusion"][0] > 0, wanted)
    turned = flat(flow=flow).moved(Window((10, 10), 20.0, (20, 20), math.pi / 2))["flow"]
    inner = turned[:, :, 2:18]
    assert torch.allclose(inner[0], torch.tensor(1.0), atol=1e-6) and torch.allclose(inner[1], torch.tensor(3.0))
    for mirrored in ({"mirror": True}, {"angle": 0.1}):
        with pytest.raises(BadInput, match="disparity: runs along rows"):
            flat(disparity=hidden.float()).moved(replace(window, **mirrored))
    with pytest.raises(BadInput, match="occlusion: is not known in a window without flow"):
        flat(occlusion=hidden).moved(window)
    with pytest.raises(BadInput, match="position: has no mirror image"):
        flat(position=hidden.float()).moved(replace(window, mirror=True))


def test_pictures_are_averaged_where_they_shrink():
    values = torch.arange(64.0).reshape(1, 8, 8)
    half = Window((4, 4), 8.0, (4, 4)).smooth(values)
    assert torch.allclose(half, torch.nn.functional.avg_pool2d(values, 2), atol=1e-5)
    third = Window((3, 3), 6.0, (2, 2)).smooth(values[:, :, :7])  # the last pooled column is cut off
    assert torch.allclose(third, torch.nn.functional.avg_pool2d(values[:, :6, :6], 3), atol=1e-5)
    # At other scales it is near the mean over what each pixel covers: a checkerboard is grey, as by OpenCV's INTER_AREA.
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    board, waves = ((x + y) % 2 * 255)[None], (128 + 60 * torch.sin(x / 7) + 60 * torch.cos((x - y) / 9))[None]
    for size, most in ((30, 7.0), (44, 50.0), (28, 5.0), (13, 5.0)):
        low = torch.arange(size)[:, None] * 48 / size
        high = low + 48 / size
        part = (high.minimum(torch.arange(1, 49)) - low.maximum(torch.arange(48))).clamp(min=0) * size / 48
        shown = whole(48, 48, (size, size))
        area = part @ board @ part.T
        assert shown.smooth(board).std() < max(most, float(area.std()))
        assert (shown.smooth(waves) - part @ waves @ part.T)[:, 1:-1, 1:-1].abs().max() < 3.0  # of 255
    # A picture that rises linearly does so in any window.
    found = Window((4, 4), 4.0, (8, 8)).smooth(values)
    assert torch.allclose(found[0, 3].diff(), torch.tensor(0.5), atol=1e-4)
    for bad in ({"width": 0.0}, {"centre": (math.nan, 0.0)}, {"size": (0, 4)}):
        with pytest.raises(BadInput, match="window: "):
            replace(whole(4, 4, (4, 4)), **bad)
