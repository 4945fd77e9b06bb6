"""Palette: what is done to pictures, what is left of them, and that what is known stays as it is."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("cv2")

from shot_stage import make_faces  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.metrics import psnr  # noqa: E402
from simulacra.models.core.settings import configured  # noqa: E402
from simulacra.models.core.shots import Shots  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.systems.pictures import harm, palette  # noqa: E402
from simulacra.models.systems.pictures.config import UNetShape  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

SMALL = palette.Config(size=8, batch=4, unet=UNetShape(8, (1, 2), 1, 1), process_steps=50, sampling=3,
                       denoiser=TrainerConfig(steps=2, warmup=1, ema=0.5, save_every=1, picture_every=2))  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(side=32):
    at = torch.linspace(-1, 1, side)
    return torch.stack([at.expand(side, side), at[:, None].expand(side, side), (at * at[:, None])]) * 0.8


def test_what_is_left_of_a_picture_is_what_its_name_says():
    picture = smooth()
    given, hole = harm.colourless(picture, seeded())
    assert torch.allclose(given[0], 0.299 * picture[0] + 0.587 * picture[1] + 0.114 * picture[2]) and hole.all()
    assert torch.equal(given[0], given[1]) and torch.equal(given[0], given[2])
    shares = []
    for seed in range(40):
        for name in ("holed", "cropped"):
            given, hole = harm.HARMS[name](picture, seeded(seed))
            assert torch.equal(given[:, ~hole[0]], picture[:, ~hole[0]]) and 0 < hole.float().mean() < 1
            noise = given[:, hole[0]]
            assert abs(float(noise.mean())) < 0.5 and 0.6 < float(noise.std()) < 1.4
        shares.append(float(hole.float().mean()))
    assert set(shares) == {0.5, 1 - 22**2 / 32**2}  # beyond one side, or all around: 5 px each
    given, hole = harm.pressed(picture, seeded())
    assert hole.all() and 15 < float(psnr(given[None], picture[None]).mean()) < 45


def test_a_brush_covers_what_is_near_its_strokes():
    covered = harm.brushed(32, seeded(3))
    generator = seeded(3)
    strokes = [
        (harm._number(*harm.BRUSH, generator), torch.rand(5, 2, generator=generator))
        for _ in range(harm._whole(*harm.STROKES, generator))
    ]
    near = torch.zeros(32, 32, dtype=torch.bool)
    at = (torch.arange(32) + 0.5) / 32
    place = torch.stack(torch.meshgrid(at, at, indexing="ij"), -1)
    for radius, points in strokes:
        for share in torch.linspace(0, 1, 160):  # walked in small steps
            for start, end in zip(points, points[1:], strict=False):
                near |= (place - start - share * (end - start)).norm(dim=-1) <= radius
    assert (covered & ~near).float().mean() < 5e-3 and not (near & ~covered).any() and covered.any()


def test_simple_answers_mend_what_can_be_mended_simply():
    picture = smooth()
    for name, gain in (("holed", 3.0), ("cropped", 3.0)):
        harmed = harm.HARMS[name](picture, seeded(1))
        made = harm.answered(name, harmed)
        before, after = (float(psnr(one[None].clamp(-1, 1), picture[None]).mean()) for one in (harmed.given, made))
        assert after > before + gain
        assert (made - picture)[:, ~harmed.hole[0]].abs().max() <= 1.01 / 127.5
    grey = harm.colourless(picture, seeded())
    assert torch.equal(harm.answered("colourless", grey), grey.given)
    noisy = harm.pressed((picture + 0.1 * torch.randn(picture.shape, generator=seeded())).clamp(-1, 1), seeded())
    assert harm.answered("pressed", noisy).shape == picture.shape


def test_the_loss_counts_holes_alone_and_what_is_known_is_seen_without_noise():
    model, generator = palette.Palette(SMALL), seeded()
    pictures = torch.rand(2, 3, 8, 8, generator=generator) - 0.5
    hole = torch.zeros(2, 1, 8, 8, dtype=torch.bool)
    hole[:, :, 2:5] = True
    given, seen = torch.where(hole, torch.zeros(()), pictures), []

    def network(x, t, cond):
        seen.append((x, cond.spatial))
        return torch.where(hole, torch.zeros(()), torch.full((), 1e3))  # nonsense where nothing counts

    model.denoiser.forward = network
    _, noise = model.process.draw(pictures, seeded(5))
    error = noise[:, :, 2:5]
    assert torch.allclose(model.loss(pictures, given, hole, seeded(5)), error.square().flatten(1).mean(1).mean())
    assert torch.equal(seen[0][0][:, :, 5:], pictures[:, :, 5:]) and torch.equal(seen[0][1], given)
    assert not torch.equal(seen[0][0][:, :, 2:5], pictures[:, :, 2:5])
    model.config = dataclasses.replace(SMALL, error="absolute")
    assert torch.allclose(model.loss(pictures, given, hole, seeded(5)), error.abs().flatten(1).mean(1).mean())


def test_what_is_known_stays_and_a_network_that_knows_the_noise_gives_the_picture():
    """A single picture's best network, told steps of training, on the schedule of sampling."""
    model = palette.Palette(dataclasses.replace(SMALL, process_steps=2000))
    picture, told = smooth(8)[None], []

    def exact(x, t, cond):
        left = torch.lerp(
            *(model.process.alphas_cumprod[at] for at in (int(t[0]), min(int(t[0]) + 1, 1999))), float(t[0]) % 1
        )
        told.append(float(t[0]))
        return ((x - left.sqrt() * picture) / (1 - left).sqrt()).float()

    model.denoiser.forward = exact
    given, hole = harm.holed(picture[0], seeded(2))
    made = model.mended(given[None], hole[None], seeded(), 40)
    assert torch.equal(made[0, :, ~hole[0]], picture[0, :, ~hole[0]])
    assert float((made - picture).abs().max()) < 0.02 and float((given - picture[0]).abs().max()) > 0.5
    assert len(told) == 40 and told == sorted(told, reverse=True) and told[0] == 1999 and told[-1] % 1 != 0
    for step, index in zip(told[20:], range(20, 40), strict=True):
        a, b = model.sampling.sigma((39 - index) * 25), model.process.sigma(int(step))
        assert b <= a <= model.process.sigma(min(int(step) + 1, 1999)) or step == 1999


def test_pictures_are_learned_stopped_resumed_and_mended(tmp_path):
    shots = Shots(make_faces(tmp_path / "faces", 5, 24), ("rgb",))

    def stop(event):
        if event.get("step") == 2:
            raise KeyboardInterrupt

    palette.train(shots, tmp_path / "whole", SMALL)
    with pytest.raises(KeyboardInterrupt):
        palette.train(shots, tmp_path / "parts", SMALL, stop)
    palette.train(shots, tmp_path / "parts", SMALL)
    first, second = palette.load(tmp_path / "whole"), palette.load(tmp_path / "parts")
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    write_png(tmp_path / "photo.png", np.random.default_rng(0).integers(0, 255, (9, 12, 3), np.uint8))
    made = first.generate(Request(photo=tmp_path / "photo.png", seed=3))
    assert made.pictures.shape == (16, 3, 8, 8) and made.columns == 4
    again, other = (first.generate(Request(photo=tmp_path / "photo.png", seed=seed)).pictures for seed in (3, 4))
    assert torch.equal(made.pictures, again) and not torch.equal(made.pictures, other)
    for name, value, allowed in (
        ("harms", "torn", "some of colourless"),
        ("error", "cubic", "squared, absolute"),
        ("sampling", "1001", "1 to 1000"),
    ):
        with pytest.raises(BadInput, match=rf"{name}: .*; allowed .*{allowed}"):
            configured(SMALL, [f"{name}={value}"])
