"""The thin layer over bpy: meshes, curves, attributes and materials from numpy arrays, equal on 4.5 and 5.2."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from itertools import chain

import bpy
import numpy as np

from .exr import exr_file
from .png import quick_png

SUPPORTED = ((4, 5), (5, 2))
_FIELD = {"FLOAT": "value", "INT": "value", "BOOLEAN": "value", "FLOAT_VECTOR": "vector", "FLOAT2": "vector",
          "FLOAT_COLOR": "color"}  # fmt: skip
# What a file compresses well is rounded to what nobody sees: points of strands to a 40th of what lies between them.
GRAINS = (-15, -12)  # powers of two in metres: the finest, a third of a hair, and the coarsest, three hairs
GRAIN_SHARE = 1 / 40
SHADES = 8  # bits of the mantissa of a panorama's radiance: steps half as high as those of a picture of bytes
CHANCES = 256  # steps of the random numbers 0…1 of strands


class UnsupportedBlender(RuntimeError):
    """This Blender is none of the supported releases."""


def require_supported_blender() -> None:
    """Refuse a Blender release that is not tested."""
    if bpy.app.version[:2] not in SUPPORTED:
        allowed = " and ".join(f"{major}.{minor} LTS" for major, minor in SUPPORTED)
        raise UnsupportedBlender(f"Blender {bpy.app.version_string}: supported are {allowed}")


@contextlib.contextmanager
def on_its_own(obj: bpy.types.Object):
    """A scene of its own for an object while something is done to it: only it is evaluated, hidden or not, and not the file."""
    scene = bpy.data.scenes.new("Alone")
    scene.collection.objects.link(obj)
    layer = scene.view_layers[0]
    layer.objects.active = obj
    try:
        override = {"scene": scene, "view_layer": layer, "active_object": obj, "object": obj, "selected_objects": [obj]}
        with bpy.context.temp_override(**override):
            yield
    finally:
        bpy.data.scenes.remove(scene)


def set_attribute(data, name: str, kind: str, domain: str, values: np.ndarray) -> None:
    """Store an array as a named attribute of a mesh or curves (kind FLOAT, INT, FLOAT_VECTOR, FLOAT2, FLOAT_COLOR)."""
    attribute = data.attributes.get(name) or data.attributes.new(name, kind, domain)
    dtype = np.int32 if kind == "INT" else np.bool_ if kind == "BOOLEAN" else np.float32
    attribute.data.foreach_set(_FIELD[kind], np.ascontiguousarray(values, dtype).ravel())


def set_points(owner, points: np.ndarray) -> None:
    """Place the points (n, 3) of a mesh or of one of its shape keys, metres."""
    flat = np.ascontiguousarray(points, np.float32).ravel()
    if isinstance(owner, bpy.types.ShapeKey):
        owner.points.foreach_set("co", flat)  # by ``data`` it takes a hundred times as long
    else:
        owner.attributes["position"].data.foreach_set("vector", flat)  # as by ``vertices``


def points_of(owner) -> np.ndarray:
    """The points (n, 3) float64 of a mesh, of curves or of a shape key of a mesh, metres."""
    is_key = isinstance(owner, bpy.types.ShapeKey)
    source, name = (owner.points, "co") if is_key else (owner.attributes["position"].data, "vector")
    flat = np.zeros(3 * len(source), np.float32)
    source.foreach_get(name, flat)
    return flat.reshape(-1, 3).astype(np.float64)


def mesh_data(name: str, vertices: np.ndarray, faces) -> bpy.types.Mesh:
    """A mesh from vertices (n, 3) and faces, an array (m, k) or a list of index lists."""
    mesh = bpy.data.meshes.new(name)
    sizes = np.fromiter(map(len, faces), np.int32, len(faces))
    if isinstance(faces, np.ndarray):
        corners = faces.astype(np.int32).ravel()
    else:
        corners = np.fromiter(chain.from_iterable(faces), np.int32, sizes.sum())
    mesh.vertices.add(len(vertices))
    set_points(mesh, vertices)
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners)
    mesh.polygons.add(len(sizes))
    mesh.polygons.foreach_set("loop_start", np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32))
    mesh.update(calc_edges=True)
    return mesh


def mesh_object(
    name: str,
    vertices: np.ndarray,
    faces,
    *,
    part,
    attributes: Mapping[str, tuple[str, str, np.ndarray]] | None = None,
    smooth: bool = True,
    uv: np.ndarray | None = None,
) -> bpy.types.Object:
    """A mesh object; ``part`` is one class id or one per face, ``uv`` one (2,) per corner, attributes name -> (kind,
    domain, values)."""
    mesh = mesh_data(name, vertices, faces)
    set_attribute(mesh, "part", "FLOAT", "FACE", np.broadcast_to(np.asarray(part, np.float32), (len(faces),)))
    for attribute, (kind, domain, values) in (attributes or {}).items():
        set_attribute(mesh, attribute, kind, domain, values)
    if uv is not None:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.uv.foreach_set("vector", np.ascontiguousarray(uv, np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.full(len(faces), smooth))
    return bpy.data.objects.new(name, mesh)


def curves_object(
    name: str,
    strands,
    radii: np.ndarray,
    *,
    part: float,
    curve_attributes: Mapping[str, tuple[str, np.ndarray]] | None = None,
) -> bpy.types.Object:
    """A hair curves object from strands, an array (n, k, 3) or a list of (k_i, 3); radii in metres, one per point."""
    curves = bpy.data.hair_curves.new(name)
    sizes = [len(strand) for strand in strands]
    curves.add_curves(sizes)
    points = np.concatenate([np.asarray(strand, np.float32).reshape(-1, 3) for strand in strands])
    points = _grained(points, sizes)
    curves.points.foreach_set("position", points.ravel())
    widths = np.broadcast_to(np.asarray(radii, np.float32), np.shape(radii) or (len(points),))
    curves.points.foreach_set("radius", np.ascontiguousarray(widths.reshape(-1), np.float32))
    set_attribute(curves, "part", "FLOAT", "CURVE", np.full(len(sizes), part))
    for attribute, (kind, values) in (curve_attributes or {}).items():
        stored = np.rint(np.asarray(values) * CHANCES) / CHANCES if kind == "FLOAT_VECTOR" else values
        set_attribute(curves, attribute, kind, "CURVE", stored)
    return bpy.data.objects.new(name, curves)


def _grained(points: np.ndarray, sizes: list[int]) -> np.ndarray:
    """Points (n, 3) float32 of strands of so many each, rounded by how far apart they lie; roots are rounded least."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    steps = np.delete(np.linalg.norm(np.diff(points, axis=0), axis=1), starts[1:] - 1)  # not from strand to strand
    spacing = max(float(np.median(steps)) if len(steps) else 0.0, 1e-9)
    grains = np.full((len(points), 1), 2.0 ** np.clip(np.floor(np.log2(spacing * GRAIN_SHARE)), *GRAINS), np.float32)
    grains[starts] = 2.0 ** GRAINS[0]
    return np.rint(points / grains) * grains


def new_material(
    name: str, viewport=(0.8, 0.8, 0.8), cover: float = 1.0
) -> tuple[bpy.types.Material, bpy.types.NodeTree]:
    """A material with an empty node tree; ``viewport`` is its linear colour in solid view, ``cover`` how opaque it is there."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*viewport, cover)
    if material.node_tree is None:  # 4.5 starts without one, 5.2 always has it
        material.use_nodes = True
    material.node_tree.nodes.clear()
    return material, material.node_tree


def packed_panorama(name: str, radiance: np.ndarray, exact: bool = False) -> bpy.types.Image:
    """An image of linear floats (h, w, 3) or (h, w), bottom row first, that lies in the file itself, rounded unless exact."""
    height, width = radiance.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False, float_buffer=True)
    colour = np.broadcast_to(radiance if radiance.ndim == 3 else radiance[..., None], (height, width, 3))
    half = None
    if not exact:
        mantissa, exponent = np.frexp(colour.astype(np.float32))
        colour = np.ldexp(np.rint(mantissa * 2**SHADES) / 2**SHADES, exponent)
        with np.errstate(over="ignore"):
            half = colour.astype(np.float16)
    if half is not None and np.isfinite(half).all():
        packed = exr_file(["B", "G", "R"], half[::-1, :, ::-1].transpose(0, 2, 1))
        image.pack(data=packed, data_len=len(packed))
        image.source = "FILE"  # read from what is packed, now and whenever the file is opened
        image.colorspace_settings.name = "Linear Rec.709"
        return image
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = colour
    image.pixels.foreach_set(pixels.ravel())
    image.pack()  # a generated image comes back black when its file is opened again
    return image


def packed_image(name: str, pixels: np.ndarray, colour: bool) -> bpy.types.Image:
    """An image of bytes (h, w, 3), bottom row first, that lies in the file itself; sRGB if it is colour, else data."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False)
    packed = quick_png(pixels[::-1])
    image.pack(data=packed, data_len=len(packed))
    image.source = "FILE"  # read from what is packed, now and whenever the file is opened
    image.colorspace_settings.name = "sRGB" if colour else "Non-Color"
    image.alpha_mode = "NONE"
    return image
