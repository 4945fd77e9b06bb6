"""Flow and stereo: correlation against brute force, warps in closed form, pairs of single pictures, and trained matchers."""

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = pytest.importorskip("torch.nn.functional")
pytest.importorskip("safetensors")

import match_stage  # noqa: E402
import shot_stage  # noqa: E402
from model_commands import events, failed  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.files import read_label  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.cameras import Cameras  # noqa: E402
from simulacra.models.core.checkpoint import open_tensors  # noqa: E402
from simulacra.models.core.shots import Shot, Shots  # noqa: E402
from simulacra.models.core.toyheads import toy_head, view  # noqa: E402
from simulacra.models.systems import matching  # noqa: E402
from simulacra.models.systems.catalogue import EYES, MOTION, SINGLE  # noqa: E402
from simulacra.models.vision.matching import single, warp  # noqa: E402
from simulacra.models.vision.matching.correlation import Correlation, pixel_places  # noqa: E402
from simulacra.models.vision.matching.losses import bad_share, end_point_error, sequence_loss  # noqa: E402
from simulacra.models.vision.matching.net import Matcher, MatcherConfig, enlarged  # noqa: E402
from simulacra.models.vision.matching.pairs import CropConfig, PairSource, draw_crop, read_pair  # noqa: E402

SMALL = MatcherConfig(coarse=4, features=32, hidden=32, levels=2, radius=3)
CROPS = CropConfig(height=32, width=48, scale=1.0, colour=0.0)
CONFIG = matching.Config(SMALL, CROPS, steps=90, batch=2, guesses=3, applied=6, learning_rate=3e-3, warmup=10, ema=0.9,
                         picture_every=0)  # fmt: skip


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("rows", [False, True])
def test_a_look_is_the_products_with_interpolated_features(rows):
    """Products are linear in features: those around a guess are those with features that are interpolated there."""
    first, second = drawn(2, 5, 6, 8), drawn(2, 5, 6, 8, seed=1)
    alike = Correlation(first, second, levels=2, radius=2, rows=rows)
    at = (
        pixel_places(2, 6, 8, like=first)
        + drawn(2, 2, 6, 8, seed=2) * (torch.tensor([1.0, 0.0 if rows else 1.0])[:, None, None])
    )
    found = alike.look(at)
    assert found.shape[1] == alike.channels == 2 * (5 if rows else 25)
    pooled = torch.nn.functional.avg_pool2d(second, (1, 2) if rows else 2)

    def feature(level, batch, x, y):
        """The feature at a place of a level, bilinear about its pixels' centres, 0 beyond."""
        values = (second, pooled)[level][batch]
        total = torch.zeros(5)
        for i in (int(np.floor(y)), int(np.floor(y)) + 1):
            for j in (int(np.floor(x)), int(np.floor(x)) + 1):
                if 0 <= i < values.shape[1] and 0 <= j < values.shape[2]:
                    total += values[:, i, j] * (1 - abs(y - i)) * (1 - abs(x - j))
        return total

    steps = range(-2, 3)
    for batch, i, j in ((0, 2, 3), (1, 0, 0), (1, 5, 7)):
        x, y = at[batch, :, i, j].tolist()
        wanted = []
        for level in (0, 1):
            centre = [(x + 0.5) / 2**level - 0.5, i if rows else (y + 0.5) / 2**level - 0.5]
            wanted += [float(first[batch, :, i, j] @ feature(level, batch, centre[0] + dx, centre[1] + dy)) / 5**0.5
                       for dy in ((0,) if rows else steps) for dx in steps]  # fmt: skip
        assert found[batch, :, i, j].tolist() == pytest.approx(wanted, abs=1e-4)


def test_what_is_enlarged_keeps_constants_and_takes_what_weighs():
    values = drawn(1, 2, 3, 4)
    flat = enlarged(torch.full_like(values, 2.5), drawn(1, 9 * 16, 3, 4), 4)
    assert flat.shape == (1, 2, 12, 16) and torch.allclose(flat, torch.tensor(2.5))
    centre = torch.full((1, 9, 4, 4, 3, 4), -100.0)
    centre[:, 4] = 100.0
    assert torch.allclose(
        enlarged(values, centre.reshape(1, -1, 3, 4), 4), torch.kron(values, torch.ones(4, 4)), atol=1e-6
    )


def test_a_constant_disparity_shifts_the_picture_exactly():
    left = drawn(3, 5, 20)
    for whole in (0, 1, 7):
        seen = warp.seen_from_the_right(left, torch.full((5, 20), float(whole)))
        assert torch.equal(seen.picture[..., : 20 - whole], left[..., whole:])
        assert not seen.holes[:, : 20 - whole].any() and seen.holes[:, 20 - whole :].all()
        assert seen.hidden[:, :whole].all() and not seen.hidden[:, whole:].any()
    half = warp.seen_from_the_right(left, torch.full((5, 20), 2.5)).picture
    assert torch.allclose(half[..., :17], (left[..., 2:19] + left[..., 3:20]) / 2, atol=1e-6)


@pytest.mark.parametrize("apart", [1.8, 2.5, 3.0])
def test_a_steep_surface_has_no_holes(apart):
    """Columns that fall ``apart`` px from each other: every pixel between is seen, with what is between its neighbours."""
    columns = torch.arange(24.0)
    disparity = (40 - columns * (apart - 1)).expand(4, 24)
    left = columns.expand(1, 4, 24)
    seen = warp.seen_from_the_right(F.pad(left, (60, 20)), F.pad(disparity, (60, 20), value=-1e3))
    at = columns + 60 - disparity[0]
    whole = torch.arange(int(at[0].ceil()), int(at[-1].floor()) + 1)
    assert not seen.holes[:, whole].any() and seen.holes.sum() >= 4 * (104 - len(whole) - 2)
    wanted = (whole - at[0]) / apart
    assert (seen.picture[0, :, whole] - wanted).abs().max() <= 0.5  # a column: two splats are mixed by their shares


def test_two_planes_hide_and_uncover_strips_of_their_difference():
    """A plane of disparity 9 from column 20 to 31 before one of 4: each eye sees 5 columns that the other one does not."""
    disparity = torch.full((4, 48), 4.0)
    disparity[:, 20:32] = 9.0
    left = drawn(3, 4, 48)
    seen = warp.seen_from_the_right(left, disparity)
    columns = torch.arange(48)
    assert torch.equal(seen.hidden[0], (columns < 4) | ((columns >= 15) & (columns < 20)))  # left of the near plane
    near = (columns >= 11) & (columns < 23)
    assert torch.equal(
        seen.holes[0], ((columns >= 23) & (columns < 28)) | (columns >= 44)
    )  # right of it, in the right eye
    assert torch.equal(seen.picture[..., near], left[..., 20:32])  # what is near wins where both fall
    far = ~near & ~seen.holes[0]
    assert torch.equal(seen.picture[..., far], left[..., columns[far] + 4])
    # The stage of the trained tests knows the same by another way.
    first, second, moves, hidden = match_stage.two_planes(
        np.random.default_rng(0), 24, 48, (-4, 0), (-9, 0), (6, 18, 20, 32)
    )
    made = warp.seen_from_the_right(torch.from_numpy(first).permute(2, 0, 1).float(), torch.from_numpy(-moves[..., 0]))
    assert np.array_equal(made.hidden.numpy(), hidden)
    assert torch.equal(made.picture[:, ~made.holes], torch.from_numpy(second).permute(2, 0, 1).float()[:, ~made.holes])


def test_what_the_right_eye_does_not_see_is_known_of_pairs():
    first, second, moves, hidden = match_stage.two_planes(
        np.random.default_rng(3), 24, 48, (-4, 0), (-9, 0), (6, 18, 20, 32)
    )
    disparity = torch.from_numpy(-moves[..., 0])[None].clone()
    disparity[:, 20:, 40:] = 0.0  # nothing is there
    maps = {"rgb": torch.from_numpy(first).permute(2, 0, 1), "disparity": disparity}
    shot = Shot("a", maps, torch.eye(3), None, {"right": torch.from_numpy(second).permute(2, 0, 1)})
    found = read_pair(shot, True)[3][0]
    known = disparity[0] > 0
    assert torch.equal(found[known] > 0, torch.from_numpy(hidden)[known]) and found[~known].isnan().all()
    assert set(found[known].tolist()) == {0.0, 1.0}


class Shifts(torch.nn.Module):
    """Finds by which whole pixels all of a picture has moved, as the peak of its correlation."""

    def __init__(self, rows):
        super().__init__()
        self.rows, self.axes, self.size = rows, 1 if rows else 2, torch.nn.Parameter(torch.zeros(2))

    def forward(self, first, second, steps):
        height, width = first.shape[2:]
        self.size.data = torch.tensor([float(width), float(height)])
        alike = torch.fft.ifft2(torch.fft.fft2(second) * torch.fft.fft2(first).conj()).real.sum((0, 1))
        y, x = divmod(int(alike.argmax()), width)
        moved = [x - width * (x > width / 2), y - height * (y > height / 2)]
        found = torch.tensor([-moved[0]] if self.rows else moved).float()[None, :, None, None]
        return [found.expand(1, -1, height, width)], torch.ones(1, 1, height, width)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("longest, size", [(1024, (120, 90)), (40, (40, 30))])
def test_large_pictures_are_looked_at_smaller_and_answered_in_their_pixels(rows, longest, size):
    """A picture that moves by (−9, 6) px says so, whether it is looked at as it is or at a third."""
    first = match_stage.texture(np.random.default_rng(5), 30, 40).repeat(3, 0).repeat(3, 1)
    first = (first * 255).astype(np.uint8)
    model = matching.Matching(replace(CONFIG, longest=longest), rows)
    model.net = Shifts(rows)
    found = model.predict(first, np.roll(first, (0 if rows else 6, -9), (0, 1))).maps
    assert model.net.size.tolist() == list(size)
    if rows:
        assert found["disparity"].shape == (90, 120) and (found["disparity"] == 9).all()
    else:
        assert (
            found["flow"].shape == (90, 120, 2)
            and (found["flow"] == [-9, 6]).all()
            and (found["occlusion"] == 255).all()
        )


def test_what_is_taken_back_is_what_was_moved():
    first, second, moves, hidden = match_stage.two_planes(
        np.random.default_rng(1), 24, 40, (2, -1), (-5, 3), (6, 18, 10, 30)
    )
    picture = torch.from_numpy(second).permute(2, 0, 1)[None].float()
    back = warp.taken_back(picture, torch.from_numpy(moves).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert np.allclose(back[~hidden], first[~hidden], atol=1e-2) and hidden.any()


def test_a_picture_is_warped_to_what_the_right_eye_sees():
    """A cartoon, which looks the same from everywhere, drawn by both eyes of a pair."""
    head, size, focal, baseline = toy_head(np.random.default_rng(4)), 96, 2.0, 0.25
    k = torch.tensor([[focal, 0, 0.5], [0, focal, 0.5], [0, 0, 1]])
    world = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, -4], [0, -1, 0, 0], [0, 0, 0, 1]])  # from the front
    right = world.clone()
    right[0, 3] = baseline
    seen = view(head, Cameras(torch.stack([k, k]), torch.stack([world, right])), size, size)
    pictures = seen.rgba[:, :3].float() / 255
    depth = torch.where(seen.depth[0] > 0, seen.depth[0], 8.0)
    pictures = torch.where(seen.depth[:, None] > 0, pictures, 0.5)
    made = warp.seen_from_the_right(pictures[0], focal * size * baseline / depth)
    shown = ~made.holes & (seen.depth[1] > 0)
    error = (made.picture - pictures[1])[:, shown].square()
    assert -10 * torch.log10(error.median(1).values.mean()) > 30  # dB of most pixels; edges are not smoothed
    assert 0.01 < made.holes.float().mean() < 0.25


def test_disparities_of_depth_and_sharp_edges():
    depth = torch.tensor([[1.0, 2.0, 4.0, torch.inf]])
    assert single.scaled_disparity(depth, 60.0).tolist() == [pytest.approx([60.0, 30.0, 15.0, 0.0])]
    assert torch.allclose(
        single.scaled_disparity(1 / (3 / depth + 2), 60.0), single.scaled_disparity(depth, 60.0), atol=1e-4
    )
    holed = torch.tensor(
        [[1.0, 2.0, torch.nan, 0.0, -1.0, 4.0, torch.inf]]
    )  # what is no depth is far, and changes nothing else
    assert single.scaled_disparity(holed, 60.0).tolist() == [pytest.approx([60.0, 30.0, 0.0, 0.0, 0.0, 15.0, 0.0])]
    assert not single.scaled_disparity(torch.full((2, 2), torch.nan), 60.0).any()
    planes = torch.full((6, 20), 4.0)
    planes[:, 12:] = 20.0
    flying = planes.clone()
    flying[:, 11:13] = torch.tensor([9.0, 15.0])
    assert set(single.sharpened(flying, 3.0).unique().tolist()) == {4.0, 20.0}
    for steep in (0.3, 2.0):  # px a pixel: no edge below 3 / sqrt 2
        slope = (torch.arange(20.0) * steep).expand(20, 20)
        for ramp in (slope, slope.T):
            assert torch.allclose(single.sobel_response(ramp)[1:-1, 1:-1], torch.tensor(steep * 2**0.5))
            assert torch.equal(single.sharpened(ramp, 3.0), ramp)
    step = torch.zeros(6, 20)
    step[:, 11:13] = 16 / 2**0.5
    assert torch.allclose(single.sobel_response(planes), step, atol=1e-5)
    picture, other = torch.rand(3, 8, 8), torch.rand(3, 8, 8) * 0.3
    found = single.recoloured(picture, other)
    assert torch.allclose(found.mean((1, 2)), other.mean((1, 2)), atol=1e-5)
    assert torch.allclose(found.std((1, 2)), other.std((1, 2)), atol=1e-5)


def test_pairs_of_single_pictures(tmp_path):
    shots = Shots(shot_stage.make_faces(tmp_path / "faces", 3, 48), SINGLE.labels)
    config = single.SingleConfig(least=6, most=12)
    pairs, again = (PairSource(shots, CROPS, True, config).draw(3, torch.Generator().manual_seed(4)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(pairs, again, strict=True))
    assert pairs.first.shape == pairs.second.shape == (3, 3, 32, 48) and pairs.moved.shape == pairs.hidden.shape == (
        3,
        1,
        32,
        48,
    )
    most = pairs.moved.amax((1, 2, 3))
    assert (most >= 6).all() and (most <= 12 * 1.01 + 1e-4).all() and pairs.moved.min() >= 0
    # What the right eye sees taken back is the left picture, but for noise, exposure and what it does not see.
    back = warp.taken_back(pairs.second, torch.cat([-pairs.moved, torch.zeros_like(pairs.moved)], 1))
    shown = (pairs.hidden == 0).expand_as(back)
    assert (back - pairs.first).abs()[shown].mean() < 0.7 * (pairs.second - pairs.first).abs()[shown].mean()
    black = PairSource(shots, CROPS, True, replace(config, fill=False)).draw(3, torch.Generator().manual_seed(4))
    assert not torch.equal(black.second, pairs.second) and torch.equal(black.moved, pairs.moved)


def test_losses_and_measures_in_closed_form():
    truth = torch.tensor([[[[3.0, torch.nan]], [[4.0, 1.0]]]])
    zero = torch.zeros(1, 2, 1, 2)
    assert end_point_error(zero, truth).item() == 5.0 and bad_share(zero, truth).item() == 1.0
    assert bad_share(truth.nan_to_num() + 1, truth).item() == 0.0
    hidden = torch.tensor([[[[1.0, torch.nan]]]])
    found = sequence_loss([zero, zero], truth, torch.zeros(1, 1, 1, 2), hidden, 400.0)
    assert found["loss"].item() == pytest.approx(7 * 1.8 + np.log(2)) and found["hidden"].item() == pytest.approx(
        np.log(2)
    )
    assert sequence_loss([zero], truth, zero[:, :1], hidden, 2.0)["loss"].item() == pytest.approx(np.log(2))  # too far


def test_a_matcher_takes_pictures_of_any_size():
    for rows, axes in ((False, 2), (True, 1)):
        net = Matcher(MatcherConfig(), rows)
        assert sum(p.numel() for p in net.parameters()) < 1.5e6
        with torch.no_grad():
            guesses, hidden = net(torch.rand(1, 3, 43, 70), torch.rand(1, 3, 43, 70), steps=2)
        assert [tuple(guess.shape) for guess in guesses] == [(1, axes, 43, 70)] * 2 and hidden.shape == (1, 1, 43, 70)
    with pytest.raises(BadInput, match="coarse: is 3"):
        MatcherConfig(coarse=3)


def test_crops_lie_in_their_pictures_and_labels_follow(tmp_path):
    path = match_stage.make_pairs(tmp_path / "motion", 2, 40, 60, stereo=False)
    shots = Shots(path, MOTION.labels, partners=MOTION.partners)
    assert len(shots) == 2
    config = CropConfig(height=16, width=24, scale=1.5)
    flips = set()
    for seed in range(12):
        window = draw_crop(shots[0].size, config, True, torch.Generator().manual_seed(seed))
        flips.add(window.mirror)
        assert window.inside(40, 60).all()
        first, second, flow, hidden = read_pair(shots[0].moved(window), False)
        back = warp.taken_back(second[None], flow[None])[0]
        apart = (back - first).abs().mean(0)[hidden[0] == 0]
        assert not len(apart) or apart.quantile(0.9) < 0.08  # of textures that vary by 0.1 a pixel
    assert flips == {True, False}


@pytest.fixture(scope="module")
def eyes(tmp_path_factory):
    """Stereo pairs of two planes."""
    return match_stage.make_pairs(tmp_path_factory.mktemp("eyes") / "eyes", 4, 32, 48, stereo=True)


@pytest.fixture(scope="module")
def trained(eyes, tmp_path_factory):
    """A stereo matcher that knows a few pairs by heart."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    matching.stereo.train(Shots(eyes, EYES.labels, partners=EYES.partners), folder, CONFIG)
    return folder


def test_a_few_pairs_are_learned_by_heart(eyes, trained):
    shots = Shots(eyes, EYES.labels, partners=EYES.partners).of("train")
    model = matching.stereo.load(trained)
    truth = PairSource(shots, CROPS, True).straight(4)
    with torch.no_grad():
        found = model.net(truth.first, truth.second, 6)[0][-1]
    # Over 5 seeds: 0.43 ± 0.16 px.
    still = end_point_error(torch.zeros_like(found), truth.moved).item()
    assert end_point_error(found, truth.moved).item() < 1.0 < 0.4 * still + 0.5


def test_matchers_go_on_bit_for_bit(tmp_path):
    path = match_stage.make_pairs(tmp_path / "motion", 3, 40, 60, stereo=False)
    shots = Shots(path, MOTION.labels, partners=MOTION.partners)
    config = replace(CONFIG, steps=4, batch=2, guesses=2, save_every=2, crops=CropConfig(32, 32))
    matching.optical_flow.train(shots, tmp_path / "whole", config)

    def stop(event):
        if event.get("step") == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        matching.optical_flow.train(shots, tmp_path / "parts", config, stop)
    matching.optical_flow.train(shots, tmp_path / "parts", config)
    whole, parts = (open_tensors(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    with whole as first, parts as second:  # the hash of all weights; the header's order is not fixed
        assert first.metadata() == second.metadata()
    first = (np.random.default_rng(0).random((40, 56, 3)) * 255).astype(np.uint8)
    found = matching.optical_flow.load(tmp_path / "parts").predict(first, first)
    assert found.maps["flow"].shape == (40, 56, 2) and set(np.unique(found.maps["occlusion"])) <= {0, 255}
    for bad in (first[..., 0], first.astype(float), np.dstack([first, first[..., 0]])):
        with pytest.raises(BadInput, match=r"photo: is .* allowed is uint8 \(h, w, 3\)"):
            matching.optical_flow.load(tmp_path / "parts").predict(bad, bad)
    with pytest.raises(BadInput, match="photos: have 56×40 px, 40×40 px; allowed are two of one size"):
        matching.optical_flow.load(tmp_path / "parts").predict(first, first[:, :40])


def test_stereo_of_single_pictures_is_trained_and_read_as_stereo(tmp_path):
    shots = Shots(shot_stage.make_faces(tmp_path / "faces", 3, 48), SINGLE.labels)
    config = matching.FromSingle(SMALL, CROPS, steps=2, batch=2, guesses=2, picture_every=2)
    matching.stereo_from_single.train(shots, tmp_path / "run", config)
    assert matching.stereo.load(tmp_path / "run").config == config
    assert list((tmp_path / "run" / "pictures").iterdir())


def test_pairs_of_photographs_are_answered_by_files(eyes, trained, tmp_path, capsys):
    shot = Shots(eyes, EYES.labels, partners=EYES.partners)[0]
    for name, picture in (("a_left", shot["rgb"]), ("b_right", shot.partners["right"])):
        write_png(tmp_path / f"{name}.png", np.ascontiguousarray(picture.permute(1, 2, 0).numpy()))
    pair = [str(tmp_path / f"{name}.png") for name in ("a_left", "b_right")]
    words = ["--out", str(tmp_path / "out"), "--run", str(trained), "--json"]
    assert main(["predict", "stereo", *pair, *words]) == 0
    assert len(events(capsys)[-1]["files"]) == 2
    found = read_label(tmp_path / "out" / "a_left.disparity.exr", "disparity")
    assert np.abs(found - shot["disparity"][0].numpy())[:, 8:].mean() < 1.5
    assert "stereo: is asked of 1 photographs; allowed are pairs" in failed(
        capsys, ["predict", "stereo", pair[0], *words]
    )
    assert "is a checkpoint of stereo; allowed is one of optical_flow" in failed(
        capsys, ["predict", "flow", *pair, *words]
    )
    assert "simulacra predict asks it" in failed(
        capsys, ["generate", "stereo", str(trained), "--out", str(tmp_path / "a.png")]
    )
    assert main(["list", "systems", "stereo_from_single", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["from"] == "two photographs" and "single.sharpen" in {row["field"] for row in about["fields"]}
