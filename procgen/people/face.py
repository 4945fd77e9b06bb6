"""Faces: the spec of a person in a picture, how it is drawn, and how it is built."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from numpy.random import Generator

from ..camera import Camera, sample_camera
from ..light.light import Light, sample_light
from ..params import draw, fork, group, spec, within
from .expression import Expression, sample_expression
from .eyes import Eyes, sample_eyes
from .hair.beard import Beard, sample_beard
from .hair.brows import Brows, sample_brows
from .hair.lashes import Lashes, sample_lashes
from .hair.scalp import Hair, sample_hair
from .identity import Identity, sample_identity
from .mouth import Mouth, sample_mouth
from .skin import Skin, sample_skin
from .wear import Wear, sample_wear


@spec
class Face:
    """A person, what they do and wear, and the picture taken of them."""

    identity: Identity = group(Identity)
    expression: Expression = group(Expression, doc="of a single picture, and at the start of a sequence")
    motion: Expression = group(Expression, doc="at the end of a sequence")
    skin: Skin = group(Skin)
    eyes: Eyes = group(Eyes)
    mouth: Mouth = group(Mouth)
    hair: Hair = group(Hair)
    brows: Brows = group(Brows)
    lashes: Lashes = group(Lashes)
    beard: Beard = group(Beard)
    wear: Wear = group(Wear)
    light: Light = group(Light)
    camera: Camera = group(Camera)


def sample_face(rng: Generator, fixed=None) -> Face:
    """Draw a whole face; what depends on who somebody is gets the identity."""

    def each(name, sampler, **known):
        return sampler(fork(rng, name), within(fixed, name), **known)

    identity = each("identity", sample_identity)
    wear = each("wear", sample_wear, identity=identity)
    hair = each("hair", sample_hair, identity=identity, wear=wear)
    camera = each("camera", sample_camera)
    skin = each("skin", sample_skin, identity=identity)
    parts = {
        "identity": identity,
        "expression": each("expression", sample_expression, camera=camera),
        "motion": each("motion", sample_expression, camera=camera),
        "skin": skin,
        "eyes": each("eyes", sample_eyes, identity=identity),
        "mouth": each("mouth", sample_mouth, identity=identity),
        "hair": hair,
        "brows": each("brows", sample_brows, identity=identity, hair=hair, made_up=skin.makeup_on),
        "lashes": each("lashes", sample_lashes, identity=identity, hair=hair, made_up=skin.makeup_on),
        "beard": each("beard", sample_beard, identity=identity, hair=hair),
        "wear": wear,
        "light": each("light", sample_light),
        "camera": camera,
    }
    return draw(Face, rng, fixed, **parts)


class Part(NamedTuple):
    """One step of a build: its builder, and the groups of the spec that it stands on besides its own."""

    module: str  # relative to this package
    build: str
    needs: tuple[str, ...]


BODY = ("identity",)
WORN = (*BODY, "wear")
# In the order of a build: hair keeps clear of clothes and hats, skin takes the hair's shadow, and light is metered on
# the finished skin. All of them are built around the neutral head; what an expression moves hangs on the rig.
PARTS = {
    "wear": Part(".wear", "build_wear", BODY), "hair": Part(".hair.scalp", "build_hair", WORN),
    "skin": Part(".skin", "build_skin", ("hair",)), "eyes": Part(".eyes", "build_eyes", BODY),
    "mouth": Part(".mouth", "build_mouth", BODY), "brows": Part(".hair.brows", "build_brows", BODY),
    "lashes": Part(".hair.lashes", "build_lashes", BODY), "beard": Part(".hair.beard", "build_beard", WORN),
    "light": Part("..light.light", "build_light", ("skin",)), "camera": Part("..camera", "build_cameras", (*BODY, "expression")),
}  # fmt: skip


def build_part(name: str, person, **options) -> None:
    """Build one part of a person and hang it on the rig; every object that it links says so in ``obj["part_of"]`` (needs bpy)."""
    import bpy

    from .attach import attach

    part = PARTS[name]
    before, materials = len(person.objects), set(bpy.data.materials)
    rig = person.armature.data
    position, rig.pose_position = rig.pose_position, "REST"  # what a builder looks at is neutral too
    try:
        getattr(import_module(part.module, __package__), part.build)(getattr(person.spec, name), person, **options)
        for obj in person.objects[before:]:
            obj["part_of"] = name
            attach(person, obj)
    finally:
        rig.pose_position = position
    for material in set(bpy.data.materials) - materials:
        if not material.users:  # a garment without ribs has no use for them
            bpy.data.materials.remove(material)


def build_face(face: Face, views: int = 1, without: tuple[str, ...] = (), texture: int | None = None):
    """Build a face in the open scene, all parts but those in ``without``, and return its Person (needs bpy).

    ``texture`` is the edge in pixels of the skin's pictures: 1024 while one works, 2048 or 4096 for close-ups.
    """
    import bpy

    from ..blender import require_supported_blender
    from .head import TEXTURE, Person

    require_supported_blender()
    collection = bpy.data.collections.new("Person")
    bpy.context.scene.collection.children.link(collection)
    person = Person(face, collection, texture or TEXTURE)
    for name in PARTS:
        if name not in without:
            build_part(name, person, **({"views": views} if name == "camera" else {}))
    person.number_objects()
    return person
