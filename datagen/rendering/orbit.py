"""Renders the pictures of an orbit in one run, so that Cycles keeps the scene and only the camera moves."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import numpy as np

from ..formats.files import read_exr_channels
from ..formats.png import read_png
from .passes import CyclesClock, set_format


def render_orbit(scene, cameras: list, clock: CyclesClock) -> Iterator[np.ndarray]:
    """Render one picture of each camera: its light (h, w, 3) float32, or (h, w, 4) uint8 where the film is transparent.

    Those have gone through the view transform, with straight alpha. The cameras share their lens. A render of its own for every camera would make Cycles load all strands of hair anew
    each time, which takes longer than the picture.
    """
    settings = scene.render.image_settings
    cut_out = scene.render.film_transparent
    set_format(settings, "PNG" if cut_out else "OPEN_EXR")
    settings.color_mode, settings.color_depth = ("RGBA", "8") if cut_out else ("RGB", "32")
    if not cut_out:
        settings.exr_codec = "NONE"
    scene.cycles.use_animated_seed = True
    with _rendered(scene, cameras, clock) as files:
        scene.cycles.use_animated_seed = False
        for file in files:
            if cut_out:
                yield read_png(file)
            else:
                channels = read_exr_channels(file)
                yield np.stack([channels[name] for name in "RGB"], -1)


@contextlib.contextmanager
def rendered_views(scene, cameras: list, clock: CyclesClock, noise: bool) -> Iterator[Callable]:
    """Render the passes of the scene's first view layer from each camera; what is had reads them, as often as it is called.

    It yields each view's channels (h, w) float32 by name. The cameras share their lens; with ``noise`` each view has noise
    of its own, else all have that of the scene's seed.
    """
    settings = scene.render.image_settings
    set_format(settings, "OPEN_EXR_MULTILAYER")
    settings.color_depth, settings.exr_codec = "32", "NONE"
    if hasattr(settings, "use_exr_interleave"):
        settings.use_exr_interleave = True
    scene.cycles.use_animated_seed = noise
    prefix = f"{scene.view_layers[0].name}."
    with _rendered(scene, cameras, clock) as files:
        scene.cycles.use_animated_seed = False

        def read() -> Iterator[dict[str, np.ndarray]]:
            for file in files:
                found = read_exr_channels(file)
                yield {name.removeprefix(prefix): values for name, values in found.items() if name.startswith(prefix)}

        yield read


@contextlib.contextmanager
def _rendered(scene, cameras: list, clock: CyclesClock) -> Iterator[list[Path]]:
    """The files of one picture of each camera, in the format that is set; they are gone afterwards."""
    camera = cameras[0].copy()
    camera.data = cameras[0].data.copy()
    camera.rotation_mode = "QUATERNION"
    scene.collection.objects.link(camera)
    scene.camera = camera
    for frame, source in enumerate(cameras):
        camera.matrix_world = source.matrix_world
        camera.data.dof.focus_distance = source.data.dof.focus_distance
        for path in ("location", "rotation_quaternion"):
            camera.keyframe_insert(path, frame=frame)
        camera.data.dof.keyframe_insert("focus_distance", frame=frame)
    scene.frame_start, scene.frame_end, scene.frame_step = 0, len(cameras) - 1, 1
    scene.render.use_file_extension = True
    with tempfile.TemporaryDirectory(prefix="simulacra-") as folder:
        scene.render.filepath = str(Path(folder, "view_"))
        with clock:
            bpy.ops.render.render(animation=True)
        lens = camera.data
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(lens)
        yield sorted(Path(folder).iterdir())
