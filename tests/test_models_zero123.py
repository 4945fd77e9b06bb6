"""Zero-1-to-3: cameras beside others, what is hidden in training, and the road from one picture to views and a mesh."""

import dataclasses
import math

import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_thing, toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.pictures import to_bytes, write_png  # noqa: E402
from simulacra.models.core.things import Things  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond  # noqa: E402
from simulacra.models.kinds import table, thing  # noqa: E402
from simulacra.models.systems import zero123  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

SMALL = zero123.Config(size=16, width=8, multipliers=(1, 2), embedding=8, seen=8, steps=2, batch=2, save_every=1, picture_every=2,
                       warmup=1, sampling=2, views=2, fit_steps=2, grid=12, texture=32)  # fmt: skip


def at(azimuth, elevation, distance=3.0):
    return orbit(torch.tensor([float(azimuth)]), torch.tensor([float(elevation)]), distance, 32.0)


def test_a_camera_beside_itself_is_nowhere_and_turns_add():
    assert torch.allclose(
        zero123.relative_pose(at(70, 20), at(70, 20)), torch.tensor([[0.0, 0.0, 1.0, 0.0]]), atol=1e-6
    )
    pose = zero123.relative_pose(at(10, 0, 3.0), at(40, 30, 3.5))[0]
    turn = math.radians(30)
    assert torch.allclose(
        pose, torch.tensor([-turn, math.sin(turn), math.cos(turn), 0.5]), atol=1e-5
    )  # up is less from the axis
    a, b, c = at(10, 5, 3.0), at(170, -20, 2.0), at(-95, 40, 4.0)
    first, second, both = (zero123.relative_pose(*pair)[0] for pair in ((a, b), (b, c), (a, c)))
    assert torch.allclose(first[[0, 3]] + second[[0, 3]], both[[0, 3]], atol=1e-5)
    angle = sum(math.atan2(float(part[1]), float(part[2])) for part in (first, second))
    assert torch.allclose(both[1:3], torch.tensor([math.sin(angle), math.cos(angle)]), atol=1e-5)
    near, far = (zero123.relative_pose(at(0, 0), at(azimuth, 0)) for azimuth in (179.9, -179.9))
    assert (near - far).abs().max() < 0.005  # all around without a jump


def test_either_condition_is_hidden_alone_and_both_together():
    cond = Cond(vec=torch.ones(4, 3), spatial=torch.ones(4, 4, 2, 2))
    found = zero123.hidden(cond, torch.tensor([0.02, 0.07, 0.12, 0.5]))
    assert found.vec[:, 0].tolist() == [0, 0, 1, 1]  # below 0.10
    assert found.spatial[:, 0, 0, 0].tolist() == [1, 0, 0, 1]  # from 0.05 to 0.15
    assert found.keep.tolist() == [0, 0, 0, 1]


def test_coverage_gives_straight_colours_back():
    toys = toy_thing(0, 0, 1, 16)
    views = zero123.ThingViews([toys], 16).covered(torch.tensor([0]), torch.device("cpu"))
    there = toys.rgba[0, 3] > 0
    assert (zero123.straight(views)[0].int() - toys.rgba[0].int()).abs()[:, there].max() <= 1


def test_one_picture_becomes_views_and_a_mesh_of_a_run_that_was_stopped(tmp_path, monkeypatch):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("xatlas")
    toys = toy_things(3, views=3, size=16)
    whole, parts, told = tmp_path / "whole", tmp_path / "parts", []
    zero123.train(toys, whole, SMALL)
    zero123.train(toys, parts, dataclasses.replace(SMALL, seconds=1e-9))  # one step, and its time is over
    zero123.train(toys, parts, SMALL, told.append)
    assert [row["step"] for row in told] == [2]
    first, second = zero123.load(whole), zero123.load(parts)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert (
        first.half == toys.half
        and first.distance == pytest.approx(4, abs=1e-4)
        and first.field_of_view == pytest.approx(32, abs=1e-3)
    )
    photo = tmp_path / "photo.png"
    write_png(photo, to_bytes(torch.nn.functional.pad(torch.full((3, 30, 20), -0.5), (40, 20, 10, 60), value=1.0)))
    made = first.generate(Request(photo=photo, seed=4), told.append)
    monkeypatch.setattr(thing, "FRAMES", 4)
    monkeypatch.setattr(thing, "SIZE", 16)
    table.write(tmp_path / "views.png", made, ".png")
    assert read_png(tmp_path / "views.png").shape == (32, 32, 3) and told[-1]["stage"] == "views 1 to 4"
    # Two steps draw nothing, and the fit is long: a ball stands for the field, and what it would be fitted to is looked at.
    fitted = []
    monkeypatch.setattr(zero123, "fit", lambda *given: fitted.append(given[0][0]))
    monkeypatch.setattr(
        zero123, "TriplaneField", lambda *_: lambda at: (40 * (0.6 - at.norm(dim=-1)).relu() ** 0.5, at / 2 + 0.5)
    )
    table.write(tmp_path / "thing.glb", made, ".glb")
    read = trimesh.load(tmp_path / "thing.glb", force="mesh")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert read.is_watertight and read.volume > 0 and abs(read.bounds).max() <= toys.half * 1.01
    (given,) = fitted
    assert given.rgba.shape == (6, 4, 16, 16) and len(given.cameras.c2w) == 6  # two views, and the picture four times
    own = first.around(15.0, torch.zeros(1))
    assert torch.allclose(given.cameras.c2w[2:], own.c2w.repeat(4, 1, 1)) and torch.equal(given.rgba[2], given.rgba[5])
    zero123.train(toys, whole, dataclasses.replace(SMALL, views=9))  # it is over, and asked in another way
    assert zero123.load(whole).config.views == 9


def test_fields_have_bounds_and_things_need_two_views(tmp_path):
    for bad in ({"size": 24}, {"elevation": 90.0}, {"views": 1}, {"sampling": 0}):
        with pytest.raises(BadInput):
            dataclasses.replace(SMALL, **bad)
    with pytest.raises(BadInput, match="a thing with one view"):
        zero123.train(Things((toy_thing(0, 0, 1, 16),)), tmp_path / "run", SMALL)
