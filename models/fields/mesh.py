"""Meshes of fields: marching cubes, the pieces that count, colours at the vertices or a texture, glTF files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput, Unfinished
from ...datagen.formats.writing import write_whole
from .component import KeptField
from .render import Field

CHUNK = 1 << 16  # points that the field is asked for at a time
COARSE = 64  # nodes along an edge at most where a mesh has to be there in seconds
NEAREST = 0.01  # of a cell: no vertex comes closer to a node, where those of several edges would all but coincide
LEVELS = {"density": (1e-6, 1e6), "sdf": (-1.0, 1.0), "occupancy": (1e-4, 1 - 1e-4)}


@dataclass(frozen=True)
class MeshConfig:
    """How a field becomes a mesh.

    ``kind`` says what its first output is: ``density`` per box unit, ``sdf`` in box units and negative inside, or
    ``occupancy`` in 0…1; the surface lies where that is ``level``. ``keep`` drops pieces of less area than that share
    of the largest one's. ``texture`` is the edge in px of a texture, ``coarse`` gives colours at the vertices instead.
    """

    resolution: int = 128
    kind: str = "density"
    level: float = 10.0
    keep: float = 0.05
    texture: int = 1024
    coarse: bool = False

    def __post_init__(self):
        if self.kind not in LEVELS:
            raise BadInput(f"mesh.kind is {self.kind}; allowed are {', '.join(LEVELS)}")
        ranges = {"resolution": (2, 1024), "level": LEVELS[self.kind], "keep": (0, 1), "texture": (16, 8192)}
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise BadInput(f"mesh.{name} is {getattr(self, name)}; allowed are {low}…{high}")


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed surface in box units, wound and with unit normals outwards; colours are sRGB in 0…1.

    It has ``colours`` at its vertices, or ``uv`` (n, 2) with v up and a ``texture`` whose first row is the top; along
    the seams of a texture vertices are there more than once.
    """

    vertices: np.ndarray  # float32 (n, 3)
    faces: np.ndarray  # int32 (m, 3)
    normals: np.ndarray  # float32 (n, 3)
    colours: np.ndarray | None = None  # float32 (n, 3)
    uv: np.ndarray | None = None  # float32 (n, 2)
    texture: np.ndarray | None = None  # uint8 (h, w, 3)


def extract(field: Field, config: MeshConfig = MeshConfig()) -> Mesh:
    """The mesh of a field of batch 1 in the box [-1, 1]^3; raises BadInput where the level meets no surface."""
    resolution = min(config.resolution, COARSE) if config.coarse else config.resolution
    mesh = surface(level_grid(field, resolution, config.kind, config.level), config.keep)
    if config.coarse:
        return replace(mesh, colours=query(field, mesh.vertices)[1])
    from .texture import textured

    return textured(mesh, lambda points: query(field, points)[1], config.texture)


@torch.no_grad()
def query(field: Field, points: np.ndarray | Tensor) -> tuple[np.ndarray, np.ndarray]:
    """A field's first output float32 (n,) and colours float32 (n, 3) at points (n, 3) in box units, in chunks."""
    points = torch.as_tensor(points, dtype=torch.float32)
    parts = [field(part[None]) for part in points.split(CHUNK)]
    first, colours = (torch.cat([part[which][0] for part in parts]).float().cpu().numpy() for which in (0, 1))
    return first, colours


def level_grid(field: Field, resolution: int, kind: str, level: float) -> np.ndarray:
    """How far inside the level a field is at resolution^3 nodes that span [-1, 1]^3: float32, indexed x, y, z.

    Positive inside. Densities and occupancies are compared by their logarithm and logit, which is what a network gives:
    those are nearly straight between two nodes where the values themselves jump. Below the floor of what is kept of a field
    all is as far outside as the nodes above it are inside, so that the cut is a plane midway.
    """
    axis = torch.linspace(-1, 1, resolution)
    plane = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    grid = np.empty((resolution, resolution**2), np.float32)
    for index, x in enumerate(axis):
        grid[index] = query(field, torch.cat([x.expand(len(plane), 1), plane], 1))[0]
    if not np.isfinite(grid).all():
        raise BadInput(f"mesh: the field's {kind} holds NaN or infinity; allowed are finite numbers")
    if kind == "density":
        grid = np.log(np.maximum(grid, 1e-12)) - np.log(level)
    elif kind == "occupancy":
        grid = np.clip(grid, 1e-6, 1 - 1e-6)
        grid = np.log(grid / (1 - grid)) - np.log(level / (1 - level))
    else:
        grid = level - grid
    grid = grid.astype(np.float32).reshape((resolution,) * 3)
    below = int((axis < field.floor).sum()) if isinstance(field, KeptField) else 0
    grid[:, :, :below] = -np.abs(grid[:, :, below : below + 1])
    return grid


def surface(grid: np.ndarray, keep: float = 0.05) -> Mesh:
    """The surface where a grid of values, positive inside, at nodes that span [-1, 1]^3 is zero, by marching cubes.

    What the box cuts is closed at its faces. Pieces below ``keep`` of the largest one's area are dropped, and so are
    hollows, which nobody sees. Source: Lewiner et al. 2003, as scikit-image has it.
    """
    from skimage.measure import marching_cubes

    if not (grid > 0).any() or not (grid <= 0).any():
        raise BadInput(f"mesh: the level meets no surface; the field is {grid.min():g} to {grid.max():g} above it")
    # A ring outside, so steep that the surface ends a hundredth of a cell past the box.
    padded = np.pad(grid, 1, "edge")
    ring = np.pad(np.zeros_like(grid, bool), 1, constant_values=True)
    padded[ring] = -np.maximum(np.abs(padded[ring]), np.abs(grid).max()) / NEAREST
    vertices, faces, *_ = marching_cubes(_off_nodes(padded), 0.0)
    return closed_mesh((vertices - 1) * (2 / (len(grid) - 1)) - 1, faces, keep)


def closed_mesh(vertices: np.ndarray, faces: np.ndarray, keep: float = 0.05) -> Mesh:
    """A mesh of closed triangles in box units, without hollows and pieces below ``keep`` of the largest one's area.

    Raises Unfinished where no piece encloses anything.
    """
    vertices, faces = _pieces(vertices.astype(np.float32), faces.astype(np.int32), keep)
    return Mesh(vertices, faces, _normals(vertices, faces))


def stretched(mesh: Mesh, extent: float) -> Mesh:
    """The mesh scaled evenly about the origin, so that its longest extent along an axis is ``extent`` box units."""
    return replace(mesh, vertices=mesh.vertices * np.float32(extent / np.ptp(mesh.vertices, axis=0).max()))


def write_glb(
    path: str | Path,
    mesh: Mesh,
    half: float,
    centre=(0.0, 0.0, 0.0),
    texts: dict[str, str] | None = None,
    name: str = "surface",
) -> None:
    """Write a mesh as binary glTF in metres: a box of half side ``half`` around ``centre``.

    Our world has z up and the person face -y; glTF has y up and the front towards +z, so the file holds (x, z, -y), and
    what imports glTF in Blender turns that back. ``texts`` become the file's ``asset.extras``, ``name`` is its material's.
    """
    import trimesh

    path = Path(path)
    if path.suffix != ".glb":
        raise BadInput(f"{path}: is no name for a mesh; allowed is one that ends in .glb")
    to_gltf = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
    place = (mesh.vertices.astype(np.float64) * half + np.asarray(centre)) @ to_gltf.T
    kept = {"vertices": place, "faces": mesh.faces, "vertex_normals": mesh.normals @ to_gltf.T, "process": False}

    def finish(tree: dict) -> None:
        if texts:
            tree["asset"]["extras"] = texts
        if mesh.texture is None:
            _name_colours(tree, name)

    if mesh.texture is not None:
        from PIL import Image

        material = trimesh.visual.material.PBRMaterial(
            name=name, baseColorTexture=Image.fromarray(mesh.texture), metallicFactor=0.0, roughnessFactor=0.6
        )
        found = trimesh.Trimesh(**kept, visual=trimesh.visual.TextureVisuals(uv=mesh.uv, material=material))
        data = found.export(file_type="glb", include_normals=True, tree_postprocessor=finish)
    else:
        # trimesh writes colours as bytes, but glTF's are linear light: eight bits of that are too few for dark hair.
        colours = np.ones((len(place), 4), np.float32)
        if mesh.colours is not None:
            colours[:, :3] = _linear(mesh.colours)
        found = trimesh.Trimesh(**kept, vertex_attributes={"_COLOR_0": colours})
        data = found.export(file_type="glb", include_normals=True, tree_postprocessor=finish)
    write_whole(path, cast(bytes, data))


def _name_colours(tree: dict, name: str) -> None:
    """Call the colours what glTF calls them, and give them a material that is no metal."""
    tree["materials"] = [{"name": name, "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.6}}]
    for mesh in tree["meshes"]:
        for primitive in mesh["primitives"]:
            primitive["attributes"]["COLOR_0"] = primitive["attributes"].pop("_COLOR_0")
            primitive["material"] = 0


def _linear(colour: np.ndarray) -> np.ndarray:
    """Linear light of sRGB (IEC 61966-2-1)."""
    return np.where(colour <= 0.04045, colour / 12.92, ((np.maximum(colour, 0.04045) + 0.055) / 1.055) ** 2.4)


def _off_nodes(values: np.ndarray) -> np.ndarray:
    """The values, moved from zero so far that no edge is cut within ``NEAREST`` of its end."""
    size = np.abs(values)
    reach = size.copy()
    for axis in range(3):
        low, high = (tuple(cut if a == axis else slice(None) for a in range(3)) for cut in (slice(-1), slice(1, None)))
        np.maximum(reach[low], size[high], out=reach[low])
        np.maximum(reach[high], size[low], out=reach[high])
    return np.where(values > 0, 1, -1) * np.maximum(size, NEAREST * reach)


def _pieces(vertices: np.ndarray, faces: np.ndarray, keep: float) -> tuple[np.ndarray, np.ndarray]:
    """The connected pieces that enclose something and have at least ``keep`` of the largest one's area."""
    from trimesh.graph import connected_component_labels

    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    label = connected_component_labels(edges, len(vertices))[faces[:, 0]]
    a, b, c = vertices[faces].astype(np.float64).transpose(1, 0, 2)
    across = np.cross(b - a, c - a)
    volumes = np.bincount(label, (a * across).sum(1) / 6)
    if volumes.sum() < 0:
        faces, volumes = faces[:, ::-1], -volumes
    areas = np.bincount(label, np.linalg.norm(across, axis=1)) * (volumes > 0)
    if not areas.any():
        raise Unfinished("mesh: no piece of the surface encloses anything")
    faces = faces[((areas > 0) & (areas >= keep * areas.max()))[label]]
    used, faces = np.unique(faces, return_inverse=True)
    return vertices[used], faces.reshape(-1, 3).astype(np.int32)


def _normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (n, 3): the mean of the faces around each vertex, weighted by their areas."""
    a, b, c = vertices[faces].astype(np.float64).transpose(1, 0, 2)
    total = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(total, faces[:, corner], np.cross(b - a, c - a))
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300)).astype(np.float32)
