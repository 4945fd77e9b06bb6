"""The options and arguments of sub-commands: their types, and what is the same for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import click

from ..terminal import showable

CONTEXT = {"help_option_names": ["--help"], "show_default": True, "max_content_width": 100}
DIGITS = 18  # of a whole number: it fits 64 bits
SHOWN = 60  # characters of a wrong value that a message repeats
A_YEAR = 366 * 86400.0  # seconds


class Command(click.Command):
    """A sub-command: options and arguments in any order, nothing abbreviated, nothing given twice."""

    def __init__(self, *names, **options):
        options["context_settings"] = CONTEXT | (options.get("context_settings") or {})
        super().__init__(*names, **options)

    def get_help(self, context) -> str:
        """As in click, in characters that the terminal knows."""
        return showable(super().get_help(context))

    def parse_args(self, context, words):
        """As in click, but for an option that is given twice: the first value would be accepted and unused."""
        order = self.make_parser(context).parse_args(args=list(words))[2]
        for param in order:
            once = isinstance(param, click.Option) and not (param.multiple or param.is_flag or param.is_eager)
            if once and sum(other is param for other in order) > 1:
                raise click.BadParameter("is given more than once; allowed is once", context, param)
        return super().parse_args(context, words)


class Option(click.Option):
    """An option whose help shows its default, where that says something."""

    def __init__(self, *names, **options):
        default = options.get("default")
        options.setdefault(
            "show_default", isinstance(default, str | int | float) and default != "" and default is not False
        )
        super().__init__(*names, **options)


command = partial(click.command, cls=Command)
argument = click.argument
option = partial(click.option, cls=Option)
json_option = partial(option, "--json", "as_json", is_flag=True)


class Whole(click.ParamType):
    """A whole number from ``low`` to ``high``, of at most DIGITS digits."""

    name = "n"

    def __init__(self, low: int | None = None, high: int | None = None):
        self.low, self.high = low, high

    def convert(self, value, param, context):
        """The number of a text; fails with what is allowed."""
        if not isinstance(value, str):
            return value
        if not is_whole(value.removeprefix("-").removeprefix("+")):
            refuse(self, value, self._allowed(), param, context)
        number = int(value)
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            refuse(self, value, self._allowed(), param, context)
        return number

    def _allowed(self) -> str:
        if self.low is None:
            return f"a whole number of at most {DIGITS} digits"
        return f"a whole number from {self.low}" if self.high is None else f"a whole number in {self.low}..{self.high}"


class Number(click.ParamType):
    """A finite number from ``low`` (above it, where ``above``) to ``high``."""

    name = "x"

    def __init__(self, low: float = -math.inf, high: float = math.inf, above: bool = False):
        self.low, self.high, self.above = low, high, above

    def convert(self, value, param, context):
        """The number of a text; fails with what is allowed."""
        if not isinstance(value, str):
            return value
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        inside = self.low <= number <= self.high and not (self.above and number == self.low)
        if not (math.isfinite(number) and inside):
            refuse(self, value, self._allowed(), param, context)
        return number

    def _allowed(self) -> str:
        low = "" if math.isinf(self.low) else f" above {self.low:g}" if self.above else f" from {self.low:g}"
        return f"a number{low}{'' if math.isinf(self.high) else f' to {self.high:g}'}"


class OneOf(click.ParamType):
    """One of a few names; ``names`` may be a function that looks them up when they are needed."""

    name = "name"

    def __init__(self, names: Iterable[str] | Callable[[], Iterable[str]]):
        self._names = names

    @property
    def names(self) -> tuple[str, ...]:
        """What is allowed."""
        return tuple(self._names() if callable(self._names) else self._names)

    def convert(self, value, param, context):
        """The text itself; fails with what is allowed."""
        if value not in self.names:
            refuse(self, value, ", ".join(self.names), param, context, "are")
        return value

    def shell_complete(self, context, param, incomplete):
        """The names that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.names if name.startswith(incomplete)]


class Location(click.ParamType):
    """A path of a file or folder, which need not exist; ``kind`` is file or dir, for shells."""

    name = "path"

    def __init__(self, kind: str = "dir"):
        self.kind = kind

    def convert(self, value, param, context):
        """A Path; fails where it is empty."""
        if isinstance(value, Path):
            return value
        if not value or "\0" in value:
            refuse(self, value, f"a {'folder' if self.kind == 'dir' else 'file'}", param, context)
        return Path(value)

    def shell_complete(self, context, param, incomplete):
        """The shell's own completion of names of files or folders."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


WHOLE, FROM_ZERO, FROM_ONE = Whole(), Whole(0), Whole(1)
SECONDS = Number(0.0, A_YEAR, above=True)
FILE, FOLDER = Location("file"), Location("dir")


def is_whole(text: str) -> bool:
    """Whether a text is a whole number from 0 of at most DIGITS digits; Python's int() refuses thousands of them."""
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS


def shortened(value: str) -> str:
    """A value as a message repeats it."""
    return value if len(value) <= SHOWN else f"{value[:SHOWN]}… ({len(value)} characters)"


def refuse(kind: click.ParamType, value: str, allowed: str, param, context, verb: str = "is") -> None:
    """Fail with the value and what is allowed."""
    kind.fail(f"{shortened(value) or 'nothing'} is not allowed; allowed {verb} {allowed}", param, context)


def generators() -> list[str]:
    """The names of what can be drawn, for shells."""
    from ...procgen.registry import GENERATORS

    return list(GENERATORS)


def completing(names: Callable[[], Iterable[str]]) -> Callable:
    """A completion by names that are looked up when a shell asks."""

    def complete(context, param, incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete
