"""Menus of pictures beside the plain ones: they show and set the same choice."""

from __future__ import annotations

from collections.abc import Callable

from bpy.props import EnumProperty

_kept: dict[tuple, list[tuple]] = {}  # every list ever given out: Blender holds pointers into the last ones
SCALE = 4.0  # of the picture in a panel
POPUP = 5.0  # of those in the menu


def kept(rows: tuple[tuple, ...]) -> list[tuple]:
    """A list of items that stays where it is."""
    return _kept.setdefault(rows, list(rows))


def twin(name: str, of: str, items: Callable, about: str):
    """A menu of pictures of the choice in the property ``of``, whose items (identifier, label, tooltip, number) carry icons.

    ``items(self)`` gives (identifier, label, tooltip, icon, number), with the numbers of that property's own items.
    """

    def listed(self, context):
        return kept(tuple(items(self)))

    def get(self):
        return next((row[4] for row in items(self) if row[0] == getattr(self, of)), 0)

    def set(self, number):
        chosen = next((row[0] for row in items(self) if row[4] == number), None)
        if chosen is not None:
            setattr(self, of, chosen)

    return EnumProperty(name=name, description=about, items=listed, get=get, set=set, options={"SKIP_SAVE"})


def draw_pictures(layout, owner, attribute: str, scale: float = SCALE) -> None:
    """The picture of what is chosen, which opens all of them with their names."""
    layout.template_icon_view(owner, attribute, show_labels=True, scale=scale, scale_popup=POPUP)
