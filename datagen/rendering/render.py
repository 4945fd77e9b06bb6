"""Renders one sample: builds the spec's scene once, then the picture and all labels of every frame or view."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ...procgen import registry
from ...procgen.params import child, to_dict
from ..cameras import camera_normals, camera_record
from ..caption import caption
from ..devices import choose
from ..formats.files import write_json, write_label
from ..formats.png import read_png, write_png
from ..labels import HAIR, PICTURES, SEMANTIC, SEMANTIC_OF, file_name
from ..validity.scene import before
from .annotations import landmark_record, object_records
from .develop import develop
from .sequence import MOTION, Topology, motion_labels


def render_sample(spec, recipe, folder: Path) -> dict:
    """Render a sample into an existing folder.

    Returns {"frames": [...], "device": {"type", "names"}, "seconds": {"build", "cycles_rgb", "cycles_labels", "total"}}.
    The file sample.json is the caller's: it is written last, when everything else is whole.
    """
    if recipe.family == "places":
        from .render_place import render_place

        return render_place(spec, recipe, folder)
    import bpy

    from . import passes
    from .orbit import render_orbit

    started = time.perf_counter()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, recipe.resolution, recipe.threads)
    device = choose(recipe.device)
    person = registry.build(recipe.generator, spec, views=recipe.views)
    if recipe.frames > 1:
        from ...procgen.people.motion import animate

        animate(person, recipe.frames)
    warned = before(recipe, spec, person)
    built = time.perf_counter()
    labels = recipe.label_names()
    override = passes.label_material()
    picture_clock, label_clock = passes.CyclesClock(), passes.CyclesClock()
    shots = [(frame, camera) for frame in range(recipe.frames) for camera in person.cameras]
    records = {"camera": [], "landmarks": [], "objects": []}

    # All pictures first, then all labels: each change between the two makes Cycles load the scene anew.
    passes.picture_settings(scene, recipe.samples, "shading" in labels, device.cycles)
    scene.render.film_transparent = "alpha" in labels
    together = recipe.frames == 1 and recipe.views > 1 and set(labels) <= set(PICTURES)
    if together:
        for number, image in enumerate(render_orbit(scene, person.cameras, picture_clock)):
            _write_picture(folder, number, image, spec)
    for number, (frame, camera) in enumerate([] if together else shots):
        _aim(scene, frame, camera)
        scene.cycles.seed = number  # noise that stood still over a sequence would show
        rgb = folder / file_name(number, "rgb")
        extra = passes.render_picture(scene, rgb, picture_clock)
        _write_picture(folder, number, read_png(rgb), spec)
        for name in set(extra) & set(labels):
            write_label(folder / file_name(number, name), name, extra[name])

    hidden = [obj for obj in person.objects if obj.get("label_hidden")]
    for obj in hidden:
        obj.hide_render = True
    depth_of_field = [camera.data.dof.use_dof for camera in person.cameras]
    motion = bool(set(MOTION) & set(labels))
    flows, topology = [], Topology()
    scene.cycles.seed = 0
    for number, (frame, camera) in enumerate(shots):
        if together:  # pictures alone: no label tells what is seen
            records["camera"].append(camera_record(camera, scene, number) | {"time": 0.0})
            continue
        _aim(scene, frame, camera)
        if motion:
            topology.check(person.objects, frame)
        record = camera_record(camera, scene, number) | {"time": frame / (scene.render.fps / scene.render.fps_base)}
        camera.data.dof.use_dof = False
        raw = passes.render_labels(scene, override, motion, label_clock)
        values = derive(raw, record, len(person.objects))
        if motion:
            flows.append({name: values[name] for name in ("flow", "flow_back", "instance")})
        if "semantic" in labels:
            values["semantic"] = semantic(person.objects, values["instance"])
        for name in set(labels) & set(values) - set(MOTION):
            write_label(folder / file_name(number, name), name, values[name])
        records["camera"].append(record)
        records["landmarks"].append(landmark_record(person, frame, number, record, values))
        records["objects"].append({"frame": number, "objects": object_records(person, values["instance"])})
    if "hair_alpha" in labels:
        for number, (frame, camera) in enumerate(shots):
            _aim(scene, frame, camera)
            alpha = passes.render_hair_alpha(scene, override, label_clock)
            write_label(folder / file_name(number, "hair_alpha"), "hair_alpha", alpha)
    for camera, used in zip(person.cameras, depth_of_field, strict=True):
        camera.data.dof.use_dof = used
    for number, values in enumerate(motion_labels(flows, len(person.cameras))):
        for name in set(labels) & set(values):
            write_label(folder / file_name(number, name), name, values[name])

    for obj in hidden:
        obj.hide_render = False
    for record in records["camera"]:
        source = person.cameras[record["frame"] % len(person.cameras)].data
        record["f_stop"], record["focus_m"] = source.dof.aperture_fstop, source.dof.focus_distance
    write_json(folder / "camera.json", {"frames": records["camera"]})
    if not together:
        write_json(folder / "landmarks.json", {"scheme": "ibug68+pupils", "frames": records["landmarks"]})
        write_json(folder / "objects.json", {"frames": records["objects"]})
    write_json(folder / "spec.json", registry.dump(recipe.generator, spec))
    (folder / "caption.txt").write_text(caption(recipe.generator, to_dict(spec)) + "\n")
    finished = time.perf_counter()
    return {
        "frames": list(range(len(shots))),
        "warned": warned,
        "device": device.record(),
        "seconds": {
            "build": built - started, "cycles_rgb": picture_clock.seconds, "cycles_labels": label_clock.seconds,
            "total": finished - started,
        },
    }  # fmt: skip


def _write_picture(folder: Path, number: int, image: np.ndarray, spec) -> None:
    """Write a picture as the camera of the spec develops it; a cut-out stays as it is, with its coverage beside it."""
    rgb = folder / file_name(number, "rgb")
    write_png(rgb, np.ascontiguousarray(image[..., :3]))
    if image.shape[2] == 4:
        write_label(folder / file_name(number, "alpha"), "alpha", image[..., 3])
    else:
        develop(rgb, spec.camera, child(spec.light.seed, f"grain {number}"))


def _aim(scene, frame: int, camera) -> None:
    scene.frame_set(frame)
    scene.camera = camera


def derive(raw: dict[str, np.ndarray], record: dict, objects: int) -> dict[str, np.ndarray]:
    """Turn raw passes into the labels of the table; every value is exact or this raises."""
    depth = raw["depth"]
    hit = depth < 1e9
    index = np.rint(raw["index"])
    if np.abs(raw["index"] - index).max() > 1e-4 or index.max() > objects:
        raise RuntimeError("instance: the pass holds mixed ids")
    parts = np.rint(raw["part"])
    if np.abs(raw["part"] - parts).max() > 1e-4:
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
