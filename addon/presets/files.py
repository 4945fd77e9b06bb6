"""Presets: parts of a spec as a JSON file that people share; checked field by field, and never more than data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ...datagen.errors import BadInput
from ...datagen.formats.writing import write_whole
from ...procgen import registry
from ...procgen.distributions import SpecError, Vector
from ...procgen.params import VERSION, fields, from_dict, to_dict
from ...procgen.people.consequences import follow
from ...procgen.vary import value_at
from .. import PACKAGE
from ..files import open_chosen

FORMAT = 1  # of the file
LARGEST = 1 << 20  # bytes of a preset file
SHIPPED = Path(__file__).parent / "shipped"
KEYS = {"simulacra", "format", "version", "kind", "name", "description", "fields"}


class PresetError(ValueError):
    """A preset that cannot be used; the message names the file, the field and what is allowed."""


class Preset(NamedTuple):
    """Fields of a spec by nested name; what it does not hold stays as it is."""

    kind: str
    name: str
    description: str
    fields: dict


def apply(preset: Preset, spec: Any) -> Any:
    """The spec with a preset's fields set; raises PresetError where one is not allowed."""
    try:
        chosen = _merged(type(spec), to_dict(spec), preset.fields, "")
        for path in _leaves(preset.fields):
            chosen = follow(chosen, path)
        # What a choice brings with it gives way to what the preset says itself.
        return from_dict(type(spec), _merged(type(spec), chosen, preset.fields, ""))
    except SpecError as error:
        raise PresetError(f"{preset.name}: {error}") from None


def _leaves(held: dict, prefix: str = "") -> list[str]:
    found = []
    for name, value in held.items():
        found += _leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]
    return found


def _merged(cls: type, document: dict, changes: Any, path: str) -> dict:
    if not isinstance(changes, dict):
        raise SpecError(f"{path.rstrip('.') or 'fields'}: allowed is an object of fields")
    declared, result = fields(cls), dict(document)
    for name, value in changes.items():
        if name not in declared:
            raise SpecError(f"{path}{name}: no such field; allowed are {', '.join(declared)}")
        param = declared[name]
        if param.nested:
            result[name] = _merged(param.nested, document[name], value, f"{path}{name}.")
        elif isinstance(param.distribution, Vector):
            if not isinstance(value, dict):
                raise SpecError(f"{path}{name}: allowed is an object of numbers by name")
            param.distribution.check(f"{path}{name}", document[name] | value)
            result[name] = document[name] | value
        else:
            result[name] = param.distribution.check(f"{path}{name}", value)
    return result


def parse(text: str, where: str) -> Preset:
    """Read a preset's text; raises PresetError that begins with ``where``."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{where}: is not a JSON file ({error})") from None
    if not isinstance(document, dict) or set(document) != KEYS or document["simulacra"] != "preset":
        raise PresetError(f"{where}: is not a preset; allowed is an object of {', '.join(sorted(KEYS))}")
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise PresetError(
            f"{where}: is of format {document['format']!r}, version {document['version']!r}; allowed are {FORMAT} and {VERSION}"
        )
    if not all(isinstance(document[key], str) and len(document[key]) < 500 for key in ("kind", "name", "description")):
        raise PresetError(f"{where}: kind, name and description are short texts")
    preset = Preset(*(document[key] for key in ("kind", "name", "description", "fields")))
    try:
        apply(preset, registry.sample(preset.kind, 0))
    except (SpecError, PresetError) as error:
        raise PresetError(f"{where}: {error}") from None
    return preset


def read(path: Path) -> Preset:
    """Read a preset file; raises PresetError that names it."""
    try:
        with open_chosen(path, LARGEST) as file:
            return parse(file.read(LARGEST).decode("utf-8"), path.name)
    except UnicodeDecodeError:
        raise PresetError(f"{path.name}: is not a text file") from None
    except (BadInput, OSError) as error:
        raise PresetError(str(error)) from None


def of_spec(kind: str, spec: Any, name: str, paths: Iterable[str], description: str = "") -> Preset:
    """The preset that holds the fields of a spec below some dotted paths."""
    document, held = to_dict(spec), {}
    for path in paths:
        *groups, field = path.split(".")
        inner = held
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[field] = value_at(document, path)
    return Preset(kind, name.strip(), description, held)


def write(path: Path, preset: Preset) -> None:
    """Write a preset; it is there whole or not at all."""
    row = {"simulacra": "preset", "format": FORMAT, "version": VERSION, **preset._asdict()}
    write_whole(path, (json.dumps(row, indent=1) + "\n").encode())


def file_name(name: str) -> str:
    """A file name for a preset's name; raises PresetError where nothing is left of it."""
    stem = re.sub(r"\W+", "_", name.strip().lower()).strip("_")[:60]
    if not stem:
        raise PresetError(f"{name!r}: is not a name; allowed are letters and digits")
    return f"{stem}.json"


def user_folder() -> Path:
    """Where this user's presets are kept; made if it is not there."""
    import bpy

    return Path(bpy.utils.extension_path_user(PACKAGE, path="presets", create=True))


def available() -> dict[str, Preset]:
    """All presets that can be read, by file; the user's own first, then those that ship."""
    found = {}
    for origin, folder in (("user", user_folder()), ("shipped", SHIPPED)):
        for path in sorted(folder.glob("*.json")):
            try:
                found[f"{origin}/{path.name}"] = _read_once(path, path.stat().st_mtime_ns)
            except (PresetError, OSError):
                continue  # a broken file is told of when it is imported
    return found


@cache
def _read_once(path: Path, _changed: int) -> Preset:
    """A preset file as of its last change: the sidebar asks at every redraw."""
    return read(path)


def path_of(key: str) -> Path:
    """The file of an entry of ``available``."""
    origin, _, name = key.partition("/")
    return (SHIPPED if origin == "shipped" else user_folder()) / name
