"""Renders the picture and the exact labels of any Blender file: one sample is what one camera sees in all frames."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ..cameras import camera_rays, pixel_rays
from ..formats.files import write_json, write_label
from ..formats.png import read_png
from ..labels import file_name
from ..projections import ORTHOGRAPHIC
from ..scene_recipe import SceneRecipe
from .render import derive
from .sequence import MOTION, motion_labels

RENDERER = "datagen.rendering.scene_labels:render_scene"
ALPHA = 0.5  # a surface of at least this alpha counts
TRIES = 16  # renders that may look for a way through what counts less
BEYOND = 1e9  # planar depth from which there is nothing


def render_scene(camera: str, recipe: SceneRecipe, folder: Path) -> dict:
    """Render a sample of a label run into an existing folder.

    Returns {"frames", "scene_frames", "camera", "model", "engine", "flow_unknown", "unresolved", "scripts_left_out",
    "remarks", "seconds"}. All pictures come first, from the file as it is; then the open copy is changed for the labels.
    Simulations are played before both, once and in order, and are held to be the same for both.
    """
    import bpy

    from . import passes
    from .scene_file import open_scene, ready
    from .simulations import settle_simulations

    started = time.perf_counter()
    scene, layer = open_scene(Path(recipe.path))
    ready(scene, layer, recipe, camera)
    model = recipe.models[recipe.cameras.index(camera)]
    labels = recipe.labels_of(model)
    motion = bool(set(MOTION) & set(labels))
    frames = range(recipe.first, recipe.last + 1)
    around = range(recipe.first - 1, recipe.last + 2) if motion else frames
    settled = settle_simulations(scene, layer, around, motion)
    opened = time.perf_counter()
    picture_clock, label_clock = passes.CyclesClock(), passes.CyclesClock()
    for number, frame in enumerate(frames):
        scene.frame_set(frame)
        _picture(scene, layer, folder, number, labels, picture_clock)
    labelling = _LabelPass(scene, layer, recipe, camera, around, motion, settled, label_clock)
    for number, frame in enumerate(frames):
        labelling.frame(folder, number, frame, labels)
    write_json(folder / "camera.json", {"frames": labelling.cameras})
    write_json(folder / "objects.json", {"frames": labelling.objects})
    which = f"frame {recipe.first}" if len(frames) == 1 else f"frames {recipe.first} to {recipe.last}"
    (folder / "caption.txt").write_text(f"{recipe.source} through {camera}, {which}\n", encoding="utf-8")
    finished = time.perf_counter()
    return {
        "frames": list(range(len(frames))), "scene_frames": list(frames), "camera": camera, "model": model,
        "engine": {"file": recipe.engine, "picture": "CYCLES", "labels": "CYCLES"},
        "flow_unknown": sorted(labelling.unknown), "unresolved": labelling.unresolved,
        "scripts_left_out": bool(bpy.app.autoexec_fail), "remarks": list(recipe.remarks),
        "seconds": {
            "build": opened - started, "cycles_rgb": picture_clock.seconds, "cycles_labels": label_clock.seconds,
            "total": finished - started,
        },
    }  # fmt: skip


class _LabelPass:
    """The labels of one camera, frame after frame, from the open copy that it has changed for them."""

    def __init__(self, scene, layer, recipe: SceneRecipe, camera: str, around: range, motion: bool, settled, clock):
        import bpy

        from .instances import number_things, scan
        from .label_nodes import LabelNodes, name_of
        from .scene_file import Classes, unit_scale

        self.scene, self.layer, self.camera, self.motion, self.clock = scene, layer, camera, motion, clock
        self.scale = unit_scale(scene)
        self.model = recipe.models[recipe.cameras.index(camera)]
        self.count = recipe.frames
        settings_of_labels(scene, layer, motion)
        self.nodes = LabelNodes(layer)
        if settled:
            settled.replay()
        self.seen = scan(scene, layer, around)
        bare = set().union(*(frame.bare for frame in self.seen.values()))
        if bare:
            self.nodes.cover([obj for obj in bpy.data.objects if name_of(obj) in bare])
            if settled:
                settled.replay()
            self.seen = scan(scene, layer, around)
        if settled:
            settled.hold(around)
        self.ids = number_things({frame: self.seen[frame] for frame in range(recipe.first, recipe.last + 1)})
        classes = Classes(scene, recipe)
        self.class_of = {key: classes.of(key) for key in self.ids}
        self.class_ids = np.zeros(len(self.ids) + 1, np.uint8)
        self.class_ids[list(self.ids.values())] = [classes.number(self.class_of[key]) for key in self.ids]
        self.cameras: list[dict] = []
        self.objects: list[dict] = []
        self.shots: list[dict] = []
        self.unknown: set[str] = set()
        self.unresolved = 0

    def frame(self, folder: Path, number: int, frame: int, labels) -> None:
        """Render the labels of one frame of the scene and write them as the sample's frame ``number``."""
        from .scene_file import plain_text

        self.scene.frame_set(frame)
        record = _camera(self.seen[frame].camera, self.scene, number, frame, self.camera, self.scale)
        if record["model"] != self.model:
            raise RuntimeError(f"camera: its type is animated, and is {record['model']} in frame {frame}; remove that")
        raw, left = self._raw(frame)
        self.unresolved += left
        values, unknown = _values(raw, record, self.seen, frame, self.ids, self.motion, self.scale)
        values["semantic"] = self.class_ids[values["instance"]]
        for name in set(labels) & set(values) - set(MOTION):
            write_label(folder / file_name(number, name), name, values[name])
        names = sorted({plain_text(key[0]) for key in unknown})
        self.unknown |= set(names)
        objects = object_records(self.seen[frame].things, self.ids, self.class_of, values["instance"], self.scale)
        self.cameras.append(record)
        self.objects.append({"frame": number, "objects": objects, **({"flow_unknown": names} if self.motion else {})})
        if self.motion:
            self.shots = [*self.shots[-2:], {name: values[name] for name in ("flow", "flow_back", "instance")}]
            _write_motion(folder, labels, number, self.count, self.shots)

    def _raw(self, frame: int) -> tuple[dict[str, np.ndarray], int]:
        """The raw passes of the open frame, as _points gives them.

        With its vector pass Cycles leaves out particles that are not there in the frames beside this one. Where there are
        such, that pass is not asked for, and how things move is unknown.
        """
        import bpy

        from .label_nodes import name_of

        emitters = {name_of(obj) for obj in bpy.data.objects if obj.particle_systems}
        here, *beside = ({thing.key for thing in self.seen[number].things} for number in (frame, frame - 1, frame + 1)
                         if number in self.seen)  # fmt: skip
        apart = any(key[2:4] in emitters for keys in beside for key in here - keys)
        known = self.layer.use_pass_vector = self.motion and not apart
        raw, left = _points(self.scene, self.layer, self.nodes, known, self.clock)
        if self.motion and apart:
            raw["vector"] = np.full((*raw["depth"].shape, 4), np.nan, np.float32)
        return raw, left


def _picture(scene, layer, folder: Path, number: int, labels, clock) -> None:
    import bpy

    from . import passes

    layer.use_pass_diffuse_color = "albedo" in labels
    layer.use_pass_diffuse_direct = layer.use_pass_diffuse_indirect = "shading" in labels
    channels = passes.render_channels(scene, clock, layer)
    settings = scene.render.image_settings
    passes.set_format(settings, "PNG")
    settings.color_mode, settings.color_depth = "RGBA" if scene.render.film_transparent else "RGB", "8"
    picture = folder / file_name(number, "rgb")
    bpy.data.images["Render Result"].save_render(str(picture), scene=scene)
    if "alpha" in labels:
        write_label(folder / file_name(number, "alpha"), "alpha", read_png(picture)[..., 3])
    for name, terms in (("linear", ("combined",)), ("albedo", ("albedo",)), ("shading", ("direct", "indirect"))):
        if name in labels:
            values = sum(passes.pick(channels, term) for term in terms)
            write_label(folder / file_name(number, name), name, values)


def settings_of_labels(scene, layer, motion: bool) -> None:
    """Settle the label pass: Cycles on the processor, one sample at each pixel's centre, nothing blurred or averaged."""
    from . import passes

    render, cycles = scene.render, scene.cycles
    passes.label_settings(scene, 1, 0.01)
    cycles.device = "CPU"
    cycles.time_limit = 0.0
    cycles.sample_offset = 0
    cycles.use_sample_subset = False
    cycles.use_animated_seed = False
    cycles.transparent_max_bounces = 1024
    render.use_motion_blur = False
    render.film_transparent = True  # tells a ray that ended on a surface from one that came to nothing
    cycles.film_transparent_glass = False
    scene.camera.data.dof.use_dof = False
    layer.material_override = None
    layer.samples = 0
    layer.use_pass_diffuse_color = layer.use_pass_diffuse_direct = layer.use_pass_diffuse_indirect = False
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_position = layer.use_pass_uv = True
    layer.use_pass_vector = motion


def _points(scene, layer, nodes, motion: bool, clock) -> tuple[dict[str, np.ndarray], int]:
    """The raw passes of the open frame, and in how many pixels no way through was found.

    Cycles looks through a surface of lower alpha by chance, and leaves a pixel without a normal where the ray ended there.
    Such pixels are rendered again with other seeds until a ray gets through to what counts; all of those hit the same.
    Where none does, the first surface that is not wholly clear is taken.
    """
    for attempt in range(TRIES + 1):
        scene.cycles.seed = attempt
        layer.pass_alpha_threshold = ALPHA if attempt < TRIES else 1e-6
        raw, lost = _pass(scene, layer, nodes, motion, attempt == TRIES, clock)
        if attempt == 0:
            result, pending = raw, lost
        else:
            found = pending & ~lost
            for name, values in raw.items():
                result[name][found] = values[found]
            unresolved = int(found.sum()) if attempt == TRIES else 0
            pending &= lost
        if not pending.any():
            return result, unresolved if attempt else 0
    raise RuntimeError("depth: a pixel shows a surface that Cycles gives no depth")


def _pass(scene, layer, nodes, motion: bool, last_try: bool, clock) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """One render: the raw passes with the key (h, w, 3) of what each pixel hits, NaN where that is nothing; and the mask of
    pixels whose ray ended on a surface that does not count."""
    from . import passes
    from .label_nodes import KEYS, LAYERS

    raw, window = {}, 0
    while True:
        nodes.offset.default_value = window
        channels = passes.render_channels(scene, clock, layer)
        if not raw:
            wanted = ("depth", "normal", "position", "uv", *(("vector",) if motion else ()))
            raw = {name: passes.pick(channels, name) for name in wanted}
            last = np.rint(channels[f"{LAYERS}.X"]).astype(int) - 1
            # What is clear or ends in a holdout leaves a depth behind too, so that alone says nothing.
            ended = (raw["depth"] < BEYOND) & (channels["Combined.A"] > 0.5)
            solid = ended & (last_try | (np.abs(raw["normal"]).max(-1) > 0.1))
            if (last[solid] < 0).any():
                raise RuntimeError(
                    "instance: a pixel shows a surface whose material could not be made to tell its object"
                )
            raw["key"] = np.full((*last.shape, 3), np.nan, np.float32)
        for step, name in enumerate(KEYS):
            here = solid & (last == window + step)
            raw["key"][here] = np.stack([channels[f"{name}.{axis}"][here] for axis in "RGB"], -1)
        window += len(KEYS)
        if not (solid & (last >= window)).any():
            nodes.offset.default_value = 0
            return raw, ended & ~solid


def _values(raw, record, seen, frame, ids, motion, scale) -> tuple[dict[str, np.ndarray], set[tuple]]:
    from .instances import resolve, unknown_motion

    things = seen[frame].things
    known = np.isfinite(raw["key"]).all(-1)
    instance = np.zeros(known.shape, np.uint16)
    instance[known] = resolve(raw["key"][known], things, ids)
    depth = np.where(known, raw["depth"] * np.float32(scale), np.float32(1e10))
    # Normals that a mesh was given as zero: what faces the camera stands in.
    turn = np.asarray(record["cam2world"])[:3, :3]
    rays = camera_rays(record)
    facing = np.nan_to_num(-rays @ turn.T)
    length = np.linalg.norm(raw["normal"], axis=-1, keepdims=True)
    normal = np.where(length > 0.1, raw["normal"] / np.maximum(length, 0.1), facing)
    passes_of = raw | {
        "depth": depth, "normal": normal, "position": raw["position"] * np.float32(scale),
        "index": instance.astype(np.float32), "part": np.zeros(known.shape, np.float32),
    }  # fmt: skip
    values = derive(passes_of, record, len(ids))
    distance = np.linalg.norm(values["position"] - pixel_rays(record)[0], axis=-1)
    values |= {"rays": rays, "distance": np.where(known, distance, np.inf)}
    unknown = unknown_motion(seen, frame) if motion else set()
    if motion and np.isnan(raw["vector"]).all():
        unknown = {thing.key for thing in things}
    if unknown:
        lost = np.isin(values["instance"], [ids[key] for key in unknown])
        values["flow"][lost] = values["flow_back"][lost] = np.nan
    visible = {ids[thing.key] for thing in things} & set(np.unique(instance).tolist())
    return values, {key for key in unknown if ids[key] in visible}


def _camera(record: dict, scene, number: int, frame: int, camera: str, scale: float) -> dict:
    matrix = np.array(record["cam2world"])
    matrix[:3, 3] *= scale
    rate = scene.render.fps / scene.render.fps_base
    focus = record["focus_m"]
    if record["model"] == ORTHOGRAPHIC:  # pixels a metre
        record = record | {"K": (np.array(record["K"]) / [scale, scale, 1]).tolist()}
    return record | {
        "frame": number, "scene_frame": frame, "time": frame / rate, "rig": "scene", "camera": camera,
        "cam2world": matrix.tolist(), "focus_m": focus and focus * scale,
    }  # fmt: skip


def boxes(instance: np.ndarray) -> dict[int, list[int]]:
    """The box [left, top, right, bottom) in pixels of every id in an instance label (h, w)."""
    rows, columns = np.nonzero(instance)
    found, place = np.unique(instance[rows, columns], return_inverse=True)
    low = np.full((len(found), 2), 2**31)
    high = np.zeros((len(found), 2), int)
    for axis, values in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], place, values)
        np.maximum.at(high[:, axis], place, values + 1)
    return {int(number): [*map(int, a), *map(int, b)] for number, a, b in zip(found, low, high, strict=True)}


def object_records(things, ids, class_of, instance: np.ndarray, scale: float) -> list[dict]:
    """The records of a frame's objects, and of the instances that are seen in it: a scene may hold very many of those.

    Boxes and poses are in metres; ``pose`` leads from object space, in the scene's units, to the world.
    """
    from .scene_file import plain_text

    seen = boxes(instance)
    records = []
    for thing in sorted(things, key=lambda thing: ids[thing.key]):
        number, key = ids[thing.key], thing.key
        if key[2] and number not in seen:
            continue
        low, high = thing.shape.low, thing.shape.high
        matrix = thing.matrix.astype(float)
        matrix[:3] *= scale
        finite = np.isfinite(matrix).all() and np.isfinite([low, high]).all()
        records.append({
            "id": number, "name": plain_text(key[0]), "class": class_of[key], "box_2d": seen.get(number),
            "box_3d": _box(matrix, low, high) if finite else None, "pose": matrix.tolist() if finite else None,
            "spec": "", "instancer": plain_text(key[2]), "persistent_id": [n for n in key[4] if n < 2**31 - 1],
        })  # fmt: skip
    return records


def _box(matrix: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict:
    """The oriented box in the world of a box in object space."""
    stretch = np.linalg.norm(matrix[:3, :3], axis=0)
    return {
        "center": (matrix[:3, :3] @ ((low + high) / 2) + matrix[:3, 3]).tolist(),
        "size": ((high - low) * stretch).tolist(),
        "rotation": (matrix[:3, :3] / np.where(stretch > 0, stretch, 1)).tolist(),
    }


def _write_motion(folder: Path, labels, number: int, count: int, shots: list[dict]) -> None:
    """Write the motion labels that are settled once shot ``number`` is there; ``shots`` are the last three at most."""
    settled = [(number - 1, len(shots) - 2)] if number else []
    if number == count - 1:
        settled.append((number, len(shots) - 1))
    values = motion_labels(shots, 1)
    for frame, place in settled:
        for name in set(labels) & set(values[place]):
            write_label(folder / file_name(frame, name), name, values[place][name])
