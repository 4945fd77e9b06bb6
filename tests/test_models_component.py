"""What is kept of a field: its largest piece, cut off as a bust; crisp decoders; against closed forms and brute force."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
trimesh = pytest.importorskip("trimesh")

from simulacra.addon.avatar import decode, format, surface  # noqa: E402
from simulacra.models.core.cameras import camera_rays, orbit  # noqa: E402
from simulacra.models.fields.component import CELLS, KeptField, largest_piece  # noqa: E402
from simulacra.models.fields.export import SavedAvatar, write_avatar  # noqa: E402
from simulacra.models.fields.mesh import MeshConfig, extract  # noqa: E402
from simulacra.models.fields.render import render  # noqa: E402
from simulacra.models.fields.triplane import Decoder, TriplaneField  # noqa: E402
from simulacra.models.kinds import avatar as avatars  # noqa: E402

BALLS = (((0.0, 0.0, -0.4), 0.5), ((0.6, 0.6, 0.7), 0.2), ((-0.7, 0.7, 0.8), 0.1))  # centre and radius


def balls(points):
    """The density of three balls that falls by a factor of e^20 over a box unit, 4 at their surfaces; coloured by place."""
    inside = torch.stack([radius - (points - torch.tensor(centre)).norm(dim=-1) for centre, radius in BALLS]).amax(0)
    return 4 * torch.exp(20 * inside), (points + 1) / 2


def planes_of_a_ball(radius):
    """Planes and a decoder whose logarithm of density is log 10 + 8 (1 - (r / radius)²), kept above -4."""
    place = (torch.arange(64) + 0.5) / 32 - 1
    planes = torch.stack([(place[None] ** 2 + place[:, None] ** 2) / 2] * 3)[:, None] / radius**2
    decoder = Decoder(1, width=2, depth=1, fourier=0).requires_grad_(False)
    (weight, bias), (last, ends) = decoder.layers()
    weight.zero_(), bias.zero_(), last.zero_(), ends.zero_()
    weight[0], bias[0], last[0, 0], ends[0] = -1, 2.5, 8.0, math.log(10) - 12
    return planes, decoder


def test_only_the_largest_ball_is_kept_and_what_fades_out_around_it():
    axis = (2 * torch.arange(CELLS) + 1) / CELLS - 1
    middle = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)
    for floor in (-1.0, -0.5):
        kept = largest_piece(balls, floor)
        away = (middle - torch.tensor(BALLS[0][0])).norm(dim=-1)
        above = middle[..., 2] >= floor
        assert (kept & ~above).sum() == 0
        assert kept[above & (away < 0.5)].all()
        assert not kept[away > 0.5 + 2 * math.sqrt(3) * 2 / CELLS + 1e-6].any()
        grown = above & (away > 0.5) & (away < 0.5 + 2 / CELLS)  # at most a cell away
        assert kept[grown].float().mean() > 0.99
    assert largest_piece(lambda points: (torch.zeros(points.shape[:2]), points)) is None


def test_a_field_that_is_kept_in_part_is_the_field_there_and_nothing_elsewhere():
    kept = largest_piece(balls, -0.6)
    field = KeptField(balls, kept)
    points = torch.rand(1, 4000, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    x, y, z = ((points[0] + 1) * (CELLS / 2)).long().unbind(-1)
    density, colour = field(points)
    wanted = balls(points)[0] * kept[x, y, z]
    assert torch.equal(density, wanted) and torch.equal(colour[0][kept[x, y, z]], balls(points)[1][0][kept[x, y, z]])
    assert field.floor == pytest.approx(-0.6, abs=2 / CELLS) and not field(torch.full((1, 5, 3), 0.95))[0].any()
    origins, directions = camera_rays(orbit(torch.tensor([30.0]), torch.tensor([5.0]), 4.0, 30.0), 16, 16)

    def masked(at):
        x, y, z = ((at + 1) * (CELLS / 2)).long().clamp(0, CELLS - 1).unbind(-1)
        return balls(at)[0] * kept[x, y, z], balls(at)[1]

    seen, true = (render(one, origins, directions, 24, 12) for one in (field, masked))
    assert torch.allclose(seen.colour, true.colour, atol=1e-6) and torch.equal(seen.opacity, true.opacity)


def is_a_cut_ball(vertices, faces, floor, radius):
    """Closed, of the volume of a ball without its cap, and its lowest points lie in one plane that is no wider than the cut."""
    mesh = trimesh.Trimesh(vertices, faces)
    assert mesh.is_watertight and mesh.is_winding_consistent and len(mesh.split()) == 1
    height = radius + floor
    volume = 4 / 3 * math.pi * radius**3 - math.pi * height**2 * (3 * radius - height) / 3
    assert mesh.volume == pytest.approx(volume, rel=0.02)
    cut = vertices[vertices[:, 2] < floor + 0.02]
    low = cut[cut[:, 2] < cut[:, 2].min() + 1e-5]
    inside = math.sqrt(radius**2 - floor**2)
    assert len(low) > 0.9 * math.pi * inside**2 / (2 / 64) ** 2
    assert np.linalg.norm(low[:, :2], axis=1).max() < inside + 0.03


def test_a_bust_ends_in_a_plane_in_ours_and_in_blenders_mesh(tmp_path):
    planes, decoder = planes_of_a_ball(0.7)
    kept = largest_piece(TriplaneField(planes[None], decoder), -0.5)
    bust = SavedAvatar(planes, decoder, 1.0, kept=kept)
    mesh = extract(bust.field, MeshConfig(coarse=True))
    is_a_cut_ball(mesh.vertices, mesh.faces, -0.5, 0.7)
    assert mesh.colours.min() > 0.4  # on both sides of the cut: black were the colour of nothing
    path = tmp_path / "ball.avatar.safetensors"
    write_avatar(path, bust)
    found = format.read_avatar(path)
    points, triangles, normals = surface.avatar_surface(found, 64)
    is_a_cut_ball(points, triangles, -0.5, 0.7)
    assert normals[points[:, 2] < points[:, 2].min() + 1e-5, 2].mean() < -0.9
    below = decode.density_grid(found, 32)[:, :, :8]
    assert not below.any() and np.array_equal(decode.field_grid(found, 32)[..., 0], decode.density_grid(found, 32))


def test_a_crisp_decoder_keeps_the_surface_and_bends_the_rest():
    torch.manual_seed(0)
    decoder = Decoder(3, 8, 1)
    features = torch.randn(200, 3)
    (before, colour), (after, same) = decoder(features), decoder.crisp(10.0, 2.0)(features)
    assert torch.allclose(after, 10 * (before / 10) ** 2, rtol=1e-4) and torch.equal(colour, same)
    assert ((after > 10) == (before > 10)).all()


def test_an_avatar_is_written_and_drawn_as_its_bust(monkeypatch):
    planes, decoder = planes_of_a_ball(0.95)
    made = avatars.Avatar(planes, decoder, 0.24)
    assert made.field.floor == pytest.approx(avatars.FLOOR, abs=2 / CELLS)
    points = torch.tensor([[[0, 0, -0.93], [0, 0, -0.85], [0, 0, 0.97]]])
    raw = TriplaneField(planes[None], decoder)(points)[0][0]
    found = made.field(points)[0][0]
    assert found[0] == 0 and raw[0] > 10 and torch.allclose(found[1:], 4 * (raw[1:] / 4) ** avatars.CRISP, rtol=1e-3)
    inside = torch.rand(1, 2000, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [2, 2, 1.8]
    ) - torch.tensor([1, 1, 0.8])
    surface = [
        (field(inside)[0] > level)[0]
        for field, level in ((made.field, made.bust.level), (TriplaneField(planes[None], decoder), 10))
    ]
    assert torch.equal(*surface)  # the mesh is as it was
    assert made.bust.planes is made.planes and made.decoder is decoder  # what is edited later is as it was
    fog = avatars.Avatar(torch.full_like(planes, 2.0), decoder, 0.24).bust
    assert fog.kept is None and fog.decoder is decoder
