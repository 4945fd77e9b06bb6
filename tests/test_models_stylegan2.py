"""Picture GANs: StyleGAN2's closed forms, augmentation, plug-ins, several discriminators, resuming, asking."""

import dataclasses
import math
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from gan_stage import rng, small_giraffe, trainer_of  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.resuming import check_resumed  # noqa: E402
from simulacra.models.core.settings import asked_with, configured  # noqa: E402
from simulacra.models.core.style_layers import ModulatedConv  # noqa: E402
from simulacra.models.gan import augment  # noqa: E402
from simulacra.models.gan.discriminators import Discriminator, DiscriminatorConfig, spread_of_batch  # noqa: E402
from simulacra.models.gan.dynamic import Dynamic, DynamicDiscriminator  # noqa: E402
from simulacra.models.gan.led import GLeaD, LedDiscriminator  # noqa: E402
from simulacra.models.gan.linked import LinkGAN  # noqa: E402
from simulacra.models.gan.picture_set import PictureSet  # noqa: E402
from simulacra.models.gan.regularizers import R1, PathLength, path_lengths  # noqa: E402
from simulacra.models.gan.trainer import AdversarialTrainer  # noqa: E402
from simulacra.models.systems import stylegan2  # noqa: E402

pytestmark = pytest.mark.usefixtures("seeded_torch")

SMALL = {"size": 8, "batch": 4, "latent": 8, "style": 8, "mapping": 2, "narrowest": 6, "widest": 8, "picture_every": 0}


def small(*settings: str, **changes) -> stylegan2.Config:
    return configured(stylegan2.Config(**SMALL | changes), settings)


class Frames(list):
    """Frames of noise, as Shots gives them."""

    digest = "noise"

    def of(self, split):
        return self


def frames(count: int = 6, height: int = 8, width: int = 12) -> Frames:
    noise = torch.randint(0, 256, (count, 3, height, width), generator=rng(), dtype=torch.uint8)
    return Frames(SimpleNamespace(maps={"rgb": each}) for each in noise)


def trainer(config, folder="unused", judge=None, more=()) -> AdversarialTrainer:
    torch.manual_seed(1)
    model = stylegan2.StyleGAN2(config)
    judge = judge or stylegan2.make_discriminator(config, model)
    regularizers = [*stylegan2.regularizers(config), *more]
    return AdversarialTrainer(folder, model, judge, PictureSet(frames(), config.size, True), config, regularizers)


def weights(module) -> "torch.Tensor":
    return torch.cat([value.flatten() for value in module.state_dict().values()])


# -- the generator


def test_demodulation_gives_unit_variance_in_closed_form():
    """An input of unit variance, independent in all channels and pixels, has outputs of variance sum(w'^2) = 1 inside."""
    conv = ModulatedConv(5, 7, 6, kernel=3)
    style = torch.randn(4, 6, generator=rng()) * 3
    basis = torch.eye(5 * 9).view(45, 5, 3, 3)  # the response to each input is a weight of the output in the middle
    for one in style:
        outputs = conv(basis, one.expand(45, -1))[:, :, 1, 1]
        torch.testing.assert_close(outputs.square().sum(0), torch.ones(7), rtol=1e-5, atol=1e-5)


def test_truncation_goes_in_a_straight_line_from_the_mean():
    model = stylegan2.StyleGAN2(small())
    drawn = torch.cat([model.styles(model.draw(5, rng(i)), None, rng(9 + i))[:, 0] for i in range(3)])
    torch.testing.assert_close(model.mean, drawn.mean(0))  # the first styles are never mixed ones
    latents = model.draw(3, rng(5))
    whole, half, none = (model.truncated(latents, share) for share in (1.0, 0.5, 0.0))
    assert torch.equal(none, model.mean.expand_as(none))
    torch.testing.assert_close(half, (whole + none) / 2)
    torch.testing.assert_close(whole[:, 3], model.mapping(latents))
    model.eval().styles(latents, None, rng())
    assert model.batches == 3  # what is asked moves no mean
    pictures = [asked(model, f"truncation={share}") for share in (0, 1)]
    assert torch.equal(pictures[0][0], pictures[0][1]) and not torch.equal(pictures[1][0], pictures[1][1])


def asked(model, setting: str):
    model.config = asked_with(model.config, [setting], "stylegan2")
    return model.sample(2, rng(3))  # no noise at first: its strength is 0


def test_styles_are_mixed_from_one_layer_on_and_noise_is_what_its_strength_says():
    model = stylegan2.StyleGAN2(small(mixing=1.0))
    latents = model.draw(64, rng())
    styles, own = model.styles(latents, None, rng(1)), model.mapping(latents)
    same = (styles == own[:, None]).all(2)
    assert same[:, 0].all() and not same[:, -1].any() and (same.int().diff(dim=1) <= 0).all()
    assert {int(n) for n in same.sum(1)} == set(range(1, model.layers))
    shown = model(styles[:2], rng=rng(2))
    assert torch.equal(shown, model(styles[:2]))
    torch.nn.init.constant_(model.up[0].strength, 0.5)
    assert not torch.equal(model(styles[:2], rng=rng(2)), shown)
    assert torch.equal(model(styles[:2], rng=rng(2)), model(styles[:2], rng=rng(2)))


def test_path_lengths_of_a_linear_generator():
    """With pictures A w the gradient along noise y is A' y / sqrt(pixels); layers count by their mean square."""
    matrix = torch.randn(3 * 4 * 4, 5, generator=rng())
    styles = torch.randn(2, 3, 5, generator=rng(1)).requires_grad_()
    share = torch.tensor([1.0, 2.0, 0.0])  # of each layer
    pictures = ((styles * share[:, None]).sum(1) @ matrix.T).view(2, 3, 4, 4)
    noise = torch.randn(2, 3, 4, 4, generator=rng(7)) / 4
    once = (noise.flatten(1) @ matrix).square().sum(1)
    found = path_lengths(pictures, styles, rng(7))
    torch.testing.assert_close(found, (once * share.square().mean()).sqrt())
    regularizer, context = PathLength(2.0), SimpleNamespace(fake=pictures, styles=styles)
    loss = regularizer.generator_loss(context, rng(7))
    mean = 0.01 * found.mean()
    torch.testing.assert_close(regularizer.mean, mean)
    torch.testing.assert_close(loss, 2 * (found - mean).square().mean())


# -- discriminators


def test_r1_of_linear_discriminators_and_the_spread_of_a_batch():
    real = torch.randn(4, 3, 8, 8, generator=rng()).requires_grad_()
    one, other = torch.randn(2, 3, 8, 8, generator=rng(1)).unbind()
    said = [{"logit": (real * weight).sum((1, 2, 3))} for weight in (one, other)]
    context = SimpleNamespace(real=real, real_outputs=said[0], more_real={"other": said[1]})
    loss = R1(3.0).discriminator_loss(context, rng())
    torch.testing.assert_close(loss, 1.5 * (one.square().sum() + other.square().sum()))
    values = torch.randn(8, 2, 3, 3, generator=rng(2))
    found = spread_of_batch(values)
    assert torch.equal(found[:, :2], values)
    for index in range(8):  # every second belongs together
        group = values[index % 2 :: 2].double().numpy()
        assert found[index, 2] == pytest.approx(float((group.std(0) ** 2 + 1e-8).__pow__(0.5).mean()), abs=1e-5)


def test_several_discriminators_learn_each_by_its_own_loss():
    """Beside another the first learns as it does alone, and the generator from the sum of both."""
    shape = DiscriminatorConfig(8, 3, 6, 8)
    config = small("augment.target=0", "regularizers=", r1=0.0)
    judges = {name: Discriminator(shape) for name in ("one", "other")}
    together, alone = [], []
    for names in (("one", "other"), ("one",), ("other",)):
        model = trainer(config, judge={n: Discriminator(shape) for n in names})
        for name in names:
            model.discriminators[name].load_state_dict(judges[name].state_dict())
        metrics = model.advance()
        (together if len(names) > 1 else alone).append((metrics, model))
    (metrics, both), (first, one), (second, other) = together[0], *alone
    assert metrics["loss"] == pytest.approx(first["loss"] + second["loss"], rel=1e-5)
    for name, single in (("one", one), ("other", other)):
        torch.testing.assert_close(weights(both.discriminators[name]), weights(single.discriminators[name]))
    sums = zip(both.generator.parameters(), one.generator.parameters(), other.generator.parameters(), strict=True)
    for got, a, b in sums:
        torch.testing.assert_close(got.grad, a.grad + b.grad, rtol=1e-3, atol=1e-5)
    with pytest.raises(BadInput, match="names but generator"):
        trainer(config, judge={"generator": Discriminator(shape)})


def test_posed_systems_take_several_discriminators_too():
    config = small_giraffe()
    shape = DiscriminatorConfig(16, 3, 8, 16)
    posed = trainer_of("giraffe", config, None)
    both = AdversarialTrainer("unused", posed.generator, {"a": Discriminator(shape), "b": Discriminator(shape)}, posed.views,
                              config, [R1(1.0, 1)])  # fmt: skip
    assert math.isfinite(both.advance()["discriminator_r1"])


# -- augmentation


def test_the_controller_moves_by_the_pictures_seen():
    found = augment.Augment(target=0.5, images=80, interval=2)

    def see(step: int, *logits: float) -> float:
        found.discriminator_loss(SimpleNamespace(step=step, real_outputs={"logit": torch.tensor(logits)}), rng())
        return found.probability.item()

    assert see(0, 1.0, 2.0, 3.0, -1.0) == 0  # r_t is 0.5 so far, and nobody looks yet
    assert see(1, 1.0, 2.0, 3.0, 4.0) == pytest.approx(8 / 80)  # 0.75
    assert see(2, 5.0, 5.0, 5.0, 5.0) == pytest.approx(8 / 80)
    assert see(3, -1.0, -1.0, -1.0, -1.0) == pytest.approx(0)  # 0 is below
    assert see(5, -1.0, -1.0) == 0  # and stays within 0 and 1
    assert found.signs == found.count == 0


def test_augmentations_leave_alone_what_is_not_drawn_and_can_be_undone():
    pictures = torch.rand(4, 3, 8, 8, generator=rng())
    for change in (augment.moved, augment.recoloured):
        assert torch.equal(change(pictures, 0.0, rng(1)), pictures)
    for make in (augment.movements, augment.colours):
        size = (256, 8) if make is augment.movements else (256,)
        matrices = make(*size, 0.8, rng(2)).double()
        assert matrices.det().abs().min() > 1e-3  # none forgets anything
        assert make(*size, 1.0, rng(3)).isfinite().all()
    blit = augment._scaled(torch.tensor([-1.0]), torch.ones(1)) @ augment._quarters(torch.tensor([1.0]))
    there = augment.warped(pictures, blit.expand(4, 3, 3))
    many = augment.movements(4, 8, 1.0, rng(6))
    grid = torch.nn.functional.affine_grid(many[:, :2], [4, 3, 8, 8], align_corners=False)
    expected = torch.nn.functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)
    torch.testing.assert_close(augment.warped(pictures, many), expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(there, pictures.flip(3).rot90(1, (2, 3)), rtol=0, atol=1e-5)
    torch.testing.assert_close(augment.warped(there, blit.inverse().expand(4, 3, 3)), pictures, rtol=0, atol=1e-5)
    grey = torch.full((64, 3, 8, 8), 0.25)  # hue and saturation leave what has none
    changed = augment.recoloured(grey, 1.0, rng(4))
    assert (changed - changed.mean(1, keepdim=True)).abs().max() < 1e-5


def test_mirrors_are_drawn_half_as_often_as_they_may_be():
    """So below a probability of 1 the right way round is always the likelier one, and nothing leaks (2006.06676, fig. 4)."""
    drawn = augment.movements(20_000, 8, 0.6, rng())
    mirrored = (drawn[:, :2, :2].det() < 0).float().mean().item()
    assert mirrored == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / 20_000))


# -- plug-ins


def linear(matrix):
    """A generator of 4 x 4 pictures that are linear in their styles."""
    return lambda styles, cameras, images, rng: (styles @ matrix.T).view(-1, 1, 4, 4)


def test_linkgan_is_zero_exactly_where_a_linear_generator_is_decoupled():
    plug = LinkGAN(axes=2, left=0, top=0, right=1, bottom=0.5, outside=3.0, inside=5.0)
    matrix = torch.randn(16, 5, generator=rng(), dtype=torch.float64)
    inside = plug.region(4).flatten().bool()
    assert inside.sum() == 8
    apart = matrix.clone()
    apart[~inside, :2] = 0
    apart[inside, 2:] = 0
    styles = torch.randn(3, 5, generator=rng(1), dtype=torch.float64)
    moved = styles.roll(1, 0) - styles
    for each, zero in ((apart, True), (matrix, False)):
        each.requires_grad_()
        loss = plug.generator_loss(
            SimpleNamespace(styles=styles, generator=linear(each), cameras=None, images=0), rng()
        )
        assert (loss.item() == 0) == zero
    out, into = moved[:, :2] @ matrix[~inside, :2].T, moved[:, 2:] @ matrix[inside, 2:].T
    torch.testing.assert_close(loss, (3 * out.square().sum() + 5 * into.square().sum()) / 48)
    expected = torch.zeros_like(matrix)
    expected[~inside, :2] = 6 / 48 * out.T @ moved[:, :2]
    expected[inside, 2:] = 10 / 48 * into.T @ moved[:, 2:]
    torch.testing.assert_close(torch.autograd.grad(loss, matrix)[0], expected)


def test_a_whole_dynamic_discriminator_is_the_plain_one_and_a_half_one_learns_in_its_slices():
    shape = DiscriminatorConfig(8, 3, 6, 8)
    torch.manual_seed(0)
    plain, network = Discriminator(shape), DynamicDiscriminator(shape)
    network.load_state_dict(plain.state_dict())
    pictures = torch.randn(4, 3, 8, 8, generator=rng())
    expected = plain(pictures)["logit"]
    assert torch.equal(network(pictures)["logit"], expected)
    network.kept = [torch.arange(count) for count in network.channels]
    torch.testing.assert_close(network(pictures)["logit"], expected)  # slices of everything
    network.kept = [torch.tensor([0, 2, 5]), torch.tensor([1, 3, 4, 6])]
    network(pictures)["logit"].sum().backward()
    block = network.blocks[0]
    for layer, inputs, outputs in ((block.first, network.kept[0], network.kept[0]), (block.second, *network.kept),
                                   (network.mix, torch.tensor([1, 3, 4, 6, 8]), network.kept[1])):  # fmt: skip
        touched = layer.weight.grad.abs().sum((2, 3)) > 0
        allowed = torch.zeros_like(touched)
        allowed[outputs[:, None], inputs] = True
        assert torch.equal(touched, allowed)
    # Of the same weights a network that has no others: gains are those of its own inputs.
    alone = Discriminator(dataclasses.replace(shape, narrowest=3, widest=4))
    for mine, theirs, inputs, outputs in ((alone.enter, network.enter, [0, 1, 2], [0, 2, 5]),
                                          (alone.blocks[0].first, block.first, [0, 2, 5], [0, 2, 5]),
                                          (alone.blocks[0].second, block.second, [0, 2, 5], [1, 3, 4, 6]),
                                          (alone.blocks[0].skip, block.skip, [0, 2, 5], [1, 3, 4, 6]),
                                          (alone.mix, network.mix, [1, 3, 4, 6, 8], [1, 3, 4, 6])):  # fmt: skip
        mine.weight.data = theirs.weight.data[outputs][:, inputs]
    found = network.maps(pictures)[-1]
    torch.testing.assert_close(found, alone.maps(pictures)[-1])


def test_dynamic_capacity_follows_the_pictures_seen():
    grow, shrink = Dynamic(True, 0.5, 100), Dynamic(False, 0.5, 100)
    assert [grow.share(n) for n in (0, 50, 100, 999)] == [0.5, 0.75, 1, 1]
    assert [shrink.share(n) for n in (0, 50, 100, 999)] == [1, 0.75, 0.5, 0.5]
    network = DynamicDiscriminator(DiscriminatorConfig(8, 3, 6, 8))

    def kept(plug, step: int, images: int):
        plug.prepare_discriminator(
            SimpleNamespace(discriminator=network, images=images, step=step, real=torch.zeros(1))
        )
        return network.kept and [each.tolist() for each in network.kept]

    assert kept(grow, 0, 0) == [[0, 1, 2], [0, 1, 2, 3]] and kept(grow, 9, 100) is None
    drawn = [kept(shrink, step, 100) for step in range(4)]
    assert all(
        each[0] == list(range(6)) and len(each[1]) == 4 for each in drawn
    )  # the level nearest to the picture stays
    assert len({tuple(each[1]) for each in drawn}) > 1 and drawn[2] == kept(shrink, 2, 100)


def test_gleads_task_is_nothing_for_an_oracle_and_teaches_the_discriminator_alone():
    config = small("regularizers=glead", "augment.target=0")
    model = stylegan2.StyleGAN2(config)
    judge = stylegan2.make_discriminator(config, model)
    assert isinstance(judge, LedDiscriminator)
    styles = model.styles(model.draw(4, rng()), None, rng(1)).detach()
    fake = model(styles).detach()
    oracle = {"codes": styles, "start": model.start.detach().expand(4, -1, -1, -1)}
    context = SimpleNamespace(generator=model, real_outputs=oracle, fake_outputs=oracle, real_seen=fake, fake_seen=fake)
    assert GLeaD().discriminator_loss(context, rng()) == 0
    real = torch.randn(4, 3, 8, 8, generator=rng(2))
    context.real_outputs, context.real_seen = judge(real), real
    loss = GLeaD(2.0).discriminator_loss(context, rng())
    again = model(context.real_outputs["codes"], start=context.real_outputs["start"])
    sizes = [torch.nn.functional.adaptive_avg_pool2d(again - real, n).square().mean() for n in (8, 4)]
    torch.testing.assert_close(loss, 2 * sum(sizes) / 2)
    model.zero_grad(), loss.backward()
    assert all(p.grad is None for p in model.parameters())
    assert judge.codes.weight.grad.abs().sum() > 0 and judge.enter.weight.grad.abs().sum() > 0


# -- the system


EVERYTHING = ("link.axes=3", "regularizers=path_length,linkgan", "discriminator.dynamic=shrink", "discriminator.images=8",
              "augment.images=40", "augment.interval=2", "r1_every=2", "path_length_every=2")  # fmt: skip


@pytest.mark.parametrize("settings", [EVERYTHING, ("regularizers=glead",)], ids=["all", "glead"])
def test_a_training_that_was_stopped_ends_as_one_that_was_not(settings, tmp_path):
    config = small(*settings, images=24, save_every=1)
    told = []
    stylegan2.train(frames(), tmp_path / "whole", config, told.append)
    assert [row["step"] for row in told] == list(range(1, 7))
    stylegan2.train(frames(), tmp_path / "parts", dataclasses.replace(config, images=12))
    stylegan2.train(frames(), tmp_path / "parts", config)
    for name in ("training.safetensors", "model.safetensors"):
        one, other = (load_file(tmp_path / kind / name) for kind in ("whole", "parts"))
        assert one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one), name
    if "linkgan" in config.regularizers:
        assert (tmp_path / "whole" / "log.jsonl").read_text().count("generator_linkgan") == 2
    model = stylegan2.load(tmp_path / "parts")
    pictures = [model.generate(SimpleNamespace(seed=seed)).pictures for seed in (3, 3, 4)]
    assert pictures[0].shape == (1, 3, 8, 8) and torch.equal(pictures[0], pictures[1])
    assert not torch.equal(pictures[0], pictures[2])
    with pytest.raises(BadInput, match=r"^set: regularizers is .* in this run"):
        check_resumed(config, dataclasses.replace(config, regularizers=()))


def test_pictures_are_middle_squares_drawn_both_ways_round():
    found = PictureSet(frames(2, 8, 12), 8, mirror=True)
    whole = torch.stack([each.maps["rgb"][:, :, 2:10] for each in frames(2, 8, 12)])
    assert torch.equal(found.pictures, whole)
    drawn, cameras = found.draw(64, rng())
    assert cameras is None
    kinds = torch.cat([whole, whole.flip(3)]).float() / 127.5 - 1
    assert {int((kinds == each).flatten(1).all(1).nonzero()) for each in drawn} == {0, 1, 2, 3}
    alone = Frames([SimpleNamespace(maps={"rgb": torch.zeros(3, 4, 4, dtype=torch.uint8),
                                          "alpha": torch.full((1, 4, 4), 51, dtype=torch.uint8)})])  # fmt: skip
    assert (PictureSet(alone, 4).pictures == 204).all()  # a fifth is covered, the rest is white


@pytest.mark.parametrize("setting, words", [
    ("regularizers=links", "regularizers: links is not allowed; allowed are some of path_length, linkgan, glead"),
    ("regularizers=glead,glead", "each once"), ("discriminator.dynamic=both", "allowed are none, grow, shrink"),
    ("link.region=0.5,0,0.5,1", "allowed are left, top, right, bottom"), ("size=24", "allowed are powers of two"),
    ("augment.target=2", "target: 2.0 is not allowed"), ("truncation=3", "truncation: 3.0 is not allowed"),
])  # fmt: skip
def test_what_is_not_allowed_is_one_line(setting, words):
    with pytest.raises(BadInput, match=words):
        small(setting)


def test_plug_ins_that_exclude_each_other_are_told():
    with pytest.raises(BadInput, match="is not allowed with glead"):
        small(discriminator=stylegan2.DynamicConfig("grow"), regularizers=("glead",))
    with pytest.raises(BadInput, match=r"link\.axes: 16 is not allowed; allowed is 1 to 7"):
        small(regularizers=("linkgan",))
    with pytest.raises(BadInput, match="set: size is not allowed when stylegan2 is asked; allowed are truncation"):
        asked_with(small(), ["size=16"], "stylegan2")
