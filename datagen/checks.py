"""The checks of a frame: what its labels must hold of each other, with the limit of each and its unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..procgen import registry
from .cameras import miss, pixel_centres, pixel_rays, project
from .errors import BadInput
from .formats.dense import split_dense
from .labels import HAIR, LABELS, PARTS
from .readers import Sample
from .thing_checks import THING_CHECKS

IDS = 2**16  # that the instance label can hold
ROUNDINGS = 8  # of single precision, between a surface and its box
STILL = ("terrain", "ice", "rock", "boulder", "pebble", "dead_wood", "coral", "sponge", "shell")  # in wind and current
GRAZING, GRAZING_FACTOR = 1e-4, 5.0  # share of pixels whose rays graze, and how many times as far off those may be
FARTHEST = 1e6  # px by which a point may miss a picture and still be compared with its pixels


def values_of(sample: Sample, frame: int, camera: dict) -> dict[str, np.ndarray]:
    """Every label of a frame; raises BadInput where one is not of its camera's size."""
    return {name: sample.label(name, frame, camera) for name in LABELS if sample.has(name, frame)}


# Each check takes the labels of a frame, its camera and its sample, and returns a figure, or None where it has no
# ground to stand on.
def reprojection(v, camera, sample, frame):
    if "position" not in v:
        return None
    known = np.isfinite(v["position"]).all(-1)
    if not known.any():
        return 0.0
    error = miss(camera, v["position"])[known]
    # A ray that grazes a thin triangle ends a few times as far off, in single precision.
    return float(max(np.quantile(error, 1 - GRAZING), error.max() / GRAZING_FACTOR))


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
    start = np.broadcast_to(start, v["rays"].shape)[known]
    there = start + (v["distance"][known][:, None].astype(float) * v["rays"][known]) @ turn.T
    error = np.linalg.norm(there - v["position"][known], axis=-1)
    away = np.linalg.norm(v["position"][known], axis=-1) + np.linalg.norm(np.array(camera["cam2world"])[:3, 3])
    return float((error / np.maximum(away, 1)).max(initial=0.0))


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
        known = sample.taxonomy.get("parts")
        wrong += (~np.isin(v["parts"], [int(number) for number in known] if known else list(PARTS))).sum()
    if "instance" in v and sample.holds("objects.json"):
        wrong += (~np.isin(v["instance"], [0, *(record["id"] for record in sample.objects(frame))])).sum()
    return float(wrong)


def tight_boxes(v, camera, sample, frame):
    if "instance" not in v or not sample.holds("objects.json"):
        return None
    rows, columns = np.nonzero(v["instance"])
    ids = v["instance"][rows, columns]
    low, high = np.full((IDS, 2), IDS), np.full((IDS, 2), -1)
    for axis, values in enumerate((columns, rows)):  # of all things at once: a place shows thousands
        np.minimum.at(low[:, axis], ids, values)
        np.maximum.at(high[:, axis], ids, values + 1)
    worst = 0.0
    for record in sample.objects(frame):
        number, told = record["id"], record["box_2d"]
        seen = 0 < number < IDS and high[number, 0] > 0
        if seen != (told is not None):
            return np.inf
        if seen:
            worst = max(worst, float(np.abs(np.array([*low[number], *high[number]]) - told).max()))
    return worst


def points_in_boxes(v, camera, sample, frame):
    """How far a pixel's place lies outside its thing's oriented box, as a share of the box's diagonal.

    Picture, labels and records of one frame come from one state of the scene, or a thing has moved out of its box. What
    single precision cannot tell apart counts as within. Places record boxes at rest, so there
    it is what wind and current do not move that is compared.
    """
    if not {"position", "instance"} <= set(v) or not sample.holds("objects.json"):
        return None
    known = np.isfinite(v["position"]).all(-1) & (v["instance"] > 0)
    ids, points = v["instance"][known], v["position"][known].astype(float)
    order = np.argsort(ids, kind="stable")
    ids, points = ids[order], points[order]
    records, worst = sample.objects(frame), None
    if "merged" in sample.notes["objects.json"]:
        records = [record for record in records if record["class"] in STILL]
    for record in records:
        box = record.get("box_3d")
        start, stop = np.searchsorted(ids, [record["id"], record["id"] + 1])
        if box is None or start == stop:
            continue
        inside = points[start:stop]
        axes, half = np.array(box["rotation"], float), np.array(box["size"], float) / 2
        local = np.linalg.lstsq(axes, (inside - box["center"]).T, rcond=None)[0].T
        outside = np.linalg.norm(np.maximum(np.abs(local) - half, 0), axis=1).max()
        unsure = np.spacing(np.float32(np.abs(inside).max())) * ROUNDINGS
        share = max(outside - unsure, 0.0) / max(2 * np.linalg.norm(half), unsure)
        worst = max(worst or 0.0, float(share))
    return worst


def hair_mask(v, camera, sample, frame):
    if "hair" not in v or "parts" not in v:
        return None
    return float(((v["hair"] > 0) != (v["parts"] == HAIR)).sum())


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
        if seen and not max(abs(x), abs(y)) < FARTHEST:  # in the camera's own plane, say
            return np.inf
        if seen:
            around = v["depth"][max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
            nearest, farthest = around.min(initial=np.inf), around.max(initial=-np.inf)
            worst = max(worst, float(max(nearest - distance, distance - farthest)))
    return worst


def flow_agrees(v, camera, sample, frame):
    """Where the next frame shows the same object, the flow leads to a point that flows back."""
    others = "flow_back", "instance"
    following = frame + sample.cameras
    if not {"flow", "instance", "occlusion"} <= set(v) or not all(sample.has(name, following) for name in others):
        return None
    back, instance = (sample.label(name, following, camera) for name in others)
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
    if not sample.holds("spec.json") or frame != sample.frames[0]:  # one for all frames
        return None
    document = sample.document("spec.json")
    kind, spec = registry.parse(document)
    return float(registry.dump(kind, spec) != document)


def disparity_agrees(v, camera, sample, frame):
    """Focal length times baseline over depth, from the cameras of both eyes."""
    if "disparity" not in v or "depth" not in v:
        return None
    eyes = sample.record.get("eyes", 1)
    if eyes != 2:
        raise BadInput(f"{sample.path}: holds disparity, and its record says nothing of a pair of eyes")
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
    following = frame + sample.cameras
    known = np.isfinite(v["scene_flow"]).all(-1) & np.isfinite(v["flow"]).all(-1)
    if not known.any() or following > sample.frames[-1]:
        return None
    here = v["position"][known].astype(np.float64)
    missed = project(camera, here)[0] - pixel_centres(camera)[known]
    target, depth = project(sample.camera(following), here + v["scene_flow"][known])
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
    "points lie in their boxes": (points_in_boxes, 0.01, "of the box"),
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
    **THING_CHECKS,
}
