"""GET3D: what each latent moves, gradients, two discriminators, and the whole road from pictures to a textured mesh."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.cli.drags import drags_of  # noqa: E402
from simulacra.models.cli.generate import request_of  # noqa: E402
from simulacra.models.core import resuming  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.posed_views import PosedViews  # noqa: E402
from simulacra.models.core.training import seeded as made_from  # noqa: E402
from simulacra.models.gan.discriminators import Discriminators  # noqa: E402
from simulacra.models.kinds import table  # noqa: E402
from simulacra.models.surfaces.tetrahedra import sign_changes  # noqa: E402
from simulacra.models.systems import drag, eg3d, face_analysis, get3d  # noqa: E402
from simulacra.models.systems.catalogue import find  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

SMALL = get3d.Config(size=16, grid=8, latent=8, style=8, planes=16, channels=4, decoder=8, narrowest=8, widest=16, batch=4,
                     texture=64, save_every=2, picture_every=3)  # fmt: skip
FRONT = orbit(torch.tensor([0.0, 120.0]), torch.tensor([0.0, 30.0]), 4.0, 32.0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def model():
    return made_from(lambda: get3d.GET3D(SMALL), 0).requires_grad_(False)


def test_the_colours_latent_moves_no_vertex_and_the_shapes_latent_does(model):
    latents = model.draw(1, seeded())
    other = model.draw(1, seeded(1))
    recoloured, reshaped = torch.cat([latents[:, :8], other[:, 8:]], 1), torch.cat([other[:, :8], latents[:, 8:]], 1)
    first, second, third = (model.shapes(model.styles(values))[0] for values in (latents, recoloured, reshaped))
    assert torch.equal(first.vertices, second.vertices) and torch.equal(first.faces, second.faces)
    assert first.vertices.shape != third.vertices.shape or not torch.equal(first.vertices, third.vertices)
    camera = FRONT.pick([0])
    one, two = (model.scene(values)(camera, 32) for values in (latents, recoloured))
    assert torch.equal(one == 1, two == 1) and (one - two).abs().max() > 0.01


def test_pictures_show_the_shape_on_white(model):
    latents = model.draw(2, seeded(3))
    styles = model.styles(latents)
    pictures = model(styles, FRONT, 0, seeded())
    assert pictures.shape == (2, 4, 16, 16) and pictures.isfinite().all()
    mask = pictures[:, 3:] / 2 + 0.5
    assert mask.min() >= -1e-6 and mask.max() <= 1 + 1e-6 and 0.1 < mask.mean() < 0.7
    assert ((pictures[:, :3] == 1) | (mask > 0)).all()
    assert ((mask > 0.01) & (mask < 0.99)).any()  # outlines are soft
    single = get3d.GET3D(dataclasses.replace(SMALL, outlines=False))
    assert single(single.styles(latents), FRONT, 0, seeded()).shape == (2, 3, 16, 16)


def test_the_shapes_latent_has_the_gradient_of_finite_differences():
    model = made_from(lambda: get3d.GET3D(SMALL), 0).double().requires_grad_(False)
    latents = model.draw(1, seeded(2)).double().requires_grad_()
    camera = type(FRONT)(*(part.double() for part in FRONT.pick([0])))
    weight = torch.rand(1, 4, 16, 16, generator=seeded(4), dtype=torch.float64)

    def seen(values):
        styles = model.styles(values)
        return (model.pictures(model.shapes(styles), model.colour_planes(styles), camera, 16) * weight).sum()

    (gradient,) = torch.autograd.grad(seen(latents), latents)
    way = torch.randn(1, 16, generator=seeded(5), dtype=torch.float64)
    with torch.no_grad():
        slope = (seen(latents + 1e-6 * way) - seen(latents - 1e-6 * way)) / 2e-6
    assert float(slope) == pytest.approx(float((gradient * way).sum()), rel=1e-3)
    assert gradient[:, :8].abs().min() > 0 and gradient[:, 8:].abs().min() > 0


def test_a_shape_without_an_inside_is_given_one(model):
    grid = model.grid
    empty = torch.rand(2, len(grid.nodes), generator=seeded()) + 0.5
    assert sign_changes(empty, grid.edges) == 0
    closed = grid.closed(empty)
    assert ((closed < 0).sum(1) >= 1).all() and (closed[:, grid.border] > 0).all()
    full = grid.closed(-empty)
    assert (full[:, grid.border] > 0).all() and torch.equal(full[:, ~grid.border], -empty[:, ~grid.border])


def test_each_discriminator_sees_its_channels():
    network = made_from(lambda: Discriminators(get3d.discriminators(SMALL)), 0)
    pictures, poses = torch.rand(4, 4, 16, 16, generator=seeded()), torch.rand(4, 25, generator=seeded(1))
    scores = network(pictures, poses)["logit"]
    assert scores.shape == (8,)
    recoloured = torch.cat([pictures[:, :3].flip(2), pictures[:, 3:]], 1)
    again = network(recoloured, poses)["logit"]
    assert torch.equal(scores[4:], again[4:]) and not torch.allclose(scores[:4], again[:4])
    assert torch.equal(scores[:4], network.networks[0](pictures[:, :3], poses)["logit"])


def test_things_tell_what_the_road_asks_of_people():
    things = toy_things(5, views=2, size=8)
    assert len(things.training) == 5 and things.digest != toy_things(5, seed=1, views=2, size=8).digest
    split = dataclasses.replace(things, splits=("train", "test", "train", "test", "test"))
    assert [thing.name for thing in split.training] == ["toy-0", "toy-2"]
    one = things[1]  # an egg: what stands in for rendered things is true
    assert one.points.isfinite().all() and (one.near[:, 3] < 0).any() and (one.far[:, 3] > 0).any()
    assert PosedViews(things, 8, masks=True).draw(3, seeded())[0].shape == (3, 4, 8, 8)


def test_a_drag_is_two_places():
    assert drags_of(("0,0,.05:0,0.01,1e-1",)) == ((0.0, 0.0, 0.05, 0.0, 0.01, 0.1),)
    for text in ("", "1,2,3", "1,2:3,4", "1,2,3:4,5,6:7,8,9", "0,0,nan:0,0,0", "0,0,1e9:0,0,0", "a,b,c:d,e,f"):
        with pytest.raises(BadInput, match="allowed is X,Y,Z:X,Y,Z in metres"):
            drags_of((text,))
    system, none = (
        find("nfd"),
        dict(prompt=None, photo=None, edit=None, seed=0, count=1, guidance=None, steps=None, draws=None),
    )
    with pytest.raises(BadInput, match="drag: is not allowed with nfd, which has none; allowed with get3d"):
        request_of(system, **none, drag=("0,0,0:0,0,1",))


def test_a_drag_is_in_metres_within_the_box_and_tells_how_far_it_came(model):
    model.half, told = 0.1, []
    styles = model.styles(model.draw(1, seeded(3)))
    top = max(model.shapes(styles)[0].vertices.tolist(), key=lambda place: place[2])
    goal = [*top[:2], top[2] + 0.1]
    config = dataclasses.replace(get3d.PULL, steps=6)
    metres = tuple(0.1 * value for value in (*top, *goal))
    there = drag.pulled(model, styles, [metres], config, told.append)
    wanted = drag.drag_surface(model, styles, torch.tensor([top]), torch.tensor([goal]), config)
    assert torch.allclose(there, wanted.latents, atol=1e-5) and not torch.equal(there, styles)
    assert [event["stage"] for event in told[:-1]] == ["drag"] * wanted.steps and told[-1]["event"] == "warning"
    left = float((wanted.handles - torch.tensor([goal])).norm()) * 100
    assert f"ended {left:.1f} mm from" in told[-1]["message"] and ", of 10.0 mm, after" in told[-1]["message"]
    for place in ((0.09, 0.09, 0.09), (0.0, 0.0, 0.0)):  # outside and inside
        drag.pulled(model, styles, [(*place, *place)], config, told.append)
        assert told[-2]["event"] == "warning" and "mm off the surface" in told[-2]["message"]
        assert told[-1]["event"] == "note" and told[-1]["message"].endswith("of 0.0 mm, after 0 steps")
    for one in ((90, 90, 90, 91, 91, 91), (0, 0, 0.05, 0, 0, 0.11)):
        with pytest.raises(BadInput, match="is outside the box of this run's things; allowed is -0"):
            model.generate(Request(drags=(one,)))


def test_things_are_learned_stopped_resumed_sampled_and_written(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("xatlas")
    things = toy_things(4, views=3, size=16)
    short, long = (dataclasses.replace(SMALL, images=4 * steps) for steps in (2, 4))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    get3d.train(things, whole, long)
    get3d.train(things, parts, short)
    told = []
    get3d.train(things, parts, long, told.append)
    assert [row["step"] for row in told] == [3, 4] and all(row["generator_sign_changes"] >= 0 for row in told)
    first, second = get3d.load(whole), get3d.load(parts)
    assert first.half == things.half == 0.1 and not first.training
    views = [model.sample_views(2, FRONT, 24, seeded(5)) for model in (first, second)]
    assert torch.equal(*views) and views[0].shape == (2, 2, 3, 24, 24) and views[0].isfinite().all()
    made = first.generate(Request(seed=3))
    path = tmp_path / "thing.glb"
    table.write(path, made, ".glb")
    assert made.mesh.texture.shape == (64, 64, 3) and 0 <= made.mesh.uv.min() and made.mesh.uv.max() <= 1
    pulled = first.generate(Request(seed=3, drags=((0.0, 0.0, 0.03, 0.0, 0.0, 0.06),)), told.append)
    assert told[-2]["stage"] == "drag" and len(pulled.mesh.vertices) and pulled.half == first.half
    assert not np.array_equal(pulled.mesh.vertices, made.mesh.vertices)
    get3d.train(things, whole, dataclasses.replace(long, texture=32, keep=0.5))  # it is over, and asked in another way
    finer = get3d.load(whole)
    assert finer.config == dataclasses.replace(long, texture=32, keep=0.5)
    assert torch.equal(finer.sample_views(2, FRONT, 24, seeded(5)), views[0])
    read = trimesh.load(path, force="mesh")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert read.is_watertight and read.volume > 0
    assert abs(read.bounds).max() <= things.half * 1.01  # metres
    with pytest.raises(BadInput, match="get3d"):
        eg3d.load(whole)


def test_fields_have_bounds_and_a_run_tells_what_may_change():
    for bad in ({"latent": 0}, {"keep": 2.0}, {"grid": 2}, {"texture": 8}, {"size": 24}, {"planes": 2}, {"mapping": 0}, {"seed": -1},
                {"r1_every": 0}, {"decoder": 0}, {"generator_rate": -1.0}, {"blur": 2.0}):  # fmt: skip
        with pytest.raises(BadInput, match=f"{next(iter(bad))}: .* is not allowed; allowed (is|are)"):
            dataclasses.replace(SMALL, **bad)
    assert resuming.free(SMALL) == ["images", "seconds", "save_every", "picture_every", "texture", "keep"]
    resuming.check_resumed(SMALL, dataclasses.replace(SMALL, texture=1024, keep=0.0, images=8))
    before = face_analysis.Config()
    told = "allowed with --resume are save_every, picture_every, seconds, or a new folder"
    for changes, was in (({"steps": 9}, "steps is 6000"), ({"start": "a"}, "start is empty")):
        with pytest.raises(BadInput) as raised:
            resuming.check_resumed(before, dataclasses.replace(before, **changes))
        assert str(raised.value) == f"set: {was} in this run; {told}"
