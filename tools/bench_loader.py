"""Measure loading: frames per second from shards, from plain webdataset with the same decoding, and from the folder.

python tools/bench_loader.py DATASET                         # rgb alone, and rgb, depth and parts; 0 and 2 workers
python tools/bench_loader.py DATASET --frames 1000 --rounds 9

The dataset's samples are linked under new names until there are enough. Rounds alternate between the readers; figures are
medians over the rounds, ratios those of the rounds' ratios. Where other programs want the cores, seconds by the clock say
little: the ratios of processor seconds, loaders' included, are printed beside them. Files are in the system's cache.
"""

import itertools
import json
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click
import webdataset
from torch.utils.data import DataLoader

from simulacra.datagen.export import export
from simulacra.datagen.formats.files import decode_label
from simulacra.datagen.labels import LABELS
from simulacra.datagen.readers import Dataset
from simulacra.models.core.streams import FolderStream, ShardStream

SHARDS = 8


def enlarged(source: Path, target: Path, frames: int) -> int:
    """Link samples under new names, all of the split train; returns the number of frames."""
    dataset, total = Dataset(source), 0
    names = []
    for sample in itertools.cycle(dataset):
        if total >= frames:
            break
        names.append(f"{len(names):06d}")
        shutil.copytree(sample.path, target / names[-1], copy_function=linked)
        total += len(sample.frames)
    splits = {"train": names, "validation": [], "test": []}
    (target / "dataset.json").write_text(json.dumps(dataset.description | {"splits": splits}))
    return total


def linked(source: str, target: str) -> None:
    """A second name for a file, or a copy where links cannot be."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def plain(shards: list[str], labels: tuple[str, ...], select: bool) -> Iterable:
    """Webdataset's own pipeline with this project's decoding; ``select`` lets it drop the members nobody asked for."""
    fields = {name: f"{name}.{LABELS[name].suffix}" for name in labels}
    chosen = (lambda name: name.partition(".")[2] in fields.values()) if select else None

    def decoded(sample: dict) -> dict:
        values = {name: decode_label(name, sample[field], field) for name, field in fields.items()}
        return {"key": sample["__key__"]} | values

    return webdataset.WebDataset(shards, shardshuffle=False, select_files=chosen).map(decoded)


def processor_seconds() -> float:
    """Of this process and of those that it started and that have ended, to the microsecond."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(row.ru_utime + row.ru_stime for row in used)


def measured(stream: Iterable, workers: int, frames: int) -> tuple[float, float]:
    """Frames per second of one pass, without the start of the workers, and per second of the processors, with it."""
    before = processor_seconds()
    rows = iter(DataLoader(stream, batch_size=None, num_workers=workers))
    next(rows)
    start = time.perf_counter()
    count = 1 + sum(1 for _ in rows)  # the workers have ended with it
    seconds = time.perf_counter() - start
    if count != frames:
        raise RuntimeError(f"{count} frames were read, not {frames}")
    return (count - 1) / seconds, count / (processor_seconds() - before)


def compared(readers: dict[str, Callable[[], Iterable]], workers: int, frames: int, rounds: int) -> dict[str, list]:
    """What was measured of each reader, round by round; each round begins with another one."""
    rates = {name: [] for name in readers}
    names = list(readers)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            rates[name].append(measured(readers[name](), workers, frames))
    return rates


@click.command()
@click.argument("dataset", type=click.Path(exists=True, path_type=Path))
@click.option("--frames", default=200, show_default=True, help="at least so many")
@click.option("--rounds", default=7, show_default=True)
@click.option("--workers", default="0,2", show_default=True, help="of the DataLoader, a line each")
@click.option("--labels", default="rgb rgb,depth,parts", show_default=True, help="asked for, a line each")
def main(dataset: Path, frames: int, rounds: int, workers: str, labels: str) -> None:
    """Print frames per second, and how many times as fast as each other reader the shards are."""
    with tempfile.TemporaryDirectory(dir=dataset.resolve().parent) as place:
        folder, out = Path(place, "folder"), Path(place, "shards")
        total = enlarged(dataset, folder, frames)
        export(folder, "webdataset", out, per_shard=-(-total // SHARDS))
        shards = sorted(map(str, out.glob("*.tar")))
        print(
            f"{total} frames in {len(shards)} shards of {sum(Path(s).stat().st_size for s in shards) / 2**20:.0f} MiB"
        )
        print(
            "frames/s: shards | webdataset | webdataset with select_files | folder; shards to each by clock; by processor"
        )
        for asked, count in itertools.product(labels.split(), map(int, workers.split(","))):
            names = tuple(asked.split(","))
            readers = {
                "shards": lambda names=names: ShardStream(out, names),
                "plain": lambda names=names: plain(shards, names, False),
                "select": lambda names=names: plain(shards, names, True),
                "folder": lambda names=names: FolderStream(folder, names),
            }
            rates = compared(readers, count, total, rounds)
            medians = [f"{statistics.median(clock for clock, _ in values):.0f}" for values in rates.values()]
            ratios = [
                ", ".join(
                    f"{statistics.median(a[by] / b[by] for a, b in zip(rates['shards'], rates[name], strict=True)):.2f}×"
                    for name in ("plain", "select", "folder")
                )
                for by in (0, 1)
            ]
            print(f"{asked}, {count} workers: {' | '.join(medians)}; {'; '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
