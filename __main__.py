"""The command line: one ``main`` for the console script, ``python -m simulacra`` and Blender's ``--command``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # -m puts the folder one stands in before all others, and what lies there is not to be imported. Where it is the
    # folder that holds this package, it comes last.
    _here = sys.path.pop(0)
    if os.path.dirname(os.path.dirname(os.path.abspath(__file__))) == _here:
        sys.path.append(_here)

import contextlib
import inspect
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple


class Command(NamedTuple):
    """A sub-command: what it does, and the folder of its module."""

    about: str
    folder: str = "datagen"


# Each sub-command is imported only when it is called: help works without bpy and torch, and a worker starts fast.
COMMANDS = {
    "list": Command("list what can be generated"),
    "sample": Command("print the spec of a seed"),
    "render": Command("render a labelled dataset"),
    "plan": Command("forecast what a run takes"),
    "label": Command("render the labels of any Blender file"),
    "merge": Command("join the shards of a dataset"),
    "check": Command("prove a dataset"),
    "view": Command("write a gallery page of a dataset"),
    "export": Command("write a dataset as other tools read it"),
    "transpile": Command("turn a node graph into Python"),
    "train": Command("train a system on datasets", "models"),
    "generate": Command("let a trained system make an avatar", "models"),
    "results": Command("write the page of what was measured", "models"),
    "doctor": Command("show versions and what is missing"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if all that was asked exists, 2 for bad input, 1 for a run that could not finish."""
    from .datagen.errors import NO_SPACE, BadInput, Unfinished

    try:
        return _run(sys.argv[1:] if argv is None else list(argv)) or 0
    except SystemExit as end:  # after help or the version; rich ends so where the reader of its output has gone
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BadInput as error:
        return _fail(2, error)
    except Unfinished as error:
        return _fail(1, error)
    except KeyboardInterrupt:
        return _fail(1, "stopped; run the same command again to finish")
    except BrokenPipeError:  # the reader of standard output has gone, as in `simulacra list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(1 if error.errno in NO_SPACE else 2, f"{where}{error.strerror or error}")
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith(__package__):
            raise
        return _fail(2, f"{error.name.partition('.')[0]} is not installed; see simulacra doctor")
    except ValueError as error:
        from .procgen.distributions import SpecError  # it brings numpy, which help does without

        if not isinstance(error, SpecError):
            raise
        return _fail(2, error)


def _run(words: list[str]) -> int | None:
    from .datagen.cli.parser import Parser
    from .datagen.errors import BadInput

    if not words or words[0].startswith("-"):
        parser = _program()
        if words:
            parser.read(words[:1])
        parser.print_help(sys.stderr)
        return 2
    name, *rest = words
    if name not in COMMANDS:
        _program().error(f"{name}: no such command; allowed are {', '.join(COMMANDS)}")
    folder = COMMANDS[name].folder
    if find_spec(f".{folder}", __package__) is None:  # the extension comes without the trained systems
        raise BadInput(f"{name}: is not part of the Blender extension; pip install simulacra[models] in a Python")
    module = import_module(f".{folder}.cli.{name}", __package__)
    parser = Parser(f"simulacra {name}", inspect.getdoc(module.command))
    module.configure(parser)
    return module.command(parser.read(rest))


def _program():
    """The parser of what stands before a command."""
    from . import __version__
    from .datagen.cli.parser import Parser

    rows = "\n".join(f"  {name:<11}{row.about}" for name, row in COMMANDS.items())
    about = "Simulacra makes labelled synthetic people and places in Blender, and trains generators on them."
    usage = "simulacra [--help] [--version] COMMAND ..."
    parser = Parser("simulacra", about, usage=usage, epilog=f"commands:\n{rows}")
    parser.add_argument("--version", action="version", version=f"%(prog)s, version {__version__}")
    return parser


def _fail(code: int, message) -> int:
    with contextlib.suppress(OSError):
        print(f"simulacra: {' '.join(str(message).split())}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
