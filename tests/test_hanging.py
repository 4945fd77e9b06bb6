"""Long hair between head and shoulders, and the rounding by which strands and panoramas are small in a file."""

import numpy as np
import pytest

from simulacra.procgen.people.hair.strands import along_cells
from simulacra.procgen.people.hanging import HANG, as_long, hang_of


def test_hair_goes_over_from_the_head_to_where_it_lands():
    low = -0.19
    height = np.linspace(0.05, -0.30, 400)
    share = hang_of(height, low)
    assert (share[height > HANG[0]] == 0).all() and (share[height < low] == 1).all()
    assert (np.diff(share) >= 0).all()
    assert hang_of(np.array([-0.13]), low, root=hang_of(np.array([-0.13]), low)) == 0  # a root goes with the head


def test_a_strand_that_is_drawn_out_slides_back_along_its_path():
    rng = np.random.default_rng(0)
    sizes = np.array([9, 4, 14])
    points = rng.normal(0, 0.01, (27, 3)) - np.linspace(0, 1, 27)[:, None] * [0, 0, 0.3]
    np.testing.assert_allclose(as_long(points, points, sizes), points, atol=1e-12)
    line = np.concatenate([np.linspace(0, 0.1, size)[:, None] * [0, 0, -1.0] for size in sizes])
    np.testing.assert_allclose(as_long(line, line * 1.3, sizes), line, atol=1e-12)
    np.testing.assert_allclose(as_long(line, line * 0.8, sizes), line, atol=1e-12)


def test_cells_are_walked_without_leaps():
    places = np.random.default_rng(1).random((4000, 3)) * [0.2, 0.2, 0.02]
    order = along_cells(places)
    assert np.array_equal(np.sort(order), np.arange(4000))
    steps = np.linalg.norm(np.diff(places[order], axis=0), axis=1)
    assert np.median(steps) < 0.2 * np.median(np.linalg.norm(np.diff(places, axis=0), axis=1))


@pytest.mark.blender
def test_points_are_rounded_by_how_far_apart_they_lie_and_roots_least(scene):
    from simulacra.procgen.blender import curves_object

    rng = np.random.default_rng(2)
    for spacing, most in ((0.0125, 2.0**-12), (0.005, 2.0**-13), (0.0005, 2.0**-15)):
        steps = rng.normal(size=(50, 20, 3))
        strands = np.cumsum(spacing * steps / np.linalg.norm(steps, axis=2, keepdims=True), 1)
        obj = curves_object("Hair", strands, np.full((50, 20), 4e-5), part=0.0)
        stored = np.zeros(3000, np.float32)
        obj.data.points.foreach_get("position", stored)
        off = np.abs(stored.reshape(50, 20, 3) - strands)
        assert 0.3 * most < off.max() <= 0.501 * most and off[:, 0].max() <= 0.501 * 2.0**-15


@pytest.mark.blender
@pytest.mark.parametrize("brightest", [40.0, 1e6])
def test_a_panorama_in_the_file_is_what_was_rounded(scene, brightest):
    """Up to what half a float holds it lies there as halves, packed; above as it is."""
    from simulacra.procgen.blender import packed_panorama

    radiance = np.geomspace(0.001, brightest, 64 * 32 * 3).reshape(32, 64, 3)
    image = packed_panorama("Sky", radiance)
    pixels = np.zeros(64 * 32 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(32, 64, 4)
    assert image.packed_file and image.is_float and (pixels[..., 3] == 1).all()
    mantissa, exponent = np.frexp(radiance.astype(np.float32))
    np.testing.assert_array_equal(pixels[..., :3], np.ldexp(np.rint(mantissa * 256) / 256, exponent))
