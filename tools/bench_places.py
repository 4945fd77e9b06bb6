"""Measure what places cost: CPU seconds, wall seconds, memory and the labels' share, one process a sample.

python tools/bench_places.py desert                     # 256x144, 64 samples, generation included
python tools/bench_places.py kinds --size 512           # a frame of every kind
python tools/bench_places.py stereo                     # a 1080p stereo pair of a forest with all labels
python tools/bench_places.py scenes --seeds 8 --size 64 # that every kind of every seed builds and is labelled
python tools/bench_places.py repeat                     # that two runs give the same labels

Every sample is one line of JSON in --out, its picture beside that; samples that are there already are not rendered again.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from simulacra.procgen.places.scenes.recipes import RECIPES

RENDER = """
import json, resource, sys, time
from pathlib import Path
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.rendering.render import render_sample
recipe, folder = Recipe.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2])
start, clock = time.process_time(), time.perf_counter()
record = render_sample(recipe.sample(0), recipe, folder)
print(json.dumps(record["seconds"] | {
    "cpu": time.process_time() - start, "wall": time.perf_counter() - clock,
    "memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


class Plan(NamedTuple):
    """What is measured: kinds, picture, seeds, and the bars that the figures are printed beside."""

    kinds: tuple[str, ...]
    width: int
    height: int
    samples: int
    bars: dict[str, float]
    views: int = 1
    first: int = 0
    takes: int = 1


PLANS = {
    "desert": Plan(("desert",), 256, 144, 64, {"cpu": 120.0, "memory_gib": 2.0}),
    "kinds": Plan(tuple(RECIPES), 512, 512, 24, {"wall": 90.0}),
    "stereo": Plan(("forest",), 1920, 1080, 24, {"wall": 900.0, "memory_gib": 8.0}, views=2),
    "scenes": Plan(tuple(RECIPES), 512, 512, 1, {}, first=100),
    "repeat": Plan(tuple(RECIPES), 96, 96, 1, {}, first=7, takes=2),
}


def sample(
    pictures: Path, kind: str, seed: int, width: int, height: int, samples: int, views: int = 1, frames: int = 1
) -> dict:
    """Render one sample in a process of its own; its figures, or what went wrong, and a hash of its labels."""
    recipe = {
        "generator": "places", "seed": seed, "size": width, "height": 0 if height == width else height, "samples": samples,
        "views": views, "frames": frames, "settings": [f"kind={kind}"],
    }  # fmt: skip
    row = {
        "kind": kind,
        "seed": seed,
        "size": f"{width}x{height}",
        "samples": samples,
        "views": views,
        "frames": frames,
    }
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", RENDER, json.dumps(recipe), folder], capture_output=True, text=True
        )
        row["process_wall"] = time.perf_counter() - start
        if done.returncode:
            return row | {"error": " ".join(done.stderr.split())[-400:]}
        pictures.mkdir(exist_ok=True)
        shutil.copy(Path(folder, "0000.rgb.png"), pictures / f"{kind}_{seed}_{width}.png")
        digest = hashlib.sha256()
        for path in sorted(Path(folder).glob("*")):
            if ".rgb." not in path.name and ".albedo." not in path.name:
                digest.update(path.name.encode() + path.read_bytes())
        return row | json.loads(done.stdout.splitlines()[-1]) | {"labels_sha256": digest.hexdigest()}


def run(out: Path, wanted: list[dict]) -> list[dict]:
    """The rows of all samples that are wanted; those in ``out`` are taken from there."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.is_file() else []
    found = []
    for job in wanted:
        height = job["height"]
        key = (
            job["kind"],
            job["seed"],
            f"{job['width']}x{height}",
            job["samples"],
            job.get("views", 1),
            job.get("take", 0),
        )
        old = [
            row
            for row in rows
            if (row["kind"], row["seed"], row["size"], row["samples"], row["views"], row.get("take", 0)) == key
        ]
        if not old:
            take = job.pop("take", 0)
            old = [sample(out.with_suffix(".pictures"), **job) | {"take": take}]
            with out.open("a") as file:
                file.write(json.dumps(old[0]) + "\n")
            rows += old
        row = old[0]
        found.append(row)
        told = row.get("error") or (f"{row['cpu']:7.1f} CPU-s {row['wall']:7.1f} s  build {row['build']:5.1f}  picture {row['cycles_rgb']:6.1f}  "
                                    f"labels {row['cycles_labels']:5.2f}  {row['memory_gib']:.2f} GiB")  # fmt: skip
        click.echo(f"{row['kind']:>15} {row['seed']:>3} {row['size']:>10} {row['samples']:>3} {told}")
    return found


@click.command()
@click.argument("what", type=click.Choice(list(PLANS)))
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/bench_places.jsonl"), show_default=True)
@click.option("--size", default=0, help="edge or width in pixels; that of WHAT by default")
@click.option("--samples", default=0, help="Cycles samples a pixel; those of WHAT by default")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(RECIPES)), help="only these; all by default")
@click.option("--seeds", default=1, show_default=True)
@click.option("--first", default=0, help="number of the first seed of scenes, so that several runs can share them out")
def main(what: str, out: Path, size: int, samples: int, kinds: tuple[str, ...], seeds: int, first: int) -> None:
    """Measure WHAT and print the figures and their bars."""
    out.parent.mkdir(parents=True, exist_ok=True)
    plan = PLANS[what]
    width = size or plan.width
    height = width * plan.height // plan.width
    wanted = [{"kind": kind, "seed": plan.first + first + seed, "width": width, "height": height,
               "samples": samples or plan.samples, "views": plan.views, "take": take}
              for seed in range(seeds) for kind in kinds or plan.kinds for take in range(plan.takes)]  # fmt: skip
    rows = run(out, wanted)
    if what == "repeat":
        same = [
            a.get("labels_sha256") == b.get("labels_sha256") and "error" not in a
            for a, b in zip(rows[::2], rows[1::2], strict=True)
        ]
        click.echo(f"labels equal in two runs: {sum(same)} of {len(same)}")
    whole = [row for row in rows if "error" not in row]
    click.echo(f"{len(whole)} of {len(rows)} without a failure")
    for name, bar in plan.bars.items() if whole else ():
        values = [row[name] for row in whole]
        click.echo(f"{name}: median {np.median(values):.2f}, worst {max(values):.2f} (bar {bar:g})")
    if whole:
        share = [row["cycles_labels"] / row["cycles_rgb"] for row in whole]
        click.echo(f"labels / picture: median {np.median(share):.3f}, worst {max(share):.3f} (bar 0.10)")
    sys.exit(len(whole) < len(rows))


if __name__ == "__main__":
    main()
