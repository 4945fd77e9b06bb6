"""Prompt-to-prompt: which words answer which, whose maps are used when, and what stays of the first picture."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

from model_commands import failed  # noqa: E402

from simulacra.datagen.errors import BadInput  # noqa: E402
from simulacra.models.cli.generate import request_of  # noqa: E402
from simulacra.models.core.layers import Attention  # noqa: E402
from simulacra.models.diffusion.attention_control import AttentionControl, Edit, alignment  # noqa: E402
from simulacra.models.systems import catalogue  # noqa: E402
from simulacra.models.systems.pictures import ddpm  # noqa: E402
from simulacra.models.systems.pictures.config import DiTShape, TextConfig, UNetShape  # noqa: E402
from simulacra.models.systems.pictures.model import Known  # noqa: E402
from simulacra.models.systems.request import Request  # noqa: E402

CONFIG = ddpm.Config(size=8, condition="text", process_steps=20, sampling=4, variance="small", loss="simple", unet=UNetShape(8, (1, 2), 1, 1),
                     dit=DiTShape(2, 8, 1, 2), text=TextConfig(8, 8, 1, 2), hold=1.0, hold_own=1.0)  # fmt: skip


def model_of(**changes):
    torch.manual_seed(0)
    made = ddpm.DDPM(
        dataclasses.replace(CONFIG, **changes),
        Known(vocabulary=("a", "beard", "cap", "hat", "man", "old", "red", "with")),
    )
    for value in made.parameters():
        value.data = torch.randn(value.shape) * 0.3
    return made.eval()


def test_sentences_are_aligned_where_they_say_the_same_or_swap_words():
    aligned, new, old = alignment([2, 9, 7, 5, 0, 0], [2, 9, 8, 5, 0, 0])  # a word for another
    assert aligned.tolist() == [0, 1, 2, 3, 4, 5] and new.tolist() == old.tolist() == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]
    aligned, new, old = alignment([2, 9, 7, 5, 0, 0], [2, 9, 6, 7, 5, 0])  # a word more
    assert aligned.tolist() == [0, 1, -1, 2, 3, 4] and new.tolist() == [False, False, True, False, False, False]
    assert old.tolist() == [False] * 5 + [True]
    aligned, new, _ = alignment([2, 9, 7, 5, 0, 0], [2, 9, 6, 8, 5, 0])  # one word for two
    assert aligned.tolist() == [0, 1, -1, -1, 3, 4] and new.tolist() == [False, False, True, True, False, False]


def test_maps_are_replaced_weighed_and_kept_for_their_share_of_the_steps():
    torch.manual_seed(0)
    across, among = Attention(8, 2, 6), Attention(8, 2)
    for value in (*across.parameters(), *among.parameters()):
        value.data = torch.randn(value.shape)
    net = torch.nn.ModuleList([across, among])
    x, tokens = torch.randn(4, 9, 8), torch.randn(4, 3, 6)
    plain = across(x, tokens), among(x)
    weights = torch.tensor([1.0, 1.0, 0.0])
    edit = Edit(
        torch.tensor([0, -1, 1]),
        torch.tensor([False, True, False]),
        torch.zeros(3, dtype=torch.bool),
        weights,
        0.5,
        0.25,
    )
    control = AttentionControl(net, edit, 4)
    seen = {}
    with control:
        layer = across.control
        across.control = lambda maps: seen.update(before=maps, after=layer(maps)) or seen["after"]
        found = across(x, tokens)
        before, after = seen["before"], seen["after"]
        assert torch.allclose(before.sum(-1), torch.ones(4, 2, 9), atol=1e-6)
        assert torch.equal(after[[0, 2, 3]], before[[0, 2, 3]]) and torch.allclose(
            found[[0, 2, 3]], plain[0][[0, 2, 3]], atol=1e-5
        )
        assert torch.equal(after[1, ..., 0], before[0, ..., 0]) and torch.equal(after[1, ..., 1], before[1, ..., 1])
        assert (after[1, ..., 2] == 0).all()  # weighed by nothing: whatever that token is, it is not heard
        mixed = among(x)
        value = among.query_key_value(x).chunk(3, -1)[2][1].unflatten(-1, (2, -1)).transpose(0, 1)
        query, key = (
            part[0].unflatten(-1, (2, -1)).transpose(0, 1) for part in among.query_key_value(x).chunk(3, -1)[:2]
        )
        held = (query @ key.transpose(-1, -2) / 2).softmax(-1) @ value
        assert torch.allclose(mixed[1], among.close(held.transpose(0, 1).flatten(1)), atol=1e-5)
        control.step(1, 4, None)
        assert torch.allclose(among(x), plain[1], atol=1e-5)  # a quarter of the steps is over
        across(x, tokens)
        assert torch.equal(seen["after"][1, ..., 0], before[0, ..., 0])
        control.step(2, 4, None)
        across(x, tokens)
        assert torch.equal(seen["after"][1, ..., 0], before[1, ..., 0]) and (seen["after"][1, ..., 2] == 0).all()
    assert across.control is None and torch.equal(across(x, tokens), plain[0])
    maps = control.maps(3)
    assert maps.shape == (2, 3, 3, 3) and torch.allclose(maps[0].sum(0), torch.ones(3, 3), atol=1e-5)


@pytest.mark.parametrize("net", ["unet", "dit"])
def test_the_same_sentence_gives_the_same_picture_and_another_one_stays_near(net):
    model = model_of(net=net)
    plain = model.generate(Request("a man with a hat", seed=3)).pictures[0]
    made = model.generate(Request("a man with a hat", seed=3, becomes="a man with a hat"))
    assert made.columns == 6 and made.pictures.shape == (12, 3, 8, 8)
    first, other = made.pictures[0], made.pictures[6]
    assert torch.equal(first, other) and torch.allclose(first, plain, atol=1e-5)
    assert all(float(one.max()) == 1 for one in made.pictures[1:6])
    held, free = (model_of(net=net, hold=share, hold_own=share).generate(Request("a man with a hat", seed=3, becomes="a man with a cap")).pictures
                  for share in (1.0, 0.0))  # fmt: skip
    alone = model.generate(Request("a man with a cap", seed=3)).pictures[0]
    assert torch.allclose(free[6], alone, atol=1e-5)
    assert torch.allclose(held[0], plain, atol=1e-5) and torch.equal(held[1:6], held[7:12])  # maps of the first
    assert not torch.allclose(free[1:6], free[7:12], atol=1e-3)


def test_a_place_that_attends_to_nothing_that_differs_keeps_the_first_picture():
    model = model_of()
    request = Request("a man with a hat", seed=3, becomes="a man with a red hat")
    whole, blended = (model_of(blend=share).generate(request).pictures for share in (0.0, 1.0))
    assert not torch.equal(whole[0], whole[7]) and torch.equal(blended[0], blended[7])  # nothing is above the largest
    edit = Edit(*alignment([1, 2, 3], [1, 4, 3]), torch.ones(3), blend=0.5)
    control = AttentionControl(model.denoiser.network, edit, 4)
    maps = torch.full((4, 1, 64, 3), 0.1)
    maps[:2, 0, 0, 1] = 1.0  # the first place, to the word that differs
    control._cross(maps)
    x0 = torch.randn(2, 3, 8, 8)
    mixed = control.correct(x0, False)
    changed = torch.zeros(8, 8, dtype=torch.bool)
    changed[:2, :2] = True  # and its neighbours
    assert torch.equal(mixed[1][:, changed], x0[1][:, changed]) and torch.equal(
        mixed[1][:, ~changed], x0[0][:, ~changed]
    )
    assert torch.equal(mixed[0], x0[0])


def test_weights_change_the_picture_and_what_cannot_be_is_one_line(tmp_path, capsys):
    model, base = model_of(), Request("a man with a hat", seed=3, becomes="a man with a hat")
    pictures = [
        model.generate(dataclasses.replace(base, weights=weights)).pictures[6]
        for weights in ((), (("hat", 5.0),), (("hat", 0.0),))
    ]
    assert not any(torch.allclose(a, b, atol=1e-4) for number, a in enumerate(pictures) for b in pictures[:number])
    with pytest.raises(
        BadInput, match="weigh: beard is no word of what the picture becomes; allowed are a, man, with, a, hat"
    ):
        model.generate(dataclasses.replace(base, weights=(("beard", 2.0),)))
    with pytest.raises(BadInput, match="becomes: is not allowed with this run, which was told nothing"):
        ddpm.DDPM(dataclasses.replace(CONFIG, condition="nothing"), Known()).generate(base)
    asked = dict.fromkeys(("photo", "edit", "guidance", "steps", "draws")) | {"seed": 0, "count": 1}
    request = request_of(catalogue.find("ldm"), prompt="a hat", becomes=" a  cap ", weigh=("Cap = 2",), **asked)
    assert request.becomes == "a cap" and request.weights == (("cap", 2.0),)
    for words, line in (
        (["--prompt", "a hat", "--becomes", " "], "becomes: needs words"),
        (["--becomes", "a cap"], "becomes: needs words, and a prompt"),
        (["--prompt", "a hat", "--weigh", "hat=2"], "weigh: is not allowed without --becomes"),
        (["--prompt", "a hat", "--becomes", "a cap", "--weigh", "cap"], "weigh: cap is not allowed; allowed is WORD=X"),
        (["--prompt", "a hat", "--becomes", "a cap", "--weigh", "cap=101"], "allowed is WORD=X of a number in 0..100"),
    ):
        assert line in failed(capsys, ["generate", "ddpm", tmp_path, "--out", tmp_path / "x.png", *words])
    line = failed(
        capsys, ["generate", "rodin", "--out", tmp_path / "x.glb", "--prompt", "a man", "--becomes", "a woman"]
    )
    assert "becomes: is not allowed with rodin, which has none; allowed with ddpm, ldm" in line
