"""The base diffusion trained on another machine: what it learns from packed in one file, and its weights taken back."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....datagen.errors import BadInput
from ...core.checkpoint import check_shapes, digest, header_json, open_tensors, weights_of, write_tensors
from ...core.progress import Progress
from ...core.settings import configured, plain, restored
from ...core.timed import TimedTrainer
from ...core.training import seeded
from ...diffusion.unet import count_parameters
from ...fields.triplane import mirrored, roll_in, roll_out
from .base import BaseStep, network_of, unet_of
from .config import Config
from .model import Rodin

RETURNED = "returned.safetensors"  # in a run's folder of the base: weights that were trained elsewhere
MOST = 60_000_000  # bytes of a pack, and of weights: what is carried to another machine and back
HALF = 2  # bytes of a number in half precision
NEAR = 1e-2  # of the largest statistic, by which they may differ: some were rounded to half precision
ENDLESS = 10**9  # steps: the clock ends a training, not their number
SAYS = 10.0  # s between two lines of a training
NETWORK = ("base_width", "base_multipliers", "base_blocks", "base_attention")  # what makes a base wide
CHANGES = (*NETWORK, "batch", "drop", "base")  # what may be set where it is trained
STATISTICS = ("small.mean", "small.scale", "told.mean", "told.deviation")  # by which planes and latents are told


class Pack(NamedTuple):
    """What a base learns from: planes of unit deviation rolled out (N, C, r, 3r), latents as networks are told them
    (N, 2, K, D), of which ``views`` (N,) says how many of the K each person has, the statistics of both by name,
    the run's configuration, a caption of each person, and the SHA-256 of the tensors."""

    rolled: Tensor
    latents: Tensor
    views: Tensor
    statistics: dict[str, Tensor]
    config: Config
    captions: tuple[str, ...]
    sha256: str


def pack(model: Rodin, step: BaseStep, captions: Sequence[str], out: Path, most: int | None = None) -> int:
    """Write what the base of an untrained model learns from, of the first ``most`` people, in half precision; its bytes.

    Raises BadInput, before anything is written, where that is more than 60 MB, with how many people are allowed.
    """
    if most is not None and most < 1:
        raise BadInput(f"people: {most} is not allowed; allowed is 1 or more")
    count = min(len(captions), most or len(captions))
    held = weights_of({name: getattr(model, name) for name in ("small", "told")})
    tensors = {name: held[name].float() for name in STATISTICS if name in held}
    tensors |= {"rolled": step.rolled[:count, 0].half(), "latents": step.latents[:count].half()}
    tensors["views"] = step.views[:count].short()
    size = sum(value.numel() * value.element_size() for value in tensors.values())
    if size > MOST:
        fixed = sum(tensors[name].numel() * 4 for name in STATISTICS if name in tensors)
        allowed = int((MOST - fixed) // ((size - fixed) / count))
        raise BadInput(
            f"pack: {count} people make {size / 1e6:.1f} MB; allowed are {MOST // 10**6} MB, {allowed} people"
        )
    about = {"config": plain(model.config), "captions": list(captions[:count]),
             "sha256": digest(sorted(tensors), tensors.__getitem__)}  # fmt: skip
    write_tensors(out, tensors, {"rodin": json.dumps(about)})
    return size


def read_pack(path: Path) -> Pack:
    """What ``pack`` wrote; raises BadInput where it is damaged or something else."""
    about, tensors = _read(path)
    try:
        rolled, latents, views = (tensors.pop(name) for name in ("rolled", "latents", "views"))
    except KeyError as error:
        raise BadInput(f"{path}: lacks {error.args[0]}; allowed is what was packed of a run of Rodin") from None
    config, captions = _config(path, about), tuple(map(str, about.get("captions", ())))
    count, size = len(views), config.resolution
    wanted = (count, config.fit.channels, size, 3 * size)
    if rolled.shape != wanted or latents.dim() != 4 or latents.shape[:2] != (count, 2) or len(captions) != count:
        raise BadInput(f"{path}: planes {tuple(rolled.shape)} and latents {tuple(latents.shape)} are not of {count} people; "
                       "allowed is what was packed of a run of Rodin")  # fmt: skip
    if not count or views.min() < 1 or views.max() > latents.shape[2]:
        raise BadInput(f"{path}: somebody has no latent; allowed are 1 to {latents.shape[2]} of each")
    return Pack(rolled.float(), latents.float(), views.long(), tensors, config, captions, about["sha256"])


def widened(packed: Pack, settings: Sequence[str]) -> Config:
    """A pack's configuration with fields of the base changed by ``field=value``; raises BadInput for others, and where its
    weights would be larger than 60 MB."""
    for text in settings:
        if text.partition("=")[0].strip().split(".")[0] not in CHANGES:
            raise BadInput(f"set: {text[:60]} is not allowed here; allowed are {', '.join(CHANGES)}")
    config = configured(packed.config, settings)

    def size(width: int) -> int:
        network = unet_of(replace(config, base_width=width), packed.latents.shape[-1])
        return HALF * count_parameters(network)

    if size(config.base_width) > MOST:
        low, high = 0, -(-config.base_width // 4)  # in fours: the widest that is allowed lies between
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if size(4 * middle) <= MOST else (low, middle)
        raise BadInput(f"base_width: {config.base_width} makes weights of {size(config.base_width) / 1e6:.0f} MB; allowed are "
                       f"{MOST // 10**6} MB, with these blocks a width of at most {4 * low}")  # fmt: skip
    return config


def train_base(packed: Pack, config: Config, folder: Path, seconds: float, say: Callable[[str], None] = print) -> Path:
    """Train a base for a budget of wall-clock seconds, on a GPU if there is one, and write its averaged weights; their file.

    On a GPU losses are computed in bfloat16. What was stopped goes on from its last checkpoint in ``folder``.
    """
    gpu = torch.cuda.is_available()
    if gpu:
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    both = torch.stack([packed.rolled, roll_out(mirrored(roll_in(packed.rolled)))], 1)
    network = seeded(lambda: network_of(config, packed.latents.shape[-1]), config.base.seed)
    for module in network.modules():  # as the network keeps what passes through it
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
    step = BaseStep(network, both, packed.latents, packed.views, config)
    settings = replace(config.base, steps=ENDLESS, seconds=0.0, picture_every=0)
    if gpu:
        settings = replace(settings, precision="bf16")
    trainer = TimedTrainer(Path(folder) / "base", {"base": network}, step, settings, budget=seconds,
                           progress=_lines(config.batch, seconds, say))  # fmt: skip
    where = f"{torch.cuda.get_device_name()} in bfloat16" if gpu else f"processor, {torch.get_num_threads()} threads"
    say(f"{len(packed.views)} people, {sum(p.numel() for p in network.parameters()):,} weights, {where}")
    trainer.run()
    tensors = {name: value.half() for name, value in weights_of(trainer.ema_modules()).items()} | packed.statistics
    about = {"config": plain(config), "pack": packed.sha256, "steps": trainer.done, "seconds": round(trainer.spent, 1),
             "samples": trainer.done * config.batch, "device": where, "sha256": digest(sorted(tensors), tensors.__getitem__)}  # fmt: skip
    out = Path(folder) / "base.safetensors"
    write_tensors(out, tensors, {"rodin": json.dumps(about)})
    return out


def adopt(model: Rodin, path: Path) -> None:
    """Fill the base of a model with weights that ``train_base`` wrote; raises BadInput, with the model unchanged, where they are
    damaged, of another network, or of planes or latents that are told in other units."""
    about, tensors = _read(path)
    theirs = _of_base(_config(path, about))
    for name, value in _of_base(model.config).items():
        if theirs[name] != value:
            raise BadInput(
                f"{path}: was trained with {name} {theirs[name]}, not {value}; allowed is the run it was packed from"
            )
    ours = {name: value for name, value in weights_of(model.parts()).items() if name in STATISTICS}
    held = weights_of({"base": model.base})
    with open_tensors(path, MOST + 10**7) as file:
        check_shapes(path, file, {name: tuple(value.shape) for name, value in (held | ours).items()})
    for name, value in ours.items():
        if (tensors[name] - value).abs().max() > NEAR * value.abs().max().clamp(min=1e-6):
            raise BadInput(
                f"{path}: was trained on other people or planes ({name} differs); allowed is the run it was packed from"
            )
    with torch.no_grad():
        for name, value in held.items():
            value.copy_(tensors[name])


def adopted_config(config: Config, path: Path) -> Config:
    """A run's configuration with the network of a base that was trained elsewhere; raises BadInput where the file is damaged."""
    made = _config(path, _read(path)[0])
    return replace(config, **{name: getattr(made, name) for name in NETWORK})


def _of_base(config: Config) -> dict:
    """What of a configuration a base's weights mean something with."""
    names = (*NETWORK, "rollout", "process", "process_steps", "prediction", "resolution", "latents")
    return {name: getattr(config, name) for name in names} | {"channels": config.fit.channels}


def _config(path: Path, about: dict) -> Config:
    try:
        return restored(Config(), about.get("config"))
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


def _read(path: Path) -> tuple[dict, dict[str, Tensor]]:
    """The header and the tensors of a file of this module, which are those that were written."""
    with open_tensors(path, MOST + 10**7) as file:
        about = header_json(path, file, "rodin")
        names = sorted(file.keys())
        if about.get("sha256") != digest(names, file.get_tensor):
            raise BadInput(
                f"{path}: is damaged: its SHA-256 is not the one it was written with; allowed is an unchanged copy"
            )
        return about, {name: file.get_tensor(name) for name in names}


def _lines(batch: int, budget: float, say: Callable[[str], None]) -> Progress:
    """Progress as a line each ten seconds: time, steps, the mean loss and the samples a second since the last one."""
    started = last = time.monotonic()
    losses: list[float] = []

    def tell(event: dict) -> None:
        nonlocal last
        losses.append(event["loss"])
        now = time.monotonic()
        if now - last < SAYS and event["step"] > 1:
            return
        pace = batch * len(losses) / max(now - last, 1e-9)
        say(f"{now - started:.0f} s of {budget:.0f}, step {event['step']:,}, loss {math.fsum(losses) / len(losses):.4f}, "
            f"{pace:,.0f} samples/s, rate {event['learning_rate']:.1e}")  # fmt: skip
        last = now
        losses.clear()

    return tell
