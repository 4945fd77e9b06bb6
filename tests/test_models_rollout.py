"""The UNet of rolled planes: what the 3D-aware convolution sees, that seams hold, and how conditions enter."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.layers import Attention, FourierFeatures, timestep_embedding  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, drop, unconditional  # noqa: E402
from simulacra.models.diffusion.guidance import guided  # noqa: E402
from simulacra.models.diffusion.rollout import RolloutConv, aggregate, closing_conv, merge, split  # noqa: E402
from simulacra.models.diffusion.unet import UNet, UNetConfig, count_parameters, matched_plain  # noqa: E402

SMALL = UNetConfig(3, 3, base=16, multipliers=(1, 2), blocks=1, attention=(4,), size=8)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def stirred(config, seed=0):
    """A UNet with no zeros left, so that every path carries something."""
    torch.manual_seed(seed)
    net = UNet(config).eval()
    for parameter in net.parameters():
        parameter.data += 0.05 * torch.randn(parameter.shape, generator=seeded(seed))
    return net


def test_rolling():
    planes = torch.arange(2 * 3 * 5 * 4 * 4.0).view(2, 3, 5, 4, 4)
    rolled = torch.cat(list(planes.unbind(1)), 3)
    stacked, count = split(rolled)
    assert count == 3 and torch.equal(stacked, planes.transpose(0, 1).flatten(0, 1))
    assert torch.equal(merge(stacked, 3), rolled)
    plain = torch.randn(2, 3, 8, 8)
    assert split(plain)[1] == 1 and merge(split(plain)[0], 1) is plain
    triplane = pytest.importorskip("simulacra.models.fields.triplane")
    assert torch.equal(triplane.roll_out(planes), rolled)


def whole_planes(size=8):
    """Planes of whole numbers: their means are exact in any order."""
    return torch.randint(-64, 64, (2, 3, 4, size, size), generator=seeded()).double()


def test_aggregation_is_of_the_axes_shared():
    """Against the definition, written out: entry by entry what planes over (x, y, z) are told."""
    planes = whole_planes()
    xy, xz, yz = planes.unbind(1)  # rows are the second axis of the name, columns the first
    told = aggregate(planes)
    assert told.shape == (2, 3, 12, 8, 8) and torch.equal(told[:, :, :4], planes)
    for b in range(8):
        for a in range(8):
            assert torch.equal(told[:, 0, 4:, b, a], torch.cat([xz[..., a].mean(2), yz[..., b].mean(2)], 1))
            assert torch.equal(told[:, 1, 4:, b, a], torch.cat([xy[..., a].mean(2), yz[:, :, b].mean(2)], 1))
            assert torch.equal(told[:, 2, 4:, b, a], torch.cat([xy[:, :, a].mean(2), xz[:, :, b].mean(2)], 1))


def test_swapping_x_and_y_swaps_what_planes_are_told():
    planes = whole_planes()
    xy, xz, yz = planes.unbind(1)
    swapped = aggregate(torch.stack([xy.mT, yz, xz], 1))
    own, first, second = (part.unbind(1) for part in aggregate(planes).split(4, 2))
    assert torch.equal(swapped[:, 0], torch.cat([own[0].mT, second[0].mT, first[0].mT], 1))
    assert torch.equal(swapped[:, 1], torch.cat([own[2], first[2], second[2]], 1))
    assert torch.equal(swapped[:, 2], torch.cat([own[1], first[1], second[1]], 1))


def test_a_line_of_a_plane_touches_that_line_of_its_neighbours():
    planes = whole_planes()
    before = aggregate(planes)
    changed = planes.clone()
    changed[:, 1, :, :, 5] += 3  # column x = 5 of (x, z)
    touched = (aggregate(changed) != before).any(0).any(1)  # (3, R, R)
    assert touched[0, :, 5].all() and not touched[0, :, [0, 1, 2, 3, 4, 6, 7]].any()  # column x = 5 of (x, y)
    assert touched[2].all()  # (y, z) is told the mean over x, at every z of the column
    changed = planes.clone()
    changed[:, 1, :, 2] += 3  # row z = 2 of (x, z)
    touched = (aggregate(changed) != before).any(0).any(1)
    assert touched[2, 2].all() and not touched[2, [0, 1, 3, 4, 5, 6, 7]].any()  # row z = 2 of (y, z)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_the_convolution_is_that_of_aggregated_planes(size):
    torch.manual_seed(0)
    conv = RolloutConv(4, 6).double()
    conv.bias.data.normal_()
    planes = torch.randn(2, 3, 4, size, size, dtype=torch.float64, generator=seeded(), requires_grad=True)
    seen = aggregate(planes)
    plain = torch.stack(
        [torch.nn.functional.conv2d(seen[:, p], conv.kernels()[p], conv.bias[p], padding=1) for p in range(3)]
    )
    fast = conv(planes.transpose(0, 1).flatten(0, 1)).unflatten(0, (3, 2))
    assert conv.kernels().shape == (3, 6, 12, 3, 3)
    assert sum(parameter.numel() for parameter in conv.parameters()) == 3 * (6 * 12 * 9 + 6)
    assert torch.allclose(fast, plain, atol=1e-12)
    wanted = [planes, *conv.parameters()]
    for one, other in zip(torch.autograd.grad(plain.square().sum(), wanted), torch.autograd.grad(fast.square().sum(), wanted), strict=True):  # fmt: skip
        assert torch.allclose(one, other, atol=1e-9)
    for rollout in (True, False):
        assert not closing_conv(4, 6, rollout).double()(planes.transpose(0, 1).flatten(0, 1)).any()


@pytest.mark.parametrize("rollout", [True, False])
def test_output_is_zero_at_first_and_no_parameter_is_dead(rollout):
    config = replace(SMALL, rollout=rollout, vector=5, tokens=6, spatial=2, channels_out=4)
    torch.manual_seed(0)
    x, t = torch.randn(2, 3, 8, 24, generator=seeded()), torch.tensor([3, 700])
    cond = Cond(torch.randn(2, 5), torch.randn(2, 7, 6), torch.randn(2, 2, 4, 12), level=torch.tensor([0.1, 0.9]))
    out = UNet(config)(x, t, cond)
    assert out.shape == (2, 4, 8, 24) and not out.any()
    net = stirred(config)
    net(x, t, drop(cond, 0.5, seeded(1))).square().sum().backward()
    assert [
        name for name, parameter in net.named_parameters() if parameter.grad is None or not parameter.grad.any()
    ] == []


def test_no_seam_leaks():
    """A pixel at a plane's edge changes that plane alone, unless something 3D is asked for."""
    x = torch.randn(1, 3, 8, 24, generator=seeded())
    poked = x.clone()
    poked[0, :, 3, 7] += 5.0  # the last column of the first plane
    t = torch.tensor([100])
    with torch.no_grad():
        for config, leaks in ((replace(SMALL, rollout=False, attention=()), False), (replace(SMALL, attention=()), True), (replace(SMALL, rollout=False), True)):  # fmt: skip
            net = stirred(config)
            changed = (net(poked, t) - net(x, t)).abs().amax((0, 1, 2))
            assert changed[:8].max() > 1e-3
            assert (float(changed[8:].max()) > 1e-6) == leaks
            if not leaks:
                assert not changed[8:].any()
        # and planes of equal content are told apart
        same = x[..., :8].repeat(1, 1, 1, 3)
        out = stirred(replace(SMALL, rollout=False, attention=()))(same, t)
        assert float((out[..., :8] - out[..., 8:16]).abs().max()) > 1e-4


def test_conditions_enter_and_dropped_ones_do_not():
    config = replace(SMALL, vector=5, tokens=6, spatial=2)
    net, x, t = stirred(config), torch.randn(2, 3, 8, 24, generator=seeded()), torch.tensor([3, 700])
    whole = Cond(torch.randn(2, 5), torch.randn(2, 7, 6), torch.randn(2, 2, 8, 24))
    with torch.no_grad():
        told, untold = net(x, t, whole), net(x, t, unconditional(whole))
        for part in ("vec", "tokens", "spatial"):
            assert float((net(x, t, replace(whole, **{part: getattr(whole, part) * 2})) - told).abs().max()) > 1e-4, (
                part
            )
        assert float((net(x, t, replace(whole, level=torch.ones(2))) - told).abs().max()) > 1e-4
        assert torch.equal(net(x, t, replace(whole, level=torch.zeros(2), keep=torch.ones(2))), told)
        assert torch.equal(net(x, t, drop(whole, 1.0, seeded())), untold)
        assert torch.allclose(net(x, t), untold, atol=1e-6)  # no tokens, or tokens of nothing: one softmax or another
        zeros = Cond(whole.vec * 0, whole.tokens * 0, whole.spatial * 0)
        assert float((net(x, t, zeros) - untold).abs().max()) > 1e-4  # zero is not the same as not told
        assert torch.equal(guided(net, whole, None, 1.0)(x, t), told)
        assert torch.equal(guided(net, whole, None, 0.0)(x, t), untold)
        wanted = untold + 3 * (told - untold)
        assert torch.allclose(guided(net, whole, None, 3.0)(x, t), wanted, atol=1e-4)
        assert torch.allclose(guided(net, whole, whole, 7.5)(x, t), told, atol=1e-5)
        # samples do not see each other
        assert torch.allclose(net(x[1:], t[1:], whole.each(lambda value: value[1:])), told[1:], atol=1e-5)


def test_pictures_of_one_plane():
    net = stirred(replace(SMALL, rollout=False))
    assert net(torch.randn(2, 3, 8, 8), torch.tensor([1, 2])).shape == (2, 3, 8, 8)
    assert net(torch.randn(2, 3, 8, 16), torch.tensor([1, 2])).shape == (2, 3, 8, 16)


@pytest.mark.parametrize("wrong, words", [
    (dict(size=9), "height 9 for 2 levels: allowed are multiples of 2"),
    (dict(attention=(16,)), "attention at height 16: allowed are 8, 4"),
    (dict(attention=(), tokens=4), "tokens without attention"),
])  # fmt: skip
def test_wrong_networks_are_named(wrong, words):
    with pytest.raises(BadInput, match=words):
        UNet(replace(SMALL, **wrong))


def test_wrong_inputs_are_named():
    net, t = UNet(replace(SMALL, vector=5)), torch.tensor([1, 2])
    good = torch.zeros(2, 3, 8, 24)
    for x, cond, words in ((torch.zeros(2, 3, 8, 8), None, "3x8x8: allowed are 3 channels, 8 high, 24 wide"),
                           (torch.zeros(2, 3, 16, 48), None, "16x48"), (good, Cond(torch.zeros(2, 4)), "vec of 2x4: allowed are 5"),
                           (good, Cond(torch.zeros(1, 5)), "5 channels for 2 samples"),
                           (good, Cond(torch.zeros(2, 5), torch.zeros(2, 1, 3)), "tokens of 2x1x3: allowed are 0")):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            net(x, t, cond)


@pytest.mark.parametrize("config", [
    SMALL, UNetConfig(8, 8, base=32, multipliers=(1, 2, 4)), UNetConfig(32, 32, base=64, vector=512, size=64, attention=(16,)),
    UNetConfig(8, 8, base=24, multipliers=(1, 2), blocks=1, attention=(), size=16),
])  # fmt: skip
def test_a_plain_network_of_as_many_parameters(config):
    plain = matched_plain(config)
    assert not plain.rollout and replace(plain, base=config.base, rollout=True) == config
    assert abs(count_parameters(plain) / count_parameters(config) - 1) < 0.03
    assert count_parameters(config) == sum(parameter.numel() for parameter in UNet(config).parameters())


def test_layers():
    embedding = timestep_embedding(torch.tensor([0.0, 1.5, 999.0]), 64)
    assert embedding.shape == (3, 64) and torch.equal(embedding[0], torch.tensor([1.0, 0.0]).repeat_interleave(32))
    assert torch.allclose(embedding.square().sum(1), torch.full((3,), 32.0))
    embeddings = pytest.importorskip("diffusers.models.embeddings")
    theirs = embeddings.get_timestep_embedding(torch.tensor([0.0, 1.5, 999.0]), 64, flip_sin_to_cos=True, downscale_freq_shift=0)  # fmt: skip
    assert torch.allclose(embedding, theirs, atol=1e-4)  # of 999 radians in float32
    waves = FourierFeatures(2, 2)
    found = waves(torch.tensor([[0.5, 0.25]]))
    assert found.shape[1] == waves.width == 10
    assert torch.allclose(found, torch.tensor([[0.5, 0.25, 1, 0.7071, 0, 0.7071, 0, 1, -1, 0]]), atol=1e-4)
    attention = Attention(8, 2)
    assert not attention(torch.randn(2, 5, 8)).any()
    attention.close.weight.data.normal_()
    x = torch.randn(2, 5, 8)
    query, key, value = (part.view(2, 5, 2, 4) for part in attention.query_key_value(x).chunk(3, 2))
    share = torch.einsum("bqhd,bkhd->bhqk", query, key).div(2).softmax(3)
    plain = attention.close(torch.einsum("bhqk,bkhd->bqhd", share, value).flatten(2))
    assert torch.allclose(attention(x), plain, atol=1e-5)
