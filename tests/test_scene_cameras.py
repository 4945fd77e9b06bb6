"""Labels of cameras that are no pinholes, against rays that the test computes from each model's own definition."""

import json
import warnings

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")
from mathutils import Euler, Matrix  # noqa: E402
from scene_stage import shown  # noqa: E402

from simulacra.__main__ import main  # noqa: E402
from simulacra.datagen.cameras import project  # noqa: E402
from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.export import export  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.datagen.gallery import write_gallery  # noqa: E402

pytestmark = pytest.mark.blender
WALL, RADIUS = 0.8, 1.1  # metres: a wall before the camera, a sphere around it


def places(record, shift):
    """u to the right and v up, 0…1, of all pixel centres."""
    x, y = np.meshgrid(np.arange(record["width"]) + 0.5, np.arange(record["height"]) + 0.5)
    return x / record["width"] + shift[0], 1 - y / record["height"] + shift[1]


def turned(u, v, angle):
    """The direction at an angle off the axis, towards (u, v); x right, y down, z forward."""
    about = np.arctan2(v, u)
    return np.stack([np.sin(angle) * np.cos(about), -np.sin(angle) * np.sin(about), np.cos(angle)], -1)


def equirectangular(u, v, data):
    east = data.longitude_min + u * (data.longitude_max - data.longitude_min)
    north = data.latitude_min + v * (data.latitude_max - data.latitude_min)
    return np.stack([np.cos(north) * np.sin(east), -np.sin(north), np.cos(north) * np.cos(east)], -1)


def equidistant(u, v, data):
    radius = np.hypot(2 * u - 1, 2 * v - 1)
    rays = turned(2 * u - 1, 2 * v - 1, radius * data.fisheye_fov / 2)
    return np.where((radius <= 1)[..., None], rays, np.nan)


def sensor(u, v):
    """On a sensor 36 mm wide under a picture of 4:3."""
    return (u - 0.5) * 36.0, (v - 0.5) * 27.0


def equisolid(u, v, data):
    x, y = sensor(u, v)
    radius = np.hypot(x, y)
    angle = 2 * np.arcsin(np.minimum(radius / 2 / data.fisheye_lens, 1))
    return np.where((angle <= data.fisheye_fov / 2)[..., None], turned(x, y, angle), np.nan)


def polynomial(u, v, data):
    x, y = sensor(u, v)
    radius = np.hypot(x, y)
    angle = -sum(getattr(data, f"fisheye_polynomial_k{power}") * radius**power for power in range(5))
    return np.where((abs(angle) <= data.fisheye_fov / 2)[..., None], turned(x, y, angle), np.nan)


def cubemap_face(u, v, data):
    rays = np.stack([np.tan((u - 0.5) * np.pi / 2), -np.tan((v - 0.5) * np.pi / 2), np.ones_like(u)], -1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def cylindrical(u, v, data):
    east = data.central_cylindrical_range_u_min + u * (
        data.central_cylindrical_range_u_max - data.central_cylindrical_range_u_min)  # fmt: skip
    low, high = data.central_cylindrical_range_v_min, data.central_cylindrical_range_v_max
    up = (low + v * (high - low)) / data.central_cylindrical_radius
    rays = np.stack([np.sin(east), -up, np.cos(east)], -1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def mirrorball(u, v, data):
    """The reflection of a view along z in a ball's normal, seen from behind: its middle is ahead."""
    x, y = 2 * u - 1, 1 - 2 * v
    square = x * x + y * y
    normal = np.stack([x, y, -np.sqrt(np.where(square <= 1, 1 - square, np.nan))], -1)
    view = np.array([0.0, 0.0, 1.0])
    return (view - 2 * normal * normal[..., 2:]) * (1, 1, -1)


MODELS = {
    "EQUIRECTANGULAR": (equirectangular, {"longitude_min": -2.6, "longitude_max": 3.0, "latitude_min": -1.2, "latitude_max": 1.5}),
    "FISHEYE_EQUIDISTANT": (equidistant, {"fisheye_fov": 3.5}),
    "FISHEYE_EQUISOLID": (equisolid, {"fisheye_fov": 3.0, "fisheye_lens": 11.0}),
    "FISHEYE_LENS_POLYNOMIAL": (polynomial, {"fisheye_fov": 2.4, "fisheye_polynomial_k1": -0.06, "fisheye_polynomial_k2": 1e-4}),
    "EQUIANGULAR_CUBEMAP_FACE": (cubemap_face, {}),
    "CENTRAL_CYLINDRICAL": (cylindrical, {"central_cylindrical_range_u_min": -1.2, "central_cylindrical_range_u_max": 2.0,
                                          "central_cylindrical_range_v_min": -0.7, "central_cylindrical_range_v_max": 0.9,
                                          "central_cylindrical_radius": 1.3}),
    "MIRRORBALL": (mirrorball, {}),
}  # fmt: skip


def room(stage):
    """A sphere around the camera, and a wall within it that covers a part of the view; the camera stands at odds."""
    angle = np.linspace(0, np.pi, 65)
    turn = np.linspace(0, 2 * np.pi, 129)[:-1]
    ring = np.stack(
        [
            np.outer(np.sin(angle), np.cos(turn)),
            np.outer(np.sin(angle), np.sin(turn)),
            np.repeat(np.cos(angle)[:, None], 128, 1),
        ],
        -1,
    )
    stage.camera.matrix_world = Matrix.LocRotScale((0.2, -0.1, 0.3), Euler((1.3, 0.2, 0.4)), (1, 1, 1))
    faces = [(a * 128 + b, a * 128 + (b + 1) % 128, (a + 1) * 128 + (b + 1) % 128, (a + 1) * 128 + b)
             for a in range(64) for b in range(128)]  # fmt: skip
    ball = stage.mesh("Ball", ring.reshape(-1, 3) * RADIUS, faces)
    ball.location = stage.camera.matrix_world.translation
    wall = stage.quad("Wall", 0.0, 0.45)
    wall.matrix_world = (
        stage.camera.matrix_world @ Matrix.Translation((0.1, 0.05, -WALL)) @ Euler((1.5708, 0, 0)).to_matrix().to_4x4()
    )


@pytest.mark.parametrize("kind", MODELS)
def test_panoramas(stage, kind):
    rays_of, settings = MODELS[kind]
    data = stage.camera.data
    data.type, data.panorama_type = "PANO", kind
    data.sensor_width, data.shift_x, data.shift_y, data.clip_start = 36.0, 0.04, -0.03, 0.01
    for name, value in settings.items():
        setattr(data, name, value)
    room(stage)
    unit = 0.5
    stage.scene.unit_settings.system, stage.scene.unit_settings.scale_length = "METRIC", unit
    truth = [
        rays_of(*places({"width": 64, "height": 48}, (data.shift_x, data.shift_y)), data)
    ]  # before the file is read
    (sample,) = stage.label()
    record, truth = sample.camera(0), truth[0]
    assert record["model"] == kind.lower() == sample.record["model"] and "K" not in record
    assert not sample.has("depth", 0) and sample.has("rays", 0)
    rays, distance, instance = (sample.label(name, 0) for name in ("rays", "distance", "instance"))
    seen = np.isfinite(truth).all(-1)
    assert seen.mean() > 0.3 and np.array_equal(np.isfinite(rays).all(-1), seen)
    assert np.abs(rays - truth)[seen].max() < 2e-6
    ids = {entry["name"]: entry["id"] for entry in sample.objects(0)}
    wall, ball = instance == ids["Wall"], instance == ids["Ball"]
    assert wall.any() and ball.any() and np.array_equal(seen, wall | ball) and np.isinf(distance[~seen]).all()
    # The plane z = WALL in the camera's frame, and a ball whose facets lie within a cosine of half an edge of it.
    # Fisheyes of Cycles turn their rays by an arc cosine in single precision, which is off by up to 3.5e-4 radians.
    loose = 4e-4 if kind.startswith("FISHEYE") else 2e-5
    assert np.abs(distance - unit * WALL / truth[..., 2])[wall].max() < loose
    assert (distance[ball] <= unit * RADIUS * (1 + 1e-5)).all() and (
        distance[ball] >= unit * RADIUS * np.cos(np.pi / 64) ** 2
    ).all()
    matrix = np.array(record["cam2world"])
    there = matrix[:3, 3] + (distance[..., None] * truth) @ matrix[:3, :3].T
    assert np.abs(there - sample.label("position", 0))[seen].max() < loose
    _, far = project(record, sample.label("position", 0)[wall])
    assert np.abs(far - distance[wall]).max() < 1e-5
    write_gallery(sample.path.parent, stage.folder / "gallery.html")
    with pytest.raises(BadInput, match="pinhole"):
        export(sample.path.parent, "nerf", stage.folder / "nerf")


@pytest.mark.parametrize("fit, size, aspect, unit", [("AUTO", (64, 48), (1, 1), 1.0), ("AUTO", (40, 64), (1.0, 1.5), 0.01),
                                                     ("VERTICAL", (64, 40), (1.2, 1.0), 10.0)])  # fmt: skip
def test_an_orthographic_camera_and_its_flow(stage, fit, size, aspect, unit):
    render, data = stage.scene.render, stage.camera.data
    data.type, data.ortho_scale, data.sensor_fit, data.shift_x, data.shift_y = "ORTHO", 2.4, fit, 0.06, -0.04
    render.resolution_x, render.resolution_y = size
    render.pixel_aspect_x, render.pixel_aspect_y = aspect
    stage.scene.unit_settings.system, stage.scene.unit_settings.scale_length = "METRIC", unit
    wall = stage.quad("Wall", 0.5, 9.0)
    wall.rotation_euler = (0.2, 0.1, -0.25)
    quad = stage.quad("Moving", -0.6, 0.4)
    for frame, x in ((0, -0.3), (3, 0.6)):
        quad.location.x = x
        quad.keyframe_insert("location", frame=frame)
    for curve in curves(quad):
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
    camera = np.array(stage.camera.matrix_world)
    (first,) = stage.label(frames="1..2")
    record = first.camera(0)
    assert record["model"] == "orthographic"
    width, height = size
    tall = aspect[1] / aspect[0]
    across = width >= height * tall if fit == "AUTO" else fit == "HORIZONTAL"
    pitch = 2.4 / (width if across else height * tall)  # units a pixel's width
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, height / 2 - np.arange(height) - 0.5)
    x, y = x * pitch + 0.06 * 2.4, y * pitch * tall - 0.04 * 2.4
    start = camera[:3, 3] + x[..., None] * camera[:3, 0] + y[..., None] * camera[:3, 1]
    normal = np.array(Euler((0.2, 0.1, -0.25)).to_matrix()) @ [0, 1, 0]
    depth = ((np.array([0, 0.5, 0]) - start) @ normal) / (-camera[:3, 2] @ normal)
    ids = {entry["name"]: entry["id"] for entry in first.objects(0)}
    behind = first.label("instance", 0) == ids["Wall"]
    assert behind.any() and (~behind).any()
    assert np.abs(first.label("depth", 0) / (depth * unit) - 1)[behind].max() < 1e-5
    assert np.abs(first.label("distance", 0) / first.label("depth", 0) - 1).max() < 1e-5
    assert np.abs(first.label("rays", 0) - (0, 0, 1)).max() < 1e-6
    there = (start - depth[..., None] * camera[:3, 2]) * unit
    assert np.abs(first.label("position", 0) - there)[behind].max() < 2e-5 * 10 * unit
    flow = first.label("flow", 0)
    assert np.abs(flow[behind]).max() < 1e-3
    step = 0.3 * camera[0, :2] / (pitch, -pitch * tall)
    assert np.linalg.norm(step) > 2 and np.abs(flow[~behind] - step).max() < 5e-3
    for name in ("nerf", "sintel"):
        with pytest.raises(BadInput, match="pinhole"):
            export(first.path.parent, name, stage.folder / name)


def curves(obj):
    """The F-curves of an object on both releases."""
    action = obj.animation_data.action
    if hasattr(action, "fcurves"):
        return action.fcurves
    return action.layers[0].strips[0].channelbags[0].fcurves


def test_one_odd_camera_does_not_stop_the_others(stage, capfd):
    for name, kind in (("Fish", "PANO"), ("Flat", "ORTHO"), ("Odd", "CUSTOM")):
        camera = stage.put(bpy.data.objects.new(name, bpy.data.cameras.new(name)))
        camera.data.type, camera.matrix_world = kind, stage.camera.matrix_world
    nowhere = stage.put(bpy.data.objects.new("Nowhere", bpy.data.cameras.new("Nowhere")))
    nowhere.scale = (0, 0, 0)
    stage.quad("Wall", 0.0)
    bpy.ops.wm.save_as_mainfile(filepath=str(stage.path), compress=False)
    out = stage.folder / "out"
    capfd.readouterr()
    assert main(["label", str(stage.path), str(out), "--cameras", "all", "--size", "16x12"]) == 0
    told = capfd.readouterr().err
    assert (
        "Odd is left out; it is projected by a shader of its own" in told
        and "Nowhere is left out; it has a size of zero" in told
    )
    described = json.loads((out / "dataset.json").read_text())
    assert described["recipe"]["cameras"] == ["Camera", "Fish", "Flat"]
    assert described["recipe"]["models"] == ["pinhole", "fisheye_equisolid", "orthographic"]
    assert [line.split()[1] for line in described["recipe"]["remarks"]] == ["Nowhere", "Odd"]
    has = {
        name: [(out / f"{sample:06d}" / f"0000.{name}.exr").is_file() for sample in range(3)]
        for name in ("depth", "rays", "position")
    }
    assert has == {"depth": [True, False, True], "rays": [False, True, True], "position": [True] * 3}
    with warnings.catch_warnings(action="error"):  # where a lens shows nothing, nothing is computed
        assert main(["check", str(out)]) == 0
    capfd.readouterr()
    (out / "000001" / "0000.rays.exr").unlink()
    assert main(["check", str(out)]) == 1
    assert "000001: frame 0 has no rays, which dataset.json says is rendered" in capfd.readouterr().out
    for words, told in (
        (["--cameras", "Odd"], "cameras: Odd is projected"),
        (["--cameras", "Fish", "--labels", "depth"], "depth is not had of fisheye_equisolid"),
    ):
        capfd.readouterr()
        assert main(["label", str(stage.path), str(stage.folder / "none"), *words]) == 2
        assert told in capfd.readouterr().err


def test_a_transparent_film_keeps_its_alpha(stage):
    stage.scene.render.film_transparent, stage.scene.cycles.samples = True, 16
    stage.scene.view_settings.view_transform = "Standard"
    from scene_stage import shader

    stage.quad("Lit", 0.0, 0.5, material=shader("ShaderNodeEmission", Color=(1.0, 0.25, 0.0, 1.0), Strength=1.0))
    half = stage.quad("Half", 0.0, 0.3, material=None)
    half.location.x = -1.0
    material = shader("ShaderNodeMixShader", Fac=0.7)
    tree = material.node_tree
    mix = next(node for node in tree.nodes if node.type == "MIX_SHADER")
    for place, kind in ((1, "ShaderNodeBsdfTransparent"), (2, "ShaderNodeEmission")):
        tree.links.new(tree.nodes.new(kind).outputs[0], mix.inputs[place])
    half.data.materials.append(material)
    (sample,) = stage.label()
    picture, alpha = read_png(sample.path / "0000.rgb.png"), sample.label("alpha", 0)
    assert picture.shape == (48, 64, 4) and np.array_equal(picture[..., 3], alpha)
    assert np.array_equal(sample.label("rgb", 0), picture[..., :3])
    x, y = project(sample.camera(0), np.array([0.0, 0.0, 0.0]))[0].astype(int)
    assert alpha[y, x] == 255 and np.abs(picture[y, x, :3].astype(int) - (255, 137, 0)).max() <= 1
    x, y = project(sample.camera(0), np.array([-1.0, 0.0, 0.0]))[0].astype(int)
    assert abs(int(alpha[y, x]) - 178) < 60 and (picture[y, x, :3] > 250).all(), "straight colour, not on black"
    assert alpha[0, 0] == 0 and shown(sample) == {"Lit", "Half"}
    write_gallery(sample.path.parent, stage.folder / "gallery.html")


def test_alpha_of_an_opaque_film_is_refused(stage):
    with pytest.raises(BadInput, match="transparent film"):
        stage.label(labels=["alpha"])
