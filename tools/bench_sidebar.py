"""Measure what a user of the sidebar waits for: Generate, a slider, its release, an avatar; medians, in this Blender.

What a second person without hair takes of memory is measured in a Blender of its own.

python tools/bench_sidebar.py [--repeat 5]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bpy

from simulacra.addon.avatar.format import read_avatar
from simulacra.addon.avatar.objects import avatar_mesh
from simulacra.addon.people import live, person
from simulacra.procgen import registry
from simulacra.procgen.params import from_dict, to_dict
from simulacra.procgen.people import edit

TOOL = Path(__file__).with_name("make_avatar.py")


def empty() -> None:
    """An empty file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def generate(seed: int) -> float:
    """Seconds to make a person, the first of a file."""
    empty()
    started = time.perf_counter()
    person.generate("faces", registry.sample("faces", seed))
    bpy.context.view_layer.update()
    return time.perf_counter() - started


def slider(rig, value: float, path: tuple[str, str]) -> float:
    """Seconds from a changed field of the expression or identity to the evaluated mesh."""
    _, spec = person.spec_of(rig)
    started = time.perf_counter()
    document = to_dict(spec)
    if path[0] == "expression":
        document["expression"]["actions"][path[1]] = value
    else:
        document["identity"]["shape"][path[1]] = value
    live.change(rig, "faces", spec, from_dict(type(spec), document))
    bpy.context.view_layer.update()
    head = next(obj for obj in rig.children if obj["class"] == "skin")
    len(head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices)
    return time.perf_counter() - started


def release(rig) -> float:
    """Seconds from letting go of the sliders to a scene that shows it all."""
    started = time.perf_counter()
    live.settle(rig)
    bpy.context.view_layer.update()
    return time.perf_counter() - started


def again(rig) -> float:
    """Seconds to build every part of a person afresh."""
    started = time.perf_counter()
    live.build_again(rig)
    return time.perf_counter() - started


SECOND = """
import ctypes, resource, bpy
from simulacra.addon.people import person
from simulacra.procgen import registry
from simulacra.procgen.params import parse_settings
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
bald = parse_settings(("hair.groom=bald", "wear.headwear.kind=none"))
def held():
    bpy.context.view_layer.update()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed is not held
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
for seed in range(1, 4):
    person.generate("faces", registry.sample("faces", seed, bald), name=f"Person {seed}")
    now = held()
    print("MB", now - before if seed > 1 else now)
    before = now
"""


def memory() -> list[float]:
    """Resident megabytes with one bald person, and what the second and the third one add."""
    done = subprocess.run([sys.executable, "-c", SECOND], check=True, capture_output=True, text=True)
    return [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("MB ")]


def main() -> None:
    """Print the medians beside their bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    print(f"Blender {bpy.app.version_string}, medians of {repeat}")
    rows = [("Generate, first person", statistics.median(generate(seed) for seed in range(1, repeat + 1)), 5.0)]
    rig = bpy.context.view_layer.objects.active
    for name, path in (
        ("expression slider", ("expression", "jawOpen")),
        ("identity slider", ("identity", "nose-hump")),
    ):
        times = [slider(rig, (index % 7) / 10, path) for index in range(3 * repeat)]
        bar = 0.06 if path[0] == "expression" else 0.1
        rows.append((f"{name}, first move", times[0], 0.3))
        rows.append((name, statistics.median(times), bar))
        let_go = []
        for index in range(repeat):
            slider(rig, 0.15 + index / 10, path)
            let_go.append(release(rig))
        rows.append((f"{name}, let go", statistics.median(let_go), 1.0))
    rows.append(("all parts built again", again(rig), float("nan")))
    assert edit.stale(rig, person.spec_of(rig)[1]) == []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "head.avatar.safetensors")
        subprocess.run([sys.executable, TOOL, path, "--shape", "head"], check=True, capture_output=True)
        times = []
        for _ in range(repeat):
            started = time.perf_counter()
            avatar_mesh(read_avatar(path), 128, "attribute")
            times.append(time.perf_counter() - started)
        rows.append(("avatar 3×32×128² to mesh at 128³", statistics.median(times), 5.0))
    for name, seconds, bar in rows:
        print(f"{name:36}{seconds * 1000:9.1f} ms   bar {bar * 1000:.0f} ms")
    if Path("/proc/self/statm").exists():
        first, *more = memory()
        print(f"{'one bald person':36}{first:9.1f} MB\n{'each one more':36}{max(more):9.1f} MB   bar 60 MB")


if __name__ == "__main__":
    main()
