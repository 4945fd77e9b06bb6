"""Renderers that make a tiny sample without Blender, or fail in a chosen way by the sample's index."""

import os
import signal
import time
from pathlib import Path


def small(spec, recipe, folder: Path) -> dict:
    """Write two files, with a moment between them."""
    (folder / "0000.rgb.png").write_bytes(os.urandom(2000))
    time.sleep(0.02)
    (folder / "spec.json").write_text(repr(spec))
    return {"frames": [0], "seconds": {}}


def slow(spec, recipe, folder: Path) -> dict:
    """Take longer than any test."""
    (folder / "half.bin").write_bytes(b"half")
    time.sleep(600)


def troubled(spec, recipe, folder: Path) -> dict:
    """Crash on the third sample, hang on the fifth, raise on the seventh; crash once on the ninth."""
    index = int(folder.name.split("-")[1])
    (folder / "half.bin").write_bytes(b"half")
    if index == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if index == 5:
        time.sleep(600)
    if index == 7:
        raise RuntimeError("a reason\nof two lines")
    once = folder.parent.with_name("once")
    if index == 9 and not once.exists():
        once.write_text("")
        os.kill(os.getpid(), signal.SIGSEGV)
    return small(spec, recipe, folder)


def nothing(spec, recipe, folder: Path) -> dict:
    """Write no file at all."""
    return {"frames": [], "seconds": {}}


def full_disk(spec, recipe, folder: Path) -> dict:
    """Fail as a full disk does."""
    (folder / "half.bin").write_bytes(b"half")
    raise OSError(28, "No space left on device")


def heavy(spec, recipe, folder: Path) -> dict:
    """Write much, and fail as a library does that does not say why."""
    try:
        for number in range(20):
            (folder / f"{number:04d}.rgb.png").write_bytes(bytes(1 << 20))
    except OSError:
        raise RuntimeError("cannot write the picture") from None
    return {"frames": [0], "seconds": {}}


def drawn(spec, recipe, folder: Path) -> dict:
    """Take a time, and write a number of bytes, that are drawn from the sample's index."""
    import numpy as np

    share = np.random.default_rng(int(folder.name.split("-")[1])).gamma(9, 1 / 9)
    time.sleep(0.25 * share)
    (folder / "0000.rgb.png").write_bytes(bytes(round(10_000 * share)))
    return {"frames": [0], "seconds": {}}


def device(spec, recipe, folder: Path) -> dict:
    """Tell the device that was asked for as the one that was used."""
    return small(spec, recipe, folder) | {"device": {"type": recipe.device.upper(), "names": ["a card"]}}


def process(spec, recipe, folder: Path) -> dict:
    """Write which process rendered the sample, with how many threads."""
    (folder / "process.txt").write_text(f"{os.getpid()} {recipe.threads}")
    return {"frames": [0], "seconds": {}}


def settled(spec, recipe, folder: Path) -> dict:
    """Write a label that is the same wherever it is rendered, after a while; and count the renders of each sample."""
    index = int(folder.name.split("-")[1])
    started = os.environ.get("SIMULACRA_TEST_COUNT")
    if started:
        with open(started, "a") as file:
            file.write(f"{index}\n")
    time.sleep(0.3)
    (folder / "0000.depth.exr").write_bytes(repr(spec).encode())
    (folder / "spec.json").write_text(repr(spec))
    return {"frames": [0], "seconds": {"total": 0.3}}


def labelled(spec, recipe, folder: Path) -> dict:
    """Write a picture and a camera, which is what an export needs at least."""
    import json

    import numpy as np

    from simulacra.datagen.formats.png import write_png

    write_png(folder / "0000.rgb.png", np.full((4, 4, 3), 128, np.uint8))
    (folder / "camera.json").write_text(json.dumps({"frames": [{"frame": 0}]}))
    return {"frames": [0], "seconds": {}}


def littering(spec, recipe, folder: Path) -> dict:
    """Leave something in the temporary folder, as Blender does where it is killed."""
    import tempfile

    Path(tempfile.mkdtemp(prefix="blender_"), "quit.blend").write_bytes(b"left")
    return small(spec, recipe, folder)
