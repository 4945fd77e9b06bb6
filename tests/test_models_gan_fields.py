"""What adversarial systems generate: fields, scenes of objects, planes, against closed forms."""

import dataclasses
import math

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from gan_stage import TINY, rng, small_eg3d, small_giraffe, small_pi_gan  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.core.cameras import Cameras, orbit  # noqa: E402
from simulacra.models.core.style_layers import resize  # noqa: E402
from simulacra.models.fields.compose import Boxes, compose, turned  # noqa: E402
from simulacra.models.fields.mlp import FeatureField, FeatureFieldConfig, FilmMapping, FilmSiren, SirenConfig  # noqa: E402
from simulacra.models.fields.render import box_range, render, render_image  # noqa: E402
from simulacra.models.fields.synthesis import SynthesisConfig, TriplaneSynthesis  # noqa: E402
from simulacra.models.fields.triplane import TriplaneField  # noqa: E402
from simulacra.models.gan.generators import PlaneDecoder, StyleGAN2  # noqa: E402
from simulacra.models.systems import eg3d  # noqa: E402
from simulacra.models.systems.auto_encoder import AutoEncoder, Config  # noqa: E402
from simulacra.models.systems.gan_baselines import Giraffe, PiGAN  # noqa: E402

pytestmark = pytest.mark.usefixtures("seeded_torch")


def seen(model, latents, cameras, images):
    """What a discriminator sees of latents."""
    drawn = rng()
    return model(model.styles(latents, cameras, drawn), cameras, images, drawn)


def test_style_gan_makes_pictures_and_planes_of_the_asked_shape():
    picture = StyleGAN2(16, 2, SynthesisConfig(32, 3, 16, 8, 16))(torch.randn(2, 16))
    assert picture.shape == (2, 3, 32, 32)
    planes = TriplaneSynthesis(4, 16, 16, 8, 16)(torch.randn(2, 16))
    assert planes.shape == (2, 3, 4, 16, 16)
    with pytest.raises(BadInput, match="24"):
        StyleGAN2(16, 2, SynthesisConfig(24))


def test_a_latents_length_says_nothing():
    net = StyleGAN2(16, 2, SynthesisConfig(8, 3, 16, 8, 16))
    latents = torch.randn(2, 16)
    torch.testing.assert_close(net(latents), net(latents * 7))


@pytest.mark.parametrize("samples", [1, 7, 24])
def test_planes_of_constant_density_let_through_what_the_closed_form_says(samples):
    """Opacity 1 - exp(-sigma L) and colour, of EG3D's decoder on equal planes."""
    decoder = PlaneDecoder(4, 8, 16)
    with torch.no_grad():
        decoder.out.weight.zero_()
        decoder.out.bias.normal_()
    density = F.softplus(decoder.out.bias[0] - 1)
    colour = decoder.out.bias[1:].sigmoid()
    cameras = orbit(torch.tensor([0.0, 50.0]), torch.tensor([10.0, -20.0]), 6.0, 20.0)
    from simulacra.models.core.cameras import camera_rays

    rays = camera_rays(cameras, 8, 8)
    near, far = box_range(*rays)
    seen = render(TriplaneField(torch.randn(2, 3, 4, 16, 16), decoder), *rays, samples, background=1.0)
    opacity = 1 - torch.exp(-density * (far - near))
    torch.testing.assert_close(seen.opacity, opacity)
    torch.testing.assert_close(seen.colour, opacity[..., None] * colour + (1 - opacity[..., None]))


def test_a_siren_keeps_the_variance_of_its_activations_through_any_depth():
    """SIREN's claim (arXiv 2006.09661, theorem 1.8), and that it is the weights' range that does it."""
    siren = FilmSiren(SirenConfig(width=256, depth=12))
    points = torch.rand(1, 4096, 3, generator=rng()) * 2 - 1
    frequencies, phases = torch.full((1, 13, 256), 30.0), torch.zeros(1, 13, 256)

    def spread() -> torch.Tensor:
        return torch.stack([a.var() for a in siren.activations(points, frequencies, phases)])

    # sin(N(0, 2 v)) has the variance v = (1 - exp(-4 v)) / 2 = 0.398; over 5 seeds it was 0.38 ... 0.44 from layer 2 on.
    with torch.no_grad():
        kept = spread()
        assert (kept[1:] - 0.398).abs().max() < 0.06, kept
        for layer in siren.layers[1:]:
            layer.weight /= 3
            layer.bias /= 3
        assert spread()[-1] < 0.02  # dies out


def test_the_mapping_starts_near_the_sirens_frequency():
    frequencies, phases = FilmMapping(16, (3, 64))(torch.randn(256, 16, generator=rng()))
    assert frequencies.shape == phases.shape == (256, 3, 64)
    # Over 5 seeds: mean 29.8 ... 30.2, deviation 6 ... 9 and 0.4 ... 0.6.
    assert frequencies.mean().item() == pytest.approx(30, abs=1) and 4 < frequencies.std() < 12
    assert 0.25 < phases.std() < 0.9


def test_pi_gan_sees_the_direction_of_view_in_colour_only():
    siren = FilmSiren(SirenConfig(16, 2))
    points, film = torch.rand(2, 9, 3), FilmMapping(8, siren.modulated)(torch.randn(2, 8))
    ahead, aside = torch.tensor([0.0, 1, 0]).expand(2, 9, 3), torch.tensor([1.0, 0, 0]).expand(2, 9, 3)
    one, other = siren(points, ahead, *film), siren(points, aside, *film)
    assert torch.equal(one[0], other[0]) and not torch.allclose(one[1], other[1])
    assert (one[0] >= 0).all() and (0 <= one[1]).all() and (one[1] <= 1).all()


def feature_fields(count: int) -> list:
    net = FeatureField(FeatureFieldConfig(4, 4, 16, 2, 2, 5)).double()
    codes = [(torch.randn(2, 4, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)) for _ in range(count)]
    return [lambda points, c=code: net(points, *c) for code in codes]


def boxes(count: int, scale=1.0, move=0.0, turn=0.0) -> Boxes:
    angles = turn * torch.linspace(-1, 1, count, dtype=torch.float64).expand(2, -1)
    place = move * torch.randn(2, count, 3, dtype=torch.float64)
    return Boxes(torch.full((2, count, 3), scale, dtype=torch.float64), turned(angles), place)


def test_a_scene_of_one_object_is_the_object():
    (own,) = feature_fields(1)
    points = torch.rand(2, 50, 3, dtype=torch.float64) * 2 - 1
    for one, other in zip(compose([own], boxes(1))(points), own(points), strict=True):
        assert torch.equal(one, other)


def test_the_order_of_objects_does_not_matter():
    fields, placed = feature_fields(3), boxes(3, 0.8, 0.1, 0.5)
    points = torch.rand(2, 50, 3, dtype=torch.float64) * 2 - 1
    back = Boxes(*(part.flip(1) for part in placed))
    for one, other in zip(compose(fields, placed)(points), compose(fields[::-1], back)(points), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


def test_densities_add_up_and_features_mix_by_density():
    def constant(density, feature):
        return lambda points: (torch.full(points.shape[:2], density), torch.full((*points.shape[:2], 1), feature))

    placed = Boxes(torch.ones(1, 2, 3), turned(torch.zeros(1, 2)), torch.zeros(1, 2, 3))
    density, feature = compose([constant(1.0, 4.0), constant(3.0, 8.0)], placed)(torch.zeros(1, 1, 3))
    assert density.item() == 4 and feature.item() == 7


def test_an_object_is_where_its_box_is_and_nothing_elsewhere():
    """Scaled, turned a quarter about z, moved: its own (1, 0, 0) face comes to lie along the scene's y."""
    placed = Boxes(
        torch.tensor([[[0.4, 0.2, 0.2]]]), turned(torch.tensor([[math.pi / 2]])), torch.tensor([[[0.5, 0, 0]]])
    )
    seen = []

    def own(points):
        seen.append(points)
        return torch.ones(points.shape[:2]), points

    points = torch.tensor([[[0.5, 0.39, 0.0], [0.5, 0.41, 0.0], [0.69, 0.0, 0.0], [0.71, 0.0, 0.0], [-0.5, 0.0, 0.0]]])
    density, _ = compose([own], placed)(points)
    assert density.tolist() == [[1, 0, 1, 0, 0]]
    torch.testing.assert_close(seen[0][0, 0], torch.tensor([0.975, 0, 0]), rtol=0, atol=1e-6)
    torch.testing.assert_close(seen[0][0, 2], torch.tensor([0, -0.95, 0]), rtol=0, atol=1e-6)


def test_a_person_does_not_depend_on_who_looks():
    """EG3D's planes are conditioned on a pose in training, sometimes another's; a sampled person's are not."""
    model = eg3d.EG3D(small_eg3d(swap=0.0))
    latents = model.draw(2, rng())
    cameras = orbit(torch.tensor([-40.0, 40.0]), torch.zeros(2), 6.0, 20.0)
    views = model.sample_views(2, cameras, 16, rng())
    again = model.sample_views(2, cameras.pick([1, 0]), 16, rng())
    assert torch.equal(views[:, 0], again[:, 1]) and torch.equal(views[:, 1], again[:, 0])
    own = seen(model, latents, cameras, 0)
    model = swapped(model)
    assert not torch.allclose(own, seen(model, latents, cameras, 0))
    same = Cameras(*(part[:1].expand(2, -1, -1) for part in cameras))  # all poses the same: nothing to swap
    left, right = model(latents, same, 0, rng()), swapped(model, 0.0)(latents, same, 0, rng())
    assert torch.equal(left, right)


def swapped(model: eg3d.EG3D, probability: float = 1.0) -> eg3d.EG3D:
    model.config = dataclasses.replace(model.config, swap=probability)
    return model


def test_the_field_of_a_person_is_what_its_raw_picture_shows():
    model, cameras = eg3d.EG3D(small_eg3d(channels=6)), orbit(torch.tensor([25.0]), torch.tensor([10.0]), 6.0, 20.0)
    latents = model.draw(1, rng())
    style = model.mapping(latents, model.front[None])
    _, raw = model.pictures(model.planes(style), style, cameras, 16)
    torch.testing.assert_close(render_image(model.field(latents), cameras, 8, TINY["samples"], 0), raw)


def test_pi_gan_grows():
    model = PiGAN(small_pi_gan(grow=100))
    cameras = orbit(torch.zeros(2), torch.zeros(2), 6.0, 20.0)
    latents = model.draw(2, rng())
    early, late = seen(model, latents, cameras, 0), seen(model, latents, cameras, 100)
    assert early.shape == late.shape == (2, 3, 16, 16)
    assert (early - late).abs().mean() > 1e-3
    pictures = torch.randn(2, 3, 16, 16)
    assert torch.equal(model.real(pictures, 100), pictures)
    assert torch.equal(model.real(pictures, 0), resize(resize(pictures, 8), 16))


def test_giraffes_objects_are_drawn_in_training_and_stay_when_sampled():
    model = Giraffe(small_giraffe(objects=2))
    drawn, still = model.place(64, rng()), model.place(64)
    assert drawn.scale.min() >= 0.9 and drawn.scale.max() <= 1 and drawn.translation.abs().max() <= 0.05
    assert drawn.scale.std() > 0.01 and drawn.translation.std() > 0.01
    assert not still.translation.any() and torch.equal(still.rotation, torch.eye(3).expand(64, 2, 3, 3))
    views = model.sample_views(3, orbit(torch.zeros(2), torch.zeros(2), 6.0, 20.0), 16, rng())
    assert views.shape == (3, 2, 3, 16, 16) and torch.equal(views[:, 0], views[:, 1])


@pytest.mark.parametrize("name", ["eg3d", "pi_gan", "giraffe", "auto_encoder"])
def test_what_a_model_of_latents_makes_is_of_the_kind_that_its_row_names(name):
    """And its pictures from all sides are of the very person whose field is meshed."""
    from simulacra.models.systems.catalogue import find
    from simulacra.models.systems.request import Request
    from simulacra.models.systems.sampled import sampled

    make = {
        "eg3d": lambda: eg3d.EG3D(small_eg3d()),
        "pi_gan": lambda: PiGAN(small_pi_gan()),
        "giraffe": lambda: Giraffe(small_giraffe()),
        "auto_encoder": lambda: AutoEncoder(Config(size=16, code=8, planes=16, channels=4, decoder=16)),
    }[name]
    model = make().requires_grad_(False).eval()
    model.half = 0.24
    result = sampled(model, Request(seed=5))
    assert result.kind == find(name).kind and result.half == 0.24
    points = torch.rand(1, 9, 3, generator=rng()) * 2 - 1
    density, colour = result.field(points)
    assert torch.equal(density, model.field(model.draw(1, rng(5)))(points)[0]) and colour.shape == (1, 9, 3)
    if result.kind == "field":
        cameras = orbit(torch.tensor([0.0, 40.0]), torch.zeros(2), 6.0, 20.0)
        assert torch.equal(result.views(cameras, 16), model.sample_views(1, cameras, 16, rng(5))[0])
        assert result.coloured == (name != "giraffe")
