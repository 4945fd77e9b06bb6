"""The sidebar's panels of datasets: one that is rendered, and labels of the open scene."""

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..fields.panels import Sidebar
from ..subjects.subject import family_of
from ..worker import jobs
from ..worker.panel import draw_job
from .labels import ITEMS, labels_of
from .render import offered, out_folder, recipe_of
from .scene import default_folder


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
            for name in [row[0] for row in ITEMS if row[0] in labels_of(family, 2, True)]:
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


CLASSES = (SIMULACRA_PT_dataset, SIMULACRA_PT_labels)
