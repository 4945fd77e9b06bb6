"""What the sidebar keeps: settings of the scene, and a person's sliders and locks on its rig."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ..procgen.registry import PICTURED
from . import live, materials, place_live, properties
from .choices import CAMERAS, LABELS, MODES, PLACE_KINDS, SHAPES, SYSTEMS, THING_ITEMS, preset_items

KINDS = [(name, generator.family.capitalize(), generator.doc) for name, generator in PICTURED.items()]
HOLDERS = {"people": bpy.types.Object, "places": bpy.types.Collection}  # what carries sliders, by family
UPDATES = {"people": live.on_update, "places": place_live.on_update}


class SIMULACRA_PG_generate(bpy.types.PropertyGroup):
    """How the next person or place is made, and how the one at hand is changed."""

    kind: EnumProperty(name="Kind", description="What to generate", items=KINDS)
    seed: IntProperty(
        name="Seed", description="The same seed gives the same person or place everywhere", min=0, default=1
    )
    light: BoolProperty(
        name="Surroundings",
        default=True,
        description="Build world and lamps too; the scene's own world stays in the file",
    )
    camera: BoolProperty(name="Camera", default=True, description="Build the camera and make it the scene's")
    place: EnumProperty(name="Place", description="Kind of place", items=PLACE_KINDS)
    stereo: BoolProperty(name="Stereo", description="Build a left and a right camera", default=False)
    sequence: BoolProperty(
        name="Sequence", default=False,
        description="Build for the scene's frames: the camera travels, and what lives moves",
    )  # fmt: skip
    search: StringProperty(
        name="Search",
        description="Show only fields whose name or meaning holds these words",
        options={"TEXTEDIT_UPDATE"},
    )
    amount: FloatProperty(
        name="Amount",
        description="How far a variation goes toward another one",
        min=0.0,
        max=1.0,
        default=0.15,
        subtype="FACTOR",
    )


class SIMULACRA_PG_presets(bpy.types.PropertyGroup):
    """Which preset is chosen, and what is saved."""

    chosen: EnumProperty(name="Preset", description="A preset to apply to what is selected", items=preset_items)
    title: StringProperty(name="Name", description="Name of the preset to save", default="My preset")
    scope: EnumProperty(
        name="Save", description="What the preset holds", default="ALL",
        items=[
            ("ALL", "Everything", "All fields, with light, weather and camera"),
            ("LOCKED", "Locked fields", "Only the fields that are locked; all else stays as it is when it is applied"),
            ("LOOK", "Look", "The person without light and camera, or the place without weather and camera"),
        ],
    )  # fmt: skip


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
        name="Labels", description="What is rendered beside the picture", items=LABELS, options={"ENUM_FLAG"},
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


class SIMULACRA_PG_import(bpy.types.PropertyGroup):
    """How an avatar is decoded."""

    shape: EnumProperty(name="As", items=SHAPES, description="What an avatar becomes")
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of an avatar's cube", min=16, max=512, default=128
    )


class SIMULACRA_PG_things(bpy.types.PropertyGroup):
    """Which thing is added next."""

    thing: EnumProperty(name="Thing", description="What to add", items=THING_ITEMS, default="tree")
    seed: IntProperty(name="Seed", description="The same seed gives the same thing everywhere", min=0, default=1)


class SIMULACRA_PG_model(bpy.types.PropertyGroup):
    """What a trained system is asked for."""

    system: EnumProperty(name="System", description="Which trained system", items=SYSTEMS)
    mode: EnumProperty(name="Make", description="What the avatar is made from", items=MODES, default="prompt")
    run: StringProperty(
        name="Run",
        description="Folder of a system that you trained; empty takes the weights that Simulacra ships",
        subtype="DIR_PATH",
    )
    prompt: StringProperty(name="Prompt", description="What the avatar should look like")
    photo: StringProperty(name="Photo", description="A picture that the avatar should resemble", subtype="FILE_PATH")
    edit: StringProperty(
        name="Avatar",
        description="File of the avatar to change; empty takes the selected one",
        subtype="FILE_PATH",
    )
    seed: IntProperty(name="Seed", description="Seed of the sampler", min=0, default=0)
    guidance: FloatProperty(
        name="Guidance",
        description="How strictly the prompt or photo is followed; 0 leaves it to the system",
        min=0.0,
        max=30.0,
        default=0.0,
    )
    steps: IntProperty(
        name="Steps", description="Steps of sampling; 0 leaves them to the system", min=0, max=1000, default=0
    )
    shape: EnumProperty(name="Arrives as", items=SHAPES, description="What the avatar becomes")
    resolution: IntProperty(
        name="Resolution", description="Cells along the edge of an avatar's cube", min=16, max=512, default=128
    )


class SIMULACRA_PG_scene(bpy.types.PropertyGroup):
    """All settings of the sidebar; those of the next material join them when its sliders are made."""

    generate: PointerProperty(type=SIMULACRA_PG_generate)
    presets: PointerProperty(type=SIMULACRA_PG_presets)
    dataset: PointerProperty(type=SIMULACRA_PG_dataset)
    labels: PointerProperty(type=SIMULACRA_PG_labels)
    imports: PointerProperty(type=SIMULACRA_PG_import)
    model: PointerProperty(type=SIMULACRA_PG_model)
    things: PointerProperty(type=SIMULACRA_PG_things)


GROUPS = (
    SIMULACRA_PG_generate,
    SIMULACRA_PG_presets,
    SIMULACRA_PG_dataset,
    SIMULACRA_PG_labels,
    SIMULACRA_PG_import,
    SIMULACRA_PG_model,
    SIMULACRA_PG_things,
)
_made: list[type] = []  # classes that are made at registration, inner ones first


def made_classes() -> list[type]:
    """The classes that were made from specs, inner ones first."""
    return _made


def _holder(family: str, made: dict[str, type]) -> type:
    """The property group that carries the sliders, the kind and the locks of a family."""
    annotations = {name: PointerProperty(type=made[name]) for name, row in PICTURED.items() if row.family == family}
    annotations["kind"] = StringProperty(name="Kind", description="Which generator made this", options={"HIDDEN"})
    annotations["locked"] = StringProperty(
        name="Locked", description="Fields that stay when others are drawn anew, as JSON", options={"HIDDEN"}
    )
    return type(f"SIMULACRA_PG_{family}", (bpy.types.PropertyGroup,), {"__annotations__": annotations})


def register() -> None:
    """Register the settings and the sliders of every kind."""
    updates = {name: UPDATES[row.family] for name, row in PICTURED.items()} | materials.kinds()
    made = properties.make_classes(updates, materials.defaults())
    material = materials.group_class(made)
    holders = {family: _holder(family, made) for family in HOLDERS}
    _made.extend([*properties.classes(), material, *holders.values()])
    SIMULACRA_PG_scene.__annotations__["material"] = PointerProperty(type=material)
    for cls in (*GROUPS, *_made, SIMULACRA_PG_scene):
        bpy.utils.register_class(cls)
    bpy.types.Scene.simulacra = PointerProperty(type=SIMULACRA_PG_scene)
    bpy.types.Material.simulacra = PointerProperty(type=material)
    for family, owner in HOLDERS.items():
        owner.simulacra = PointerProperty(type=holders[family])


def unregister() -> None:
    """Take everything back."""
    for owner in (*HOLDERS.values(), bpy.types.Material, bpy.types.Scene):
        del owner.simulacra
    for cls in reversed((*GROUPS, *_made, SIMULACRA_PG_scene)):
        bpy.utils.unregister_class(cls)
    _made.clear()
