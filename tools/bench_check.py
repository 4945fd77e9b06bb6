"""Times ``simulacra check`` on datasets made of numbers, of more and more frames and samples: each must cost the same."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests")]  # which make a dataset in closed form, without Blender

import proven_stage  # noqa: E402

from simulacra.datagen.check import check_dataset  # noqa: E402

FRAMES, SAMPLES = (10, 100, 1000), (100, 1000, 3000)
NAMES = ("rgb", "depth", "instance")  # of 16×24 px: what is timed is what grows with their number
MOST = 1.5  # times as long as with the fewest, beyond which a frame or sample is said to cost more


def measure(folder: Path, samples: int, frames: int) -> float:
    """Seconds of a check that holds."""
    path = proven_stage.make_proven(folder / f"{samples}x{frames}", samples, frames, 1, (16, 24), names=NAMES)
    started = time.perf_counter()
    report = check_dataset(path)
    seconds = time.perf_counter() - started
    assert report.ok, report.summary()
    return seconds


def main(shrink: int = 1) -> int:
    """Print seconds, milliseconds a frame and the ratio to the fewest; 1 where a ratio says that it does not grow evenly."""
    worst = 0.0
    proven_stage.STEP = proven_stage.GOES = 0.0  # in a thousand frames all would leave the picture
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder, "first"), 1, 1)  # what is loaded when it is first needed is not counted
        for unit, counts in (("frames", FRAMES), ("samples", SAMPLES)):
            first = None
            for count in sorted({max(count // shrink, 2) for count in counts}):
                seconds = measure(Path(folder, unit, str(count)), *((1, count) if unit == "frames" else (count, 1)))
                each = 1e3 * seconds / count
                first = first or each
                worst = max(worst, each / first)
                print(f"{count:6} {unit:8}{seconds:9.2f} s{each:8.2f} ms each{each / first:7.2f} times", flush=True)
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:2])))
