"""Exporters: a dataset in the formats of other tools; each is one module and one row."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

from ..errors import BadInput
from ..formats.writing import flush
from ..readers import Dataset
from ..storage.held import PARTIAL, hold, sweep
from .coco import coco
from .facesynthetics import facesynthetics
from .files import flush_tree
from .kitti import kitti
from .needs import require
from .nerf import nerf
from .pictures import pictures
from .sintel import sintel
from .webdataset import webdataset
from .yolo import yolo

EXPORTERS = {
    exporter.__name__: exporter for exporter in (facesynthetics, webdataset, nerf, coco, yolo, sintel, kitti, pictures)
}


def export(path: str | Path, to: str, out: str | Path, **options: int | str) -> Path:
    """Write the dataset at ``path`` as ``to`` into a new folder ``out``; it appears there whole or not at all.

    ``options`` are those of the format's exporter, as workers and per_shard of webdataset's and task of yolo's.
    """
    out = Path(out)
    if to not in EXPORTERS:
        raise BadInput(f"export: {to} is not a format; allowed are {', '.join(EXPORTERS)}")
    for name in options:
        known = [format for format, exporter in EXPORTERS.items() if name in _options(exporter)]
        if to not in known:
            raise BadInput(f"{name.replace('_', '-')}: is no option of {to}; allowed with {', '.join(known) or 'none'}")
    dataset = Dataset(path)
    if not len(dataset):
        raise BadInput(f"{path}: holds no finished sample")
    require(dataset, to, EXPORTERS[to].needs)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out}: exists; allowed is a new or empty folder")
    place = out.absolute()  # "." has no name
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place.parent, PARTIAL + place.name)
    with hold(place.parent, PARTIAL + place.name) as partial:
        EXPORTERS[to](dataset, partial, **options)
        flush_tree(partial)
        if place.exists():
            place.rmdir()
        os.rename(partial, place)
        flush(place.parent)
    return out


def _options(exporter) -> list[str]:
    """The names of what a format's exporter takes beside the dataset and the folder."""
    return list(inspect.signature(exporter).parameters)[2:]
