"""simulacra plan: what a run will take."""

from __future__ import annotations

import json
import math
from argparse import SUPPRESS
from dataclasses import asdict
from pathlib import Path

from ..errors import BadInput
from .parser import number, whole
from .render import add_recipe_options, recipe_fields, require_blender


def configure(parser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("recipe", metavar="RECIPE", help="a dataset.json, a file that holds a recipe, or a generator")
    add("--count", type=whole, default=None, help="number of samples; the recipe's own by default")
    add("--on", default="", metavar="cores=C,nodes=N,speed=S",
        help="the machines, and their speed against this one; one like this by default")  # fmt: skip
    add("--probe", type=whole, default=0, help="samples to render here; 8 or two for each worker by default")
    add("--price-per-core-hour", type=number, default=None, metavar="PRICE", help="to tell the cost")
    add("--currency", default="USD", help="of the price")
    add("--json", dest="as_json", action="store_true", help="print JSON")
    add_recipe_options(parser)
    # What is not said is the recipe's.
    parser.set_defaults(**dict.fromkeys(("seed", "size", "samples", "settings", "checks", "labels", "frames", "views", "hdri",
                                         "threads", "device")))  # fmt: skip
    add("--renderer", default="", help=SUPPRESS)


def command(arguments) -> None:
    """Forecast time, storage, memory and cost of rendering RECIPE from a few samples that are rendered here.

    The options of simulacra render say what a generator makes, and change what a recipe says.
    """
    from ..devices import require
    from ..jobs.plan import CONFIDENCE, Machines, forecast, lay_out, measure, remarks
    from ..jobs.worker import DEFAULT_RENDERER
    from .progress import Progress

    recipe, machines, price = _recipe(arguments), Machines.parse(arguments.on), arguments.price_per_core_hour
    if price is not None and not 0 <= price < math.inf:
        raise BadInput(f"price-per-core-hour: {price} is not allowed; allowed is a number from 0")
    if arguments.probe and not 3 <= arguments.probe <= 10_000:
        raise BadInput(f"probe: {arguments.probe} is not allowed; allowed is a whole number from 3 to 10000")
    if not arguments.renderer:
        require_blender()
        require(recipe.device)
    recipe.sample(0)
    layout, renderer = lay_out(recipe, machines, arguments.probe), arguments.renderer or DEFAULT_RENDERER
    if arguments.as_json:
        probe = measure(recipe, layout, lambda event: None, renderer)
    else:
        with Progress(False, len(layout.indices), 0, "probe") as progress:
            probe = measure(recipe, layout, progress.tell, renderer)
    found = forecast(recipe.count, machines, layout.workers, probe)
    cost = None if price is None else found.core_hours.times(price)
    told = {
        "generator": recipe.generator, "count": recipe.count, "on": asdict(machines), "confidence": CONFIDENCE,
        "seconds": asdict(found.seconds), "core_hours": asdict(found.core_hours), "bytes": asdict(found.bytes),
        "cost": cost and asdict(cost) | {"currency": arguments.currency}, "memory_gib_of_a_node": found.memory,
        "workers_of_a_node": layout.workers, "threads_of_a_worker": layout.threads,
        "probe": asdict(probe) | {"each": probe.each, "start": probe.start, "renewed_after": probe.renewed_after},
        "remarks": remarks(layout, probe),
    }  # fmt: skip
    if arguments.as_json:
        print(json.dumps(told), flush=True)
    else:
        _show(told)


def _recipe(arguments):
    from ..jobs.plan import read_recipe
    from ..recipe import Recipe

    path = Path(arguments.recipe)
    given = recipe_fields(arguments)
    if arguments.count is not None:
        given["count"] = arguments.count
    if path.suffix or path.is_file():
        return read_recipe(path, given)
    return Recipe(arguments.recipe, **given)


def _show(told: dict) -> None:
    from .. import tables

    on, probe = told["on"], told["probe"]
    rows = [
        ("time", *_cells(told["seconds"], duration)),
        ("core-hours", *_cells(told["core_hours"], "{:,.1f}".format)),
        ("storage", *_cells(told["bytes"], size)),
    ]
    if told["cost"]:
        money = f"{{:,.2f}} {told['cost']['currency'].replace('{', '').replace('}', '')}".format
        rows.append(("cost", *_cells(told["cost"], money)))
    memory = told["memory_gib_of_a_node"]
    rows.append(("memory of a node", f"{memory:,.1f} GiB" if memory else "not known", ""))
    title = f"{told['generator']}: {told['count']:,} samples"
    tables.show(("what", "forecast", f"low..high at {told['confidence']:.0%}"), rows, title=title, right=("forecast",))
    device = f" on {probe['device']['type']}" if probe["device"] else ""
    print(f"nodes: {on['nodes']} of {on['cores']} cores at {on['speed']:g} times this machine's speed")
    print(f"on each: --workers {told['workers_of_a_node']} --threads {told['threads_of_a_worker']}")
    print(f"probe{device}: {probe['each']:.3g} s a sample, {probe['start']:.3g} s to start a worker")
    for remark in told["remarks"]:
        print(f"- {remark}", flush=True)


def _cells(estimate: dict, shown) -> tuple[str, str]:
    known = estimate["low"] is not None
    return shown(estimate["value"]), f"{shown(estimate['low'])} .. {shown(estimate['high'])}" if known else "not known"


def duration(seconds: float) -> str:
    """A time as a person tells it."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 120:
        return f"{seconds:.1f} s"
    if minutes < 120:
        return f"{minutes} min"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24:,} d {hours % 24} h"


def size(amount: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:,.1f} PB"
