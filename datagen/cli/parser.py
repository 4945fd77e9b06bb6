"""The argument parser: bad usage is raised as one line that names the option, and defaults are shown in the help."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..errors import BadInput


class Parser(argparse.ArgumentParser):
    """The parser of the program or of one sub-command."""

    def __init__(self, prog: str, description: str, **options):
        layout = argparse.RawDescriptionHelpFormatter
        super().__init__(
            prog, description=description, formatter_class=layout, add_help=False, allow_abbrev=False, **options
        )
        self.names: set[str] = set()
        self.add_argument("--help", action="help", help="show this message and exit")

    def add_argument(self, *names, **options):
        """As in argparse; the default of an option is added to its help."""
        if options.get("default") not in (None, "", []):
            options["help"] = f"{options['help']} (default: {options['default']})"
        action = super().add_argument(*names, **options)
        self.names.update(action.option_strings)
        return action

    def read(self, words: list[str]) -> argparse.Namespace:
        """The values of a command line; options and arguments may come in any order."""
        for word in words[: words.index("--")] if "--" in words else words:
            name = word.partition("=")[0]
            # argparse would first tell that an argument is missing, which is not what went wrong.
            if len(name) > 1 and name.startswith("-") and name not in self.names and not _is_number(word):
                self.error(f"{name}: no such option")
        return self.parse_intermixed_args(words)

    def error(self, message: str):
        """Raise BadInput, where argparse would print its usage and exit."""
        raise BadInput(f"{message.removeprefix('argument ')} (see {self.prog} --help)")


def whole(text: str) -> int:
    """The type of an option that takes a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not allowed; allowed is a whole number") from None


def number(text: str) -> float:
    """The type of an option that takes a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not allowed; allowed is a number") from None


def one_of(*names: str) -> Callable[[str], str]:
    """The type of an option that takes one of a few names."""

    def named(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text} is not allowed; allowed are {', '.join(names)}")
        return text

    return named


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
