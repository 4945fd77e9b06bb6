"""What photographs can be asked for: each task with the system that knows it and the labels that it gives; read without torch."""

from __future__ import annotations

from typing import NamedTuple

from .catalogue import System, find


class Task(NamedTuple):
    """One question to photographs: the system whose ``predict`` answers it, and the labels of the answer.

    It is asked of ``each`` photograph, of each with the ``next`` one, or of ``pairs``, left and right.
    """

    system: str
    labels: tuple[str, ...]
    doc: str
    asked: str = "each"


TASKS = {
    "landmarks": Task("face_analysis", ("landmarks",), "70 points of a face with their uncertainty"),
    "parsing": Task("face_analysis", ("parts",), "19 classes of a face, as the label parts"),
    "depth": Task("face_analysis", ("depth",), "depth of a head in metres behind its pivot"),
    "normals": Task("face_analysis", ("normal",), "normals of a head, as the label normal"),
    "pose": Task("face_analysis", ("pose",), "rotation of a head, and where its eyes look"),
    "face": Task("face_analysis", ("landmarks", "pose", "parts", "depth", "normal"), "all of these"),
    "scene": Task(
        "scene_analysis", ("depth", "normal", "semantic"), "depth but for its scale, normals and classes of a place"
    ),
    "flow": Task(
        "optical_flow", ("flow", "occlusion"), "optical flow to the next picture, and what is hidden there", "next"
    ),
    "stereo": Task("stereo", ("disparity",), "disparity of the left pictures of rectified pairs", "pairs"),
}


def system_of(task: str) -> System:
    """The system that a task asks."""
    return find(TASKS[task].system)
