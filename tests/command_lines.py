"""What the command line accepts, without running it."""

import click

from simulacra.__main__ import COMMANDS
from simulacra.datagen.cli.program import Program


def accepted(words: list[str]) -> None:
    """Raise where the command line would refuse these words, of which the first is a command."""
    program = Program(COMMANDS, "simulacra")
    with click.Context(program, info_name="simulacra") as parent:
        program.get_command(parent, words[0]).make_context(words[0], list(words[1:]), parent=parent)
