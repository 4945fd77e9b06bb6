"""Words of things: captions and prompts are each other's inverse, what is said in vain is told, and models learn from them."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from toy_things import toy_things  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.datagen.thing_words import declared_words  # noqa: E402
from simulacra.models.core.thing_attributes import THING_ATTRIBUTES, attributes_of, size_of  # noqa: E402
from simulacra.models.systems.request import check_prompt  # noqa: E402
from simulacra.models.vision import classifier, fit, vlm  # noqa: E402
from simulacra.models.vision.portraits import portraits  # noqa: E402
from simulacra.models.vision.subject import THINGS, subject_of  # noqa: E402
from simulacra.models.vision.thing_captions import draw_captions, say, vocabulary  # noqa: E402
from simulacra.models.vision.thing_prompts import parse, read  # noqa: E402
from simulacra.models.vision.tokenizer import UNKNOWN, Tokenizer, words  # noqa: E402
from simulacra.procgen.things.families import FAMILIES  # noqa: E402

NAMES = dict(zip(("ball", "egg", "stick", "disc"), ("fruit", "shell", "cactus", "starfish"), strict=True))


def named(things):
    """Toys whose families are those of real things."""
    return dataclasses.replace(
        things, things=tuple(dataclasses.replace(one, family=NAMES[one.family]) for one in things)
    )


def anything(generator):
    said = {
        name: str(generator.choice(values)) for name, values in THING_ATTRIBUTES.items() if generator.random() < 0.7
    }
    if "family" in said and generator.random() < 0.5:
        said["sort"] = str(generator.choice(list(FAMILIES[said["family"]].sorts)))
    return said


def test_a_prompt_is_read_as_its_caption_was_written():
    generator, tokenizer = np.random.default_rng(0), Tokenizer(vocabulary())
    for _ in range(150):
        said = anything(generator)
        assert parse(say(said)) == said, say(said)
        for caption in draw_captions(said, generator, 2, 0.3):
            found = {name: value for name, value in parse(caption.text).items() if name in THING_ATTRIBUTES}
            assert found == caption.said and UNKNOWN not in tokenizer.encode(caption.text), caption
            differs = [name for name in caption.said if caption.said[name] != said[name]]
            assert differs == ([caption.attribute] if caption.fault else [])
    for family, row in FAMILIES.items():  # every noun of every sort
        for sort, nouns in row.sorts.items():
            for noun in nouns:
                assert parse(f"a {noun}").get("family") == family, noun
            assert parse(say({"family": family, "sort": sort})) == {"family": family, "sort": sort}
    with pytest.raises(BadInput, match="colour: has no value plaid"):
        say({"colour": "plaid"})


def test_things_own_words_are_read_and_told_of_whom_they_are_said():
    assert declared_words()["with antlers"] == {"herbivore"} and len(declared_words()) > 20
    for field, families in declared_words().items():
        for family in families:
            assert parse(say({"family": family, "field": field})) == {"family": family, "field": field}
    assert read("a striped mushroom").in_vain == ("striped: is said of carnivore, reptile alone, not of mushroom",)


@pytest.mark.parametrize(("prompt", "said", "told"), [
    ("a tall red mushroom with white spots", {"family": "mushroom", "sort": "fly_agaric", "colour": "red", "shape": "tall"}, []),
    ("an orange", {"family": "fruit", "sort": "orange"}, []),
    ("An ORANGE fish.", {"family": "fish", "colour": "orange"}, []),
    ("3D model of crimson seashells", {"family": "shell", "colour": "red"}, []),
    ("a beetle 8 mm long", {"family": "beetle", "shape": "long", "size": "tiny"}, []),
    ("a red and blue shell", {"family": "shell", "colour": "red"}, ["blue: says colour blue, but red says red, which holds"]),
    ("a shiny moosroom, tall", {"shape": "tall"},
     ["shiny: is no known word and says nothing; nothing can be asked of how a surface shines",
      "moosroom: is no known word and says nothing; known near it are mushroom"]),
    ("a cactus without flowers", {"family": "cactus"}, ["without flowers: what is not there cannot be asked for; say what is"]),
    ("ein roter Fisch mit Augen, pink", {"colour": "pink"}, ["prompt: is read in English alone"]),
    ("a man with a beard", None, "holds no known word; known are families and sorts of things.*rodin makes people"),
    ("zorblax", None, "holds no known word"),
])  # fmt: skip
def test_all_that_a_prompt_for_a_thing_says_in_vain_is_told(prompt, said, told):
    if said is None:
        with pytest.raises(BadInput, match=told):
            check_prompt(prompt, things=True)
        return
    assert parse(prompt) == said
    assert check_prompt(prompt, things=True)[: max(len(told), 1)] == told


def test_a_length_is_metres():
    assert read("a shell, 4.5 cm").metres == pytest.approx(0.045) and read("a 3 metre tall cactus").metres == 3
    for number in ("9" * 400, "0"):  # infinite, and nothing
        reading = read(f"a shell, {number} m")
        assert reading.metres is None and reading.attributes == {"family": "shell"}
        assert reading.in_vain == (f"{number[:20]} m: is no length of a thing; allowed are 0.1 mm to 10 km",)
    assert [size_of(value) for value in (0.01, 0.03, 2.9, 3.0)] == ["tiny", "small", "big", "huge"]


def test_attributes_follow_from_what_a_thing_is():
    stick, disc = named(toy_things(4, views=1, size=8))[2:]
    assert attributes_of(stick) == {"family": "cactus", "colour": "red", "shape": "tall", "size": "small"}
    assert disc.attributes["shape"] == "flat"
    told = dataclasses.replace(stick, facts={"sort": "saguaro", "shape": "", "size": "4 m", "field": "in flower"})
    assert told.attributes == {"family": "cactus", "colour": "red", "shape": "compact", "size": "small", "sort": "saguaro",
                               "extent": "4 m", "field": "in flower"}  # fmt: skip


def test_both_models_learn_things_and_come_back(tmp_path):
    toys = dataclasses.replace(named(toy_things(6, views=2, size=16)), splits=("train",) * 4 + ("test",) * 2)
    assert subject_of(toys) is THINGS
    small = vlm.VLMConfig(size=16, crop=1.0, width=32, picture_depth=1, text_depth=1, embedding=8)
    report = fit.fit_vlm(toys, tmp_path / "vlm", fit.FitConfig(small, steps=1, batch=4, queue=8, sentences=2))
    assert set(report["attributes"]) == set(THING_ATTRIBUTES) and report["people"] == 4
    model = vlm.load(tmp_path / "vlm")
    model.write = lambda tokens: ["a"] * len(tokens)  # as a captioner that has learned nothing
    silent = fit.evaluate(model, portraits(toys, 16, 1.0, THINGS.limit, THINGS.attributes), 6)["captions"]
    assert silent["right"] is None and silent["said"] == 0
    assert model.subject is THINGS and set(model.predict(torch.zeros(1, 3, 16, 16))[0]) == set(THING_ATTRIBUTES)
    assert set(words(say({"family": "shell"}))) <= set(model.tokenizer.vocabulary)
    config = classifier.ClassifierConfig(size=16, crop=1.0, width=8, steps=1, batch=4)
    report = classifier.fit_classifier(toys, tmp_path / "judge", config)
    assert "faceless_refused" not in report and report["test_people"] == 2
    judge = classifier.load(tmp_path / "judge")
    assert judge.subject is THINGS and "person" not in judge.heads
    assert judge.predict(torch.zeros(2, 3, 16, 16))[0]["family"] in FAMILIES


@pytest.mark.slow
def test_a_judge_tells_toys_that_it_has_not_seen(tmp_path):
    toys = named(toy_things(48, views=4, size=32))
    split = dataclasses.replace(toys, splits=("train",) * 32 + ("test",) * 16)
    config = classifier.ClassifierConfig(size=32, crop=1.0, width=16, steps=250, learning_rate=2e-3)
    report = classifier.fit_classifier(split, tmp_path / "judge", config)
    assert report["attributes"]["colour"]["accuracy"] > 0.9 and report["attributes"]["family"]["accuracy"] > 0.7, report
