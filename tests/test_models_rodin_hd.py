"""RodinHD's parts against closed forms and against forgetting; the whole of it, small, through the command line."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from model_commands import events, failed  # noqa: E402
from second_device import Generator, SecondDevice  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, drop, unconditional  # noqa: E402
from simulacra.models.diffusion.unet import UNet  # noqa: E402
from simulacra.models.fields import replay as replays  # noqa: E402
from simulacra.models.fields.export import read_avatar_planes  # noqa: E402
from simulacra.models.fields.fit import FitConfig, RaySource, fit, new_decoder, new_planes  # noqa: E402
from simulacra.models.fields.replay import Consolidation, Replay, ReplayConfig  # noqa: E402
from simulacra.models.fields.triplane import Decoder  # noqa: E402
from simulacra.models.systems.rodin import base  # noqa: E402
from simulacra.models.systems.rodin_hd import Config, RodinHD, load, train  # noqa: E402
from simulacra.models.systems.rodin_hd.portrait import POOLED, numbers, pooled, unpacked  # noqa: E402

FIT = FitConfig(channels=4, resolution=16, width=16, depth=1, samples=8, importance=4, people=1, rays=48, steps=12, lowest=8,
                picture_every=0, save_every=5)  # fmt: skip
SMALL = Config(
    fit=FIT, shared=1, single_people=2, single_steps=2, resolution=8, base_width=16, base_multipliers=(1, 2), base_blocks=1,
    base_attention=(8, 4), batch=2, portrait=32, token_width=16, upsampler_width=8, upsampler_multipliers=(1, 2), upsampler_batch=2,
    replay=ReplayConfig(rounds=2), steps=2, upsampler_sampling=2,
    **{name: TrainerConfig(steps=2, save_every=1, picture_every=0) for name in ("base", "upsampler")},
)  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_consolidations_gradient_is_that_of_the_sum_over_all_people():
    torch.manual_seed(0)
    network = Decoder(3, 8, 1).double()
    held, people = Consolidation(network), []
    for _ in range(5):
        with torch.no_grad():
            for weight in network.parameters():
                weight += 0.1 * torch.randn_like(weight)
        fisher = {name: torch.rand_like(weight) for name, weight in network.named_parameters()}
        held.add(network, fisher)
        people.append((fisher, {name: weight.detach().clone() for name, weight in network.named_parameters()}))
    with torch.no_grad():
        for weight in network.parameters():
            weight += torch.randn_like(weight)
    now = dict(network.named_parameters())
    term = sum((f[name] * (now[name] - left[name]) ** 2).sum() for f, left in people for name in now)
    wanted = dict(zip(now, torch.autograd.grad(term, list(now.values())), strict=True))
    closed = {name: sum(2 * f[name] * (now[name] - left[name]) for f, left in people) for name in now}
    for name, gradient in held.gradient(network).items():
        assert torch.allclose(gradient, wanted[name], rtol=1e-12) and torch.allclose(gradient, closed[name], rtol=1e-12)
    held.fade(0.5)
    assert torch.allclose(held.gradient(network)["net.0.weight"], 0.5 * wanted["net.0.weight"], rtol=1e-12)
    # As much memory for five people as for one: two numbers a weight.
    assert sum(x.numel() for x in held.state().values()) == 2 * sum(x.numel() for x in now.values())


def test_a_fisher_diagonal_is_the_mean_square_of_the_last_gradients_of_a_visit(monkeypatch):
    monkeypatch.setattr(replays, "MEASURED", 2)
    decoder = Decoder(2, 4, 1)
    order = Replay(2, 1, 6, 0, ReplayConfig(rounds=1, weight=0.5), decoder)
    generator, seen = seeded(), []
    for number in range(3):
        for weight in decoder.parameters():
            weight.grad = torch.randn(weight.shape, generator=generator)
        seen.append([weight.grad.clone() for weight in decoder.parameters()])
        order.before(number, decoder)
        order.after(number, decoder)
    squares = [a.square() + b.square() for a, b in zip(seen[1], seen[2], strict=True)]
    mean = torch.cat([square.flatten() for square in squares]).mean()
    for found, square in zip(order.held.matters.values(), squares, strict=True):
        assert torch.allclose(found, square / mean)
    left = [weight.detach().clone() for weight in decoder.parameters()]
    with torch.no_grad():
        for weight in decoder.parameters():
            weight += 1
            weight.grad = torch.zeros_like(weight)
    order.before(3, decoder)  # of the next person: drawn back by 2 * 0.5 * F
    for weight, start, square in zip(decoder.parameters(), left, squares, strict=True):
        assert torch.allclose(weight.grad, square / mean * (weight - start), atol=1e-5)


@pytest.mark.parametrize(("people", "rounds"), [(4, 12), (5, 1), (9, 3)])
def test_what_is_held_is_a_mean_over_visits_and_weaker_the_shorter_they_are(people, rounds):
    steps, weight, decoder = 2 * people * rounds, 0.3, Decoder(2, 4, 1)
    order = Replay(people, 1, steps, 0, ReplayConfig(rounds=rounds, weight=weight), decoder)
    held = 0.0  # visits, of which a round's beginning leaves a share, counted one by one
    for number in range(0, steps, order.visit):
        round_, own = divmod(number // order.visit, people)
        held *= replays.HELD if round_ and not own else 1.0
        assert order.strength(number) == pytest.approx(weight / (rounds * held) if held else 0.0, rel=1e-9)
        # Weights that always matter alike, left at -1, are pulled from 0 as if one visit were held, whoever is visited.
        with torch.no_grad():
            for values in decoder.parameters():
                values.data = torch.zeros_like(values)
            order.held.fade(replays.HELD if round_ and not own else 1.0)
            gradient = order.held.gradient(decoder)["net.0.weight"] * order.strength(number)
            assert torch.allclose(gradient, torch.full_like(gradient, 2 * weight / rounds if held else 0.0))
            for values in decoder.parameters():
                values.data = -torch.ones_like(values)
            order.held.add(decoder, {name: torch.ones_like(values) for name, values in decoder.named_parameters()})
        held += 1


def test_everybody_is_visited_once_in_each_round_and_planes_move_less_within_a_visit_and_over_rounds():
    order = Replay(5, 2, 36, 3, ReplayConfig(rounds=3, slowing=0.5, within=0.1), Decoder(2, 4, 1))
    assert (order.groups, order.visit) == (3, 4)
    rounds = []
    for start in (0, 12, 24):
        visits = [[order.who(start + 4 * group + step, seeded()).tolist() for step in range(4)] for group in range(3)]
        assert all(visit == [visit[0]] * 4 for visit in visits)
        rounds.append([person for visit in visits for person in visit[0]])
        assert sorted(rounds[-1]) == list(range(5))
    assert len({tuple(order) for order in rounds}) > 1
    rates = torch.tensor([order.rates(number)[0] for number in range(36)]).view(3, 3, 4)
    expected = 0.1 ** (torch.arange(4) / 4) / torch.tensor([1, 1.5, 2])[:, None, None]
    assert torch.allclose(rates, expected.expand(3, 3, 4))


def test_a_replayed_fit_that_was_stopped_goes_on_as_if_it_had_not(tmp_path):
    from simulacra.models.vision.toypeople import toy_people

    people = toy_people(2, 0, views=3, size=16).people
    ways = {}
    for name, stops in (("whole", (12,)), ("parts", (7, 12))):
        for steps in stops:
            planes, decoder = new_planes(2, FIT), new_decoder(FIT)
            order = Replay(2, 1, 12, 0, ReplayConfig(rounds=2), decoder)
            fit(people, planes, decoder, dataclasses.replace(FIT, steps=steps), True, tmp_path / name, order=order)
        ways[name] = planes, *decoder.parameters(), *order.state().values()
    assert all(torch.equal(a, b) for a, b in zip(*ways.values(), strict=True))
    with pytest.raises(BadInput, match="was fitted with another configuration"):
        order = Replay(2, 1, 12, 0, ReplayConfig(rounds=3), decoder)
        fit(people, planes, decoder, FIT, True, tmp_path / "whole", order=order)


@pytest.fixture(scope="module")
def network():
    """A small denoiser told portraits, of which nothing is left at 0."""
    torch.manual_seed(0)
    net = RodinHD(SMALL, 0.24, 6.7, 16.0).base.eval().requires_grad_(False)
    for values in net.parameters():
        if not values.any():
            values.normal_(0, 0.05)
    return net


def test_another_portrait_is_another_prediction_at_every_scale(network):
    x, t = torch.randn(2, 4, 8, 24, generator=seeded()), torch.tensor([300, 700])
    flat = torch.randn(2, numbers(32), generator=seeded(1))
    made = network(x, t, Cond(vec=flat))
    start = 0
    for scale in unpacked(flat, 32):  # also by the scales that the pooled vector does not hold
        other = flat.clone()
        other[0, start : start + scale[0].numel()] *= -1
        start += scale[0].numel()
        apart = (network(x, t, Cond(vec=other)) - made).abs().amax((1, 2, 3))
        assert apart[0] > 1e-3 and apart[1] == 0
    assert start == flat.shape[1]
    assert torch.allclose(pooled(flat, 32), unpacked(flat, 32)[-1].mean((2, 3))) and pooled(flat, 32).shape[1] == POOLED


def test_a_dropped_portrait_is_none(network):
    x, t = torch.randn(2, 4, 8, 24, generator=seeded()), torch.tensor([300, 700])
    cond = Cond(vec=torch.randn(2, numbers(32), generator=seeded(1)))
    nobody = network(x, t)
    assert torch.allclose(network(x, t, unconditional(cond)), nobody, atol=1e-5)
    assert torch.allclose(network(x, t, drop(cond, 1.0, seeded())), nobody, atol=1e-5)
    assert (network(x, t, cond) - nobody).abs().max() > 1e-2


def test_with_its_gates_at_zero_it_is_the_unconditional_network_bit_for_bit(network):
    plain = UNet(dataclasses.replace(base.unet_of(SMALL, 0), tokens=0)).eval().requires_grad_(False)
    shared = {name: value for name, value in network.state_dict().items() if name in plain.state_dict()}
    plain.load_state_dict(shared)
    saved = {name: value.clone() for name, value in network.state_dict().items()}
    gates = [
        value
        for name, value in network.named_parameters()
        if "across.close" in name or name in ("vector.weight", "keep.weight")
    ]
    assert len(gates) > 4
    x, t = torch.randn(2, 4, 8, 24, generator=seeded()), torch.tensor([300, 700])
    cond = Cond(vec=torch.randn(2, numbers(32), generator=seeded(1)))
    assert not torch.equal(network(x, t, cond), plain(x, t))
    for gate in gates:
        gate.zero_()
    assert torch.equal(network(x, t, cond), plain(x, t))
    network.load_state_dict(saved)


def test_it_is_trained_and_sampled_on_a_second_device():
    model = RodinHD(SMALL, 0.24, 6.7, 16.0).eval().requires_grad_(False)
    low, told = torch.randn(2, 2, 4, 8, 24, generator=seeded()), torch.randn(2, 2, 1, numbers(32), generator=seeded(1))
    here = model.enlarged(model.planes_of(told[:, 0, 0], model.noise(2, seeded()), 1.3, 2), told[:, 0, 0], seeded(1))
    nobody = model.sample_planes(1, seeded(2))
    step = base.BaseStep(model.base, low, told, torch.tensor([1, 1]), SMALL)
    with SecondDevice(model), torch.no_grad():
        found = step(0, Generator().manual_seed(0))
        assert torch.isfinite(found["loss"]) and found["loss"].second
    with SecondDevice(model, default=False), torch.no_grad():
        portraits = told[:, 0, 0].to(model.device)
        made = model.enlarged(model.planes_of(portraits, model.noise(2, seeded()), 1.3, 2), portraits, seeded(1))
        drawn = model.sample_planes(1, seeded(2))
        assert made.second and drawn.second
    assert torch.allclose(made, here, atol=1e-6) and torch.allclose(drawn, nobody, atol=1e-6)


def test_a_patch_holds_the_pixels_of_a_square_of_one_view():
    from simulacra.models.vision.toypeople import toy_people

    person = toy_people(1, 0, views=2, size=16)[0]
    rays = RaySource(person).patch(6, seeded(3))
    picture = (person.rgba[:, :3].float() * person.rgba[:, 3:].float() / 255 + 255 - person.rgba[:, 3:].float()) / 255
    squares = picture.unfold(2, 6, 1).unfold(3, 6, 1).permute(0, 2, 3, 4, 5, 1).reshape(-1, 36, 3)
    assert (squares - rays.colour).abs().amax((1, 2)).min() < 1e-6 and rays.background.min() == 1
    assert len(RaySource(person).patch(64, seeded()).colour) == 256  # no larger than the picture


@pytest.mark.parametrize(
    ("field", "value"), [("portrait", 40), ("base_attention", ()), ("upsampler_weighting", "loud")]
)
def test_what_a_configuration_does_not_allow_is_told(field, value):
    with pytest.raises(BadInput, match=f"{field}.*allowed"):
        Config(**{field: value})


def settings(config, before, path=""):
    """The options that make one configuration of another."""
    for row in dataclasses.fields(config):
        value, other = getattr(config, row.name), getattr(before, row.name)
        if dataclasses.is_dataclass(value):
            yield from settings(value, other, f"{path}{row.name}.")
        elif value != other:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            yield from ("--set", f"{path}{row.name}={shown}")


def test_it_is_trained_stopped_resumed_and_asked_by_the_command_line(tmp_path, capsys, monkeypatch):
    from simulacra.models.systems import catalogue
    from simulacra.models.systems.rodin_hd import model as models
    from simulacra.models.systems.rodin_hd import training
    from simulacra.models.vision.toypeople import toy_people

    crowd = dataclasses.replace(toy_people(3, 0, views=4, size=16), splits=("train",) * 3)
    monkeypatch.setattr(catalogue.Data, "read", lambda *_: crowd)
    monkeypatch.setattr(models, "read_portrait", lambda path: torch.rand(3, 32, 32, generator=seeded()) * 2 - 1)
    (tmp_path / "photo.png").write_bytes(b"read by what stands in for the finder of faces")
    run, photo = tmp_path / "run", ["--photo", str(tmp_path / "photo.png")]
    begin = ["train", "rodin_hd", "--data", str(tmp_path), "--out", str(run)]
    with monkeypatch.context() as stopping:

        def stop(*_):
            raise KeyboardInterrupt

        stopping.setattr(training.UpsamplerStep, "__call__", stop)
        assert main([str(word) for word in (*begin, *settings(SMALL, Config()))]) == 1
        assert capsys.readouterr().err.endswith("stopped; the same command with --resume goes on\n")
    parts = [run / "fit", run / "fit-frozen" / "0000", run / "fit-frozen" / "0001", run / "base"]
    left = {path: path.stat().st_mtime_ns for part in parts for path in part.glob("*.safetensors")}
    assert len(left) == 4 and not (run / "config.json").exists()
    assert main([*begin, "--resume", "--json"]) == 0
    told = events(capsys)
    assert {event["stage"] for event in told if event["event"] == "progress"} == {"upsampler"}
    assert all(path.stat().st_mtime_ns == time for path, time in left.items())  # what was done is not done again
    assert dataclasses.asdict(load(run).config) == dataclasses.asdict(SMALL)
    planes = []
    for name, more in (("photo", photo), ("again", photo), ("nobody", []), ("other", [*photo, "--seed", "1"])):
        out = tmp_path / f"{name}.avatar.safetensors"
        assert main(["generate", "rodin_hd", str(run), *more, "--out", str(out), "--no-turntable"]) == 0
        planes.append(read_avatar_planes(out).planes)
    assert planes[0].shape == (3, 4, 16, 16) and torch.equal(planes[0], planes[1])
    assert not torch.equal(planes[0], planes[2]) and not torch.equal(planes[0], planes[3])
    capsys.readouterr()
    assert "cannot make an avatar from a prompt; it can from a photo" in failed(
        capsys, ["generate", "rodin_hd", run, "--prompt", "old", "--out", tmp_path / "x.glb"]
    )


def test_too_few_people_are_refused(tmp_path):
    from simulacra.models.vision.toypeople import toy_people

    with pytest.raises(BadInput, match="1 people to learn from"):
        train(toy_people(1, 0, views=4, size=8), tmp_path, SMALL)


@pytest.mark.slow
def test_rounds_of_visits_do_not_forget_who_was_visited_first(tmp_path):
    """One decoder, four people one at a time, equal steps: 14.6 dB of the first after one pass, 20.4 held, 23.5 by replay."""
    from simulacra.models.core.data import composite
    from simulacra.models.fields.fit import fit_people
    from simulacra.models.fields.render import render_image
    from simulacra.models.fields.triplane import TriplaneField
    from simulacra.models.vision.toypeople import toy_people

    crowd = dataclasses.replace(toy_people(4, 0, views=6, size=24), splits=("train",) * 4)
    config = FitConfig(resolution=16, channels=4, width=16, depth=1, people=1, steps=960, rays=256)
    quality = {}
    for name, how in (
        ("pass", ReplayConfig(rounds=1, weight=0.0)),
        ("held", ReplayConfig(rounds=1)),
        ("replay", ReplayConfig(rounds=12, weight=0.0)),
        ("both", ReplayConfig(rounds=12)),
    ):
        made = fit_people(crowd, tmp_path / name, config, None, how)
        first = int(Replay(4, 1, config.steps, config.seed, how, made.decoder).who(0, seeded())[0])
        person = crowd.people[first]
        with torch.no_grad():
            shown = render_image(TriplaneField(made.planes[first][None], made.decoder), person.cameras, 24)
        error = ((shown.reshape(-1, 3, 24, 24) - composite(person.rgba)) / 2).square().mean()
        quality[name] = float(-10 * torch.log10(error))
    assert quality["replay"] > quality["pass"] + 4 and quality["held"] > quality["pass"] + 2, quality
    assert quality["both"] > quality["replay"] - 1.5 and quality["both"] > quality["held"] + 1, quality
