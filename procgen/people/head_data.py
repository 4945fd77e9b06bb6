"""The packed CC0 head: template, faces, targets, sliders, weights and region masks, as read-only arrays."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .action_forms import formed
from .eyeballs import Balls
from .own_targets import own_targets

PATH = Path(__file__).parent / "data" / "head.npz"


class HeadData(NamedTuple):
    """Bust of the MakeHuman base mesh (CC0); metres, z up, facing -y, origin between the neutral template's eyes."""

    template: np.ndarray  # (n, 3) float64
    uv: np.ndarray  # (t, 2) float64
    faces: np.ndarray  # (f, 4) int64, vertex of each corner
    uv_faces: np.ndarray  # (f, 4) int64, uv of each corner
    face_group: np.ndarray  # (f,) name of the group of each face
    groups: dict[str, np.ndarray]  # vertices of each group
    joints: dict[str, np.ndarray]  # the eight vertices around each joint
    targets: dict[str, tuple[np.ndarray, np.ndarray]]  # name -> (indices, (k, 3) deltas in metres), our own among them
    sliders: dict[str, tuple[str, bool]]  # name -> (section, whether it has a negative end)
    bones: tuple[str, ...]
    weights: np.ndarray  # (n, bones), rows sum to one
    masks: dict[str, np.ndarray]  # (1024, 1024) uint8 region pictures over uv, first row on top


@cache
def head_data() -> HeadData:
    """Load the packed head once."""
    with np.load(PATH, allow_pickle=False) as packed:
        data = {name: packed[name] for name in packed.files}
    names = [str(name) for name in data["groups"]]
    faces = data["faces"].astype(np.int64)
    group_of_face = data["group_of_face"]
    stops = np.cumsum(data["target_counts"])
    targets = {}
    for name, stop, count, scale in zip(
        data["targets"], stops, data["target_counts"], data["target_scales"], strict=True
    ):
        part = slice(int(stop) - int(count), int(stop))
        deltas = data["target_deltas"][part].astype(np.float64) * float(scale)
        targets[str(name)] = (data["target_indices"][part].astype(np.int64), deltas)
    weights = data["bone_weights"].astype(np.float64)
    template = data["template"].astype(np.float64)
    groups = {name: np.unique(faces[group_of_face == index]) for index, name in enumerate(names)}
    joints = {
        str(name): vertices.astype(np.int64) for name, vertices in zip(data["joint_names"], data["joints"], strict=True)
    }
    balls = Balls(template, groups, joints)
    targets = {
        name: formed(name, target, template) if name.startswith("action/") else balls.held(target)
        for name, target in targets.items()
    }
    targets |= own_targets(template, balls)
    return HeadData(
        template=template,
        uv=data["uv"].astype(np.float64),
        faces=faces,
        uv_faces=data["uv_faces"].astype(np.int64),
        face_group=np.array(names)[group_of_face],
        groups=groups,
        joints=joints,
        targets=targets,
        sliders={
            str(name): (str(section), bool(two_sided))
            for name, section, two_sided in zip(
                data["sliders"], data["slider_sections"], data["slider_two_sided"], strict=True
            )
        },
        bones=tuple(str(bone) for bone in data["bones"]),
        weights=weights / weights.sum(1, keepdims=True),
        masks={name.removeprefix("mask_"): data[name] for name in data if name.startswith("mask_")},
    )


def sample_mask(name: str, uv: np.ndarray) -> np.ndarray:
    """The value (n,) in 0..1 of a region mask at uv (n, 2), bilinear."""
    image = head_data().masks[name].astype(np.float64) / 255
    height, width = image.shape
    x = np.clip(uv[:, 0] * width - 0.5, 0, width - 1.001)
    y = np.clip((1 - uv[:, 1]) * height - 0.5, 0, height - 1.001)
    i, j = x.astype(int), y.astype(int)
    u, v = x - i, y - j
    upper = image[j, i] * (1 - u) + image[j, i + 1] * u
    lower = image[j + 1, i] * (1 - u) + image[j + 1, i + 1] * u
    return upper * (1 - v) + lower * v
