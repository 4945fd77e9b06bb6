"""Captures as programs write them: a take of Live Link Face, and the motion of a body whose head turns."""

import numpy as np

LEFT = "Blink LookDown LookIn LookOut LookUp Squint Wide".split()
MOUTH = (
    "JawForward JawRight JawLeft JawOpen MouthClose MouthFunnel MouthPucker MouthRight MouthLeft MouthSmileLeft MouthSmileRight "
    "MouthFrownLeft MouthFrownRight MouthDimpleLeft MouthDimpleRight MouthStretchLeft MouthStretchRight MouthRollLower "
    "MouthRollUpper MouthShrugLower MouthShrugUpper MouthPressLeft MouthPressRight MouthLowerDownLeft MouthLowerDownRight "
    "MouthUpperUpLeft MouthUpperUpRight BrowDownLeft BrowDownRight BrowInnerUp BrowOuterUpLeft BrowOuterUpRight CheekPuff "
    "CheekSquintLeft CheekSquintRight NoseSneerLeft NoseSneerRight TongueOut"
).split()
ANGLES = [f"{what}{angle}" for what in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll")]
COLUMNS = [f"Eye{name}{side}" for side in ("Left", "Right") for name in LEFT] + MOUTH + ANGLES


def live_link(frames=90, first=(11, 59, 58, 40.207), lost=(30,)):
    """The lines of a take at 60 frames a second, and the values (frames, 61) that it holds; the face is lost on some."""
    values = np.random.default_rng(5).uniform(0, 0.8, (frames, 61))
    turn = np.linspace(-0.3, 0.3, frames)
    for name, angle in {"HeadYaw": turn, "HeadPitch": 0.1 + 0 * turn, "HeadRoll": -turn}.items():
        values[:, COLUMNS.index(name)] = angle
    for eye, outward in (("Left", 1), ("Right", -1)):  # this phone counts to the right and down
        values[:, COLUMNS.index(f"{eye}EyeYaw")] = -turn
        values[:, COLUMNS.index(f"{eye}EyePitch")] = -turn / 2
        for way, angle in {"Out": outward * turn, "In": -outward * turn, "Up": turn, "Down": -turn}.items():
            values[:, COLUMNS.index(f"EyeLook{way}{eye}")] = np.clip(angle, 0, 1)
    values = np.round(values, 10)
    hours, minutes, seconds, frame = first
    lines = ["Timecode,BlendShapeCount," + ",".join(COLUMNS)]
    for index, row in enumerate(values):
        at, count = frame + index, 61 if index not in lost else 0
        whole = seconds + int(at // 60)
        stamp = f"{hours:02d}:{minutes + whole // 60:02d}:{whole % 60:02d}:{at % 60:06.3f}"
        lines.append(",".join([stamp, str(count), *(f"{value:.10f}" for value in row[:count])]))
    return lines, values


def bvh(turns, order="ZXY", neck=(0.0, 0.0, 0.0), joint="Head"):
    """The lines of a body with turns (n, 3) of its head in degrees, as channels in an order, and one turn of its neck."""
    channels = " ".join(f"{axis}rotation" for axis in order)
    lines = f"""HIERARCHY
ROOT Hips
{{
  OFFSET 0.0 90.0 0.0
  CHANNELS 6 Xposition Yposition Zposition {channels}
  JOINT Neck
  {{
    OFFSET 0.0 50.0 0.0
    CHANNELS 3 {channels}
    JOINT {joint}
    {{
      OFFSET 0.0 10.0 0.0
      CHANNELS 3 {channels}
      End Site
      {{
        OFFSET 0.0 20.0 0.0
      }}
    }}
  }}
}}
MOTION
Frames: {len(turns)}
Frame Time: 0.0333333""".splitlines()
    return [*lines, *(" ".join(map(str, [0, 90, 0, 5, 6, 7, *neck, *turn])) for turn in turns)]
