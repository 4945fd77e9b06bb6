"""The label table: every label once, with its file, type, unit, background and its rule for what can be seen through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..procgen.people.parts import CLASSES, IGNORE
from ..procgen.registry import FAMILIES
from ..procgen.things.parts import PARTS as THING_PARTS
from .errors import BadInput


@dataclass(frozen=True)
class Label:
    """One label: how it is stored, what its numbers mean, and what stands where nothing is."""

    name: str
    suffix: str
    dtype: type
    channels: int
    unit: str
    background: float
    doc: str
    rule: str = "opaque things only; lenses, cornea and tears are looked through"
    of: tuple[str, ...] = FAMILIES  # what it is rendered of
    default: tuple[str, ...] = FAMILIES  # of what it is rendered when the user names no labels
    sequence: bool = False  # needs more than one frame
    stereo: bool = False  # needs a stereo pair


MOVING = ("people", "places")  # things stand still
STRAND = "the first opaque hit; a strand of hair counts where it covers the pixel's centre"
AXIS = STRAND + "; it moves as its axis does"
LABELS = {
    label.name: label
    for label in (
        Label("rgb", "png", np.uint8, 3, "sRGB after the view transform", 0, "the picture"),
        Label("linear", "exr", np.float32, 3, "linear Rec.709, scene referred", 0, "the picture before the view transform",
              default=()),
        Label("alpha", "png", np.uint8, 1, "255 covered", 0, "share of the pixel that the person or thing covers; with this "
              "label, rgb shows it alone, as straight colour", "coverage over the picture's filter", of=("people", "things"),
              default=("things",)),
        Label("depth", "exr", np.float32, 1, "m along the optical axis", np.inf, "planar depth", STRAND),
        Label("normal", "exr", np.float32, 3, "unit vector, camera frame (x right, y down, z forward)", 0,
              "smooth shading normal, without bump", STRAND),
        Label("position", "exr", np.float32, 3, "m, world", np.nan, "the surface point of the pixel's centre", STRAND,
              default=("people", "places")),
        Label("distance", "exr", np.float32, 1, "m along the ray", np.inf, "how far the surface point of the pixel's centre is "
              "from where its ray starts", STRAND, of=("scenes",), default=()),
        Label("rays", "exr", np.float32, 3, "unit vector, camera frame (x right, y down, z forward)", np.nan,
              "the direction of the ray through the pixel's centre; nothing where the lens shows nothing", "what is seen or not",
              of=("scenes",), default=()),
        Label("parts", "png", np.uint8, 1, "class id", 0, "people: 19 classes of FaceSynthetics, 255 ignore; things: what each surface "
              "is made of", STRAND, of=("people", "things")),
        Label("hair", "png", np.uint8, 1, "255 on scalp hair", 0, "mask of scalp hair, exact for each strand", STRAND,
              of=("people",)),
        Label("hair_alpha", "exr", np.float32, 1, "0…1", 0, "share of the pixel covered by scalp hair",
              "coverage over the pixel filter, 24 samples", of=("people",)),
        Label("instance", "png", np.uint16, 1, "instance id", 0, "thing, numbered from 1: every object, and every instance of what is scattered", STRAND,
              default=("people", "places")),
        Label("uv", "exr", np.float32, 2, "0…1", 0, "texture coordinates; 0 on things without them", STRAND,
              of=("people", "things"), default=("people",)),
        Label("albedo", "exr", np.float32, 3, "linear Rec.709 reflectance", 0, "diffuse and subsurface colour",
              "averaged over the pixel as the picture is; 0 on hair strands, which have no diffuse lobe"),
        Label("shading", "exr", np.float32, 3, "linear Rec.709 light on a white diffuser", 0,
              "diffuse and subsurface light, direct and indirect", "averaged over the pixel, not denoised; 0 on hair strands",
              of=MOVING, default=()),
        Label("dense_landmarks", "npz", np.float32, 6, "px; m, world; 0 or 1", 0, "every vertex of the head's mesh: its pixel, its "
              "place, and whether it is seen; topology.npz beside dataset.json holds the mesh",
              "a vertex is seen in the frame where no mesh that the labels show lies more than 0.5 mm before it, and not most of "
              "the 3×3 pixels around it show strands 4 mm nearer", of=("people",), default=()),
        Label("semantic", "png", np.uint8, 1, "class id", 0, "kind of thing", STRAND, default=("places",)),
        Label("flow", "exr", np.float32, 2, "px to the next frame, x right, y down", np.nan,
              "forward optical flow; nothing in the last frame", AXIS, of=MOVING, sequence=True),
        Label("flow_back", "exr", np.float32, 2, "px to the previous frame, x right, y down", np.nan,
              "backward optical flow; nothing in the first frame", AXIS, of=MOVING, sequence=True),
        Label("occlusion", "png", np.uint8, 1, "255 hidden or out of frame in the next frame", 0, "forward occlusion",
              STRAND, of=MOVING, sequence=True),
        Label("occlusion_back", "png", np.uint8, 1, "255 hidden or out of frame in the previous frame", 0,
              "backward occlusion", STRAND, of=MOVING, sequence=True),
        Label("scene_flow", "exr", np.float32, 3, "m to the next frame, world", np.nan,
              "how the surface point itself moves; nothing in the last frame", STRAND, of=("places",), sequence=True),
        Label("disparity", "exr", np.float32, 1, "px, left picture is the reference, positive", 0,
              "focal length times baseline over depth; 0 where nothing is", STRAND, of=("places",), stereo=True),
    )
}  # fmt: skip

NOTHING = 1e9  # planar depth in metres from which Cycles' passes show nothing
PICTURES = (
    "rgb",
    "alpha",
)  # have no pass of their own; alone and from several sides they come without objects and landmarks


class Record(NamedTuple):
    """A file beside a sample's pictures: what it holds, and of what it is made."""

    doc: str
    of: tuple[str, ...] = FAMILIES


# Records come with the labels, one file a sample.
RECORDS = {
    "landmarks": Record("70 face landmarks in 2D and 3D with visibility, head pose and gaze", ("people",)),
    "objects": Record("2D and oriented 3D boxes, class, pose, instance id, the part of the spec"),
    "camera": Record("intrinsics, cam2world, lens"),
    "caption": Record("a sentence from the spec"),
    "spec": Record("everything that was drawn"),
    "thing": Record("of things: family, sort, box, size in metres, colours, the thing's own fields, captions and which are wrong",
                    ("things",)),
    "mesh": Record("of things: mesh.glb, what is rendered, with one picture of its colours", ("things",)),
    "points": Record("of things: 16,384 points on the surface with normal, colour and part", ("things",)),
    "sdf": Record("of things: signed distances and occupancy near the surface and all over the box", ("things",)),
}  # fmt: skip
PARTS = {index: name for index, name in enumerate(CLASSES)} | {IGNORE: "ignore"}
HAIR = CLASSES.index("hair")
# What an object is, by its class; the order is the id, so new ones are added at the end.
SEMANTIC = (
    "background", "skin", "eye", "teeth", "gums", "tongue", "hair", "brow", "lash", "beard", "garment", "headwear", "glasses",
    "facewear", "earring", "backdrop",
    "terrain", "water", "ice", "rock", "boulder", "pebble", "tree", "bush", "grass", "fern", "cactus", "succulent", "flower",
    "mushroom", "vine", "fruit", "dead_wood", "leaf_litter", "coral", "sponge", "kelp", "seaweed", "urchin", "shell",
    "starfish", "jellyfish", "anemone", "carnivore", "herbivore", "bird", "fish", "reptile", "snake", "beetle", "dragonfly",
    "crustacean", "leaf", "lightning", "liquid", "sea_worm",
)  # fmt: skip
SEMANTIC_OF = {"caruncle": "eye", "wet_line": "eye"}  # classes that count as another one
# One colour for each class in pictures of the parts label, (256, 3) uint8.
CLASSES_COLOURS = np.zeros((256, 3), np.uint8)
CLASSES_COLOURS[: len(CLASSES)] = [
    (18, 18, 18), (226, 172, 138), (214, 138, 104), (60, 120, 216), (86, 168, 232), (122, 78, 46), (150, 100, 60), (236, 120, 150),
    (246, 152, 176), (120, 20, 40), (206, 60, 80), (226, 92, 104), (196, 148, 118), (92, 64, 150), (132, 98, 60), (74, 148, 110),
    (240, 200, 70), (200, 84, 196), (90, 200, 210),
]  # fmt: skip
for _index in range(len(CLASSES), IGNORE):  # of things: far hues for neighbouring numbers
    CLASSES_COLOURS[_index] = 128 + 110 * np.cos(2 * np.pi * (_index * 0.381966 + np.array([0, 1 / 3, 2 / 3])))
CLASSES_COLOURS[IGNORE] = (255, 255, 255)


def parts_of(family: str) -> dict[int, str]:
    """The names of the classes of the label parts, by id."""
    return dict(enumerate(THING_PARTS)) if family == "things" else PARTS


def allowed(label: Label, frames: int, family: str, stereo: bool) -> bool:
    """Whether a recipe can have a label."""
    return family in label.of and (frames > 1 or not label.sequence) and (stereo or not label.stereo)


def default_labels(frames: int, family: str = "people", stereo: bool = False) -> tuple[str, ...]:
    """The labels of a recipe that names none."""
    return tuple(
        label.name for label in LABELS.values() if family in label.default and allowed(label, frames, family, stereo)
    )


def check_labels(names: tuple[str, ...], frames: int, family: str = "people", stereo: bool = False) -> tuple[str, ...]:
    """The labels asked for, rgb first; raises BadInput on unknown ones and on what the recipe cannot have."""
    known = [name for name, row in (LABELS | RECORDS).items() if family in row.of]
    for name in names:
        if name not in known:
            raise BadInput(f"labels: {name} is not a label of {family}; allowed are {', '.join(known)}")
        if name in LABELS and LABELS[name].sequence and frames < 2:
            raise BadInput(f"labels: {name} needs a sequence; allowed with --frames 2 or more")
        if name in LABELS and LABELS[name].stereo and not stereo:
            raise BadInput(f"labels: {name} needs a stereo pair; allowed with --views 2")
    return tuple(name for name in LABELS if name == "rgb" or name in names)


def file_name(frame: int, label: str) -> str:
    """The name of a label's file within a sample."""
    return f"{frame:04d}.{label}.{LABELS[label].suffix}"


def table() -> list[dict]:
    """The label table as dataset.json holds it."""
    return [
        {
            "name": label.name, "suffix": label.suffix, "dtype": np.dtype(label.dtype).name, "channels": label.channels,
            "unit": label.unit, "background": str(label.background), "doc": label.doc, "rule": label.rule,
        }
        for label in LABELS.values()
    ]  # fmt: skip
