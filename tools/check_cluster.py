"""Render on three simulated Ray nodes, kill one, add one, and compare with a local run: python tools/check_cluster.py OUT."""

import json
import os
import shutil
import sys
from pathlib import Path

import click
import ray
from ray.cluster_utils import Cluster

from simulacra.datagen.check import check_dataset
from simulacra.datagen.jobs import cluster
from simulacra.datagen.jobs import pool as jobs
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.dataset import DatasetFolder

NODE = {"num_cpus": 1, "memory": (4 * 2**30), "object_store_memory": cluster.OBJECT_STORE}


def labels(path: Path) -> dict[str, bytes]:
    """The content of every file but the pictures and what tells of seconds."""
    loose = ("rgb", "linear", "albedo", "shading")
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.glob("0*/*")
        if file.name != "sample.json" and file.name.split(".")[1] not in loose
    }


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=24, show_default=True)
@click.option("--size", default=96, show_default=True)
@click.option("--samples", default=4, show_default=True)
@click.option("--renderer", default=jobs.DEFAULT_RENDERER, show_default=True)
def main(out, count, size, samples, renderer):
    """Exit code 0 if all samples are whole, labels are byte-equal, and nothing that was done was rendered again."""
    shutil.rmtree(out, ignore_errors=True)
    recipe = Recipe(generator="faces", count=count, size=size, samples=samples)
    pool = jobs.Pool(1, 1, retries=1, renderer=renderer)
    made = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "include_dashboard": False})
    nodes = [made.add_node(**NODE) for _ in range(3)]
    ray.init(made.address, log_to_driver=False, logging_level="error")
    folder, events, before = DatasetFolder.open(out / "cluster", recipe), [], {}

    def tell(event: dict) -> None:
        events.append(event["index"])
        click.echo(f"{len(events)} of {count}", err=True)
        if len(events) == count // 4:
            before.update({index: os.stat(folder.path / f"{index:06d}").st_ino for index in folder.finished()})
            made.remove_node(nodes.pop(), allow_graceful=False)
            nodes.append(made.add_node(**NODE))

    failed = cluster.run_on_ray(folder, range(count), pool, tell)
    ray.shutdown()
    made.shutdown()
    again = [index for index, inode in before.items() if os.stat(folder.path / f"{index:06d}").st_ino != inode]
    here = DatasetFolder.open(out / "here", recipe)
    jobs.run(here, range(count), pool, lambda event: None)
    one, other = labels(folder.path), labels(here.path)
    pictures = [(path / f"{i:06d}" / "0000.rgb.png").read_bytes() for i in range(count) for path in (folder.path, here.path)
                if renderer == jobs.DEFAULT_RENDERER]  # fmt: skip
    found = {
        "finished": len(folder.finished()), "failed": len(failed), "rendered_again": again, "files_compared": len(other),
        "files_that_differ": [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)],
        "equal_pictures": sum(a == b for a, b in zip(pictures[::2], pictures[1::2], strict=True)),
        "check": check_dataset(folder.path).ok if renderer == jobs.DEFAULT_RENDERER else None,
    }  # fmt: skip
    click.echo(json.dumps(found, indent=1))
    whole = found["finished"] == count and found["check"] is not False
    sys.exit(not whole or bool(failed or again or found["files_that_differ"]))


if __name__ == "__main__":
    main()
