"""Distributions a spec field may declare: each draws, narrows to what a user allows, and checks a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.random import Generator

GRID = 2048  # bins of the numerical quantile function; the error of a draw is below range / GRID
KEPT = 512  # distributions whose quantiles are kept, 32 KiB each: all that a person declares


class SpecError(ValueError):
    """A value or name that a spec does not allow; the message names the field, the value and what is allowed."""


@dataclass(frozen=True)
class Range:
    """A closed interval that a user narrows a field to."""

    low: float
    high: float


@dataclass(frozen=True)
class OneOf:
    """The values that a user narrows a field to, as typed."""

    values: tuple


Constraint = Range | OneOf


def rounded(value: float) -> float:
    """Six significant digits: short in JSON, and equal on every platform's libm."""
    return float(f"{value:.6g}")


def _number(path: str, value: Any) -> float:
    if isinstance(value, bool):
        raise SpecError(f"{path}: {value!r} is not a number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise SpecError(f"{path}: {value!r} is not a number") from None
    if not math.isfinite(number):
        raise SpecError(f"{path}: {value!r} is not a finite number")
    return number


def _interval(path: str, constraint: Constraint, low: float, high: float) -> tuple[float, float]:
    if isinstance(constraint, Range):
        ends = constraint.low, constraint.high
    elif len(constraint.values) == 1:
        ends = (_number(path, constraint.values[0]),) * 2
    else:
        listed = ",".join(map(str, constraint.values))
        raise SpecError(f"{path}: {listed} is a list; allowed is one number or a range within {low:g}..{high:g}")
    if not (low <= ends[0] <= ends[1] <= high):
        raise SpecError(f"{path}: {ends[0]:g}..{ends[1]:g} is not allowed; allowed is {low:g}..{high:g}")
    return ends


@dataclass(frozen=True)
class Continuous:
    """A density on [low, high], drawn through its numerical quantile function."""

    low: float
    high: float
    density: Callable[[np.ndarray], np.ndarray]

    def draw(self, rng: Generator) -> float:
        quantile = rng.random()
        if self.low == self.high:
            return rounded(self.low)
        value = rounded(float(np.interp(quantile, *_quantiles(self))))
        return min(max(value, self.low), self.high)

    def narrowed(self, path: str, constraint: Constraint, declared: Continuous) -> Continuous:
        low, high = _interval(path, constraint, declared.low, declared.high)
        return replace(self, low=low, high=high)

    def check(self, path: str, value: Any) -> float:
        number = _number(path, value)
        if not self.low <= number <= self.high:
            raise SpecError(f"{path}: {number:g} is not allowed; allowed is {self.low:g}..{self.high:g}")
        return number

    def schema(self) -> dict:
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@lru_cache(KEPT)
def _quantiles(drawn: Continuous) -> tuple[np.ndarray, np.ndarray]:
    """The quantiles (GRID + 1,) of a density, and the values that they belong to."""
    edges = np.linspace(drawn.low, drawn.high, GRID + 1)
    weight = drawn.density((edges[1:] + edges[:-1]) / 2)
    if not weight.sum() > 0:
        weight = np.ones(GRID)  # the user asked for a range the density never reaches
    cumulative = np.concatenate([[0.0], np.cumsum(weight)])
    return cumulative / cumulative[-1], edges


@dataclass(frozen=True)
class Whole:
    """A whole number, uniform on low..high inclusive."""

    low: int
    high: int

    def draw(self, rng: Generator) -> int:
        return int(rng.integers(self.low, self.high + 1))

    def narrowed(self, path: str, constraint: Constraint, declared: Whole) -> Whole:
        low, high = _interval(path, constraint, declared.low, declared.high)
        return Whole(math.ceil(low), math.floor(high))

    def check(self, path: str, value: Any) -> int:
        number = _number(path, value)
        if number != int(number) or not self.low <= number <= self.high:
            raise SpecError(f"{path}: {value} is not allowed; allowed is a whole number in {self.low}..{self.high}")
        return int(number)

    def schema(self) -> dict:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Choice:
    """One of named options, drawn by weight."""

    options: Mapping[str, float]

    def draw(self, rng: Generator) -> str:
        quantile = rng.random()
        weights = np.fromiter(self.options.values(), float)
        if not weights.sum() > 0:
            weights = np.ones(len(weights))
        index = np.searchsorted(np.cumsum(weights) / weights.sum(), quantile, side="right")
        return list(self.options)[min(int(index), len(weights) - 1)]

    def narrowed(self, path: str, constraint: Constraint, declared: Choice) -> Choice:
        if isinstance(constraint, Range):
            raise SpecError(f"{path}: a range is not allowed; allowed are {', '.join(declared.options)}")
        for value in constraint.values:
            declared.check(path, value)
        return Choice({value: self.options.get(value, 0.0) for value in constraint.values})

    def check(self, path: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise SpecError(f"{path}: {value!r} is not allowed; allowed are {', '.join(self.options)}")
        return value

    def schema(self) -> dict:
        return {"type": "string", "enum": list(self.options)}


@dataclass(frozen=True)
class Flag:
    """True with a probability."""

    probability: float

    def draw(self, rng: Generator) -> bool:
        return bool(rng.random() < self.probability)

    def narrowed(self, path: str, constraint: Constraint, declared: Flag) -> Flag:
        if isinstance(constraint, OneOf) and len(constraint.values) == 1:
            return Flag(float(declared.check(path, constraint.values[0])))
        raise SpecError(f"{path}: allowed is true or false")

    def check(self, path: str, value: Any) -> bool:
        known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
        if not isinstance(value, bool | str) or value not in known:
            raise SpecError(f"{path}: {value!r} is not allowed; allowed is true or false")
        return known[value]

    def schema(self) -> dict:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Text:
    """A plain string that is never drawn: it keeps its default unless a user sets it."""

    default: str

    def draw(self, rng: Generator) -> str:
        return self.default

    def narrowed(self, path: str, constraint: Constraint, declared: Text) -> Text:
        if isinstance(constraint, OneOf) and len(constraint.values) == 1:
            return Text(declared.check(path, str(constraint.values[0])))
        raise SpecError(f"{path}: allowed is one text")

    def check(self, path: str, value: Any) -> str:
        if not isinstance(value, str) or any(ord(character) < 32 for character in value):
            raise SpecError(f"{path}: {value!r} is not allowed; allowed is a text of one line")
        return value

    def schema(self) -> dict:
        return {"type": "string"}


@dataclass(frozen=True)
class Vector:
    """Named numbers, each with its own distribution; the value is a tuple in the order of the names."""

    elements: Mapping[str, Continuous]

    def draw(self, rng: Generator) -> tuple[float, ...]:
        return tuple(element.draw(rng) for element in self.elements.values())

    def check(self, path: str, value: Any) -> tuple[float, ...]:
        names = list(self.elements)
        if isinstance(value, Mapping):
            for name in value:
                if name not in self.elements:
                    raise SpecError(f"{path}.{name}: no such name; allowed are {', '.join(names[:12])}…")
            value = tuple(value.get(name, 0.0) for name in names)
        if not isinstance(value, tuple | list) or len(value) != len(names):
            raise SpecError(f"{path}: allowed are {len(names)} numbers, one for each name")
        return tuple(
            element.check(f"{path}.{name}", number)
            for (name, element), number in zip(self.elements.items(), value, strict=True)
        )

    def schema(self) -> dict:
        properties = {name: element.schema() for name, element in self.elements.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}


@dataclass(frozen=True)
class Simplex(Vector):
    """Named weights that are not negative and sum to one, Dirichlet distributed."""

    concentration: float = 1.0

    def draw(self, rng: Generator) -> tuple[float, ...]:
        weights = rng.dirichlet([self.concentration] * len(self.elements))
        return self.check("weights", tuple(rounded(weight) for weight in weights))

    def check(self, path: str, value: Any) -> tuple[float, ...]:
        weights = np.array(super().check(path, value))
        if not weights.sum() > 0:
            raise SpecError(f"{path}: allowed are weights of which at least one is above zero")
        if abs(weights.sum() - 1) < 1e-5:
            return tuple(float(weight) for weight in weights)
        return tuple(rounded(weight) for weight in weights / weights.sum())
