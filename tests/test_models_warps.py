"""Warps of pictures with depth and splats of points: identities, what is near wins, forward and back, slow loops."""

import pytest

torch = pytest.importorskip("torch")

from simulacra.models.core.cameras import Cameras, look_at, orbit, project  # noqa: E402
from simulacra.models.surfaces.splats import splat  # noqa: E402
from simulacra.models.surfaces.warps import lifted, sheet_of, there_and_back, warped  # noqa: E402

SIZE = 24
INTRINSICS = torch.tensor([[[1.2, 0, 0.47], [0, 1.2, 0.52], [0, 0, 1]]])


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def camera(x=0.0, z=0.0):
    """A camera at (x, -3, z) that looks straight along y."""
    at = torch.tensor([[x, -3.0, z]])
    return Cameras(INTRINSICS, look_at(at, at[0] + torch.tensor([0.0, 1.0, 0.0])))


def two_planes(near=2.0, far=4.0):
    """Random colours on a wall, with a card before its middle third."""
    depth = torch.full((SIZE, SIZE), far)
    depth[8:16, 8:16] = near
    return torch.rand(3, SIZE, SIZE, generator=seeded()), depth


def test_pixels_are_lifted_to_where_they_project():
    depth = torch.rand(SIZE, SIZE, generator=seeded()) + 1
    cameras = orbit(torch.tensor([30.0]), torch.tensor([20.0]), 3.0, 40.0)
    at, z = project(cameras, lifted(depth, cameras))
    assert torch.allclose(z[0], depth.flatten(), atol=1e-5)
    middle = (torch.arange(SIZE) + 0.5) / SIZE
    assert torch.allclose(at[0].view(SIZE, SIZE, 2)[3], torch.stack([middle, middle[3].expand(SIZE)], 1), atol=1e-5)


def test_a_warp_to_the_same_camera_is_the_picture():
    picture, depth = two_planes()
    depth[3, 3], depth[20, 5], depth[12, 12] = 1.0, 0.0, torch.inf  # a lone point, and two that are nowhere
    for turned in (camera(), orbit(torch.tensor([200.0]), torch.tensor([50.0]), 3.0, 35.0)):
        seen = warped(picture, depth, turned, turned)
        known = torch.isfinite(depth) & (depth > 0)
        assert torch.equal(seen.mask, known)
        assert torch.allclose(seen.picture, picture * known, atol=2e-3)
        assert torch.allclose(seen.depth, torch.where(known, depth, 0.0), atol=1e-4)


def test_triangles_join_one_surface_and_no_two():
    _, depth = two_planes()
    faces = sheet_of(depth)
    z = depth.flatten()[faces]
    assert (z.amax(1) == z.amin(1)).all()
    assert len(faces) == 2 * (23 * 23 - 81 + 49) + 4  # half of each corner's square is the wall's
    tilted = 3 + 0.02 * torch.arange(SIZE).expand(SIZE, SIZE)
    assert len(sheet_of(tilted)) == 2 * 23 * 23


def test_what_is_near_moves_further_and_hides_what_is_far():
    picture, depth = two_planes()
    shift = 1 / (1.2 * SIZE)  # a pixel at a depth of 1
    seen = warped(picture, depth, camera(), camera(x=4 * shift))
    assert torch.allclose(seen.picture[:, 8:16, 6:14], picture[:, 8:16, 8:16], atol=2e-3)  # two to the left
    assert torch.allclose(seen.picture[:, :8, :23], picture[:, :8, 1:], atol=2e-3)  # one
    assert torch.allclose(seen.depth[8:16, 6:14], torch.full((8, 8), 2.0), atol=1e-4)
    holes = ~seen.mask
    expected = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    expected[:, 23] = True  # beyond the frame
    expected[8:16, 14] = True  # uncovered on the card's right
    assert torch.equal(holes, expected)


def test_there_and_back_leaves_holes_where_the_other_camera_saw_nothing():
    picture, depth = two_planes()
    shift = 1 / (1.2 * SIZE)
    left = there_and_back(picture, depth, camera(), camera(x=4 * shift))
    hidden = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    hidden[:, 0] = True  # out of the other's frame
    hidden[8:16, 7] = True  # behind the card there
    assert torch.equal(~left.mask, hidden)
    assert torch.allclose(left.picture, picture * ~hidden, atol=5e-3)
    assert torch.allclose(left.depth, depth * ~hidden, atol=1e-3)


def test_a_warp_has_the_gradients_of_picture_and_depth():
    picture, depth = (part.double().requires_grad_() for part in two_planes())
    a, b = (Cameras(*(part.double() for part in one)) for one in (camera(), camera(x=0.03)))
    weight = torch.rand(3, SIZE, SIZE, generator=seeded(3), dtype=torch.float64)
    by_picture, by_depth = torch.autograd.grad((warped(picture, depth, a, b).picture * weight).sum(), (picture, depth))
    with torch.no_grad():
        way = torch.randn(depth.shape, generator=seeded(4), dtype=torch.float64)
        ends = [(warped(picture, depth + step * way, a, b).picture * weight).sum() for step in (1e-7, -1e-7)]
        assert float(ends[0] - ends[1]) / 2e-7 == pytest.approx(float((by_depth * way).sum()), rel=1e-4)
        change = (warped(picture + 1, depth, a, b).picture - warped(picture, depth, a, b).picture) * weight
        assert float(change.sum()) == pytest.approx(float(by_picture.sum()), rel=1e-6)


@pytest.mark.parametrize("side", [1, 2, 3])
def test_splats_are_those_of_a_loop(side):
    cameras = orbit(torch.tensor([10.0, 100.0]), torch.tensor([0.0, 40.0]), 3.0, 40.0)
    points = torch.randn(200, 3, generator=seeded()) * 0.8
    points[50] = points[10]  # equally near: the first is seen
    points[0] = cameras.c2w[0, :3, 3] - 0.5 * cameras.c2w[0, :3, 2]  # behind
    values = torch.rand(200, 3, generator=seeded(1)).requires_grad_()
    seen = splat(cameras, points, 20, 30, side)
    picture = seen.values(values, 1.0)
    at, depth = project(cameras, points)
    for view in range(2):
        nearest, shown = torch.full((20, 30), torch.inf), torch.full((20, 30), -1)
        for point in range(200):
            x, y = at[view, point] * torch.tensor([30, 20]) - (side - 1) / 2
            for row in range(int(y.floor()), int(y.floor()) + side):
                for column in range(int(x.floor()), int(x.floor()) + side):
                    if 0 <= row < 20 and 0 <= column < 30 and 1e-3 < depth[view, point] < nearest[row, column]:
                        nearest[row, column], shown[row, column] = depth[view, point], point
        assert torch.equal(seen.point[view], shown) and torch.equal(seen.depth[view], nearest)
        there = shown >= 0
        assert torch.equal(picture[view][:, there], values[shown[there]].T) and (picture[view][:, ~there] == 1).all()
    (gradient,) = torch.autograd.grad(picture.sum(), values)
    assert torch.equal(gradient[:, 0], torch.bincount(seen.point[seen.point >= 0], minlength=200).float())
