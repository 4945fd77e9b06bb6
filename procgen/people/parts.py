"""Which face of the head mesh belongs to which class of the FaceSynthetics taxonomy."""

from __future__ import annotations

import numpy as np

from .head_data import HeadData, sample_mask

# The 19 classes of FaceSynthetics (Wood et al. 2021, arXiv 2109.15102); left and right are the person's.
CLASSES = (
    "background", "skin", "nose", "right_eye", "left_eye", "right_brow", "left_brow", "right_ear", "left_ear",
    "mouth_interior", "top_lip", "bottom_lip", "neck", "hair", "beard", "clothing", "glasses", "headwear", "facewear",
)  # fmt: skip
IGNORE = 255
PART = {name: index for index, name in enumerate(CLASSES)} | {"ignore": IGNORE}


def skin_parts(data: HeadData, faces: np.ndarray, uv_faces: np.ndarray) -> np.ndarray:
    """The class id (f,) of each skin face, from region masks and template coordinates."""
    x, y, z = data.template[faces].mean(1).T
    uv = data.uv[uv_faces].mean(1)
    parts = np.full(len(faces), PART["skin"])
    # The line under the jaw: from the chin's underside up to below the ear lobes.
    parts[z < -0.124 + 0.55 * np.clip(y + 0.02, -0.02, 0.09)] = PART["neck"]
    bridge = np.clip(-z / 0.046, 0, 1)  # 0 at the root of the nose, 1 at its base
    nose = (np.abs(x) < 0.006 + 0.0135 * bridge**1.3) & (z < 0.0) & (z > -0.0515) & (y < -0.005)
    parts[nose] = PART["nose"]
    ear = (sample_mask("ears", uv) > 0.5) & (np.abs(x) > 0.055)
    parts[ear & (x > 0)] = PART["left_ear"]
    parts[ear & (x < 0)] = PART["right_ear"]
    lips = sample_mask("lips", uv) > 0.5
    # The lower lip is what goes down with the jaw.
    drop = np.zeros(len(data.template))
    indices, deltas = data.targets["action/jawOpen"]
    drop[indices] = -deltas[:, 2]
    lower = drop[faces].mean(1) > 0.006
    parts[lips & ~lower] = PART["top_lip"]
    parts[lips & lower] = PART["bottom_lip"]
    parts[sample_mask("inside_mouth", uv) > 0.5] = PART["mouth_interior"]
    return parts
