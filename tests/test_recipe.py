"""The recipe of a dataset: its fields, its digest, and the sample that each index stands for."""

import dataclasses
import json

import pytest

from simulacra.datagen.errors import BadInput
from simulacra.datagen.recipe import Recipe, recipe_digest
from simulacra.procgen import registry
from simulacra.procgen.params import SpecError

RECIPE = Recipe(generator="faces", count=4, seed=10, size=64)


def test_a_recipe_round_trips():
    recipe = Recipe("faces", 3, 4, 96, 8, ("rgb", "depth"), ("identity.age=20..30",), 2, 1, threads=2)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("change, words", [
    ({"generator": "dragons"}, "allowed are faces"), ({"generator": 3}, "generator: 3 is not allowed"),
    ({"count": 0}, "count: 0 is not allowed; allowed is a whole number in 1.."), ({"count": True}, "count: True"),
    ({"size": 1.5}, "size: 1.5"), ({"seed": -1}, "seed: -1"), ({"labels": "rgb"}, "labels: 'rgb'"), ({"labels": [1]}, "labels"),
    ({"labels": ["depht"]}, "depht is not a label"), ({"settings": ["identity.age"]}, "allowed is path=value"),
    ({"hdri": 5}, "hdri: 5"), ({"hdri": "nowhere"}, "is not a folder that holds"), ({"colour": 1}, "colour is no such field"),
    ({"spec": "x.json"}, "count: 4 is not allowed with a spec file"),
    ({"spec": "x.json", "count": 1, "settings": ["identity.age=30"]}, "leaves nothing to draw"),
])  # fmt: skip
def test_a_wrong_recipe_is_named(change, words):
    with pytest.raises((BadInput, SpecError), match=words.replace("..", r"\.\.")):
        Recipe.from_dict(RECIPE.to_dict() | change)


def test_sample_i_has_the_seed_plus_i():
    assert RECIPE.sample(3) == registry.sample("faces", 13)


def test_a_spec_file_takes_the_place_of_drawing(tmp_path):
    spec = registry.sample("faces", 77)
    path = tmp_path / "me.json"
    path.write_text(json.dumps(registry.dump("faces", spec)))
    assert Recipe("faces", spec=str(path)).sample(0) == spec
    path.write_text(json.dumps(registry.dump("faces", spec) | {"version": 99}))
    with pytest.raises(BadInput, match=r"me\.json: .*version 99 is not allowed"):
        Recipe("faces", spec=str(path)).sample(0)


def test_environment_pictures_take_turns(tmp_path):
    for name in ("b.exr", "a.hdr", "notes.txt"):
        (tmp_path / name).write_text("")
    recipe = Recipe("faces", 3, hdri=str(tmp_path))
    assert [recipe.sample(index).light.hdri.rsplit("/")[-1] for index in range(3)] == ["a.hdr", "b.exr", "a.hdr"]
    assert Recipe("faces", 3, hdri=str(tmp_path)).sample(0).identity == Recipe("faces", 3).sample(0).identity


def test_a_digest_is_of_what_decides_the_samples():
    told = recipe_digest(RECIPE.to_dict())
    for free in ({"count": 9}, {"threads": 3}, {"device": "cpu"}, {"checks": ("black=warn",)}):
        assert recipe_digest(dataclasses.replace(RECIPE, **free).to_dict()) == told
    for deciding in (
        {"seed": 1},
        {"size": 65},
        {"samples": 3},
        {"labels": ("rgb",)},
        {"settings": ("identity.age=30",)},
    ):
        assert recipe_digest(dataclasses.replace(RECIPE, **deciding).to_dict()) != told
    assert recipe_digest(json.loads(json.dumps(RECIPE.to_dict()))) == told
