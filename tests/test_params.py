"""Specs: drawing, narrowing, checking and JSON."""

import dataclasses
import json

import numpy as np
import pytest

from simulacra.procgen import registry
from simulacra.procgen.params import (
    Range,
    SpecError,
    beta,
    child,
    choice,
    draw,
    fields,
    flag,
    fork,
    from_dict,
    group,
    integer,
    lognormal,
    normal,
    parse_settings,
    schema,
    simplex,
    spec,
    to_dict,
    uniform,
    vector,
)  # fmt: skip


@spec
class Inner:
    """A nested spec."""

    x: float = normal(0.0, 1.0, -2, 2)


@spec
class Outer:
    """One field of each kind."""

    a: float = uniform(1, 3)
    b: float = lognormal(0.1, 0.5, 0.01, 1)
    c: float = beta(2, 5)
    d: int = integer(3, 9)
    e: str = choice({"red": 0.7, "blue": 0.3})
    f: bool = flag(0.25)
    g: tuple = vector({"u": uniform(0, 1), "v": uniform(-1, 0)})
    h: tuple = simplex(("p", "q", "r"), 0.5)
    i: Inner = group(Inner)


def many(count=3000, fixed=None):
    return [draw(Outer, child(seed), fixed) for seed in range(count)]


def test_draws_follow_their_distributions():
    drawn = many()
    assert np.mean([s.a for s in drawn]) == pytest.approx(2, abs=0.04)
    assert np.median([s.b for s in drawn]) == pytest.approx(0.1, rel=0.05)
    assert np.mean([s.c for s in drawn]) == pytest.approx(2 / 7, abs=0.012)
    assert np.mean([s.e == "red" for s in drawn]) == pytest.approx(0.7, abs=0.03)
    assert np.mean([s.f for s in drawn]) == pytest.approx(0.25, abs=0.03)
    assert {s.d for s in drawn} == set(range(3, 10))
    assert np.std([s.i.x for s in drawn]) == pytest.approx(0.88, abs=0.03)  # a normal cut at two deviations
    assert all(sum(s.h) == pytest.approx(1, abs=1e-5) for s in drawn)


def test_the_same_seed_gives_the_same_spec_and_another_another():
    assert draw(Outer, child(5)) == draw(Outer, child(5)) != draw(Outer, child(6))


def test_a_field_that_is_fixed_moves_no_other():
    free, held = draw(Outer, child(5)), draw(Outer, child(5), parse_settings(["a=2.5"]))
    assert held.a == 2.5
    assert dataclasses.replace(free, a=2.5) == held


def test_forks_do_not_depend_on_what_was_drawn_before():
    rng = child(1)
    first = fork(rng, "x").random()
    rng.random(100)
    assert fork(rng, "x").random() == first != fork(rng, "y").random()


def test_settings_narrow():
    drawn = many(
        200, parse_settings(["a=1.5..1.6", "d=4,", "e=blue"]) | {"d": Range(4, 5), "g.u": Range(0.9, 1), "i.x": 1.5}
    )
    assert all(1.5 <= s.a <= 1.6 and s.d in (4, 5) and s.e == "blue" and s.g[0] >= 0.9 and s.i.x == 1.5 for s in drawn)


@pytest.mark.parametrize(
    "setting, words",
    [
        ("a=5", "a: 5..5 is not allowed; allowed is 1..3"), ("e=green", "'green' is not allowed; allowed are red, blue"),
        ("z=1", "z: no such field; allowed are a, b"), ("g.w=1", "g.w: no such name; allowed are u, v"),
        ("a=x", "a: 'x' is not a number"), ("a=2..1", "a: 2..1 is not allowed"), ("i.y=1", "y: no such field"),
        ("a=nan", "is not a finite number"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(setting, words):
    with pytest.raises(SpecError, match=words.replace("..", r"\.\.").replace(".", r"\.").replace(r"\\.", r"\.")):
        draw(Outer, child(0), parse_settings([setting]))


def test_json_round_trips_bit_for_bit():
    for drawn in many(50):
        assert from_dict(Outer, json.loads(json.dumps(to_dict(drawn)))) == drawn


@pytest.mark.parametrize("change", [{"a": 9}, {"zz": 1}, {"e": "x"}, {"d": 3.5}, {"f": "maybe"}, {"g": [1]}, {"i": 3}])
def test_wrong_json_is_refused(change):
    with pytest.raises(SpecError):
        from_dict(Outer, to_dict(draw(Outer, child(0))) | change)


def test_the_schema_lists_every_field():
    assert list(schema(Outer)["properties"]) == list(fields(Outer))


def test_spec_documents_of_another_version_are_refused():
    document = registry.dump("faces", registry.sample("faces", 0))
    assert registry.parse(document)[1] == registry.sample("faces", 0)
    with pytest.raises(SpecError, match="version"):
        registry.parse(document | {"version": 99})


def test_every_generator_samples_the_same_twice_and_round_trips():
    for name in registry.GENERATORS:
        for seed in range(12):
            drawn = registry.sample(name, seed)
            assert drawn == registry.sample(name, seed)
            assert registry.parse(json.loads(json.dumps(registry.dump(name, drawn))))[1] == drawn


def test_every_field_is_documented():
    def undocumented(cls, path=""):
        for name, param in fields(cls).items():
            if param.nested:
                yield from undocumented(param.nested, f"{path}{name}.")
            elif not param.doc:
                yield path + name

    for name in registry.GENERATORS:
        assert list(undocumented(registry.find(name).load("spec"))) == []


def test_a_spec_of_before_a_field_is_read_with_what_the_field_says():
    document = registry.dump("faces", registry.sample("faces", 3))
    later = [
        (path, name, param)
        for path, name, param in _all_fields(registry.find("faces").load("spec"))
        if param.absent is not None
    ]
    assert later
    for path, name, _ in later:
        del _inside(document["spec"], path)[name]
    _, spec = registry.parse(document)
    for path, name, param in later:
        owner = spec
        for step in path:
            owner = getattr(owner, step)
        assert getattr(owner, name) == param.absent
        assert name not in schema(type(owner))["required"] and name in fields(owner)
    del document["spec"]["skin"]["oiliness"]  # which was always there
    with pytest.raises(SpecError, match="oiliness: is missing"):
        registry.parse(document)


def _all_fields(cls, path=()):
    """Every field of a spec class: the names of its groups, its own, and what it declares."""
    for name, param in fields(cls).items():
        yield path, name, param
        if param.nested:
            yield from _all_fields(param.nested, (*path, name))


def _inside(document, path):
    for step in path:
        document = document[step]
    return document
