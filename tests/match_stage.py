"""Datasets of two textured planes, one before the other, whose flow, disparity and occlusion are whole pixels and known."""

import json
from pathlib import Path

import numpy as np
from loading_stage import hashes
from scipy.ndimage import gaussian_filter

from simulacra.datagen.formats.files import write_json, write_label
from simulacra.datagen.formats.records import FORMAT
from simulacra.datagen.labels import file_name, table
from simulacra.datagen.storage.naming import SPLITS, sample_name, split_of


def texture(rng, height: int, width: int) -> np.ndarray:
    """Smooth spots of many colours, float (h, w, 3) in 0…1."""
    spots = np.stack([gaussian_filter(rng.normal(size=(height, width)), 1.5) for _ in range(3)], -1)
    return ((spots - spots.min()) / np.ptp(spots)).astype(np.float32)


def two_planes(rng, height: int, width: int, far, near, box):
    """A first picture, a second one in which far and near planes have moved by whole pixels (x, y), the first one's moves (h, w, 2)
    and what of it is hidden or out of the second; ``box`` is (top, bottom, left, right) of the near plane in the first."""
    margin = 40
    back, front = (texture(rng, height + 2 * margin, width + 2 * margin) for _ in range(2))

    def shown(texture, move):
        return texture[margin - move[1] : margin - move[1] + height, margin - move[0] : margin - move[0] + width]

    def boxed(move):
        mask = np.zeros((height, width), bool)
        top, bottom, left, right = (edge + move[axis] for edge, axis in zip(box, (1, 1, 0, 0), strict=True))
        mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
        return mask

    here, there = boxed((0, 0)), boxed(near)
    first = np.where(here[..., None], shown(front, (0, 0)), shown(back, (0, 0)))
    second = np.where(there[..., None], shown(front, near), shown(back, far))
    moves = np.where(here[..., None], near, far).astype(np.float32)
    y, x = np.mgrid[:height, :width]
    u, v = x + moves[..., 0].astype(int), y + moves[..., 1].astype(int)
    out = (u < 0) | (u >= width) | (v < 0) | (v >= height)
    hidden = out | (~here & there[v.clip(0, height - 1), u.clip(0, width - 1)])
    return (first * 255).round().astype(np.uint8), (second * 255).round().astype(np.uint8), moves, hidden


def make_pairs(path: Path, samples: int, height: int, width: int, stereo: bool, seed: int = 0) -> Path:
    """Write a dataset of stereo pairs, or of sequences of two frames."""
    splits = {name: [] for name, _ in SPLITS}
    for index in range(samples):
        rng = np.random.default_rng([seed, index])
        folder = path / sample_name(index)
        folder.mkdir(parents=True)
        splits[split_of(seed + index)].append(folder.name)
        far, near = rng.integers(0, 3), rng.integers(5, 9)
        moves = ((-far, 0), (-near, 0)) if stereo else (tuple(rng.integers(-3, 4, 2)), tuple(rng.integers(-6, 7, 2)))
        box = (height // 4, 3 * height // 4, width // 3, 3 * width // 4)
        first, second, flow, hidden = two_planes(rng, height, width, *moves, box)
        for frame, picture in enumerate((first, second)):
            write_label(folder / file_name(frame, "rgb"), "rgb", picture)
        if stereo:
            write_label(folder / file_name(0, "disparity"), "disparity", -flow[..., 0])
        else:
            write_label(folder / file_name(0, "flow"), "flow", flow)
            write_label(folder / file_name(0, "occlusion"), "occlusion", hidden.astype(np.uint8) * 255)
        camera = {"K": [[50.0, 0, width / 2], [0, 50.0, height / 2], [0, 0, 1]], "cam2world": np.eye(4).tolist(), "width": width,
                  "height": height}  # fmt: skip
        write_json(
            folder / "camera.json", {"frames": [{"frame": f, "time": 0 if stereo else f} | camera for f in range(2)]}
        )
        record = {"index": index, "seed": seed + index, "frames": [0, 1], "files": hashes(folder)}
        write_json(folder / "sample.json", record | ({"eyes": 2} if stereo else {}))
    described = {
        "format": FORMAT, "recipe": {"generator": "places", "seed": seed, "count": samples}, "versions": {}, "labels": table(),
        "rendered": ["rgb", *(["disparity"] if stereo else ["flow", "occlusion"])], "taxonomy": {}, "splits": splits,
    }  # fmt: skip
    (path / "dataset.json").write_text(json.dumps(described))
    return path
