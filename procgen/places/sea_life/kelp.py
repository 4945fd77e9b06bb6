"""Giant kelp: stipes that rise from a holdfast to the surface, each blade borne by a bladder of gas."""

from __future__ import annotations

import numpy as np

from ...assets import Asset, Surface
from ...geometry.mesh import Mesh, merged
from ...geometry.primitives import lattice_faces
from ...params import child, choice, draw, integer, seed, spec, uniform
from .forms import tubes, unit
from .pigments import blended, plain, ramp

# Young blade, old blade, stipe.
COLOURS = {
    "golden": ((0.36, 0.22, 0.025), (0.17, 0.10, 0.012), (0.20, 0.12, 0.02)),
    "olive": ((0.20, 0.19, 0.025), (0.085, 0.085, 0.012), (0.12, 0.10, 0.02)),
    "brown": ((0.21, 0.10, 0.018), (0.09, 0.042, 0.008), (0.11, 0.055, 0.014)),
}


@spec
class Kelp:
    """A plant of giant kelp."""

    length: float = uniform(4.0, 15.0, unit="m", doc="length of its longest stipe")
    stipes: int = integer(2, 7, doc="stipes from one holdfast")
    blade_length: float = uniform(0.3, 0.7, unit="m", doc="length of a blade")
    spacing: float = uniform(0.09, 0.2, unit="m", doc="distance between blades along a stipe")
    ruffle: float = uniform(0.3, 1.0, doc="how wavy the blades are, as a share of half their width")
    current: float = uniform(0.0, 0.6, doc="how far the current along x leans it, as a share of its length")
    colour: str = choice({"golden": 3, "olive": 2, "brown": 2}, says="{} kelp", doc="family of its colours")
    seed: int = seed()


def sample_kelp(rng: np.random.Generator, fixed=None) -> Kelp:
    """Draw a plant of kelp."""
    return draw(Kelp, rng, fixed)


def blades(roots, ways, up, lengths, widths, ruffle, droop, waves, rows: int, columns: int) -> Mesh:
    """Long ruffled blades, single sheets, from roots (m, 3) along ``ways`` (m, 3), flat across ``up`` (m, 3).

    lengths, widths, droop (metres that the tip hangs) and waves (0…1, where the ruffles start) are (m,). Attributes:
    along 0…1, across -1…1, owner.
    """
    count = len(roots)
    s = np.linspace(0, 1, rows)[None, :, None]
    c = np.linspace(-1, 1, columns)[None, None, :]
    side = unit(np.cross(ways, up))
    up = np.cross(side, ways)
    width = np.sin(np.pi * np.clip(0.04 + 0.96 * s, 0, 1) ** 0.62) ** 0.8 * (1 - 0.2 * s) + 0.03
    half = widths[:, None, None] / 2 * width
    turn = 2 * np.pi * (waves[:, None, None] + s * (4.5 + 2 * waves[:, None, None]))
    lift = ruffle * half * np.abs(c) ** 1.5 * np.sin(turn + 1.2 * np.sign(c)) + 0.05 * lengths[:, None, None] * np.sin(
        turn / 3
    )
    sag = -droop[:, None, None] * s**1.8 + 0 * c
    forth = lengths[:, None, None] * s + 0 * c
    points = (roots[:, None, None] + forth[..., None] * ways[:, None, None] + (half * c)[..., None] * side[:, None, None]
              + lift[..., None] * up[:, None, None] + sag[..., None] * np.array([0, 0, 1.0]))  # fmt: skip
    each = rows * columns
    faces = (lattice_faces(rows, columns)[None] + (np.arange(count) * each)[:, None, None]).reshape(-1, 4)
    full = np.broadcast_to(s, (count, rows, columns)), np.broadcast_to(c, (count, rows, columns))
    return Mesh(points.reshape(-1, 3), faces, attributes={
        "along": full[0].ravel(), "across": full[1].ravel(), "owner": np.repeat(np.arange(count), each)})  # fmt: skip


def bladders(roots: np.ndarray, ways: np.ndarray, lengths: np.ndarray, radii: np.ndarray, sides: int) -> Mesh:
    """Pear-shaped floats (m,) from their stalks on."""
    s = np.array([0.0, 0.15, 0.4, 0.65, 0.88, 1.0])
    shape = np.array([0.22, 0.45, 1.0, 0.95, 0.45, 0.18])
    return tubes(roots[:, None] + ways[:, None] * lengths[:, None, None] * s[:, None], radii[:, None] * shape, sides)


def build_kelp(spec: Kelp, detail: float = 1.0) -> Asset:
    """A plant that stands on the bed; its tops lean along x. ``detail`` is the share of its faces."""
    rng = child(spec.seed, "plant")
    young, old, stem = (np.array(colour) for colour in COLOURS[spec.colour])
    fine = min(detail, 1.0)
    rows, columns, sides = (
        max(int(11 * fine**0.5), 3),
        (5 if fine > 0.5 else 3 if fine > 0.15 else 2),
        (6 if fine > 0.5 else 4 if fine > 0.15 else 3),
    )
    spacing = spec.spacing / max(fine, 0.08) ** 0.5  # far versions bear fewer, larger blades
    grow = (spacing / spec.spacing) ** 0.5
    meshes = []
    for index in range(spec.stipes):
        length = spec.length * (1 - 0.35 * rng.random() * (index > 0))
        knots = max(int(length / (0.25 / fine**0.5)), 8)
        s = np.linspace(0, 1, knots)
        turn = 2 * np.pi * (index / spec.stipes + 0.1 * rng.random())
        foot = 0.10 * np.array([np.cos(turn), np.sin(turn), 0])
        lean = spec.current * length * s**1.7
        part = 0.05 * length * s * np.array([[np.cos(turn)], [np.sin(turn)]])
        wave = 0.02 * length * np.sin(2 * np.pi * (s * (1.2 + rng.random()) + rng.random())) * s
        rise = length * s * (1 - 0.42 * spec.current * s)
        line = foot + np.stack([lean + part[0] + wave, part[1] + np.roll(wave, knots // 5) * s, rise], 1)
        radii = 0.011 - 0.005 * s
        stipe = tubes(line[None], radii[None], sides)
        phase = rng.random()
        meshes.append(stipe.with_attributes(colour=plain(len(stipe.vertices), stem), bend=0.0, own=phase))
        count = max(int(length / spacing), 4)
        place = (np.arange(count) + 0.7) / (count + 0.2)
        root = np.stack([np.interp(place, s, line[:, axis]) for axis in range(3)], 1)
        around = np.arange(count) * np.pi + 0.9 * np.arange(count) * 0.35 + 0.8 * rng.random(count)
        out = np.stack([np.cos(around), np.sin(around), np.zeros(count)], 1)
        way = unit(
            out + [1.6 * spec.current, 0, 0] + np.stack([np.zeros(count)] * 2 + [0.2 + 0.7 * rng.random(count)], 1)
        )
        tip = ramp(1.0, 0.93, place) * 0.75 + 0.25  # the last blades are still small
        size = spec.blade_length * grow * tip * (0.75 + 0.5 * rng.random(count))
        gas = bladders(root, way, 0.055 * grow * tip, 0.014 * grow * tip, sides)
        meshes.append(gas.with_attributes(colour=plain(len(gas.vertices), young * 1.05), bend=0.0, own=phase))
        blade = blades(root + way * (0.05 * grow * tip)[:, None], way, np.tile([0.0, 0, 1], (count, 1)), size, 0.17 * size,
                       spec.ruffle, (0.35 - 0.2 * spec.current) * size * rng.random(count), rng.random(count), rows,
                       columns)  # fmt: skip
        owner, along = blade.attributes["owner"].astype(int), blade.attributes["along"]
        age = np.clip(0.25 + 0.5 * rng.random(count)[owner] + 0.35 * along * rng.random(count)[owner], 0, 1)
        rib = 1 + 0.25 * (1 - np.abs(blade.attributes["across"]))
        meshes.append(blade.with_attributes(colour=blended(young, old, age) * rib[:, None], bend=along * size[owner],
                                            own=phase + 0.13 * along + 0.1 * rng.random(count)[owner]))  # fmt: skip
    claw = holdfast(rng, 34 if fine > 0.5 else 12)
    meshes.append(claw.with_attributes(colour=plain(len(claw.vertices), stem * 0.8), bend=0.0, own=0.0))
    mesh = merged(meshes)
    height = np.maximum(mesh.vertices[:, 2], 0)
    attributes = mesh.attributes
    sway = 0.09 * height**1.5 / np.sqrt(spec.length) + 0.35 * attributes["bend"]
    phase = (attributes["own"] + 0.05 * height) % 1.0
    mesh = Mesh(
        mesh.vertices,
        mesh.faces,
        attributes={"colour": np.clip(attributes["colour"], 0, 1), "sway": sway, "phase": phase},
    )
    return Asset("kelp", mesh, (Surface("kelp_blade", spec.seed, COLOURS[spec.colour][0], painted=True),))


def holdfast(rng: np.random.Generator, count: int) -> Mesh:
    """The claw of root-like haptera that grips the bed."""
    turn = 2 * np.pi * (np.arange(count) / count + 0.3 * rng.random(count))
    reach = 0.10 + 0.12 * rng.random(count)
    s = np.linspace(0, 1, 6)
    out = 0.04 + reach[:, None] * s**1.3
    z = 0.13 * (1 - s[None]) ** 1.2 * (0.7 + 0.6 * rng.random((count, 1))) - 0.02 * s
    wander = turn[:, None] + 0.5 * (rng.random((count, 1)) - 0.5) * s
    lines = np.stack([out * np.cos(wander), out * np.sin(wander), z], -1)
    return tubes(lines, np.broadcast_to(0.011 - 0.006 * s, (count, 6)), 5)
