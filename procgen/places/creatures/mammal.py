"""Mammals built from a body plan: skin, eyes, ears, nose, feet, tail and mane, painted and rigged with their gaits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...assets import Asset, Surface
from . import gait
from .assembly import Assembly, Motions
from .gait import Gait, Leg, Skeleton
from .genome import grow, skeleton
from .parts import blade, capped, cone, ellipsoid, eyeball, torus, unit
from .quadruped import head_frame, quadruped, toes
from .rig import turn
from .shapes import Shape
from .skin import graded, join, relaxed, smooth_weights, symmetric

FROUDE = {"walk": 0.12, "trot": 0.7, "gallop": 2.2}
NOSE = (0.012, 0.010, 0.010)


class Mammal:
    """A mammal in the making, in units of its height at the withers."""

    def __init__(self, shape: Shape, seed: int, detail: float, fur: Surface):
        self.shape, self.seed, self.detail, self.fur = shape, seed, detail, fur
        self.grown = grow(quadruped(shape))
        bones, radii = skeleton(self.grown)
        self.assembly = Assembly(bones, radii)
        self.origin, self.ahead, self.crown = head_frame(shape)
        self.skin = join(self.grown.values(), self._axes())
        self.weights = relaxed(smooth_weights(self.skin.vertices, bones, radii), self.skin, 3)

    def _axes(self):
        s = self.shape
        # Cells grow as faces become fewer, but never past the girth of a leg.
        coarse = 0.75 * self.detail**-0.74 * (1.0 if s.breadth < 0.2 else 1.08)
        sweeps = self.grown.values()
        front = min((sweep.centre[:, 1] - sweep.shape[:, 1]).min() for sweep in sweeps) - 0.08
        rear = max((sweep.centre[:, 1] + sweep.shape[:, 1]).max() for sweep in sweeps) + 0.08
        top = max((sweep.centre[:, 2] + sweep.shape[:, 1]).max() for sweep in sweeps) + 0.06
        nose = self.origin + s.head * self.ahead
        head, leg = 0.011 * coarse * s.head / 0.37, 1.25 * s.cannon
        crown = min(nose[2], self.origin[2]) - 0.25 * s.head
        return (
            symmetric(max(s.breadth, s.haunch) + 0.12, min(0.018 * coarse, leg), [(0, 0.36 * s.head, 1.1 * head)]),
            graded(front, rear, min(0.020 * coarse, leg), [(front, self.origin[1], head)]),
            graded(
                -0.0137,
                top,
                0.020 * coarse,
                [(-0.02, 0.08, min(0.012 * coarse, leg)), (crown, self.origin[2] + 0.3 * s.head, 1.1 * head)],
            ),
        )

    def on_head(self, t: float, angle: float, depth: float = 1.0) -> np.ndarray:
        """A point (3,) on the head, t along from poll to nose, ``angle`` from its top."""
        sweep = self.grown["head"]
        share = (t - self.shape.skull[0][0]) / (self.shape.skull[-1][0] - self.shape.skull[0][0])
        return sweep.place(share, angle, depth)

    def part_weight(self, *names: str) -> np.ndarray:
        """The summed weights (n,) of skin vertices to the bones whose names begin so."""
        rows = [index for bone, index in self.assembly.number.items() if bone.startswith(names)]
        return self.weights[:, rows].sum(1)

    def put_skin(self, colour: np.ndarray, bare: np.ndarray) -> None:
        """Add the skin with its colours (n, 3) and where it has no hair 0…1 (n,)."""
        s = self.shape
        legs = self.part_weight("forearm", "hand", "toe", "foot") + 0.4 * self.part_weight("shin")
        length = s.fur * np.clip(1.0 - 0.75 * legs, 0.12, 1) * (1 - 0.86 * self.part_weight("head", "jaw"))
        length *= 1 + 0.5 * self.part_weight("neck", "nape") + 0.5 * self.part_weight("tail")
        self.assembly.add(self.skin, self.fur, self.weights, colour, length * (1 - bare))

    def eyes(self, pupil: float, slit: float) -> None:
        """Two eyes in the sides of the head."""
        s = self.shape
        t, angle, radius = s.eye
        size = radius * s.head
        surface = self.on_head(t, angle, 1.0)
        out = unit(surface - self.on_head(t, angle, 0.0))
        gaze = unit(out * [1, 1, 0.5] + (0.55 if s.skull[2][2] > 0.2 else 0.25) * self.ahead * [1, 1, 0])
        ball = eyeball(surface - 0.52 * size * out, gaze, size, s.iris, pupil, slit, detail=self.detail)
        self.assembly.add_pair(ball, Surface("eyeball", painted=True), "head")
        # Lids: a rim of dark skin around the ball, open towards the gaze.
        angles = np.linspace(0, 2 * np.pi, 14 if self.detail > 0.5 else 8, endpoint=False)
        side = unit(np.cross(self.crown, gaze))
        over = np.cross(gaze, side)
        centre = surface - 0.52 * size * out
        tube = np.linspace(0, 2 * np.pi, 6 if self.detail > 0.5 else 4, endpoint=False)
        rim = np.cos(angles)[:, None] * side * 0.86 + np.sin(angles)[:, None] * over * 0.66
        push = np.sqrt(np.maximum(1.06 - (rim**2).sum(1), 0))[:, None] * gaze
        points = rim + push
        radial = unit(rim)
        ring = points[:, None] + 0.15 * (
            np.cos(tube)[None, :, None] * radial[:, None] + np.sin(tube)[None, :, None] * gaze
        )
        self.assembly.add_pair(torus(centre + size * ring), Surface("hide", painted=True), "head", (0.035, 0.026, 0.02))

    def ears(self, colour, inner, surface: Surface) -> None:
        """Two cupped ears."""
        s = self.shape
        length, half, out, forward = s.ear
        length, half = length * s.head, half * s.head
        base = self.on_head(0.12, min(1.15 * out, 66), 0.88)
        lean = np.radians(out)
        along = np.cos(lean) * self.crown + np.sin(lean) * np.array([1.0, 0, 0]) - 0.22 * self.ahead
        opening = forward * self.ahead + (1 - forward) * np.array([1.0, 0, 0]) + 0.1 * self.crown
        across = np.cross(unit(opening), unit(along))
        rows, columns = (12, 7) if self.detail > 0.5 else (6, 4)
        widths = [0.62 * half, 0.9 * half, 1.0 * half, 0.86 * half, 0.55 * half, 0.08 * half]
        if s.foot == "plantigrade" or length < 1.5 * half:
            widths = [0.8 * half, 1.0 * half, 1.05 * half, 0.98 * half, 0.75 * half, 0.25 * half]
        ear = blade(base - 0.12 * length * unit(along), along, across, 1.12 * length, widths, 0.035 * s.head, curl=0.55,
                    rows=rows, columns=columns)  # fmt: skip
        # The hollow side looks the way the cup is open.
        facing = np.clip(ear.normals() @ unit(opening) * 3, 0, 1) * (1 - np.abs(ear.attributes["across"]) ** 4)
        paint = np.asarray(colour) * (1 - facing[:, None]) + np.asarray(inner) * facing[:, None]
        self.assembly.add_pair(ear, surface, "head", paint, 0.25 * s.fur * (1 - facing))

    def nose(self) -> None:
        """The bare pad of a carnivore's nose."""
        s = self.shape
        last = s.skull[-1]
        tip = self.origin + s.head * (
            (last[0] + 0.6 * min(last[2], last[3]) - 0.02) * self.ahead + (last[1] + 0.45 * last[3]) * self.crown
        )
        pad = ellipsoid((0, 0, 0), (0.50 * last[2] * s.head, 0.42 * last[2] * s.head, 0.36 * last[2] * s.head), 6, 12)
        self.assembly.add(pad.moved(tip), Surface("hide", painted=True), "head", NOSE)

    def nostrils(self) -> None:
        """Dark hollows in the side of a grazing animal's muzzle."""
        s = self.shape
        last = s.skull[-1][0]
        for angle in (52,):
            place = self.on_head(last - 0.005, angle, 0.97)
            out = unit(place - self.on_head(last - 0.005, angle, 0.0))
            hole = ellipsoid((0, 0, 0), (0.018 * s.head, 0.036 * s.head, 0.020 * s.head), 5, 10)
            self.assembly.add_pair(
                hole.moved(place + 0.002 * out), Surface("hide", painted=True), "head", (0.01, 0.008, 0.008)
            )

    def claws(self) -> None:
        """A claw at each toe of a paw."""
        s, c = self.shape, self.shape.cannon
        wide = (1.55 if s.foot == "paw" else 1.25) * c
        large = 1.0 if s.foot == "paw" else 1.7
        for name in ("toe_fore", "toe_hind"):
            for number, (side, _) in enumerate(toes()):
                tip = self.grown[f"{name}{number}.L"].centre[-1] + [0.02 * side * wide, -0.24 * wide, -0.02 * c]
                t = np.linspace(0, 1, 5)[:, None]
                curve = tip + large * c * (np.array([0, -0.75, 0.05]) * t + np.array([0, 0, -0.42]) * t * t)
                curve[:, 2] = np.maximum(curve[:, 2], 0.01 * c)
                self.assembly.add_pair(cone(curve, large * 0.13 * c * (1.08 - t[:, 0]), 6), Surface("horn", painted=True),
                                       f"{name}.L", (0.05, 0.04, 0.03))  # fmt: skip

    def hooves(self, colour) -> None:
        """Hooves on the four feet, cloven or whole."""
        s, c = self.shape, self.shape.cannon
        around = 14 if self.detail > 0.5 else 8
        angle = np.arange(around) * (2 * np.pi / around)
        for name in ("toe_fore", "toe_hind"):
            crown = self.grown[f"{name}.L"].centre[-1]
            for side in (0.0,) if s.foot == "hoof" else (-1.0, 1.0):
                rings = []
                for share, height in (
                    (0.0, 0.0),
                    (0.35, 0.3 * crown[2]),
                    (1.0, crown[2] * 0.9),
                    (1.06, crown[2] * 1.12),
                ):
                    wide = (1.75 - 0.45 * share) * c * (1.0 if s.foot == "hoof" else 0.56)
                    long = (2.1 - 0.6 * share) * c * (1.0 if s.foot == "hoof" else 1.12)
                    shift = -(1 - share) * 0.60 * crown[2] - 0.15 * c
                    x = wide * np.sin(angle) * (1 - (0.32 if side else 0) * (np.cos(angle) > 0) * np.cos(angle))
                    y = -long * np.cos(angle)
                    rings.append(
                        np.stack([crown[0] + side * 0.68 * c + x, crown[1] + shift + y, np.full(around, height)], 1)
                    )
                self.assembly.add_pair(capped(np.array(rings)), Surface("horn", painted=True), f"{name}.L", colour)

    def locks(self, roots: np.ndarray, along: np.ndarray, length: np.ndarray, width: float, bone, colour, surface: Surface,
              hang: float = 1.0) -> None:  # fmt: skip
        """Flat tapering locks of hair from roots (n, 3): they start ``along`` (n, 3) and bend down; bones by name (n,)."""
        rows, sides = (6, 6) if self.detail > 0.5 else (4, 4)
        for root, start, long, name in zip(roots, along, length, bone, strict=True):
            t = np.linspace(0, 1, rows)[:, None]
            curve = root + long * (start * t * (1 - 0.5 * t * hang) + np.array([0, 0, -1.0]) * hang * t * t * 0.75)
            curve[:, 2] = np.maximum(curve[:, 2], 0.02)
            self.assembly.add(
                cone(
                    curve,
                    width * np.interp(t[:, 0], [0, 0.2, 0.4, 0.6, 0.8, 1], [0.7, 1.0, 0.95, 0.8, 0.5, 0.06]),
                    sides,
                    2.2,
                ),
                surface,
                name,
                colour,
                0.0,
            )

    def asset(self, kind: str, height: float) -> Asset:
        """The animal in metres with its walk, trot and gallop."""
        return self.assembly.asset(kind, lambda bones: gaits(bones, self.shape, height), height)


def legs(phases: dict[str, float], plantigrade: bool = False) -> list[Leg]:
    """The four legs of a mammal with the phases of their foot-falls."""
    result = []
    for side in ("L", "R"):
        result.append(
            Leg(
                f"upperarm.{side}",
                f"forearm.{side}",
                f"scapula.{side}",
                f"hand.{side}",
                f"toe_fore.{side}",
                phases[f"fore.{side}"],
            )
        )
        result.append(
            Leg(f"thigh.{side}", f"shin.{side}", "", f"foot.{side}", f"toe_hind.{side}", phases[f"hind.{side}"])
        )
    return result


def gaits(bones, shape: Shape, height: float) -> Motions:
    """Walk, trot and gallop of a mammal of a height."""
    flat = shape.foot == "plantigrade"
    hooves = shape.foot in ("hoof", "cloven")
    swing = 0.12 if flat else 0.30
    table = {
        "walk": (
            gait.LATERAL_SEQUENCE,
            Gait(0.64, 0.42 * height, 0.07 * height, swing, 0.7, 0.022 * height, 0.006 * height),
            0.0,
        ),
        "trot": (gait.TROT, Gait(0.44, 0.42 * height, 0.11 * height, swing, 1.0, 0.030 * height, 0.014 * height), 0.03),
        "gallop": (
            gait.GALLOP,
            Gait(0.30, 0.50 * height, 0.17 * height, swing, 1.2, 0.045 * height, 0.0),
            0.07 if hooves else 0.16,
        ),
    }
    cycles, period, speed = {}, {}, {}
    for name, (phases, wanted, flex) in table.items():
        cycles[name], used = gait.cycle(bones, legs(phases), wanted, _body(flex, 0.05 if name == "walk" else 0.09))
        period[name], speed[name] = gait.period_and_speed(used, 0.8 * height, FROUDE[name])
    return cycles, period, speed


def _body(flex: float, nod: float) -> Callable[[Skeleton, float], dict]:
    """The motion of trunk, neck and tail: the spine bends and stretches by ``flex`` radians, the head nods."""

    def body(skeleton: Skeleton, phase: float) -> dict:
        angle = 2 * np.pi * phase
        beat = angle if flex > 0.05 else 2 * angle
        x = {
            "pelvis": flex * np.sin(beat),
            "loin": -1.2 * flex * np.sin(beat),
            "chest": -0.6 * flex * np.sin(beat - 0.5),
            "neck": nod * np.sin(beat + 0.6),
            "nape": 0.3 * nod * np.sin(beat),
            "head": -0.9 * nod * np.sin(beat + 0.6) + 0.7 * flex * np.sin(beat),
        }
        pose = {name: skeleton.local(name, turn(gait.X, value)) for name, value in x.items()}
        for index in (1, 2, 3):
            name = f"tail{index}"
            if name in skeleton.named:
                pose[name] = skeleton.local(name, turn(gait.Z, 0.12 * np.sin(angle - 0.7 * index)))
        return pose

    return body
