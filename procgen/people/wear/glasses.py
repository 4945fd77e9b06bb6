"""Glasses: frames that rest on the nose and run over the ears, and lenses one looks through."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...geometry.angles import arctan2
from ..parts import PART
from ..pose import transform
from .tailor import ellipsoid, merged, section_sweep, tube


@dataclasses.dataclass(frozen=True)
class Style:
    """A frame: the lens's outline in mm (outward, up) from its centre, rim width and depth in mm, and how it is made."""

    says: str
    outline: tuple[tuple[float, float], ...]
    rim: float = 3.2  # width of the rim in front, 0 for rimless
    depth: float = 3.4
    top: float = 1.25  # how much wider the rim is on top
    metal: bool = False  # thin wire with nose pads
    sun: bool = False
    rimmed: str = "all"  # all, top (half rim) or none
    bar: bool = False  # a second bridge, as an aviator's
    wrap: float = 4.0  # degrees that each lens turns back toward its temple
    gap: float = 18.0  # between the lenses, mm


# fmt: off
ROUND = ((-23, 0), (-20, 13.5), (-10, 21), (2, 23), (14, 19.5), (22, 10), (23.5, -1), (20, -13.5), (10, -20.5), (-2, -22.5), (-13, -18.5), (-21, -9))
OVAL = ((-25, 1), (-19, 12), (-6, 17), (8, 17), (20, 12), (25.5, 2), (20, -11), (8, -16.5), (-6, -16.5), (-19, -11))
RECTANGLE = ((-26, 0), (-26, 9), (-22, 14.5), (-8, 16), (10, 16), (24, 15), (27.5, 10), (27, 0), (24.5, -10), (18, -15), (4, -16.5), (-12, -16), (-22, -11.5))
SQUARE = ((-25, 1), (-25.5, 12), (-21, 18.5), (-6, 20), (10, 20), (24, 18.5), (27.5, 12), (27, 0), (24, -13), (15, -19.5), (2, -21), (-12, -19.5), (-21.5, -13))
WAYFARER = ((-24, 0), (-25.5, 10), (-22.5, 16.5), (-8, 18.5), (10, 19.5), (26, 20.5), (29, 14), (26.5, 0), (22.5, -13), (13, -19), (0, -20.5), (-13, -18), (-20.5, -11))
CAT = ((-24.5, -1), (-24, 9), (-17, 14.5), (-4, 16), (12, 18.5), (27, 23.5), (31, 20), (27.5, 6), (23, -8), (13, -16.5), (0, -18.5), (-13, -16), (-21, -10))
AVIATOR = ((-24, 6), (-22, 17), (-12, 21), (6, 21), (22, 19), (29.5, 11), (29, -4), (23, -18), (11, -26), (-3, -26), (-14, -18), (-21, -5))
OVERSIZED = ((-27, 2), (-26.5, 15), (-19, 24), (-4, 27), (13, 27), (27, 22.5), (32, 11), (31, -4), (25.5, -18), (13, -26), (-3, -27), (-16, -22.5), (-24, -11))
SPORT = ((-27, 2), (-26, 11), (-16, 15), (2, 16), (20, 16), (32, 13), (36, 5), (32, -6), (20, -14), (2, -18.5), (-11, -18), (-22, -8))
BROW = ((-25, 2), (-24.5, 12), (-19, 17), (-6, 18), (10, 18), (23, 16.5), (27, 10), (26.5, 0), (22.5, -12), (13, -18.5), (0, -20), (-13, -18), (-21.5, -10))
# fmt: on

GLASSES = {
    "round": Style("round glasses", ROUND, 1.5, 2.0, 1.0, metal=True, gap=20),
    "round_acetate": Style("thick round glasses", ROUND, 3.6, 3.8, 1.2),
    "oval": Style("oval glasses", OVAL, 1.4, 1.9, 1.0, metal=True),
    "rectangular": Style("rectangular glasses", RECTANGLE, 2.8, 3.2),
    "square": Style("square glasses", SQUARE, 3.8, 3.8),
    "wayfarer": Style("thick-rimmed glasses", WAYFARER, 4.6, 4.2, 1.3),
    "cat_eye": Style("cat-eye glasses", CAT, 3.4, 3.6, 1.5),
    "browline": Style("browline glasses", BROW, 4.4, 3.8, 1.5, rimmed="top"),
    "half_rim": Style("half-rim glasses", RECTANGLE, 1.7, 2.0, 1.0, metal=True, rimmed="top"),
    "rimless": Style("rimless glasses", OVAL, 0.0, 1.4, metal=True, rimmed="none"),
    "aviator": Style("aviator glasses", AVIATOR, 1.3, 1.7, 1.0, metal=True, bar=True, gap=17),
    "aviator_sun": Style("aviator sunglasses", AVIATOR, 1.3, 1.7, 1.0, metal=True, sun=True, bar=True, gap=17, wrap=6),
    "wayfarer_sun": Style("sunglasses", WAYFARER, 4.8, 4.6, 1.35, sun=True, wrap=6),
    "round_sun": Style("round sunglasses", ROUND, 1.5, 2.0, 1.0, metal=True, sun=True, gap=20),
    "oversized_sun": Style("oversized sunglasses", OVERSIZED, 4.2, 4.0, 1.2, sun=True, wrap=6),
    "sport_sun": Style("sports sunglasses", SPORT, 2.6, 3.2, 1.1, sun=True, wrap=12, gap=15),
}  # fmt: skip
CURVE = 0.13  # metres, radius of a lens
LENS_THICKNESS = 0.0018  # metres


def outline(style: Style, count: int = 96) -> np.ndarray:
    """The edge of the left lens (count, 2) in metres, outward and up from the lens's centre, evenly spaced."""
    points = np.array(style.outline) / 1000
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    a, b, c, d = (np.roll(points, shift, 0)[:, None] for shift in (1, 0, -1, -2))
    # A closed Catmull-Rom spline through the drawn points.
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    curve = curve.reshape(-1, 2)
    closed = np.concatenate([curve, curve[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    at = np.linspace(0, along[-1], count, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, i]) for i in range(2)], 1)


class Fit:
    """Where glasses sit on a head, in its neutral frame: landmarks, scale and the skin to keep clear of."""

    def __init__(self, person, style: Style):
        from mathutils.bvhtree import BVHTree

        inverse = np.linalg.inv(person.head_matrix)
        self.local = transform(inverse, person.surface.positions)
        self.template = person.surface.template
        self.tree = BVHTree.FromPolygons(self.local.tolist(), person.surface.triangles.tolist())
        eyes = np.array([transform(inverse, eye.centre) for eye in person.neutral.eyes.values()])
        edge = outline(style)
        half = edge[:, 0].max() - edge[:, 0].min() + (style.gap / 2 + style.rim) / 1000
        temple = np.abs([self.at((side * 70, 22, 4))[0] for side in (1, -1)]).mean()
        self.scale = float(np.clip((temple + 0.001) / half, 0.90, 1.22 if style.sun else 1.16))
        self.middle = self.scale * (style.gap / 2000 - edge[:, 0].min())
        # Lenses stand a little low of the pupils; the eyes decide, not the nose.
        self.level = float(eyes[:, 2].mean()) - (0.0045 if style.bar else 0.002)

    def at(self, point) -> np.ndarray:
        """The place of the head nearest to a template point in mm."""
        return self.local[((self.template - np.array(point) / 1000) ** 2).sum(1).argmin()]

    def clearance(self, points: np.ndarray) -> np.ndarray:
        """Signed distance (n,) of points to the skin, positive outside."""
        result = []
        for point in points.tolist():
            nearest, normal, _, distance = self.tree.find_nearest(point)
            outward = sum((p - q) * n for p, q, n in zip(point, nearest, normal, strict=True))
            result.append(distance if outward > 0 else -distance)
        return np.array(result)


def build_glasses(kind: str, person, frame, lens, pads, hinges) -> list:
    """Build glasses in the world (needs bpy): one frame, its nose pads, its hinges and two lenses, of a material each."""
    from ...blender import mesh_object

    style = GLASSES[kind]
    fit = Fit(person, style)
    edge = outline(style) * fit.scale

    def bowed(points: np.ndarray, side: float, depth: float = 0.0) -> np.ndarray:
        """Places (n, 2) of the left lens's plane on the bowed front of either side."""
        x, z = points.T
        sag = (x**2 + z**2) / (2 * CURVE) + np.sin(np.radians(style.wrap)) * (x - edge[:, 0].min())
        tilt = -0.11 * z  # the lower edge leans toward the cheeks
        return np.stack([side * (fit.middle + x), sag + tilt + depth, fit.level + z], 1)

    front = _forward(fit, np.concatenate([bowed(edge * 1.05, side) for side in (1.0, -1.0)]), style)
    parts, soft, metal, lenses = [], [], [], []
    for side in (1.0, -1.0):
        rim = bowed(edge, side, front)
        parts += _rim(style, edge, rim, side)
        rings = np.linspace(0, 1, 6)[1:]
        plane = [bowed(np.zeros((1, 2)), side, front)] + [
            bowed(edge * (r + 0.004 * (r == 1)), side, front) for r in rings
        ]
        lenses.append((np.concatenate(plane), _fan(len(edge), len(rings), side)))
        temple, tip = _temple(style, fit, edge, rim, side)
        parts.append(temple)
        soft.append(tip)
        metal += _hinge(style, edge, rim, side)
        if style.metal or style.rimmed == "top":
            arm, pad = _nose_pad(fit, edge, rim, side)
            parts.append(arm)
            soft.append(pad)
    parts += _bridge(style, fit, edge, [bowed(edge, side, front) for side in (1.0, -1.0)])
    objects = []
    # Metal frames end in plastic; on acetate frames everything is one material.
    if style.metal:
        groups = [("Frame", parts + metal, frame), ("Pads", soft, pads)]
    else:
        groups = [("Frame", parts + soft, frame), ("Hinges", metal, hinges)]
    for name, pieces, material in groups:
        vertices, faces = merged(pieces)
        obj = mesh_object(f"Glasses {name}", transform(person.head_matrix, vertices), faces, part=PART["glasses"])
        obj.data.materials.append(material)
        objects.append(obj)
    for side, (vertices, faces) in zip(("left", "right"), lenses, strict=True):
        height = np.stack([vertices[:, 0], vertices[:, 2] - fit.level, 0 * vertices[:, 0]], 1)
        obj = mesh_object(
            f"Lens {side}", transform(person.head_matrix, vertices), faces, part=PART["glasses"],
            attributes={"lens": ("FLOAT_VECTOR", "POINT", height)},
        )  # fmt: skip
        obj.data.materials.append(lens)
        glass = obj.modifiers.new("Thickness", "SOLIDIFY")  # both of its faces mirror, and a rimless edge shows
        glass.thickness, glass.offset = LENS_THICKNESS, 0.0
        obj["label_hidden"] = True
        objects.append(obj)
    return [person.link(obj, "glasses") for obj in objects]


def _forward(fit: Fit, shape: np.ndarray, style: Style) -> float:
    """How far the front stands forward (y): as near as rims, lashes and bridge allow."""
    bridge = fit.at((0, -27, -3))[1]
    eyes = min(fit.at((side * 31, -16, 0))[1] for side in (1, -1))
    front = min(bridge + 0.004, eyes - 0.009)
    room = 0.0012 + style.depth / 2000
    for _ in range(4):
        short = room - fit.clearance(shape[::4] + [0, front, 0]).min()
        if short <= 0:
            break
        front -= min(short * 1.2 + 0.0002, 0.004)
    return float(front)


def _rounded(width: np.ndarray, depth: float, start: np.ndarray) -> np.ndarray:
    """Rounded rectangles (k, 12, 2): from ``start`` outward by a width, and a depth about the middle."""
    angle = 2 * np.pi * (np.arange(12) + 0.5) / 12
    unit = np.stack(
        [np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.5, np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.5],
        1,
    )
    across = start[:, None] + width[:, None] * (unit[None, :, 0] + 1) / 2
    return np.stack([across, np.broadcast_to(unit[None, :, 1] * depth / 2, across.shape)], -1)


def _rim(style: Style, edge: np.ndarray, rim: np.ndarray, side: float) -> list:
    if style.rimmed == "none":
        return []
    along = np.roll(edge, -1, 0) - np.roll(edge, 1, 0)
    outward = np.stack([along[:, 1], -along[:, 0]], 1)
    outward *= np.sign((outward * edge).sum(1).mean())
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    first = np.stack([side * outward[:, 0], np.zeros(len(edge)), outward[:, 1]], 1)
    second = np.tile([0.0, 1.0, 0.0], (len(edge), 1))
    top = np.clip(edge[:, 1] / edge[:, 1].max(), -1, 1)
    corner = np.clip(edge[:, 0] / edge[:, 0].max(), 0, 1) * np.clip(top, 0, 1)
    width = style.rim / 1000 * (1 + (style.top - 1) * (0.5 + 0.5 * top) + (0.35 * corner if not style.metal else 0))
    section = _rounded(width, style.depth / 1000, np.full(len(edge), -0.0006))
    if style.rimmed == "all":
        return [section_sweep(rim, first, second, section, True)]
    order = np.argsort(arctan2(edge[:, 0], edge[:, 1]))
    upper = order[np.abs(arctan2(edge[order, 0] / 27, edge[order, 1] / 18)) < 1.75]
    return [section_sweep(rim[upper], first[upper], second[upper], section[upper], False)]


def _fan(around: int, rings: int, side: float) -> list:
    j = np.arange(around)
    after = (j + 1) % around
    faces = np.stack([0 * j, 1 + j, 1 + after], 1).tolist()
    for ring in range(rings - 1):
        low, high = 1 + ring * around, 1 + (ring + 1) * around
        faces += np.stack([low + j, high + j, high + after, low + after], 1).tolist()
    return faces if side > 0 else [face[::-1] for face in faces]


def _bridge(style: Style, fit: Fit, edge: np.ndarray, rims: list) -> list:
    thin = style.metal or style.rim == 0
    height = 0.30 if thin else 0.42
    target = edge[:, 1].max() * height
    inner = np.argmin(np.abs(edge[:, 1] - target) + (edge[:, 0] > 0) * 1.0)
    left, right = rims[0][inner], rims[1][inner]
    t = np.linspace(0, 1, 24)[:, None]
    arch = 4 * t * (1 - t)
    nose = fit.at((0, -27, -1))
    path = left * (1 - t) + right * t + arch * np.array([0, -0.0012, 0.0022])
    # Over the nose, never through it.
    room = (0.0012 if thin else 0.0026) + style.depth / 2000
    path[:, 1] = np.minimum(path[:, 1], np.where(arch[:, 0] > 0.5, nose[1] - room, path[:, 1]))
    for _ in range(6):
        mean = (path[:-2] + path[2:]) / 2
        path[1:-1] = 0.5 * path[1:-1] + 0.5 * mean
    lift = fit.clearance(path)
    path[:, 1] -= np.clip(room - lift, 0, 0.004).max() * arch[:, 0] ** 0.5
    pieces = [tube(path, 0.0010, 8, up=(0.0, 1.0, 0.0))] if thin else []
    if not thin:
        first, second = np.tile([0.0, 0.0, 1.0], (24, 1)), np.tile([0.0, 1.0, 0.0], (24, 1))
        tall = np.full(24, style.rim * 1.15 / 1000) * (1 + 0.5 * (1 - arch[:, 0]))
        pieces.append(section_sweep(path, first, second, _rounded(tall, style.depth / 1000, -tall / 2), False))
    if style.bar:
        over = np.argmax(edge[:, 1] - 0.6 * edge[:, 0])
        t = np.linspace(0, 1, 16)[:, None]
        line = rims[0][over] * (1 - t) + rims[1][over] * t + 4 * t * (1 - t) * np.array([0, -0.001, 0.001])
        pieces.append(tube(line, 0.0009, 8, up=(0.0, 1.0, 0.0)))
    return pieces


def _corner(style: Style, edge: np.ndarray, rim: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a frame ends at its side, and where its arm turns backward."""
    out = 0.0024 if style.metal else style.rim / 1000 * 0.9 + 0.001
    end = rim[np.argmax(edge[:, 0] + 0.55 * edge[:, 1])] + np.array([side * out, 0.0012, 0.0])
    return end, end + np.array([side * 0.0025, 0.007, -0.0005])


def _hinge(style: Style, edge: np.ndarray, rim: np.ndarray, side: float) -> list:
    """The barrel that an arm turns about, and two rivets on the front of thick acetate."""
    end, corner = _corner(style, edge, rim, side)
    tall = 0.0021 if style.metal else 0.0026
    path = corner + np.array([-side * 0.0012, 0.0, 0.0]) + np.linspace(-tall, tall, 9)[:, None] * [0.0, 0.0, 1.0]
    radius = np.where(np.arange(9) % 3 == 1, 0.00085, 0.00105)  # its knuckles
    pieces = [tube(path, radius, 10, up=(0.0, 1.0, 0.0))]
    if not style.metal and style.rim > 3.3:
        front = end + np.array([-side * 0.0022, -0.0012 - style.depth / 2000, 0.0])
        pieces += [ellipsoid(front + [0, 0, z], (0.0006, 0.0003, 0.0006)) for z in (-0.0012, 0.0012)]
    return pieces


def _temple(style: Style, fit: Fit, edge: np.ndarray, rim: np.ndarray, side: float):
    """An arm from the hinge over the ear, and its tip behind the ear."""
    hinge, corner = _corner(style, edge, rim, side)
    root = fit.at((side * 72, 74, 8))
    hook = root + np.array([side * 0.003, 0.0, 0.0045])
    t = np.linspace(0, 1, 40)[:, None]
    straight = corner * (1 - t) + hook * t
    thick = 0.0011 if style.metal else 0.0016
    for index in np.nonzero(t[:, 0] < 0.93)[0]:
        # The arm springs outward where the head is wider than the frame.
        for _ in range(3):
            gap = fit.clearance(straight[index : index + 1])[0]
            straight[index, 0] += side * np.clip(thick + 0.0008 - gap, 0, 0.02)
    for _ in range(10):
        straight[1:-1] = (straight[:-2] + 2 * straight[1:-1] + straight[2:]) / 4
    path = np.concatenate([np.linspace(hinge, straight[0], 5)[:-1], straight])
    share = np.linspace(0, 1, len(path))
    tall = (
        np.interp(share, [0, 0.08, 0.5, 1], [0.0011, 0.0009, 0.0008, 0.0011])
        if style.metal
        else (
            np.interp(share, [0, 0.1, 0.6, 1], [0.0042, 0.0038, 0.0026, 0.0024]) * np.clip(style.rim / 3.6, 0.75, 1.2)
        )
    )
    flat = 1.0 if style.metal else 0.46
    bend = np.linspace(0, 1, 12)[:, None]
    end = hook + np.concatenate(
        [
            -side * 0.004 * bend,
            0.010 * np.sin(bend * 1.4) + 0.006 * bend,
            0.0035 * np.sin(bend * np.pi) - 0.030 * bend**1.7,
        ],
        1,
    )
    tip = tube(
        end,
        np.interp(bend[:, 0], [0, 0.7, 1], [max(tall[-1], 0.0019), 0.0024, 0.0014]),
        10,
        flat=0.6,
        up=(1.0, 0.0, 0.0),
    )
    return tube(path, tall, 10, flat=flat), tip


def _nose_pad(fit: Fit, edge: np.ndarray, rim: np.ndarray, side: float):
    """A pad on the side of the nose and the wire that holds it."""
    at = np.argmin(edge[:, 0] * 1.0 + np.abs(edge[:, 1] + 0.003) * 0.6)
    start = rim[at]
    place = np.array([side * 0.0085, start[1] + 0.002, start[2] - 0.003])
    nearest, normal, _, _ = fit.tree.find_nearest(place.tolist())
    normal = np.array(normal)
    if normal[0] * side < 0:
        normal = np.array([side * 0.8, -0.6, 0.0])
    pad = np.array(nearest) + normal * 0.0011
    turn = np.linalg.qr(np.stack([normal, np.array([0.0, 0.25, 1.0]), np.array([0.0, 1.0, 0.0])], 1))[0]
    t = np.linspace(0, 1, 10)[:, None]
    wire = start * (1 - t) + (pad + normal * 0.0008) * t + np.sin(np.pi * t) * np.array([side * 0.001, 0.004, 0.001])
    return tube(wire, 0.0005, 6), ellipsoid(pad, (0.0011, 0.0042, 0.0025), turn)
