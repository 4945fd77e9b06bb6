"""simulacra render: a labelled dataset."""

from __future__ import annotations

import json
from argparse import SUPPRESS
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..devices import DEVICES, require
from ..errors import BadInput, Unfinished
from .parser import number, one_of, whole


def parse_shard(text: str) -> tuple[int, int]:
    """Read ``3/16`` as the third of sixteen."""
    first, _, second = text.partition("/")
    if not first.isdecimal() or not second.isdecimal() or not 1 <= int(first) <= int(second):
        raise BadInput(f"shard: {text} is not allowed; allowed is K/N with K from 1 to N")
    return int(first), int(second)


def parse_size(text: str) -> tuple[int, int]:
    """Read ``512`` as a square, told as a height of 0, and ``1920x1080`` as width and height."""
    width, cross, height = text.partition("x")
    if not width.isdecimal() or (cross and not height.isdecimal()):
        raise BadInput(f"size: {text} is not allowed; allowed is a number of pixels, or WIDTHxHEIGHT for places")
    return int(width), int(height or 0) if height != width else 0


def add_recipe_options(parser) -> None:
    """Add the options that say what every sample is; ``recipe_fields`` reads them."""
    add = parser.add_argument
    add("--seed", type=whole, default=0, help="seed of the first sample; the next ones follow")
    add("--size", default="512", metavar="N|WxH", help="edge of the picture in pixels; places may be wide")
    add("--samples", type=whole, default=64, help="Cycles samples a pixel")
    add("--set", dest="settings", action="append", default=[], metavar="PATH=VALUE",
        help="narrow a field: value, low..high or a,b")  # fmt: skip
    add("--check", dest="checks", action="append", default=[], metavar="NAME=LEVEL",
        help="what follows where a check fails: ignore, warn, redo or fail; see simulacra list checks")  # fmt: skip
    add("--labels", default="", help="comma-separated; all that apply by default")
    add("--frames", type=whole, default=1, help="frames of a sequence")
    add("--views", type=whole, default=1, help="views around the same person; 2 of a place are a stereo pair")
    add("--hdri", default="", metavar="FOLDER",
        help="folder of environment pictures to use in place of the procedural ones")  # fmt: skip
    add("--threads", type=whole, default=0, help="threads of one worker; 0 shares the cores out")
    add("--device", type=one_of(*DEVICES), default=DEVICES[0], metavar="|".join(DEVICES),
        help="what renders pictures; auto takes the fastest that is there")  # fmt: skip


def recipe_fields(arguments) -> dict:
    """The fields of a Recipe that the options give; one whose value is None is left out."""
    given = {name: getattr(arguments, name) for name in ("seed", "samples", "frames", "views", "threads", "device")}
    if arguments.size is not None:
        given["size"], given["height"] = parse_size(arguments.size)
    if arguments.settings is not None:
        given["settings"] = tuple(arguments.settings)
    if arguments.checks is not None:
        given["checks"] = tuple(arguments.checks)
    if arguments.labels is not None:
        given["labels"] = tuple(name.strip() for name in arguments.labels.split(",") if name.strip())
    if arguments.hdri is not None:
        given["hdri"] = _absolute(arguments.hdri)
    return {name: value for name, value in given.items() if value is not None}


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("generator", metavar="GENERATOR", help="what to render; see simulacra list")
    add("out", metavar="OUT", help="folder of the dataset, or a URL such as s3://bucket/name")
    add("--count", type=whole, default=1, help="number of samples")
    add_recipe_options(parser)
    add("--spec", default="", metavar="FILE", help="render this spec file in place of drawing")
    add("--workers", default="auto", help="number of worker processes")
    add("--backend", type=one_of("local", "ray"), default="local", metavar="local|ray", help="where workers run")
    add(
        "--address",
        default="",
        help="of the Ray cluster, or auto for the one that runs here; one of its own is started by default",
    )
    add("--shard", default="1/1", metavar="K/N", help="render only every N-th sample, starting with the K-th: K/N")
    add("--resume", action="store_true", help="go on with a dataset (always done; kept for scripts that say so)")
    add("--timeout", type=number, default=1800.0, metavar="SECONDS", help="seconds that one sample may take")
    add("--retries", type=whole, default=2, help="further attempts at a sample that failed")
    add("--json", dest="as_json", action="store_true", help="print JSON lines")
    add("--renderer", default="", help=SUPPRESS)


def command(arguments) -> None:
    """Render a dataset of GENERATOR into OUT. Running the same command again finishes what is missing.

    Sample i has the seed SEED + i. Shards K/N (sample i with i mod N = K - 1) may run at once and share one OUT.
    """
    from ..jobs.machine import automatic_workers, cores
    from ..jobs.pool import Pool, run
    from ..jobs.worker import DEFAULT_RENDERER
    from ..recipe import Recipe
    from ..storage.destinations import open_destination
    from .progress import Progress

    out, timeout, retries = arguments.out, arguments.timeout, arguments.retries
    drawn = recipe_fields(arguments)
    recipe = Recipe(arguments.generator, arguments.count, spec=_absolute(arguments.spec), **drawn)
    part, parts = parse_shard(arguments.shard)
    workers = automatic_workers() if arguments.workers == "auto" else _workers(arguments.workers)
    if not timeout > 0:  # NaN too
        raise BadInput(f"timeout: {timeout} is not allowed; allowed is a number of seconds above 0")
    if retries < 0:
        raise BadInput(f"retries: {retries} is not allowed; allowed is a whole number from 0")
    if not arguments.renderer:
        require_blender()
        if arguments.backend == "local":  # the nodes of a cluster have their own
            require(arguments.device)
    recipe.sample(0)  # a wrong field is told before anything is made
    if recipe.hdri and not arguments.renderer:  # so is a broken picture
        from ...procgen.light.environment import check_environments

        check_environments(recipe.environments())
    if arguments.address and arguments.backend != "ray":
        raise BadInput(f"address: is not allowed with --backend {arguments.backend}; allowed is ray")
    folder = open_destination(out, recipe)
    done = set(folder.finished())
    wanted = range(part - 1, arguments.count, parts)
    missing = [index for index in wanted if index not in done]
    workers = max(1, min(workers, len(missing)))
    threads = arguments.threads or max(1, cores() // workers)
    pool = Pool(workers, threads, timeout, retries, arguments.renderer or DEFAULT_RENDERER)
    if arguments.backend == "ray":
        from ..jobs.cluster import run_on_ray

        run = partial(run_on_ray, address=arguments.address)
        pool = replace(pool, threads=arguments.threads)
    with Progress(arguments.as_json, len(wanted), len(wanted) - len(missing)) as progress:
        failed = run(folder, missing, pool, progress.tell)
    if failed:
        seeds = [str(record["seed"]) for record in failed.values()]
        named = ", ".join(seeds[:8]) + (", …" if len(seeds) > 8 else "")
        first = next(iter(failed.values()))["reason"]
        raise Unfinished(f"{len(failed)} of {len(wanted)} samples failed (seeds {named}): {first}")
    lost = set(wanted) - set(folder.finished())
    if lost:
        raise Unfinished(f"{out}: {len(lost)} finished samples are gone; run the same command again")
    if arguments.as_json:
        print(json.dumps({"event": "done", "done": len(wanted), "total": len(wanted), "out": str(out)}), flush=True)
    else:
        print(f"{len(wanted)} samples in {out}", flush=True)


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 4096:
        raise BadInput(f"workers: {text} is not allowed; allowed is auto or a whole number from 1")
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
