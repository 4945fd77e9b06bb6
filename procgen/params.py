"""Specs: frozen dataclasses whose fields declare unit, range, distribution, description and caption words once."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from .distributions import (
    Choice,
    Constraint,
    Continuous,
    Flag,
    OneOf,
    Range,
    Simplex,
    SpecError,
    Text,
    Vector,
    Whole,
)

VERSION = 1  # of the schema: raise it when a field changes its meaning or goes away

__all__ = [
    "VERSION", "Constraint", "OneOf", "Param", "Range", "SpecError", "beta", "caption_words", "child", "choice",
    "draw", "fields", "flag", "fork", "from_dict", "group", "integer", "lognormal", "normal", "parse_settings",
    "schema", "seed", "simplex", "spec", "text", "to_dict", "uniform", "vector",
]  # fmt: skip


class Param(NamedTuple):
    """What a field declares about itself."""

    distribution: Any  # one of the distributions, or None for a nested spec
    nested: type | None
    unit: str
    doc: str
    says: Any  # a pattern with {}, or ((upper bound, words), …) for numbers, or {value: words}
    absent: Any  # what a spec has that was written before there was such a field; None where there always was


def _field(distribution, unit="", doc="", says=None, nested=None, absent=None):
    return dataclasses.field(metadata={"param": Param(distribution, nested, unit, doc, says, absent)})


def uniform(low: float, high: float, **about):
    """A number, equally likely anywhere in [low, high]."""
    return _field(Continuous(float(low), float(high), np.ones_like), **about)


def normal(mean: float, std: float, low: float, high: float, **about):
    """A number around a mean, cut to [low, high]."""
    return _field(Continuous(float(low), float(high), lambda x: np.exp(-0.5 * ((x - mean) / std) ** 2)), **about)


def lognormal(median: float, sigma: float, low: float, high: float, **about):
    """A positive number whose logarithm is normal, cut to [low, high]."""

    def density(x):
        return np.exp(-0.5 * (np.log(x / median) / sigma) ** 2) / x

    return _field(Continuous(float(low), float(high), density), **about)


def beta(a: float, b: float, low: float = 0.0, high: float = 1.0, **about):
    """A number on [low, high] with beta density."""

    def density(x):
        t = (x - low) / (high - low)
        return t ** (a - 1) * (1 - t) ** (b - 1)

    return _field(Continuous(float(low), float(high), density), **about)


def integer(low: int, high: int, **about):
    """A whole number, low and high included."""
    return _field(Whole(low, high), **about)


def seed(**about):
    """A child seed: whatever a build draws, it draws from this."""
    return _field(Whole(0, 2**31 - 1), **({"doc": "child seed of the build"} | about))


def choice(options: Mapping[str, float], **about):
    """One of named options with weights."""
    return _field(Choice(dict(options)), **about)


def flag(probability: float, **about):
    """True with a probability."""
    return _field(Flag(probability), **about)


def text(default: str = "", **about):
    """A text that is set by the user and never drawn."""
    return _field(Text(default), **about)


def vector(elements: Mapping[str, Any], **about):
    """Named numbers; each element is itself declared as uniform, normal, …"""
    return _field(Vector({name: _distribution(element) for name, element in elements.items()}), **about)


def simplex(names: tuple[str, ...], concentration: float, **about):
    """Named weights that sum to one."""
    unit_interval = Continuous(0.0, 1.0, np.ones_like)
    return _field(Simplex({name: unit_interval for name in names}, concentration), **about)


def group(nested: type, **about):
    """A nested spec."""
    return _field(None, nested=nested, **about)


def _distribution(declared):
    """A distribution, given itself or the field that declares it."""
    return declared.metadata["param"].distribution if isinstance(declared, dataclasses.Field) else declared


def spec(cls):
    """Make a class a spec: frozen, keyword-only, each value checked against its declaration."""

    def check(self):
        for name, param in fields(cls).items():
            value = getattr(self, name)
            if param.nested:
                if not isinstance(value, param.nested):
                    raise SpecError(f"{name}: {value!r} is not allowed; allowed is a {param.nested.__name__}")
            else:
                object.__setattr__(self, name, param.distribution.check(name, value))

    cls.__post_init__ = check
    return dataclasses.dataclass(frozen=True, kw_only=True)(cls)


def fields(cls) -> dict[str, Param]:
    """The declared fields of a spec class (or instance), in order."""
    return {field.name: field.metadata["param"] for field in dataclasses.fields(cls)}


def fork(rng: Generator, *names: str) -> Generator:
    """An independent child stream known by its name: it depends on no earlier draw and moves no later one."""
    sequence = cast(SeedSequence, rng.bit_generator.seed_seq)
    key = tuple(zlib.crc32(name.encode()) for name in names)
    return Generator(PCG64(SeedSequence(sequence.entropy, spawn_key=(*sequence.spawn_key, *key))))


def child(seed: int, *names: str) -> Generator:
    """The stream of a seed field."""
    return fork(Generator(PCG64(SeedSequence(seed))), *names)


def within(fixed: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """The settings of a nested name, with its prefix taken off."""
    start = name + "."
    return {path[len(start) :]: value for path, value in (fixed or {}).items() if path.startswith(start)}


def draw(cls, rng: Generator, fixed: Mapping[str, Any] | None = None, **given):
    """Draw a spec: each field from its own named stream.

    ``fixed`` maps dotted paths to constraints or plain values (the user's wish); ``given`` maps a field to the
    distribution that takes the place of the declared one, or to a finished nested spec or vector.
    """
    declared = fields(cls)
    for path in fixed or {}:
        name, _, rest = path.partition(".")
        if name not in declared:
            raise SpecError(f"{path}: no such field; allowed are {', '.join(declared)}")
        inner = declared[name].nested or getattr(declared[name].distribution, "elements", None)
        if bool(inner) != bool(rest):  # the registry tells it with the whole path
            raise SpecError(f"{path}: {'is a group; allowed is one of its fields' if inner else 'no such field'}")
    values = {}
    for name, param in declared.items():
        inner = within(fixed, name)
        if param.nested:
            values[name] = given[name] if name in given else draw(param.nested, fork(rng, name), inner)
            continue
        default = param.distribution
        source = _distribution(given.get(name, default))
        if isinstance(default, Vector):
            values[name] = _vector(name, default, source, fork(rng, name), inner)
            continue
        wish = (fixed or {}).get(name)
        if wish is not None:
            constraint = wish if isinstance(wish, Range | OneOf) else OneOf((wish,))
            source = _as_distribution(source, default).narrowed(name, constraint, default)
        values[name] = source.draw(fork(rng, name)) if hasattr(source, "draw") else source
    return cls(**values)


def _as_distribution(source, default):
    """A plain given value stands for the declared distribution once the user narrows the field."""
    return source if hasattr(source, "draw") else default


def _vector(name, default: Vector, source, rng: Generator, wishes: Mapping[str, Any]) -> tuple[float, ...]:
    drawn = source.draw(rng) if hasattr(source, "draw") else tuple(source)
    values = dict(zip(default.elements, drawn, strict=True))
    for element, wish in wishes.items():
        path = f"{name}.{element}"
        if element not in default.elements:
            raise SpecError(f"{path}: no such name; allowed are {', '.join(default.elements)}")
        constraint = wish if isinstance(wish, Range | OneOf) else OneOf((wish,))
        allowed = default.elements[element]
        narrow = allowed.narrowed(path, constraint, allowed)
        if not narrow.low <= values[element] <= narrow.high:
            values[element] = narrow.draw(fork(rng, element))
    if isinstance(default, Simplex) and wishes:
        free = [element for element in values if element not in wishes]
        left = 1 - sum(values[element] for element in wishes)
        if left < -1e-6 or (not free and abs(left) > 1e-6):
            raise SpecError(f"{name}: the weights set sum to {1 - left:g}; allowed is at most 1")
        total = sum(values[element] for element in free)
        for element in free:
            values[element] = max(left, 0.0) * (values[element] / total if total > 0 else 1 / len(free))
    return tuple(values.values())


def parse_settings(settings: tuple[str, ...] | list[str]) -> dict[str, Constraint]:
    """Read ``path=low..high``, ``path=a,b`` and ``path=value`` as constraints."""
    parsed: dict[str, Range | OneOf] = {}
    for setting in settings:
        path, equals, wish = setting.partition("=")
        if not equals or not path or not wish:
            raise SpecError(f"--set {setting}: allowed is path=value, path=low..high or path=a,b")
        if path in parsed:  # the first would be passed over
            raise SpecError(f"{path}: is set twice; allowed is once")
        low, dots, high = wish.partition("..")
        if dots:
            try:
                parsed[path] = Range(float(low), float(high))
            except ValueError:
                raise SpecError(f"{path}: {wish} is not a range of two numbers") from None
        else:
            parsed[path] = OneOf(tuple(wish.split(",")))
    return parsed


def to_dict(value: Any) -> dict:
    """A spec as plain JSON values; vectors become objects by name."""
    result = {}
    for name, param in fields(value).items():
        item = getattr(value, name)
        if param.nested:
            result[name] = to_dict(item)
        elif isinstance(param.distribution, Vector):
            result[name] = dict(zip(param.distribution.elements, item, strict=True))
        else:
            result[name] = item
    return result


def from_dict(cls, data: Any, path: str = ""):
    """Read a spec back from plain JSON values; every unknown, missing or wrong field is named.

    A field that came later than a spec has the value that its declaration gives for it (``absent``).
    """
    if not isinstance(data, Mapping):
        raise SpecError(f"{path or cls.__name__}: allowed is an object of fields")
    declared = fields(cls)
    for name in data:
        if name not in declared:
            raise SpecError(f"{path}{name}: no such field; allowed are {', '.join(declared)}")
    values = {}
    for name, param in declared.items():
        if name not in data and param.absent is None:
            raise SpecError(f"{path}{name}: is missing")
        if name not in data:
            values[name] = param.distribution.check(f"{path}{name}", param.absent)
        elif param.nested:
            values[name] = from_dict(param.nested, data[name], f"{path}{name}.")
        else:
            values[name] = param.distribution.check(f"{path}{name}", data[name])
    return cls(**values)


def schema(cls) -> dict:
    """The JSON schema of a spec class."""
    properties = {}
    for name, param in fields(cls).items():
        row = schema(param.nested) if param.nested else param.distribution.schema()
        properties[name] = row | {key: text for key, text in (("description", param.doc), ("unit", param.unit)) if text}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name, param in fields(cls).items() if param.absent is None],
        "additionalProperties": False,
        "description": (cls.__doc__ or "").strip(),
    }


def caption_words(value: Any) -> list[str]:
    """The caption words of a spec and its nested specs, in declared order."""
    words = []
    for name, param in fields(value).items():
        item = getattr(value, name)
        if param.nested:
            words += caption_words(item)
        elif isinstance(param.says, str):
            words.append(param.says.format(str(item).replace("_", " ")))
        elif isinstance(param.says, Mapping):
            words.append(param.says.get(item, ""))
        elif param.says:
            words.append(next((text for bound, text in param.says if item < bound), ""))
    return [word for word in words if word]
