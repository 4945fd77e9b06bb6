"""Avatars decoded by numpy: the field against torch, the surface against closed forms, and what Blender makes of them."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from avatars import make, noise

from simulacra.addon.avatar import bake, decode, format, surface
from simulacra.addon.avatar.format import Avatar, AvatarError, Meta, read_avatar, write_avatar

# --- the field


@pytest.mark.parametrize("aggregate, activation, density, colour, fourier", [
    ("sum", "relu", "softplus", "sigmoid", 0), ("mean", "softplus", "exp", "linear", 2), ("concat", "silu", "relu", "sigmoid", 0),
    ("sum", "leaky_relu", "sdf", "sigmoid", 4), ("concat", "relu", "occupancy", "linear", 1),
])  # fmt: skip
def test_the_field_is_torchs(aggregate, activation, density, colour, fourier):
    torch = pytest.importorskip("torch")
    from torch.nn import functional as F

    about = {"aggregate": aggregate, "activation": activation, "density": density, "colour": colour, "fourier": fourier}
    avatar = noise(32, 17, (64, 64), planes=("yx", "xz", "yz"), **about)
    points = np.random.default_rng(1).uniform(-0.36, 0.36, (3000, 3)) + avatar.meta.center
    unit = torch.tensor((points - avatar.meta.center) * 2 / avatar.meta.box, dtype=torch.float64)
    grids = torch.stack([unit[:, ["xyz".index(axis) for axis in name]] for name in avatar.meta.planes])
    planes = torch.tensor(avatar.planes).double()
    sampled = F.grid_sample(planes, grids[:, None], mode="bilinear", align_corners=False, padding_mode="border")[
        :, :, 0
    ]
    value = {"sum": sampled.sum(0), "mean": sampled.mean(0), "concat": sampled.reshape(-1, len(points))}[aggregate].T
    waves = [wave(2**k * math.pi * value) for k in range(fourier) for wave in (torch.sin, torch.cos)]
    value = torch.cat([value, *waves], 1)
    for index, (weight, bias) in enumerate(avatar.decoder):
        value = F.linear(value, torch.tensor(weight).double(), torch.tensor(bias).double())
        value = getattr(F, activation)(value) if index < len(avatar.decoder) - 1 else value
    kinds = {"softplus": F.softplus, "relu": F.relu, "exp": torch.exp, "sdf": lambda x: x, "occupancy": torch.sigmoid}
    wanted = kinds[density](value[:, 0]).numpy()
    found, tint = decode.field(avatar, points)
    assert found.dtype == tint.dtype == np.float32
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()
    wanted = (torch.sigmoid(value[:, 1:]) if colour == "sigmoid" else value[:, 1:].clamp(0, 1)).numpy()
    assert np.abs(tint - wanted).max() < 1e-5


@pytest.mark.parametrize("fourier", [0, 2])
@pytest.mark.parametrize("aggregate", format.CHOICES["aggregate"])
def test_the_grid_is_the_field_at_the_centres_of_its_cells(aggregate, fourier):
    avatar = noise(aggregate=aggregate, planes=("yx", "zx", "yz"), fourier=fourier)
    grid = decode.field_grid(avatar, 11)
    place = ((np.arange(11) + 0.5) / 11 - 0.5) * avatar.meta.box
    points = np.stack(np.meshgrid(*(place + c for c in avatar.meta.center), indexing="ij"), -1).reshape(-1, 3)
    density, colour = decode.field(avatar, points)
    assert np.allclose(grid[..., 0].ravel(), density, rtol=1e-5, atol=1e-6)
    assert np.allclose(grid[..., 1:].reshape(-1, 3), colour, rtol=1e-5, atol=1e-6)
    assert np.allclose(decode.density_grid(avatar, 11), grid[..., 0], rtol=1e-5, atol=1e-6)


def pieces():
    """Two spheres apart, one of them hollow: relu(1 - q) of each, less that of the hollow."""
    regions = [((-0.12, 0, 0), (0.13,) * 3), ((-0.12, 0, 0.02), (0.09,) * 3), ((0.2, 0.1, 0), (0.05,) * 3)]
    last = np.zeros((4, 3), np.float32)
    last[0] = 100, -300, 100
    layers = ((-np.eye(3, dtype=np.float32), np.ones(3, np.float32)), (last, np.zeros(4, np.float32)))
    return Avatar(make._quadrics(regions, 64, 0.6, 3), layers, Meta(0.6, (0.0, 0.0, 0.0), 5.0, density="relu"))


@pytest.mark.parametrize("avatar, resolution", [
    (make.sphere(), 64), (make.sphere(), 50), (make.sphere(radius=0.35), 33), (make.head(), 96), (pieces(), 61),
    (make.cube(3.0), 21), (noise(scale=0.3, fourier=2), 40),
], ids=["sphere", "odd", "cut by the box", "head", "pieces", "cube", "octaves"])  # fmt: skip
def test_the_coarse_search_finds_the_same_surface(avatar, resolution):
    sign = -1 if avatar.meta.density == "sdf" else 1
    grids = [sign * find(avatar, resolution) for find in (decode.density_grid, decode.surface_grid)]
    dense, sparse = (surface.isosurface(grid, sign * avatar.meta.level, 1.0, np.zeros(3)) for grid in grids)
    assert np.array_equal(dense[1], sparse[1]) and np.allclose(dense[0], sparse[0], atol=1e-3)
    assert np.allclose(dense[2], sparse[2], atol=1e-2)


def test_a_thin_sheet_is_followed_from_what_is_found():
    """A plate one cell thick between the coarse samples, which a rod that is seen crosses."""
    rng = np.arange(64)
    x, y, z = np.meshgrid(rng, rng, rng, indexing="ij")
    plate = (z == 16) & (abs(x - 32) < 25) & (abs(y - 32) < 25)
    wanted = (plate | ((abs(x - 32) < 5) & (abs(y - 32) < 5) & (abs(z - 30) < 20))).astype(np.float32)
    avatar, calls = make.cube(1.0), []

    class Known:
        """In place of the planes: the values are known."""

        def __init__(self, avatar, unit):
            self.places = np.rint((unit + 1) * 32 - 0.5).astype(int)

        @property
        def sheets(self):
            shape = (len(self.places),) * 2
            base = np.stack(np.meshgrid(self.places, self.places, indexing="ij"), -1)
            zero = np.zeros((*shape, 1), int)
            first = np.concatenate([base * [4096, 64], zero], -1)
            second = np.concatenate([zero, zero, base[..., 1:]], -1)
            return [first, second, np.zeros((*shape, 3), int)]

        def blocks(self):
            count = len(self.places) // 4
            return [sheet.reshape(count, 4, count, 4, 3).swapaxes(1, 2) for sheet in self.sheets]

    def outputs(hidden, avatar, count):
        calls.append(len(hidden))
        return wanted.ravel()[hidden.sum(1)][:, None]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "_Separable", Known)
        patch.setattr(decode, "_outputs", outputs)
        found = decode.surface_grid(replace(avatar, meta=replace(avatar.meta, level=0.5)), 64)
    assert np.array_equal(found, wanted) and sum(calls) < wanted.size / 2


def test_a_search_can_be_cancelled_and_tells_how_far_it_is():
    seen = []
    decode.surface_grid(make.sphere(), 64, seen.append)
    assert seen[-1] == 1.0 and all(0 <= share <= 1 for share in seen)

    def stop(share):
        raise KeyboardInterrupt

    for find in (decode.density_grid, decode.surface_grid, decode.field_grid):
        with pytest.raises(KeyboardInterrupt):
            find(make.sphere(), 32, stop)
        with pytest.raises(AvatarError, match="resolution is 1;"):
            find(make.sphere(), 1)


def test_extinction_is_a_closed_form():
    sdf, soft = make.sphere().meta, replace(make.sphere().meta, density="occupancy", level=0.5)
    found = decode.extinction(np.array([-1.0, 0.0, 0.01, 1.0], np.float32), sdf, 0.01)
    assert np.allclose(found, [100, 50, 50 / math.e, 0], atol=1e-4)
    opacity = 1 - np.exp(-0.01 * decode.extinction(np.array([0.0, 0.3, 0.9], np.float32), soft, 0.01))
    assert np.allclose(opacity, [0, 0.3, 0.9], atol=1e-6)


# --- the surface


def test_every_case_is_filled():
    for case in range(256):
        for cycle in surface._cycles(case):
            assert len(surface._filled(cycle)) == len(cycle) - 2


@pytest.mark.parametrize("seed", range(4))
def test_the_surface_of_noise_is_closed_and_manifold(seed):
    trimesh = pytest.importorskip("trimesh")
    grid = np.random.default_rng(seed).normal(size=(13, 14, 15)).astype(np.float32)
    grid[3:6, 4:8, 5:9] = 0.0  # exactly at the level
    points, triangles, normals = surface.isosurface(grid, 0.0, 0.1, np.zeros(3))
    mesh = trimesh.Trimesh(points, triangles, process=False)
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
    assert (np.bincount(mesh.edges_unique_inverse) == 2).all() and len(np.unique(triangles)) == len(points)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    # Around each point the triangles' far edges make one cycle: one fan.
    corners = np.concatenate([np.roll(triangles, turn, 1) for turn in range(3)]).astype(np.int64)
    spokes, index = np.unique(corners[:, [0]] * len(points) + corners[:, 1:], return_inverse=True)
    fans = trimesh.graph.connected_components(index.reshape(-1, 2), nodes=np.arange(len(spokes)))
    assert len(fans) == len(points)
    assert len(trimesh.Trimesh(points, triangles).vertices) == len(points), "points coincide"


@pytest.mark.parametrize("resolution", [24, 57, 96])
def test_a_sphere_is_one(resolution):
    trimesh = pytest.importorskip("trimesh")
    avatar = replace(make.sphere(128), meta=replace(make.sphere().meta, center=(0.5, -1.0, 2.0)))
    points, triangles, normals = surface.avatar_surface(avatar, resolution)
    mesh = trimesh.Trimesh(points, triangles, process=False)
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.euler_number == 2
    outward = points - np.array(avatar.meta.center)
    cell = avatar.meta.box / resolution
    assert np.abs(np.linalg.norm(outward, axis=1) - make.RADIUS).max() < 0.03 * cell + 1e-4
    assert np.sum(outward * normals, 1).min() > 0.995 * make.RADIUS
    assert math.isclose(mesh.volume, 4 / 3 * math.pi * make.RADIUS**3, rel_tol=20 / resolution**2)


def test_the_head_is_scikit_images():
    measure = pytest.importorskip("skimage.measure")
    trimesh = pytest.importorskip("trimesh")
    avatar = make.head(64)
    grid = decode.density_grid(avatar, 64)
    points, triangles, _ = surface.isosurface(grid, avatar.meta.level, 1.0, np.zeros(3))
    other, faces, *_ = measure.marching_cubes(np.pad(grid, 1), avatar.meta.level)
    ours, theirs = trimesh.Trimesh(points, triangles, process=False), trimesh.Trimesh(other - 1, faces)
    assert ours.is_watertight and math.isclose(ours.volume, abs(theirs.volume), rel_tol=2e-3)
    assert ours.euler_number == theirs.euler_number and math.isclose(ours.area, theirs.area, rel_tol=1e-2)


def test_what_the_box_cuts_is_closed_at_the_box():
    trimesh = pytest.importorskip("trimesh")
    points, triangles, _ = surface.avatar_surface(make.cube(3.0), 8)
    mesh = trimesh.Trimesh(points, triangles, process=False)
    assert mesh.is_watertight and np.allclose(mesh.bounds, [[-0.3] * 3, [0.3] * 3], atol=1e-6)


def test_floaters_are_dropped_by_their_area():
    x = np.arange(40)
    grid = np.full((40, 40, 40), -1.0, np.float32)
    for centre, radius in ((12, 9.0), (28, 5.0), (36, 1.5)):
        distance = np.sqrt(sum((axis - centre) ** 2 for axis in np.meshgrid(x, x, x, indexing="ij")))
        grid = np.maximum(grid, (radius - distance).astype(np.float32))
    found = surface.isosurface(grid, 0.0, 1.0, np.zeros(3))
    found = [len(np.unique(surface.components(len(p), t))) for p, t, _ in (
        surface.without_floaters(*found, keep) for keep in (0.0, 0.1, 1.0))]  # fmt: skip
    assert found == [3, 2, 1]


def test_no_surface_is_said():
    with pytest.raises(AvatarError, match="meets no surface"):
        surface.avatar_surface(replace(make.cube(3.0), meta=replace(make.cube(3.0).meta, level=9.0)), 16)


# --- the colours


def test_the_texture_is_the_field_where_it_is_looked_up():
    avatar = make.head(64)
    points, triangles, _ = surface.avatar_surface(avatar, 48)
    uv, image = bake.bake_texture(avatar, points, triangles)
    assert (
        uv.shape == (3 * len(triangles), 2) and 0 < uv.min() and uv.max() < 1 and uv.dtype == image.dtype == np.float32
    )
    smooth = replace(avatar, decoder=((np.zeros((4, 32), np.float32), np.zeros(4, np.float32)),))
    smooth.decoder[0][0][1:, 0] = 0.02  # slowly changing: what is left is what leaks in from neighbours
    uv, image = bake.bake_texture(smooth, points, triangles)
    rng = np.random.default_rng(2)
    chosen, weight = rng.integers(0, len(triangles), 5000), rng.dirichlet([0.3] * 3, 5000)[:, :, None]
    wanted = bake.point_colours(smooth, (points[triangles[chosen]] * weight).sum(1))
    place = (uv.reshape(-1, 3, 2)[chosen] * weight).sum(1) * image.shape[1::-1] - 0.5
    first = np.floor(place).astype(int)
    found = np.zeros((5000, 3))
    for right, up in product((0, 1), (0, 1)):
        part = np.abs(1 - np.array([right, up]) - (place - first)).prod(1)
        found += image[first[:, 1] + up, first[:, 0] + right] * part[:, None]
    assert np.abs(found - wanted).max() < 2e-3 and np.ptp(wanted) > 0.05
    with pytest.raises(AvatarError, match="px wide"):
        bake.bake_texture(avatar, points, triangles, 7)


def test_the_tool_writes_what_can_be_read(tmp_path, monkeypatch):
    for shape in ("sphere", "head"):
        path = tmp_path / f"{shape}.avatar.safetensors"
        monkeypatch.setattr("sys.argv", ["make_avatar.py", str(path), "--shape", shape, "--resolution", "32"])
        make.main()
        assert read_avatar(path).planes.shape[2:] == (32, 32)


# --- in Blender


@pytest.fixture
def objects(scene):
    """The module that needs bpy, in an empty scene."""
    from simulacra.addon.avatar import objects

    return objects


def vertices(obj):
    """Points (n, 3) of an object's mesh."""
    values = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", values)
    return values.reshape(-1, 3)


@pytest.mark.parametrize("colours", ["attribute", "texture"])
def test_an_avatar_becomes_a_mesh_and_another_one_later(tmp_path, objects, colours):
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, make.sphere())
    obj = objects.avatar_mesh(read_avatar(path), 48, colours)
    assert np.abs(np.linalg.norm(vertices(obj), axis=1) - make.RADIUS).max() < 0.1 * make.BOX / 48
    assert not obj.data.validate() and obj["avatar_source"] == str(path) and obj["avatar_resolution"] == 48
    twin, material = obj.copy(), obj.data.materials[0]
    before = len(obj.data.vertices)
    objects.redecode(obj, 24)
    assert twin.data == obj.data and list(obj.data.materials) == [material] and obj["avatar_resolution"] == 24
    assert len(obj.data.vertices) < before / 2
    if colours == "texture":
        image = next(node.image for node in material.node_tree.nodes if node.label == objects.TEXTURE)
        pixels = np.array(image.pixels[:]).reshape(-1, 4)
        assert image.packed_file and np.abs(pixels - [*make.SKIN, 1]).max(1).min() < 0.005
        assert len(obj.data.uv_layers) == 1
    else:
        values = np.empty(4 * len(obj.data.vertices), np.float32)
        obj.data.attributes["colour"].data.foreach_get("color", values)
        linear = [((value + 0.055) / 1.055) ** 2.4 for value in make.SKIN]
        assert np.allclose(values.reshape(-1, 4), [*linear, 1], atol=1e-3)
    path.unlink()
    with pytest.raises(AvatarError, match="No such file"):
        objects.redecode(obj, 24)


def picture(scene, path, camera, density, colour, objects, resolution=9):
    """The middle of a render of a cube in front of white: orthographic along an axis, linear RGB."""
    import bpy
    from mathutils import Vector

    obj = objects.avatar_volume(make.cube(density, colour), resolution)
    scene.collection.objects.link(obj)
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 16, False
    if hasattr(scene.cycles, "volume_biased"):
        scene.cycles.volume_biased = True  # 5.2 else takes long to find the densities of every place first
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR", "32"
    world = scene.world = bpy.data.worlds.new("white")
    if world.node_tree is None:
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs[0].default_value = (1, 1, 1, 1)
    lens = bpy.data.cameras.new("camera")
    lens.type, lens.ortho_scale = "ORTHO", 0.2
    scene.camera = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(scene.camera)
    scene.camera.location, scene.camera.rotation_euler = camera, Vector(camera).to_track_quat("Z", "Y").to_euler()
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    return np.array(image.pixels[:]).reshape(8, 8, 4)[..., :3].mean((0, 1))


@pytest.mark.parametrize("camera, density, colour", [
    ((0, -2, 0), 3.0, (0, 0, 0)), ((0, 0, 2), 1.0, (0, 0, 0)), ((2, 0, 0), 3.0, (1.0, 0.5, 0.0)),
])  # fmt: skip
def test_a_volume_of_one_density_absorbs_and_glows_by_the_closed_form(
    tmp_path, scene, objects, camera, density, colour
):
    found = picture(scene, tmp_path / "a.exr", camera, density, colour, objects)
    passed = math.exp(-density * make.BOX)
    linear = np.array([value / 12.92 if value < 0.04 else ((value + 0.055) / 1.055) ** 2.4 for value in colour])
    assert np.allclose(found, passed + linear * (1 - passed), rtol=0.02)


def test_a_volumes_atlas_holds_the_field_at_every_cell(tmp_path, objects):
    path = tmp_path / "a.avatar.safetensors"
    write_avatar(path, make.head(32))
    obj = objects.avatar_volume(read_avatar(path), 10)
    wanted = decode.field_grid(make.head(32), 10)
    node = next(node for node in obj.data.materials[0].node_tree.nodes if node.type == "TEX_IMAGE")
    width, height = node.image.size
    pixels = np.array(node.image.pixels[:], np.float32).reshape(height, width, 4)
    for x, y, z in ((0, 0, 0), (9, 9, 9), (4, 5, 2), (5, 3, 7)):
        row, column = z // 4 * 12 + 1 + y, z % 4 * 12 + 1 + x
        assert math.isclose(pixels[row, column, 3], wanted[x, y, z, 0], rel_tol=1e-4, abs_tol=1e-3)
    assert 0.3 < obj.dimensions.x < 0.6 and obj.dimensions.y < 0.4  # the empty part of the box is left out
    objects.redecode(obj, 6)
    assert obj["avatar_resolution"] == 6 and len(obj.data.vertices) == 8
    with pytest.raises(AvatarError, match="for a volume"):
        objects.avatar_volume(make.cube(1.0), 400)
