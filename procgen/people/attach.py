"""How the parts of a person hang on its rig and skin, so that one pose moves all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from mathutils import Matrix

from ..blender import points_of, set_attribute, set_points
from ..nodes.follow import follow_the_skin, show_share
from .expression import ACTIONS
from .hanging import HANG, LEAST_HANG, hang_of, landing
from .head_data import head_data
from .hinge import hinges
from .pose import rigid_fit, transform
from .rig import bone_name, drive_keys
from .surface import Surface, shares_of, vectors

# What each class of object moves with, unless its builder says otherwise in obj["follow"]: a bone, "skin" (weights of the
# nearest skin), "face" (weights, and the shapes of the 52 keys), "surface" (points stay on their place of the skin).
FOLLOWS = {
    "hair": "surface", "brow": "surface", "lash": "surface", "beard": "surface", "wet_line": "surface",
    "caruncle": "surface", "headwear": "head", "glasses": "head", "earring": "head", "teeth": "head", "gums": "head",
    "tongue": "jaw", "facewear": "face", "garment": "skin",
}  # fmt: skip
# m of the template: from where to where skin goes over to the shoulder's bone
SHOULDER = ((0.075, 0.135), (-0.10, -0.16))
STILL = 0.6  # weight of the bones below the neck from which on skin counts as the body that hair lands on
STEPS = 1024  # of shares that are stored with points: a file compresses them well
STRAND_STEPS = 64  # of those of scalp hair, which goes with its triangle wherever in it it stands
VIEWPORT_SHARE = "viewport_share"  # property of the rig: how many of its strands viewports show, 0…1; renders show all
# m: over how far a mask's cloth evens out what the skin does, and behind which depth it does nothing
TAUT, TAUT_BEHIND = 0.035, 0.06
LEAST_MOVE = 1e-6  # m: a key that moves no point of a part by more is not made


def follow_of(obj) -> str:
    """What an object moves with; "none" for lamps and cameras."""
    return obj.get("follow", FOLLOWS.get(obj.get("class"), "none"))


def attach(person, obj) -> None:
    """Hang a part that was built around the neutral head on the person's rig (needs bpy)."""
    follow = follow_of(obj)
    if obj.type not in ("MESH", "CURVES") or obj is person.head or follow == "none":
        return
    if follow == "surface":
        _stay_on_skin(person, obj)
    elif follow in ("skin", "face"):
        _take_weights(person, obj)
        if follow == "face":
            shares = _taut(person.rest, points_of(obj.data))
            _take_keys(person, obj, lambda deltas: shares @ deltas)
    else:
        to_bone(person.armature, obj, follow)
        if follow == "jaw":
            _take_jaw_keys(person, obj)


def lighten(person, share: float) -> None:
    """Let viewports show a share 0…1 of a person's strands, and half as fine a skin, so that sliders follow the hand."""
    person.armature[VIEWPORT_SHARE] = share
    person.head.modifiers["Subdivision"].levels = 1
    for obj in person.objects:
        if obj.type == "CURVES":
            show_share(obj, share)


def to_bone(rig, obj, name: str) -> None:
    """Parent an object to a bone; it stays where it is while the bone is at rest."""
    name = bone_name(rig, name)
    bone, basis = rig.data.bones[name], obj.matrix_basis.copy()
    obj.parent, obj.parent_type, obj.parent_bone = rig, "BONE", name
    tail = bone.matrix_local @ Matrix.Translation((0.0, bone.length, 0.0))  # children hang at the tip
    obj.matrix_parent_inverse = tail.inverted()
    obj.matrix_basis = basis


# -- places of the skin -------------------------------------------------------------------------------------------------


class Anchors(NamedTuple):
    """Places of a surface that points hang on: triangle (k,) and barycentric weights (k, 3)."""

    triangles: np.ndarray
    weights: np.ndarray


def anchors_of(surface: Surface, points: np.ndarray) -> Anchors:
    """The place of the surface nearest to each point."""
    tree = surface.bvh()
    nearest = [tree.find_nearest(point) for point in points.tolist()]
    triangles = np.fromiter((found[2] for found in nearest), int, len(nearest))
    return Anchors(triangles, shares_of(vectors(nearest, 0), surface.positions[surface.triangles[triangles]]))


def _frames_of(surface: Surface, anchors: Anchors) -> tuple[np.ndarray, np.ndarray]:
    """The position (k, 3) and the orthonormal frame (k, 3, 3) of the triangle of each anchor."""
    corners = surface.positions[surface.triangles[anchors.triangles]]
    a, b, c = corners.transpose(1, 0, 2)
    x = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    z = np.cross(x, c - a)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return np.einsum("kc,kci->ki", anchors.weights, corners), np.stack([x, np.cross(z, x), z], 2)


def carried(points: np.ndarray, anchors: Anchors, first: Surface, current: Surface) -> np.ndarray:
    """Points (k, 3) carried rigidly by the place that each hangs on."""
    centre, frame = _frames_of(first, anchors)
    new_centre, new_frame = _frames_of(current, anchors)
    local = np.einsum("kij,ki->kj", frame, points - centre)
    return new_centre + np.einsum("kij,kj->ki", new_frame, local)


def cage_surface(rest: np.ndarray) -> Surface:
    """The skin's cage (n, 3) as a surface of triangles."""
    data = head_data()
    faces = data.faces[data.face_group == "body"]
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    return Surface(rest, None, data.template, None, triangles, None)


def _at(values: np.ndarray, anchors: Anchors) -> np.ndarray:
    """Values (k, …) at anchors on the cage, from those (n, …) of its vertices."""
    corners = values[_cage_triangles()[anchors.triangles]]
    return np.einsum("kc,kc...->k...", anchors.weights, corners)


def _cage_triangles() -> np.ndarray:
    return cage_surface(head_data().template).triangles


def bone_weights() -> dict[str, np.ndarray]:
    """The weight (n,) of every deforming bone over the cage; at each vertex they sum to one."""
    data = head_data()
    weights = dict(zip(data.bones, data.weights.T, strict=True))
    across, up = np.abs(data.template[:, 0]), data.template[:, 2]

    def step(value, low, high):
        t = np.clip((value - low) / (high - low), 0, 1)
        return t * t * (3 - 2 * t)

    share = step(across, *SHOULDER[0]) * step(up, *SHOULDER[1])
    for side, sign in (("L", 1), ("R", -1)):
        weights[f"shoulder.{side}"] = weights["spine"] * share * (sign * data.template[:, 0] > 0)
    weights["spine"] = weights["spine"] * (1 - share)
    return weights


def add_weights(obj, weights: dict[str, np.ndarray], decimals: int = 3) -> None:
    """Write bone weights (k,) to the vertex groups of a mesh, rounded."""
    for name, values in weights.items():
        group = obj.vertex_groups.get(name) or obj.vertex_groups.new(name=name)
        # Blender has no array access to groups: add once for each distinct weight.
        quantised = np.round(values, decimals)
        for weight in np.unique(quantised[quantised > 0]):
            group.add(np.nonzero(quantised == weight)[0].tolist(), float(weight), "REPLACE")


def add_armature(obj, rig) -> None:
    """Let a rig deform a mesh, before what thickens or smooths it."""
    obj.parent = rig
    modifier = obj.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    obj.modifiers.move(len(obj.modifiers) - 1, 0)


def _take_weights(person, obj) -> None:
    """Deform a mesh by the bones as the skin below each of its points."""
    anchors = anchors_of(person.cage, points_of(obj.data))
    add_weights(
        obj, {bone_name(person.armature, name): _at(values, anchors) for name, values in bone_weights().items()}
    )
    add_armature(obj, person.armature)


# -- keys ---------------------------------------------------------------------------------------------------------------


def _deltas(action: str) -> np.ndarray:
    """How far an action moves each vertex (n, 3) of the cage, metres."""
    data = head_data()
    moved = np.zeros_like(data.template)
    indices, deltas = data.targets["action/" + action]
    moved[indices] = deltas
    return moved


def _take_keys(person, obj, moved_of) -> None:
    """Give a mesh the keys that move it, driven by the head's; ``moved_of(deltas of the cage)`` gives its own (k, 3)."""
    places, basis = points_of(obj.data), None
    for action in ACTIONS:
        moved = moved_of(_deltas(action))
        if np.abs(moved).max(initial=0.0) < LEAST_MOVE:
            continue
        basis = basis or obj.shape_key_add(name="Basis", from_mix=False)
        key = obj.shape_key_add(name=action, from_mix=False)
        set_points(key, places + moved)
    if basis:
        drive_keys(obj, person.head)


def _taut(rest: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How much of the motion of each vertex of the cage (n, 3) cloth at places (k, 3) takes (k, n): a mask that is stretched
    over a face goes with the jaw, and shows no lip."""
    skin = head_data().groups["body"]
    front = skin[rest[skin, 1] < TAUT_BEHIND]
    apart = ((places[:, None] - rest[front][None]) ** 2).sum(2)
    near = np.exp(-(apart - apart.min(1, keepdims=True)) / (2 * TAUT**2))
    shares = np.zeros((len(places), len(rest)))
    shares[:, front] = near / near.sum(1, keepdims=True)
    return shares


def _take_jaw_keys(person, obj) -> None:
    """Teeth, gums and tongue of the lower jaw go where each action takes the jaw: the rigid motion nearest to its vertices."""
    data, places = head_data(), points_of(obj.data)
    jaw = data.groups["helper-lower-teeth"]

    def moved(deltas: np.ndarray) -> np.ndarray:
        if not np.abs(deltas[jaw]).max() > 0:
            return np.zeros_like(places)
        fit = rigid_fit(person.rest[jaw], person.rest[jaw] + deltas[jaw])
        return transform(fit, places) - places

    own = obj.get("class") == "tongue"
    turn = rigid_fit(data.template[jaw], person.rest[jaw])[:3, :3]  # the tongue was brought into this jaw
    tongue = _deltas("tongueOut")[data.groups["helper-tongue"]] @ turn.T
    _take_keys(person, obj, lambda deltas: tongue if own and _is(deltas, "tongueOut") else moved(deltas))


def _is(deltas: np.ndarray, action: str) -> bool:
    return bool(np.array_equal(deltas, _deltas(action)))


# -- points that stay on their place of the skin ------------------------------------------------------------------------


def _stay_on_skin(person, obj) -> None:
    """Curves move with the skin at their root, long ones below the chin with the shoulders; points of a mesh each with its own."""
    places, curves = points_of(obj.data), obj.type == "CURVES"
    roots = places
    if curves:
        sizes = np.array([curve.points_length for curve in obj.data.curves])
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        roots = places[first]
        obj.data.surface, obj.data.surface_uv_map = person.head, "UVMap"  # for Blender's own brushes
    domain = "CURVE" if curves else "POINT"
    corners = _cage_triangles()[anchors_of(person.cage, roots).triangles]
    if obj.get("class") == "lash":
        eyes = np.array([eye.centre for eye in person.neutral.eyes.values()])
        corners = hinges(person.rest, roots, corners, eyes)
    _set_corners(obj, "skin_anchor", domain, person, roots, corners)
    hanging = curves and obj.get("class") == "hair" and places[:, 2].min() < HANG[0] - LEAST_HANG
    if hanging:
        low = landing(places, first, person.cage, _body_triangles())
        set_attribute(obj.data, "hang_low", "FLOAT", "CURVE", low)
        set_attribute(obj.data, "root_hang", "FLOAT", "CURVE", np.rint(hang_of(roots[:, 2], low) * STEPS) / STEPS)
        lowest = np.minimum.reduceat(places[:, 2], first)
        tips = np.where((lowest < HANG[0])[:, None], places[first + sizes - 1], [0.0, 0.10, HANG[1]])
        below = _shoulder_triangles()[anchors_of(_shoulders(person), tips).triangles]
        _set_corners(obj, "shoulder_anchor", domain, person, tips, below)
    obj.parent = person.armature
    follow_the_skin(obj, person.head, curves, HANG[0] if hanging else None)
    share = person.armature.get(VIEWPORT_SHARE, 1.0)
    if curves and share < 1.0:
        show_share(obj, share)


def _set_corners(obj, name: str, domain: str, person, places: np.ndarray, corners: np.ndarray) -> None:
    """Store the three vertices of the head's mesh, from those of the cage (k, 3), that each curve or point hangs on."""
    local = np.full(len(person.rest), -1)
    members = head_data().groups["body"]
    local[members] = np.arange(len(members))
    for index in range(3):
        set_attribute(obj.data, f"{name}_{index}", "INT", domain, local[corners[:, index]])
    steps = STRAND_STEPS if obj.get("class") == "hair" else STEPS
    shares = np.rint(shares_of(places, person.rest[corners]) * steps) / steps
    shares[:, 2] = 1 - shares[:, 0] - shares[:, 1]
    set_attribute(obj.data, f"{name}_weights", "FLOAT_VECTOR", domain, shares)


def _shoulder_triangles() -> np.ndarray:
    """The triangles (m, 3) of the cage that lie below the neck."""
    triangles = _cage_triangles()
    return triangles[head_data().template[triangles][..., 2].max(1) < HANG[1] + 0.02]


def _body_triangles() -> np.ndarray:
    """The triangles (m, 3) of the cage that a turned head leaves where they are, or nearly so."""
    weights = bone_weights()
    still = weights["spine"] + weights["shoulder.L"] + weights["shoulder.R"]
    triangles = _cage_triangles()
    return triangles[still[triangles].min(1) > STILL]


def _shoulders(person) -> Surface:
    return Surface(person.rest, None, None, None, _shoulder_triangles(), None)
