"""Renders a sample of a place: pictures of all frames and eyes first, then their labels from the same scene."""

from __future__ import annotations

import functools
import tempfile
import time
from pathlib import Path

import numpy as np

from ...procgen import registry
from ...procgen.params import child, to_dict
from ..cameras import camera_normals, camera_record, pixel_centres, pixel_rays, project
from ..caption import caption
from ..devices import choose
from ..formats.files import write_json, write_label
from ..labels import NOTHING, file_name
from ..validity.scene import before
from .develop import develop
from .development import of_shot
from .place_records import PixelCounts, compact_ids, object_records
from .scene_motion import SceneMotion, displaced, flow_to
from .sensor import exposed
from .sequence import MOTION, motion_labels_of
from .tracks import Tracks

ASTRAY = 2e-3  # pixels


def render_place(spec, recipe, folder: Path) -> dict:
    """Render a sample of a place into an existing folder; returns what ``render_sample`` does.

    Shots run through the eyes first: with two, shot 2 f is the left picture of frame f.
    """
    import bpy

    from . import passes, place_passes

    started = time.perf_counter()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, recipe.resolution, recipe.threads)
    device = choose(recipe.device)
    place_passes.add_outputs(scene.view_layers[0])
    site = registry.build(recipe.generator, spec, frames=recipe.frames, eyes=recipe.views, resolution=recipe.resolution)
    warned = before(recipe, spec, site)
    built = time.perf_counter()
    session = Session(scene, site, recipe, folder)
    session.take_pictures(spec, device.cycles)
    session.take_labels()
    write_json(folder / "spec.json", registry.dump(recipe.generator, spec))
    (folder / "caption.txt").write_text(caption(recipe.generator, to_dict(spec)) + "\n", encoding="utf-8")
    return {
        "frames": list(range(len(session.shots))), "eyes": session.eyes, "warned": warned, "device": device.record(),
        "seconds": {
            "build": built - started, "cycles_rgb": session.picture_clock.seconds,
            "cycles_labels": session.label_clock.seconds, "total": time.perf_counter() - started,
        },
    }  # fmt: skip


class Session:
    """One place before the cameras (needs bpy): shots are numbered through the eyes first, then the frames."""

    def __init__(self, scene, site, recipe, folder: Path):
        from . import passes, place_passes

        self.scene, self.site, self.recipe, self.folder = scene, site, recipe, folder
        self.labels = set(recipe.label_names())
        self.eyes = len(site.cameras)
        self.shots = [(frame, eye) for frame in range(recipe.frames) for eye in range(self.eyes)]
        self.moving = recipe.frames > 1 and bool({*MOTION, "scene_flow"} & self.labels)
        self.override = place_passes.label_material()
        self.picture_clock, self.label_clock = passes.CyclesClock(), passes.CyclesClock()

    def take_pictures(self, spec, device: str) -> None:
        """Render and develop the picture of every shot, and write what else its render yields."""
        from . import passes, place_passes

        place_passes.picture_settings(
            self.scene, self.recipe.samples, "shading" in self.labels, device, self.site.quick
        )
        for number, (frame, eye) in enumerate(self.shots):
            if eye == 0:
                self.site.pose(self.scene, frame)
            self.scene.camera = self.site.cameras[eye]
            self.scene.cycles.seed = number
            rgb = self.folder / file_name(number, "rgb")
            # The first picture is metered, and all others are taken alike.
            metered = (lambda linear: place_passes.meter(linear) + spec.exposure) if number == 0 else None
            rng, development = child(spec.camera.seed, f"grain {number}"), of_shot(spec.camera)
            read = functools.partial(exposed, d=development, rng=rng)
            extra = passes.render_picture(self.scene, rgb, self.picture_clock, metered, read)
            develop(rgb, development)
            self._write(number, extra)

    def take_labels(self) -> None:
        """Render the labels of every shot, and write them with the records of what was seen."""
        for obj in self.site.objects:
            obj.hide_render = obj.hide_render or bool(obj.get("label_hidden"))
        self.scene.cycles.seed = 0
        motion = SceneMotion(self.scene, self.site, self.recipe.frames)
        frames = range(self.recipe.frames)
        records = [_records(self.scene, self.site, motion, frame, self.moving) for frame in frames]
        counts = PixelCounts()
        with tempfile.TemporaryDirectory(prefix="simulacra-") as kept:
            boxes, tracks = self._take_shots(motion, records, counts, Path(kept))
            numbers = compact_ids(self.site, counts)
            for number in range(len(self.shots)):
                instance, semantic = numbers.labels(np.load(Path(kept, f"{number}.npy"), allow_pickle=False))
                self._write(number, {"instance": instance, "semantic": semantic})
        if tracks is not None:
            with Path(self.folder, "tracks.npz").open("wb") as file:
                np.savez_compressed(file, **tracks.arrays())
        cameras = [records[frame][eye] | {"frame": number, "eye": ("left", "right")[eye], "moment": frame}
                   for number, (frame, eye) in enumerate(self.shots)]  # fmt: skip
        write_json(self.folder / "camera.json", {"frames": cameras})
        objects = [{"frame": number, "objects": object_records(self.site, numbers, shot, instances)}
                   for (number, shot), instances in zip(enumerate(self.shots), boxes, strict=True)]  # fmt: skip
        write_json(self.folder / "objects.json", {"frames": objects, "merged": numbers.merged})

    def _take_shots(
        self, motion: SceneMotion, records: list[list[dict]], counts: PixelCounts, kept: Path
    ) -> tuple[list[dict], Tracks | None]:
        """The boxes of every shot, and the tracks of a sequence; ids are counted, and kept until all are known."""
        from . import place_passes

        boxes, tracks, window = [], None, []
        for number, (frame, eye) in enumerate(self.shots):
            if eye == 0:
                motion.aim(frame) if self.moving else self.site.pose(self.scene, frame)
            self.scene.camera = self.site.cameras[eye]
            record = records[frame][eye] | {"frame": number}
            raw = place_passes.render_labels(self.scene, self.override, self.label_clock)
            values, move = _values(raw, record, records, frame, eye, self.recipe.frames, motion, self.moving)
            if "disparity" in self.labels:
                values["disparity"] = disparity(values["depth"], record, records[frame])
            if self.moving:
                values["scene_flow"] = move
            counts.add(raw["identity"])
            boxes.append(counts.boxes(raw["identity"]))
            self._write(number, {name: value for name, value in values.items() if name not in MOTION})
            np.save(kept / f"{number}.npy", raw["identity"].astype(np.int32), allow_pickle=False)
            if self.moving:
                if tracks is None:
                    tracks = Tracks(self.site, raw["position"], raw["identity"])
                if eye == 0:
                    tracks.add(motion, frame, record, values["depth"])
                shot = {name: values[name] for name in ("flow", "flow_back")} | {"instance": raw["identity"]}
                window = [*window[-2 * self.eyes :], shot]
                _write_motion(self.folder, self.labels, number, len(self.shots), self.eyes, window)
        return boxes, tracks

    def _write(self, number: int, values: dict[str, np.ndarray]) -> None:
        """Write those of a shot's values that are asked for."""
        for name in self.labels & set(values):
            write_label(self.folder / file_name(number, name), name, values[name])


def _records(scene, site, motion: SceneMotion, frame: int, moving: bool) -> list[dict]:
    """The records of all eyes in a frame."""
    scene.frame_set(frame)
    rate = scene.render.fps / scene.render.fps_base
    return [camera_record(camera, scene, frame) | {"time": frame / rate} for camera in site.cameras]


def _values(
    raw, record, records, frame, eye, frames, motion, moving
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """The labels of one shot that need no other shot, and how its points move to the next frame."""
    known = raw["identity"] > 0
    if (raw["depth"][~known] < NOTHING).any():
        raise RuntimeError("instance: a pixel shows a surface that has no number")
    normal = camera_normals(record, raw["normal"], known)
    _settle(raw, record, known)
    values = {
        "depth": np.where(known, raw["depth"], np.inf), "normal": normal,
        "position": np.where(known[..., None], raw["position"], np.nan),
    }  # fmt: skip
    move = None
    if moving:
        for name, way, step in (("flow", "next", 1), ("flow_back", "previous", -1)):
            inside = 0 <= frame + step < frames
            there = displaced(raw["position"], raw["identity"], raw[way], motion.carried(frame, step))
            # The pass holds each pixel's centre to 1e-4 px; what it misses is no motion.
            target = records[frame + step][eye] if inside else record
            missed, _ = flow_to(record, raw["position"].astype(np.float64))
            flow = flow_to(target, there)[0] - missed
            values[name] = np.where(known[..., None] & inside, flow, np.nan)
            if step == 1:
                move = np.where(known[..., None] & inside, there - raw["position"], np.nan)
    return values, move


def _settle(raw: dict[str, np.ndarray], record: dict, known: np.ndarray) -> None:
    """Put hits that rounding moved along a face seen edge on, a blade of grass say, back onto their pixels' rays."""
    pixels, _ = project(record, raw["position"])
    with np.errstate(invalid="ignore"):
        astray = known & (np.abs(pixels - pixel_centres(record)).max(-1) > ASTRAY)
    if astray.any():
        origin, rays = pixel_rays(record)
        raw["position"][astray] = origin + rays[astray] * raw["depth"][astray, None]


def disparity(depth: np.ndarray, record: dict, pair: list[dict]) -> np.ndarray:
    """Disparity (h, w) px of a rectified pair: focal length in pixels times baseline over planar depth, 0 where nothing is."""
    places = [np.asarray(one["cam2world"])[:3, 3] for one in pair]
    baseline = float(np.linalg.norm(places[1] - places[0]))
    return np.where(np.isfinite(depth), record["K"][0][0] * baseline / depth, 0.0)


def _write_motion(folder: Path, labels: set[str], number: int, count: int, eyes: int, window: list[dict]) -> None:
    """Write the motion labels that are settled once shot ``number`` is there; ``window`` ends with it."""
    first = number - len(window) + 1
    settled = [number - eyes] if number >= eyes else []
    if number >= count - eyes:
        settled.append(number)
    for shot in settled:
        values = motion_labels_of(window, shot - first, eyes)
        for name in labels & set(values):
            write_label(folder / file_name(shot, name), name, values[name])
