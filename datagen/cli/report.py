"""The report of a failure that nobody foresaw: a private file that can be attached to an issue."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("bpy", "numpy", "click", "rich", "torch", "ray")  # whose versions are told, where they were loaded
SECRET = re.compile(r"(?<=://)[^/\s@]+@")  # what stands before the host in a URL


def report_text(error: BaseException, words: Sequence[str]) -> str:
    """Versions, platform, command line and trace; no environment, no values, no passwords of URLs, no home folder."""
    rows = {
        "simulacra": sys.modules[__package__.rpartition(".datagen")[0]].__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        **{name: _version(name) for name in PACKAGES if name in sys.modules},
        "command": shlex.join(["simulacra", *map(str, words)]),
    }
    text = "\n".join(f"{name}: {value}" for name, value in rows.items())
    trace = "".join(traceback.format_exception(error))
    whole = SECRET.sub("", f"{text}\n\n{trace}")
    home = str(Path.home())
    return whole if home == os.sep else whole.replace(home, "~")


def write_report(error: BaseException, words: Sequence[str]) -> str:
    """Write the report into a new private file of the temporary folder; the line that names it."""
    kind = type(error).__name__
    try:
        descriptor, path = tempfile.mkstemp(prefix="simulacra-report-", suffix=".txt")  # 0600, a random name
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report_text(error, words))
    except OSError as refused:
        return (
            f"something went wrong that was not foreseen ({kind}: {error}), and no report could be written ({refused})"
        )
    return f"something went wrong that was not foreseen ({kind}); please attach {path} to an issue"


def _version(name: str) -> str:
    module = sys.modules[name]
    if name == "bpy":
        return getattr(getattr(module, "app", None), "version_string", "unknown")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
