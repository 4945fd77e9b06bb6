"""What systems of things learn from is brought to the device of the training, in every stage."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from second_device import Generator, SecondDevice  # noqa: E402
from toy_things import toy_things  # noqa: E402

from simulacra.models.core.thing_views import DepthViews  # noqa: E402
from simulacra.models.fields.point_surface import PointSurfaceConfig  # noqa: E402
from simulacra.models.fields.written import LatentEncoderConfig, WrittenConfig  # noqa: E402
from simulacra.models.systems import ivid, point_e, shap_e, zero123  # noqa: E402
from simulacra.models.systems.ivid.model import IVID  # noqa: E402
from simulacra.models.systems.ivid.training import CompletionStep, FirstStep  # noqa: E402
from simulacra.models.systems.point_e import training as point_training  # noqa: E402
from simulacra.models.systems.point_e.model import new  # noqa: E402
from simulacra.models.systems.shap_e import training as shap_training  # noqa: E402
from simulacra.models.systems.shap_e.model import ShapE  # noqa: E402
from simulacra.models.vision.subject import THINGS  # noqa: E402
from simulacra.models.vision.vlm import VLM  # noqa: E402


@pytest.fixture
def things():
    toys = toy_things(2, views=2, size=16)
    return dataclasses.replace(
        toys,
        things=tuple(dataclasses.replace(toy, family=name) for toy, name in zip(toys, ("fruit", "shell"), strict=True)),
    )


def checked(step, *modules):
    with SecondDevice(*modules), torch.no_grad():
        found = step(0, Generator().manual_seed(0))
    assert torch.isfinite(found["loss"]) and found["loss"].second


def test_every_stage_of_point_e(things):
    config = point_e.Config(
        size=16, vlm_width=32, view_width=8, view_multipliers=(1, 2), points=16, dense=24, width=16, depth=1, dense_width=16, dense_depth=1,
        surface_net=PointSurfaceConfig(16, 1, 1), surface_points=16, asked=8, batch=2,
    )  # fmt: skip
    model = new(things, config, VLM(config.vlm, subject=THINGS), 0.6)
    views = point_training.ThingViews(things, 16)
    for step in (point_training.ViewStep, point_training.BaseStep, point_training.UpsamplerStep):
        checked(step(model, things, views), model.view, model.base, model.upsampler)
    checked(point_training.SurfaceStep(model, things), model.surface)


def test_every_stage_of_shap_e(things):
    config = shap_e.Config(
        size=16, vlm_width=32, encoder=LatentEncoderConfig(16, 1, 2, points=16, views=1), written=WrittenConfig(2, 8, 6, 2), rays=8,
        samples=4, asked=8, tetrahedra=4, width=16, depth=1, heads=2, batch=2,
    )  # fmt: skip
    for step in (shap_training.FieldStep, shap_training.SurfaceStep, shap_training.PriorStep):
        model = ShapE(config, VLM(config.vlm, subject=THINGS), 0.1, 4.0, 32.0, 0.6)
        checked(step(model, things), model.fields, model.prior)


def test_zero_1_to_3(things):
    config = zero123.Config(size=16, width=8, multipliers=(1, 2), embedding=8, seen=8, batch=2)
    model = zero123.Zero123(config, 0.1, 4.0, 32.0, 0.6)
    checked(zero123.Step(model, things), model)


def test_both_stages_of_ivid(things):
    config = ivid.Config(size=16, width=8, multipliers=(1, 2), batch=2)
    model = IVID(config, things.families, 0.1, 4.0, 32.0)
    for step in (FirstStep, CompletionStep):
        checked(step(model, DepthViews(things, 16), torch.tensor([0, 1])), model.first, model.completion)


def test_the_net_of_points(things, tmp_path, monkeypatch):
    from simulacra.models.vision import point_net

    steps = []
    monkeypatch.setattr(point_net, "Trainer", lambda folder, modules, step, *_, **__: (steps.append(step), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        point_net.fit_point_net(things, tmp_path, point_net.PointNetConfig(width=8, points=16, batch=2))
    net = next(
        cell.cell_contents for cell in steps[0].__closure__ if isinstance(cell.cell_contents, point_net.PointNet)
    )
    checked(steps[0], net)
