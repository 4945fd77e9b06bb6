"""What vision models learn on toy people, judged on people kept apart (T1)."""

import json

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.models.core.attributes import ATTRIBUTES

torch = pytest.importorskip("torch")

from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.vision import capfilt, classifier, encoder, fit, portraits, vlm  # noqa: E402
from simulacra.models.vision.captions import (  # noqa: E402
    Caption,
    draw_captions,
    say,
)
from simulacra.models.vision.faceless import faceless  # noqa: E402

STEPS, RATE = 400, 2e-3
TINY = vlm.VLMConfig(size=32, crop=1.0, width=64, picture_depth=2, text_depth=1, embedding=32)


def anybody(generator):
    return {name: str(generator.choice(values)) for name, values in ATTRIBUTES.items()}


# Toy people: plain shapes whose colours and places are their attributes


COLOURS = {"black": (0.05, 0.05, 0.05), "brown": (0.4, 0.22, 0.1), "blond": (0.95, 0.85, 0.4), "red": (0.8, 0.2, 0.05),
           "grey": (0.7, 0.7, 0.72), "other": (0.3, 0.2, 0.9)}  # fmt: skip
SKIN = {"young": (1, 0.8, 0.7), "adult": (0.85, 0.6, 0.5), "middle-aged": (0.6, 0.42, 0.35), "old": (0.4, 0.3, 0.25)}
LOW = {"short": -0.1, "medium": 0.25, "long": 0.62}
CHIN = {"beard": (0.15, 0.1, 0.08), "stubble": (0.5, 0.45, 0.6)}


def toy_face(attributes, size, shift):
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, size)] * 2, indexing="ij")
    x = x - shift
    picture = torch.zeros(4, size, size)

    def put(where, colour):
        picture[:, where] = torch.tensor((*colour, 1.0))[:, None]

    length, width = attributes["hair_length"], 0.45 if attributes["gender"] == "man" else 0.3
    head = (x / width) ** 2 + (y / 0.5) ** 2 < 1
    if length != "bald":
        put((x.abs() < 0.5) & (y > -0.62) & (y < LOW[length]), COLOURS[attributes["hair_colour"]])
    put(head, SKIN[attributes["age"]])
    if length != "bald":
        put(head & (y < -0.3), COLOURS[attributes["hair_colour"]])
    if attributes["beard"] in CHIN:
        put(head & (y > 0.2), CHIN[attributes["beard"]])
    if attributes["beard"] == "moustache":
        put((x.abs() < 0.2) & ((y - 0.17).abs() < 0.06), CHIN["beard"])
    if attributes["glasses"] != "none":
        put(((x.abs() - 0.18).abs() < 0.12) & ((y + 0.08).abs() < 0.1),
            (0.2, 0.4, 0.9) if attributes["glasses"] == "glasses" else (0, 0, 0))  # fmt: skip
    if attributes["headwear"] == "hat":
        put((x.abs() < 0.55) & (y < -0.4) & (y > -0.75), (0.1, 0.6, 0.2))
    if attributes["expression"] == "smile":
        put((x.abs() < 0.15) & ((y - 0.32).abs() < 0.06), (1, 1, 1))
    return (picture * 255).round().to(torch.uint8)


def toy_people(learn, test, seed, size=32):
    generator = np.random.default_rng(seed)
    angles = torch.tensor([-40.0, 0.0, 40.0, 180.0])
    cameras = orbit(angles, torch.zeros(4), 6.0, 16.0)
    people = []
    for number in range(learn + test):
        attributes = anybody(generator)
        rgba = torch.stack([toy_face(attributes, size, float(angle) / 500) for angle in angles])
        people.append(Person(f"toy/{number}", rgba, cameras, attributes, ()))
    return People(tuple(people), 0.24, ("train",) * learn + ("test",) * test)


def test_portraits_are_of_the_front_and_vary_with_the_generator():
    people = toy_people(4, 2, 0)
    views = portraits.portraits(people, 32, 0.625)
    assert len(views) == 3 * 6  # not from behind
    assert views.person.tolist() == [n for n in range(6) for _ in range(3)]
    front = people[0].rgba[1].float() / 255
    whole = (front[:3] * front[3:] + 1 - front[3:]) * 2 - 1
    expected = portraits.focus(whole[None], 32, 0.625)
    assert (views.images()[1] - expected[0]).abs().mean() < 0.06  # two resizings against one
    index = torch.arange(6)
    one, same, other = (views.varied(index, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert (one - other).abs().mean() > 0.05
    assert one.shape == (6, 3, 32, 32)
    assert one.min() >= -1
    assert one.max() <= 1
    learn, test = portraits.learn_and_test(people)
    assert {p.name for p in learn}.isdisjoint(p.name for p in test)
    assert len(learn) == 4
    with pytest.raises(BadInput, match="no view within"):
        portraits.portraits([], 32)


def test_faceless_pictures_are_pictures():
    faces = torch.rand(3, 3, 32, 32) * 2 - 1
    others = faceless(faces, 60, torch.Generator().manual_seed(0))
    assert others.shape == (60, 3, 32, 32)
    assert others.abs().max() <= 1
    assert not (others[:, None] == faces[None]).flatten(2).all(2).any()  # never a face as it is
    assert torch.equal(others, faceless(faces, 60, torch.Generator().manual_seed(0)))


# What is learned: on toy people, against people kept apart


@pytest.fixture(scope="module", params=[STEPS // 2, pytest.param(STEPS, marks=pytest.mark.slow)], ids=["half", "whole"])
def trained(request, tmp_path_factory):
    """A small picture-text model trained on 64 toy people: their full sentences and freely drawn captions."""
    torch.set_num_threads(1)
    people = toy_people(64, 40, 0)
    config = fit.FitConfig(model=TINY, steps=request.param, batch=32, learning_rate=RATE, queue=256, sentences=20)
    learn = people.split("train")
    bank = [
        [*drawn, *[Caption(say(person.attributes), person.attributes)] * 20]
        for drawn, person in zip(fit.write_bank(learn, config), learn, strict=True)
    ]
    folder = tmp_path_factory.mktemp("vlm")
    report = fit.fit_vlm(people, folder, config, bank=bank)
    assert json.loads((folder / "report.json").read_text()) == report
    return vlm.load(folder), people, report


def test_model_learns_to_retrieve_and_to_caption(trained):
    # Seen with seed 1: recall 0.96 on train, 0.55 apart (chance 0.025); captions right 0.63 (commonest 0.40); matched 0.89.
    # After half the steps: 0.89, 0.61, 0.53 and 0.93.
    model, people, report = trained
    recall, more = (0.9, 0.15) if report["steps"] == STEPS else (0.75, 0.06)
    on_train = fit.evaluate(model, portraits.portraits(people.split("train"), 32, 1.0), 64)
    assert on_train["retrieval"]["recall_at_1"] > recall
    assert report["retrieval"]["recall_at_1"] > 5 * report["retrieval"]["chance"]
    assert report["captions"]["right"] > report["captions"]["commonest"] + more
    views = portraits.portraits(people.split("test"), 32, 1.0).images()
    own = [say(person.attributes) for person in people.split("test") for _ in range(3)]
    other = own[3:] + own[:3]
    matched, mismatched = model.score(views, own), model.score(views, other)
    assert (matched > mismatched).float().mean() > 0.8


def test_filter_keeps_more_truth_than_it_was_given(trained):
    # Seen with seed 1: precision 0.85 where 0.61 are true, recall 0.24.
    model, people, _ = trained
    generator = np.random.default_rng(8)
    given = [
        draw_captions(person.attributes, generator, 3, corrupt=0.5) for person in people.split("test") for _ in range(3)
    ]
    views = portraits.portraits(people.split("test"), 32, 1.0).images()
    found = capfilt.filter_captions(model, model, views, given, torch.Generator().manual_seed(0))
    assert found.base < 0.7
    assert found.precision > found.base
    assert 0 < found.recall <= 1
    assert found.written == len(views)
    assert len(found.kept) == len(views)
    with pytest.raises(BadInput, match="captions: are of"):
        capfilt.filter_captions(model, model, views, given[:-1], torch.Generator())


def test_classifier_learns_attributes_and_refuses_what_is_no_face(tmp_path):
    people = toy_people(64, 40, 0)
    config = classifier.ClassifierConfig(size=32, crop=1.0, width=16, steps=120, learning_rate=2e-3)
    report = classifier.fit_classifier(people, tmp_path, config)
    for name in ("hair_colour", "beard", "glasses", "headwear"):
        figures = report["attributes"][name]
        assert figures["accuracy"] > figures["commonest"] + 0.2, (name, figures)
    assert report["faces_accepted"] > 0.9
    assert report["faceless_refused"] > 0.75
    model = classifier.load(tmp_path)
    views = portraits.portraits(people.split("train"), 32, 1.0).images()
    assert model.features(views[:4]).shape == (4, 64)
    assert set(model.predict(views[:1])[0]) == set(ATTRIBUTES)
    photo = torch.nn.functional.interpolate(views[1:2], scale_factor=4)[0]
    encoder.require_face(photo, model)
    for wrong in (
        torch.zeros(3, 128, 128),
        torch.rand(3, 100, 140, generator=torch.Generator().manual_seed(0)) * 2 - 1,
    ):
        with pytest.raises(BadInput, match="photo: shows no face"):
            encoder.require_face(wrong, model)
    with pytest.raises(BadInput, match="allowed are 3 channels"):
        encoder.face_present(torch.zeros(1, 128, 128), model)


def test_portrait_encoder_keeps_the_picture_text_model_frozen():
    torch.manual_seed(9)
    text = vlm.VLM(TINY)
    with_text, alone = encoder.PortraitEncoder(vlm=text), encoder.PortraitEncoder()
    images = torch.rand(2, 3, 64, 64) * 2 - 1
    latent = with_text(images)
    assert latent.shape == alone(images).shape == (2, 128)
    assert torch.allclose(latent.std(1, unbiased=False), torch.ones(2), atol=1e-3)
    latent.square().mean().backward()
    assert all(p.grad is None for p in text.parameters())
    assert not any("vlm" in name for name in with_text.state_dict())
    assert with_text.head.in_features == alone.head.in_features + 32
