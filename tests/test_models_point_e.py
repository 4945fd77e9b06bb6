"""Point-E: from words to a view, clouds and a closed mesh in metres, trained, stopped, resumed, sampled and written."""

import dataclasses
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.models.core.one_thing import fill_of, framed  # noqa: E402
from simulacra.models.core.pictures import to_bytes, write_png  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.fields.point_surface import PointSurfaceConfig  # noqa: E402
from simulacra.models.kinds import table  # noqa: E402
from simulacra.models.systems import point_e  # noqa: E402
from simulacra.models.systems.catalogue import find  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402
from simulacra.models.vision.thing_prompts import read as read_prompt  # noqa: E402

ONE = TrainerConfig(steps=2, save_every=1, picture_every=2, warmup=1)
SMALL = point_e.Config(
    size=16, vlm_width=32, vlm_steps=1, view_width=8, view_multipliers=(1, 2), points=32, dense=64, width=16, depth=1,
    dense_width=16, dense_depth=1, surface_net=PointSurfaceConfig(16, 1, 1), surface_points=48, asked=16, batch=2, view=ONE, base=ONE,
    upsampler=ONE, surface=ONE, view_steps=2, steps=2, dense_steps=2, draws=2, grid=12, texture=32,
)  # fmt: skip


def things(count=4):
    """Toys whose families are those of real things."""
    toys = toy_things(count, views=2, size=16)
    names = dict(zip(("ball", "egg", "stick", "disc"), ("fruit", "shell", "cactus", "starfish"), strict=True))
    return dataclasses.replace(
        toys,
        things=tuple(
            dataclasses.replace(toy, family=names[toy.family], metres=0.1 * (1 + n)) for n, toy in enumerate(toys)
        ),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("point_e") / "run"
    point_e.train(things(), folder, SMALL)
    return folder


def test_what_was_stopped_goes_on_to_the_same_weights(run, tmp_path):
    short = dataclasses.replace(SMALL, base=dataclasses.replace(ONE, steps=1))
    told = []
    shutil.copytree(run / "vlm", tmp_path / "vlm")  # which is proved to go on by its own tests
    point_e.train(things(), tmp_path, short)
    point_e.train(things(), tmp_path, SMALL, told.append)
    assert [row["step"] for row in told if row["stage"] == "base" and "step" in row] == [2]
    first, second = point_e.load(run), point_e.load(tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(first.base.parameters(), second.base.parameters(), strict=True))
    assert (run / "base" / "pictures").is_dir() and not first.training


def test_words_and_pictures_become_closed_meshes_in_metres(run, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("xatlas")
    model, told = point_e.load(run), []
    # Two steps teach no surface: the distance to a ball around the cloud's points stands for what the net would say of them.
    model.surface.field = lambda cloud, colours: lambda points: (
        (points - cloud.mean(0)).norm(dim=-1) - 0.5, colours[torch.cdist(points[0], cloud).argmin(1)][None])  # fmt: skip
    request = Request(prompt="a tall red cactus", seed=3)
    made = model.generate(request, told.append)
    assert {row["stage"] for row in told} == {"view", "points", "more points"}
    assert made.half == pytest.approx(0.3)  # as the cactus that was learned from
    sized = model.generate(Request(prompt="a cactus, 9 cm tall", seed=3))
    assert sized.half == pytest.approx(0.05)
    assert np.ptp(sized.mesh.vertices, axis=0).max() * sized.half == pytest.approx(0.09)
    for words, metres in (("a huge cactus", 3.0), ("a big cactus", 0.54), ("a tiny cactus", 0.03)):
        assert 1.8 * model.sizes.of(read_prompt(words), model.half) == pytest.approx(metres)
    path = tmp_path / "thing.glb"
    table.write(path, made, ".glb")
    read = trimesh.load(path, force="mesh")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert read.is_watertight and read.volume > 0 and read.body_count == 1
    assert abs(read.bounds).max() <= made.half * 1.02 and made.mesh.texture.shape == (32, 32, 3)
    again = model.generate(request)
    assert (made.mesh.vertices == again.mesh.vertices).all()
    photo = tmp_path / "photo.png"
    wide = torch.nn.functional.pad(torch.full((3, 30, 20), -0.5), (40, 20, 10, 60), value=1.0)
    write_png(photo, to_bytes(wide))
    assert len(model.generate(Request(photo=photo)).mesh.vertices) and len(
        model.generate(Request(seed=1)).mesh.vertices
    )
    with pytest.raises(BadInput, match="draws: is not allowed with a photo"):
        model.generate(Request(photo=photo, draws=2))
    views = model.sample_views(2, things()[0].cameras, 16, torch.Generator().manual_seed(0))
    assert views.shape == (2, 2, 3, 16, 16) and views.abs().max() <= 1
    model.surface.field = lambda cloud, colours: lambda points: (points.new_ones(points.shape[:2]), points)
    with pytest.raises(Unfinished, match="has no surface"):
        model.generate(request)


def test_a_photographed_thing_stands_in_the_middle_as_large_as_views_show_things():
    photo = torch.full((3, 60, 90), 0.6)
    photo[0, 10:40, 5:25] = -0.5  # 20 wide, 30 high
    told = []
    seen = framed(photo, 40, 0.75, progress=told.append)
    thing = seen[0] < 0.5
    assert thing.any(1).sum() == 30 and thing.any(0).sum() == 20 and not told
    assert thing[5:35, 10:30].all() and (seen[:3, ~thing] > 0.99).all()
    assert (seen[3, thing] == 1).all() and (seen[3, ~thing] == -1).all()
    with pytest.raises(BadInput, match="shows nothing but its background"):
        framed(torch.full((3, 60, 90), 0.6), 40, 0.75)
    framed(torch.rand(3, 60, 90, generator=torch.Generator().manual_seed(0)) * 2 - 1, 40, 0.75, progress=told.append)
    assert "background is not plain" in told[0]["message"]
    toys = things(2)
    covered = [(toy.rgba[:, 3] > 127) for toy in toys]
    sides = [max(int(view.any(0).sum()), int(view.any(1).sum())) / 16 for views in covered for view in views]
    assert fill_of(toys) == pytest.approx(sum(sides) / len(sides))


def test_fields_have_bounds_and_data_must_have_points(tmp_path):
    for bad in (
        {"points": 4},
        {"dense": 8},
        {"drop": 2.0},
        {"prediction": "x"},
        {"size": 17},
        {"heads": 5},
        {"asked": 1},
    ):
        with pytest.raises(BadInput):
            dataclasses.replace(SMALL, **bad)
    with pytest.raises(BadInput, match="the things have 512 points, which is the most"):
        point_e.train(things(2), tmp_path / "run", dataclasses.replace(SMALL, dense=600))
    with pytest.raises(BadInput, match="allowed is more than the 32 points of a coarse cloud"):
        point_e.train(things(2), tmp_path / "run", dataclasses.replace(SMALL, dense=32))
    assert not (tmp_path / "run").exists() and find("point_e").data.alone
