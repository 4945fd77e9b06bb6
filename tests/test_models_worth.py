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
    return Shots(dataset, FACES.labels)


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
