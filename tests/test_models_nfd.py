"""NFD: insides from outlines, triplanes fitted to them, their diffusion; against closed forms and primitives."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from simulacra.models.core.cameras import camera_rays, orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.fields.export import LEVEL  # noqa: E402
from simulacra.models.fields.mesh import MeshConfig  # noqa: E402
from simulacra.models.fields.occupancy import (  # noqa: E402
    OccupancyConfig,
    as_density,
    draw_points,
    fit_occupancy,
    grid_points,
    hull,
    logits,
    overlap,
)
from simulacra.models.fields.shading import shaded_normals  # noqa: E402
from simulacra.models.fields.triplane import Decoder, sample_planes  # noqa: E402
from simulacra.models.systems import nfd  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

PRIMITIVES = {
    "sphere": lambda p: p.norm(dim=-1) < 0.6,
    "torus": lambda p: (p[..., :2].norm(dim=-1) - 0.5) ** 2 + p[..., 2] ** 2 < 0.22**2,
    "box": lambda p: (p.abs() < torch.tensor([0.5, 0.35, 0.6])).all(-1),
    "cone": lambda p: (p[..., :2].norm(dim=-1) < 0.45 * (0.6 - p[..., 2])) & (p[..., 2] > -0.6),
    "capsule": lambda p: (p - torch.nn.functional.pad(p[..., 2:].clamp(-0.4, 0.4), (2, 0))).norm(dim=-1) < 0.3,
    "ellipsoid": lambda p: (p / torch.tensor([0.7, 0.4, 0.3])).norm(dim=-1) < 1,
}
SMALL = OccupancyConfig(resolution=32, steps=160, points=1024, pool=16384)


def ball(views=16, size=64, radius=0.5, centre=(0.1, 0.0, -0.2)):
    """A person who is a ball: outlines of it, exact at the pixels' centres."""
    azimuths = torch.arange(views) * (360.0 / views)
    cameras = orbit(azimuths, torch.linspace(-40, 60, views), 4.0, 30.0)
    origins, directions = camera_rays(cameras, size, size)
    away = torch.tensor(centre) - origins
    nearest = away - (away * directions).sum(-1, keepdim=True) * directions
    alpha = (nearest.norm(dim=-1) < radius).view(views, 1, size, size)
    return Person("ball", (alpha * 255).to(torch.uint8).expand(-1, 4, -1, -1).contiguous(), cameras, {}, ())


# --- insides


def test_a_hull_holds_the_shape_and_little_more():
    person, points = ball(), grid_points(40)
    inside = hull(person)(points)
    distance = (points - torch.tensor([0.1, 0.0, -0.2])).norm(dim=-1)
    pixel = 2 * 4.0 * math.tan(math.radians(15)) / 64
    assert inside[distance < 0.5 - pixel].all() and not inside[distance > 0.62].any()
    assert 0.95 < inside.sum() / (distance < 0.5).sum() < 1.05  # 0.97 was seen: each outline's error carves


def test_what_a_picture_does_not_show_it_does_not_carve():
    person = ball()
    near = replace(person, cameras=orbit(torch.arange(16) * 22.5, torch.zeros(16), 4.0, 6.0),
                   rgba=torch.full((16, 4, 8, 8), 255, dtype=torch.uint8))  # fmt: skip
    points = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 0.9], [0.3, 0.0, 0.0]])
    assert hull(near)(points).tolist() == [True, False, True]  # shown by all, by none, by some


def test_points_are_drawn_half_near_the_surface():
    points, inside = draw_points(PRIMITIVES["sphere"], 8000, torch.Generator().manual_seed(0))
    away = (points.norm(dim=-1) - 0.6).abs()
    assert torch.equal(inside, points.norm(dim=-1) < 0.6) and points.abs().max() <= 1
    assert (away[:4000] < 0.12).float().mean() > 0.95 and 0.1 < (away[4000:] < 0.12).float().mean() < 0.25
    assert inside[4000:].float().mean() == pytest.approx(math.pi * 4 / 3 * 0.6**3 / 8, abs=0.02)
    with pytest.raises(BadInput, match="nobody: nothing of it is inside"):
        draw_points(lambda p: p[:, 0] > 2, 100, torch.Generator(), "nobody")


@pytest.mark.parametrize("fourier", [0, 2])
def test_logits_are_the_decoders_and_become_a_density(fourier):
    decoder, generator = Decoder(5, 16, 2, fourier), torch.Generator().manual_seed(1)
    planes = torch.randn(2, 3, 5, 9, 9, generator=generator)
    points = torch.rand(2, 50, 3, generator=generator) * 2 - 1
    found = logits(planes, decoder, points)
    assert torch.allclose(found, decoder(sample_planes(planes, points))[0].log(), atol=1e-5)
    density, colour = as_density(planes, decoder)(points)
    assert torch.allclose(density, LEVEL * found.exp(), rtol=1e-4) and torch.allclose(colour, torch.tensor(0.62))


def test_shaded_normals_are_those_of_a_sphere():
    cameras = orbit(torch.tensor([0.0, 70.0]), torch.tensor([0.0, 30.0]), 4.0, 30.0)
    found = shaded_normals(lambda p: (LEVEL * ((0.7 - p.norm(dim=-1)) * 30).exp(), p), cameras, 32, LEVEL)
    origins, directions = camera_rays(cameras, 32, 32)
    along = (origins * directions).sum(-1)
    inner = along**2 - origins.square().sum(-1) + 0.7**2
    hit = (inner > 0.02).view(2, 32, 32)  # not the outermost ring, where 96 samples may miss it
    normal = (origins + (-along - inner.clamp(min=0).sqrt())[..., None] * directions) / 0.7
    light = 0.25 - 0.75 * (normal * directions).sum(-1, keepdim=True)
    wanted = ((0.5 + 0.5 * normal) * light * 2 - 1).view(2, 32, 32, 3).permute(0, 3, 1, 2)
    assert (found - wanted).abs().amax(1)[hit].max() < 0.01 and hit.sum() > 300
    assert (found.amin(1)[(inner < -0.01).view(2, 32, 32)] == 1).all()


# --- the fit


def roughness(planes):
    """The spectral energy of planes above half of Nyquist's frequency, and its share of all but the mean."""
    spectrum = torch.fft.fft2(planes - planes.mean((-1, -2), keepdim=True)).abs().square()
    frequency = torch.fft.fftfreq(planes.shape[-1]).abs()
    high = spectrum[..., torch.maximum(frequency[:, None], frequency) > 0.25].sum()
    return float(high), float(high / spectrum.sum())


def test_two_primitives_are_fitted_by_planes_that_are_smooth(tmp_path):
    shapes = [PRIMITIVES["sphere"], PRIMITIVES["torus"]]
    planes, decoder = fit_occupancy(shapes, tmp_path / "with", SMALL)
    found = [overlap(planes[index], decoder, shape) for index, shape in enumerate(shapes)]
    print("overlap", found)
    assert min(found) > 0.93  # 0.976 and 0.954 were seen of seeds 0 and 1
    assert overlap(planes[0], decoder, shapes[1]) < 0.5  # each has its own
    free, _ = fit_occupancy(shapes, tmp_path / "without", replace(SMALL, variation=0.0, magnitude=0.0))
    (energy, share), (free_energy, free_share) = roughness(planes), roughness(free)
    print("roughness", energy, share, free_energy, free_share)
    assert free_energy > 2 * energy and free_share > 2 * share  # 300 and 8 times were seen


def test_shapes_beyond_the_joint_ones_find_the_decoder_frozen(tmp_path):
    shapes, config = [*PRIMITIVES.values()][:3], replace(SMALL, steps=4, resolution=8, joint=2, pool=512, points=64)
    planes, decoder = fit_occupancy(shapes, tmp_path, config)
    two, same = fit_occupancy(shapes[:2], tmp_path / "two", config)
    assert planes.shape == (3, 3, 8, 8, 8) and torch.equal(planes[:2], two)
    for name, value in decoder.state_dict().items():
        assert torch.equal(value, same.state_dict()[name])
    assert not torch.equal(planes[2], planes[0])


@pytest.mark.slow
def test_six_primitives_are_fitted(tmp_path):
    """MODELS' figure: an overlap above 0.95 of each."""
    planes, decoder = fit_occupancy([*PRIMITIVES.values()], tmp_path, replace(SMALL, steps=500, pool=65536))
    found = {name: overlap(planes[i], decoder, shape) for i, (name, shape) in enumerate(PRIMITIVES.items())}
    assert min(found.values()) > 0.95, found  # 0.964 of the cone to 0.998 of the box were seen


# --- the diffusion

TINY = nfd.Config(occupancy=replace(SMALL, steps=3, channels=2, resolution=8, pool=512, points=64, width=16, save_every=2),
                  base=8, multipliers=(1, 2), blocks=1, attention=(4,), diffusion_steps=20, sampling=4, steps=6, batch=2,
                  save_every=2)  # fmt: skip


def test_channels_are_normalised_and_put_back():
    planes = (
        torch.randn(5, 3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
        * torch.tensor([1.0, 5, 0.1, 2])[:, None, None]
        + 3
    )
    scale = nfd.Normalisation(12)
    scale.measure(planes)
    stacked = scale.stack(planes)
    deviation, mean = torch.std_mean(stacked, (0, 2, 3), correction=0)
    assert stacked.shape == (5, 12, 8, 8) and mean.abs().max() < 1e-5 and (deviation - 1).abs().max() < 1e-5
    assert torch.allclose(scale.unstack(stacked), planes, atol=1e-5)
    assert torch.equal(
        stacked[:, 5], (planes[:, 1, 1] - scale.mean[5]) / scale.deviation[5]
    )  # the planes one after the other


def test_a_run_can_be_stopped_resumed_sampled_and_reloaded(tmp_path):
    shapes, told = [PRIMITIVES["sphere"], PRIMITIVES["box"]], []

    def stop(line):
        told.append(line["stage"])
        if line["stage"] == "diffusion" and line["step"] == 5:
            raise KeyboardInterrupt

    nfd.train_shapes(shapes, tmp_path / "whole", TINY)
    with pytest.raises(KeyboardInterrupt):
        nfd.train_shapes(shapes, tmp_path / "parts", TINY, stop)
    assert not (tmp_path / "parts" / "model.safetensors").exists() and told == ["insides"] * 3 + ["diffusion"] * 5
    nfd.train_shapes(shapes, tmp_path / "parts", TINY)
    whole, parts = (nfd.load(tmp_path / name) for name in ("whole", "parts"))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name
    assert whole.config == TINY and whole.half == 0.24
    assert (whole.normalisation.deviation - 1).abs().min() > 0.1  # stored, not as it begins
    cameras = orbit(torch.tensor([0.0, 90.0, 180.0]), torch.zeros(3), 4.0, 30.0)
    views = whole.sample_views(2, cameras, 12, torch.Generator().manual_seed(0))
    again = parts.sample_views(2, cameras, 12, torch.Generator().manual_seed(0))
    assert views.shape == (2, 3, 3, 12, 12) and torch.equal(views, again) and views.abs().max() <= 1
    steps = []
    result = whole.generate(Request(seed=3, steps=3), steps.append)
    assert result.planes.shape == (3, 2, 8, 8) and [step["done"] for step in steps] == [1, 2, 3]
    about = json.loads((tmp_path / "whole" / "config.json").read_text())
    (tmp_path / "whole" / "config.json").write_text(json.dumps(about | {"system": "rodin"}))
    with pytest.raises(BadInput):
        nfd.load(tmp_path / "whole")


def test_people_are_trained_on_by_their_outlines(tmp_path):
    pytest.importorskip("skimage")
    config = replace(
        TINY,
        attention=(8,),
        occupancy=replace(TINY.occupancy, resolution=16, channels=4, steps=120, points=512, pool=4096, width=32),
    )
    people = People((ball(), ball(centre=(-0.2, 0.1, 0.1))), half=0.3, splits=("train",) * 2)
    nfd.train(people, tmp_path, config)
    model = nfd.load(tmp_path)
    assert model.half == 0.3
    # A network that gives back the first person's planes, in place of one that has learned in six steps.
    planes = fit_occupancy([hull(person) for person in people], tmp_path / "fit", config.occupancy)[
        0
    ]  # read, as it is done
    model.sample = lambda count, generator: planes[:count]
    (first,) = model.meshes(1, torch.Generator(), MeshConfig(level=LEVEL, coarse=True, resolution=48))
    assert np.abs(first.vertices.mean(0) - [0.1, 0.0, -0.2]).max() < 0.1
    assert 0.35 < np.linalg.norm(first.vertices - [0.1, 0, -0.2], axis=1).mean() < 0.6
    with pytest.raises(BadInput, match="ball: nothing of it"):
        nfd.train(
            People((replace(ball(), rgba=torch.zeros(16, 4, 8, 8, dtype=torch.uint8)),)), tmp_path / "none", config
        )


@pytest.mark.slow
def test_the_diffusion_of_four_shapes_gives_them_back(tmp_path):
    """Overfitted, samples are of the four, and all four appear."""
    shapes = [PRIMITIVES[name] for name in ("sphere", "torus", "box", "ellipsoid")]
    config = nfd.Config(
        occupancy=replace(SMALL, resolution=8, channels=4, steps=200, width=32), base=32, multipliers=(1, 2), blocks=1,
        attention=(4,), sampling=50, steps=500, batch=16, learning_rate=2e-3, prediction="v",
    )  # fmt: skip
    nfd.train_shapes(shapes, tmp_path, config)
    model = nfd.load(tmp_path)
    samples = model.sample(12, torch.Generator().manual_seed(0))
    found = torch.tensor([[overlap(one, model.decoder, shape, 32) for shape in shapes] for one in samples])
    # Seen: 0.69 to 0.92, all four. Predicting eps, as published, leaves a median of 0.24 after as many steps.
    assert found.amax(1).median() > 0.7 and len(set(found.argmax(1).tolist())) == 4
