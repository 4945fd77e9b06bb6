"""Sets up and runs the renders of a sample in Cycles, and reads their passes by name on both releases."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from ...procgen.blender import new_material
from ...procgen.nodes.shader import Nodes
from ..formats.files import read_exr_channels
from ..formats.png import write_png
from ..labels import HAIR
from .tone import tone_curve

VIEW_TRANSFORM, LOOK = "AgX", "AgX - Medium High Contrast"
# What a pass is called in the multilayer file of 4.5, and of 5.2 where that differs.
NAMES = {
    "depth": ("Depth.Z",), "normal": ("Normal.X", "Normal.Y", "Normal.Z"),
    "position": ("Position.X", "Position.Y", "Position.Z"), "uv": ("UV.U", "UV.V"),
    "index": ("IndexOB.X", "Object Index.X"), "vector": ("Vector.X", "Vector.Y", "Vector.Z", "Vector.W"),
    "albedo": ("DiffCol.R", "DiffCol.G", "DiffCol.B", "Diffuse Color.R", "Diffuse Color.G", "Diffuse Color.B"),
    "combined": ("Combined.R", "Combined.G", "Combined.B"),
    "direct": ("DiffDir.R", "DiffDir.G", "DiffDir.B", "Diffuse Direct.R", "Diffuse Direct.G", "Diffuse Direct.B"),
    "indirect": ("DiffInd.R", "DiffInd.G", "DiffInd.B", "Diffuse Indirect.R", "Diffuse Indirect.G", "Diffuse Indirect.B"),
}  # fmt: skip
HAIR_SAMPLES = 24
PICTURE_FILTER, LABEL_FILTER = 1.5, 0.01  # widths in px of the filter over a picture, and around a pixel's centre


class CyclesClock:
    """Sums the seconds that renders took."""

    def __init__(self):
        self.seconds = 0.0

    def __enter__(self):
        self.start = time.perf_counter()

    def __exit__(self, *_):
        self.seconds += time.perf_counter() - self.start


def configure(scene, resolution: tuple[int, int], threads: int) -> None:
    """What all renders of a sample share."""
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = resolution
    render.resolution_percentage = 100
    render.threads_mode = "FIXED" if threads else "AUTO"
    if threads:
        render.threads = threads
    render.use_persistent_data = True
    render.use_motion_blur = False
    render.film_transparent = False
    scene.cycles.device = "CPU"
    scene.view_settings.view_transform = VIEW_TRANSFORM
    scene.view_settings.look = LOOK
    scene.cycles.seed = 0


def picture_settings(scene, samples: int, shading: bool = False, device: str = "CPU") -> None:
    """The settings of the picture: denoised, with depth of field; ``shading`` adds the passes of that label."""
    cycles, layer = scene.cycles, scene.view_layers[0]
    cycles.device = device
    cycles.denoising_use_gpu = device == "GPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = True
    cycles.adaptive_threshold = 0.02
    cycles.adaptive_min_samples = max(samples // 3, 8)
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = PICTURE_FILTER
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 8, 3, 3
    cycles.transmission_bounces, cycles.transparent_max_bounces, cycles.volume_bounces = 6, 12, 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 6.0
    cycles.use_denoising = _choose_denoiser(cycles)
    if cycles.use_denoising:
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        # Prefiltered guides keep strands and pores; raw ones let their noise through.
        cycles.denoising_prefilter = "ACCURATE"
    layer.material_override = None
    choose_passes(layer, diffuse_color=True, diffuse_direct=shading, diffuse_indirect=shading)


def _choose_denoiser(cycles) -> bool:
    """Choose Open Image Denoise; false where this build has none."""
    try:
        cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:
        return False
    return True


def label_settings(scene, samples: int, width: float) -> None:
    """The settings of the label pass: pixel centres, no light, nothing averaged (or a filter, for coverage)."""
    cycles = scene.cycles
    # A seed's labels are the same bit for bit everywhere, and each kind of device rounds in its own way.
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"  # BOX would ignore the width
    cycles.filter_width = width
    cycles.max_bounces = 0


def choose_passes(layer, **wanted) -> None:
    """Turn on the named passes of a view layer and turn off all others."""
    for name in ("z", "normal", "position", "uv", "object_index", "vector", "diffuse_color", "diffuse_direct",
                 "diffuse_indirect"):  # fmt: skip
        setattr(layer, f"use_pass_{name}", bool(wanted.get(name)))
    # Both outputs are always there: Cycles keeps their places in a compiled material when the list changes.
    for name in ("part", "hair"):
        if name not in layer.aovs:
            layer.aovs.add().name = name
            layer.aovs[name].type = "VALUE"


def label_material():
    """A black material that writes the attribute ``part`` to the AOV part, and 1 on scalp hair to the AOV hair."""
    material, tree = new_material("Label")
    g = Nodes(tree)
    part = g.attribute("part", "Fac")
    g.add("ShaderNodeOutputAOV", {"Value": part}, aov_name="part")
    hair = g.math("COMPARE", part, float(HAIR), 0.5)
    g.add("ShaderNodeOutputAOV", {"Value": hair}, aov_name="hair")
    # A surface that does not fold away is needed: Cycles drops an emission of nothing, and then looks through it.
    g.surface(g.add("ShaderNodeBsdfDiffuse", {"Color": (0, 0, 0)}).out())
    return material


def render_picture(
    scene,
    png: Path,
    clock: CyclesClock,
    meter: Callable | None = None,
    sensor: Callable | None = None,
    slope: float = 0.0,
) -> dict[str, np.ndarray]:
    """Render the picture to a PNG through the view transform; returns what else it yields: linear, albedo, shading.

    ``meter`` maps the linear picture (h, w, 3) to the exposure in EV at which it is developed; ``sensor`` maps the
    exposed picture to what is developed. What it leaves alone is written as Blender writes it, with 8 bits; a ``slope``
    above 0 takes the tone curve of a camera in place of the view transform, but never for a cut-out.
    """
    channels = render_channels(scene, clock)
    linear = pick(channels, "combined")
    if meter is not None:
        scene.view_settings.exposure = meter(linear)
    exposed = linear if not scene.view_settings.exposure else linear * np.float32(2.0**scene.view_settings.exposure)
    read = exposed if sensor is None or scene.render.film_transparent else sensor(exposed)
    if read is not exposed or (slope and not scene.render.film_transparent):
        show(scene, png, read, slope)
    else:
        settings = scene.render.image_settings
        set_format(settings, "PNG")
        settings.color_mode, settings.color_depth = ("RGBA" if scene.render.film_transparent else "RGB"), "8"
        bpy.data.images["Render Result"].save_render(str(png), scene=scene)
    extra = {"linear": linear, "albedo": pick(channels, "albedo")}
    if scene.view_layers[0].use_pass_diffuse_direct:
        extra["shading"] = pick(channels, "direct") + pick(channels, "indirect")
    return extra


def show(scene, png: Path, linear: np.ndarray, slope: float = 0.0) -> None:
    """Write exposed light (h, w, 3) as a PNG of 16 bits, by a camera's curve or, at slope 0, the scene's view transform."""
    if slope:
        return write_png(png, tone_curve(linear, slope))
    height, width = linear.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = linear[::-1]  # Blender's first row is the lowest
    settings, exposure = scene.render.image_settings, scene.view_settings.exposure
    set_format(settings, "PNG")
    settings.color_mode, settings.color_depth = "RGB", "16"
    held = bpy.data.images.new("Light", width, height, alpha=False, float_buffer=True)
    try:
        scene.view_settings.exposure = 0.0  # it is in the light already
        held.pixels.foreach_set(pixels.ravel())
        held.save_render(str(png), scene=scene)
    finally:
        scene.view_settings.exposure = exposure
        bpy.data.images.remove(held)
    return None


def render_labels(scene, override, motion: bool, clock: CyclesClock) -> dict[str, np.ndarray]:
    """Render one sample at every pixel's centre; returns the raw passes (h, w[, c]) float32."""
    if scene.render.use_motion_blur or scene.camera.data.dof.use_dof:
        raise RuntimeError("labels: motion blur or depth of field is on; the motion would be zero, the points blurred")
    layer = scene.view_layers[0]
    label_settings(scene, 1, LABEL_FILTER)
    layer.material_override = override
    choose_passes(layer, z=True, normal=True, position=True, uv=True, object_index=True, vector=motion)
    channels = render_channels(scene, clock)
    wanted = ("depth", "normal", "position", "uv", "index", *(("vector",) if motion else ()))
    return {name: pick(channels, name) for name in wanted} | {"part": aov(channels, "part")}


def render_hair_alpha(scene, override, clock: CyclesClock) -> np.ndarray:
    """Render the share (h, w) of each pixel that scalp hair covers."""
    layer = scene.view_layers[0]
    label_settings(scene, HAIR_SAMPLES, PICTURE_FILTER)
    layer.material_override = override
    choose_passes(layer)
    return np.clip(aov(render_channels(scene, clock), "hair"), 0, 1)


def set_format(settings, name: str) -> None:
    """Choose the file format of a render."""
    if hasattr(settings, "media_type"):  # 5.x sorts the formats by kind
        settings.media_type = "MULTI_LAYER_IMAGE" if name == "OPEN_EXR_MULTILAYER" else "IMAGE"
    settings.file_format = name


def render_channels(scene, clock: CyclesClock, layer=None) -> dict[str, np.ndarray]:
    """Render to a multilayer EXR and read the channels (h, w) float32 of a view layer, without its name.

    ``layer`` is the scene's first one by default.
    """
    with tempfile.TemporaryDirectory(prefix="simulacra-") as folder:
        settings = scene.render.image_settings
        set_format(settings, "OPEN_EXR_MULTILAYER")
        settings.color_depth = "32"
        settings.exr_codec = "NONE"
        if hasattr(settings, "use_exr_interleave"):
            settings.use_exr_interleave = True
        scene.render.filepath = str(Path(folder, "render.exr"))
        scene.render.use_file_extension = False
        with clock:
            bpy.ops.render.render(write_still=True)
        prefix = f"{(layer or scene.view_layers[0]).name}."
        channels = read_exr_channels(Path(scene.render.filepath))
        return {name.removeprefix(prefix): values for name, values in channels.items() if name.startswith(prefix)}


def pick(channels: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A pass (h, w[, c]) by its name in ``NAMES``."""
    found = [channels[channel] for channel in NAMES[name] if channel in channels]
    if not found:
        raise RuntimeError(f"pass {name}: this Blender's file holds only {', '.join(sorted(channels))}")
    return found[0] if len(found) == 1 else np.stack(found, -1)


def aov(channels: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A value (h, w) that materials wrote, by its name."""
    found = [values for channel, values in channels.items() if channel.split(".")[0] == name]
    if not found:
        raise RuntimeError(f"AOV {name}: this Blender's file holds only {', '.join(sorted(channels))}")
    return found[0]
