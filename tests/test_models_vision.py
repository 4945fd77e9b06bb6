"""Captions, prompts, the tokenizer, the picture-text model, its contrast with memory, the classifier and CapFilt."""

import json
import math

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.models.core.attributes import ATTRIBUTES

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402

from simulacra.models.core.cameras import orbit  # noqa: E402
from simulacra.models.core.data import People, Person  # noqa: E402
from simulacra.models.core.losses import info_nce  # noqa: E402
from simulacra.models.vision import capfilt, classifier, contrast, encoder, fit, lexicon, portraits, vlm  # noqa: E402
from simulacra.models.vision.captions import (  # noqa: E402
    Caption,
    captions,
    draw_captions,
    parse,
    say,
    unknown_words,
    vocabulary,
)
from simulacra.models.vision.faceless import faceless  # noqa: E402
from simulacra.models.vision.tokenizer import CLASS, END, PAD, UNKNOWN, Tokenizer, words  # noqa: E402
from simulacra.models.vision.transformer import Attention, PictureBlock, TextTransformer  # noqa: E402

STEPS, RATE = 400, 2e-3
TINY = vlm.VLMConfig(size=32, crop=1.0, width=64, picture_depth=2, text_depth=1, embedding=32)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def anybody(generator):
    return {name: str(generator.choice(values)) for name, values in ATTRIBUTES.items()}


# Captions and prompts


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


def test_tokenizer_round_trip(tmp_path):
    tokenizer = Tokenizer(vocabulary())
    generator = np.random.default_rng(6)
    for _ in range(50):
        for text in captions(anybody(generator), generator, 3):
            numbers = tokenizer.encode(text)
            assert UNKNOWN not in numbers
            assert words(tokenizer.decode([CLASS, *numbers, END, 9, 9])) == words(text)
            assert len(numbers) + 2 <= vlm.VLMConfig().length, text
    tokenizer.save(tmp_path / "words.json")
    assert Tokenizer.load(tmp_path / "words.json").vocabulary == tokenizer.vocabulary
    (tmp_path / "words.json").write_text(json.dumps([]))
    with pytest.raises(BadInput, match="holds no vocabulary"):
        Tokenizer.load(tmp_path / "words.json")


def test_tokenizer_reports_unknown_words_and_pads():
    tokenizer = Tokenizer(vocabulary())
    assert tokenizer.unknown("a pirate with a beard and a parrot, pirate") == ["pirate", "parrot"]
    rows = tokenizer.batch(["a pirate", "a man " * 40], 8)
    assert rows.shape == (2, 8)
    assert rows[0].tolist() == [CLASS, tokenizer.number["a"], UNKNOWN, END, PAD, PAD, PAD, PAD]
    assert rows[1, -1] == END
    assert tokenizer.decode([UNKNOWN]) == "[unknown]"


# Transformer


def copy_attention(ours, theirs):
    theirs.in_proj_weight.data = torch.cat([ours.query.weight, ours.keys_values.weight]).detach()
    theirs.in_proj_bias.data = torch.cat([ours.query.bias, ours.keys_values.bias]).detach()
    theirs.out_proj.load_state_dict(ours.out.state_dict())


def test_attention_equals_torch():
    torch.manual_seed(0)
    ours, theirs = Attention(32, 4), torch.nn.MultiheadAttention(32, 4, batch_first=True)
    copy_attention(ours, theirs)
    x, context = torch.randn(3, 5, 32), torch.randn(3, 7, 32)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    assert torch.allclose(ours(x, context), theirs(x, context, context)[0], atol=1e-6)
    assert torch.allclose(ours(x, mask=mask), theirs(x, x, x, attn_mask=~mask)[0], atol=1e-6)


def test_picture_block_equals_torchs_layer():
    torch.manual_seed(1)
    ours = PictureBlock(32, 4, 2)
    theirs = torch.nn.TransformerEncoderLayer(32, 4, 64, 0.0, F.gelu, batch_first=True, norm_first=True)
    copy_attention(ours.attention, theirs.self_attn)
    for a, b in ((theirs.norm1, ours.norm_1), (theirs.norm2, ours.norm_2), (theirs.linear1, ours.feed[0]),
                 (theirs.linear2, ours.feed[2])):  # fmt: skip
        a.load_state_dict(b.state_dict())
    x = torch.randn(2, 6, 32)
    assert torch.allclose(ours(x), theirs(x), atol=1e-5)


def test_text_layer_equals_blips():
    """One layer of the text encoder with a picture against the BLIP text layer of a library, by copied weights."""
    blip = pytest.importorskip("transformers.models.blip.modeling_blip_text")
    config = pytest.importorskip("transformers").BlipTextConfig(
        hidden_size=32, num_attention_heads=4, attention_probs_dropout_prob=0.0, encoder_hidden_size=32, is_decoder=False)  # fmt: skip
    config._attn_implementation = "eager"
    torch.manual_seed(2)
    ours, theirs = Attention(32, 4), blip.BlipTextSelfAttention(config, is_cross_attention=True).eval()
    keys, values = (torch.nn.Linear(32, 32) for _ in range(2))
    ours.keys_values.weight.data = torch.cat([keys.weight, values.weight]).detach()
    ours.keys_values.bias.data = torch.cat([keys.bias, values.bias]).detach()
    for a, b in ((theirs.query, ours.query), (theirs.key, keys), (theirs.value, values)):
        a.load_state_dict(b.state_dict())
    x, picture = torch.randn(2, 5, 32), torch.randn(2, 9, 32)
    assert torch.allclose(ours(x, picture), ours.out(theirs(x, encoder_hidden_states=picture)[0]), atol=1e-5)


def test_decoder_does_not_look_ahead_and_encoder_does():
    torch.manual_seed(3)
    net = TextTransformer(50, 12, 32, 2, 4, 2).eval()
    tokens, picture = torch.randint(6, 50, (2, 10)), torch.randn(2, 5, 32)
    for n in (1, 5, 9):
        changed = tokens.clone()
        changed[:, n] = (changed[:, n] - 5) % 44 + 6
        before, after = (net.logits(net(t, picture, causal=True)) for t in (tokens, changed))
        assert torch.equal(before[:, :n], after[:, :n])
        assert (before[:, n:] - after[:, n:]).abs().amin(dim=(0, 2)).max() > 0
        assert (net(tokens, picture)[:, 0] - net(changed, picture)[:, 0]).abs().max() > 1e-6


def test_padding_changes_nothing():
    torch.manual_seed(4)
    model = vlm.VLM(TINY).eval()
    numbers, picture = model.numbers(["a bald man with glasses"]), model.tower(torch.randn(1, 3, 32, 32))
    short = numbers[:, : int((numbers != PAD).sum())]
    assert torch.allclose(model.embed_text(numbers), model.embed_text(short), atol=1e-6)
    assert torch.allclose(model.match_logits(picture, numbers), model.match_logits(picture, short), atol=1e-6)


def test_modes_share_all_but_self_attention():
    model = vlm.VLM(TINY)
    numbers, picture = model.numbers(["a man"]), model.tower(torch.randn(1, 3, 32, 32)).detach()

    def used(loss):
        model.zero_grad()
        loss.backward()
        return {n for n, p in model.text.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}

    encoder_uses = used(model.match_logits(picture, numbers)[0, 0])
    decoder_uses = used(model.next_words(picture, numbers)[0, 3, 7])
    assert encoder_uses ^ decoder_uses == {
        n for n, _ in model.text.named_parameters() if "both_ways" in n or "causal" in n
    }
    text_only = used(model.embed_text(numbers)[0, 0])
    assert encoder_uses - text_only == {n for n in encoder_uses if "cross" in n or "norm_2" in n}


def test_nucleus_draws_only_from_the_fewest_that_reach_it():
    generator = torch.Generator().manual_seed(0)
    rows = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).expand(4000, -1)
    share = torch.bincount(vlm.nucleus(rows, 0.7, generator), minlength=4) / 4000
    assert share[2:].sum() == 0
    assert abs(share[0] - 0.625) < 0.03
    assert (vlm.nucleus(rows, 0.1, generator) == 0).all()


# Contrast


def test_contrast_closed_forms():
    unit, own = torch.eye(8, dtype=torch.float64), torch.eye(8, dtype=torch.bool)
    for heat in (0.07, 0.5):
        expected = math.log(1 + 7 * math.exp(-1 / heat))
        logits = unit @ unit.T / heat
        assert math.isclose(contrast.contrastive_loss(logits, logits, own, 0.0), expected, rel_tol=1e-5)
        assert math.isclose(info_nce(unit, unit, heat), expected, rel_tol=1e-5)
    same = torch.ones(8, 8, dtype=torch.float64)
    assert math.isclose(contrast.contrastive_loss(same, same, own, 0.4), math.log(8), rel_tol=1e-5)
    # With soft labels alone the loss is the entropy of what the slow copy thinks where both agree.
    soft = torch.softmax(unit * 2, 1)
    entropy = -(soft * soft.log()).sum(1).mean()
    assert torch.allclose(contrast.contrastive_loss(unit * 2, unit * 2, own, 1.0), entropy)


def test_contrast_shares_the_target_among_all_that_match():
    match = torch.tensor([[True, True, False], [False, True, False]])
    logits = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    logs = logits.log_softmax(1)
    expected = -((logs[0, 0] + logs[0, 1]) / 2 + logs[1, 1]) / 2
    assert torch.allclose(contrast.contrastive_loss(logits, -logits, match, 0.0), expected)


def test_attribute_loss_is_within_each_attribute():
    count = sum(map(len, ATTRIBUTES.values()))
    truth = portraits.code(anybody(np.random.default_rng(0)))[None]
    expected = sum(math.log(len(values)) for values in ATTRIBUTES.values()) / len(ATTRIBUTES)
    assert math.isclose(contrast.attribute_loss(torch.zeros(1, count), truth), expected, rel_tol=1e-5)
    starts = np.cumsum([0, *map(len, ATTRIBUTES.values())][:-1])
    logits = torch.zeros(1, count)
    logits[0, torch.as_tensor(starts) + truth[0]] = 50
    assert contrast.attribute_loss(logits, truth) < 1e-6
    plain = fit.write_plain(fit.FitConfig(), 5)
    pairs = [(name, value) for name, values in ATTRIBUTES.items() for value in values]
    assert [parse(text) for texts in plain for text in texts] == [{n: v} for n, v in pairs for _ in range(5)]


def test_codes_agree_where_all_that_is_said_is_so():
    truth = {"age": "old", "gender": "man", "glasses": "none"}
    code = portraits.code(truth)
    assert portraits.agree(portraits.code({"gender": "man"}), code)
    assert portraits.agree(portraits.code({}), code)
    assert not portraits.agree(portraits.code({"gender": "man", "age": "young"}), code)
    match = contrast.matches(torch.stack([portraits.code({"gender": g}) for g in ("woman", "man", "woman")]),
                             torch.stack([portraits.code({"gender": g}) for g in ("man", "man")]))  # fmt: skip
    assert match.tolist() == [[True, True, False], [False, True, False]]  # a batch's own pairs always do


def test_hard_negatives_never_match_and_follow_similarity():
    generator = torch.Generator().manual_seed(0)
    match = torch.rand(16, 16, generator=generator) < 0.3
    match.fill_diagonal_(True)
    match[3] = True
    for _ in range(50):
        index, there = contrast.hard_negatives(torch.randn(16, 16, generator=generator) * 20, match, generator)
        assert not match[torch.arange(16), index][there].any()
        assert there.tolist() == [n != 3 for n in range(16)]
    logits = torch.tensor([[9.0, 0.0, math.log(3)]]).expand(4000, -1)
    index, _ = contrast.hard_negatives(logits, torch.tensor([[True, False, False]]).expand(4000, -1), generator)
    assert abs((index == 2).float().mean() - 0.75) < 0.03


def test_memory_follows_and_forgets_the_oldest():
    torch.manual_seed(5)
    model = vlm.VLM(TINY)
    memory = contrast.Memory(model, 5, 0.995)
    start = model.match.weight.detach().clone()
    with torch.no_grad():
        model.match.weight += 1
    memory.follow(model, 10**6)
    assert torch.allclose(memory.slow.match.weight - start, torch.full_like(start, 0.005), atol=1e-6)
    memory.follow(model, 0)  # keeps a tenth of what is 0.995 away
    assert torch.allclose(memory.slow.match.weight - start, torch.full_like(start, 1 - 0.0995), atol=1e-6)
    assert not any(p.requires_grad for p in memory.parameters())

    def batch(first):
        rows = torch.arange(first, first + 3).float()[:, None].expand(-1, 32)
        codes = torch.arange(first, first + 3)[:, None].expand(-1, 8)
        return rows, -rows, codes, codes

    memory.push(*batch(0))
    assert memory.with_queue(*batch(9))[0][:, 0].tolist() == [9, 10, 11, 0, 1, 2]  # nothing from the empty part
    memory.push(*batch(3))
    pictures, texts, true, _ = memory.with_queue(*batch(9))
    assert pictures[:, 0].tolist() == [9, 10, 11, 5, 1, 2, 3, 4]
    assert torch.equal(texts, -pictures)
    assert true[:, 0].tolist() == pictures[:, 0].tolist()


def test_temperature_stays_within_bounds():
    model = vlm.VLM(TINY)
    assert math.isclose(model.temperature.item(), 0.07, rel_tol=1e-5)
    for log, expected in ((-20.0, 0.001), (5.0, 0.5)):
        model.log_temperature.data.fill_(log)
        assert math.isclose(model.temperature.item(), expected, rel_tol=1e-5)


# Model files


def test_saved_model_is_small_and_loads_again(tmp_path):
    torch.manual_seed(6)
    model = vlm.VLM().eval()
    fit.save(model, tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size <= 2.5e6
    again = vlm.load(tmp_path)
    images, texts = torch.rand(2, 3, 128, 128) * 2 - 1, ["a man with a beard", "an old woman"]
    assert torch.allclose(again.encode_image(images), model.encode_image(images), atol=5e-3)
    assert torch.allclose(again.encode_text(texts).norm(dim=1), torch.ones(2), atol=1e-5)
    assert again.score(images, texts).shape == (2,)
    assert all(isinstance(text, str) for text in again.caption(images, torch.Generator().manual_seed(0)))
    with pytest.raises(BadInput, match="no attribute-classifier's config"):
        classifier.load(tmp_path)
    with pytest.raises(BadInput, match="square"):
        model.encode_image(torch.zeros(1, 3, 64, 48))
    assert sum(p.numel() for p in classifier.AttributeClassifier().parameters()) * 2 <= 2.5e6


def test_focus_is_differentiable_and_takes_the_middle():
    images = torch.zeros(1, 3, 64, 64)
    images[..., 16:48, 16:48] = 1
    assert torch.equal(portraits.focus(images, 32, 0.5), torch.ones(1, 3, 32, 32))
    images.requires_grad_()
    vlm.VLM(TINY).encode_image(images)[0, 0].backward()
    assert images.grad.abs().max() > 0


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


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small picture-text model trained on 64 toy people: their full sentences and freely drawn captions."""
    torch.set_num_threads(1)
    people = toy_people(64, 40, 0)
    config = fit.FitConfig(model=TINY, steps=STEPS, batch=32, learning_rate=RATE, queue=256, sentences=20)
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
    model, people, report = trained
    on_train = fit.evaluate(model, portraits.portraits(people.split("train"), 32, 1.0), 64)
    assert on_train["retrieval"]["recall_at_1"] > 0.9
    assert report["retrieval"]["recall_at_1"] > 5 * report["retrieval"]["chance"]
    assert report["captions"]["right"] > report["captions"]["commonest"] + 0.15
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
