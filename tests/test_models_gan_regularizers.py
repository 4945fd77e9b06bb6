"""Regularisers of adversarial training: path lengths in closed form, their state through a resumed training, their context."""

import dataclasses
import math

import pytest

torch = pytest.importorskip("torch")

from gan_stage import rng, small_eg3d, small_giraffe, small_pi_gan, trainer_of  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.checkpoint import open_tensors  # noqa: E402
from simulacra.models.core.training import CHECKPOINT  # noqa: E402
from simulacra.models.gan.regularizers import R1, PathLength, Regularizer, path_lengths  # noqa: E402

pytestmark = pytest.mark.usefixtures("seeded_torch")


def linear(channels: int = 3, side: int = 4, width: int = 6):
    """The matrix (C H W, S) of a linear generator, and the generator."""
    matrix = torch.randn(channels * side**2, width, generator=rng(), dtype=torch.float64)
    return matrix, lambda styles: (styles @ matrix.T).unflatten(1, (channels, side, side))


def test_path_lengths_of_a_linear_generator_are_those_of_its_matrix():
    """The Jacobian is the matrix A for every style, so a length is |A^T y| / sqrt(H W) for the noise y that was drawn."""
    matrix, generator = linear()
    styles = torch.randn(5, 6, generator=rng(1), dtype=torch.float64, requires_grad=True)
    noise = torch.randn((5, 3, 4, 4), generator=rng(2)).double().flatten(1)
    expected = (noise @ matrix).norm(dim=1) / 4
    torch.testing.assert_close(path_lengths(generator(styles), styles, rng(2)), expected)
    # And over all noise the mean of its square is the squared Frobenius norm of the matrix by H W.
    many = torch.zeros(20_000, 6, dtype=torch.float64, requires_grad=True)
    mean = path_lengths(generator(many), many, rng(3)).square().mean()
    assert mean.item() == pytest.approx((matrix.square().sum() / 16).item(), rel=0.02)


def test_the_penalty_and_its_running_mean_have_their_closed_form():
    """mean <- mean + decay (m - mean) at each call, m the batch's; the loss is weight times the variance around it."""
    _, generator = linear()
    penalty, mean = PathLength(3.0, every=1, decay=0.25).double(), 0.0
    context = type("Context", (), {})
    for number in range(3):
        context.styles = torch.randn(4, 6, generator=rng(number), dtype=torch.float64, requires_grad=True)
        context.fake = generator(context.styles)
        lengths = path_lengths(context.fake, context.styles, rng(10 + number))
        loss = penalty.generator_loss(context, rng(10 + number))
        mean = mean + 0.25 * (lengths.mean().item() - mean)
        assert penalty.mean.item() == pytest.approx(mean, rel=1e-5)
        assert loss.item() == pytest.approx(3 * (lengths - mean).square().mean().item(), rel=1e-5)
    assert set(penalty.state_dict()) == {"mean"} and penalty.config == {"weight": 3.0, "every": 1, "decay": 0.25}


def test_equal_paths_cost_nothing():
    """A generator that turns styles without stretching them, once the mean knows: A^T A = a^2 I, and one noise for all."""
    side = 4
    rotation = torch.linalg.qr(torch.randn(side**2, side**2, generator=rng(), dtype=torch.float64)).Q * 2
    styles = torch.randn(1, side**2, generator=rng(1), dtype=torch.float64, requires_grad=True)
    fake = (styles @ rotation.T).unflatten(1, (1, side, side))
    noise = torch.randn((1, 1, side, side), generator=rng(5)).double()
    length = path_lengths(fake, styles, rng(5))
    assert length.item() == pytest.approx(2 * noise.norm().item() / side, rel=1e-6)
    penalty = PathLength(1.0, decay=0.5).double()
    penalty.mean.fill_(length.item())
    context = type("Context", (), {"styles": styles, "fake": fake})
    assert penalty.generator_loss(context, rng(5)).item() == pytest.approx(0, abs=1e-10)


def test_a_state_is_resumed_bit_for_bit(tmp_path):
    """A training with path lengths that stops ends as one that does not; with the mean lost it would not."""
    config = small_pi_gan(images=32, save_every=2, path_length=2.0, path_length_every=2)
    whole = trainer_of("pi_gan", config, tmp_path / "whole")
    whole.run()
    torch.random.manual_seed(0)
    trainer_of("pi_gan", dataclasses.replace(config, images=16), tmp_path / "parts").run()
    second = trainer_of("pi_gan", config, tmp_path / "parts")
    second.run()
    (penalty,) = [each for each in second.regularizers if each.name == "path_length"]
    assert second.done == whole.done == 8 and penalty.mean > 0
    kept, found = whole._state(), second._state()
    assert "state/path_length/mean" in kept and kept.keys() == found.keys()
    assert all(torch.equal(value, found[name]) for name, value in kept.items())
    with open_tensors(tmp_path / "parts" / CHECKPOINT) as file:
        assert torch.equal(file.get_tensor("state/path_length/mean"), penalty.mean)


def test_what_a_regulariser_keeps_beside_its_state_is_nobodys_business(tmp_path):
    """Declared settings are compared on resuming, and nothing else that an object holds."""

    class Counts(Regularizer):
        name = "counts"

        def __init__(self, weight: float, every: int = 1):
            super().__init__(weight=weight, every=every)
            self.calls = 0
            self.register_buffer("seen", torch.zeros(3))

        def generator_loss(self, context, rng):
            self.calls += 1
            self.seen += torch.tensor([1.0, context.images, context.step])
            return self.weight * context.fake.square().mean()

    config = small_eg3d(images=8, save_every=1)
    first = Counts(0.5)
    trainer_of("eg3d", config, tmp_path, [first]).run()
    assert first.calls == 2 and first.seen.tolist() == [2, 4, 1]  # batches of 4
    second = Counts(0.5)
    trainer_of("eg3d", dataclasses.replace(config, images=12), tmp_path, [second]).run()
    assert second.calls == 1 and second.seen.tolist() == [3, 12, 3]
    with pytest.raises(BadInput, match=r"regularizers .*'weight': 0\.5.*, not .*'weight': 1\.0"):
        trainer_of("eg3d", config, tmp_path, [Counts(1.0)]).run()
    with pytest.raises(BadInput, match="also holds state/counts/seen"):
        trainer_of("eg3d", config, tmp_path, [R1()]).run()
    with pytest.raises(BadInput, match="names twice"):
        trainer_of("eg3d", config, tmp_path, [Counts(1.0), Counts(1.0)])


def test_the_context_has_what_a_regulariser_may_need(tmp_path):
    seen = {}

    class Looks(Regularizer):
        name = "looks"

        def generator_loss(self, context, rng):
            seen.update(vars(context))
            (slope,) = torch.autograd.grad(context.fake.sum(), context.styles, retain_graph=True)
            assert slope.abs().sum() > 0
            assert context.styles.requires_grad and not context.average.training

    for system, config in (("eg3d", small_eg3d()), ("pi_gan", small_pi_gan())):
        trainer = trainer_of(system, config, None, [Looks()])
        trainer.done = 5
        trainer.advance()
        assert seen["step"] == 5 and seen["images"] == 20 and seen["generator"] is trainer.generator
        assert seen["average"] is trainer.ema_modules()["generator"] and seen["discriminator"] is trainer.discriminator
        assert seen["latents"].shape == (4, 16) and len(seen["styles"]) == len(seen["real"]) == len(seen["fake"]) == 4
        assert seen["poses"].shape == seen["real_poses"].shape == (4, 25)
        assert seen["fake_outputs"]["logit"].shape == seen["real_outputs"]["logit"].shape == (4,)


def test_lazy_losses_of_a_state_come_every_nth_step(tmp_path):
    config = small_pi_gan(path_length=1.0, path_length_every=3)
    trainer = trainer_of("pi_gan", config, None)
    logged = []
    for _ in range(7):
        logged.append("generator_path_length" in trainer.advance())
        trainer.done += 1
    assert logged == [True, False, False, True, False, False, True]
    assert math.isfinite(trainer.regularizers[-1].mean.item())


@pytest.mark.parametrize(
    "system, config", [("eg3d", small_eg3d()), ("pi_gan", small_pi_gan()), ("giraffe", small_giraffe())]
)
def test_path_lengths_teach_every_generator(system, config):
    """Through planes, sines and renderers alike: the penalty has a gradient by the weights behind the styles."""
    trainer = trainer_of(system, config, None, [])
    penalty, context = PathLength(1.0), trainer._draw_context()
    penalty.generator_loss(context, rng()).backward()
    slopes = [p.grad for p in trainer.generator.parameters() if p.grad is not None]
    assert slopes and all(torch.isfinite(slope).all() for slope in slopes) and any(slope.any() for slope in slopes)
