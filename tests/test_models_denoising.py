"""Variances, guidance and networks of picture diffusion against closed forms and diffusers."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.diffusion.autoencoder import (  # noqa: E402
    Autoencoder,
    AutoencoderConfig,
    drawn,
    standard_divergence,
)
from simulacra.models.diffusion.classifier import NoisyClassifier, classifier_loss  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, unconditional  # noqa: E402
from simulacra.models.diffusion.dit import DiT, DiTBlock, DiTConfig, places  # noqa: E402
from simulacra.models.diffusion.guidance import classifier_gradient, guided, pushed  # noqa: E402
from simulacra.models.diffusion.process import Gaussian  # noqa: E402
from simulacra.models.diffusion.samplers import ddim, ddpm  # noqa: E402
from simulacra.models.diffusion.unet import UNetConfig  # noqa: E402
from simulacra.models.diffusion.variance import (  # noqa: E402
    BOUND_WEIGHT,
    StepSampler,
    bound_terms,
    denoising_loss,
    gaussian_divergence,
    step_variance,
)
from simulacra.models.gan.patches import PatchDiscriminator, adaptive_weight, hinge_loss  # noqa: E402

MIDDLE, DEVIATION = 0.7, 0.3  # of the two normal distributions of a mixture, at plus and minus


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    "kind, theirs", [("small", "fixed_small"), ("large", "fixed_large"), ("learned", "learned_range")]
)
def test_ancestral_steps_of_all_variances_are_those_of_diffusers(kind, theirs):
    """A trajectory of 20 of 100 steps; the network's share of the range is a wave of x."""
    diffusers = pytest.importorskip("diffusers")
    process = Gaussian("linear", 100)
    oracle = diffusers.DDPMScheduler(100, beta_start=1e-3, beta_end=0.2, clip_sample=False, variance_type=theirs)
    process.levels = oracle.alphas_cumprod.double().tolist()
    oracle.alphas_cumprod, oracle.one = oracle.alphas_cumprod.double(), oracle.one.double()
    oracle.set_timesteps(20)

    def denoise(x, t):
        return torch.cat([x.sin(), (3 * x).cos()], 1) if kind == "learned" else x.sin()

    start, noises = normal(2, 3, 4, 4), seeded(5)
    x = start
    for t in oracle.timesteps:
        x = oracle.step(denoise(x, t), t, x, generator=noises).prev_sample
    ours = ddpm(denoise, process, start, 20, seeded(5), variance=kind)
    assert float((ours - x).abs().max()) < 2e-5 * float(x.abs().max())  # they take logarithms in float32


def test_a_learned_variance_lies_between_both_bounds():
    process = Gaussian("cosine", 50)
    large, small = (step_variance(process, kind, None, 20, 19) for kind in ("large", "small"))
    later, earlier = process.left(20), process.left(19)
    assert large == pytest.approx(1 - later / earlier) and small == pytest.approx(large * (1 - earlier) / (1 - later))
    share = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    found = step_variance(process, "learned", share, 20, 19)
    assert torch.allclose(found, torch.tensor([small, (small * large) ** 0.5, large], dtype=torch.float64), rtol=1e-12)
    with pytest.raises(BadInput, match="the network learned none; allowed are small, large"):
        step_variance(process, "learned", None, 20, 19)


def test_the_terms_of_the_bound_sum_to_the_entropy_of_normal_data():
    """With the best mean and variance each step back is the true one, and the bound is the code length of 8 bits itself."""
    process, mean, deviation = Gaussian("cosine", 60), 0.1, 0.2
    nodes, weights = (torch.tensor(part) for part in np.polynomial.hermite_e.hermegauss(24))
    weights = weights / weights.sum()
    x0 = (mean + deviation * nodes)[:, None].expand(24, 24).reshape(-1, 1)
    noise, share_of = nodes[None].expand(24, 24).reshape(-1, 1), torch.outer(weights, weights).reshape(-1)
    total = 0.0
    for step in range(process.steps):
        t = torch.full((len(x0),), step)
        x_t, left = process.q_sample(x0, t, noise), process.left(step)
        earlier = process.left(step - 1)
        gain = left**0.5 * deviation**2 / (left * deviation**2 + 1 - left)
        guess = mean + gain * (x_t - left**0.5 * mean)
        spread = deviation**2 * (1 - left) / (left * deviation**2 + 1 - left)  # of x0, given x_t
        large = 1 - left / earlier
        small = (1 - earlier) / (1 - left) * large
        of_signal = earlier**0.5 * large / (1 - left)
        lowest = (
            small if step else (1 - process.left(0)) / (1 - process.left(1)) * (1 - process.left(1) / process.left(0))
        )
        true = small + of_signal**2 * spread
        share = 2 * (math.log(true) - math.log(lowest)) / (math.log(large) - math.log(lowest)) - 1
        eps = (x_t - left**0.5 * guess) / (1 - left) ** 0.5
        terms = bound_terms(process, torch.cat([eps, torch.full_like(eps, share)], 1), x0, x_t, t)
        total += float((terms * share_of).sum())
    last = torch.full((len(x0),), process.steps - 1)
    a, s = process.scales(x0, last)
    prior = gaussian_divergence(a * x0, (s**2).log(), torch.zeros_like(x0), torch.zeros_like(x0))
    total += float((prior[:, 0] * share_of).sum()) / math.log(2)
    entropy = math.log2(deviation * (2 * math.pi * math.e) ** 0.5 / (2 / 255))
    assert total == pytest.approx(entropy, abs=2e-3)  # bits; of 6.7
    with pytest.raises(BadInput, match="needs a network that learns its variance"):
        bound_terms(process, x0, x0, x0, torch.zeros(len(x0), dtype=torch.long))


def test_the_bound_of_a_hybrid_loss_teaches_the_variance_alone():
    process, x0 = Gaussian("cosine", 20), normal(4, 1, 2, 2) / 2
    prediction, share = (torch.full((1,), value, dtype=torch.float64, requires_grad=True) for value in (0.1, -0.3))

    def denoiser(x, t, cond):
        return torch.cat([prediction * x, share.expand_as(x)], 1)

    found = denoising_loss(process, denoiser, x0, None, seeded(1), "hybrid")
    assert found["loss"].item() == pytest.approx((found["simple"] + BOUND_WEIGHT * found["bound"]).item())
    of_loss = torch.autograd.grad(found["loss"], (prediction, share), retain_graph=True)
    (of_simple,) = torch.autograd.grad(found["simple"], prediction, retain_graph=True)
    (of_bound,) = torch.autograd.grad(found["bound"], share)
    assert float(of_loss[0]) == float(of_simple) and float(of_loss[1]) == pytest.approx(BOUND_WEIGHT * float(of_bound))
    t, noise = process.draw(x0, seeded(1))
    x_t = process.q_sample(x0, t, noise)
    simple = process.loss(lambda x, t, cond: prediction * x, x0, None, seeded(1))
    whole = bound_terms(process, denoiser(x_t, t, None), x0, x_t, t).mean() * process.steps
    assert simple.item() == found["simple"].item() and whole.item() == pytest.approx(found["bound"].item())


def test_steps_are_drawn_by_their_losses_without_a_bias():
    sampler = StepSampler(4)
    assert torch.allclose(sampler.shares(), torch.full((4,), 0.25))
    for _ in range(10):
        sampler.tell(torch.arange(4), torch.tensor([9.0, 9.0, 9.0, 9.0]))
    for _ in range(10):  # the old ones are forgotten
        sampler.tell(torch.arange(4), torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert torch.allclose(sampler.shares(), 0.999 * torch.tensor([0.1, 0.2, 0.3, 0.4]) + 0.001 / 4)
    t, weights = sampler.draw(200_000, seeded())
    assert torch.allclose(torch.bincount(t) / len(t), sampler.shares(), atol=5e-3)
    assert float((weights * (t + 1.0)).mean()) == pytest.approx(2.5, abs=0.02)


def mixture(process):
    """The best noise of a mixture of two normal distributions at ±MIDDLE, or of one of them, and the classifier of both."""

    def parts(x, t):
        a, s = process.scales(x, t)
        variance = a**2 * DEVIATION**2 + s**2
        centres = torch.stack([-a * MIDDLE, a * MIDDLE])
        logits = -((x - centres) ** 2) / (2 * variance)
        scores = (centres - x) / variance
        return logits, scores, s

    def of_class(number):
        return lambda x, t: -parts(x, t)[2] * parts(x, t)[1][number]

    def whole(x, t):
        logits, scores, s = parts(x, t)
        return -s * (logits.softmax(0) * scores).sum(0)

    return whole, of_class, lambda x, t: parts(x, t)[0][..., 0].T


def test_a_classifiers_gradient_turns_a_mixture_into_one_of_its_parts():
    process = Gaussian("cosine", 200)
    whole, of_class, classifier = mixture(process)
    x, t, wanted = normal(64, 1), torch.full((64,), 90), torch.ones(64, dtype=torch.long)
    gradient = classifier_gradient(classifier, wanted, 1.0)
    assert torch.allclose(pushed(whole, process, gradient)(x, t), of_class(1)(x, t), atol=1e-12)
    both = ddim(pushed(whole, process, gradient), process, x, 50), ddim(of_class(1), process, x, 50)
    assert float((both[0] - both[1]).abs().max()) < 1e-9
    for prediction in ("x0", "v"):  # what is predicted makes no difference
        other = Gaussian("cosine", 200, prediction)
        a, s = other.scales(x, t)

        def same(x, t, a=a, s=s, kind=prediction):
            eps, share = whole(x, t), torch.zeros_like(x)
            return torch.cat([(x - s * eps) / a if kind == "x0" else (eps - s * x) / a, share], 1)

        moved, share = pushed(same, other, gradient)(x, t).split(1, 1)
        assert torch.allclose(other.to_eps(moved, x, t), of_class(1)(x, t), atol=1e-12) and (share == 0).all()


def test_a_classifiers_gradient_moves_each_mean_by_the_variance_times_itself():
    process = Gaussian("cosine", 200)
    whole, _, classifier = mixture(process)
    x, wanted = normal(64, 1), torch.ones(64, dtype=torch.long)
    seen = []

    def push(x, t):
        seen.append((int(t[0]), classifier_gradient(classifier, wanted, 3.0)(x, t)))
        return seen[-1][1]

    plain, moved = (ddpm(whole, process, x, 2, seeded(1), variance="large", push=how) for how in (None, push))
    ((step, gradient),) = seen  # the last step draws nothing, and is not pushed
    left = process.left(0)
    a_step = (
        step_variance(process, "large", None, step, 0) * gradient
    )  # both steps' means differ by this before the last one
    assert step == 100 and not torch.allclose(plain, moved)
    first = []
    for how in (None, push):
        ddpm(lambda x, t: first.append(x) or whole(x, t), process, x, 2, seeded(1), variance="large", push=how)
    assert torch.allclose(first[3] - first[1], a_step, atol=1e-12) and left < 1
    pushed_far = ddpm(whole, process, normal(2000, 1, seed=3), 50, seeded(2), variance="large",
                      push=classifier_gradient(classifier, torch.ones(2000, dtype=torch.long), 1.0))  # fmt: skip
    assert (
        float(pushed_far.mean()) == pytest.approx(MIDDLE, abs=0.03) and float((pushed_far > 0).double().mean()) > 0.97
    )


def test_guidance_sharpens_a_mixture_and_leaves_the_share_of_the_variance():
    process = Gaussian("cosine", 200)
    whole, of_class, _ = mixture(process)

    def denoiser(x, t, cond):
        told = (cond.vec[:, :1] > 0).double()
        both = told * of_class(1)(x, t) + (1 - told) * whole(x, t)
        return torch.cat([both, cond.vec[:, :1].expand_as(x)], 1)

    x, t = normal(500, 1), torch.full((500,), 90)
    cond = Cond(vec=torch.ones(500, 1, dtype=torch.float64))
    found = {scale: guided(denoiser, cond, scale=scale) for scale in (1.0, 2.0, 4.0)}
    assert torch.equal(found[1.0](x, t), denoiser(x, t, cond))
    assert all(torch.equal(denoise(x, t)[:, 1:], cond.vec) for denoise in found.values())
    means = [float(ddim(denoise, process, x, 50).mean()) for denoise in found.values()]
    assert means[0] == pytest.approx(MIDDLE, abs=0.04) and means[0] < means[1] < means[2]
    wrong = [float((ddim(denoise, process, x, 50) < 0).double().mean()) for denoise in found.values()]
    assert wrong[2] <= wrong[1] <= wrong[0] < 0.03


def test_a_transformers_block_is_the_identity_at_first_and_learns_nevertheless():
    torch.manual_seed(0)
    block, x = DiTBlock(16, 4, tokens=6).double(), normal(2, 5, 16)
    embedding, tokens = normal(2, 16, seed=1), normal(2, 3, 6, seed=2)
    assert torch.equal(block(x, embedding, tokens), x)
    block(x, embedding, tokens).square().sum().backward()
    gates = block.modulate.weight.grad.reshape(6, 16, 16).abs().amax((1, 2))
    assert (gates[[2, 5]] > 0).all() and (gates[[0, 1, 3, 4]] == 0).all()
    assert block.across.close.weight.grad.abs().max() > 0


def test_the_transformer_is_that_of_diffusers():
    """Its weights in theirs give the same of the same pictures and classes, at step 0, where both embed times alike."""
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    ours = DiT(DiTConfig(2, 4, size=8, patch=2, width=16, depth=2, heads=2, vector=3)).eval()
    for name, value in ours.named_parameters():  # what begins at zero too
        value.data = torch.randn(value.shape) * (0.1 if "keep" not in name else 0.0)
    theirs = diffusers.DiTTransformer2DModel(num_attention_heads=2, attention_head_dim=8, in_channels=2, out_channels=4, num_layers=2,
                                             sample_size=8, patch_size=2, num_embeds_ada_norm=3, norm_eps=1e-6).eval()  # fmt: skip
    state = theirs.state_dict()

    def take(name, weight, bias=None):
        assert state[f"{name}.weight"].shape == weight.shape, name
        state[f"{name}.weight"] = weight
        if bias is not None:
            state[f"{name}.bias"] = bias

    take("pos_embed.proj", ours.enter.weight, ours.enter.bias)
    take("proj_out_1", ours.modulate.weight, ours.modulate.bias)
    take("proj_out_2", ours.close.weight, ours.close.bias)
    for number, block in enumerate(ours.blocks):
        at = f"transformer_blocks.{number}"
        take(f"{at}.norm1.emb.timestep_embedder.linear_1", ours.time[0].weight, ours.time[0].bias)
        take(f"{at}.norm1.emb.timestep_embedder.linear_2", ours.time[2].weight, ours.time[2].bias)
        nothing = torch.zeros(1, 16)  # theirs keeps the class that is none as one more row
        take(f"{at}.norm1.emb.class_embedder.embedding_table", torch.cat([ours.vector.weight.T, nothing]))
        take(f"{at}.norm1.linear", block.modulate.weight, block.modulate.bias)
        weights, biases = block.attention.query_key_value.weight.chunk(3), block.attention.query_key_value.bias.chunk(3)
        for name, weight, bias in zip(("to_q", "to_k", "to_v"), weights, biases, strict=True):
            take(f"{at}.attn1.{name}", weight, bias)
        take(f"{at}.attn1.to_out.0", block.attention.close.weight, block.attention.close.bias)
        take(f"{at}.ff.net.0.proj", block.feed[0].weight, block.feed[0].bias)
        take(f"{at}.ff.net.2", block.feed[2].weight, block.feed[2].bias)
    theirs.load_state_dict(state)
    assert torch.allclose(theirs.pos_embed.pos_embed[0], places(16, 4), atol=1e-6)
    x, t, classes = torch.randn(3, 2, 8, 8), torch.zeros(3, dtype=torch.long), torch.tensor([0, 2, 1])
    with torch.no_grad():
        wanted = theirs(x, t, classes).sample
        found = ours(x, t, Cond(vec=torch.nn.functional.one_hot(classes, 3).float()))
    assert torch.allclose(found, wanted, atol=1e-5) and wanted.std() > 0.1


def test_a_transformer_hears_every_part_of_a_condition_and_none_that_was_dropped():
    torch.manual_seed(0)
    net = DiT(DiTConfig(1, 2, size=4, patch=2, width=8, depth=1, heads=2, vector=3, tokens=5, spatial=2))
    x, t = torch.randn(2, 1, 4, 4), torch.tensor([3, 7])
    cond = Cond(torch.randn(2, 3), torch.randn(2, 6, 5), torch.randn(2, 2, 2, 2))
    assert (net(x, t, cond) == 0).all()
    for value in net.parameters():
        value.data = torch.randn(value.shape) * 0.3
    whole = net(x, t, cond)
    for name in ("vec", "tokens", "spatial"):
        other = Cond(
            **{part: getattr(cond, part) * (-1 if part == name else 1) for part in ("vec", "tokens", "spatial")}
        )
        assert not torch.allclose(net(x, t, other), whole)
    assert torch.allclose(net(x, t, unconditional(cond)), net(x, t), atol=1e-6)
    with pytest.raises(BadInput, match="condition tokens of none: allowed are 5 channels for 2 samples"):
        net(x, t, Cond(vec=cond.vec, spatial=cond.spatial))
    with pytest.raises(BadInput, match="input 1x8x4: allowed are 1 channels, 4 a side"):
        net(torch.randn(2, 1, 8, 4), t)
    for bad in ({"patch": 3}, {"heads": 3}, {"width": 6}):
        with pytest.raises(BadInput, match="allowed"):
            DiT(DiTConfig(1, 1, **{"size": 4, "patch": 2, "width": 8, "heads": 2} | bad))


def test_a_classifier_of_noised_pictures_learns_what_light_noise_leaves():
    torch.manual_seed(0)
    process = Gaussian("cosine", 100)
    net = NoisyClassifier(UNetConfig(1, 1, 8, (1, 2), 1, (2,), rollout=False, size=4), 2)
    classes = torch.tensor([0, 1]).repeat(8)
    x0 = (classes[:, None, None, None] * 2.0 - 1).expand(16, 1, 4, 4)
    optimiser, generator = torch.optim.Adam(net.parameters(), 3e-3), seeded()
    for _ in range(25):
        optimiser.zero_grad()
        classifier_loss(process, net, x0, classes, generator)["loss"].backward()
        optimiser.step()
    t = torch.full((16,), 50)
    noised = process.q_sample(x0, t, torch.randn(x0.shape, generator=generator))
    assert (net(noised, t).argmax(1) == classes).all()
    gradient = classifier_gradient(net, torch.ones(16, dtype=torch.long), 1.0)(noised, t)
    before, after = (net(x, t).log_softmax(1)[:, 1] for x in (noised, noised + 0.01 * gradient))
    rise = 0.01 * gradient.square().sum((1, 2, 3))
    assert torch.allclose(after - before, rise, rtol=0.2, atol=1e-5) and (rise > 0).all()


def test_latents_diverge_from_the_standard_distribution_as_normal_distributions_do():
    mean, log_variance = normal(3, 2, 2, 2), normal(3, 2, 2, 2, seed=1)
    theirs = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (log_variance / 2).exp()),
        torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean)),
    )
    assert torch.allclose(standard_divergence(mean, log_variance), theirs.flatten(1).sum(1), rtol=1e-12)
    assert torch.equal(gaussian_divergence(mean, log_variance, mean, log_variance), torch.zeros_like(mean))
    many = drawn(
        mean.expand(4000, 3, 2, 2, 2).flatten(0, 1), log_variance.expand(4000, 3, 2, 2, 2).flatten(0, 1), seeded()
    )
    many = many.unflatten(0, (4000, 3))
    assert torch.allclose(many.mean(0), mean, atol=0.15) and torch.allclose(many.var(0).log(), log_variance, atol=0.12)


def test_an_autoencoder_is_convolutional_and_shrinks_by_its_levels():
    net = Autoencoder(AutoencoderConfig(width=8, multipliers=(1, 2, 2), latent=3))
    for side in (16, 24):
        mean, log_variance = net.encode(torch.randn(2, 3, side, side))
        assert mean.shape == log_variance.shape == (2, 3, side // 4, side // 4) and net.config.factor == 4
        assert net.decode(mean).shape == (2, 3, side, side)
    with pytest.raises(BadInput, match="7 levels are not allowed"):
        AutoencoderConfig(multipliers=(1,) * 7)


def test_an_adversarial_loss_weighs_as_much_as_the_others_at_the_last_layer():
    torch.manual_seed(0)
    last, judge = torch.nn.Conv2d(2, 3, 3, padding=1), PatchDiscriminator(8)
    made, pictures = last(torch.randn(2, 2, 16, 16)), torch.randn(2, 3, 16, 16)
    loss, adversarial = (made - pictures).abs().mean(), -judge(made).mean()
    weight = adaptive_weight(loss, adversarial, last.weight)
    norms = [torch.autograd.grad(part, last.weight, retain_graph=True)[0].norm() for part in (loss, adversarial)]
    assert float(weight) == pytest.approx(float(norms[0] / (norms[1] + 1e-4))) and not weight.requires_grad
    assert judge(pictures).shape == (2, 1, 2, 2)
    real, fake = torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.0])
    assert float(hinge_loss(real, fake)) == pytest.approx(0.5 * (0.25 + 0.5))
