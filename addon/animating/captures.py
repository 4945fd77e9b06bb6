"""The operators that import captured motion: faces from .csv, heads from .bvh; both can be dropped on the viewport."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.props import BoolVectorProperty, EnumProperty, StringProperty
from bpy_extras.io_utils import poll_file_object_drop

from ...procgen.people.animation import action
from ...procgen.people.animation.channels import HEAD_BONES, channels
from ...procgen.people.animation.track import Track
from ..errors import expect, reported
from ..importing.files import FromFile
from ..people.person import rig_of
from . import bvh, face_csv
from .animated import OnFace, kept, owners_of, rate_of, show, span
from .capture import CaptureError

expect(CaptureError)
REFERENCES = [
    ("REST", "As Captured", "Angles of the head count from straight ahead"),
    ("FIRST", "From the First Frame", "The head looks straight ahead on the first frame, whatever the camera's place"),
]


class Captured(OnFace, FromFile):
    """What operators that bring captured motion to the selected person share."""

    reference: EnumProperty(name="Head", description="What the head's angles count from", items=REFERENCES)
    flip: BoolVectorProperty(
        name="Turn Around",
        description="Count yaw, pitch or roll of the head the other way: apps differ in their signs",
        size=3,
    )

    def draw(self, context):
        """Draw the options in the file browser and the redo panel."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "start")
        column.prop(self, "reference")
        row = column.row(align=True, heading="Turn Around")
        for index, text in enumerate(("Yaw", "Pitch", "Roll")):
            row.prop(self, "flip", index=index, text=text, toggle=True)

    def invoke(self, context, event):
        """Start on the current frame."""
        self.first_frame(context)
        return super().invoke(context, event)

    def head(self, angles: np.ndarray) -> np.ndarray:
        """Yaw, pitch and roll (n, 3) in degrees as the options have them."""
        angles = angles - angles[0] if self.reference == "FIRST" else angles
        return angles * np.where(self.flip, -1.0, 1.0)

    def on_frames(self, context, track: Track) -> tuple[Track, np.ndarray]:
        """A track on the frames of the scene, and these frames (n,)."""
        rate = rate_of(context.scene)
        count = np.arange(np.floor(track.times[-1] * rate + 0.01) + 1)  # files round the time of a frame
        return track.at(count / rate), self.first_frame(context) + count


class SIMULACRA_OT_import_face_capture(Captured, bpy.types.Operator):
    """Import a captured face (.csv of Live Link Face, or columns of ARKit's names) as an Action of the selected person"""

    bl_idname = "simulacra.import_face_capture"
    bl_label = "Import Face Capture"

    filter_glob: StringProperty(default="*.csv", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Read it, and key all of the face on the scene's frames."""
        path = Path(bpy.path.abspath(self.filepath))
        rig = rig_of(context.object)
        owners, face = owners_of(rig), face_csv.read(path)
        track, frames = self.on_frames(context, face.track)
        track = track.replace(head=self.head(track.head))
        before = action.new_action(owners, f"{rig.name} {path.stem}")
        action.write(owners, channels(track), frames)
        show(context)
        missing = (
            f"; it does not have {', '.join(face.missing[:3])}" + " …" * (len(face.missing) > 3) if face.missing else ""
        )
        level = {"WARNING"} if missing else {"INFO"}
        self.report(level, f"{path.name}: {len(face.track.times)} frames on {span(frames)}{missing}{kept(before)}")
        return {"FINISHED"}


class SIMULACRA_OT_import_head_motion(Captured, bpy.types.Operator):
    """Import the motion of a head (.bvh) onto neck and head of the selected person; face and eyes stay as they are"""

    bl_idname = "simulacra.import_head_motion"
    bl_label = "Import Head Motion"

    filter_glob: StringProperty(default="*.bvh", options={"HIDDEN"})

    @reported
    def execute(self, context):
        """Read it, and key neck and head on the scene's frames."""
        path = Path(bpy.path.abspath(self.filepath))
        rig = rig_of(context.object)
        owners, motion = owners_of(rig), bvh.read(path)
        count = len(motion.times)
        still = (np.zeros((count, shape)) for shape in (52, 2))
        track, frames = self.on_frames(context, Track(motion.times, *still, self.head(motion.angles), np.zeros(count)))
        action.ensure_action(owners, f"{rig.name} {path.stem}")
        action.write(owners, channels(track), frames, keys=(), bones=HEAD_BONES)
        show(context)
        self.report({"INFO"}, f"{path.name}: {count} frames of {', '.join(motion.joints)} on {span(frames)}")
        return {"FINISHED"}


class SIMULACRA_FH_face_capture(bpy.types.FileHandler):
    """A captured face dropped on the viewport"""

    bl_idname = "SIMULACRA_FH_face_capture"
    bl_label = "Simulacra face capture"
    bl_import_operator = "simulacra.import_face_capture"
    bl_file_extensions = ".csv"

    @classmethod
    def poll_drop(cls, context):
        """On a viewport."""
        return poll_file_object_drop(context)


class SIMULACRA_FH_head_motion(bpy.types.FileHandler):
    """A head's motion dropped on the viewport"""

    bl_idname = "SIMULACRA_FH_head_motion"
    bl_label = "Simulacra head motion"
    bl_import_operator = "simulacra.import_head_motion"
    bl_file_extensions = ".bvh"

    @classmethod
    def poll_drop(cls, context):
        """On a viewport."""
        return poll_file_object_drop(context)


def draw_import(self, context):
    """File ▸ Import."""
    self.layout.operator("simulacra.import_face_capture", text="Simulacra Face Capture (.csv)")
    self.layout.operator("simulacra.import_head_motion", text="Simulacra Head Motion (.bvh)")


CLASSES = (
    SIMULACRA_OT_import_face_capture, SIMULACRA_OT_import_head_motion, SIMULACRA_FH_face_capture, SIMULACRA_FH_head_motion,
)  # fmt: skip


def register() -> None:
    """Append the entries."""
    bpy.types.TOPBAR_MT_file_import.append(draw_import)


def unregister() -> None:
    """Take them away."""
    bpy.types.TOPBAR_MT_file_import.remove(draw_import)
