"""Scalp hair: the spec of a cut, and the strands that grow from the posed head."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import beta, child, choice, draw, flag, fork, group, lognormal, normal, seed, spec, uniform, within
from ..head_data import head_data
from ..identity import Identity
from ..parts import PART
from . import growth, tied
from .colour import HairColour, sample_hair_colour, shadow_colour
from .grooms import GROOMS, TEXTURES, Groom
from .hairline import coverage, smoothstep
from .strands import clumped, curled, leaders_of, smooth_noise, tapered, unit

GUIDES = 460
NEIGHBOURS = 4


@spec
class Hair:
    """The hair of the scalp."""

    groom: str = choice({name: 1.0 for name in GROOMS}, doc="cut", says={name: groom.says for name, groom in GROOMS.items()})
    texture: str = choice({name: 1.0 for name in TEXTURES}, doc="natural form of the strands")
    length: float = lognormal(1.0, 0.13, 0.6, 1.6, doc="length, relative to the cut's")
    density: float = lognormal(1.0, 0.10, 0.2, 1.4, doc="number of strands, relative")
    volume: float = lognormal(1.0, 0.25, 0.4, 2.2, doc="how far the hair stands off the head")
    clumping: float = lognormal(1.0, 0.2, 0.3, 1.8, doc="how strongly locks hold together, relative")
    frizz: float = lognormal(1.0, 0.35, 0.3, 3.0, doc="disorder of single strands, relative")
    flyaways: float = beta(2, 4, doc="strands that leave the hair")
    curl: float = lognormal(1.0, 0.15, 0.5, 1.6, doc="size of curls, relative")
    part: float = normal(0.030, 0.008, 0.0, 0.05, unit="m", doc="distance of a side parting from the middle")
    part_left: bool = flag(0.55, doc="side parting on the person's left")
    hairline: float = normal(0.0, 0.004, -0.012, 0.02, unit="m", doc="height of the hairline over the usual one")
    recession: float = beta(1.2, 4, doc="how far the temples recede")
    balding: float = uniform(0, 1, doc="how bald the crown is")
    thickness: float = normal(0.000042, 0.000005, 0.00002, 0.00008, unit="m", doc="radius of a strand at its root")
    colour: HairColour = group(HairColour)
    seed: int = seed()


def _texture_weights(identity: Identity) -> dict[str, float]:
    african, asian, european = identity.ancestry
    return {
        "straight": 0.85 * asian + 0.42 * european, "wavy": 0.13 * asian + 0.40 * european + 0.02 * african,
        "curly": 0.02 * asian + 0.17 * european + 0.20 * african, "coily": 0.01 * european + 0.78 * african,
    }  # fmt: skip


def _groom_weights(identity: Identity, texture: str, hat: bool) -> dict[str, float]:
    female = identity.gender
    years = np.clip((identity.age - 30) / 40, 0, 1)
    weights = {}
    for name, groom in GROOMS.items():
        weight = groom.male * (1 - female) ** 1.5 + groom.female * female**1.5
        if texture not in groom.texture:
            weight *= 0.01
        if groom.balding or groom.recession or name == "bald":
            weight *= 0.15 + 2.6 * years * (1 - female)
        if max(groom.top, groom.back) > 0.2 and not groom.tie:
            weight *= 1 - 0.55 * years
        if hat and not groom.hat:
            weight = 0.0
        weights[name] = float(weight)
    return weights


def sample_hair(rng: Generator, fixed=None, *, identity: Identity, wear=None) -> Hair:
    """Draw hair: texture by ancestry, cut by texture, gender and age, and one that a hat goes over if one is worn."""
    hat = wear is not None and wear.headwear.kind != "none"
    wished = {key: value for key, value in (fixed or {}).items() if key in ("texture", "groom")}
    textures = choice(_texture_weights(identity))
    texture = draw(Hair, rng, wished, texture=textures, colour=sample_hair_colour(rng, identity=identity)).texture
    male_years = float((1 - identity.gender) * np.clip((identity.age - 25) / 50, 0, 1))
    return draw(
        Hair, rng, fixed, texture=textures, groom=choice(_groom_weights(identity, texture, hat)),
        recession=beta(1.0 + 4 * male_years, 5.0), balding=beta(0.25 + 0.8 * male_years, 4.0),
        hairline=normal(0.004 * male_years, 0.0035, -0.012, 0.02),
        density=lognormal(1.02 - 0.18 * male_years, 0.08, 0.2, 1.4),
        colour=sample_hair_colour(fork(rng, "colour"), within(fixed, "colour"), identity=identity),
    )  # fmt: skip


def build_hair(hair: Hair, person) -> list:
    """Grow the hair on the posed head (needs bpy); writes the scalp's shade for the skin."""
    from ...blender import curves_object
    from ...materials.hair import hair_material

    groom = GROOMS[hair.groom]
    _shade_scalp(hair, groom, person)
    count = int(groom.strands * hair.density)
    if count < 100:
        return []
    rng = child(hair.seed, "scalp")
    strands, lock, keep = grow_strands(hair, groom, person, count, rng)
    strands, lock = strands[keep], lock[keep]
    if len(strands) == 0:
        return []
    thick = hair.thickness * (1.35 if groom.locks else 1.0)
    randoms = np.stack([rng.random(len(strands)), child(hair.seed, "locks").random(100000)[lock % 100000], rng.random(len(strands))], 1)
    obj = curves_object(
        "Hair", strands, tapered(len(strands), strands.shape[1], thick, thick * 0.35), part=PART["hair"],
        curve_attributes={"strand": ("FLOAT_VECTOR", randoms)},
    )  # fmt: skip
    obj.data.materials.append(hair_material("Hair", hair.colour, 0.24 if hair.texture in ("straight", "wavy") else 0.33))
    return [person.link(obj, "hair")]


def density_of(hair: Hair, groom: Groom, person):
    """The density of roots over template coordinates (n, 3)."""
    cover = getattr(person, "hat_cover", None)
    recession, balding = max(hair.recession, groom.recession), max(hair.balding * 0.6, groom.balding)

    def density(template):
        value = coverage(template, hair.hairline, recession, balding)
        if cover is not None:
            value = value * (1 - cover(template))
        return value

    return density


def _shade_scalp(hair: Hair, groom: Groom, person) -> None:
    from ...blender import set_attribute

    data = head_data()
    members = data.groups["body"]
    shade = density_of(hair, groom, person)(data.template[members])
    if hair.groom == "bald":
        shade = shade * 0.22
    elif groom.top < 0.008:
        shade = shade * 0.72
    if groom.fade:
        shade = shade * (0.35 + 0.65 * smoothstep(data.template[members][:, 2], -0.02, 0.05))
    person.hair_shadow = shadow_colour(hair.colour)
    set_attribute(person.head.data, "scalp", "FLOAT", "POINT", shade)


def _lengths(hair: Hair, groom: Groom, template: np.ndarray, rng: Generator) -> np.ndarray:
    """The length (n,) of strands by region: top, sides and back, fringe, fade, and short at the hairline."""
    top = smoothstep(template[:, 2], 0.045, 0.095)
    rear = smoothstep(template[:, 1], 0.08, 0.13) * (1 - top)
    length = groom.top * top + (1 - top - rear) * groom.side + rear * groom.back
    if groom.fade:
        down = smoothstep(template[:, 2], -0.05, 0.075)
        length = np.minimum(length, groom.side * (1 - groom.fade) + (0.0006 + 0.05 * down**2.2) * groom.fade)
    if groom.fringe:
        front = (template[:, 1] < 0.030) & (np.abs(template[:, 0]) < 0.050) & (template[:, 2] > 0.05)
        length = np.where(front, groom.fringe * (1 - 1.2 * np.abs(template[:, 0])), length)
    recession, balding = max(hair.recession, groom.recession), max(hair.balding * 0.6, groom.balding)
    edge = coverage(template, hair.hairline, recession, balding)
    if not groom.tie:
        length = length * (0.30 + 0.70 * smoothstep(edge, 0.1, 0.9))
    return length * hair.length * np.exp(rng.normal(0, 0.035, len(length)))


def _sides(hair: Hair, groom: Groom, template: np.ndarray, rng: Generator) -> np.ndarray:
    """The side (n,) of the parting, +1 or -1; the line wavers a little."""
    place = hair.part * (1 if hair.part_left else -1) if groom.comb == "side" else 0.0
    wander = 0.0016 * np.sin(template[:, 1] * 160 + hair.seed % 7) + rng.normal(0, 0.0011, len(template))
    return np.where(template[:, 0] > place + wander, 1.0, -1.0)


def grow_strands(hair: Hair, groom: Groom, person, count: int, rng: Generator):
    """All strands (n, k, 3) of a head, the lock (n,) of each, and which (n,) to keep.

    Guides are grown with collisions; the others follow the guides nearest on the same side of the parting.
    """
    surface = person.surface
    density = density_of(hair, groom, person)
    guide_count = groom.locks or GUIDES
    g_roots, g_normals, g_template, _, _ = surface.sample(rng, guide_count, density)
    if len(g_roots) == 0:
        return np.zeros((0, 2, 3)), np.zeros(0, int), np.zeros(0, bool)
    g_side = _sides(hair, groom, g_template, rng)
    g_length = _lengths(hair, groom, g_template, rng)
    ties = None
    if groom.tie:
        ties = np.array(growth.tie_points(groom))
        which = np.where((g_template[:, 0] > 0) | (len(ties) == 1), 0, len(ties) - 1)
        local = (g_roots - person.head_matrix[:3, 3]) @ person.head_matrix[:3, :3]
        g_length = 1.22 * np.linalg.norm(local - ties[which], axis=1)
    layer = rng.random(len(g_roots))
    points = min(groom.points, 18) if groom.tie else groom.points
    guides = growth.grow(person, groom, hair, g_roots, g_normals, g_template, g_side, g_length, layer, points)

    parting = groom.comb in ("side", "middle") and not groom.locks

    def dense(template):
        value = density(template)
        if parting:  # enough strands at the line that no skin shines through
            place = hair.part * (1 if hair.part_left else -1) if groom.comb == "side" else 0.0
            value = value * (1 + 2.5 * np.exp(-0.5 * ((template[:, 0] - place) / 0.004) ** 2) * (template[:, 2] > 0.06))
        return value

    roots, normals, template, _, _ = surface.sample(rng, count, dense)
    side = _sides(hair, groom, template, rng)
    # Strands near the line lean over it now and then: a parting is never a clean cut.
    crossing = rng.random(len(side)) < 0.10
    side = np.where(crossing & parting, -side, side)
    near, weight = _nearest_guides(g_template, g_side, template, side, parting)
    shape = guides - guides[:, :1]
    strands = np.einsum("ng,ngki->nki", weight, shape[near])
    scale = rng.uniform(0.80, 1.03, len(strands))
    if groom.top > 0.05 and not groom.tie:
        scale = np.where(rng.random(len(strands)) < 0.12, scale * rng.uniform(0.35, 0.9, len(strands)), scale)
    if not groom.tie:
        own, theirs = _lengths(hair, groom, template, rng), np.einsum("ng,ng->n", weight, g_length[near])
        scale = scale * np.clip(own / np.maximum(theirs, 1e-4), 0.2, 1.4)
        strands = strands * scale[:, None, None]
    # Strands of one neighbourhood share a shape but not a place: keep each root, spread the layers.
    strands = strands + roots[:, None]
    if groom.tie:
        strands = _gathered(groom, hair, person, strands, template, ties, rng)
    lock = near[:, 0]
    if groom.locks:
        return _ropes(strands, guides, g_roots, lock, rng), lock, np.ones(len(strands), bool)
    strands, lock = _style(hair, groom, strands, template, side, rng)
    strands = _off_the_skin(strands, roots, normals, groom)
    return strands, lock, np.isfinite(strands).all((1, 2))


def _nearest_guides(g_template, g_side, template, side, parting: bool):
    """The guides (n, 4) nearest on the same side of the parting, and their weights."""
    from mathutils.kdtree import KDTree

    lift = 0.06 if parting else 0.0

    def key(places, sides):
        keyed = places.copy()
        keyed[:, 0] += lift * sides
        return keyed

    tree = KDTree(len(g_template))
    for index, place in enumerate(key(g_template, g_side).tolist()):
        tree.insert(place, index)
    tree.balance()
    wanted = min(NEIGHBOURS, len(g_template))
    found = [tree.find_n(place, wanted) for place in key(template, side).tolist()]
    near = np.array([[hit[1] for hit in row] for row in found])
    distance = np.array([[hit[2] for hit in row] for row in found])
    weight = 1 / (distance + 0.002) ** 1.6
    return near, weight / weight.sum(1, keepdims=True)


def _style(hair: Hair, groom: Groom, strands, template, side, rng: Generator):
    """Locks at two scales, frizz, curls and flyaways."""
    count, points = strands.shape[:2]
    reach = np.linalg.norm(strands[:, -1] - strands[:, 0], axis=1)
    small, large = max(count // 26, 1), max(count // 240, 1)
    key = template + np.array([0.03, 0, 0]) * side[:, None]
    fine, coarse = leaders_of(key, small, rng), leaders_of(key, large, rng)
    radius, pitch = TEXTURES[hair.texture]
    strength = groom.clump * hair.clumping
    if groom.lift < 0.95 or hair.texture == "curly":
        wander = smooth_noise(rng, count, points, 2)
        strands = strands + wander[coarse] * (0.05 * reach)[:, None, None] * np.linspace(0, 1, points)[None, :, None]
        strands = clumped(strands, coarse, np.clip(0.45 * strength * rng.uniform(0.5, 1.2, count), 0, 0.9), 1.2)
        strands = clumped(strands, fine, np.clip(strength * rng.uniform(0.5, 1.3, count), 0, 0.94), 0.9)
    if radius and not (groom.tie and hair.texture == "wavy"):
        size = radius * hair.curl * rng.uniform(0.75, 1.2, count)[fine]
        size = np.minimum(size, 0.30 * reach) * (0.35 if groom.tie else 1.0)
        phase = 2 * np.pi * rng.random(count)[fine] + rng.normal(0, 0.45, count)
        strands = curled(strands, size, pitch * hair.curl, phase, 0.012 if hair.texture == "coily" else 0.04)
    loose = groom.frizz * hair.frizz
    amount = loose * np.where(rng.random(count) < 0.03 + 0.07 * hair.flyaways, 3.2, 1.0)
    amount = np.minimum(amount, 0.09 * reach + 0.0002)
    strands = strands + smooth_noise(rng, count, points, 3) * (amount[:, None, None] * np.linspace(0, 1, points)[None, :, None] ** 0.7)
    return strands, fine


def _gathered(groom: Groom, hair: Hair, person, strands, template, ties, rng: Generator) -> np.ndarray:
    """Pull the end of each strand to its tie and add the tail."""
    which = np.where((template[:, 0] > 0) | (len(ties) == 1), 0, len(ties) - 1)
    head = person.head_matrix
    world = ties @ head[:3, :3].T + head[:3, 3]
    t = smoothstep(np.linspace(0, 1, strands.shape[1]), 0.35, 1.0)[None, :, None]
    end = world[which] + rng.normal(0, 0.0028, (len(which), 3))
    strands = strands + (end - strands[:, -1])[:, None] * t
    length = max(groom.back, 0.1) * hair.length
    tail = tied.tails(groom, ties, which, length, person, rng, max(groom.points - 10, 10))
    return tied.joined(strands, tail)


def _ropes(strands, guides, g_roots, lock, rng: Generator) -> np.ndarray:
    """Wind strands into ropes around their guides."""
    count, points = strands.shape[:2]
    t = np.linspace(0, 1, points)
    angle = 2 * np.pi * rng.random(count)[:, None] + 14 * t[None]
    radius = 0.0034 * np.sqrt(rng.random(count))[:, None] * np.interp(t, [0, 0.1, 0.9, 1], [0.8, 1, 1, 0.45])[None]
    path = guides[lock]
    tangent = unit(np.gradient(path, axis=1))
    across = unit(np.cross(tangent, np.broadcast_to([0.31, 0.2, 0.93], tangent.shape)))
    third = np.cross(tangent, across)
    rope = path + radius[..., None] * (np.cos(angle)[..., None] * across + np.sin(angle)[..., None] * third)
    rope = rope + smooth_noise(rng, count, points, 6) * 0.0006
    join = np.clip(t / 0.12, 0, 1)[None, :, None]
    return strands[:, :1] * (1 - join) + rope * join


def _off_the_skin(strands, roots, normals, groom: Groom) -> np.ndarray:
    """Keep the first centimetres of every strand on the outside of its own root."""
    depth = np.einsum("nki,ni->nk", strands - roots[:, None], normals)
    reach = np.linalg.norm(strands - roots[:, None], axis=2)
    floor = np.where(reach < 0.018, 0.0004 - 0.5 * reach**2 / 0.085, -1.0)
    lift = np.maximum(floor - depth, 0)
    lift[:, 0] = 0
    strands = strands + lift[..., None] * normals[:, None]
    strands[:, 0] = roots - normals * 0.0004
    return strands
