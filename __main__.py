"""The command line: one ``main`` for the console script, ``python -m simulacra`` and Blender's ``--command``."""

from __future__ import annotations

import sys
from importlib import import_module

import click

# Each sub-command is imported only when it is called: help works without bpy, and a worker starts fast.
COMMANDS = {
    "list": "list what can be generated",
    "sample": "print the spec of a seed",
    "render": "render a labelled dataset",
    "check": "prove a dataset",
    "view": "write a gallery page of a dataset",
    "export": "write a dataset as other tools read it",
    "doctor": "show versions and what is missing",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of datagen.cli."""

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        return import_module(f".datagen.cli.{name}", __package__).command

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup)
def group():
    """Simulacra makes labelled synthetic people and places in Blender."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if all that was asked exists, 2 for bad input, 1 for a run that could not finish."""
    from .datagen.errors import BadInput, Unfinished
    from .procgen.distributions import SpecError

    try:
        group.main(args=argv, prog_name="simulacra", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = f" (see {context.command_path} --help)" if context else ""
        click.echo(f"simulacra: {error.format_message()}{where}", err=True)
        return 2
    except (SpecError, BadInput) as error:
        click.echo(f"simulacra: {error}", err=True)
        return 2
    except Unfinished as error:
        click.echo(f"simulacra: {error}", err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("simulacra: stopped; run the same command again to finish", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
