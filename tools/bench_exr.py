"""Times our EXR codec against the library OpenEXR on label-like pictures, and prints how many times as long ours takes."""

from __future__ import annotations

import io
import sys
import time

import numpy as np
import OpenEXR

from simulacra.datagen.formats import exr

SIZES = {"512": (512, 512), "1080p": (1080, 1920)}


def pictures(height: int, width: int) -> dict[str, dict[str, np.ndarray]]:
    """Channels of a depth with background, of a position, and of noise, which packs worst."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    depth = 2 + 0.003 * np.hypot(x - width / 2, y - height / 2)
    noise = np.random.default_rng(0).random((3, height, width), np.float32)
    return {
        "depth": {"V": np.where(depth > 2 + 0.001 * height, np.inf, depth).astype(np.float32)},
        "position": {"X": depth, "Y": 2 * depth, "Z": depth + 1},
        "noise": dict(zip("XYZ", noise, strict=True)),
    }


def seconds(work, tries: int) -> float:
    """The shortest of a few runs."""
    taken = []
    for _ in range(tries):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def by_library(data: bytes) -> dict:
    """Its channels, as its own interface gives them."""
    return {
        name: found.pixels for name, found in OpenEXR.File(io.BytesIO(data), separate_channels=True).channels().items()
    }


def write_by_library(channels: dict[str, np.ndarray]) -> None:
    """A file in memory, packed as ours is."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, dict(channels)).write(io.BytesIO())


def main(tries: int = 5, sizes: tuple[str, ...] = tuple(SIZES)) -> None:
    """Print a row for each picture: milliseconds of ours alone, of the library, and of what read_exr does with it."""
    print(
        f"{'':16}{'read ours':>11}{'library':>9}{'ours with it':>14}{'times':>7}   {'write ours':>11}{'library':>9}{'times':>7}"
    )
    for size in sizes:
        for name, channels in pictures(*SIZES[size]).items():
            data = exr.encode_exr(channels)
            together = seconds(lambda data=data: exr.decode_exr(data, "picture"), tries)
            kept, exr._library = exr._library, lambda: None
            try:
                ours = seconds(lambda data=data: exr.decode_exr(data, "picture"), tries)
            finally:
                exr._library = kept
            theirs = seconds(lambda data=data: by_library(data), tries)
            writes = [
                seconds(lambda channels=channels, work=work: work(channels), tries)
                for work in (exr.encode_exr, write_by_library)
            ]
            figures = (
                1e3 * ours,
                1e3 * theirs,
                1e3 * together,
                ours / together,
                *(1e3 * each for each in writes),
                writes[0] / writes[1],
            )
            print(
                f"{size:6}{name:10}" + "{:11.1f}{:9.1f}{:14.1f}{:7.1f}   {:11.1f}{:9.1f}{:7.1f}".format(*figures),
                flush=True,
            )


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]), *([tuple(sys.argv[2:])] if sys.argv[2:] else []))
