"""Distances of a head as anthropometry names them, measured on the cage's limit surface with numpy."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from .head_data import HeadData, head_data
from .landmarks import POINTS
from .necks import tape
from .rims import RIMS

# Template places in millimetres that landmarks lack.
OWN = {
    "glabella": (0, -28.9, 27), "sellion": (0, -26.2, 4), "pronasale": (0, -43.6, -37.5), "subnasale": (0, -31.8, -49.5),
    "menton": (0, -12, -112.0), "gonion_l": (60, 40, -63), "gonion_r": (-60, 40, -63),
    "outline_l": (56.5, 22.4, -63.9), "outline_r": (-56.5, 22.4, -63.9),
    "tragion_l": (71, 55, -10), "tragion_r": (-71, 55, -10),
    "frontotemporale_l": (53.5, 0, 33), "frontotemporale_r": (-53.5, 0, 33), "notch": (0, 35, -197),
}  # fmt: skip
# Boxes of the template in millimetres (lowest and highest corner, the left side) that a calliper finds its widest place in.
CALLIPER = {
    "euryon": ((55, 50, 38), (75, 130, 85)),
    "zygion": ((60, 24, -32), (70.5, 43, 4)),
    "alare": ((13, -29, -45), (18.5, -24, -33)),
    "back": ((-40, 120, 0), (40, 170, 75)),
    "crown": ((-40, 10, 105), (40, 110, 125)),
}
DIRECTIONS = 48  # that a tape around the head is summed over
TAPE = 6.0  # mm: how far from its plane the tape may touch
TIE = 1e-8  # m: places that differ by less are equally near
SLACK = 1e-5  # m: more than all ties together
NEAR = 23  # triangles are looked at that have no more than this many middles nearer than theirs

MEASURES = (
    "between_pupils", "eye_length", "eye_opening", "head_breadth", "head_length", "frontal_breadth", "cheek_breadth",
    "jaw_breadth", "face_outline", "face_length", "nose_length", "nose_breadth", "nose_protrusion", "nose_depth", "bridge_depth", "mouth_breadth", "upper_lip",
    "lower_lip", "mouth_corners", "brow_height", "crown_height", "head_circumference",
)  # fmt: skip


class Probe(NamedTuple):
    """Places on the limit surface as weighted vertices: indices and weights (m, k), and the rows of each name."""

    indices: np.ndarray
    weights: np.ndarray
    rows: dict[str, np.ndarray]


class _Limit:
    """The limit place of a vertex as weights of vertices: Catmull-Clark's mask for quads (Halstead et al. 1993)."""

    def __init__(self, faces: np.ndarray, vertices: int):
        self.faces, self.valence = faces, np.bincount(faces.ravel(), minlength=vertices)
        self.corners = np.argsort(faces.ravel(), kind="stable")  # by vertex
        self.ends = np.cumsum(self.valence)

    def of(self, vertex: int) -> dict[int, float]:
        """Vertex -> weight."""
        row, n, end = {}, self.valence[vertex], self.ends[vertex]
        for number in self.corners[end - n : end].tolist():
            face, corner = self.faces[number // 4].tolist(), number % 4
            share = 1 / (n * (n + 5))
            for other, weight in (
                (face[corner - 1], 2.0),
                (face[(corner + 1) % 4], 2.0),
                (face[(corner + 2) % 4], 1.0),
            ):
                row[other] = row.get(other, 0.0) + weight * share
        row[vertex] = row.get(vertex, 0.0) + (n / (n + 5) if n else 1.0)
        return row

    def mixed(self, weights: dict[int, float]) -> dict[int, float]:
        """The limit of a place between vertices."""
        row: dict[int, float] = {}
        for vertex, share in weights.items():
            for other, weight in self.of(vertex).items():
                row[other] = row.get(other, 0.0) + share * weight
        return row


class _Triangles:
    """Triangles (m, 3) of vertices of the template, with the balls around them; metres."""

    def __init__(self, data: HeadData, triangles: np.ndarray):
        self.triangles, self.corners = triangles, data.template[triangles]
        self.middle = self.corners.mean(1)
        self.radius = np.linalg.norm(self.corners - self.middle[:, None], axis=2).max(1)

    def nearest(self, place: np.ndarray) -> dict[int, float]:
        """Barycentric weights of the place nearest to one given in metres."""
        away = np.linalg.norm(self.middle - place, axis=1)
        # No place of a triangle is nearer than the ball around it is: few of them are left to be looked at.
        reach = _in_triangle(self.corners[away.argmin()], place)[0] + SLACK
        near = (away - self.radius < reach) & (away <= np.partition(away, NEAR)[NEAR])
        best, found = np.inf, {}
        # Of equally near ones the first, whatever the last digits of their distances are.
        for index in np.flatnonzero(near):
            distance, weights = _in_triangle(self.corners[index], place)
            if distance < best - TIE:
                best, found = distance, dict(zip(self.triangles[index].tolist(), weights, strict=True))
        return found


def _in_triangle(corners: np.ndarray, place: np.ndarray) -> tuple[float, tuple[float, ...]]:
    """How far a place is from that of a triangle (3, 3) which it is nearest to, and the weights of the corners there."""
    a, b, c = corners
    share = np.clip(np.linalg.lstsq(np.stack([b - a, c - a], 1), place - a, rcond=None)[0], 0, 1)
    share = share / max(share.sum(), 1.0)
    return np.linalg.norm(a + share @ np.stack([b - a, c - a]) - place), (1 - share.sum(), *share)


@cache
def probe() -> Probe:
    """All places that the measures need; made once."""
    data = head_data()
    template, body = data.template * 1000, data.groups["body"]
    faces = data.faces[data.face_group == "body"]
    limit = _Limit(faces, len(template))
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    surface = _Triangles(data, triangles)
    wanted: list[dict[int, float]] = []
    rows = {}

    def add(name: str, places: list[dict[int, float]]) -> None:
        rows[name] = np.arange(len(wanted), len(wanted) + len(places))
        wanted.extend(places)

    add("landmarks", [limit.mixed(surface.nearest(point)) for point in POINTS])
    for name, place in OWN.items():
        add(name, [limit.mixed(surface.nearest(np.array(place) / 1000))])
    for name, (low, high) in CALLIPER.items():
        for side, sign in (("l", 1), ("r", -1)):
            at = template[body] * [sign, 1, 1]
            add(f"{name}_{side}", [limit.of(v) for v in body[((at >= low) & (at <= high)).all(1)]])
    x, y, z = template[body].T
    level = np.interp(y, [-29, 164], [27, 35])  # the tape's plane, from glabella to the back of the head
    add("tape", [limit.of(v) for v in body[(np.abs(z - level) < TAPE) & ~((np.abs(x) > 70) & (z < 37) & (y > 52))]])
    add("neck", [limit.mixed(crossing) for crossing in tape(data.template, faces)])
    for side in "lr":  # the neutral eyes look straight ahead
        joint = data.joints[f"joint-{side}-eye"].tolist()
        add(f"pupil_{side}", [dict.fromkeys(joint, 1 / len(joint))])
    for station, (_, *rims) in RIMS.items():
        for lip, rim in zip(("upper", "lower"), rims, strict=True):
            across = [body[np.abs(template[body] - template[v] * [-1, 1, 1]).sum(1).argmin()] for v in rim]
            add(f"{lip}_{station}_l", [limit.of(v) for v in rim])
            add(f"{lip}_{station}_r", [limit.of(v) for v in across])
    width = max(map(len, wanted))
    indices, weights = np.zeros((len(wanted), width), int), np.zeros((len(wanted), width))
    for row, places in enumerate(wanted):
        indices[row, : len(places)] = list(places)
        weights[row, : len(places)] = list(places.values())
    return Probe(indices, weights, rows)


def probed(points: np.ndarray) -> np.ndarray:
    """The probe's places (…, m, 3) on cages (…, n, 3)."""
    found = probe()
    return np.einsum("mk,...mki->...mi", found.weights, points[..., found.indices, :])


def measured(places: np.ndarray) -> np.ndarray:
    """The measures (…, len(MEASURES)) in millimetres of the probe's places (…, m, 3) in metres."""
    rows, places = probe().rows, np.asarray(places) * 1000
    marks = places[..., rows["landmarks"], :]

    def at(name: str) -> np.ndarray:
        return places[..., rows[name][0], :]

    def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.linalg.norm(a - b, axis=-1)

    def between(i: int, j: int) -> np.ndarray:
        return apart(marks[..., i, :], marks[..., j, :])

    def across(name: str) -> np.ndarray:
        left, right = (places[..., rows[f"{name}_{side}"], 0] for side in "lr")
        return left.max(-1) - right.min(-1)

    back = places[..., rows["back_l"], :]
    wings = places[..., np.concatenate([rows["alare_l"], rows["alare_r"]]), :]
    angle = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    along = places[..., rows["tape"], :2] @ np.stack([np.cos(angle), np.sin(angle)])
    girth = (along.max(-2) - along.min(-2)).mean(-1) * np.pi  # Cauchy's formula for the hull's perimeter
    return np.stack([
        apart(at("pupil_l"), at("pupil_r")), (between(36, 39) + between(42, 45)) / 2,
        (between(37, 41) + between(38, 40) + between(43, 47) + between(44, 46)) / 4,
        across("euryon"), back[..., 1].max(-1) - at("glabella")[..., 1],
        apart(at("frontotemporale_l"), at("frontotemporale_r")), across("zygion"), apart(at("gonion_l"), at("gonion_r")),
        apart(at("outline_l"), at("outline_r")),
        apart(at("sellion"), at("menton")), apart(at("sellion"), at("subnasale")), across("alare"),
        apart(at("subnasale"), at("pronasale")), wings[..., 1].mean(-1) - at("pronasale")[..., 1],
        marks[..., 36:48, 1].mean(-1) - at("sellion")[..., 1], between(48, 54), marks[..., 51, 2] - marks[..., 62, 2],
        marks[..., 66, 2] - marks[..., 57, 2],
        marks[..., [48, 54], 2].mean(-1) - marks[..., [62, 66], 2].mean(-1),
        marks[..., 17:27, 2].mean(-1) - marks[..., 36:48, 2].mean(-1),
        places[..., rows["crown_l"], 2].max(-1) - (at("tragion_l") + at("tragion_r"))[..., 2] / 2, girth,
    ], -1)  # fmt: skip
