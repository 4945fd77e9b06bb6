"""Dragging: a blob whose place is the latent, handles that are found again, what is held, and our generators."""

import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput, Unfinished  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.training import seeded as made_from  # noqa: E402
from simulacra.models.gan.drag import DragConfig, around, drag, read_picture  # noqa: E402
from simulacra.models.systems.drag import drag_picture, drag_surface  # noqa: E402
from simulacra.models.systems.get3d import GET3D, Config  # noqa: E402

SIZE = 64
QUICK = DragConfig(steps=60, rate=0.02)


def blobs(latents):
    """Two Gaussian blobs, each a colour: their places in shares of the picture are the latents (2, 2)."""
    at = torch.arange(SIZE) + 0.5
    x, y = (latents * SIZE).unbind(1)
    return torch.exp(-((at - x[:, None, None]) ** 2 + (at[:, None] - y[:, None, None]) ** 2) / (2 * 4.0**2))[None]


def look(latents):
    return read_picture(blobs(latents))


PLACES = torch.tensor([[0.3, 0.4], [0.7, 0.75]])


def test_a_blob_comes_to_its_target_and_is_never_lost():
    lost = []

    def told(done, steps, handles):
        lost.append(handles)

    handles, targets = PLACES[:1] * SIZE, torch.tensor([[32.0, 20.0]])
    moved = drag(look, PLACES, handles, targets, 1.0, QUICK, callback=told)
    assert moved.steps < 60 and len(lost) == moved.steps
    assert (moved.latents[0] * SIZE - targets[0]).norm() <= 1
    assert (moved.handles - moved.latents[:1] * SIZE).norm() <= 1  # it is where the handle says
    ways = torch.stack([handles, *lost]).diff(dim=0).norm(dim=-1)
    assert ways.max() <= 3 and torch.allclose(moved.latents[1], PLACES[1], atol=0.02)  # no jump; the other one stays


def test_handles_are_found_by_their_features_alone():
    there, steps = {"place": 0.0}, []

    def drifts(latents):  # moves by itself, whatever the latents say
        return read_picture(blobs(PLACES + there["place"] + 0 * latents))

    def told(done, steps_, handles):
        there["place"] += 0.01
        steps.append(handles[0])

    drag(drifts, PLACES, PLACES[:1] * SIZE, torch.tensor([[60.0, 60.0]]), 1.0, DragConfig(steps=10), callback=told)
    assert (steps[-1] - (PLACES[0] + 0.09) * SIZE).abs().max() <= 0.5


def test_a_handle_is_where_its_first_features_are_and_not_its_last():
    gone = {"steps": 0}

    def fades(
        latents,
    ):  # one blob turns from the first colour to the second, what lies beside it has four fifths of the first
        share = 0.05 * gone["steps"]
        fading, beside = blobs(torch.tensor([[20.0, 20.0], [20.0, 32.0]]) / SIZE + 0 * latents)[0]
        return read_picture(torch.stack([(1 - share) * fading + 0.8 * beside, share * fading])[None])

    def told(done, steps, handles):
        gone["steps"] += 1
        found.append(handles[0])

    found: list[torch.Tensor] = []
    config = DragConfig(steps=8, search=14)
    drag(fades, PLACES, torch.tensor([[20.0, 20.0]]), torch.tensor([[20.0, 60.0]]), 1.0, config, callback=told)
    assert (found[1] - torch.tensor([20.0, 20.0])).norm() <= 1  # it looks most as it did first
    assert (found[-1] - torch.tensor([20.0, 32.0])).norm() <= 1  # a step's change never says so, but all of them do


def test_what_is_held_stays():
    one = torch.tensor([[0.3, 0.4]])  # both blobs hang on one latent

    def joined(latents):
        return read_picture(blobs(torch.cat([latents, latents + torch.tensor([[0.3, 0.2]])])))

    targets = torch.tensor([[30.0, 26.0]])
    places = torch.stack(torch.meshgrid(*[torch.arange(SIZE) + 0.5] * 2, indexing="xy"), -1).reshape(-1, 2)
    second = places[(places - torch.tensor([38.4, 38.4])).norm(dim=1) < 8]
    free = drag(joined, one, one * SIZE, targets, 1.0, QUICK)
    held = drag(joined, one, one * SIZE, targets, 1.0, QUICK, held=second)
    assert (free.latents * SIZE - targets).norm() <= 1
    assert (held.latents - one).norm() < 0.3 * (free.latents - one).norm()


def test_what_is_no_drag_is_refused_and_one_can_be_stopped():
    assert len(around(1.0, 1.0, 2)) == 5 and len(around(1.0, 1.0, 3)) == 7 and not around(1.0, 1.0, 2)[0].any()
    with pytest.raises(BadInput, match="as many of each"):
        drag(look, PLACES, PLACES, PLACES[:1], 1.0)
    with pytest.raises(BadInput, match="NaN or infinity"):
        drag(look, PLACES, PLACES, PLACES * torch.nan, 1.0)
    with pytest.raises(Unfinished, match="after step 2 of 60"):
        drag(look, PLACES, PLACES * SIZE, PLACES, 1.0, QUICK, callback=lambda done, steps, handles: done == 2)


@pytest.fixture(scope="module")
def thing():
    """An untrained generator of things, and styles."""
    model = made_from(lambda: GET3D(Config(size=16, grid=8, planes=16, channels=4, decoder=16)), 0)
    model.requires_grad_(False)
    return model, model.styles(model.draw(1, torch.Generator().manual_seed(1)))


def test_a_surface_is_pulled_and_its_colours_stay(thing):
    model, styles = thing
    before = model.shapes(styles)[0].vertices
    top = before[before[:, 2].argmax()][None]
    config = DragConfig(steps=20, rate=0.02, patch=2, search=3, finest=1)
    moved = drag_surface(model, styles, top, top + torch.tensor([[0.0, 0.0, 0.15]]), config)
    after = model.shapes(moved.latents)[0].vertices
    assert after[:, 2].max() > before[:, 2].max() + 0.05
    assert torch.equal(moved.latents[:, 64:], styles[:, 64:])


class Joined:
    """Pictures of two blobs, a colour each; the second hangs on the first, and has an offset of its own."""

    @staticmethod
    def scene(latents):
        first, own = latents.chunk(2, 1)
        seen = blobs(torch.cat([first, first + own]))
        return lambda camera, size: torch.cat([seen, seen[:, :1] * 0], 1) * 2 - 1


def test_a_picture_changes_where_it_is_free_to():
    latents = torch.tensor([[0.7, 0.25, -0.4, 0.4]])  # blobs at the right above and at the left below
    handles, targets = latents[:, :2] * SIZE, latents[:, :2] * SIZE + torch.tensor([[-6.0, 5.0]])
    free = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    free[: SIZE // 2, SIZE // 2 - 8 :] = True  # rows, columns
    moved = drag_picture(Joined, latents, None, handles, targets, SIZE, QUICK, free)
    assert (moved.latents[:, :2] * SIZE - targets).norm() <= 2
    change = (Joined.scene(moved.latents)(None, SIZE) - Joined.scene(latents)(None, SIZE))[0].abs().mean(0)
    assert change[~free].mean() <= 0.1 * change[free].mean()


def test_a_picture_of_any_generator_is_pulled(thing):
    model, _ = thing
    latents, camera = model.draw(1, torch.Generator().manual_seed(1)), orbit(torch.zeros(1), torch.zeros(1), 4.0, 32.0)
    free = torch.zeros(32, 32, dtype=torch.bool)
    free[:16] = True
    config = DragConfig(steps=3, rate=0.02)
    handles = torch.tensor([[16.0, 6.0]])
    moved = drag_picture(model, latents, camera, handles, handles - torch.tensor([[0.0, 3.0]]), 32, config, free)
    assert moved.steps == 3 and moved.latents.isfinite().all() and not torch.equal(moved.latents, latents)
