"""Translations of everything the sidebar says; English is the source, and each other language a JSON file beside."""

import json
from pathlib import Path

import bpy

from .. import PACKAGE

FOLDER = Path(__file__).parent
CONTEXTS = ("*", "Operator")  # Blender looks a button's text up in the second


def tables() -> dict[str, dict[tuple[str, str], str]]:
    """The dictionaries that Blender takes: language → (context, English) → text."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {(context, english): text for english, text in rows.items() for context in CONTEXTS}
    return found


def register() -> None:
    """Hand the dictionaries to Blender."""
    bpy.app.translations.register(PACKAGE, tables())


def unregister() -> None:
    """Take them back."""
    bpy.app.translations.unregister(PACKAGE)
