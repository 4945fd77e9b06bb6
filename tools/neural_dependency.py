"""Which categories of the packaged ImageNet net are sums of a few others, on pictures of ours and on photographs.

    python tools/neural_dependency.py FOLDER [FOLDER …] [--share 0.3] [--top 20]

FOLDER is a dataset of ours or a folder of PNG and JPEG pictures. Categories are told by number, by the share of variance that
is left of them, the most dependent first.
"""

from pathlib import Path

import click
import numpy as np
import torch

from simulacra.models.core.features import EfficientNetLite0
from simulacra.models.core.photographs import SUFFIXES, read_photo
from simulacra.models.core.shots import Shots
from simulacra.models.vision.dependency import covariance, dependency

BATCH, EDGE = 16, 224
LEAST = 2  # pictures


def pictures(folder: Path):
    """The pictures (3, 224, 224) in [-1, 1] of a dataset or a folder."""
    if (folder / "dataset.json").is_file():
        shots = (shot["rgb"] for shot in Shots(folder, ("rgb",)))
    else:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        shots = (torch.from_numpy(np.ascontiguousarray(read_photo(path).transpose(2, 0, 1))) for path in paths)
    for values in shots:
        small = torch.nn.functional.interpolate(
            values[None].float(), size=(EDGE, EDGE), mode="bilinear", antialias=True
        )
        yield small[0] / 127.5 - 1


@torch.no_grad()
def logits(folder: Path, net: EfficientNetLite0) -> torch.Tensor:
    """The logits (N, 1000) of a folder's pictures."""
    held, found = [], []
    for picture in pictures(folder):
        held.append(picture)
        if len(held) == BATCH:
            found.append(net.classify(torch.stack(held)))
            held = []
    if not found and len(held) < LEAST:
        raise click.UsageError(f"{folder}: holds {len(held)} pictures; what varies together is told by {LEAST} or more")
    return torch.cat([*found, *([net.classify(torch.stack(held))] if held else [])])


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--share", default=0.3, show_default=True, help="penalty, as a share of that from which nothing is told")
@click.option(
    "--categories", default=100, show_default=True, help="categories that are told: those whose logits vary most"
)
@click.option("--top", default=20, show_default=True, help="how many are printed")
def main(folders: tuple[Path, ...], share: float, categories: int, top: int) -> None:
    """Print the most dependent categories of each of FOLDERS."""
    net = EfficientNetLite0()
    for folder in folders:
        found = logits(folder, net)
        matrix = covariance(found)
        chosen = torch.argsort(matrix.diagonal(), descending=True)[:categories]
        rows = sorted((dependency(matrix, int(c), share) for c in chosen), key=lambda row: row.left)
        few = sum(len(row.others) for row in rows) / len(rows)
        print(f"{folder}: {len(found)} pictures; on the mean {few:.1f} others tell a category")
        for row in rows[:top]:
            terms = " ".join(f"{float(row.coefficients[other]):+.2f}·{other}" for other in row.others[:4])
            print(f"  {row.category}: {row.left:.1%} left; {terms}")


if __name__ == "__main__":
    main()
