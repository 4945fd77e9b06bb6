"""Rodin's own parts against identities; the whole of it, small, from training to an edited avatar (slow)."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from second_device import Generator, SecondDevice  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import write_png  # noqa: E402
from simulacra.models.core.layers import timestep_embedding  # noqa: E402
from simulacra.models.core.photographs import face_box  # noqa: E402
from simulacra.models.core.settings import plain, restored  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, enlarged  # noqa: E402
from simulacra.models.diffusion.samplers import ddim  # noqa: E402
from simulacra.models.fields.export import SavedAvatar, read_avatar_planes, write_avatar  # noqa: E402
from simulacra.models.fields.fit import FitConfig, RaySource  # noqa: E402
from simulacra.models.fields.render import render_image  # noqa: E402
from simulacra.models.fields.triplane import mirrored, roll_out  # noqa: E402
from simulacra.models.fields.turntable import turntable_cameras  # noqa: E402
from simulacra.models.kinds.avatar import crisp  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402
from simulacra.models.systems.rodin import Config, base, load, model, previews, regions, tones, train  # noqa: E402
from simulacra.models.systems.rodin.model import Rodin  # noqa: E402
from simulacra.models.systems.rodin.photo import CENTRE, FACE, SIZE, read_portrait  # noqa: E402
from simulacra.models.systems.rodin.planes import Statistics  # noqa: E402
from simulacra.models.systems.rodin.refiner import Refiner, RefinerStep  # noqa: E402
from simulacra.models.systems.rodin.training import PriorStep, train_stage  # noqa: E402
from simulacra.models.systems.rodin.upsampler import Upsampler, UpsamplerStep  # noqa: E402
from simulacra.models.vision.captions import say  # noqa: E402
from simulacra.models.vision.latents import Centred, told_of  # noqa: E402

SMALL = Config(
    fit=FitConfig(channels=4, resolution=32, width=16, depth=1, samples=8, importance=4, people=2, rays=64, steps=30, lowest=8),
    vlm_steps=4, shared=3, single_steps=8, resolution=16, base_width=16, base_multipliers=(1, 2), base_blocks=1, batch=2, prior_width=32,
    prior_depth=1, prior_batch=8, upsampler_width=8, upsampler_multipliers=(1, 2), upsampler_batch=2, refiner_width=8,
    refiner_blocks=1, refiner_batch=2, steps=4, upsampler_sampling=2, candidates=2, drawn=4,
    **{name: TrainerConfig(steps=4, save_every=2, picture_every=0) for name in ("base", "prior", "upsampler", "refiner")},
)  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def untrained():
    """A small Rodin that knows nothing."""
    from simulacra.models.vision.vlm import VLM, VLMConfig

    torch.manual_seed(0)
    vlm = VLM(VLMConfig(size=16, width=32, heads=1, picture_depth=1, text_depth=1, embedding=16))
    rodin = Rodin(SMALL, vlm, 0.24, 6.7, 16.0).eval().requires_grad_(False)
    for values in rodin.base.parameters():  # what starts at 0 lets no latent through
        if not values.any():
            values.normal_(0, 0.05)
    return rodin


def toy_people(count=6, factors=6, dim=48, views=3, size=4):
    """Rolled planes (N, 4, R, 3R) whose coarse shape latents (N, K, D) tell, of length 1 and close together as real ones."""
    g = seeded()
    ways = torch.nn.functional.interpolate(torch.randn(factors, 4, 1, 3, generator=g), (size, 3 * size), mode="bicubic")
    mix, mean = torch.randn(factors, dim, generator=g), torch.randn(dim, generator=g)
    who = torch.randn(count, factors, generator=g)
    planes = torch.einsum("nf,fchw->nchw", who, ways)
    planes = planes / planes.std() + 0.3 * torch.randn(planes.shape, generator=g)  # with what no latent tells
    latents = 1.5 * mean + 0.45 * (who @ mix)[:, None] + 0.1 * torch.randn(count, views, dim, generator=g)
    return planes / planes.std(), torch.nn.functional.normalize(latents, dim=-1)


def test_the_latent_decides_after_a_short_training():
    """Raw latents gave 0.2: the noise decided, and the latent changed next to nothing."""
    planes, latents = toy_people()
    both, views = latents[:, None].repeat(1, 2, 1, 1), torch.full((len(planes),), latents.shape[1])
    config = Config(fit=FitConfig(channels=4), resolution=4, base_width=16, base_multipliers=(1,), base_attention=())
    told = told_of(config.latents, latents.shape[-1])
    told.measure(both, views)
    torch.manual_seed(0)
    network = base.network_of(config, latents.shape[-1])
    # Heard from the start: what latents change after the first layer is no less than what times change there.
    spread = network.vector(told(latents[:, 0])).std(0).mean()
    times = network.time(timestep_embedding(torch.arange(0, 1000, 50), 16)).std(0).mean()
    assert spread > times
    step = base.BaseStep(network, planes[:, None].repeat(1, 2, 1, 1, 1), told(both), views, config)
    optimiser = torch.optim.AdamW(network.parameters(), 6e-3, (0.9, 0.99), weight_decay=0)
    for number in range(190):
        optimiser.zero_grad()
        step(number, seeded(number))["loss"].backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    noise = torch.randn(4, 4, 4, 12, generator=seeded(9)).repeat(4, 1, 1, 1)
    cond = Cond(vec=told(latents[:4, 0]).repeat_interleave(4, 0))
    made = ddim(lambda x, t: network(x, t, cond), base.process_of(config), noise, 10)
    made = made.reshape(4, 4, -1)  # latent, noise
    by_latent, by_noise = (
        (made.unsqueeze(axis) - made.unsqueeze(axis + 1)).square().mean(-1).sqrt().mean() for axis in (0, 1)
    )
    assert by_latent >= 2 * by_noise


def test_latents_are_told_about_their_mean_in_units_of_their_deviation():
    latents, views = (
        torch.randn(9, 2, 5, 3, generator=seeded()) * torch.tensor([0.1, 0.2, 1e-5]) + 4,
        torch.arange(1, 10) % 5 + 1,
    )
    told = Centred(3)
    told.measure(latents, views)
    known = torch.cat([told(one[:, :count]).flatten(0, 1) for one, count in zip(latents, views, strict=True)])
    assert known.mean(0).abs().max() < 2e-2 and torch.allclose(known.std(0)[:2], torch.ones(2), atol=0.02)
    assert known.std(0)[2] < 0.01  # what is the same for all is not blown up
    # What was trained before latents were centred goes on as it was.
    before = restored(Config(), {name: value for name, value in plain(Config()).items() if name != "latents"})
    assert before.latents == "raw" and not told_of("raw", 3).state_dict()
    assert restored(Config(), plain(Config())).latents == "centred"
    with pytest.raises(BadInput, match="latents: loud is not allowed; allowed are centred, raw"):
        Config(latents="loud")


def test_draws_are_counted_and_a_first_draw_is_left_as_it_is(untrained, monkeypatch):
    monkeypatch.setattr(model, "SHARPENING", 1)
    counts = []
    prior = untrained.prior.sample
    monkeypatch.setattr(untrained.prior, "sample", lambda text, *rest: counts.append(len(text)) or prior(text, *rest))
    for asked, drawn in ((None, SMALL.drawn), (1, 1), (3, 3)):
        assert untrained.generate(Request("an old man", draws=asked)).draws == drawn
    nobody = untrained.generate(Request())
    assert nobody.draws == 1 and counts == [4, 1, 3, 1]
    first = untrained.latents_of("an old man", 1, 1, seeded(5))
    text = untrained.vlm.encode_text(["an old man"])
    assert torch.equal(first, prior(text, seeded(5), 20, 1.5))


def test_a_coarse_avatar_is_one_draw_of_few_steps_that_no_upsampler_sees(untrained, monkeypatch):
    monkeypatch.setattr(model, "COARSE", 2)
    monkeypatch.setattr(untrained, "enlarged", None)
    request = Request("an old man", seed=4)
    made = untrained.coarse(request)
    assert made.coarse and made.prompt == "an old man" and torch.equal(made.planes, untrained.coarse(request).planes)
    generator = seeded(4)
    latents = untrained.latents_of("an old man", 1, SMALL.drawn, generator)
    rolled = untrained.planes_of(latents, untrained.noise(1, generator), SMALL.guidance, 2)
    assert torch.equal(made.planes, untrained.enlarged_plainly(rolled)[0])


def test_a_photo_begins_from_the_avatar_that_is_most_like_it_or_from_the_mean(untrained, monkeypatch):
    monkeypatch.setattr(model, "tuned", lambda field, start, portrait, camera, around, progress: start)
    rolled, latents = untrained.noise(2, seeded(1)) * 3, torch.randn(2, 16, generator=seeded(2))
    monkeypatch.setattr(model, "pose_of", lambda *_: (24.0, -4.0))
    for number, small in enumerate((torch.zeros_like(rolled[:1]), *rolled.split(1))):
        portrait = untrained.looks(small, ((24.0, -4.0),))[0, 0]
        found = untrained.inverted(portrait, rolled, latents, seeded(3))
        best = number - 1
        wanted = (
            untrained.large.mean
            if best < 0
            else untrained.enlarged(rolled[best, None], latents[best, None], seeded(3))[0]
        )
        assert torch.equal(found, wanted), number


def test_pictures_of_512_px_go_through_the_refiner_unless_that_is_switched_off(untrained, monkeypatch):
    from simulacra.models.kinds import avatar as avatars

    monkeypatch.setattr(avatars, "REFINED", 32)
    made = untrained.generate(Request(seed=2))
    cameras = turntable_cameras(2)
    half = render_image(made.field, cameras, 16)
    assert torch.equal(made.seen(cameras, 32), untrained.refiner.enlarge(half, 32))
    plain = dataclasses.replace(made, enlarge=None, size=32)
    assert torch.equal(plain.seen(cameras, 32), render_image(made.field, cameras, 32))
    assert torch.equal(made.seen(cameras, 31), render_image(made.field, cameras, 31))
    assert plain.portrait().shape == (32, 32, 3)
    assert not (plain.portrait() == dataclasses.replace(made, size=32).portrait()).all()


def test_stages_are_drawn_while_they_are_trained(untrained, tmp_path, monkeypatch):
    from simulacra.models.vision.toypeople import toy_people

    monkeypatch.setattr(previews, "SHOWN", 2)
    people, size = toy_people(2, 0, views=3, size=16), SMALL.resolution
    low, latents = (
        torch.randn(2, 2, 4, size, 3 * size, generator=seeded()),
        torch.randn(2, 2, 1, 16, generator=seeded(1)),
    )
    drawn = previews.previews_of(untrained, people, low, latents)
    assert drawn["upsampler"](1)["people"].shape == (3, 3 * 64, 2 * 64)  # plain, upsampled, true
    step = SimpleNamespace(rendered=torch.zeros(3, 3, 8, 8), seen=torch.ones(3, 3, 16, 16), network=untrained.refiner)
    picture = previews.refined(step)(1)["pictures"]
    assert picture.shape == (3, 3 * 16, 2 * 16) and (picture[:, -16:] == 1).all()
    settings = dataclasses.replace(SMALL.base, steps=2, picture_every=1)
    monkeypatch.setattr(untrained, "config", dataclasses.replace(SMALL, base=settings))

    def descend(number, generator):
        return {"loss": untrained.base.plane.square().sum()}

    train_stage(untrained, "base", descend, tmp_path, None, drawn["base"])
    names = [path.name for path in sorted((tmp_path / "base" / "pictures").iterdir())]
    assert names == ["people_000001.png", "people_000002.png"]


def test_avatars_are_ranked_by_their_skin_and_a_first_draw_says_that_it_is_not(untrained):
    greys = torch.tensor([60.0, 119.0, 200.0]).div(127.5).sub(1).view(-1, 1, 1, 1).expand(-1, 3, 64, 64)
    assert tones.lightness(greys).tolist() == pytest.approx([24.9, 50.0, 80.6], abs=0.5)  # CIE L*, of any colour table
    assert [int(tones.toned(greys, tone).argmax()) for tone in ("dark", "medium", "light")] == [0, 1, 2]
    told = []
    untrained.generate(Request("a woman with dark skin", draws=1), told.append)
    assert told[0] == {"event": "warning",
                       "message": "dark skin: says nothing here; a first draw is not ranked by it; draw more"}  # fmt: skip


def test_an_edit_that_asks_for_what_is_there_changes_nothing(untrained, tmp_path):
    path = tmp_path / "one.avatar.safetensors"
    planes = untrained.generate(Request(seed=1)).planes
    write_avatar(path, SavedAvatar(planes, untrained.decoder, untrained.half))
    seen = render_image(untrained.field(planes), untrained.front(model.LOOKS[:1]), 96, 48, 32)
    there, *_ = untrained.vlm.predict(seen)
    same = untrained.generate(Request(say(there), edit=path, guidance=4.0))
    assert torch.allclose(same.planes, planes, atol=1e-6) and same.draws == 0
    # As avatars are written; it is our decoder all the same.
    write_avatar(path, SavedAvatar(planes, crisp(untrained.decoder), untrained.half))
    assert torch.equal(untrained._adopted(read_avatar_planes(path), None), planes)
    other = say(there | {"headwear": "none" if there["headwear"] == "hat" else "hat"})
    assert (untrained.generate(Request(other, edit=path, guidance=4.0)).planes - planes).abs().max() > 1e-4


@pytest.mark.parametrize("names", [("headwear",), ("glasses",), ("beard", "expression")])
def test_an_edit_changes_nothing_outside_the_heights_of_its_attributes(untrained, names):
    texel = 2 / 32  # points between two rows read both
    planes, change = torch.randn(2, 3, 4, 32, 32, generator=seeded())
    where = regions.region(names, 32)
    before, after = (untrained.field(one) for one in (planes, planes + where * change))
    points = torch.rand(1, 3000, 3, generator=seeded(1)) * 2 - 1
    bounds = [regions.REGIONS[name] for name in names]
    low, high = min(row[0] for row in bounds), max(row[1] for row in bounds)
    out = (points[0, :, 2] < low - texel) | (points[0, :, 2] > high + texel)
    inside = (points[0, :, 2] > low + texel) & (points[0, :, 2] < high - texel)
    same = [
        (a == b).reshape(3000, -1).all(1)
        for a, b in ((x[0], y[0]) for x, y in zip(before(points), after(points), strict=True))
    ]
    assert out.any() and all(one[out].all() for one in same) and not (same[0] & same[1])[inside].any()
    for others in ((), ("age",), (*names, "hair_colour")):
        assert (regions.region(others, 32) == 1).all()


def test_an_edit_is_held_to_the_region_of_what_it_changes(untrained, tmp_path, monkeypatch):
    path = tmp_path / "one.avatar.safetensors"
    planes = untrained.generate(Request(seed=1)).planes
    write_avatar(path, SavedAvatar(planes, untrained.decoder, untrained.half))
    seen = render_image(untrained.field(planes), untrained.front(model.LOOKS[:1]), 96, 48, 32)
    there, *_ = untrained.vlm.predict(seen)
    other = say(there | {"headwear": "none" if there["headwear"] == "hat" else "hat"})
    asked = []
    monkeypatch.setattr(model, "region", lambda names, size: asked.append((names, size)) or regions.region(names, size))
    made = untrained.generate(Request(other, edit=path)).planes
    assert asked == [(["headwear"], 32)]
    below = regions.region(["headwear"], 32)[1, 0, :, 0] == 0
    assert (
        below.sum() > 15 and torch.equal(made[0], planes[0]) and torch.equal(made[1:, :, below], planes[1:, :, below])
    )
    assert not torch.equal(made, planes)


def test_what_a_stage_learns_from_is_brought_to_the_device_of_its_training(untrained):
    """On a GPU the steps indexed tensors of the CPU by numbers that were drawn there."""
    from simulacra.models.vision.toypeople import toy_people

    people, rodin = toy_people(3, 0, views=3, size=16), copy.deepcopy(untrained)
    size, large = SMALL.resolution, SMALL.fit.resolution
    low, high = (torch.randn(3, 2, 4, edge, 3 * edge, generator=seeded(edge)) for edge in (size, large))
    latents, views = torch.randn(3, 2, 2, 16, generator=seeded(1)), torch.full((3,), 2)
    sources, pairs = [RaySource(person) for person in people], torch.zeros(3, 3, 8, 8)
    steps = {
        "base": base.BaseStep(rodin.base, low, latents, views, SMALL),
        "prior": PriorStep(rodin, people, latents, views, SMALL),
        "upsampler": UpsamplerStep(
            rodin.upsampler, rodin.decoder, rodin.large, low, high, latents, views, sources, SMALL
        ),
        "refiner": RefinerStep(rodin.refiner, pairs, torch.ones(3, 3, 16, 16), SMALL),
    }
    for name, step in steps.items():
        with SecondDevice(rodin.base, rodin.prior, rodin.upsampler, rodin.refiner), torch.no_grad():
            found = step(0, Generator().manual_seed(0))
        assert torch.isfinite(found["loss"]) and found["loss"].second, name
    with SecondDevice(), pytest.raises(AssertionError, match="two devices meet"):
        torch.randint(3, (2,), generator=Generator()) + torch.Tensor.cpu(torch.zeros(2, device="cpu"))


def test_it_samples_on_a_second_device_what_it_samples_here(untrained):
    rodin = copy.deepcopy(untrained)

    def sampled():
        latents = rodin.latents_of("an old man", 1, 2, seeded(4))
        return latents, rodin.sample_planes(1, seeded(3)), rodin.looks(rodin.noise(1, seeded(5)), ((20.0, 4.0),))

    wanted = sampled()
    with SecondDevice(rodin, default=False), torch.no_grad():
        made = sampled()
        assert all(one.second for one in made)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(made, wanted, strict=True))


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


@pytest.mark.parametrize("kind", ["blank", "text", "shuttle"])
def test_a_photo_without_a_face_is_refused(tmp_path, kind):
    data = pytest.importorskip("skimage.data")
    path = tmp_path / "photo.png"
    if kind == "text":
        path.write_text("no picture")
    else:
        # The first cascade takes the model of a shuttle behind the astronaut for a face.
        pictures = {"blank": np.full((80, 80, 3), 90, np.uint8), "shuttle": data.astronaut()[:260, 270:]}
        write_png(path, np.ascontiguousarray(pictures[kind]))
        assert kind == "blank" or face_box(np.ascontiguousarray(pictures[kind])) is not None
    with pytest.raises(BadInput, match="not a picture" if kind == "text" else "shows no face"):
        read_portrait(path)


def test_too_few_people_are_refused(tmp_path):
    from simulacra.models.vision.toypeople import toy_people

    with pytest.raises(BadInput, match="1 people to learn from"):
        train(toy_people(1, 0, views=4, size=16), tmp_path, SMALL)


@pytest.mark.slow
def test_a_small_rodin_is_trained_stopped_resumed_asked_and_edited(tmp_path):
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
    rodin = load(run)
    assert dataclasses.asdict(rodin.config) == dataclasses.asdict(SMALL)
    one = rodin.generate(Request("an old man with glasses", seed=3))
    assert one.planes.shape == (3, 4, 32, 32) and one.planes.abs().max() <= 1
    assert torch.equal(one.planes, load(run).generate(Request("an old man with glasses", seed=3)).planes)
    assert not torch.equal(one.planes, rodin.generate(Request("an old man with glasses", seed=4)).planes)
    avatar = tmp_path / "one.avatar.safetensors"
    write_avatar(avatar, SavedAvatar(one.planes, one.decoder, one.half, prompt=one.prompt))
    edited = rodin.generate(Request("smiling", edit=avatar, seed=3))
    assert edited.planes.shape == one.planes.shape
    views = rodin.sample_views(2, rodin.front(), 16, seeded())
    assert views.shape == (2, 2, 3, 16, 16) and torch.isfinite(views).all()
    assert roll_out(one.planes[None]).shape == (1, 4, 32, 96)
