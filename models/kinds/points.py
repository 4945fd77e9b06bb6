"""Point clouds: positions in metres, with colours and normals where a system gives them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...datagen.errors import BadInput
from ...datagen.formats.writing import write_whole
from ..core import pictures
from ..core.cameras import Cameras
from ..fields.turntable import turntable_cameras
from ..surfaces.splats import splat
from .table import Result

FRAMES, SIZE = 24, 128  # pictures of a preview, and their edge in pixels
GREY = 0.62  # of points without a colour, sRGB


@dataclass(frozen=True, eq=False)
class PointCloud(Result):
    """Positions float32 (N, 3) in metres, z up; ``colours`` (N, 3) sRGB in 0…1 and unit ``normals`` (N, 3), or None."""

    kind = "points"
    positions: np.ndarray
    colours: np.ndarray | None = None
    normals: np.ndarray | None = None

    def __post_init__(self):
        shape = np.shape(self.positions)
        if len(shape) != 2 or shape[1] != 3 or not shape[0]:
            raise BadInput(f"points: positions have the shape {shape}; allowed is (N, 3), N from 1")
        for name in ("positions", "colours", "normals"):
            values = getattr(self, name)
            if values is None:
                continue
            if np.shape(values) != shape:
                raise BadInput(f"points: {name} have the shape {np.shape(values)}; allowed is {shape}")
            if not np.isfinite(values).all():
                raise BadInput(f"points: {name} hold NaN or infinity; allowed are finite numbers")


def write_ply(path: Path, result: PointCloud) -> None:
    """Write a binary PLY of float32 positions and normals, and colours as bytes (Turk 1994, The PLY Polygon File Format)."""
    columns = [("xyz"[i], "<f4", result.positions[:, i]) for i in range(3)]
    if result.normals is not None:
        columns += [(f"n{'xyz'[i]}", "<f4", result.normals[:, i]) for i in range(3)]
    if result.colours is not None:
        shades = (np.clip(result.colours, 0, 1) * 255).round()
        columns += [(name, "u1", shades[:, i]) for i, name in enumerate(("red", "green", "blue"))]
    rows = np.empty(len(result.positions), [(name, kind) for name, kind, _ in columns])
    for name, _, values in columns:
        rows[name] = values
    kinds = {"<f4": "float", "u1": "uchar"}
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(rows)}"]
    header += [f"property {kinds[kind]} {name}" for name, kind, _ in columns]
    write_whole(path, "\n".join([*header, "end_header\n"]).encode() + rows.tobytes())


def write_npz(path: Path, result: PointCloud) -> None:
    """Write the arrays by their names as NumPy's packed archive, float32 as they are."""
    arrays = {name: getattr(result, name) for name in ("positions", "colours", "normals")}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{n: np.asarray(v, np.float32) for n, v in arrays.items() if v is not None})
    write_whole(path, buffer.getvalue())


def splatted(cloud: PointCloud, cameras: Cameras, size: int, width: int = 2) -> np.ndarray:
    """Pictures uint8 (V, size, size, 3) of points, each ``width`` pixels a side, the nearest in front, on white."""
    positions = torch.as_tensor(np.asarray(cloud.positions), dtype=torch.float32)
    colours = np.full((len(cloud.positions), 3), GREY) if cloud.colours is None else np.asarray(cloud.colours)
    shades = torch.from_numpy((np.clip(colours, 0, 1) * 255).round().astype(np.uint8))
    views = torch.full((len(cameras.c2w), size, size, 3), 255, dtype=torch.uint8)
    for number, view in enumerate(views):  # one at a time: there may be many points
        point = splat(cameras.pick([number]), positions, size, size, width).point[0]
        view[point >= 0] = shades[point[point >= 0]]
    return views.numpy()


def boxed(positions: np.ndarray) -> tuple[np.ndarray, float]:
    """The centre (3,) and the half side of the smallest cube along the axes that holds positions (N, 3)."""
    low, high = np.min(positions, 0), np.max(positions, 0)
    return (low + high) / 2, max(float((high - low).max()) / 2, 1e-9)


def preview(stem: Path, result: PointCloud) -> list[Path]:
    """Pictures once around the points: STEM.turntable.png, a sheet, and .mp4 or .gif."""
    centre, half = boxed(result.positions)
    inside = PointCloud((result.positions - centre) / half, result.colours)
    views = splatted(inside, turntable_cameras(FRAMES), SIZE)
    sheet = stem.with_name(f"{stem.name}.turntable.png")
    pictures.write_png(sheet, pictures.contact_sheet(views))
    return [sheet, pictures.write_video(stem.with_name(f"{stem.name}.turntable"), views)]
