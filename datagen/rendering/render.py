"""Renders one sample: builds the spec's scene once, then the picture and all labels of every frame or view."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...procgen import registry
from ...procgen.camera import HEAD_HEIGHT
from ...procgen.params import child, to_dict
from ...procgen.people.skin_pictures.texels import SIZES
from ..cameras import camera_normals, camera_record
from ..caption import caption
from ..devices import choose
from ..formats.files import write_json, write_label
from ..formats.png import read_png, write_png
from ..labels import HAIR, NOTHING, PICTURES, SEMANTIC, SEMANTIC_OF, file_name
from ..validity.scene import before
from .annotations import dense_landmarks, landmark_record, object_records
from .develop import develop
from .development import of_camera
from .sensor import exposed
from .sequence import MOTION, Topology, motion_labels

METRES_PER_UV = 1.08  # the median on the face
COARSEST = 1.6  # pixels of a picture that one texel of the skin may cover
WHOLE = 1e-4  # by which a number of a thing may differ from a whole one; more is a mixture of two


def render_sample(spec, recipe, folder: Path) -> dict:
    """Render a sample into an existing folder.

    Returns {"frames": [...], "device": {"type", "names"}, "seconds": {"build", "cycles_rgb", "cycles_labels", "total"}}.
    The file sample.json is the caller's: it is written last, when everything else is whole.
    """
    if recipe.family == "places":
        from .render_place import render_place

        return render_place(spec, recipe, folder)
    if recipe.family == "things":
        from .render_thing import render_thing

        return render_thing(spec, recipe, folder)
    import bpy

    from . import passes

    started = time.perf_counter()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, recipe.resolution, recipe.threads)
    device = choose(recipe.device)
    person = _build(spec, recipe)
    warned = before(recipe, spec, person)
    built = time.perf_counter()
    session = Session(scene, person, recipe, folder)
    # All pictures first, then all labels: each change between the two makes Cycles load the scene anew.
    session.take_pictures(device.cycles)
    session.take_labels()
    write_json(folder / "spec.json", registry.dump(recipe.generator, spec))
    (folder / "caption.txt").write_text(caption(recipe.generator, to_dict(spec)) + "\n", encoding="utf-8")
    return {
        "frames": list(range(len(session.shots))), "warned": warned, "device": device.record(),
        "seconds": {
            "build": built - started, "cycles_rgb": session.picture_clock.seconds,
            "cycles_labels": session.label_clock.seconds, "total": time.perf_counter() - started,
        },
    }  # fmt: skip


def texture_for(framing: float, resolution: int) -> int:
    """The edge in pixels of the skin's pictures that a portrait of a framing and resolution shows no more of."""
    pixel = HEAD_HEIGHT / framing / resolution  # m
    return next((size for size in SIZES if METRES_PER_UV / size <= COARSEST * pixel), SIZES[-1])


def _build(spec, recipe):
    """The person of a spec with its cameras, keyed on all frames of a sequence."""
    texture = texture_for(spec.camera.framing, max(recipe.resolution))
    person = registry.build(recipe.generator, spec, views=recipe.views, texture=texture)
    if recipe.frames > 1:
        from ...procgen.people.motion import animate

        animate(person, recipe.frames)
    return person


class Session:
    """One person before the cameras (needs bpy): shots are numbered through the cameras first, then the frames."""

    def __init__(self, scene, person, recipe, folder: Path):
        from .passes import CyclesClock

        self.scene, self.person, self.recipe, self.folder = scene, person, recipe, folder
        self.labels = set(recipe.label_names())
        self.shots = [(frame, camera) for frame in range(recipe.frames) for camera in person.cameras]
        asked = self.labels | {"landmarks", "objects"} & set(recipe.labels)
        self.pictures_alone = asked <= set(PICTURES) and recipe.frames == 1 and recipe.views > 1
        self.picture_clock, self.label_clock = CyclesClock(), CyclesClock()

    def take_pictures(self, device: str) -> None:
        """Render and develop the picture of every shot, and write what else its render yields."""
        from . import passes
        from .orbit import render_orbit

        passes.picture_settings(self.scene, self.recipe.samples, "shading" in self.labels, device)
        self.scene.render.film_transparent = "alpha" in self.labels
        if self.pictures_alone:
            for number, image in enumerate(render_orbit(self.scene, self.person.cameras, self.picture_clock)):
                self._write_view(number, image)
            return
        for number, (frame, camera) in enumerate(self.shots):
            _aim(self.scene, frame, camera)
            self.scene.cycles.seed = number  # noise that stood still over a sequence would show
            rgb = self.folder / file_name(number, "rgb")
            slope = self.person.spec.camera.slope
            extra = passes.render_picture(self.scene, rgb, self.picture_clock, None, self._sensor(number), slope)
            if self.scene.render.film_transparent:
                self._write_cut_out(number, read_png(rgb))
            else:
                develop(rgb, self._development())
            self._write(number, extra)

    def _development(self):
        return of_camera(self.person.spec.camera, self.recipe.resolution[1])

    def _sensor(self, number: int):
        """What the camera's sensor makes of the light of a shot; each shot has noise of its own."""
        rng = child(self.person.spec.light.seed, f"grain {number}")
        return lambda light: exposed(light, self._development(), rng)

    def _write_view(self, number: int, image: np.ndarray) -> None:
        """Write a picture of an orbit."""
        from .passes import show

        if image.dtype == np.uint8:
            return self._write_cut_out(number, image)
        rgb = self.folder / file_name(number, "rgb")
        show(self.scene, rgb, self._sensor(number)(image), self.person.spec.camera.slope)
        return develop(rgb, self._development())

    def _write_cut_out(self, number: int, image: np.ndarray) -> None:
        """Write a cut-out, which no camera develops, with its coverage beside it."""
        write_png(self.folder / file_name(number, "rgb"), np.ascontiguousarray(image[..., :3]))
        write_label(self.folder / file_name(number, "alpha"), "alpha", image[..., 3])

    def take_labels(self) -> None:
        """Render the labels of every shot, and write them with the records of what was seen."""
        if self.pictures_alone:  # no label tells what is seen
            rows = [camera_record(camera, self.scene, number) | {"time": 0.0}
                    for number, (_, camera) in enumerate(self.shots)]  # fmt: skip
            self._write_cameras(rows)
            return
        self.scene.cycles.seed = 0
        with self._prepared():
            cameras, landmarks, objects = self._take_shots()
        self._write_cameras(cameras)
        write_json(self.folder / "landmarks.json", {"scheme": "ibug68+pupils", "frames": landmarks})
        write_json(self.folder / "objects.json", {"frames": objects})

    @contextlib.contextmanager
    def _prepared(self) -> Iterator[None]:
        """Without depth of field, and without what is looked through."""
        hidden = [obj for obj in self.person.objects if obj.get("label_hidden")]
        depth_of_field = [camera.data.dof.use_dof for camera in self.person.cameras]
        for obj in hidden:
            obj.hide_render = True
        for camera in self.person.cameras:
            camera.data.dof.use_dof = False
        yield
        for camera, used in zip(self.person.cameras, depth_of_field, strict=True):
            camera.data.dof.use_dof = used
        for obj in hidden:
            obj.hide_render = False

    def _take_shots(self) -> tuple[list[dict], list[dict], list[dict]]:
        """The records of cameras, landmarks and objects, a row a shot; labels are written on the way."""
        from . import passes

        cameras, landmarks, objects = [], [], []
        override, motion = passes.label_material(), bool(set(MOTION) & self.labels)
        flows, topology = [], Topology()
        for number, (frame, camera) in enumerate(self.shots):
            _aim(self.scene, frame, camera)
            if motion:
                topology.check(self.person.objects, frame)
            rate = self.scene.render.fps / self.scene.render.fps_base
            record = camera_record(camera, self.scene, number) | {"time": frame / rate}
            raw = passes.render_labels(self.scene, override, motion, self.label_clock)
            values = derive(raw, record, len(self.person.objects))
            if motion:
                flows.append(
                    {name: values.pop(name) for name in ("flow", "flow_back")} | {"instance": values["instance"]}
                )
            values |= self._derived(frame, record, values)
            self._write(number, values)
            cameras.append(record)
            landmarks.append(landmark_record(self.person, frame, number, record, values))
            objects.append({"frame": number, "objects": object_records(self.person, values["instance"])})
        if "hair_alpha" in self.labels:
            for number, (frame, camera) in enumerate(self.shots):
                _aim(self.scene, frame, camera)
                self._write(number, {"hair_alpha": passes.render_hair_alpha(self.scene, override, self.label_clock)})
        for number, values in enumerate(motion_labels(flows, len(self.person.cameras))):
            self._write(number, values)
        return cameras, landmarks, objects

    def _derived(self, frame: int, record: dict, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The labels on demand that follow from a shot's others."""
        found = {}
        if "semantic" in self.labels:
            found["semantic"] = semantic(self.person.objects, values["instance"])
        if "dense_landmarks" in self.labels:
            found["dense_landmarks"] = dense_landmarks(self.person, frame, record, values)
        return found

    def _write(self, number: int, values: dict[str, np.ndarray]) -> None:
        """Write those of a shot's values that are asked for."""
        for name in self.labels & set(values):
            write_label(self.folder / file_name(number, name), name, values[name])

    def _write_cameras(self, rows: list[dict]) -> None:
        """Write the records of the cameras, with the depth of field that the pictures have."""
        for row in rows:
            lens = self.person.cameras[row["frame"] % len(self.person.cameras)].data
            row["f_stop"], row["focus_m"] = lens.dof.aperture_fstop, lens.dof.focus_distance
        write_json(self.folder / "camera.json", {"frames": rows})


def _aim(scene, frame: int, camera) -> None:
    scene.frame_set(frame)
    scene.camera = camera


def derive(raw: dict[str, np.ndarray], record: dict, objects: int) -> dict[str, np.ndarray]:
    """Turn raw passes into the labels of the table; every value is exact or this raises."""
    depth = raw["depth"]
    hit = depth < NOTHING
    index = np.rint(raw["index"])
    if np.abs(raw["index"] - index).max() > WHOLE or index.max() > objects:
        raise RuntimeError("instance: the pass holds mixed ids")
    parts = np.rint(raw["part"])
    if np.abs(raw["part"] - parts).max() > WHOLE:
        raise RuntimeError("parts: the pass holds mixed ids")
    values = {
        "depth": np.where(hit, depth, np.inf),
        "normal": camera_normals(record, raw["normal"], hit),
        "position": np.where(hit[..., None], raw["position"], np.nan),
        "uv": np.where(hit[..., None], raw["uv"], 0.0),
        "instance": np.where(hit, index, 0).astype(np.uint16),
        "parts": np.where(hit, parts, 0).astype(np.uint8),
    }
    values["hair"] = np.where(values["parts"] == HAIR, 255, 0).astype(np.uint8)
    if "vector" in raw:
        vector = raw["vector"]
        # Cycles writes (previous - current, current - next) in pixels with y up.
        forward = np.stack([-vector[..., 2], vector[..., 3]], -1)
        backward = np.stack([vector[..., 0], -vector[..., 1]], -1)
        values["flow"] = np.where(hit[..., None], forward, np.nan)
        values["flow_back"] = np.where(hit[..., None], backward, np.nan)
    return values


def semantic(objects, instance: np.ndarray) -> np.ndarray:
    """The kind of object (h, w) uint8 of each pixel, from its instance id."""
    kinds = np.zeros(max((obj.pass_index for obj in objects), default=0) + 1, np.uint8)
    for obj in objects:
        if obj.pass_index:
            kind = SEMANTIC_OF.get(obj["class"], obj["class"])
            if kind not in SEMANTIC:
                raise RuntimeError(f"semantic: {obj.name} is of class {kind}; allowed are {', '.join(SEMANTIC)}")
            kinds[obj.pass_index] = SEMANTIC.index(kind)
    return kinds[instance]
