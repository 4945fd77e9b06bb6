"""Reads and writes PNG with numpy and zlib alone, as a stock Blender has nothing else."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from ...procgen.png import COLOUR_TYPES, SIGNATURE, png_file
from ..errors import BadInput
from .limits import MAX_EDGE, MAX_PIXELS, OVERHEAD
from .reading import read_regular
from .writing import write_whole

MAX_BYTES = 8 * MAX_PIXELS + OVERHEAD  # of a file: RGBA of 16 bits
MAX_RATIO = 1032  # deflate packs no better than this
SLACK = 4096  # bytes
BAND = 512  # rows that are unfiltered together; bounds the memory that takes


def read_png(path: Path) -> np.ndarray:
    """Read a picture of 8 or 16 bits; see decode_png."""
    return decode_png(read_regular(Path(path), MAX_BYTES), path)


def decode_png(data: bytes, where: str | Path) -> np.ndarray:
    """The picture of 8 or 16 bits that the bytes of a PNG file hold; errors tell ``where`` they are from.

    Returns (h, w), (h, w, 3) or (h, w, 4), uint8 or uint16: grey, RGB or RGBA without a palette, not interlaced. Raises
    BadInput unless the file is whole, with every checksum right at most 16384 px along an edge and
    8192×8192 in all. Source: Portable Network
    Graphics (PNG) Specification, W3C; RFC 1950.
    """
    try:
        return _decode(data)
    except BadInput as error:
        raise BadInput(f"{where}: is not a whole PNG file ({error})") from None


def write_png(path: Path, values: np.ndarray) -> None:
    """Put a picture at ``path``, whole or not at all; see encode_png."""
    write_whole(path, encode_png(values))


def encode_png(values: np.ndarray) -> bytes:
    """The bytes of a PNG file that holds a picture.

    Takes (h, w), (h, w, 3) or (h, w, 4), uint8 or uint16; raises ValueError on anything else. Source: Portable Network
    Graphics (PNG) Specification, W3C.
    """
    values = np.asarray(values)
    channels = 1 if values.ndim == 2 else values.shape[2] if values.ndim == 3 and values.shape[2] > 1 else 0
    if values.dtype not in (np.uint8, np.uint16) or channels not in COLOUR_TYPES or not values.size:
        raise ValueError(f"png: {values.dtype} {values.shape} is not uint8 or uint16 (h, w), (h, w, 3) or (h, w, 4)")
    height, width = values.shape[:2]
    if max(height, width) > MAX_EDGE:
        raise ValueError(f"png: {width}×{height} px is not allowed; allowed are {MAX_EDGE}×{MAX_EDGE}")
    if height * width > MAX_PIXELS:
        raise ValueError(f"png: {width}×{height} px are not allowed; allowed are {MAX_PIXELS} in all")
    depth = values.dtype.itemsize
    rows = np.ascontiguousarray(values.astype(f">u{depth}")).view(np.uint8).reshape(height, -1)
    return png_file(width, height, 8 * depth, channels, zlib.compress(_filtered(rows, depth * channels), 6))


def inflate(packed, size: int) -> bytes:
    """Exactly ``size`` bytes out of a whole zlib stream (RFC 1950), or BadInput; never more memory than that."""
    if size > MAX_RATIO * len(packed) + SLACK:  # no memory is asked for what cannot be there
        raise BadInput("its data ends too early")
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, size + 1)
    except zlib.error as error:
        raise BadInput(f"its data cannot be unpacked: {error}") from None
    if len(raw) != size or not stream.eof:
        raise BadInput("its data ends too early" if len(raw) < size else "its data goes on after the last pixel")
    return raw


def _filtered(rows: np.ndarray, step: int) -> bytes:
    """Each row behind its filter's number: none, Sub or Up, whichever leaves the least.

    Average and Paeth would save a few percent and cost a reader ten times as long.
    """
    left, up = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], up[1:] = rows[:, :-step], rows[:-1]
    candidates = (rows, rows - left, rows - up)
    # The PNG specification's measure: the sum of the differences, taken as signed bytes.
    sizes = [np.minimum(each, 0 - each).sum(1, dtype=np.int64) for each in candidates]
    chosen = np.argmin(sizes, 0)
    out = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    out[:, 0] = chosen
    for number, each in enumerate(candidates):
        out[chosen == number, 1:] = each[chosen == number]
    return out.tobytes()


def _decode(data: bytes) -> np.ndarray:
    if data[:8] != SIGNATURE:
        raise BadInput("it does not begin as one")
    header, packed = None, []
    for kind, body in _chunks(data):
        if (kind == b"IHDR") != (header is None):
            raise BadInput("its header is not the first chunk, once")
        if kind == b"IHDR":
            header = _header(body)
        elif kind == b"IDAT":
            packed.append(body)
        elif kind not in (b"PLTE", b"IEND") and not kind[0] & 32:
            raise BadInput("it holds an unknown chunk that is needed")
    height, width, depth, channels = header
    row = width * channels * depth
    rows = np.frombuffer(inflate(b"".join(packed), height * (row + 1)), np.uint8).reshape(height, row + 1)
    if rows[:, 0].max() > 4:
        raise BadInput(f"filter {rows[:, 0].max()} is not one of the five")
    pixels = _unfiltered(rows[:, 0], rows[:, 1:], depth * channels)
    values = pixels.view(f">u{depth}").astype(f"u{depth}", copy=False)
    return values.reshape((height, width) if channels == 1 else (height, width, channels))


def _chunks(data: bytes):
    """Kind and body of each chunk up to IEND, its checksum checked."""
    at, kind = 8, b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise BadInput("it ends too early")
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            raise BadInput("it ends within a chunk")
        body = memoryview(data)[at + 8 : at + 8 + size]
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, at + 8 + size)[0]:
            raise BadInput("a checksum is wrong")
        yield kind, body
        at += 12 + size


def _header(body) -> tuple[int, int, int, int]:
    """Height, width, bytes a sample, channels."""
    if len(body) != 13:
        raise BadInput("its header has the wrong length")
    width, height, bits, colour, compression, filters, interlace = struct.unpack(">IIBBBBB", body)
    if not (1 <= width <= MAX_EDGE and 1 <= height <= MAX_EDGE):
        raise BadInput(f"{width}×{height} px; allowed are 1…{MAX_EDGE} each")
    if width * height > MAX_PIXELS:
        raise BadInput(f"{width}×{height} px; allowed are {MAX_PIXELS} in all")
    channels = {number: channels for channels, number in COLOUR_TYPES.items()}.get(colour)
    if channels is None or bits not in (8, 16):
        raise BadInput(f"colour type {colour} of {bits} bits; allowed are grey, RGB and RGBA of 8 or 16")
    if compression or filters or interlace:
        raise BadInput("it is interlaced, or packed in an unknown way")
    return height, width, bits // 8, channels


def _unfiltered(filters: np.ndarray, rows: np.ndarray, step: int) -> np.ndarray:
    """Undo the rows' filters; ``step`` bytes are one pixel."""
    out = np.empty(rows.shape, np.uint8)
    above = np.zeros(rows.shape[1], np.uint8)
    for start in range(0, len(rows), BAND):
        band = slice(start, start + BAND)
        undo = _undo_any if filters[band].max() > 2 else _undo_sums
        undo(filters[band], rows[band], above, step, out[band])
        above = out[band][-1]
    return out


def _undo_sums(filters, rows, above, step: int, out) -> None:
    """None, Sub and Up are running sums: whole runs of rows of one filter at a time."""
    edges = [0, *(np.flatnonzero(np.diff(filters)) + 1).tolist(), len(rows)]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        part, kind = rows[start:stop], filters[start]
        if kind == 0:
            out[start:stop] = part
        elif kind == 1:
            pixels = part.reshape(len(part), -1, step)
            out[start:stop] = np.cumsum(pixels, 1, np.uint8).reshape(part.shape)
        else:
            np.cumsum(part, 0, np.uint8, out=out[start:stop])
            out[start:stop] += out[start - 1] if start else above


def _undo_any(filters, rows, above, step: int, out) -> None:
    """All five filters along diagonals: a pixel needs its left, upper and upper left ones, so a diagonal is one step."""
    count, length = len(rows), rows.shape[1] // step
    across = length + count
    # Row y moved right by y pixels: written with a pitch one pixel longer than it is read with.
    skewed = np.zeros((count * (across + 1), step), np.uint8)
    skewed.reshape(count, across + 1, step)[:, :length] = rows.reshape(count, length, step)
    deltas = np.ascontiguousarray(skewed[: count * across].reshape(count, across, step).swapaxes(0, 1))
    kind = filters[:, None]
    of_left, of_up = (np.isin(kind, pair).astype(np.int16) for pair in ((1, 3), (2, 3)))
    halved, paeth = (kind == 3).astype(np.int16), kind == 4
    before = np.zeros((across + 1, step), np.int16)
    before[:length] = above.reshape(length, step)
    # Row y stands at y + 1; at 0 is the row above the band.
    older, newer = np.zeros((2, count + 1, step), np.int16)
    newer[0] = before[0]
    for diagonal in range(across):
        left, up, corner = newer[1:], newer[:-1], older[:-1]
        to_left, to_up = up - corner, left - corner
        to_corner = np.abs(to_left + to_up)
        np.abs(to_left, to_left)
        np.abs(to_up, to_up)
        guess = np.where(to_up <= to_corner, up, corner)
        guess = np.where((to_left <= to_up) & (to_left <= to_corner), left, guess)
        guess = np.where(paeth, guess, (left * of_left + up * of_up) >> halved)
        older, newer = newer, np.empty_like(newer)
        newer[0] = before[diagonal + 1]
        newer[1:] = (guess + deltas[diagonal]) & 255
        deltas[diagonal] = newer[1:]
    skewed[: count * across].reshape(count, across, step)[:] = deltas.swapaxes(0, 1)
    out[:] = skewed.reshape(count, across + 1, step)[:, :length].reshape(count, -1)
