"""Where every command ends: what is foreseen becomes one line and an exit code, anything else a report to attach."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from ..errors import NO_SPACE, BadInput, Unfinished
from ..terminal import prepare, warn
from .whole_import import import_whole

BAD, FAILED = 2, 1  # exit codes
PACKAGE = __package__.rpartition(".datagen")[0]


def guarded(run: Callable[[], int | None], words: Sequence[str]) -> int:
    """The exit code of a command; ``words`` are its command line, for a report."""
    prepare()
    import_whole()
    try:
        return run() or 0
    except SystemExit as end:  # rich ends so where the reader of its output has gone
        return end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException as error:
        return _ended(error, words)


def _ended(error: BaseException, words: Sequence[str]) -> int:
    if isinstance(error, BrokenPipeError):  # the reader of standard output has gone, as in `simulacra list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    foreseen = _foreseen(error)
    if foreseen is None:
        from .report import write_report

        foreseen = FAILED, write_report(error, words)
    code, line = foreseen
    warn(f"simulacra: {line}")
    return code


def _foreseen(error: BaseException) -> tuple[int, str] | None:
    """The exit code and line of an error that was foreseen."""
    if isinstance(error, BadInput):
        return BAD, str(error)
    if isinstance(error, Unfinished):
        return FAILED, str(error)
    if isinstance(error, KeyboardInterrupt):
        return FAILED, "stopped; run the same command again to finish"
    if isinstance(error, MemoryError):
        return FAILED, "there is not enough memory for this; try something smaller"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return FAILED if error.errno in NO_SPACE else BAD, f"{where}{error.strerror or error}"
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith(PACKAGE):
        name = error.name.partition(".")[0]
        return BAD, f"{name} is not installed; {'pip install click' if name == 'click' else 'see simulacra doctor'}"
    if isinstance(error, ValueError):
        from ...procgen.distributions import SpecError  # it brings numpy, which help does without

        if isinstance(error, SpecError):
            return BAD, str(error)
    return None
