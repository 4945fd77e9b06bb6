"""Avatars for Blender: writes NAME.avatar.safetensors as docs/avatar.md fixes it, reads one back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...datagen.errors import BadInput
from ...datagen.formats.reading import GIB
from ..core.checkpoint import header_json, open_tensors, write_tensors
from .component import KeptField
from .render import Field
from .triplane import DENSEST, Decoder, TriplaneField

SUFFIX = ".avatar.safetensors"
NAMES = ("xy", "xz", "yz")
LEVEL = 10.0  # per box unit: the density at which a mesh's surface lies
FIXED = {
    "version": 1, "channels": {"density": 1, "colour": 3}, "activation": "relu", "density": "exp", "colour": "sigmoid",
    "sampling": "bilinear, align_corners=false, padding_mode=border",
}  # fmt: skip
MOST = 2 * GIB  # bytes of a file that is read
KEPT, CELLS = "kept", 256  # the tensor that says which cells are kept, and the most of them along an edge
LIMITS = {"channels": 256, "resolution": 2048, "width": 1024, "octaves": 4}


@dataclass(frozen=True, eq=False)
class SavedAvatar:
    """An avatar's planes float32 (3, C, R, R), its decoder, the cube's half side and centre in metres, and its texts.

    ``level`` is the density of a mesh's surface per box unit. The cube is empty outside the cells (K, K, K), indexed x, y, z,
    that are ``kept``, if that is said; K is a multiple of 8.
    """

    planes: Tensor
    decoder: Decoder
    half: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    level: float = LEVEL
    prompt: str = ""
    licence: str = ""
    generator: str = ""
    background: tuple[float, float, float] = (1.0, 1.0, 1.0)
    kept: Tensor | None = None

    @property
    def field(self) -> Field:
        """The field in box units, of batch 1."""
        field = TriplaneField(self.planes[None], self.decoder)
        return field if self.kept is None else KeptField(field, self.kept)


def write_avatar(path: str | Path, avatar: SavedAvatar) -> None:
    """Write an avatar that the add-on reads; planes are stored as float16 where that loses nothing.

    The decoder's density is per box unit and bounded; in the file it is per metre, so log(1 / half) is in the last bias,
    and the bound is one layer more: min(x, d) is d - relu(d - x). Raises BadInput on what the format cannot hold.
    """
    path = _named(path)
    planes, decoder = avatar.planes.detach().float().cpu(), avatar.decoder
    tensors = {"planes": planes.half() if torch.equal(planes.half().float(), planes) else planes}
    for index, (weight, bias) in enumerate(_bounded(decoder, avatar.half)):
        tensors |= {f"decoder.{index}.weight": weight.float(), f"decoder.{index}.bias": bias.float()}
    about = FIXED | {
        "box": 2.0 * avatar.half, "center": list(avatar.centre), "planes": list(NAMES), "aggregate": "sum",
        "level": avatar.level / avatar.half, "background": list(avatar.background), "prompt": avatar.prompt,
        "licence": avatar.licence, "generator": avatar.generator,
    }  # fmt: skip
    if decoder.fourier:
        about["fourier"] = decoder.fourier
    shape = tuple(planes.shape)
    if len(shape) != 4 or shape[0] != 3 or shape[1] != decoder.channels or shape[2] != shape[3]:
        raise BadInput(f"{path}: planes have the shape {shape}; allowed is (3, {decoder.channels}, R, R)")
    sizes = (decoder.channels, shape[2], decoder.width, decoder.fourier)
    for (name, most), size in zip(LIMITS.items(), sizes, strict=True):
        if size > most:
            raise BadInput(f"{path}: {name} is {size}; allowed are at most {most}")
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise BadInput(f"{path}: the planes or the decoder hold NaN or infinity; allowed are finite numbers")
    if avatar.kept is not None:
        tensors[KEPT] = torch.from_numpy(np.packbits(avatar.kept.numpy(), 2, "little"))
    write_tensors(path, tensors, {"avatar": json.dumps(about, allow_nan=False)})


def read_avatar_planes(path: str | Path) -> SavedAvatar:
    """Read an avatar to edit or render it: what ``write_avatar`` wrote, or another that the decoder can stand for.

    Planes of any order come back as (x, y), (x, z), (y, z), and those of a mean divided by 3. Raises BadInput whose line
    says what is wrong and what is allowed.
    """
    path = _named(path)
    with open_tensors(path, MOST) as file:
        try:
            about = header_json(path, file, "avatar")
        except RecursionError:
            raise BadInput(f"{path}: its description is nested too deeply; allowed is a flat JSON object") from None
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
        kept = _kept(path, file, shapes.pop(KEPT)) if KEPT in shapes else None
        layers = len(shapes) // 2
        names = {"planes"} | {f"decoder.{i}.{part}" for i in range(layers) for part in ("weight", "bias")}
        if set(shapes) != names or layers < 2:
            raise BadInput(f"{path}: holds {', '.join(sorted(shapes))[:60]}; allowed are planes and 2 or more layers")
        half, order, octaves = _meaning(path, about)
        shape = shapes["planes"]
        if len(shape) != 4 or shape[0] != 3 or shape[2] != shape[3] or not 1 <= shape[1] <= LIMITS["channels"]:
            raise BadInput(f"{path}: planes have the shape {shape}; allowed is (3, C, R, R)")
        if not 1 <= shape[2] <= LIMITS["resolution"]:
            raise BadInput(f"{path}: planes have the shape {shape}; allowed is R up to {LIMITS['resolution']}")
        _check_layers(path, shapes, layers, shape[1] * (1 + 2 * octaves))
        values = {name: file.get_tensor(name).float() for name in shapes}
    for name, value in values.items():
        if not torch.isfinite(value).all():
            raise BadInput(f"{path}: {name} holds NaN or infinity; allowed are finite numbers")
    net = [(values[f"decoder.{i}.weight"], values[f"decoder.{i}.bias"]) for i in range(layers)]
    net = _unbounded(net, half)
    width = net[0][0].shape[0]
    if len(net) < 2 or any(weight.shape[0] != width for weight, _ in net[:-1]):
        raise BadInput(f"{path}: its layers are {[len(b) for _, b in net]} wide; allowed is one width, then 4")
    decoder = Decoder(shape[1], width, len(net) - 1, octaves)
    with torch.no_grad():
        for (weight, bias), (found, shift) in zip(decoder.layers(), net, strict=True):
            weight.copy_(found), bias.copy_(shift)
    planes = values["planes"] / (3 if about["aggregate"] == "mean" else 1)
    planes = torch.stack([planes[i] if name in NAMES else planes[i].mT for i, name in order])
    texts = {name: str(about.get(name, "")) for name in ("prompt", "licence", "generator")}
    return SavedAvatar(planes.contiguous(), decoder.requires_grad_(False), half, tuple(about["center"]),
                       about["level"] * half, background=tuple(about.get("background", (1.0,) * 3)), kept=kept, **texts)  # fmt: skip


def _kept(path: Path, file, shape: tuple) -> Tensor:
    """The cells that a file says are kept, a bit each along z."""
    cells = shape[0] if shape else 0
    if shape != (cells, cells, cells / 8) or not 1 <= cells <= CELLS or file.get_slice(KEPT).get_dtype() != "U8":
        raise BadInput(f"{path}: {KEPT} has the shape {shape}; allowed is uint8 (K, K, K / 8) with K up to {CELLS}")
    return torch.from_numpy(np.unpackbits(file.get_tensor(KEPT).numpy(), 2, bitorder="little")).bool()


def _named(path: str | Path) -> Path:
    if not str(path).endswith(SUFFIX):
        raise BadInput(f"{path}: is no name for an avatar; allowed is one that ends in {SUFFIX}")
    return Path(path)


def _pattern(bound: float) -> tuple[Tensor, Tensor]:
    """The last layer of a bounded decoder: bound - h0, then h1 - h2, h3 - h4, h5 - h6."""
    weight = torch.zeros(4, 7)
    weight[0, 0] = -1
    for colour in range(3):
        weight[1 + colour, 1 + 2 * colour], weight[1 + colour, 2 + 2 * colour] = 1, -1
    return weight, torch.tensor([bound, 0.0, 0.0, 0.0])


def _bounded(decoder: Decoder, half: float) -> list[tuple[Tensor, Tensor]]:
    """The decoder's layers with its bound on the density, which is then per metre, as one layer more."""
    layers = [(weight.detach().cpu(), bias.detach().cpu()) for weight, bias in decoder.layers()]
    weight, bias = layers[-1]
    rows, shift = [-weight[0]], [DENSEST - bias[0]]
    for colour in range(1, 4):
        rows += [weight[colour], -weight[colour]]
        shift += [bias[colour], -bias[colour]]
    return [*layers[:-1], (torch.stack(rows), torch.stack(shift)), _pattern(DENSEST + math.log(1 / half))]


def _unbounded(layers: list[tuple[Tensor, Tensor]], half: float) -> list[tuple[Tensor, Tensor]]:
    """The layers of a decoder whose density is per box unit, whether the bound is written out or not."""
    weight, bias = layers[-1]
    if weight.shape == (4, 7) and torch.equal(weight, _pattern(0.0)[0]):
        hidden, shift = layers[-2]
        if torch.equal(hidden[1::2], -hidden[2::2]) and torch.equal(shift[1::2], -shift[2::2]):
            first = bias[0] + math.log(half) - shift[0]
            last = torch.cat([-hidden[:1], hidden[1::2]]), torch.cat([first[None], shift[1::2] + bias[1:]])
            return [*layers[:-2], last]
    bias = bias.clone()
    bias[0] += math.log(half)
    return [*layers[:-1], (weight, bias)]


def _meaning(path: Path, about: dict) -> tuple[float, list[tuple[int, str]], int]:
    """The half side, for each of our planes where it is in the file and its name there, and the octaves."""
    for name, allowed in FIXED.items():
        if about.get(name) != allowed or isinstance(about.get(name), bool):
            raise BadInput(f"{path}: {name} is {str(about.get(name))[:60]}; allowed to be edited is {allowed}")
    if about.get("aggregate") not in ("sum", "mean"):
        raise BadInput(
            f"{path}: aggregate is {str(about.get('aggregate'))[:60]}; allowed to be edited are sum and mean"
        )
    octaves = about.get("fourier", 0)
    if type(octaves) is not int or not 0 <= octaves <= LIMITS["octaves"]:
        raise BadInput(f"{path}: fourier is {str(octaves)[:60]}; allowed are 0…{LIMITS['octaves']}")
    for name, count in (("center", 3), ("background", 3)):
        values = about.get(name, [1.0] * 3 if name == "background" else None)
        if not isinstance(values, list) or len(values) != count or not all(_number(value) for value in values):
            raise BadInput(f"{path}: {name} is {str(values)[:60]}; allowed are {count} numbers")
    for name, most in (("box", 1e4), ("level", 1e9)):
        if not _number(about.get(name)) or not 1e-9 <= about[name] <= most:
            raise BadInput(f"{path}: {name} is {str(about.get(name))[:60]}; allowed is a number up to {most:g}")
    names: Any = about.get("planes")
    found = ["".join(sorted(name)) for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if sorted(found) != sorted(NAMES) or len(names) != 3:
        raise BadInput(f"{path}: planes are {str(names)[:60]}; allowed are xy, xz, yz, each either way round")
    return about["box"] / 2, [(found.index(name), names[found.index(name)]) for name in NAMES], octaves


def _number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e9


def _check_layers(path: Path, shapes: dict[str, tuple], layers: int, width: int) -> None:
    for index in range(layers):
        weight, bias = shapes[f"decoder.{index}.weight"], shapes[f"decoder.{index}.bias"]
        out = weight[0] if weight else 0
        if weight != (out, width) or bias != (out,) or not 1 <= out <= LIMITS["width"]:
            raise BadInput(f"{path}: decoder.{index} has the shapes {weight}, {bias}; allowed are {width} inputs")
        width = out
    if width != 4:
        raise BadInput(f"{path}: its last layer gives {width} numbers; allowed are 4")
