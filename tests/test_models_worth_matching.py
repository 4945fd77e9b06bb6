"""What datasets of pairs are worth: small matchers that are tried on folders of measured pairs, beside OpenCV."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("cv2")

import match_stage  # noqa: E402
from model_commands import events, failed  # noqa: E402
from test_measured import write_flo, write_pfm  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.vision.matching.net import MatcherConfig  # noqa: E402
from simulacra.models.vision.matching.pairs import CropConfig  # noqa: E402
from simulacra.models.worth import flow, stereo  # noqa: E402
from simulacra.models.worth import matching as tried  # noqa: E402

HEIGHT, WIDTH = 64, 96


def photographs(folder, stereo):
    """Two pairs of planes whose moves are whole pixels, in Middlebury's layouts, with their truth."""
    for number in range(2):
        rng = np.random.default_rng(number)
        far, near = ((-2, 0), (-7, 0)) if stereo else ((2, -1), (-5, 3))
        first, second, moves, hidden = match_stage.two_planes(rng, HEIGHT, WIDTH, far, near, (16, 48, 32, 72))
        place = folder / f"scene {number}"
        place.mkdir(parents=True)
        known = np.where(hidden[..., None], np.inf, moves)
        names = ("im0.png", "im1.png") if stereo else ("frame10.png", "frame11.png")
        for name, picture in zip(names, (first, second), strict=True):
            write_png(place / name, picture)
        if stereo:
            write_pfm(place / "disp0.pfm", np.abs(known[..., 0]).astype(np.float32))
        else:
            write_flo(place / "flow10.flo", np.nan_to_num(known, posinf=1e10))
    return folder


def test_the_truth_is_never_off_and_opencv_hardly(tmp_path):
    for trial, folder, of_stereo in ((stereo, tmp_path / "eyes", True), (flow, tmp_path / "flow", False)):
        rows = trial.read(photographs(folder, of_stereo), None)
        assert [row.pair.name for row in rows] == ["scene 0", "scene 1"]
        for row in rows:
            assert tried.figures(np.nan_to_num(row.truth), row.truth) == (0, 0)
            nothing = np.full_like(row.truth, np.nan)
            assert tried.figures(nothing, row.truth) == tried.figures(np.zeros_like(row.truth), row.truth)
            off = tried.figures(np.nan_to_num(row.truth) + 3, row.truth)
            assert off == pytest.approx((3 if of_stereo else 18**0.5, 1), rel=1e-5)
            assert row.error < 1.2 and row.bad < 0.2  # at the borders of the planes
    shift = np.tile(match_stage.texture(np.random.default_rng(0), 40, 120) * 255, (1, 1, 1)).astype(np.uint8)
    found = stereo.semi_global(shift[:, 4:104], shift[:, 11:111])
    assert np.abs(found[2:-2, 10:-4] - 7).max() < 0.5
    found = flow.inverse_search(shift[4:, 4:104], shift[:-4, 11:111])
    assert np.abs(np.median(found, (0, 1)) - [-7, 4]).max() < 0.3
    rows = np.array([[np.nan, 2, np.nan, 3], [np.nan] * 4])
    assert stereo.filled(rows).tolist() == [[2, 2, 2, 3], [0, 0, 0, 0]]


def test_datasets_of_pairs_are_worth_what_photographs_say(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tried, "NET", MatcherConfig(coarse=8, features=8, hidden=8, levels=2, radius=1))
    monkeypatch.setattr(tried, "CROPS", CropConfig(32, 32))
    for of_stereo, name in ((True, "sgbm"), (False, "dis")):
        dataset = match_stage.make_pairs(tmp_path / f"set-{name}", 4, HEIGHT, WIDTH, of_stereo)
        against, out = photographs(tmp_path / name, of_stereo), tmp_path / f"out-{name}"
        words = [
            "worth",
            str(dataset),
            "--against",
            str(against),
            "--out",
            str(out),
            "--steps",
            "2",
            "--shares",
            "0.5,1",
        ]
        assert main([*words, "--json"]) == 0
        done = events(capsys)[-1]
        assert done["kind"] == ("stereo" if of_stereo else "flow") and [row["share"] for row in done["shares"]] == [
            0.5,
            1,
        ]
        for row in done["shares"]:
            assert row["error"] > row[f"{name}_error"] > 0 and len(row["worst"]) == 2
        assert (out / "worst.png").is_file()
    assert main(words) == 0  # finished runs are read
    assert "DIS EPE" in capsys.readouterr().out
    assert "--learn:" in failed(capsys, [*words, "--learn", str(against)])
    (tmp_path / "empty").mkdir()
    assert "holds nothing that a dataset can be tried on" in failed(
        capsys, ["worth", str(dataset), "--against", str(tmp_path / "empty"), "--out", str(out)]
    )
    small = tmp_path / "small"
    small.mkdir()
    for name in ("frame10.png", "frame11.png"):
        write_png(small / name, np.zeros((8, 20, 3), np.uint8))
    write_flo(small / "flow10.flo", np.zeros((8, 20, 2)))
    with pytest.raises(BadInput, match="has 20×8 px; allowed are edges of 16 or more"):
        flow.read(small, None)
    write_png(against / "scene 1" / "frame11.png", np.zeros((8, 8, 3), np.uint8))
    assert "has 8×8 px; allowed is the size of frame10.png, 96×64" in failed(capsys, words)
