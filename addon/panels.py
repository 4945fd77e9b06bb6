"""The sidebar tab: one panel a job."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from . import jobs, model, settling
from .choices import LABELS, labels_of
from .dataset import offered, out_folder, recipe_of
from .errors import last
from .field_panels import Sidebar, field_column
from .scene_labels import default_folder
from .subjects import family_of


class SIMULACRA_PT_generate(Sidebar, bpy.types.Panel):
    """Make a person or a place"""

    bl_label = "Generate"
    bl_order = 0

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.generate
        row = layout.row(align=True)
        row.prop(settings, "kind", expand=True)
        places = family_of(settings.kind) == "places"
        if places:
            layout.prop(settings, "place", text="")
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "generate"
        row = layout.row(align=True)
        row.prop(settings, "light", toggle=True)
        row.prop(settings, "camera", toggle=True)
        if places:
            row = layout.row(align=True)
            row.prop(settings, "stereo", toggle=True)
            row.prop(settings, "sequence", toggle=True)
            layout.label(
                text=f"{context.scene.render.resolution_x} × {context.scene.render.resolution_y} px", icon="OUTPUT"
            )
        row = layout.row()
        row.scale_y = 1.6
        row.operator("simulacra.generate", icon="WORLD" if places else "OUTLINER_OB_ARMATURE")
        if settling.message or last:
            box = layout.box()
            box.label(text=settling.message or last["message"][:90], icon="ERROR")
            box.operator("simulacra.error_report", icon="TEXT")


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
        layout.prop(settings, "title")
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
        text = f"{job.stage}: {text}" if job.stage else text
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
    for warning in job.warnings[-3:]:
        for index, line in enumerate(wrapped(warning, 38)):
            box.label(text=line, icon="ERROR" if index == 0 else "BLANK1")
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
    bl_order = 4
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.dataset
        layout.use_property_split = True
        layout.use_property_decorate = False
        family = family_of(settings.kind)
        places = family == "places"
        layout.prop(settings, "kind")
        if places:
            layout.prop(settings, "place")
        layout.prop(settings, "out", placeholder=str(out_folder(settings)))
        row = layout.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "dataset"
        column = layout.column(align=True)
        for name in ("count", *(("width", "height") if places else ("size",)), "samples"):
            column.prop(settings, name)
        column = layout.column(align=True)
        column.prop(settings, "frames")
        column.prop(settings, "stereo" if places else "views")
        can = offered(settings)
        header, body = layout.panel("SIMULACRA_labels", default_closed=True)
        header.label(text=f"{iface_('Labels')}: {len(settings.labels & set(can))}")
        if body:
            grid = body.grid_flow(columns=2, even_columns=True, align=True)
            grid.use_property_split = False
            for name in [row[0] for row in LABELS if row[0] in labels_of(family, 2, True)]:
                cell = grid.row()
                cell.enabled = name in can  # the rest needs a sequence or a stereo pair
                cell.prop_enum(settings, "labels", name)
        if not places:
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
    bl_order = 5
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
    bl_order = 6
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the panel."""
        layout, settings = self.layout, context.scene.simulacra.imports
        column = field_column(layout)
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
    bl_order = 7
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
        chosen = model.chosen(settings)
        column = field_column(layout)
        column.prop(settings, "system")
        column.prop(settings, "run", placeholder=iface_("shipped weights"))
        column.prop(settings, "mode")
        if settings.mode in ("prompt", "edit"):
            column.prop(settings, "prompt")
        if settings.mode == "photo":
            column.prop(settings, "photo")
        if settings.mode == "edit":
            at_hand = model.avatar_at_hand(context)
            column.prop(settings, "edit", placeholder=at_hand.replace("\\", "/").rpartition("/")[2])
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("simulacra.dice", text="", icon="FILE_REFRESH").target = "model"
        column = field_column(layout)
        if settings.mode != "unconditional":
            column.prop(settings, "guidance")
        if chosen.steps:
            column.prop(settings, "steps")
        if chosen.suffix != ".glb":
            column.prop(settings, "shape")
            column.prop(settings, "resolution")
        short = "" if reason else model.unready(context)
        for index, line in enumerate(wrapped(short, 34)):
            layout.label(text=line, icon="INFO" if index == 0 else "BLANK1")
        row = layout.row()
        row.scale_y = 1.4
        row.operator("simulacra.generate_with_model", icon="OUTLINER_OB_POINTCLOUD")
        draw_job(layout, "model")


CLASSES = (
    SIMULACRA_PT_generate, SIMULACRA_PT_presets, SIMULACRA_PT_dataset, SIMULACRA_PT_labels,
    SIMULACRA_PT_import, SIMULACRA_PT_model,
)  # fmt: skip
