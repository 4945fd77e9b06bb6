"""iVID: depth as a code, what is known of a view, how a step blends it, and the road from stills with depth to a mesh."""

import dataclasses
import math

import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_thing, toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.core.cameras import Cameras, look_at, orbit, turned_around  # noqa: E402
from simulacra.models.core.data import shrink_depth  # noqa: E402
from simulacra.models.core.thing_views import DepthViews  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond  # noqa: E402
from simulacra.models.fields.mesh import MeshConfig, extract  # noqa: E402
from simulacra.models.kinds import table, views  # noqa: E402
from simulacra.models.surfaces.fusion import fused  # noqa: E402
from simulacra.models.surfaces.warps import Warped  # noqa: E402
from simulacra.models.systems import ivid  # noqa: E402
from simulacra.models.systems.ivid import known  # noqa: E402
from simulacra.models.systems.ivid.model import IVID  # noqa: E402
from simulacra.models.systems.ivid.training import CompletionStep, FirstStep  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

SHORT = TrainerConfig(steps=2, save_every=1, picture_every=2, warmup=1)
SMALL = ivid.Config(size=8, width=8, multipliers=(1, 2), attention=(), batch=2, first=SHORT, completion=SHORT, first_steps=2, steps=2,
                    columns=3, rows=1, side=0.2, grid=12, texture=32)  # fmt: skip
CODE = known.DepthCode(1.0, 50.0, 9.0, 4.0)
SIZE, FOCAL = 24, 1.2
INTRINSICS = torch.tensor([[[FOCAL, 0, 0.47], [0, FOCAL, 0.52], [0, 0, 1]]])


def camera(x=0.0):
    """A camera at (x, -3, 0) that looks straight along y."""
    at = torch.tensor([[x, -3.0, 0.0]])
    return Cameras(INTRINSICS, look_at(at, at[0] + torch.tensor([0.0, 1.0, 0.0])))


def two_planes():
    """Random colours, and the code of a wall at 4 with a card at 2 before its middle third."""
    depth = torch.full((SIZE, SIZE), 4.0)
    depth[8:16, 8:16] = 2.0
    colours = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return torch.cat([colours, CODE.encode(depth)[None]]), depth


def test_depth_is_coded_straight_in_its_inverse_and_comes_back():
    depth = torch.linspace(1, 50, 200)
    code = CODE.encode(depth)
    assert (
        torch.allclose(CODE.decode(code), depth, rtol=1e-4) and code[0] == 1 and code[-1] == pytest.approx(-1, abs=1e-6)
    )
    slope = code.diff() / (1 / depth).diff()
    assert torch.allclose(slope, slope[:1].expand_as(slope), rtol=1e-2)
    assert torch.allclose(
        CODE.encode(torch.tensor([0.0, math.inf, math.nan, 90.0, 0.1])), torch.tensor([-1.0, -1, -1, -1, 1])
    )


def test_a_view_seen_from_its_own_camera_is_known_whole():
    rgbd, depth = two_planes()
    for own in (camera(), orbit(torch.tensor([200.0]), torch.tensor([50.0]), 3.0, 35.0)):
        seen = known.aggregated(rgbd[None], own, CODE, own)
        assert seen.mask.all() and torch.allclose(seen.depth, depth, atol=1e-3)
        found = known.told(seen, CODE, torch.zeros(4, SIZE, SIZE))
        assert torch.allclose(found[3], rgbd[3], atol=2e-3) and (found[5] == 1).all()
        colours = found[4] == 1
        assert torch.allclose(found[:3, colours], rgbd[:3, colours], atol=5e-3)
        ring = torch.zeros(SIZE, SIZE, dtype=torch.bool)  # a pixel to both sides of the card's edge
        ring[7:17, 7:17], ring[9:15, 9:15] = True, False
        assert torch.equal(~colours, ring)


def test_there_and_back_hides_the_strip_that_the_other_camera_did_not_see():
    rgbd, _ = two_planes()
    shift = 1 / (FOCAL * SIZE)  # a pixel at a depth of 1: the card moves by two, the wall by one
    left = known.there_and_back(rgbd, camera(), CODE, camera(4 * shift), False)
    strip = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    strip[:, 0], strip[8:16, 7] = True, True
    assert torch.equal(~left.mask, strip)
    found = known.told(left, CODE, torch.full((4, SIZE, SIZE), 7.0))
    assert (found[:4, strip] == 7).all() and (found[4:, strip] == 0).all() and (found[4:, ~strip] == 1).all()
    assert torch.allclose(found[:4, ~strip], rgbd[:, ~strip], atol=1e-2)
    eroded = known.told(
        known.there_and_back(rgbd, camera(), CODE, camera(4 * shift), True), CODE, torch.zeros(4, SIZE, SIZE)
    )
    assert torch.equal(eroded[5], found[5]) and (eroded[4] < found[4]).any() and (eroded[4] <= found[4]).all()


def test_nothing_stays_in_the_frame_and_hides_nothing():
    """A ball before nothing, from both sides: more of where nothing is stays in the frame than if it stood far, and none of it stands before the ball."""
    code = known.DepthCode(2.0, 400.0, 6.0, 6.4)
    ball = toy_thing(0, 0, 1, 24)
    front, side, back = (orbit(torch.tensor([angle]), torch.zeros(1), 4.0, 32.0) for angle in (0.0, 9.0, 180.0))
    depth = ball.depth[0]  # of a ball in the middle, from any side
    rgbd = torch.cat([torch.zeros(3, 24, 24), code.encode(depth)[None]])
    left = known.there_and_back(rgbd, front, code, side, False)
    far = known.there_and_back(rgbd, front, code._replace(wall=400.0), side, False)
    assert left.mask.float().mean() > 0.65 and far.mask.float().mean() < 0.5
    found = known.told(left, code, torch.full((4, 24, 24), 7.0))[3, left.mask]
    assert torch.allclose(found, rgbd[3, left.mask], atol=0.02)
    turned = known.aggregated(rgbd[None], front, code, back)
    assert not turned.mask.any()  # its wall and its ball are seen from behind


def test_what_is_hidden_lies_behind_the_wall_of_the_earlier_view():
    rgbd, _ = two_planes()
    x = 4 / (FOCAL * SIZE)
    free = known.seen_through(rgbd[None], camera(), CODE, camera(x))
    card, wall, ray = (((column + 0.5) / SIZE - 0.47) / FOCAL for column in (15, 16, 14))
    # From the card's last pixel (2 card, 2) to the wall's first (4 wall, 4), where the ray (x + ray z, z) meets it.
    share = (x + 2 * ray - 2 * card) / (4 * wall - 2 * card - 2 * ray)
    assert 0 < share < 1
    assert torch.allclose(free[9:15, 14], torch.full((6,), 2 + 2 * share), atol=1e-3)


def test_completion_has_ten_channels_in_the_order_of_its_parts():
    network = IVID(SMALL, ("shell",), 0.1, 4.0, 32.0)
    assert network.completion.open.in_channels == 10 and network.first.open.in_channels == 4
    picture = torch.arange(5.0)[:, None, None].expand(5, 2, 2).clone() / 10
    picture[3] = torch.tensor([[0.0, 1.0], [0.0, 0.0]])  # nothing
    picture[4] = torch.tensor([[1.0, 0.5], [1.0, 1.0]])  # trust
    mask = torch.tensor([[True, True], [False, True]])
    found = known.told(Warped(picture, torch.full((2, 2), 2.0), mask), CODE, torch.full((4, 2, 2), 9.0))
    half = float(CODE.encode(torch.tensor(2.0)))
    assert found[:, 0, 0].tolist() == pytest.approx([0, 0.1, 0.2, half, 1, 1])
    assert found[:, 0, 1].tolist() == pytest.approx(
        [9, 9, 9, -1, 0, 1]
    )  # a colour at an edge is not known, nothing is known
    assert found[:, 1, 0].tolist() == [9, 9, 9, 9, 0, 0]


def test_a_step_blends_what_is_known_and_pushes_hidden_depth_back(monkeypatch):
    config = dataclasses.replace(SMALL, prediction="x0", blend_colours=0.5)
    model = IVID(config, (), 0.1, 4.0, 32.0)
    told, inputs = torch.zeros(1, 6, 8, 8), []
    told[:, :3], told[:, 3] = 0.8, 0.6
    told[:, 4:, :, :4] = 1  # the left half is known
    bound = torch.full((1, 8, 8), -0.4)
    said = torch.full((1, 4, 8, 8), 0.2)

    def forward(x, t, cond):
        inputs.append((x, int(t)))
        return said

    monkeypatch.setattr(model.completion, "forward", forward)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    made = model.completed(Cond(), told, bound, noise, 3.0, 2)
    assert torch.allclose(made[:, :3], said[:, :3])  # the last step takes colours as they are
    assert torch.allclose(made[0, 3, :, :4], torch.tensor(0.2 + 0.2 * 0.4))
    assert torch.allclose(made[0, 3, :, 4:], torch.tensor(0.2 - 0.5 * 0.6))
    want = made.clone()
    want[:, :3, :, :4] = 0.5  # half way, before the last step
    (first, t), (second, s) = inputs
    (a, b), (c, d) = (config.process.scales(noise, torch.tensor([step])) for step in (t, s))
    assert torch.allclose(second, c * want + d * (first - a * want) / b, atol=1e-5)
    monkeypatch.setattr(model.completion, "forward", lambda *_: -said * 4)  # behind the bound it may be
    assert torch.allclose(model.completed(Cond(), told, bound, noise, 1.0, 1)[0, 3, :, 4:], torch.tensor(-0.8))


def test_cameras_turn_around_the_box():
    own = orbit(torch.tensor([20.0]), torch.tensor([10.0]), 3.0, 35.0)
    turned = turned_around(own, torch.tensor([0.3, 0.0]), torch.tensor([0.0, -0.2]))
    wanted = orbit(
        torch.tensor([20.0 + math.degrees(0.3), 20.0]), torch.tensor([10.0, 10 - math.degrees(0.2)]), 3.0, 35.0
    )
    assert torch.allclose(turned.c2w, wanted.c2w, atol=1e-5) and torch.equal(turned.intrinsics, wanted.intrinsics)
    grid = ivid.Config().turns(torch.Generator())
    assert grid.shape == (27, 2) and (grid[0] == 0).all() and len({tuple(row) for row in grid.tolist()}) == 27
    assert grid.abs().amax(0).tolist() == pytest.approx([0.6, 0.15])
    assert (
        torch.cdist(grid[1:], grid).masked_fill(torch.ones(26, 27).triu(1) > 0, 9).amin(1) < 0.2
    ).all()  # near one before it
    drawn = ivid.Config(views="random", random_views=400).turns(torch.Generator().manual_seed(0))
    assert (drawn[0] == 0).all() and drawn[1:].std(0).tolist() == pytest.approx([0.3, 0.15], rel=0.15)


def test_depth_is_shrunk_to_what_is_there_and_never_between_surfaces():
    depth = torch.tensor([[2.0, 2, 0, 0], [2, 8, 0, 5], [4, 4, 0, 3], [4, 4, 3, 9]])[None]
    assert torch.equal(shrink_depth(depth, 2), torch.tensor([[[2.0, 0], [4, 3]]]))
    assert torch.equal(shrink_depth(depth, 4), depth)
    with pytest.raises(BadInput, match="has no depth; allowed is what was rendered with --labels alpha,depth"):
        DepthViews([dataclasses.replace(toy_thing(0, 0, 1, 8), depth=None)], 8)


def test_views_of_a_ball_are_fused_into_it():
    pytest.importorskip("skimage")
    size, radius = 32, 0.6
    cameras = orbit(torch.arange(0, 360, 45.0).repeat(2), torch.tensor([20.0] * 8 + [-25.0] * 8), 4.0, 32.0)
    from simulacra.models.core.cameras import camera_rays

    origins, directions = camera_rays(cameras, size, size)
    along = -(origins * directions).sum(-1)
    root = along**2 - (origins.square().sum(-1) - radius**2)
    depth = (along - root.sqrt()) * (directions * cameras.c2w[:, None, :3, 2]).sum(-1)
    depth = torch.where(root > 0, depth, torch.inf).view(-1, size, size)
    pictures = torch.zeros(16, 3, size, size)
    pictures[:, 0] = 1.0
    mesh = extract(fused(pictures, depth, cameras, 0.18, depth.isfinite()), MeshConfig(32, "sdf", 0.0, coarse=True))
    away = torch.from_numpy(mesh.vertices).norm(dim=1)
    assert away.mean() == pytest.approx(radius, abs=0.03) and (away - radius).abs().max() < 0.1
    assert torch.allclose(torch.from_numpy(mesh.colours), torch.tensor([1.0, 0.5, 0.5]), atol=1e-5)


def test_stills_are_learned_stopped_resumed_sampled_and_written(tmp_path, monkeypatch):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("xatlas")
    toys = toy_things(3, views=2, size=16)
    toys = dataclasses.replace(toys, things=tuple(dataclasses.replace(toy, family=name, metres=size) for toy, name, size
                                                  in zip(toys, ("fruit", "shell", "shell"), (0.1, 0.2, 0.3), strict=True)))  # fmt: skip
    whole, parts, told = tmp_path / "whole", tmp_path / "parts", []
    ivid.train(toys, whole, SMALL)
    for name in ("first", "completion"):  # each stage is stopped after a step
        brief = dataclasses.replace(SHORT, seconds=1e-9)
        ivid.train(toys, parts, dataclasses.replace(SMALL, **{name: brief}))
        ivid.train(toys, parts, SMALL, told.append)
    first, second = ivid.load(whole), ivid.load(parts)
    assert all(
        torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    assert first.families == ("fruit", "shell") and first.half == toys.half
    assert (whole / "completion" / "pictures").is_dir()
    made = first.generate(Request("a shell", seed=4), told.append)
    assert (
        made.half == pytest.approx(0.25) and made.pictures.shape == (3, 3, 8, 8) and told[-1]["stage"] == "view 3 of 3"
    )
    again, other = (first.generate(Request("a shell", seed=seed)) for seed in (4, 5))
    assert torch.equal(made.pictures, again.pictures) and not torch.equal(made.pictures, other.pictures)
    first.generate(Request("a red shell"), told.append)
    assert any("hears the family and the size alone, not colour" in row.get("message", "") for row in told)
    with pytest.raises(BadInput, match="names no family that this run has learned; allowed are fruit, shell"):
        first.generate(Request("a mushroom"))
    # Two steps draw nothing: the true views of a thing stand for what is sampled.
    ball = toy_thing(0, 0, 8, 32)
    rgbd = torch.cat([torch.zeros(8, 3, 32, 32), first.code.encode(ball.depth)[:, None]], 1)
    monkeypatch.setattr(views, "FRAMES", 2)
    monkeypatch.setattr(views, "SIZE", 16)
    scene = first.result(rgbd, ball.cameras, 0.1)
    for suffix in table.KINDS["views"].suffixes:
        table.write(tmp_path / f"thing{suffix}", scene, suffix)
    read = trimesh.load(tmp_path / "thing.glb", force="mesh")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert read.is_watertight and read.volume > 0
    radius = float(ball.points.norm(dim=1).mean()) * 0.1
    assert read.volume == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.25)
    stretched = first.result(rgbd, ball.cameras, 0.1, 1.8).mesh().vertices  # as a size that a prompt says has it
    assert stretched.max() - stretched.min() >= 1.8 - 1e-5 and (
        stretched.max(0) - stretched.min(0)
    ).max() == pytest.approx(1.8)
    cloud = trimesh.load(tmp_path / "thing.ply").vertices
    assert abs((cloud**2).sum(1) ** 0.5 / radius - 1).max() < 0.02
    assert read_png(tmp_path / "thing.png").shape == (96, 96, 3)


def test_people_have_no_families_and_fields_have_bounds():
    from simulacra.models.core.data import People, Person

    toy = toy_thing(0, 0, 2, 8)
    person = Person("toy", toy.rgba, toy.cameras, {}, (), toy.depth)
    model = IVID(SMALL, (), 0.24, 4.0, 32.0)
    step = CompletionStep(model, DepthViews(People((person,)), 8), torch.zeros(1, dtype=torch.long))
    assert step(0, torch.Generator().manual_seed(0))["loss"].isfinite()
    for bad in ({"size": 9}, {"views": "all"}, {"near": 0.0}, {"rows": 0}, {"prediction": "noise"}, {"behind": 2.0}):
        with pytest.raises(BadInput):
            dataclasses.replace(SMALL, **bad)


@pytest.mark.slow
def test_holes_of_learned_scenes_are_filled_better_than_by_the_mean():
    """Four scenes of 16 px, of which 30 % is hidden in the middle; colours and code."""
    from simulacra.models.core.trainer import Trainer

    toys = toy_things(4, views=1, size=16)
    config = dataclasses.replace(SMALL, size=16, width=16, attention=(8,), drop=0.0)
    model = IVID(config, (), 0.1, 4.0, 32.0)
    step = CompletionStep(model, DepthViews(toys, 16), torch.zeros(4, dtype=torch.long))
    hidden = torch.zeros(16, 16, dtype=torch.bool)
    hidden[4:13, 4:13] = True  # 81 of 256

    def told(rgbd, generator):
        holes = torch.randn(rgbd.shape, generator=generator)
        mask = (~hidden).float().expand(len(rgbd), 2, 16, 16)
        return torch.cat([torch.where(hidden, holes, rgbd), mask], 1)

    step.known = lambda rgbd, index, generator: told(rgbd, generator)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        how = TrainerConfig(steps=400, learning_rate=2e-3, ema=0.98, save_every=400, picture_every=0)
        Trainer(folder, {"completion": model.completion}, step, how).run()
    given = FirstStep.rgbd(step, torch.arange(4), torch.device("cpu"))
    made = model.completed(Cond(), told(given, torch.Generator().manual_seed(1)), torch.ones(4, 16, 16),
                           torch.randn(4, 4, 16, 16, generator=torch.Generator().manual_seed(2)), 1.0, 20)  # fmt: skip
    mean = torch.where(hidden, 0, given).sum((2, 3), keepdim=True) / (~hidden).sum()
    ours, theirs = ((found - given)[..., hidden].square().mean((1, 2)) for found in (made, mean.expand_as(given)))
    assert (ours < 0.85 * theirs).all() and ours.sum() < 0.7 * theirs.sum(), (ours, theirs)
