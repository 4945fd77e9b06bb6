"""PNG files as bytes, with zlib alone: what a stock Blender can make in memory."""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels: colour type


def png_file(width: int, height: int, depth: int, channels: int, packed: bytes) -> bytes:
    """A PNG file of ``depth`` bits a channel around packed rows. Source: PNG Specification, W3C."""
    header = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def quick_png(values: np.ndarray) -> bytes:
    """The PNG file of a picture (h, w, 1 | 3 | 4) uint8, top row first, made for speed: every row is told by the
    differences of its pixels, and only repeats of one byte are shortened."""
    height, width, channels = values.shape
    rows = np.empty((height, width * channels + 1), np.uint8)
    rows[:, 0] = 1  # the filter "Sub"
    flat = np.ascontiguousarray(values, np.uint8).reshape(height, -1)
    rows[:, 1 : channels + 1] = flat[:, :channels]
    np.subtract(flat[:, channels:], flat[:, :-channels], out=rows[:, channels + 1 :])
    stream = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return png_file(width, height, 8, channels, stream.compress(rows) + stream.flush())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
