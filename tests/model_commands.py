"""Calls of the model commands in tests, and what they print."""

import json
import sys

import pytest

torch = pytest.importorskip("torch")

import fake_system  # noqa: E402

from simulacra.__main__ import main  # noqa: E402

FAKE = [sys.executable, fake_system.__file__, "-m", "simulacra"]


def failed(capsys, arguments, code: int = 2) -> str:
    """The one line with which a command ends."""
    assert main([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("simulacra: ") and "\n" not in captured.err.strip(), captured.err
    return captured.err


def events(capsys) -> list[dict]:
    """The JSON lines of a command, and nothing but those."""
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]
