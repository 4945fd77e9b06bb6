"""The face net that ships: it is the one that was measured, and finds the face of a render that it was not trained on."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("cv2")

from simulacra.__main__ import main
from simulacra.datagen.formats.png import read_png
from simulacra.models.systems.catalogue import find

PICTURES = Path(__file__).parent / "pictures"


def test_the_face_net_that_ships_is_the_one_that_was_measured():
    folder = find("face_analysis").shipped
    assert folder is not None
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text(encoding="utf-8")
    assert (folder / "model.safetensors").stat().st_size < 10e6


def test_it_finds_the_face_of_a_render_of_ours(tmp_path):
    truth = json.loads((PICTURES / "face.json").read_text(encoding="utf-8"))
    assert main(["predict", "face", str(PICTURES / "face.jpg"), "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "face.landmarks.json").read_text(encoding="utf-8"))
    points, wanted = np.array(found["points_2d"]), np.array(truth["points_2d"])
    error = np.linalg.norm(points - wanted, axis=1).mean() / np.linalg.norm(wanted[36] - wanted[45])
    pose = json.loads((tmp_path / "face.pose.json").read_text(encoding="utf-8"))["head_pose"]
    parts, drawn = read_png(tmp_path / "face.parts.png"), read_png(PICTURES / "face.parts.png")
    right = (parts == drawn)[(parts != 255) & (drawn != 255)].mean()
    assert error < 0.045 and abs(pose["yaw"] - truth["yaw"]) < 8 and right > 0.93, (error, pose, right)
