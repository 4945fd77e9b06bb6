"""Captions, prompts and the tokenizer: what is said is what is read."""

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.models.core.attributes import ATTRIBUTES

torch = pytest.importorskip("torch")

from simulacra.models.vision import lexicon, vlm  # noqa: E402
from simulacra.models.vision.captions import (  # noqa: E402
    captions,
    draw_captions,
    parse,
    say,
    unknown_words,
    vocabulary,
)
from simulacra.models.vision.prompts import read  # noqa: E402
from simulacra.models.vision.tokenizer import CLASS, END, PAD, UNKNOWN, Tokenizer, words  # noqa: E402


def anybody(generator):
    return {name: str(generator.choice(values)) for name, values in ATTRIBUTES.items()}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in ATTRIBUTES.items() for v in values])
def test_parse_gives_back_what_say_said(name, value):
    assert parse(say({name: value})) == {name: value}


def test_parse_gives_back_whole_and_partial_people():
    generator = np.random.default_rng(1)
    for _ in range(400):
        whole = anybody(generator)
        some = {name: value for name, value in whole.items() if generator.random() < 0.5}
        assert parse(say(whole)) == whole
        assert parse(say(some)) == some
        assert not unknown_words(say(whole))


def test_parse_knows_all_paraphrases():
    for table in (lexicon.ADJECTIVES, lexicon.WITH, lexicon.CLAUSES):
        for name, values in table.items():
            for value, phrases in values.items():
                for phrase in phrases:
                    assert parse(phrase) == {name: value}, phrase
    for key, table in (("hair_colour", lexicon.COLOURS), ("hair_length", lexicon.LENGTHS)):
        for value, phrases in table.items():
            for phrase in phrases:
                assert parse(f"{phrase} hair") == {key: value}, phrase


@pytest.mark.parametrize("part", [None, 0, 1])
def test_captions_say_what_they_declare_and_err_in_one_attribute(part):
    generator = np.random.default_rng(2)
    faults = {"": 0, "wrong": 0, "missing": 0}
    for _ in range(150):
        truth = anybody(generator)
        for caption in draw_captions(truth, generator, 4, corrupt=0.5, part=part):
            said = parse(caption.text)
            assert said == caption.said, caption
            assert not unknown_words(caption.text), caption
            differs = {name for name, value in said.items() if truth[name] != value}
            faults[caption.fault] += 1
            assert differs == ({caption.attribute} if caption.fault == "wrong" else set())
            assert (caption.fault == "") == (caption.attribute == "")
            if caption.fault == "missing":
                assert caption.attribute not in said
    assert 0.4 < (faults["wrong"] + faults["missing"]) / 600 < 0.6
    assert faults["wrong"] > 2 * faults["missing"] > 0


def test_the_halves_share_words_and_no_sentence():
    generator = np.random.default_rng(3)
    drawn = [
        {c.text for _ in range(100) for c in draw_captions(anybody(generator), generator, 4, part=p)} for p in (0, 1)
    ]
    assert not drawn[0] & drawn[1]
    used = [{word for text in texts for word in words(text)} for texts in drawn]
    assert len(used[0] & used[1]) > 0.9 * len(used[0] | used[1])


def test_captions_follow_their_generator():
    truth = anybody(np.random.default_rng(4))
    assert captions(truth, np.random.default_rng(5), 6, 0.3) == captions(truth, np.random.default_rng(5), 6, 0.3)
    assert len(set(captions(truth, np.random.default_rng(5), 20))) > 15
    with pytest.raises(BadInput, match="allowed are none, glasses, sunglasses"):
        captions({"glasses": "monocle"}, np.random.default_rng(5), 1)


@pytest.mark.parametrize(("prompt", "told"), [
    ("queen", []),
    ("a woman with dark skin and a cap", []),
    ("a man in green", ["green: says nothing without what is so, as 'green hair'"]),
    ("a black man", ["black: says nothing without what is so, as 'black hair' or 'dark skin'"]),
    ("a woman with a long face", ["long: says nothing without what is so, as 'long hair'"]),
    ("an angry wooman with red hair", ["angry: is no known word and says nothing; of expressions 'neutral' and 'smiling' are known",
                                       "wooman: is no known word and says nothing; known near it are woman"]),
    ("une femme blonde", ["prompt: is read in English alone", "une: is no known word and says nothing; known near it are uncle",
                          "femme: is no known word and says nothing"]),
    ("a bald man with long hair", ["long hair: says hair length long, but bald says bald, which holds"]),
    ("an old young man, clean shaven, with a beard", ["young: says age young, but old says old, which holds",
                                                      "beard: says beard beard, but clean shaven says none, which holds"]),
    ("a man with a beard and a moustache, but no hat", []),
    ("an elf", "'an elf' holds no known word; known are .*, skin, in English, .*; elf: people alone are made"),
    ("ein Mann mit Bart", "in English"), ("старик", "in English"), ("blue", "as 'blue hair'"),
])  # fmt: skip
def test_all_that_a_prompt_says_in_vain_is_told(prompt, told):
    from simulacra.models.systems.request import check_prompt

    if isinstance(told, list):
        assert check_prompt(prompt) == told
    else:
        with pytest.raises(BadInput, match=told):
            check_prompt(prompt)


@pytest.mark.parametrize(("prompt", "skin"), [
    ("a dark skinned woman with fair hair", "dark"), ("a pale old man", "light"), ("tanned", "medium"), ("a man, very dark skin", "dark"),
    ("a woman with fair hair", ""), ("a man without dark skin", ""),
])  # fmt: skip
def test_a_tone_of_skin_can_be_asked_for(prompt, skin):
    assert read(prompt).skin == skin and not read(prompt).unknown


@pytest.mark.parametrize(
    ("prompt", "expected", "unknown"),
    [
        ("an old man with a white beard and glasses",
         {"age": "old", "gender": "man", "hair_colour": "grey", "beard": "beard", "glasses": "glasses"}, []),
        ("A bespectacled blonde woman, wearing a cap.",
         {"gender": "woman", "hair_colour": "blond", "glasses": "glasses", "headwear": "hat"}, []),
        ("a black man in a black hat", {"gender": "man", "headwear": "hat"}, ["black"]),
        ("a man with long curly black hair and a short white beard",
         {"gender": "man", "hair_colour": "black", "hair_length": "long", "beard": "beard"}, []),
        ("a woman with a long face, red lips and short hair", {"gender": "woman", "hair_length": "short"},
         ["long", "red", "lips"]),
        ("a 25-year-old woman", {"age": "young", "gender": "woman"}, []),
        ("man in his late sixties", {"age": "old", "gender": "man"}, []),
        ("man, aged 50", {"age": "middle-aged", "gender": "man"}, []),
        ("a young adult", {"age": "young"}, []),
        ("no glasses or hat", {"glasses": "none", "headwear": "none"}, []),
        ("without a beard, hat or glasses", {"beard": "none", "glasses": "none", "headwear": "none"}, []),
        ("without a hat and glasses", {"glasses": "none", "headwear": "none"}, []),
        ("no beard and glasses", {"beard": "none", "glasses": "glasses"}, []),
        ("without glasses and smiling", {"glasses": "none", "expression": "smile"}, []),
        ("not smiling, does not wear glasses", {"glasses": "none", "expression": "neutral"}, []),
        ("a beard but no moustache", {"beard": "beard"}, []),
        ("no sunglasses but glasses", {"glasses": "glasses"}, []),
        ("not bald", {}, []),
        ("no hair, no facial hair", {"hair_length": "bald", "beard": "none"}, []),
        ("her hair is long and grey", {"gender": "woman", "hair_colour": "grey", "hair_length": "long"}, []),
        ("Mustachioed, salt-and-pepper hair", {"hair_colour": "grey", "beard": "moustache"}, []),
        ("a girl with pink hair and freckles", {"age": "young", "gender": "woman", "hair_colour": "other"}, ["freckles"]),
        ("", {}, []),
    ],
)  # fmt: skip
def test_prompts(prompt, expected, unknown):
    assert parse(prompt) == expected
    assert unknown_words(prompt) == unknown


# Tokenizer


def test_tokenizer_round_trip():
    tokenizer = Tokenizer(vocabulary())
    generator = np.random.default_rng(6)
    for _ in range(50):
        for text in captions(anybody(generator), generator, 3):
            numbers = tokenizer.encode(text)
            assert UNKNOWN not in numbers
            assert words(tokenizer.decode([CLASS, *numbers, END, 9, 9])) == words(text)
            assert len(numbers) + 2 <= vlm.VLMConfig().length, text


def test_tokenizer_reports_unknown_words_and_pads():
    tokenizer = Tokenizer(vocabulary())
    assert tokenizer.unknown("a pirate with a beard and a parrot, pirate") == ["pirate", "parrot"]
    rows = tokenizer.batch(["a pirate", "a man " * 40], 8)
    assert rows.shape == (2, 8)
    assert rows[0].tolist() == [CLASS, tokenizer.number["a"], UNKNOWN, END, PAD, PAD, PAD, PAD]
    assert rows[1, -1] == END
    assert tokenizer.decode([UNKNOWN]) == "[unknown]"
