"""The recipe of a label run: a Blender file, and what of it is labelled, kept in dataset.json."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from .errors import BadInput
from .formats.limits import MAX_EDGE, MAX_PIXELS
from .labels import LABELS, table
from .projections import LINEAR, MODELS, PINHOLE

# What the label table says of faces is said otherwise of any scene.
SEEN = "the first surface with an alpha of at least 0.5; glass is a surface, volumes are looked through; "
SURFACE = SEEN + "a strand of hair counts where it covers the pixel's centre"
MOVES = SURFACE + "; nothing where a thing's points cannot be matched between frames (flow_unknown in objects.json)"
LABELLED = {
    "rgb": {"doc": "the picture as the file sets it up, in Cycles, without compositor and sequencer"},
    "alpha": {"doc": "share of the pixel that the file's transparent film shows as covered; rgb.png carries it too"},
    "linear": {}, "albedo": {}, "shading": {},
    "depth": {"rule": SURFACE}, "normal": {"rule": SURFACE}, "position": {"rule": SURFACE},
    "distance": {"rule": SURFACE}, "rays": {},
    "uv": {"rule": SURFACE, "unit": "texture", "doc": "texture coordinates of the active map; 0 on things without them"},
    "instance": {"rule": SURFACE, "doc": "object or instance, numbered from 1 by name, the same in all frames"},
    "semantic": {"rule": SURFACE, "doc": "class of the thing, by collection or by property"},
    "flow": {"rule": MOVES}, "flow_back": {"rule": MOVES},
    "occlusion": {"rule": MOVES.replace("nothing", "255")}, "occlusion_back": {"rule": MOVES.replace("nothing", "255")},
}  # fmt: skip
ON_DEMAND = ("linear", "albedo", "shading")
MOVING = ("flow", "flow_back", "occlusion", "occlusion_back")
OF_RAYS = ("distance", "rays")  # by default of cameras that are no pinholes; of pinholes on demand
OF_PLANES = ("depth", *MOVING)  # what panoramas do not have
LISTS = ("cameras", "class_names", "labels", "models", "remarks")
UNLABELLED = 255  # the class of things that nothing gives one


@dataclass(frozen=True)
class SceneRecipe:
    """What to label: sample i is what camera i sees in all the frames.

    The path of the file is this machine's, so it is told to workers and kept out of dataset.json.
    """

    source: str  # the file's name
    sha256: str
    cameras: tuple[str, ...]
    first: int
    last: int
    width: int
    height: int
    engine: str  # of the file
    class_names: tuple[str, ...]  # in the order of their ids, from 1
    classes: str = "collection"
    samples: int = 0  # of the picture; 0 leaves it to the file
    labels: tuple[str, ...] = ()
    threads: int = 0
    path: str = ""
    models: tuple[str, ...] = ()  # of each camera; pinholes where none are told
    transparent: bool = False  # whether the file's film is
    remarks: tuple[str, ...] = ()  # what of the file could not be taken as it is, a line each

    seed = 0  # events and records number samples from it

    def __post_init__(self):
        for name in LISTS:
            value = getattr(self, name)
            if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
                raise BadInput(f"{name}: {value!r} is not allowed; allowed is a list of texts")
            object.__setattr__(self, name, tuple(value))
        if not self.models:
            object.__setattr__(self, "models", (PINHOLE,) * len(self.cameras))
        if len(self.models) != len(self.cameras) or not set(self.models) <= set(MODELS):
            raise BadInput(
                f"models: {self.models} is not allowed; allowed is one of {', '.join(MODELS)} for each camera"
            )
        for name, low, high in (("width", 4, MAX_EDGE), ("height", 4, MAX_EDGE), ("samples", 0, 65536)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise BadInput(f"{name}: {value!r} is not allowed; allowed is a whole number in {low}..{high}")
        if self.width * self.height > MAX_PIXELS:  # nobody could read them
            raise BadInput(f"size: {self.width}x{self.height} is not allowed; allowed are {MAX_PIXELS} pixels in all")
        if not isinstance(self.transparent, bool):
            raise BadInput(f"transparent: {self.transparent!r} is not allowed; allowed is true or false")
        self.label_names()

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.cameras)

    @property
    def frames(self) -> int:
        """Number of frames of each sample."""
        return self.last - self.first + 1

    def label_names(self) -> tuple[str, ...]:
        """The labels that are rendered of any camera, rgb first; raises BadInput on what none can have."""
        found = {name for model in set(self.models) for name in self.labels_of(model)}
        for name in self.labels:
            if name not in LABELLED:
                raise BadInput(f"labels: {name} is not a label of a scene; allowed are {', '.join(LABELLED)}")
            if name in MOVING and self.frames < 2:
                raise BadInput(f"labels: {name} needs a sequence; allowed with --frames A..B")
            if name == "alpha" and not self.transparent:
                raise BadInput("labels: alpha needs a transparent film; set Film, Transparent in the file")
            if name not in found:
                raise BadInput(f"labels: {name} is not had of {', '.join(sorted(set(self.models)))} cameras; "
                               f"allowed are {', '.join(OF_RAYS)}")  # fmt: skip
        return tuple(name for name in LABELS if name in found)

    def labels_of(self, model: str) -> tuple[str, ...]:
        """The labels that are rendered of a camera of this model."""
        without = () if model in LINEAR else OF_PLANES
        usual = [name for name in LABELLED if name not in ON_DEMAND and (self.frames > 1 or name not in MOVING)]
        usual = [
            name
            for name in usual
            if (name not in OF_RAYS or model != PINHOLE) and (name != "alpha" or self.transparent)
        ]
        wanted = {"rgb", *(self.labels or usual)}
        return tuple(name for name in LABELS if name in wanted and name not in without)

    def label_table(self) -> list[dict]:
        """The rows of dataset.json for the labels that a scene has."""
        return [row | LABELLED[row["name"]] for row in table() if row["name"] in LABELLED]

    def taxonomy(self) -> dict:
        """The names of the classes by id."""
        names = {"0": "background"} | {str(number): name for number, name in enumerate(self.class_names, 1)}
        return {"semantic": names | {str(UNLABELLED): "unlabelled"}}

    def identity(self, index: int) -> str:
        """What decides the split of a sample: cameras of one file stay together."""
        return self.sha256

    def sample(self, index: int) -> str:
        """The camera of sample ``index``."""
        return self.cameras[index]

    def to_dict(self) -> dict:
        """As plain JSON values."""
        values = dataclasses.asdict(self) | {name: list(getattr(self, name)) for name in LISTS}
        del values["path"]
        return values | {"count": self.count, "frames": self.frames}

    def for_worker(self) -> dict:
        """What a worker on this machine is told."""
        return self.to_dict() | {"path": self.path}

    @classmethod
    def from_dict(cls, data: dict) -> SceneRecipe:
        """Read what ``to_dict`` or ``for_worker`` wrote."""
        names = [field.name for field in dataclasses.fields(cls)]
        try:
            return cls(**{name: data[name] for name in names if name in data})
        except TypeError:
            raise BadInput(f"recipe: allowed is an object of {', '.join(names)}") from None

    def differing(self, other: SceneRecipe) -> list[str]:
        """The names of the fields in which two recipes make different samples."""
        free = ("threads", "path", "remarks")
        names = [field.name for field in dataclasses.fields(self) if field.name not in free]
        return [name for name in names if getattr(self, name) != getattr(other, name)]


def parse_frames(text: str, current: int) -> tuple[int, int]:
    """Read ``A..B``, or one number; nothing is the file's current frame."""
    if not text:
        return current, current
    found = re.fullmatch(r"(-?\d{1,7})(?:\.\.(-?\d{1,7}))?", text)
    if not found or int(found[2] or found[1]) < int(found[1]):
        raise BadInput(f"frames: {text} is not allowed; allowed is A..B with B from A, or one number")
    return int(found[1]), int(found[2] or found[1])


def parse_size(text: str) -> tuple[int, int] | None:
    """Read ``WxH``; nothing is the file's own size."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if text and not found:
        raise BadInput(f"size: {text} is not allowed; allowed is WIDTHxHEIGHT in pixels")
    return (int(found[1]), int(found[2])) if found else None
