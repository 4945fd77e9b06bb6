"""simulacra render: a labelled dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..devices import DEVICES, require
from ..errors import BadInput, Unfinished
from ..terminal import emit, say, warn
from . import options
from .options import is_whole, shortened
from .unused import hdri_beside_another, seed_beside_spec, set_once

MOST_WORKERS = 4096


def pictured() -> list[str]:
    """The names of what makes a picture of its own, for shells."""
    from ...procgen.registry import PICTURED

    return list(PICTURED)


def parse_shard(text: str) -> tuple[int, int]:
    """Read ``3/16`` as the third of sixteen."""
    first, _, second = text.partition("/")
    if not (is_whole(first) and is_whole(second)) or not 1 <= int(first) <= int(second):
        raise BadInput(f"shard: {shortened(text)} is not allowed; allowed is K/N with K from 1 to N")
    return int(first), int(second)


def parse_size(text: str) -> tuple[int, int]:
    """Read ``512`` as a square, told as a height of 0, and ``1920x1080`` as width and height."""
    width, cross, height = text.partition("x")
    if not is_whole(width) or (cross and not is_whole(height)):
        raise BadInput(
            f"size: {shortened(text)} is not allowed; allowed is a number of pixels, or WIDTHxHEIGHT for places"
        )
    return int(width), int(height or 0) if height != width else 0


def recipe_options(said: bool = False):
    """Add the options that say what every sample is; with ``said``, those that are not given are None."""
    rows = (
        options.option("--seed", type=options.WHOLE, default=0, help="seed of the first sample; the next ones follow"),
        options.option("--size", default="512", metavar="N|WxH", help="edge of the picture in pixels; places may be wide"),
        options.option("--samples", type=options.WHOLE, default=64, help="Cycles samples a pixel"),
        options.option("--set", "settings", multiple=True, metavar="PATH=VALUE",
                       help="narrow a field: value, low..high or a,b"),
        options.option("--check", "checks", multiple=True, metavar="NAME=LEVEL",
                       help="what follows where a check fails: ignore, warn, redo or fail; see simulacra list checks"),
        options.option("--labels", default="", help="comma-separated; all that apply by default"),
        options.option("--frames", type=options.WHOLE, default=None, help="frames of a sequence; 1 by default, of flow 2"),
        options.option("--views", type=options.WHOLE, default=None,
                       help="views around the same person or thing; 2 of a place are a stereo pair, as stereo has by default"),
        options.option("--hdri", default="", metavar="FOLDER",
                       help="folder of environment pictures to use in place of the procedural ones"),
        options.option("--threads", type=options.WHOLE, default=0, help="threads of one worker; 0 shares the cores out"),
        options.option("--device", type=options.OneOf(DEVICES), default=DEVICES[0], metavar="|".join(DEVICES),
                       help="what renders pictures; auto takes the fastest that is there"),
    )  # fmt: skip

    def add(function):
        for row in reversed(rows):
            function = row(function)
            if said:
                function.__click_params__[-1].default = None
        return function

    return add


def recipe_fields(given: Mapping, generator: str = "") -> dict:
    """The fields of a Recipe that the options of ``recipe_options`` give; one whose value is None is left out.

    Of a generator whose samples have several frames or views they are that many where nothing is said.
    """
    from ...procgen.registry import GENERATORS

    given = dict(given)
    if generator in GENERATORS:
        row = GENERATORS[generator]
        given |= {name: getattr(row, name) for name in ("frames", "views") if given[name] is None}
    set_once(given["checks"] or (), "--check")
    size, labels, hdri = given.pop("size"), given.pop("labels"), given.pop("hdri")
    if size is not None:
        given["size"], given["height"] = parse_size(size)
    if labels is not None:
        given["labels"] = tuple(name.strip() for name in labels.split(",") if name.strip())
    if hdri is not None:
        given["hdri"] = _absolute(hdri)
    return {name: value for name, value in given.items() if value is not None}


@options.command()
@options.argument("generator", shell_complete=options.completing(pictured))
@options.argument("out")
@options.option("--count", type=options.WHOLE, default=1, help="number of samples")
@recipe_options()
@options.option("--spec", default="", metavar="FILE", help="render this spec file in place of drawing")
@options.option("--workers", default="auto", metavar="N|auto", help="number of worker processes")
@options.option("--backend", type=options.OneOf(("local", "ray")), default="local", metavar="local|ray",
                help="where workers run")  # fmt: skip
@options.option("--address", default="",
                help="of the Ray cluster, or auto for the one that runs here; one of its own is started by default")  # fmt: skip
@options.option("--shard", default="1/1", metavar="K/N", help="render only every N-th sample, starting with the K-th")
@options.option("--resume", is_flag=True, help="go on with a dataset (always done; kept for scripts that say so)")
@options.option("--repair", is_flag=True,
                help="hold every finished sample against its record, and render again those whose files differ")  # fmt: skip
@options.option("--timeout", type=options.SECONDS, default=1800, metavar="SECONDS",
                help="seconds that one sample may take")  # fmt: skip
@options.option("--retries", type=options.FROM_ZERO, default=2, help="further attempts at a sample that failed")
@options.json_option(help="print JSON lines")
@options.option("--renderer", default="", hidden=True)
def command(generator, out, count, spec, workers, backend, address, shard, resume, repair, timeout, retries, as_json, renderer,
            **drawn) -> None:  # fmt: skip
    """Render a dataset of GENERATOR (faces, places, things, stereo or flow) into OUT, a folder or a URL such as s3://bucket/name.

    Running the same command again finishes what is missing.

    Sample i has the seed SEED + i. Shards K/N (sample i with i mod N = K - 1) may run at once and share one OUT.
    """
    from ..jobs.machine import automatic_workers, cores
    from ..jobs.pool import Pool, run
    from ..jobs.worker import DEFAULT_RENDERER
    from ..progress import Progress
    from ..recipe import Recipe
    from ..storage.destinations import open_destination
    from ..storage.held import temporaries_of_its_own

    temporaries_of_its_own()  # before Blender is here and makes one
    seed_beside_spec(drawn["seed"], spec, drawn["hdri"])
    recipe = Recipe(generator, count, spec=_absolute(spec), **recipe_fields(drawn, generator))
    part, parts = parse_shard(shard)
    workers = automatic_workers() if workers == "auto" else _workers(workers)
    if not renderer:
        require_blender()
        if backend == "local":  # the nodes of a cluster have their own
            require(recipe.device)
    recipe.sample(0)  # a wrong field is told before anything is made
    hdri_beside_another(recipe)
    if recipe.hdri and not renderer:  # so is a broken picture
        from ...procgen.light.environment import check_environments

        check_environments(recipe.environments())
    if address and backend != "ray":
        raise BadInput(f"address: is not allowed with --backend {backend}; allowed is ray")
    folder = open_destination(out, recipe)
    done = set(folder.finished())
    wanted = range(part - 1, count, parts)
    if repair:
        folder.again = {index for index in wanted if index in done and folder.wrong(index)}
        folder.notes.append(
            f"{out}: {len(folder.again)} of {len(done & set(wanted))} finished samples differ from their records"
        )
    missing = [index for index in wanted if index not in done or index in folder.again]
    for note in folder.notes:
        emit({"event": "warning", "message": note}) if as_json else warn(note)
    workers = max(1, min(workers, len(missing)))
    threads = drawn["threads"] or max(1, cores() // workers)
    pool = Pool(workers, threads, timeout, retries, renderer or DEFAULT_RENDERER)
    if backend == "ray":
        from ..jobs.cluster import run_on_ray

        run = partial(run_on_ray, address=address)
        pool = replace(pool, threads=drawn["threads"])
    with Progress(as_json, "render", len(wanted), len(wanted) - len(missing)) as progress:
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
        emit({"event": "done", "done": len(wanted), "total": len(wanted), "out": out})
    else:
        say(f"{len(wanted)} samples in {out}")


def _workers(text: str) -> int:
    if not is_whole(text) or not 1 <= int(text) <= MOST_WORKERS:
        raise BadInput(
            f"workers: {shortened(text)} is not allowed; allowed is auto or a whole number in 1..{MOST_WORKERS}"
        )
    return int(text)


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""


def require_blender() -> None:
    """Refuse to start without a supported Blender."""
    try:
        from ...procgen.blender import UnsupportedBlender, require_supported_blender
    except ImportError as error:
        raise BadInput(f"bpy: cannot be imported ({error}); see simulacra doctor") from None
    try:
        require_supported_blender()
    except UnsupportedBlender as error:
        raise BadInput(str(error)) from None
