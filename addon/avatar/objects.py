"""Avatars as Blender objects: a mesh with its colours, or a cube that Cycles renders as the field."""

from __future__ import annotations

import bpy
import numpy as np

from ...procgen.blender import mesh_data, new_material, set_attribute
from ...procgen.nodes.shader import Nodes
from .bake import bake_texture, point_colours
from .decode import Progress, extinction, field_grid
from .format import Avatar, AvatarError, read_avatar
from .surface import avatar_surface

COLOURS = ("attribute", "texture")
COLOUR_ATTRIBUTE = "colour"
TEXTURE = "Avatar texture"  # label of the node whose image a later decoding renews
LARGEST_VOLUME = 256  # cells along the edge: its atlas takes 272 MB
FACES = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]  # outwards, of a cube
AUTOMATIC_STEPS = 10  # into which Cycles cuts an object's mean edge at a step rate of 1
EMPTY = 1e-4  # optical depth of the whole box below which a sample counts as empty


def avatar_mesh(
    avatar: Avatar, resolution: int, colours: str = "attribute", keep: float = 0.01, progress: Progress = None
) -> bpy.types.Object:
    """The avatar's surface as an object in metres, in no collection yet; its colours are a point attribute or a texture.

    ``keep`` drops pieces smaller than that share of the largest one. Raises AvatarError where there is no surface.
    """
    if colours not in COLOURS:
        raise AvatarError(f"colours is {colours}; allowed are {', '.join(COLOURS)}")
    mesh, pixels = _mesh(avatar, resolution, colours, keep, progress)
    mesh.materials.append(_surface_material(avatar, pixels))
    obj = bpy.data.objects.new(mesh.name, mesh)
    _remember(obj, avatar, resolution, colours)
    obj["avatar_keep"] = keep
    return obj


def avatar_volume(avatar: Avatar, resolution: int, progress: Progress = None) -> bpy.types.Object:
    """A cube in metres, in no collection yet, whose volume is the field at resolution³ points, trilinear between them.

    Extinction is the density in 1/m. The material's node Lit goes from 0, where the colour is radiance as radiance fields
    have it, to 1, where it is the albedo of what scatters the scene's light. The scale of the object must stay 1.
    """
    mesh = _volume(avatar, resolution, progress)
    obj = bpy.data.objects.new(mesh.name, mesh)
    _remember(obj, avatar, resolution, "volume")
    return obj


def redecode(obj: bpy.types.Object, resolution: int, progress: Progress = None) -> None:
    """Decode an avatar's object again from its file, in place; a mesh keeps its materials but for a texture's image.

    Every object that shares the mesh follows. Raises AvatarError.
    """
    kind = obj.get("avatar_colours")
    if kind not in (*COLOURS, "volume"):
        raise AvatarError(f"{obj.name}: was not made from an avatar")
    if not obj["avatar_source"]:
        raise AvatarError(f"{obj.name}: its avatar was never in a file")
    avatar = read_avatar(obj["avatar_source"])
    old, name = obj.data, obj.data.name
    if kind == "volume":
        mesh = _volume(avatar, resolution, progress)
    else:
        mesh, pixels = _mesh(avatar, resolution, kind, obj.get("avatar_keep", 0.01), progress)
        for material in old.materials:
            mesh.materials.append(material)
        if pixels is not None and not _renew(old.materials, pixels):
            mesh.materials.clear()
            mesh.materials.append(_surface_material(avatar, pixels))
    old.user_remap(mesh)
    bpy.data.meshes.remove(old)
    mesh.name = name
    obj["avatar_resolution"] = resolution


def _name(avatar: Avatar) -> str:
    return avatar.meta.prompt[:40] or "Avatar"


def _remember(obj: bpy.types.Object, avatar: Avatar, resolution: int, colours: str) -> None:
    obj["avatar_source"], obj["avatar_resolution"], obj["avatar_colours"] = avatar.source, resolution, colours


def _mesh(avatar: Avatar, resolution: int, colours: str, keep: float, progress: Progress):
    """The mesh, and the texture's pixels (h, w, 3) where there is one."""
    points, triangles, normals = avatar_surface(avatar, resolution, keep, progress)
    pixels = None
    if colours == "texture":
        uv, pixels = bake_texture(avatar, points, triangles)
    mesh = mesh_data(_name(avatar), points, triangles)
    if colours == "texture":
        mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", uv.ravel())
    else:
        colour = np.ones((len(points), 4), np.float32)
        colour[:, :3] = _linear(point_colours(avatar, points))
        set_attribute(mesh, COLOUR_ATTRIBUTE, "FLOAT_COLOR", "POINT", colour)
        mesh.color_attributes.active_color = mesh.color_attributes[COLOUR_ATTRIBUTE]
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    mesh.normals_split_custom_set_from_vertices(normals)
    return mesh, pixels


def _surface_material(avatar: Avatar, pixels: np.ndarray | None) -> bpy.types.Material:
    material, tree = new_material(_name(avatar))
    g = Nodes(tree)
    if pixels is None:
        colour = g.attribute(COLOUR_ATTRIBUTE, "Color")
    else:
        image = bpy.data.images.new(_name(avatar), 1, 1, alpha=False)
        _fill(image, pixels)
        colour = g.add("ShaderNodeTexImage", image=image, label=TEXTURE)["Color"]
    g.surface(g.add("ShaderNodeBsdfPrincipled", {"Base Color": colour, "Roughness": 0.6}).out())
    return material


def _renew(materials, pixels: np.ndarray) -> bool:
    """Give the texture new pixels where a material still has it."""
    for material in materials:
        for node in material.node_tree.nodes if material and material.node_tree else ():
            if node.label == TEXTURE and getattr(node, "image", None):
                _fill(node.image, pixels)
                return True
    return False


def _fill(image: bpy.types.Image, pixels: np.ndarray) -> None:
    """Set an image's size and pixels (h, w, 3 or 4), first row at the bottom, and keep them in the .blend file."""
    height, width, channels = pixels.shape
    if tuple(image.size) != (width, height):
        image.scale(width, height)
    values = np.ones((height, width, 4), np.float32)
    values[..., :channels] = pixels
    image.pixels.foreach_set(values.ravel())
    image.update()
    image.pack()


def _volume(avatar: Avatar, resolution: int, progress: Progress) -> bpy.types.Mesh:
    """The box around all that is not empty, with the material that fills it."""
    if not 2 <= resolution <= LARGEST_VOLUME:
        raise AvatarError(f"resolution is {resolution}; allowed are 2..{LARGEST_VOLUME} for a volume")
    meta, cell = avatar.meta, avatar.meta.box / resolution
    values = field_grid(avatar, resolution, progress)
    values[..., :1] = extinction(values[..., :1], meta, cell)
    filled = values[..., 0] * meta.box > EMPTY
    ends = []
    for axis in range(3):
        used = np.flatnonzero(filled.any(tuple({0, 1, 2} - {axis})))
        # A sample reaches one cell to either side of its own place in the middle of a cell.
        ends.append((max(used[0] - 0.5, 0), min(used[-1] + 1.5, resolution)) if len(used) else (0, resolution))
    corners = [[x, y, z] for z in ends[2] for y in ends[1] for x in ends[0]]
    mesh = mesh_data(_name(avatar), np.array(corners) * cell + np.array(meta.center) - meta.box / 2, FACES)
    material = _volume_material(avatar, values)
    # A step a cell where Cycles marches: always on 4.5, with biased volumes on 5.2.
    material.cycles.volume_step_rate = AUTOMATIC_STEPS / np.diff(ends).mean()
    mesh.materials.append(material)
    return mesh


def _atlas(values: np.ndarray) -> tuple[np.ndarray, int]:
    """The slices along z as tiles (r + 2)² of one image, linear colour and extinction; and the tiles in a row."""
    resolution = len(values)
    values = np.concatenate([_linear(values[..., 1:]), values[..., :1]], 3).transpose(2, 1, 0, 3)  # z, y, x
    values = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
    across = int(np.ceil(np.sqrt(resolution)))
    down = -(-resolution // across)
    values = np.concatenate([values, np.zeros((across * down - resolution, *values.shape[1:]), np.float32)])
    tile = resolution + 2
    image = values.reshape(down, across, tile, tile, 4).swapaxes(1, 2).reshape(down * tile, across * tile, 4)
    return image, across


def _volume_material(avatar: Avatar, values: np.ndarray) -> bpy.types.Material:
    pixels, across = _atlas(values)
    image = bpy.data.images.new(_name(avatar), 1, 1, alpha=True, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    image.use_half_precision = False
    _fill(image, pixels)
    material, tree = new_material(_name(avatar))
    g, resolution = Nodes(tree), len(values)
    low, cell = np.array(avatar.meta.center) - avatar.meta.box / 2, avatar.meta.box / resolution
    place = g.vector_math("SUBTRACT", g.add("ShaderNodeTexCoord")["Object"], tuple(low))
    axes = g.add("ShaderNodeSeparateXYZ", {0: g.vector_math("DIVIDE", place, (cell,) * 3)})
    x, y = (_clamped(g, axes[name], 0.0, resolution) for name in "XY")
    z = _clamped(g, g.math("SUBTRACT", axes["Z"], 0.5), 0.0, resolution - 1)
    below = g.math("FLOOR", z)
    above = g.math("MINIMUM", g.math("ADD", below, 1.0), resolution - 1)
    slices = [_slice(g, image, x, y, index, resolution, across) for index in (below, above)]
    between = g.math("SUBTRACT", z, below)
    colour = g.mix(between, slices[0]["Color"], slices[1]["Color"])
    density = g.lerp(between, slices[0]["Alpha"], slices[1]["Alpha"])
    lit = g.add("ShaderNodeValue", label="Lit", name="Lit").out()
    inputs = {
        "Color": g.mix(lit, (0.0, 0.0, 0.0), colour), "Density": density, "Density Attribute": "", "Emission Color": colour,
        "Emission Strength": g.product(density, g.math("SUBTRACT", 1.0, lit)),
    }  # fmt: skip
    g.add("ShaderNodeOutputMaterial", {"Volume": g.add("ShaderNodeVolumePrincipled", inputs).out()})
    return material


def _clamped(g: Nodes, value, low: float, high: float):
    return g.math("MINIMUM", g.math("MAXIMUM", value, low), high)


def _slice(g: Nodes, image, x, y, index, resolution: int, across: int):
    """The lookup of one slice: x and y in cells 0..r, a border of one texel around each tile."""
    tile, (width, height) = resolution + 2, image.size
    row = g.math("FLOOR", g.math("DIVIDE", g.math("ADD", index, 0.5), across))
    column = g.math("SUBTRACT", index, g.math("MULTIPLY", row, across))
    u = g.math("DIVIDE", g.math("ADD", g.math("MULTIPLY_ADD", column, tile, x), 1.0), width)
    v = g.math("DIVIDE", g.math("ADD", g.math("MULTIPLY_ADD", row, tile, y), 1.0), height)
    vector = g.add("ShaderNodeCombineXYZ", {"X": u, "Y": v})
    return g.add(
        "ShaderNodeTexImage", {"Vector": vector.out()}, image=image, interpolation="Linear", extension="EXTEND"
    )


def _linear(colour: np.ndarray) -> np.ndarray:
    """Linear sRGB from sRGB (IEC 61966-2-1), float32."""
    bent = ((np.maximum(colour, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(colour <= 0.04045, colour / 12.92, bent).astype(np.float32)
