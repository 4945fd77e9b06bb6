"""What matching nets learn from: the spec of floating things before a background, how it is drawn, and how it is built."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...params import OneOf, Range, SpecError, child, choice, draw, fork, group, lognormal, normal, seed, spec, within
from ..shot import Shot, Way, build_cameras, level_way, sample_shot
from ..things import constraints
from .stage import Stage, build_stage, is_room, reach, sample_stage
from .things import Lens, Things, matrices_of, place_things, rotation

KINDS = {"room": 0.5, "open": 0.5}
SAYS = dict.fromkeys(KINDS, "floating things")
SHOT = {"motion": OneOf(("still",)), "field_of_view": Range(38, 78), "height": Range(0.6, 2.2), "pitch": Range(-18, 12)}
STEREO = {"baseline": Range(0.08, 0.8)}  # m: wide, for what is far has disparity too


@spec
class Travel:
    """How the camera moves between two frames."""

    yaw: float = normal(0.0, 1.8, -12, 12, unit="deg", doc="turn of the camera to the left between two frames")
    pitch: float = normal(0.0, 0.9, -6, 6, unit="deg", doc="turn upwards")
    roll: float = normal(0.0, 1.5, -10, 10, unit="deg", doc="turn about the axis of the view")
    way: float = lognormal(
        0.12, 0.8, 0.0, 0.5, doc="way of the camera in baselines: things are displaced by that share of their disparity"
    )
    seed: int = seed(doc="child seed of the way's direction")


@spec
class Floating:
    """Floating things, their background, the light, and the camera."""

    kind: str = choice(KINDS, doc="kind of background", says=SAYS)
    stage: Stage = group(Stage)
    things: Things = group(Things)
    camera: Shot = group(Shot)
    travel: Travel = group(Travel)
    exposure: float = normal(0.0, 0.35, -1.5, 1.5, unit="EV", doc="how far the exposure misses the meter")


def sample_flow(rng: Generator, fixed=None) -> Floating:
    """Draw what optical flow is learned from."""
    return _sample(rng, fixed, SHOT)


def sample_stereo(rng: Generator, fixed=None) -> Floating:
    """Draw what stereo is learned from: the eyes are far apart."""
    return _sample(rng, fixed, SHOT | STEREO)


def _sample(rng: Generator, fixed, shot) -> Floating:
    """Draw each part; a panorama that is asked for decides the kind."""
    wishes = fixed or {}
    kind = draw(Floating, rng, {"kind": wishes["kind"]} if "kind" in wishes else None).kind
    stage = sample_stage(
        fork(rng, "stage"), within(fixed, "stage"), None if "stage.panorama" in wishes else kind == "room"
    )
    found = "room" if is_room(stage) else "open"
    if found != kind and "kind" in wishes:
        raise SpecError(f"stage.panorama: {stage.panorama} is not allowed with kind={kind}; allowed with kind={found}")
    return draw(
        Floating, rng, fixed, kind=choice({found: 1.0}), stage=stage,
        camera=sample_shot(fork(rng, "camera"), constraints(shot) | constraints(within(fixed, "camera"))),
    )  # fmt: skip


def way_of(floating: Floating, frames: int) -> Way:
    """The camera's way: it is at the origin in the middle of the sequence, and goes and turns evenly."""
    shot, travel = floating.camera, floating.travel
    pitch = np.radians(shot.pitch)
    forward = np.array([[0.0, np.cos(pitch), np.sin(pitch)]])
    middle = level_way(np.zeros((1, 3)), forward, shot.roll)
    right, up = middle.right[0], np.cross(middle.right[0], forward[0])
    rng = child(travel.seed, "way")
    heading = rng.normal(size=3) * [1.0, 1.0, 0.35]
    heading /= np.linalg.norm(heading)
    step = travel.way * shot.baseline * (heading[0] * right + heading[1] * forward[0] + heading[2] * up)
    turn = np.radians(travel.yaw) * up + np.radians(travel.pitch) * right - np.radians(travel.roll) * forward[0]
    since = np.arange(frames) - (frames - 1) / 2
    turns = [rotation(turn * moment) for moment in since]
    return Way(since[:, None] * step, np.stack([t @ forward[0] for t in turns]), np.stack([t @ right for t in turns]))


def build_floating(floating: Floating, frames: int = 1, eyes: int = 1, resolution: tuple[int, int] = (512, 512)):
    """Build floating things and their background in the open scene; see build_place. Returns the Site (needs bpy)."""
    import bpy

    from ...blender import require_supported_blender
    from ..site import Site

    require_supported_blender()
    site = Site(floating, "Floating things")
    site.quick = True
    bpy.context.scene.render.fps = 24
    shot, way = floating.camera, way_of(floating, frames)
    build_stage(site, floating.stage, shot.height)
    _build_things(site, floating, frames, resolution)
    build_cameras(site, shot, way, eyes, 2000.0)
    return site


def camera_matrix(way: Way, frame: int) -> np.ndarray:
    """The matrix (4, 4) of a camera of a way to the world, x right, y down, z forward."""
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 2] = way.right[frame], way.forward[frame]
    matrix[:3, 1] = np.cross(matrix[:3, 2], matrix[:3, 0])
    matrix[:3, 3] = way.eyes[frame]
    return matrix


def _build_things(site, floating: Floating, frames: int, resolution: tuple[int, int]) -> None:
    """Put every thing where it is in each frame, in one of a few looks."""
    from mathutils import Matrix

    from ..site import mesh_object
    from ..things import dressed
    from .shapes import draw_shape
    from .surfaces import SIZES, Paint, draw_look, painted

    things, shot = floating.things, floating.camera
    lens = Lens(0.5 / np.tan(np.radians(shot.field_of_view) / 2), resolution[1] / resolution[0], shot.baseline)
    placed = place_things(things, lens, reach(floating.stage))
    camera = camera_matrix(way_of(floating, 1), 0)
    rng = child(things.seed, "looks")
    looks = [draw_look(rng, things.plain) for _ in range(things.looks)]
    materials = [painted(look) if isinstance(look, Paint) else dressed(site, look) for look in looks]
    poses = np.stack([matrices_of(placed, camera, frame, frames) for frame in range(frames)])
    for number in range(things.count):
        own = child(things.seed, f"thing {number}")
        name, mesh = draw_shape(own)
        grain = np.exp(own.uniform(*np.log(SIZES)))
        obj = mesh_object(
            f"{name} {number:02d}", mesh.transformed(np.eye(3) * grain), [materials[own.integers(len(materials))]]
        )
        site.link(obj, "backdrop", "things")
        obj.rotation_mode = "QUATERNION"
        for frame in range(frames):
            matrix = poses[frame, number].copy()
            matrix[:3, :3] /= grain
            obj.matrix_world = Matrix(matrix.tolist())
            if frames > 1:
                obj.keyframe_insert("location", frame=frame)
                obj.keyframe_insert("rotation_quaternion", frame=frame)
