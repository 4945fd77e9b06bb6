"""OpenEXR files of scan lines as bytes, with zlib alone: what a stock Blender can make in memory."""

from __future__ import annotations

import struct
import zlib

import numpy as np

MAGIC = 20000630
LONG_NAMES = 0x400
ZIP, ZIP_LINES = 3, 16  # the compression, and scan lines of a block of it
TYPES = ("<u4", "<f2", "<f4")
LEVEL = 4  # of zlib, as OpenEXR has it; 6 takes twice as long for 2 %


def exr_file(names: list[str], planes: np.ndarray) -> bytes:
    """An EXR file of one part packed by ZIP, bit for bit.

    ``planes`` (h, channels, w) are float16 or float32, the top line first; ``names`` are sorted as bytes. Raises
    ValueError on names that a file cannot hold. Source: OpenEXR File Layout, openexr.com.
    """
    height, _, width = planes.shape
    kind = "<f2" if planes.dtype == np.float16 else "<f4"
    lines = np.ascontiguousarray(planes, kind).view(np.uint8).reshape(height, -1)
    blocks = [(top, _packed(lines[top : top + ZIP_LINES].reshape(-1))) for top in range(0, height, ZIP_LINES)]
    header = _header_bytes(names, TYPES.index(kind), height, width)
    at = len(header) + 8 * len(blocks)
    offsets, body = [], []
    for top, packed in blocks:
        offsets.append(at)
        body.append(struct.pack("<ii", top, len(packed)) + packed)
        at += len(body[-1])
    return header + struct.pack(f"<{len(offsets)}Q", *offsets) + b"".join(body)


def _header_bytes(names: list[str], kind: int, height: int, width: int) -> bytes:
    raw = [name.encode() for name in names]
    if not all(0 < len(name) < 256 and 0 not in name for name in raw):
        raise ValueError(f"exr: channel names of 1…255 bytes are allowed, not {names}")
    version = 2 | (LONG_NAMES if max(map(len, raw)) > 31 else 0)
    listed = b"".join(name + b"\0" + struct.pack("<iB3xii", kind, 0, 1, 1) for name in raw) + b"\0"
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = (
        ("channels", "chlist", listed), ("compression", "compression", bytes([ZIP])), ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window), ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)), ("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
    )  # fmt: skip
    return (
        struct.pack("<ii", MAGIC, version)
        + b"".join(f"{n}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value for n, kind, value in attributes)
        + b"\0"
    )


def _packed(raw: np.ndarray) -> bytes:
    """The block's low and high bytes apart, as differences from the byte before, deflated; as it is where that is more."""
    apart = np.concatenate([raw[::2], raw[1::2]])
    apart[1:] = np.diff(apart) + np.uint8(128)
    packed = zlib.compress(apart.tobytes(), LEVEL)
    return packed if len(packed) < len(raw) else raw.tobytes()
