"""What a sequence needs beside its frames: guards against motion that Cycles gets wrong in silence, and occlusion."""

from __future__ import annotations

import numpy as np

from ..cameras import pixel_centres

MOTION = ("flow", "flow_back", "occlusion", "occlusion_back")
AGREE = 0.5  # pixels by which the way there and the way back may differ


class Topology:
    """Remembers how many points each object has, and refuses a frame in which that changed.

    Cycles writes no motion for an object whose points cannot be matched from frame to frame, and says nothing.
    """

    def __init__(self):
        self.counts: dict[str, int] = {}

    def check(self, objects, frame: int) -> None:
        """Compare the evaluated objects of the scene's frame with the frames before (needs bpy)."""
        import bpy

        graph = bpy.context.evaluated_depsgraph_get()
        for obj in objects:
            if obj.type not in ("MESH", "CURVES") or obj.hide_render:
                continue
            data = obj.evaluated_get(graph).data
            count = len(data.points if obj.type == "CURVES" else data.vertices)
            if self.counts.setdefault(obj.name, count) != count:
                raise RuntimeError(
                    f"flow: {obj.name} has {count} points in frame {frame} and {self.counts[obj.name]} before; "
                    "allowed is the same mesh in every frame"
                )


def occlusion(flow: np.ndarray, back: np.ndarray, instance: np.ndarray, other: np.ndarray) -> np.ndarray:
    """255 (h, w) where a point is hidden or out of frame in the other frame, 0 where seen or where nothing is.

    flow (h, w, 2) leads to the other frame and ``back`` is that frame's flow to this one; a point is seen if a pixel
    around its place there belongs to the same object and leads back to it within half a pixel.
    """
    height, width = instance.shape
    known = instance > 0
    target = pixel_centres({"width": width, "height": height}) + np.where(np.isfinite(flow), flow, -1e6)
    inside = known & (target >= 0).all(-1) & (target[..., 0] < width) & (target[..., 1] < height)
    seen = np.zeros_like(known)
    corner = np.floor(target - 0.5).astype(int)
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = np.clip(corner[..., 0] + dx, 0, width - 1), np.clip(corner[..., 1] + dy, 0, height - 1)
            agrees = np.linalg.norm(np.nan_to_num(back[y, x] + flow, nan=1e6), axis=-1) < AGREE
            seen |= inside & agrees & (other[y, x] == instance)
    return np.where(known & ~seen, 255, 0).astype(np.uint8)


def motion_labels(shots: list[dict[str, np.ndarray]], cameras: int) -> list[dict[str, np.ndarray]]:
    """The four motion labels of every shot from its flow, flow_back and instance; shots run through the cameras first.

    At the ends of a sequence there is nothing to flow to: the flow is NaN and every point counts as hidden.
    """
    return [motion_labels_of(shots, number, cameras) for number in range(len(shots))]


def motion_labels_of(shots: list[dict[str, np.ndarray]], number: int, cameras: int) -> dict[str, np.ndarray]:
    """The four motion labels of one shot; of the others only those of the frames before and after must be there."""
    current, result = shots[number], {}
    for hidden, there, back, step in (("occlusion", "flow", "flow_back", cameras),
                                      ("occlusion_back", "flow_back", "flow", -cameras)):  # fmt: skip
        if 0 <= number + step < len(shots):
            other = shots[number + step]
            result[there] = current[there]
            result[hidden] = occlusion(current[there], other[back], current["instance"], other["instance"])
        else:
            result[there] = np.full_like(current[there], np.nan)
            result[hidden] = np.where(current["instance"] > 0, 255, 0).astype(np.uint8)
    return result
