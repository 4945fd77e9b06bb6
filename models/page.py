"""The results part of models/README.md, written from records alone; each figure links to its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from statistics import mean, stdev

from ..datagen.errors import BadInput

BEGIN = "<!-- results: written by simulacra results, not by hand -->"
END = "<!-- end of results -->"
SEEDS = 3  # below, a difference between systems is no finding
RULES = """\
Each figure links to its record in `results/`, which holds its configuration, seed and data; ± is the standard deviation over
seeds, ± ? that of one seed, which is unknown. A floor is what the same measurement gives without a model. FD and KID are measured on the feature net that their name
ends with, never on InceptionV3, so no figure here is an FID."""


def replaced(page: str, records: dict[str, dict]) -> str:
    """The page with its results part written anew; raises BadInput where the two marker lines are not there once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise BadInput(f"the page does not hold the lines {BEGIN} and {END} once each, in this order")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{results(records)}\n\n{END}{rest.split(END)[1]}"


def results(records: dict[str, dict]) -> str:
    """The results part as Markdown, of records by file name."""
    measured = [(name, row) for name, row in records.items() if row["kind"] == "measured"]
    published = [(name, row) for name, row in records.items() if row["kind"] == "published"]
    parts = [RULES] if measured else ["No model has been measured yet."]
    for (protocol, _, says), group in _grouped(measured, _setting):
        parts += [f"### {says}", f"{protocol[:1].upper()}{protocol[1:]}.", *_tables(group)]
    parts += _comparisons(measured)
    if published:
        parts += ["### Published figures: not comparable", PUBLISHED, *_published(published)]
    return "\n\n".join(parts)


PUBLISHED = (
    "As the papers print them, on other data, sizes and feature nets. They show the order of methods, and none of them "
    "can be compared with a figure above."
)


def _setting(record: dict) -> tuple:
    """Figures are compared only where all of this is the same."""
    return record["protocol"], record["data"]["digest"], record["data"]["says"]


def _model(record: dict) -> tuple:
    return record["system"], record["without"], record["steps"], record["device"]


def _grouped(rows: Iterable, of) -> Iterator[tuple]:
    """Groups of (name, record) rows by a key of the record, in the keys' order."""
    ordered = sorted(rows, key=lambda row: (of(row[1]), row[0]))
    return ((found, list(group)) for found, group in groupby(ordered, key=lambda row: of(row[1])))


def _tables(group: list) -> Iterator[str]:
    for metric in dict.fromkeys(metric for _, record in group for metric in record["metrics"]):
        rows = [(name, record) for name, record in group if metric in record["metrics"]]
        figures = [record["metrics"][metric] for _, record in rows]
        better = ", ".join(dict.fromkeys(figure["better"] for figure in figures))
        lines = [
            f"| {metric} ({better} is better) | mean | each seed | steps | time | on |",
            "| - | -: | - | -: | -: | - |",
        ]
        for says in dict.fromkeys(figure["floor"]["is"] for figure in figures):
            values = [figure["floor"]["value"] for figure in figures if figure["floor"]["is"] == says]
            lines.append(f"| floor: {says} | {_spread(values)} | | | | |")
        for baseline in dict.fromkeys(name for figure in figures for name in figure["baselines"]):
            values = [figure["baselines"][baseline] for figure in figures if baseline in figure["baselines"]]
            lines.append(f"| trivial: {baseline} | {_spread(values)} | | | | |")
        lines += [_row(metric, model, found) for model, found in _grouped(rows, _model)]
        yield "\n".join(lines)


def _row(metric: str, model: tuple, rows: list) -> str:
    system, without, steps, device = model
    values = [record["metrics"][metric]["value"] for _, record in rows]
    links = ", ".join(f"[{_number(value)}](results/{name})" for value, (name, _) in zip(values, rows, strict=True))
    title = f"{system} without {without}" if without else f"**{system}**"
    time = _time(mean(record["seconds"] for _, record in rows))
    return f"| {title} | {_spread(values)} | {links} | {steps} | {time} | {device} |"


def _comparisons(measured: list) -> list[str]:
    """What leaving a part out changes: differences between runs of the same seed, steps, data and measurement."""
    whole = {
        (_setting(row), row["system"], row["steps"], row["seed"]): row for _, row in measured if not row["without"]
    }
    lines = []
    for (system, without, steps, _), group in _grouped([pair for pair in measured if pair[1]["without"]], _model):
        for (protocol, *_), rows in _grouped(group, _setting):
            pairs = [(whole.get((_setting(row), system, steps, row["seed"])), row) for _, row in rows]
            pairs = [(full, bare) for full, bare in pairs if full]
            for metric, figure in rows[0][1]["metrics"].items():
                if figure["better"] == "near the floor":
                    continue
                found = [
                    bare["metrics"][metric]["value"] - full["metrics"][metric]["value"]
                    for full, bare in pairs
                    if metric in full["metrics"] and metric in bare["metrics"]
                ]
                if found:
                    reading = _reading(found, figure["better"])
                    lines.append(
                        f"| {system} | {without} | {metric} | {_spread(found)} | {len(found)} | {reading} | {protocol} |"
                    )
    if not lines:
        return []
    head = ["| system | left out | metric | change | seeds | reading | measured |", "| - | - | - | -: | -: | - | - |"]
    return ["### What each part gives", "The change when the part is left out, seed by seed.", "\n".join(head + lines)]


def _reading(changes: list[float], better: str) -> str:
    """What the changes on leaving a part out allow to be said."""
    if len(changes) < SEEDS:
        return f"fewer than {SEEDS} seeds: no finding"
    worse = [change > 0 if better == "lower" else change < 0 for change in changes]
    if abs(mean(changes)) <= stdev(changes) or not (all(worse) or not any(worse)):
        return "within the spread: no finding"
    return "the part helps" if all(worse) else "the part hurts"


def _published(rows: list) -> Iterator[str]:
    for _, record in rows:
        source = f"[arXiv {record['arxiv']}](https://arxiv.org/abs/{record['arxiv']})"
        lines = [f"| {record['metric']} ({record['better']} is better) | {source} |", "| - | -: |"]
        yield "\n".join(lines + [f"| {method} | {value} |" for method, value in record["values"].items()])


def _spread(values: list[float]) -> str:
    middle = _number(mean(values))
    if len(values) == 1:
        return f"{middle} ± ?"
    return f"{middle} ± {stdev(values):.{len(middle.partition('.')[2])}f}"  # to the digits of the mean


def _number(value: float) -> str:
    """A number to three significant digits, whole above a hundred."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"
    return "0" if float(text) == 0 else text.rstrip(".")


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
