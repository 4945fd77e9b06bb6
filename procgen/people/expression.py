"""Expression: the 52 ARKit-named actions, a library of named expressions, gaze, and the pose of neck and head."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.random import Generator

from ..params import choice, draw, fork, normal, spec, uniform, vector
from .head_data import head_data

ACTIONS = tuple(name.removeprefix("action/") for name in head_data().targets if name.startswith("action/"))

# Each expression in ARKit actions; a name without a side stands for left and right alike.
# Emotions after the prototypes of Ekman and Friesen's Facial Action Coding System (1978).
LIBRARY: dict[str, dict[str, float]] = {
    "neutral": {},
    "relaxed": {"mouthSmile": 0.22, "cheekSquint": 0.10, "eyeSquint": 0.08, "jawOpen": 0.01},
    "smile": {"mouthSmile": 0.55, "cheekSquint": 0.35, "eyeSquint": 0.22, "mouthDimple": 0.15},
    "open_smile": {
        "mouthSmile": 0.75, "cheekSquint": 0.55, "eyeSquint": 0.35, "jawOpen": 0.10, "mouthUpperUp": 0.42,
        "mouthLowerDown": 0.28, "mouthStretch": 0.12,
    },
    "laugh": {
        "mouthSmile": 0.85, "cheekSquint": 0.75, "eyeSquint": 0.55, "eyeBlink": 0.25, "jawOpen": 0.34,
        "mouthUpperUp": 0.5, "mouthLowerDown": 0.35, "noseSneer": 0.15,
    },
    "smirk": {"mouthSmileLeft": 0.55, "mouthDimpleLeft": 0.4, "cheekSquintLeft": 0.3, "mouthPressRight": 0.2},
    "happiness": {"mouthSmile": 0.8, "cheekSquint": 0.7, "eyeSquint": 0.45, "mouthUpperUp": 0.25, "jawOpen": 0.06},
    "sadness": {"browInnerUp": 0.8, "browDown": 0.15, "mouthFrown": 0.6, "mouthShrugLower": 0.35, "eyeBlink": 0.18},
    "anger": {
        "browDown": 0.85, "eyeSquint": 0.35, "noseSneer": 0.4, "mouthPress": 0.5, "mouthRollUpper": 0.15,
        "mouthFrown": 0.2,
    },
    "fear": {
        "browInnerUp": 0.8, "browOuterUp": 0.4, "eyeWide": 0.75, "mouthStretch": 0.55, "jawOpen": 0.16,
        "mouthLowerDown": 0.25,
    },
    "surprise": {"browInnerUp": 0.75, "browOuterUp": 0.8, "eyeWide": 0.6, "jawOpen": 0.42},
    "disgust": {"noseSneer": 0.8, "mouthUpperUp": 0.5, "browDown": 0.4, "eyeSquint": 0.35, "mouthFrown": 0.25},
    "contempt": {"mouthDimpleRight": 0.6, "mouthSmileRight": 0.3, "mouthPressRight": 0.3, "eyeSquintLeft": 0.2},
    "concentration": {"browDown": 0.45, "eyeSquint": 0.4, "mouthPress": 0.3},
    "worry": {"browInnerUp": 0.65, "browDown": 0.25, "mouthStretch": 0.2, "mouthPress": 0.25},
    "doubt": {"browOuterUpRight": 0.75, "browDownLeft": 0.5, "mouthLeft": 0.25, "mouthPress": 0.2},
    "pain": {"browDown": 0.6, "eyeSquint": 0.7, "eyeBlink": 0.35, "mouthStretch": 0.5, "noseSneer": 0.4, "jawOpen": 0.1},
    "tiredness": {"eyeBlink": 0.38, "browInnerUp": 0.25, "mouthFrown": 0.15, "jawOpen": 0.03},
    "yawn": {"jawOpen": 0.8, "eyeBlink": 0.65, "eyeSquint": 0.4, "browInnerUp": 0.3},
    "boredom": {"eyeBlink": 0.32, "mouthPress": 0.25, "mouthShrugLower": 0.25},
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

# What a portrait catches people at; what is not listed shares REST.
WEIGHTS = {
    "neutral": 0.10, "relaxed": 0.22, "smile": 0.23, "open_smile": 0.17, "laugh": 0.045, "smirk": 0.025,
    "happiness": 0.06,
}  # fmt: skip
REST = 0.0045
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


def _draw_actions(rng: Generator, name: str) -> list[float]:
    """A named expression at some strength, each side a little different, over a living rest state."""
    idle = {
        "eyeBlink": rng.uniform(-0.04, 0.08), "eyeSquint": rng.uniform(0.0, 0.10), "eyeWide": rng.beta(1, 4) * 0.25, "browInnerUp": rng.beta(1, 8) * 0.4,
        "browDown": rng.beta(1, 8) * 0.3, "mouthPress": rng.beta(1, 9) * 0.2,
        "mouthSmile": rng.uniform(0.02, 0.22), "jawOpen": rng.beta(1, 10) * 0.05,
    }  # fmt: skip
    strength = 1.0 if name in ("blink", "neutral") else rng.uniform(0.6, 1.05)
    actions = dict.fromkeys(ACTIONS, 0.0)
    for source, factor in ((expand(idle), 1.0), (expand(LIBRARY[name]), strength)):
        for action, weight in source.items():
            actions[action] = max(actions[action], weight * factor * rng.normal(1.0, 0.07))
    return [float(f"{min(max(actions[action], 0.0), 1.0):.6g}") for action in ACTIONS]


def sample_expression(rng: Generator, fixed=None) -> Expression:
    """Draw an expression: the actions follow from the named expression."""
    name = draw(Expression, rng, {k: v for k, v in (fixed or {}).items() if k == "name"}).name
    return draw(Expression, rng, fixed, actions=_draw_actions(fork(rng, "weights"), name))


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
