"""The click group: it knows its sub-commands by a table, and imports one only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import click

from ..errors import BadInput
from ..terminal import showable, write
from .options import CONTEXT

ABOUT = "Simulacra makes labelled synthetic people and places in Blender, and trains generators on them."
COMPLETE = "_SIMULACRA_COMPLETE"  # the variable by which a shell asks for completions, as completion.py tells it


class Program(click.Group):
    """Sub-commands by name: what each does, and the folder of the package that holds its module."""

    def __init__(self, commands: Mapping[str, tuple[str, str]], package: str):
        super().__init__("simulacra", help=ABOUT, context_settings=CONTEXT, subcommand_metavar="COMMAND ...")
        self.rows, self.package = commands, package
        click.version_option(import_module(package).__version__, prog_name="simulacra")(self)

    def run(self, words: Sequence[str]) -> int:
        """Run a command line; its exit code. Bad usage raises BadInput with one line."""
        asked = os.environ.get(COMPLETE, "")
        if asked:
            from click.shell_completion import shell_complete

            return shell_complete(self, {}, "simulacra", COMPLETE, asked)
        if not words:
            with click.Context(self, info_name="simulacra", **CONTEXT) as context:
                write(f"{self.get_help(context)}\n", sys.stderr)
            return 2
        try:
            with self.make_context("simulacra", list(words)) as context:
                self.invoke(context)
        except click.exceptions.Exit as end:  # after help or the version
            return end.exit_code
        except click.ClickException as error:
            raise BadInput(line_of(error)) from None
        return 0

    def get_help(self, context) -> str:
        """As in click, in characters that the terminal knows."""
        return showable(super().get_help(context))

    def list_commands(self, context) -> list[str]:
        """The names, in the order in which one needs them."""
        return list(self.rows)

    def get_command(self, context, name: str):
        """Import a sub-command; None where there is none of the name."""
        if name not in self.rows:
            return None
        _, folder = self.rows[name]
        if find_spec(f".{folder}", self.package) is None:  # the extension comes without the trained systems
            raise BadInput(f"{name}: is not part of the Blender extension; pip install simulacra[models] in a Python")
        return import_module(f".{folder}.cli.{name}", self.package).command

    def tables(self) -> list[ModuleType]:
        """What the other folders that are there have to tell in ``list`` and ``doctor``: their modules ``cli.tables``."""
        own = __package__.rsplit(".", 2)[1]
        folders = dict.fromkeys(folder for _, folder in self.rows.values() if folder != own)
        return [import_module(f".{folder}.cli.tables", self.package) for folder in folders
                if find_spec(f".{folder}", self.package)]  # fmt: skip

    def resolve_command(self, context, words):
        """As in click; an unknown name is told with those that there are."""
        if words[0] not in self.rows:
            raise click.UsageError(f"{words[0]}: no such command; allowed are {', '.join(self.rows)}", context)
        return super().resolve_command(context, words)

    def format_commands(self, context, formatter) -> None:
        """The rows of the table: help imports no sub-command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (about, _) in self.rows.items()])

    def shell_complete(self, context, incomplete):
        """Names with what each does; click would import every sub-command to tell."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=about) for name, (about, _) in self.rows.items() if name.startswith(incomplete)
        ]
        return found or click.Command.shell_complete(self, context, incomplete)


def line_of(error: click.ClickException) -> str:
    """What click found wrong as one line: what, the value, what is allowed, and where to look."""
    context = getattr(error, "ctx", None)
    see = f" (see {context.command_path} --help)" if context else ""
    if isinstance(error, click.NoSuchOption):
        return f"{error.option_name}: no such option{see}"
    if isinstance(error, click.MissingParameter):
        return f"{_name(error.param)}: is required{see}"
    if isinstance(error, click.BadParameter):
        return f"{_name(error.param)}: {error.message}{see}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: expected one argument{see}" if "requires an argument" in error.message else (
            f"{error.option_name}: takes no value{see}")  # fmt: skip
    return f"{error.message.rstrip('.')}{see}"


def _name(param) -> str:
    """A parameter as one types it: an argument by its metavar, an option by its long name."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.metavar or param.name.upper()
