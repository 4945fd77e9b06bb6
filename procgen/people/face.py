"""Faces: the spec of a person in a picture, how it is drawn, and how it is built."""

from __future__ import annotations

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
    parts = {
        "identity": identity,
        "expression": each("expression", sample_expression),
        "motion": each("motion", sample_expression),
        "skin": each("skin", sample_skin, identity=identity),
        "eyes": each("eyes", sample_eyes, identity=identity),
        "mouth": each("mouth", sample_mouth, identity=identity),
        "hair": hair,
        "brows": each("brows", sample_brows, identity=identity, hair=hair),
        "lashes": each("lashes", sample_lashes, identity=identity),
        "beard": each("beard", sample_beard, identity=identity, hair=hair),
        "wear": wear,
        "light": each("light", sample_light),
        "camera": each("camera", sample_camera),
    }
    return draw(Face, rng, fixed, **parts)


def build_face(face: Face, views: int = 1):
    """Build a face in the open scene and return its Person (needs bpy).

    The order matters: hair keeps clear of clothes and hats, and light is metered on the finished skin.
    """
    import bpy

    from ..blender import require_supported_blender
    from ..camera import build_cameras
    from ..light.light import build_light
    from .eyes import build_eyes
    from .hair.beard import build_beard
    from .hair.brows import build_brows
    from .hair.lashes import build_lashes
    from .hair.scalp import build_hair
    from .head import Person
    from .mouth import build_mouth
    from .skin import build_skin
    from .wear import build_wear

    require_supported_blender()
    collection = bpy.data.collections.new("Person")
    bpy.context.scene.collection.children.link(collection)
    person = Person(face, collection)
    build_wear(face.wear, person)
    build_hair(face.hair, person)
    build_skin(face.skin, person)
    build_eyes(face.eyes, person)
    build_mouth(face.mouth, person)
    build_brows(face.brows, person)
    build_lashes(face.lashes, person)
    build_beard(face.beard, person)
    build_light(face.light, person)
    build_cameras(face.camera, person, views)
    person.number_objects()
    return person
