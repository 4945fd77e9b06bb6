"""Checkpoints: weights in safetensors with their config as JSON beside them; shapes are checked before memory is used."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor, nn

from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.files import read_json, write_json

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def save_weights(path: Path, modules: dict[str, nn.Module], about: dict) -> None:
    """Write the modules' weights and buffers into a folder as model.safetensors, and ``about`` as config.json.

    ``about`` is JSON-able and names the ``system`` that can load them.
    """
    folder = _folder(path)
    if not isinstance(about.get("system"), str):
        raise ValueError("about: has no system; allowed is the name of what loads these weights")
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / WEIGHTS, weights_of(modules), {"system": about["system"]})
    write_json(folder / CONFIG, about)


def load_weights(path: Path, modules: dict[str, nn.Module], system: str) -> dict:
    """Fill the modules from a folder that ``save_weights`` wrote and return its ``about``.

    Values are cast to the modules' own types. Raises BadInput, with the modules unchanged, where the folder holds
    another system's weights, other names or other shapes.
    """
    folder = _folder(path)
    about = read_json(folder / CONFIG)
    found = about.get("system") if isinstance(about, dict) else None
    if found != system:
        raise BadInput(f"{folder}: is a checkpoint of {found}; allowed is one of {system}")
    held = weights_of(modules)
    with open_tensors(folder / WEIGHTS) as file:
        check_shapes(folder / WEIGHTS, file, {name: tuple(value.shape) for name, value in held.items()})
        for name, value in held.items():
            value.copy_(file.get_tensor(name))
    return about


def read_about(path: Path) -> dict:
    """The ``about`` of a folder that ``save_weights`` wrote, for what must know its config before it can build modules."""
    about = read_json(_folder(path) / CONFIG)
    if not isinstance(about, dict) or not isinstance(about.get("system"), str):
        raise BadInput(f"{_folder(path) / CONFIG}: names no system; allowed is a trained model's config")
    return about


def weights_of(modules: dict[str, nn.Module]) -> dict[str, Tensor]:
    """All weights and buffers by module and name; they share memory with the modules."""
    return {
        f"{module}.{name}": value.detach()
        for module, net in modules.items()
        for name, value in net.state_dict().items()
    }


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write a safetensors file beside the target and rename it into place; raises Unfinished on a full disk."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Tied weights are stored once for each of their names: the format allows no sharing.
        save_file(
            {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}, temporary, about
        )
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # safetensors gives its files to their owner alone
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        if getattr(error, "errno", None) in NO_SPACE or "No space left" in str(error):
            raise Unfinished(f"{path}: cannot be written: the disk is full") from None
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def open_tensors(path: Path):
    """A safetensors file whose header is read and whose tensors are not yet; raises BadInput where it is damaged."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise BadInput(f"{path}: is missing")
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise BadInput(f"{path}: is not a whole safetensors file ({error})") from None


def check_shapes(path: Path, file, wanted: dict[str, tuple[int, ...]]) -> None:
    """Raise BadInput unless an open file holds exactly these names with these shapes; reads only its header."""
    held = set(file.keys())
    for kind, names in (("lacks", wanted.keys() - held), ("also holds", held - wanted.keys())):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise BadInput(f"{path}: {kind} {min(names)}{more}; allowed are this model's {len(wanted)} tensors")
    for name, shape in wanted.items():
        found = tuple(file.get_slice(name).get_shape())
        if found != shape:
            raise BadInput(f"{path}: holds {name} of shape {found}; allowed is {shape}")


def header_json(path: Path, file, key: str) -> dict:
    """A JSON object from an open file's header."""
    try:
        value = json.loads((file.metadata() or {})[key])
    except (KeyError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadInput(f"{path}: has no {key} in its header; allowed is a file that this program wrote")
    return value


def _folder(path: Path) -> Path:
    path = Path(path)
    return path.parent if path.name == WEIGHTS else path
