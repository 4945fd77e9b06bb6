"""Fits the carriers of size: draws heads without corrections and writes procgen/people/data/sizes.npz.

Run it again after the sliders' spreads, the targets or the published figures have changed.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from simulacra.procgen.params import child
from simulacra.procgen.people import sizes
from simulacra.procgen.people.anthropometry import correlations, means, spreads
from simulacra.procgen.people.identity import sample_identity, target_weights
from simulacra.procgen.people.measures import measured

FIRST = 1_000_000  # of the seeds drawn here, far from those that tests draw


def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Genders (n,) and measures (n, k) of heads without corrections of size."""
    genders, found = [], []
    for seed in range(FIRST, FIRST + count):
        identity = sample_identity(child(seed), fit=False)
        genders.append(identity.gender)
        found.append(measured(sizes.places_of(target_weights(identity))))
    return np.array(genders), np.array(found)


def root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def transport(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """The linear map of least motion between normals of two covariances (k, k), after bringing all measures to one scale."""
    scale = np.sqrt(np.diag(stop))
    start, stop = (each / np.outer(scale, scale) for each in (start, stop))
    half = root(start)
    inner = root(half @ stop @ half)
    inverse = np.linalg.inv(half)
    return (inverse @ inner @ inverse) * np.outer(scale, 1 / scale)


@click.command()
@click.option("--count", default=2400, show_default=True, help="heads to draw")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=sizes.PATH, help="file to write")
def main(count: int, out: Path) -> None:
    """Draw heads, fit the maps and write them."""
    genders, found = drawn(count)
    fitted = {}
    for sex, chosen in (("men", genders < 0.35), ("women", genders > 0.65)):
        aimed = np.outer(spreads(sex), spreads(sex)) * correlations()
        fitted |= {
            f"gender_{sex}": genders[chosen].mean(), f"drawn_{sex}": found[chosen].mean(0), f"aimed_{sex}": means(sex),
            f"spread_{sex}": spreads(sex), f"map_{sex}": transport(np.cov(found[chosen].T), aimed),
        }  # fmt: skip
    np.savez_compressed(out, **fitted)
    print(f"{out}: {count} heads")


if __name__ == "__main__":
    main()
