"""Cameras as tensors: rays and projection, conversion from records, boxes, orbits."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen import cameras as recorded  # noqa: E402
from simulacra.models.core.cameras import camera_rays, from_record, into_box, orbit, project  # noqa: E402


def some_cameras(count=5, seed=0):
    """Cameras all around, with intrinsics of their own."""
    rng = torch.Generator().manual_seed(seed)
    angles = torch.rand(count, generator=rng) * 360 - 180, torch.rand(count, generator=rng) * 120 - 60
    cameras = orbit(*angles, 3.5, 30.0, target=(0.1, -0.2, 0.05))
    cameras.intrinsics[:, :2] += torch.rand(count, 2, 3, generator=rng) * torch.tensor([[0.3, 0, 0.2], [0, 0.3, 0.2]])
    return cameras


def test_points_along_a_pixels_ray_project_onto_its_centre():
    cameras = some_cameras()
    origins, directions = camera_rays(cameras, 4, 6)
    assert torch.allclose(directions.norm(dim=-1), torch.ones(5, 24), atol=1e-6)
    depth = torch.linspace(0.5, 4, 24)
    along = depth / (directions * cameras.c2w[:, None, :3, 2]).sum(-1)  # planar depth over the optical axis' share
    pixels, found = project(cameras, origins + directions * along[..., None])
    x, y = np.meshgrid((np.arange(6) + 0.5) / 6, (np.arange(4) + 0.5) / 4)
    centres = torch.tensor(np.stack([x, y], -1).reshape(-1, 2), dtype=torch.float32)
    assert torch.allclose(pixels, centres.expand_as(pixels), atol=2e-6)
    assert torch.allclose(found, depth.expand_as(found), atol=1e-5)


def test_cameras_of_a_record_project_as_the_generator_does():
    rng = np.random.default_rng(0)
    frames = []
    for _ in range(3):
        blender = np.eye(4)
        blender[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        blender[:3, :3] *= np.linalg.det(blender[:3, :3])
        blender[:3, 3] = rng.normal(size=3)
        k = [[90 + 9 * rng.random(), 0, 33.0], [0, 95 + 9 * rng.random(), 23.5], [0, 0, 1]]
        frames.append({"K": k, "cam2world": (blender @ recorded.FLIP).tolist(), "width": 64, "height": 48})
    points = np.concatenate([np.asarray(f["cam2world"])[:3, 3] for f in frames]).reshape(-1, 3) + rng.normal(
        size=(3, 3)
    )
    cameras = from_record(frames)
    pixels, depth = project(cameras, torch.tensor(points, dtype=torch.float32))
    for view, frame in enumerate(frames):
        wanted, away = recorded.project(frame, points)
        found = pixels[view].numpy() * [64, 48]
        assert depth[view].numpy() == pytest.approx(away, abs=1e-5)
        assert found[np.abs(away) > 0.05] == pytest.approx(wanted[np.abs(away) > 0.05], rel=1e-3, abs=1e-2)
        # A Blender camera looks along its -z with y up, so that what is above the axis is in the picture's upper half.
        blender = np.asarray(frame["cam2world"]) @ recorded.FLIP
        above = torch.tensor(blender[:3, 3] - 2 * blender[:3, 2] + 0.1 * blender[:3, 1], dtype=torch.float32)
        (x, y), far = (v[view, 0] for v in project(cameras, above[None]))
        assert (
            far.item() == pytest.approx(2, abs=1e-5) and x.item() == pytest.approx(33 / 64, abs=1e-5) and y < 23.5 / 48
        )


def test_the_box_moves_cameras_and_points_alike():
    cameras, centre = some_cameras(), torch.tensor([0.1, 0.4, 1.6])
    points = torch.rand(7, 3, generator=torch.Generator().manual_seed(1)) * 0.2
    pixels, depth = project(cameras, points)
    inside, nearer = project(into_box(cameras, centre, 0.25), (points - centre) / 0.25)
    assert torch.allclose(pixels, inside, atol=1e-5) and torch.allclose(depth, nearer * 0.25, atol=1e-5)


def test_an_orbit_starts_in_front_and_goes_to_the_persons_left():
    cameras = orbit(torch.tensor([0.0, 90.0, 0.0]), torch.tensor([0.0, 0.0, 30.0]), 2.0, 40.0)
    assert torch.allclose(cameras.c2w[:, :3, 3], torch.tensor([[0, -2, 0], [2, 0, 0], [0, -(3**0.5), 1.0]]), atol=1e-6)
    pixels, depth = project(cameras, torch.tensor([[0.3, 0, 0], [0, 0, 0.3], [0, 0, 0.0]]))
    assert torch.allclose(depth[:, 2], torch.full((3,), 2.0), atol=1e-6) and torch.allclose(
        pixels[:, 2], torch.tensor(0.5)
    )
    assert pixels[0, 0, 0] > 0.5 and pixels[0, 1, 1] < 0.5  # the person's left is on the right, z is up
    half = 2 * math.tan(math.radians(20))  # what the field of view shows to either side
    edge, _ = project(cameras, torch.tensor([[half, 0, 0]]))
    assert torch.allclose(edge[0, 0], torch.tensor([1.0, 0.5]), atol=1e-6)
