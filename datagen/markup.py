"""Writes HTML pages: a tree of elements whose texts and attributes are always escaped, and a policy that nothing else runs.

Names of elements and attributes are those listed here; whatever else a page says is text, wherever it comes from.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator

TAGS = frozenset(
    ("article", "body", "details", "div", "dl", "dt", "dd", "figcaption", "figure", "h1", "h2", "header", "img", "input", "label",
     "main", "p", "pre", "rect", "section", "span", "summary", "svg", "title")
)  # fmt: skip
ATTRIBUTES = frozenset(
    ("alt", "aria-label", "class", "data-text", "fill", "height", "hidden", "loading", "placeholder", "role", "rx", "src", "type",
     "viewBox", "width", "x", "y")
)  # fmt: skip
VOID = frozenset(("img", "input"))
PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]*={0,2}")
# Control characters, halves of characters, characters that turn the direction of what follows, and what is no character.
UNPRINTABLE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


class Element:
    """An element of a page; children are elements or texts, attributes texts or numbers by name.

    A name ends in _ where Python keeps the word, and has _ for -. Raises ValueError on names that are not listed, and on a
    picture that is not within the page.
    """

    def __init__(self, tag: str, *children: Element | str, **attributes: str | float):
        self.tag, self.children = tag, children
        self.attributes = {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items()}
        if tag not in TAGS or not ATTRIBUTES.issuperset(self.attributes) or (tag in VOID and children):
            raise ValueError(f"markup: <{tag} {' '.join(self.attributes)}> is not an element of ours")
        if not PICTURE.fullmatch(self.attributes.get("src", "data:image/png;base64,")):
            raise ValueError("markup: a picture is not within the page")

    def parts(self) -> Iterator[str]:
        """Its HTML, in pieces."""
        yield f"<{self.tag}"
        for name, value in self.attributes.items():
            yield f' {name}="{escaped(value)}"'
        yield ">"
        for child in self.children:
            if isinstance(child, Element):
                yield from child.parts()
            else:
                yield escaped(child)
        if self.tag not in VOID:
            yield f"</{self.tag}>"


def escaped(text) -> str:
    """Text as HTML: what could be markup, or cannot be shown, is not in it."""
    return html.escape(UNPRINTABLE.sub("\ufffd", str(text)), quote=True)


def document(title: str, style: str, script: str, *body: Element) -> str:
    """A page that runs ``script`` alone, loads nothing and holds its pictures; style and script are constants of ours.

    Source: Content Security Policy Level 3, W3C.
    """
    if "</" in style + script:
        raise ValueError("markup: a style or script must not hold the end of its element")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return "".join((
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">',
        *Element("title", title).parts(), f"<style>{style}</style></head>",
        "<body>", *(part for element in body for part in element.parts()), f"<script>{script}</script></body></html>\n",
    ))  # fmt: skip


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
