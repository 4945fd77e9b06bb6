"""Renders a sample of a thing: bakes it, then its pictures and labels from all around, its points and its distances."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np

from ...procgen import registry
from ..cameras import camera_record
from ..devices import choose
from ..formats.files import write_json, write_label
from ..labels import SEMANTIC, file_name
from ..validity.scene import before
from . import passes
from .orbit import rendered_views
from .render import derive
from .thing_baking import bake
from .thing_records import write_records
from .tone import tone_curve

HIGHLIGHT, BRIGHT = 0.95, 0.85  # the light that this share of a thing's pixels does not exceed is at most so much
SLOPE = 1.4  # of the tone curve: colours stay those that the surface has
FINE, COARSE, LARGE = 512, 1024, 256  # px of the baked picture, of views up to LARGE px and above


def render_thing(spec, recipe, folder: Path) -> dict:
    """Render a sample of a thing into an existing folder; returns what ``render_sample`` does."""
    started = time.perf_counter()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    passes.configure(scene, recipe.resolution, recipe.threads)
    device = choose(recipe.device)
    stand = registry.build(recipe.generator, spec, views=recipe.views)
    warned = before(recipe, spec, stand)
    baked = bake(stand, FINE if recipe.size <= LARGE else COARSE)
    built = time.perf_counter()
    session = Session(scene, stand, recipe, folder)
    session.take_pictures(device.cycles)
    session.take_labels()
    write_json(folder / "spec.json", registry.dump(recipe.generator, spec))
    write_records(folder, stand, baked)
    return {
        "frames": list(range(recipe.views)), "warned": warned, "device": device.record(),
        "seconds": {
            "build": built - started, "cycles_rgb": session.picture_clock.seconds,
            "cycles_labels": session.label_clock.seconds, "total": time.perf_counter() - started,
        },
    }  # fmt: skip


def straight(found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The light (h, w, 3) of what a picture on a transparent film shows alone, and how far it covers pixels (h, w)."""
    alpha = np.clip(found["Combined.A"], 0, 1)
    return passes.pick(found, "combined") / np.maximum(alpha, 1e-4)[..., None] * (alpha > 0)[..., None], alpha


def meter(views: Iterable[dict[str, np.ndarray]]) -> np.float32:
    """The factor, at most 1, that keeps what views show of a thing from being blown out; all views are taken alike."""
    bright = [light[alpha > 0.9].max(-1) for light, alpha in map(straight, views)]
    level = float(np.quantile(np.concatenate(bright), HIGHLIGHT)) if sum(map(len, bright)) else 0.0
    return np.float32(min(1.0, BRIGHT / max(level, 1e-6)))


class Session:
    """One thing before its cameras (needs bpy): a view is a frame."""

    def __init__(self, scene, stand, recipe, folder: Path):
        self.scene, self.stand, self.recipe, self.folder = scene, stand, recipe, folder
        self.labels = set(recipe.label_names())
        self.picture_clock, self.label_clock = passes.CyclesClock(), passes.CyclesClock()

    def take_pictures(self, device: str) -> None:
        """Render and develop the picture of every view in one run, and write what else that yields."""
        passes.picture_settings(self.scene, self.recipe.samples, device=device)
        self.scene.render.film_transparent = "alpha" in self.labels
        with rendered_views(self.scene, self.stand.cameras, self.picture_clock, noise=True) as read:
            gain = meter(found for found in read())
            for number, found in enumerate(read()):
                light, alpha = straight(found)
                if "alpha" not in self.labels:
                    light = passes.pick(found, "combined")
                light = light * gain
                picture = (tone_curve(light, SLOPE) / 257 + 0.5).astype(np.uint8)
                self._write(number, {"rgb": picture, "linear": light, "alpha": np.rint(alpha * 255),
                                     "albedo": passes.pick(found, "albedo")})  # fmt: skip

    def take_labels(self) -> None:
        """Render the labels of every view in one run, and write them with the records of what is seen."""
        scene, cameras = self.scene, self.stand.cameras
        scene.render.film_transparent = False
        passes.label_settings(scene, 1, passes.LABEL_FILTER)
        scene.cycles.seed = 0
        layer = scene.view_layers[0]
        layer.material_override = passes.label_material()
        passes.choose_passes(layer, z=True, normal=True, position=True, uv=True, object_index=True)
        rows, objects = [], []
        with rendered_views(scene, cameras, self.label_clock, noise=False) as read:
            for number, found in enumerate(read()):
                record = camera_record(cameras[number], scene, number) | {"time": 0.0}
                raw = {name: passes.pick(found, name) for name in ("depth", "normal", "position", "uv", "index")}
                values = derive(raw | {"part": passes.aov(found, "part")}, record, 1)
                seen = values["instance"] > 0
                self._write(
                    number, values | {"semantic": np.where(seen, SEMANTIC.index(self.stand.kind), 0).astype(np.uint8)}
                )
                rows.append(record)
                objects.append({"frame": number, "objects": [self._object(seen)]})
        layer.material_override = None
        write_json(self.folder / "camera.json", {"frames": rows})
        write_json(self.folder / "objects.json", {"frames": objects})

    def _object(self, seen: np.ndarray) -> dict:
        """The record of the thing in a view, seen in the pixels (h, w)."""
        rows, columns = np.nonzero(seen)
        box = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1] if len(rows) else None
        stand = self.stand
        return {
            "id": 1, "name": stand.spec.sort, "class": stand.kind, "box_2d": box,
            "box_3d": {"center": [0.0] * 3, "size": np.round(stand.extent / stand.metres, 9).tolist(), "rotation": np.eye(3).tolist()},
            "pose": np.eye(4).tolist(), "spec": "thing",
        }  # fmt: skip

    def _write(self, number: int, values: dict[str, np.ndarray]) -> None:
        for name in self.labels & set(values):
            write_label(self.folder / file_name(number, name), name, values[name])
