"""Compare the contrast of faces in a dataset with that of photographs whose 68 points were set by hand.

python tools/compare_contrast.py DATASET PHOTOGRAPHS

PHOTOGRAPHS is a folder of pictures beside .pts files of their names, as 300-W and LFPW have them, outside the repository. Each
region's lightness, redness and yellowness (CIE L*a*b*) are told less those of the cheeks, so that neither exposure nor tone counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from compare_landmarks import points_of
from skimage import color, draw, io

from simulacra.datagen.readers import Dataset

PICTURES = (".png", ".jpg", ".jpeg")
FEWEST = 4  # pixels of a region that count
# Outlines by their points, and discs: points whose mean is their centre, how far up the face it is moved, radius; shares of the
# distance between the outer corners of the eyes.
OUTLINES = {
    "eyes": (range(36, 42), range(42, 48)),
    "upper lip": ((*range(48, 55), 64, 63, 62, 61, 60),),
    "lower lip": ((*range(54, 60), 48, 60, 67, 66, 65, 64),),
}
DISCS = {
    "lids": (((37, 38), 0.07, 0.03), ((43, 44), 0.07, 0.03)),
    "under the eyes": (((40, 41), -0.07, 0.03), ((46, 47), -0.07, 0.03)),
    "forehead": (((27,), 0.45, 0.08),),
    "tip of the nose": (((30,), 0.0, 0.05),),
    "above the lips": (((33, 51, 51), 0.0, 0.03),),
    "chin": (((57, 8), 0.0, 0.06),),
}
CHEEKS = (((36, 48, 36, 48, 31), 0.0, 0.07), ((45, 54, 45, 54, 35), 0.0, 0.07))
BROWS, BROW_RADIUS = ((17, 18, 19, 20, 21), (22, 23, 24, 25, 26)), 0.035


def contrast_of(picture: np.ndarray, points: np.ndarray) -> dict[str, np.ndarray]:
    """Medians (4,) by region of a picture (h, w, 3) uint8 with points (68, 2): L*, a*, b* less the cheeks', and L* of its
    brightest tenth less theirs; empty where the cheeks are too small."""
    lab = color.rgb2lab(picture[..., :3])
    size = np.linalg.norm(points[45] - points[36])
    up = (points[27] - points[8]) / max(np.linalg.norm(points[27] - points[8]), 1e-9)

    def discs(rows) -> np.ndarray:
        found = [
            draw.disk(
                (points[list(at)].mean(0) + raised * size * up)[::-1], max(radius * size, 1.5), shape=lab.shape[:2]
            )
            for at, raised, radius in rows
        ]
        return np.concatenate([lab[rows, columns] for rows, columns in found])

    cheeks = discs(CHEEKS)
    if len(cheeks) < FEWEST:
        return {}
    middle = np.median(cheeks, 0)
    regions = {name: discs(rows) for name, rows in DISCS.items()}
    between = [(a, b, share) for brow in BROWS for a, b in zip(brow, brow[1:], strict=False) for share in (0, 1)]
    regions["brows"] = discs([((b if share else a,), 0.0, BROW_RADIUS) for a, b, share in between])
    for name, outlines in OUTLINES.items():
        corners = [points[list(outline)] for outline in outlines]
        found = [draw.polygon(corner[:, 1], corner[:, 0], lab.shape[:2]) for corner in corners]
        regions[name] = np.concatenate([lab[rows, columns] for rows, columns in found])
    return {
        name: np.append(np.median(values, 0) - middle, np.percentile(values[:, 0], 90) - middle[0])
        for name, values in regions.items()
        if len(values) >= FEWEST
    }


def photographs_of(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pictures of a folder that have points, and these (68, 2)."""
    for file in sorted(folder.rglob("*.pts")):
        for picture in (file.with_suffix(ending) for ending in PICTURES):
            if picture.is_file():
                pixels = io.imread(picture)
                yield (pixels if pixels.ndim == 3 else color.gray2rgb(pixels)), points_of(file)
                break


def medians(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The median of each region over faces."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.median([row[name] for row in rows if name in row], 0) for name in names}


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("photographs", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(dataset: Path, photographs: Path) -> None:
    """Print the contrast of every region in both."""
    ours = [
        contrast_of(sample.label("rgb"), np.array(sample.landmarks(0)["points_2d"])[:68]) for sample in Dataset(dataset)
    ]
    real = [contrast_of(picture, points) for picture, points in photographs_of(photographs)]
    if not ours or not real:
        raise click.UsageError(f"{photographs if ours else dataset}: holds no pictures with points")
    drawn, shown = medians(ours), medians(real)
    print(f"{len(ours)} faces, {len(real)} photographs: L*, a*, b* and L* of the brightest tenth, less the cheeks'")
    for name in shown:
        mine = drawn.get(name, np.full(4, np.nan))
        print(
            f"{name:16s}"
            + "".join(f"{value:7.1f}" for value in mine)
            + "   photographs"
            + "".join(f"{value:7.1f}" for value in shown[name])
        )


if __name__ == "__main__":
    main()
