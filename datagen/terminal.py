"""What is printed: every line for a person or a program passes here, and none can command the terminal."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import sys
import unicodedata
from typing import TextIO

LONGEST, LONGEST_WORD = (
    2000,
    400,
)  # characters of a message's line and of its words; a wrong value may be a file's worth
# Signs of ours in the words of a terminal that knows no more than ASCII.
PLAIN = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "×": "x", "→": "->", "▸": ">", "°": " degrees", "·": "*", "π": "pi"}
)
COMMANDING = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # Unicode categories: controls, marks of direction, lone surrogates, line ends


def escaped(text: object) -> str:
    """A text as one line without control characters: each is written as Python would, ``\\x1b`` for escape."""
    return "".join(
        character.encode("unicode_escape").decode("ascii") if unicodedata.category(character) in COMMANDING else character
        for character in str(text)
    )  # fmt: skip


def message(text: object) -> str:
    """A message as one line of at most LONGEST characters, its white space in single spaces."""
    words = str(text).split()
    line = escaped(
        " ".join(word if len(word) <= LONGEST_WORD else f"{word[:60]}… ({len(word)} characters)" for word in words)
    )
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} … {line[-LONGEST // 4 :]}"


def say(*lines: object) -> None:
    """Print lines on standard output at once."""
    print("\n".join(map(escaped, lines)), flush=True)


def emit(document: object) -> None:
    """Print a JSON line on standard output at once: a program waits for it."""
    print(json.dumps(document), flush=True)


def warn(text: object) -> None:
    """Print a message on standard error; a run does not end because nobody reads it."""
    with contextlib.suppress(OSError, ValueError):
        print(message(text), file=sys.stderr, flush=True)


def write(text: str, stream: TextIO | None = None) -> None:
    """Print a document of several lines, on standard output or ``stream``, as it is but for control characters."""
    print("\n".join(map(escaped, text.split("\n"))), end="", file=stream, flush=True)


def showable(text: str) -> str:
    """A text in the characters that standard output can show; click would write UTF-8 whatever the terminal knows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "simulacra").decode(encoding)


def prepare() -> None:
    """Make the standard streams safe to use: none is closed, and none fails on a character that it cannot show."""
    _fill()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            if stream.errors != "simulacra":
                stream.reconfigure(errors="simulacra")


def _fill() -> None:
    """Put the null device where a standard descriptor is closed: the next file opened would take its place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)


def _shown(error: UnicodeError) -> tuple[str, int]:
    """What a stream writes in place of characters that its encoding lacks."""
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error("simulacra", _shown)
