"""What an exporter reads of every frame, declared beside it; where something is missing, the message says how to get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...procgen import registry
from ..cameras import PINHOLE, model_of
from ..errors import BadInput
from ..labels import LABELS, PICTURES, RECORDS
from ..readers import Dataset, Sample
from ..scene_recipe import LABELLED


class Needs(NamedTuple):
    """The labels and records that every frame must have, and whether its camera must be a pinhole."""

    names: tuple[str, ...] = ()
    pinhole: bool = False


def needs(*names: str, pinhole: bool = False) -> Callable:
    """Declare what an exporter needs; ``names`` are labels and records of the label table."""
    unknown = set(names) - set(LABELS) - set(RECORDS)
    if unknown:
        raise ValueError(f"needs: {', '.join(unknown)} is neither a label nor a record")

    def declare(exporter: Callable) -> Callable:
        exporter.needs = Needs(names, pinhole)
        return exporter

    return declare


def require(dataset: Dataset, to: str, wanted: Needs) -> None:
    """Raise BadInput that names the first thing which a frame lacks, and the options that would render it."""
    for sample in dataset:
        missing = [name for name in wanted.names if not all(_there(sample, name, frame) for frame in sample.frames)]
        if missing:
            raise BadInput(
                f"{to}: needs {' and '.join(missing)}, which sample {sample.name} lacks; {_way(dataset, missing)}"
            )
        for frame in sample.frames if wanted.pinhole else ():
            model = model_of(sample.camera(frame))
            if model != PINHOLE:
                raise BadInput(
                    f"{to}: frame {frame} of sample {sample.name} is of a camera of model {str(model)[:40]}; "
                    "allowed are pinholes"
                )


def _there(sample: Sample, name: str, frame: int) -> bool:
    return sample.has(name, frame) if name in LABELS else sample.holds(f"{name}.json")


def _way(dataset: Dataset, missing: list[str]) -> str:
    """How to get what is missing: the options of the command that renders it, or why it cannot be had."""
    recipe, rendered = (dataset.description.get(name) for name in ("recipe", "rendered"))
    recipe = recipe if isinstance(recipe, dict) else {}
    rendered = [name for name in LABELS if name in rendered] if isinstance(rendered, list) else []
    scene = "source" in recipe
    family = next((row.family for row in registry.PICTURED.values() if row.name == recipe.get("generator")), "people")
    for name in missing:
        if name == "landmarks" and (scene or family != "people"):
            return f"only people have {name}"
        if name in LABELS and (name not in LABELLED if scene else family not in LABELS[name].of):
            return f"only {' and '.join(LABELS[name].of)} have {name}"
    labels = [LABELS[name] for name in missing if name in LABELS]
    if labels and all(label.name in ("rgb", *rendered) for label in labels):
        return "it was rendered and is gone: simulacra check tells what else is"
    options = []
    if any(label.sequence for label in labels):
        options.append("--frames 1..2" if scene else "--frames 2")
    if any(label.stereo for label in labels):
        options.append("--views 2")
    names = [name for name in LABELS if name != "rgb" and (name in rendered or name in missing)]
    if set(names) <= set(PICTURES):  # records are made with any label that tells what is seen
        names.append("instance")
    return (
        f"simulacra {'label' if scene else 'render'} makes it with {' '.join([*options, '--labels'])} {','.join(names)}"
    )
