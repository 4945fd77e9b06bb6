"""Camera models against their definitions: directions known by hand, and each model's inverse."""

import numpy as np
import pytest

from simulacra.datagen.cameras import camera_rays, pixel_centres, pixel_rays, project
from simulacra.datagen.projections import PANORAMAS, panorama_pixels, panorama_rays

PARAMETERS = {
    "equirectangular": {"longitude": [-2.5, 3.0], "latitude": [-1.2, 1.5]},
    "fisheye_equidistant": {"fov": 3.4},
    "fisheye_equisolid": {"lens_mm": 10.5, "fov": 3.0, "sensor_mm": [36.0, 24.0]},
    "fisheye_lens_polynomial": {"coefficients": [-1e-5, -0.02, -3.4e-6, 3.1e-6, -2.6e-8], "fov": 2.5, "sensor_mm": [36.0, 27.0]},
    "equiangular_cubemap_face": {},
    "central_cylindrical": {"azimuth": [-2.0, 2.5], "height": [-0.8, 1.1]},
    "mirrorball": {},
}  # fmt: skip


def record(model, shift=(0.0, 0.0), size=(48, 36), **parameters):
    return {
        "model": model, "width": size[0], "height": size[1], "cam2world": np.eye(4).tolist(),
        "parameters": {**(parameters or PARAMETERS[model]), "shift": list(shift)},
    }  # fmt: skip


@pytest.mark.parametrize("model", PANORAMAS)
def test_directions_are_of_length_one_and_lead_back_to_their_pixels(model):
    camera = record(model, shift=(0.03, -0.02))
    rays = camera_rays(camera)
    seen = np.isfinite(rays).all(-1)
    assert seen.mean() > 0.4 and np.abs(np.linalg.norm(rays[seen], axis=-1) - 1).max() < 1e-12
    back = panorama_pixels(camera, rays)
    assert np.abs(back - pixel_centres(camera))[seen].max() < 1e-6
    origin, world = pixel_rays(camera)
    pixels, distance = project(camera, origin + 2.5 * world)
    assert np.abs(pixels - pixel_centres(camera))[seen].max() < 1e-6 and np.allclose(distance[seen], 2.5)


def directions(camera, *pixels):
    return panorama_rays(camera, np.array(pixels, float))


def test_known_directions():
    """By hand, from the models' definitions: x right, y down, z forward."""
    root = np.sqrt(0.5)
    whole = record("equirectangular", longitude=[-np.pi, np.pi], latitude=[-np.pi / 2, np.pi / 2])
    assert np.allclose(
        directions(whole, (24, 18), (36, 18), (24, 0), (24, 27), (12, 18)),
        [(0, 0, 1), (1, 0, 0), (0, -1, 0), (0, root, root), (-1, 0, 0)],
    )
    fish = record("fisheye_equidistant", fov=np.pi)
    assert np.allclose(
        directions(fish, (24, 18), (48, 18), (24, 0), (36, 18)),
        [(0, 0, 1), (1, 0, 0), (0, -1, 0), (root, 0, root)],
        atol=1e-12,
    )
    assert np.isnan(directions(fish, (1, 1))).all()
    solid = record("fisheye_equisolid", lens_mm=10.0, fov=np.pi, sensor_mm=[36.0, 27.0])
    edge = 20 * np.sin(np.pi / 4) / 36 * 48  # pixels from the middle to a right angle
    assert np.allclose(directions(solid, (24 + edge - 1e-9, 18)), [(1, 0, 0)], atol=1e-6)
    assert np.isnan(directions(solid, (24 + edge + 1e-6, 18))).all()
    line = record("fisheye_lens_polynomial", coefficients=[0.0, -0.05, 0.0, 0.0, 0.0], fov=3.0, sensor_mm=[36.0, 27.0])
    assert np.allclose(directions(line, (24 + 48 / 36 * 10, 18)), [(np.sin(0.5), 0, np.cos(0.5))])
    face = record("equiangular_cubemap_face")
    assert np.allclose(directions(face, (48, 18), (24, 0)), [(root, 0, root), (0, -root, root)])
    tube = record("central_cylindrical", azimuth=[-np.pi, np.pi], height=[-1.0, 1.0])
    assert np.allclose(directions(tube, (24, 18), (24, 0)), [(0, 0, 1), (0, -root, root)])
    ball = record("mirrorball")
    assert np.allclose(directions(ball, (24, 18), (24 + 24 * root, 18)), [(0, 0, 1), (1, 0, 0)], atol=1e-12)


def test_an_orthographic_camera_is_linear():
    camera = {"model": "orthographic", "width": 40, "height": 20, "cam2world": np.eye(4).tolist(),
              "K": [[10.0, 0, 21.0], [0, 8.0, 9.0], [0, 0, 1]]}  # fmt: skip
    pixels, depth = project(camera, np.array([[0.5, -0.25, 3.0], [0.5, -0.25, 7.0]]))
    assert np.allclose(pixels, [[26, 7]] * 2) and np.allclose(depth, [3, 7])
    start, rays = pixel_rays(camera)
    assert np.allclose(rays, (0, 0, 1)) and np.allclose(start[0, 0], ((0.5 - 21) / 10, (0.5 - 9) / 8, 0))
    assert np.allclose(camera_rays(camera), (0, 0, 1))
    pixels, depth = project(camera, start + 4.0 * rays)
    assert np.allclose(pixels, pixel_centres(camera)) and np.allclose(depth, 4.0)
