"""Checkpoints: weights in safetensors with their config as JSON beside them; shapes are checked before memory is used."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...datagen.errors import NO_SPACE, BadInput, Unfinished
from ...datagen.formats.files import read_json, write_json
from ...datagen.formats.reading import GIB, open_regular
from ...datagen.formats.writing import replacing
from .settings import restored

WEIGHTS, CONFIG, HASH = "model.safetensors", "config.json", "sha256"
LARGEST = 64 * GIB  # bytes of a file of tensors: 16 thousand million weights
Model = TypeVar("Model", bound=nn.Module)
Config = TypeVar("Config")


def save_weights(path: Path, modules: dict[str, nn.Module], about: dict) -> None:
    """Write the modules' weights and buffers into a folder as model.safetensors, and ``about`` as config.json.

    ``about`` is JSON-able and names the ``system`` that can load them.
    """
    folder = _folder(path)
    if not isinstance(about.get("system"), str):
        raise ValueError("about: has no system; allowed is the name of what loads these weights")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = weights_of(modules)
    # One entry alone: the format keeps several in no order, and the same weights are to be the same bytes.
    write_tensors(folder / WEIGHTS, tensors, {HASH: digest(sorted(tensors), tensors.__getitem__)})
    write_json(folder / CONFIG, about)


def load_weights(path: Path, modules: dict[str, nn.Module], system: str) -> dict:
    """Fill the modules from a folder that ``save_weights`` wrote and return its ``about``.

    Values are cast to the modules' own types. Raises BadInput, with the modules unchanged, where the folder holds
    another system's weights, other names or other shapes, or weights that are not those that were saved.
    """
    folder = _folder(path)
    about = read_json(folder / CONFIG)
    found = about.get("system") if isinstance(about, dict) else None
    if found != system:
        raise BadInput(f"{folder}: is a checkpoint of {found}; allowed is one of {system}")
    held = weights_of(modules)
    with open_tensors(folder / WEIGHTS) as file:
        check_shapes(folder / WEIGHTS, file, {name: tuple(value.shape) for name, value in held.items()})
        # In the file itself, or beside weights that are older than that.
        expected = (file.metadata() or {}).get(HASH, about.get(HASH))
        if expected is not None and expected != digest(sorted(held), file.get_tensor):
            raise BadInput(
                f"{folder / WEIGHTS}: is damaged: its SHA-256 is not the one it was saved with; allowed is an unchanged copy"
            )
        for name, value in held.items():
            value.copy_(file.get_tensor(name))
    return about


def digest(names: Sequence[str], tensor: Callable[[str], Tensor]) -> str:
    """The SHA-256 of tensors by name, with their types and shapes, in the order of the names."""
    total = hashlib.sha256()
    for name in names:
        value = tensor(name).detach().cpu().contiguous()
        total.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        total.update(value.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def read_about(path: Path) -> dict:
    """The ``about`` of a folder that ``save_weights`` wrote, for what must know its config before it can build modules."""
    if not (_folder(path) / CONFIG).is_file():
        raise BadInput(f"{_folder(path) / CONFIG}: is missing; allowed is the folder of a training that is finished")
    about = read_json(_folder(path) / CONFIG)
    if not isinstance(about, dict) or not isinstance(about.get("system"), str):
        raise BadInput(f"{_folder(path) / CONFIG}: names no system; allowed is a trained model's config")
    return about


def read_trained(path: Path, system: str, config: Config, *numbers: str) -> tuple[Config, list[float]]:
    """The config and some numbers of a folder that ``save_weights`` wrote; fields it lacks are those of ``config``.

    Raises BadInput where the folder is of another system, or holds no such config.
    """
    about, where = read_about(path), _folder(path) / CONFIG
    if about["system"] != system:
        raise BadInput(f"{_folder(path)}: is a checkpoint of {about['system'][:60]}; allowed is one of {system}")
    try:
        config = restored(config, about.get("config"))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    values = [about.get(name) for name in numbers]
    for name, value in zip(numbers, values, strict=True):
        if type(value) not in (int, float) or not 0 < value <= 1e6:
            raise BadInput(f"{where}: {name} is {str(value)[:60]}; allowed is a number above 0")
    return config, [float(value) for value in values]


def load_model(path: Path, system: str, make: Callable[[], Model],
               parts: Callable[[Model], dict[str, nn.Module]] = lambda model: {"model": model}) -> Model:  # fmt: skip
    """A model filled from a folder that ``save_weights`` wrote, in evaluation mode.

    It is made without memory first and compared with the file, so that a config cannot ask for more than the file holds.
    Raises BadInput as ``load_weights`` does.
    """
    folder = _folder(path)
    try:
        with torch.device("meta"):
            held = weights_of(parts(make()))
    except (RuntimeError, ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        line = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadInput(f"{folder / CONFIG}: its config makes no {system} ({line})") from None
    with open_tensors(folder / WEIGHTS) as file:
        check_shapes(folder / WEIGHTS, file, {name: tuple(value.shape) for name, value in held.items()})
    model = make()
    load_weights(folder, parts(model), system)
    return model.eval().requires_grad_(False)


def weights_of(modules: dict[str, nn.Module]) -> dict[str, Tensor]:
    """All weights and buffers by module and name; they share memory with the modules."""
    return {
        f"{module}.{name}": value.detach()
        for module, net in modules.items()
        for name, value in net.state_dict().items()
    }


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write a safetensors file, whole or not at all; raises Unfinished on a full disk."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with replacing(path) as temporary:
            # Tied weights are stored once for each of their names: the format allows no sharing.
            save_file(
                {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}, temporary, about
            )
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)  # safetensors gives its files to their owner alone
    except (OSError, SafetensorError) as error:
        if getattr(error, "errno", None) in NO_SPACE or "No space left" in str(error):
            raise Unfinished(f"{path}: cannot be written: the disk is full") from None
        raise


@contextmanager
def open_tensors(path: Path, most: int = LARGEST) -> Iterator:
    """A safetensors file of at most ``most`` bytes whose header is read and whose tensors are not yet.

    Raises BadInput where it is damaged, larger, or no regular file.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    open_regular(path.resolve(), most).close()  # the library would wait at a pipe
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
