"""The command line: one ``main`` for the console script, ``python -m simulacra`` and Blender's ``--command``."""

from __future__ import annotations

import contextlib
import os
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
@click.version_option(sys.modules[__package__].__version__ if __package__ else "", prog_name="simulacra")
def group():
    """Simulacra makes labelled synthetic people and places in Blender."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if all that was asked exists, 2 for bad input, 1 for a run that could not finish."""
    from .datagen.errors import NO_SPACE, BadInput, Unfinished
    from .procgen.distributions import SpecError

    try:
        code = group.main(args=argv, prog_name="simulacra", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = f" (see {context.command_path} --help)" if context else ""
        return _fail(2, f"{error.format_message()}{where}")
    except (SpecError, BadInput) as error:
        return _fail(2, error)
    except Unfinished as error:
        return _fail(1, error)
    except (click.Abort, KeyboardInterrupt):
        return _fail(1, "stopped; run the same command again to finish")
    except BrokenPipeError:  # the reader of standard output has gone, as in `simulacra list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(1 if error.errno in NO_SPACE else 2, f"{where}{error.strerror or error}")


def _fail(code: int, message) -> int:
    with contextlib.suppress(OSError):
        click.echo(f"simulacra: {' '.join(str(message).split())}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
