"""Eyes: colour, pupils and whites of a person, and the eyeballs, tears and inner corners they build."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..geometry.angles import arctan2
from ..materials.pigment import IRIS_COLOURS
from ..params import beta, choice, draw, normal, seed, spec
from .eye_geometry import IRIS_SHARE, inner_eye, iris_y, lid_margin, outer_eye
from .eye_pictures import REACH, eye_picture
from .identity import Identity
from .parts import PART

EUROPEAN = {"dark_brown": 0.05, "brown": 0.25, "amber": 0.04, "hazel": 0.16, "green": 0.13, "blue": 0.29, "grey": 0.08}
OTHERS = {
    "dark_brown": 0.62,
    "brown": 0.34,
    "amber": 0.02,
    "hazel": 0.015,
    "green": 0.003,
    "blue": 0.001,
    "grey": 0.001,
}

PICTURE_SHARE, PICTURE_EDGES = 5, (256, 512)  # edge of the skin's pictures over that of the eye's; px, least and most
SUNK, CARUNCLE = 0.0006, (0.0022, 0.0014, 0.0014)  # m: how deep the flesh of the corner lies, and its half axes
CORNER = 0.0003  # m: how far around the innermost point of the lids' margin the corner is taken from


@spec
class Eyes:
    """Both eyes: one colour family, small differences between left and right."""

    iris: str = choice({name: 1.0 for name in IRIS_COLOURS}, says="{} eyes", doc="colour family")
    shade: float = normal(1.0, 0.18, 0.5, 1.6, doc="lightness of the iris, relative to its family")
    saturation: float = normal(1.0, 0.12, 0.5, 1.5, doc="colourfulness of the iris")
    fibres: float = beta(3, 2, doc="contrast of the fibres")
    limbal_ring: float = beta(3, 2.5, doc="darkness of the iris's rim; fades with age")
    collarette: float = beta(2, 3, doc="how far the ring around the pupil differs")
    pupil: float = normal(0.0040, 0.0008, 0.002, 0.007, unit="m", doc="pupil diameter")
    redness: float = beta(1.5, 6.0, doc="how visible the veins of the sclera are")
    yellowing: float = beta(1.5, 6.0, doc="warm tint of the sclera")
    wetness: float = beta(3, 2, doc="size of the line of tears along the lids")
    difference: float = normal(0, 0.04, -0.2, 0.2, doc="lightness of the left iris over the right one")
    seed: int = seed()


def sample_eyes(rng: Generator, fixed=None, *, identity: Identity) -> Eyes:
    """Draw eyes: colour by ancestry, rims and whites by age."""
    european = identity.ancestry[2] ** 1.5
    weights = {name: european * EUROPEAN[name] + (1 - european) * OTHERS[name] for name in IRIS_COLOURS}
    years = (identity.age - 18) / 70
    return draw(
        Eyes, rng, fixed, iris=choice(weights),
        limbal_ring=beta(3.2, 2.2 + 3 * years), yellowing=beta(1.5 + 2 * years, 6.0),
        pupil=normal(0.0044 - 0.0011 * years, 0.0007, 0.002, 0.007),
    )  # fmt: skip


def build_eyes(eyes: Eyes, person) -> list:
    """Build both eyes; writes ``person.eye_landmarks`` (needs bpy)."""
    from mathutils import Matrix

    from ..blender import mesh_object
    from ..materials.eye import caruncle_material, cornea_material, eye_material, tear_material
    from .skin_pictures.pictures import srgb_bytes

    edge = int(np.clip(person.texture // PICTURE_SHARE, *PICTURE_EDGES))
    materials = {
        side: eye_material(srgb_bytes(eye_picture(eyes, shade, side, edge)), REACH, side)
        for side, shade in (("left", 1.0 + eyes.difference), ("right", 1.0))
    }
    cornea, tears, corner = cornea_material(), tear_material(), caruncle_material()
    person.eye_landmarks, person.lid_margins, objects = {}, {}, []
    tree = person.surface.bvh()
    for side, eye in person.neutral.eyes.items():
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = eye.rotation, eye.centre
        bone = "eye.L" if side == "left" else "eye.R"
        margin, polar = lid_margin(tree, eye.centre, eye.rotation, eye.radius)
        person.lid_margins[side] = margin
        vertices, faces = inner_eye(eye.radius)
        iris_radius = IRIS_SHARE * eye.radius
        inner = mesh_object(
            f"Eye {side}", vertices, faces, part=PART[f"{side}_eye"],
            attributes={
                "iris_place": ("FLOAT_VECTOR", "POINT", vertices / iris_radius),
                "lid_shade": ("FLOAT", "POINT", _lid_shade(vertices, polar)),
            },
        )  # fmt: skip
        inner.data.materials.append(materials[side])
        outer = mesh_object(f"Cornea {side}", *outer_eye(eye.radius), part=PART[f"{side}_eye"])
        outer.data.materials.append(cornea)
        outer["label_hidden"] = True
        for obj in (inner, outer):
            person.link(obj, "eye")
            obj["follow"] = bone
            obj.matrix_world = Matrix(matrix.tolist())
            objects.append(obj)
        place = eye.rotation @ [0.0, iris_y() * eye.radius, 0.0] + eye.centre
        person.eye_landmarks[side] = {"pupil": place, "iris_centre": place, "iris_radius": iris_radius}
        wet = _wet_line(side, margin, eye.centre, 0.00018 + 0.00022 * eyes.wetness)
        wet.data.materials.append(tears)
        wet["label_hidden"] = True
        pink = _caruncle(side, margin, eye)
        pink.data.materials.append(corner)
        objects += [person.link(wet, "wet_line"), person.link(pink, "caruncle")]
    return objects


def _lid_shade(vertices: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """How much the lids darken each vertex (n,): fully at their margin, gone a few millimetres inside."""
    length = np.linalg.norm(vertices, axis=1)
    polar = np.arccos(np.clip(-vertices[:, 1] / length, -1, 1))
    angle = arctan2(vertices[:, 2], vertices[:, 0]) % (2 * np.pi)
    edges = 2 * np.pi * np.arange(len(margin) + 1) / len(margin)
    limit = np.interp(angle, edges, np.append(margin, margin[0]))
    # The upper lid overhangs and shades further down than the lower one.
    reach = np.where(np.sin(angle) > 0, 0.44, 0.18)
    return np.clip(1 - (limit - polar) / reach, 0, 1) ** 1.4


def _wet_line(side: str, margin: np.ndarray, centre: np.ndarray, radius: float):
    """A thin tube along the lids' margin."""
    from ..blender import mesh_object

    loop = margin + (margin - centre) / np.linalg.norm(margin - centre, axis=1, keepdims=True) * radius * 0.3
    for _ in range(2):
        loop = (np.roll(loop, 1, 0) + 2 * loop + np.roll(loop, -1, 0)) / 4
    along = np.roll(loop, -1, 0) - np.roll(loop, 1, 0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    out = loop - centre
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    aside = np.cross(along, out)
    angle = 2 * np.pi * np.arange(8) / 8
    rings = loop[:, None] + radius * (
        np.cos(angle)[:, None] * out[:, None] + 1.4 * np.sin(angle)[:, None] * aside[:, None]
    )
    count = len(loop)
    i, j = np.meshgrid(np.arange(count), np.arange(8), indexing="ij")
    following, beside = (i + 1) % count, (j + 1) % 8
    faces = np.stack([i * 8 + j, following * 8 + j, following * 8 + beside, i * 8 + beside], -1).reshape(-1, 4)
    return mesh_object(f"Wet line {side}", rings.reshape(-1, 3), faces, part=PART[f"{side}_eye"])


def _caruncle(side: str, margin: np.ndarray, eye):
    """The pink flesh in the inner corner, half sunk."""
    from ..blender import mesh_object

    across = margin[:, 0] * (1 if side == "left" else -1)
    share = np.exp(
        (across.min() - across) / CORNER
    )  # not of the innermost point alone: that one changes with the shape
    inner = share @ margin / share.sum()
    place = inner + SUNK * (eye.centre - inner) / np.linalg.norm(eye.centre - inner)
    u, v = np.meshgrid(np.linspace(0, np.pi, 9), np.linspace(0, 2 * np.pi, 13)[:-1], indexing="ij")
    ball = np.stack([np.sin(u) * np.cos(v), np.cos(u), np.sin(u) * np.sin(v)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(8), np.arange(12), indexing="ij")
    faces = np.stack([i * 12 + j, i * 12 + (j + 1) % 12, (i + 1) * 12 + (j + 1) % 12, (i + 1) * 12 + j], -1)
    vertices = ball * CARUNCLE + place
    return mesh_object(f"Caruncle {side}", vertices, faces.reshape(-1, 4), part=PART[f"{side}_eye"])
