"""simulacra plan: what a run will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from ..errors import BadInput
from ..terminal import emit, say
from . import options
from .render import pictured, recipe_fields, recipe_options, require_blender


@options.command()
@options.argument("recipe", shell_complete=options.completing(pictured))
@options.option("--count", type=options.WHOLE, help="number of samples; the recipe's own by default")
@options.option("--on", default="", metavar="cores=C,nodes=N,speed=S",
                help="the machines, and their speed against this one; one like this by default")  # fmt: skip
@options.option("--probe", type=options.WHOLE, default=0,
                help="samples to render here; 8 or two for each worker by default")  # fmt: skip
@options.option("--price-per-core-hour", "price", type=options.Number(0.0), metavar="PRICE", help="to tell the cost")
@options.option("--currency", help="of the price; USD by default")
@options.json_option(help="print JSON")
@recipe_options(said=True)
@options.option("--renderer", default="", hidden=True)
def command(recipe, count, on, probe, price, currency, as_json, renderer, **said) -> None:
    """Forecast time, storage, memory and cost of rendering RECIPE from a few samples that are rendered here.

    RECIPE is a dataset.json, a file that holds a recipe, or a generator. The options of simulacra render say what a generator makes, and change what a recipe says.
    """
    from ..devices import require
    from ..jobs.plan import CONFIDENCE, Machines, forecast, lay_out, measure, remarks
    from ..jobs.worker import DEFAULT_RENDERER
    from ..progress import Progress

    recipe, machines = _recipe(recipe, count, said), Machines.parse(on)
    if currency is not None and price is None:
        raise BadInput("currency: is not allowed without --price-per-core-hour, which it is of")
    if probe and not 3 <= probe <= 10_000:
        raise BadInput(f"probe: {probe} is not allowed; allowed is a whole number from 3 to 10000")
    if not renderer:
        require_blender()
        require(recipe.device)
    recipe.sample(0)
    layout, renderer = lay_out(recipe, machines, probe), renderer or DEFAULT_RENDERER
    if as_json:
        probe = measure(recipe, layout, lambda event: None, renderer)
    else:
        with Progress(False, "probe", len(layout.indices)) as progress:
            probe = measure(recipe, layout, progress.tell, renderer)
    found = forecast(recipe.count, machines, layout.workers, probe)
    cost = None if price is None else found.core_hours.times(price)
    document = {
        "generator": recipe.generator, "count": recipe.count, "on": asdict(machines), "confidence": CONFIDENCE,
        "seconds": asdict(found.seconds), "core_hours": asdict(found.core_hours), "bytes": asdict(found.bytes),
        "cost": cost and asdict(cost) | {"currency": currency or "USD"}, "memory_gib_of_a_node": found.memory,
        "workers_of_a_node": layout.workers, "threads_of_a_worker": layout.threads,
        "probe": asdict(probe) | {"each": probe.each, "start": probe.start, "renewed_after": probe.renewed_after},
        "remarks": remarks(layout, probe),
    }  # fmt: skip
    if as_json:
        emit(document)
    else:
        _show(document)


def _recipe(asked: str, count: int | None, said: Mapping):
    from ..jobs.plan import read_recipe
    from ..recipe import Recipe

    path = Path(asked)
    given = recipe_fields(said, "" if path.suffix or path.is_file() else asked)
    if count is not None:
        given["count"] = count
    if path.suffix or path.is_file():
        return read_recipe(path, given)
    return Recipe(asked, **given)


def _show(document: dict) -> None:
    from .. import tables

    on, probe = document["on"], document["probe"]
    rows = [
        ("time", *_cells(document["seconds"], duration)),
        ("core-hours", *_cells(document["core_hours"], "{:,.1f}".format)),
        ("storage", *_cells(document["bytes"], size)),
    ]
    if document["cost"]:
        money = f"{{:,.2f}} {document['cost']['currency'].replace('{', '').replace('}', '')}".format
        rows.append(("cost", *_cells(document["cost"], money)))
    memory = document["memory_gib_of_a_node"]
    rows.append(("memory of a node", f"{memory:,.1f} GiB" if memory else "not known", ""))
    title = f"{document['generator']}: {document['count']:,} samples"
    tables.show(
        ("what", "forecast", f"low..high at {document['confidence']:.0%}"), rows, title=title, right=("forecast",)
    )
    device = f" on {probe['device']['type']}" if probe["device"] else ""
    say(f"nodes: {on['nodes']} of {on['cores']} cores at {on['speed']:g} times this machine's speed")
    say(f"on each: --workers {document['workers_of_a_node']} --threads {document['threads_of_a_worker']}")
    say(f"probe{device}: {probe['each']:.3g} s a sample, {probe['start']:.3g} s to start a worker")
    for remark in document["remarks"]:
        say(f"- {remark}")


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
