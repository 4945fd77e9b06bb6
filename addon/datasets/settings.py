"""What the panels of datasets keep."""

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..places.catalogue import PLACE_KINDS
from ..subjects.subject import KINDS
from .labels import ITEMS

CAMERAS = [("active", "Active", "The scene's camera"), ("all", "All", "Every camera of the scene, one sample each")]


class SIMULACRA_PG_dataset(bpy.types.PropertyGroup):
    """A recipe for a dataset."""

    kind: EnumProperty(name="Recipe", description="Which generator to draw from", items=KINDS)
    count: IntProperty(name="Count", description="Number of samples", min=1, max=10_000_000, default=8)
    seed: IntProperty(name="First seed", description="Seed of the first sample; the next ones follow", min=0, default=0)
    place: EnumProperty(name="Place", description="Kind of place", items=PLACE_KINDS)
    size: IntProperty(name="Size", description="Edge of the picture", subtype="PIXEL", min=16, max=8192, default=512)
    width: IntProperty(name="Width", description="Width of the picture", subtype="PIXEL", min=16, max=8192, default=640)
    height: IntProperty(
        name="Height", description="Height of the picture", subtype="PIXEL", min=16, max=8192, default=360
    )
    samples: IntProperty(name="Samples", description="Cycles samples a pixel", min=1, max=65536, default=64)
    frames: IntProperty(name="Frames", description="Frames of a sequence; 1 is a still", min=1, max=10_000, default=1)
    views: IntProperty(name="Views", description="Views around the same person", min=1, max=10_000, default=1)
    stereo: BoolProperty(name="Stereo", description="A left and a right picture of each moment", default=False)
    labels: EnumProperty(
        name="Labels", description="What is rendered beside the picture", items=ITEMS, options={"ENUM_FLAG"},
        default={"depth", "normal", "parts", "instance"},
    )  # fmt: skip
    keep_locked: BoolProperty(
        name="Keep what is locked", default=False,
        description="Every sample takes the locked fields of the selected person or place; all else is drawn",
    )  # fmt: skip
    hdri: StringProperty(
        name="HDRI folder",
        description="Environment pictures to use in place of the procedural ones",
        subtype="DIR_PATH",
    )
    out: StringProperty(
        name="Folder",
        description="Where the dataset is written; a new or empty one, or one to go on with",
        subtype="DIR_PATH",
    )


class SIMULACRA_PG_labels(bpy.types.PropertyGroup):
    """How the open scene is labelled."""

    out: StringProperty(name="Folder", description="Where the labelled frames are written", subtype="DIR_PATH")
    frames: EnumProperty(
        name="Frames", default="CURRENT", description="Which frames are rendered",
        items=[
            ("CURRENT", "Current", "The current frame; no flow"),
            ("RANGE", "Scene range", "All frames from start to end, with flow and occlusion"),
        ],
    )  # fmt: skip
    cameras: EnumProperty(name="Cameras", items=CAMERAS, description="Which cameras look")
    classes: EnumProperty(
        name="Classes by", default="COLLECTION", description="What gives an object its semantic class",
        items=[
            ("COLLECTION", "Collection", "The top collection that holds it"),
            ("PROPERTY", "Property", "A custom property of the object, its data or its collection"),
        ],
    )  # fmt: skip
    property: StringProperty(
        name="Property", description="Name of the custom property that holds the class", default="class"
    )
    samples: IntProperty(
        name="Picture samples", description="Cycles samples of the picture; 0 keeps the scene's own", min=0, default=0
    )
