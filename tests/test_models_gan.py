"""Adversarial networks: layers, losses and regularisers against closed forms."""

import math

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from gan_stage import rng, small_eg3d, trainer_of  # noqa: E402

from simulacra.models.core.cameras import POSE, orbit, pose_vectors  # noqa: E402
from simulacra.models.core.style_layers import ModulatedConv, blur, resize  # noqa: E402
from simulacra.models.gan.discriminators import (  # noqa: E402
    Discriminator,
    DiscriminatorConfig,
    blur_at,
    dual,
    spread_of_batch,
)
from simulacra.models.gan.regularizers import CameraHead, DensitySmoothness, gradient_penalty  # noqa: E402
from simulacra.models.systems import eg3d  # noqa: E402

pytestmark = pytest.mark.usefixtures("seeded_torch")


@pytest.mark.parametrize("kernel", [1, 3])
def test_demodulated_convolution_keeps_unit_variance(kernel):
    """Whatever the style; without demodulation the style's scale passes through."""
    layer = ModulatedConv(32, 48, 16, kernel)
    values, style = torch.randn(64, 32, 16, 16, generator=rng()), 5 * torch.randn(64, 16, generator=rng(1))
    inside = slice(1, -1)  # at the border zeros were added
    result = layer(values, style)[:, :, inside, inside]
    # Over 5 seeds the variance of everything was 1 within 0.003, that of one channel of one sample within 0.4 (196 px).
    assert result.var().item() == pytest.approx(1, abs=0.01)
    assert result.var((2, 3)).sub(1).abs().max() < 0.6
    layer.demodulate = False
    assert layer(values, style).var() > 5


def test_modulating_the_input_is_modulating_the_weights():
    """Scaling input and output channels equals one convolution for each sample with its own demodulated weights."""
    layer = ModulatedConv(5, 7, 4).double()
    values, style = torch.randn(3, 5, 8, 8, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    weights = layer.weight * layer.scale * layer.affine(style)[:, None, :, None, None]
    weights = weights / (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    own = torch.cat([F.conv2d(v[None], w, padding=1) for v, w in zip(values, weights, strict=True)])
    torch.testing.assert_close(layer(values, style), own)


def test_blur_of_nothing_is_the_identity_and_blur_keeps_the_mean():
    pictures = torch.randn(2, 3, 16, 16, generator=rng())
    assert blur(pictures, 0.0) is pictures
    flat = torch.full((1, 3, 16, 16), 0.3)
    torch.testing.assert_close(blur(flat, 2.0), flat)
    point = torch.zeros(1, 1, 33, 33)
    point[0, 0, 16, 16] = 1
    at = torch.arange(33.0) - 16
    spread = blur(point, 2.0)[0, 0].sum(0)
    assert (spread * at.square()).sum().item() == pytest.approx(4, rel=0.05)  # the Gaussian is cut at 3 sigma


def test_the_discriminators_blur_fades_to_none():
    assert blur_at(0, 0.64, 100) == 0.64
    assert blur_at(50, 0.64, 100) == pytest.approx(0.32)
    assert blur_at(100, 0.64, 100) == blur_at(900, 0.64, 100) == blur_at(0, 0.64, 0) == 0


def test_the_discriminator_under_no_blur_is_the_discriminator():
    discriminator = Discriminator(DiscriminatorConfig(16, 3, 8, 16))
    pictures = torch.randn(4, 3, 16, 16)
    assert torch.equal(discriminator(pictures, sigma=0.0)["logit"], discriminator(pictures)["logit"])
    assert not torch.equal(discriminator(pictures, sigma=1.0)["logit"], discriminator(pictures)["logit"])


def test_the_spread_of_a_batch_of_equals_is_none():
    same = torch.randn(1, 3, 4, 4).expand(4, -1, -1, -1)
    assert spread_of_batch(same)[:, 3].abs().max() < 2e-4
    assert spread_of_batch(torch.randn(6, 3, 4, 4)).shape == (6, 4, 4, 4)


def test_dual_discrimination_sees_both_pictures():
    fine, raw = torch.randn(2, 3, 16, 16), torch.randn(2, 3, 8, 8)
    both = dual(fine, raw)
    assert torch.equal(both[:, :3], fine) and torch.equal(both[:, 3:], resize(raw, 16))
    model = eg3d.EG3D(small_eg3d())
    real = model.real(fine, 0)
    assert torch.equal(real[:, :3], fine)
    assert real[:, 3:].std() < 0.7 * fine.std()  # the raw half holds no detail


def test_the_logit_is_conditioned_on_the_camera():
    discriminator = Discriminator(DiscriminatorConfig(16, 3, 8, 16, POSE, {"camera": 3}))
    pictures, cameras = torch.randn(4, 3, 16, 16), orbit(torch.tensor([-40.0, -10, 10, 40]), torch.zeros(4), 6.0, 20.0)
    poses = pose_vectors(cameras)
    one, other = discriminator(pictures, poses), discriminator(pictures, poses.flip(0))
    assert one["logit"].shape == (4,) and one["camera"].shape == (4, 3)
    assert not torch.allclose(one["logit"], other["logit"])
    assert torch.equal(one["camera"], other["camera"])  # a head sees the picture alone


# -- losses and regularisers


def test_r1_of_a_linear_discriminator_is_its_squared_weight():
    weight = torch.randn(3, 8, 8, dtype=torch.float64)
    pictures = torch.randn(5, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty((pictures * weight).sum((1, 2, 3)), pictures)
    torch.testing.assert_close(penalty, weight.square().sum().expand(5))


def test_a_constant_discriminator_teaches_the_generator_nothing():
    config = small_eg3d()
    trainer = trainer_of("eg3d", config, None, regularizers=[])
    for parameter in trainer.discriminator.logit.parameters():
        torch.nn.init.zeros_(parameter)
    trainer.of["discriminator"].param_groups[0]["lr"] = 0.0
    metrics = trainer.advance()
    assert metrics["loss"] == pytest.approx(math.log(2))
    assert all(p.grad is None or not p.grad.any() for p in trainer.generator.parameters())


def test_density_smoothness_is_none_of_a_constant_and_reaches_density_alone():
    config = small_eg3d()
    model = eg3d.EG3D(config)
    context = type("Context", (), {"generator": model, "latents": torch.randn(2, 16), "poses": torch.randn(2, POSE)})
    regularizer = DensitySmoothness(1.0, points=64)
    loss = regularizer.generator_loss(context, rng())
    assert loss > 0
    loss.backward()
    assert model.decoder.hidden.weight.grad.abs().sum() > 0
    colour = model.decoder.out.weight.grad[1:]
    assert not colour.any() and not any(p.grad is not None for p in model.sharpen.parameters())
    with torch.no_grad():
        model.decoder.out.weight[0] = 0
    assert regularizer.generator_loss(context, rng()) == 0


def test_the_camera_head_is_right_at_no_loss():
    cameras = orbit(torch.tensor([0.0, 90.0]), torch.zeros(2), 6.0, 20.0)
    right = torch.tensor([[0.0, -1, 0], [1, 0, 0]])
    context = type("Context", (), {"cameras": cameras, "fake_outputs": {"camera": right}})
    assert CameraHead(1.0).generator_loss(context, rng()) < 1e-10
    context.fake_outputs = {"camera": -right}
    assert CameraHead(3.0).discriminator_loss(context, rng()).item() == pytest.approx(4.0)  # 3 * (2 of 6 are off by 2)
