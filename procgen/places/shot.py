"""The shot: the spec of a place's camera, the search for a view worth taking, and the way it goes, never into anything."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..geometry.angles import arctan2
from ..params import beta, child, choice, draw, lognormal, normal, seed, spec, uniform

FRAMES_PER_SECOND = 24
SPREAD = 0.5  # share of the ground's edge within which to stand
RAYS, STEPS = 13, 44  # directions of a view that are looked along, and distances along each


@spec
class Shot:
    """Lens and way of the camera."""

    motion: str = choice(
        {"walk": 0.45, "drone": 0.3, "orbit": 0.15, "still": 0.1}, doc="way of the camera in a sequence"
    )
    field_of_view: float = lognormal(58, 0.2, 25, 100, unit="deg", doc="horizontal angle of view")
    height: float = lognormal(1.7, 0.25, 0.4, 4, unit="m", doc="of the eye above the ground")
    altitude: float = lognormal(14, 0.6, 4, 80, unit="m", doc="of a drone above the ground")
    speed: float = lognormal(1.3, 0.25, 0.3, 3, unit="m/s", doc="of a walk; a drone goes five times as fast")
    orbit_speed: float = uniform(4, 14, unit="deg/s", doc="turn of an orbit around what it looks at")
    pitch: float = normal(-3, 4, -60, 45, unit="deg", doc="of the view above the horizon")
    roll: float = normal(0, 0.6, -30, 30, unit="deg", doc="tilt of the camera")
    bob: float = beta(2, 5, 0, 0.06, unit="m", doc="rise and fall of a walk's steps")
    baseline: float = lognormal(0.12, 0.5, 0.02, 1.0, unit="m", doc="between the eyes of a stereo pair")
    nearest: float = lognormal(1.6, 0.4, 0.3, 20, unit="m", doc="least distance of anything to the camera")
    lamp: float = lognormal(1.0, 0.4, 0.0, 5.0, doc="strength of the lamps that are carried into the dark")
    noise: float = beta(1.2, 6.0, doc="grain of the sensor, 0 none … 1 high ISO")
    vignette: float = beta(1.5, 6.0, doc="how far the corners fall off")
    seed: int = seed()


def sample_shot(rng: Generator, fixed=None) -> Shot:
    """Draw a shot."""
    return draw(Shot, rng, fixed)


@dataclass(frozen=True)
class Way:
    """Where the camera is in every frame: eyes (f, 3) m, directions (f, 3) and the direction right (f, 3), unit vectors."""

    eyes: np.ndarray
    forward: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Wish:
    """What a view of a kind of place should hold."""

    sky: tuple[float, float] = (0.12, 0.55)  # share of the picture above the skyline
    water: float = 0.0  # share of the looks that should end on water
    around: np.ndarray | None = None  # (k, 2) places near which to stand
    sun: np.ndarray | None = None  # (3,) toward it
    under: float | None = None  # level of the water to stay under, m


def find_way(ground, shot: Shot, wish: Wish, frames: int, aspect: float) -> Way:
    """The best of many views of a ground, and the way from it over ``frames`` frames; ``aspect`` is width over height.

    Scored by skyline, depth, foreground and light along rays over the height field; see PLACES on validity of views.
    """
    rng = child(shot.seed, "view")
    vertical = np.arctan(np.tan(np.radians(shot.field_of_view) / 2) / aspect)
    high = shot.altitude if shot.motion == "drone" and frames > 1 else shot.height
    stands, headings = _candidates(ground, shot, wish, rng)
    scores, skyline = _scores(ground, shot, wish, stands, headings, high, vertical)
    for index in np.argsort(-scores, kind="stable")[:40]:
        way = _way(ground, shot, wish, stands[index], headings[index], frames, high, skyline[index], vertical)
        if way is not None:
            return way
    best = int(np.argmax(scores))  # nowhere to walk: stand still there
    still = _still(ground, shot, wish, stands[best], headings[best], high, skyline[best], vertical)
    return level_way(np.repeat(still[0], frames, 0), np.repeat(still[1], frames, 0), shot.roll)


def _candidates(ground, shot, wish, rng, places: int = 90, turns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    if wish.around is not None and len(wish.around):
        chosen = wish.around[rng.integers(len(wish.around), size=places)]
        stands = chosen + rng.normal(scale=max(3.0, ground.size * 0.004), size=(places, 2))
    else:
        stands = rng.uniform(-0.5, 0.5, (places * 3, 2)) * ground.size * SPREAD
    heights = ground.height(stands, 1.0)
    fits = np.ones(len(stands), bool)
    if ground.water_level is not None and wish.under is None:
        fits = heights > ground.water_level + 0.3
    if wish.under is not None:
        fits = heights < wish.under - shot.height - 1.5
    flat = ground.slope(stands, 2.0)
    order = np.lexsort((flat, ~fits))[:places]
    stands = stands[order]
    headings = rng.uniform(-np.pi, np.pi, (len(stands), turns))
    return np.repeat(stands, turns, 0), headings.ravel()


def _looks(ground, stands, headings, eye_height, half, reach) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes of sight (n, rays, steps) to the ground along rays, the eyes' heights (n,), and the distances (steps,)."""
    distances = np.geomspace(1.2, reach, STEPS)
    angles = headings[:, None] + np.linspace(-half, half, RAYS)
    x = stands[:, 0, None, None] + np.cos(angles)[..., None] * distances
    y = stands[:, 1, None, None] + np.sin(angles)[..., None] * distances
    cell = np.broadcast_to(distances * 0.06, x.shape)
    heights = ground.height(np.stack([x.ravel(), y.ravel()], 1), cell.ravel()).reshape(x.shape)
    if ground.water_level is not None:
        heights = np.maximum(heights, ground.water_level)
    eyes = ground.height(stands, 0.3) + eye_height
    return (heights - eyes[:, None, None]) / distances, eyes, distances


def _scores(ground, shot, wish, stands, headings, eye_height, vertical) -> tuple[np.ndarray, np.ndarray]:
    half = np.radians(shot.field_of_view) / 2
    slopes, eyes, distances = _looks(ground, stands, headings, eye_height, half, ground.size * 0.7)
    crest = np.maximum.accumulate(slopes, -1)
    horizon = np.arctan(crest[..., -1])  # (n, rays) elevation of the skyline
    pitch = np.radians(shot.pitch)
    top, bottom = pitch + vertical, pitch - vertical
    sky = np.clip((top - horizon) / (top - bottom), 0, 1).mean(1)
    variety = horizon.std(1)
    visible = slopes >= crest - 1e-9  # what each look can see
    seen = np.where(visible & (np.arctan(slopes) > bottom), 1.0, 0.0)
    depth = (seen * np.log(distances)).sum((1, 2)) / np.maximum(seen.sum((1, 2)), 1)
    near = np.arctan(slopes[..., :9]).max((1, 2))  # a bank right before the eye
    score = 1.2 * np.minimum(depth / np.log(distances[-1]), 0.8) + 2.5 * np.minimum(variety, 0.25)
    score -= 3.0 * (np.maximum(wish.sky[0] - sky, 0) + np.maximum(sky - wish.sky[1], 0))
    score -= 2.0 * np.maximum(near - (pitch + 0.25 * vertical), 0)
    if ground.water_level is not None and wish.water:
        ends = ground.height(
            np.stack([(stands[:, 0, None] + np.cos(headings)[:, None] * distances[8:36:3]).ravel(),
                      (stands[:, 1, None] + np.sin(headings)[:, None] * distances[8:36:3]).ravel()], 1), 2.0
        ).reshape(len(stands), -1)  # fmt: skip
        wet = (ends < ground.water_level).mean(1)
        score += 1.5 * np.minimum(wet / wish.water, 1)
    if wish.sun is not None and wish.sun[2] > 0.02:
        flat = arctan2(wish.sun[1], wish.sun[0])
        against = np.cos(flat - headings)
        score -= 0.5 * np.maximum(against - 0.3, 0)  # the sun in the picture burns it out
        shadow = _shaded(ground, stands, eyes - eye_height, wish.sun)
        score -= 0.5 * shadow
    return score, horizon.mean(1)


def _shaded(ground, stands, heights, sun) -> np.ndarray:
    """Whether the ground hides the sun from points (n, 2) at heights (n,)."""
    flat = np.linalg.norm(sun[:2])
    distances = np.geomspace(3, ground.size * 0.4, 24)
    points = stands[:, None] + (sun[:2] / max(flat, 1e-9)) * distances[:, None]
    ground_there = ground.height(points.reshape(-1, 2), 4.0).reshape(points.shape[:2])
    ray = heights[:, None] + 0.5 + distances * sun[2] / max(flat, 1e-9)
    return (ground_there > ray).any(1).astype(float)


def _height(ground, points: np.ndarray, above: float, under: float | None) -> np.ndarray:
    """The height of an eye over points (n, 2): above land and water alike, or between sea bed and surface."""
    heights = ground.height(points, 0.4)
    if under is not None:
        return np.minimum(heights + above, under - 0.8)
    return (heights if ground.water_level is None else np.maximum(heights, ground.water_level)) + above


def _still(ground, shot, wish, stand, heading, above, skyline, vertical) -> tuple[np.ndarray, np.ndarray]:
    eye = np.append(stand, _height(ground, stand[None], above, wish.under))
    # Hills are framed: the view rises with the skyline, so that it stays in the upper half of the picture.
    pitch = np.radians(shot.pitch) + np.clip(skyline - 0.3 * vertical, 0.0, 0.35)
    if wish.under is not None:
        pitch = np.radians(shot.pitch - 9)  # the bed is what there is to see
    elif above > 6:
        pitch = min(pitch, -np.radians(6))
    flat = np.cos(pitch)
    return eye[None], np.array([[flat * np.cos(heading), flat * np.sin(heading), np.sin(pitch)]])


def _way(ground, shot, wish, stand, heading, frames, above, skyline, vertical) -> Way | None:
    eyes, forward = _still(ground, shot, wish, stand, heading, above, skyline, vertical)
    if frames == 1 or shot.motion == "still":
        return level_way(np.repeat(eyes, frames, 0), np.repeat(forward, frames, 0), shot.roll)
    seconds = np.arange(frames) / FRAMES_PER_SECOND
    rng = child(shot.seed, "way")
    if shot.motion == "orbit":
        radius = max(6.0, 3 * shot.nearest, above * 2)
        centre = stand + radius * np.array([np.cos(heading), np.sin(heading)])
        turn = heading + np.pi + np.radians(shot.orbit_speed) * seconds * rng.choice([-1.0, 1.0])
        points = centre + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
        heights = _smooth(_height(ground, points, above, wish.under))
        target = np.append(centre, heights.mean() + np.tan(np.radians(shot.pitch)) * radius)
        eyes = np.column_stack([points, heights])
        forward = target - eyes
        forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    else:
        speed = shot.speed * (5.0 if shot.motion == "drone" else 1.0)
        bend = np.cumsum(np.full(frames, rng.normal(scale=0.12))) / FRAMES_PER_SECOND  # radians
        heading = heading + bend
        steps = speed / FRAMES_PER_SECOND * np.stack([np.cos(heading), np.sin(heading)], 1)
        points = stand + np.concatenate([np.zeros((1, 2)), np.cumsum(steps[:-1], 0)])
        heights = _smooth(_height(ground, points, above, wish.under))
        if shot.motion == "walk":
            heights = heights + shot.bob * 0.5 * np.sin(2 * np.pi * 1.8 * seconds)
        rise = np.ptp(heights)
        if rise > 0.6 * max(np.linalg.norm(points[-1] - points[0]), 1.0):
            return None
        eyes = np.column_stack([points, heights])
        flat = np.linalg.norm(forward[0, :2])
        forward = np.column_stack([flat * np.cos(heading), flat * np.sin(heading), np.full(frames, forward[0, 2])])
    clear = eyes[:, 2] - ground.height(eyes[:, :2], 0.2)
    if clear.min() < 0.4 * min(above, 1.0):
        return None
    return level_way(eyes, forward, shot.roll)


def _smooth(values: np.ndarray, width: int = 9) -> np.ndarray:
    """A running mean over a way, lifted so that no value falls below its original."""
    padded = np.pad(values, width, mode="edge")
    window = np.hanning(2 * width + 1)
    smooth = np.convolve(padded, window / window.sum(), "valid")
    return smooth + max(0.0, float((values - smooth).max()))


def level_way(eyes: np.ndarray, forward: np.ndarray, roll: float) -> Way:
    """The way of eyes (f, 3) that look along unit vectors (f, 3), level but for a roll in degrees."""
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(right, forward)
    turn = np.radians(roll)
    return Way(eyes, forward, np.cos(turn) * right - np.sin(turn) * up)


def way_from(ground, shot: Shot, stand: np.ndarray, frames: int, under: float | None = None) -> Way:
    """The way of who stands at an eye (3,) and looks in a direction (3,), rows of ``stand`` (2, 3): still, or from there on.

    The eye comes to at least 0.4 m above the ground, and one that goes keeps its height over it.
    """
    eye, toward = np.array(stand, float)
    toward = toward / np.linalg.norm(toward)
    above = max(float(eye[2] - _height(ground, eye[None, :2], 0.0, None)[0]), 0.4) if under is None else shot.height
    eye[2] = _height(ground, eye[None, :2], above, under)[0] if under is None else min(eye[2], under - 0.8)
    if frames > 1:
        pitch = float(np.clip(np.degrees(np.arcsin(toward[2])), -60, 45))
        heading = float(arctan2(toward[1], toward[0]))
        going = dataclasses.replace(shot, pitch=pitch)
        way = _way(ground, going, Wish(under=under), eye[:2], heading, frames, above, 0.0, 1.0)
        if way is not None:
            return way
    return level_way(np.repeat(eye[None], frames, 0), np.repeat(toward[None], frames, 0), shot.roll)


def way_through(points: np.ndarray, shot: Shot, frames: int, clearance: Callable[[np.ndarray], np.ndarray]) -> Way:
    """A way along a path (k, 3) that is known to be free, as in a cave; it looks along the path.

    ``clearance`` maps points (n, 3) to the distance (n,) to the nearest wall, metres.
    """
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    rng = child(shot.seed, "view")
    travel = 0.0 if shot.motion == "still" else shot.speed * (frames - 1) / FRAMES_PER_SECOND
    look = 6.0
    room = max(length[-1] - travel - look, 0.0)
    starts = np.sort(rng.uniform(0.05, 0.95, 24)) * room
    middle = np.stack([np.interp(starts + travel / 2, length, points[:, axis]) for axis in range(3)], 1)
    start = float(starts[np.argmax(clearance(middle))])
    along = start + np.linspace(0, travel, frames)

    def at(distance):
        return np.stack([np.interp(distance, length, points[:, axis]) for axis in range(3)], 1)

    eyes = at(along)
    forward = at(along + look) - eyes
    forward /= np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)
    forward[:, 2] = np.clip(forward[:, 2] + np.tan(np.radians(shot.pitch)), -0.5, 0.5)
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    return level_way(eyes, forward, shot.roll)


def build_cameras(site, shot: Shot, way: Way, eyes: int, far: float) -> None:
    """Build one camera, or the left and right one of a pair, keyed in every frame, and put them in the site (needs bpy)."""
    import bpy
    from mathutils import Matrix

    for eye in range(eyes):
        data = bpy.data.cameras.new(("Left camera", "Right camera")[eye] if eyes == 2 else "Camera")
        data.sensor_fit = "HORIZONTAL"
        data.sensor_width = 36.0
        data.lens = 18.0 / np.tan(np.radians(shot.field_of_view) / 2)
        data.clip_start, data.clip_end = 0.02, far
        obj = bpy.data.objects.new(data.name, data)
        obj["rig"] = "stereo" if eyes == 2 else shot.motion
        obj.rotation_mode = "QUATERNION"
        previous = None
        for frame in range(len(way.eyes)):
            matrix = np.eye(4)
            matrix[:3, 0], matrix[:3, 2] = way.right[frame], -way.forward[frame]
            matrix[:3, 1] = np.cross(matrix[:3, 2], matrix[:3, 0])
            matrix[:3, 3] = way.eyes[frame] + eye * shot.baseline * way.right[frame]
            obj.matrix_world = Matrix(matrix.tolist())
            if previous is not None:
                obj.rotation_quaternion.make_compatible(previous)
            previous = obj.rotation_quaternion.copy()
            if len(way.eyes) > 1:
                obj.keyframe_insert("location", frame=frame)
                obj.keyframe_insert("rotation_quaternion", frame=frame)
        site.collection.objects.link(obj)
        obj["part_of"] = "camera"
        site.cameras.append(obj)
    bpy.context.scene.camera = site.cameras[0]
    bpy.context.scene.render.fps = FRAMES_PER_SECOND


def build_lamps(site, shot: Shot, way: Way) -> None:
    """Light a dark place: a lamp beside the camera, and lanterns set down along the way ahead (needs bpy)."""
    import bpy

    if shot.lamp == 0:
        return
    eye, forward, right = way.eyes[0], way.forward[0], way.right[0]
    lights = [(eye - 0.6 * right + [0, 0, 0.5], 40.0, 0.25)]
    lights += [(eye + forward * distance + right * side, power, 0.15)
               for distance, side, power in ((5.0, 1.1, 120.0), (12.0, -1.4, 320.0), (22.0, 1.0, 700.0))]  # fmt: skip
    for number, (place, power, radius) in enumerate(lights):
        data = bpy.data.lights.new(f"Lamp {number}", "POINT")
        data.energy, data.shadow_soft_size, data.color = power * shot.lamp, radius, (1.0, 0.78, 0.55)
        obj = bpy.data.objects.new(data.name, data)
        obj.location = place
        obj["part_of"] = "camera"
        site.collection.objects.link(obj)
