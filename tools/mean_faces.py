"""Draw the median of a dataset's faces beside that of photographs whose 68 points were set by hand, and where the two differ.

python tools/mean_faces.py DATASET PHOTOGRAPHS OUT.png

PHOTOGRAPHS is as compare_contrast.py takes it. Faces from the front alone count, and of ours those without glasses. They are
brought to one another by eyes and mouth, and shown less the colour of their cheeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
from compare_contrast import photographs_of
from skimage import color, io

from simulacra.datagen.readers import Dataset

SIDE = 256  # px
EYES_AND_MOUTH = np.float32([[88, 100], [168, 100], [128, 176]])  # px: where both eyes and the mouth come to lie
CHEEKS = np.s_[110:150, 70:100], np.s_[110:150, 156:186]
TURNED = 0.10  # of the distance of the outer corners of the eyes: how far the tip of the nose may be off their middle
SHOWN = (65.0, 15.0, 18.0)  # L*, a* and b* that the cheeks are shown with
PLACES = {  # px, left or in the middle
    "upper lid": (88, 88), "iris": (88, 100), "below the eye": (88, 116), "brow": (80, 76), "brow, inner end": (108, 80),
    "bridge of the nose": (128, 100), "side of the nose": (116, 125), "wing of the nose": (112, 148), "philtrum": (128, 163),
    "parting of the lips": (128, 181), "lower lip": (128, 187), "chin": (128, 212), "cheek": (78, 150), "jaw": (80, 190),
    "nasolabial fold": (96, 160), "forehead": (128, 50), "temple": (60, 75),
}  # fmt: skip
AROUND = 3  # px of a place on each side that are averaged


def from_the_front(points: np.ndarray) -> bool:
    """Whether points (68, 2) are those of a face from the front."""
    across = points[45] - points[36]
    middle = (points[36] + points[45]) / 2
    return bool(abs((points[30] - middle) @ across) < TURNED * (across @ across))


def aligned(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A face (SIDE, SIDE, 3) in L*a*b* less its cheeks' mean, of a picture (h, w, 3) uint8 with points (68, 2)."""
    corners = np.float32([points[[36, 39]].mean(0), points[[42, 45]].mean(0), points[[48, 54, 33]].mean(0)])
    matrix = cv2.getAffineTransform(corners, EYES_AND_MOUTH)
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if scale < 0.5:  # a large face is averaged down first
        picture = cv2.resize(picture, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        matrix[:, :2] /= 2 * scale
    warped = cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lab = color.rgb2lab(warped)
    return lab - np.mean([lab[cheek].reshape(-1, 3).mean(0) for cheek in CHEEKS], 0)


def ours(dataset: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pictures of a dataset without glasses, with their points (68, 2)."""
    for sample in Dataset(dataset):
        if sample.spec.wear.glasses == "none":
            yield sample.label("rgb"), np.array(sample.landmarks(0)["points_2d"])[:68] - 0.5


def shown(face: np.ndarray) -> np.ndarray:
    """A mean face as a picture (SIDE, SIDE, 3) uint8."""
    lab = face + np.array(SHOWN)
    lab[..., 0] = lab[..., 0].clip(0, 100)
    return (color.lab2rgb(lab).clip(0, 1) * 255 + 0.5).astype(np.uint8)


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("photographs", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def main(dataset: Path, photographs: Path, out: Path) -> None:
    """Write the photographs' median, that of DATASET and their difference in L* to OUT; print L*, a* and b* of places."""
    sets = []
    # Theirs count pixels from 1, ours their corners from 0.
    theirs = ((picture, points - 1.0) for picture, points in photographs_of(photographs))
    for pairs in (theirs, ours(dataset)):
        faces = [aligned(picture, points) for picture, points in pairs if from_the_front(points)]
        if not faces:
            raise click.UsageError(f"{dataset if sets else photographs}: holds no face from the front")
        sets.append((len(faces), np.median(faces, 0)))
    (photographed, real), (rendered, made) = sets
    print(f"faces: {photographed} on photographs, {rendered} of ours; L*, a*, b* less the cheeks'")
    for name, (x, y) in PLACES.items():
        spot = np.s_[y - AROUND : y + AROUND + 1, x - AROUND : x + AROUND + 1]
        rows = [" ".join(f"{value:6.1f}" for value in face[spot].reshape(-1, 3).mean(0)) for face in (real, made)]
        print(f"{name:20} photographs {rows[0]}   ours {rows[1]}")
    lighter = np.repeat((128 + 4 * (made - real)[..., :1]).clip(0, 255), 3, 2).astype(np.uint8)
    io.imsave(out, np.hstack([shown(real), shown(made), lighter]), check_contrast=False)


if __name__ == "__main__":
    main()
