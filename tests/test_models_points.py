"""Point clouds: a denoiser without an order, colours and places as they are diffused, and a surface through points."""

import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.losses import chamfer_distance  # noqa: E402
from simulacra.models.core.training import seeded as made_from  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond  # noqa: E402
from simulacra.models.diffusion.points import PointsConfig, PointTransformer, as_cloud, from_cloud  # noqa: E402
from simulacra.models.diffusion.process import Gaussian  # noqa: E402
from simulacra.models.diffusion.samplers import ddim  # noqa: E402
from simulacra.models.fields.mesh import MeshConfig, level_grid, surface  # noqa: E402
from simulacra.models.fields.point_surface import PointSurface, PointSurfaceConfig  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def stirred(module):
    """A module whose weights are all normal numbers: what is zero at first says nothing."""
    for number, weight in enumerate(module.parameters()):
        weight.data = torch.randn(weight.shape, generator=seeded(number), dtype=weight.dtype) / weight.shape[-1] ** 0.5
    return module


SMALL = PointsConfig(width=32, depth=2, heads=4, vector=5, tokens=7, known=True)


def test_an_order_of_points_gives_the_same_in_its_order():
    net = stirred(PointTransformer(SMALL).double())
    x, t = torch.randn(2, 6, 20, generator=seeded(), dtype=torch.float64), torch.tensor([3, 700])
    cond = Cond(
        *(torch.randn(shape, generator=seeded(1), dtype=torch.float64) for shape in ((2, 5), (2, 9, 7), (2, 6, 8)))
    )
    order = torch.randperm(20, generator=seeded(2))
    found = net(x, t, cond)
    assert found.shape == x.shape and found.std() > 0.1
    assert torch.allclose(net(x[..., order], t, cond), found[..., order], atol=1e-12)
    mixed = Cond(cond.vec, cond.tokens, cond.spatial[..., torch.randperm(8, generator=seeded(3))])
    assert torch.allclose(net(x, t, mixed), found, atol=1e-12)
    for name in ("vec", "tokens", "spatial"):  # all of it is listened to, by each sample alone
        changed = cond.each(lambda value: value.clone())
        getattr(changed, name)[1] *= -1
        after = net(x, t, changed)
        assert torch.allclose(after[0], found[0], atol=1e-12) and not torch.allclose(after[1], found[1])
    assert not torch.allclose(net(x, t + 1, cond), found)


def test_nothing_is_predicted_at_first():
    net = PointTransformer(SMALL)
    assert not net(torch.randn(1, 6, 5, generator=seeded()), torch.tensor([9])).any()
    with pytest.raises(BadInput, match="allowed is what divides a width of 32"):
        PointsConfig(width=32, heads=5)


def test_clouds_are_diffused_in_one_range_and_come_back():
    places = torch.rand(2, 30, 3, generator=seeded()) - 0.5
    colours = torch.rand(2, 30, 3, generator=seeded(1))
    cloud = as_cloud(places, colours)
    assert cloud.shape == (2, 6, 30) and cloud.abs().max() <= 1
    assert torch.allclose(cloud[:, :3], (places * 2).transpose(1, 2))  # the cube fills the range
    assert torch.allclose(cloud[:, 3:], (colours * 255 / 127.5 - 1).transpose(1, 2), atol=1e-6)  # as published
    back = from_cloud(cloud)
    assert torch.allclose(back[0], places, atol=1e-6) and torch.allclose(back[1], colours, atol=1e-6)
    assert from_cloud(cloud * 3)[1].min() == 0


@pytest.mark.slow
def test_four_clouds_are_learned_by_their_vectors():
    shapes = torch.nn.functional.normalize(torch.randn(4, 64, 3, generator=seeded()), dim=-1) * 0.4
    shapes = shapes * (0.3 + 0.7 * torch.rand(4, 1, 3, generator=seeded(1)))
    clouds = as_cloud(shapes, torch.rand(4, 1, 3, generator=seeded(2)).expand(4, 64, 3))
    net = made_from(lambda: PointTransformer(PointsConfig(width=64, depth=3, vector=4)), 0)
    process, cond, rng = Gaussian("cosine", 1000, "x0"), Cond(torch.eye(4)), seeded(3)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3)
    for step in range(1500):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 50, (1501 - step) / 700)
        loss = process.loss(net, clouds, cond, rng)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    made = ddim(lambda x, t: net(x, t, cond), process, clouds.shape, 30, seeded(4)).transpose(1, 2)
    true = clouds.transpose(1, 2)
    apart = torch.stack([chamfer_distance(made[i][None], true[j][None]) for i in range(4) for j in range(4)]).view(4, 4)
    assert (apart.argmin(1) == torch.arange(4)).all(), apart  # each its own, place and colour
    assert apart.diag().max() < 0.5 * apart[~torch.eye(4, dtype=torch.bool)].min(), apart


def balls(count, generator):
    """Clouds (count, 64, 3) on balls of other sizes and places, points (count, 96, 3), the true distances, the balls."""
    centres = (torch.rand(count, 1, 3, generator=generator) - 0.5) * 0.6
    radii = 0.25 + 0.35 * torch.rand(count, 1, 1, generator=generator)
    on = torch.nn.functional.normalize(torch.randn(count, 64, 3, generator=generator), dim=-1)
    points = torch.rand(count, 96, 3, generator=generator) * 2 - 1
    near = centres + on[:, :48] * radii * (0.6 + 0.8 * torch.rand(count, 48, 1, generator=generator))
    points = torch.cat([points[:, :48], near], 1)
    distances = (points - centres).norm(dim=-1) - radii[..., 0]
    return centres + on * radii, points, distances, (centres, radii)


def test_a_surface_is_asked_point_by_point_and_knows_no_order():
    net = stirred(PointSurface(PointSurfaceConfig(width=16)).double())
    cloud, points = (part.double() for part in balls(2, seeded())[:2])
    found = net(cloud, points)
    assert torch.allclose(net(cloud[:, torch.randperm(64, generator=seeded(1))], points), found, atol=1e-12)
    assert torch.allclose(net(cloud, points[:, 5:9]), found[:, 5:9], atol=1e-12)
    given = torch.rand(64, 3, generator=seeded(2), dtype=torch.float64)
    distances, colours = net.field(cloud[0], given)(points[:1])
    nearest = [min(range(64), key=lambda at: float((cloud[0, at] - point).norm())) for point in points[0]]
    assert torch.allclose(distances, found[:1]) and torch.equal(colours[0], given[nearest])


@pytest.mark.slow
def test_a_surface_is_learned_through_points_of_balls():
    net = made_from(lambda: PointSurface(PointSurfaceConfig(width=48, reads=2)), 0)
    optimiser, rng = torch.optim.AdamW(net.parameters(), 2e-3), seeded(1)
    for step in range(500):
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 50, (501 - step) / 200)
        cloud, points, truth, _ = balls(16, rng)
        loss = (net(cloud, points) - truth).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    cloud, points, truth, (centres, radii) = balls(64, seeded(99))
    found = net(cloud, points).detach()
    assert ((found < 0) == (truth < 0)).float().mean() > 0.97
    mesh = surface(
        level_grid(net.field(cloud[0], torch.rand(64, 3)), 24, "sdf", MeshConfig(kind="sdf", level=0.0).level)
    )
    off = ((torch.from_numpy(mesh.vertices) - centres[0]).norm(dim=1) - radii[0, 0]).abs()
    assert off.mean() < 0.04 and off.max() < 0.15, (off.mean(), off.max())
