"""Sliders and menus made from the metadata of a spec: one property group a kind, and the way between it and the spec."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ...procgen.distributions import Choice, Continuous, Flag, Simplex, Vector, Whole, rounded
from ...procgen.params import Param, fields
from ...procgen.registry import find
from ..thumbnails.families import FIELDS
from ..thumbnails.pictures import icon_of

COLOUR = "linear sRGB"  # unit of a vector that holds colours, three numbers each
UNITS = {"deg": "°", "°": "°", "deg/s": "°/s", "rad": "rad", "m/s": "m/s", "km": "km", "1/m": "1/m", "years": "years", "mm": "mm", "K": "K",
         "EV": "EV"}  # fmt: skip
SPELLED = {"hdri": "HDRI", "hdri_rotation": "HDRI rotation", "shift_x": "Shift sideways", "shift_y": "Shift up", "f_stop": "f-stop",
           "makeup": "Make-up", "makeup_on": "Make-up"}  # fmt: skip
TAKEN = {"name": "named"}  # attributes that every property group of Blender's has
SMALL = 0.2  # m; what is never larger is shown in millimetres


class Control(NamedTuple):
    """One widget: the field that it shows, and where its property is."""

    path: str  # dotted, of the field or of the element of a vector
    group: tuple[str, ...]  # attribute names from the kind's property group to the one that holds the property
    attribute: str
    label: str
    doc: str
    section: str  # of a long vector, "" otherwise
    paths: tuple[str, ...]  # of the elements that one colour shows, else just the path
    factor: float = 1.0  # from the field to the property
    slider: bool = True  # shown as a bar
    family: str = ""  # of the pictures of its options


CONTROLS: dict[str, list[Control]] = {}  # by kind
_classes: list[type] = []


def label_of(name: str) -> str:
    """A name as a person reads it: ``sun_elevation`` → Sun elevation, ``eyeBlinkLeft`` → Eye blink left."""
    if name in SPELLED:
        return SPELLED[name]
    words = (
        re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        .replace("_", " ")
        .replace("-", " ")
        .lower()
        .removeprefix("asym ")
        .replace("brown ", "brow ")
    )
    if words[:2] in ("l ", "r "):
        words = f"{words[2:]} {'left' if words[0] == 'l' else 'right'}"
    return words[:1].upper() + words[1:]


def section_of(name: str) -> str:
    """The heading under which an element of a long vector stands: its first word."""
    bare = name.removeprefix("asym-")
    bare = bare[2:] if bare[:2] in ("l-", "r-") else bare
    return re.match(r"[a-z]+", bare).group().removesuffix("s").replace("brown", "brow")


def _property(name: str, param: Param, update, given: dict, family: str):
    distribution, unit = param.distribution, param.unit
    display_unit = "mm" if factor_of(distribution, unit) != 1 else unit
    label = label_of(name) + (f" ({UNITS[display_unit]})" if display_unit in UNITS else "")
    about = {"name": label, "description": (param.doc or label_of(name)), "update": update}
    if name in given:
        factor = factor_of(distribution, unit)
        about["default"] = given[name] * factor if factor != 1 else given[name]
    if isinstance(distribution, Choice):
        items = [
            (option, label_of(option), about["description"], icon_of(family, option) if family else 0, index)
            for index, option in enumerate(distribution.options)
        ]
        return EnumProperty(items=items, **about)
    if isinstance(distribution, Flag):
        return BoolProperty(**about)
    if isinstance(distribution, Whole):
        return IntProperty(min=distribution.low, max=distribution.high, **about)
    if isinstance(distribution, Continuous):
        return _number(distribution, unit, about)
    return StringProperty(subtype="FILE_PATH" if name == "hdri" else "NONE", **about)


def factor_of(distribution, unit: str) -> float:
    """What a field is multiplied by to be shown: small lengths are millimetres."""
    return 1000.0 if unit == "m" and getattr(distribution, "high", 1.0) < SMALL else 1.0


def _number(distribution: Continuous, unit: str, about: dict):
    factor = factor_of(distribution, unit)
    if factor != 1:
        return FloatProperty(
            min=distribution.low * factor, max=distribution.high * factor, step=1, precision=2, **about
        )
    low, high = distribution.low, distribution.high
    more = {"subtype": "DISTANCE", "precision": 4} if unit == "m" else {"precision": 3 if high - low < 20 else 1}
    return FloatProperty(min=low, max=high, step=max((high - low), 0.01), **more, **about)


def _vector_class(kind: str, name: str, vector: Vector, unit: str, group, path: str, update) -> type:
    """The property group of a vector; colours become one swatch for three numbers."""
    annotations, found = {}, CONTROLS[kind]
    elements = list(vector.elements)
    if unit == COLOUR:
        for index in range(0, len(elements), 3):
            title = elements[index].rpartition("_")[0]
            three = tuple(f"{path}.{element}" for element in elements[index : index + 3])
            annotations[title] = FloatVectorProperty(
                name=label_of(title), description=f"{label_of(title)} colour", subtype="COLOR", size=3, min=0.0, max=1.0,
                update=update(three[0]),
            )  # fmt: skip
            found.append(Control(three[0], (*group, name), title, label_of(title), f"{title} colour", "", three))
    else:
        # Headings that most elements would stand alone under help nobody.
        headed = len(elements) > 12 and 2 * len(set(map(section_of, elements))) <= len(elements)
        for element, distribution in vector.elements.items():
            attribute = element.replace("-", "_")
            full = f"{path}.{element}"
            about = {"name": label_of(element), "description": f"{label_of(element)}", "update": update(full)}
            annotations[attribute] = _number(distribution, unit, about)
            section = section_of(element) if headed else ""
            found.append(Control(full, (*group, name), attribute, label_of(element), "", section, (full,)))
    made = type(
        f"SIMULACRA_PG_{kind}_{path.replace('.', '_')}", (bpy.types.PropertyGroup,), {"__annotations__": annotations}
    )
    _classes.append(made)
    return made


def _group_class(kind: str, cls: type, group: tuple[str, ...], path: str, update, given: dict) -> type:
    annotations = {}
    for name, param in fields(cls).items():
        full = f"{path}.{name}" if path else name
        if param.nested:
            annotations[name] = PointerProperty(
                type=_group_class(kind, param.nested, (*group, name), full, update, given.get(name, {}))
            )
        elif isinstance(param.distribution, Vector):
            made = _vector_class(kind, name, param.distribution, param.unit, group, full, update)
            annotations[name] = PointerProperty(type=made)
        else:
            attribute, family = TAKEN.get(name, name), FIELDS.get((kind, full), "")
            annotations[attribute] = _property(name, param, update(full), given, family)
            factor, slider = factor_of(param.distribution, param.unit), not isinstance(param.distribution, Whole)
            CONTROLS[kind].append(
                Control(full, group, attribute, label_of(name), param.doc, "", (full,), factor, slider, family)
            )
    title = f"SIMULACRA_PG_{kind}_{path.replace('.', '_')}" if path else f"SIMULACRA_PG_{kind}"
    made = type(title, (bpy.types.PropertyGroup,), {"__annotations__": annotations})
    _classes.append(made)
    return made


def holder(root, control: Control):
    """The property group that holds a control's property, from the kind's own group."""
    for name in control.group:
        root = getattr(root, name)
    return root


def show(root, kind: str, document: dict) -> None:
    """Set every property of a kind's group to a spec's dictionary."""
    for control in CONTROLS[kind]:
        values = [_at(document, path) for path in control.paths]
        if control.factor != 1:
            values = [value * control.factor for value in values]
        setattr(holder(root, control), control.attribute, values if len(values) > 1 else values[0])


def _at(document: dict, path: str):
    for name in path.split("."):
        document = document[name]
    return document


def read(root, kind: str) -> dict:
    """The dictionary that the properties of a kind without vectors and groups show."""
    document: dict = {}
    for control in CONTROLS[kind]:
        edited(root, kind, document, control.path)
    return document


def edited(root, kind: str, document: dict, path: str) -> dict:
    """The dictionary with the field of a control taken from its property; weights that must sum to one make room."""
    control = next(control for control in CONTROLS[kind] if control.path == path)
    value = getattr(holder(root, control), control.attribute)
    values = [rounded(number) for number in value] if len(control.paths) > 1 else [value]
    if isinstance(value, float):
        # The property holds single precision: its bounds are a little off those of the field.
        field = declared(kind, path)
        low, high = (field.low, field.high) if isinstance(field, Continuous) else (-math.inf, math.inf)
        values = [min(max(rounded(value / control.factor), low), high)]
    for full, number in zip(control.paths, values, strict=True):
        *groups, field = full.split(".")
        inner = document
        for name in groups:
            inner = inner[name]
        if isinstance(declared(kind, ".".join(groups)), Simplex):
            _make_room(inner, field, number)
        else:
            inner[field] = number
    return document


def declared(kind: str, path: str):
    """The distribution that a path of a kind's spec declares, or None for a group."""
    cls = find(kind).load("spec")
    for name in path.split("."):
        rows = fields(cls) if cls else {}
        if name not in rows:
            return None
        if not rows[name].nested:
            return rows[name].distribution
        cls = rows[name].nested
    return None


def _make_room(weights: dict, field: str, value: float) -> None:
    """Set one weight; the others share what is left as they shared before."""
    others = [name for name in weights if name != field]
    total = sum(weights[name] for name in others)
    for name in others:
        share = weights[name] / total if total > 0 else 1 / len(others)
        weights[name] = rounded((1 - value) * share)
    weights[field] = value


def make_classes(updates: dict, defaults: dict) -> dict[str, type]:
    """The property group class of every kind in ``updates``, whose value for a path is the callback of its control.

    ``defaults`` holds dictionaries of specs that are shown before anything is set, for the kinds that have one.
    """
    _classes.clear()
    CONTROLS.clear()
    made = {}
    for kind, update in updates.items():
        CONTROLS[kind] = []
        made[kind] = _group_class(kind, find(kind).load("spec"), (), "", update, defaults.get(kind, {}))
    return made


def classes() -> list[type]:
    """All classes that were made, inner ones first."""
    return _classes
