"""Reads captured faces: the CSV of Live Link Face, and tables whose columns are ARKit's actions.

The app writes ``Timecode,BlendShapeCount,EyeBlinkLeft,…``: 52 weights and nine angles in radians a row, a count of 0 and
no values where it lost the face. Other programs write the same names in camelCase, a time in seconds or none.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...procgen.people.animation.track import COLUMN, Track
from .capture import MOST, CaptureError, lines_of, numbers

RATE = 60.0  # frames a second of the app, where the file does not tell
RATES = (24, 25, 30, 48, 50, 60)  # frames a second that a timecode may count
TIMECODE = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3}(?:\.\d{1,9})?)")
TIMES, INDICES = ("time", "timestamp", "seconds"), ("frame", "index")  # columns, in small letters
# The head's angles as a camera in portrait sees them; the app turns them around when the phone lies on its side.
HEAD = {"headyaw": 1, "headpitch": -1, "headroll": 1}
EYES = {"yaw": ("lefteyeyaw", "righteyeyaw"), "pitch": ("lefteyepitch", "righteyepitch")}
RADIANS = 3.2  # no head turns further: what goes beyond is in degrees
MOST_COLUMNS = 400
DAY = 86400.0  # s


class Face(NamedTuple):
    """A captured face: its track, and the names of actions that the file does not have."""

    track: Track
    missing: list[str]


def read(path: Path) -> Face:
    """The face of a file; raises CaptureError that names it."""
    lines = lines_of(path)
    try:
        return parse(lines)
    except CaptureError as error:
        raise CaptureError(f"{path.name}: {error}") from None


def parse(lines: list[str]) -> Face:
    """The face that the lines of a table tell of; raises CaptureError."""
    try:
        rows = [(number, row) for number, row in enumerate(csv.reader(lines), start=1) if any(map(str.strip, row))]
    except csv.Error as error:
        raise CaptureError(f"is no table ({error})") from None
    if len(rows) < 2:
        raise CaptureError("holds no frame; allowed is a header and a row a frame")
    header = [name.strip().lower() for name in rows[0][1]]
    _check(header, len(rows) - 1)
    stamps, table = _table(header, rows[1:])
    places = {name: header.index(name) for name in header}
    columns = {action: table[:, places[action.lower()]] for action in COLUMN if action.lower() in places}
    if not columns:
        raise CaptureError("no column is an action of ARKit, such as jawOpen or JawOpen")
    weights = np.zeros((len(table), len(COLUMN)))
    for action, values in columns.items():
        weights[:, COLUMN[action]] = np.clip(values, 0, 1)
    head = np.stack([_angle(table, places, [name]) * sign for name, sign in HEAD.items()], 1)
    gaze = _gaze(table, places, weights)
    track = Track(_times(header, stamps, table), weights, gaze, head, np.zeros(len(table)))
    return Face(track, [action for action in COLUMN if action not in columns])


def _check(header: list[str], frames: int) -> None:
    if len(header) > MOST_COLUMNS:
        raise CaptureError(f"has {len(header)} columns; allowed are {MOST_COLUMNS}")
    if frames > MOST:
        raise CaptureError(f"has {frames} frames; allowed are {MOST}")
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        raise CaptureError(f"column {min(twice)[:40]} is there twice; allowed is once")


def _table(header: list[str], rows: list[tuple[int, list[str]]]) -> tuple[list[str], np.ndarray]:
    """The first words of the rows that have a face, and the numbers (n, columns) of them; a timecode counts as 0."""
    stamped = "timecode" in header
    at = header.index("timecode") if stamped else 0
    counted = header.index("blendshapecount") if "blendshapecount" in header else None
    stamps, table = [], []
    for line, row in rows:
        if counted is not None and len(row) > counted and row[counted].strip() == "0":
            continue  # the app lost the face
        if len(row) != len(header):
            raise CaptureError(f"line {line}: has {len(row)} values; allowed are {len(header)}, one a column")
        stamps.append(row[at].strip())
        table.append(numbers([*row[:at], "0", *row[at + 1 :]] if stamped else row, line))
    if not table:
        raise CaptureError("no frame has a face")
    return stamps, np.array(table)


def _times(header: list[str], stamps: list[str], table: np.ndarray) -> np.ndarray:
    """Seconds (n,) from the first frame on; rows that stand still in time are spread over it."""
    if "timecode" in header:
        times = _of_timecodes(stamps)
    elif column := next((name for name in TIMES if name in header), None):
        times = table[:, header.index(column)]
    elif column := next((name for name in INDICES if name in header), None):
        times = table[:, header.index(column)] / RATE
    else:
        times = np.arange(len(table)) / RATE
    times = times - times[0]
    if np.any(np.diff(times) < 0):
        raise CaptureError(f"time goes backward at frame {int(np.argmax(np.diff(times) < 0)) + 2}")
    # Equal stamps are one moment and the next: half a frame of the app's apart at most.
    ends, steps = np.unique(times, return_index=True)
    return (
        times
        if len(ends) == len(times)
        else np.interp(np.arange(len(times)), steps, ends) + 1e-6 * np.arange(len(times))
    )


def _of_timecodes(stamps: list[str]) -> np.ndarray:
    matches = [TIMECODE.fullmatch(stamp) for stamp in stamps]
    if None in matches:
        wrong = stamps[matches.index(None)][:24]
        raise CaptureError(f"{wrong or 'an empty word'}: is no timecode; allowed is hh:mm:ss:ff or hh:mm:ss:ff.fff")
    hours, minutes, seconds, frames = np.array([[float(word) for word in match.groups()] for match in matches]).T
    whole = hours * 3600 + minutes * 60 + seconds
    # The file does not say how many frames make a second; where it tells of whole seconds, it shows.
    longest = frames.max()
    if longest >= RATES[-1]:
        raise CaptureError(f"a timecode counts {int(longest)} frames; allowed is below {RATES[-1]}")
    rate = next(r for r in RATES if r > longest) if len(np.unique(whole)) > 2 else RATE
    times = whole + frames / rate
    passed = np.cumsum(np.concatenate([[0.0], np.diff(times) < -DAY / 2]))  # midnights
    return times + passed * DAY


def _angle(table: np.ndarray, places: dict[str, int], names: list[str]) -> np.ndarray:
    """The mean of columns of angles (n,), in degrees; nothing where there is none of them."""
    found = [table[:, places[name]] for name in names if name in places]
    if not found:
        return np.zeros(len(table))
    unit = 1.0 if any(np.abs(values).max() > RADIANS for values in found) else np.degrees(1.0)
    return unit * np.mean(found, 0)


def _gaze(table: np.ndarray, places: dict[str, int], weights: np.ndarray) -> np.ndarray:
    """Yaw and pitch (n, 2) of the eyes; the look actions are taken out of the weights (n, 52), which gaze sets again.

    The look actions tell which way an angle counts, whatever the phone's place. Without angles the actions stay.
    """
    if not any(name in places for names in EYES.values() for name in names):
        return np.zeros((len(table), 2))
    look = {
        way: weights[:, [COLUMN[f"eyeLook{way}Left"], COLUMN[f"eyeLook{way}Right"]]]
        for way in ("In", "Out", "Up", "Down")
    }
    left = (look["Out"] - look["In"])[:, 0] - (look["Out"] - look["In"])[:, 1]  # toward the person's left
    told = (left, (look["Up"] - look["Down"]).sum(1))
    gaze = []
    for names, hint in zip(EYES.values(), told, strict=True):
        angle = _angle(table, places, list(names))
        gaze.append(-angle if np.sum(angle * hint) < 0 else angle)
    for way in look:
        weights[:, [COLUMN[f"eyeLook{way}Left"], COLUMN[f"eyeLook{way}Right"]]] = 0
    return np.stack(gaze, 1)
