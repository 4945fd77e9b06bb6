"""The hash grid and signed distances in the volume renderer: a dictionary, closed forms and finite differences."""

import math
from itertools import product

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.cameras import camera_rays, orbit  # noqa: E402
from simulacra.models.core.training import seeded as made_from  # noqa: E402
from simulacra.models.fields.distance import distance_weights, render_distance  # noqa: E402
from simulacra.models.fields.hash_grid import HashGrid, HashGridConfig  # noqa: E402
from simulacra.models.fields.render import render, rendered_normals  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def filled(config):
    """A grid whose features are normal numbers."""
    grid = HashGrid(config)
    for level, table in enumerate(grid.tables):
        table.data = torch.randn(table.shape, generator=seeded(level))
    return grid


SMALL = HashGridConfig(levels=4, features=3, coarsest=3, finest=24, log2_rows=9)


def test_levels_grow_by_one_factor_and_own_a_row_a_node_or_share():
    assert [SMALL.cells(level) for level in range(4)] == [3, 6, 12, 24]
    grid = HashGrid(SMALL)
    assert [len(table) for table in grid.tables] == [64, 343, 512, 512] and grid.width == 12
    published = HashGridConfig(levels=16, coarsest=16, finest=4096, log2_rows=19)
    assert published.cells(0) == 16 and published.cells(15) == 4096
    assert published.cells(8) / published.cells(7) == pytest.approx(1.4472, rel=0.01)
    with pytest.raises(BadInput, match="finest: 4 is not allowed; allowed is 8"):
        HashGridConfig(finest=4)


def test_features_are_those_that_a_dictionary_gives():
    grid = filled(SMALL)
    points = torch.rand(40, 3, generator=seeded(8)) * 2.2 - 1.1  # outside too: the border goes on
    points[0] = 1.0
    found = grid(points)
    for level, table in enumerate(grid.tables):
        cells = SMALL.cells(level)
        held = {}
        for node in product(range(cells + 1), repeat=3):
            if level < 2:
                row = (node[0] * (cells + 1) + node[1]) * (cells + 1) + node[2]
            else:
                row = (node[0] * 1 ^ node[1] * 2654435761 ^ node[2] * 805459861) % 512
            held[node] = table[row].detach()
        for index, point in enumerate(points.double().clamp(-1, 1).tolist()):
            at = [(x + 1) / 2 * cells for x in point]
            low = [min(int(x), cells - 1) for x in at]
            total = torch.zeros(3, dtype=torch.float64)
            for corner in product((0, 1), repeat=3):
                weight = math.prod(a - b if c else 1 - (a - b) for a, b, c in zip(at, low, corner, strict=True))
                total += weight * held[tuple(b + c for b, c in zip(low, corner, strict=True))]
            assert torch.allclose(found[index, 3 * level : 3 * level + 3].double(), total, atol=2e-5)


def test_levels_with_a_row_a_node_are_trilinear():
    grid, points = filled(SMALL), torch.rand(2, 50, 3, generator=seeded(2)) * 2 - 1
    dense = grid.tables[1].view(7, 7, 7, 3).permute(3, 2, 1, 0)[None]  # (1, C, z, y, x)
    wanted = F.grid_sample(dense, points.view(1, 1, 2, 50, 3), align_corners=True)[0, :, 0].permute(1, 2, 0)
    assert torch.allclose(grid(points)[..., 3:6], wanted, atol=1e-5)


def test_the_grid_has_gradients_by_place_and_by_features():
    grid = filled(SMALL).double()
    points = torch.rand(6, 3, generator=seeded(3), dtype=torch.float64) * 1.8 - 0.9
    weight = torch.randn(6, 12, generator=seeded(4), dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda at: (grid(at) * weight).sum(), points.requires_grad_())
    (by_table,) = torch.autograd.grad((grid(points) * weight).sum(), grid.tables[3])
    grid.tables[3].data += 1
    after = (grid(points) * weight).sum()
    grid.tables[3].data -= 1
    assert float(after - (grid(points) * weight).sum()) == pytest.approx(float(by_table.sum()), rel=1e-9)


def test_a_grid_learns_what_collides():
    config = HashGridConfig(levels=3, coarsest=4, finest=16, log2_rows=8)
    grid = made_from(lambda: HashGrid(config), 0)
    points = torch.rand(512, 3, generator=seeded()) * 2 - 1
    target = torch.sin(4 * points.sum(1))
    read = torch.ones(grid.width)
    optimiser = torch.optim.Adam(grid.parameters(), 0.05)
    for _ in range(60):
        loss = (grid(points) @ read - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.02 < 0.3 < target.var()


# Signed distances


def test_a_plane_is_where_it_is():
    edges = torch.linspace(0, 2, 201, dtype=torch.float64)
    weights, passed = distance_weights(1 - edges, 64.0)
    middle = (edges[1:] + edges[:-1]) / 2
    assert float(weights.sum()) == pytest.approx(1, abs=1e-6) and float(passed) == pytest.approx(0, abs=1e-6)
    assert float((weights * middle).sum()) == pytest.approx(1, abs=1e-6)
    assert float(middle[weights.argmax()]) == pytest.approx(1, abs=0.006)
    for slope in (0.2, 0.5):  # seen aslant, the surface is where it is too
        weights, _ = distance_weights((1 - edges) * slope, 64.0 / slope)
        assert float((weights * middle).sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("samples", [1, 5, 64])
def test_what_falls_lets_through_what_its_ends_say(samples):
    edges = torch.linspace(0, 1, samples + 1, dtype=torch.float64)
    distances = 0.3 - 0.5 * edges.square()
    weights, passed = distance_weights(distances, 10.0)
    closed = (1 / (1 + math.exp(2.0))) / (1 / (1 + math.exp(-3.0)))
    assert float(passed) == pytest.approx(closed) and float(weights.sum()) == pytest.approx(1 - closed)


def test_a_slab_is_in_closed_form():
    """Down to the middle of a slab of a half thickness, then up: only the way down stops light."""
    edges, sharpness = torch.linspace(-1, 1, 41, dtype=torch.float64), 20.0
    distances = edges.abs() - 0.2
    weights, passed = distance_weights(distances, sharpness)

    def share(distance):
        return 1 / (1 + math.exp(-sharpness * distance))

    assert float(passed) == pytest.approx(share(-0.2) / share(0.8))
    for index in range(20):
        wanted = (share(distances[index]) - share(distances[index + 1])) / share(0.8)
        assert float(weights[index]) == pytest.approx(float(wanted), abs=1e-12)
    assert weights[20:].abs().max() == 0
    second = torch.cat([distances, distances[1:]])  # another one behind it sees what the first lets through
    behind, left = distance_weights(second, sharpness)
    assert torch.allclose(behind[40:60], weights[:20] * passed) and float(left) == pytest.approx(float(passed) ** 2)


def test_weights_are_finite_far_inside_and_have_gradients():
    weights, passed = distance_weights(torch.tensor([3.0, -5.0, -50.0, -90.0]), 1e3)
    assert weights.isfinite().all() and float(weights.sum() + passed) == pytest.approx(1)
    distances = torch.randn(2, 9, generator=seeded(), dtype=torch.float64).requires_grad_()
    sharpness = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(distance_weights, (distances, sharpness))


def test_a_ball_is_rendered_where_it_is_with_its_normals():
    cameras = orbit(torch.tensor([25.0]), torch.tensor([35.0]), 3.0, 30.0)
    origins, directions = camera_rays(cameras, 12, 12)

    def distance(points):
        return points.norm(dim=-1) - 0.6

    def colour(points):
        return points / 2 + 0.5

    seen = render_distance(distance, colour, origins, directions, 300.0, 64, 64)
    nearest = -(origins * directions).sum(-1)  # the ray's closest approach
    inside = nearest.square() - origins.square().sum(-1) + 0.6**2
    hit = inside > 0.05
    depth = nearest - inside.clamp(min=0).sqrt()
    assert (seen.opacity[hit] - 1).abs().max() < 1e-3 and hit.sum() > 20
    assert (seen.depth - depth)[hit].abs().max() < 0.005
    places = origins + depth[..., None] * directions
    assert (seen.colour - colour(places))[hit].abs().max() < 0.005
    normals = rendered_normals(distance, origins, directions, seen)
    assert (normals - places / 0.6)[hit].abs().max() < 0.02
    assert torch.equal(seen.opacity[inside < -0.05].round(decimals=4), torch.zeros(int((inside < -0.05).sum())))

    def density(points):
        return 400 * torch.sigmoid(-100 * distance(points)), colour(points)

    fog = render(density, origins, directions, 96, 64)
    assert torch.allclose(fog.weights.sum(-1), fog.opacity, atol=1e-5)
    normals = rendered_normals(lambda points: -density(points)[0], origins, directions, fog)
    assert (normals - places / 0.6)[hit].abs().max() < 0.08


def test_rendered_normals_have_gradients_by_the_surface():
    axes = torch.tensor([1.0, 0.8, 1.2], dtype=torch.float64, requires_grad=True)
    origins = torch.tensor([[[0.1, -2.0, 0.2]]], dtype=torch.float64)
    directions = torch.tensor([[[0.0, 1.0, 0.0]]], dtype=torch.float64)

    def first(scales):
        def distance(points):
            return (points * scales).norm(dim=-1) - 0.6

        seen = render_distance(distance, torch.zeros_like, origins, directions, 30.0, 24)
        return rendered_normals(distance, origins, directions, seen, graph=True)[0, 0, 2]

    assert torch.autograd.gradcheck(first, axes)
