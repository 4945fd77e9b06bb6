"""Arrays by name in one .npz file: plain numbers alone, and no more memory than a file of its kind may need."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..errors import BadInput

KINDS = "biufU"  # of numbers and text; objects would be pickles
# What zipfile and zlib raise of broken files: places before the start, methods and flags that nobody knows, passwords.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    OSError,
    ArithmeticError,
)
HEADER = 2**10  # bytes before the numbers of an array


def encode_npz(arrays: dict[str, np.ndarray]) -> bytes:
    """The bytes of an .npz file; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def decode_npz(data: bytes, where: str | Path, names: tuple[str, ...], most: int) -> dict[str, np.ndarray]:
    """The arrays of these names, and no others may be there; together of at most ``most`` bytes before any is unpacked.

    Raises BadInput, which tells ``where`` the bytes are from. Source: numpy.lib.format, versions 1 to 3.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            found = [entry.filename.removesuffix(".npy") for entry in packed.infolist()]
            if sorted(found) != sorted(names):
                raise BadInput(f"{where}: holds {_said(', '.join(sorted(found)))}; allowed are {', '.join(names)}")
            size = sum(entry.file_size for entry in packed.infolist())
            if size > most:
                raise BadInput(f"{where}: holds arrays of {size} bytes; allowed are {most}")
            return {name: _array(packed.read(f"{name}.npy"), where, name) for name in names}
    except BadInput:
        raise
    except BROKEN as error:
        raise BadInput(f"{where}: is not a whole .npz file ({_said(error)})") from None


def _array(data: bytes, where: str | Path, name: str) -> np.ndarray:
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(file, max_header_size=HEADER)
        if kind.kind not in KINDS or kind.hasobject:
            raise BadInput(f"{where}: {name} is of type {kind}; allowed are numbers")
        if int(np.prod(shape, dtype=object)) * kind.itemsize != len(data) - file.tell():
            raise BadInput(f"{where}: {name} is not whole")
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False, max_header_size=HEADER)
    except BadInput:
        raise
    except (ValueError, TypeError, SyntaxError, EOFError, OverflowError) as error:
        raise BadInput(f"{where}: {name} is not an array ({_said(error)})") from None


def _said(error: object) -> str:
    """What a library says of a file, in one short line."""
    return " ".join(str(error).split())[:200]
