"""The sidebar's Person panel: one panel a group of fields, a search over all of them, and a lock on each."""

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_

from ..procgen.params import fields
from ..procgen.registry import PICTURED
from . import live, properties, scene_settings
from .person import SPEC, rig_of

ICONS = {
    "identity": "USER", "expression": "SHAPEKEY_DATA", "motion": "ANIM", "skin": "MATERIAL", "eyes": "HIDE_OFF", "mouth": "SMOOTHCURVE",
    "hair": "CURVES_DATA", "brows": "IPO_CIRC", "lashes": "IPO_SINE", "beard": "PARTICLES", "wear": "MOD_CLOTH", "light": "LIGHT_SUN",
    "camera": "CAMERA_DATA",
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
    """A field with its lock."""
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
        title = properties.label_of(" ".join(place)) if len(place) > 1 else properties.label_of(place[0])
        title = f"{iface_(title)}: {iface_(section)}" if section else iface_(title)
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


class SIMULACRA_PT_person(Sidebar, bpy.types.Panel):
    """The selected person's fields"""

    bl_label = "Person"
    bl_order = 1

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.generate
        rig = rig_of(context.object)
        if rig is None:
            people = [obj for obj in context.view_layer.objects if obj.type == "ARMATURE" and SPEC in obj]
            layout.label(
                text=iface_("No person is selected" if people else "Press Generate to make a person"), icon="INFO"
            )
            for obj in people[:6]:
                layout.operator("simulacra.select_person", text=obj.name, icon="USER").rig = obj.name
            return
        layout.prop(rig, "name", text="", icon="USER")
        row = layout.row(align=True)
        row.operator("simulacra.randomise", text="Randomise All", icon="MOD_NOISE").group = ""
        row = layout.row(align=True)
        row.prop(settings, "amount", slider=True)
        row.operator("simulacra.vary", text="Vary", icon="DRIVER_DISTANCE")
        if live.is_settling():
            layout.operator("simulacra.settle", icon="SORTTIME")
        layout.prop(settings, "search", text="", icon="VIEWZOOM")
        words = settings.search.lower().split()
        if words:
            draw_found(layout, rig, words)


def searched(control) -> str:
    """What a search looks through: path, label and meaning, in English and in the user's language."""
    texts = (control.path, control.label, control.doc, iface_(control.label), tip_(control.doc))
    return " ".join(texts).lower().replace("_", " ")


def draw_found(layout, rig, words: list[str]) -> None:
    """The fields that a search finds, over all groups."""
    kind, kept = rig.simulacra.kind, scene_settings.locked(rig)
    root = live.root_of(rig, kind)
    column = field_column(layout)
    found = [
        control for control in properties.CONTROLS[kind]
        if all(word in searched(control) for word in words)
    ]  # fmt: skip
    group = None
    for control in found[:MOST_FOUND]:
        if control.group[0] != group:
            group = control.group[0]
            column.label(text=properties.label_of(group), icon=ICONS.get(group, "DOT"))
        draw_control(column, root, control, kept)
    if not found:
        column.label(text="Nothing is called that")
    elif len(found) > MOST_FOUND:
        column.label(text=iface_("and {count} more").format(count=len(found) - MOST_FOUND))


def group_panel(kind: str, group: str, order: int) -> type:
    """The panel of one group of a kind's fields."""

    def poll(cls, context):
        rig = rig_of(context.object)
        return rig is not None and rig.simulacra.kind == kind and not context.scene.simulacra.generate.search

    def draw_header_preset(self, context):
        row = self.layout.row(align=True)
        row.operator("simulacra.randomise", text="", icon="MOD_NOISE", emboss=False).group = group
        kept = scene_settings.locked(rig_of(context.object))
        inside = any(path.startswith(f"{group}.") for path in kept)
        row.operator("simulacra.lock", text="", icon="LOCKED" if inside else "UNLOCKED", emboss=False).path = group

    def draw_header(self, context):
        self.layout.label(icon=ICONS.get(group, "DOT"))

    def draw(self, context):
        rig = rig_of(context.object)
        draw_group(self.layout, live.root_of(rig, kind), kind, group, scene_settings.locked(rig))

    about = {
        "__doc__": f"The {group} of the selected person", "bl_label": properties.label_of(group), "bl_order": order,
        "bl_parent_id": "SIMULACRA_PT_person", "bl_options": {"DEFAULT_CLOSED"}, "poll": classmethod(poll), "draw": draw,
        "draw_header": draw_header, "draw_header_preset": draw_header_preset,
    }  # fmt: skip
    return type(f"SIMULACRA_PT_{kind}_{group}", (Sidebar, bpy.types.Panel), about)


def person_panels() -> tuple[type, ...]:
    """The panels of every group of every kind."""
    return tuple(
        group_panel(kind, group, order)
        for kind, generator in PICTURED.items()
        for order, group in enumerate(fields(generator.load("spec")))
    )


CLASSES = (SIMULACRA_PT_person, *person_panels())
