"""What a dataset is worth: nets that are trained on it for a while, asked of annotated photographs."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

import shot_stage  # noqa: E402
from model_commands import events, failed  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.systems.catalogue import FACES  # noqa: E402
from simulacra.models.vision.faces import adaptation, annotated  # noqa: E402
from simulacra.models.vision.faces.net import NetConfig  # noqa: E402

SIZE = 64
NET = NetConfig(32, (8, 16, 24, 32, 48), (0, 1, 1, 1, 1), (16, 16, 24, 32))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Cartoon faces whose seeds are all of the split train."""
    return shot_stage.make_faces(tmp_path_factory.mktemp("faces") / "cartoons", 4, SIZE)


@pytest.fixture(scope="module")
def shots(dataset):
    return Shots(dataset, FACES.labels, more=FACES.more)


def annotate(shots, folder):
    """The faces of shots as annotated photographs, a pixel right and down of where they are."""
    for index in range(4):
        photo = np.ascontiguousarray(shots[index]["rgb"].permute(1, 2, 0).numpy())
        write_png(folder / f"face_{index:03d}.png", photo)
        points = shots[index].face.points[:68] + torch.tensor([0.5, 0.5]) + 1.0  # .pts count from 1
        rows = "\n".join(f"{x:.4f} {y:.4f}" for x, y in points.tolist())
        (folder / f"face_{index:03d}.pts").write_text(f"version: 1\nn_points: 68\n{{\n{rows}\n}}\n")


def test_a_dataset_is_worth_what_photographs_say(shots, dataset, tmp_path, monkeypatch, capsys):
    from simulacra.models.worth import landmarks

    (tmp_path / "photographs").mkdir()
    annotate(shots, tmp_path / "photographs")
    monkeypatch.setattr(landmarks, "NET", NET)
    monkeypatch.setattr(
        landmarks, "fit_adaptation", lambda *data, seed: adaptation.fit_adaptation(*data, steps=3, seed=seed)
    )
    words = [
        "worth",
        str(dataset),
        "--against",
        str(tmp_path / "photographs"),
        "--out",
        str(tmp_path / "out"),
        "--steps",
        "2",
    ]
    assert main([*words, "--shares", "1,0.3", "--json"]) == 0
    rows = events(capsys)[-1]["shares"]
    assert [(row["share"], row["frames"]) for row in rows] == [(0.3, 1), (1.0, len(shots.of("train")))]
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["shares"] == rows and report["photographs"] == 4 and report["learned_from"] == 0
    assert {name for name, _ in rows[0]["worst"]} == {f"face_00{number}.png" for number in range(4)}
    assert (tmp_path / "out" / "worst.png").is_file()
    assert main([*words, "--shares", "1,0.3"]) == 0  # finished runs are read
    shown = capsys.readouterr().out
    assert "adapted" in shown and "worst: face_00" in shown and f"{rows[1]['error']:.2%}" in shown
    assert main([*words, "--shares", "1", "--learn", str(tmp_path / "photographs"), "--json"]) == 0
    learned = events(capsys)[-1]["shares"][0]
    assert learned["error"] == rows[1]["error"] and learned["adapted"] != rows[1]["adapted"]
    # Runs are of one dataset, and photographs are opened before anything is trained.
    other = shot_stage.make_faces(tmp_path / "other", 3, SIZE)
    assert "share-1: is not of this dataset" in failed(capsys, [words[0], other, *words[2:], "--shares", "1"])
    (tmp_path / "alone").mkdir()
    for name in ("face_000.png", "face_000.pts"):
        (tmp_path / "alone" / name).write_bytes((tmp_path / "photographs" / name).read_bytes())
    with pytest.raises(BadInput, match="has 1 photographs; allowed are two or more"):
        landmarks.read(tmp_path / "alone", None)
    assert len(landmarks.read(tmp_path / "alone", tmp_path / "photographs").others) == 4
    (tmp_path / "photographs" / "face_003.png").write_bytes(b"no picture")
    fresh = [*words[:5], str(tmp_path / "fresh"), *words[6:]]
    assert "face_003.png is not a picture" in failed(capsys, fresh) and not (tmp_path / "fresh").exists()
    assert "shares: 2.0 is not allowed" in failed(capsys, [*words, "--shares", "2"])
    assert "shares: much is not allowed" in failed(capsys, [*words, "--shares", "much"])


def test_annotated_photographs_are_read_and_measured(shots, tmp_path):
    annotate(shots, tmp_path)
    rows = annotated.read_annotated(tmp_path)
    assert [row.path.name for row in rows] == [f"face_00{number}.png" for number in range(4)]
    wanted = torch.stack([row.points for row in rows]).float()
    true = torch.stack([shots[index].face.points[:68] for index in range(4)])
    assert torch.allclose(wanted, true + 1, atol=1e-3)
    row = annotated.figures(true * torch.tensor([1, 1, 0, 1])[:, None, None], wanted)
    eyes = (wanted[:, 36] - wanted[:, 45]).norm(dim=-1)
    assert row.errors[[0, 1, 3]].tolist() == pytest.approx((2**0.5 / eyes[[0, 1, 3]]).tolist(), rel=1e-3)
    assert row.worst[0] == 2 and row.failed == pytest.approx((row.errors > 0.1).float().mean().item())
    seen = []

    def learn(found, truth):
        seen.append((found, truth))
        return lambda points: points + 1

    assert torch.allclose(annotated.crossed(true, wanted, learn), wanted, atol=1e-3)
    assert torch.equal(seen[0][0], true[1::2]) and torch.equal(seen[1][1], wanted[::2])
    with pytest.raises(BadInput, match="has 1 photographs; allowed are two or more"):
        annotated.crossed(true[:1], wanted[:1], learn)
    for text in ("version: 1\nn_points: 5\n{\n1 2\n}", "", "n_points: 68\n{\n1 2\n}"):
        (tmp_path / "face_000.pts").write_text(text)
        with pytest.raises(BadInput, match="holds no 68 points"):
            annotated.read_annotated(tmp_path)
    rows = [f"{x} {y}" for x, y in true[0].tolist()]
    for number, bad, words in (
        (3, "1.2.3 4", "holds no 68 points"),
        (3, "1e999 4", "that no face has"),
        (36, rows[45], "that no face has"),
    ):
        changed = [bad if index == number else row for index, row in enumerate(rows)]
        (tmp_path / "face_000.pts").write_text("n_points: 68\n{\n" + "\n".join(changed) + "\n}\n")
        with pytest.raises(BadInput, match=words):
            annotated.read_annotated(tmp_path)
    assert annotated.figures(true.clone().index_fill_(0, torch.tensor([1]), torch.nan), true).failed == 0.25
    with pytest.raises(BadInput, match="holds no photographs with"):
        annotated.read_annotated(tmp_path / "nowhere")


def paint(shots, folder):
    """The faces of shots as photographs with masks of six colours, each a frontal one."""
    from simulacra.models.worth import masks

    colours = np.array(list(masks.SIX.values()), np.uint8)
    for name in ("Test_RGB", "Test_Labels"):
        (folder / "V3" / name / "0").mkdir(parents=True)
    for index in range(2):
        photo = np.ascontiguousarray(shots[index]["rgb"].permute(1, 2, 0).numpy())
        write_png(folder / "V3" / "Test_RGB" / "0" / f"p{index}+0-15.png", photo)
        write_png(
            folder / "V3" / "Test_Labels" / "0" / f"p{index}+0-15.png", colours[masks.TABLE[shots[index]["parts"][0]]]
        )
    return colours


def test_masks_are_read_and_measured(shots, tmp_path):
    from simulacra.datagen.labels import CLASSES
    from simulacra.models.worth import masks
    from simulacra.models.worth.kinds import kind_of

    paint(shots, tmp_path)
    assert kind_of(tmp_path).name == kind_of(tmp_path / "V3").name == "masks"
    assert list(masks.OURS) == list(CLASSES) and set(masks.OURS.values()) == set(masks.SIX)
    test = masks.read(tmp_path, None)
    assert masks.facts(test) == {"photographs": 2, "with_yaw": 2, "left_out": []} and test.rows[0].yaw == 15.0
    assert [masks.yaw_of(name) for name in ("personne01148+0+30", "p+0+0", "12", "p+15-30")] == [-30.0, 0.0, None, None]
    truth = masks.classes_of(test.rows[0].mask)
    assert (truth == masks.TABLE[shots[0]["parts"][0]]).all()
    blend = np.uint8([[[250, 247, 4], [125, 3, 2]]])
    write_png(tmp_path / "blend.png", blend)
    assert masks.classes_of(tmp_path / "blend.png").tolist() == [[1, 2]]  # skin and hair
    found = truth.copy()
    found[:, :20] = 0
    pixels = masks.counts(found, truth)
    skin = list(masks.SIX).index("skin")
    both, said, true = ((found == skin) & (truth == skin)).sum(), (found == skin).sum(), (truth == skin).sum()
    assert masks.f1_of(pixels)[skin] == pytest.approx(2 / (said / both + true / both))
    assert masks.f1_of(masks.counts(truth, truth))[np.unique(truth)].tolist() == [1.0] * len(np.unique(truth))
    # The window that a mask tells is about that which training has on landmarks.
    from simulacra.models.vision.faces.targets import face_window

    window, wanted = masks.window_of(truth, 64), face_window(shots[0].face.points, 64)
    assert 0.5 < window.width / wanted.width < 2.0
    assert np.hypot(*np.subtract(window.centre, wanted.centre)) < 0.25 * wanted.width
    assert masks.window_of(np.zeros((40, 60), np.uint8), 64).width == 60.0
    write_png(tmp_path / "V3" / "Test_Labels" / "0" / "p1+0-15.png", blend)
    assert masks.facts(masks.read(tmp_path, None))["left_out"] == ["V3/Test_Labels/0/p1+0-15.png"]
    write_png(tmp_path / "V3" / "Test_Labels" / "0" / "p0+0-15.png", blend)
    with pytest.raises(BadInput, match="masks of their size"):
        masks.read(tmp_path, None)


def test_a_dataset_is_tried_on_masks(shots, dataset, tmp_path, monkeypatch, capsys):
    from simulacra.models.worth import landmarks

    paint(shots, tmp_path / "painted")
    monkeypatch.setattr(landmarks, "NET", NET)
    words = ["worth", str(dataset), "--against", str(tmp_path / "painted"), "--out", str(tmp_path / "out"), "--steps", "1",
             "--shares", "1"]  # fmt: skip
    assert main([*words, "--json"]) == 0
    done = events(capsys)[-1]
    row = done["shares"][0]
    assert done["kind"] == "masks" and 0 <= row["f1"] <= 1 and 0 <= row["yaw_error"] <= 180
    assert {name for name, _ in row["worst"]} == {f"V3/Test_RGB/0/p{index}+0-15.png" for index in range(2)}
    assert (tmp_path / "out" / "worst.png").is_file()
    assert main(words) == 0 and "yaw" in capsys.readouterr().out
