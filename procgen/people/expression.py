"""Expression: the 52 ARKit-named actions, a library of named expressions, gaze, and the pose of neck and head."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.random import Generator

from ..params import choice, draw, fork, normal, spec, uniform, vector
from .head_data import head_data

ACTIONS = tuple(name.removeprefix("action/") for name in head_data().targets if name.startswith("action/"))

# Each expression in ARKit actions; a name without a side stands for left and right alike.
# Emotions after the prototypes of Ekman and Friesen's Facial Action Coding System (1978); how far the parts of smiles go
# after 68 points on photographs (LFPW's odd half: gap of the lips, height of the corners, breadth, thickness of the lips).
LIBRARY: dict[str, dict[str, float]] = {
    "neutral": {},
    "relaxed": {"mouthSmile": 0.26, "cheekSquint": 0.10, "eyeSquint": 0.04},
    "smile": {"mouthSmile": 0.72, "cheekSquint": 0.48, "eyeSquint": 0.09},
    "open_smile": {
        "mouthSmile": 0.86, "cheekSquint": 0.60, "eyeSquint": 0.09, "jawOpen": 0.11, "mouthUpperUp": 0.30,
        "mouthLowerDown": 0.45,
    },
    "laugh": {
        "mouthSmile": 0.95, "cheekSquint": 0.80, "eyeSquint": 0.20, "jawOpen": 0.22,
        "mouthUpperUp": 0.42, "mouthLowerDown": 0.50, "noseSneer": 0.12,
    },
    "smirk": {"mouthSmileLeft": 0.55, "mouthDimpleLeft": 0.4, "cheekSquintLeft": 0.3, "mouthPressRight": 0.2},
    "happiness": {
        "mouthSmile": 1.0, "cheekSquint": 0.65, "eyeSquint": 0.13, "jawOpen": 0.13, "mouthUpperUp": 0.36,
        "mouthLowerDown": 0.45,
    },
    "sadness": {
        "browInnerUp": 1.0, "browDown": 0.08, "mouthFrown": 0.95, "mouthShrugLower": 0.55, "eyeSquint": 0.15,
        "eyeBlink": 0.08,
    },
    "anger": {
        "browDown": 1.0, "eyeWide": 0.15, "eyeSquint": 0.35, "noseSneer": 1.0, "mouthUpperUp": 0.75,
        "mouthLowerDown": 0.85, "mouthStretch": 0.30, "mouthFrown": 0.35, "jawOpen": 0.07,
    },
    "fear": {
        "browInnerUp": 0.8, "browOuterUp": 0.4, "eyeWide": 0.75, "mouthStretch": 0.55, "jawOpen": 0.16,
        "mouthLowerDown": 0.25,
    },
    "surprise": {"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 0.9, "jawOpen": 0.50, "mouthUpperUp": 0.12, "mouthFunnel": 0.10},
    "disgust": {"noseSneer": 0.8, "mouthUpperUp": 0.5, "browDown": 0.4, "eyeSquint": 0.35, "mouthFrown": 0.25},
    "contempt": {"mouthDimpleRight": 0.6, "mouthSmileRight": 0.3, "mouthPressRight": 0.3, "eyeSquintLeft": 0.2},
    "concentration": {"browDown": 0.45, "eyeSquint": 0.4, "mouthPress": 0.3},
    "worry": {"browInnerUp": 0.65, "browDown": 0.25, "mouthStretch": 0.2, "mouthPress": 0.25},
    "doubt": {"browOuterUpRight": 0.75, "browDownLeft": 0.5, "mouthLeft": 0.25, "mouthPress": 0.2},
    "pain": {"browDown": 0.6, "eyeSquint": 0.7, "eyeBlink": 0.35, "mouthStretch": 0.5, "noseSneer": 0.4, "jawOpen": 0.1},
    "tiredness": {"eyeBlink": 0.28, "browInnerUp": 0.25, "mouthFrown": 0.15, "jawOpen": 0.03},
    "yawn": {"jawOpen": 0.8, "eyeBlink": 0.65, "eyeSquint": 0.4, "browInnerUp": 0.3},
    "boredom": {"eyeBlink": 0.22, "mouthPress": 0.25, "mouthShrugLower": 0.25},
    "kiss": {"mouthPucker": 0.85, "mouthFunnel": 0.2},
    "pout": {"mouthShrugLower": 0.7, "mouthPucker": 0.3, "mouthFrown": 0.3, "browDown": 0.2},
    "puffed_cheeks": {"cheekPuff": 0.85, "mouthPress": 0.3},
    "wink": {"eyeBlinkLeft": 0.95, "cheekSquintLeft": 0.6, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.25},
    "blink": {"eyeBlink": 0.97},
    "tongue_out": {"jawOpen": 0.32, "tongueOut": 0.9, "mouthSmile": 0.25},
    "viseme_sil": {"mouthClose": 0.02},
    "viseme_pp": {"mouthPress": 0.55, "mouthRollUpper": 0.35, "mouthRollLower": 0.35},
    "viseme_ff": {"mouthRollLower": 0.55, "mouthUpperUp": 0.3, "jawOpen": 0.05},
    "viseme_th": {"jawOpen": 0.12, "tongueOut": 0.3, "mouthLowerDown": 0.2},
    "viseme_dd": {"jawOpen": 0.12, "mouthUpperUp": 0.15, "mouthLowerDown": 0.25},
    "viseme_kk": {"jawOpen": 0.18, "mouthStretch": 0.2, "mouthLowerDown": 0.15},
    "viseme_ch": {"mouthFunnel": 0.55, "jawOpen": 0.08},
    "viseme_ss": {"mouthStretch": 0.35, "mouthUpperUp": 0.2, "mouthLowerDown": 0.3, "jawOpen": 0.03},
    "viseme_nn": {"jawOpen": 0.1, "mouthStretch": 0.15},
    "viseme_rr": {"mouthFunnel": 0.35, "mouthPucker": 0.25, "jawOpen": 0.1},
    "viseme_aa": {"jawOpen": 0.5, "mouthLowerDown": 0.2},
    "viseme_e": {"jawOpen": 0.2, "mouthStretch": 0.4, "mouthSmile": 0.2, "mouthLowerDown": 0.2},
    "viseme_i": {"jawOpen": 0.1, "mouthStretch": 0.5, "mouthSmile": 0.3, "mouthUpperUp": 0.15},
    "viseme_o": {"mouthFunnel": 0.6, "jawOpen": 0.3, "mouthPucker": 0.25},
    "viseme_u": {"mouthPucker": 0.75, "mouthFunnel": 0.25, "jawOpen": 0.08},
}  # fmt: skip

# What a portrait catches people at, a choice of ours: two in five at rest, half with a smile and most of those with
# teeth. What is not listed shares REST.
WEIGHTS = {
    "neutral": 0.22, "relaxed": 0.17, "smile": 0.16, "open_smile": 0.23, "happiness": 0.07, "laugh": 0.045,
    "smirk": 0.015, "surprise": 0.008, "sadness": 0.006, "anger": 0.006, "concentration": 0.006,
}  # fmt: skip
REST = 0.0018
# How strong a named expression is, share of LIBRARY: a mean, a deviation and both ends; teeth show in all smiles that
# have them.
STRENGTH = {
    "open_smile": (0.92, 0.12, 0.7, 1.15),
    "laugh": (0.92, 0.1, 0.75, 1.1),
    "happiness": (0.92, 0.08, 0.75, 1.0),
    "anger": (1.0, 0.08, 0.8, 1.15),
    "sadness": (0.95, 0.1, 0.75, 1.1),
    "surprise": (0.95, 0.1, 0.75, 1.1),
}
ANY_STRENGTH = (0.85, 0.15, 0.5, 1.1)
# Cheeks rise with the smile and more than in proportion, for they are its muscle's own doing (Girard, Cohn, Yin and
# Morency 2021, Affective Science 2, on the Duchenne smile); in few smiles the eyes stay out of it.
RAISED_BY_SMILES = ("cheekSquint", "eyeSquint")
RAISE_POWER, MOUTH_ALONE, LEFT_OUT = 1.3, 0.15, 0.5
JAW_SPREAD = 0.45  # deviation of the logarithm of how far a smile's jaw drops
# Sides differ little, and all of a face to one side.
ASYMMETRY, OWN_ASYMMETRY = 0.03, 0.015
# How much a face at rest does, as (a, b) of a beta density and the most; a region that an expression uses has none of it.
IDLE = {
    "eyeSquint": (1, 2, 0.10), "eyeWide": (1, 4, 0.06), "browInnerUp": (1, 6, 0.08), "browDown": (1, 5, 0.20),
    "mouthPress": (1, 8, 0.12), "mouthSmile": (1, 2, 0.10), "jawOpen": (1, 10, 0.02),
}  # fmt: skip
REGIONS = {
    "eye": "eye",
    "brow": "brow",
    "mouth": "mouth",
    "jaw": "mouth",
    "cheek": "mouth",
    "nose": "mouth",
    "tongue": "mouth",
}
# Where people look who know of the camera, shares and degrees, a choice of ours.
TO_CAMERA, GAZE_SPREAD = 0.86, 1.5
AVERTED_YAW, AVERTED_PITCH = 10.0, 6.0
FARTHEST_YAW, FARTHEST_PITCH = 27.0, 17.0  # eyes do not turn farther for a camera
HEAD_FOLLOWS, HEAD_YAW, HEAD_PITCH, HEAD_ROLL = 0.45, 10.0, 5.0, 4.0  # share of the camera's angle; deviations, degrees
SAYS = {
    "smile": "smiling", "open_smile": "smiling", "laugh": "laughing", "happiness": "happy", "sadness": "sad",
    "anger": "angry", "fear": "frightened", "surprise": "surprised", "disgust": "disgusted",
    "contempt": "contemptuous", "concentration": "concentrating", "worry": "worried", "doubt": "doubtful",
    "tiredness": "tired", "yawn": "yawning", "wink": "winking", "kiss": "puckering", "smirk": "smirking",
}  # fmt: skip


@spec
class Expression:
    """What a face does at one moment, and where eyes and head point."""

    name: str = choice({name: WEIGHTS.get(name, REST) for name in LIBRARY}, doc="named expression", says=SAYS)
    actions: tuple = vector({name: uniform(0, 1) for name in ACTIONS}, doc="weights of the ARKit actions")
    gaze_yaw: float = normal(0, 7, -30, 30, unit="deg", doc="eyes turned to the person's left")
    gaze_pitch: float = normal(0, 4, -20, 20, unit="deg", doc="eyes turned up")
    head_yaw: float = normal(0, 16, -60, 60, unit="deg", doc="head turned to the person's left")
    head_pitch: float = normal(0, 7, -30, 30, unit="deg", doc="head lifted")
    head_roll: float = normal(0, 5, -25, 25, unit="deg", doc="head tilted to the person's left")


NEUTRAL = Expression(
    name="neutral",
    actions=(0.0,) * len(ACTIONS),
    gaze_yaw=0.0,
    gaze_pitch=0.0,
    head_yaw=0.0,
    head_pitch=0.0,
    head_roll=0.0,
)


def expand(weights: dict[str, float]) -> dict[str, float]:
    """Actions with sides: a name without one stands for both."""
    result = {}
    for name, weight in weights.items():
        sides = (name,) if name in ACTIONS else (name + "Left", name + "Right")
        result |= dict.fromkeys(sides, weight)
    return result


def _region(action: str) -> str:
    return next(region for start, region in REGIONS.items() if action.startswith(start))


def _strengths(rng: Generator, name: str) -> dict[str, float]:
    """The factor of each action of a named expression, both sides alike."""
    if name in ("blink", "neutral"):
        return dict.fromkeys(LIBRARY[name], 1.0)
    mean, deviation, low, high = STRENGTH.get(name, ANY_STRENGTH)
    strength = float(np.clip(rng.normal(mean, deviation), low, high))
    raised = strength**RAISE_POWER * (LEFT_OUT if rng.random() < MOUTH_ALONE else 1.0)
    found = dict.fromkeys(LIBRARY[name], strength)
    if "mouthSmile" in found:
        found |= {action: raised for action in RAISED_BY_SMILES if action in found}
        found |= {"jawOpen": strength * float(np.exp(rng.normal(0.0, JAW_SPREAD)))} if "jawOpen" in found else {}
    return found


def _draw_actions(rng: Generator, name: str) -> dict[str, float]:
    """A named expression at some strength over a living rest state; the actions of one region never work against others."""
    strengths = _strengths(fork(rng, "strength"), name)
    used = {_region(action) for action in LIBRARY[name]}
    idle = {action: most * fork(rng, action).beta(a, b) for action, (a, b, most) in IDLE.items()}
    meant = {action: weight for action, weight in idle.items() if _region(action) not in used}
    meant |= {action: weight * strengths[action] for action, weight in LIBRARY[name].items()}
    sides = fork(rng, "sides")
    lean = sides.normal(0.0, ASYMMETRY)
    actions = dict.fromkeys(ACTIONS, 0.0)
    for action, weight in expand(meant).items():
        side = lean if action.endswith("Left") else -lean if action.endswith("Right") else 0.0
        actions[action] = weight * (1.0 + side + sides.normal(0.0, OWN_ASYMMETRY))
    return actions


def _values(actions: dict[str, float]) -> list[float]:
    return [float(f"{min(max(actions[action], 0.0), 1.0):.6g}") for action in ACTIONS]


def sample_expression(rng: Generator, fixed=None, camera=None) -> Expression:
    """Draw an expression: the actions follow from the named expression, head and gaze from the ``camera`` if there is one.

    The head turns a part of the way to the camera, and the eyes mostly the rest; they converge on it.
    """
    name = draw(Expression, rng, {k: v for k, v in (fixed or {}).items() if k == "name"}).name
    actions = _draw_actions(fork(rng, "weights"), name)
    if camera is None:
        return draw(Expression, rng, fixed, actions=_values(actions))
    from .gaze import toward  # which stands on the pose, and that on this module

    given: dict = {
        "head_yaw": normal(HEAD_FOLLOWS * float(np.clip(camera.azimuth, -60, 60)), HEAD_YAW, -60, 60),
        "head_pitch": normal(HEAD_FOLLOWS * camera.elevation, HEAD_PITCH, -30, 30),
        "head_roll": normal(0, HEAD_ROLL, -25, 25),
    }
    yaw, pitch, inward = toward(camera, draw(Expression, rng, fixed, actions=_values(actions), **given))
    if fork(rng, "looks").random() < TO_CAMERA and abs(yaw) < FARTHEST_YAW and abs(pitch) < FARTHEST_PITCH:
        given |= {"gaze_yaw": normal(yaw, GAZE_SPREAD, -30, 30), "gaze_pitch": normal(pitch, GAZE_SPREAD, -20, 20)}
        for side in ("Left", "Right"):
            actions[f"eyeLookIn{side}"] += inward / LOOK_LIMITS["In"]
    else:
        given |= {"gaze_yaw": normal(0, AVERTED_YAW, -30, 30), "gaze_pitch": normal(-1, AVERTED_PITCH, -20, 20)}
    return draw(Expression, rng, fixed, actions=_values(actions), **given)


def blend(first: Expression, second: Expression, amount: float) -> Expression:
    """The expression between two, 0 the first and 1 the second."""

    def mix(a, b):
        return a * (1 - amount) + b * amount

    numbers = ("gaze_yaw", "gaze_pitch", "head_yaw", "head_pitch", "head_roll")
    return dataclasses.replace(
        first if amount < 0.5 else second,
        actions=tuple(mix(np.array(first.actions), np.array(second.actions)).tolist()),
        **{name: mix(getattr(first, name), getattr(second, name)) for name in numbers},
    )


# The largest turn of an eye that the look actions of the lids were made for, radians.
LOOK_LIMITS = {"Up": 0.172, "Down": 0.199, "In": 0.268, "Out": 0.261}


def action_weights(expression: Expression) -> dict[str, float]:
    """The weight of every shape key, with the lids following the gaze."""
    weights = dict(zip(ACTIONS, expression.actions, strict=True))
    yaw, pitch = np.radians([expression.gaze_yaw, expression.gaze_pitch])
    for side, outward in (("Left", yaw), ("Right", -yaw)):
        for direction, angle in (("Up", pitch), ("Down", -pitch), ("Out", outward), ("In", -outward)):
            key = f"eyeLook{direction}{side}"
            weights[key] = float(np.clip(weights[key] + max(angle, 0.0) / LOOK_LIMITS[direction], 0, 1))
    return weights
