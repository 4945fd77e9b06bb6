"""What a sub-command of the models needs before it starts."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ...datagen.errors import BadInput
from ..systems.catalogue import SYSTEMS, System


def require_torch() -> None:
    """Refuse to start without torch."""
    try:
        found = find_spec("torch")
    except ValueError:  # a module that stands in its place
        found = None
    if found is None:
        raise BadInput("torch is not installed; pip install simulacra[models]")


def names() -> list[str]:
    """The names of the systems, for shells."""
    return [system.name for system in SYSTEMS]


def run_of(system: System, run: Path | None) -> Path:
    """The folder of a run that is asked, or of the weights that ship; raises BadInput where it is neither."""
    run = run or system.shipped
    if run is None:
        raise BadInput(f"{system.name}: no weights are shipped with this version; {system.data.render} and simulacra train "
                       f"{system.name} --data DATASET --out RUN make them, then give --run RUN")  # fmt: skip
    if not run.is_dir():
        raise BadInput(f"run: {run} is not a folder; allowed is a RUN of simulacra train {system.name}")
    return run
