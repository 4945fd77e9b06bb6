"""COCO: boxes and masks of objects, and the 70 landmarks as keypoints of the person."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from ..labels import file_name
from ..readers import Dataset


def run_lengths(mask: np.ndarray) -> list[int]:
    """COCO's uncompressed run lengths of a mask (h, w), down the columns, zeros first."""
    flat = np.concatenate([[0], mask.T.ravel().astype(np.int8), [0]])
    edges = np.nonzero(np.diff(flat))[0]
    runs = np.diff(np.concatenate([[0], edges, [mask.size]]))
    return [int(run) for run in runs]


def coco(dataset: Dataset, out: Path) -> None:
    """annotations.json with boxes, masks and keypoints, and the pictures"""
    (out / "images").mkdir()
    images, annotations, categories = [], [], {}
    for sample in dataset:
        for frame in sample.frames:
            name = f"{sample.name}_{frame:04d}.png"
            shutil.copyfile(sample.path / file_name(frame, "rgb"), out / "images" / name)
            instance = sample.label("instance", frame)
            height, width = instance.shape
            number = len(images) + 1
            images.append({"id": number, "file_name": name, "width": width, "height": height})
            for record in sample.objects(frame):
                if record["box_2d"] is None:
                    continue
                mask = instance == record["id"]
                x0, y0, x1, y1 = record["box_2d"]
                category = categories.setdefault(record["class"], len(categories) + 1)
                entry = {
                    "id": len(annotations) + 1, "image_id": number, "category_id": category, "iscrowd": 1, "area": int(mask.sum()),
                    "bbox": [x0, y0, x1 - x0, y1 - y0], "segmentation": {"size": [height, width], "counts": run_lengths(mask)},
                }  # fmt: skip
                if record["class"] == "skin" and sample.holds("landmarks.json"):
                    landmarks = sample.landmarks(frame)
                    points = zip(landmarks["points_2d"], landmarks["visible"], strict=True)
                    entry["keypoints"] = [value for (x, y), seen in points for value in (x, y, 2 if seen else 1)]
                    entry["num_keypoints"] = 70
                annotations.append(entry)
    kind = "person" if all(sample.holds("landmarks.json") for sample in dataset) else "thing"
    document = {
        "images": images, "annotations": annotations,
        "categories": [{"id": number, "name": name, "supercategory": kind} for name, number in categories.items()],
    }  # fmt: skip
    (out / "annotations.json").write_text(json.dumps(document))
