"""A dataset in closed form, without Blender: two textured walls, a stereo pair that moves, and every label of what it sees.

A near wall (a face, of class skin, with a strip of hair) moves to the right before a far one; the camera goes to the right
too. Every label follows from the two planes, so every check of ``simulacra check`` has ground to stand on, and holds.
"""

import json
from pathlib import Path

import numpy as np
from loading_stage import hashes

from simulacra.datagen.formats.files import write_json, write_label
from simulacra.datagen.formats.records import FORMAT
from simulacra.datagen.labels import LABELS, PARTS, SEMANTIC, file_name, table
from simulacra.datagen.recipe import Recipe
from simulacra.datagen.storage.continuing import versions
from simulacra.datagen.storage.naming import SPLITS, sample_name, split_of
from simulacra.procgen import registry

FOCAL, BASELINE = 1.0, 0.1  # widths of a picture, metres
NEAR, FAR = 2.0, 4.0  # metres to the walls
FACE = np.array([[-0.4, -0.5], [0.5, 0.6]])  # metres, two corners of the near wall when a sequence starts
STEP, GOES = 0.05, 0.03  # metres that the near wall and the camera move in a frame
HAIR = 0.2  # metres from the near wall's upper end, where it is hair
POINTS = "points_2d", "points_3d"


def camera(frame: int, eye: int, moment: int, size: tuple[int, int]) -> dict:
    """The record of one eye at one moment."""
    width, height = size
    pose = np.eye(4)
    pose[0, 3] = GOES * moment + BASELINE * eye
    focal = FOCAL * width
    return {"frame": frame, "width": width, "height": height, "cam2world": pose.tolist(),
            "K": [[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]]}  # fmt: skip


def rays(record: dict) -> np.ndarray:
    """Directions (h, w, 3) of length one along the optical axis."""
    k = np.array(record["K"])
    x, y = np.meshgrid(np.arange(record["width"]) + 0.5, np.arange(record["height"]) + 0.5)
    return np.stack([(x - k[0, 2]) / k[0, 0], (y - k[1, 2]) / k[1, 1], np.ones_like(x)], -1)


def seen(record: dict, moment: int) -> dict:
    """What each pixel shows: its wall, place and depth."""
    eye, way = np.array(record["cam2world"])[:3, 3], rays(record)
    corner = FACE + [[STEP * moment, 0]]
    near = eye + NEAR * way
    hit = ((near[..., :2] >= corner[0]) & (near[..., :2] <= corner[1])).all(-1)
    position = np.where(hit[..., None], near, eye + FAR * way)
    # The far wall ends within the picture: there is background, too.
    known = hit | (np.abs(position[..., :2] - [0, 0]) < [1.3, 1.9]).all(-1)
    hair = hit & (near[..., 1] < corner[0, 1] + HAIR)
    return {"position": position, "known": known, "face": hit, "hair": hair, "depth": np.where(hit, NEAR, FAR)}


def place(record: dict, points: np.ndarray) -> np.ndarray:
    """Pixels (…, 2) of points in the world."""
    k, local = np.array(record["K"]), points - np.array(record["cam2world"])[:3, 3]
    return local[..., :2] / local[..., 2:] * [k[0, 0], k[1, 1]] + k[:2, 2]


def labels_of(size: tuple[int, int], frames: int, eyes: int, frame: int) -> dict[str, np.ndarray]:
    """Every label of one frame but alpha."""
    moment, eye = divmod(frame, eyes)
    record = camera(frame, eye, moment, size)
    at = seen(record, moment)
    known, face = at["known"], at["face"]
    rng = np.random.default_rng(frame)
    instance = np.where(at["hair"], 2, np.where(face, 1, np.where(known, 3, 0)))
    far = known & ~face
    values = {
        "rgb": rng.integers(0, 256, (*known.shape, 3)), "depth": np.where(known, at["depth"], np.inf),
        "normal": np.where(known[..., None], [0.0, 0.0, -1.0], 0.0), "position": np.where(known[..., None], at["position"], np.nan),
        "parts": np.where(at["hair"], 13, np.where(face, 1, 0)), "hair": at["hair"] * 255, "hair_alpha": at["hair"] * 1.0,
        "instance": instance, "semantic": np.where(at["hair"], SEMANTIC.index("hair"), np.where(face, SEMANTIC.index("skin"),
                                                   np.where(far, SEMANTIC.index("backdrop"), 0))),
        "distance": np.where(known, np.linalg.norm(at["position"] - np.array(record["cam2world"])[:3, 3], axis=-1), np.inf),
        "rays": rays(record) / np.linalg.norm(rays(record), axis=-1, keepdims=True),
        "dense_landmarks": np.array([(*px, *m, 1.0) for px, m in zip(*(landmarks_of(record, moment)[name] for name in POINTS), strict=True)]),
        "uv": np.zeros((*known.shape, 2)), "disparity": np.where(known, FOCAL * size[0] * BASELINE / at["depth"], 0),
        **{name: np.where(known[..., None], rng.random((*known.shape, 3)), 0) for name in ("linear", "albedo", "shading")},
    }  # fmt: skip
    for suffix, other in (("", moment + 1), ("_back", moment - 1)):
        flow, hidden = np.full((*known.shape, 2), np.nan), np.zeros(known.shape)
        move = np.where(face[..., None], [STEP * (other - moment), 0, 0], 0.0)
        if 0 <= other < frames:
            target = camera(0, eye, other, size)
            there = place(target, at["position"] + move)
            flow = np.where(known[..., None], there - place(record, at["position"]), np.nan)
            x, y = np.floor(there).astype(int).transpose(2, 0, 1)
            inside = (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
            front = seen(target, other)["depth"][np.clip(y, 0, size[1] - 1), np.clip(x, 0, size[0] - 1)]
            hidden = (known & (~inside | (front < at["depth"] - 1e-6))) * 255
        values |= {f"flow{suffix}": flow, f"occlusion{suffix}": hidden}
        if not suffix:
            values["scene_flow"] = (
                np.where(known[..., None], move, np.nan) if other < frames else np.full((*known.shape, 3), np.nan)
            )
    return {name: np.asarray(value).astype(LABELS[name].dtype) for name, value in values.items()}


def objects_of(instance: np.ndarray, moment: int) -> list[dict]:
    """The boxes of the walls and the strip of hair."""
    corner = FACE + [[STEP * moment, 0]]
    strip = np.array([corner[0], [corner[1, 0], corner[0, 1] + HAIR]])
    found = []
    for number, kind, (low, high), depth in ((1, "skin", corner, NEAR), (2, "hair", strip, NEAR),
                                             (3, "backdrop", np.array([[-1.3, -1.9], [1.3, 1.9]]), FAR)):  # fmt: skip
        rows, columns = np.nonzero(instance == number)
        box = [int(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)] if len(rows) else None
        solid = {
            "center": [*((low + high) / 2).tolist(), depth],
            "size": [*(high - low).tolist(), 0.0],
            "rotation": np.eye(3).tolist(),
        }
        found.append({"id": number, "name": kind, "class": kind, "box_2d": box, "box_3d": solid, "spec": ""})
    return found


def landmarks_of(record: dict, moment: int) -> dict:
    """Seventy points of the near wall, on the centres of pixels."""
    at = seen(record, moment)
    rows, columns = np.nonzero(at["face"])
    chosen = np.linspace(0, len(rows) - 1, 70).astype(int)
    points = at["position"][rows[chosen], columns[chosen]]
    return {"frame": record["frame"], "points_2d": place(record, points).tolist(), "points_3d": points.tolist(),
            "visible": [True] * 70, "gaze": {"right": [0.0, 0.0, -1.0], "left": [0.0, 0.6, -0.8]},
            "head_pose": {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}}  # fmt: skip


NAMES = tuple(name for name in LABELS if name in labels_of((16, 24), 1, 1, 0))  # all but alpha, which rgb would follow


def make_proven(path: Path, samples: int = 1, frames: int = 2, eyes: int = 2, size: tuple[int, int] = (32, 48), seed: int = 7,
                names: tuple[str, ...] = NAMES) -> Path:  # fmt: skip
    """Write the dataset: samples differ in spec alone, so one is made and copied."""
    recipe = Recipe(generator="faces", count=samples, seed=seed, size=size[0], frames=frames, views=eyes)
    shots = range(frames * eyes)
    labels = {frame: labels_of(size, frames, eyes, frame) for frame in shots}
    cameras = [camera(frame, frame % eyes, frame // eyes, size) for frame in shots]
    objects = [{"frame": f, "objects": objects_of(labels[f]["instance"], f // eyes)} for f in shots]
    landmarks = [landmarks_of(record, record["frame"] // eyes) for record in cameras]
    first, splits = path / sample_name(0), {name: [] for name, _ in SPLITS}
    for index in range(samples):
        folder = path / sample_name(index)
        folder.mkdir(parents=True)
        if index == 0:
            for frame in shots:
                for name in names:
                    write_label(folder / file_name(frame, name), name, labels[frame][name])
            for name, rows in (("camera", cameras), ("objects", objects), ("landmarks", landmarks)):
                (folder / f"{name}.json").write_text(json.dumps({"frames": rows}))
        else:
            for file in first.iterdir():
                if file.name not in ("sample.json", "spec.json", "caption.txt"):
                    (folder / file.name).write_bytes(file.read_bytes())
        (folder / "spec.json").write_text(json.dumps(registry.dump("faces", recipe.sample(index))))
        (folder / "caption.txt").write_text(f"wall {index}\n")
        splits[split_of(recipe.identity(index))].append(folder.name)
        record_sample(folder, index, seed + index, list(shots), eyes)
    write_json(path / "dataset.json", {
        "format": FORMAT, "recipe": recipe.to_dict(), "versions": versions(), "labels": table(), "rendered": list(names),
        "taxonomy": {"parts": {str(n): name for n, name in PARTS.items()}, "semantic": {str(n): name for n, name in enumerate(SEMANTIC)}},
        "splits": splits, "counts": {"asked": samples, "finished": samples, "failed": 0}, "failed": [], "devices": [],
    })  # fmt: skip
    return path


def record_sample(folder: Path, index: int, seed: int, frames: list[int], eyes: int) -> None:
    """Write the sample.json of what lies in a folder."""
    (folder / "sample.json").unlink(missing_ok=True)
    record = {"index": index, "seed": seed, "frames": frames, "eyes": eyes, "files": hashes(folder),
              "validity": {"attempt": 0, "redone": [], "warned": []}}  # fmt: skip
    (folder / "sample.json").write_text(json.dumps(record))
