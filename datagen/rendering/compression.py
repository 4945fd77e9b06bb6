"""What JPEG does to a picture: blocks of 8 px whose cosines are rounded, and colour at half the resolution."""

from __future__ import annotations

import numpy as np

# Tables K.1 and K.2 of ITU-T T.81 (1992), for luma and chroma at quality 50.
LUMA = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
])  # fmt: skip
CHROMA = np.full((8, 8), 99)
CHROMA[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
BLOCK = 16  # px of a picture that share a block of colour
TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


def through_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture (h, w, 3) uint8 that decoding its baseline JPEG gives, with colour at half the resolution.

    ``quality`` is 1 to 100 as the Independent JPEG Group counts it. Nothing is written: the code of the coefficients
    has no loss. Source: ITU-T T.81 (1992); JPEG File Interchange Format 1.02.
    """
    height, width = picture.shape[:2]
    padding = [(0, -height % BLOCK), (0, -width % BLOCK), (0, 0)]
    ycc = _mixed(np.pad(picture, padding, "edge").astype(np.float64), TO_YCC)
    ycc[..., 0] = _rounded(ycc[..., 0] - 128, scaled(LUMA, quality)) + 128
    for channel in (1, 2):
        half = (ycc[0::2, :, channel] + ycc[1::2, :, channel]) / 2
        half = _rounded((half[:, 0::2] + half[:, 1::2]) / 2, scaled(CHROMA, quality))
        ycc[..., channel] = _doubled(_doubled(half, 0), 1)
    rgb = _mixed(ycc, np.linalg.inv(TO_YCC))
    return np.clip(rgb[:height, :width] + 0.5, 0, 255).astype(np.uint8)


def scaled(table: np.ndarray, quality: int) -> np.ndarray:
    """A table of steps (8, 8) at a quality, whole numbers 1 … 255."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((table * percent + 50) // 100, 1, 255)


def _mixed(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Channels (h, w, 3) through a matrix (3, 3), summed in one order on every machine."""
    return np.stack([sum(row[k] * image[..., k] for k in range(3)) for row in matrix], -1)


def _cosines() -> np.ndarray:
    """The orthonormal cosine transform (8, 8): rows are frequencies."""
    place = np.arange(8)
    matrix = np.cos(np.pi / 8 * place[:, None] * (place + 0.5)) / 2
    matrix[0] /= np.sqrt(2)
    return matrix


def _rounded(plane: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """A plane (h, w) whose blocks' cosines are rounded to whole steps."""
    height, width = plane.shape
    blocks = plane.reshape(height // 8, 8, width // 8, 8).swapaxes(1, 2)
    cosines = _cosines()
    found = np.rint(_along(_along(blocks, cosines, 2), cosines, 3) / steps) * steps
    return _along(_along(found, cosines.T, 2), cosines.T, 3).swapaxes(1, 2).reshape(height, width)


def _along(blocks: np.ndarray, matrix: np.ndarray, axis: int) -> np.ndarray:
    """A matrix (8, 8) times an axis of 8, summed in one order whatever the threads."""
    moved = np.moveaxis(blocks, axis, 0)
    return np.moveaxis(np.stack([sum(row[k] * moved[k] for k in range(8)) for row in matrix]), 0, axis)


def _doubled(plane: np.ndarray, axis: int) -> np.ndarray:
    """A plane twice as fine along an axis, three quarters of the nearer value and one of the farther, as libjpeg does."""
    moved = np.moveaxis(plane, axis, 0)
    padded = np.concatenate([moved[:1], moved, moved[-1:]])
    before, after = (3 * moved + padded[:-2]) / 4, (3 * moved + padded[2:]) / 4
    return np.moveaxis(np.stack([before, after], 1).reshape(-1, *moved.shape[1:]), 0, axis)
