"""Measure what a user of the sidebar waits for: Generate, a slider, an avatar; medians, in this Blender.

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
    """Seconds to make a person, the first of a file, with light and camera."""
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
        rows.append((f"{name}, first move", times[0], 0.1))
        rows.append((name, statistics.median(times), 0.1))
    started = time.perf_counter()
    live.settle(rig)
    rows.append(("all parts built again", time.perf_counter() - started, float("nan")))
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


if __name__ == "__main__":
    main()
