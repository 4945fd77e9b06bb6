"""Photographs a set all around: builds what a plan says, and renders its radiance, sun and spec (needs bpy)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy
import numpy as np

from simulacra.procgen.params import OneOf, child, to_dict
from simulacra.procgen.places.weather.spec import Weather, sample_weather

from .kit import Set
from .parks import SETS as PARKS
from .parks import place
from .rooms import ROOMS
from .streets import neighbourhood, square, street

EYE = 1.6  # metres above the floor: where a person's eyes are
SETS = {"street": street, "square": square, **PARKS}
CALM = {"clouds": "cumulus", "cover": 0.35, "overcast": 0.0, "fog": 0.0, "precipitation": "none", "lightning": False, "aurora": False,
        "turbidity": 2.6, "visibility": 40.0, "moon_elevation": -10.0}  # fmt: skip
AROUND = 160  # points of a head, 0.12 m in radius, from which the sun is looked for


def weather_of(row: dict, seed: int) -> Weather:
    """The weather of a plan's row: calm where it says nothing else."""
    fixed = {name: OneOf((value,)) for name, value in (CALM | row.get("weather", {})).items()}
    return sample_weather(child(seed, "weather"), fixed)


def build(row: dict, seed: int) -> tuple[np.ndarray, Weather, dict]:
    """Build a set in an empty file: where the eye is (3,) m, its weather, and its spec as plain values."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if row["set"] == "place":
        eye, spec = place(row, seed)
        return eye, spec.weather, {"set": "place", "seed": seed, "place": to_dict(spec)}
    from simulacra.procgen.places.weather.world import build_sky

    weather = weather_of(row, seed)
    build_sky(weather)
    stage = Set(seed)
    if row["set"] in ROOMS:
        ROOMS[row["set"]](stage, row)
        neighbourhood(stage, row)
    else:
        SETS[row["set"]](stage, row)
    stage.finish()
    return np.array([0, 0, EYE]), weather, {"seed": seed, **row, "weather": to_dict(weather)}


def sun(eye: np.ndarray) -> dict | None:
    """The sun or moon of the open scene: its direction (3,), the irradiance (3,) that is left of it around the eye, its size."""
    lamp = next((obj for obj in bpy.data.objects if obj.type == "LIGHT" and obj.data.type == "SUN"), None)
    if lamp is None:
        return None
    from mathutils import Vector

    bpy.context.view_layer.update()
    way = lamp.matrix_world.to_quaternion() @ Vector((0, 0, 1))
    rng = np.random.Generator(np.random.PCG64(1))
    points = rng.normal(size=(AROUND, 3))
    points = eye + 0.12 * points / np.linalg.norm(points, axis=1, keepdims=True)
    graph = bpy.context.evaluated_depsgraph_get()
    free = [not bpy.context.scene.ray_cast(graph, Vector(point), way)[0] for point in points]
    irradiance = np.array(lamp.data.color) * lamp.data.energy * np.mean(free)
    return {
        "direction": list(way),
        "irradiance": irradiance.tolist(),
        "size": lamp.data.angle,
        "free": float(np.mean(free)),
    }


def render(eye: np.ndarray, size: tuple[int, int], samples: int, threads: int, indoors: bool) -> np.ndarray:
    """The radiance (h, w, 3) float32 all around a point, bottom row first, as procgen.light.panorama.directions has it."""
    scene = bpy.context.scene
    data = bpy.data.cameras.new("Panorama")
    data.type = "PANO"
    owner = data if hasattr(data, "panorama_type") else data.cycles
    owner.panorama_type = "EQUIRECTANGULAR"
    data.clip_start, data.clip_end = 0.02, 1e5
    camera = bpy.data.objects.new("Panorama", data)
    camera.location, camera.rotation_euler = eye.tolist(), (np.pi / 2, 0, -np.pi / 2)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", samples, 0
    cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = (
        True,
        0.06,
        max(samples // 2, 4),
    )
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = (5, 4, 1) if indoors else (3, 1, 1)
    cycles.transmission_bounces, cycles.transparent_max_bounces, cycles.volume_bounces = 2, 8, 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 8.0
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_input_passes, cycles.denoising_prefilter = "RGB_ALBEDO_NORMAL", "FAST"
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth, settings.color_mode, settings.exr_codec = "OPEN_EXR", "32", "RGB", "ZIP"
    with tempfile.TemporaryDirectory(prefix="panorama-") as folder:
        path = Path(folder) / "all.exr"
        scene.render.filepath, scene.render.use_file_extension = str(path), False
        bpy.ops.render.render(write_still=True)
        return read(path)


def read(path: Path) -> np.ndarray:
    """The radiance (h, w, 3) float32 of a picture, bottom row first."""
    image = bpy.data.images.load(str(path))
    width, height = image.size
    pixels = np.zeros(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, image.channels)[..., :3].copy()
    bpy.data.images.remove(image)
    return pixels
