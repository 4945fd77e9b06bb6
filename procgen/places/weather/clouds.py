"""Clouds as volumes: densities from numpy on a grid that geometry nodes hand to Cycles, the same on both releases."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...geometry.noise import fractal
from ...params import child, choice, draw, lognormal, seed, spec
from . import cloud_fields
from .cloud_fields import Field, Tower
from .spec import Weather

NATURAL = {"cumulus": (1500, 0.35), "stratus": (4000, 0.3), "cirrus": (6000, 0.3), "cumulonimbus": (11000, 0.2),
           "altocumulus": (3500, 0.3)}  # fmt: skip
# Voxels along and across, and upward; height as a share of the width.
GRIDS = {"cumulus": (96, 64, 0.75), "stratus": (96, 24, 0.2), "cirrus": (128, 12, 0.08), "cumulonimbus": (96, 96, 1.0),
         "altocumulus": (128, 16, 0.14)}  # fmt: skip
NEAR_REACH, FAR_REACH = 7000.0, 30000.0  # metres around the eye in which a weather's clouds become volumes


@spec
class Cloud:
    """One cloud, or a patch of them."""

    kind: str = choice({"cumulus": 0.4, "stratus": 0.15, "cirrus": 0.15, "cumulonimbus": 0.15, "altocumulus": 0.15},
                       doc="kind of cloud", says="a {} cloud")  # fmt: skip
    width: float = lognormal(2500, 0.7, 100, 20000, unit="m", doc="how wide it is")
    extinction: float = lognormal(0.03, 0.3, 0.002, 0.1, unit="1/m", doc="extinction of its inside")
    seed: int = seed()


def sample_cloud(rng: Generator, fixed=None) -> Cloud:
    """Draw a cloud of the size of its kind."""
    first = draw(Cloud, rng, fixed)
    median, spread = NATURAL[first.kind]
    thin = {"cirrus": 0.004, "altocumulus": 0.012}.get(first.kind, 0.03)
    return draw(
        Cloud, rng, fixed, width=lognormal(median, spread, 100, 20000), extinction=lognormal(thin, 0.25, 0.002, 0.1)
    )


def cloud_voxels(cloud: Cloud) -> tuple[np.ndarray, np.ndarray]:
    """Density (i, j, k) float32 of 0…1 and the half size (3,) of its box, metres; the base is the box's floor."""
    count, levels, tall = GRIDS[cloud.kind]
    half = np.array([0.5, 0.5, 0.5 * tall]) * cloud.width
    rng = child(cloud.seed, cloud.kind)
    noise = int(rng.integers(1 << 24))
    # Shapes are made at the kind's own size and then stretched.
    own = NATURAL[cloud.kind][0]
    axis = ((np.arange(count) + 0.5) / count * 2 - 1) * own / 2
    up = (np.arange(levels) + 0.5) / levels * own * tall
    x, y, z = (part.ravel() for part in np.meshgrid(axis, axis, up, indexing="ij"))
    x, y, z = x.astype(np.float32), y.astype(np.float32), z.astype(np.float32)
    edge = np.clip((0.97 - np.hypot(x, y) / (own / 2)) * 5, 0, 1)  # nothing is cut off by the box
    if cloud.kind == "cirrus":
        plane = np.stack([x, y], -1).reshape(count, count, levels, 2)[:, :, 0] / 3000
        bend = fractal(plane, noise, 3)
        streak = fractal(
            np.stack([plane[..., 0] * 0.8 + bend, plane[..., 1] * 8 + 2 * bend], -1), noise + 3, 4, gain=0.6
        )
        body = np.clip(0.25 + 0.7 * bend + 0.9 * streak, 0, 1)[..., None]
        values = body.repeat(levels, 2).ravel() * np.exp(-(((z / (own * tall) - 0.5) / 0.2) ** 2))
        return (values * edge).reshape(count, count, levels).astype(np.float32), half
    field = _single(cloud.kind, rng, noise, own)
    shift = rng.uniform(-3000, 3000, 2).astype(np.float32) if cloud.kind in ("stratus", "altocumulus") else (0, 0)
    clear = field.clearance(x + shift[0], y + shift[1], z)
    values = field.density(x + shift[0], y + shift[1], z, clear, True) / field.extinction
    return (values * edge).reshape(count, count, levels).astype(np.float32), half


def _single(kind: str, rng: Generator, noise: int, own: float) -> Field:
    if kind == "cumulonimbus":
        turrets = [[0.0, 0.0, 0.17 * own, 0.82 * own]]
        for around in rng.uniform(0, 2 * np.pi, 9):
            out = own * rng.uniform(0.05, 0.2)
            turrets.append(
                [
                    out * np.cos(around),
                    out * np.sin(around),
                    own * rng.uniform(0.06, 0.12),
                    own * rng.uniform(0.25, 0.75),
                ]
            )
        anvil = np.array([[0.06 * own, 0.0, 0.3 * own, 0.82 * own]])
        return Tower(np.array(turrets), anvil, 0.0, np.array([1.0, 0.0]))
    if kind == "stratus":
        return cloud_fields.stratus(0.75, 60.0, noise)
    if kind == "altocumulus":
        return cloud_fields.altocumulus(0.75, 60.0, noise)
    count = 14
    away, around = np.sqrt(rng.random(count)) * 0.26 * own, rng.uniform(0, 2 * np.pi, count)
    radius = own * (0.2 - 0.35 * away / own) * rng.uniform(0.7, 1.2, count)
    puffs = np.stack([away * np.cos(around), away * np.sin(around), radius, radius * rng.uniform(1.2, 1.9, count)], 1)
    top = cloud_fields.dome_map(puffs)
    return cloud_fields.Layer(20.0, cloud_fields.TopMap(top, 448), 0.5 * own, extinction=0.03, bulge=0.2 * own,
                              period=0.75 * own, edge=40.0)  # fmt: skip


def build_cloud(cloud: Cloud, place=(0.0, 0.0, 0.0)):
    """Build a cloud as a volume object whose base stands on a place (3,), metres."""
    values, half = cloud_voxels(cloud)
    obj = volume_object("Cloud", values, half, cloud.extinction)
    obj.location = np.asarray(place, float) + [0, 0, half[2]]
    return obj


def build_weather_clouds(weather: Weather) -> list:
    """Build the clouds of a weather as volumes where the panorama would show them."""
    from .cloud_sky import fields_of

    objects = []
    for field in fields_of(weather):
        far = isinstance(field, Tower)
        reach, count = (FAR_REACH, 200) if far else (NEAR_REACH, 192)
        levels = 48 if far else 24
        axis = ((np.arange(count) + 0.5) / count * 2 - 1) * reach
        up = field.low + (np.arange(levels) + 0.5) / levels * (field.high - field.low)
        x, y, z = (part.ravel().astype(np.float32) for part in np.meshgrid(axis, axis, up, indexing="ij"))
        clear = field.clearance(x, y, z)
        near = np.nonzero(clear < field.bulge)[0]
        values = np.zeros(len(x), np.float32)
        values[near] = field.density(x[near], y[near], z[near], clear[near], True) / field.extinction
        half = np.array([reach, reach, (field.high - field.low) / 2])
        obj = volume_object("Clouds", values.reshape(count, count, levels), half, field.extinction)
        obj.location = (0, 0, (field.low + field.high) / 2)
        objects.append(obj)
    return objects


def volume_object(name: str, values: np.ndarray, half: np.ndarray, extinction: float):
    """A volume in Blender from densities (i, j, k) of a box of half sizes (3,), metres, around its origin.

    The densities travel as an attribute of loose vertices, from which a Volume Cube node looks each voxel up.
    """
    import bpy

    from ...blender import set_attribute
    from ...nodes.shader import Nodes

    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(values.size)
    set_attribute(mesh, "density", "FLOAT", "POINT", values)
    obj = bpy.data.objects.new(name, mesh)
    tree = bpy.data.node_groups.new(name, "GeometryNodeTree")
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    g = Nodes(tree)
    voxels = g.add("NodeGroupInput").out()
    size = np.array(values.shape)
    cell = 2 * half / size
    place = g.vector_math("ADD", g.add("GeometryNodeInputPosition").out(), tuple(half))
    index = g.vector_math("FLOOR", g.vector_math("DIVIDE", place, tuple(cell)))
    index = g.vector_math("MINIMUM", g.vector_math("MAXIMUM", index, (0, 0, 0)), tuple(float(n - 1) for n in size))
    axes = g.add("ShaderNodeSeparateXYZ", {0: index})
    # Whole numbers to 2^24 are exact in the floats that sockets carry.
    number = g.total(
        g.math("MULTIPLY", axes["X"], float(size[1] * size[2])),
        g.math("MULTIPLY", axes["Y"], float(size[2])),
        axes["Z"],
    )
    density = g.add("GeometryNodeInputNamedAttribute", {"Name": "density"}, data_type="FLOAT").out()
    looked_up = {"Geometry": voxels, "Value": density, "Index": number}
    sampled = g.add("GeometryNodeSampleIndex", looked_up, data_type="FLOAT", domain="POINT").out()
    cube = {"Density": sampled, "Background": 0.0, "Min": tuple(-half), "Max": tuple(half)}
    cube |= {f"Resolution {axis}": int(n) for axis, n in zip("XYZ", size, strict=True)}
    volume = g.add("GeometryNodeVolumeCube", cube).out()
    material = _material(name, extinction)
    g.add(
        "NodeGroupOutput",
        {"Geometry": g.add("GeometryNodeSetMaterial", {"Geometry": volume, "Material": material}).out()},
    )
    obj.modifiers.new(name, "NODES").node_group = tree
    obj["label_hidden"] = True
    obj["part_of"] = "weather"
    bpy.context.scene.collection.objects.link(obj)
    return obj


def _material(name: str, extinction: float):
    from ...blender import new_material
    from ...nodes.shader import Nodes

    material, tree = new_material(name, (0.9, 0.9, 0.9), 0.3)
    g = Nodes(tree)
    density = g.math("MULTIPLY", g.attribute("density", "Fac"), float(extinction))
    # Water scatters and hardly absorbs; few bounces are followed, so each goes less far forward than in a real cloud.
    volume = g.add("ShaderNodeVolumeScatter", {"Color": (0.99, 0.99, 0.99), "Density": density, "Anisotropy": 0.35})
    g.add("ShaderNodeOutputMaterial", {"Volume": volume.out()})
    if hasattr(material, "cycles") and hasattr(material.cycles, "volume_step_rate"):
        material.cycles.volume_step_rate = 2.0
    return material
