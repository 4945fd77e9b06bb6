"""Reads and writes NAME.avatar.safetensors: three feature planes, the decoder's layers and what they mean.

The layout is safetensors' own (8 bytes of header length, JSON header, bytes); docs/avatar.md fixes every convention.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from math import prod
from pathlib import Path

import numpy as np

from ...datagen.formats.writing import replacing

VERSION = 1
SAMPLING = "bilinear, align_corners=false, padding_mode=border"  # as torch.nn.functional.grid_sample says it
CHANNELS = {"density": 1, "colour": 3}
CHOICES = {
    "aggregate": ("sum", "mean", "concat"),
    "activation": ("relu", "softplus", "silu", "leaky_relu"),
    "density": ("softplus", "relu", "exp", "sdf", "occupancy"),
    "colour": ("sigmoid", "linear"),
}
PAIRS = ({"x", "y"}, {"x", "z"}, {"y", "z"})
DTYPES = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
BITS = {"U8": np.dtype("u1")}  # of the tensor kept alone: eight cells a byte, the first in its lowest bit
KEPT = "kept"
MAX_HEADER = 1 << 20  # bytes
MAX_RESOLUTION = 2048  # texels along a plane's edge
MAX_CHANNELS = 256
MAX_LAYERS = 16
MAX_WIDTH = 1024
MAX_FOURIER = 4  # octaves
MAX_PLANES = 512 << 20  # bytes of the planes as float32
MAX_CELLS = 256  # of kept along an edge of the box


class AvatarError(ValueError):
    """An avatar that cannot be read, written or decoded; the message says where, what, and what is allowed."""


@dataclass(frozen=True)
class Meta:
    """What the numbers mean: box and center in metres, the rest as docs/avatar.md says; raises AvatarError."""

    box: float
    center: tuple[float, float, float]
    level: float
    planes: tuple[str, str, str] = ("xy", "xz", "yz")
    aggregate: str = "sum"
    activation: str = "relu"
    density: str = "softplus"
    colour: str = "sigmoid"
    fourier: int = 0
    background: tuple[float, float, float] = (1.0, 1.0, 1.0)
    prompt: str = ""
    licence: str = ""
    generator: str = ""

    def __post_init__(self):
        _check_number("box", self.box, 1e-6, 1e4)
        _check_numbers("center", self.center, -1e5, 1e5)
        _check_numbers("background", self.background, 0.0, 1.0)
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise AvatarError(f"avatar.{name} is {_short(getattr(self, name))}; allowed are {', '.join(allowed)}")
        low, high = {"sdf": (-1e4, 1e4), "occupancy": (1e-6, 1 - 1e-6)}.get(self.density, (1e-9, 1e9))
        _check_number("level", self.level, low, high)
        if type(self.fourier) is not int or not 0 <= self.fourier <= MAX_FOURIER:
            raise AvatarError(f"avatar.fourier is {_short(self.fourier)}; allowed are 0..{MAX_FOURIER}")
        names = self.planes if isinstance(self.planes, tuple) else ()
        pairs = [set(name) for name in names if isinstance(name, str) and len(name) == 2]
        if len(names) != 3 or len(pairs) != 3 or not all(pair in pairs for pair in PAIRS):
            raise AvatarError(
                f"avatar.planes is {_short(self.planes)}; allowed are xy, xz, yz in any order, each either way round"
            )
        for name in ("prompt", "licence", "generator"):
            if not isinstance(getattr(self, name), str):
                raise AvatarError(f"avatar.{name} is {_short(getattr(self, name))}; allowed is a text")


@dataclass(frozen=True, eq=False)
class Avatar:
    """A field in a cube: planes float32 (3, C, R, R), decoder layers (weight (out, in), bias (out,)) float32.

    Where ``kept`` bool (K, K, K), indexed x, y, z, is false the cube is empty; None keeps all of it.
    """

    planes: np.ndarray
    decoder: tuple[tuple[np.ndarray, np.ndarray], ...]
    meta: Meta
    source: str = field(default="", compare=False)  # the file that it was read from
    kept: np.ndarray | None = None

    def __post_init__(self):
        arrays = self.arrays()
        _check_shapes({name: array.shape for name, array in arrays.items()}, self.meta)
        if self.kept is not None:
            _check_kept((*self.kept.shape[:2], self.kept.shape[-1] / 8), self.meta)
        for name, array in arrays.items():
            if array.dtype != np.float32:
                raise AvatarError(f"{name} is {array.dtype}; allowed is float32")
            if not all(np.isfinite(part).all() for part in array):
                raise AvatarError(f"{name} holds NaN or infinity; allowed are finite numbers")

    def arrays(self) -> dict[str, np.ndarray]:
        """Every array by its name in the file."""
        arrays = {"planes": self.planes}
        for index, (weight, bias) in enumerate(self.decoder):
            arrays |= {f"decoder.{index}.weight": weight, f"decoder.{index}.bias": bias}
        return arrays


def read_avatar(path: str | Path) -> Avatar:
    """Read an avatar; every size is checked against the file and the limits before memory is taken.

    Raises AvatarError, whose one line names the file, what is wrong and what is allowed.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise AvatarError("is not a file; allowed is a .avatar.safetensors file")
        with path.open("rb") as source:
            return _read(source, os.fstat(source.fileno()).st_size, str(path))
    except OSError as error:
        raise AvatarError(f"{path.name}: {error.strerror or error}") from None
    except AvatarError as error:
        raise AvatarError(f"{path.name}: {error}") from None


def write_avatar(path: str | Path, avatar: Avatar) -> None:
    """Write an avatar beside and rename it into place; planes are F16 where that loses nothing, else F32."""
    path = Path(path)
    stored = {name: np.ascontiguousarray(array, DTYPES["F32"]) for name, array in avatar.arrays().items()}
    with np.errstate(over="ignore"):
        half = avatar.planes.astype(DTYPES["F16"])
    if np.array_equal(half, avatar.planes):
        stored["planes"] = half
    if avatar.kept is not None:
        stored[KEPT] = np.packbits(avatar.kept, 2, "little")
    about = {"version": VERSION, "channels": CHANNELS, "sampling": SAMPLING} | asdict(avatar.meta)
    if not avatar.meta.fourier:
        del about["fourier"]  # so that what was written before there were octaves reads it
    header: dict = {"__metadata__": {"avatar": json.dumps(about)}}
    place = 0
    names = sorted(stored)  # the decoder first, so that its float32 are aligned
    for name in names:
        array = stored[name]
        dtype = {1: "U8", 2: "F16", 4: "F32"}[array.itemsize]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [place, place + array.nbytes]}
        place += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER:
        raise AvatarError(f"{path.name}: its header has {len(text)} bytes; allowed are {MAX_HEADER}")
    with replacing(path) as place, place.open("wb") as target:
        target.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            target.write(memoryview(stored[name].reshape(-1)).cast("B"))


def _read(source, size: int, name: str) -> Avatar:
    header, start = _header(source, size)
    notes = header.pop("__metadata__", None)
    if not isinstance(notes, dict) or not isinstance(notes.get("avatar"), str):
        raise AvatarError("__metadata__ has no text named avatar; it says what the planes mean")
    meta = _meta(_json(notes["avatar"], "avatar"))
    kinds = _tensors(header, size - start)
    shapes = {name: tuple(header[name]["shape"]) for name in kinds}
    kept = None
    if KEPT in shapes:
        _check_kept(shapes.pop(KEPT), meta)
        kept = np.unpackbits(_load(source, start, kinds[KEPT], header[KEPT]), 2, bitorder="little").astype(bool)
    _check_shapes(shapes, meta)
    arrays = {name: _load(source, start, kinds[name], header[name]).astype(np.float32, copy=False) for name in shapes}
    layers = range(len(arrays) // 2)
    decoder = tuple((arrays[f"decoder.{index}.weight"], arrays[f"decoder.{index}.bias"]) for index in layers)
    return Avatar(arrays["planes"], decoder, meta, name, kept)


def _header(source, size: int) -> tuple[dict, int]:
    length = int.from_bytes(source.read(8), "little") if size >= 8 else 0
    if not 2 <= length <= min(MAX_HEADER, size - 8):
        raise AvatarError(
            f"its header claims {length} of the file's {size} bytes; allowed are 2..{MAX_HEADER} within the file"
        )
    header = _json(source.read(length), "header")
    if not isinstance(header, dict):
        raise AvatarError("header is not a JSON object")
    return header, 8 + length


def _json(text: str | bytes, where: str):
    def once(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise AvatarError(f"{where} names something twice; allowed is once")
        return dict(pairs)

    def number(word):
        raise AvatarError(f"{where} holds {word}; allowed are finite numbers")

    try:
        text = text.decode() if isinstance(text, bytes) else text
        return json.loads(text, object_pairs_hook=once, parse_constant=number)
    except AvatarError:
        raise
    except (ValueError, RecursionError):
        raise AvatarError(f"{where} is not JSON") from None


def _tensors(header: dict, size: int) -> dict[str, np.dtype]:
    """The dtype of each tensor, once shapes and offsets tile the file's bytes with no gap and no overlap."""
    kinds, spans = {}, []
    for name, entry in header.items():
        label = _short(name)
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise AvatarError(f"{label} is not described by dtype, shape and data_offsets alone")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        allowed = BITS if name == KEPT else DTYPES
        if not isinstance(dtype, str) or dtype not in allowed:
            raise AvatarError(f"{label} has the dtype {_short(dtype)}; allowed are {', '.join(allowed)}")
        for what, values in (("shape", shape), ("data_offsets", offsets)):
            if not isinstance(values, list) or not all(type(value) is int and 0 <= value < 1 << 40 for value in values):
                raise AvatarError(f"{label} has the {what} {_short(values)}; allowed are whole numbers from 0")
        if len(shape) > 4 or len(offsets) != 2 or offsets[1] - offsets[0] != prod(shape) * allowed[dtype].itemsize:
            raise AvatarError(f"{label}: shape {_short(shape)} of {dtype} does not fill data_offsets {_short(offsets)}")
        kinds[name] = allowed[dtype]
        spans.append(offsets)
    place = 0
    for begin, end in sorted(spans):
        if begin != place:
            raise AvatarError(f"data_offsets leave a gap or overlap at byte {place}; allowed is one after the other")
        place = end
    if place != size:
        raise AvatarError(f"data_offsets end at byte {place} of {size}; the file is cut short or has bytes left over")
    return kinds


def _check_shapes(shapes: dict[str, tuple], meta: Meta) -> None:
    layers = len(shapes) // 2
    parts = [f"decoder.{index}.{part}" for index in range(layers) for part in ("weight", "bias")]
    if not 1 <= layers <= MAX_LAYERS or set(shapes) != {"planes", *parts}:
        raise AvatarError(
            f"holds {_short(sorted(shapes))}; allowed are planes and decoder.0.weight, decoder.0.bias … of 1..{MAX_LAYERS} layers"
        )
    shape = shapes["planes"]
    channels, edge = shape[1:3] if len(shape) == 4 else (0, 0)
    if shape != (3, channels, edge, edge) or not 1 <= channels <= MAX_CHANNELS or not 1 <= edge <= MAX_RESOLUTION:
        raise AvatarError(
            f"planes has the shape {shape}; allowed is (3, C, R, R) with C 1..{MAX_CHANNELS} and R 1..{MAX_RESOLUTION}"
        )
    if prod(shape) * 4 > MAX_PLANES:
        raise AvatarError(f"planes takes {prod(shape) * 4} bytes as float32; allowed are {MAX_PLANES}")
    width = channels * (3 if meta.aggregate == "concat" else 1) * (1 + 2 * meta.fourier)
    for index in range(layers):
        weight, bias = shapes[f"decoder.{index}.weight"], shapes[f"decoder.{index}.bias"]
        out = weight[0] if weight else 0
        last = index == layers - 1
        if weight != (out, width) or bias != (out,) or not 1 <= out <= MAX_WIDTH or (last and out != 4):
            allowed = "4 outputs, density first" if last else f"1..{MAX_WIDTH} outputs"
            raise AvatarError(
                f"decoder.{index} has the shapes {weight}, {bias}; allowed are {width} inputs and {allowed}"
            )
        width = out


def _check_kept(shape: tuple, meta: Meta) -> None:
    cells = shape[0] if len(shape) == 3 else 0
    if shape != (cells, cells, cells / 8) or not 1 <= cells <= MAX_CELLS:
        raise AvatarError(f"kept has the shape {shape}; allowed is (K, K, K / 8) with K 8..{MAX_CELLS}")
    if meta.density not in ("softplus", "relu", "exp"):
        raise AvatarError(f"kept is there with {meta.density}; allowed is it with softplus, relu, exp")


def _load(source, start: int, dtype: np.dtype, entry: dict) -> np.ndarray:
    values = np.empty(entry["shape"], dtype)
    source.seek(start + entry["data_offsets"][0])
    if source.readinto(memoryview(values.reshape(-1).view(np.uint8))) != values.nbytes:
        raise AvatarError("the file became shorter while it was read")
    return values


def _meta(about) -> Meta:
    if not isinstance(about, dict):
        raise AvatarError("avatar is not a JSON object")
    about = dict(about)
    for name, allowed in (("version", VERSION), ("channels", CHANNELS), ("sampling", SAMPLING)):
        found = about.pop(name, None)
        if found != allowed or isinstance(found, bool):
            raise AvatarError(f"avatar.{name} is {_short(found)}; allowed is {json.dumps(allowed)}")
    optional = {"fourier", "background", "prompt", "licence", "generator"}
    needed = set(Meta.__dataclass_fields__) - optional
    if unknown := sorted(set(about) - needed - optional):
        raise AvatarError(
            f"avatar.{_short(unknown[0])} is not known; allowed are {', '.join(sorted(needed | optional))}"
        )
    if absent := sorted(needed - set(about)):
        raise AvatarError(f"avatar.{absent[0]} is missing; needed are {', '.join(sorted(needed))}")
    return Meta(**{name: tuple(value) if isinstance(value, list) else value for name, value in about.items()})


def _check_number(name: str, value, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise AvatarError(f"avatar.{name} is {_short(value)}; allowed is a number in {low:g}..{high:g}")


def _check_numbers(name: str, values, low: float, high: float) -> None:
    if not isinstance(values, tuple) or len(values) != 3:
        raise AvatarError(f"avatar.{name} is {_short(values)}; allowed are three numbers")
    for value in values:
        _check_number(name, value, low, high)


def _short(value) -> str:
    try:
        text = " ".join(str(value).split())
    except (ValueError, RecursionError):  # an endless number, a deep nest
        text = "something too large to show"
    return text if len(text) <= 60 else text[:57] + "…"
