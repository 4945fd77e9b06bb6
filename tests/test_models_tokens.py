"""Tokens: quantiser, transformer, nearby attention and three ways to draw, each against a closed form or a slow reference."""

import itertools
import math

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.gan.patches import adaptive_weight  # noqa: E402
from simulacra.models.tokens import autoregressive, discrete, masked  # noqa: E402
from simulacra.models.tokens.nearby import mask_of, nearby_attention, neighbours  # noqa: E402
from simulacra.models.tokens.quantiser import Quantiser, usage  # noqa: E402
from simulacra.models.tokens.transformer import Cache, TokenTransformer, TransformerConfig  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def transformer(**more):
    """A small transformer in double precision whose every weight is random, those too that begin as nothing."""
    net = TokenTransformer(TransformerConfig(codes=5, side=3, width=8, depth=2, heads=2, **more)).double().eval()
    generator = seeded(1)
    for value in net.parameters():
        value.data = torch.randn(value.shape, generator=generator, dtype=torch.float64) * 0.4
    return net


def test_vectors_become_their_nearest_codes_and_gradients_pass_straight_through():
    torch.manual_seed(0)
    quantiser = Quantiser(7, 4)
    vectors = torch.randn(2, 4, 3, 3, requires_grad=True)
    found = quantiser(vectors)
    slow = [[(code - vector).square().sum() for code in quantiser.codebook]
            for vector in vectors.permute(0, 2, 3, 1).reshape(-1, 4)]  # fmt: skip
    assert found.numbers.flatten().tolist() == torch.tensor(slow).argmin(1).tolist()
    assert torch.allclose(found.values, quantiser.look_up(found.numbers), atol=1e-6)
    weight = torch.randn_like(vectors)
    (through,) = torch.autograd.grad((found.values * weight).sum(), vectors, retain_graph=True)
    assert torch.equal(through, weight)
    (committed,) = torch.autograd.grad(found.commitment, vectors)
    assert torch.allclose(committed, 2 * (vectors - quantiser.look_up(found.numbers)) / vectors.numel(), atol=1e-7)
    assert not list(quantiser.parameters())  # the codebook is no gradient's


def test_the_codebook_is_a_moving_average_of_the_vectors_that_chose_it():
    quantiser = Quantiser(2, 2, decay=0.9, revive=0.0)
    quantiser.codebook.copy_(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))
    quantiser.sums.copy_(quantiser.codebook)
    quantiser.started.fill_(1)
    vectors = torch.tensor([[-2.0, 0.5], [2.0, 1.0], [4.0, 1.0]]).T.reshape(1, 2, 1, 3)
    for _ in range(6):
        quantiser.follow(vectors, seeded())
    kept = 0.9**6
    count = kept + (1 - kept) * torch.tensor([1.0, 2.0])
    total = kept * torch.tensor([[-1.0, 0.0], [1.0, 0.0]]) + (1 - kept) * torch.tensor([[-2.0, 0.5], [6.0, 2.0]])
    assert torch.allclose(quantiser.counts, count) and torch.allclose(
        quantiser.codebook, total / count[:, None], atol=1e-4
    )
    assert usage(torch.tensor([0, 0, 1, 1]), 4)[1].item() == pytest.approx(2)
    assert usage(torch.tensor([0, 0, 0, 1]), 4)[0].item() == 0.5


def test_codes_that_nothing_chooses_are_set_to_vectors_of_the_batch():
    torch.manual_seed(0)
    quantiser = Quantiser(4, 2, decay=0.5, revive=0.1)
    vectors = 100 + torch.randn(1, 2, 4, 4)  # far from the first codes
    flat = vectors[0].flatten(1).T
    quantiser.follow(vectors, seeded())
    assert (torch.cdist(quantiser.codebook, flat).amin(1) < 3).all()
    quantiser.codebook[3] = quantiser.sums[3] = 1e4
    quantiser.counts[3] = 1.0
    for _ in range(4):
        quantiser.follow(vectors, seeded(2))
    assert quantiser.codebook.max() < 110 and usage(quantiser.nearest(vectors), 4)[0] >= 0.75


def test_an_adversarial_loss_weighs_as_much_as_the_others_at_a_linear_last_layer():
    layer, x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True), torch.randn(4, dtype=torch.float64)
    made, a, b = layer @ x, torch.tensor([3.0, 0.0, 4.0]).double(), torch.tensor([0.0, 0.5, 0.0]).double()
    wanted = 5 * x.norm() / (0.5 * x.norm() + 1e-4)  # the gradients are a x^T and b x^T
    assert adaptive_weight(a @ made, b @ made, layer).item() == pytest.approx(wanted.item(), rel=1e-12)


@pytest.mark.parametrize(("grid", "source", "causal"), [((2, 3, 3), (2, 3, 3), True), ((1, 4, 2), (3, 2, 5), False)])
def test_nearby_attention_is_full_attention_under_a_mask(grid, source, causal):
    reach, sizes = (1, 1, 2), [list(itertools.product(*map(range, one))) for one in (grid, source)]
    wanted = torch.tensor([[all(abs(at * b // a - other) <= far for at, other, a, b, far in zip(p, q, grid, source, reach, strict=True))
                            and not (causal and m > n) for m, q in enumerate(sizes[1])] for n, p in enumerate(sizes[0])])  # fmt: skip
    index, there = neighbours(grid, source, reach, causal)
    assert torch.equal(mask_of(index, there, len(sizes[1])), wanted)
    generator = seeded()
    query, key, value = (
        torch.randn(2, 2, len(one), 4, generator=generator, dtype=torch.float64) for one in (sizes[0], *sizes[1:] * 2)
    )
    found = nearby_attention(query, key, value, index, there)
    assert torch.allclose(found, F.scaled_dot_product_attention(query, key, value, wanted), atol=1e-12)
    everywhere = nearby_attention(query, key, value, *neighbours(grid, source, source))
    assert torch.allclose(everywhere, F.scaled_dot_product_attention(query, key, value), atol=1e-12)


@pytest.mark.parametrize("nearby", [0, 1])
def test_a_causal_transformer_leaks_nothing_and_a_cache_changes_nothing(nearby):
    net, tokens = transformer(causal=True, nearby=nearby, context=4), torch.randint(5, (2, 9), generator=seeded())
    words = torch.randn(2, 3, 4, dtype=torch.float64, generator=seeded(3))
    logits = net(autoregressive.shifted(tokens, 5), context=words)
    for place in range(8):
        other = tokens.clone()
        other[:, place] = (other[:, place] + 1) % 5
        changed = (net(autoregressive.shifted(other, 5), context=words) != logits).any(-1)
        assert not changed[:, : place + 1].any() and changed[:, place + 1].all()
    cache, shown = Cache(), autoregressive.shifted(tokens, 5)
    single = [net(shown[:, n, None], context=words, cache=cache, first=n) for n in range(9)]
    assert torch.allclose(torch.cat(single, 1), logits, atol=1e-12)
    free = transformer(nearby=nearby)(tokens)
    assert free.shape == (2, 9, 5) and not torch.allclose(transformer(nearby=1 - nearby)(tokens), free)


def test_what_is_dropped_is_replaced_by_what_was_learned():
    net, tokens, generator = transformer(vector=3, context=4, timed=True), torch.zeros(2, 9, dtype=torch.long), seeded()
    vector, words = (torch.randn(2, *shape, generator=generator, dtype=torch.float64) for shape in ((3,), (6, 4)))
    t = torch.tensor([3, 3])
    half = net(tokens, vector, words, torch.tensor([0.0, 1.0]), t)
    assert torch.allclose(half[0], net(tokens, t=t)[0], atol=1e-12) and not torch.allclose(half[0], half[1])
    assert torch.allclose(half[1], net(tokens, vector, words, None, t)[1], atol=1e-12)
    assert not torch.allclose(half, net(tokens, vector, words, torch.tensor([0.0, 1.0]), t + 1))
    with pytest.raises(BadInput, match="heads: 3 is not allowed"):
        TransformerConfig(5, 3, width=8, heads=3)


def test_a_window_slides_over_grids_that_are_larger():
    for row, column, top, left in autoregressive.windows(4, 7, 3):
        assert 0 <= top <= 1 and 0 <= left <= 4 and 0 <= row - top < 3 and 0 <= column - left < 3
        assert left == column - 1 or left in (0, 4)  # it is in the middle but for the edges
    assert {w[2:] for w in autoregressive.windows(3, 3, 3)} == {(0, 0)}
    net = transformer(causal=True)

    def draw(grid, cache):
        generator = seeded(5)
        return autoregressive.draw(lambda tokens, cache, first: net(tokens, cache=cache, first=first), 2, grid, 3, 5,
                                   lambda logits: autoregressive.chosen(logits, generator, 1.0, 4), cache)  # fmt: skip

    assert torch.equal(draw((3, 3), Cache()), draw((3, 3), None))
    wide = draw((3, 6), None)
    assert wide.shape == (2, 3, 6) and wide.max() < 5  # the start is no code
    told = net(autoregressive.shifted(wide[:, :, 3:6].flatten(1), 5))[:, -1]
    likeliest = autoregressive.draw(lambda tokens, *_: net(tokens), 2, (3, 6), 3, 5, lambda logits: logits.argmax(-1))
    assert torch.equal(
        net(autoregressive.shifted(likeliest[:, :, 3:6].flatten(1), 5))[:, -1].argmax(-1), likeliest[:, 2, 5]
    )
    assert not (autoregressive.chosen(told, seeded(), 1.0, 2)[:, None] == told.topk(3, largest=False).indices).any()
    assert torch.equal(autoregressive.chosen(told, seeded(), 0.0), told.argmax(-1))


def test_unknown_tokens_grow_fewer_by_the_cosine():
    assert masked.left_masked(256, 8) == [251, 236, 212, 181, 142, 97, 49, 0]
    for count, steps in ((64, 8), (16, 16), (5, 9), (1, 1)):
        left = [count, *masked.left_masked(count, steps)]
        assert left[-1] == 0 and all(b < a or a == 0 for a, b in itertools.pairwise(left))
        assert sum(a - b for a, b in itertools.pairwise(left)) == count
    tokens = torch.arange(40).reshape(2, 20) % 7
    seen, hidden = masked.masked_at_random(tokens, 7, 0.5, seeded())
    assert torch.equal(seen == 7, hidden) and torch.equal(seen[~hidden], tokens[~hidden])
    share = torch.cos(torch.rand(2, 1, generator=seeded()) * math.pi / 2).clamp(min=0.5)
    assert hidden.sum(1).tolist() == (share[:, 0] * 20).floor().tolist()
    loss = masked.masked_loss(torch.zeros(2, 20, 7), tokens, hidden, 0.1)
    assert loss.item() == pytest.approx(math.log(7), rel=1e-6)


def test_the_surest_tokens_stay_as_another_library_keeps_them():
    schedulers = pytest.importorskip("diffusers").AmusedScheduler
    count, codes, mask = 16, 6, 6
    generator = seeded()
    gaps = torch.linspace(9, 14, count)[
        torch.randperm(count, generator=generator)
    ]  # of the likeliest code: drawn all but always
    best = torch.randint(codes, (count,), generator=generator)
    logits = F.one_hot(best, codes) * gaps[:, None]
    theirs, steps = schedulers(mask_token_id=mask), []
    theirs.set_timesteps(5, temperature=(0.0, 0.0))
    sample = torch.full((1, count), mask)
    for t in theirs.timesteps:
        padded = F.pad(logits, (0, 1), value=-99.0)[None]
        sample = theirs.step(padded, t, sample, generator=seeded(1)).prev_sample
        steps.append(sample)
    ours = []
    masked.draw(
        lambda tokens: ours.append(tokens) or logits[None], torch.full((1, count), mask), mask, 5, seeded(2), 0.0
    )
    assert all(torch.equal(a, b) for a, b in zip(ours[1:], steps, strict=False)) and len(ours) == 5
    assert torch.equal(steps[-1][0], best)


def test_tokens_that_are_known_never_change():
    known = torch.randint(5, (3, 12), generator=seeded())
    known[:, ::2] = 5
    seen = []

    def told(tokens):
        seen.append(tokens)
        return torch.randn(3, 12, 5, generator=seeded(len(seen)))

    made = masked.draw(told, known, 5, 4, seeded(1))
    for tokens in (*seen, made):
        assert torch.equal(tokens[:, 1::2], known[:, 1::2])
    assert made.max() < 5 and [int((tokens[0] == 5).sum()) for tokens in seen] == [6, *masked.left_masked(6, 4)[:-1]]
    assert all(((b == a) | (a == 5)).all() for a, b in itertools.pairwise(seen))


PROCESS = discrete.MaskAndReplace(codes=4, steps=6)


def test_transitions_are_matrices_in_closed_form():
    whole = torch.eye(5, dtype=torch.float64)
    for t in range(1, 7):
        step = PROCESS.matrix(t - 1, t)
        assert torch.allclose(step.sum(0), torch.ones(5)) and (step >= 0).all() and step[-1, -1] == 1
        whole = step.double() @ whole
        assert torch.allclose(PROCESS.matrix(0, t).double(), whole, atol=1e-6)
    strided = PROCESS.matrix(3, 4) @ PROCESS.matrix(2, 3) @ PROCESS.matrix(1, 2)
    assert torch.allclose(PROCESS.matrix(1, 4), strided, atol=1e-6)
    tokens = torch.full((1, 40_000), 2)
    drawn = PROCESS.noised(tokens, torch.tensor([3]), seeded())
    share = torch.bincount(drawn[0], minlength=5) / tokens.numel()
    assert torch.allclose(share, PROCESS.matrix(0, 3)[:, 2], atol=0.01)


def test_the_published_rates_are_those_of_another_library():
    scheduler = getattr(pytest.importorskip("diffusers"), "VQDiffusionScheduler", None)
    if scheduler is None:
        pytest.skip("this diffusers has no VQDiffusionScheduler")
    theirs, process = scheduler(num_vec_classes=9, num_train_timesteps=100), discrete.MaskAndReplace(8, 100)
    t = torch.arange(1, 101)
    for before, names in (
        (t - 1, ("log_at", "log_bt", "log_ct")),
        (t * 0, ("log_cumprod_at", "log_cumprod_bt", "log_cumprod_ct")),
    ):
        for rate, name in zip(process.between(before, t), names, strict=True):
            assert torch.allclose(rate, getattr(theirs, name)[:100].exp().float(), atol=1e-6)


@pytest.mark.parametrize("before", [0, 2, 3])
def test_posteriors_are_those_of_bayes(before):
    """Over four codes, by the sum over all first tokens and all that a token may be in between."""
    t, guess = 4, torch.rand(5, 4, generator=seeded()).softmax(-1)
    first, step = PROCESS.matrix(0, before).double(), PROCESS.matrix(before, t).double()
    for now in range(5):
        wanted = torch.zeros(5, dtype=torch.float64)
        for code in range(4):
            joint = torch.stack([first[n, code] * step[now, n] for n in range(5)])
            wanted += guess[now, code] * joint / joint.sum()
        found = PROCESS.posterior(
            guess[now, None, None], torch.tensor([[now]]), torch.tensor([before]), torch.tensor([t])
        )
        assert torch.allclose(
            found[0, 0].double(), wanted / wanted.sum(), atol=1e-5
        ) and found.sum().item() == pytest.approx(1)


def test_the_bound_is_nothing_for_who_knows_and_the_chain_gives_the_data_back():
    tokens, t = torch.randint(4, (6, 3), generator=seeded()), torch.arange(1, 7)
    noised = PROCESS.noised(tokens, t, seeded(1))
    sure = F.one_hot(tokens, 4).float() * 60
    for found in PROCESS.losses(sure, tokens, noised, t):
        assert found.abs().max() < 1e-5
    bound, cross = PROCESS.losses(torch.zeros(6, 3, 4), tokens, noised, t)
    assert bound[0] == cross[0] and torch.allclose(cross, torch.tensor(math.log(4))) and (bound > 0).all()
    data = torch.tensor(
        [0.5, 0.3, 0.2, 0.0]
    )  # from what the process ends as, by the posteriors of who knows the data alone
    share = F.pad(PROCESS.matrix(0, 6)[:, :4] @ data, (0, 0))
    for now, before in ((6, 4), (4, 3), (3, 0)):
        joint = PROCESS.matrix(0, now)[:, :4] * data  # of what is at now, and of the first token
        guess = joint / joint.sum(1, keepdim=True)
        back = PROCESS.posterior(guess[None], torch.arange(5)[None], torch.tensor([before]), torch.tensor([now]))[0]
        share = share @ back
    assert torch.allclose(share, F.pad(data, (0, 1)), atol=1e-5)


@pytest.mark.parametrize("purity", [None, 1.0])
@pytest.mark.parametrize("steps", [1, 4, 6])
def test_strides_back_find_what_the_guesses_know(steps, purity):
    tokens, told = torch.randint(4, (2, 9), generator=seeded()), []
    exact = F.one_hot(tokens, 4).float()
    found = discrete.draw(PROCESS, lambda seen, t: told.append(seen) or exact, 2, 9, steps, seeded(1), purity)
    assert torch.equal(found, tokens) and len(told) == steps and (told[0] == 4).all()
    if purity:  # what is known stays, and as much is unknown as the process says
        assert all(((b == a) | (a == 4)).all() for a, b in itertools.pairwise(told))
    cut = discrete.truncated(torch.tensor([[0.5, 0.3, 0.15, 0.05]]), 0.7)
    assert torch.allclose(cut, torch.tensor([[0.625, 0.375, 0.0, 0.0]]))


def test_the_purest_are_unmasked_first():
    peaked = torch.tensor([[[0.97, 0.01, 0.01, 0.01], [0.25, 0.25, 0.25, 0.25]]]).repeat(400, 1, 1)
    found = discrete._purest(PROCESS, torch.full((400, 2), 4), peaked, 1, 0.0, seeded())
    assert ((found != 4).sum(1) == 1).all()
    share = (found[:, 0] != 4).float().mean().item()
    assert share == pytest.approx(0.97 / 1.22, abs=0.06)
