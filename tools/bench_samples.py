"""Print what samples buy: CPU seconds of a face's picture, and its error against a reference of many samples.

python tools/bench_samples.py [--seeds 3,8] [--size 512] [--samples 8,12,16,24,32] [--reference 1024]

The error is the root mean square over the pictures as a camera shows them, in levels of 255, with Open Image Denoise over
all but the reference. Building counts apart: it is the same at every count of samples.
"""

import time

import bpy
import click
import numpy as np

from simulacra.datagen.rendering import passes
from simulacra.datagen.rendering.tone import tone_curve
from simulacra.procgen import registry

SLOPE = 1.6  # of the tone curve that errors are seen through


def numbers(words: str) -> list[int]:
    """The integers of a list like 3,8."""
    return [int(word) for word in words.split(",")]


def shown(scene, samples: int, reference: bool) -> tuple[np.ndarray, float]:
    """The picture (h, w, 3) in levels of 255, and the CPU seconds that it took."""
    passes.picture_settings(scene, samples)
    if reference:
        scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    scene.cycles.seed = samples
    before = time.process_time()
    channels = passes.render_channels(scene, passes.CyclesClock())
    return tone_curve(passes.pick(channels, "combined"), SLOPE) / 257.0, time.process_time() - before


@click.command()
@click.option("--seeds", default="3,8", show_default=True)
@click.option("--size", default=512, show_default=True)
@click.option("--samples", default="8,12,16,24,32", show_default=True)
@click.option("--reference", default=1024, show_default=True)
def main(seeds: str, size: int, samples: str, reference: int) -> None:
    """Print a row for every count of samples, means over the seeds."""
    rows, builds = {count: [] for count in numbers(samples)}, []
    for seed in numbers(seeds):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        before = time.process_time()
        person = registry.build("faces", registry.sample("faces", seed))
        builds.append(time.process_time() - before)
        scene = bpy.context.scene
        scene.camera = person.cameras[0]
        passes.configure(scene, (size, size), 0)
        truth, seconds = shown(scene, reference, True)
        click.echo(f"seed {seed}: reference of {reference} samples, {seconds:.0f} CPU s", err=True)
        for count, found in rows.items():
            picture, seconds = shown(scene, count, False)
            found.append((seconds, float(np.sqrt(np.mean((picture - truth) ** 2)))))
    click.echo(f"{size}² px, {len(builds)} faces: building {np.mean(builds):.1f} CPU s each")
    for count, found in rows.items():
        seconds, error = np.mean(found, 0)
        click.echo(f"{count} samples: {seconds:.1f} CPU s, error {error:.2f} of 255")


if __name__ == "__main__":
    main()
