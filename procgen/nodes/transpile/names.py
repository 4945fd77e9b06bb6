"""Python names and literals for what a Blender file holds; nothing from the file reaches the code but through these."""

from __future__ import annotations

import keyword
import re
import unicodedata

import numpy as np

WIDTH = 116


class Ref:
    """An expression of the written code, and what it stands for now."""

    def __init__(self, text: str, value=None):
        self.text, self.value = text, value


class Names:
    """The names in use in one scope; each is given out once."""

    def __init__(self, taken=()):
        self.taken = set(taken)

    def take(self, *wishes: str) -> str:
        """A free name from the first wish that makes one."""
        wish = next((name for wish in wishes if (name := identifier(wish))), "thing")
        name, count = wish, 1
        while name in self.taken or keyword.iskeyword(name) or keyword.issoftkeyword(name):
            count += 1
            name = f"{wish}_{count}"
        self.taken.add(name)
        return name


def identifier(text: str) -> str:
    """A text as lower-case words with underscores; empty where nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", ascii_text)
    name = "_".join(words).lower().replace("color", "colour").replace("gray", "grey")[:40].strip("_")
    return f"n_{name}" if name[:1].isdigit() else name


def number(value: float) -> str:
    """A float as the shortest text that gives the same 32 bits."""
    if value != value or value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    short = float(str(np.float32(value)))
    return repr(short if np.float32(value) == value else value)


def literal(value) -> str:
    """A value as an expression."""
    if isinstance(value, Ref):
        return value.text
    if isinstance(value, bool | int | None):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, frozenset | set):
        return "{" + ", ".join(quoted(item) for item in sorted(value)) + "}" if value else "set()"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + ("," if len(value) == 1 else "") + ")"
    raise TypeError(f"{type(value).__name__} has no literal")


def quoted(text: str) -> str:
    """A text as a literal; double quotes where nothing needs escaping."""
    plain = repr(str(text))
    return f'"{plain[1:-1]}"' if '"' not in text and "'" not in text and "\\" not in plain else plain


def place(value) -> str:
    """A pair of coordinates, whole where they are."""
    return "(" + ", ".join(str(int(x)) if x == int(x) else number(x) for x in value) + ")"


def docstring(text: str) -> str:
    """A text as a docstring of one line."""
    safe = re.fullmatch(r"[\w \-.,:;()/'&+#]*[\w.)]", text, re.ASCII)
    return f'"""{text}"""' if safe else quoted(text)


def statement(text: str, parts: list[str], indent: str = "    ") -> list[str]:
    """``text(part, part)`` as lines that fit the page."""
    line = f"{indent}{text}({', '.join(parts)})"
    if len(line) <= WIDTH and "\n" not in line:
        return [line]
    inner = indent + "    "
    lines = [f"{indent}{text}("]
    current = inner
    for part in parts:
        if len(current) > len(inner) and len(current) + len(part) + 1 > WIDTH:
            lines.append(current.rstrip())
            current = inner
        current += part + ", "
    lines += [current.rstrip(), f"{indent})"]
    return lines


def dict_parts(values: dict) -> list[str]:
    """A dictionary as texts which, with commas between, are it."""
    rows = [f"{literal(name)}: {literal(value)}" for name, value in values.items()]
    return [
        ("{" if index == 0 else "") + row + ("}" if index == len(rows) - 1 else "") for index, row in enumerate(rows)
    ]


def value_of(value):
    """What a value of the written code stands for now."""
    if isinstance(value, Ref):
        return value.value
    if isinstance(value, frozenset):
        return set(value)
    if isinstance(value, list | tuple):
        return type(value)(value_of(item) for item in value)
    return value
