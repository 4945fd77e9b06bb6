"""Measure what a user of the sidebar waits for: Generate, a slider, its release, an avatar; medians, in this Blender.

Beside each is the time of the CPUs, of all threads, which says more on a machine with other work. What a second person without hair takes of memory is measured in a Blender of its own.

python tools/bench_sidebar.py [--repeat 5]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import bpy

from simulacra.addon.avatar.format import read_avatar
from simulacra.addon.avatar.objects import avatar_mesh
from simulacra.addon.people import live, person
from simulacra.procgen import registry
from simulacra.procgen.params import from_dict, to_dict
from simulacra.procgen.people import edit

TOOL = Path(__file__).with_name("make_avatar.py")


class Took(NamedTuple):
    """How long something took, seconds by the clock and of the CPUs."""

    wall: float
    cpu: float


def taken(step: Callable[[], object]) -> Took:
    """How long a step takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def middle(times: list[Took]) -> Took:
    """The median of either."""
    return Took(*map(statistics.median, zip(*times, strict=True)))


def empty() -> None:
    """An empty file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def generate(seed: int) -> Took:
    """Make a person, the first of a file."""
    empty()

    def step() -> None:
        person.generate("faces", registry.sample("faces", seed))
        bpy.context.view_layer.update()

    return taken(step)


def slider(rig, value: float, path: tuple[str, str]) -> Took:
    """From a changed field of the expression or identity to the evaluated mesh."""
    _, spec = person.spec_of(rig)

    def step() -> None:
        document = to_dict(spec)
        if path[0] == "expression":
            document["expression"]["actions"][path[1]] = value
        else:
            document["identity"]["shape"][path[1]] = value
        live.change(rig, "faces", spec, from_dict(type(spec), document))
        bpy.context.view_layer.update()
        head = next(obj for obj in rig.children if obj["class"] == "skin")
        len(head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices)

    return taken(step)


def release(rig) -> Took:
    """From letting go of the sliders to a scene that shows it all."""

    def step() -> None:
        live.settle(rig)
        bpy.context.view_layer.update()

    return taken(step)


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
    rows = [("Generate, first person", middle([generate(seed) for seed in range(1, repeat + 1)]), 5.0)]
    rig = bpy.context.view_layer.objects.active
    for name, path in (
        ("expression slider", ("expression", "jawOpen")),
        ("identity slider", ("identity", "nose-hump")),
    ):
        times = [slider(rig, (index % 7) / 10, path) for index in range(3 * repeat)]
        bar = 0.06 if path[0] == "expression" else 0.1
        rows.append((f"{name}, first move", times[0], 0.3))
        rows.append((name, middle(times), bar))
        let_go = []
        for index in range(repeat):
            slider(rig, 0.15 + index / 10, path)
            let_go.append(release(rig))
        rows.append((f"{name}, let go", middle(let_go), 1.0))
    rows.append(("all parts built again", taken(lambda: live.build_again(rig)), float("nan")))
    assert edit.stale(rig, person.spec_of(rig)[1]) == []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "head.avatar.safetensors")
        subprocess.run([sys.executable, TOOL, path, "--shape", "head"], check=True, capture_output=True)
        times = [taken(lambda: avatar_mesh(read_avatar(path), 128, "attribute")) for _ in range(repeat)]
        rows.append(("avatar 3×32×128² to mesh at 128³", middle(times), 5.0))
    for name, took, bar in rows:
        print(f"{name:36}{took.wall * 1000:9.1f} ms {took.cpu * 1000:9.1f} ms of CPU   bar {bar * 1000:.0f} ms")
    if Path("/proc/self/statm").exists():
        first, second, third = memory()
        print(f"{'one bald person':36}{first:9.1f} MB\n{'a second one':36}{second:9.1f} MB   bar 60 MB")
        print(f"{'a third one, with beard and hood':36}{third:9.1f} MB")


if __name__ == "__main__":
    main()
