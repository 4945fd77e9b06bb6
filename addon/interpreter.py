"""What keeps a program from being a Python that can render: found at once, by looking at the file and asking it one question."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..procgen import processes

OLDEST = (3, 11)
PATIENCE = 10.0  # seconds that it gets to answer
ASK = (
    "import importlib.util, json, sys; "
    "print(json.dumps([list(sys.version_info[:2]), importlib.util.find_spec('simulacra') is not None]))"
)


def file_problem(path: str) -> str:
    """Why a path is no program, as one line; "" where it is one, or where there is no path."""
    if not path:
        return ""
    try:
        place = Path(path)
        if not place.exists():
            return f"{path}: there is no such file; choose a Python, or leave it empty"
        if place.is_dir():
            return f"{path}: is a folder; choose the python in it, such as {place / 'bin' / 'python3'}"
    except (OSError, ValueError) as error:
        return f"{path}: cannot be looked at ({error})"
    return "" if os.access(place, os.X_OK) else f"{path}: is not a program that may be run"


def problem(path: str) -> str:
    """Why a path is no Python that has simulacra, as one line; "" where it is one, or where there is no path."""
    found = file_problem(path)
    if found or not path:
        return found
    try:
        answer = processes.run(
            [path, "-c", ASK], capture_output=True, text=True, timeout=PATIENCE, stdin=processes.DEVNULL
        )
        version, has = json.loads(answer.stdout)
    except processes.TimeoutExpired:
        return f"{path}: does not answer as a Python does"
    except (OSError, ValueError, TypeError):
        return f"{path}: is not a Python"
    if tuple(version) < OLDEST:
        return f"{path}: is Python {version[0]}.{version[1]}; allowed is {OLDEST[0]}.{OLDEST[1]} or later"
    return "" if has else f"{path}: has no simulacra; install it there: pip install simulacra"
