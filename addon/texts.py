"""Every text that the sidebar shows with a meaning: what translators need, and what a test holds complete."""

import ast
from pathlib import Path
from typing import NamedTuple

import bpy

from . import MODULES, scene_settings


class Text(NamedTuple):
    """A label and its tooltip."""

    where: str
    label: str
    about: str


def _of_properties(cls: type) -> list[Text]:
    found = []
    for prop in cls.bl_rna.properties:
        if prop.identifier in ("rna_type", "name") and not isinstance(
            getattr(cls, "__annotations__", {}).get(prop.identifier), object
        ):
            continue
        if prop.identifier not in getattr(cls, "__annotations__", {}) or prop.is_hidden or prop.type == "POINTER":
            continue
        found.append(Text(f"{cls.__name__}.{prop.identifier}", prop.name, prop.description))
        if prop.type == "ENUM":
            found += [Text(f"{cls.__name__}.{prop.identifier}.{item.identifier}", item.name, item.description or item.name)
                      for item in prop.enum_items_static_ui]  # fmt: skip
    return found


SHOWN = {"iface_", "tip_", "poll_message_set"}  # functions whose text is shown


def _of_sources() -> list[Text]:
    """Texts that stand in the code: what labels and buttons are given, and what is looked up to be filled in."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = []
            if isinstance(node, ast.keyword) and node.arg == "text":
                given = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SHOWN:
                given = node.args
            for value in given:
                for part in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.strip():
                        found.append(Text(f"{path.stem}:{part.lineno}", part.value, part.value))
    return found


def all_texts() -> list[Text]:
    """The texts of every class that is registered."""
    from importlib import import_module

    found = _of_sources()
    for name in MODULES:
        for cls in getattr(import_module(f".{name}", __package__), "CLASSES", ()):
            if issubclass(cls, bpy.types.FileHandler):
                continue
            about = (cls.__doc__ or "").strip()
            found.append(Text(cls.__name__, getattr(cls, "bl_label", about), about))
            if issubclass(cls, bpy.types.Operator | bpy.types.AddonPreferences):
                found += _of_properties(cls)
    for cls in (*scene_settings.GROUPS, *scene_settings.made_classes()):
        found += _of_properties(cls)
    return found
