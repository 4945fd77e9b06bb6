"""Mouth: teeth, gums and tongue of a person, fitted to the jaws of the head."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..params import beta, child, draw, lognormal, normal, seed, spec
from .head_data import head_data
from .identity import Identity
from .parts import PART
from .pose import rigid_fit, transform
from .teeth import Arch, gum, row

# Template places of the incisors' edges, metres, and the half breadth and depth of the ellipses that the rows stand on: 59 mm
# between the cheek sides of the upper molars and 8 mm from incisors to canines (Wheeler's Dental Anatomy, recalled).
UPPER_FRONT, UPPER_EDGE, UPPER_ARCH = -0.0270, -0.0702, (0.0300, 0.040)
LOWER_FRONT, LOWER_EDGE, LOWER_ARCH = -0.0216, -0.0682, (0.0275, 0.036)


@spec
class Mouth:
    """What shows when the mouth opens."""

    whiteness: float = beta(3, 2.5, doc="0 yellow … 1 bleached")
    crookedness: float = beta(1.4, 3.0, doc="how far teeth turn and step out of line")
    gap: float = lognormal(0.00012, 0.9, 0.00002, 0.003, unit="m", doc="between the middle incisors")
    size: float = normal(1.0, 0.03, 0.9, 1.1, doc="size of the teeth, relative")
    gums: float = normal(0.5, 0.2, 0, 1, doc="0 pale … 1 dark gums")
    seed: int = seed()


def sample_mouth(rng: Generator, fixed=None, *, identity: Identity) -> Mouth:
    """Draw a mouth; teeth darken with age."""
    years = (identity.age - 18) / 70
    african = identity.ancestry[0]
    return draw(Mouth, rng, fixed, whiteness=beta(3.2, 2.2 + 3 * years), gums=normal(0.3 + 0.45 * african, 0.13, 0, 1))


def build_mouth(mouth: Mouth, person) -> list:
    """Build teeth, gums and tongue (needs bpy)."""
    from ..blender import mesh_object
    from ..materials.mouth import enamel_material, gum_material, interior_material, tongue_material

    data = head_data()
    enamel, flesh = enamel_material(mouth), gum_material(mouth)
    objects = []
    for upper, group, arch, edge in (
        (True, "helper-upper-teeth", Arch(UPPER_FRONT, *UPPER_ARCH), UPPER_EDGE),
        (False, "helper-lower-teeth", Arch(LOWER_FRONT, *LOWER_ARCH), LOWER_EDGE),
    ):
        members = data.groups[group]
        fit = rigid_fit(data.template[members], person.rest[members])
        name, follow = ("Upper", "head") if upper else ("Lower", "jaw")
        rng = child(mouth.seed, name)
        vertices, faces, within, places = row(upper, arch, edge, mouth, rng)
        teeth = mesh_object(
            f"{name} teeth", transform(fit, vertices), faces, part=PART["mouth_interior"],
            attributes={"enamel": ("FLOAT", "POINT", within[:, 0]), "between": ("FLOAT", "POINT", within[:, 1])},
        )  # fmt: skip
        teeth.data.materials.append(enamel)
        ridge, quads = gum(places, arch, upper)
        gums = mesh_object(f"{name} gums", transform(fit, ridge), quads, part=PART["mouth_interior"])
        gums.data.materials.append(flesh)
        for obj in (teeth, gums):
            obj["follow"] = follow
        objects += [person.link(teeth, "teeth"), person.link(gums, "gums")]
    objects.append(_tongue(person, fit, tongue_material()))  # the last fit is the lower jaw's
    _paint_inside(person.head, interior_material())
    return objects


def _tongue(person, jaw: np.ndarray, material):
    """The tongue lies in the lower jaw wherever sliders and actions take that, and comes out by its own action."""
    from ..blender import mesh_object

    data = head_data()
    members = data.groups["helper-tongue"]
    local = np.full(len(data.template), -1)
    local[members] = np.arange(len(members))
    faces = local[data.faces[data.face_group == "helper-tongue"]]
    obj = mesh_object("Tongue", transform(jaw, data.template[members]), faces, part=PART["mouth_interior"])
    obj.data.materials.append(material)
    smooth = obj.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels = smooth.render_levels = 2
    return person.link(obj, "tongue")


def _paint_inside(head, material) -> None:
    """Give the faces of the mouth's inside a material of their own."""
    mesh = head.data
    mesh.materials.append(material)
    part = np.zeros(len(mesh.polygons), np.float32)
    mesh.attributes["part"].data.foreach_get("value", part)
    slots = np.where(part == PART["mouth_interior"], len(mesh.materials) - 1, 0).astype(np.int32)
    mesh.polygons.foreach_set("material_index", slots)
