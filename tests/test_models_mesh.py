"""Meshes, textures, avatar files and turntables of fields, against closed forms and against the add-on that reads them."""

import copy
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from avatars import make, noise, same

from simulacra.addon.avatar import decode, format
from simulacra.datagen.errors import BadInput
from simulacra.datagen.formats.png import read_png

torch = pytest.importorskip("torch")
pytest.importorskip("skimage")
trimesh = pytest.importorskip("trimesh")

from simulacra.models.core.cameras import azimuth_elevation, orbit  # noqa: E402
from simulacra.models.core.pictures import to_bytes  # noqa: E402
from simulacra.models.fields import export, mesh, turntable  # noqa: E402
from simulacra.models.fields.mesh import MeshConfig, extract, level_grid, surface  # noqa: E402
from simulacra.models.fields.render import render_image  # noqa: E402
from simulacra.models.fields.triplane import Decoder, TriplaneField  # noqa: E402

SPHERE = MeshConfig(resolution=65, kind="sdf", level=0.0, texture=512)


def sphere(points):
    """A sphere of radius 0.7 as a signed distance, its colour smooth in space."""
    x, y, z = points.unbind(-1)
    return points.norm(dim=-1) - 0.7, torch.stack(
        [0.5 + 0.4 * (3 * x).sin(), 0.5 + 0.4 * y, 0.5 + 0.3 * (4 * z).cos()], -1
    )


def solid(found):
    """A mesh as trimesh's, nothing merged."""
    return trimesh.Trimesh(found.vertices, found.faces, process=False)


# --- the surface


def test_a_sphere_is_closed_faces_out_and_has_its_volume():
    found = surface(level_grid(sphere, 65, "sdf", 0.0))
    other = solid(found)
    assert other.is_watertight and other.is_winding_consistent and other.euler_number == 2
    assert math.isclose(other.volume, 4 / 3 * math.pi * 0.7**3, rel_tol=0.0012)
    outward = found.vertices / np.linalg.norm(found.vertices, axis=1, keepdims=True)
    assert (found.normals * outward).sum(1).min() > 0.999
    assert np.abs(np.linalg.norm(found.vertices, axis=1) - 0.7).max() < 0.02 * 2 / 64


@pytest.mark.parametrize("seed", range(4))
def test_the_surface_of_noise_is_closed_though_values_lie_at_the_level(seed):
    grid = np.random.default_rng(seed).normal(size=(17, 17, 17)).astype(np.float32)
    grid[3:6, 4:8, 5:9] = 0.0
    found = solid(surface(grid, 0.0))
    assert found.is_watertight and found.is_winding_consistent and found.volume > 0
    assert np.abs(found.bounds).max() < 1.01 and len(np.unique(found.vertices, axis=0)) == len(found.vertices)


def test_small_pieces_and_hollows_are_dropped():
    axis = np.linspace(-1, 1, 49)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    ball = np.sqrt((x + 0.3) ** 2 + y**2 + z**2)
    grid = np.maximum(np.minimum(0.55 - ball, ball - 0.3), 0.12 - np.sqrt((x - 0.7) ** 2 + y**2 + z**2))
    grid = grid.astype(np.float32)
    both, one = solid(surface(grid, 0.01)), solid(surface(grid, 0.2))
    assert both.body_count == 2 and one.body_count == 1  # the hollow would be a third
    assert math.isclose(one.volume, 4 / 3 * math.pi * 0.55**3, rel_tol=0.01)


def test_the_levels_of_density_and_occupancy_are_met_where_they_are():
    """Steep fields: the values jump by thousands within a cell, their logarithms are straight."""
    for kind, level, field in (
        ("density", 10.0, lambda p: (10.0 * ((0.7 - p.norm(dim=-1)) * 60).clamp(max=6).exp(), p)),
        ("occupancy", 0.3, lambda p: (torch.sigmoid((0.7 - p.norm(dim=-1)) * 60 + math.log(0.3 / 0.7)), p)),
    ):
        radius = np.linalg.norm(surface(level_grid(field, 33, kind, level)).vertices, axis=1)
        assert np.abs(radius - 0.7).max() < 0.05 * 2 / 32, kind


def test_what_the_box_cuts_is_closed_at_the_box():
    found = solid(surface(np.ones((9, 9, 9), np.float32) - 2 * (np.arange(9) < 4)[:, None, None]))
    assert (
        found.is_watertight
        and np.abs(found.bounds[1] - 1).max() < 0.01
        and math.isclose(found.volume, 4.5, rel_tol=0.01)
    )


def test_no_surface_and_wrong_settings_are_said():
    with pytest.raises(BadInput, match="meets no surface"):
        extract(sphere, MeshConfig(kind="sdf", level=-1.0, resolution=9))
    with pytest.raises(BadInput, match="NaN"):
        extract(lambda p: (p.sum(-1) * math.nan, p), MeshConfig(resolution=9))
    for change in ({"kind": "mist"}, {"resolution": 1}, {"level": 0.0}, {"keep": 2.0}, {"kind": "occupancy"}):
        with pytest.raises(BadInput, match="allowed are"):
            MeshConfig(**change)


# --- the colours


def lookup(found, chosen, weight):
    """Bilinear lookups of a texture at points of triangles, v up."""
    size = len(found.texture)
    at = (found.uv[found.faces[chosen]] * weight[..., None]).sum(1) * size - 0.5
    low = np.floor(at).astype(int)
    values = np.zeros((len(chosen), 3))
    for right in (0, 1):
        for up in (0, 1):
            part = np.abs(1 - np.array([right, up]) - (at - low)).prod(1)
            column, row = np.clip(low + [right, up], 0, size - 1).T
            values += found.texture[size - 1 - row, column] / 255 * part[:, None]
    return values


def test_the_texture_is_the_fields_colour_wherever_it_is_looked_up():
    found = extract(sphere, replace(SPHERE, resolution=33))
    rng = np.random.default_rng(0)
    # As many points on the smallest triangles as on the largest, many of them near an edge.
    chosen, weight = rng.integers(0, len(found.faces), 20000), rng.dirichlet([0.4] * 3, 20000)
    points = (found.vertices[found.faces[chosen]] * weight[..., None]).sum(1)
    wanted = sphere(torch.tensor(points))[1].numpy()
    assert np.abs(lookup(found, chosen, weight) - wanted).max() < 2 / 255  # 0.5 / 255 was seen: rounding alone
    assert 0 <= found.uv.min() and found.uv.max() <= 1 and np.ptp(found.texture, axis=(0, 1)).min() > 100
    whole = surface(level_grid(sphere, 33, "sdf", 0.0))
    assert np.isclose(solid(found).area, solid(whole).area, rtol=1e-5) and len(found.faces) == len(whole.faces)


def test_a_coarse_mesh_has_colours_at_its_vertices():
    found = extract(sphere, replace(SPHERE, resolution=256, coarse=True))
    assert found.texture is None and np.allclose(found.colours, sphere(torch.tensor(found.vertices))[1], atol=1e-6)
    assert len(found.vertices) < 20000  # 256^3 would have 200 000


@pytest.mark.parametrize("coarse", [False, True])
def test_a_glb_is_in_metres_y_up_and_holds_the_colours(tmp_path, coarse):
    found = extract(sphere, replace(SPHERE, resolution=24, texture=64, coarse=coarse))
    found = replace(found, vertices=found.vertices * np.array([1, 0.8, 0.6], np.float32))
    centre = np.array([0.1, -0.2, 1.5])
    mesh.write_glb(tmp_path / "a.glb", found, 0.24, centre, name="person")
    chunk = (tmp_path / "a.glb").read_bytes()[20:]
    (material,) = json.JSONDecoder().raw_decode(chunk.decode("latin-1"))[0]["materials"]
    assert material["name"] == "person"
    (read,) = trimesh.load(tmp_path / "a.glb").geometry.values()
    ours = np.stack([read.vertices[:, 0], -read.vertices[:, 2], read.vertices[:, 1]], 1)  # as importing turns it back
    assert np.allclose(ours, found.vertices * 0.24 + centre, atol=1e-6) and np.array_equal(read.faces, found.faces)
    assert np.allclose(read.vertex_normals[:, 1], found.normals[:, 2], atol=1e-5)
    if coarse:
        linear = np.where(found.colours < 0.04045, found.colours / 12.92, ((found.colours + 0.055) / 1.055) ** 2.4)
        assert np.allclose(read.visual.vertex_attributes["color"][:, :3], linear, atol=1e-5)
    else:
        assert np.array_equal(np.asarray(read.visual.material.baseColorTexture)[..., :3], found.texture)
        assert np.allclose(read.visual.uv, found.uv, atol=1e-6) and read.visual.material.metallicFactor == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.glb"]
    with pytest.raises(BadInput, match=r"\.glb"):
        mesh.write_glb(tmp_path / "a.obj", found, 0.24)


# --- avatar files


def random_avatar(fourier=1, seed=0, **about):
    """Planes and a decoder of random numbers whose density spans its whole range, its bound too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        decoder = Decoder(6, 16, 2, fourier)
    with torch.no_grad():
        decoder.net[-1].weight[0] *= 20
        decoder.net[-1].bias[0] += 3
    return export.SavedAvatar(torch.randn(3, 6, 11, 11, generator=generator), decoder, 0.24, (0.1, -0.2, 0.3), **about)


def evaluated(avatar, points):
    """Density per metre (n,) and colour (n, 3) of an avatar of ours at points in metres, in float64."""
    field = TriplaneField(avatar.planes.double()[None], copy.deepcopy(avatar.decoder).double())
    unit = (torch.tensor(points) - torch.tensor(avatar.centre, dtype=torch.float64)) / avatar.half
    density, colour = field(unit[None])
    return density[0].detach().numpy() / avatar.half, colour[0].detach().numpy()


@pytest.mark.parametrize("fourier", [0, 1, 2])
def test_the_add_on_reads_the_same_field(tmp_path, fourier):
    avatar, path = random_avatar(fourier, prompt="né", level=20.0), tmp_path / "a.avatar.safetensors"
    kept = torch.rand(16, 16, 16, generator=torch.Generator().manual_seed(3)) > 0.5
    points = np.random.default_rng(1).uniform(-0.25, 0.25, (1000, 3)) + avatar.centre
    wanted, tint = evaluated(avatar, points)
    export.write_avatar(path, replace(avatar, kept=kept))
    cells = ((points - avatar.centre) / avatar.half * 8 + 8).astype(int).clip(0, 15)
    inside = kept.numpy()[tuple(cells.T)]
    read, back = format.read_avatar(path), export.read_avatar_planes(path)
    assert np.array_equal(read.kept, kept) and torch.equal(back.kept, kept)
    assert ((decode.field(read, points)[0] > 0) == inside).all()
    unit = torch.tensor((points - avatar.centre) / avatar.half, dtype=torch.float32)[None]
    assert ((back.field(unit)[0][0] > 0).numpy() == inside).all()
    again = tmp_path / "b.avatar.safetensors"
    format.write_avatar(again, read)
    assert np.array_equal(format.read_avatar(again).kept, kept)
    export.write_avatar(path, avatar)
    read = format.read_avatar(path)
    found, colour = decode.field(read, points)
    # Relative, of densities from 0.01 to the bound of 4569 / m: 8e-6 was seen.
    assert np.abs(found / wanted - 1).max() < 2e-5 and np.abs(found - wanted).max() < 1e-5 * wanted.max()
    assert np.abs(colour - tint).max() < 1e-5
    assert wanted.max() == pytest.approx(math.exp(7) / 0.24) or fourier  # the bound is met
    assert read.meta.box == 0.48 and read.meta.level == pytest.approx(20 / 0.24) and read.meta.prompt == "né"
    back = export.read_avatar_planes(path)
    assert torch.equal(back.planes, avatar.planes) and back.decoder.config() == avatar.decoder.config()
    for name, value in avatar.decoder.state_dict().items():
        assert torch.allclose(back.decoder.state_dict()[name], value, atol=1e-6), name
    assert (back.half, back.centre, back.prompt) == (0.24, avatar.centre, "né") and back.level == pytest.approx(20)
    export.write_avatar(again, back)
    assert np.abs(decode.field(format.read_avatar(again), points)[0] / wanted - 1).max() < 2e-5


@pytest.mark.parametrize("aggregate, planes", [("sum", ("xy", "xz", "yz")), ("mean", ("zy", "yx", "xz"))])
def test_an_avatar_of_others_is_read_as_ours(tmp_path, aggregate, planes):
    other = noise(5, 9, (12, 12), density="exp", aggregate=aggregate, planes=planes, fourier=2)
    path = tmp_path / "a.avatar.safetensors"
    format.write_avatar(path, other)
    avatar = export.read_avatar_planes(path)
    points = np.random.default_rng(1).uniform(-0.3, 0.3, (1000, 3)) + other.meta.center
    wanted, tint = decode.field(other, points)
    found, colour = evaluated(avatar, points)
    assert np.abs(found / wanted - 1).max() < 1e-5 and np.abs(colour - tint).max() < 1e-5


def test_planes_of_half_precision_stay_so(tmp_path):
    avatar, path = random_avatar(), tmp_path / "a.avatar.safetensors"
    export.write_avatar(path, replace(avatar, planes=avatar.planes.half().float()))
    assert b'"F16"' in path.read_bytes() and torch.equal(
        export.read_avatar_planes(path).planes, avatar.planes.half().float()
    )
    same(format.read_avatar(path), format.read_avatar(path))


@pytest.mark.parametrize("change, says", [
    ({"density": "softplus"}, "density is softplus"), ({"activation": "silu"}, "activation is silu"),
    ({"colour": "linear"}, "colour is linear"), ({"aggregate": "concat"}, "allowed to be edited are sum and mean"),
    ({"version": 2}, "version is 2"), ({"version": True}, "version is True"), ({"fourier": 9}, "fourier is 9"),
    ({"fourier": 0}, "allowed are 6 inputs"), ({"planes": ["xy", "xz", "zx"]}, "each either way round"),
    ({"planes": 3}, "each either way round"), ({"box": -1}, "box is -1"), ({"box": math.nan}, "box is nan"),
    ({"center": [0, 0]}, "allowed are 3 numbers"), ({"level": "x"}, "level is x"), ({"background": None}, "background is None"),
])  # fmt: skip
def test_what_cannot_be_edited_is_refused(tmp_path, change, says):
    path = tmp_path / "a.avatar.safetensors"
    export.write_avatar(path, random_avatar())
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])
    head["__metadata__"]["avatar"] = json.dumps(json.loads(head["__metadata__"]["avatar"]) | change)
    text = json.dumps(head).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])
    with pytest.raises(BadInput, match=says):
        export.read_avatar_planes(path)


def test_broken_files_end_in_one_clear_line(tmp_path):
    path = tmp_path / "a.avatar.safetensors"
    export.write_avatar(path, random_avatar())
    data, rng = path.read_bytes(), np.random.default_rng(0)
    length, refused = int.from_bytes(data[:8], "little"), 0
    files = [b"", data[:100], data[:-4], data + b"1234", data[: 8 + length] + b"\xff" * (len(data) - 8 - length)]
    deep = json.dumps({"__metadata__": {"avatar": "[" * 90000}}).encode()
    files.append(len(deep).to_bytes(8, "little") + deep)
    for _ in range(80):
        changed = bytearray(data)
        for place in rng.integers(0, 8 + length, rng.integers(1, 6)):
            changed[place] ^= 1 << rng.integers(0, 8)
        files.append(bytes(changed))
    for index, file in enumerate(files):
        path.write_bytes(file)
        try:
            avatar = export.read_avatar_planes(path)
        except BadInput as error:
            refused += 1
            assert str(path) in str(error) and "\n" not in str(error) and len(str(error)) < 500 + len(str(path)), index
        else:
            assert torch.isfinite(avatar.field(torch.zeros(1, 2, 3))[0]).all() and index > 5
    assert refused > 60


def test_what_the_format_cannot_hold_is_not_written(tmp_path):
    avatar, path = random_avatar(), tmp_path / "a.avatar.safetensors"
    for change, says in (
        ({"planes": avatar.planes[:2]}, "allowed is"), ({"planes": avatar.planes * math.nan}, "NaN"),
        ({"decoder": Decoder(6, 2000)}, "width is 2000"), ({"decoder": Decoder(6, fourier=5)}, "octaves is 5"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=says):
            export.write_avatar(path, replace(avatar, **change))
    with pytest.raises(BadInput, match="no name for an avatar"):
        export.write_avatar(tmp_path / "a.safetensors", avatar)
    assert not list(tmp_path.iterdir())


# --- pictures


def glow(points):
    """A dense ball of one colour."""
    return 80.0 * (points.norm(dim=-1) < 0.6), (points * 0.5 + 0.5).clamp(0, 1)


def test_a_turntable_begins_in_front_and_goes_to_the_persons_left():
    front, left, *_ = (
        to_bytes(view).astype(int) for view in render_image(glow, turntable.turntable_cameras(4, 0.0), 24)
    )
    assert front.shape == (24, 24, 3) and (front[0] == 255).all() and (front[12, 12] < 160).all()
    # From the front green (y) is low; from the person's left (+x) red is high.
    assert front[12, 12, 1] < 80 and left[12, 12, 0] > 175


def test_a_turntable_is_once_around():
    views = render_image(glow, turntable.turntable_cameras(7), 32)
    assert views.shape == (7, 3, 32, 32) and views.min() >= -1 and views.max() <= 1
    azimuth, elevation = azimuth_elevation(turntable.turntable_cameras(4))
    assert torch.allclose(azimuth.abs(), torch.tensor([0.0, 90.0, 180.0, 90.0]), atol=1e-3)
    assert torch.allclose(elevation, torch.full((4,), 5.0), atol=1e-3)
    with pytest.raises(BadInput, match="1 or more"):
        turntable.turntable_cameras(0)


# --- in Blender


def head():
    """The head of tools/make_avatar.py as a fit would leave it: a density that is exponential and bounded."""
    drawn = make.head(96)
    layers = [[torch.tensor(weight), torch.tensor(bias)] for weight, bias in drawn.decoder]
    layers[-1][0][0] *= 13 / make.DENSITY
    layers[-1][1][0] = -6.0
    decoder = Decoder(make.CHANNELS, make.WIDTH, 3, 0)
    with torch.no_grad():
        for (weight, bias), (values, shift) in zip(decoder.layers(), layers, strict=True):
            weight.copy_(values), bias.copy_(shift)
    return export.SavedAvatar(torch.tensor(drawn.planes), decoder.requires_grad_(False), make.BOX / 2)


def rendered(scene, obj, cameras, half, path):
    """An object whose colours glow, from one of our cameras: sRGB uint8 (96, 96, 3) on white."""
    import bpy
    from mathutils import Matrix

    scene.collection.objects.link(obj)
    tree = obj.data.materials[0].node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    glowing = tree.nodes.new("ShaderNodeEmission")
    tree.links.new(shader.inputs["Base Color"].links[0].from_socket, glowing.inputs["Color"])
    surface = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL").inputs["Surface"]
    tree.links.new(glowing.outputs[0], surface)
    lens = bpy.data.cameras.new("camera")
    lens.angle = 2 * math.atan(0.5 / float(cameras.intrinsics[0, 0, 0]))
    scene.camera = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(scene.camera)
    place = cameras.c2w[0].double().numpy() @ np.diag([1, -1, -1, 1])
    place[:3, 3] *= half
    scene.camera.matrix_world = Matrix(place.tolist())
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 8, False
    scene.render.resolution_x = scene.render.resolution_y = 96
    scene.view_settings.view_transform, scene.render.film_transparent = "Standard", True
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    picture = read_png(path).astype(float)
    alpha = picture[..., 3:] / 255
    return picture[..., :3] * alpha + 255 * (1 - alpha)


@pytest.mark.parametrize("azimuth", [0.0, 70.0])
def test_blender_shows_what_the_preview_shows(tmp_path, scene, azimuth):
    from simulacra.addon.avatar import objects

    metrics = pytest.importorskip("skimage.metrics")
    avatar, path = head(), tmp_path / "head.avatar.safetensors"
    export.write_avatar(path, avatar)
    cameras = orbit(torch.tensor([azimuth]), torch.tensor([10.0]), 4.0, 30.0)
    ours = to_bytes(render_image(avatar.field, cameras, 96)[0])
    obj = objects.avatar_mesh(format.read_avatar(path), 80, "attribute")
    theirs = rendered(scene, obj, cameras, avatar.half, tmp_path / "a.png")
    likeness = metrics.structural_similarity(ours.astype(float), theirs, channel_axis=2, data_range=255.0)
    assert likeness > 0.9 and np.ptp(ours) > 200  # 0.94 and 0.95 were seen
