"""The face net: labels follow what is drawn, flips commute, it overfits a few faces, resumes, and answers photographs."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402
from model_commands import events, failed  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.export.keypoints import mirrored  # noqa: E402
from simulacra.datagen.formats.files import read_label  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.checkpoint import open_tensors  # noqa: E402
from simulacra.models.core.shots import OTHER_SIDE, Shots  # noqa: E402
from simulacra.models.core.training import seeded  # noqa: E402
from simulacra.models.core.window import Window  # noqa: E402
from simulacra.models.systems import catalogue, face_analysis  # noqa: E402
from simulacra.models.systems.catalogue import FACES, PLACES  # noqa: E402
from simulacra.models.vision.faces import appearance, finding, rotations  # noqa: E402
from simulacra.models.vision.faces.losses import LossConfig, face_losses, overlap_loss, point_likelihood  # noqa: E402
from simulacra.models.vision.faces.net import FaceNet, NetConfig, Outputs, expectation  # noqa: E402
from simulacra.models.vision.faces.targets import Faces, WindowConfig, draw_window, face_window, targets_of  # noqa: E402

SIZE = 64
SMALL = NetConfig(SIZE, (8, 16, 24, 32, 48), (0, 1, 1, 1, 1), (16, 16, 24, 32))
PLAIN = appearance.AppearanceConfig(**{name: 0.0 for name in appearance.AppearanceConfig.__dataclass_fields__})
STILL = WindowConfig(turn=0.0, scale=1.0, shift=0.0)
CONFIG = face_analysis.Config(
    SMALL, STILL, PLAIN, steps=90, batch=4, learning_rate=4e-3, warmup=10, ema=0.9, picture_every=0
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Cartoon faces whose seeds are all of the split train."""
    return shot_stage.make_faces(tmp_path_factory.mktemp("faces") / "cartoons", 4, SIZE)


@pytest.fixture(scope="module")
def shots(dataset):
    return Shots(dataset, FACES.labels, more=FACES.more)


@pytest.fixture(scope="module")
def trained(shots, tmp_path_factory):
    """A run that knows its few faces by heart."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    face_analysis.train(shots, folder, CONFIG)
    return folder


def random_rotations(count, generator):
    return rotations.from_six(torch.randn(count, 6, generator=generator))


def test_rotations_are_six_numbers_and_read_as_the_dataset_reads_them():
    from simulacra.datagen.rendering.annotations import head_pose

    found = random_rotations(20, torch.Generator().manual_seed(0)).double()
    assert torch.allclose(found @ found.mT, torch.eye(3, dtype=torch.float64), atol=1e-6)
    assert torch.allclose(rotations.from_six(rotations.to_six(found)), found, atol=1e-6)
    for rotation, *read in zip(found, *rotations.angles(found), strict=True):
        head = np.eye(4)
        head[:3, :3] = rotation.numpy()
        wanted = head_pose({"cam2world": np.eye(4)}, head)
        assert [float(angle) for angle in read] == pytest.approx(
            [wanted[name] for name in ("yaw", "pitch", "roll")], abs=1e-4
        )
    mirror = torch.diag(rotations.MIRROR.double())
    assert torch.allclose(rotations.mirrored_six(rotations.to_six(found)), rotations.to_six(mirror @ found @ mirror))
    for direction in torch.randn(5, 3, generator=torch.Generator().manual_seed(1)).double():
        direction[2] = direction[2].abs() + 0.3
        turn = rotations.looking(direction)
        assert torch.allclose(turn[:, 2], direction / direction.norm()) and torch.allclose(
            turn @ turn.T, torch.eye(3, dtype=torch.float64)
        )
        assert torch.allclose(rotations.looking(mirror @ direction), mirror @ turn @ mirror)


def test_what_is_asked_for_follows_the_window(shots):
    """In any window: landmarks project through its camera, and a mirrored window asks for what a mirror shows."""
    shot = shots[2]
    for index in range(4):
        window = draw_window(face_window(shot.face.points, SIZE), WindowConfig(), torch.Generator().manual_seed(index))
        straight, flipped = (replace(window, mirror=mirror) for mirror in (False, True))
        truth, other = targets_of(shot, straight), targets_of(shot, flipped)
        moved = shot.moved(straight)
        local = moved.face.points_3d.double() @ moved.intrinsics.T
        assert torch.allclose((truth.points[0] + 1) * SIZE / 2, (local[:, :2] / local[:, 2:]).float(), atol=1e-3)
        # The camera that looks at the face sees the middle of the window on its axis, and the same head from there.
        turn = rotations.looking(
            torch.linalg.inv(moved.intrinsics) @ torch.tensor([SIZE / 2, SIZE / 2, 1.0]).double()
        ).T
        assert torch.allclose(rotations.from_six(truth.pose)[0], turn.float() @ moved.face.rotation, atol=1e-5)
        assert torch.allclose(other.pictures, truth.pictures.flip(-1), atol=1 / 255 + 1e-6)
        said = Outputs(points=truth.points, spread=torch.zeros(1, 70), pose=truth.pose, gaze=truth.gaze,
                       parts=torch.nn.functional.one_hot(truth.parts.long() % 19, 19).permute(0, 3, 1, 2).float(),
                       depth=truth.depth, normal=truth.normal).mirrored()  # fmt: skip
        for name in ("points", "pose", "gaze"):
            assert torch.allclose(said[name], getattr(other, name), atol=1e-4), name
        # Sampled points may lie on the border of two pixels, which rounding decides.
        same = (said["depth"] - other.depth).abs() < 1e-4
        assert ((said["depth"].isnan() & other.depth.isnan()) | same).float().mean() > 0.98
        assert ((said["normal"] - other.normal).abs().amax(1) < 1e-3).float().mean() > 0.98
        known = (truth.parts != 255).flip(-1)
        assert (said["parts"].argmax(1) == other.parts)[known].float().mean() > 0.98


def test_depth_is_along_the_axis_that_looks_at_the_face(shots):
    """A point of the surface lies as far behind the pivot as the dataset's depth and cameras say."""
    shot = shots[1]
    window = Window((30.0, 27.0), 40.0, (SIZE, SIZE), 0.3)
    truth = targets_of(shot, window)
    small = shot.moved(replace(window, size=(SIZE // 2, SIZE // 2)))
    inverse = torch.linalg.inv(small.intrinsics)
    axis = inverse @ torch.tensor([SIZE / 4, SIZE / 4, 1.0], dtype=torch.float64)
    axis = axis / axis.norm()
    for y, x in truth.depth[0].isfinite().nonzero()[::97].tolist():
        point = small["depth"][0, y, x].double() * (
            inverse @ torch.tensor([x + 0.5, y + 0.5, 1.0], dtype=torch.float64)
        )
        assert truth.depth[0, y, x].item() == pytest.approx(
            float(axis @ (point - small.face.translation.double())), abs=1e-5
        )
    assert truth.depth[truth.depth.isfinite()].abs().max() < 0.45 and truth.depth.isnan().any()


def test_faces_are_held_small_and_drawn_anew(shots):
    faces = Faces(shots, 32)
    assert len(faces) == 4 and max(max(shot.size) for shot in faces.shots) <= 48
    draw = lambda seed: faces.draw(3, 32, WindowConfig(), torch.Generator().manual_seed(seed))  # noqa: E731
    one, again, other = draw(0), draw(0), draw(1)
    assert all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one.pictures, other.pictures) and one.pictures.shape == (3, 3, 32, 32)
    assert one.parts.shape == one.depth.shape == (3, 16, 16)


def test_the_net_is_compact_and_flips_commute():
    assert sum(p.numel() for p in FaceNet().parameters()) < 2.5e6
    net = seeded(lambda: FaceNet(SMALL), 0).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, std=0.1)  # heads that say something
    pictures = torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        there, back = net.both_ways(pictures), net.both_ways(pictures.flip(-1)).mirrored()
        plain = net(pictures.flip(-1)).mirrored()
    for name, value in there.items():
        assert torch.allclose(value, back[name], atol=1e-4 * float(value.abs().max())), name
        assert not torch.allclose(value, plain[name], atol=1e-2 * float(value.abs().max())), name
    order = torch.tensor(mirrored())
    assert torch.equal(order[order], torch.arange(70)) and torch.equal(OTHER_SIDE[OTHER_SIDE], torch.arange(256))


def test_losses_have_their_closed_forms(shots):
    maps = torch.full((1, 1, 4, 8), -50.0)
    maps[0, 0, 1, 2] = maps[0, 0, 1, 4] = 50.0
    assert torch.allclose(expectation(maps), torch.tensor([[[(2.5 + 4.5) / 8 - 1, -0.25]]]))
    points = torch.tensor([[[0.3, 0.4]]])
    spread = torch.tensor([[math.log(0.5 / math.sqrt(2))]], requires_grad=True)  # the root of half the squared distance
    loss = point_likelihood(points, spread, torch.zeros(1, 1, 2))
    loss.backward()
    assert spread.grad.item() == pytest.approx(0, abs=1e-6) and loss.item() == pytest.approx(
        2 * math.log(0.5 / 2**0.5) + 1
    )
    parts = torch.tensor([[[1, 2], [255, 2]]], dtype=torch.uint8)
    logits = torch.nn.functional.one_hot(parts.long() % 19, 19).permute(0, 3, 1, 2) * 60.0
    assert overlap_loss(logits, parts).item() == pytest.approx(0, abs=1e-6)
    truth = Faces(shots, SIZE).straight([0, 1], SIZE)
    perfect = Outputs(points=truth.points, spread=torch.full((2, 70), -5.0), pose=truth.pose, gaze=truth.gaze * 3,
                      parts=torch.nn.functional.one_hot(truth.parts.long() % 19, 19).permute(0, 3, 1, 2) * 60.0,
                      depth=truth.depth.nan_to_num(), normal=truth.normal * 2)  # fmt: skip
    found = face_losses(perfect, truth, LossConfig(points=0.0))
    assert all(
        abs(found[name].item()) < 1e-4 for name in ("loss", "distance", "pose", "gaze", "parts", "depth", "normal")
    )


def test_appearance_changes_pictures_and_leaves_labels(shots):
    truth = Faces(shots, SIZE).straight([0, 1, 2, 3], SIZE)
    fresh = lambda seed=0: torch.Generator().manual_seed(seed)  # noqa: E731
    assert torch.equal(appearance.photographed(truth, PLAIN, fresh()).pictures, truth.pictures)
    for name in PLAIN.__dataclass_fields__:
        config = replace(PLAIN, **{name: 1.0})
        found = appearance.photographed(truth, config, fresh())
        again = appearance.photographed(truth, config, fresh())
        assert (
            torch.equal(found.pictures, again.pictures) and found.pictures.min() >= 0 and found.pictures.max() <= 1
        ), name
        changed = (found.pictures - truth.pictures).abs().mean((1, 2, 3)) > 1e-3
        assert changed.any() if name == "occlusion" else changed.all(), name  # white may stand before white
        assert torch.equal(found.points, truth.points) and torch.equal(found.pose, truth.pose)
        hidden = found.parts != truth.parts
        assert hidden.any() == (name == "occlusion") and (found.parts[hidden] == 255).all()
        if name == "occlusion":
            # Wherever the picture is another one, dense labels are not asked for.
            other = (
                torch.nn.functional.max_pool2d((found.pictures != truth.pictures).any(1, keepdim=True).float(), 2)[:, 0]
                > 0
            )
            assert (found.parts[other] == 255).all() and found.depth[other].isnan().all()
            assert not found.normal.permute(0, 2, 3, 1)[other].any()
    grey = appearance.photographed(truth, replace(PLAIN, grey=1.0), fresh()).pictures
    assert torch.allclose(grey[:, 0], grey[:, 2])


def test_a_few_faces_are_learned_by_heart(shots, trained):
    model = face_analysis.load(trained)
    truth = Faces(shots.of("train"), SIZE).straight(range(3), SIZE)
    with torch.no_grad():
        said = model.net(truth.pictures)
    eyes = (truth.points[:, 36] - truth.points[:, 45]).norm(dim=-1, keepdim=True)
    error = ((said["points"] - truth.points).norm(dim=-1) / eyes).mean().item()
    right = (said["parts"].argmax(1) == truth.parts)[truth.parts != 255].float().mean().item()
    depth = (said["depth"] - truth.depth)[truth.depth.isfinite()].abs().mean().item()
    # Over 5 seeds: 0.028 ± 0.003, 0.905 ± 0.006, 0.038 ± 0.004, 5.6 ± 0.5°.
    assert error < 0.04 and right > 0.885 and depth < 0.05, (error, right, depth)
    apart = rotations.from_six(said["pose"]).mT @ rotations.from_six(truth.pose)
    assert torch.rad2deg(((apart.diagonal(dim1=1, dim2=2).sum(1) - 1) / 2).clamp(-1, 1).acos()).max() < 8


def test_a_training_goes_on_bit_for_bit(shots, tmp_path):
    config = replace(CONFIG, net=replace(SMALL, size=32), windows=WindowConfig(), appearance=appearance.AppearanceConfig(),
                     steps=6, batch=2, save_every=3)  # fmt: skip
    face_analysis.train(shots, tmp_path / "whole", config)

    class Stop(Exception):
        pass

    def stop(event):
        if event.get("step") == 4:
            raise Stop

    with pytest.raises(Stop):
        face_analysis.train(shots, tmp_path / "parts", config, stop)
    face_analysis.train(shots, tmp_path / "parts", config)
    whole, parts = (open_tensors(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    with whole as first, parts as second:  # the hash of all weights; the header's order is not fixed
        assert first.metadata() == second.metadata()
    assert (tmp_path / "whole" / "config.json").read_bytes() == (tmp_path / "parts" / "config.json").read_bytes()
    assert face_analysis.load(tmp_path / "parts").config == config


def test_a_face_is_laid_back_over_its_photograph(shots, trained):
    model, shot = face_analysis.load(trained), shots[0]
    photo = np.full((90, 120, 3), 90, np.uint8)
    photo[10:74, 30:94] = shot["rgb"].permute(1, 2, 0).numpy()
    (x, y), side = finding.face_window(shot.face.points, SIZE).centre, finding.face_window(shot.face.points, SIZE).width
    found = model.predict(photo, Window((x + 30, y + 10), side, (SIZE, SIZE)))
    wanted = shot.face.points.numpy() + [30, 10]
    eyes = np.linalg.norm(wanted[36] - wanted[45])
    assert np.linalg.norm(np.array(found.record["points_2d"]) - wanted, axis=1).mean() < 0.05 * eyes
    parts = np.full((90, 120), 255, np.uint8)
    parts[10:74, 30:94] = shot["parts"][0].numpy()
    known = (parts != 255) & (found.maps["parts"] != 255)
    assert known.mean() > 0.15 and (parts == found.maps["parts"])[known].mean() > 0.9
    head = np.isfinite(found.maps["depth"])
    assert (head == ((found.maps["parts"] > 0) & (found.maps["parts"] != 255))).all()
    assert np.allclose(np.linalg.norm(found.maps["normal"][head], axis=-1), 1, atol=1e-5)
    assert not found.maps["normal"][~head].any()
    # A face that is found is looked at twice; of a picture without one, all is.
    window, seen = finding.first_window(np.zeros((40, 60, 3), np.uint8), SIZE)
    assert not seen and window.width == 60 and window.centre == (30, 20)
    with pytest.raises(BadInput, match="allowed is uint8"):
        model.predict(photo.astype(float))
    for centre in ((-200.0, 40.0), (60.0, -200.0), (400.0, 40.0), (60.0, 400.0)):
        with pytest.raises(BadInput, match=r"window: around .* shows nothing of a photograph of 120×90 px"):
            model.predict(photo, Window(centre, 40.0, (SIZE, SIZE)))
        said = model.net.both_ways(torch.zeros(1, 3, SIZE, SIZE))
        parts, depth, _ = finding._laid_back(said, Window(centre, 40.0, (SIZE, SIZE)), 90, 120)
        assert (parts == 255).all() and np.isinf(depth).all()


def test_photographs_are_answered_by_files(shots, trained, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for index in range(2):
        write_png(tmp_path / "in" / f"p{index}.png", np.ascontiguousarray(shots[index]["rgb"].permute(1, 2, 0).numpy()))
    words = ["predict", "face", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--run", str(trained), "--json"]
    assert main(words) == 0
    told = events(capsys)
    assert sum("shows no face that is seen" in event.get("message", "") for event in told) == 2  # these are cartoons
    assert [(event["done"], event["total"]) for event in told[:-1] if event["event"] == "progress"][-1] == (2, 2)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert len(told[-1]["files"]) == len(names) == 20
    for label, suffix in (("parts", "png"), ("depth", "exr"), ("normal", "exr")):
        assert read_label(tmp_path / "out" / f"p0.{label}.{suffix}", label).shape[:2] == (SIZE, SIZE)
    row = json.loads((tmp_path / "out" / "p1.landmarks.json").read_text())
    assert len(row["points_2d"]) == 70 and row["detected"] is False
    assert set(json.loads((tmp_path / "out" / "p1.pose.json").read_text())["head_pose"]) == {
        "rotation",
        "yaw",
        "pitch",
        "roll",
    }
    (tmp_path / "in" / "bad.jpg").write_text("no picture")
    assert main(["predict", "pose", str(tmp_path / "in"), "--out", str(tmp_path / "more"), "--run", str(trained)]) == 1
    assert "1 of 3 questions got no answer" in capsys.readouterr().err
    assert len(list((tmp_path / "more").iterdir())) == 4
    assert main(["generate", "face_analysis", str(trained), "--photo", str(tmp_path / "in" / "p0.png"), "--out",
                 str(tmp_path / "one.json")]) == 0  # fmt: skip
    assert (tmp_path / "one.labels.png").is_file() and "head_pose" in json.loads((tmp_path / "one.json").read_text())


def test_videos_are_answered_a_frame_at_a_time(shots, trained, tmp_path, capsys):
    from simulacra.models.core import pictures, videos

    (tmp_path / "in").mkdir()
    frames = np.stack([np.ascontiguousarray(shots[index]["rgb"].permute(1, 2, 0).numpy()) for index in range(3)])
    pictures.write_mp4(tmp_path / "in" / "clip.mp4", frames, 12)
    write_png(tmp_path / "in" / "still.png", frames[0])
    words = ["predict", "face", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--run", str(trained)]
    assert main([*words, "--json"]) == 0
    told = events(capsys)
    assert [(row["done"], row["total"]) for row in told if row.get("stage") == "clip.mp4"][-1] == (3, 3)
    rows = [json.loads(line) for line in (tmp_path / "out" / "clip.landmarks.jsonl").read_text().splitlines()]
    assert [(row["frame"], row["seconds"]) for row in rows] == [(0, 0.0), (1, 0.0833), (2, 0.1667)]
    assert np.array(rows[2]["points_2d"]).shape == (70, 2) and (tmp_path / "out" / "clip.pose.jsonl").is_file()
    for number in range(3):
        assert read_label(tmp_path / "out" / "clip" / f"{number:04d}.depth.exr", "depth").shape == (SIZE, SIZE)
    shown = videos.look_at(tmp_path / "out" / "clip.parts.overlay.mp4")
    assert shown.rate == 12 and shown.size == (SIZE, SIZE) and len(list(videos.frames_of(shown))) == 3
    assert (tmp_path / "out" / "still.parts.png").is_file() and len(told[-1]["files"]) == 10 + 5 + 2 + 9
    pictures.write_gif(tmp_path / "wave.gif", frames[:2])
    assert (
        main(["predict", "pose", str(tmp_path / "wave.gif"), "--out", str(tmp_path / "out"), "--run", str(trained)])
        == 0
    )
    assert len((tmp_path / "out" / "wave.pose.jsonl").read_text().splitlines()) == 2
    (tmp_path / "bad.mp4").write_text("no video")
    capsys.readouterr()
    rest = ["--out", tmp_path / "more", "--run", trained]
    assert "is not a video that can be read" in failed(capsys, ["predict", "pose", tmp_path / "bad.mp4", *rest])
    assert not (tmp_path / "more").exists()
    assert "is a video" in failed(capsys, ["predict", "stereo", tmp_path / "in" / "clip.mp4", *rest])


def test_a_person_is_fitted_to_a_photograph(shots, trained, tmp_path, monkeypatch, capsys):
    from simulacra.procgen import registry

    photo = tmp_path / "photo.png"
    write_png(photo, np.ascontiguousarray(shots[0]["rgb"].permute(1, 2, 0).numpy()))
    words = ["fit", str(photo), "--out", str(tmp_path / "a" / "ada.json"), "--run", str(trained), "--set"]
    assert main([*words, "identity.gender=0.9", "--json"]) == 0
    done = events(capsys)[-1]
    assert 0 < done["landmark_error"] < 0.3 and set(done) >= {"yaw", "pitch", "roll", "crop"}
    kind, face = registry.parse(json.loads((tmp_path / "a" / "ada.json").read_text()))
    assert kind == "faces" and face.identity.gender == 0.9
    assert (tmp_path / "a" / "ada.overlay.png").is_file()
    assert "camera.azimuth: is told by the photograph" in failed(capsys, [*words, "camera.azimuth=3"])
    assert "allowed is FILE.json" in failed(capsys, ["fit", photo, "--out", tmp_path / "ada.glb"])
    monkeypatch.setattr(catalogue, "WEIGHTS", tmp_path)
    assert "no weights are shipped" in failed(capsys, ["fit", photo, "--out", tmp_path / "ada.json"])
    assert "where the photograph is" in failed(
        capsys, ["fit", tmp_path / "ada.overlay.png", "--out", tmp_path / "ada.json"]
    )


def test_questions_without_an_answer_are_one_line(trained, dataset, tmp_path, monkeypatch, capsys):
    photo = tmp_path / "a.png"
    write_png(photo, np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "empty").mkdir()
    full = tmp_path / "full"
    full.mkdir()
    write_png(full / "b.png", np.zeros((8, 8, 3), np.uint8))
    out = ["--out", str(tmp_path / "out")]
    monkeypatch.setattr(catalogue, "WEIGHTS", tmp_path)
    line = failed(capsys, ["predict", "depth", photo, *out])
    assert (
        "no weights are shipped" in line
        and "simulacra render faces DATASET" in line
        and "simulacra train face_analysis" in line
    )
    run = [*out, "--run", str(trained)]
    assert "is not a file" in failed(capsys, ["predict", "depth", tmp_path / "none.png", *run])
    assert "holds no photograph and no video" in failed(capsys, ["predict", "depth", tmp_path / "empty", *run])
    assert "have one name" in failed(capsys, ["predict", "depth", photo, photo, *run])
    assert "allowed are landmarks, parsing" in failed(capsys, ["predict", "age", photo, *run])
    for asked, where in ((photo, tmp_path), (tmp_path / "empty" / ".." / "a.png", tmp_path), (full, full)):
        assert "holds" in failed(capsys, ["predict", "depth", asked, "--out", where, "--run", trained])
    assert list(full.iterdir()) == [full / "b.png"]
    assert "run: nowhere is not a folder" in failed(capsys, ["predict", "depth", photo, *out, "--run", "nowhere"])
    assert not (tmp_path / "out").exists()
    lacking = failed(capsys, ["train", "rodin", "--data", dataset, "--out", tmp_path / "run"])
    assert "allowed is what simulacra render faces --views 24" in lacking
    from loading_stage import make_dataset

    poor = make_dataset(tmp_path / "poor", 2)
    line = failed(capsys, ["train", "scene_analysis", "--data", poor, "--out", tmp_path / "run"])
    assert "holds no frame with rgb, depth, normal, semantic" in line and PLACES.render in line
    line = failed(capsys, ["train", "face_analysis", "--data", poor, "--out", tmp_path / "run"])
    assert "has no 70 points with a head's pose and gaze" in line
    assert not (tmp_path / "run").exists()
