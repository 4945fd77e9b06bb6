"""Compare the shapes of faces in a dataset with those of photographs whose 68 points were set by hand.

python tools/compare_landmarks.py DATASET PHOTOGRAPHS

PHOTOGRAPHS is a folder of .pts files as 300-W and LFPW have them, outside the repository. Distances are shares of the distance
between the outer corners of the eyes, heights are above the line through them; only faces seen from in front count.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from simulacra.datagen.readers import Dataset

FRONTAL = 0.08  # share of the face's breadth that the tip of the nose is off its middle at most
LARGEST = 100_000  # bytes of a file of points


def points_of(file: Path) -> np.ndarray:
    """The points (68, 2) in pixels of a .pts file."""
    text = file.read_text() if file.stat().st_size < LARGEST else ""
    try:
        numbers = np.array(text[text.index("{") + 1 : text.index("}")].split(), float).reshape(-1, 2)
    except ValueError:
        numbers = np.zeros((0, 2))
    if numbers.shape != (68, 2) or not np.isfinite(numbers).all():
        raise click.ClickException(f"{file}: holds no 68 points between braces")
    return numbers


def shape_of(points: np.ndarray) -> dict[str, float]:
    """Distances and heights of points (68, 2) in pixels by name; ``yaw`` says how far the face is turned."""
    span = points[45] - points[36]
    size = np.linalg.norm(span)
    across = span / size
    x, y = ((points - (points[36] + points[45]) / 2) @ np.stack([across, [across[1], -across[0]]], 1) / size).T
    lids = [y[a] - y[b] for a, b in ((37, 41), (38, 40), (43, 47), (44, 46))]
    return {
        "yaw": (x[30] - (x[2] + x[14]) / 2) / (x[14] - x[2]),
        "mouth breadth": x[54] - x[48], "mouth opening": y[62] - y[66], "mouth height": (y[62] + y[66]) / 2,
        "corners above its middle": (y[48] + y[54] - y[62] - y[66]) / 2, "upper lip": y[51] - y[62], "lower lip": y[66] - y[57],
        "nose breadth": x[35] - x[31], "nose base height": y[33], "chin height": y[8],
        "eye opening": float(np.mean(lids)), "eye length": (x[39] - x[36] + x[45] - x[42]) / 2,
        "outer above inner corner": (y[36] + y[45] - y[39] - y[42]) / 2,
        "brow inner height": (y[21] + y[22]) / 2, "brow middle height": (y[19] + y[24]) / 2, "brow outer height": (y[17] + y[26]) / 2,
        "between brows": x[22] - x[21], "brows from end to end": x[26] - x[17],
        "outline 2 to 14": x[14] - x[2], "outline 4 to 12": x[12] - x[4], "outline 6 to 10": x[10] - x[6],
    }  # fmt: skip


def frontal(shapes: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """The values (n,) by name of the faces that are seen from in front."""
    kept = [shape for shape in shapes if abs(shape["yaw"]) < FRONTAL]
    return {name: np.array([shape[name] for shape in kept]) for name in shapes[0] if kept and name != "yaw"}


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("photographs", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(dataset: Path, photographs: Path) -> None:
    """Print means and deviations of both, and how many deviations of the photographs lie between the means."""
    files = sorted(photographs.rglob("*.pts"))
    ours = [shape_of(np.array(sample.landmarks(0)["points_2d"])[:68]) for sample in Dataset(dataset)]
    if not files or not ours:
        raise click.UsageError(f"{dataset if files else photographs}: holds no points")
    real, drawn = frontal([shape_of(points_of(file)) for file in files]), frontal(ours)
    if not real or not drawn:
        raise click.ClickException(f"{photographs if drawn else dataset}: no face is seen from in front")
    print(
        f"{len(next(iter(drawn.values())))} of {len(ours)} faces, {len(next(iter(real.values())))} of {len(files)} photographs"
    )
    for name, values in real.items():
        spread, mine = max(values.std(), 1e-9), drawn[name]
        print(
            f"{name:26s} {mine.mean():6.3f} ± {mine.std():.3f}   photographs {values.mean():6.3f} ± {spread:.3f}"
            f"   {(mine.mean() - values.mean()) / spread:+.2f} σ"
        )


if __name__ == "__main__":
    main()
