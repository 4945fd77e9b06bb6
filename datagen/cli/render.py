"""simulacra render: a labelled dataset."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from ..errors import NO_SPACE, BadInput, Unfinished


def parse_shard(text: str) -> tuple[int, int]:
    """Read ``3/16`` as the third of sixteen."""
    first, _, second = text.partition("/")
    if not first.isdecimal() or not second.isdecimal() or not 1 <= int(first) <= int(second):
        raise BadInput(f"shard: {text} is not allowed; allowed is K/N with K from 1 to N")
    return int(first), int(second)


@click.command("render")
@click.argument("generator")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=1, show_default=True, help="number of samples")
@click.option("--seed", default=0, show_default=True, help="seed of the first sample; the next ones follow")
@click.option("--size", default=512, show_default=True, help="edge of the picture in pixels")
@click.option("--samples", default=64, show_default=True, help="Cycles samples a pixel")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="narrow a field: value, low..high or a,b")
@click.option("--spec", default="", help="render this spec file in place of drawing")
@click.option("--labels", default="", help="comma-separated; all that apply by default")
@click.option("--frames", default=1, show_default=True, help="frames of a sequence, expression and head moving")
@click.option("--views", default=1, show_default=True, help="views around the same person")
@click.option("--hdri", default="", help="folder of environment pictures to use in place of the procedural ones")
@click.option("--workers", default="auto", show_default=True, help="number of worker processes")
@click.option("--threads", default=0, help="threads of one worker; 0 shares the cores out")
@click.option("--backend", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option(
    "--shard", default="1/1", show_default=True, help="render only every N-th sample, starting with the K-th: K/N"
)
@click.option("--resume", is_flag=True, help="go on with a dataset (always done; kept for scripts that say so)")
@click.option("--timeout", default=1800.0, show_default=True, help="seconds that one sample may take")
@click.option("--retries", default=2, show_default=True, help="further attempts at a sample that failed")
@click.option("--json", "as_json", is_flag=True, help="print JSON lines")
@click.option("--renderer", default="", hidden=True)
def command(generator, out, count, seed, size, samples, settings, spec, labels, frames, views, hdri, workers, threads,
            backend, shard, resume, timeout, retries, as_json, renderer):  # fmt: skip
    """Render a dataset of GENERATOR into OUT. Running the same command again finishes what is missing.

    Sample i has the seed SEED + i. Shards K/N (sample i with i mod N = K - 1) may run at once and share one OUT.
    """
    from ..dataset import DatasetFolder
    from ..jobs import Pool, run
    from ..machine import automatic_workers, cores
    from ..recipe import Recipe
    from ..worker import DEFAULT_RENDERER
    from .progress import Progress

    recipe = Recipe(
        generator=generator, count=count, seed=seed, size=size, samples=samples, settings=settings, frames=frames,
        labels=tuple(name.strip() for name in labels.split(",") if name.strip()), views=views, threads=threads,
        hdri=str(Path(hdri).resolve()) if hdri else "", spec=str(Path(spec).resolve()) if spec else "",
    )  # fmt: skip
    part, parts = parse_shard(shard)
    number = automatic_workers() if workers == "auto" else _whole("workers", workers, "auto or a whole number from 1")
    if not timeout > 0:  # NaN too
        raise BadInput(f"timeout: {timeout} is not allowed; allowed is a number of seconds above 0")
    if retries < 0:
        raise BadInput(f"retries: {retries} is not allowed; allowed is a whole number from 0")
    if not renderer:
        _require_blender()
    recipe.sample(0)  # a wrong field is told before anything is made
    try:
        folder = DatasetFolder.open(out, recipe)
    except OSError as error:
        refused = Unfinished if error.errno in NO_SPACE else BadInput
        raise refused(f"{out}: {error.strerror or error}") from None
    done = set(folder.finished())
    wanted = range(part - 1, count, parts)
    missing = [index for index in wanted if index not in done]
    number = max(1, min(number, len(missing)))
    pool = Pool(number, threads or max(1, cores() // number), timeout, retries, renderer or DEFAULT_RENDERER)
    if backend == "ray":
        from ..cluster import run_on_ray as run

        pool = replace(pool, threads=threads)
    with Progress(as_json, len(wanted), len(wanted) - len(missing)) as progress:
        failed = run(folder, missing, pool, progress.tell)
    if failed:
        seeds = [str(record["seed"]) for record in failed.values()]
        named = ", ".join(seeds[:8]) + (", …" if len(seeds) > 8 else "")
        first = next(iter(failed.values()))["reason"]
        raise Unfinished(f"{len(failed)} of {len(wanted)} samples failed (seeds {named}): {first}")
    lost = set(wanted) - set(folder.finished())
    if lost:
        raise Unfinished(f"{out}: {len(lost)} finished samples are gone; run the same command again")
    if as_json:
        click.echo(json.dumps({"event": "done", "done": len(wanted), "total": len(wanted), "out": str(out)}))
    else:
        click.echo(f"{len(wanted)} samples in {out}")


def _whole(name: str, text: str, allowed: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 4096:
        raise BadInput(f"{name}: {text} is not allowed; allowed is {allowed}")
    return int(text)


def _require_blender() -> None:
    try:
        from ...procgen.blender import UnsupportedBlender, require_supported_blender
    except ImportError as error:
        raise BadInput(f"bpy: cannot be imported ({error}); see simulacra doctor") from None
    try:
        require_supported_blender()
    except UnsupportedBlender as error:
        raise BadInput(str(error)) from None
