"""Measure a training step of the volume renderer against the plainest one that gives the same result.

python tools/bench_renderer.py [--rays 1024] [--samples 48] [--resolution 64] [--rounds 7]
"""

import math
import statistics
import time

import click
import torch

from simulacra.models.core.cameras import camera_rays, orbit
from simulacra.models.fields.render import render
from simulacra.models.fields.triplane import Decoder, TriplaneField

AXES = ((0, 1), (0, 2), (1, 2))


def plain_render(planes, decoder, origins, directions, samples: int):
    """Colour (N, 3) of rays (N, 3), one sample after the other from front to back as the equations are written."""
    ones = torch.ones_like(directions)
    entry = torch.minimum((-ones - origins) / directions, (ones - origins) / directions).amax(-1).clamp(min=0)
    leave = torch.maximum((-ones - origins) / directions, (ones - origins) / directions).amin(-1)
    length = (leave - entry).clamp(min=0) / samples
    passed, colours = torch.ones_like(length), torch.zeros_like(directions)
    for index in range(samples):
        points = origins + directions * (entry + (index + 0.5) * length)[:, None]
        features = 0
        for plane, (across, down) in zip(planes, AXES, strict=True):
            features = features + plain_read(plane, points[:, across], points[:, down])
        density, colour = plain_decode(decoder, features)
        left = passed * torch.exp(-density * length)
        colours = colours + (passed - left)[:, None] * colour
        passed = left
    return colours + passed[:, None]  # on white


def plain_read(plane, x, y):
    """Bilinear features (N, C) of a plane (C, R, R) at x along its width and y along its height, both in [-1, 1]."""
    size = plane.shape[-1]
    x, y = (((value + 1) * size / 2 - 0.5).clamp(0, size - 1) for value in (x, y))
    left, top = x.floor().long().clamp(max=size - 2), y.floor().long().clamp(max=size - 2)
    u, v = x - left, y - top
    above = plane[:, top, left] * (1 - u) + plane[:, top, left + 1] * u
    below = plane[:, top + 1, left] * (1 - u) + plane[:, top + 1, left + 1] * u
    return (above * (1 - v) + below * v).T


def plain_decode(decoder, features):
    """What the decoder does to features (N, C), written out."""
    found = [features]
    for octave in range(decoder.fourier):
        found += [torch.sin(features * math.pi * 2**octave), torch.cos(features * math.pi * 2**octave)]
    x = torch.cat(found, -1)
    *hidden, last = decoder.layers()
    for weight, bias in hidden:
        x = torch.relu(x @ weight.T + bias)
    raw = x @ last[0].T + last[1]
    return torch.exp(raw[:, 0].clamp(max=7.0)), torch.sigmoid(raw[:, 1:])


@click.command()
@click.option("--rays", default=1024, show_default=True)
@click.option("--samples", default=48, show_default=True)
@click.option("--resolution", default=64, show_default=True, help="of the planes")
@click.option("--channels", default=16, show_default=True)
@click.option("--rounds", default=7, show_default=True, help="of both, one after the other")
@click.option("--threads", default=1, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(rays: int, samples: int, resolution: int, channels: int, rounds: int, threads: int, seed: int) -> None:
    """Time forward and backward of both on the same rays, and print the largest differences and the ratio."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)  # the decoder's weights
    generator = torch.Generator().manual_seed(seed)
    decoder = Decoder(channels)
    planes = 0.3 * torch.randn(1, 3, channels, resolution, resolution, generator=generator)
    planes.requires_grad_()
    origins, directions = camera_rays(orbit(torch.tensor([20.0]), torch.tensor([10.0]), 4.0, 35.0), 64, 64)
    chosen = torch.randint(64 * 64, (rays,), generator=generator)
    origins, directions = origins[:, chosen], directions[:, chosen]
    wanted = torch.rand(1, rays, 3, generator=generator)
    leaves = [planes, *decoder.parameters()]

    def ours():
        return render(TriplaneField(planes, decoder), origins, directions, samples).colour

    def plain():
        return plain_render(planes[0], decoder, origins[0], directions[0], samples)[None]

    def step(way):
        begun = time.perf_counter()
        colour = way()
        gradients = torch.autograd.grad((colour - wanted).square().mean(), leaves)
        return time.perf_counter() - begun, colour.detach(), gradients

    (_, colour, gradients), (_, other, others) = step(ours), step(plain)  # which also warms both up
    # By length: a sample whose hidden value lies at the ReLU's kink may take either slope after rounding.
    apart = max(((a - b).norm() / b.norm()).item() for a, b in zip(gradients, others, strict=True))
    times = [(step(ours)[0], step(plain)[0]) for _ in range(rounds)]
    click.echo(
        f"{rays} rays, {samples} samples each, planes 3x{channels}x{resolution}^2, {threads} threads, {rounds} rounds"
    )
    click.echo(
        f"largest difference of colour {(colour - other).abs().max():.1e}, of gradients {apart:.1e} of their length"
    )
    for name, row in zip(("the renderer", "the plain one"), zip(*times, strict=True), strict=True):
        click.echo(f"{name}: {statistics.median(row) * 1e3:.0f} ms a step, {min(row) * 1e3:.0f} at best")
    ratios = sorted(plain / ours for ours, plain in times)
    click.echo(
        f"plain over ours, round by round: {statistics.median(ratios):.2f} ({ratios[0]:.2f} ... {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    main()
