"""Compare the meshes and hair that two Blender releases build of the same seeds.

python tools/compare_releases.py OTHER_PYTHON [--count 4]

OTHER_PYTHON is an interpreter that has simulacra and the other release's bpy installed, .venv-3.13/bin/python say.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

BAR = 1e-5  # metres

DUMP = """
import json, sys
import bpy
import numpy as np
from simulacra.procgen import registry

seed, path = int(sys.argv[1]), sys.argv[2]
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
drawn = registry.sample("faces", seed)
registry.build("faces", drawn)
bpy.context.view_layer.update()
depsgraph = bpy.context.evaluated_depsgraph_get()
arrays = {"spec": np.frombuffer(json.dumps(registry.dump("faces", drawn), sort_keys=True).encode(), np.uint8)}
for obj in bpy.data.objects:
    if obj.type == "MESH":
        data = obj.evaluated_get(depsgraph).data
        flat = np.zeros(len(data.vertices) * 3, np.float32)
        data.vertices.foreach_get("co", flat)
        corners = np.zeros(len(data.loops), np.int32)
        data.loops.foreach_get("vertex_index", corners)
        arrays[f"{obj.name} corners"] = corners
    elif obj.type == "CURVES":
        flat = np.zeros(len(obj.data.points) * 3, np.float32)
        obj.data.points.foreach_get("position", flat)
    else:
        continue
    matrix = np.array(obj.matrix_world)
    arrays[obj.name] = flat.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
np.savez(path, **arrays)
"""


def difference(first: Path, second: Path) -> tuple[float, int]:
    """The largest distance between equal points of two dumps, metres, and how many points there are."""
    with np.load(first) as one, np.load(second) as other:
        if sorted(one.files) != sorted(other.files):
            raise click.ClickException(f"objects differ: {sorted(set(one.files) ^ set(other.files))}")
        largest, count = 0.0, 0
        for name in one.files:
            a, b = one[name], other[name]
            if a.shape != b.shape:
                raise click.ClickException(f"{name}: {a.shape} here, {b.shape} there")
            if a.ndim == 1:  # the spec and the faces' corners
                if not np.array_equal(a, b):
                    raise click.ClickException(f"{name} differs")
            else:
                largest, count = max(largest, float(np.abs(a - b).max(initial=0.0))), count + len(a)
    return largest, count


@click.command()
@click.argument("other", type=click.Path(exists=True, dir_okay=False))
@click.option("--count", default=4, show_default=True)
@click.option("--seed", default=300, show_default=True)
def main(other: str, count: int, seed: int) -> None:
    """Build COUNT people here and with OTHER, and print the largest distance between their points."""
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            paths = [Path(folder, f"{number}_{k}.npz") for k in (0, 1)]
            words = [[python, "-c", DUMP, str(number), str(path)]
                     for python, path in zip((sys.executable, other), paths, strict=True)]  # fmt: skip
            building = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in words]
            for process, command in zip(building, words, strict=True):
                if process.wait():
                    raise subprocess.CalledProcessError(process.returncode, command)
            largest, points = difference(*paths)
            click.echo(f"seed {number}: {points} points, at most {largest:.2e} m apart")
            worst = max(worst, largest)
    click.echo(f"all specs, faces and counts equal; points at most {worst:.2e} m apart (bar {BAR:g} m)")
    sys.exit(worst > BAR)


if __name__ == "__main__":
    main()
