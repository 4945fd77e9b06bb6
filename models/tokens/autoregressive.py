"""Tokens one after another, row by row; a window that slides along draws grids larger than those that were learned (2012.09841)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

Told = Callable[..., Tensor]  # (tokens (B, n), cache, first) -> logits (B, n, K)


def shifted(tokens: Tensor, start: int) -> Tensor:
    """What a causal transformer is shown to predict tokens (B, n): a start in place of the last, all others one later."""
    return F.pad(tokens[:, :-1], (1, 0), value=start)


def chosen(logits: Tensor, generator: torch.Generator, temperature: float = 1.0, top: int = 0) -> Tensor:
    """A number (B,) from each row of logits (B, K), of the ``top`` likeliest alone where that is not 0; the likeliest at temperature 0."""
    if not temperature:
        return logits.argmax(-1)
    if 0 < top < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(top).values[:, -1:], -torch.inf)
    return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]


def windows(rows: int, columns: int, side: int) -> Iterator[tuple[int, int, int, int]]:
    """For each place of a grid, row by row, its row and column, and those where its window begins: with it in the middle where
    the grid goes on."""
    for row in range(rows):
        for column in range(columns):
            top, left = (min(max(at - side // 2, 0), most - side) for at, most in ((row, rows), (column, columns)))
            yield row, column, top, left


@torch.no_grad()
def draw(told: Told, count: int, grid: tuple[int, int], side: int, start: int, choose: Callable[[Tensor], Tensor],
         cache: object | None = None, callback: Callable[[int, int], None] | None = None) -> Tensor:  # fmt: skip
    """Tokens (count, rows, columns) that ``choose`` draws of logits, each told those before it in its window of ``side``.

    With a ``cache``, which needs a grid of one window, nothing is calculated twice.
    """
    tokens, latest = torch.full((count, *grid), start), torch.full((count, 1), start)
    for done, (row, column, top, left) in enumerate(windows(*grid, side)):
        if cache is None:
            place = (row - top) * side + column - left
            known = tokens[:, top : top + side, left : left + side].flatten(1)[:, : place + 1]
            logits = told(shifted(known, start), None, 0)[:, -1]
        else:
            logits = told(latest, cache, done)[:, -1]
        tokens[:, row, column] = choose(logits)
        latest = tokens[:, row, column, None]
        if callback:
            callback(done + 1, grid[0] * grid[1])
    return tokens
