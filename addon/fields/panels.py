"""What the panels of people and places share: a panel a group of fields, a search over all of them, a lock on each."""

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_

from ...procgen.params import fields
from ...procgen.registry import OFFERED
from ..subjects.subject import at_hand
from ..thumbnails.families import shown
from ..thumbnails.menus import draw_pictures
from . import properties
from .locks import locked

ICONS = {
    "identity": "USER", "expression": "SHAPEKEY_DATA", "motion": "ANIM", "skin": "MATERIAL", "eyes": "HIDE_OFF", "mouth": "SMOOTHCURVE",
    "hair": "CURVES_DATA", "brows": "IPO_CIRC", "lashes": "IPO_SINE", "beard": "PARTICLES", "wear": "MOD_CLOTH", "light": "LIGHT_SUN",
    "camera": "CAMERA_DATA", "terrain": "WORLD_DATA", "weather": "LIGHT_SUN", "sea": "MOD_OCEAN", "life": "OUTLINER_OB_CURVES",
}  # fmt: skip
SHORT = 3  # fields of a nested group that need no fold of their own
MOST_FOUND = 24  # fields that a search shows


class Sidebar:
    """Where all panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Simulacra"


def field_column(layout):
    """A column for fields: names to the left, no dots for key frames."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def draw_control(layout, root, control, kept) -> None:
    """A field with its lock, below the picture of what is chosen where its options have some."""
    if control.family and shown(control.family):
        draw_pictures(layout, properties.holder(root, control), control.attribute)
    row = layout.row(align=True)
    row.prop(properties.holder(root, control), control.attribute, slider=control.slider, **short_text(control))
    closed = set(control.paths) <= kept
    row.operator("simulacra.lock", text="", icon="LOCKED" if closed else "UNLOCKED", emboss=False).path = control.path


def short_text(control) -> dict:
    """The label without the word that the heading says already, where there is room for little more."""
    if not control.section or iface_(control.label) != control.label:
        return {}
    first, _, rest = control.label.partition(" ")
    return {"text": rest[:1].upper() + rest[1:]} if rest and first.lower().startswith(control.section[:4]) else {}


def draw_single(layout, root, kind: str, kept) -> None:
    """The fields that are in no group."""
    column = field_column(layout)
    for control in properties.CONTROLS[kind]:
        if not control.group:
            draw_control(column, root, control, kept)


def fold_title(place: tuple[str, ...]) -> str:
    """The heading of a group inside a group, by the names that lead to it."""
    return properties.label_of(" ".join(place))


def draw_group(layout, root, kind: str, group: str, kept) -> None:
    """All fields of a group; long vectors fold by section, nested groups by name."""
    chosen = [control for control in properties.CONTROLS[kind] if control.group[:1] == (group,)]
    column = field_column(layout)
    for control in chosen:
        if not control.section and len(control.group) == 1:
            draw_control(column, root, control, kept)
    inner: dict[tuple, list] = {}
    for control in chosen:
        if control.section or len(control.group) > 1:
            inner.setdefault((control.group[1:], control.section), []).append(control)
    for (place, section), controls in inner.items():
        title = iface_(fold_title(place))
        title = f"{title}: {iface_(section)}" if section else title
        if len(controls) <= SHORT and len(place) == 1 and not section:
            column.label(text=title)
            for control in controls:
                draw_control(column, root, control, kept)
            continue
        header, body = layout.panel(f"SIMULACRA_{kind}_{group}_{'_'.join(place)}_{section}", default_closed=True)
        header.label(text=title)
        if body:
            body.use_property_split = True
            body.use_property_decorate = False
            for control in controls:
                draw_control(body, root, control, kept)


def draw_changes(layout, settings) -> None:
    """The buttons that draw anew what is at hand."""
    layout.operator("simulacra.randomise", text="Randomise All", icon="MOD_NOISE").group = ""
    row = layout.row(align=True)
    row.prop(settings, "amount", slider=True)
    row.operator("simulacra.vary", text="Vary", icon="DRIVER_DISTANCE")


def searched(control) -> str:
    """What a search looks through: path, label and meaning, in English and in the user's language."""
    texts = (control.path, control.label, control.doc, iface_(control.label), tip_(control.doc))
    return " ".join(texts).lower().replace("_", " ")


def draw_search(layout, settings, subject) -> bool:
    """The search, and the fields that it finds, over all groups; whether anything is searched for."""
    layout.prop(settings, "search", text="", icon="VIEWZOOM")
    words = settings.search.lower().split()
    if not words:
        return False
    kind, kept, root = subject.owner.simulacra.kind, locked(subject.owner), subject.sliders
    column = field_column(layout)
    found = [
        control for control in properties.CONTROLS[kind]
        if all(word in searched(control) for word in words)
    ]  # fmt: skip
    group = None
    for control in found[:MOST_FOUND]:
        if control.group and control.group[0] != group:
            group = control.group[0]
            column.label(text=properties.label_of(group), icon=ICONS.get(group, "DOT"))
        draw_control(column, root, control, kept)
    if not found:
        column.label(text="Nothing is called that")
    elif len(found) > MOST_FOUND:
        column.label(text=iface_("and {count} more").format(count=len(found) - MOST_FOUND))
    return True


def group_panel(kind: str, group: str, order: int, parent: str) -> type:
    """The panel of one group of a kind's fields."""

    def poll(cls, context):
        subject = at_hand(context)
        visible = subject is not None and subject.owner.simulacra.kind == kind
        return visible and not context.scene.simulacra.generate.search

    def draw_header_preset(self, context):
        row = self.layout.row(align=True)
        row.operator("simulacra.randomise", text="", icon="MOD_NOISE", emboss=False).group = group
        kept = locked(at_hand(context).owner)
        inside = any(path.startswith(f"{group}.") for path in kept)
        row.operator("simulacra.lock", text="", icon="LOCKED" if inside else "UNLOCKED", emboss=False).path = group

    def draw_header(self, context):
        self.layout.label(icon=ICONS.get(group, "DOT"))

    def draw(self, context):
        subject = at_hand(context)
        draw_group(self.layout, subject.sliders, kind, group, locked(subject.owner))

    noun = OFFERED[kind].family.removesuffix("s").replace("people", "person")
    about = {
        "__doc__": f"The {group} of the selected {noun}", "bl_label": properties.label_of(group), "bl_order": order,
        "bl_parent_id": parent, "bl_options": {"DEFAULT_CLOSED"}, "poll": classmethod(poll), "draw": draw,
        "draw_header": draw_header, "draw_header_preset": draw_header_preset,
    }  # fmt: skip
    return type(f"SIMULACRA_PT_{kind}_{group}", (Sidebar, bpy.types.Panel), about)


def group_panels(family: str, parent: str) -> tuple[type, ...]:
    """The panels of every group of the kinds of a family."""
    return tuple(
        group_panel(kind, group, order, parent)
        for kind, generator in OFFERED.items()
        if generator.family == family
        for order, (group, param) in enumerate(fields(generator.load("spec")).items())
        if param.nested
    )
