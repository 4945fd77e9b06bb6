"""Rodin's own parts against identities; the whole of it, small, from training to an edited avatar (slow)."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, enlarged  # noqa: E402
from simulacra.models.fields.fit import FitConfig  # noqa: E402
from simulacra.models.fields.triplane import mirrored, roll_out  # noqa: E402
from simulacra.models.systems.rodin import Config, load, train  # noqa: E402
from simulacra.models.systems.rodin.photo import CENTRE, FACE, SIZE, read_portrait  # noqa: E402
from simulacra.models.systems.rodin.planes import Statistics  # noqa: E402
from simulacra.models.systems.rodin.refiner import Refiner  # noqa: E402
from simulacra.models.systems.rodin.upsampler import Upsampler  # noqa: E402

SMALL = Config(
    fit=FitConfig(channels=4, resolution=32, width=16, depth=1, samples=8, importance=4, people=2, rays=64, steps=30, lowest=8),
    vlm_steps=4, shared=3, single_steps=8, resolution=16, base_width=16, base_multipliers=(1, 2), base_blocks=1, batch=2, prior_width=32,
    prior_depth=1, prior_batch=8, upsampler_width=8, upsampler_multipliers=(1, 2), upsampler_batch=2, refiner_width=8,
    refiner_blocks=1, refiner_batch=2, steps=4, upsampler_sampling=2, candidates=2, drawn=4,
    **{name: TrainerConfig(steps=4, save_every=2, picture_every=0) for name in ("base", "prior", "upsampler", "refiner")},
)  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_statistics_make_units_of_the_planes_and_give_them_back():
    planes = (
        torch.randn(20, 3, 4, 8, 8, generator=seeded()) * torch.tensor([0.02, 0.05, 0.1, 0.2]).view(-1, 1, 1)
    ).clamp(-1, 1)
    statistics = Statistics(4, 8)
    statistics.measure(planes)
    rolled = statistics.roll(planes)
    assert rolled.shape == (20, 4, 8, 24)
    assert torch.allclose(rolled.square().mean((0, 2, 3)), torch.ones(4), atol=1e-4)
    assert torch.allclose(statistics.unroll(rolled), planes, atol=1e-6)
    # The mean is its own mirror image, so people and their mirror images have the same statistics.
    assert torch.allclose(mirrored(statistics.mean), statistics.mean)


def test_the_upsampler_starts_as_plain_enlargement():
    network = Upsampler(SMALL, 8)
    spatial = torch.randn(2, 4, 16, 48, generator=seeded())
    x = torch.randn(2, 4, 32, 96, generator=seeded(1))
    made = network(x, torch.tensor([3, 90]), Cond(vec=torch.randn(2, 8), spatial=spatial, level=torch.zeros(2)))
    assert torch.equal(made, enlarged(spatial, 32))


def test_the_refiner_starts_as_bicubic_and_doubles_up_to_any_size():
    refiner = Refiner(8, 1)
    picture = torch.rand(1, 3, 16, 16, generator=seeded()) * 2 - 1
    large = torch.nn.functional.interpolate(picture, scale_factor=2, mode="bicubic", align_corners=False).clamp(-1, 1)
    assert torch.equal(refiner(picture), large)
    assert refiner.enlarge(picture, 1024).shape == (1, 3, 1024, 1024)
    assert refiner.enlarge(picture, 24).shape == (1, 3, 24, 24)


def test_a_photo_is_framed_by_its_face(tmp_path):
    data = pytest.importorskip("skimage.data")
    cv2 = pytest.importorskip("cv2")
    photo = data.astronaut()
    write_png(tmp_path / "photo.png", np.ascontiguousarray(photo))
    portrait = read_portrait(tmp_path / "photo.png")
    assert portrait.shape == (3, SIZE, SIZE) and portrait.abs().max() <= 1
    again = ((portrait + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    grey = cv2.resize(cv2.cvtColor(again, cv2.COLOR_RGB2GRAY), (384, 384), interpolation=cv2.INTER_CUBIC)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    left, top, side, _ = max(cascade.detectMultiScale(grey, 1.1, 3, minSize=(90, 90)), key=lambda box: box[2]) / 384
    assert side == pytest.approx(FACE, rel=0.15)
    assert left + side / 2 == pytest.approx(CENTRE[0], abs=0.04) and top + side / 2 == pytest.approx(
        CENTRE[1], abs=0.04
    )
    assert (portrait[:, :8] > 0.9).float().mean() > 0.8  # what is behind her is white now


@pytest.mark.parametrize("kind", ["blank", "text", "coffee"])
def test_a_photo_without_a_face_is_refused(tmp_path, kind):
    data = pytest.importorskip("skimage.data")
    path = tmp_path / "photo.png"
    if kind == "text":
        path.write_text("no picture")
    else:
        write_png(path, np.full((80, 80, 3), 90, np.uint8) if kind == "blank" else np.ascontiguousarray(data.coffee()))
    with pytest.raises(BadInput, match="not a picture" if kind == "text" else "shows no face"):
        read_portrait(path)


def test_too_few_people_are_refused(tmp_path):
    from simulacra.models.vision.toypeople import toy_people

    with pytest.raises(BadInput, match="1 people to learn from"):
        train(toy_people(1, 0, views=4, size=16), tmp_path, SMALL)


@pytest.mark.slow
def test_a_small_rodin_is_trained_stopped_resumed_asked_and_edited(tmp_path):
    from simulacra.models.fields.export import SavedAvatar, write_avatar
    from simulacra.models.systems.request import Request
    from simulacra.models.vision.toypeople import toy_people

    people = toy_people(6, 0, views=12, size=32)
    run = tmp_path / "run"
    stages = []

    def stop(event):
        stages.append(event["stage"])
        if event["stage"] == "upsampler":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(people, run, SMALL, stop)
    assert {"vlm", "fit", "base", "prior"} <= set(stages)
    again = []
    train(people, run, SMALL, lambda event: again.append(event["stage"]))
    assert {"upsampler", "refiner"} <= set(again) and "fit" not in again
    model = load(run)
    assert dataclasses.asdict(model.config) == dataclasses.asdict(SMALL)
    one = model.generate(Request("an old man with glasses", seed=3))
    assert one.planes.shape == (3, 4, 32, 32) and one.planes.abs().max() <= 1
    assert torch.equal(one.planes, load(run).generate(Request("an old man with glasses", seed=3)).planes)
    assert not torch.equal(one.planes, model.generate(Request("an old man with glasses", seed=4)).planes)
    avatar = tmp_path / "one.avatar.safetensors"
    write_avatar(avatar, SavedAvatar(one.planes, one.decoder, one.half, prompt=one.prompt))
    edited = model.generate(Request("smiling", edit=avatar, seed=3))
    assert edited.planes.shape == one.planes.shape
    views = model.sample_views(2, model.front(), 16, seeded())
    assert views.shape == (2, 2, 3, 16, 16) and torch.isfinite(views).all()
    assert roll_out(one.planes[None]).shape == (1, 4, 32, 96)
