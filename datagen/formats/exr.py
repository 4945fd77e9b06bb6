"""Reads and writes OpenEXR scan lines with numpy and zlib alone, as a stock Blender has nothing else.

Where the library OpenEXR is installed it unpacks what was found to be sound, a few times as fast and bit for bit the same.
It does not write: a sample's files are the same on every machine, which hashes tell, and it packs otherwise.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ...procgen.exr import MAGIC, TYPES, ZIP, ZIP_LINES, exr_file
from ..errors import BadInput
from .limits import MAX_EDGE, MAX_PIXELS
from .png import MAX_RATIO, inflate
from .reading import read_regular
from .writing import write_whole

TILED, DEEP, MULTI_PART = 0x200, 0x800, 0x1000
MAX_HEADER = 1 << 20  # bytes of all headers together
MAX_BYTES = 1 << 33  # bytes of all pixels together
LINES = {0: 1, 2: 1, ZIP: ZIP_LINES}  # scan lines of a block by compression: NONE, ZIPS, ZIP


@dataclass(frozen=True)
class _Part:
    """What the header of a part says."""

    channels: list[tuple[str, np.dtype]]
    top: int
    height: int
    width: int
    compression: int

    @property
    def pitch(self) -> int:
        """Bytes of one scan line."""
        return self.width * sum(dtype.itemsize for _, dtype in self.channels)

    @property
    def blocks(self) -> int:
        """How many blocks its scan lines are stored in."""
        return -(-self.height // LINES[self.compression])


def read_exr(path: Path) -> dict[str, np.ndarray]:
    """Read every channel of all parts; see decode_exr."""
    return decode_exr(read_regular(Path(path), MAX_BYTES), path)


def decode_exr(data: bytes | np.ndarray, where: str | Path, most: int = MAX_BYTES) -> dict[str, np.ndarray]:
    """Every channel of all parts that the bytes of an EXR file hold; errors tell ``where`` they are from.

    ``most`` is the allowed number of bytes of all pixels together. Returns full channel name: (h, w) float32, the top line first; half and uint channels are converted. Reads scan lines
    that are not packed or packed by ZIP or ZIPS; raises BadInput on any other, broken or oversized file. Source: OpenEXR
    File Layout, openexr.com; RFC 1950.
    """
    try:
        return _decode(np.frombuffer(data, np.uint8), most)
    except BadInput as error:
        raise BadInput(f"{where}: is not a whole EXR file ({error})") from None


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> None:
    """Put a file of these channels at ``path``, whole or not at all; see encode_exr."""
    write_whole(path, encode_exr(channels))


def encode_exr(channels: dict[str, np.ndarray]) -> bytes:
    """The bytes of a file of channels, name: (h, w) float32, in one part packed by ZIP, bit for bit.

    Raises ValueError on other shapes. Source: OpenEXR File Layout, openexr.com.
    """
    names = sorted(channels, key=str.encode)
    shapes = {np.shape(channels[name]) for name in names}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 2 or not 1 <= min(shape) <= max(shape) <= MAX_EDGE:
        raise ValueError(f"exr: channels of shapes {sorted(shapes)} are not all the same (h, w)")
    height, width = shape
    if height * width > MAX_PIXELS:
        raise ValueError(f"exr: {width}×{height} px are not allowed; allowed are {MAX_PIXELS} in all")
    planes = np.empty((height, len(names), width), "<f4")
    for index, name in enumerate(names):
        planes[:, index] = channels[name]
    return exr_file(names, planes)


def _unpacked(packed: np.ndarray, size: int) -> np.ndarray:
    if len(packed) == size:
        return packed
    apart = np.frombuffer(inflate(packed, size), np.uint8) ^ np.uint8(128)
    apart[0] ^= 128  # the first byte is no difference
    apart = np.cumsum(apart, dtype=np.uint8)
    raw = np.empty(size, np.uint8)
    raw[::2], raw[1::2] = apart[: (size + 1) // 2], apart[(size + 1) // 2 :]
    return raw


class _Reader:
    """Takes a header apart and says where it ends too early."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if not 0 <= size <= len(self.data) - self.at:
            raise BadInput("its header ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def numbers(self, layout: str) -> tuple:
        """The next numbers."""
        return struct.unpack(layout, self.take(struct.calcsize(layout)))

    def name(self) -> str:
        """The next name, up to its zero; empty at the end of a list."""
        end = self.data.find(b"\0", self.at, self.at + 256)
        if end < 0:
            raise BadInput("a name in its header does not end")
        try:
            return self.take(end + 1 - self.at)[:-1].decode()
        except UnicodeDecodeError:
            raise BadInput("a name in its header is not text") from None


def _decode(data: np.ndarray, most: int) -> dict[str, np.ndarray]:
    reader = _Reader(data[:MAX_HEADER].tobytes())
    magic, version = reader.numbers("<ii")
    if magic != MAGIC or version & 0xFF != 2:
        raise BadInput("it does not begin as one")
    if version & (TILED | DEEP):
        raise BadInput("it holds tiles or deep pixels; allowed are scan lines")
    many = bool(version & MULTI_PART)
    parts = [_part(reader)]
    while many and (part := _part(reader)):
        parts.append(part)
    if parts[0] is None or sum(part.height * part.pitch for part in parts) > most:
        raise BadInput(f"it holds no part, or more than {most >> 20} MiB of pixels")
    channels, table = {}, reader.at
    for number, part in enumerate(parts):
        values = _pixels(data, table, part, number if many else None)
        if twice := set(values) & set(channels):
            raise BadInput(f"it holds channel {min(twice)} twice")
        channels |= values
        table += 8 * part.blocks
    return channels


def _part(reader: _Reader) -> _Part | None:
    """The next header; None where the list of headers ends."""
    attributes = {}
    while name := reader.name():
        reader.name()  # the type, which the name settles
        attributes[name] = reader.take(*reader.numbers("<i"))
    if not attributes:
        return None
    window, compression = attributes.get("dataWindow", b""), attributes.get("compression", b"")
    if len(window) != 16 or len(compression) != 1 or "channels" not in attributes:
        raise BadInput("its header lacks channels, dataWindow or compression")
    if attributes.get("type", b"scanlineimage") != b"scanlineimage":
        raise BadInput("it holds tiles or deep pixels; allowed are scan lines")
    if compression[0] not in LINES:
        raise BadInput(f"compression {compression[0]}; allowed are none, ZIPS and ZIP")
    left, top, right, bottom = struct.unpack("<4i", window)
    width, height = right - left + 1, bottom - top + 1
    if not (1 <= width <= MAX_EDGE and 1 <= height <= MAX_EDGE):
        raise BadInput(f"{width}×{height} px; allowed are 1…{MAX_EDGE} each")
    if width * height > MAX_PIXELS:
        raise BadInput(f"{width}×{height} px; allowed are {MAX_PIXELS} in all")
    return _Part(_channel_list(attributes["channels"]), top, height, width, compression[0])


def _channel_list(value: bytes) -> list[tuple[str, np.dtype]]:
    reader, channels = _Reader(value), {}
    while name := reader.name():
        kind, _, *sampling = reader.numbers("<iB3xii")
        if not 0 <= kind < len(TYPES) or sampling != [1, 1] or name in channels:
            raise BadInput(f"channel {name} is subsampled, of an unknown type or there twice")
        channels[name] = np.dtype(TYPES[kind])
    if not channels:
        raise BadInput("it holds no channel")
    return list(channels.items())


def _pixels(data: np.ndarray, table: int, part: _Part, number: int | None) -> dict[str, np.ndarray]:
    """The channels of one part, whose offset table begins at ``table``; everything is checked before memory is taken."""
    lead = 8 if number is None else 12
    if table + part.blocks * (8 + lead) > len(data):
        raise BadInput("it ends within the table of its blocks")
    offsets = np.frombuffer(data, "<u8", part.blocks, table)
    if offsets.max() > len(data) - lead:
        raise BadInput("a block lies beyond the end")
    starts = offsets.astype(np.int64) + lead
    heads = data[starts[:, None] + np.arange(-lead, 0)].view("<i4").astype(np.int64)
    lines = LINES[part.compression]
    first = np.arange(part.blocks, dtype=np.int64) * lines
    sizes = np.minimum(lines, part.height - first) * part.pitch
    packed = heads[:, -1]
    if (heads[:, -2] != first + part.top).any() or (number is not None and (heads[:, 0] != number).any()):
        raise BadInput("a block is not where the table says")
    least = sizes if part.compression == 0 else -(-sizes // MAX_RATIO)
    if (packed < least).any() or (packed > sizes).any() or (starts + packed > len(data)).any():
        raise BadInput("a block has the wrong size, or it ends within one")
    if part.compression and number is None and (found := _by_library(data, part)) is not None:
        return found
    pitch = np.diff(starts)
    if part.compression == 0 and (pitch == pitch[:1]).all() and (pitch[:1] > 0).all():
        # Blocks of one size, one after another: Blender's passes, 40 channels and more, are seen without a copy.
        strides = (int(pitch[0]) if len(pitch) else 1, 1)
        rows = np.lib.stride_tricks.as_strided(data[starts[0] :], (part.height, part.pitch), strides, writeable=False)
    else:
        rows = np.empty((part.height, part.pitch), np.uint8)
        for at, start, size, length in zip(*(each.tolist() for each in (first, starts, sizes, packed)), strict=True):
            rows[at : at + lines] = _unpacked(data[start : start + length], size).reshape(-1, part.pitch)
    channels, at = {}, 0
    for name, dtype in part.channels:
        end = at + part.width * dtype.itemsize
        channels[name] = rows[:, at:end].copy().view(dtype).astype(np.float32, copy=False)
        at = end
    return channels


def _by_library(data: np.ndarray, part: _Part) -> dict[str, np.ndarray] | None:
    """The channels of a file of one part as the library reads them; None where there is none, or it finds them broken."""
    library = _library()
    if library is None:
        return None
    try:
        packed = library.InputFile(io.BytesIO(data)).channels([name for name, _ in part.channels])
    except (OSError, RuntimeError, ValueError, TypeError):
        return None  # what is wrong is told by whoever reads it next
    shape, found = (part.height, part.width), {}
    for (name, dtype), values in zip(part.channels, packed, strict=True):
        if len(values) != part.height * part.width * dtype.itemsize:
            return None
        found[name] = np.frombuffer(bytearray(values), dtype).reshape(shape).astype(np.float32, copy=False)
    return found


@cache
def _library():
    """The library, if it is installed."""
    try:
        import OpenEXR
    except ImportError:
        return None
    return OpenEXR if hasattr(OpenEXR, "InputFile") else None
