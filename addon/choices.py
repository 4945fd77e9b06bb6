"""The items of menus that are not fields of a spec."""

from __future__ import annotations

from . import presets

# The label table belongs to datagen, which the sidebar reaches through its worker alone; a test keeps the two equal.
_LABELS = (
    ("depth", "metres along the optical axis"),
    ("normal", "unit vectors in the camera's frame"),
    ("position", "points in the world"),
    ("parts", "19 classes of the face"),
    ("hair", "mask of scalp hair"),
    ("hair_alpha", "share of the pixel that hair covers"),
    ("instance", "object ids"),
    ("semantic", "kinds of objects"),
    ("uv", "texture coordinates"),
    ("albedo", "diffuse colour"),
    ("shading", "diffuse light"),
    ("linear", "the picture before the view transform"),
    ("flow", "motion to the next frame"),
    ("flow_back", "motion to the previous frame"),
    ("occlusion", "hidden in the next frame"),
    ("occlusion_back", "hidden in the previous frame"),
)
SEQUENCE = {"flow", "flow_back", "occlusion", "occlusion_back"}  # need more than one frame
LABELS = [
    (name, name.replace("_", " ").capitalize(), about.capitalize(), 1 << index)
    for index, (name, about) in enumerate(_LABELS)
]
CAMERAS = [("active", "Active", "The scene's camera"), ("all", "All", "Every camera of the scene, one sample each")]
SHAPES = [
    ("MESH", "Coloured mesh", "A surface with a colour attribute"),
    ("TEXTURE", "Textured mesh", "A surface with UVs and a texture"),
    ("VOLUME", "Volume", "A cube whose density and colour Cycles renders as the field that the avatar is"),
]
_kept: dict[tuple, list[tuple]] = {}  # every list ever given out: Blender holds pointers into the last ones


def preset_items(self, context) -> list[tuple]:
    """The presets there are."""
    found = presets.available()
    rows = tuple((name, row.name, row.description) for name, row in found.items()) or (("", "None", "No preset"),)
    return _kept.setdefault(rows, list(rows))
