"""A worker process: reads one JSON task a line, renders the sample, answers with one JSON line; ends with its parent."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path

DEFAULT_RENDERER = "datagen.render:render_sample"


def load_renderer(name: str):
    """The function ``module:function``; a module within this package is named from its root."""
    module, _, function = name.partition(":")
    root = __package__.rpartition(".")[0]
    try:
        return getattr(import_module(f"{root}.{module}"), function)
    except ModuleNotFoundError:
        return getattr(import_module(module), function)


def _die_with_parent() -> None:
    """On Linux the kernel ends this process with its parent; elsewhere the closed standard input does."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


def main() -> int:
    """Serve tasks until standard input ends."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    from .dataset import DatasetFolder
    from .errors import BadInput
    from .recipe import Recipe

    # Blender prints to standard output: answers go through a copy of it, and all else to standard error.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps({"ready": os.getpid()}), file=answers)
    for line in sys.stdin:
        task = json.loads(line)
        index = task["index"]
        try:
            folder = DatasetFolder(Path(task["out"]), Recipe.from_dict(task["recipe"]))
            record = folder.write_sample(index, load_renderer(task["renderer"]))
            answer = {"index": index, "seconds": record.get("seconds", {})}
        except Exception as error:
            traceback.print_exc()
            fatal = isinstance(error, OSError) and error.errno == 28
            answer = {
                "index": index, "error": f"{type(error).__name__}: {error}".splitlines()[0], "full_disk": fatal,
                "bad_input": isinstance(error, BadInput | ValueError),
            }  # fmt: skip
        print(json.dumps(answer), file=answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
