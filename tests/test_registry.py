"""The registry: every generator samples purely, obeys what a user sets, and is found wherever generators are listed."""

import hashlib
import json
import os
import random  # noqa: TID251 - that nothing touches it is the test
import subprocess
import sys
from functools import cache
from itertools import zip_longest

import numpy as np
import pytest

from simulacra.datagen.cli.list import choices, rows
from simulacra.procgen import registry
from simulacra.procgen.distributions import Choice, Continuous, Flag, Simplex, Vector, Whole
from simulacra.procgen.params import SpecError, choice, draw, fields, parse_settings, schema, spec, uniform

NAMES = list(registry.GENERATORS)


def leaves(cls, path=""):
    """Every declared field of a spec class by dotted path."""
    for name, param in fields(cls).items():
        if param.nested:
            yield from leaves(param.nested, f"{path}{name}.")
        else:
            yield path + name, param.distribution


def value(item, path):
    for name in path.split("."):
        item = getattr(item, name)
    return item


@cache
def document(name, seed):
    """What is drawn of a seed, as JSON."""
    return json.dumps(registry.dump(name, registry.sample(name, seed)))


def digest(name, count=6):
    return hashlib.sha256("".join(document(name, seed) for seed in range(count)).encode()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_every_generator_loads_and_says_what_it_is(name):
    generator = registry.find(name)
    assert generator.name == name and generator.doc and generator.load("spec").__doc__
    assert callable(generator.load("sample"))


def test_another_process_with_other_hashes_draws_the_same():
    code = """
import hashlib, json
from simulacra.procgen import registry
for name in registry.GENERATORS:
    documents = [json.dumps(registry.dump(name, registry.sample(name, seed))) for seed in range(6)]
    print(name, hashlib.sha256("".join(documents).encode()).hexdigest())
"""
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.split() == [word for name in NAMES for word in (name, digest(name))]


@pytest.mark.parametrize("name", NAMES)
def test_sampling_touches_no_global_randomness(name):
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002, TID251
    before = random.getstate(), np.random.random_sample()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002, TID251
    first = registry.sample(name, 5)
    assert (random.getstate(), np.random.random_sample()) == before  # noqa: NPY002
    random.seed(2)
    assert registry.sample(name, 5) == first


def test_sampling_imports_only_numpy_and_the_standard_library():
    code = """
import sys
import numpy.random
before = set(sys.modules)
from simulacra.procgen import registry
for name in registry.GENERATORS:
    registry.sample(name, 1)
new = {module.split(".")[0] for module in set(sys.modules) - before}
print(sorted(name for name in new - sys.stdlib_module_names - {"simulacra", "numpy"} if not name.startswith(("_", "cython"))))
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def wishes(path, distribution):
    """A few settings of a field, and the value that each must give."""
    if isinstance(distribution, Choice):
        names = list(distribution.options)
        yield from ((f"{path}={name}", name) for name in (names[0], names[-1], names[len(names) // 2]))
    elif isinstance(distribution, Flag):
        yield from ((f"{path}=true", True), (f"{path}=false", False))
    elif isinstance(distribution, Vector) and not isinstance(distribution, Simplex):
        element, number = next(iter(distribution.elements.items()))
        wished = round(number.low + 0.7 * (number.high - number.low), 4)
        yield f"{path}.{element}={wished}", wished
    elif isinstance(distribution, Continuous):
        wished = round(distribution.low + 0.7 * (distribution.high - distribution.low), 6)
        yield f"{path}={wished}", wished
    elif isinstance(distribution, Whole) and not path.endswith("seed"):
        yield f"{path}={distribution.high}", distribution.high


def settable(cls):
    """All wishes of each group of a spec, in its order: setting, path, distribution and the value that it must give."""
    for part, param in fields(cls).items():
        if param.nested:
            yield [(setting, path, distribution, wished)
                   for path, distribution in leaves(param.nested, f"{part}.")
                   for setting, wished in wishes(path, distribution)]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if any(settable(registry.find(name).load("spec")))])
def test_what_a_user_sets_is_what_is_drawn(name):
    """One wish of each group at a time: all of a person is drawn for each."""
    for row in zip_longest(*settable(registry.find(name).load("spec"))):
        wished_for = [wish for wish in row if wish]
        spec = registry.sample(name, 3, parse_settings([setting for setting, *_ in wished_for]))
        for setting, path, distribution, wished in wished_for:
            drawn = value(spec, path)
            drawn = drawn[0] if isinstance(distribution, Vector) else drawn
            assert drawn == (pytest.approx(wished, rel=1e-4, abs=1e-9) if isinstance(wished, float) else wished), (
                setting
            )


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_fits_the_schema(name):
    def fits(item, rule, path):
        if rule["type"] == "object":
            assert set(item) == set(rule["properties"]), path
            for key, inner in rule["properties"].items():
                fits(item[key], inner, f"{path}.{key}")
        elif rule["type"] == "boolean":
            assert isinstance(item, bool), path
        elif rule["type"] == "string":
            assert isinstance(item, str) and item in rule.get("enum", [item]), path
        else:
            assert rule["minimum"] - 1e-9 <= item <= rule["maximum"] + 1e-9, path
            assert rule["type"] == "number" or isinstance(item, int), path

    rule = schema(registry.find(name).load("spec"))
    for seed in range(12):
        fits(json.loads(document(name, seed))["spec"], rule, name)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_give_different_specs(name):
    assert len({document(name, seed) for seed in range(20)}) == 20


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None])
def test_a_wrong_seed_is_named(seed):
    with pytest.raises(SpecError, match=f"seed: {seed} is not allowed"):
        registry.sample("faces", seed)


def test_numpy_seeds_are_the_same_seeds():
    assert registry.sample("faces", np.int64(4)) == registry.sample("faces", 4)


@pytest.mark.parametrize("document", [
    None, [], {}, {"kind": "faces", "version": 1}, {"kind": "x", "version": 1, "spec": {}}, {"kind": "faces", "version": 1, "spec": []},
    {"kind": "faces", "version": 1, "spec": {}}, {"kind": "faces", "version": 2, "spec": {}}, {"kind": [], "version": 1, "spec": {}},
])  # fmt: skip
def test_a_wrong_document_is_refused(document):
    with pytest.raises(SpecError):
        registry.parse(document)


@spec
class Pebble:
    """A stone of the tests."""

    kind: str = choice({"flint": 0.5, "slate": 0.5}, says="{}", doc="kind of stone")
    radius: float = uniform(0.01, 0.05, unit="m", doc="radius")


def sample_pebble(rng, fixed=None):
    """Draw a pebble."""
    return draw(Pebble, rng, fixed)


def test_a_row_in_the_registry_is_all_that_a_new_generator_needs(monkeypatch, capsys):
    from simulacra.__main__ import main

    row = registry.Generator("opals", "stones", __name__, "Pebble", "sample_pebble", "", "a stone")
    monkeypatch.setitem(registry.GENERATORS, "opals", row)
    assert main(["sample", "opals", "--set", "kind=slate"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["kind"] == "slate"
    assert main(["sample", "opals", "--set", "kind=opal"]) == 2
    assert "allowed are flint, slate" in capsys.readouterr().err
    listed = {entry["name"]: entry for entry in rows("generators")}
    assert listed["opals"]["options"] == {"kind": ["flint", "slate"]} == choices(Pebble)
    assert listed["opals"]["numbers"] == 1


def test_no_two_generators_share_a_name():
    names = [generator.name for catalogue in registry.CATALOGUES for generator in catalogue]
    assert len(names) == len(set(names)) > 140


def test_a_sampler_that_passes_a_wish_over_is_told(monkeypatch):
    """Whatever a sampler does, nothing that was asked is silently ignored."""
    row = registry.Generator("opals", "stones", __name__, "Pebble", "sample_deaf_pebble", "", "a stone")
    monkeypatch.setitem(registry.GENERATORS, "opals", row)
    wish = parse_settings(["kind=slate"])
    drawn = {registry.sample("opals", seed).kind for seed in range(20)}
    assert drawn == {"flint"}
    with pytest.raises(SpecError, match="kind: slate cannot be had with the other settings, which make it flint"):
        registry.sample("opals", 0, wish)


def sample_deaf_pebble(rng, fixed=None):
    """Draw a pebble of flint, whatever is asked."""
    return draw(Pebble, rng, {"kind": "flint"})
