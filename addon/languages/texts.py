"""Every text that the sidebar shows with a meaning, and which of them a translation lacks: those show in English."""

import ast
from pathlib import Path
from typing import NamedTuple

import bpy

from .. import MODULES, settings
from ..fields.panels import fold_title
from ..fields.properties import CONTROLS
from ..worker.process import STATES
from . import translations

ADDON = Path(__file__).parents[1]


class Text(NamedTuple):
    """A label and its tooltip."""

    where: str
    label: str
    about: str


def _of_properties(cls: type) -> list[Text]:
    found, kind = [], cls.bl_rna
    if issubclass(cls, bpy.types.Operator):  # whose class knows nothing of its own properties
        package, _, name = cls.bl_idname.partition(".")
        kind = getattr(getattr(bpy.ops, package), name).get_rna_type()
    own = {name for base in cls.__mro__ for name in vars(base).get("__annotations__", {})}
    for prop in kind.properties:
        if prop.identifier not in own or prop.is_hidden or prop.type == "POINTER":
            continue
        found.append(Text(f"{cls.__name__}.{prop.identifier}", prop.name, prop.description))
        if prop.type == "ENUM":
            found += [Text(f"{cls.__name__}.{prop.identifier}.{item.identifier}", item.name, item.description or item.name)
                      for item in prop.enum_items_static_ui]  # fmt: skip
    return found


LOOKED_UP = {"iface_", "tip_", "poll_message_set"}  # functions whose text is shown


def _of_sources() -> list[Text]:
    """Texts that stand in the code: what labels and buttons are given, and what is looked up to be filled in."""
    found = []
    for path in sorted(ADDON.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = []
            if isinstance(node, ast.keyword) and node.arg == "text":
                given = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in LOOKED_UP:
                given = node.args
            for value in given:
                for part in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.strip():
                        found.append(Text(f"{path.relative_to(ADDON)}:{part.lineno}", part.value, part.value))
    return found


def _of_folds() -> list[Text]:
    """Headings inside the panels of groups."""
    found = []
    for kind, controls in CONTROLS.items():
        for control in controls:
            if control.section:
                found.append(Text(f"{kind}.{control.path}", control.section, control.section))
            if control.section or len(control.group) > 1:
                title = fold_title(control.group[1:])
                found.append(Text(f"{kind}.{control.path}", title, title))
    return found


def all_texts() -> list[Text]:
    """The texts of every class that is registered."""
    from importlib import import_module

    found = _of_sources()
    for name in MODULES:
        for cls in getattr(import_module(f"..{name}", __package__), "CLASSES", ()):
            if issubclass(cls, bpy.types.FileHandler):
                continue
            about = (cls.__doc__ or "").strip()
            found.append(Text(cls.__name__, getattr(cls, "bl_label", about), about))
            if issubclass(cls, bpy.types.Operator | bpy.types.AddonPreferences):
                found += _of_properties(cls)
    for cls in (*settings.GROUPS, *settings.made_classes()):
        found += _of_properties(cls)
    return found + _of_folds() + [Text(f"jobs.{name}", name, name) for name in STATES]


def state() -> dict[str, dict[str, list[str]]]:
    """What each language lacks, which shows in English, and the rows of its file that nothing shows any more."""
    english, found = {text for row in all_texts() for text in (row.label, row.about)}, {}
    for language, table in translations.tables().items():
        held = {text for _, text in table}
        found[language] = {"missing": sorted(english - held), "stale": sorted(held - english)}
    return found
