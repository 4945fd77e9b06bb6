"""The one way in which processes are started: none of them imports anything from the folder that one stands in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, CompletedProcess, Popen, TimeoutExpired
from subprocess import run as _run

__all__ = ["DEVNULL", "PIPE", "STDOUT", "BrokenProcessPool", "CompletedProcess", "Popen", "TimeoutExpired", "blender",
           "environment", "map_in_processes", "program", "python", "python_module", "run", "start"]  # fmt: skip

ROOT = str(Path(__file__).parents[2])  # what holds the package
SEARCHED = ("PYTHONSAFEPATH", "PYTHONPATH")  # the variables that say where a Python imports from
# Blender's own Python starts without the folder; this holds where a distribution's or the user's settings put it back.
LEAVE_HERE = "import os, sys; sys.path[:] = [path for path in sys.path if path not in ('', '.', os.getcwd())]; "


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, or ``more`` in place of it, such that no Python below imports from where it stands.

    Source: PYTHONSAFEPATH and PYTHONPATH in https://docs.python.org/3/using/cmdline.html; an empty entry of the latter,
    as ``PYTHONPATH=$PYTHONPATH:/mine`` makes one, is the working directory.
    """
    values = dict(os.environ if more is None else more) | {"PYTHONSAFEPATH": "1"}
    if "PYTHONPATH" in values:
        kept = [path for path in values["PYTHONPATH"].split(os.pathsep) if os.path.normpath(path) != "."]
        values["PYTHONPATH"] = os.pathsep.join(kept)
        if not kept:
            del values["PYTHONPATH"]
    return values


def python(code: str, *words: str, executable: str = "") -> list[str]:
    """The command of a Python that runs a line of code, which may import this package."""
    lead = f"import sys; sys.path.append({ROOT!r}); " if not executable and _only_here() else ""
    return [executable or sys.executable, "-P", "-c", lead + code, *words]


def python_module(name: str, *words: str, executable: str = "") -> list[str]:
    """The command of a Python that runs a module as ``-m`` does; one of this package's has a function ``main``."""
    if not executable and _only_here():
        return python(f"from {name} import main; sys.exit(main())", *words)
    return [executable or sys.executable, "-P", "-m", name, *words]


def blender(binary: str, code: str, *words: str) -> list[str]:
    """The command of a Blender program that runs a line of code in the background and ends."""
    expression = LEAVE_HERE + code
    command = [binary, "--background", "--python-exit-code", "1", "--python-expr", expression]
    return [*command, "--", *words] if words else command


def program(name: str, code: str, *words: str) -> list[str]:
    """The command of Blender's program at a path, or of this Python where that is empty, which runs a line of code."""
    return blender(name, code, *words) if name else python(code, *(("--", *words) if words else ()))


def start(command: Sequence[str | os.PathLike], env: Mapping[str, str] | None = None, **options) -> Popen:
    """As ``subprocess.Popen``, in an environment from which nothing is imported from here; never through a shell."""
    return Popen(list(command), env=environment(env), shell=False, **options)


def run(command: Sequence[str | os.PathLike], env: Mapping[str, str] | None = None, **options) -> CompletedProcess:
    """As ``subprocess.run``; see start."""
    return _run(list(command), env=environment(env), shell=False, **options)


def map_in_processes(
    function: Callable, rows: Iterable[tuple], workers: int, begin: Callable[[], None] | None = None
) -> Iterator:
    """What a function gives for each row of arguments, in their order, from Python processes of this one's.

    ``begin`` is called in each first. Raises BrokenProcessPool where one of them is killed.
    """
    before = dict(os.environ)
    _search(environment())
    try:  # they, and what keeps account of them, take the environment as it is when the first row is handed out
        with ProcessPoolExecutor(workers, get_context("spawn"), begin) as pool:
            try:
                yield from pool.map(function, *zip(*rows, strict=True))
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        _search(before)


def _search(values: Mapping[str, str]) -> None:
    """Let this process's environment say where a Python imports from as ``values`` does."""
    for name in SEARCHED:
        os.environ.pop(name, None)
        os.environ |= {name: values[name]} if name in values else {}


def _only_here() -> bool:
    """Whether this package was found because one stands in the folder that holds it, and may be found nowhere else."""
    return ROOT in sys.path and ROOT == os.getcwd()
