"""What is sewn on a layer of cloth: collar, button band, zip and tie; metres."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...geometry.angles import arctan2
from ...params import child
from ..parts import PART
from . import collars
from .collars import CLOTH_THICKNESS
from .cuts import Cut, neckline, opening
from .layer import Layer, extended
from .tailor import ellipsoid, loop_around, resampled, tube

NECK_AXIS = np.array([0.0, 0.085])  # x and y of the neck in the template
EDGE_STEP = 0.004  # between points along the neck edge
SHORTEST_EDGE = 20  # vertices; what is shorter is no neck edge
# How far a band reaches beyond the edge and onto the cloth, and how thick it is.
BINDINGS = {"rib": (0.0015, 0.018, 0.0017), "hem": (0.0008, 0.009, 0.0013), "band": (0.003, 0.024, 0.0024)}
COLLAR_THICKNESS = {"shirt": 0.0016, "leaf": 0.0024, "lapel": 0.0024, "stand": 0.0026}
LAPEL_THICKNESS, PLACKET_THICKNESS, PLACKET_LIFT = 0.0018, 0.0010, 0.0019
BUTTON_STEP, BUTTONS_SEEN, BUTTON_LIFT, BUTTON_DEPTH = 0.075, 3, 0.0034, 0.0011
BUTTON_RADIUS, COAT_BUTTON_RADIUS = 0.0052, 0.0075
POLO_BAND, WHOLE_BAND = -0.27, -0.5  # height at which a button band ends
ZIP_RADIUS = 0.0022
SCARF_ENDS, SCARF_THICKNESS = 0.7, 0.004  # how often an end hangs in front, metres


class Sewing:
    """A layer that things are sewn on, and the objects that come of it."""

    def __init__(self, layer: Layer, person, material_of, seed: int, role: str):
        self.layer, self.person, self.material_of = layer, person, material_of
        self.cut, self.surface = layer.cut, person.surface
        self.rng = child(seed, "garment")
        self.main, self.rib = material_of(role), material_of("rib" if role == "main" else "inner_rib")
        self.objects: list = []
        self.sew("Garment", *extended(layer), thick=CLOTH_THICKNESS, soft=0)
        self.ring = _neck_ring(self.cut, self.surface)
        edge, self.closed = layer.edge()
        whole = len(edge) > SHORTEST_EDGE
        self.path = resampled(layer.positions[edge], EDGE_STEP, self.closed, 3) if whole else None

    def sew(self, name, vertices, faces, uv=None, material=None, thick=0.0, soft=1) -> None:
        """Add a mesh of cloth, ``thick`` metres, subdivided ``soft`` times."""
        material = self.main if material is None else material
        self.objects.append(_add(self.person, name, vertices, faces, uv, material, thick, soft))


def sewn(layer: Layer, person, material_of, seed: int, role: str, tie: bool) -> list:
    """The objects of a layer with all that its cut has (needs bpy)."""
    work = Sewing(layer, person, material_of, seed, role)
    COLLARS[layer.cut.collar](work)
    if layer.cut.placket:
        _placket(work)
    if layer.cut.zipped and work.path is not None:
        _zip(work)
    if tie:
        for mesh in collars.tie(layer, work.ring):
            work.sew("Tie", *mesh, material=material_of("tie"), soft=0)
    return work.objects


def _bound(work: Sewing) -> None:
    if work.path is None:
        return
    band = collars.binding(work.path, work.layer.tree, work.closed, *BINDINGS[work.cut.collar])
    work.sew("Rib", *band, material=work.main if work.cut.collar == "hem" else work.rib)


def _leaf(work: Sewing, gap: float, **shape: float) -> None:
    leaf = collars.leaf(work.ring, work.layer.tree, work.surface.bvh(), gap, **shape)
    work.sew("Collar", *leaf, thick=COLLAR_THICKNESS[work.cut.collar])


def _shirt(work: Sewing) -> None:
    _leaf(work, 0.30 if work.cut.vee else 0.04, spread=work.rng.uniform(0.018, 0.040))


def _denim(work: Sewing) -> None:
    _leaf(work, 0.62, fall=0.060, stand=0.020, spread=0.030)


def _lapel(work: Sewing) -> None:
    _leaf(work, 0.86, fall=0.062, stand=0.024, spread=0.004)
    template = work.layer.template
    away, z = opening(work.cut, template), template[:, 2]
    width = np.interp(-z, [0.14, 0.185, 0.22, -work.cut.button], [0.050, 0.078, 0.070, 0.004])
    notch = -0.146 - 0.42 * (np.abs(template[:, 0]) - 0.050) - z
    shape = np.minimum.reduce([width - away, notch, away - 0.0002, 0.075 - template[:, 1]])
    lift = 0.0032 + 0.0030 * np.exp(-np.clip(away, 0, 1) / 0.012)  # it rolls over at the edge
    work.sew("Lapel", *work.layer.patch(shape, lift, True), thick=LAPEL_THICKNESS, soft=0)


def _stand(work: Sewing) -> None:
    collar = collars.stand(work.ring, work.surface.bvh(), 0.42, 0.045)
    work.sew("Stand", *collar, material=work.main if work.cut.zipped else work.rib, thick=COLLAR_THICKNESS["stand"])


def _turtle(work: Sewing) -> None:
    work.sew("Rib", *collars.turtle(work.ring, work.surface.bvh()), material=work.rib)


def _hood(work: Sewing) -> None:
    for mesh in collars.hood(work.ring, work.surface.bvh(), work.layer.tree, work.rng):
        work.sew("Hood", *mesh)
    _strings(work)


def _strings(work: Sewing) -> None:
    for side in (1.0, -1.0):
        work.sew("Drawstring", *collars.drawstring(work.layer, side, work.rng), material=work.rib)


def _scarf(work: Sewing) -> None:
    for mesh in collars.scarf(work.ring, work.surface.bvh(), work.rng):
        work.sew("Scarf", *mesh)
    if work.rng.random() < SCARF_ENDS:
        work.sew("Scarf", *collars.scarf_end(work.layer, work.rng), thick=SCARF_THICKNESS, soft=0)


COLLARS = {
    "rib": _bound, "hem": _bound, "band": _bound, "shirt": _shirt, "leaf": _denim, "lapel": _lapel, "stand": _stand, "turtle": _turtle,
    "hood": _hood, "hooded": _strings, "scarf": _scarf,
}  # fmt: skip


def _placket(work: Sewing) -> None:
    """A band of buttons."""
    cut, layer = work.cut, work.layer
    _, y, z = layer.template.T
    # A band has its width in the world, however broad the chest makes the template there.
    lap = opening(cut, layer.template) if cut.open else np.abs(layer.positions[:, 0])
    lowest = POLO_BAND if cut.says == "a polo shirt" else WHOLE_BAND
    band = np.minimum.reduce([cut.placket - lap, 0.08 - y, z - lowest, lap + 1.0])
    work.sew("Placket", *layer.patch(band, PLACKET_LIFT, True), thick=PLACKET_THICKNESS, soft=0)
    first = -0.222 if cut.open else cut.front - cut.vee - 0.010
    radius, side = (COAT_BUTTON_RADIUS, cut.open + 0.012) if cut.open else (BUTTON_RADIUS, 0.0)
    for step in range(BUTTONS_SEEN):
        height = first - BUTTON_STEP * step
        if height < lowest:
            break
        place, normal = layer.at(side, height)
        turn = np.linalg.qr(np.stack([normal, [0, 0, 1.0], [1.0, 0, 0]], 1))[0]
        button = ellipsoid(place + normal * BUTTON_LIFT, (BUTTON_DEPTH, radius, radius), turn)
        work.sew("Button", *button, material=work.material_of("metal" if cut.open else "button"))


def _zip(work: Sewing) -> None:
    """Both halves of a zip along the lower half of the neck edge."""
    path = work.path
    low = path[:, 2] < path[:, 2].min() * 0.45 + path[:, 2].max() * 0.55
    for side in (1.0, -1.0):
        line = path[(path[:, 0] * side > 0) & low]
        if len(line) > 6:
            work.sew("Zip", *tube(line[np.argsort(line[:, 2])], ZIP_RADIUS, 8), material=work.material_of("metal"))


def _neck_ring(cut: Cut, surface) -> np.ndarray:
    """The closed loop (k, 3) around the neck where a collar stands, over the skin; it starts at the back."""
    round_cut = dataclasses.replace(cut, vee=0.0, scoop=0.0)
    near = (np.abs(neckline(round_cut, surface.template)) < 0.0025) & (np.abs(surface.template[:, 0]) < 0.13)
    points = surface.positions[near] + surface.normals[near] * cut.room
    return loop_around(points, NECK_AXIS, rounds=10)


def _add(person, name: str, vertices: np.ndarray, faces, uv, material, thick: float, soft: int):
    from ...blender import mesh_object

    vertices = np.round(vertices, 7)  # releases of numpy differ in the last bits
    if uv is None:
        uv = np.column_stack([arctan2(vertices[:, 0], -(vertices[:, 1] - 0.085)) * 0.08, vertices[:, 2]])
    if np.ndim(uv) == 3:
        domain, cloth = "CORNER", uv.reshape(-1, 3)
    else:
        domain, cloth = "POINT", uv
    cloth = np.pad(cloth, ((0, 0), (0, 3 - cloth.shape[1])))
    obj = mesh_object(
        name, vertices, faces, part=PART["clothing"], attributes={"cloth": ("FLOAT_VECTOR", domain, cloth)}
    )
    obj.data.materials.append(material)
    if thick:
        shell = obj.modifiers.new("Thickness", "SOLIDIFY")
        shell.thickness, shell.offset = thick, 1.0
    if soft:
        smoother = obj.modifiers.new("Subdivision", "SUBSURF")
        smoother.levels = smoother.render_levels = soft
    return person.link(obj, "garment")
