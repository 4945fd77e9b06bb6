"""Fish of many body forms and fin sets: perch, trout, tuna, carp, angelfish, eel and shark; scales, rayed fins, swimming."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from ...assets import Asset, Surface
from ...geometry.angles import arctan2
from ...params import choice, draw, seed, spec, uniform
from . import coat, feathers
from .assembly import Assembly, Motions
from .coat import mixed, mottled, smoothstep
from .gait import Skeleton
from .genome import Part, Sweep, grow, ring, skeleton
from .parts import blade, eyeball, loft, sheet, unit
from .rig import turn
from .skin import limited

SPINE = 8  # bones


class Fin(NamedTuple):
    """A fin in the mirror plane: its base along the body, heights of its rays (in body lengths) and how far they lean back."""

    start: float
    end: float
    heights: tuple[float, ...]
    lean: float
    spiny: float = 0.0  # how deep the rim is cut between rays


class Form(NamedTuple):
    """A fish's proportions in lengths of its body: sections (place, height up, height down, half width)."""

    length: tuple[float, float]  # metres
    sections: tuple[tuple[float, float, float, float], ...]
    dorsal: tuple[Fin, ...]
    anal: tuple[Fin, ...]
    caudal: tuple[float, float, float]  # length, height of a lobe, how deep it is forked 0…1
    pectoral: tuple[float, float, float]  # length, breadth, degrees below the horizon
    pelvic: tuple[float, float, float]  # place along, length, breadth
    eye: tuple[float, float, float]  # place along, height, radius
    mouth: float  # height of the snout's tip
    amplitude: float  # of the tail's beat
    head_share: float  # of that amplitude at the head
    scales: int  # rows along the body, 0 none
    wave: float  # body lengths of the swimming wave


FORMS = {
    "perch": Form((0.18, 0.45), ((0, .012, .012, .010), (.06, .055, .05, .035), (.20, .115, .095, .062), (.38, .155, .115, .075),
                                 (.60, .11, .085, .052), (.80, .052, .045, .026), (.92, .036, .034, .012), (1, .045, .045, .005)),
                  (Fin(.30, .58, (.07, .115, .115, .09, .06), 35, .35), Fin(.60, .80, (.075, .085, .06, .035), 45)), (Fin(.62, .78, (.06, .08, .06, .03), 50),),
                  (.20, .125, .45), (.15, .075, 20), (.34, .13, .07), (.115, .030, .026), -.005, .10, .2, 46, 1.0),
    "trout": Form((0.25, 0.75), ((0, .012, .012, .010), (.07, .05, .045, .035), (.20, .085, .075, .058), (.42, .105, .095, .066),
                                 (.66, .078, .072, .048), (.84, .042, .04, .024), (.93, .034, .034, .012), (1, .045, .045, .005)),
                  (Fin(.42, .56, (.075, .095, .075, .04), 40), Fin(.77, .80, (.03, .042), 62)), (Fin(.68, .78, (.06, .07, .045), 45),),
                  (.17, .125, .3), (.13, .055, 28), (.50, .085, .05), (.095, .022, .019), -.005, .10, .2, 58, 1.0),
    "tuna": Form((0.5, 2.2), ((0, .010, .010, .008), (.08, .062, .058, .048), (.25, .115, .105, .085), (.42, .132, .12, .096),
                              (.66, .09, .085, .064), (.86, .030, .030, .028), (.95, .014, .014, .020), (1, .016, .016, .010)),
                 (Fin(.30, .46, (.085, .09, .06, .03), 38, .15), Fin(.54, .60, (.13, .07), 55)), (Fin(.60, .66, (.13, .07), 55),),
                 (.13, .19, .92), (.22, .05, 12), (.32, .08, .04), (.11, .018, .019), .0, .09, .12, 0, 1.1),
    "carp": Form((0.2, 0.7), ((0, .015, .018, .014), (.06, .055, .06, .045), (.20, .12, .105, .075), (.38, .155, .125, .09),
                              (.60, .125, .10, .07), (.80, .065, .06, .036), (.91, .047, .047, .018), (1, .055, .055, .006)),
                 (Fin(.36, .68, (.10, .115, .085, .07, .055), 42),), (Fin(.68, .77, (.07, .09, .055), 48),),
                 (.21, .15, .5), (.15, .075, 30), (.44, .13, .07), (.10, .025, .021), -.02, .10, .2, 32, 1.0),
    "angelfish": Form((0.08, 0.30), ((0, .018, .018, .014), (.07, .085, .075, .032), (.22, .22, .20, .058), (.42, .30, .29, .070),
                                     (.62, .27, .26, .056), (.80, .15, .15, .032), (.92, .060, .060, .015), (1, .055, .055, .005)),
                      (Fin(.28, .90, (.06, .12, .20, .30, .16, .05), 58),), (Fin(.34, .90, (.05, .12, .22, .30, .16, .05), 58),),
                      (.20, .14, .12), (.17, .07, 12), (.30, .30, .04), (.135, .055, .032), .0, .07, .25, 40, 1.4),
    "eel": Form((0.4, 1.3), ((0, .007, .007, .006), (.03, .020, .018, .016), (.10, .032, .030, .026), (.30, .038, .036, .030),
                             (.60, .034, .032, .025), (.85, .020, .019, .013), (.96, .009, .009, .005), (1, .004, .004, .002)),
                (Fin(.28, .985, (.012, .026, .028, .028, .026, .022, .012), 30),), (Fin(.42, .985, (.010, .022, .024, .024, .022, .018, .010), 30),),
                (.025, .012, .0), (.045, .026, 10), (0, 0, 0), (.045, .008, .007), -.002, .09, .45, 0, .62),
    "shark": Form((1.0, 4.2), ((0, .012, .010, .018), (.06, .040, .035, .052), (.16, .066, .058, .072), (.34, .082, .075, .082),
                               (.56, .066, .055, .062), (.78, .034, .028, .034), (.93, .018, .016, .020), (1, .016, .012, .010)),
                  (Fin(.38, .50, (.13, .11, .02), 52), Fin(.74, .79, (.035, .025, .01), 55)), (Fin(.76, .80, (.03, .02, .008), 55),),
                  (.21, .16, .75), (.21, .085, 22), (.60, .07, .05), (.085, .018, .009), .0, .10, .2, 0, 1.0),
}  # fmt: skip
# Linear albedo: back, flank, belly, marks, fins.
COLOURS = {
    "silver": ((0.09, 0.13, 0.16), (0.46, 0.50, 0.52), (0.78, 0.79, 0.78), (0.05, 0.06, 0.07), (0.30, 0.32, 0.33)),
    "olive": ((0.07, 0.085, 0.035), (0.24, 0.23, 0.095), (0.66, 0.62, 0.46), (0.03, 0.035, 0.02), (0.42, 0.13, 0.04)),
    "brown": ((0.11, 0.075, 0.035), (0.30, 0.20, 0.085), (0.62, 0.52, 0.34), (0.05, 0.03, 0.02), (0.26, 0.17, 0.08)),
    "blue": ((0.02, 0.045, 0.11), (0.20, 0.28, 0.36), (0.76, 0.78, 0.78), (0.02, 0.03, 0.06), (0.14, 0.17, 0.20)),
    "orange": ((0.58, 0.15, 0.02), (0.66, 0.22, 0.03), (0.74, 0.50, 0.26), (0.78, 0.76, 0.72), (0.66, 0.27, 0.06)),
    "yellow": ((0.66, 0.46, 0.04), (0.74, 0.56, 0.06), (0.80, 0.70, 0.34), (0.02, 0.02, 0.025), (0.74, 0.54, 0.06)),
    "grey": ((0.13, 0.14, 0.15), (0.25, 0.26, 0.265), (0.68, 0.68, 0.66), (0.08, 0.085, 0.09), (0.17, 0.18, 0.19)),
    "dark": (
        (0.028, 0.026, 0.022),
        (0.06, 0.055, 0.042),
        (0.34, 0.31, 0.25),
        (0.015, 0.014, 0.012),
        (0.05, 0.045, 0.038),
    ),
}
KINDS = {
    "perch": ({"olive": 4, "silver": 1}, {"bands": 4, "plain": 1}), "trout": ({"brown": 2, "silver": 2, "olive": 1}, {"spots": 4, "plain": 1}),
    "tuna": ({"blue": 3, "silver": 1}, {"plain": 1}), "carp": ({"orange": 2, "brown": 2, "olive": 1}, {"plain": 2, "patches": 1}),
    "angelfish": ({"yellow": 3, "silver": 2, "orange": 1, "blue": 1}, {"bands": 3, "plain": 1}),
    "eel": ({"dark": 2, "brown": 1, "olive": 1}, {"plain": 2, "patches": 1}), "shark": ({"grey": 3, "blue": 1}, {"plain": 3, "bands": 0.7}),
}  # fmt: skip


@spec
class Fish:
    """A fish: body plan, size, fins and colours."""

    seed: int = seed()
    form: str = choice(dict.fromkeys(FORMS, 1.0), doc="body plan", says="a {}")
    length: float = uniform(0.08, 4.2, unit="m", doc="from snout to the root of the tail fin")
    depth: float = uniform(0.9, 1.12, doc="height of the body, of the body plan's")
    breadth: float = uniform(0.9, 1.12, doc="width of the body, of the body plan's")
    fins: float = uniform(0.88, 1.15, doc="length of the fins, of the body plan's")
    colours: str = choice(dict.fromkeys(COLOURS, 1.0), doc="colours of the body", says="of {} colour")
    pattern: str = choice({"plain": 2, "bands": 1, "spots": 1, "patches": 1}, doc="marks on the flanks",
                          says={"bands": "with bands", "spots": "spotted", "patches": "with patches"})  # fmt: skip
    mark: float = uniform(0.8, 1.25, doc="size of the marks, of the usual")


def sample_fish(rng: Generator, fixed=None) -> Fish:
    """Draw a fish: size and colours go with its form."""
    form = draw(Fish, rng, fixed).form
    colours, patterns = KINDS[form]
    return draw(
        Fish, rng, fixed, length=uniform(*FORMS[form].length), colours=choice(colours), pattern=choice(patterns)
    )


def build_fish(spec: Fish, detail: float = 1.0) -> Asset:
    """Build a fish at rest, its lowest point on the ground."""
    form = FORMS[spec.form]
    rings = [
        ring(
            0,
            t - 0.5,
            form.mouth * (1 - min(t / 0.2, 1.0)),
            spec.breadth * width,
            spec.depth * up,
            spec.depth * down,
            2.15,
        )
        for t, up, down, width in form.sections
    ]
    names = tuple(f"spine{index}" for index in range(SPINE))
    steps = (12 if detail > 0.5 else 5) * (len(rings) - 1) + 1
    parts = [Part("body", rings, bones=names, caps=(1.0, 0.0)), *_fin_bones(form)]
    parts = [Part(**{**part.__dict__, "rings": part.rings + [0, 0, 0.5, 0, 0, 0, 0, 0]}) for part in parts]
    grown = grow(parts, None)
    body = grow(parts[:1], steps)["body"]
    bones, radii = skeleton(grown)
    assembly = Assembly(bones, radii)
    around = 40 if detail > 0.5 else 14
    shell = loft(body, around)
    shell = _opercle(shell, body)
    colour = _painted(shell.vertices, shell.normals(), shell.attributes["along"], spec, body)
    surface = Surface("fish_scale" if form.scales else "hide", spec.seed, painted=True)
    assembly.add(shell, surface, _along_spine(shell.vertices, bones), colour)
    if form.scales and detail > 0.5:
        _scales(assembly, body, form, spec, bones)
    _fins(assembly, form, spec, body, bones, detail)
    t, height, radius = form.eye
    centre, _, side, up, shape = body.at(t)
    lift = height * spec.depth / shape[1]
    place = centre + side * shape[0] * np.sqrt(max(1 - lift * lift, 0)) * 0.93 + up * height * spec.depth
    iris = (0.02, 0.02, 0.022) if spec.form == "shark" else (0.62, 0.50, 0.22)
    ball = eyeball(
        place - 0.45 * radius * side, unit(side + [0, -0.15, 0.05]), radius, iris, 0.55, 1.0, (0.5, 0.48, 0.42), detail
    )
    assembly.add_pair(ball, Surface("eyeball", painted=True), "spine0")
    if spec.form == "shark" and detail > 0.5:
        for index in range(5):
            slit = [body.place(0.205 + 0.016 * index, angle, 1.002) for angle in np.linspace(70, 112, 6)]
            dark = sheet(np.stack([slit, np.array(slit) + [0, 0.004, 0]], 1), 0.003)
            assembly.add_pair(dark, surface, "spine1", (0.03, 0.03, 0.032))
    lowest = min(mesh.vertices[:, 2].min() for mesh in assembly.meshes)
    assembly.lower(lowest)
    return assembly.asset("fish", lambda rest: _motions(rest, form, spec), spec.length)


def _fin_bones(form: Form) -> list[Part]:
    result = []
    for name, start, length, drop in (
        ("pectoral", 0.24, form.pectoral[0], form.pectoral[2]),
        ("pelvic", form.pelvic[0], form.pelvic[1], 60),
    ):
        if length:
            way = unit([np.cos(np.radians(drop)), 0.9, -np.sin(np.radians(drop))])
            width = np.interp(start, [s[0] for s in form.sections], [s[3] for s in form.sections])
            down = np.interp(start, [s[0] for s in form.sections], [s[2] for s in form.sections])
            root = np.array(
                [
                    0.85 * width if name == "pectoral" else 0.4 * width,
                    start - 0.5,
                    -0.35 * down if name == "pectoral" else -0.88 * down,
                ]
            )
            result.append(Part(f"{name}.L", [ring(*root, 0.01, 0.01), ring(*(root + length * way), 0.01, 0.01)], bones=(f"{name}.L",),
                               joint="spine1" if name == "pectoral" else f"spine{int(start * SPINE)}", mirrored=True, joined=False))  # fmt: skip
    return result


def _along_spine(points: np.ndarray, bones) -> np.ndarray:
    """Weights (n, bones) that pass evenly from one bone of the spine to the next."""
    weights = np.zeros((len(points), len(bones)))
    spine = [index for index, bone in enumerate(bones) if bone.name.startswith("spine")]
    middles = np.array([0.5 * (bones[index].head[1] + bones[index].tail[1]) for index in spine])
    place = np.interp(points[:, 1], middles, np.arange(len(spine)))
    for number, index in enumerate(spine):
        weights[:, index] = np.clip(1 - np.abs(place - number), 0, 1)
    return limited(weights)


def _opercle(shell, body: Sweep):
    """The gill cover stands a little off the body, and ends in an edge."""
    t, angle = shell.attributes["along"], shell.attributes["around"]
    from_middle = np.abs(np.abs(angle - 0.5) - 0.25) / 0.17  # 0 in the middle of the flank
    edge = 0.235 - 0.03 * from_middle**2
    lift = (
        smoothstep(edge - 0.10, edge - 0.012, t)
        * smoothstep(edge + 0.006, edge - 0.006, t)
        * smoothstep(1.0, 0.6, from_middle)
    )
    centre = np.stack([np.interp(t, body.along, column) for column in body.centre.T], 1)
    return shell.moved((0.006 * lift)[:, None] * unit(shell.vertices - centre))


def _painted(points, normals, along, spec: Fish, body: Sweep) -> np.ndarray:
    back, flank, belly, mark, _ = COLOURS[spec.colours]
    centre = np.interp(along, body.along, body.centre[:, 2])
    tall = np.where(
        points[:, 2] > centre,
        np.interp(along, body.along, body.shape[:, 1]),
        np.interp(along, body.along, body.shape[:, 2]),
    )
    height = np.clip((points[:, 2] - centre) / np.maximum(tall, 1e-6), -1.2, 1.2)
    colour = mixed(flank, back, smoothstep(0.15, 0.75, height))
    colour = mixed(colour, belly, smoothstep(-0.15, -0.7, height))
    folded = points * [0.0, 1, 1] + np.abs(points) * [1, 0, 0]
    if spec.pattern == "bands":
        wobble = 0.015 * coat.fractal(points * 12, spec.seed, 2)
        band = np.cos(2 * np.pi * (points[:, 1] + wobble) / (0.13 * spec.mark) + 1.0)
        sharp = 0.25 if spec.form == "angelfish" else 0.7
        colour = mixed(
            colour,
            mark,
            (0.9 if spec.form == "angelfish" else 0.65)
            * smoothstep(0.3, 0.3 + sharp, band)
            * smoothstep(-0.9, -0.3, height)
            * smoothstep(0.1, 0.2, along),
        )
    if spec.pattern == "spots":
        colour = mixed(
            colour,
            mark,
            0.85 * coat.spots(folded * [1, 1, 1], spec.seed, 0.038 * spec.mark) * smoothstep(-0.35, 0.1, height),
        )
    if spec.pattern == "patches":
        colour = mixed(colour, mark, 0.92 * coat.patches(folded, spec.seed, 0.22 * spec.mark, 0.42))
    if spec.form == "trout":
        colour = mixed(
            colour,
            (0.52, 0.17, 0.15),
            0.45 * smoothstep(0.2, 0.05, np.abs(height - 0.02)) * smoothstep(0.12, 0.3, along),
        )
    mouth = smoothstep(0.004, 0.0015, np.abs(points[:, 2] - centre + 0.006)) * smoothstep(0.065, 0.05, along)
    colour = mixed(colour, np.asarray(mark) * 0.5, 0.7 * mouth)
    return np.clip(mottled(colour, points, spec.seed, 0.05, 0.12), 0.003, 0.9)


def _scales(assembly: Assembly, body: Sweep, form: Form, spec: Fish, bones) -> None:
    """Overlapping scales in staggered rows from the gill cover to the tail."""
    spacing = 0.70 / form.scales
    roots, along, normals, size = [], [], [], []
    for row in range(form.scales):
        u = 0.25 + row * spacing
        shape = body.at(u)[4]
        girth = np.pi * (shape[1] + shape[2]) * 0.5 + 2 * shape[0]
        count = max(int(0.5 * girth / (1.05 * spacing)), 6)
        # One scale for each step of the girth, the next row between them; equal on both sides.
        angle = 180 * (np.arange(count) + (0.5 if row % 2 else 0.0)) / count
        for sign in (1, -1):
            for degrees in angle[angle > 1] if sign < 0 else angle:
                point, axis = body.place(u, sign * degrees, 1.0), body.place(u, sign * degrees, 0.0)
                ahead = body.place(min(u + 0.01, 1), sign * degrees, 1.0)
                roots.append(point)
                normals.append(unit(point - axis))
                along.append(unit(ahead - point) + 0.10 * normals[-1])
                size.append(1.75 * spacing)
    roots, along, normals, size = (np.array(values) for values in (roots, along, normals, size))
    mesh = blade(
        (0, 0, 0), (0, 1, 0), (1, 0, 0), 1.0, (0.30, 0.48, 0.48, 0.36, 0.10), 0.03, curl=-0.12, rows=4, columns=2
    )
    shell = feathers.placed(mesh, roots - 0.0008 * normals, along, normals, size)
    base = _painted(roots, normals, (roots[:, 1] - body.centre[0, 1]) / np.ptp(body.centre[:, 1]), spec, body)
    rim = 1.12 - 0.42 * np.tile(mesh.attributes["along"], len(roots))[:, None] ** 3
    assembly.add(shell, Surface("fish_scale", spec.seed, painted=True), np.repeat(_along_spine(roots, bones), len(mesh.vertices), 0),
                 np.repeat(base, len(mesh.vertices), 0) * rim)  # fmt: skip


def _rays(base: np.ndarray, tips: np.ndarray, rows: int, spiny: float, thickness: float):
    """A fin between its base (k, 3) and the tips (k, 3) of its rays; the web between them is thin and cut back."""
    count = len(base)
    between = np.arange(2 * count - 1) / 2
    lower = np.stack([np.interp(between, np.arange(count), base[:, axis]) for axis in range(3)], 1)
    upper = np.stack([np.interp(between, np.arange(count), tips[:, axis]) for axis in range(3)], 1)
    web = np.arange(2 * count - 1) % 2
    upper = lower + (upper - lower) * (1 - (0.06 + spiny) * web)[:, None]
    t = np.linspace(0, 1, rows)
    points = lower[None] + (upper - lower)[None] * t[:, None, None]
    thick = thickness * (1 - 0.7 * t)[:, None] * np.where(web, 0.35, 1.0)[None]
    return sheet(points, thick)


def _fins(assembly: Assembly, form: Form, spec: Fish, body: Sweep, bones, detail: float) -> None:
    surface = Surface("wing_membrane", spec.seed, painted=True)
    back, _, _, _, tone = (np.asarray(colour) for colour in COLOURS[spec.colours])
    rows, dense = (7, 1.0) if detail > 0.5 else (3, 0.5)
    thick = 0.008

    def put(fin, weights):
        stripes = 1 - 0.18 * np.cos(40 * np.pi * fin.attributes["across"]) * (spec.form != "shark")
        paint = (0.6 * tone + 0.4 * back) * stripes[:, None] * (1 - 0.15 * fin.attributes["along"][:, None])
        assembly.add(fin, surface, weights, np.clip(paint, 0, 1))

    for sign, fins in ((1, form.dorsal), (-1, form.anal)):
        for fin in fins:
            count = max(int(dense * (4 + 60 * (fin.end - fin.start))), 4)
            u = np.linspace(fin.start, fin.end, count)
            lean = np.radians(fin.lean)
            heights = spec.fins * np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(fin.heights)), fin.heights)
            base = np.array([body.place(place, 0 if sign > 0 else 180, 0.90) for place in u])
            tips = base + heights[:, None] * [0, np.sin(lean), sign * np.cos(lean)]
            mesh = _rays(base, tips, rows, fin.spiny, thick * (2.2 if spec.form in ("shark", "tuna") else 1))
            put(mesh, _along_spine(mesh.vertices, bones))
    length, lobe, fork = form.caudal
    count = int(19 * dense) | 1
    s = np.linspace(-1, 1, count)
    root = body.at(0.985)
    base = root[0] + np.outer(s * 0.9, [0, 0, 1]) * root[4][1]
    reach = spec.fins * length * (1 - fork * 0.72 * (1 - np.abs(s) ** (1.3 + fork)))
    height = spec.fins * lobe * np.sign(s) * np.abs(s) ** 0.85
    if spec.form == "shark":  # the upper lobe is the longer one
        reach, height = reach * np.where(s > 0, 1.12, 0.62), height * np.where(s > 0, 1.15, 0.72)
    tips = root[0] + np.stack([0 * s, reach, height], 1)
    mesh = _rays(base, tips, rows + 2, 0.0, thick * 1.3)
    put(mesh, _along_spine(mesh.vertices, bones))
    rest = {bone.name: bone for bone in bones}
    for name, breadth in (("pectoral", form.pectoral[1]), ("pelvic", form.pelvic[2])):
        if f"{name}.L" in rest:
            bone = rest[f"{name}.L"]
            head, tail = np.array(bone.head), np.array(bone.tail)
            way, long = unit(tail - head), spec.fins * np.linalg.norm(tail - head)
            count = max(int(11 * dense), 5)
            s = np.linspace(0, 1, count)
            across = unit(np.cross(way, [1, 0, 0.35] if name == "pectoral" else [1, 0, 0]))
            across = across if across[2] < 0 or name == "pelvic" else -across
            base = head + np.outer((s - 0.5) * 0.35 * breadth, across)
            far = long * (1 - 0.75 * s**1.2)
            tips = head + np.outer(far, way) + np.outer((s - 0.35) * breadth, across)
            mesh = _rays(base, tips, rows, 0.0, thick * (1.8 if spec.form == "shark" else 0.9))
            before = len(assembly.meshes)
            put(mesh, f"{name}.L")
            colour = assembly.meshes[before].attributes["colour"]
            assembly.add(mesh.transformed(np.diag([-1.0, 1.0, 1.0])), surface, f"{name}.R", colour)


def _motions(bones, form: Form, spec: Fish) -> Motions:
    """A travelling wave whose amplitude grows towards the tail (Videler & Hess 1984)."""
    skeleton = Skeleton(bones)
    names = [bone.name for bone in bones if bone.name.startswith("spine")]
    starts = np.array([skeleton.head(name)[1] for name in names] + [skeleton.tail(names[-1])[1]])
    s = (starts - starts[0]) / (starts[-1] - starts[0])
    size = starts[-1] - starts[0]

    def swim(phase: float) -> dict:
        a = 2 * np.pi * phase
        grow = form.amplitude * (form.head_share + (1 - form.head_share) * s**1.8)
        x = size * grow * np.sin(2 * np.pi * s / form.wave - a)
        yaw = arctan2(np.diff(x), np.diff(starts))
        pose = {"": np.array([x[0], 0.0, 0.0])}
        for name, turned, before in zip(names, yaw, np.concatenate([[0], yaw[:-1]]), strict=True):
            pose[name] = skeleton.local(name, turn([0, 0, 1.0], -(turned - before)))
        for side, sign in (("L", 1), ("R", -1)):
            if f"pectoral.{side}" in skeleton.named:
                pose[f"pectoral.{side}"] = skeleton.local(
                    f"pectoral.{side}", turn([0, 1.0, 0], sign * 0.22 * np.sin(a + 1.0))
                )
        return pose

    beat = 1.6 * (0.3 / spec.length) ** 0.5 + 0.4  # beats a second: large fish beat slowly
    return {"swim": swim}, {"swim": 1 / beat}, {"swim": 0.62 * spec.length * beat}  # strides of about 0.6 lengths
