"""The image-text model: attention, modes, contrast and memory against closed forms and other libraries."""

import math

import numpy as np
import pytest

from simulacra.datagen.errors import BadInput
from simulacra.models.core.attributes import ATTRIBUTES

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402

from simulacra.models.core.losses import info_nce  # noqa: E402
from simulacra.models.vision import classifier, contrast, fit, portraits, vlm  # noqa: E402
from simulacra.models.vision.captions import (  # noqa: E402
    parse,
)
from simulacra.models.vision.tokenizer import PAD  # noqa: E402
from simulacra.models.vision.transformer import Attention, PictureBlock, TextTransformer  # noqa: E402

TINY = vlm.VLMConfig(size=32, crop=1.0, width=64, picture_depth=2, text_depth=1, embedding=32)


def anybody(generator):
    return {name: str(generator.choice(values)) for name, values in ATTRIBUTES.items()}


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
    with pytest.raises(BadInput, match="is a checkpoint of vlm; allowed is one of attribute-classifier"):
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
