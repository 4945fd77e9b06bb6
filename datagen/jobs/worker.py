"""A worker process: reads one JSON task a line, renders the sample, answers with one JSON line; ends with its parent."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import signal
import sys
import threading
import time
import traceback
from importlib import import_module

DEFAULT_RENDERER = "datagen.rendering.render:render_sample"


def load_renderer(name: str):
    """The function ``module:function``; a module within this package is named from its root."""
    module, _, function = name.partition(":")
    root = __package__.rsplit(".", 2)[0]
    inside = f"{root}.{module}"
    try:
        found = import_module(inside)
    except ModuleNotFoundError as error:
        if error.name is None or not inside.startswith(error.name):
            raise  # the module is there, and something that it needs is not
        found = import_module(module)
    return getattr(found, function)


def _end_with_parent(parent: int) -> None:
    """End this process, in the middle of a sample too, when the one that started it is gone."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _require(wanted: dict) -> None:
    """Refuse to render where the run's versions are not installed, as on a node of a cluster."""
    from ..errors import DestinationTrouble
    from ..storage.continuing import differing_versions, versions

    for what, there, here in differing_versions(wanted, versions()):
        raise DestinationTrouble(
            f"{platform.node()}: {what} is {here}, and {there} where the run was started; install the same everywhere"
        )


def render(task: dict, destination, recipe_type) -> dict:
    """The answer to one task."""
    index = task["index"]
    try:
        _require(task.get("versions", {}))
        folder = destination(task["out"], recipe_type.from_dict(task["recipe"]))
        record = folder.write_sample(
            index, load_renderer(task["renderer"]), task.get("threads", 0), task.get("again", False)
        )
        return {"index": index, "seconds": record.get("seconds", {}), "device": record.get("device")}
    except Exception as error:
        from ...procgen.distributions import SpecError
        from ..errors import BadInput, DestinationTrouble
        from ..validity.findings import Invalid

        with contextlib.suppress(OSError):  # the disk that holds the log may be full
            traceback.print_exc()
        name = (
            ""
            if isinstance(error, BadInput | SpecError | DestinationTrouble | Invalid)
            else f"{type(error).__name__}: "
        )
        return {
            "index": index,
            "error": name + " ".join(str(error).split())[:500],
            "stop": isinstance(error, DestinationTrouble),
            "bad_input": isinstance(error, BadInput | SpecError | Invalid),
        }


def main() -> int:
    """Serve tasks until standard input ends."""
    _end_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    from ..recipe import Recipe
    from ..storage.destinations import destination

    # Blender prints to standard output: answers go through a copy of it, and all else to standard error.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print(json.dumps({"ready": os.getpid()}), file=answers)
    for line in sys.stdin:
        print(json.dumps(render(json.loads(line), destination, Recipe)), file=answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
