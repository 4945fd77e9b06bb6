"""A photo's avatar: where it was taken from, what it shows, and how what it does not show follows; balls in closed form."""

import pytest

torch = pytest.importorskip("torch")

from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.fields.render import render_image  # noqa: E402
from simulacra.models.fields.triplane import Decoder, TriplaneField  # noqa: E402
from simulacra.models.systems.rodin import inversion  # noqa: E402

RADIUS = 0.6


def cameras(angles):
    azimuths, elevations = torch.tensor(angles).T
    return orbit(azimuths, elevations, 4.0, 30.0)


def ball(points):
    """A hard ball whose colours are where they are."""
    return 60.0 * (points.norm(dim=-1) < RADIUS), points / 2 + 0.5


@pytest.fixture(scope="module")
def made():
    """Planes of a grey ball with a darker back, and what reads them by two numbers: density and lightness."""
    place = (torch.arange(16) + 0.5) / 8 - 1
    planes = torch.zeros(3, 2, 16, 16)
    planes[:, 0] = (place[None] ** 2 + place[:, None] ** 2) / 2 / RADIUS**2 / 4  # their sum is 1 / 4 on the ball
    planes[0, 1] = (place[:, None] < 0) * 0.4  # the front is lighter, and a step lies at its border
    decoder = Decoder(2, width=3, depth=1, fourier=0).requires_grad_(False)
    (weight, bias), (last, ends) = decoder.layers()
    weight.zero_(), bias.zero_(), last.zero_(), ends.zero_()
    weight[0, 0], bias[0], last[0, 0], ends[0] = -4, 1.5, 10.0, -2.0  # log density: -2 + 10 relu(1.5 - q)
    weight[1, 1], bias[1], last[1:, 1] = 4, 3.0, 1.0
    ends[1:] = -3.6
    return planes, lambda one: TriplaneField(one[None], decoder)


def test_a_point_is_visible_where_the_ray_to_it_meets_nothing_before():
    camera = cameras([(20.0, 10.0)])
    front = inversion.look(ball, camera)
    points = (
        torch.nn.functional.normalize(torch.randn(600, 3, generator=torch.Generator().manual_seed(0)), dim=-1) * RADIUS
    )
    away = camera.c2w[0, :3, 3] - points
    facing = (points * away).sum(-1) / RADIUS / away.norm(dim=-1)  # cosine: a ball hides what looks away
    shown = inversion.visible(points, front, camera)
    assert shown[facing > 0.5].min() > 0.9 and shown[facing < -0.3].max() < 0.1


def test_colours_change_as_those_like_them_that_are_shown():
    shown = torch.tensor([[0.2, 0.1, 0.1]] * 5 + [[0.8, 0.6, 0.5]] * 7)
    change = torch.tensor([[-0.1, 0.0, 0.1]] * 5 + [[0.1, 0.2, 0.0]] * 7)
    asked = torch.stack([shown[0], shown[-1], (shown[0] + shown[-1]) / 2, torch.tensor([0.1, 0.9, 0.1])])
    found = inversion.carried(asked, shown, change)
    wanted = torch.stack([change[0] * 5 / 6, change[-1] * 7 / 8, torch.zeros(3), torch.zeros(3)])  # one pixel stays
    assert torch.allclose(found, wanted, atol=2e-2) and found[3].abs().max() < 1e-9
    assert torch.allclose(found[:2], wanted[:2], atol=1e-6)


def test_the_pose_of_a_photo_is_found_whatever_its_contrast():
    for angles in ((-24.0, 4.0), (32.0 - 8 / 3, -4.0 + 8 / 3)):
        portrait = render_image(ball, cameras([angles]), 48)[0] * 0.6 - 0.2
        azimuth, elevation = inversion.pose_of(portrait, ball, cameras)
        found = azimuth * inversion.OVERSTATED, elevation
        assert found == pytest.approx(angles, abs=8 / 3 + 1e-4)  # the finest step


def test_what_a_photo_does_not_show_keeps_its_shape_and_takes_its_colours(made, monkeypatch):
    """Light grey of the front becomes darker in the photo; at the sides, too, where the photo does not reach, and nowhere else."""
    planes, field = made
    monkeypatch.setattr(inversion, "STEPS", 20)
    monkeypatch.setattr(inversion, "RAYS", 256)
    monkeypatch.setattr(inversion, "SIZE", 24)
    monkeypatch.setattr(inversion, "RATE", 2e-2)
    front, views = cameras([(0.0, 4.0)]), cameras([(70.0, 4.0), (180.0, 4.0)])
    before = render_image(field(planes), front, 24)[0]
    solid = before.mean(0) < 0.9
    portrait = torch.where(solid, before - 0.4, before)  # in [-1, 1]
    first = render_image(field(planes), views, 24, 32, 24).mean(1)
    person = first < 0.5
    light = person[0] & (first[0] > first[1][person[1]].mean() + 0.1)
    found = {}
    for held in (0.0, inversion.HELD):
        monkeypatch.setattr(inversion, "HELD", held)
        moved = inversion.tuned(field, planes, portrait, front, cameras(inversion.AROUND))
        after = render_image(field(moved), views, 24, 32, 24).mean(1)
        outline = ((after < 0.5) != person).float().mean()
        found[held] = [
            float(x) for x in ((after - first)[0][light].mean(), (after - first)[1][person[1]].abs().mean(), outline)
        ]
    (_, back, outline), (side, kept_back, kept_outline) = found.values()
    assert light.sum() > 20 and side < -0.25
    assert kept_back < 0.5 * back and kept_outline < outline and kept_outline < 0.07
