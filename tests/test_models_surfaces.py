"""Tetrahedra and the rasteriser: against loops over single ones, rays of trimesh, closed forms and finite differences."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
trimesh = pytest.importorskip("trimesh")

from simulacra.models.core.cameras import Cameras, camera_rays, orbit, project  # noqa: E402
from simulacra.models.surfaces import rasterise as rasterising  # noqa: E402
from simulacra.models.surfaces.closest import closest  # noqa: E402
from simulacra.models.surfaces.rasterise import interpolated, rasterise  # noqa: E402
from simulacra.models.surfaces.silhouettes import edges_of, softened  # noqa: E402
from simulacra.models.surfaces.tetrahedra import EDGES, march, sign_changes, tetrahedral_grid  # noqa: E402


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def solid(vertices, faces):
    return trimesh.Trimesh(vertices.detach().double().numpy(), faces.numpy(), process=False)


def ball(resolution=16, radius=0.7):
    grid = tetrahedral_grid(resolution)
    return march(grid.nodes, grid.nodes.norm(dim=1) - radius, grid.tetrahedra)


# Tetrahedra


def test_the_tetrahedra_fill_the_box_and_no_offset_turns_one():
    grid = tetrahedral_grid(3)
    assert grid.nodes.shape == (64, 3) and grid.tetrahedra.shape == (162, 4) and int(grid.border.sum()) == 64 - 8

    def volumes(nodes):
        a, b, c, d = nodes[grid.tetrahedra].unbind(1)
        return (torch.linalg.cross(b - a, c - a) * (d - a)).sum(1) / 6

    assert torch.allclose(volumes(grid.nodes), torch.full((162,), 8 / 162))
    wildest = grid.moved(torch.randn(20, 64, 3, generator=seeded()) * 1e3)
    assert all((volumes(nodes) > 0).all() for nodes in wildest)
    # Each inner triangle has two tetrahedra: neighbouring cells are cut along the same diagonals.
    triples = torch.cat([grid.tetrahedra[:, [i for i in range(4) if i != left]] for left in range(4)]).sort(1).values
    found, counts = torch.unique(triples, dim=0, return_counts=True)
    outside = (grid.nodes[found].abs() == 1).all(1).any(1)
    assert ((counts == 1) == outside).all() and (counts <= 2).all()


def test_a_sphere_is_closed_wound_outwards_and_as_large_as_it_is():
    mesh = solid(*ball(24))
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.euler_number == 2
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * 0.7**3, rel=0.01)
    assert mesh.area == pytest.approx(4 * math.pi * 0.7**2, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_any_distances_give_a_closed_surface_within_a_closed_border(seed):
    grid = tetrahedral_grid(6)
    distances = grid.closed(torch.randn(len(grid.nodes), generator=seeded(seed)))
    nodes = grid.moved(torch.randn(grid.nodes.shape, generator=seeded(seed + 9)))
    mesh = solid(*march(nodes, distances, grid.tetrahedra))
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0


def test_marching_cuts_as_a_loop_over_single_tetrahedra_does():
    grid = tetrahedral_grid(2)
    distances = torch.randn(27, generator=seeded(3), dtype=torch.float64)
    nodes = grid.nodes.double()
    vertices, faces = march(nodes, distances, grid.tetrahedra)
    found = sorted(tuple(sorted(tuple(round(float(x), 9) for x in v) for v in vertices[face])) for face in faces)
    area = across = 0.0
    for corners in grid.tetrahedra.tolist():
        cuts = []
        for i, j in EDGES:
            a, b = corners[i], corners[j]
            if (distances[a] < 0) != (distances[b] < 0):
                share = distances[a] / (distances[a] - distances[b])
                cuts.append(nodes[a] + share * (nodes[b] - nodes[a]))
        if len(cuts) == 3:
            assert tuple(sorted(tuple(round(float(x), 9) for x in v) for v in cuts)) in found
        if cuts:  # a flat polygon whose corners lie around its middle
            middle, start = sum(cuts) / len(cuts), cuts[0]
            slope = torch.linalg.solve(
                nodes[corners[1:]] - nodes[corners[0]], distances[corners[1:]] - distances[corners[0]]
            )
            normal = slope / slope.norm()
            side = torch.linalg.cross(normal, start - middle)
            cuts.sort(key=lambda v: math.atan2(float((v - middle) @ side), float((v - middle) @ (start - middle))))
            fan = [torch.linalg.cross(b - middle, c - middle) for b, c in zip(cuts, cuts[1:] + cuts[:1], strict=True)]
            area += sum(float(part.norm()) / 2 for part in fan)
            across = across + normal * sum(float(part.norm()) / 2 for part in fan)
    a, b, c = vertices[faces].unbind(1)
    normals = torch.linalg.cross(b - a, c - a) / 2
    assert float(normals.norm(dim=1).sum()) == pytest.approx(area, rel=1e-9)
    assert torch.allclose(normals.sum(0), across, atol=1e-9)  # wound towards where the distance grows


def test_the_surface_has_the_gradient_of_distances_and_positions():
    grid = tetrahedral_grid(4)
    distances = (grid.nodes.double() * torch.tensor([1.0, 1.3, 0.8])).norm(dim=1) - 0.63
    nodes = grid.nodes.double()

    def volume(values, at):
        vertices, faces = march(at, values, grid.tetrahedra)
        a, b, c = vertices[faces].unbind(1)
        return (torch.linalg.cross(a, b) * c).sum() / 6

    distances.requires_grad_(), nodes.requires_grad_()
    by_distance, by_place = torch.autograd.grad(volume(distances, nodes), (distances, nodes))
    way, step = torch.randn(distances.shape, generator=seeded(5), dtype=torch.float64), 1e-7
    with torch.no_grad():
        slope = (volume(distances + step * way, nodes) - volume(distances - step * way, nodes)) / (2 * step)
        assert float(slope) == pytest.approx(float((by_distance * way).sum()), rel=1e-6)
        moved = nodes + step * way[:, None]
        slope = (volume(distances, moved) - volume(distances, nodes - step * way[:, None])) / (2 * step)
        assert float(slope) == pytest.approx(float((by_place.sum(1) * way).sum()), rel=1e-6)
    assert by_distance.sum() < 0  # larger distances, less volume


def test_sign_changes_are_none_where_there_are_none_and_draw_ends_to_one_side():
    grid = tetrahedral_grid(2)
    one = torch.rand(27, generator=seeded()) + 0.1
    assert sign_changes(one, grid.edges) == 0 and sign_changes(-one, grid.edges) == 0
    assert march(grid.nodes, one, grid.tetrahedra)[1].shape == (0, 3)
    mixed = torch.randn(27, generator=seeded(1))
    slow = [
        math.log1p(math.exp(-x if y > 0 else x))
        for a, b in grid.edges.tolist()
        for x, y in ((float(mixed[a]), float(mixed[b])), (float(mixed[b]), float(mixed[a])))
        if float(mixed[a]) * float(mixed[b]) < 0
    ]
    assert float(sign_changes(mixed, grid.edges)) == pytest.approx(2 * sum(slow) / len(slow), rel=1e-5)


# The rasteriser

CAMERAS = orbit(torch.tensor([20.0, 140.0]), torch.tensor([15.0, -30.0]), 4.0, 32.0)


def test_pixels_show_what_trimesh_says_that_rays_hit():
    height, width = 40, 56
    cameras = Cameras(CAMERAS.intrinsics.clone(), CAMERAS.c2w)
    cameras.intrinsics[:, 0, 2] = 0.43  # the axis off the middle
    vertices = torch.randn(90, 3, generator=seeded(2)) * 0.45
    faces = torch.arange(90).view(30, 3)
    seen = rasterise(cameras, vertices, faces, height, width)
    triangles = vertices[faces].double().numpy()
    same = total = 0
    for view in range(2):
        origins, directions = (part[view].double().numpy() for part in camera_rays(cameras, height, width))
        depths = np.full((len(faces), height * width), np.inf)  # every ray against every triangle
        for triangle, depth in zip(triangles, depths, strict=True):
            normal = np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])
            ends = np.stack([origins, origins + directions * 20])
            places, crosses = trimesh.intersections.plane_lines(triangle[0], normal, ends)
            weights = trimesh.triangles.points_to_barycentric(np.repeat(triangle[None], len(places), 0), places)
            hits = np.flatnonzero(crosses)[(weights >= 0).all(1)]
            depth[hits] = (places[(weights >= 0).all(1)] - origins[0]) @ cameras.c2w[view, :3, 2].double().numpy()
        first = np.where(np.isfinite(depths.min(0)), depths.argmin(0), -1)
        agree = seen.face[view].flatten().numpy() == first
        same, total = same + agree.sum(), total + len(agree)
        there = agree & (first >= 0)
        assert there.sum() > 300
        assert np.abs(seen.depth[view].flatten().numpy() - depths.min(0))[there].max() < 1e-4
    assert same >= total - 3  # rays that graze an edge


def test_weights_are_right_in_perspective():
    seen = rasterise(CAMERAS, *ball(8), 32, 32)
    vertices, faces = ball(8)
    places = interpolated(seen, faces, vertices)
    for view in range(2):
        at, depth = project(CAMERAS.pick([view]), places[view].flatten(1).T)
        there = seen.mask[view].flatten()
        pixel = torch.stack(torch.meshgrid(*[(torch.arange(32) + 0.5) / 32] * 2, indexing="xy"), -1).reshape(-1, 2)
        assert torch.allclose(at[0, there], pixel[there], atol=1e-5)
        assert torch.allclose(depth[0, there], seen.depth[view].flatten()[there], atol=1e-5)
    assert torch.equal(interpolated(seen, faces, vertices[faces]), places)  # of faces' corners
    assert torch.allclose(seen.weights.sum(-1), seen.mask.float(), atol=1e-5)


def test_what_reaches_behind_the_camera_is_seen_before_it_alone():
    camera = Cameras(torch.tensor([[[0.5, 0, 0.5], [0, 0.5, 0.5], [0, 0, 1]]]), torch.eye(4)[None])
    floor = torch.tensor([[-50.0, 1, -50], [50, 1, -50], [50, 1, 50], [-50, 1, 50]])  # y down: a metre below
    seen = rasterise(camera, floor, torch.tensor([[0, 1, 2], [0, 2, 3]]), 64, 64)
    assert not seen.mask[0, :32].any()
    row = (torch.arange(33, 64) + 0.5) / 64
    assert torch.allclose(seen.depth[0, 33:, 20], 0.5 / (row - 0.5), rtol=1e-4)


@pytest.mark.parametrize("band", [rasterising.BAND, 50])
def test_of_faces_as_near_the_first_is_seen(band, monkeypatch):
    monkeypatch.setattr(rasterising, "BAND", band)
    corners = torch.tensor([[-0.6, 0.1, -0.5], [0.7, -0.3, -0.4], [0.1, 0.4, 0.6], [-0.5, 0.2, 0.7]])
    faces = torch.tensor([[1, 2, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2], [1, 2, 3]])
    seen = rasterise(CAMERAS, corners, faces, 24, 24)
    assert seen.face.unique().tolist() == [-1, 0, 1]


def test_the_closest_places_are_those_of_trimesh():
    vertices, faces = torch.randn(60, 3, generator=seeded(6)), torch.arange(60).view(20, 3)
    found = closest(vertices, faces, torch.randn(100, 3, generator=seeded(7)) * 2).numpy()
    points, triangles = torch.randn(100, 3, generator=seeded(7)).mul(2).numpy(), vertices[faces].numpy()
    each = np.stack([trimesh.triangles.closest_point(triangles, np.tile(point, (20, 1))) for point in points])
    nearest = np.linalg.norm(each - points[:, None], axis=-1).argmin(1)
    assert np.abs(found - each[np.arange(100), nearest]).max() < 1e-4


def test_the_gradient_of_a_picture_is_that_of_finite_differences():
    corners = torch.tensor([[-0.6, 0.1, -0.5], [0.7, -0.3, -0.4], [0.1, 0.4, 0.6]], dtype=torch.float64)
    faces, colours = torch.tensor([[0, 1, 2]]), torch.eye(3, dtype=torch.float64)
    cameras = Cameras(*(part.double() for part in CAMERAS.pick([0])))
    weight = torch.rand(3, 24, 24, generator=seeded(4), dtype=torch.float64)
    fixed = rasterise(cameras, corners, faces, 24, 24).face

    def picture(vertices):
        seen = rasterise(cameras, vertices, faces, 24, 24)
        assert torch.equal(seen.face, fixed)
        return (interpolated(seen, faces, colours)[0] * weight).sum() + seen.depth.sum()

    corners.requires_grad_()
    (gradient,) = torch.autograd.grad(picture(corners), corners)
    with torch.no_grad():
        for corner in range(3):
            for axis in range(3):
                step = torch.zeros(3, 3, dtype=torch.float64)
                step[corner, axis] = 1e-7
                slope = (picture(corners + step) - picture(corners - step)) / 2e-7
                assert float(slope) == pytest.approx(float(gradient[corner, axis]), rel=1e-5, abs=1e-4)


# Silhouettes


def covered(cameras, vertices, faces, size):
    """The covered area in pixels."""
    seen = rasterise(cameras, vertices, faces, size, size)
    return softened(seen.mask[:, None].to(vertices), seen, cameras, vertices, faces).sum()


def test_edges_know_their_two_faces():
    _, faces = ball(6)
    edges = edges_of(faces)
    assert len(edges.ends) == len(faces) * 3 // 2 and (edges.sides >= 0).all()
    for (a, b), sides, third in zip(*(part.tolist() for part in edges), strict=True):
        first, second = (set(faces[side].tolist()) for side in sides)
        assert first & second == {a, b} and first - second == {third}
    single = edges_of(torch.tensor([[0, 1, 2], [2, 1, 3]]))
    assert [side[1] for side in single.sides.tolist()].count(-1) == 4


@pytest.mark.parametrize("turn", [0.0, 0.4, 2.0])
def test_a_triangles_area_and_its_gradient_are_the_closed_form(turn):
    size, faces, found = 96, torch.tensor([[0, 1, 2]]), []
    angle = turn + torch.tensor([0.0, 1.9, 4.4], dtype=torch.float64)
    corners = torch.stack([angle.cos() * 0.8, angle.sin() * 0.8, torch.tensor([2.0, 2.3, 1.8]).double()], 1)
    corners.requires_grad_()
    at = corners[:, :2] / corners[:, 2:] * size
    (ax, ay), (bx, by) = at[1] - at[0], at[2] - at[0]
    truth = (ax * by - ay * bx).abs() / 2
    (wanted,) = torch.autograd.grad(truth, corners)
    for shift in torch.rand(16, 2, generator=seeded(1), dtype=torch.float64) / size:  # within a pixel
        intrinsics = torch.tensor([[1, 0, 0.5 + shift[0]], [0, 1, 0.5 + shift[1]], [0, 0, 1]])
        camera = Cameras(intrinsics.double()[None], torch.eye(4).double()[None])
        ours = covered(camera, corners, faces, size)
        assert ours.item() == pytest.approx(truth.item(), rel=0.003)
        found.append(torch.autograd.grad(ours, corners)[0])
        assert (found[-1] - wanted).norm() < 0.08 * wanted.norm()  # a corner ends somewhere between lines
    assert (torch.stack(found).mean(0) - wanted).norm() < 0.02 * wanted.norm()


def test_the_gradient_of_a_balls_area_is_that_of_finite_differences():
    vertices, faces = ball(12)
    centre = vertices.detach().double()
    cameras = Cameras(*(part.double() for part in CAMERAS.pick([0])))
    grown = torch.ones((), dtype=torch.float64, requires_grad=True)
    area = covered(cameras, centre * grown, faces, 64)
    (gradient,) = torch.autograd.grad(area, grown)
    with torch.no_grad():
        slope = (covered(cameras, centre * 1.03, faces, 64) - covered(cameras, centre * 0.97, faces, 64)) / 0.06
    assert float(gradient) == pytest.approx(float(slope), rel=0.02)
    angular = math.tan(math.asin(0.7 / 4)) * float(cameras.intrinsics[0, 0, 0]) * 64
    assert float(area) == pytest.approx(math.pi * angular**2, rel=0.02)


def test_a_shape_is_pulled_to_its_outline():
    vertices, faces = ball(5, 0.5)
    with torch.no_grad():
        target = rasterise(CAMERAS, vertices * 1.5 + torch.tensor([0.1, 0.0, 0.05]), faces, 32, 32).mask.float()
    moved = torch.zeros(4, requires_grad=True)
    optimiser = torch.optim.Adam([moved], 0.05)
    for _ in range(40):
        here = vertices * torch.exp(moved[3]) + moved[:3]
        seen = rasterise(CAMERAS, here, faces, 32, 32)
        loss = (softened(seen.mask[:, None].float(), seen, CAMERAS, here, faces)[:, 0] - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.allclose(moved.detach()[:3], torch.tensor([0.1, 0.0, 0.05]), atol=0.02)
    assert float(moved[3].exp()) == pytest.approx(1.5, abs=0.03)


def test_hidden_outlines_soften_nothing_and_inner_ones_do():
    camera = Cameras(torch.tensor([[[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]]]), torch.eye(4)[None])

    def square(half, z):
        return torch.tensor([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]])

    wall, card = square(1.2, 2.4), square(0.41, 2.0)
    two = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    colours = torch.cat([torch.zeros(4, 1), torch.ones(4, 1)])
    before = torch.cat([wall, card]).requires_grad_()
    seen = rasterise(camera, before, two, 40, 40)
    picture = softened(interpolated(seen, two, colours), seen, camera, before, two)
    assert float(picture.sum()) == pytest.approx((0.82 / 2.0 * 40) ** 2, rel=0.01)  # the card before the wall
    assert torch.autograd.grad(picture.sum(), before)[0].abs().sum() > 0
    behind = torch.cat([wall, square(0.41, 3.0)]).requires_grad_()
    seen = rasterise(camera, behind, two, 40, 40)
    shaded = torch.cat(
        [torch.tensor([[0.1], [0.5], [0.9], [0.2]]), torch.ones(4, 1)]
    )  # no two pixels of the wall are alike
    flat = interpolated(seen, two, shaded).detach()
    picture = softened(flat, seen, camera, behind, two)
    assert torch.equal(picture, flat) and torch.autograd.grad(picture.sum(), behind)[0].abs().sum() == 0
