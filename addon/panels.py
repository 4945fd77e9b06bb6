"""The sidebar tab: one panel a job, and below Generate one for each group of the person's fields."""

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_tip as tip_

from ..procgen.params import fields
from ..procgen.registry import GENERATORS
from . import jobs, live, model, properties, scene_settings
from .dataset import out_folder, recipe_of
from .errors import last
from .person import SPEC, rig_of
from .scene_labels import default_folder

ICONS = {
    "identity": "USER", "expression": "SHAPEKEY_DATA", "motion": "ANIM", "skin": "MATERIAL", "eyes": "HIDE_OFF", "mouth": "SMOOTHCURVE",
    "hair": "CURVES_DATA", "brows": "IPO_CIRC", "lashes": "IPO_SINE", "beard": "PARTICLES", "wear": "MOD_CLOTH", "light": "LIGHT_SUN",
    "camera": "CAMERA_DATA",
}  # fmt: skip
COMING = () if any(generator.family == "places" for generator in GENERATORS.values()) else ("Places",)
SHORT = 3  # fields of a nested group that need no fold of their own
MOST_FOUND = 24  # fields that a search shows


class Sidebar:
    """Where all panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Simulacra"


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
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
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


class SIMULACRA_PT_generate(Sidebar, bpy.types.Panel):
    """Make a person and change it"""

    bl_label = "Generate"
    bl_order = 0

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.generate
        row = layout.row(align=True)
        row.prop(settings, "kind", expand=True)
        for family in COMING:
            row.operator("simulacra.coming", text=family)
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "generate"
        row = layout.row(align=True)
        row.prop(settings, "light", toggle=True)
        row.prop(settings, "camera", toggle=True)
        row = layout.row()
        row.scale_y = 1.6
        row.operator("simulacra.generate", icon="OUTLINER_OB_ARMATURE")
        if live.message or last:
            box = layout.box()
            box.label(text=live.message or last["message"][:90], icon="ERROR")
            box.operator("simulacra.error_report", icon="TEXT")


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
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
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


class SIMULACRA_PT_presets(Sidebar, bpy.types.Panel):
    """Looks to apply, save and share"""

    bl_label = "Presets"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.presets
        layout.prop(settings, "chosen", text="")
        row = layout.row(align=True)
        row.operator("simulacra.apply_preset", icon="CHECKMARK")
        row.operator("simulacra.delete_preset", text="", icon="TRASH")
        layout.separator()
        layout.prop(settings, "name")
        layout.prop(settings, "scope")
        layout.operator("simulacra.save_preset", icon="ADD")
        row = layout.row(align=True)
        row.operator("simulacra.import_preset", text="Import", icon="IMPORT")
        row.operator("simulacra.export_preset", text="Share", icon="EXPORT")


def draw_job(layout, what: str) -> None:
    """The state of a job: progress, rate, time left, what it said, and the button that ends it."""
    job = jobs.current(what)
    if job is None:
        return
    box = layout.box()
    if job.state == "running":
        text = iface_("{done} of {total}").format(done=job.done, total=job.total) if job.total else iface_("starting")
        row = box.row(align=True)
        row.progress(factor=job.progress, text=text)
        row.operator("simulacra.cancel", text="", icon="X").what = what
        if job.seconds_each:
            box.label(
                text=iface_("{each} s each, {left} left").format(
                    each=f"{job.seconds_each:.1f}", left=clock(job.seconds_left)
                ),
                icon="TIME",
            )
    else:
        icon = {"finished": "CHECKMARK", "cancelled": "X"}.get(job.state, "ERROR")
        box.label(text=f"{job.title}: {iface_(job.state)}", icon=icon)
        for line in wrapped(job.error, 38)[:4]:
            box.label(text=line)
    if job.failed:
        box.label(text=iface_("{count} failed").format(count=job.failed), icon="ERROR")
    box.operator("simulacra.show_log", icon="TEXT").what = what


def clock(seconds: float) -> str:
    """Seconds as a person reads them."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines that fit a sidebar."""
    import textwrap

    return textwrap.wrap(text, width)


class SIMULACRA_PT_dataset(Sidebar, bpy.types.Panel):
    """Render a labelled dataset in the background"""

    bl_label = "Dataset"
    bl_order = 3
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.dataset
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "kind")
        layout.prop(settings, "out", placeholder=str(out_folder(settings)))
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "dataset"
        column = layout.column(align=True)
        for name in ("count", "size", "samples"):
            column.prop(settings, name)
        column = layout.column(align=True)
        column.prop(settings, "frames")
        column.prop(settings, "views")
        header, body = layout.panel("SIMULACRA_labels", default_closed=True)
        header.label(text=f"{iface_('Labels')}: {len(settings.labels)}")
        if body:
            grid = body.grid_flow(columns=2, even_columns=True, align=True)
            grid.use_property_split = False
            grid.prop(settings, "labels")
        layout.prop(settings, "hdri")
        layout.prop(settings, "keep_locked")
        row = layout.row(align=True)
        row.operator("simulacra.dry_run", icon="RENDER_STILL")
        row.operator("simulacra.view_pictures", text="", icon="IMAGE_DATA")
        draw_job(layout, "dry_run")
        row = layout.row()
        row.scale_y = 1.4
        row.operator("simulacra.render_dataset", icon="RENDER_ANIMATION")
        row = layout.row(align=True)
        row.operator("simulacra.resume_dataset", icon="PLAY")
        row.operator("simulacra.open_gallery", text="Gallery", icon="URL")
        draw_job(layout, "dataset")
        recipe = recipe_of(out_folder(settings))
        if recipe and not jobs.running("dataset"):
            layout.label(
                text=iface_("Folder: {count} × {kind} from seed {seed}").format(
                    count=recipe.get("count"), kind=recipe.get("generator"), seed=recipe.get("seed")
                ),
                icon="INFO",
            )


class SIMULACRA_PT_labels(Sidebar, bpy.types.Panel):
    """Exact labels for whatever is in this file"""

    bl_label = "Labels for This Scene"
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.labels
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "out", placeholder=str(default_folder()))
        layout.prop(settings, "cameras")
        layout.prop(settings, "frames")
        layout.prop(settings, "classes")
        if settings.classes == "PROPERTY":
            layout.prop(settings, "property")
        layout.prop(settings, "samples")
        layout.operator("simulacra.label_scene", icon="RENDERLAYERS")
        draw_job(layout, "labels")


class SIMULACRA_PT_import(Sidebar, bpy.types.Panel):
    """Avatars, meshes, cameras and samples; they can also be dropped on the viewport"""

    bl_label = "Import"
    bl_order = 5
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.imports
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "shape")
        column.prop(settings, "resolution")
        layout.operator("simulacra.import_avatar", text="Avatar…", icon="OUTLINER_OB_VOLUME")
        layout.operator("simulacra.redecode_avatar", icon="MOD_REMESH")
        column = layout.column(align=True)
        column.operator("simulacra.import_mesh", text="Mesh (.glb .ply .obj)…", icon="MESH_DATA")
        column.operator("simulacra.import_cameras", text="Cameras (transforms.json)…", icon="CAMERA_DATA")
        column.operator("simulacra.import_sample", text="Sample of a Dataset…", icon="USER")


class SIMULACRA_PT_model(Sidebar, bpy.types.Panel):
    """Let a trained system make an avatar"""

    bl_label = "Generate with a Model"
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.model
        reason = model.missing()
        if reason:
            box = layout.box().column(align=True)
            for index, line in enumerate(wrapped(reason, 34)):
                box.label(text=line, icon="INFO" if index == 0 else "BLANK1")
            box.operator("simulacra.open_preferences", icon="PREFERENCES")
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "system")
        column.prop(settings, "run")
        column.prop(settings, "prompt")
        column.prop(settings, "photo")
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "model"
        column.prop(settings, "guidance")
        row = layout.row()
        row.scale_y = 1.4
        row.operator("simulacra.generate_with_model", icon="OUTLINER_OB_POINTCLOUD")
        draw_job(layout, "model")


def person_panels() -> tuple[type, ...]:
    """The panels of every group of every kind."""
    return tuple(
        group_panel(kind, group, order)
        for kind, generator in GENERATORS.items()
        for order, group in enumerate(fields(generator.load("spec")))
    )


CLASSES = (
    SIMULACRA_PT_generate, SIMULACRA_PT_person, SIMULACRA_PT_presets, SIMULACRA_PT_dataset, SIMULACRA_PT_labels,
    SIMULACRA_PT_import, SIMULACRA_PT_model, *person_panels(),
)  # fmt: skip
