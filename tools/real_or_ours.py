"""Ask a linear classifier and a Fréchet distance how well the people of a dataset are told from photographs.

python tools/real_or_ours.py DATASET PHOTOGRAPHS --packages FOLDER

PHOTOGRAPHS is a folder of pictures of faces (.png, .jpg), which serve to judge only; FOLDER holds the packages of
judge_people.py, whose detector finds the faces of both sets alike.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np
import torch
from judge_people import asked

from simulacra.datagen.formats.png import read_png
from simulacra.models.core.features import enl0
from simulacra.models.core.metrics import frechet_distance_between

SHARE = 0.72  # the side of an inner face, of the detector's box
SIDE = 128  # px, an inner face
RIDGE, FOLDS, REPEATS = 300.0, 5, 20
DIRECTIONS = 48  # principal ones of the photographs, in which the Fréchet distance is taken
BATCH = 16
SUFFIXES = (".png", ".jpg", ".jpeg")


def inner_face(picture: np.ndarray, box: list[float]) -> np.ndarray:
    """The middle of a detected face (SIDE, SIDE, 3) uint8; ``box`` is left, top, width, height in px."""
    left, top, width, height = box
    side = max(SHARE * (width + height) / 2, 1.0)
    corner = np.array([left + width / 2 - side / 2, top + height / 2 - side / 2])
    # Pixel centres go to pixel centres; a large face is averaged down first, as AREA does not work on a warp.
    scale = SIDE / side
    if scale < 0.5:
        factor = 2 * scale
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        corner, scale = corner * factor, 0.5
    shift = -corner * scale + (scale - 1) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def features(pictures: list[np.ndarray], packages: Path) -> np.ndarray:
    """EfficientNet-Lite0's features (n, 1280) of the inner faces that the detector finds."""
    found = asked(pictures, packages)
    faces = [inner_face(picture, face["box"]) for picture, face in zip(pictures, found, strict=True) if face]
    if not faces:
        raise click.ClickException("no face was found")
    net, rows = enl0(), []
    for start in range(0, len(faces), BATCH):
        stack = torch.from_numpy(np.stack(faces[start : start + BATCH])).permute(0, 3, 1, 2)
        with torch.no_grad():
            rows.append(net(stack / 127.5 - 1.0).numpy())
    return np.concatenate(rows).astype(np.float64)


def auc(ours: np.ndarray, real: np.ndarray, seed: int = 0) -> float:
    """The area under the curve of a ridge classifier on features kept apart: 0.5 is chance, 1 tells all.

    Features are standardised on the training folds; larger sets are cut to the size of the smaller one.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(REPEATS):
        count = min(len(ours), len(real))
        sets = [rows[rng.permutation(len(rows))[:count]] for rows in (ours, real)]
        x, y = np.concatenate(sets), np.repeat([1.0, -1.0], count)
        fold = np.concatenate([rng.permutation(count) % FOLDS for _ in sets])
        for held in range(FOLDS):
            known = fold != held
            centre, spread = x[known].mean(0), x[known].std(0) + 1e-6
            z = (x - centre) / spread
            # The dual of ridge regression: as many unknowns as pictures, not as features.
            weights = np.linalg.solve(z[known] @ z[known].T + RIDGE * np.eye(known.sum()), y[known])
            score = z[~known] @ (z[known].T @ weights)
            won = score[y[~known] > 0][:, None] - score[y[~known] < 0]
            found.append(np.mean(won > 0) + np.mean(won == 0) / 2)
    return float(np.mean(found))


def frechet(ours: np.ndarray, real: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Fréchet distance of ours to photographs and of photographs to others, means over halves of equal size."""
    rng = np.random.default_rng(seed)
    centre = real.mean(0)
    basis = np.linalg.svd(real - centre, full_matrices=False)[2][:DIRECTIONS]
    a, b = (torch.from_numpy((rows - centre) @ basis.T) for rows in (ours, real))
    half = min(len(b) // 2, len(a))
    apart, floor = [], []
    for _ in range(REPEATS):
        order = rng.permutation(len(b))
        one, other = b[order[:half]], b[order[half : 2 * half]]
        apart.append(float(frechet_distance_between(a[rng.permutation(len(a))[:half]], one)))
        floor.append(float(frechet_distance_between(other, one)))
    return float(np.mean(apart)), float(np.mean(floor))


def table(ours: np.ndarray, real: np.ndarray, seed: int = 0) -> dict[str, float]:
    """The figures of two sets of features, and those of one half of the photographs against the other."""
    order = np.random.default_rng(seed).permutation(len(real))
    apart, floor = frechet(ours, real, seed)
    return {
        "real or ours, AUC": auc(ours, real, seed),
        "real or real, AUC": auc(real[order[::2]], real[order[1::2]], seed),
        "Fréchet distance, ours to real": apart,
        "Fréchet distance, real to real": floor,
        "excess": apart - floor,
    }


@click.command()
@click.argument("dataset", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("photographs", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--packages", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(dataset: Path, photographs: Path, packages: Path) -> None:
    """Tell the first picture of every sample of DATASET from PHOTOGRAPHS."""
    folders = sorted(dataset.glob("[0-9]*"))
    files = sorted(path for path in photographs.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not folders or not files:
        raise click.UsageError(f"{dataset if not folders else photographs}: holds no picture")
    ours = features([read_png(folder / "0000.rgb.png")[..., :3] for folder in folders], packages)
    real = features([cv2.imread(str(path))[..., ::-1] for path in files], packages)
    print(f"faces found: {len(ours)} of {len(folders)} ours, {len(real)} of {len(files)} photographs")
    for name, value in table(ours, real).items():
        print(f"{name}: {value:.3f}")


if __name__ == "__main__":
    main()
