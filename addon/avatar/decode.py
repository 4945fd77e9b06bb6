"""Evaluates an avatar's field: planes sampled as torch.grid_sample does, then the decoder, in float32 numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .format import Avatar, AvatarError, Meta

ROWS = 8192  # points at a time: two layers of 64 stay in a core's cache
STEP = 4  # samples along the edge of a block of the coarse search
LARGEST = 512  # samples along the edge of a grid
LEAK = 0.01  # of leaky_relu, as torch has it
HUGE = np.float32(1e30)
Progress = Callable[[float], None] | None


def field(avatar: Avatar, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The field at points (n, 3) in metres: density (n,) in 1/m, and colour (n, 3) sRGB in 0..1, both float32.

    ``sdf`` gives metres to the surface, negative inside; ``occupancy`` 0..1. Outside the box the planes' borders go on.
    """
    meta = avatar.meta
    unit = (np.asarray(points, np.float64) - meta.center) * (2 / meta.box)
    edge = avatar.planes.shape[-1]
    lowest, fraction = _texels(unit, edge)
    highest = np.minimum(lowest + 1, edge - 1)
    flat = [np.ascontiguousarray(plane.transpose(1, 2, 0)).reshape(edge * edge, -1) for plane in avatar.planes]
    out = np.empty((len(unit), 4), np.float32)
    for start in range(0, len(unit), ROWS):
        rows = slice(start, start + ROWS)
        sampled = []
        for name, plane in zip(meta.planes, flat, strict=True):
            across, down = "xyz".index(name[0]), "xyz".index(name[1])
            right, below = fraction[rows, across, None], fraction[rows, down, None]
            top, bottom = lowest[rows, down] * edge, highest[rows, down] * edge
            first, second = lowest[rows, across], highest[rows, across]
            value = plane[top + first] * ((1 - right) * (1 - below))
            value += plane[top + second] * (right * (1 - below))
            value += plane[bottom + first] * ((1 - right) * below)
            value += plane[bottom + second] * (right * below)
            sampled.append(value)
        weight, bias = avatar.decoder[0]
        with np.errstate(all="ignore"):
            if meta.aggregate == "concat":
                features = np.concatenate(sampled, 1)
            else:
                features = sampled[0] + sampled[1] + sampled[2]
                features *= np.float32(1 / 3 if meta.aggregate == "mean" else 1)
            out[rows] = _outputs(features if meta.fourier else features @ weight.T + bias, avatar, 4)
    if avatar.kept is not None:
        inside = _cells(unit, len(avatar.kept))
        out[:, 0] *= avatar.kept[inside[:, 0], inside[:, 1], inside[:, 2]]
    return out[:, 0].copy(), out[:, 1:].copy()


def density_grid(avatar: Avatar, resolution: int, progress: Progress = None) -> np.ndarray:
    """The density float32 (r, r, r), indexed x, y, z, at the centres of the box's r³ cells; progress gets 0..1."""
    return _dense(avatar, resolution, 1, progress)[..., 0]


def field_grid(avatar: Avatar, resolution: int, progress: Progress = None) -> np.ndarray:
    """Density and colour float32 (r, r, r, 4), indexed x, y, z, at the centres of the box's r³ cells."""
    return _dense(avatar, resolution, 4, progress)


def surface_grid(avatar: Avatar, resolution: int, progress: Progress = None) -> np.ndarray:
    """A density grid that is exact near the level and of the right side elsewhere: the same surface, sooner.

    One sample per block of 4³ tells where inside meets outside; those blocks and their 26 neighbours are evaluated, and
    again the neighbours of whatever meets there, until nothing is new. So a surface is followed wherever it leads, and
    all that can be missed is a separate piece (or hole) that holds none of the coarse samples, hence thinner than 4
    cells, and lies more than 4 cells from every surface found.
    """
    _check_resolution(resolution)
    count = -(-resolution // STEP)
    middle = np.minimum(np.arange(count) * STEP + STEP // 2, resolution - 1)
    coarse = _evaluate_dense(_Separable(avatar, _centres(resolution)[middle]), avatar, 1, None)[..., 0]
    places = np.minimum(np.arange(count * STEP), resolution - 1)
    kept = avatar.kept
    if kept is not None:
        cells = cells_of_grid(resolution, len(kept))
        coarse *= kept[np.ix_(*[cells[middle]] * 3)]
        cells = cells[places].reshape(count, STEP)
    sheets = _Separable(avatar, _centres(resolution)[places]).blocks()
    values = np.broadcast_to(coarse[:, None, :, None, :, None], (count, STEP) * 3).copy()
    inside = is_inside(coarse, avatar.meta)
    some_in, some_out = inside.copy(), ~inside
    done = np.zeros_like(inside)
    while True:
        todo = np.argwhere(_dilated(some_in) & _dilated(some_out) & ~done)
        if not len(todo):
            break
        already, total = int(done.sum()), int(done.sum()) + len(todo)
        batch = max(ROWS // STEP**3, 1)
        for start in range(0, len(todo), batch):
            x, y, z = todo[start : start + batch].T
            hidden = sheets[0][x, y][:, :, :, None] + sheets[1][x, z][:, :, None]
            hidden += sheets[2][y, z][:, None]
            with np.errstate(all="ignore"):
                found = _outputs(hidden.reshape(-1, hidden.shape[-1]), avatar, 1).reshape(-1, STEP, STEP, STEP)
            if kept is not None:
                found *= kept[cells[x][:, :, None, None], cells[y][:, None, :, None], cells[z][:, None, None]]
            values[x, :, y, :, z, :] = found
            within = is_inside(found, avatar.meta).reshape(len(x), -1)
            some_in[x, y, z], some_out[x, y, z] = within.any(1), ~within.all(1)
            if progress:
                progress((already + start) / total)
        done[tuple(todo.T)] = True
    if progress:
        progress(1.0)
    return np.ascontiguousarray(values.reshape((count * STEP,) * 3)[:resolution, :resolution, :resolution])


def cells_of_grid(resolution: int, count: int) -> np.ndarray:
    """Which of ``count`` cells along the box's edge each of a grid's samples lies in, (resolution,)."""
    return _cells(_centres(resolution), count)


def is_inside(density: np.ndarray, meta: Meta) -> np.ndarray:
    """Whether values of the field lie inside the surface: above the level, or below it for a signed distance."""
    return density < meta.level if meta.density == "sdf" else density > meta.level


def extinction(density: np.ndarray, meta: Meta, cell: float) -> np.ndarray:
    """What a volume needs, extinction in 1/m, from the field's density; cell is the edge of a grid's cell in metres.

    A distance becomes the Laplace density of VolSDF (arXiv 2106.12052) with beta one cell; an occupancy is the opacity
    of one cell, as in UNISURF (arXiv 2104.10078).
    """
    if meta.density == "sdf":
        past = (density - meta.level) / np.float32(cell)
        tail = np.exp(-np.abs(past)) / 2
        return np.where(past > 0, tail, 1 - tail) / np.float32(cell)
    if meta.density == "occupancy":
        return -np.log1p(-np.minimum(density, np.float32(0.9999))) / np.float32(cell)
    return density


def _check_resolution(resolution: int) -> None:
    if not 2 <= resolution <= LARGEST:
        raise AvatarError(f"resolution is {resolution}; allowed are 2..{LARGEST}")


def _centres(resolution: int) -> np.ndarray:
    return (2 * np.arange(resolution) + 1) / resolution - 1


def _cells(unit: np.ndarray, count: int) -> np.ndarray:
    """Which of ``count`` cells along an edge unit coordinates lie in."""
    return np.clip(((unit + 1) * (count / 2)).astype(np.intp), 0, count - 1)


def _texels(unit: np.ndarray, edge: int) -> tuple[np.ndarray, np.ndarray]:
    """The lower texel and the fraction past it, for unit coordinates: align_corners false, border."""
    place = np.clip(((unit + 1) * edge - 1) / 2, 0, edge - 1)
    lowest = place.astype(np.intp)
    return lowest, (place - lowest).astype(np.float32)


class _Separable:
    """The first layer on a grid: a sum of three sheets (k, k, width), for (x, y), (x, z) and (y, z).

    Where octaves come before that layer it is no sum any more, and the sheets are of what the octaves are taken of.
    """

    def __init__(self, avatar: Avatar, unit: np.ndarray):
        meta, (weight, bias) = avatar.meta, avatar.decoder[0]
        channels, edge = avatar.planes.shape[1:3]
        if meta.fourier:
            width = weight.shape[1] // (1 + 2 * meta.fourier)
            weight, bias = np.eye(width, dtype=np.float32), np.float32(0)
        low, fraction = _texels(unit, edge)
        high, fraction = np.minimum(low + 1, edge - 1), fraction[:, None, None]
        sheets = {}
        for index, (name, plane) in enumerate(zip(meta.planes, avatar.planes, strict=True)):
            texels = plane.transpose(1, 2, 0)
            rows = texels[low] * (1 - fraction) + texels[high] * fraction
            rows = rows.transpose(1, 0, 2)
            values = rows[low] * (1 - fraction) + rows[high] * fraction  # indexed as the name says
            part = weight[:, index * channels :][:, :channels] if meta.aggregate == "concat" else weight
            part = part / np.float32(3) if meta.aggregate == "mean" else part
            with np.errstate(all="ignore"):
                sheet = (values.reshape(-1, channels) @ part.T).reshape(len(unit), len(unit), -1)
            sheets["".join(sorted(name))] = sheet if name < name[::-1] else sheet.transpose(1, 0, 2)
        self.sheets = [np.ascontiguousarray(sheets[name]) for name in ("xy", "xz", "yz")]
        self.sheets[0] += bias

    def blocks(self) -> list[np.ndarray]:
        """The sheets cut in squares of STEP: (k / STEP, k / STEP, STEP, STEP, width)."""
        count = len(self.sheets[0]) // STEP
        shape = (count, STEP, count, STEP, -1)
        return [np.ascontiguousarray(sheet.reshape(shape).swapaxes(1, 2)) for sheet in self.sheets]


def _dense(avatar: Avatar, resolution: int, outputs: int, progress: Progress) -> np.ndarray:
    _check_resolution(resolution)
    grid = _evaluate_dense(_Separable(avatar, _centres(resolution)), avatar, outputs, progress)
    if avatar.kept is not None:
        grid[..., 0] *= avatar.kept[np.ix_(*[cells_of_grid(resolution, len(avatar.kept))] * 3)]
    return grid


def _evaluate_dense(separable: _Separable, avatar: Avatar, outputs: int, progress: Progress) -> np.ndarray:
    first, second, third = separable.sheets
    count = len(first)
    grid = np.empty((count, count, count, outputs), np.float32)
    rows = max(ROWS // count, 1)
    for x in range(count):
        for y in range(0, count, rows):
            hidden = first[x, y : y + rows, None] + second[x]
            hidden += third[y : y + rows]
            with np.errstate(all="ignore"):
                values = _outputs(hidden.reshape(-1, hidden.shape[-1]), avatar, outputs)
            grid[x, y : y + rows] = values.reshape(-1, count, outputs)
        if progress:
            progress((x + 1) / count)
    return grid


def _outputs(hidden: np.ndarray, avatar: Avatar, count: int) -> np.ndarray:
    """The first ``count`` outputs from what the first layer gave, or where there are octaves takes; it is overwritten."""
    meta = avatar.meta
    if meta.fourier:
        hidden = _first(hidden, *avatar.decoder[0], meta.fourier)
    for index, (weight, bias) in enumerate(avatar.decoder[1:], 2):
        _activate(hidden, meta.activation)
        rows = count if index == len(avatar.decoder) else len(weight)
        hidden = hidden @ weight[:rows].T
        hidden += bias[:rows]
    out = hidden[:, :count]
    density = out[:, 0]
    if meta.density in ("softplus", "relu"):
        _activate(density, meta.density)
    elif meta.density == "exp":
        np.exp(density, out=density)
    elif meta.density == "occupancy":
        density[:] = _sigmoid(density)
    if count > 1:
        colour = out[:, 1:]
        colour[:] = _sigmoid(colour) if meta.colour == "sigmoid" else np.clip(colour, 0, 1)
    # Weights that overflow give numbers that the surface and Cycles can hold.
    return np.nan_to_num(out, copy=False, nan=0.0, posinf=HUGE, neginf=-HUGE)


def _first(features: np.ndarray, weight: np.ndarray, bias: np.ndarray, octaves: int) -> np.ndarray:
    """The first layer of features and, an octave at a time, of their sines and cosines."""
    parts = np.split(weight, 1 + 2 * octaves, 1)
    hidden = features @ parts[0].T
    hidden += bias
    for octave in range(octaves):
        angle = features * np.float32(2**octave * np.pi)
        hidden += np.sin(angle) @ parts[1 + 2 * octave].T
        hidden += np.cos(angle) @ parts[2 + 2 * octave].T
    return hidden


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.float32(0.5) * np.tanh(np.float32(0.5) * x) + np.float32(0.5)


def _activate(x: np.ndarray, name: str) -> None:
    if name == "relu":
        np.maximum(x, 0, out=x)
    elif name == "leaky_relu":
        np.maximum(x, x * np.float32(LEAK), out=x)
    elif name == "silu":
        x *= _sigmoid(x)
    else:
        tail = np.log1p(np.exp(-np.abs(x)))
        np.maximum(x, 0, out=x)
        x += tail


def _dilated(flags: np.ndarray) -> np.ndarray:
    """Where a flag is set in the 3³ neighbourhood."""
    for axis in range(3):
        grown = flags.copy()
        lower, upper = [slice(None)] * 3, [slice(None)] * 3
        lower[axis], upper[axis] = slice(None, -1), slice(1, None)
        grown[tuple(lower)] |= flags[tuple(upper)]
        grown[tuple(upper)] |= flags[tuple(lower)]
        flags = grown
    return flags
