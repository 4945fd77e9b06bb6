"""The whole person of a picture: the head that was fitted, pigments, what is worn, the camera; the rest is drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...camera import HEAD_HEIGHT
from ...distributions import OneOf
from ...params import SpecError, child, within
from ...wishes import check_held, check_paths
from ..expression import ACTIONS, LIBRARY, WEIGHTS, Expression, expand
from ..face import Face, sample_face
from ..hair.beard import MOUSTACHES
from ..identity import Identity, sample_identity, target_weights
from ..sizes import LIMITS, fitted
from ..wear.accessories import MASKS
from ..wear.glasses import GLASSES
from ..wear.headwear import HEADWEAR
from .fit import Fitted, Sighting, fit_head
from .tones import Pigments, hair_colour, skin_pigments, unlikely_ancestry, usual_melanin
from .view import TO_CAMERA, View, head_angles

AGE = 35.0  # years of somebody whose age nobody tells: landmarks do not
GENDERS = 0.05, 0.95  # that are tried
PEOPLES, MIXED = ("african", "asian", "european"), 0.1  # ancestries, and of each other one, where one is tried
# What a fit's cost is divided by before it tells gender and ancestry: in photographs landmarks go astray together. Of 18 photographs
# whose landmarks people set, 15 told the gender.
DOUBT = 6.0
FRAMING = 0.7  # height of the head as a share of the picture
TOLD = (
    "identity.shape",
    "identity.asymmetry",
    "identity.size",
    "expression",
    "camera",
)  # by the picture: nobody else may say them
HEAD_ANGLES = np.array([60.0, 30.0, 25.0])  # degrees of yaw, pitch and roll, most
BEARDS = ("short_boxed", "full", "stubble_heavy")  # of those that landmarks and colours cannot tell apart
# Expressions that faces are fitted from: from rest alone, sliders of the mouth would take the place of smiles.
TRIED = ("neutral", "smile", "open_smile", "laugh", "surprise")
LITTLE, ALIKE = 0.3, 0.75  # length of an expression that is none, and the cosine from which one has another's name
UNSURE = 0.6  # deviation of melanin's logarithm within an ancestry that landmarks told
CLEAR = tuple(name for name, style in GLASSES.items() if not style.sun)
# Classes, the fields that they tell, and what is worn where they are seen.
WORN = {
    "headwear": ("wear.headwear.kind", tuple(HEADWEAR)),
    "glasses": ("wear.glasses", CLEAR),
    "facewear": ("wear.mask", tuple(MASKS)),
}


class Colours(NamedTuple):
    """Linear sRGB (3,) of skin and hair in a picture, None where there is too little of one, and what else is seen: some of
    "hair", "beard", "glasses", "headwear", "facewear"."""

    skin: np.ndarray | None = None
    hair: np.ndarray | None = None
    seen: frozenset[str] = frozenset(("hair",))


class Likeness(NamedTuple):
    """A person and the head that was fitted; ``crop`` is left, top and edge in px of what the person's camera shows of the picture."""

    face: Face
    fitted: Fitted
    crop: tuple[float, float, float]


def check_wishes(wishes: Mapping[str, Any]) -> None:
    """Raise SpecError where a wish is for no field, or for one that the picture tells."""
    check_paths(Face, wishes)
    for path in wishes:
        if path.startswith(TOLD):
            raise SpecError(f"{path}: is told by the photograph; allowed are other fields")


def likeness(sighting: Sighting, colours: Colours, seed: int = 0, wishes: Mapping[str, Any] | None = None) -> Likeness:
    """The person whom a picture shows; what it does not tell is drawn from a seed, as wishes say.

    A gender that is not wished for is that which landmarks and skin are likeliest with, an ancestry the mean of the likely ones. Raises SpecError where
    wishes contradict each other or say what the picture tells, ValueError where landmarks are no face's.
    """
    wishes = dict(wishes or {})
    check_wishes(wishes)
    pigments = None if colours.skin is None else skin_pigments(np.asarray(colours.skin))
    start = _likeliest(sighting, pigments, seed, wishes)
    tried = {name: fit_head(sighting, start, name) for name in TRIED}
    best = min(tried.items(), key=lambda each: each[1].cost - 2 * np.log(WEIGHTS[each[0]]))[1]
    if colours.skin is not None:  # now that it is known whose
        pigments = skin_pigments(np.asarray(colours.skin), (usual_melanin(best.identity.ancestry), UNSURE))
    face = sample_face(child(seed, "faces"), wishes | _known(best.identity, colours, pigments, wishes))
    expression, camera = _posed(best)
    face = dataclasses.replace(
        face, identity=best.identity, expression=expression, camera=dataclasses.replace(face.camera, **camera)
    )
    check_held(face, wishes)
    edge = best.view.scale * HEAD_HEIGHT / FRAMING
    return Likeness(face, best, (*(best.view.centre - edge / 2).tolist(), edge))


def _likeliest(sighting: Sighting, pigments: Pigments | None, seed: int, wishes: Mapping[str, Any]) -> Identity:
    """Whom to begin with: each gender and ancestry that no wish settles is tried, and ancestries are mixed as they are likely."""
    genders = (None,) if "identity.gender" in wishes else GENDERS
    settled = any(path.startswith("identity.ancestry") for path in wishes)
    ancestries = (None,) if settled else tuple(tuple(row) for row in (MIXED + (1 - 3 * MIXED) * np.eye(3)).tolist())
    found = []
    for gender in genders:
        for ancestry in ancestries:
            start = _plain(seed, wishes, gender, ancestry)
            unlikely = fit_head(sighting, start).cost / DOUBT
            unlikely += 0.0 if pigments is None else unlikely_ancestry(pigments, start.ancestry)
            found.append((gender, start, unlikely))
    least = min(unlikely for _, _, unlikely in found)
    shares = {gender: 0.0 for gender in genders}
    for gender, _, unlikely in found:
        shares[gender] += float(np.exp((least - unlikely) / 2))
    gender = max(genders, key=lambda each: shares[each])
    if settled:
        return next(start for other, start, _ in found if other == gender)
    mixed = np.zeros(3)
    for other, start, unlikely in found:
        mixed += (other == gender) * np.exp((least - unlikely) / 2) * np.array(start.ancestry)
    return _plain(seed, wishes, gender, tuple((mixed / mixed.sum()).tolist()))


def _plain(seed: int, wishes: Mapping[str, Any], gender: float | None, ancestry: tuple[float, ...] | None) -> Identity:
    """A face of the mean of its kind, with the sizes that such people have; None leaves it to wishes."""
    known = {"age": OneOf((AGE,)), "weight": OneOf((0.45,)), "muscle": OneOf((0.5,))} | within(wishes, "identity")
    known |= {} if gender is None else {"gender": OneOf((gender,))}
    known |= {} if ancestry is None else {f"ancestry.{name}": OneOf((float(f"{share:.6g}"),))
                                          for name, share in zip(PEOPLES[:-1], ancestry, strict=False)}  # fmt: skip
    drawn = sample_identity(child(seed, "likeness"), known, fit=False)
    flat = {name: (0.0,) * len(getattr(drawn, name)) for name in ("shape", "asymmetry", "size")}
    plain = dataclasses.replace(drawn, **flat, sex=(1.0,) * len(drawn.sex), ageing=(1.0,) * len(drawn.ageing))
    sizes = fitted(target_weights(plain), plain.gender)
    return dataclasses.replace(plain, size=tuple(float(f"{sizes[name]:.6g}") for name in LIMITS))


def _known(
    identity: Identity, colours: Colours, pigments: Pigments | None, wishes: Mapping[str, Any]
) -> dict[str, Any]:
    """Wishes for what the picture tells besides the head, but for what others wished."""
    known: dict[str, Any] = {"identity.gender": identity.gender, "identity.age": identity.age}
    known |= {f"identity.ancestry.{name}": share
              for name, share in zip(PEOPLES[:-1], identity.ancestry, strict=False)}  # fmt: skip
    if pigments is not None:
        known |= {"skin.melanin": pigments.melanin, "skin.haemoglobin": pigments.haemoglobin}
    for name, (path, kinds) in WORN.items():
        known[path] = kinds if name in colours.seen else "none"
    if "beard" not in colours.seen:
        known |= {"beard.style": "none", "beard.moustache": "none"}
    elif identity.gender < 0.45:
        known |= {"beard.style": BEARDS, "beard.moustache": tuple(name for name in MOUSTACHES if name != "none")}
    if "hair" not in colours.seen and "headwear" not in colours.seen:
        known["hair.groom"] = "bald"
    elif colours.hair is not None:
        colour = hair_colour(np.asarray(colours.hair), identity.ancestry)
        known |= {"hair.colour.family": colour.family, "hair.colour.dye": "none", "hair.colour.grey": colour.grey}
    return {path: OneOf(value if isinstance(value, tuple) else (value,))
            for path, value in known.items() if path not in wishes and not path.startswith(tuple(f"{wish}." for wish in wishes))}  # fmt: skip


def _posed(found: Fitted) -> tuple[Expression, dict[str, Any]]:
    """The expression with its name and the head's turn, and the fields of a camera that is level and looks at the face."""
    turn = TO_CAMERA.T @ found.view.rotation
    yaw = float(head_angles(turn)[0])
    azimuth = (
        float(np.clip(yaw, -HEAD_ANGLES[0], HEAD_ANGLES[0])) - yaw
    )  # a head that turns no farther is seen from aside
    cos, sin = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    angles = np.clip(
        head_angles(np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) @ turn), -HEAD_ANGLES, HEAD_ANGLES
    )
    yaw, pitch, roll = (float(f"{angle:.6g}") for angle in angles)
    expression = dataclasses.replace(
        found.expression, name=_name_of(found.expression), head_yaw=yaw, head_pitch=pitch, head_roll=roll
    )
    camera = {"azimuth": float(f"{azimuth:.6g}"), "elevation": 0.0, "roll": 0.0, "shift_x": 0.0, "shift_y": 0.0, "framing": FRAMING,
              "distance": float(f"{found.view.distance:.6g}")}  # fmt: skip
    return expression, camera


def _name_of(expression: Expression) -> str:
    """The named expression whose actions are most like those of a face; "neutral" where it hardly has one, or is like none."""
    actions = np.array(expression.actions)
    length = float(np.linalg.norm(actions))
    if length < LITTLE:
        return "neutral"

    def alike(name: str) -> float:
        weights = expand(LIBRARY[name])
        other = np.array([weights.get(action, 0.0) for action in ACTIONS])
        return float(actions @ other) / max(float(np.linalg.norm(other)), 1e-9)

    best = max((name for name in LIBRARY if not name.startswith("viseme")), key=alike)
    return best if alike(best) > ALIKE * length else "neutral"


def seen_from(view: View) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of a head as a picture shows it, from the person's point of view, as Expression has them."""
    yaw, pitch, roll = head_angles(TO_CAMERA.T @ view.rotation)
    return float(yaw), float(pitch), float(roll)
