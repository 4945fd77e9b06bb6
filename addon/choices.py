"""The items of menus that are not fields of a spec."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from ..procgen.generator import Generator
from ..procgen.materials.catalogue import MATERIALS
from ..procgen.places.creatures.catalogue import CREATURES
from ..procgen.places.plants.catalogue import PLANTS
from ..procgen.places.scenes.recipes import RECIPES
from ..procgen.places.sea_life.catalogue import SEA_LIFE
from ..procgen.places.terrain.catalogue import TERRAIN
from ..procgen.places.water.catalogue import WATER
from ..procgen.places.weather.catalogue import WEATHER
from . import presets


class LabelChoice(NamedTuple):
    """A label as the menu shows it: what it holds, what it is rendered of, and what it needs."""

    name: str
    about: str
    of: tuple[str, ...] = ("people", "places")
    sequence: bool = False  # more than one frame
    stereo: bool = False  # a stereo pair


# The label table belongs to datagen, which the sidebar reaches through its worker alone; a test keeps the two equal.
LABEL_CHOICES = (
    LabelChoice("depth", "metres along the optical axis"),
    LabelChoice("normal", "unit vectors in the camera's frame"),
    LabelChoice("position", "points in the world"),
    LabelChoice("parts", "19 classes of the face", of=("people",)),
    LabelChoice("hair", "mask of scalp hair", of=("people",)),
    LabelChoice("hair_alpha", "share of the pixel that hair covers", of=("people",)),
    LabelChoice("instance", "object ids"),
    LabelChoice("semantic", "kinds of objects"),
    LabelChoice("uv", "texture coordinates", of=("people",)),
    LabelChoice("albedo", "diffuse colour"),
    LabelChoice("shading", "diffuse light"),
    LabelChoice("linear", "the picture before the view transform"),
    LabelChoice("flow", "motion to the next frame", sequence=True),
    LabelChoice("flow_back", "motion to the previous frame", sequence=True),
    LabelChoice("occlusion", "hidden in the next frame", sequence=True),
    LabelChoice("occlusion_back", "hidden in the previous frame", sequence=True),
    LabelChoice("scene_flow", "motion of the surface itself, in the world", of=("places",), sequence=True),
    LabelChoice("disparity", "shift between the pictures of a stereo pair", of=("places",), stereo=True),
    LabelChoice("alpha", "share of the pixel that the person covers; the picture is cut out", of=("people",)),
)
LABELS = [
    (row.name, row.name.replace("_", " ").capitalize(), row.about.capitalize(), 1 << index)
    for index, row in enumerate(LABEL_CHOICES)
]


def labels_of(family: str, frames: int, stereo: bool) -> list[str]:
    """The labels that a dataset of a family can have."""
    return [
        row.name
        for row in LABEL_CHOICES
        if family in row.of and (frames > 1 or not row.sequence) and (stereo or not row.stereo)
    ]


CAMERAS = [("active", "Active", "The scene's camera"), ("all", "All", "Every camera of the scene, one sample each")]
SHAPES = [
    ("MESH", "Coloured mesh", "A surface with a colour attribute"),
    ("TEXTURE", "Textured mesh", "A surface with UVs and a texture"),
    ("VOLUME", "Volume", "A cube whose density and colour Cycles renders as the field that the avatar is"),
]


class SystemChoice(NamedTuple):
    """A system as the menu shows it: what it makes avatars from, the suffix of what it writes, whether it samples in steps."""

    name: str
    title: str
    about: str
    can: tuple[str, ...] = ("unconditional",)
    suffix: str = ".avatar.safetensors"
    steps: bool = False


# The catalogue of systems belongs to models, which the sidebar reaches through its worker alone; a test keeps the two equal.
SYSTEM_CHOICES = (
    SystemChoice(
        "rodin", "Rodin", "Triplanes by roll-out diffusion", ("prompt", "photo", "edit", "unconditional"), steps=True
    ),
    SystemChoice("nfd", "NFD", "Triplanes by diffusion of plain channels", steps=True),
    SystemChoice("eg3d", "EG3D", "Triplanes by a style GAN; arrives as a mesh", suffix=".glb"),
    SystemChoice("pi_gan", "pi-GAN", "A sine network by a GAN; arrives as a mesh", suffix=".glb"),
    SystemChoice("giraffe", "GIRAFFE", "A feature field by a GAN; arrives as a mesh without colours", suffix=".glb"),
    SystemChoice("auto_encoder", "Auto-encoder", "Portrait to triplane, sampled by a Gaussian"),
)
SYSTEMS = [(row.name, row.title, row.about) for row in SYSTEM_CHOICES]
MODES = [
    ("unconditional", "From nothing", "Somebody whom the seed draws"),
    ("prompt", "From a prompt", "Somebody as the prompt says"),
    ("photo", "From a photo", "Somebody who resembles a photo"),
    ("edit", "Edit", "An avatar, changed as the prompt says"),
]
ANY = "ANY"
PLACE_KINDS = [(ANY, "Any", "Whatever kind the seed draws")] + [
    (name, name.replace("_", " ").capitalize(), recipe.says) for name, recipe in RECIPES.items()
]

# Things that can stand alone: ground and whole weathers are parts of a place; a simulation is not made in an instant.
THINGS: dict[str, tuple[Generator, ...]] = {
    "Plants": PLANTS,
    "Terrain": tuple(row for row in TERRAIN if row.name != "ground"),
    "Sea life": SEA_LIFE,
    "Creatures": CREATURES,
    "Water": tuple(row for row in WATER if row.name == "sea"),
    "Weather": tuple(row for row in WEATHER if row.name == "snowflake"),
}
_HEADINGS = {
    "ground": "Ground", "sand": "Ground", "frozen": "Ground", "rock": "Rock", "bark": "Plants", "plant": "Plants", "flesh": "Soft bodies",
    "animal": "Animals", "armour": "Animals", "metal": "Metal", "fabric": "Fabric", "ceramic": "Masonry", "plastic": "Plastic",
    "glass": "Glass", "liquid": "Liquids", "carpentry": "Timber",
}  # fmt: skip


def materials() -> dict[str, list[Generator]]:
    """The generators of materials by heading."""
    found: dict[str, list[Generator]] = {}
    for row in MATERIALS:
        found.setdefault(_HEADINGS[row.module.rpartition(".")[2]], []).append(row)
    return found


def headed(rows: dict) -> list[tuple]:
    """The items of a menu whose columns have headings; the number that a file keeps does not depend on the order."""
    items: list[tuple] = []
    for heading, generators in rows.items():
        items.append(("", heading, ""))
        items += [
            (row.name, title(row.name), _sentence(row.doc), "NONE", zlib.crc32(row.name.encode()) & 0x7FFFFFFF)
            for row in generators
        ]
    return items


def title(name: str) -> str:
    """A generator's name as a person reads it."""
    return name.replace("_", " ").capitalize()


def _sentence(doc: str) -> str:
    return doc[:1].upper() + doc[1:]


MATERIAL_ITEMS, THING_ITEMS = headed(materials()), headed(THINGS)
_kept: dict[tuple, list[tuple]] = {}  # every list ever given out: Blender holds pointers into the last ones


def preset_items(self, context) -> list[tuple]:
    """The presets there are."""
    found = presets.available()
    rows = tuple((name, row.name, row.description) for name, row in found.items()) or (("", "None", "No preset"),)
    return _kept.setdefault(rows, list(rows))
