"""Measure what the 3D-aware convolution is worth: python tools/bench_rollout.py PLANES.safetensors OUT [--steps 2000].

Trains two diffusion networks of as many parameters on the same planes (key "planes", (N, 3, C, R, R), one row a person),
one with the roll-out convolution and one with plain 2D convolutions, from equal seeds with equal batches, steps and noise.
Prints, for each seed, the Frechet distance between as many samples as there are training planes and the held-out planes
(the last of the file), in the space of the training planes' first principal components. Beside it: the floor, which is
the same of the training planes themselves; the mean training plane; independent normal numbers of the training planes'
means and deviations; and how near samples lie to training planes, against how near held-out planes do.
A run that is finished is kept in OUT/KIND-SEED.json and not made again.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
import torch
from safetensors.torch import load_file
from scipy.linalg import sqrtm

from simulacra.datagen.errors import BadInput
from simulacra.models.diffusion.process import Gaussian
from simulacra.models.diffusion.rollout import merge
from simulacra.models.diffusion.samplers import ddim
from simulacra.models.diffusion.unet import UNet, UNetConfig, count_parameters, matched_plain

KINDS = ("plain", "rollout")
WARMUP, AVERAGE = 50, 0.999


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """The Frechet distance of two sets of rows under normal distributions fitted to them."""
    first, second = np.atleast_2d(np.cov(one.T)), np.atleast_2d(np.cov(other.T))
    root = np.real(sqrtm(first @ second))
    shift = one.mean(0) - other.mean(0)
    return float(shift @ shift + np.trace(first + second - 2 * root))


def read(path: Path, held_out: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Rolled planes (N, C, R, 3R) to train on and held out, of mean 0 and deviation 1 per plane and channel in training."""
    tensors = load_file(path)
    if "planes" not in tensors or tensors["planes"].dim() != 5 or tensors["planes"].shape[1] != 3:
        raise BadInput(f"{path.name}: wanted is 'planes' of (N, 3, C, R, R)")
    planes = tensors["planes"].float()
    last = max(2, round(held_out * len(planes)))
    if len(planes) < last + 2:
        raise BadInput(f"{path.name}: {len(planes)} rows; allowed are at least 4")
    seen = planes[:-last]
    mean, deviation = seen.mean((0, 3, 4), keepdim=True), seen.std((0, 3, 4), keepdim=True)
    rolled = merge(((planes - mean) / deviation.clamp(min=1e-8)).transpose(0, 1).flatten(0, 1), 3)
    return rolled[:-last], rolled[-last:]


class Space:
    """The first principal components of training planes."""

    def __init__(self, seen: torch.Tensor, dims: int):
        flat = seen.flatten(1).double()
        self.mean = flat.mean(0)
        _, scales, axes = torch.linalg.svd(flat - self.mean, full_matrices=False)
        self.axes, self.explained = axes[:dims], float(scales[:dims].square().sum() / scales.square().sum())

    def __call__(self, rolled: torch.Tensor) -> np.ndarray:
        return ((rolled.cpu().flatten(1).double() - self.mean) @ self.axes.T).numpy()


def train(config: UNetConfig, process: Gaussian, seen: torch.Tensor, seed: int, options: dict) -> tuple[UNet, float]:
    """The averaged network and its mean loss over the last tenth of the steps."""
    torch.manual_seed(seed)
    net = UNet(config).to(options["device"])
    average = UNet(config).to(options["device"]).eval()
    average.load_state_dict(net.state_dict())
    optimizer = torch.optim.AdamW(net.parameters(), options["rate"], betas=(0.9, 0.99), weight_decay=0.0)
    generator, last, started = torch.Generator().manual_seed(seed), [], time.perf_counter()
    for step in range(options["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = options["rate"] * min(1.0, (step + 1) / WARMUP)
        chosen = torch.randint(len(seen), (options["batch"],), generator=generator)
        loss = process.loss(net, seen[chosen].to(options["device"]), None, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        kept = min(AVERAGE, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - kept)
        if step >= 0.9 * options["steps"]:
            last.append(loss.detach())
        if (step + 1) % max(options["steps"] // 10, 1) == 0:
            pace = (time.perf_counter() - started) / (step + 1)
            click.echo(
                f"  step {step + 1}/{options['steps']}: loss {float(loss.detach()):.4f}, {pace:.3f} s a step", err=True
            )
    return average, float(torch.stack(last).mean())


def nearest(rolled: torch.Tensor, seen: torch.Tensor) -> float:
    """The median distance to the nearest training plane, per number."""
    away = torch.cdist(rolled.cpu().flatten(1), seen.flatten(1)).amin(1)
    return float(away.median() / seen[0].numel() ** 0.5)


def measure(kind: str, seed: int, config: UNetConfig, seen: torch.Tensor, away: torch.Tensor, space: Space, options: dict) -> dict:  # fmt: skip
    """Train one network, sample, and tell what came out."""
    started = time.perf_counter()
    process = Gaussian(options["schedule"], 1000, options["prediction"])
    net, loss = train(config, process, seen, seed, options)
    noise, drawn = torch.randn(seen.shape, generator=torch.Generator().manual_seed(1000 + seed)), []
    for part in noise.split(4 * options["batch"]):
        drawn.append(ddim(net, process, part.to(options["device"]), options["sampling"]).cpu())
    samples = torch.cat(drawn)
    return {"kind": kind, "seed": seed, "distance": frechet(space(samples), space(away)), "loss": loss,
            "nearest": nearest(samples, seen), "parameters": count_parameters(config), "config": asdict(config),
            "seconds": round(time.perf_counter() - started, 1)}  # fmt: skip


def references(seen: torch.Tensor, away: torch.Tensor, space: Space) -> dict:
    """What the distances are to be held against."""
    normal = torch.randn(seen.shape, generator=torch.Generator().manual_seed(0)) * seen.std(0) + seen.mean(0)
    mean = seen.mean(0, keepdim=True).expand_as(seen)
    return {"floor": frechet(space(seen), space(away)), "mean_plane": frechet(space(mean), space(away)),
            "normal_numbers": frechet(space(normal), space(away)), "nearest_held_out": nearest(away, seen)}  # fmt: skip


@click.command()
@click.argument("planes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--steps", default=2000, show_default=True, help="of training")
@click.option("--seeds", default=3, show_default=True)
@click.option("--base", default=32, show_default=True, help="channels of the roll-out network's first level")
@click.option("--batch", default=16, show_default=True)
@click.option("--rate", default=5e-4, show_default=True, help="of learning")
@click.option("--dims", default=16, show_default=True, help="principal components, at most half of the held-out planes")
@click.option("--held-out", default=0.25, show_default=True, help="share of the planes")
@click.option("--sampling", default=50, show_default=True, help="DDIM steps")
@click.option("--schedule", default="cosine", show_default=True)
@click.option("--prediction", default="v", show_default=True)
@click.option(
    "--attention/--no-attention", default=True, show_default=True, help="in the lowest level, of both networks"
)
@click.option("--device", default="cpu", show_default=True)
def main(
    planes: Path, out: Path, held_out: float, seeds: int, dims: int, base: int, attention: bool, **options
) -> None:
    """Compare on PLANES; exit code 0 if the roll-out network is nearer to the held-out planes in every seed."""
    seen, away = read(planes, held_out)
    channels, size = seen.shape[1:3]
    dims = max(1, min(dims, len(away) // 2, len(seen) - 1))
    config = UNetConfig(channels, channels, base, (1, 2, 4), 2, (size // 4,) if attention else (), size=size)
    configs = {"rollout": config, "plain": matched_plain(config)}
    space = Space(seen, dims)
    settings = {"planes": list(seen.shape), "held_out": len(away), "dims": dims, "base": base, "attention": attention,
                **{name: value for name, value in options.items() if name != "device"}}  # fmt: skip
    known = references(seen, away, space)
    click.echo(f"{len(seen)} planes to train on, {len(away)} held out, {dims} principal components ({space.explained:.0%} of the variance)")  # fmt: skip
    click.echo(", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in known.items()))
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for seed in range(seeds):
        for kind in KINDS:
            record = out / f"{kind}-{seed}.json"
            if record.exists():
                found[kind, seed] = json.loads(record.read_text())
                if found[kind, seed]["settings"] != settings:
                    raise BadInput(f"{record}: was made with other settings; choose another folder")
                continue
            click.echo(
                f"{kind}, seed {seed}: {count_parameters(configs[kind]):,} parameters, base {configs[kind].base}",
                err=True,
            )
            found[kind, seed] = measure(kind, seed, configs[kind], seen, away, space, options) | {"settings": settings}
            part = record.with_suffix(".part")
            part.write_text(json.dumps(found[kind, seed], indent=1))
            part.replace(record)
    for seed in range(seeds):
        plain, rollout = (found[kind, seed] for kind in KINDS)
        click.echo(f"seed {seed}: distance {plain['distance']:.4g} plain, {rollout['distance']:.4g} roll-out; loss {plain['loss']:.4f}, {rollout['loss']:.4f}; "
                   f"nearest {plain['nearest']:.3f}, {rollout['nearest']:.3f}; {plain['parameters']:,}, {rollout['parameters']:,} parameters")  # fmt: skip
    wins = sum(found["rollout", seed]["distance"] < found["plain", seed]["distance"] for seed in range(seeds))
    summary = {"settings": settings, "explained": space.explained, **known, "wins": wins, "seeds": seeds,
               "runs": [{key: run[key] for key in ("kind", "seed", "distance", "loss", "nearest", "parameters", "seconds")} for run in found.values()]}  # fmt: skip
    (out / "summary.json").write_text(json.dumps(summary, indent=1))
    click.echo(f"the roll-out convolution is nearer in {wins} of {seeds} seeds")
    raise SystemExit(0 if wins == seeds else 1)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(str(error))
