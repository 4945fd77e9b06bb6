"""Mouth: teeth, gums and tongue of a person, fitted to the jaws of the head."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ..params import beta, child, draw, lognormal, normal, seed, spec
from .expression import ACTIONS, LIBRARY, expand
from .head_data import head_data
from .identity import Identity
from .parts import PART, skin_parts
from .pose import apply_actions, rigid_fit, transform
from .teeth import Arch, gum, row

# Template heights of the incisors' edges, and how far the lower row stands behind the upper one and within it, metres.
UPPER_EDGE, LOWER_EDGE, OVERJET, WITHIN = -0.0702, -0.0682, 0.0054, 0.0025
# The rows stand on half an ellipse: the least and the most that its front, half its breadth and its depth are, template metres.
# Those of people are 59 mm between the cheek sides of the upper molars, and 8 mm from incisors to canines (Wheeler's Dental
# Anatomy, recalled).
FRONT, HALF, DEPTH, LOWER_DEPTH = (-0.0335, -0.0200), (0.0290, 0.0340), (0.026, 0.044), 0.9
# Vertices of the lips' inner side from the middle to the left corner and to the right one.
INNER_LIPS = ((537, 538, 539, 531, 532, 2393, 533, 525, 524, 528, 1879, 527),
              (537, 3331, 3332, 3325, 3326, 5084, 3327, 3319, 3318, 3322, 4596, 3321))  # fmt: skip
# A vertex of the upper lip's rim, and the m that the thinnest lips leave between it and the teeth.
UPPER_RIM, THIN_LIP = 474, 0.0023
# m: teeth stand behind the inner lip in the middle and beside it in a smile; how far resting lips give way to them; and from
# where on lips are sides. Half a breadth is this share of where a smile's corner lies.
BEHIND_LIP, BEHIND_SMILE, GIVES_WAY, BESIDE, OF_SMILE = -0.0012, -0.0003, 0.0018, 0.012, 0.94
# m: of lower teeth and gums behind the chin of who laughs, and how far they are set back at most
CLEAR, MOST_BACK = 0.0005, 0.007
# A vertex of the lower lip's rim; m: what hangs below it and before this depth counts.
LIP_RIM, UNDER_RIM, SEEN_DEPTH = 493, 0.003, 0.005


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


def fitted_arch(rest: np.ndarray) -> tuple[float, float, float]:
    """Front, half breadth and depth of the ellipse that the upper row of a head (v, 3) stands on, in the frame of its teeth, metres.

    Lips lie on teeth: in the middle, and in a smile as far as the corners, where a row that bends away earlier leaves them dark.
    """
    members = head_data().groups["helper-upper-teeth"]
    home = np.linalg.inv(rigid_fit(head_data().template[members], rest[members]))
    smiling = apply_actions(rest, dict.fromkeys(ACTIONS, 0.0) | expand(LIBRARY["open_smile"]))
    (x, y), (wide, deep) = (_inner_lips(transform(home, points)) for points in (rest, smiling))
    rim = transform(home, rest[UPPER_RIM])[1]
    front = float(np.clip(max(y[0] + BEHIND_LIP, rim + THIN_LIP), *FRONT))
    half = float(np.clip(OF_SMILE * wide[-1], *HALF))

    def depths(across, along):
        return (along - front) / (1 - np.sqrt(1 - (across / half) ** 2))

    still, moved = ((across > BESIDE) & (across < 0.97 * half) for across in (x, wide))
    least = depths(x[still], y[still] - GIVES_WAY).max(initial=DEPTH[0])
    wished = np.median(depths(wide[moved], deep[moved] + BEHIND_SMILE))
    return front, half, float(np.clip(max(least, wished), *DEPTH))


def _inner_lips(points: np.ndarray) -> np.ndarray:
    """How far to the side and how deep (2, 12) the inner lip of a head (v, 3) lies from its middle to its corners, both sides' mean."""
    left, right = (points[list(side)] for side in INNER_LIPS)
    return np.stack([np.abs(left[:, 0] - right[:, 0]) / 2, (left[:, 1] + right[:, 1]) / 2])


def upper_row(mouth: Mouth, rest: np.ndarray):
    """Teeth (n, 3), faces, attributes (n, 3), gums (m, 3) and quads of the upper jaw of a head (v, 3), metres."""
    members = head_data().groups["helper-upper-teeth"]
    fit, arch = rigid_fit(head_data().template[members], rest[members]), Arch(*fitted_arch(rest))
    return _placed(True, fit, arch, UPPER_EDGE, mouth)


def lower_row(mouth: Mouth, rest: np.ndarray, back: float):
    """The same of the lower jaw, set back by ``back`` metres."""
    members = head_data().groups["helper-lower-teeth"]
    fit = rigid_fit(head_data().template[members], rest[members])
    front, half, depth = fitted_arch(rest)
    arch = Arch(front + OVERJET + back, half - WITHIN, LOWER_DEPTH * depth)
    return _placed(False, fit, arch, LOWER_EDGE, mouth)


def _placed(upper: bool, fit: np.ndarray, arch: Arch, edge: float, mouth: Mouth):
    teeth, faces, within, places = row(upper, arch, edge, mouth, child(mouth.seed, "Upper" if upper else "Lower"))
    ridge, quads = gum(places, arch, upper)
    return transform(fit, teeth), faces, within, transform(fit, ridge), quads


def through_the_chin(rest: np.ndarray, lower: np.ndarray) -> float:
    """How far the foremost of lower teeth and gums (n, 3) at rest stands before the skin of a head (v, 3) that laughs as broadly
    as any, metres; below zero all are behind it (needs bpy's mathutils)."""
    from mathutils.bvhtree import BVHTree

    data = head_data()
    laughing = apply_actions(rest, dict.fromkeys(ACTIONS, 0.0) | expand(LIBRARY["laugh"]))
    jaw, skin = data.groups["helper-lower-teeth"], data.face_group == "body"
    outside = skin_parts(data, data.faces[skin], data.uv_faces[skin]) != PART["mouth_interior"]
    tree = BVHTree.FromPolygons(laughing.tolist(), data.faces[skin][outside].tolist())
    lower = transform(rigid_fit(rest[jaw], laughing[jaw]), lower)
    hidden = lower[(lower[:, 2] < laughing[LIP_RIM, 2] - UNDER_RIM) & (lower[:, 1] < SEEN_DEPTH)]
    hits = [tree.ray_cast((x, -0.2, z), (0, 1, 0))[0] for x, _, z in hidden.tolist()]
    return max((hit[1] - place[1] for place, hit in zip(hidden.tolist(), hits, strict=True) if hit), default=-1.0)


def fitted_row(mouth: Mouth, rest: np.ndarray):
    """The lower row of a head, and how far it was set back, metres: behind the skin of the chin in the broadest laugh."""
    found, back = lower_row(mouth, rest, 0.0), 0.0
    for _ in range(2):  # the row bends with its ellipse, so the first answer is a guess
        ahead = through_the_chin(rest, np.concatenate([found[0], found[3]])) + CLEAR
        if ahead <= 0 or back >= MOST_BACK:
            break
        back = min(back + ahead, MOST_BACK)
        found = lower_row(mouth, rest, back)
    return found, back


def build_mouth(mouth: Mouth, person) -> list:
    """Build teeth, gums and tongue (needs bpy)."""
    from ..blender import mesh_object
    from ..materials.mouth import enamel_material, gum_material, interior_material, tongue_material

    data = head_data()
    upper = upper_row(mouth, person.rest)
    lower, back = fitted_row(mouth, person.rest)
    enamel, flesh = enamel_material(mouth), gum_material(mouth)
    objects = []
    for name, follow, (teeth, faces, within, ridge, quads) in (("Upper", "head", upper), ("Lower", "jaw", lower)):
        crowns = mesh_object(
            f"{name} teeth", teeth, faces, part=PART["mouth_interior"],
            attributes={name: ("FLOAT", "POINT", within[:, i]) for i, name in enumerate(("enamel", "between", "back"))},
        )  # fmt: skip
        crowns.data.materials.append(enamel)
        gums = mesh_object(f"{name} gums", ridge, quads, part=PART["mouth_interior"])
        gums.data.materials.append(flesh)
        for obj in (crowns, gums):
            obj["follow"] = follow
        objects += [person.link(crowns, "teeth"), person.link(gums, "gums")]
    members = data.groups["helper-lower-teeth"]
    objects.append(_tongue(person, rigid_fit(data.template[members], person.rest[members]), back, tongue_material()))
    _paint_inside(person.head, interior_material())
    return objects


def _tongue(person, jaw: np.ndarray, back: float, material):
    """The tongue lies in the lower jaw, set back with its teeth, wherever sliders and actions take that, and comes out by its own action."""
    from ..blender import mesh_object

    data = head_data()
    members = data.groups["helper-tongue"]
    local = np.full(len(data.template), -1)
    local[members] = np.arange(len(members))
    faces = local[data.faces[data.face_group == "helper-tongue"]]
    obj = mesh_object(
        "Tongue", transform(jaw, data.template[members] + [0.0, back, 0.0]), faces, part=PART["mouth_interior"]
    )
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
