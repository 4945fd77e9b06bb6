"""Proves a dataset: every file whole, and every label in agreement with the others."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..procgen import registry
from .cameras import miss, pixel_centres, pixel_rays, project
from .errors import BadInput
from .formats.dense import split_dense
from .formats.files import read_json
from .labels import LABELS, PARTS
from .readers import Dataset, Sample
from .tables import show
from .terminal import say


@dataclasses.dataclass
class Figure:
    """The worst figure of one check over a dataset."""

    name: str
    bar: float
    unit: str
    worst: float = 0.0
    where: str = ""
    count: int = 0

    def add(self, value: float, where: str) -> None:
        self.count += 1
        if not value <= self.worst or not self.where:  # a NaN is a failure too
            self.worst, self.where = value, where

    @property
    def ok(self) -> bool:
        return bool(self.worst <= self.bar)


class Report:
    """The figures of all checks."""

    def __init__(self, figures: list[Figure], samples: int, problems: list[str]):
        self.figures, self.samples, self.problems = figures, samples, problems

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems and self.samples > 0 and all(figure.ok for figure in self.figures)

    def failed(self) -> list[str]:
        """The names of the checks that do not hold."""
        return [figure.name for figure in self.figures if not figure.ok]

    def summary(self) -> str:
        """One line about what is wrong."""
        if self.problems:
            return self.problems[0]
        if not self.samples:
            return "holds no finished sample"
        broken = [figure for figure in self.figures if not figure.ok]
        return "; ".join(f"{f.name} is {f.worst:.3g}, allowed is {f.bar:g} {f.unit} ({f.where})" for f in broken)

    def to_dict(self) -> dict:
        """As JSON values."""
        figures = [
            dataclasses.asdict(figure) | {"ok": figure.ok, "worst": float(figure.worst)} for figure in self.figures
        ]
        return {"ok": self.ok, "samples": self.samples, "problems": self.problems, "figures": figures}

    def show(self) -> None:
        """Print a table."""
        columns = ("check", "worst", "allowed", "unit", "frames", "result")
        rows = [
            (f.name, f"{f.worst:.3g}", f"{f.bar:g}", f.unit, str(f.count), "holds" if f.ok else f"fails ({f.where})")
            for f in self.figures
        ]
        show(columns, rows, title=f"{self.samples} samples", styles=["" if f.ok else "red" for f in self.figures])
        for problem in self.problems:
            say(problem)


def _values(sample: Sample, frame: int) -> dict[str, np.ndarray]:
    return {name: sample.label(name, frame) for name in LABELS if sample.has(name, frame)}


# Each check takes the labels of a frame, its camera and its sample, and returns a figure, or None where it has no
# ground to stand on.
def reprojection(v, camera, sample, frame):
    if "position" not in v:
        return None
    known = np.isfinite(v["position"]).all(-1)
    if not known.any():
        return 0.0
    return float(miss(camera, v["position"])[known].max())


def planar_depth(v, camera, sample, frame):
    if "position" not in v or "depth" not in v:
        return None
    known = np.isfinite(v["position"]).all(-1) & np.isfinite(v["depth"])
    _, depth = project(camera, v["position"][known])
    error = np.abs(depth - v["depth"][known]) / np.maximum(depth, 1)  # single precision is relative
    return float(error.max(initial=0.0))


def rays_lead(v, camera, sample, frame):
    """How far a pixel's ray, followed for its distance, ends from its surface point, as a share of where that is."""
    if not {"rays", "distance", "position"} <= set(v):
        return None
    known = np.isfinite(v["distance"])
    start, turn = pixel_rays(camera)[0], np.array(camera["cam2world"])[:3, :3]
    there = start + (v["distance"][..., None].astype(float) * v["rays"]) @ turn.T
    error = np.linalg.norm(there - v["position"], axis=-1)
    size = np.maximum(np.linalg.norm(v["position"], axis=-1) + np.linalg.norm(np.array(camera["cam2world"])[:3, 3]), 1)
    return float((error / size)[known].max(initial=0.0))


def unit_normals(v, camera, sample, frame):
    if "normal" not in v:
        return None
    length = np.linalg.norm(v["normal"], axis=-1)
    known = v["instance"] > 0 if "instance" in v else length > 0
    wrong = np.abs(length[known] - 1).max(initial=0.0)
    return float(max(wrong, length[~known].max(initial=0.0)))


def background(v, camera, sample, frame):
    masks = []
    if "depth" in v:
        masks.append(np.isfinite(v["depth"]))
    if "distance" in v:
        masks.append(np.isfinite(v["distance"]))
    if "instance" in v:
        masks.append(v["instance"] > 0)
    if "position" in v:
        masks.append(np.isfinite(v["position"]).all(-1))
    if len(masks) < 2:
        return None
    return float(sum((mask != masks[0]).sum() for mask in masks[1:]))


def known_ids(v, camera, sample, frame):
    wrong = 0
    if "parts" in v:
        wrong += (~np.isin(v["parts"], list(PARTS))).sum()
    if "instance" in v:
        wrong += (~np.isin(v["instance"], [0, *(record["id"] for record in sample.objects(frame))])).sum()
    return float(wrong)


def tight_boxes(v, camera, sample, frame):
    if "instance" not in v:
        return None
    worst = 0.0
    for record in sample.objects(frame):
        rows, columns = np.nonzero(v["instance"] == record["id"])
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] if len(rows) else None
        if (box is None) != (record["box_2d"] is None):
            return np.inf
        if box is not None:
            worst = max(worst, float(np.abs(np.array(box) - record["box_2d"]).max()))
    return worst


def hair_mask(v, camera, sample, frame):
    if "hair" not in v or "parts" not in v:
        return None
    return float(((v["hair"] > 0) != (v["parts"] == 13)).sum())


def hair_alpha(v, camera, sample, frame):
    if "hair_alpha" not in v or "hair" not in v:
        return None
    alpha = v["hair_alpha"]
    if not (np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1):
        return np.inf
    return float(abs(alpha.mean() - (v["hair"] > 0).mean()))


def landmarks_project(v, camera, sample, frame):
    if not sample.holds("landmarks.json"):
        return None
    record = sample.landmarks(frame)
    pixels, _ = project(camera, np.array(record["points_3d"]))
    return float(np.abs(pixels - np.array(record["points_2d"])).max())


def landmarks_on_surface(v, camera, sample, frame):
    """How far a visible landmark lies outside the depths around its pixel, between which a steep surface passes."""
    if "depth" not in v or not sample.holds("landmarks.json"):
        return None
    record = sample.landmarks(frame)
    pixels, depth = project(camera, np.array(record["points_3d"]))
    worst = 0.0
    for (x, y), distance, seen in zip(pixels, depth, record["visible"], strict=True):
        if seen:
            around = v["depth"][max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
            nearest, farthest = around.min(initial=np.inf), around.max(initial=-np.inf)
            worst = max(worst, float(max(nearest - distance, distance - farthest)))
    return worst


def flow_agrees(v, camera, sample, frame):
    """Where the next frame shows the same object, the flow leads to a point that flows back."""
    others = "flow_back", "instance"
    following = frame + int(sample.record.get("eyes", 1))
    if not {"flow", "instance", "occlusion"} <= set(v) or not all(sample.has(name, following) for name in others):
        return None
    back, instance = sample.label("flow_back", following), sample.label("instance", following)
    seen = (v["instance"] > 0) & (v["occlusion"] == 0)
    target = (pixel_centres(camera) + np.nan_to_num(v["flow"]))[seen]
    x = np.clip(target[:, 0].astype(int), 0, instance.shape[1] - 1)
    y = np.clip(target[:, 1].astype(int), 0, instance.shape[0] - 1)
    same = instance[y, x] == v["instance"][seen]
    error = np.linalg.norm(v["flow"][seen] + back[y, x], axis=-1)[same]
    return float(np.median(error)) if len(error) else 0.0


def known_classes(v, camera, sample, frame):
    classes = sample.taxonomy.get("semantic")
    if "semantic" not in v or not classes:
        return None
    return float((~np.isin(v["semantic"], [int(number) for number in classes])).sum())


def spec_round_trip(v, camera, sample, frame):
    if not sample.holds("spec.json"):
        return None
    document = read_json(sample.path / "spec.json")
    kind, spec = registry.parse(document)
    return float(registry.dump(kind, spec) != document)


def disparity_agrees(v, camera, sample, frame):
    """Focal length times baseline over depth, from the cameras of both eyes."""
    if "disparity" not in v or "depth" not in v:
        return None
    eyes = int(sample.record.get("eyes", 1))
    pair = [sample.camera(frame - frame % eyes + eye) for eye in range(eyes)]
    left, right = (np.array(one["cam2world"]) for one in pair)
    known = np.isfinite(v["depth"])
    y, x = np.nonzero(known)
    step = np.linalg.norm(right[:3, 3] - left[:3, 3])
    expected = camera["K"][0][0] * step / v["depth"][y, x]
    return float(np.abs(v["disparity"][y, x] - expected).max(initial=0.0)) + float(v["disparity"][~known].any())


def scene_flow_projects(v, camera, sample, frame):
    """A point's own motion, seen by the next frame's camera, is its optical flow."""
    if not {"scene_flow", "flow", "position"} <= set(v):
        return None
    eyes = int(sample.record.get("eyes", 1))
    known = np.isfinite(v["scene_flow"]).all(-1) & np.isfinite(v["flow"]).all(-1)
    if not known.any() or frame + eyes > sample.frames[-1]:
        return None
    here = v["position"][known].astype(np.float64)
    missed = project(camera, here)[0] - pixel_centres(camera)[known]
    target, depth = project(sample.camera(frame + eyes), here + v["scene_flow"][known])
    error = np.linalg.norm(target - missed - pixel_centres(camera)[known] - v["flow"][known], axis=-1)
    # Single precision of metres is a share of a pixel that grows near the camera.
    return float(np.quantile(error[depth > 0.1], 0.999)) if (depth > 0.1).any() else 0.0


def dense_landmarks_project(v, camera, sample, frame):
    if "dense_landmarks" not in v:
        return None
    dense = split_dense(v["dense_landmarks"])
    pixels, depth = project(camera, dense.points_3d)
    error = np.abs(pixels - dense.points_2d).max(-1)[depth > 0]
    inside = (dense.points_2d >= 0).all(1) & (dense.points_2d < [camera["width"], camera["height"]]).all(1)
    if (dense.visible & ~(inside & (depth > 0))).any():
        return np.inf  # what is out of the frame is not seen
    # Single precision of pixels far out of the frame is coarse.
    return float((error / np.maximum(np.abs(dense.points_2d[depth > 0]).max(-1) / 2**14, 1)).max(initial=0.0))


def dense_landmarks_on_surface(v, camera, sample, frame):
    """How far visible vertices, but for one in a hundred, lie outside the depths around their pixels.

    Between these a steep surface passes; the fold of an ear may be finer than the pixels.
    """
    if not {"dense_landmarks", "depth"} <= set(v):
        return None
    dense = split_dense(v["dense_landmarks"])
    pixels, distance = project(camera, dense.points_3d[dense.visible])
    height, width = v["depth"].shape
    x, y = np.clip(pixels.astype(int), 0, [width - 1, height - 1]).T
    padded = np.pad(v["depth"], 1, mode="edge")
    around = np.stack([padded[y + dy, x + dx] for dy in range(3) for dx in range(3)])
    outside = np.maximum(around.min(0) - distance, distance - around.max(0))
    return float(np.quantile(outside, 0.99)) if len(outside) else 0.0


CHECKS: dict[str, tuple[Callable, float, str]] = {
    "position re-projects": (reprojection, 0.01, "px"),
    "depth is planar": (planar_depth, 1e-4, "m"),
    "rays lead to the surface": (rays_lead, 5e-4, ""),
    "normals are unit": (unit_normals, 1e-3, ""),
    "background agrees": (background, 0, "px"),
    "ids are known": (known_ids, 0, "px"),
    "classes are known": (known_classes, 0, "px"),
    "boxes are tight": (tight_boxes, 0, "px"),
    "hair is in parts": (hair_mask, 0, "px"),
    "hair alpha agrees": (hair_alpha, 0.02, ""),
    "landmarks re-project": (landmarks_project, 0.01, "px"),
    "landmarks lie on the surface": (landmarks_on_surface, 0.01, "m"),
    "dense landmarks re-project": (dense_landmarks_project, 0.01, "px"),
    "dense landmarks lie on the surface": (dense_landmarks_on_surface, 0.01, "m"),
    "flow leads back": (flow_agrees, 0.5, "px"),
    "disparity agrees": (disparity_agrees, 1e-3, "px"),
    "scene flow projects to flow": (scene_flow_projects, 0.05, "px"),
    "spec reads back": (spec_round_trip, 0, ""),
}


def _whole(sample: Sample) -> str:
    """What is wrong with the files of a sample, or nothing."""
    for name, facts in sample.record["files"].items():
        path = sample.path / name
        if not path.is_file():
            return f"{path}: is missing"
        data = path.read_bytes()
        if len(data) != facts.get("bytes") or hashlib.sha256(data).hexdigest() != facts.get("sha256"):
            return f"{path}: differs from what was written"
    return ""


def check_dataset(path: str | Path) -> Report:
    """Run every check on every frame of a dataset."""
    dataset = Dataset(path)
    figures = {name: Figure(name, bar, unit) for name, (_, bar, unit) in CHECKS.items()}
    problems = []
    splits = [name for names in dataset.description["splits"].values() for name in names]
    if len(splits) != len(set(splits)):
        problems.append(f"{path}: a sample is in two splits")
    for sample in dataset:
        wrong = _whole(sample)
        if wrong:
            problems.append(wrong)
        for frame in sample.frames:
            where = f"{sample.name} frame {frame}"
            try:
                values, camera = _values(sample, frame), sample.camera(frame)
                for name, (check, _, _) in CHECKS.items():
                    figure = check(values, camera, sample, frame)
                    if figure is not None:
                        figures[name].add(figure, where)
            except (BadInput, ValueError, KeyError) as error:
                problems.append(f"{where}: {error}")
    return Report([figure for figure in figures.values() if figure.count], len(dataset), problems)
