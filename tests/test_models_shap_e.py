"""Shap-E: tokens that write rows, latents between others, and the road from words to a volume and a closed mesh."""

import dataclasses
import shutil

import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.datagen.formats.png import read_png  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.pictures import to_bytes, write_png  # noqa: E402
from simulacra.models.core.trainer import TrainerConfig  # noqa: E402
from simulacra.models.core.training import seeded as made_from  # noqa: E402
from simulacra.models.diffusion.conditioning import Cond, unconditional  # noqa: E402
from simulacra.models.fields.render import render_image  # noqa: E402
from simulacra.models.fields.written import LatentEncoder, LatentEncoderConfig, WrittenConfig, WrittenNetwork, parts_of  # noqa: E402
from simulacra.models.kinds import table, thing  # noqa: E402
from simulacra.models.systems import shap_e  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402
from simulacra.models.systems.shap_e.model import Placed, ShapE  # noqa: E402
from simulacra.models.systems.shap_e.training import SurfaceStep  # noqa: E402
from simulacra.models.vision.subject import THINGS  # noqa: E402
from simulacra.models.vision.vlm import VLM  # noqa: E402

ONE = TrainerConfig(steps=2, save_every=1, picture_every=2, warmup=1)
WRITTEN = WrittenConfig(layers=2, rows=8, token=6, octaves=2)
SMALL = shap_e.Config(
    size=16, vlm_width=32, vlm_steps=1, encoder=LatentEncoderConfig(16, 1, 2, points=24, views=2), written=WRITTEN, rays=16, samples=6,
    asked=16, tetrahedra=6, width=16, depth=1, heads=2, batch=2, fields=ONE, surfaces=ONE, prior=ONE, steps=2, grid=12, texture=32,
)  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def things(count=3):
    """Toys whose families are those of real things."""
    toys = toy_things(count, views=3, size=16)
    names = dict(zip(("ball", "egg", "stick", "disc"), ("fruit", "shell", "cactus", "starfish"), strict=True))
    return dataclasses.replace(toys, things=tuple(dataclasses.replace(toy, family=names[toy.family]) for toy in toys))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shap_e") / "run"
    shap_e.train(things(), folder, SMALL)
    return folder


def test_a_token_writes_its_row_and_no_other():
    network = made_from(lambda: WrittenNetwork(WRITTEN), 0)
    latents = torch.randn(2, 16, 6, generator=seeded())
    before = network.matrices(latents)
    assert [matrix.shape for matrix in before] == [(2, 8, 16), (2, 8, 9)]  # 3 numbers with 2 octaves are 15, and a bias
    for token in (3, 11):
        changed = latents.clone()
        changed[0, token] += 1
        after = network.matrices(changed)
        moved = [(layer, row) for layer, pair in enumerate(zip(before, after, strict=True))
                 for row in (pair[0][0] != pair[1][0]).any(1).nonzero()[:, 0].tolist()]  # fmt: skip
        assert moved == [divmod(token, 8)] and all(torch.equal(a[1], b[1]) for a, b in zip(before, after, strict=True))


def test_a_written_network_is_its_layers_one_after_another():
    network = made_from(lambda: WrittenNetwork(WRITTEN), 0)
    latents, points = torch.randn(2, 16, 6, generator=seeded()), torch.rand(2, 5, 3, generator=seeded(1)) * 2 - 1
    found, matrices = network.written(latents)(points), network.matrices(latents)
    for b in range(2):
        for n in range(5):
            value = network.embed(points[b, n])
            for matrix in matrices:
                value = torch.nn.functional.silu(matrix[b, :, :-1] @ value + matrix[b, :, -1])
            assert torch.allclose(network.close(value), found[b, n], atol=1e-5)
    # Everything between two latents can be rendered.
    for share in (0.0, 0.3, 1.0):
        field = network.written(latents[:1].lerp(latents[1:], share))
        picture = render_image(field.volume, orbit(torch.zeros(1), torch.zeros(1), 4.0, 30.0), 8, 8, 0)
        assert picture.isfinite().all() and picture.abs().max() <= 1 + 1e-5
        assert field.distance(points[:1]).abs().max() <= 2


def test_the_encoder_knows_no_order_and_stays_within_one():
    encoder = made_from(lambda: LatentEncoder(LatentEncoderConfig(16, 1, 2), 7, WRITTEN), 0).double()
    for weight in encoder.parameters():
        weight.data = weight.data + 0.3 * torch.randn(weight.shape, generator=seeded(), dtype=torch.float64)
    points, parts = (torch.randn(2, n, c, generator=seeded(n), dtype=torch.float64) for n, c in ((20, 6), (9, 7)))
    found = encoder(points, parts)
    assert found.shape == (2, 16, 6) and found.abs().max() < 1
    assert torch.allclose(encoder(points[:, torch.randperm(20, generator=seeded(1))], parts.flip(1)), found, atol=1e-10)
    assert not torch.allclose(encoder(points, parts * 2), found)
    pictures = torch.arange(2 * 1 * 4 * 4 * 4.0).view(2, 1, 4, 4, 4)
    rays = torch.randn(2, 1, 4, 4, 3, generator=seeded(2))
    cut = parts_of(pictures, rays, -rays, 2)
    assert cut.shape == (2, 4, 22) and torch.equal(cut[1, 3, :16].view(4, 2, 2), pictures[1, 0, :, 2:, 2:])
    assert torch.equal(cut[1, 3, 16:19], rays[1, 0, 3, 3]) and torch.equal(cut[..., 16:19], -cut[..., 19:])


def test_a_dropped_condition_is_that_of_nothing_and_places_are_told():
    model = made_from(lambda: ShapE(SMALL, VLM(SMALL.vlm, subject=THINGS), 0.1, 4.0, 32.0, 0.6), 0)
    told = model.condition("a red shell")
    assert told.vec.any() and not told.tokens.any()
    nothing, dropped = model.condition(), unconditional(told)
    assert torch.equal(nothing.vec, dropped.vec) and torch.equal(nothing.tokens, dropped.tokens)
    net = made_from(lambda: Placed(SMALL), 0)
    for weight in net.parameters():
        weight.data = torch.randn(weight.shape, generator=seeded()) * 0.3
    x = torch.randn(1, 6, 16, generator=seeded(1))
    order = torch.randperm(16, generator=seeded(2))
    cond = Cond(vec=nothing.vec, tokens=nothing.tokens)
    a, b = net(x, torch.tensor([5]), cond), net(x[..., order], torch.tensor([5]), cond)
    assert not torch.allclose(a[..., order], b, atol=1e-3)  # a latent's rows are no set


def test_the_surface_is_seen_with_gradients():
    toys = things(2)
    model = made_from(lambda: ShapE(SMALL, VLM(SMALL.vlm, subject=THINGS), 0.1, 4.0, 32.0, 0.6), 0)
    step = SurfaceStep(model, toys)
    losses = step(0, seeded())
    assert set(losses) == {"loss", "colour", "opacity", "distance", "surface_colour", "picture"}
    gradient = torch.autograd.grad(losses["picture"], model.fields["network"].close.weight)[0]
    assert (
        gradient.isfinite().all() and gradient[0].any() and gradient[5:].any()
    )  # of the distance and the surface's colours
    assert not gradient[1:5].any()  # and not of the volume


def test_words_pictures_and_seeds_become_things_and_what_was_stopped_goes_on(run, tmp_path, monkeypatch):
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("xatlas")
    short = dataclasses.replace(SMALL, surfaces=dataclasses.replace(ONE, steps=1))
    told = []
    shutil.copytree(run / "vlm", tmp_path / "run" / "vlm")  # which is proved to go on by its own tests
    shap_e.train(things(), tmp_path / "run", short)
    shap_e.train(things(), tmp_path / "run", SMALL, told.append)
    assert [row["step"] for row in told if row["stage"] == "surfaces"] == [2]
    model, again = shap_e.load(run), shap_e.load(tmp_path / "run")
    assert all(torch.equal(a, b) for a, b in zip(model.fields.parameters(), again.fields.parameters(), strict=True))
    monkeypatch.setattr(thing, "FRAMES", 2)
    monkeypatch.setattr(thing, "SIZE", 8)
    made = model.generate(Request(prompt="a tall red cactus, 18 cm", seed=3), told.append)
    assert made.half == pytest.approx(0.1) and told[-1]["stage"] == "latent"
    table.write(tmp_path / "thing.png", made, ".png")
    assert read_png(tmp_path / "thing.png").shape == (8, 16, 3)
    photo = tmp_path / "photo.png"
    write_png(photo, to_bytes(torch.nn.functional.pad(torch.full((3, 30, 20), -0.5), (40, 20, 10, 60), value=1.0)))
    cameras = orbit(torch.zeros(1), torch.zeros(1), 4.0, 30.0)
    views = [
        model.generate(request).views(cameras, 8)
        for request in (Request(photo=photo), Request(seed=1), Request(seed=1))
    ]
    assert torch.equal(views[1], views[2]) and views[0].isfinite().all()
    assert model.sample_views(2, cameras, 8, seeded()).shape == (2, 1, 3, 8, 8)
    # Two steps teach no surface: a ball stands for what a latent writes.
    written = type(model.written(torch.zeros(1, 16, 6)))
    monkeypatch.setattr(written, "surface", lambda self, at: (at.norm(dim=-1) - 0.5, at / 2 + 0.5))
    table.write(tmp_path / "thing.glb", made, ".glb")
    read = trimesh.load(tmp_path / "thing.glb", force="mesh")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    assert (
        read.is_watertight
        and read.volume > 0
        and read.body_count == 1
        and abs(read.bounds).max() == pytest.approx(0.09)
    )
    monkeypatch.setattr(written, "surface", lambda self, at: (at.new_ones(at.shape[:2]), at))
    with pytest.raises(Unfinished, match="has no surface"):
        model.mesh(torch.zeros(16, 6))


def test_fields_have_bounds():
    for bad in (
        {"noise": 2.0},
        {"size": 20},
        {"tetrahedra": 2},
        {"asked": 1},
        {"encoder": LatentEncoderConfig(patch=3)},
    ):
        with pytest.raises(BadInput):
            dataclasses.replace(SMALL, **bad)
